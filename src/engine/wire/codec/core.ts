/**
 * The two cursors that every codec works on, and the ways into and out of them.
 *
 * A codec reads from a `Reader` and writes to a `Writer`. Reading never throws: what it cannot make sense of becomes a
 * `DecodeError` that says where, what was expected and what was found, and `read` returns `fault`. Writing throws, because
 * a value that does not fit its field was made by us. Values keep views of the octets that were read, not copies: the
 * caller hands over octets that nobody changes afterwards.
 */
import { notesMax } from '../limits.js';
import { hexPreview } from './hex.js';

/** What `read` returns when `Reader.error` says why. */
export const fault: unique symbol = Symbol('fault');
export type Fault = typeof fault;

/** The fields of the enclosing struct that are already known, hidden ones (counts and lengths) too. */
export type Scope = Readonly<Record<string, unknown>>;

/** Outside of any struct. */
export const noScope: Scope = {};

export interface Codec<T> {
  read(from: Reader, scope: Scope): T | Fault;
  /** Throws a RangeError on a value that the field cannot hold. */
  write(to: Writer, value: T, scope: Scope): void;
  /** What a report says of the value; never a secret. */
  show?(value: T, scope: Scope): string;
}

/** The type of the values that a codec reads and writes. */
export type Decoded<C> = C extends Codec<infer T> ? T : never;

/** Why octets are not what they should be. */
export interface DecodeError {
  /** Octets from the start of what was decoded. */
  readonly offset: number;
  /** As `SA`, `proposals`, 0, `spi`. */
  readonly path: readonly (string | number)[];
  readonly expected: string;
  readonly found: string;
  /** The section that defines the field; empty where no RFC does. */
  readonly rfc: string;
}

/** Something odd that can be decoded all the same, as a reserved field that is not zero. */
export interface Note {
  readonly offset: number;
  readonly path: readonly (string | number)[];
  readonly text: string;
  readonly rfc: string;
}

export type Decoding<T> =
  | { readonly ok: true; readonly value: T; readonly notes: readonly Note[] }
  | { readonly ok: false; readonly error: DecodeError };

/** One field of a decoded message, for reports. Offsets and lengths are octets of what was decoded. */
export interface TreeNode {
  readonly name: string;
  readonly text: string;
  readonly offset: number;
  readonly length: number;
  readonly children: readonly TreeNode[];
}

export interface TreeBuilder extends TreeNode {
  text: string;
  length: number;
  readonly children: TreeBuilder[];
}

export interface Reader {
  readonly octets: Uint8Array;
  readonly view: DataView;
  at: number;
  /** The first octet that the current codec may not read. */
  end: number;
  /** Where the innermost struct began; lengths that count a whole structure count from here. */
  base: number;
  readonly path: (string | number)[];
  rfc: string;
  /** Fields and list items read: what makes it checkable that decoding takes time linear in the octets. */
  steps: number;
  error: DecodeError | undefined;
  readonly notes: Note[];
  /** Children of the node being read; undefined when no tree is wanted. */
  tree: TreeBuilder[] | undefined;
}

export interface Writer {
  octets: Uint8Array;
  view: DataView;
  at: number;
  base: number;
}

/** A reader of all of `octets`; `withTree` makes it collect the tree of fields as well. */
export function readerOf(octets: Uint8Array, withTree = false): Reader {
  // A Node Buffer would make every field a Buffer too, which compares and prints differently.
  const plain =
    octets.constructor === Uint8Array ? octets : new Uint8Array(octets.buffer, octets.byteOffset, octets.byteLength);
  return {
    octets: plain,
    view: new DataView(plain.buffer, plain.byteOffset, plain.byteLength),
    at: 0,
    end: plain.length,
    base: 0,
    path: [],
    rfc: '',
    steps: 0,
    error: undefined,
    notes: [],
    tree: withTree ? [] : undefined,
  };
}

/** Records why reading cannot go on; the first reason stays. */
export function fail(from: Reader, expected: string, found: string, offset = from.at): Fault {
  from.error ??= { offset, path: [...from.path], expected, found, rfc: from.rfc };
  return fault;
}

/** Fails unless `count` more octets are there. */
export function need(from: Reader, count: number): boolean {
  if (from.end - from.at >= count) return true;
  fail(from, octetsText(count), `${octetsText(from.end - from.at)} left`);
  return false;
}

/** Records an oddity that does not stop reading. */
export function note(from: Reader, text: string, offset = from.at): void {
  if (from.notes.length < notesMax) from.notes.push({ offset, path: [...from.path], text, rfc: from.rfc });
}

/** Reads one named field: keeps the path for errors and, when wanted, adds the field to the tree as `label`. */
export function readField<T>(
  from: Reader,
  name: string | number,
  label: string,
  codec: Codec<T>,
  scope: Scope,
): T | Fault {
  from.steps += 1;
  from.path.push(name);
  const siblings = from.tree;
  if (!siblings) {
    const value = codec.read(from, scope);
    if (value !== fault) from.path.pop();
    return value;
  }
  const node = openNode(from, label);
  const value = codec.read(from, scope);
  closeNode(from, node, siblings);
  if (value === fault) return value;
  node.text ||= codec.show ? codec.show(value as T, scope) : plainText(value);
  from.path.pop();
  return value;
}

/** Begins a node of the tree at the reader's place; what is read next becomes its children. */
export function openNode(from: Reader, name: string): TreeBuilder {
  const node: TreeBuilder = { name, text: '', offset: from.at, length: 0, children: [] };
  from.tree?.push(node);
  if (from.tree) from.tree = node.children;
  return node;
}

/** Ends a node; a fault within is written into the innermost node that was open. */
export function closeNode(from: Reader, node: TreeBuilder, siblings: TreeBuilder[] | undefined): void {
  from.tree = siblings;
  node.length = Math.max(0, Math.min(from.at, from.end) - node.offset);
  if (from.error && node.children.length === 0)
    node.text = `expected ${from.error.expected}, found ${from.error.found}`;
}

/** Decodes all of `octets`; octets left over are an error. Never throws on input. */
export function decode<T>(codec: Codec<T>, octets: Uint8Array): Decoding<T> {
  return finish(readerOf(octets), codec);
}

/** As `decode`, with the tree of fields, which goes as far as decoding went. */
export function inspect<T>(codec: Codec<T>, octets: Uint8Array): { decoding: Decoding<T>; tree: readonly TreeNode[] } {
  const from = readerOf(octets, true);
  const tree = from.tree!;
  return { decoding: finish(from, codec), tree };
}

function finish<T>(from: Reader, codec: Codec<T>): Decoding<T> {
  const value = codec.read(from, noScope);
  if (value === fault || !atEnd(from)) return { ok: false, error: from.error! };
  return { ok: true, value, notes: from.notes };
}

/** Fails when octets are left before `end`. */
export function atEnd(from: Reader): boolean {
  if (from.at === from.end) return true;
  fail(from, 'nothing more', octetsText(from.end - from.at));
  return false;
}

/** The octets of a value. Throws a RangeError on a value that does not fit, which is a bug of the caller. */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const to = writerOf();
  codec.write(to, value, noScope);
  return written(to);
}

/** Writers that are done with: buffers cost more to make than most messages to write. */
const spareWriters: Writer[] = [];
const spareWritersMax = 4;
const spareOctetsMax = 4096;

/** An empty writer, which grows as needed. */
export function writerOf(): Writer {
  const spare = spareWriters.pop();
  if (spare) return spare;
  const octets = new Uint8Array(1024);
  return { octets, view: new DataView(octets.buffer), at: 0, base: 0 };
}

/** What was written. The writer must not be used any more. */
export function written(to: Writer): Uint8Array {
  const octets = to.octets.slice(0, to.at);
  if (spareWriters.length < spareWritersMax && to.octets.length <= spareOctetsMax) {
    to.at = 0;
    to.base = 0;
    spareWriters.push(to);
  }
  return octets;
}

/** Makes room for `count` octets, moves past them and returns where they begin. */
export function grow(to: Writer, count: number): number {
  const at = to.at;
  const wanted = at + count;
  if (wanted > to.octets.length) {
    const octets = new Uint8Array(Math.max(wanted, to.octets.length * 2));
    octets.set(to.octets.subarray(0, at));
    to.octets = octets;
    to.view = new DataView(octets.buffer);
  }
  to.at = wanted;
  return at;
}

/** `1 octet`, `4 octets`. */
export function octetsText(count: number): string {
  return count === 1 ? '1 octet' : `${count} octets`;
}

/** `proposals`, `SPIs`: the plural of a field's word, for messages. */
export function plural(word: string): string {
  return `${word}s`;
}

/** `SA.proposals[0].spi at octet 36: expected 4 octets, found 2 octets left (RFC 7296 §3.3.1)` */
export function formatDecodeError({ offset, path, expected, found, rfc }: DecodeError): string {
  const where = formatPath(path);
  return `${where === '' ? '' : `${where} `}at octet ${offset}: expected ${expected}, found ${found}${rfc === '' ? '' : ` (${rfc})`}`;
}

/** `SA.proposals[0].spi` */
export function formatPath(path: readonly (string | number)[]): string {
  let text = '';
  for (const part of path) text += typeof part === 'number' ? `[${part}]` : text === '' ? part : `.${part}`;
  return text;
}

function plainText(value: unknown): string {
  switch (typeof value) {
    case 'number':
    case 'boolean':
      return String(value);
    case 'bigint':
      return `0x${value.toString(16).padStart(16, '0')}`;
    default:
      return value instanceof Uint8Array ? hexPreview(value) : '';
  }
}
