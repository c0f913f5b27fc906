/**
 * Modular arithmetic on BigInt for the reference implementations and for checks of public values.
 *
 * None of it runs in constant time: where a private value is involved, the `node` provider uses OpenSSL instead.
 */

/** The residue of `value` in 0 … modulus - 1. */
export function mod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

const windowBits = 4;

/** base ^ exponent mod modulus, for a non-negative exponent; four bits of the exponent at a time. */
export function modPow(base: bigint, exponent: bigint, modulus: bigint): bigint {
  const reduced = mod(base, modulus);
  const table: bigint[] = [1n % modulus];
  for (let index = 1; index < 1 << windowBits; index += 1) table.push((table[index - 1]! * reduced) % modulus);
  let result = 1n % modulus;
  for (const digit of exponent.toString(1 << windowBits)) {
    for (let bit = 0; bit < windowBits; bit += 1) result = (result * result) % modulus;
    const value = Number.parseInt(digit, 1 << windowBits);
    if (value !== 0) result = (result * table[value]!) % modulus;
  }
  return result;
}

/** The inverse of `value` modulo `modulus`, or undefined where they have a common divisor. */
export function modInverse(value: bigint, modulus: bigint): bigint | undefined {
  let [a, b] = [mod(value, modulus), modulus];
  let [x, y] = [1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return a === 1n ? mod(x, modulus) : undefined;
}
