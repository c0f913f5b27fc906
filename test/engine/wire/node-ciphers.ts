/** Keyed ciphers for the tests of encrypted payloads, by their names in the reference material, straight from OpenSSL. */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import type { CbcProtection } from '../../../src/engine/wire/isakmp/protect.js';
import type { KeyedAead, Protection } from '../../../src/engine/wire/protect.js';

/** A CBC cipher of OpenSSL without its own padding. */
export function cbc(name: 'aes-128-cbc' | 'aes-256-cbc' | 'des-ede3-cbc', key: Uint8Array): CbcProtection {
  return {
    blockLength: name === 'des-ede3-cbc' ? 8 : 16,
    cipher: {
      encrypt(iv, plaintext) {
        const cipher = createCipheriv(name, key, iv).setAutoPadding(false);
        return Buffer.concat([cipher.update(plaintext), cipher.final()]);
      },
      decrypt(iv, ciphertext) {
        const decipher = createDecipheriv(name, key, iv).setAutoPadding(false);
        return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
      },
    },
  };
}

export type CipherProtection = Extract<Protection, { kind: 'cipher' }>;

/** CBC with an HMAC cut to `icvLength` octets. */
export function cbcWithHmac(
  name: Parameters<typeof cbc>[0],
  key: Uint8Array,
  hash: 'sha1' | 'sha256',
  authKey: Uint8Array,
  icvLength: number,
): CipherProtection {
  const { blockLength, cipher } = cbc(name, key);
  const sign = (octets: Uint8Array): Uint8Array =>
    createHmac(hash, authKey).update(octets).digest().subarray(0, icvLength);
  const verify = (icv: Uint8Array, octets: Uint8Array): boolean => Buffer.compare(icv, sign(octets)) === 0;
  return { kind: 'cipher', ivLength: blockLength, blockLength, icvLength, cipher, integrity: { sign, verify } };
}

/** AES-GCM whose key ends with 4 octets of salt, as IKE derives it. */
export function gcm(keyAndSalt: Uint8Array, icvLength: 8 | 12 | 16): Protection {
  const key = keyAndSalt.subarray(0, -4);
  const nonce = (iv: Uint8Array): Uint8Array => Buffer.concat([keyAndSalt.subarray(-4), iv]);
  const name = key.length === 32 ? 'aes-256-gcm' : 'aes-128-gcm';
  const options = { authTagLength: icvLength };
  const aead: KeyedAead = {
    seal(iv, plaintext, aad) {
      const cipher = createCipheriv(name, key, nonce(iv), options).setAAD(aad);
      return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    },
    open(iv, sealed, aad) {
      const decipher = createDecipheriv(name, key, nonce(iv), options).setAAD(aad);
      decipher.setAuthTag(sealed.subarray(-icvLength));
      const plaintext = decipher.update(sealed.subarray(0, -icvLength));
      try {
        decipher.final();
        return plaintext;
      } catch {
        return undefined;
      }
    },
  };
  return { kind: 'aead', ivLength: 8, icvLength, aead };
}

/** The protection of one direction by the names in the reference material; undefined for what is not in use here. */
export function protectionOf(
  encr: string,
  integ: string,
  key: Uint8Array,
  authKey: Uint8Array,
): Protection | undefined {
  if (/^AES-GCM-\d+ with 16 octet ICV/.test(encr)) return gcm(key, 16);
  const cipher = encr.startsWith('AES-CBC-128') ? 'aes-128-cbc' : encr.startsWith('3DES') ? 'des-ede3-cbc' : undefined;
  if (!cipher) return undefined;
  if (integ.startsWith('HMAC_SHA2_256_128')) return cbcWithHmac(cipher, key, 'sha256', authKey, 16);
  if (integ.startsWith('HMAC_SHA1_96')) return cbcWithHmac(cipher, key, 'sha1', authKey, 12);
  return undefined;
}
