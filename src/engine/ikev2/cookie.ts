/**
 * Cookies — RFC 7296 §2.6: <version of the secret> | <HMAC of the secret over Ni, the initiator's address and SPI>. The
 * responder keeps nothing until one comes back, and so knows that the initiator is where it says it is.
 */
import { type Address, addressToOctets } from '../../model/address.js';
import { Secret } from '../../model/secret.js';
import { prf as prfTransform } from '../../model/transform.js';
import { concat, equalConstantTime } from '../crypto/octets.js';
import { algorithmFor, type CryptoProvider, type PrfKey } from '../crypto/provider.js';
import type { Millis } from '../ipsec/sa.js';
import { ikeSpiOctets } from '../wire/payloads/spis.js';
import { cookieSecretMillis } from './limits.js';

/** What a cookie is bound to. */
export interface CookieBinding {
  readonly address: Address;
  readonly initiatorSpi: bigint;
  readonly ni: Uint8Array;
}

export interface CookieJar {
  make(binding: CookieBinding, now: Millis): Uint8Array;
  isGood(cookie: Uint8Array, binding: CookieBinding, now: Millis): boolean;
}

const secretOctets = 32;

/** Secrets follow one another; a cookie of the one before is still good. */
export function createCookieJar(provider: CryptoProvider): CookieJar {
  const prf = algorithmFor(provider.prfs, prfTransform('HMAC-SHA2-256')) ?? provider.prfs[0];
  const secrets = new Map<number, PrfKey>();

  function keyOf(version: number, mayMake: boolean): PrfKey | undefined {
    const known = secrets.get(version);
    if (known || !mayMake || !prf) return known;
    for (const old of secrets.keys()) if (old < version - 1) secrets.delete(old);
    const key = prf.key(new Secret(provider.random(secretOctets)));
    secrets.set(version, key);
    return key;
  }

  function cookieOf(version: number, key: PrfKey, { address, initiatorSpi, ni }: CookieBinding): Uint8Array {
    return concat([Uint8Array.of(version & 0xff), key.prf(ni, addressToOctets(address), ikeSpiOctets(initiatorSpi))]);
  }

  const versionAt = (now: Millis): number => Math.floor(now / cookieSecretMillis);
  return {
    make(binding, now) {
      const version = versionAt(now);
      const key = keyOf(version, true);
      if (!key) throw new Error('a provider without a PRF');
      return cookieOf(version, key, binding);
    },
    isGood(cookie, binding, now) {
      const current = versionAt(now);
      return [current, current - 1].some((version) => {
        const key = keyOf(version, false);
        return key !== undefined && equalConstantTime(cookie, cookieOf(version, key, binding));
      });
    },
  };
}
