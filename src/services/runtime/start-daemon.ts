/** Starts a daemon as a process of its own and waits until it answers or has ended. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { EnvironmentError } from '../../model/tool-error.js';
import { makeFolder } from '../make-folder.js';
import { daemonAnswers } from './control-client.js';
import { livingPid } from './pid-file.js';
import type { RuntimePlaces } from './places.js';

export interface StartOptions {
  readonly places: RuntimePlaces;
  /** The program and the arguments of `runtime run`; no secret is among them. */
  readonly command: readonly string[];
}

const pollMillis = 50;
/** Milliseconds until the daemon must answer: reading a large repository takes its time. */
const startMillis = 60_000;
/** Octets of the end of the log that are shown when it does not start. */
const logTailMax = 2_000;

/** Returns the process id. Throws EnvironmentError with what the daemon said when it does not come up. */
export async function startDetached({ places, command }: StartOptions): Promise<number> {
  const running = livingPid(places.pidFile);
  if (running !== undefined) {
    throw new EnvironmentError(`a daemon runs already (process ${running})`, {
      code: 'RUNNING',
      hints: ['ipsec runtime status shows it.'],
    });
  }
  makeFolder(places.folder, 0o700);
  const log = openSync(places.log, 'a', 0o600);
  const from = statSync(places.log).size;
  const [program = '', ...words] = command;
  const child = spawn(program, words, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  let ended: string | undefined;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended = signal ? `signal ${signal}` : `exit code ${code}`;
  });
  for (const until = performance.now() + startMillis; performance.now() < until; ) {
    if (ended !== undefined) {
      throw new EnvironmentError(`the daemon did not start (${ended})`, {
        code: 'NOT_STARTED',
        hints: [...tail(places.log, from), `Its log is ${places.log}.`],
      });
    }
    if (await daemonAnswers(places.socket)) {
      child.unref();
      return child.pid ?? 0;
    }
    await new Promise((done) => setTimeout(done, pollMillis));
  }
  child.kill();
  throw new EnvironmentError(`the daemon does not answer after ${startMillis / 1000} seconds`, { code: 'NO_ANSWER' });
}

/** The last that the daemon said, a line each. */
function tail(file: string, from: number): string[] {
  const text = readFileSync(file).subarray(from).toString('utf8').slice(-logTailMax);
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
}
