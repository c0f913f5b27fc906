/** The ring of ML-KEM, Z_q[X] / (X^256 + 1) with q = 3329 — FIPS 203 §4.2 and §4.3. */

/** 256 coefficients in 0 … q - 1. */
export type Polynomial = Uint16Array;

/** Bits of a coefficient in an encoding. */
export type Bits = 1 | 4 | 5 | 10 | 11 | 12;

const n = 256;
const q = 3329;
const root = 17; // of order 256 modulo q

/** The polynomial 0. */
export function polynomial(): Polynomial {
  return new Uint16Array(n);
}

/** The sum, coefficient by coefficient. */
export function add(a: Polynomial, b: Polynomial): Polynomial {
  return a.map((value, index) => (value + b[index]!) % q);
}

/** The difference, coefficient by coefficient. */
export function subtract(a: Polynomial, b: Polynomial): Polynomial {
  return a.map((value, index) => (value + q - b[index]!) % q);
}

function powerOfRoot(exponent: number): number {
  let power = 1;
  for (let count = 0; count < exponent; count += 1) power = (power * root) % q;
  return power;
}

function reversedBits(value: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 7; bit += 1) reversed |= ((value >> bit) & 1) << (6 - bit);
  return reversed;
}

/** ζ^BitRev7(i), and ζ^(2 BitRev7(i) + 1). */
const zetas = Uint16Array.from({ length: 128 }, (_, index) => powerOfRoot(reversedBits(index)));
const gammas = Uint16Array.from({ length: 128 }, (_, index) => powerOfRoot(2 * reversedBits(index) + 1));
const inverseOf128 = 3303;

/** Algorithm 9. */
export function ntt(a: Polynomial): Polynomial {
  const f = a.slice();
  let zetaAt = 1;
  for (let length = 128; length >= 2; length /= 2) {
    for (let start = 0; start < n; start += 2 * length) {
      const zeta = zetas[zetaAt]!;
      zetaAt += 1;
      for (let index = start; index < start + length; index += 1) {
        const product = (zeta * f[index + length]!) % q;
        f[index + length] = (f[index]! + q - product) % q;
        f[index] = (f[index]! + product) % q;
      }
    }
  }
  return f;
}

/** Algorithm 10. */
export function inverseNtt(a: Polynomial): Polynomial {
  const f = a.slice();
  let zetaAt = 127;
  for (let length = 2; length <= 128; length *= 2) {
    for (let start = 0; start < n; start += 2 * length) {
      const zeta = zetas[zetaAt]!;
      zetaAt -= 1;
      for (let index = start; index < start + length; index += 1) {
        const value = f[index]!;
        f[index] = (value + f[index + length]!) % q;
        f[index + length] = (zeta * (f[index + length]! + q - value)) % q;
      }
    }
  }
  return f.map((value) => (value * inverseOf128) % q);
}

/** Algorithm 11: the product of two transformed polynomials. */
export function multiplyNtt(a: Polynomial, b: Polynomial): Polynomial {
  const product = polynomial();
  for (let index = 0; index < 128; index += 1) {
    const [a0, a1, b0, b1] = [a[2 * index]!, a[2 * index + 1]!, b[2 * index]!, b[2 * index + 1]!];
    product[2 * index] = (a0 * b0 + ((a1 * b1) % q) * gammas[index]!) % q;
    product[2 * index + 1] = (a0 * b1 + a1 * b0) % q;
  }
  return product;
}

const blockOctets = 168; // of SHAKE128

/** Algorithm 7: a uniform transformed polynomial out of a stream of octets. */
export function uniformNtt(next: (length: number) => Uint8Array): Polynomial {
  const a = polynomial();
  let filled = 0;
  while (filled < n) {
    const block = next(blockOctets);
    for (let at = 0; at < block.length && filled < n; at += 3) {
      const first = block[at]! | ((block[at + 1]! & 15) << 8);
      const second = (block[at + 1]! >> 4) | (block[at + 2]! << 4);
      if (first < q) a[filled++] = first;
      if (second < q && filled < n) a[filled++] = second;
    }
  }
  return a;
}

/** Algorithm 8: each coefficient is the difference of two sums of `eta` bits. */
export function binomial(octets: Uint8Array, eta: 2 | 3): Polynomial {
  const bit = (at: number): number => (octets[at >> 3]! >> (at & 7)) & 1;
  return polynomial().map((_, index) => {
    let difference = q;
    for (let count = 0; count < eta; count += 1) {
      difference += bit(2 * eta * index + count) - bit(2 * eta * index + eta + count);
    }
    return difference % q;
  });
}

/** Compress_d of each coefficient (§4.2.1): the nearest of 2^d values. */
export function compressed(a: Polynomial, d: Bits): Polynomial {
  return a.map((value) => Math.floor((value * 2 ** (d + 1) + q) / (2 * q)) % 2 ** d);
}

/** Decompress_d of each coefficient. */
export function decompressed(a: Polynomial, d: Bits): Polynomial {
  return a.map((value) => (value * q + 2 ** (d - 1)) >> d);
}

/** ByteEncode_d (algorithm 5): the coefficients' lower `d` bits, least significant first. */
export function encode(a: Polynomial, d: Bits): Uint8Array {
  const octets = new Uint8Array(32 * d);
  let buffer = 0;
  let held = 0;
  let at = 0;
  for (const value of a) {
    buffer |= value << held;
    for (held += d; held >= 8; held -= 8) {
      octets[at] = buffer;
      at += 1;
      buffer >>>= 8;
    }
  }
  return octets;
}

/** ByteDecode_d (algorithm 6): 12 bits are taken modulo q. */
export function decode(octets: Uint8Array, d: Bits): Polynomial {
  let buffer = 0;
  let held = 0;
  let at = 0;
  return polynomial().map(() => {
    for (; held < d; held += 8) {
      buffer |= octets[at]! << held;
      at += 1;
    }
    const value = buffer & (2 ** d - 1);
    buffer >>>= d;
    held -= d;
    return d === 12 ? value % q : value;
  });
}
