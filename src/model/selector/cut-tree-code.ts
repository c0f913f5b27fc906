/**
 * The packed form of a cut tree. What a look-up costs is reading memory, so nodes are small enough for most of them to
 * stay in the cache, those visited together lie together, and the rows of leaves are elsewhere.
 *
 * A plain node is two words, children's position·8 + dimension and the cut; its two children are neighbours. A leaf is two
 * words, first word of its rows·8 + 6 and the end of its rows. A node with a fallback or a third child is position·8 + 7
 * and points at five words: fallback entry, third child, lowest entry below, and the two words of the node as if it were
 * plain. A row is: packed dimensions·8 + count, its entry, then for each tested dimension the lower end and the width.
 */
import { dimensionCount } from './coordinates.js';
import { withRoom } from './typed-arrays.js';

/** "No entry" and "no child". */
export const none = 0x7fff_ffff;
/** The dimension of a leaf. */
export const leaf = dimensionCount;
const special = 7;

/** A node as the builder makes it: dimension or `leaf` · cut or first word of its rows · first child or end of its rows · third child · fallback · lowest entry. */
export const nodeSize = 6;

/** Coordinates as signed words that compare the same way. */
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
    const fallback = nodes[base + 4]!;
    let words = at;
    if (third !== none || fallback !== none) {
      const extra = take(5);
      code[at] = extra * 8 + special;
      code[extra] = fallback;
      code[extra + 1] = none;
      code[extra + 2] = nodes[base + 5]!;
      words = extra + 3;
      if (third !== none) {
        const child = take(2);
        code[extra + 1] = child;
        pending.push({ node: third, at: child });
      }
    }
    if (dimension === leaf) {
      code[words] = nodes[base + 1]! * 8 + leaf;
      code[words + 1] = nodes[base + 2]!;
      return;
    }
    const pair = take(4);
    code[words] = pair * 8 + dimension;
    code[words + 1] = nodes[base + 1]!;
    const first = nodes[base + 2]!;
    for (let child = 0; child < 2; child += 1) {
      if (level + 1 < clusterLevels) place(first + child, pair + 2 * child, level + 1);
      else pending.push({ node: first + child, at: pair + 2 * child });
    }
  }
}

/** Look-ups in a packed tree of at most `depthMax` levels with the rows of its leaves. */
export function lookup(code: Int32Array, rows: Int32Array, depthMax: number) {
  const point = new Int32Array(8);
  const waiting = new Int32Array(depthMax + 1);
  return (direction: number, local: number, remote: number, protocol: number, x: number, y: number): number => {
    point[0] = signed(direction);
    point[1] = signed(local);
    point[2] = signed(remote);
    point[3] = signed(protocol);
    point[4] = signed(x);
    point[5] = signed(y);
    let best = none;
    let top = 0;
    let node = 0;
    for (;;) {
      for (;;) {
        let word = code[node]!;
        let cut = code[node + 1]!;
        let dimension = word & 7;
        if (dimension >= leaf) {
          if (dimension === special) {
            const extra = word >>> 3;
            const fallback = code[extra]!;
            if (fallback < best) best = fallback;
            if (code[extra + 2]! >= best) break;
            const third = code[extra + 1]!;
            if (third !== none) waiting[top++] = third;
            word = code[extra + 3]!;
            cut = code[extra + 4]!;
            dimension = word & 7;
          }
          if (dimension === leaf) {
            let at = word >>> 3;
            next: while (at < cut) {
              let tests = rows[at]!;
              const entry = rows[at + 1]!;
              // Rows are in the order of their entries: those behind cannot be better.
              if (entry >= best) break;
              const end = at + 2 + 2 * (tests & 7);
              for (at += 2; at < end; at += 2) {
                tests >>>= 3;
                if ((point[tests & 7]! - rows[at]!) >>> 0 > rows[at + 1]! >>> 0) {
                  at = end;
                  continue next;
                }
              }
              best = entry;
              break;
            }
            break;
          }
        }
        // Adding the comparison's result, not choosing by it: a branch here would be mispredicted half of the time.
        node = (word >>> 3) + 2 * +(point[dimension]! > cut);
      }
      if (top === 0) return best === none ? -1 : best;
      top -= 1;
      node = waiting[top]!;
    }
  };
}
