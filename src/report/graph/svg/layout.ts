/**
 * Where the nodes of a topology stand. What has no circles becomes a tree with branches to both sides of its middle; where
 * systems meet in circles (a mesh), they stand on an ellipse, and what hangs on them outside of it. Parts that nothing joins stand
 * below each other. Equal topologies give equal places.
 */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The middle of a node. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Layout extends Size {
  readonly places: ReadonlyMap<string, Point>;
  /** Nodes that stand on an ellipse: their edges are straight lines. */
  readonly round: ReadonlySet<string>;
}

export interface LayoutInput {
  /** In the order in which they are to be met. */
  readonly nodes: readonly (Size & { readonly id: string })[];
  /** `room` is what the label of an edge takes. */
  readonly edges: readonly { readonly from: string; readonly to: string; readonly room: number }[];
}

const rowGap = 22;
const columnGapMin = 70;
const margin = 24;
const partGap = 40;
/** An ellipse is so much wider than high, because nodes are. */
const stretch = 1.45;

/** Finds a place for every node. */
export function layout({ nodes, edges }: LayoutInput): Layout {
  const graph = graphOf(nodes, edges);
  const places = new Map<string, Point>();
  const round = new Set<string>();
  let top = margin;
  let width = 0;
  for (const part of partsOf(graph)) {
    const core = coreOf(part, graph);
    const local = core.length > 0 ? ring(core, graph) : branches(part, graph);
    for (const id of core) round.add(id);
    const box = bounds(local, graph);
    for (const [id, { x, y }] of local) places.set(id, { x: x - box.left + margin, y: y - box.top + top });
    top += box.bottom - box.top + partGap;
    width = Math.max(width, box.right - box.left + 2 * margin);
  }
  return { places, round, width, height: Math.max(2 * margin, top - partGap + margin) };
}

interface Graph {
  readonly sizes: ReadonlyMap<string, Size>;
  /** Neighbours in the order of the edges, with the room that the edge to each needs. */
  readonly neighbours: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

function graphOf(nodes: LayoutInput['nodes'], edges: LayoutInput['edges']): Graph {
  const neighbours = new Map<string, Map<string, number>>(nodes.map(({ id }) => [id, new Map()]));
  for (const { from, to, room } of edges) {
    for (const [a, b] of [
      [from, to],
      [to, from],
    ] as const) {
      const known = neighbours.get(a);
      known?.set(b, Math.max(room, known.get(b) ?? 0));
    }
  }
  return { sizes: new Map(nodes.map((node) => [node.id, node])), neighbours };
}

function neighboursOf(graph: Graph, id: string): string[] {
  return [...(graph.neighbours.get(id)?.keys() ?? [])];
}

/** The parts that hang together. */
function partsOf(graph: Graph): string[][] {
  const seen = new Set<string>();
  const parts: string[][] = [];
  for (const first of graph.sizes.keys()) {
    if (seen.has(first)) continue;
    seen.add(first);
    const part = [first];
    for (let at = 0; at < part.length; at += 1) {
      for (const next of neighboursOf(graph, part[at]!)) {
        if (seen.has(next)) continue;
        seen.add(next);
        part.push(next);
      }
    }
    parts.push(part);
  }
  return parts;
}

/** What is left when ends are taken off until there are none: empty for a tree. In the order of a walk along the edges. */
function coreOf(part: readonly string[], graph: Graph): string[] {
  const degrees = new Map(part.map((id) => [id, neighboursOf(graph, id).length]));
  const ends = part.filter((id) => (degrees.get(id) ?? 0) <= 1);
  const gone = new Set(ends);
  for (let at = 0; at < ends.length; at += 1) {
    for (const next of neighboursOf(graph, ends[at]!)) {
      if (gone.has(next)) continue;
      const degree = (degrees.get(next) ?? 0) - 1;
      degrees.set(next, degree);
      if (degree > 1) continue;
      gone.add(next);
      ends.push(next);
    }
  }
  const left = part.filter((id) => !gone.has(id));
  const [first] = left;
  if (first === undefined) return [];
  const order: string[] = [];
  const seen = new Set<string>();
  const stack = [first];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    order.push(id);
    stack.push(
      ...neighboursOf(graph, id)
        .filter((next) => !gone.has(next) && !seen.has(next))
        .reverse(),
    );
  }
  return order;
}

interface Tree {
  readonly id: string;
  readonly children: readonly Tree[];
  readonly leaves: number;
}

function treeOf(graph: Graph, id: string, seen: Set<string>): Tree {
  seen.add(id);
  const children: Tree[] = [];
  for (const next of neighboursOf(graph, id)) if (!seen.has(next)) children.push(treeOf(graph, next, seen));
  return {
    id,
    children,
    leaves: Math.max(
      1,
      children.reduce((sum, { leaves }) => sum + leaves, 0),
    ),
  };
}

/** A tree with its middle in the middle: some branches to the right, the others to the left. */
function branches(part: readonly string[], graph: Graph): Map<string, Point> {
  const root = treeOf(graph, middleOf(part, graph), new Set());
  const right: Tree[] = [];
  const left: Tree[] = [];
  const half = root.leaves / 2;
  let placed = 0;
  for (const child of root.children) {
    if (right.length === 0 || placed + child.leaves / 2 <= half) {
      right.push(child);
      placed += child.leaves;
    } else left.push(child);
  }
  const places = new Map<string, Point>([[root.id, { x: 0, y: 0 }]]);
  side(root.id, right, graph, 1, places);
  side(root.id, left.reverse(), graph, -1, places);
  return places;
}

/** The node whose largest branch is smallest; of several the one with most neighbours. */
function middleOf(part: readonly string[], graph: Graph): string {
  const [first] = part;
  const sizes = new Map<string, number>();
  const largest = new Map<string, number>();
  const order: { readonly id: string; readonly parent: string | undefined }[] = [{ id: first!, parent: undefined }];
  for (let at = 0; at < order.length; at += 1) {
    const { id, parent } = order[at]!;
    for (const next of neighboursOf(graph, id)) if (next !== parent) order.push({ id: next, parent: id });
  }
  for (const { id, parent } of order.reverse()) {
    const size = 1 + (sizes.get(id) ?? 0);
    sizes.set(id, size);
    largest.set(id, Math.max(largest.get(id) ?? 0, part.length - size));
    if (parent === undefined) continue;
    sizes.set(parent, (sizes.get(parent) ?? 0) + size);
    largest.set(parent, Math.max(largest.get(parent) ?? 0, size));
  }
  const rank = (id: string) => (largest.get(id) ?? 0) - neighboursOf(graph, id).length / 1_000;
  return part.reduce((best, id) => (rank(id) < rank(best) ? id : best), first!);
}

/** Places branches in columns to one side of their root, each parent beside the middle of its children. */
function side(root: string, trees: readonly Tree[], graph: Graph, sign: 1 | -1, places: Map<string, Point>): void {
  const columns: { width: number; room: number }[] = [];
  const measure = (parent: string, tree: Tree, depth: number): void => {
    columns[depth] ??= { width: 0, room: columnGapMin };
    const column = columns[depth]!;
    column.width = Math.max(column.width, graph.sizes.get(tree.id)!.width);
    column.room = Math.max(column.room, graph.neighbours.get(parent)?.get(tree.id) ?? 0);
    for (const child of tree.children) measure(tree.id, child, depth + 1);
  };
  for (const tree of trees) measure(root, tree, 0);
  const middles: number[] = [];
  let edge = graph.sizes.get(root)!.width / 2;
  for (const { width, room } of columns) {
    middles.push(edge + room + width / 2);
    edge += room + width;
  }
  let top = 0;
  const place = (tree: Tree, depth: number): number => {
    const { height } = graph.sizes.get(tree.id)!;
    const own = top;
    const ys = tree.children.map((child) => place(child, depth + 1));
    const y = ys.length > 0 ? Math.max((ys[0]! + ys.at(-1)!) / 2, own + height / 2) : top + height / 2;
    top = Math.max(top, y + height / 2 + rowGap);
    places.set(tree.id, { x: sign * middles[depth]!, y });
    return y;
  };
  const ys = trees.map((tree) => place(tree, 0));
  if (ys.length === 0) return;
  const middle = (ys[0]! + ys.at(-1)!) / 2;
  const move = (tree: Tree): void => {
    const at = places.get(tree.id)!;
    places.set(tree.id, { x: at.x, y: at.y - middle });
    for (const child of tree.children) move(child);
  };
  for (const tree of trees) move(tree);
}

/** Nodes on an ellipse, and the trees that hang on each outside of it, as wide as is needed for nothing to overlap. */
function ring(core: readonly string[], graph: Graph): Map<string, Point> {
  const seen = new Set(core);
  const trees = core.map((id) => treeOf(graph, id, seen));
  const rooms = (ids: Iterable<string>) => [...ids].flatMap((id) => [...(graph.neighbours.get(id)?.values() ?? [])]);
  const room = Math.max(columnGapMin, ...rooms(core));
  const sizes = [...graph.sizes.values()];
  const [width, height] = [Math.max(...sizes.map((size) => size.width)), Math.max(...sizes.map((size) => size.height))];
  const hanging = [...seen].filter((id) => !core.includes(id));
  // What hangs on a node may stand beside it or below it: there has to be room for both, and for what is written between.
  let step = Math.max(height + 46, (width + 2 * rowGap + Math.max(0, ...rooms(hanging))) / stretch);
  let radius = 60 + room / 3;
  for (let tries = 0; tries < 100; tries += 1) {
    const places = around(trees, radius, step);
    if (!overlapping(places, graph)) return places;
    radius *= 1.12;
    step *= 1.02;
  }
  return around(trees, radius, step);
}

function around(trees: readonly Tree[], radius: number, step: number): Map<string, Point> {
  const places = new Map<string, Point>();
  const total = trees.reduce((sum, { leaves }) => sum + leaves, 0);
  const put = (tree: Tree, from: number, to: number, distance: number): void => {
    const angle = (from + to) / 2;
    places.set(tree.id, { x: Math.cos(angle) * distance * stretch, y: Math.sin(angle) * distance });
    let start = from;
    for (const child of tree.children) {
      const end = start + ((to - from) * child.leaves) / tree.leaves;
      put(child, start, end, distance + step);
      start = end;
    }
  };
  // The first stands on top.
  let start = -Math.PI / 2 - (Math.PI * trees[0]!.leaves) / total;
  for (const tree of trees) {
    const end = start + (2 * Math.PI * tree.leaves) / total;
    put(tree, start, end, radius);
    start = end;
  }
  return places;
}

function overlapping(places: ReadonlyMap<string, Point>, { sizes }: Graph): boolean {
  const all = [...places].map(([id, point]) => ({ ...point, ...sizes.get(id)! })).sort((a, b) => a.y - b.y);
  const tallest = Math.max(...all.map(({ height }) => height));
  for (const [index, a] of all.entries()) {
    for (let other = index + 1; other < all.length; other += 1) {
      const b = all[other]!;
      if (b.y - a.y > tallest + rowGap) break;
      if (
        Math.abs(a.x - b.x) < (a.width + b.width) / 2 + rowGap &&
        Math.abs(a.y - b.y) < (a.height + b.height) / 2 + rowGap
      )
        return true;
    }
  }
  return false;
}

function bounds(places: ReadonlyMap<string, Point>, { sizes }: Graph) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [id, { x, y }] of places) {
    const { width, height } = sizes.get(id)!;
    left = Math.min(left, x - width / 2);
    right = Math.max(right, x + width / 2);
    top = Math.min(top, y - height / 2);
    bottom = Math.max(bottom, y + height / 2);
  }
  return { left, top, right, bottom };
}
