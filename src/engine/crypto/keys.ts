/**
 * Public and private keys as numbers: reads SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) and PrivateKeyInfo (RFC 5958), and
 * checks them, so that both providers accept and refuse the same keys.
 */
import type { Secret } from '../../model/secret.js';
import { type DerReader, readDer, tags } from './asn1/der.js';
import { derBitString, derInteger, derNull, derObjectIdentifier, derSequence } from './asn1/der-writer.js';
import { oids } from './asn1/oids.js';
import { modPow } from './big-math.js';
import { type EcpGroup, ecpGivenPrivate, ecpGroupOfOid, onCurve } from './groups/ecp.js';
import { isEdwardsKey } from './groups/edwards.js';
import { bitLength, concat, fromBigInt } from './octets.js';

export interface RsaPublic {
  readonly kind: 'RSA';
  readonly n: bigint;
  readonly e: bigint;
}

export interface DsaPublic {
  readonly kind: 'DSA';
  readonly p: bigint;
  readonly q: bigint;
  readonly g: bigint;
  readonly y: bigint;
}

export interface EcPublic {
  readonly kind: 'EC';
  readonly group: EcpGroup;
  /** x | y. */
  readonly point: Uint8Array;
}

export interface EdPublic {
  readonly kind: 'Ed25519' | 'Ed448';
  readonly point: Uint8Array;
}

export type PublicNumbers = RsaPublic | DsaPublic | EcPublic | EdPublic;

export interface RsaPrivate extends RsaPublic {
  readonly d: bigint;
  readonly p: bigint;
  readonly q: bigint;
}

export type PrivateNumbers =
  | RsaPrivate
  | (Omit<DsaPublic, 'y'> & { readonly x: bigint })
  | { readonly kind: 'EC'; readonly group: EcpGroup; readonly d: bigint }
  | { readonly kind: 'Ed25519' | 'Ed448'; readonly seed: Uint8Array };

/** Below, a key is broken in minutes; above, one verification takes seconds and a peer could keep us busy with it. */
const rsaBits = { min: 512, max: 16384 };
const rsaExponentBitsMax = 256; // FIPS 186-5 §5.1
/** From this size on OpenSSL takes short exponents only, lest verification become slow. */
const rsaLarge = { modulusBits: 3072, exponentBitsMax: 64 };
const dsaBits = { p: { min: 512, max: 4096 }, q: { min: 160, max: 256 } };
const edOctets = { Ed25519: 32, Ed448: 57 } as const;

/** The key of a SubjectPublicKeyInfo, or undefined where it is malformed, out of bounds or of an unknown kind. */
export function readPublicKey(spki: Uint8Array): PublicNumbers | undefined {
  const result = readDer(spki, (reader) => {
    const info = reader.sequence();
    const algorithm = readAlgorithm(info.sequence());
    const key = info.bitString();
    info.end();
    return { algorithm, key };
  });
  return result.kind === 'value' ? publicNumbers(result.value.algorithm, result.value.key) : undefined;
}

type Algorithm =
  | { readonly kind: 'RSA' }
  | { readonly kind: 'DSA'; readonly p: bigint; readonly q: bigint; readonly g: bigint }
  | { readonly kind: 'EC'; readonly group: EcpGroup }
  | { readonly kind: 'Ed25519' | 'Ed448' }
  | { readonly kind: 'unknown' };

function readAlgorithm(reader: DerReader): Algorithm {
  const unknown = { kind: 'unknown' } as const;
  switch (reader.objectIdentifier()) {
    case oids.rsaEncryption:
      if (!reader.atEnd) reader.content(tags.null);
      reader.end();
      return { kind: 'RSA' };
    case oids.dsa: {
      const parameters = reader.sequence();
      const [p, q, g] = [parameters.integer(), parameters.integer(), parameters.integer()];
      parameters.end();
      reader.end();
      return { kind: 'DSA', p, q, g };
    }
    case oids.ecPublicKey: {
      // Explicit parameters are not of IKE (RFC 5480 §2.1.1 forbids them too).
      const group = reader.nextTag === tags.objectIdentifier ? ecpGroupOfOid(reader.objectIdentifier()) : undefined;
      return group ? { kind: 'EC', group } : unknown;
    }
    case oids.ed25519:
      reader.end();
      return { kind: 'Ed25519' };
    case oids.ed448:
      reader.end();
      return { kind: 'Ed448' };
    default:
      return unknown;
  }
}

function publicNumbers(algorithm: Algorithm, key: Uint8Array): PublicNumbers | undefined {
  switch (algorithm.kind) {
    case 'RSA':
      return readRsaPublicKey(key);
    case 'DSA': {
      const read = readDer(key, (reader) => reader.integer());
      return read.kind === 'value' ? checkedDsa({ ...algorithm, y: read.value }) : undefined;
    }
    case 'EC': {
      const point = key.slice(1);
      return key[0] === 4 && onCurve(algorithm.group, point) ? { ...algorithm, point } : undefined;
    }
    case 'Ed25519':
    case 'Ed448':
      return isEdwardsKey(algorithm.kind, key) ? { kind: algorithm.kind, point: key.slice() } : undefined;
    case 'unknown':
      return undefined;
  }
}

/** An RSAPublicKey of PKCS #1 (RFC 8017 appendix A.1.1), as IKEv2 raw RSA keys once carried it. */
export function readRsaPublicKey(octets: Uint8Array): RsaPublic | undefined {
  const read = readDer(octets, (reader) => {
    const key = reader.sequence();
    const numbers = { n: key.integer(), e: key.integer() };
    key.end();
    return numbers;
  });
  return read.kind === 'value' ? checkedRsa(read.value) : undefined;
}

function checkedRsa({ n, e }: { n: bigint; e: bigint }): RsaPublic | undefined {
  const valid =
    n > 0n &&
    within(n, rsaBits) &&
    (n & 1n) === 1n &&
    e >= 3n &&
    (e & 1n) === 1n &&
    e < n &&
    bitLength(e) <= (bitLength(n) > rsaLarge.modulusBits ? rsaLarge.exponentBitsMax : rsaExponentBitsMax);
  return valid ? { kind: 'RSA', n, e } : undefined;
}

function checkedDsaDomain({ p, q, g }: { p: bigint; q: bigint; g: bigint }): boolean {
  const inBounds = p > 0n && q > 0n && within(p, dsaBits.p) && within(q, dsaBits.q) && (p & 1n) === 1n;
  return inBounds && (p - 1n) % q === 0n && g > 1n && g < p && modPow(g, q, p) === 1n;
}

function checkedDsa({ p, q, g, y }: Omit<DsaPublic, 'kind'>): DsaPublic | undefined {
  const valid = checkedDsaDomain({ p, q, g }) && y > 1n && y < p && modPow(y, q, p) === 1n;
  return valid ? { kind: 'DSA', p, q, g, y } : undefined;
}

function within(value: bigint, { min, max }: { min: number; max: number }): boolean {
  const bits = bitLength(value);
  return bits >= min && bits <= max;
}

/** The SubjectPublicKeyInfo of a key. */
export function writePublicKey(key: PublicNumbers): Uint8Array {
  switch (key.kind) {
    case 'RSA': {
      const algorithm = derSequence(derObjectIdentifier(oids.rsaEncryption), derNull());
      return derSequence(algorithm, derBitString(derSequence(derInteger(key.n), derInteger(key.e))));
    }
    case 'DSA': {
      const parameters = derSequence(derInteger(key.p), derInteger(key.q), derInteger(key.g));
      return derSequence(derSequence(derObjectIdentifier(oids.dsa), parameters), derBitString(derInteger(key.y)));
    }
    case 'EC': {
      const algorithm = derSequence(derObjectIdentifier(oids.ecPublicKey), derObjectIdentifier(key.group.oid));
      return derSequence(algorithm, derBitString(concat([Uint8Array.of(4), key.point])));
    }
    case 'Ed25519':
      return derSequence(derSequence(derObjectIdentifier(oids.ed25519)), derBitString(key.point));
    case 'Ed448':
      return derSequence(derSequence(derObjectIdentifier(oids.ed448)), derBitString(key.point));
  }
}

/** Bits of a key as people count them: of the modulus, or of the field. */
export function keyBits(key: PublicNumbers): number {
  switch (key.kind) {
    case 'RSA':
      return bitLength(key.n);
    case 'DSA':
      return bitLength(key.p);
    case 'EC':
      return bitLength(key.group.p);
    case 'Ed25519':
      return 256;
    case 'Ed448':
      return 448;
  }
}

/** The key of an unencrypted PrivateKeyInfo, or undefined as in `readPublicKey`. */
export function readPrivateKey(pkcs8: Secret): PrivateNumbers | undefined {
  const result = readDer(pkcs8.reveal(), (reader) => {
    const info = reader.sequence();
    if (info.smallInteger() > 1) info.fail('a later version of PrivateKeyInfo');
    const algorithm = readAlgorithm(info.sequence());
    const key = info.octetString();
    while (!info.atEnd) info.element(); // attributes and, in version 2, the public key
    return { algorithm, key };
  });
  return result.kind === 'value' ? privateNumbers(result.value.algorithm, result.value.key) : undefined;
}

function privateNumbers(algorithm: Algorithm, key: Uint8Array): PrivateNumbers | undefined {
  switch (algorithm.kind) {
    case 'RSA':
      return readRsaPrivateKey(key);
    case 'DSA': {
      const read = readDer(key, (reader) => reader.integer());
      const valid = read.kind === 'value' && checkedDsaDomain(algorithm) && read.value > 0n && read.value < algorithm.q;
      return valid ? { ...algorithm, x: read.value } : undefined;
    }
    case 'EC': {
      const read = readDer(key, (reader) => {
        const sec1 = reader.sequence();
        if (sec1.smallInteger() !== 1) sec1.fail('another version of ECPrivateKey');
        const d = sec1.octetString();
        while (!sec1.atEnd) sec1.element(); // curve and public key, which follow from the rest
        return d;
      });
      const d = read.kind === 'value' ? ecpGivenPrivate(algorithm.group, read.value) : undefined;
      return d === undefined ? undefined : { ...algorithm, d };
    }
    case 'Ed25519':
    case 'Ed448': {
      const read = readDer(key, (reader) => reader.octetString());
      const valid = read.kind === 'value' && read.value.length === edOctets[algorithm.kind];
      return valid ? { kind: algorithm.kind, seed: read.value } : undefined;
    }
    case 'unknown':
      return undefined;
  }
}

function readRsaPrivateKey(octets: Uint8Array): RsaPrivate | undefined {
  const read = readDer(octets, (reader) => {
    const key = reader.sequence();
    if (key.smallInteger() !== 0) key.fail('a multi-prime RSA key');
    const numbers = Array.from({ length: 8 }, () => key.integer());
    key.end();
    return numbers as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
  });
  if (read.kind !== 'value') return undefined;
  const [n, e, d, p, q, dp, dq, inverseOfQ] = read.value;
  const known = checkedRsa({ n, e });
  if (!known || p <= 1n || q <= 1n || p * q !== n || d <= 1n || d >= n) return undefined;
  // A key that contradicts itself would sign differently by the Chinese remainder theorem and without it.
  const consistent =
    (e * d) % (p - 1n) === 1n &&
    (e * d) % (q - 1n) === 1n &&
    dp === d % (p - 1n) &&
    dq === d % (q - 1n) &&
    inverseOfQ > 0n &&
    inverseOfQ < p &&
    (inverseOfQ * q) % p === 1n;
  return consistent ? { ...known, d, p, q } : undefined;
}

/** Octets of a signature half: of the subgroup's order. */
export function orderOctets(key: { readonly q: bigint }): number {
  return Math.ceil(bitLength(key.q) / 8);
}

/** The octets of an RSA modulus. */
export function modulusOctets(key: { readonly n: bigint }): number {
  return Math.ceil(bitLength(key.n) / 8);
}

/** d at the length of the modulus, as implicit rejection needs it. */
export function privateExponentOctets(key: RsaPrivate): Uint8Array {
  return fromBigInt(key.d, modulusOctets(key));
}
