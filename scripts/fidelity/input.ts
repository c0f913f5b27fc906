/**
 * Reads pairs of configurations and what real daemons did with them. Pairs come one a line (JSON Lines), as a JSON list, or from
 * a folder: of such files, of one JSON file for each pair, or of one folder for each pair with left and right in it.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Pair, PairVerdict } from './verdict.js';

/** What is wrong with a file, and what is expected of it. */
export class InputError extends Error {}

export type RecordedVerdict = PairVerdict & { readonly id: string };

export interface Recordings {
  readonly verdicts: ReadonlyMap<string, RecordedVerdict>;
  /** Fields of verdicts that nothing compares. */
  readonly otherFields: readonly string[];
}

const comparedFields: ReadonlySet<string> = new Set([
  'ike',
  'child',
  'ikeSa',
  'childSa',
  'notifies',
  'initiatorTimedOut',
  'rekey',
  'rekeyDh',
  'rekeyNotifies',
]);
const knownFields: ReadonlySet<string> = new Set([...comparedFields, 'id', 'mutations', 'loaded']);

/** The pairs of a file or folder, in its order. Throws InputError. */
export function readPairs(from: string): readonly Pair[] {
  const pairs = kindOf(from) === 'folder' ? pairsOfFolder(from) : valuesOf(from).map(asPair);
  if (pairs.length === 0) throw new InputError(`${from}: there are no pairs in it`);
  const seen = new Set<string>();
  for (const { id } of pairs) {
    if (seen.has(id)) throw new InputError(`${from}: two pairs have the id '${id}'`);
    seen.add(id);
  }
  return pairs;
}

/** The verdicts of a file. Throws InputError. */
export function readVerdicts(from: string): Recordings {
  if (kindOf(from) === 'folder') throw new InputError(`${from}: a file of verdicts is expected, and it is a folder`);
  const verdicts = new Map<string, RecordedVerdict>();
  const others = new Set<string>();
  for (const value of valuesOf(from)) {
    const verdict = asVerdict(value);
    if (verdicts.has(verdict.id)) throw new InputError(`${value.place}: a second verdict for '${verdict.id}'`);
    verdicts.set(verdict.id, verdict);
    for (const name of Object.keys(verdict)) if (!knownFields.has(name)) others.add(name);
  }
  if (verdicts.size === 0) throw new InputError(`${from}: there are no verdicts in it`);
  return { verdicts, otherFields: [...others].sort() };
}

interface Value {
  readonly place: string;
  readonly value: unknown;
}

function kindOf(from: string): 'file' | 'folder' {
  if (!existsSync(from)) throw new InputError(`${from}: there is no such file or folder`);
  return statSync(from).isDirectory() ? 'folder' : 'file';
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`${file}: it cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}

/** The values of a JSON list, of one JSON value, or of JSON Lines. */
function valuesOf(file: string): readonly Value[] {
  const text = read(file);
  const whole = parse(text);
  if (whole) {
    const list = Array.isArray(whole.value) ? whole.value : [whole.value];
    return list.map((value, at) => ({ place: list.length > 1 ? `${file}, value ${at + 1}` : file, value }));
  }
  return text.split('\n').flatMap((line, at): Value[] => {
    if (line.trim() === '') return [];
    const place = `${file}:${at + 1}`;
    const parsed = parse(line);
    if (!parsed) throw new InputError(`${place}: not JSON; one JSON value a line is expected, or a list of them`);
    return [{ place, value: parsed.value }];
  });
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function asRecord({ place, value }: Value): Readonly<Record<string, unknown>> & { readonly id: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InputError(`${place}: an object is expected`);
  const record = value as Readonly<Record<string, unknown>>;
  const { id } = record;
  if (typeof id !== 'string' && typeof id !== 'number') throw new InputError(`${place}: it has no 'id'`);
  return { ...record, id: String(id) };
}

function asPair(value: Value): Pair {
  const record = asRecord(value);
  for (const side of ['left', 'right'] as const) {
    if (typeof record[side] !== 'string')
      throw new InputError(`${value.place}: '${side}' is not the text of a swanctl.conf`);
  }
  const { mutations } = record;
  const names = Array.isArray(mutations) ? { mutations: mutations.map(String) } : {};
  return { id: record.id, left: record.left as string, right: record.right as string, ...names };
}

function asVerdict(value: Value): RecordedVerdict {
  const record = asRecord(value);
  for (const name of ['ike', 'child'] as const) {
    if (typeof record[name] !== 'boolean') throw new InputError(`${value.place}: '${name}' is neither true nor false`);
  }
  for (const name of ['notifies', 'rekeyNotifies'] as const) {
    const list = record[name];
    if (list !== undefined && list !== null && !Array.isArray(list))
      throw new InputError(`${value.place}: '${name}' is not a list`);
  }
  const told = withoutNull(record) as unknown as RecordedVerdict;
  return { ...told, notifies: told.notifies ?? [], initiatorTimedOut: told.initiatorTimedOut ?? false, id: record.id };
}

/** `null` stands for what was not recorded; within SAs it is a value. */
function withoutNull(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const isValue = ([name, value]: [string, unknown]) => value !== null || name === 'rekeyDh';
  return Object.fromEntries(Object.entries(record).filter(isValue));
}

/** Names under which a side's configuration may lie in the folder of a pair. */
const sideFiles = (side: 'left' | 'right'): readonly string[] => [
  path.join(side, 'swanctl.conf'),
  `${side}.swanctl.conf`,
  `${side}-swanctl.conf`,
  `${side}.conf`,
];

function pairsOfFolder(folder: string): readonly Pair[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry): readonly Pair[] => {
      const inside = path.join(folder, entry.name);
      if (entry.isDirectory()) return pairOfFolder(inside, entry.name);
      // What lies beside pairs, as their verdicts do, is told from them by what it has.
      return /\.jsonl?$/.test(entry.name)
        ? valuesOf(inside).flatMap((value) => (hasSides(value) ? [asPair(value)] : []))
        : [];
    });
}

function hasSides({ value }: Value): boolean {
  return typeof value === 'object' && value !== null && 'left' in value && 'right' in value;
}

function pairOfFolder(folder: string, id: string): readonly Pair[] {
  const find = (side: 'left' | 'right') => sideFiles(side).find((name) => existsSync(path.join(folder, name)));
  const [left, right] = [find('left'), find('right')];
  if (!left && !right) return [];
  if (!left || !right) {
    const missing = left ? 'right' : 'left';
    throw new InputError(`${folder}: ${missing} is missing (${sideFiles(missing).join(', ')})`);
  }
  return [{ id, left: read(path.join(folder, left)), right: read(path.join(folder, right)) }];
}
