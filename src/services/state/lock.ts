/**
 * One writer at a time. The lock is the kernel's (flock), so it is gone when its holder is, however it ended; the file only tells who
 * that is.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { libc } from '../../backends/system/libc.js';
import { EnvironmentError } from '../../model/tool-error.js';
import { makePrivateFolder } from './durable.js';

export interface Lock {
  release(): void;
}

const exclusiveNow = 2 | 4;
const pollMillis = 100;

/** Takes the lock of a state directory, waiting for it so long. Throws EnvironmentError when somebody else keeps it. */
export async function takeLock(folder: string, timeoutMillis: number): Promise<Lock> {
  makePrivateFolder(folder);
  const file = path.join(folder, 'lock');
  const descriptor = openLock(file);
  const started = process.hrtime.bigint();
  while (!(await tryLock(descriptor))) {
    const waited = Number((process.hrtime.bigint() - started) / 1_000_000n);
    if (waited >= timeoutMillis) {
      closeSync(descriptor);
      throw new EnvironmentError(`another ipsec is changing this host${holder(file)}`, {
        code: 'LOCKED',
        hints: [`Waited ${Math.round(timeoutMillis / 1000)} seconds for ${file}; --lock-timeout changes that.`],
      });
    }
    await sleep(Math.min(pollMillis, timeoutMillis - waited));
  }
  ftruncateSync(descriptor);
  writeSync(descriptor, `${process.pid}\n`, 0);
  return { release: () => closeSync(descriptor) };
}

function openLock(file: string): number {
  try {
    return openSync(file, 'a+', 0o600);
  } catch (cause) {
    throw new EnvironmentError(`cannot open ${file} (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
}

/** The lock belongs to the open file, which a child shares: so flock(1) can take it for us where koffi has no binary. */
async function tryLock(descriptor: number): Promise<boolean> {
  const calls = await libc().catch(() => undefined);
  if (calls) return calls.flock(descriptor, exclusiveNow) === 0;
  const { error, status } = spawnSync('flock', ['-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', descriptor] });
  if (error)
    throw new EnvironmentError('no lock can be taken: neither koffi nor flock(1) works here', { cause: error });
  return status === 0;
}

function holder(file: string): string {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? ` (process ${pid})` : '';
  } catch {
    return '';
  }
}
