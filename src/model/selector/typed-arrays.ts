/** Typed arrays that grow. */

/** The same numbers with room for at least `length`: twice the room when it does not suffice, so that growing is cheap. */
export function withRoom<T extends Uint32Array<ArrayBuffer> | Int32Array<ArrayBuffer>>(from: T, length: number): T {
  if (length <= from.length) return from;
  const make = from.constructor as new (length: number) => T;
  const to = new make(Math.max(length, 2 * from.length));
  to.set(from);
  return to;
}
