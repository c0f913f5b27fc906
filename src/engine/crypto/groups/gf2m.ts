/** Arithmetic in GF(2^m) with a trinomial u^m + u^k + 1; an element's bits are the coefficients of its polynomial. */

export interface BinaryField {
  /** m. */
  readonly degree: number;
  multiply(a: bigint, b: bigint): bigint;
  square(a: bigint): bigint;
  /** The inverse of an element other than 0. */
  invert(a: bigint): bigint;
  /** a + a² + a⁴ + … + a^(2^(m-1)), which is 0 or 1. */
  trace(a: bigint): bigint;
}

const windowBits = 4n;

/** GF(2^degree) with the polynomial u^degree + u^middle + 1, which must be irreducible; `degree` is odd. */
export function binaryField(degree: number, middle: number): BinaryField {
  const m = BigInt(degree);
  const k = BigInt(middle);
  const mask = (1n << m) - 1n;

  function reduce(value: bigint): bigint {
    let rest = value;
    for (let high = rest >> m; high !== 0n; high = rest >> m) rest = (rest & mask) ^ high ^ (high << k);
    return rest;
  }

  function multiply(a: bigint, b: bigint): bigint {
    const table = [0n, a];
    for (let index = 2; index < 16; index += 2) {
      const doubled = table[index / 2]! << 1n;
      table.push(doubled, doubled ^ a);
    }
    let product = 0n;
    for (const digit of b.toString(16)) product = (product << windowBits) ^ table[Number.parseInt(digit, 16)]!;
    return reduce(product);
  }

  /** Squaring puts a zero between any two coefficients: read the binary digits as those of base 4. */
  function square(a: bigint): bigint {
    let spread = 0n;
    for (const digit of a.toString(16)) spread = (spread << 8n) | spreadDigits[Number.parseInt(digit, 16)]!;
    return reduce(spread);
  }

  function squareTimes(a: bigint, times: number): bigint {
    let power = a;
    for (let count = 0; count < times; count += 1) power = square(power);
    return power;
  }

  /** a^(2^m - 2) by the chain of Itoh and Tsujii: `run` is a^(2^length - 1). */
  function invert(a: bigint): bigint {
    let run = a;
    let length = 1;
    for (const bit of (degree - 1).toString(2).slice(1)) {
      run = multiply(squareTimes(run, length), run);
      length *= 2;
      if (bit === '1') {
        run = multiply(square(run), a);
        length += 1;
      }
    }
    return square(run);
  }

  function trace(a: bigint): bigint {
    let sum = a;
    let power = a;
    for (let count = 1; count < degree; count += 1) {
      power = square(power);
      sum ^= power;
    }
    return sum;
  }

  return { degree, multiply, square, invert, trace };
}

/** The sixteen polynomials of degree 3 and less, squared. */
const spreadDigits: readonly bigint[] = Array.from({ length: 16 }, (_, digit) => {
  let spread = 0;
  for (let bit = 0; bit < 4; bit += 1) spread |= ((digit >> bit) & 1) << (2 * bit);
  return BigInt(spread);
});
