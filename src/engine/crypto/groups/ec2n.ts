/**
 * The two EC2N groups of IKEv1 — RFC 2409 §6.3 and §6.4: y² + xy = x³ + b over GF(2^m), m = 155 and 185.
 *
 * Key Exchange Data is the x coordinate alone, and so is the shared secret: which of the two y belongs to it does not
 * matter, for both points have the same x after multiplication. A ladder on x alone therefore does all that IKE needs.
 */
import { type KeyExchangeTransform, keyExchange } from '../../../model/transform.js';
import { toBigInt } from '../octets.js';
import { type BinaryField, binaryField } from './gf2m.js';

export interface Ec2nGroup {
  readonly transform: KeyExchangeTransform;
  /** OpenSSL's name. */
  readonly curve: string;
  readonly field: BinaryField;
  readonly b: bigint;
  /** x coordinate of the generator. */
  readonly gx: bigint;
  /** Order of the generator: a prime times 4 (group 3) or times 2 (group 4). */
  readonly order: bigint;
  /** Points of the curve divided by its largest prime factor. */
  readonly cofactor: bigint;
  /** Octets of a coordinate. */
  readonly octets: number;
}

function group(id: number, more: Omit<Ec2nGroup, 'transform' | 'octets'>): Ec2nGroup {
  const transform = keyExchange(id);
  if (!transform) throw new Error(`group ${id} is not in the transform table`);
  return { transform, octets: Math.ceil(more.field.degree / 8), ...more };
}

/** In order of preference. */
export const ec2nGroups: readonly Ec2nGroup[] = [
  group(4, {
    curve: 'Oakley-EC2N-4',
    field: binaryField(185, 69),
    b: 0x1ee9n,
    gx: 0x18n,
    order: 0x01ffffffffffffffffffffffdbf2f889b73e484175f94ebcn / 2n,
    cofactor: 4n,
  }),
  group(3, {
    curve: 'Oakley-EC2N-3',
    field: binaryField(155, 62),
    b: 0x07338fn,
    gx: 0x7bn,
    order: 0x0800000000000000000057db5698537193aef944n / 3n,
    cofactor: 12n,
  }),
];

/**
 * x(k·P) from x = x(P), by the Montgomery ladder of López and Dahab ("Fast multiplication on elliptic curves over
 * GF(2^m) without precomputation", algorithm 2P); undefined where k·P is the point at infinity or k is 0.
 */
export function ec2nMultiply({ field, b }: Ec2nGroup, k: bigint, x: bigint): bigint | undefined {
  const { multiply, square } = field;
  const double = (X: bigint, Z: bigint): [bigint, bigint] => {
    const [x2, z2] = [square(X), square(Z)];
    return [square(x2) ^ multiply(b, square(z2)), multiply(x2, z2)];
  };
  // The invariant: (X2 : Z2) is (X1 : Z1) plus P. It starts with infinity and P.
  let [X1, Z1, X2, Z2] = [1n, 0n, x, 1n];
  for (const bit of k.toString(2)) {
    const [cross1, cross2] = [multiply(X1, Z2), multiply(X2, Z1)];
    const sumZ = square(cross1 ^ cross2);
    const sumX = multiply(x, sumZ) ^ multiply(cross1, cross2);
    if (bit === '1') [X1, Z1, [X2, Z2]] = [sumX, sumZ, double(X2, Z2)];
    else [X2, Z2, [X1, Z1]] = [sumX, sumZ, double(X1, Z1)];
  }
  return Z1 === 0n ? undefined : multiply(X1, field.invert(Z1));
}

/**
 * A peer's x coordinate, or undefined where it is of another length, is of no point of the curve (RFC 6989 §2.3), or is
 * of a point whose order divides the cofactor.
 */
export function ec2nPublic(group: Ec2nGroup, octets: Uint8Array): bigint | undefined {
  if (octets.length !== group.octets) return undefined;
  const { field, b, cofactor } = group;
  const x = toBigInt(octets);
  if (x === 0n || x >> BigInt(field.degree) !== 0n) return undefined;
  // With y = xz the equation is z² + z = x + b / x², which has a solution just when the right side has trace 0.
  if (field.trace(x ^ multiplySquare(field, b, field.invert(x))) !== 0n) return undefined;
  return ec2nMultiply(group, cofactor, x) === undefined ? undefined : x;
}

function multiplySquare({ multiply, square }: BinaryField, a: bigint, b: bigint): bigint {
  return multiply(a, square(b));
}

/** A private value given from outside, or undefined where it is not in 1 … order - 1. */
export function ec2nGivenPrivate(group: Ec2nGroup, octets: Uint8Array): bigint | undefined {
  const value = toBigInt(octets);
  return value >= 1n && value < group.order ? value : undefined;
}
