/**
 * Declarative codecs: a payload is declared once, and its TypeScript type, its decoder, its encoder and what a report
 * says of it all follow from the declaration.
 *
 * `decode` returns a value or a `DecodeError` and never throws on input; `encode` throws a RangeError on a value that does
 * not fit, which is a bug of ours. Both take time linear in the octets: no codec goes back, and every list has a limit.
 */
import type { Codec } from './codec/core.js';

export {
  type Codec,
  type Decoded,
  type DecodeError,
  type Decoding,
  decode,
  encode,
  formatDecodeError,
  formatPath,
  inspect,
  type Note,
  type TreeNode,
} from './codec/core.js';
export { fromHex, hexPreview, octetCount, textPreview, toHex, utf8 } from './codec/hex.js';
export { chain, list } from './codec/list.js';
export { hexadecimal, named, shown, u8, u16, u24, u32, u64, u128 } from './codec/numbers.js';
export { bytes, reserved, rest, sized, viewed } from './codec/octets.js';
export { cited, countOf, sizeOf, struct, totalLength, when } from './codec/struct.js';
export { dependent, mapped, tagged } from './codec/union.js';

/** A payload type: its name, its IANA number, the section that defines it and the codec of its body. */
export interface PayloadDefinition<K extends string, T> {
  readonly kind: K;
  readonly number: number;
  readonly rfc: string;
  /** What follows the generic payload header. */
  readonly body: Codec<T>;
}

/** Declares a payload type. */
export function definePayload<const K extends string, T>(definition: PayloadDefinition<K, T>): PayloadDefinition<K, T> {
  return definition;
}

/** `{ kind, critical, body }` of one definition or, by distribution, the union of those of many. */
export type PayloadOf<D> =
  D extends PayloadDefinition<infer K, infer T> ? { readonly kind: K; readonly body: T } : never;
