/** Unsigned integers in network order, and numbers that a registry names. */
import { type Codec, fault, grow, need, type Scope } from './core.js';

/** Whatever can put a number into words, as the registries do. */
export interface Names {
  describe(number: number): string;
}

/** 0..255 */
export const u8: Codec<number> = {
  read(from) {
    if (!need(from, 1)) return fault;
    return from.octets[from.at++]!;
  },
  write(to, value) {
    requireWhole(value, 0xff);
    const at = grow(to, 1);
    to.octets[at] = value;
  },
};

/** 0..65535 */
export const u16: Codec<number> = {
  read(from) {
    if (!need(from, 2)) return fault;
    const value = from.view.getUint16(from.at);
    from.at += 2;
    return value;
  },
  write(to, value) {
    requireWhole(value, 0xffff);
    const at = grow(to, 2);
    to.view.setUint16(at, value);
  },
};

/** 0..2^24-1 */
export const u24: Codec<number> = {
  read(from) {
    if (!need(from, 3)) return fault;
    const value = (from.octets[from.at]! << 16) | from.view.getUint16(from.at + 1);
    from.at += 3;
    return value;
  },
  write(to, value) {
    requireWhole(value, 0xff_ffff);
    const at = grow(to, 3);
    to.octets[at] = value >>> 16;
    to.view.setUint16(at + 1, value & 0xffff);
  },
};

/** 0..2^32-1 */
export const u32: Codec<number> = {
  read(from) {
    if (!need(from, 4)) return fault;
    const value = from.view.getUint32(from.at);
    from.at += 4;
    return value;
  },
  write(to, value) {
    requireWhole(value, 0xffff_ffff);
    const at = grow(to, 4);
    to.view.setUint32(at, value);
  },
};

/** 0..2^64-1 */
export const u64: Codec<bigint> = {
  read(from) {
    if (!need(from, 8)) return fault;
    const value = from.view.getBigUint64(from.at);
    from.at += 8;
    return value;
  },
  write(to, value) {
    requireBig(value, 64n);
    const at = grow(to, 8);
    to.view.setBigUint64(at, value);
  },
};

/** 0..2^128-1, as an IPv6 address. */
export const u128: Codec<bigint> = {
  read(from) {
    if (!need(from, 16)) return fault;
    const value = (from.view.getBigUint64(from.at) << 64n) | from.view.getBigUint64(from.at + 8);
    from.at += 16;
    return value;
  },
  write(to, value) {
    requireBig(value, 128n);
    const at = grow(to, 16);
    to.view.setBigUint64(at, value >> 64n);
    to.view.setBigUint64(at + 8, value & 0xffff_ffff_ffff_ffffn);
  },
};

/** The same number, which reports show by its name. Any number is accepted: names are for people. */
export function named(codec: Codec<number>, names: Names): Codec<number> {
  return shown(codec, (value) => names.describe(value));
}

/** The same codec, whose values reports show as `text` says. */
export function shown<T>(codec: Codec<T>, text: (value: T, scope: Scope) => string): Codec<T> {
  return { read: codec.read, write: codec.write, show: text };
}

/** A number that reports show as hexadecimal of `digits` digits, as SPIs are. */
export function hexadecimal(codec: Codec<number>, digits: number): Codec<number> {
  return shown(codec, (value) => `0x${value.toString(16).padStart(digits, '0')}`);
}

export function requireWhole(value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max)
    throw new RangeError(`${value} is not a whole number in 0..${max}`);
}

function requireBig(value: bigint, bits: bigint): void {
  if (value < 0n || value >> bits !== 0n) throw new RangeError(`${value} is not in 0..2^${bits}-1`);
}
