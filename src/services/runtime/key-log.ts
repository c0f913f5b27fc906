/**
 * The keys of a daemon's SAs as the tables that Wireshark reads, written while they come about: for tests and for looking at one's own
 * traffic. Only who asks for it gets it; the folder and its files are their owner's alone, and nothing is ever printed.
 */
import { appendFileSync, chmodSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { EnvironmentError } from '../../model/tool-error.js';
import { type KeyTables, writeKeyTables } from '../../report/key-tables.js';
import { espKeysOf, ikeKeyTables } from '../negotiate/captured.js';
import type { LiveFact } from './live-system.js';

export interface KeyLog {
  note(fact: LiveFact): void;
}

/** Opens the folder. Throws EnvironmentError where others can read it, or it cannot be written. */
export function openKeyLog(folder: string): KeyLog {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
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
  return {
    note(fact) {
      if (fact.kind === 'installed') {
        const keys = espKeysOf(fact.sa);
        if (keys) append({ esp: [keys] });
      } else if (fact.kind === 'event' && fact.event.kind === 'ike-keys') append(ikeKeyTables(fact.event.keys));
    },
  };
}
