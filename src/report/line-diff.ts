/**
 * Which lines two texts have in common: Myers' O(ND) algorithm ("An O(ND) Difference Algorithm and Its Variations", 1986).
 *
 * Its result is the smallest there is as long as few lines changed. Where too many did, lines that occur once on either
 * side become fixed points (as in a patience diff) and only what lies between them is compared, so that the cost never
 * grows with the square of the length.
 */

/** For each line of either side: 1 where it has no counterpart. */
export interface LineDiff {
  readonly removed: Uint8Array;
  readonly added: Uint8Array;
}

/** Changed lines up to which a smallest difference is looked for; the search keeps about this number squared of integers. */
export const editsMax = 1500;

/** Compares two lists of lines, given as numbers that are equal for equal lines. */
export function diffLines(before: Int32Array, after: Int32Array): LineDiff {
  const removed = new Uint8Array(before.length).fill(1);
  const added = new Uint8Array(after.length).fill(1);
  // A line that only one side has can have no counterpart; leaving those out keeps the search short.
  const beforeKept = linesAlsoIn(before, after);
  const afterKept = linesAlsoIn(after, before);
  const match = (left: number, right: number) => {
    removed[beforeKept[left]!] = 0;
    added[afterKept[right]!] = 0;
  };
  const a = beforeKept.map((index) => before[index]!);
  const b = afterKept.map((index) => after[index]!);
  matchRange(a, b, { aStart: 0, aEnd: a.length, bStart: 0, bEnd: b.length }, match, true);
  return { removed, added };
}

type Match = (left: number, right: number) => void;

interface Range {
  readonly aStart: number;
  readonly aEnd: number;
  readonly bStart: number;
  readonly bEnd: number;
}

function linesAlsoIn(lines: Int32Array, other: Int32Array): Int32Array {
  const known = new Set(other);
  const kept: number[] = [];
  for (let index = 0; index < lines.length; index += 1) if (known.has(lines[index]!)) kept.push(index);
  return Int32Array.from(kept);
}

/** Matches what both sides begin and end with, then the rest; `mayDivide` is false within a part of a divided range. */
function matchRange(a: Int32Array, b: Int32Array, range: Range, match: Match, mayDivide: boolean): void {
  let { aStart, aEnd, bStart, bEnd } = range;
  while (aStart < aEnd && bStart < bEnd && a[aStart] === b[bStart]) match(aStart++, bStart++);
  while (aStart < aEnd && bStart < bEnd && a[aEnd - 1] === b[bEnd - 1]) match(--aEnd, --bEnd);
  if (aStart === aEnd || bStart === bEnd) return;
  const rest = { aStart, aEnd, bStart, bEnd };
  if (matchSmallest(a, b, rest, match) || !mayDivide) return;

  let aNext = aStart;
  let bNext = bStart;
  for (const [left, right] of fixedPoints(a, b, rest)) {
    matchRange(a, b, { aStart: aNext, aEnd: left, bStart: bNext, bEnd: right }, match, false);
    match(left, right);
    aNext = left + 1;
    bNext = right + 1;
  }
  matchRange(a, b, { aStart: aNext, aEnd, bStart: bNext, bEnd }, match, false);
}

/** Myers' greedy search; false, with nothing matched, where more than `editsMax` lines changed. */
function matchSmallest(a: Int32Array, b: Int32Array, range: Range, match: Match): boolean {
  const { aStart, bStart } = range;
  const aLength = range.aEnd - aStart;
  const bLength = range.bEnd - bStart;
  const limit = Math.min(editsMax, aLength + bLength);
  const middle = limit + 1;
  const reached = new Int32Array(2 * limit + 3); // furthest x on each diagonal x - y, at index middle + diagonal
  const steps: Int32Array[] = []; // for each number of edits, the diagonals that it had to start from
  for (let edits = 0; edits <= limit; edits += 1) {
    steps.push(reached.slice(middle - edits - 1, middle + edits + 2));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const below = reached[middle + diagonal - 1]!;
      const above = reached[middle + diagonal + 1]!;
      let x = diagonal === -edits || (diagonal !== edits && below < above) ? above : below + 1;
      let y = x - diagonal;
      while (x < aLength && y < bLength && a[aStart + x] === b[bStart + y]) {
        x += 1;
        y += 1;
      }
      reached[middle + diagonal] = x;
      if (x !== aLength || y !== bLength) continue;
      matchAlong(steps, aLength, bLength, (left, right) => match(aStart + left, bStart + right));
      return true;
    }
  }
  return false;
}

/** Walks the path found back from its end and reports its diagonal steps, which are the common lines. */
function matchAlong(steps: readonly Int32Array[], aLength: number, bLength: number, match: Match): void {
  let x = aLength;
  let y = bLength;
  for (let edits = steps.length - 1; edits > 0; edits -= 1) {
    const reached = steps[edits]!; // index 0 is diagonal -edits - 1
    const diagonal = x - y;
    const below = reached[diagonal + edits]!;
    const above = reached[diagonal + edits + 2]!;
    const down = diagonal === -edits || (diagonal !== edits && below < above);
    for (const edited = down ? above : below + 1; x > edited; ) match(--x, --y);
    x = down ? above : below;
    y = down ? above - diagonal - 1 : below - diagonal + 1;
  }
  while (x > 0) match(--x, --y);
}

/** The longest list of lines that occur once on either side and keep their order (patience sorting). */
function fixedPoints(a: Int32Array, b: Int32Array, range: Range): [number, number][] {
  const once = (lines: Int32Array, start: number, end: number) => {
    const places = new Map<number, number>();
    for (let index = start; index < end; index += 1) {
      const line = lines[index]!;
      places.set(line, places.has(line) ? -1 : index);
    }
    return places;
  };
  const inA = once(a, range.aStart, range.aEnd);
  const inB = once(b, range.bStart, range.bEnd);
  const pairs: [number, number][] = [];
  for (const [line, left] of inA) {
    const right = inB.get(line) ?? -1;
    if (left >= 0 && right >= 0) pairs.push([left, right]);
  }
  return longestIncreasing(pairs.sort((p, q) => p[0] - q[0]));
}

/** The longest subsequence of pairs whose second numbers rise. */
function longestIncreasing(pairs: readonly (readonly [number, number])[]): [number, number][] {
  const tails: number[] = []; // index of the pair with the smallest end of each length
  const previous = new Int32Array(pairs.length);
  for (const [index, [, right]] of pairs.entries()) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const center = (low + high) >> 1;
      if (pairs[tails[center]!]![1] < right) low = center + 1;
      else high = center;
    }
    previous[index] = low > 0 ? tails[low - 1]! : -1;
    tails[low] = index;
  }
  const chosen: [number, number][] = [];
  for (let index = tails.at(-1) ?? -1; index >= 0; index = previous[index]!)
    chosen.push([...pairs[index]!] as [number, number]);
  return chosen.reverse();
}
