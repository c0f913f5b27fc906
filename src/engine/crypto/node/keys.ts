/**
 * Public and private keys on node:crypto.
 *
 * Three things OpenSSL does not do for us here: sign a digest made elsewhere with DSA or ECDSA (as IKEv1 needs), draw
 * nonces from a seeded source (as reproducible simulations need), and remove PKCS #1 padding without being an oracle (as
 * the OpenSSL of Node 20 would be). The first two are done by the reference implementation, the third by ours around
 * OpenSSL's RSA function.
 */
import {
  constants,
  createPrivateKey,
  createPublicKey,
  sign as cryptoSign,
  verify as cryptoVerify,
  type KeyObject,
  privateDecrypt,
  privateEncrypt,
  publicDecrypt,
  publicEncrypt,
} from 'node:crypto';
import { Secret } from '../../../model/secret.js';
import {
  keyBits,
  modulusOctets,
  type PrivateNumbers,
  type PublicNumbers,
  privateExponentOctets,
  type RsaPrivate,
  readPrivateKey,
  readPublicKey,
  writePublicKey,
} from '../keys.js';
import { dsaSign, dsaVerify } from '../noble/dsa.js';
import { ecdsaSign, ecdsaVerify } from '../noble/ecdsa.js';
import { bitLength, concat, equalConstantTime, fromBigInt, plain, toBigInt } from '../octets.js';
import type { PrivateKey, PublicKey, SignatureScheme } from '../provider.js';
import type { SecureRandom } from '../random.js';
import { pkcs1Decrypted, pkcs1EncryptionBlock, pssEncode } from '../rsa-padding.js';
import { schemeFits } from '../signature-scheme.js';
import { nodePrimitives, opensslHash } from './symmetric.js';

const { hashes, hmac } = nodePrimitives;

/** As `CryptoProvider.importPublicKey`. */
export function importPublicKey(spki: Uint8Array): PublicKey | undefined {
  const numbers = readPublicKey(spki);
  if (!numbers) return undefined;
  const key = keyObject(() => opensslPublicKey(numbers));
  return key && publicKey(numbers, key);
}

/** JWK is up to thirty times faster to import than DER on Node 20, but it has not all kinds and curves. */
function opensslPublicKey(numbers: PublicNumbers): KeyObject {
  const base64url = (octets: Uint8Array): string => Buffer.from(octets).toString('base64url');
  switch (numbers.kind) {
    case 'RSA': {
      const integer = (value: bigint): string => base64url(fromBigInt(value, Math.ceil(bitLength(value) / 8)));
      return createPublicKey({ key: { kty: 'RSA', n: integer(numbers.n), e: integer(numbers.e) }, format: 'jwk' });
    }
    case 'Ed25519':
    case 'Ed448':
      return createPublicKey({ key: { kty: 'OKP', crv: numbers.kind, x: base64url(numbers.point) }, format: 'jwk' });
    case 'DSA':
    case 'EC':
      return createPublicKey({ key: Buffer.from(writePublicKey(numbers)), format: 'der', type: 'spki' });
  }
}

/** OpenSSL's own checks may refuse what ours let pass; then the key is not one for us. */
function keyObject(make: () => KeyObject): KeyObject | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

function publicKey(numbers: PublicNumbers, key: KeyObject): PublicKey {
  return {
    kind: numbers.kind,
    bits: keyBits(numbers),
    spki: writePublicKey(numbers),
    verify(scheme, message, signature) {
      if (!schemeFits(scheme, numbers.kind)) return false;
      // RFC 8017 §8.1.2 and §8.2.2 want the length of the modulus; OpenSSL lets leading zeros be left out.
      if (numbers.kind === 'RSA' && signature.length !== modulusOctets(numbers)) return false;
      try {
        return verify(numbers, key, scheme, message, signature);
      } catch {
        return false; // OpenSSL reports some malformed signatures as errors
      }
    },
    encrypt(plaintext, random) {
      if (numbers.kind !== 'RSA') return undefined;
      const block = pkcs1EncryptionBlock(plaintext, modulusOctets(numbers), random);
      return block && plain(publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, block));
    },
  };
}

function verify(
  numbers: PublicNumbers,
  key: KeyObject,
  scheme: SignatureScheme,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  switch (scheme.kind) {
    case 'RSASSA-PKCS1-v1_5':
      return cryptoVerify(opensslHash[scheme.hash], message, key, signature);
    case 'RSA-raw-hash': {
      const content = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature);
      return equalConstantTime(content, message);
    }
    case 'RSASSA-PSS': {
      const { saltLength } = scheme;
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      return cryptoVerify(opensslHash[scheme.hash], message, { key, padding, saltLength }, signature);
    }
    case 'DSA':
    case 'ECDSA': {
      if (scheme.hash === 'prehashed') {
        return numbers.kind === 'DSA'
          ? dsaVerify(numbers, scheme, message, signature)
          : numbers.kind === 'EC' && ecdsaVerify(numbers, scheme, message, signature);
      }
      const dsaEncoding = scheme.encoding === 'DER' ? 'der' : 'ieee-p1363';
      return cryptoVerify(opensslHash[scheme.hash], message, { key, dsaEncoding }, signature);
    }
    case 'EdDSA':
      return cryptoVerify(null, message, key, signature);
  }
}

/** As `CryptoProvider.importPrivateKey`. */
export function importPrivateKey(pkcs8: Secret): PrivateKey | undefined {
  const numbers = readPrivateKey(pkcs8);
  if (!numbers) return undefined;
  const key = keyObject(() => createPrivateKey({ key: Buffer.from(pkcs8.reveal()), format: 'der', type: 'pkcs8' }));
  const own = key && importPublicKey(createPublicKey(key).export({ format: 'der', type: 'spki' }));
  if (!key || !own) return undefined;
  return {
    kind: numbers.kind,
    publicKey: own,
    sign(scheme, message, random) {
      if (!schemeFits(scheme, numbers.kind)) return undefined;
      return sign(numbers, key, scheme, message, random);
    },
    decrypt: (ciphertext) => (numbers.kind === 'RSA' ? decrypt(numbers, key, ciphertext) : undefined),
  };
}

function sign(
  numbers: PrivateNumbers,
  key: KeyObject,
  scheme: SignatureScheme,
  message: Uint8Array,
  random: SecureRandom,
): Uint8Array | undefined {
  switch (scheme.kind) {
    case 'RSASSA-PKCS1-v1_5':
      return signed(() => cryptoSign(opensslHash[scheme.hash], message, key));
    case 'RSA-raw-hash':
      return signed(() => privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, message));
    case 'RSASSA-PSS':
      return numbers.kind === 'RSA' ? signPss(numbers, key, scheme, message, random) : undefined;
    case 'DSA':
    case 'ECDSA': {
      if (scheme.hash === 'prehashed' || random.reproducible) {
        if (numbers.kind === 'DSA') return dsaSign(numbers, scheme, message);
        return numbers.kind === 'EC' ? ecdsaSign(numbers.group, numbers.d, scheme, message) : undefined;
      }
      const dsaEncoding = scheme.encoding === 'DER' ? 'der' : 'ieee-p1363';
      return plain(cryptoSign(opensslHash[scheme.hash], message, { key, dsaEncoding }));
    }
    case 'EdDSA':
      return plain(cryptoSign(null, message, key));
  }
}

/** PKCS #1 v1.5 fails for one reason only: the modulus is too short for the digest. */
function signed(make: () => Uint8Array): Uint8Array | undefined {
  try {
    return plain(make());
  } catch {
    return undefined;
  }
}

/** The salt comes from `random`, hence our own encoding around OpenSSL's RSA function. */
function signPss(
  numbers: RsaPrivate,
  key: KeyObject,
  scheme: { readonly hash: keyof typeof hashes; readonly saltLength: number },
  message: Uint8Array,
  random: SecureRandom,
): Uint8Array | undefined {
  const encoded = pssEncode(hashes[scheme.hash], message, random(scheme.saltLength), keyBits(numbers));
  if (!encoded) return undefined;
  const block = concat([new Uint8Array(modulusOctets(numbers) - encoded.length), encoded]);
  return plain(privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, block));
}

function decrypt(numbers: RsaPrivate, key: KeyObject, ciphertext: Uint8Array): Secret | undefined {
  if (ciphertext.length !== modulusOctets(numbers) || toBigInt(ciphertext) >= numbers.n) return undefined;
  const block = plain(privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, ciphertext));
  const plaintext = pkcs1Decrypted(block, ciphertext, {
    sha256: hashes['SHA2-256'],
    hmacSha256: (secret, ...parts) => hmac('SHA2-256', secret)(parts),
    privateExponent: privateExponentOctets(numbers),
  });
  return new Secret(plaintext);
}
