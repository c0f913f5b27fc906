/** DSA on BigInt — FIPS 186-4 §4, with the nonces of RFC 6979. Not constant-time: a reference and an oracle. */
import { readDer } from '../asn1/der.js';
import { derInteger, derSequence } from '../asn1/der-writer.js';
import { mod, modInverse, modPow } from '../big-math.js';
import { type DsaPublic, orderOctets } from '../keys.js';
import { bitLength, concat, fromBigInt, toBigInt } from '../octets.js';
import type { HashName } from '../provider.js';
import { nobleHashes, nobleHmac } from './hashes.js';

export interface DsaScheme {
  readonly hash: HashName | 'prehashed';
  readonly encoding: 'raw' | 'DER';
}

interface Pair {
  readonly r: bigint;
  readonly s: bigint;
}

/** Is `signature` one of `message`? */
export function dsaVerify(key: DsaPublic, scheme: DsaScheme, message: Uint8Array, signature: Uint8Array): boolean {
  const { p, q, g, y } = key;
  const pair = decodePair(signature, scheme.encoding, orderOctets(key));
  if (!pair || pair.r <= 0n || pair.r >= q || pair.s <= 0n || pair.s >= q) return false;
  const w = modInverse(pair.s, q);
  if (w === undefined) return false;
  const u1 = (leftmost(digestOf(scheme, message), q) * w) % q;
  const u2 = (pair.r * w) % q;
  return ((modPow(g, u1, p) * modPow(y, u2, p)) % p) % q === pair.r;
}

/** The same signature each time (RFC 6979): no random source can spoil it. */
export function dsaSign(
  key: Omit<DsaPublic, 'y'> & { readonly x: bigint },
  scheme: DsaScheme,
  message: Uint8Array,
): Uint8Array {
  const { p, q, g, x } = key;
  const digest = digestOf(scheme, message);
  for (const k of nonces(nonceHash(scheme, digest), q, x, digest)) {
    const r = modPow(g, k, p) % q;
    const s = mod(modInverse(k, q)! * (leftmost(digest, q) + x * r), q);
    if (r !== 0n && s !== 0n) return encodePair({ r, s }, scheme.encoding, orderOctets(key));
  }
  throw new Error('no nonce gives a signature');
}

function digestOf({ hash }: DsaScheme, message: Uint8Array): Uint8Array {
  return hash === 'prehashed' ? message : nobleHashes[hash].digest(message);
}

/** The hash of the nonce's derivation: that of the message, or one as long as the digest. */
export function nonceHash({ hash }: DsaScheme, digest: Uint8Array): HashName {
  if (hash !== 'prehashed') return hash;
  const names: readonly HashName[] = ['SHA1', 'SHA2-256', 'SHA2-384', 'SHA2-512'];
  return names.find((name) => nobleHashes[name].outputLength === digest.length) ?? 'SHA2-256';
}

/** The leftmost bits of a digest, as many as the order has. */
function leftmost(digest: Uint8Array, q: bigint): bigint {
  const excess = 8 * digest.length - bitLength(q);
  const value = toBigInt(digest);
  return excess > 0 ? value >> BigInt(excess) : value;
}

const noncesMax = 64;

/** RFC 6979 §3.2, steps b to h. */
function* nonces(hash: HashName, q: bigint, x: bigint, digest: Uint8Array): Generator<bigint> {
  const length = Math.ceil(bitLength(q) / 8);
  const seed = concat([fromBigInt(x, length), fromBigInt(leftmost(digest, q) % q, length)]);
  let k: Uint8Array = new Uint8Array(nobleHashes[hash].outputLength);
  let v: Uint8Array = k.slice().fill(1);
  const stir = (...parts: readonly Uint8Array[]): void => {
    k = nobleHmac(hash, k)([v, ...parts]);
    v = nobleHmac(hash, k)([v]);
  };
  stir(Uint8Array.of(0), seed);
  stir(Uint8Array.of(1), seed);
  for (let count = 0; count < noncesMax; count += 1) {
    const blocks: Uint8Array[] = [];
    while (blocks.length * v.length < length) {
      v = nobleHmac(hash, k)([v]);
      blocks.push(v);
    }
    const nonce = leftmost(concat(blocks).subarray(0, length), q);
    if (nonce > 0n && nonce < q) yield nonce;
    stir(Uint8Array.of(0));
  }
}

/** Both numbers of a signature, or undefined where the octets are malformed. */
export function decodePair(signature: Uint8Array, encoding: 'raw' | 'DER', half: number): Pair | undefined {
  if (encoding === 'raw') {
    if (signature.length !== 2 * half) return undefined;
    return { r: toBigInt(signature.subarray(0, half)), s: toBigInt(signature.subarray(half)) };
  }
  const read = readDer(signature, (reader) => {
    const pair = reader.sequence();
    const numbers = { r: pair.integer(), s: pair.integer() };
    pair.end();
    return numbers;
  });
  return read.kind === 'value' ? read.value : undefined;
}

/** The inverse of `decodePair`. */
export function encodePair({ r, s }: Pair, encoding: 'raw' | 'DER', half: number): Uint8Array {
  if (encoding === 'raw') return concat([fromBigInt(r, half), fromBigInt(s, half)]);
  return derSequence(derInteger(r), derInteger(s));
}
