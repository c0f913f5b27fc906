/**
 * What conversions of every sample lose, as a golden list: one line for what some samples have in common. Only `npm run golden`
 * rewrites it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FileAccess, Loss } from '../../../src/dialects/dialect.js';
import { parseFormat, recordsFormat } from '../../../src/dialects/registry.js';
import { SourceText } from '../../../src/model/span.js';
import { convertSystem, targetOf } from '../../../src/services/convert/convert.js';
import { loadSystem } from '../../../src/services/load-system.js';
import { sharedMissing, sharedPath } from '../../support/shared.js';

interface Collection {
  readonly name: string;
  /** Folder of the reference material. */
  readonly folder: readonly string[];
  readonly format: string;
  isSample(file: string): boolean;
  readonly to: readonly string[];
}

const collections: readonly Collection[] = [
  {
    name: 'strongSwan',
    folder: ['vectors', 'strongswan', 'configs'],
    format: 'swanctl@6.0.6',
    isSample: (file) => path.basename(file) === 'swanctl.conf',
    to: ['libreswan', 'records@extended'],
  },
  {
    name: 'Libreswan',
    folder: ['vectors', 'libreswan', 'configs'],
    format: 'libreswan',
    isSample: (file) => file.endsWith('.conf'),
    to: ['swanctl'],
  },
  {
    name: 'racoon',
    folder: ['vectors', 'configs', 'racoon'],
    format: 'racoon',
    isSample: () => true,
    to: ['swanctl'],
  },
  {
    name: 'setkey',
    folder: ['vectors', 'configs', 'setkey'],
    format: 'setkey',
    isSample: () => true,
    to: ['swanctl', 'xfrm'],
  },
  { name: 'iked', folder: ['vectors', 'configs', 'iked'], format: 'iked', isSample: () => true, to: ['swanctl'] },
  {
    name: 'HP-UX',
    folder: ['reference', 'hpux-examples'],
    format: recordsFormat,
    isSample: (file) => file.endsWith('.conf'),
    to: ['swanctl', 'libreswan', 'xfrm', 'setkey'],
  },
];

/** The folder of a sample, and Libreswan's shared includes. */
function filesAround(file: string): FileAccess {
  return {
    find(pattern) {
      const full = path.resolve(path.dirname(file), pattern);
      if (/[*?[]/.test(pattern) || !existsSync(full) || !full.startsWith(path.dirname(file))) return [];
      return [{ source: new SourceText(full, readFileSync(full, 'utf8')), problems: [] }];
    },
  };
}

async function losses(collection: Collection, file: string, to: string): Promise<readonly Loss[]> {
  const format = await parseFormat(collection.format);
  const original = loadSystem({
    name: 'sample',
    sources: [new SourceText(file, readFileSync(file, 'utf8'))],
    fileAccess: filesAround(file),
    ...(format ? { format } : {}),
  });
  return convertSystem(original, await targetOf(to)).losses;
}

/** What was lost, without the names and values of one sample. */
function summary(all: readonly Loss[]): string {
  const kinds = (['packets', 'negotiation', 'local'] as const).flatMap((effect) => {
    const words = new Set(all.filter((loss) => loss.effect === effect).map(kindOf));
    return words.size > 0 ? [`${effect}: ${[...words].sort().join('; ')}`] : [];
  });
  return kinds.length > 0 ? kinds.join(' | ') : 'nothing';
}

function kindOf({ what, message }: Loss): string {
  if (what !== undefined) return what;
  if (/^(?:forwarded: )?(?:outbound|inbound) /.test(message)) return 'packets are treated otherwise';
  return message
    .replace(/^[^:]{1,80}: /, '')
    .replace(/'[^']*'|\([^)]*\)|\d+/g, '…')
    .slice(0, 100);
}

describe.each(collections)('conversions of $name', (collection) => {
  const root = sharedPath(...collection.folder);
  it.skipIf(root === undefined).each(collection.to)(
    `to %s lose what is listed${root === undefined ? ` (${sharedMissing})` : ''}`,
    { timeout: 300_000 },
    async (to) => {
      const groups = new Map<string, string[]>();
      const files = readdirSync(root!, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(root!, path.join(entry.parentPath, entry.name)))
        .filter((file) => collection.isSample(file))
        .sort();
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) {
        const text = summary(await losses(collection, path.join(root!, file), to));
        groups.set(text, [...(groups.get(text) ?? []), file]);
      }
      const lines = [...groups]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([text, names]) => [text, `    ${names.join(' ')}`]);
      await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(
        `../../golden/convert/${collection.name.toLowerCase()}-to-${to.split('@')[0]}.txt`,
      );
    },
  );
});
