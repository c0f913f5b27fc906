/** The built program on a real kernel, in a namespace of the test's own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundle } from '../../support/bundle.js';
import { builtProgram, finish, type RunResult } from '../../support/cli.js';
import { type OneNamespace, oneNamespace } from '../../support/one-namespace.js';

export interface RealHost {
  readonly namespace: OneNamespace;
  readonly folder: string;
  readonly stateDir: string;
  /** Writes records and gives their path. */
  records(text: string): string;
  /** Runs `ipsec ARGS… --state-dir …` in the namespace. */
  ipsec(args: readonly string[], wrap?: readonly string[]): Promise<RunResult>;
  start(args: readonly string[], wrap?: readonly string[]): Promise<ChildProcess>;
  /** Runs dying-apply.ts; the signal that ended it, if one did. */
  dyingApply(records: string, step: number): Promise<NodeJS.Signals | null>;
  /** Policies as `ip xfrm policy` shows them, sorted. */
  policies(): readonly string[];
  remove(): void;
}

interface Programs {
  readonly program: string;
  readonly dying: string;
}

let programs: Promise<Programs> | undefined;

/** Builds the program when its sources have changed, and the one that dies; call it in a hook that may take long. */
export function builtPrograms(): Promise<Programs> {
  programs ??= buildPrograms();
  return programs;
}

async function buildPrograms(): Promise<Programs> {
  const dying = await bundle('test/services/host/dying-apply.ts');
  return { program: path.join(await builtProgram(), 'bin', 'run.js'), dying };
}

/** Makes one. */
export async function realHost(): Promise<RealHost> {
  const { program, dying } = await builtPrograms();
  const namespace = await oneNamespace();
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-host-'));
  const stateDir = path.join(folder, 'state');
  let count = 0;
  const env = { PATH: process.env.PATH, HOME: '/nonexistent' };
  const within = (command: readonly string[]) => spawn('ip', ['netns', 'exec', namespace.name, ...command], { env });
  const start = async (args: readonly string[], wrap: readonly string[] = []) =>
    within([...wrap, process.execPath, program, ...args, '--state-dir', stateDir]);
  return {
    namespace,
    folder,
    stateDir,
    records(text) {
      count += 1;
      const file = path.join(folder, `host-${count}.conf`);
      writeFileSync(file, text);
      return file;
    },
    start,
    async ipsec(args, wrap) {
      const child = await start(args, wrap);
      child.stdin?.on('error', () => {});
      child.stdin?.end();
      return finish(child, 60_000);
    },
    async dyingApply(records, step) {
      const { code, signal, stderr } = await finish(
        within([process.execPath, dying, stateDir, records, String(step)]),
        60_000,
      );
      if (code !== 0 && signal === null && code !== 137) throw new Error(stderr);
      return code === 137 ? 'SIGKILL' : signal;
    },
    policies: () =>
      namespace
        .shell('ip xfrm policy')
        .split(/\n(?=\S)/)
        .map((entry) => entry.replace(/\s+/g, ' ').trim())
        .filter((entry) => entry !== '')
        .sort(),
    remove() {
      namespace.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
