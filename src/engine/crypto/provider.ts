/**
 * What the engine asks of cryptography, as values: an algorithm is an object with its entry of the transform table and
 * its implementation, so what a provider lists is what can be negotiated. Lists are in order of preference.
 *
 * Everything is synchronous. A wrong ICV, an invalid public value or a forged signature is a value (`undefined` or
 * `false`), never an exception; an exception is a bug of the caller (a key of the wrong length, say).
 */
import type { Secret } from '../../model/secret.js';
import type {
  AuthenticationTransform,
  EncryptionTransform,
  KeyExchangeTransform,
  PrfTransform,
} from '../../model/transform.js';
import type { SecureRandom } from './random.js';
import type { KeyKind, SignatureScheme } from './signature-scheme.js';

export type { SecureRandom } from './random.js';
export type { KeyKind, SignatureScheme } from './signature-scheme.js';

export interface CryptoProvider {
  readonly name: 'noble' | 'node';
  /** Seeded in tests and dry runs. */
  readonly random: SecureRandom;
  readonly hashes: Readonly<Record<HashName, HashAlgorithm>>;
  /** Ciphers that need a separate integrity algorithm. */
  readonly ciphers: readonly CipherAlgorithm[];
  readonly aeads: readonly AeadAlgorithm[];
  readonly integrities: readonly IntegrityAlgorithm[];
  readonly prfs: readonly Prf[];
  readonly keyExchanges: readonly KeyExchangeMethod[];
  /** A key of a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), or undefined where it is malformed, weak beyond use or of an unknown kind. */
  importPublicKey(spki: Uint8Array): PublicKey | undefined;
  /** A key of an unencrypted PrivateKeyInfo (PKCS #8, RFC 5958), or undefined as above. */
  importPrivateKey(pkcs8: Secret): PrivateKey | undefined;
  /** Is an odd number prime, but for a negligible chance? Absent where the provider has no quick way to tell. */
  isPrime?(candidate: bigint): boolean;
}

export type HashName = 'MD5' | 'SHA1' | 'SHA2-256' | 'SHA2-384' | 'SHA2-512';

export interface HashAlgorithm {
  readonly name: HashName;
  readonly outputLength: number;
  /** The hash of the parts one after the other. */
  digest(...parts: readonly Uint8Array[]): Uint8Array;
}

/** A block cipher in CBC or counter mode, or NULL: Transform Type 1 without an ICV of its own. */
export interface CipherAlgorithm {
  readonly transform: EncryptionTransform;
  /** Octets of keying material: the key, then the salt of counter mode (RFC 3686 §5.1). */
  readonly keymatLength: number;
  /** `keymat` has exactly `keymatLength` octets. */
  key(keymat: Secret): CipherKey;
}

export interface CipherKey {
  /** `iv` has the transform's `ivOctets`; `plaintext` is whole blocks, padding is the protocol's business. */
  encrypt(iv: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** Undefined where `iv` or `ciphertext` cannot have come from `encrypt` because of its length. */
  decrypt(iv: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined;
}

/** Transform Type 1 in its combined-mode form — RFC 4106, RFC 4309, RFC 4543, RFC 5282, RFC 7634. */
export interface AeadAlgorithm {
  readonly transform: EncryptionTransform;
  /** Octets of keying material: the key, then the salt. */
  readonly keymatLength: number;
  readonly icvLength: number;
  /** `keymat` has exactly `keymatLength` octets. */
  key(keymat: Secret): AeadKey;
}

export interface AeadKey {
  /**
   * The ciphertext, then the ICV. `iv` is the explicit IV of the packet (8 octets, never twice under one key); the
   * cipher's nonce is salt | iv. AES-GMAC leaves the plaintext as it is and authenticates aad | iv | plaintext.
   */
  seal(iv: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array;
  /** The plaintext, or undefined where the ICV is wrong or a length cannot be. */
  open(iv: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array | undefined;
}

/** Transform Type 3. */
export interface IntegrityAlgorithm {
  readonly transform: AuthenticationTransform;
  readonly keyLength: number;
  readonly icvLength: number;
  /** `keymat` has exactly `keyLength` octets. */
  key(keymat: Secret): IntegrityKey;
}

export interface IntegrityKey {
  /** The truncated ICV over the parts one after the other. */
  sign(...parts: readonly Uint8Array[]): Uint8Array;
  /** Is `icv` right for the parts? Compares in constant time. */
  verify(icv: Uint8Array, ...parts: readonly Uint8Array[]): boolean;
}

/** Transform Type 2; in IKEv1 HMAC of the negotiated hash. */
export interface Prf {
  readonly transform: PrfTransform;
  /** The preferred key length (RFC 7296 §2.13), which for all of them is also the length of the output. */
  readonly keyLength: number;
  readonly outputLength: number;
  /** The hash that the PRF is the HMAC of; absent for those of AES. */
  readonly hash?: HashAlgorithm;
  /** A key of any length (RFC 2104, RFC 4434 §2, RFC 4615 §3). */
  key(secret: Secret): PrfKey;
}

export interface PrfKey {
  /** The PRF of the parts one after the other. */
  prf(...parts: readonly Uint8Array[]): Uint8Array;
}

/** Transform Type 4. */
export interface KeyExchangeMethod {
  readonly transform: KeyExchangeTransform;
  /** Octets of Key Exchange Data that an initiator sends. */
  readonly publicLength: number;
  /** Octets that a responder sends; differs from `publicLength` for ML-KEM only. */
  readonly answerLength: number;
  /** A fresh private value and its public one, for the initiator. Equal random octets give equal values in every provider. */
  start(random: SecureRandom): KeyExchange;
  /** The responder's part in one step: its public value and the shared secret; undefined as in `agree`. */
  respond(peerPublic: Uint8Array, random: SecureRandom): KeyExchangeAnswer | undefined;
  /**
   * The exchange of a given private value (big-endian integer, or the octets of RFC 7748 and FIPS 203); undefined where
   * it is out of range. For published vectors and decoding of traces with known keys.
   */
  resume(privateValue: Secret): KeyExchange | undefined;
}

export interface KeyExchange {
  /** Key Exchange Data as it is sent (RFC 7296 §3.4): full length, with leading zeros. */
  readonly publicValue: Uint8Array;
  /** The shared secret as `g^ir` (full length), or undefined where the peer's value is invalid (RFC 6989 §2). */
  agree(peerPublic: Uint8Array): Secret | undefined;
}

export interface KeyExchangeAnswer {
  readonly publicValue: Uint8Array;
  readonly sharedSecret: Secret;
}

export interface PublicKey {
  readonly kind: KeyKind;
  /** Bits of the modulus or of the field. */
  readonly bits: number;
  /** SubjectPublicKeyInfo in DER, whatever form it was imported from. */
  readonly spki: Uint8Array;
  /** Is `signature` one of `message`? A scheme that is not for this kind of key gives false. */
  verify(scheme: SignatureScheme, message: Uint8Array, signature: Uint8Array): boolean;
  /**
   * PKCS #1 v1.5 encryption for the IKEv1 methods of RFC 2409 §5.2 and §5.3; undefined for other keys than RSA and
   * where `plaintext` is longer than the modulus less 11 octets.
   */
  encrypt(plaintext: Uint8Array, random: SecureRandom): Uint8Array | undefined;
}

export interface PrivateKey {
  readonly kind: KeyKind;
  readonly publicKey: PublicKey;
  /**
   * A signature of `message`; undefined where the scheme is not for this kind of key, or a digest given as the message
   * does not fit. With a reproducible `random` equal calls give equal signatures.
   */
  sign(scheme: SignatureScheme, message: Uint8Array, random: SecureRandom): Uint8Array | undefined;
  /**
   * The inverse of `encrypt`. Undefined for other keys than RSA and for what cannot be a ciphertext of this key. Wrong
   * padding gives random-looking octets instead (implicit rejection), so that nobody can use us as an oracle.
   */
  decrypt(ciphertext: Uint8Array): Secret | undefined;
}

/** The algorithm of a transform, or undefined where the provider lacks it. */
export function algorithmFor<T, A extends { readonly transform: T }>(list: readonly A[], transform: T): A | undefined {
  return list.find((algorithm) => algorithm.transform === transform);
}

/** Octets of keying material that an SA needs for a cipher: key and salt (RFC 4106 §8.1, RFC 3686 §5.1). */
export function encryptionKeymatLength(transform: EncryptionTransform): number {
  return transform.keyBits / 8 + (transform.saltOctets ?? 0);
}
