/**
 * Which octets are no public key of Ed25519 or Ed448 (RFC 8032 §5.1.3, §5.2.3): coordinates that are not reduced, and
 * points of small order, under which anybody can make signatures. Libraries differ about both.
 */
import { toBigInt } from '../octets.js';

interface EdwardsCurve {
  readonly octets: number;
  readonly prime: bigint;
  /** y coordinates of the points whose order divides the cofactor. */
  readonly smallOrder: readonly bigint[];
}

const p25519 = 2n ** 255n - 19n;
const p448 = 2n ** 448n - 2n ** 224n - 1n;
/** y of a point of order 8; -y is that of another. */
const y8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;

const curves: Readonly<Record<'Ed25519' | 'Ed448', EdwardsCurve>> = {
  Ed25519: { octets: 32, prime: p25519, smallOrder: [0n, 1n, p25519 - 1n, y8, p25519 - y8] },
  Ed448: { octets: 57, prime: p448, smallOrder: [0n, 1n, p448 - 1n] },
};

/** May these octets be a public key? Whether x exists for this y is for the curve arithmetic to find. */
export function isEdwardsKey(kind: 'Ed25519' | 'Ed448', octets: Uint8Array): boolean {
  const { octets: length, prime, smallOrder } = curves[kind];
  if (octets.length !== length) return false;
  const bigEndian = octets.toReversed();
  bigEndian[0]! &= 0x7f; // the sign of x
  const y = toBigInt(bigEndian);
  return y < prime && !smallOrder.includes(y);
}
