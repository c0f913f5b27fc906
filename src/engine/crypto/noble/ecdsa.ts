/** ECDSA (FIPS 186-5 §6) on noble's curve arithmetic; its nonces are those of RFC 6979, so signing needs no randomness. */
import { type ECDSA, ecdsa } from '@noble/curves/abstract/weierstrass.js';
import type { EcpGroup } from '../groups/ecp.js';
import type { EcPublic } from '../keys.js';
import { concat, fromBigInt } from '../octets.js';
import type { HashName } from '../provider.js';
import { type DsaScheme, decodePair, encodePair, nonceHash } from './dsa.js';
import { nobleHash } from './hashes.js';
import { pointsOf } from './key-exchange.js';

const instances = new Map<string, ECDSA>();

function instance(group: EcpGroup, hash: HashName): ECDSA {
  const key = `${group.curve} ${hash}`;
  let found = instances.get(key);
  if (!found) {
    found = ecdsa(pointsOf(group), nobleHash[hash], { lowS: false });
    instances.set(key, found);
  }
  return found;
}

/** Noble checks digests and keys itself; the message is given as its digest, and the signature at full length. */
const options = { prehash: false, lowS: false, format: 'compact' } as const;

function digestOf({ hash }: DsaScheme, message: Uint8Array): Uint8Array {
  return hash === 'prehashed' ? message : nobleHash[hash](message);
}

/** Is `signature` one of `message`? */
export function ecdsaVerify(key: EcPublic, scheme: DsaScheme, message: Uint8Array, signature: Uint8Array): boolean {
  const { group, point } = key;
  const pair = decodePair(signature, scheme.encoding, group.orderOctets);
  if (!pair || pair.r <= 0n || pair.r >= group.n || pair.s <= 0n || pair.s >= group.n) return false;
  const digest = digestOf(scheme, message);
  const compact = encodePair(pair, 'raw', group.orderOctets);
  const publicKey = concat([Uint8Array.of(4), point]);
  return instance(group, nonceHash(scheme, digest)).verify(compact, digest, publicKey, options);
}

/** The same signature each time (RFC 6979). */
export function ecdsaSign(group: EcpGroup, d: bigint, scheme: DsaScheme, message: Uint8Array): Uint8Array {
  const digest = digestOf(scheme, message);
  const secretKey = fromBigInt(d, group.orderOctets);
  const compact = instance(group, nonceHash(scheme, digest)).sign(digest, secretKey, options);
  return encodePair(decodePair(compact, 'raw', group.orderOctets)!, scheme.encoding, group.orderOctets);
}
