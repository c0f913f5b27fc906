/**
 * The keys of SAs that this tool installed by hand: all in one file of mode 0600, so that the other files of the state directory can be
 * shown and shared. A reference tells nothing of its key: it is an HMAC under a salt of this directory.
 */
import { createHmac, randomBytes } from 'node:crypto';
import path from 'node:path';
import { Secret } from '../../model/secret.js';
import { damaged, readIfThere, removeDurably, writeDurably } from './durable.js';
import type { KeyStore } from './serialize.js';

export interface Vault extends KeyStore {
  /** Writes what was put, before anything refers to it. */
  save(): void;
  isEmpty(): boolean;
  /** Forgets all keys but those that are still referred to. */
  keepOnly(references: ReadonlySet<string>): void;
}

interface VaultFile {
  readonly salt: string;
  readonly keys: Readonly<Record<string, string>>;
}

/** Opens the vault of a state directory; it need not be there. */
export function openVault(folder: string): Vault {
  const file = path.join(folder, 'keys.json');
  const found = readVault(file);
  const salt = found ? Buffer.from(found.salt, 'hex') : randomBytes(16);
  const keys = new Map(Object.entries(found?.keys ?? {}));
  let changed = false;
  return {
    put(key) {
      const reference = createHmac('sha256', salt).update(key.reveal()).digest('hex').slice(0, 32);
      if (!keys.has(reference)) {
        keys.set(reference, Buffer.from(key.reveal()).toString('hex'));
        changed = true;
      }
      return reference;
    },
    get(reference) {
      const hex = keys.get(reference);
      if (hex === undefined) throw damaged(file, 'a key is missing that another file refers to');
      return new Secret(Buffer.from(hex, 'hex'));
    },
    save() {
      if (!changed) return;
      writeDurably(file, `${JSON.stringify({ salt: salt.toString('hex'), keys: Object.fromEntries(keys) })}\n`);
      changed = false;
    },
    isEmpty: () => keys.size === 0,
    keepOnly(references) {
      for (const reference of [...keys.keys()]) {
        if (references.has(reference)) continue;
        keys.delete(reference);
        changed = true;
      }
      if (keys.size > 0) this.save();
      else if (changed || found) {
        removeDurably(file);
        changed = false;
      }
    },
  };
}

function readVault(file: string): VaultFile | undefined {
  const text = readIfThere(file)?.toString('utf8');
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as VaultFile;
    const isWhole =
      /^[0-9a-f]{32}$/.test(value.salt) && Object.values(value.keys).every((key) => /^([0-9a-f]{2})*$/.test(key));
    if (isWhole) return value;
  } catch {
    // Told below: the text of a parser could hold a key.
  }
  throw damaged(file, 'it is not what this tool writes');
}
