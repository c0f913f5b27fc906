/** Octet strings: of a known length, of a length given by another field, or up to the end of what encloses them. */
import {
  type Codec,
  type Fault,
  fail,
  fault,
  grow,
  need,
  note,
  octetsText,
  type Reader,
  readerOf,
  type Scope,
  type TreeBuilder,
  type Writer,
} from './core.js';
import { u8, u16, u24, u32 } from './numbers.js';

/** A field that a value may lack. */
export interface OptionalField<T> extends Codec<T | undefined> {
  readonly role: 'optional';
}

/** Exactly `length` octets. */
export function bytes(length: number): Codec<Uint8Array> {
  return {
    read(from) {
      if (!need(from, length)) return fault;
      return take(from, length);
    },
    write(to, value) {
      if (value.length !== length) throw new RangeError(`${value.length} octets where ${length} belong`);
      put(to, value);
    },
  };
}

/** All octets up to the end of the enclosing structure, `min`..`max` of them. */
export function rest({
  min = 0,
  max = Number.POSITIVE_INFINITY,
}: {
  min?: number;
  max?: number;
} = {}): Codec<Uint8Array> {
  return {
    read(from) {
      const length = from.end - from.at;
      if (length < min) return fail(from, `at least ${octetsText(min)}`, octetsText(length));
      if (length > max) return fail(from, `at most ${octetsText(max)}`, octetsText(length));
      return take(from, length);
    },
    write(to, value) {
      if (value.length < min || value.length > max) throw new RangeError(`${value.length} octets, not ${min}..${max}`);
      put(to, value);
    },
  };
}

/** As many octets as the earlier hidden field `lengthField` says (see `sizeOf`). */
export function sized(lengthField: string): Codec<Uint8Array> {
  return {
    read(from, scope) {
      const length = scope[lengthField] as number;
      if (!need(from, length)) return fault;
      return take(from, length);
    },
    write(to, value) {
      put(to, value);
    },
  };
}

const reservedNumbers: Readonly<Record<number, Codec<number>>> = { 1: u8, 2: u16, 3: u24, 4: u32 };

/**
 * A RESERVED field of 1 to 4 octets, sent as zero and ignored on receipt. A value other than zero is kept, so that the
 * message can be written again as it came, and noted; zero leaves no trace in the value.
 */
export function reserved(length: 1 | 2 | 3 | 4): OptionalField<number> {
  const number = reservedNumbers[length]!;
  return {
    role: 'optional',
    read(from, scope) {
      const offset = from.at;
      const value = number.read(from, scope);
      if (value === fault || value === 0) return value === fault ? value : undefined;
      note(from, 'reserved field is not zero', offset);
      return value;
    },
    write(to, value, scope) {
      number.write(to, value ?? 0, scope);
    },
    show: (value) => (value === undefined ? '0' : `0x${value.toString(16)}`),
  };
}

/**
 * Octets that a report also looks into: `choose` gives the codec of what they hold, by the fields before them. The value
 * stays the octets; contents that do not decode only leave the report shorter.
 */
export function viewed(
  octets: Codec<Uint8Array>,
  choose: (scope: Scope) => Codec<unknown> | undefined,
): Codec<Uint8Array> {
  return {
    ...octets,
    read(from: Reader, scope: Scope): Uint8Array | Fault {
      const start = from.at;
      const value = octets.read(from, scope);
      const inner = value === fault || !from.tree ? undefined : choose(scope);
      if (!inner) return value;
      const within = readerOf(from.octets, true);
      within.at = start;
      within.end = from.at;
      const nodes: TreeBuilder[] = within.tree!;
      const decoded = inner.read(within, {});
      from.steps += within.steps;
      if (decoded !== fault && within.at === within.end) from.tree?.push(...nodes);
      return value;
    },
  };
}

/** The next `length` octets, which the caller knows to be there. */
export function take(from: Reader, length: number): Uint8Array {
  const at = from.at;
  from.at = at + length;
  return from.octets.subarray(at, from.at);
}

/** Writes octets as they are. */
export function put(to: Writer, octets: Uint8Array): void {
  const at = grow(to, octets.length);
  to.octets.set(octets, at);
}
