/** The lock of a daemon: a file with its process id, which a dead daemon's successor takes over. */
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { EnvironmentError } from '../../model/tool-error.js';
import { makeFolder } from '../make-folder.js';

/** The process id in a pid file, when such a process lives and is of this program. */
export function livingPid(file: string): number | undefined {
  let pid: number;
  try {
    pid = Number(readFileSync(file, 'utf8').trim());
  } catch {
    return undefined;
  }
  if (!Number.isSafeInteger(pid) || pid < 1 || pid === process.pid) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined;
  }
  return isNode(pid) ? pid : undefined;
}

/** Process ids come round: another program's is no daemon of ours. */
function isNode(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('runtime\0run');
  } catch {
    return true;
  }
}

/** Takes the lock, or throws EnvironmentError when a daemon holds it. Returns what gives it back. */
export function takePidFile(file: string): () => void {
  makeFolder(path.dirname(file), 0o700);
  for (let tries = 0; tries < 2; tries += 1) {
    try {
      const descriptor = openSync(file, 'wx', 0o600);
      writeSync(descriptor, `${process.pid}\n`);
      closeSync(descriptor);
      return () => rmSync(file, { force: true });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new EnvironmentError(`${file} cannot be written (${(cause as NodeJS.ErrnoException).code})`, { cause });
      }
      const pid = livingPid(file);
      if (pid !== undefined) {
        throw new EnvironmentError(`a daemon runs already (process ${pid})`, {
          code: 'RUNNING',
          hints: ['Stop it with: ipsec runtime stop. For a second one name another folder with --run-dir.'],
        });
      }
      rmSync(file, { force: true });
    }
  }
  throw new EnvironmentError(`another daemon is starting (${file})`, { code: 'RUNNING' });
}
