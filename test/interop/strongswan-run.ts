/** Our daemon in one namespace (left) and strongSwan's in the other (right), with the configurations of a case. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { callDaemon, daemonAnswers } from '../../src/services/runtime/control-client.js';
import type { SaListDocument } from '../../src/services/runtime/sa-document.js';
import { type Charon, startCharon } from '../support/charon.js';
import { endProcess, type Namespaces } from '../support/netns.js';
import { type Case, recordsOf, swanctlOf } from './strongswan-case.js';

export interface Ours {
  readonly socket: string;
  readonly process: ChildProcess;
  log(): string;
  /** As an operator would, with farewells; kill -9 is for the test to send to `process`. */
  stop(): Promise<void>;
}

export interface Run extends Ours {
  readonly charon: Charon;
  /** Where our records, state and control socket are: for a second start. */
  readonly place: string;
}

export interface RunOptions {
  /** For everything that is written; it has the PKI in `pki/`, if any. */
  readonly folder: string;
  readonly changeTheirs?: (text: string) => string;
  readonly changeOurs?: (text: string) => string;
  readonly dataPath?: 'none' | 'userspace';
  /** More arguments of `runtime run`. */
  readonly words?: readonly string[];
  /** Where our daemon is; strongSwan's is on the other side. */
  readonly where?: 'left' | 'right';
}

/** Starts both; throws what was said when one does not come up. */
export async function startBoth(namespaces: Namespaces, test: Case, options: RunOptions): Promise<Run> {
  const { folder, changeOurs = (text) => text, changeTheirs = (text) => text, where = 'left' } = options;
  const place = mkdtempSync(path.join(folder, 'run-'));
  writeFileSync(path.join(place, 'ours.conf'), changeOurs(recordsOf(test)), { mode: 0o600 });
  const charon = await startCharon(namespaces, where === 'left' ? 'right' : 'left', {
    swanctl: changeTheirs(swanctlOf(test)),
    ...(test.settings ? { settings: test.settings } : {}),
    ...(test.key ? { credentials: path.join(folder, 'pki', 'right') } : {}),
  });
  let ours: Ours;
  try {
    ours = await startOurs(namespaces, place, options);
  } catch (error) {
    await charon.stop();
    throw error;
  }
  return {
    ...ours,
    charon,
    place,
    async stop() {
      await ours.stop();
      await charon.stop();
    },
  };
}

/** Starts our daemon with the records that are in `place`. */
export async function startOurs(
  namespaces: Namespaces,
  place: string,
  {
    folder,
    dataPath = 'none',
    words = [],
    where = 'left',
  }: Pick<RunOptions, 'folder' | 'dataPath' | 'words' | 'where'>,
): Promise<Ours> {
  const said: string[] = [];
  const credentials = path.join(folder, 'pki', 'left');
  const program = path.resolve(import.meta.dirname, '../../bin/dev.js');
  const child = namespaces.start(
    where,
    [
      process.execPath,
      program,
      'runtime',
      'run',
      path.join(place, 'ours.conf'),
      '--run-dir',
      place,
      '--data-path',
      dataPath,
      '--state-dir',
      path.join(place, 'state'),
      ...(words.includes('--log-level') ? [] : ['--log-level', 'debug']),
      ...(existsSync(credentials) ? ['--credentials', credentials] : []),
      ...words,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  child.stdout?.on('data', (chunk) => said.push(String(chunk)));
  child.stderr?.on('data', (chunk) => said.push(String(chunk)));
  const socket = path.join(place, 'control.sock');
  for (let tries = 0; !(await daemonAnswers(socket)); tries += 1) {
    if (child.exitCode !== null || child.signalCode !== null || tries > 2400) {
      await endProcess(child);
      throw new Error(`our daemon did not start: ${said.join('')}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  return { socket, process: child, log: () => said.join(''), stop: () => endProcess(child) };
}

export async function saList(socket: string): Promise<SaListDocument> {
  return (await callDaemon(socket, 'sa.list', {})) as SaListDocument;
}

/** Waits for an SA pair; gives what there is when none comes. */
export async function established(socket: string, millis = 12_000): Promise<SaListDocument> {
  for (const until = Date.now() + millis; ; await new Promise((done) => setTimeout(done, 100))) {
    const list = await saList(socket);
    if (list.childSas.length > 0 || Date.now() > until) return list;
  }
}
