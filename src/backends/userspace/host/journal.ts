/**
 * What the runtime has put on the host, written down before it is done: so that the next start, or `cleanup`, can take it away whatever
 * became of the process. One file in the state folder, replaced as a whole and synced.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { EnvironmentError } from '../../../model/tool-error.js';
import type { IpLine } from './plan.js';

export interface Journal {
  readonly version: 1;
  /** Who writes: a process by its number and the time that it started, in clock ticks since the boot. */
  readonly process: { readonly pid: number; readonly startTime: string };
  readonly boot: string;
  /** The network namespace that the steps are in, as the kernel names it. */
  readonly network: string;
  /** Undoing of each step, in the order of the steps. */
  readonly undo: readonly IpLine[];
  /** The table of nf_tables, if there is one. */
  readonly guard?: string;
  /** Was it left on purpose, by a runtime that has ended, so that protected packets have no way? */
  readonly isBlocked: boolean;
}

const fileName = 'data-path.json';

function fileIn(stateDir: string): string {
  return path.join(stateDir, fileName);
}

/** What was written last, or undefined. A file that cannot be read is a fault: what it tells of must not be forgotten. */
export function readJournal(stateDir: string): Journal | undefined {
  let text: string;
  try {
    text = readFileSync(fileIn(stateDir), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(stateDir, error);
  }
  try {
    const read = JSON.parse(text) as Journal;
    if (read.version === 1 && Array.isArray(read.undo) && read.undo.every(isLine)) return read;
  } catch (error) {
    throw unreadable(stateDir, error);
  }
  throw unreadable(stateDir, undefined);
}

function isLine(value: unknown): value is IpLine {
  const { family, line } = (value ?? {}) as Partial<IpLine>;
  // Only what we write ourselves is ever carried out.
  return (family === 4 || family === 6) && typeof line === 'string' && /^(rule|route) del [ -~]+$/.test(line);
}

function unreadable(stateDir: string, cause: unknown): EnvironmentError {
  return new EnvironmentError(`the journal ${fileIn(stateDir)} cannot be read`, {
    code: 'JOURNAL',
    cause,
    hints: [
      'It tells which routing rules and routes the runtime has set: see "ip rule" and "ip route show table all" for those left over, remove them, then the file.',
    ],
  });
}

/** Writes it, and returns only once it is on the disk. */
export function writeJournal(stateDir: string, journal: Journal): void {
  const file = fileIn(stateDir);
  try {
    writeWhole(stateDir, fileName, `${JSON.stringify(journal, undefined, 1)}\n`);
  } catch (cause) {
    throw new EnvironmentError(`the journal ${file} cannot be written (${(cause as NodeJS.ErrnoException).code})`, {
      code: 'JOURNAL',
      cause,
      hints: ['Nothing is changed on the host without it: see to space and rights there, or give another --state-dir.'],
    });
  }
}

/** A file of the state folder as a whole, on the disk when this returns, or what was there before. */
function writeWhole(stateDir: string, name: string, text: string): void {
  const draft = path.join(stateDir, `${name}.${process.pid}`);
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    const descriptor = openSync(draft, 'w', 0o600);
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, path.join(stateDir, name));
    const folder = openSync(stateDir, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

const scriptName = 'guard.nft';

/**
 * Keeps the script of the guard that is on the host for a start of the machine with records that cannot be read. Where it cannot be written
 * the last one stays: no reason to refuse the guard itself.
 */
export function keepGuardScript(stateDir: string, script: string): void {
  try {
    writeWhole(stateDir, scriptName, script);
  } catch {
    // What could not be kept is missed at the next start, and said then.
  }
}

/** The script that was kept last, or undefined. */
export function lastGuardScript(stateDir: string): string | undefined {
  try {
    return readFileSync(path.join(stateDir, scriptName), 'utf8');
  } catch {
    return undefined;
  }
}

/** Nothing is left on the host. */
export function removeJournal(stateDir: string): void {
  rmSync(fileIn(stateDir), { force: true });
}

/** The parts of a journal that tell of this process and this host. */
export function journalHere(): Pick<Journal, 'version' | 'process' | 'boot' | 'network'> {
  return {
    version: 1,
    process: { pid: process.pid, startTime: startTimeOf(process.pid) ?? '' },
    boot: bootId(),
    network: networkName(),
  };
}

/** Is the process that wrote it alive, and another than this one? */
export function isOwnerAlive({ process: owner, boot }: Journal): boolean {
  return owner.pid !== process.pid && boot === bootId() && startTimeOf(owner.pid) === owner.startTime;
}

/** Was it written before the host was booted? Then nothing of it is left. */
export function isOfThisBoot({ boot }: Journal): boolean {
  return boot === bootId();
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

export function networkName(): string {
  return readlinkSync('/proc/self/ns/net');
}

/** The 22nd field of /proc/PID/stat; the second is a name in parentheses, which may hold blanks. */
function startTimeOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
