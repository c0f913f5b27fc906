/** Reads keys from files and folders. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '../../../model/tool-error.js';
import { tableNames } from '../../../report/key-tables.js';
import { readJsonKeys } from './json-keys.js';
import { joinKeys, type KeySet } from './key-set.js';
import { readTable, tableKind } from './wireshark-tables.js';

/** Octets of one file. */
const fileOctetsMax = 64 * 1024 * 1024;

/**
 * All keys of files, and of folders with Wireshark's tables in them. Throws UsageError for a path that cannot be read, and for a
 * file that is no table of keys.
 */
export function readKeys(paths: readonly string[]): KeySet {
  return joinKeys(paths.flatMap((word) => filesOf(word).map(readFile)));
}

function filesOf(word: string): string[] {
  if (!guarded(word, () => statSync(word)).isDirectory()) return [word];
  const known: readonly string[] = Object.values(tableNames);
  const names = guarded(word, () => readdirSync(word)).filter((name) => known.includes(name));
  if (names.length === 0)
    throw new UsageError(`${word} has no table of keys`, {
      code: 'UNKNOWN_NAME',
      hints: [`Tables are called ${known.join(', ')}.`],
    });
  return names.sort().map((name) => path.join(word, name));
}

function readFile(file: string): KeySet {
  const { size } = guarded(file, () => statSync(file));
  if (size > fileOctetsMax)
    throw new UsageError(`${file} has ${size} octets, too many for a table of keys`, { code: 'UNREADABLE' });
  const text = guarded(file, () => readFileSync(file, 'utf8')).replace(/^\ufeff/, '');
  if (/^\s*[[{]/.test(text)) return readJsonKeys(text, file);
  const kind = tableKind(path.basename(file), text);
  if (kind) return readTable(kind, text, file);
  throw new UsageError(`${file} is no table of keys`, {
    code: 'UNREADABLE',
    hints: [
      `Give a folder with ${Object.values(tableNames).join(', ')}, one of these files, or the same keys as JSON.`,
    ],
  });
}

function guarded<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError(`cannot read the keys of ${file} (${code})`, { code: 'UNREADABLE', cause });
  }
}
