/**
 * Cookies — RFC 2408 §2.5.3. A responder's cookie follows from the initiator's, the addresses and ports of both and a secret
 * that changes with time, so that it can be checked when it comes back without having been kept, and says that somebody
 * receives at the address that the first message came from. Before that, nothing costly is done: no Diffie-Hellman.
 *
 * What Main Mode does not allow is to keep nothing at all: HASH_I covers the initiator's SA payload, which comes in the first
 * message only (RFC 2409 §5). So the octets of that payload are remembered, and nothing else: see `half-open.ts`.
 */
import { addressToOctets } from '../../model/address.js';
import { Secret } from '../../model/secret.js';
import { equalConstantTime } from '../crypto/octets.js';
import type { CryptoProvider, PrfKey } from '../crypto/provider.js';
import type { Endpoint } from '../input.js';
import type { Millis } from '../ipsec/sa.js';

export const cookieOctets = 8;
const secretOctets = 32;

/** How long a secret makes new cookies. They are taken for as long again. */
export const secretMillis = 60_000;

export interface CookieInput {
  readonly initiatorCookie: Uint8Array;
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

export interface ResponderCookies {
  /** The cookie for a first message that came just now. */
  make(input: CookieInput, now: Millis): Uint8Array;
  /** The cookies that a first message may have been answered with, the newest first. */
  possible(input: CookieInput, now: Millis): readonly Uint8Array[];
  /** Is it a cookie that we made for these, and not long ago? */
  isOurs(cookie: Uint8Array, input: CookieInput, now: Millis): boolean;
}

/** Cookies with secrets from the provider's random source, drawn when they are needed. */
export function responderCookies(provider: CryptoProvider): ResponderCookies {
  const prf = provider.prfs.find(({ transform }) => transform.name === 'HMAC-SHA2-256');
  if (!prf) throw new Error('a provider without HMAC-SHA2-256');
  let current: { readonly key: PrfKey; readonly since: Millis } | undefined;
  let previous: typeof current;

  function turn(now: Millis): void {
    if (current && now - current.since < secretMillis) return;
    const isRecent = current && now - current.since < 2 * secretMillis;
    previous = isRecent ? current : undefined;
    current = { key: prf!.key(new Secret(provider.random(secretOctets))), since: now };
  }

  function possible(input: CookieInput, now: Millis): readonly Uint8Array[] {
    turn(now);
    return [current, previous].flatMap((secret) => (secret ? [cookieOf(secret.key, input)] : []));
  }

  return {
    make(input, now) {
      turn(now);
      return cookieOf(current!.key, input);
    },
    possible,
    isOurs: (cookie, input, now) => possible(input, now).some((ours) => equalConstantTime(ours, cookie)),
  };
}

function cookieOf(key: PrfKey, { initiatorCookie, local, remote }: CookieInput): Uint8Array {
  const cookie = key.prf(initiatorCookie, endpointOctets(remote), endpointOctets(local)).slice(0, cookieOctets);
  // Zero is what an initiator sends before it knows the cookie (RFC 2408 §3.1).
  if (cookie.every((octet) => octet === 0)) cookie[0] = 1;
  return cookie;
}

/** An address and a port, as they are hashed. */
export function endpointOctets({ address, port }: Endpoint): Uint8Array {
  const octets = addressToOctets(address);
  const both = new Uint8Array(octets.length + 2);
  both.set(octets);
  new DataView(both.buffer).setUint16(octets.length, port);
  return both;
}

/** A fresh cookie of an initiator, which is not zero. */
export function initiatorCookie(random: (length: number) => Uint8Array): Uint8Array {
  const cookie = random(cookieOctets);
  if (cookie.every((octet) => octet === 0)) cookie[0] = 1;
  return cookie;
}
