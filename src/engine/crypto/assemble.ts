/**
 * Makes the algorithms of the transform table out of a provider's primitives: splits keying material into key and salt,
 * builds nonces and counters, truncates ICVs and checks lengths, the same way for every provider.
 */
import type { Secret } from '../../model/secret.js';
import { authentication, type EncryptionTransform, encryption, prf as prfTransform } from '../../model/transform.js';
import { cmac, type LastCbcBlock, xcbc } from './aes-mac.js';
import { concat, equalConstantTime } from './octets.js';
import { aeadNames, cipherNames, integrityNames, prfNames } from './preference.js';
import {
  type AeadAlgorithm,
  type CipherAlgorithm,
  type CipherKey,
  encryptionKeymatLength,
  type HashAlgorithm,
  type HashName,
  type IntegrityAlgorithm,
  type Prf,
} from './provider.js';

/** An AEAD of RFC 5116 under one key: the ICV follows the ciphertext. */
export interface AeadPrimitive {
  seal(nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array;
  open(nonce: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array | undefined;
}

/** A cipher under one key; lengths have been checked. */
export interface CipherPrimitive {
  encrypt(iv: Uint8Array, plaintext: Uint8Array): Uint8Array;
  decrypt(iv: Uint8Array, ciphertext: Uint8Array): Uint8Array;
}

/** A MAC under one key over parts. */
export type Mac = (parts: readonly Uint8Array[]) => Uint8Array;

/** What a provider implements itself. Keys have the right length for the algorithm. */
export interface Primitives {
  aesGcm(key: Uint8Array, icvLength: number): AeadPrimitive;
  aesCcm(key: Uint8Array, icvLength: number): AeadPrimitive;
  chacha20Poly1305(key: Uint8Array): AeadPrimitive;
  aesCbc(key: Uint8Array): CipherPrimitive;
  /** The IV is the whole first counter block. */
  aesCtr(key: Uint8Array): CipherPrimitive;
  camelliaCbc(key: Uint8Array): CipherPrimitive;
  /** 8 octets of key are DES, 24 are Triple DES. */
  desCbc(key: Uint8Array): CipherPrimitive;
  hmac(hash: HashName, key: Uint8Array): Mac;
  lastCbcBlock: LastCbcBlock;
  hashes: Readonly<Record<HashName, HashAlgorithm>>;
  /** Where the provider has CMAC of its own. */
  aesCmac?(key: Uint8Array): Mac;
}

const empty = new Uint8Array(0);

function splitKeymat(transform: EncryptionTransform, keymat: Secret): { key: Uint8Array; salt: Uint8Array } {
  const octets = keymat.reveal();
  if (octets.length !== encryptionKeymatLength(transform)) {
    throw new Error(`${transform.name} needs ${encryptionKeymatLength(transform)} octets of keying material`);
  }
  return { key: octets.subarray(0, transform.keyBits / 8), salt: octets.subarray(transform.keyBits / 8) };
}

/** All combined-mode algorithms. */
export function aeadAlgorithms(primitives: Primitives): AeadAlgorithm[] {
  return aeadNames.map((name) => aeadAlgorithm(primitives, encryption(name)));
}

function aeadAlgorithm(primitives: Primitives, transform: EncryptionTransform): AeadAlgorithm {
  const icvLength = transform.icvOctets!;
  const authenticatesOnly = transform.name.startsWith('AES-GMAC');
  return {
    transform,
    icvLength,
    keymatLength: encryptionKeymatLength(transform),
    key(keymat) {
      const { key, salt } = splitKeymat(transform, keymat);
      const primitive = aeadPrimitive(primitives, transform.name, key, icvLength);
      return {
        seal(iv, plaintext, aad) {
          if (iv.length !== transform.ivOctets) throw new Error(`${transform.name} has no IV of ${iv.length} octets`);
          const nonce = concat([salt, iv]);
          if (!authenticatesOnly) return primitive.seal(nonce, plaintext, aad);
          return concat([plaintext, primitive.seal(nonce, empty, concat([aad, iv, plaintext]))]);
        },
        open(iv, sealed, aad) {
          if (iv.length !== transform.ivOctets || sealed.length < icvLength) return undefined;
          const nonce = concat([salt, iv]);
          if (!authenticatesOnly) return primitive.open(nonce, sealed, aad);
          const plaintext = sealed.slice(0, sealed.length - icvLength);
          const icv = sealed.subarray(plaintext.length);
          return primitive.open(nonce, icv, concat([aad, iv, plaintext])) && plaintext;
        },
      };
    },
  };
}

function aeadPrimitive(primitives: Primitives, name: string, key: Uint8Array, icvLength: number): AeadPrimitive {
  if (name.startsWith('AES-GCM') || name.startsWith('AES-GMAC')) return primitives.aesGcm(key, icvLength);
  if (name.startsWith('AES-CCM')) return primitives.aesCcm(key, icvLength);
  return primitives.chacha20Poly1305(key);
}

/** All ciphers without an ICV, NULL among them. */
export function cipherAlgorithms(primitives: Primitives): CipherAlgorithm[] {
  return cipherNames.map((name) => cipherAlgorithm(primitives, encryption(name)));
}

function cipherAlgorithm(primitives: Primitives, transform: EncryptionTransform): CipherAlgorithm {
  const { name, ivOctets, blockOctets } = transform;
  return {
    transform,
    keymatLength: encryptionKeymatLength(transform),
    key(keymat): CipherKey {
      const { key, salt } = splitKeymat(transform, keymat);
      const primitive = cipherPrimitive(primitives, name, key);
      // RFC 3686 §4: the counter block is nonce | IV | counter, and the counter starts at 1.
      const counter = salt.length > 0;
      const chainingValue = (iv: Uint8Array): Uint8Array => (counter ? concat([salt, iv, firstCounter]) : iv);
      const fits = (iv: Uint8Array, data: Uint8Array): boolean =>
        iv.length === ivOctets && data.length % blockOctets === 0;
      return {
        encrypt(iv, plaintext) {
          if (!fits(iv, plaintext)) throw new Error(`${name}: IV or plaintext has a wrong length`);
          return primitive.encrypt(chainingValue(iv), plaintext);
        },
        decrypt(iv, ciphertext) {
          return fits(iv, ciphertext) ? primitive.decrypt(chainingValue(iv), ciphertext) : undefined;
        },
      };
    },
  };
}

const firstCounter = Uint8Array.of(0, 0, 0, 1);

const nullCipher: CipherPrimitive = { encrypt: (_, data) => data.slice(), decrypt: (_, data) => data.slice() };

function cipherPrimitive(primitives: Primitives, name: string, key: Uint8Array): CipherPrimitive {
  if (name.startsWith('AES-CBC')) return primitives.aesCbc(key);
  if (name.startsWith('AES-CTR')) return primitives.aesCtr(key);
  if (name.startsWith('CAMELLIA-CBC')) return primitives.camelliaCbc(key);
  if (name === 'DES-CBC' || name === '3DES-CBC') return primitives.desCbc(key);
  return nullCipher;
}

/** All integrity algorithms. */
export function integrityAlgorithms(primitives: Primitives): IntegrityAlgorithm[] {
  return integrityNames.map((name): IntegrityAlgorithm => {
    const transform = authentication(name);
    const keyLength = transform.keyBits / 8;
    const icvLength = transform.icvBits / 8;
    return {
      transform,
      keyLength,
      icvLength,
      key(keymat) {
        const octets = keymat.reveal();
        if (octets.length !== keyLength) throw new Error(`${name} needs a key of ${keyLength} octets`);
        const mac = macOf(primitives, name, octets);
        const sign = (...parts: readonly Uint8Array[]): Uint8Array => mac(parts).slice(0, icvLength);
        return { sign, verify: (icv, ...parts) => equalConstantTime(icv, sign(...parts)) };
      },
    };
  });
}

const aesKeyLength = 16;

/** All PRFs. */
export function prfAlgorithms(primitives: Primitives): Prf[] {
  return prfNames.map((name): Prf => {
    const transform = prfTransform(name);
    const outputLength = transform.outputBits / 8;
    const hash = hashOf(name);
    return {
      transform,
      outputLength,
      keyLength: outputLength,
      hash: hash && primitives.hashes[hash],
      key(secret) {
        const octets = hash ? secret.reveal() : aesPrfKey(primitives, name, secret.reveal());
        const mac = macOf(primitives, name, octets);
        return { prf: (...parts) => mac(parts) };
      },
    };
  });
}

/** RFC 4434 §2 and RFC 4615 §3 bring a key of any length to 128 bits; a longer one differs in how it is condensed. */
function aesPrfKey(primitives: Primitives, name: string, key: Uint8Array): Uint8Array {
  if (key.length === aesKeyLength) return key;
  // RFC 4434 pads a short key with zeros; RFC 4615 condenses every key that is not of 128 bits.
  if (name === 'AES128-XCBC' && key.length < aesKeyLength)
    return concat([key, new Uint8Array(aesKeyLength - key.length)]);
  return macOf(primitives, name, new Uint8Array(aesKeyLength))([key]);
}

/** The untruncated MAC behind an integrity algorithm or PRF. */
function macOf(primitives: Primitives, name: string, key: Uint8Array): Mac {
  const hash = hashOf(name);
  if (hash) return primitives.hmac(hash, key);
  if (name.includes('CMAC')) return primitives.aesCmac?.(key) ?? cmac(primitives.lastCbcBlock, key);
  return xcbc(primitives.lastCbcBlock, key);
}

const hashNames: readonly HashName[] = ['MD5', 'SHA1', 'SHA2-256', 'SHA2-384', 'SHA2-512'];

/** Every key asks for it. */
const hashesOfNames = new Map(
  [...prfNames, ...integrityNames].map((name) => [name, hashNames.find((hash) => name.startsWith(`HMAC-${hash}`))]),
);

function hashOf(name: string): HashName | undefined {
  return hashesOfNames.get(name);
}
