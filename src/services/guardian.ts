/** Starts the process that guards a change which must be confirmed: out of reach of the terminal, and alive when whoever applies is not. */
import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { EnvironmentError } from '../model/tool-error.js';

export interface Guardian {
  readonly pid: number;
}

/** Starting Node on a busy machine takes its time. */
const startMillis = 60_000;

/**
 * Starts it and waits until it watches. `command` is this program with `rollback --unless-confirmed`; it lives until the change is over,
 * and learns of this process's end by the end of its standard input. Throws EnvironmentError when it does not come up.
 */
export async function startGuardian(command: readonly string[]): Promise<Guardian> {
  const [program = '', ...words] = command;
  // A session of its own: neither the end of the terminal nor its keys reach it.
  const child = spawn(program, words, { detached: true, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] });
  const { stdin, stdout, stderr } = child;
  let said = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  stdin.on('error', () => {});
  const why = await new Promise<string | undefined>((done) => {
    const timer = setTimeout(() => done('it does not answer'), startMillis);
    const end = (reason?: string) => {
      clearTimeout(timer);
      done(reason);
    };
    stdout.once('data', () => end());
    child.once('error', ({ message }) => end(message));
    child.once('close', (code, signal) => end(said.trim().split('\n')[0] || `it ended with ${signal ?? code}`));
  });
  if (why !== undefined || child.pid === undefined) {
    child.kill('SIGKILL');
    throw new EnvironmentError(`nobody would take the change back: its guardian did not start (${why})`, {
      code: 'NO_GUARDIAN',
      hints: ['Nothing is changed.'],
    });
  }
  stdout.destroy();
  stderr.destroy();
  child.unref();
  // Open as long as this process lives, without keeping it alive.
  (stdin as Socket).unref();
  return { pid: child.pid };
}
