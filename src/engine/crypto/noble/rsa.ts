/** RSA on BigInt — RFC 8017 §5. Not constant-time and without blinding: a reference and an oracle, not for live keys. */
import { mod, modInverse, modPow } from '../big-math.js';
import { modulusOctets, privateExponentOctets, type RsaPrivate, type RsaPublic } from '../keys.js';
import { bitLength, concat, equalConstantTime, fromBigInt, toBigInt } from '../octets.js';
import type { SignatureScheme } from '../provider.js';
import type { SecureRandom } from '../random.js';
import {
  pkcs1Decrypted,
  pkcs1EncryptionBlock,
  pkcs1RawBlock,
  pkcs1SignatureBlock,
  pssEncode,
  pssVerify,
} from '../rsa-padding.js';
import { nobleHashes, nobleHmac } from './hashes.js';

/** s^e mod n at the length of the modulus, or undefined where `octets` is not a representative (§5.2.2). */
function publicOperation({ n, e }: RsaPublic, octets: Uint8Array): Uint8Array | undefined {
  const length = modulusOctets({ n });
  const value = toBigInt(octets);
  return octets.length === length && value < n ? fromBigInt(modPow(value, e, n), length) : undefined;
}

/** c^d mod n by the Chinese remainder theorem (§5.1.2); `octets` is below n. */
function privateOperation({ n, d, p, q }: RsaPrivate, octets: Uint8Array): Uint8Array {
  const value = toBigInt(octets);
  const [m1, m2] = [modPow(value, d % (p - 1n), p), modPow(value, d % (q - 1n), q)];
  const h = mod((m1 - m2) * modInverse(q, p)!, p);
  return fromBigInt(m2 + h * q, modulusOctets({ n }));
}

/** Is `signature` one of `message`? Schemes of other kinds of keys give false. */
export function rsaVerify(
  key: RsaPublic,
  scheme: SignatureScheme,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const block = publicOperation(key, signature);
  if (!block) return false;
  switch (scheme.kind) {
    case 'RSASSA-PKCS1-v1_5': {
      const expected = pkcs1SignatureBlock(nobleHashes[scheme.hash], message, block.length);
      return expected !== undefined && equalConstantTime(expected, block);
    }
    case 'RSA-raw-hash': {
      const expected = pkcs1RawBlock(message, block.length);
      return expected !== undefined && equalConstantTime(expected, block);
    }
    case 'RSASSA-PSS': {
      const bits = bitLength(key.n);
      // A modulus of 8k + 1 bits has a first octet that the encoded message does not reach (§8.1.2).
      const encoded = bits % 8 === 1 ? block.subarray(1) : block;
      const reaches = encoded.length === block.length || block[0] === 0;
      return reaches && pssVerify(nobleHashes[scheme.hash], message, encoded, scheme.saltLength, bits);
    }
    default:
      return false;
  }
}

/** The block that a scheme signs, or undefined where the key is too short for it or of another kind. */
export function rsaSignatureBlock(
  key: RsaPublic,
  scheme: SignatureScheme,
  message: Uint8Array,
  random: SecureRandom,
): Uint8Array | undefined {
  const length = modulusOctets(key);
  switch (scheme.kind) {
    case 'RSASSA-PKCS1-v1_5':
      return pkcs1SignatureBlock(nobleHashes[scheme.hash], message, length);
    case 'RSA-raw-hash':
      return pkcs1RawBlock(message, length);
    case 'RSASSA-PSS': {
      const encoded = pssEncode(nobleHashes[scheme.hash], message, random(scheme.saltLength), bitLength(key.n));
      return encoded && concat([new Uint8Array(length - encoded.length), encoded]);
    }
    default:
      return undefined;
  }
}

/** A signature of `message`; undefined as in `rsaSignatureBlock`. */
export function rsaSign(
  key: RsaPrivate,
  scheme: SignatureScheme,
  message: Uint8Array,
  random: SecureRandom,
): Uint8Array | undefined {
  const block = rsaSignatureBlock(key, scheme, message, random);
  return block && privateOperation(key, block);
}

/** RSAES-PKCS1-v1_5 (§7.2.1), or undefined where the plaintext is too long for the key. */
export function rsaEncrypt(key: RsaPublic, plaintext: Uint8Array, random: SecureRandom): Uint8Array | undefined {
  const block = pkcs1EncryptionBlock(plaintext, modulusOctets(key), random);
  return block && publicOperation(key, block);
}

/** RSAES-PKCS1-v1_5 with implicit rejection; undefined where `ciphertext` is no representative. */
export function rsaDecrypt(key: RsaPrivate, ciphertext: Uint8Array): Uint8Array | undefined {
  if (ciphertext.length !== modulusOctets(key) || toBigInt(ciphertext) >= key.n) return undefined;
  return pkcs1Decrypted(privateOperation(key, ciphertext), ciphertext, {
    sha256: nobleHashes['SHA2-256'],
    hmacSha256: (secret, ...parts) => nobleHmac('SHA2-256', secret)(parts),
    privateExponent: privateExponentOctets(key),
  });
}
