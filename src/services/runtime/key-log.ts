/**
 * The keys of a daemon's SAs as the tables that Wireshark reads, written while they come about: for tests and for looking at one's own
 * traffic. Only who asks for it gets it; the folder and its files are their owner's alone, and nothing is ever printed.
 */
import { appendFileSync, chmodSync, statSync } from 'node:fs';
import path from 'node:path';
import { EnvironmentError } from '../../model/tool-error.js';
import { type KeyTables, writeKeyTables } from '../../report/key-tables.js';
import { makeFolder } from '../make-folder.js';
import { espKeysOf, ikeKeyTables } from '../negotiate/captured.js';
import type { LiveFact } from './live-system.js';

export interface KeyLog {
  /** Never throws: whoever tells facts has more to do than to write keys. */
  note(fact: LiveFact): void;
}

/**
 * Opens the folder. Throws EnvironmentError where others can read it, or it cannot be written. `trouble` hears of the first of some keys in a
 * row that could not be written, as on a full disk.
 */
export function openKeyLog(folder: string, trouble: (text: string) => void): KeyLog {
  try {
    makeFolder(folder, 0o700);
    if ((statSync(folder).mode & 0o077) !== 0) {
      throw new EnvironmentError(`${folder} can be entered by others`, {
        code: 'UNSAFE_FOLDER',
        hints: [`Keys are to be written there. Make it private: chmod 700 ${folder}`],
      });
    }
  } catch (cause) {
    if (cause instanceof EnvironmentError) throw cause;
    throw new EnvironmentError(`${folder} cannot be written (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
  const append = (tables: Partial<KeyTables>): void => {
    const { files } = writeKeyTables({ ikev1: [], ikev2: [], esp: [], ...tables });
    for (const [name, text] of files) {
      const file = path.join(folder, name);
      appendFileSync(file, text, { mode: 0o600 });
      chmodSync(file, 0o600);
    }
  };
  const tablesOf = (fact: LiveFact): Partial<KeyTables> | undefined => {
    if (fact.kind === 'event' && fact.event.kind === 'ike-keys') return ikeKeyTables(fact.event.keys);
    const keys = fact.kind === 'installed' ? espKeysOf(fact.sa) : undefined;
    return keys && { esp: [keys] };
  };
  let isFailing = false;
  return {
    note(fact) {
      const tables = tablesOf(fact);
      if (!tables) return;
      try {
        append(tables);
        isFailing = false;
      } catch (error) {
        if (!isFailing) trouble(`keys cannot be written to ${folder} (${(error as NodeJS.ErrnoException).code})`);
        isFailing = true;
      }
    },
  };
}
