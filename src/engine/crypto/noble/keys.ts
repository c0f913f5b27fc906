/** Public and private keys on noble and BigInt. */

import { ed448 } from '@noble/curves/ed448.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { Secret } from '../../../model/secret.js';
import { modPow } from '../big-math.js';
import {
  keyBits,
  type PrivateNumbers,
  type PublicNumbers,
  readPrivateKey,
  readPublicKey,
  writePublicKey,
} from '../keys.js';
import { concat, fromBigInt } from '../octets.js';
import type { PrivateKey, PublicKey, SignatureScheme } from '../provider.js';
import { schemeFits } from '../signature-scheme.js';
import { dsaSign, dsaVerify } from './dsa.js';
import { ecdsaSign, ecdsaVerify } from './ecdsa.js';
import { pointsOf } from './key-exchange.js';
import { rsaDecrypt, rsaEncrypt, rsaSign, rsaVerify } from './rsa.js';

/** As `CryptoProvider.importPublicKey`. */
export function importPublicKey(spki: Uint8Array): PublicKey | undefined {
  const numbers = readPublicKey(spki);
  return numbers && publicKey(numbers);
}

function publicKey(numbers: PublicNumbers): PublicKey {
  return {
    kind: numbers.kind,
    bits: keyBits(numbers),
    spki: writePublicKey(numbers),
    verify: (scheme, message, signature) => verify(numbers, scheme, message, signature),
    encrypt: (plaintext, random) => (numbers.kind === 'RSA' ? rsaEncrypt(numbers, plaintext, random) : undefined),
  };
}

function verify(key: PublicNumbers, scheme: SignatureScheme, message: Uint8Array, signature: Uint8Array): boolean {
  switch (scheme.kind) {
    case 'RSASSA-PKCS1-v1_5':
    case 'RSA-raw-hash':
    case 'RSASSA-PSS':
      return key.kind === 'RSA' && rsaVerify(key, scheme, message, signature);
    case 'DSA':
      return key.kind === 'DSA' && dsaVerify(key, scheme, message, signature);
    case 'ECDSA':
      return key.kind === 'EC' && ecdsaVerify(key, scheme, message, signature);
    case 'EdDSA':
      return (key.kind === 'Ed25519' || key.kind === 'Ed448') && edVerify(key.kind, key.point, message, signature);
  }
}

function edVerify(kind: 'Ed25519' | 'Ed448', point: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    // RFC 8032 strictly, not the more lenient ZIP 215: both providers must agree on every signature.
    const options = { zip215: false };
    return kind === 'Ed25519'
      ? ed25519.verify(signature, message, point, options)
      : ed448.verify(signature, message, point, options);
  } catch {
    return false; // noble throws on a signature of another length
  }
}

/** As `CryptoProvider.importPrivateKey`. */
export function importPrivateKey(pkcs8: Secret): PrivateKey | undefined {
  const numbers = readPrivateKey(pkcs8);
  if (!numbers) return undefined;
  return {
    kind: numbers.kind,
    publicKey: publicKey(publicNumbers(numbers)),
    sign(scheme, message, random) {
      if (!schemeFits(scheme, numbers.kind)) return undefined;
      switch (numbers.kind) {
        case 'RSA':
          return rsaSign(numbers, scheme, message, random);
        case 'DSA':
          return scheme.kind === 'DSA' ? dsaSign(numbers, scheme, message) : undefined;
        case 'EC':
          return scheme.kind === 'ECDSA' ? ecdsaSign(numbers.group, numbers.d, scheme, message) : undefined;
        case 'Ed25519':
          return ed25519.sign(message, numbers.seed);
        case 'Ed448':
          return ed448.sign(message, numbers.seed);
      }
    },
    decrypt(ciphertext) {
      const plaintext = numbers.kind === 'RSA' ? rsaDecrypt(numbers, ciphertext) : undefined;
      return plaintext && new Secret(plaintext);
    },
  };
}

/** The public numbers that belong to private ones. */
export function publicNumbers(key: PrivateNumbers): PublicNumbers {
  switch (key.kind) {
    case 'RSA':
      return { kind: 'RSA', n: key.n, e: key.e };
    case 'DSA':
      return { kind: 'DSA', p: key.p, q: key.q, g: key.g, y: modPow(key.g, key.x, key.p) };
    case 'EC': {
      const { x, y } = pointsOf(key.group).BASE.multiply(key.d).toAffine();
      const point = concat([fromBigInt(x, key.group.octets), fromBigInt(y, key.group.octets)]);
      return { kind: 'EC', group: key.group, point };
    }
    case 'Ed25519':
      return { kind: 'Ed25519', point: ed25519.getPublicKey(key.seed) };
    case 'Ed448':
      return { kind: 'Ed448', point: ed448.getPublicKey(key.seed) };
  }
}
