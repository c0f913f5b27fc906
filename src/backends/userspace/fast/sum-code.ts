/**
 * Adding up in WebAssembly: 32 octets in each step of a loop, where JavaScript has four. The code is put together here, instruction by
 * instruction (WebAssembly 2.0 §5), so that what runs can be read; it is one function of 70 instructions over the memory that it is given.
 */

/** Unsigned LEB128 (§5.2.2). */
function unsigned(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** Signed LEB128, of what fits six bits and a sign. */
function small(value: number): readonly number[] {
  return [value & 0x7f];
}

const counted = (parts: readonly (readonly number[])[]) => [...unsigned(parts.length), ...parts.flat()];
const sized = (octets: readonly number[]) => [...unsigned(octets.length), ...octets];
const named = (text: string) => sized([...new TextEncoder().encode(text)]);
const section = (id: number, octets: readonly number[]) => [id, ...sized(octets)];

const type = { i32: 0x7f, v128: 0x7b, function: 0x60, none: 0x40 } as const;

const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const constant = (value: number) => [0x41, ...small(value)];
const add = [0x6a];
const subtract = [0x6b];
const isLess = [0x48];
const isGreater = [0x4a];
const octet = [0x2d, 0, 0];
const word = [0x2f, 0, 0];
const end = 0x0b;
const block = (...inside: readonly (readonly number[])[]) => [0x02, type.none, ...inside.flat(), end];
const loop = (...inside: readonly (readonly number[])[]) => [0x03, type.none, ...inside.flat(), end];
const when = (...inside: readonly (readonly number[])[]) => [0x04, type.none, ...inside.flat(), end];
/** To the end of a block, or the beginning of a loop, so many levels further out. */
const branch = (levels: number) => [0x0c, levels];
const branchIf = (levels: number) => [0x0d, levels];
const simd = (code: number) => [0xfd, ...unsigned(code)];
const sixteenOctets = (offset: number) => [...simd(0x00), 0, offset];
/** Eight words of 16 bits become four of 32, each the sum of two neighbours. */
const addPairs = simd(0x7f);
const addFour = simd(0xae);
const oneOfFour = (lane: number) => [...simd(0x1b), lane];

/** Parameters of the function, then its variables. */
const at = 0;
const length = 1;
const stop = 2;
const last = 3;
const first = 4;
const second = 5;
const sum = length;

const whileNotBeyondLast = (...inside: readonly (readonly number[])[]) =>
  block(loop(get(at), get(last), isGreater, branchIf(1), ...inside, branch(0)));
const goOn = (octets: number) => [...get(at), ...constant(octets), ...add, ...set(at)];

const instructions = [
  [...get(at), ...get(length), ...add, ...set(stop)],
  [...get(stop), ...constant(32), ...subtract, ...set(last)],
  whileNotBeyondLast(
    [...get(first), ...get(at), ...sixteenOctets(0), ...addPairs, ...addFour, ...set(first)],
    [...get(second), ...get(at), ...sixteenOctets(16), ...addPairs, ...addFour, ...set(second)],
    goOn(32),
  ),
  [...get(first), ...get(second), ...addFour, ...set(first)],
  [...get(first), ...oneOfFour(0), ...get(first), ...oneOfFour(1), ...add],
  [...get(first), ...oneOfFour(2), ...add, ...get(first), ...oneOfFour(3), ...add, ...set(sum)],
  [...get(stop), ...constant(2), ...subtract, ...set(last)],
  whileNotBeyondLast([...get(sum), ...get(at), ...word, ...add, ...set(sum)], goOn(2)),
  [...get(at), ...get(stop), ...isLess],
  when([...get(sum), ...get(at), ...octet, ...add, ...set(sum)]),
  get(sum),
  [end],
].flat();

const variables = counted([
  [2, type.i32],
  [2, type.v128],
]);

/** `sum(at, length)` of the memory that it is made with, as `sumOctets`. */
export const sumCode: Uint8Array<ArrayBuffer> = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, counted([[type.function, ...counted([[type.i32], [type.i32]]), ...counted([[type.i32]])]])),
  ...section(2, counted([[...named('host'), ...named('memory'), 2, 0, 1]])),
  ...section(3, counted([[0]])),
  ...section(7, counted([[...named('sum'), 0, 0]])),
  ...section(10, counted([sized([...variables, ...instructions])])),
]);
