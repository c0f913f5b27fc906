/** Values whose shape depends on a number before them. */
import {
  type Codec,
  type Decoded,
  type Fault,
  fault,
  type Reader,
  readField,
  type Scope,
  type Writer,
} from './core.js';
import type { Names } from './numbers.js';
import type { StructCodec } from './struct.js';

interface Variant {
  readonly number: number;
  readonly body: StructCodec<object>;
}

type Merge<T> = { readonly [K in keyof T]: T[K] };

export type TaggedValue<V extends Readonly<Record<string, Variant>>, O extends Codec<object>> =
  | { [K in keyof V]: Merge<{ kind: K } & Decoded<V[K]['body']>> }[keyof V]
  | Merge<{ kind: 'unknown'; number: number } & Decoded<O>>;

/**
 * A number, then what it announces. The value has the variant's name as `kind` beside the variant's fields; a number
 * without a variant gives `kind: 'unknown'`, the number, and the fields of `other`.
 */
export function tagged<const V extends Readonly<Record<string, Variant>>, O extends Codec<object>>(
  tag: { readonly name: string; readonly codec: Codec<number>; readonly names: Names },
  variants: V,
  other: O,
): Codec<TaggedValue<V, O>> {
  const byNumber = new Map(Object.entries(variants).map(([kind, { number, body }]) => [number, body.headed({ kind })]));
  const number: Codec<number> = { ...tag.codec, show: (value) => tag.names.describe(value) };
  const read = (from: Reader, scope: Scope): TaggedValue<V, O> | Fault => {
    const announced = readField(from, tag.name, tag.name, number, scope);
    if (announced === fault) return fault;
    const readVariant = byNumber.get(announced);
    if (readVariant) return readVariant(from) as TaggedValue<V, O> | Fault;
    const body = other.read(from, scope);
    return body === fault ? fault : ({ kind: 'unknown', number: announced, ...body } as TaggedValue<V, O>);
  };
  const write = (to: Writer, value: TaggedValue<V, O>, scope: Scope): void => {
    const { kind, number: unknownNumber } = value as { kind: string; number?: number };
    const variant = kind === 'unknown' ? undefined : variants[kind];
    if (!variant && kind !== 'unknown') throw new RangeError(`no variant '${kind}'`);
    number.write(to, variant ? variant.number : unknownNumber!, scope);
    (variant?.body ?? other).write(to, value, scope);
  };
  return { read, write };
}

/** A codec chosen by the fields before it; every choice has the same values and differs in what reports say of them. */
export function dependent<T>(choose: (scope: Scope) => Codec<T>): Codec<T> {
  return {
    read: (from, scope) => choose(scope).read(from, scope),
    write: (to, value, scope) => choose(scope).write(to, value, scope),
    show: (value, scope) => choose(scope).show?.(value, scope) ?? (typeof value === 'number' ? String(value) : ''),
  };
}

/** The same octets as another value. */
export function mapped<A, B>(codec: Codec<A>, into: (value: A) => B, back: (value: B) => A): Codec<B> {
  const base: Codec<B> = {
    read(from, scope) {
      const value = codec.read(from, scope);
      return value === fault ? fault : into(value as A);
    },
    write: (to, value, scope) => codec.write(to, back(value), scope),
  };
  return codec.show ? { ...base, show: (value, scope) => codec.show!(back(value), scope) } : base;
}
