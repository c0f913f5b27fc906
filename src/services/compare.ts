/** The use case behind `policy diff`: loads two states, from files or git revisions, and compares them. */
import { existsSync } from 'node:fs';
import { type Comparison, compareSystems } from '../model/compare.js';
import { isError } from '../model/problem.js';
import { UsageError } from '../model/tool-error.js';
import { checkOutRevision } from './git-revision.js';
import type { LoadedSystem } from './load-system.js';
import { type LoadOptions, loadRepository } from './repository/load-repository.js';

export interface CompareOptions extends Omit<LoadOptions, 'paths'> {
  /** Path, or git revision. */
  readonly before: string;
  /** Path, or git revision; the current folder unless told. */
  readonly after?: string;
}

/** Compares two states. Throws UsageError for what is neither a path nor a revision. */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const { before, after = '.', ...load } = options;
  const sides = [await loadSide(before, load), await loadSide(after, load)] as const;
  const pairs = match(sides[0].systems, sides[1].systems);
  const systems = pairs
    .map(([a, b]) => compareSystems(a, b))
    .filter(
      (system) =>
        system.presence !== 'both' || system.treatment.length > 0 || system.peers.length > 0 || system.truncated,
    );
  const problems = sides.reduce(
    (sum, side) => sum + side.systems.reduce((count, system) => count + system.problems.filter(isError).length, 0),
    0,
  );
  return { before: sides[0].label, after: sides[1].label, systems, compared: pairs.length, problems };
}

async function loadSide(
  word: string,
  load: Omit<LoadOptions, 'paths'>,
): Promise<{ label: string; systems: readonly LoadedSystem[] }> {
  if (word === '-' || existsSync(word))
    return {
      label: word === '.' ? 'the working tree' : word,
      systems: (await loadRepository({ ...load, paths: [word] })).systems,
    };
  const checkedOut = await checkOutRevision(word);
  if (!checkedOut)
    throw new UsageError(`'${word}' is neither a file or folder nor a git revision`, { code: 'NO_SUCH_FILE' });
  try {
    return { label: word, systems: (await loadRepository({ ...load, paths: [checkedOut.folder] })).systems };
  } finally {
    checkedOut.remove();
  }
}

type Pair = readonly [LoadedSystem | undefined, LoadedSystem | undefined];

/** Systems by name; two single systems are compared whatever they are called. */
function match(before: readonly LoadedSystem[], after: readonly LoadedSystem[]): Pair[] {
  if (before.length === 1 && after.length === 1) return [[before[0], after[0]]];
  const names = [...new Set([...before, ...after].map((system) => system.name))].sort();
  const find = (systems: readonly LoadedSystem[], name: string) => systems.find((system) => system.name === name);
  return names.map((name) => [find(before, name), find(after, name)]);
}
