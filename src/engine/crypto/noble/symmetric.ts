/** Symmetric primitives on @noble/ciphers, with DES, Camellia and CCM of our own. */
import { cbc, cmac, ctr, gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import type { AeadPrimitive, CipherPrimitive, Primitives } from '../assemble.js';
import { concat, equalConstantTime } from '../octets.js';
import { type BlockCipher, cbcDecrypt, cbcEncrypt } from './block.js';
import { camellia } from './camellia.js';
import { aesCcm } from './ccm.js';
import { des } from './des.js';
import { nobleHashes, nobleHmac } from './hashes.js';

const aesBlockLength = 16;
const fullIcvLength = 16;
const withoutPadding = { disablePadding: true } as const;

export const noblePrimitives: Primitives = {
  aesGcm(key, icvLength): AeadPrimitive {
    const seal = (nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array =>
      gcm(key, nonce, aad).encrypt(plaintext);
    if (icvLength === fullIcvLength) {
      return { seal, open: (nonce, sealed, aad) => opened(() => gcm(key, nonce, aad).decrypt(sealed)) };
    }
    return truncatedGcm(key, icvLength, seal);
  },
  aesCcm,
  chacha20Poly1305: (key) => ({
    seal: (nonce, plaintext, aad) => chacha20poly1305(key, nonce, aad).encrypt(plaintext),
    open: (nonce, sealed, aad) => opened(() => chacha20poly1305(key, nonce, aad).decrypt(sealed)),
  }),
  aesCbc: (key) => ({
    encrypt: (iv, data) => cbc(key, iv, withoutPadding).encrypt(data),
    decrypt: (iv, data) => (data.length === 0 ? data.slice() : cbc(key, iv, withoutPadding).decrypt(data)),
  }),
  aesCtr: (key) => ({
    encrypt: (iv, data) => ctr(key, iv).encrypt(data),
    decrypt: (iv, data) => ctr(key, iv).decrypt(data),
  }),
  camelliaCbc: (key) => cbcOf(camellia(key)),
  desCbc: (key) => cbcOf(des(key)),
  hmac: nobleHmac,
  aesCmac: (key) => (parts) => cmac(concat(parts), key),
  lastCbcBlock: (key) => (data) =>
    cbc(key, new Uint8Array(aesBlockLength), withoutPadding).encrypt(data).slice(-aesBlockLength),
  hashes: nobleHashes,
};

function cbcOf(cipher: BlockCipher): CipherPrimitive {
  return {
    encrypt: (iv, data) => cbcEncrypt(cipher, iv, data),
    decrypt: (iv, data) => cbcDecrypt(cipher, iv, data),
  };
}

/** Noble throws on a wrong ICV; lengths have been checked before, so that nothing else is caught here. */
function opened(decrypt: () => Uint8Array): Uint8Array | undefined {
  try {
    return decrypt();
  } catch {
    return undefined;
  }
}

/** GCM with a shorter ICV (RFC 4106 §6): noble knows the full one only, so it is computed again from the plaintext. */
function truncatedGcm(key: Uint8Array, icvLength: number, seal: AeadPrimitive['seal']): AeadPrimitive {
  return {
    seal(nonce, plaintext, aad) {
      const whole = seal(nonce, plaintext, aad);
      return whole.slice(0, plaintext.length + icvLength);
    },
    open(nonce, sealed, aad) {
      const ciphertext = sealed.subarray(0, sealed.length - icvLength);
      // NIST SP 800-38D §7.1: the first counter after that of the tag is 2.
      const plaintext = ctr(key, concat([nonce, Uint8Array.of(0, 0, 0, 2)])).decrypt(ciphertext);
      const again = seal(nonce, plaintext, aad).subarray(0, sealed.length);
      return equalConstantTime(again, sealed) ? plaintext : undefined;
    },
  };
}
