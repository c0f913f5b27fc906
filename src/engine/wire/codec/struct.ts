/** Fields one after another, with the lengths and counts that describe other fields worked out rather than stated. */
import {
  type Codec,
  type Decoded,
  type Fault,
  fail,
  fault,
  octetsText,
  type Reader,
  readField,
  type Scope,
  type Writer,
} from './core.js';
import type { OptionalField } from './octets.js';

/** A field that is read but not part of the value, because the value implies it. */
export interface HiddenField extends Codec<number> {
  readonly role: 'hidden';
  /** The field that it measures. */
  readonly of: string;
  /** What to write, from the whole value. */
  derive(value: Scope): number;
}

/** A hidden field with the length in octets of the structure it is in. */
export interface LengthField extends Codec<number> {
  readonly role: 'length';
  readonly before: number;
}

type Fields = Readonly<Record<string, Codec<unknown> & { readonly role?: string }>>;

type Simplify<T> = { [K in keyof T]: T[K] };

export type StructValue<F> = Simplify<
  {
    readonly [K in keyof F as F[K] extends { readonly role: string } ? never : K]: Decoded<F[K]>;
  } & {
    readonly [K in keyof F as F[K] extends { readonly role: 'optional' } ? K : never]?: Decoded<F[K]>;
  }
>;

/** A struct can also be read as part of a larger value. */
export interface StructCodec<T> extends Codec<T> {
  /** Reads a value that has the fields of `head` in front of its own. */
  headed<H extends Scope>(head: H): (from: Reader) => (H & T) | Fault;
}

/** All of `fields` in their order. `rfc` names the section that errors within cite. */
export function struct<const F extends Fields>(
  fields: F,
  options: { readonly rfc?: string } = {},
): StructCodec<StructValue<F>> {
  const entries = Object.entries(fields).map(([name, codec]) => ({
    name,
    codec,
    role: codec.role,
    label: words(name),
  }));
  checkReferences(entries);
  const rfc = options.rfc;
  // Objects are cloned from these with all their keys, because adding keys one by one is what costs most in decoding.
  const blank = blankOf(entries.filter(({ role }) => role === undefined));
  const measures = entries.some(({ role }) => role === 'hidden');
  const blankScope = blankOf(entries);
  const readInto = (from: Reader, value: Record<string, unknown>): StructValue<F> | Fault => {
    const { base, end, rfc: outerRfc } = from;
    from.base = from.at;
    if (rfc !== undefined) from.rfc = rfc;
    // With hidden fields the scope knows more than the value.
    const scope = measures ? { ...blankScope } : value;
    let bounded = false;
    for (let index = 0; index < entries.length; index += 1) {
      const { name, codec, role, label } = entries[index]!;
      const field = readField(from, name, label, codec, scope);
      if (field === fault) return fault;
      if (role === 'length') bounded = true;
      if (role === undefined || (role === 'optional' && field !== undefined)) value[name] = field;
      if (measures) scope[name] = field;
    }
    if (bounded && from.at !== from.end) {
      return fail(from, 'the end of the structure, by its length', `${octetsText(from.end - from.at)} more`);
    }
    from.base = base;
    from.end = end;
    from.rfc = outerRfc;
    return value as StructValue<F>;
  };
  const write = (to: Writer, given: StructValue<F>): void => {
    const value = given as Scope;
    const outer = to.base;
    to.base = to.at;
    let lengthAt = -1;
    let length: LengthField | undefined;
    for (const { name, codec, role } of entries) {
      if (role === 'hidden') codec.write(to, (codec as HiddenField).derive(value), value);
      else if (role === 'length') {
        length = codec as LengthField;
        lengthAt = to.at;
        codec.write(to, 0, value);
      } else codec.write(to, value[name], value);
    }
    if (length) {
      const end = to.at;
      const total = end - to.base + length.before;
      to.at = lengthAt;
      length.write(to, total, value);
      to.at = end;
    }
    to.base = outer;
  };
  return {
    read: (from) => readInto(from, { ...blank }),
    write,
    headed(head) {
      const headedBlank = { ...head, ...blank };
      return (from) => readInto(from, { ...headedBlank }) as (typeof head & StructValue<F>) | Fault;
    },
  };
}

/** Hidden: the length in octets of the later field `of`, which is read by `sized`. */
export function sizeOf(of: string, codec: Codec<number>): HiddenField {
  return { ...codec, role: 'hidden', of, derive: (value) => (value[of] as Uint8Array).length };
}

/** Hidden: the number of items of the later field `of`. */
export function countOf(of: string, codec: Codec<number>): HiddenField {
  return { ...codec, role: 'hidden', of, derive: (value) => (value[of] as readonly unknown[]).length };
}

/**
 * Hidden: the octets of the whole structure, which ends there. `before` octets of it were read ahead of this struct, as
 * the tag of a union is.
 */
export function totalLength(codec: Codec<number>, { before = 0 }: { before?: number } = {}): LengthField {
  return {
    role: 'length',
    before,
    read(from, scope) {
      const offset = from.at;
      const length = codec.read(from, scope);
      if (length === fault) return fault;
      const end = from.base - before + length;
      const least = from.at - from.base + before;
      if (length < least) return fail(from, `a length of at least ${least}`, String(length), offset);
      if (end > from.end) {
        return fail(from, `a length of at most ${from.end - from.base + before}`, String(length), offset);
      }
      from.end = end;
      return length;
    },
    write: (to, value, scope) => codec.write(to, value, scope),
  };
}

/** A field that is there only when the fields before it say so. */
export function when<T>(present: (scope: Scope) => boolean, codec: Codec<T>): OptionalField<T> {
  return {
    role: 'optional',
    read: (from, scope) => (present(scope) ? codec.read(from, scope) : undefined),
    write(to, value, scope) {
      if (present(scope) !== (value !== undefined))
        throw new RangeError('an optional field and what announces it differ');
      if (value !== undefined) codec.write(to, value, scope);
    },
    show: (value, scope) => (value === undefined ? 'absent' : (codec.show?.(value, scope) ?? '')),
  };
}

/** The same codec, whose errors cite `rfc`. */
export function cited<T>(rfc: string, codec: Codec<T>): Codec<T> {
  return {
    ...codec,
    read(from: Reader, scope: Scope): T | Fault {
      const outer = from.rfc;
      from.rfc = rfc;
      const value = codec.read(from, scope);
      if (value !== fault) from.rfc = outer;
      return value;
    },
  };
}

function blankOf(entries: readonly { readonly name: string }[]): Record<string, unknown> {
  return Object.fromEntries(entries.map(({ name }) => [name, undefined]));
}

function checkReferences(entries: readonly { name: string; codec: Codec<unknown>; role?: string | undefined }[]): void {
  for (const { name, codec, role } of entries) {
    const of = role === 'hidden' ? (codec as unknown as HiddenField).of : undefined;
    if (of !== undefined && !entries.some((entry) => entry.name === of))
      throw new Error(`${name} measures no field: ${of}`);
  }
}

/** `keyExchangeData` as `key exchange data`, `reserved2` as `reserved`; acronyms keep their capitals. */
function words(name: string): string {
  return name
    .replace(/\d$/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/\b(spi|spis|doi|id|ts|iv|icv|dh|eap)\b/g, (word) => (word === 'spis' ? 'SPIs' : word.toUpperCase()));
}
