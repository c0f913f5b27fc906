/**
 * Every configuration that is at hand as a sample for readers and writers: our examples, and the reference material where it
 * is beside the checkout.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FileAccess } from '../../src/dialects/dialect.js';
import { parseFormat, recordsFormat } from '../../src/dialects/registry.js';
import { SourceText } from '../../src/model/span.js';
import { type LoadedSystem, loadSystem } from '../../src/services/load-system.js';
import { sharedPath } from './shared.js';

export interface SampleCollection {
  /** For people, and part of file names: `strongSwan`. */
  readonly name: string;
  /** The folder; absent where the reference material is not there. */
  readonly root: string | undefined;
  /** As `--format-in` spells it. */
  readonly format: string;
  isSample(file: string): boolean;
}

const examples = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..', 'examples');
const isConf = (file: string) => file.endsWith('.conf');

/** Our examples first, then the reference material. */
export const sampleCollections: readonly SampleCollection[] = [
  {
    name: 'examples',
    root: examples,
    format: recordsFormat,
    // What is in another format by its name, or no policy at all.
    isSample: (file) => isConf(file) && !/swanctl|(?:^|\/)(?:ipsec|racoon|iked)\.conf$/.test(file),
  },
  { name: 'HP-UX', root: sharedPath('reference', 'hpux-examples'), format: recordsFormat, isSample: isConf },
  {
    name: 'strongSwan',
    root: sharedPath('vectors', 'strongswan', 'configs'),
    format: 'swanctl@6.0.6',
    isSample: (file) => path.basename(file) === 'swanctl.conf',
  },
  { name: 'Libreswan', root: sharedPath('vectors', 'libreswan', 'configs'), format: 'libreswan', isSample: isConf },
  {
    name: 'ipsec.conf',
    root: sharedPath('vectors', 'configs', 'ipsec.conf'),
    format: 'libreswan',
    isSample: (file) => !file.includes('secrets'),
  },
  { name: 'racoon', root: sharedPath('vectors', 'configs', 'racoon'), format: 'racoon', isSample: () => true },
  { name: 'setkey', root: sharedPath('vectors', 'configs', 'setkey'), format: 'setkey', isSample: () => true },
  { name: 'iked', root: sharedPath('vectors', 'configs', 'iked'), format: 'iked', isSample: () => true },
  {
    name: 'OpenBSD',
    root: sharedPath('vectors', 'configs', 'openbsd-ipsec.conf'),
    format: 'openbsd-ipsec',
    isSample: () => true,
  },
];

export function collectionOf(name: string): SampleCollection {
  const found = sampleCollections.find((collection) => collection.name === name);
  if (!found) throw new Error(`no samples are called ${name}`);
  return found;
}

/** The paths of a collection's samples, relative to its folder and sorted; none where it is not there. */
export function samplesOf({ root, isSample }: SampleCollection): readonly string[] {
  if (root === undefined) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .filter(isSample)
    .sort();
}

/** Reads one sample, with what it includes from its own folder. */
export async function loadSample({ root, format }: SampleCollection, sample: string): Promise<LoadedSystem> {
  const file = path.join(root!, sample);
  const choice = await parseFormat(format);
  return loadSystem({
    name: 'sample',
    sources: [new SourceText(file, readFileSync(file, 'utf8'))],
    fileAccess: filesAround(file),
    ...(choice ? { format: choice } : {}),
  });
}

/** The folder of a sample. */
function filesAround(file: string): FileAccess {
  return {
    find(pattern) {
      const full = path.resolve(path.dirname(file), pattern);
      if (/[*?[]/.test(pattern) || !existsSync(full) || !full.startsWith(path.dirname(file))) return [];
      return [{ source: new SourceText(full, readFileSync(full, 'utf8')), problems: [] }];
    },
  };
}
