/**
 * The file of the state directory: `state.jsonl`, which holds the newest state and the journal of a change in progress. A change costs what
 * it changes: it adds one line before its first step and one behind its last, each on the disk before anything else happens. When the file has grown
 * it is begun anew with the whole state, and the old one goes to `history`, for `ipsec rollback`.
 */
import { closeSync, fsyncSync, ftruncateSync, linkSync, openSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { HostPolicy } from '../../model/host-state.js';
import { appendDurably, cannot, makePrivateFolder, readIfThere, writeDurably } from './durable.js';
import type { Journal } from './journal.js';
import { type Line, lineOf, readLines } from './lines.js';
import { emptyRegistry, type Registry, whereWeAre } from './registry.js';
import { beginLine, doneLine, type Replayed, replay, snapshotLine } from './replay.js';
import type { Vault } from './vault.js';

/** States before the newest that are kept at least. */
export const historyMax = 20;
/** Changes behind the whole state in one file. */
const changesMax = 16;
/** Octets that an entry takes about, and how many times over the file may hold what the newest state does. */
const entryOctets = 300;
const surplus = 3;
const spareOctets = 1024 * 1024;

export interface StateStore {
  /** The newest state; an empty one when there is none. */
  readonly registry: Registry;
  /** Of a change that did not come to its end; what it was about is gone when the machine was started anew. */
  readonly journal?: Journal;
  /** Writes the journal of a change. Throws EnvironmentError when it cannot be written; then nothing may be done. */
  begin(journal: Journal): OpenJournal;
  /** The journal of the change that did not come to its end, to bring it there. */
  reopen(): OpenJournal;
  /** Writes a state that no change on the host leads to. */
  replace(registry: Registry): void;
  /** An earlier state; undefined when it is not kept. */
  earlier(serial: number): Registry | undefined;
  /** Earlier states, the youngest first. */
  history(): readonly Registry[];
}

export interface OpenJournal {
  /** The change is done, and its state the newest. `found`: what the stack holds with another index than it was given. */
  done(found: readonly HostPolicy[]): void;
  /** The host is as before, and so is the state. */
  undone(): void;
}

/** Reads it. Throws EnvironmentError when it is damaged. Nothing may be written without the lock. */
export function openStore(folder: string, vault: Vault): StateStore {
  const file = path.join(folder, 'state.jsonl');
  const content = readIfThere(file);
  const lines = content ? readLines(content, file) : [];
  const newest: Replayed = lines.length > 0 ? last(replay(lines, file, vault)) : { registry: emptyRegistry(), end: 0 };
  const { registry } = newest;
  const journal = newest.journal?.bootId === whereWeAre().bootId ? newest.journal : undefined;

  /** The whole state, and what follows it, in a new file. */
  function beginAnew(state: Registry, following: readonly Buffer[]): number {
    const head = lineOf(snapshotLine(state, vault));
    vault.save();
    if (lines.length > 0) keep(folder, file, registry.serial);
    writeDurably(file, Buffer.concat([head, ...following]));
    prune(folder, vault, registry.serial);
    return head.length;
  }

  function add(line: Buffer): number {
    vault.save();
    // What was cut off, or taken back, is no more than the beginning of a line.
    const descriptor = truncated(file, newest.end);
    try {
      appendDurably(descriptor, line, file);
    } catch (error) {
      shorten(descriptor, newest.end);
      throw error;
    } finally {
      closeSync(descriptor);
    }
    return newest.end;
  }

  function opened(of: Journal, begunAt: number): OpenJournal {
    return {
      done(found) {
        const descriptor = openOrThrow(file, 'a');
        try {
          appendDurably(descriptor, lineOf(doneLine(of, found)), file);
        } finally {
          closeSync(descriptor);
        }
      },
      // Needs no room on the disk.
      undone: () => closeSync(truncated(file, begunAt)),
    };
  }

  return {
    registry,
    ...(journal ? { journal } : {}),
    begin(of) {
      const line = lineOf(beginLine(of, registry, vault));
      return opened(of, isGrown(lines, registry) ? beginAnew(registry, [line]) : add(line));
    },
    reopen() {
      if (!journal) throw new Error('there is no change to bring to its end');
      return opened(journal, newest.end);
    },
    replace: (state) => void beginAnew(state, []),
    earlier: (serial) => earlierStates(folder, file, lines, vault).find((state) => state.serial === serial),
    history: () => earlierStates(folder, file, lines, vault).filter(({ serial }) => serial < registry.serial),
  };
}

/** Is it time to begin the file anew? Also when there is none. */
function isGrown(lines: readonly Line[], { state: { policies, sas } }: Registry): boolean {
  const size = lines.at(-1)?.end ?? 0;
  const enough = surplus * entryOctets * (policies.length + sas.length) + spareOctets;
  return lines.length === 0 || lines.length > 2 * changesMax || size > enough;
}

function truncated(file: string, length: number): number {
  const descriptor = openOrThrow(file, 'a');
  try {
    ftruncateSync(descriptor, length);
    fsyncSync(descriptor);
    return descriptor;
  } catch (cause) {
    closeSync(descriptor);
    throw cannot('write', file, cause);
  }
}

function shorten(descriptor: number, length: number): void {
  try {
    ftruncateSync(descriptor, length);
  } catch {
    // It is not whole, and counts for nothing; the fault that led here is the one to tell.
  }
}

function openOrThrow(file: string, flags: string): number {
  try {
    return openSync(file, flags, 0o600);
  } catch (cause) {
    throw cannot('write', file, cause);
  }
}

function historyFile(folder: string, serial: number): string {
  return path.join(folder, 'history', `${String(serial).padStart(6, '0')}.jsonl`);
}

/** The last serials of the files in the history, the youngest first. */
function historySerials(folder: string): readonly number[] {
  try {
    return readdirSync(path.join(folder, 'history'))
      .flatMap((name) => (/^\d{6,}\.jsonl$/.test(name) ? [Number.parseInt(name, 10)] : []))
      .sort((a, b) => b - a);
  } catch {
    return [];
  }
}

function keep(folder: string, file: string, serial: number): void {
  const kept = historyFile(folder, serial);
  makePrivateFolder(path.dirname(kept));
  try {
    rmSync(kept, { force: true });
    linkSync(file, kept);
  } catch (cause) {
    throw cannot('write', kept, cause);
  }
}

/** Every state that is kept but the newest, the youngest first. */
function earlierStates(folder: string, file: string, lines: readonly Line[], vault: Vault): readonly Registry[] {
  const found = new Map<number, Registry>();
  const note = (from: readonly Line[], of: string) => {
    if (from.length === 0) return;
    for (const { registry } of replay(from, of, vault)) if (registry.serial > 0) found.set(registry.serial, registry);
  };
  for (const serial of [...historySerials(folder)].reverse()) {
    const of = historyFile(folder, serial);
    const content = readIfThere(of);
    if (content) note(readLines(content, of), of);
  }
  note(lines, file);
  return [...found.values()].sort((a, b) => b.serial - a.serial);
}

/** Removes files whose states are all too old, and keys that no state needs any more. */
function prune(folder: string, vault: Vault, newest: number): void {
  for (const serial of historySerials(folder))
    if (serial < newest - historyMax) rmSync(historyFile(folder, serial), { force: true });
  if (vault.isEmpty()) return;
  const references = new Set<string>();
  const files = [
    path.join(folder, 'state.jsonl'),
    ...historySerials(folder).map((serial) => historyFile(folder, serial)),
  ];
  for (const file of files) {
    const text = readIfThere(file)?.toString('utf8') ?? '';
    for (const [, reference] of text.matchAll(/"([0-9a-f]{32})"/g)) references.add(reference!);
  }
  vault.keepOnly(references);
}

function last<T>(values: Iterable<T>): T {
  let found: T | undefined;
  for (const value of values) found = value;
  return found!;
}
