/**
 * A provider for simulations that has something for every algorithm that is known by name: what it lacks is stood in for by HMAC-SHA2-256
 * as key stream and as check value, of the right lengths. Both ends of a simulation have it, so they come to what real ends would;
 * nothing that leaves the simulation may be made with it.
 */
import {
  privateCiphers,
  privateIntegrities,
  privatePrfs,
  rareCiphers,
  rareIntegrities,
} from '../../model/rare-transforms.js';
import type { Secret } from '../../model/secret.js';
import {
  type AuthenticationTransform,
  type EncryptionTransform,
  encryption,
  type PrfTransform,
} from '../../model/transform.js';
import { concat, equalConstantTime } from './octets.js';
import {
  type AeadAlgorithm,
  type CipherAlgorithm,
  type CryptoProvider,
  encryptionKeymatLength,
  type IntegrityAlgorithm,
  type Prf,
  type PrfKey,
} from './provider.js';

type Keyed = (secret: Secret) => PrfKey;

/** The provider with the algorithms that it lacks behind its own. */
export function withStandIns(provider: CryptoProvider): CryptoProvider {
  const sha256 = provider.prfs.find(({ transform }) => transform.name === 'HMAC-SHA2-256');
  if (!sha256) throw new Error('a provider without HMAC-SHA2-256');
  const keyed: Keyed = (secret) => sha256.key(secret);
  const has = new Set([...provider.ciphers, ...provider.aeads].map(({ transform }) => transform.name));
  const lacked = [encryption('BLOWFISH-CBC'), encryption('CAST-CBC'), ...rareCiphers, ...privateCiphers].filter(
    ({ name }) => !has.has(name),
  );
  return {
    ...provider,
    ciphers: [
      ...provider.ciphers,
      ...lacked.filter(({ icvOctets }) => icvOctets === undefined).map((one) => cipher(one, keyed)),
    ],
    aeads: [
      ...provider.aeads,
      ...lacked.filter(({ icvOctets }) => icvOctets !== undefined).map((one) => combined(one, keyed)),
    ],
    integrities: [
      ...provider.integrities,
      ...[...rareIntegrities, ...privateIntegrities].map((one) => integrity(one, keyed)),
    ],
    prfs: [...provider.prfs, ...privatePrfs.map((transform) => prf(transform, keyed))],
  };
}

/** The octets under a key stream of the IV. */
function streamed(key: PrfKey, iv: Uint8Array, octets: Uint8Array): Uint8Array {
  const result = octets.slice();
  for (let at = 0, block = 0; at < result.length; block += 1) {
    const stream = key.prf(iv, Uint8Array.of(block >>> 24, block >>> 16, block >>> 8, block));
    for (const octet of stream) {
      if (at === result.length) break;
      result[at] = result[at]! ^ octet;
      at += 1;
    }
  }
  return result;
}

function cipher(transform: EncryptionTransform, keyed: Keyed): CipherAlgorithm {
  const { blockOctets, ivOctets } = transform;
  return {
    transform,
    keymatLength: encryptionKeymatLength(transform),
    key(keymat) {
      const key = keyed(keymat);
      const fits = (iv: Uint8Array, data: Uint8Array) => iv.length === ivOctets && data.length % blockOctets === 0;
      return {
        encrypt: (iv, plaintext) => streamed(key, iv, plaintext),
        decrypt: (iv, ciphertext) => (fits(iv, ciphertext) ? streamed(key, iv, ciphertext) : undefined),
      };
    },
  };
}

function combined(transform: EncryptionTransform, keyed: Keyed): AeadAlgorithm {
  const icvLength = transform.icvOctets!;
  return {
    transform,
    icvLength,
    keymatLength: encryptionKeymatLength(transform),
    key(keymat) {
      const key = keyed(keymat);
      const icvOf = (iv: Uint8Array, ciphertext: Uint8Array, aad: Uint8Array) =>
        key.prf(aad, iv, ciphertext).slice(0, icvLength);
      return {
        seal(iv, plaintext, aad) {
          const ciphertext = streamed(key, iv, plaintext);
          return concat([ciphertext, icvOf(iv, ciphertext, aad)]);
        },
        open(iv, sealed, aad) {
          if (sealed.length < icvLength) return undefined;
          const ciphertext = sealed.subarray(0, sealed.length - icvLength);
          const isRight = equalConstantTime(sealed.subarray(ciphertext.length), icvOf(iv, ciphertext, aad));
          return isRight ? streamed(key, iv, ciphertext) : undefined;
        },
      };
    },
  };
}

function integrity(transform: AuthenticationTransform, keyed: Keyed): IntegrityAlgorithm {
  const icvLength = transform.icvBits / 8;
  return {
    transform,
    keyLength: transform.keyBits / 8,
    icvLength,
    key(keymat) {
      const key = keyed(keymat);
      const sign = (...parts: readonly Uint8Array[]) => key.prf(...parts).slice(0, icvLength);
      return { sign, verify: (icv, ...parts) => equalConstantTime(icv, sign(...parts)) };
    },
  };
}

function prf(transform: PrfTransform, keyed: Keyed): Prf {
  const outputLength = transform.outputBits / 8;
  return {
    transform,
    outputLength,
    keyLength: outputLength,
    key(secret) {
      const key = keyed(secret);
      return { prf: (...parts) => key.prf(...parts).slice(0, outputLength) };
    },
  };
}
