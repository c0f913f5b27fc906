/**
 * The packed form of a cut tree. What a look-up costs is reading memory and guessing branches wrongly, so nodes are small enough for most
 * of them to stay in the cache, those visited together lie together, and the rows of leaves are elsewhere.
 *
 * A plain node is two words, children's position·16 + dimension and the cut; its two children are neighbours. A leaf is two words, first
 * word of its rows·16 + 14 and the end of its rows. A node with a third child is position·16 + 15 and points at four words: the third
 * child, the lowest entry below that, and the two words of the node as if it were plain.
 *
 * A row is its entry and the set of dimensions that it tests, in one word where there are few enough entries; then for each
 * of them, in the order of the set's bits, the lower end and the width: two words for a dimension of 32 bits, one for the others.
 */
import type { CutRows } from './cut-rows.js';
import { withRoom } from './typed-arrays.js';

/** "No entry" and "no child". */
export const none = 0x7fff_ffff;
/** The dimension of a leaf. */
export const leaf = 14;
const special = 15;
const dimensionBits = 4;
const dimensionMask = (1 << dimensionBits) - 1;

/** A node as the builder makes it: dimension or `leaf` · cut or first word of its rows · first child or end of its rows · third child · lowest entry. */
export const nodeSize = 5;

/** Coordinates of 32 bits as signed words that compare the same way. */
export function signed(coordinate: number): number {
  return coordinate ^ 0x8000_0000;
}

/** Nodes that are placed together before going deeper: so many levels of children. */
const clusterLevels = 2;

/** Packs the nodes; the root is at word 0. */
export function packCutTree(nodes: Int32Array): Int32Array {
  let code = new Int32Array(1024);
  let size = 2;
  const take = (words: number): number => {
    const at = size;
    size += words;
    code = withRoom(code, size);
    return at;
  };
  const pending: { readonly node: number; readonly at: number }[] = [{ node: 0, at: 0 }];
  for (let next = pending.pop(); next; next = pending.pop()) place(next.node, next.at, 0);
  return code.slice(0, size);

  function place(node: number, at: number, level: number): void {
    const base = node * nodeSize;
    const dimension = nodes[base]!;
    const third = nodes[base + 3]!;
    let words = at;
    if (third !== none) {
      const extra = take(4);
      code[at] = (extra << dimensionBits) | special;
      const child = take(2);
      code[extra] = child;
      code[extra + 1] = nodes[third * nodeSize + 4]!;
      words = extra + 2;
      pending.push({ node: third, at: child });
    }
    if (dimension === leaf) {
      code[words] = (nodes[base + 1]! << dimensionBits) | leaf;
      code[words + 1] = nodes[base + 2]!;
      return;
    }
    const pair = take(4);
    code[words] = (pair << dimensionBits) | dimension;
    code[words + 1] = nodes[base + 1]!;
    const first = nodes[base + 2]!;
    for (let child = 0; child < 2; child += 1) {
      if (level + 1 < clusterLevels) place(first + child, pair + 2 * child, level + 1);
      else pending.push({ node: first + child, at: pair + 2 * child });
    }
  }
}

/** How rows are written: by the dimensions and entries that there are. */
export interface RowFormat {
  /** The dimension of each bit of a set. */
  readonly order: Uint8Array;
  /** The bits of dimensions of 32 bits. */
  readonly wide: number;
  /** Bits that a set has. */
  readonly bits: number;
  /** Does the entry stand in a word of its own? */
  readonly isLong: boolean;
  /** Words of a row, by its set. */
  readonly sizes: Uint8Array;
}

export function rowFormat({ dimensions, testOrder, wideCount, entries }: CutRows): RowFormat {
  const isLong = (entries.at(-1) ?? 0) >= 2 ** (31 - dimensions);
  const wide = (1 << wideCount) - 1;
  const sizes = Uint8Array.from({ length: 1 << dimensions }, (_, set) => {
    return (isLong ? 2 : 1) + 2 * bitCount(set & wide) + bitCount(set & ~wide);
  });
  return { order: Uint8Array.from(testOrder), wide, bits: dimensions, isLong, sizes };
}

function bitCount(set: number): number {
  let count = 0;
  for (let rest = set; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** A packed tree with the rows of its leaves, and the packet that is looked for. */
export interface PackedTree {
  readonly code: Int32Array;
  readonly rows: Int32Array;
  readonly format: RowFormat;
  /** By dimension; those of 32 bits as `signed` has them. */
  readonly point: Int32Array;
  readonly depthMax: number;
}

/** Makes the function that finds the lowest entry of a row that holds the point, or -1. */
export function walker({ code, rows, format, point, depthMax }: PackedTree): () => number {
  const { order, wide, bits, isLong, sizes } = format;
  const setMask = (1 << bits) - 1;
  const headWords = isLong ? 2 : 1;
  // Third children, and the lowest entry below each.
  const waiting = new Int32Array(2 * (depthMax + 1));
  return () => {
    let best = none;
    let top = 0;
    let node = 0;
    for (;;) {
      let word = code[node]!;
      let cut = code[node + 1]!;
      let dimension = word & dimensionMask;
      if (dimension >= leaf) {
        if (dimension === special) {
          const extra = word >>> dimensionBits;
          waiting[top] = code[extra]!;
          waiting[top + 1] = code[extra + 1]!;
          top += 2;
          word = code[extra + 2]!;
          cut = code[extra + 3]!;
          dimension = word & dimensionMask;
        }
        if (dimension === leaf) {
          let at = word >>> dimensionBits;
          next: while (at < cut) {
            const head = rows[at]!;
            const entry = isLong ? rows[at + 1]! : head >> bits;
            // Rows are in the order of their entries: those behind cannot be better.
            if (entry >= best) break;
            const set = head & setMask;
            let test = at + headWords;
            at += sizes[set]!;
            for (let open = set & wide; open !== 0; open &= open - 1) {
              const value = point[order[31 - Math.clz32(open & -open)]!]!;
              if ((value - rows[test]!) >>> 0 > rows[test + 1]! >>> 0) continue next;
              test += 2;
            }
            for (let open = set & ~wide; open !== 0; open &= open - 1) {
              const value = point[order[31 - Math.clz32(open & -open)]!]!;
              const bounds = rows[test]!;
              if ((value - (bounds & 0xffff)) >>> 0 > bounds >>> 16) continue next;
              test += 1;
            }
            best = entry;
            break;
          }
          // On to the next third child that may hold a lower entry.
          do {
            if (top === 0) return best === none ? -1 : best;
            top -= 2;
          } while (waiting[top + 1]! >= best);
          node = waiting[top]!;
          continue;
        }
      }
      // Adding the comparison's result, not choosing by it: a branch here would be mispredicted half of the time.
      node = (word >>> dimensionBits) + 2 * +(point[dimension]! > cut);
    }
  };
}
