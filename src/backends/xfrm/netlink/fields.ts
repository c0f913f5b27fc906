/**
 * Layouts of C structures, declared field by field. Offsets follow from the alignment of the fields as a 64-bit compiler puts them, and
 * numbers are in the host's byte order, because netlink is spoken within one machine; `be16` and `be32` are what travels.
 */
import { type Address, type AddressValue, addressToOctets, type Family } from '../../../model/address.js';

/** How a value lies in memory. Neither function looks at more than `size` octets. */
export interface Field<T> {
  readonly size: number;
  readonly align: number;
  decode(view: DataView, at: number): T;
  encode(view: DataView, at: number, value: T): void;
}

export type FieldValue<F> = F extends Field<infer T> ? T : never;

const little = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function number(
  size: 1 | 2 | 4,
  read: (view: DataView, at: number) => number,
  write: (view: DataView, at: number, value: number) => void,
): Field<number> {
  return { size, align: size, decode: read, encode: write };
}

export const u8 = number(
  1,
  (view, at) => view.getUint8(at),
  (view, at, value) => view.setUint8(at, value),
);
export const u16 = number(
  2,
  (view, at) => view.getUint16(at, little),
  (view, at, value) => view.setUint16(at, value, little),
);
export const u32 = number(
  4,
  (view, at) => view.getUint32(at, little),
  (view, at, value) => view.setUint32(at, value, little),
);
export const i32 = number(
  4,
  (view, at) => view.getInt32(at, little),
  (view, at, value) => view.setInt32(at, value, little),
);
export const be16 = number(
  2,
  (view, at) => view.getUint16(at),
  (view, at, value) => view.setUint16(at, value),
);
export const be32 = number(
  4,
  (view, at) => view.getUint32(at),
  (view, at, value) => view.setUint32(at, value),
);

const allOnes = 0xffff_ffff_ffff_ffffn;

export const u64: Field<bigint> = {
  size: 8,
  align: 8,
  // Most of them are one of two numbers, which need not be made each time.
  decode(view, at) {
    const [first, second] = [view.getInt32(at), view.getInt32(at + 4)];
    if (first === 0 && second === 0) return 0n;
    return first === -1 && second === -1 ? allOnes : view.getBigUint64(at, little);
  },
  encode: (view, at, value) => view.setBigUint64(at, value, little),
};

/** Octets as they are; shorter values are filled with zeros. */
export function octets(size: number, align = 1): Field<Uint8Array> {
  return {
    size,
    align,
    decode: (view, at) => new Uint8Array(view.buffer, view.byteOffset + at, size).slice(),
    encode(view, at, value) {
      if (value.length > size) throw new RangeError(`${value.length} octets do not fit into ${size}`);
      new Uint8Array(view.buffer, view.byteOffset + at, size).set(value);
    },
  };
}

/** A C string in a field of fixed length, with its final zero. */
export function text(size: number): Field<string> {
  return {
    size,
    align: 1,
    decode(view, at) {
      let value = '';
      for (let index = 0; index < size; index += 1) {
        const code = view.getUint8(at + index);
        if (code === 0) break;
        value += String.fromCharCode(code);
      }
      return value;
    },
    encode(view, at, value) {
      if (value.length >= size) throw new RangeError(`'${value}' does not fit into ${size} octets`);
      for (let index = 0; index < value.length; index += 1) view.setUint8(at + index, value.charCodeAt(index));
    },
  };
}

/**
 * `xfrm_address_t`: which family it is of stands elsewhere, so it is 16 octets here; as they stand in the message, because nobody keeps
 * them.
 */
export const rawAddress: Field<Uint8Array> = {
  ...octets(16, 4),
  decode: (view, at) => new Uint8Array(view.buffer, view.byteOffset + at, 16),
};

/** A structure: its fields in their order, each where C puts it. */
export function struct<F extends Readonly<Record<string, Field<unknown>>>>(
  fields: F,
): Field<{ readonly [K in keyof F]: FieldValue<F[K]> }> {
  const placed: { readonly name: string; readonly field: Field<unknown>; readonly offset: number }[] = [];
  let end = 0;
  let align = 1;
  for (const [name, field] of Object.entries(fields)) {
    const offset = alignTo(end, field.align);
    placed.push({ name, field, offset });
    end = offset + field.size;
    align = Math.max(align, field.align);
  }
  return {
    size: alignTo(end, align),
    align,
    decode(view, at) {
      const value: Record<string, unknown> = {};
      for (const { name, field, offset } of placed) value[name] = field.decode(view, at + offset);
      return value as { readonly [K in keyof F]: FieldValue<F[K]> };
    },
    encode(view, at, value) {
      for (const { name, field, offset } of placed) field.encode(view, at + offset, value[name]);
    },
  };
}

export function alignTo(offset: number, align: number): number {
  return Math.ceil(offset / align) * align;
}

/** A structure as octets of its own. */
export function toOctets<T>(field: Field<T>, value: T): Uint8Array {
  const made = new Uint8Array(field.size);
  field.encode(new DataView(made.buffer), 0, value);
  return made;
}

/** A structure at the beginning of octets, or undefined when they are too few. */
export function fromOctets<T>(field: Field<T>, from: Uint8Array): T | undefined {
  return from.length < field.size ? undefined : field.decode(viewOf(from), 0);
}

export function viewOf(from: Uint8Array): DataView {
  return new DataView(from.buffer, from.byteOffset, from.length);
}

/** AF_INET and AF_INET6 of Linux. */
export const familyNumbers = { 4: 2, 6: 10 } as const;

export function familyOf(number_: number): Family | undefined {
  return number_ === familyNumbers[4] ? 4 : number_ === familyNumbers[6] ? 6 : undefined;
}

/** An address as 16 octets: IPv4 in the first four. */
export function addressOctets(family: Family, value: AddressValue): Uint8Array {
  const made = new Uint8Array(16);
  if (family === 4) {
    const number_ = Number(value);
    made[0] = number_ >>> 24;
    made[1] = number_ >>> 16;
    made[2] = number_ >>> 8;
    made[3] = number_;
    return made;
  }
  made.set(addressToOctets({ family, value }));
  return made;
}

/** The address that 16 octets hold. */
export function addressValue(family: Family, from: Uint8Array): AddressValue {
  if (family === 4) return ((from[0]! << 24) | (from[1]! << 16) | (from[2]! << 8) | from[3]!) >>> 0;
  const view = viewOf(from);
  return (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
}

export function addressOf(family: Family, from: Uint8Array): Address {
  return { family, value: addressValue(family, from) };
}
