/** The built program on a real kernel, in a namespace of the test's own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import type { Means } from '../../../src/services/host-session.js';
import type { Outcome } from '../../../src/services/transaction.js';
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
  /** Runs `ipsec apply` for such records, which must end well. */
  apply(text: string): Promise<void>;
  /** Path of the built program. */
  readonly program: string;
  /** Starts any command in the namespace. */
  within(command: readonly string[]): ChildProcess;
  start(args: readonly string[], wrap?: readonly string[]): Promise<ChildProcess>;
  /** Does it with dying.ts (`apply RECORDS`, `rollback N`, `resume`, `undo`), killed before that step: true, or false when there were fewer. */
  dies(step: number, ...action: readonly string[]): Promise<boolean>;
  /** The same, with a command of somebody else before that step; how it ended. */
  disturbed(step: number, command: string, ...action: readonly string[]): Promise<Outcome>;
  /** The same by `ip -batch`. */
  disturbedByIp(step: number, command: string, ...action: readonly string[]): Promise<Outcome>;
  /** Policies as `ip xfrm policy` shows them, sorted. */
  policies(): readonly string[];
  remove(): void;
}

/** Records of three states that add, change and remove policies. */
export const recordTexts = {
  small: `add host ssh -source 10.0.0.1 -destination 10.9.0.0/16/22 -protocol TCP -priority 10 -action PASS
add host all -source 10.0.0.1 -destination 10.0.0.0/8 -priority 30 -action DISCARD
`,
  large: `add host ssh -source 10.0.0.1 -destination 10.9.0.0/16/22 -protocol TCP -priority 10 -action PASS
add host web -source 10.0.0.1/32/1024-4095 -destination 10.2.0.0/16 -protocol TCP -priority 20 -action DISCARD
`,
  /** Other fates, other order: a closed policy moves behind, an open one to its place. */
  changed: `add host ssh -source 10.0.0.1 -destination 10.9.0.0/16/22 -protocol TCP -priority 40 -action DISCARD
add host web -source 10.0.0.1/32/1024-4095 -destination 10.2.0.0/16 -protocol TCP -priority 20 -action PASS
add host all -source 10.0.0.1 -destination 10.0.0.0/8 -priority 30 -action DISCARD
`,
} as const;

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
  const dying = await bundle('test/services/host/dying.ts');
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
  const disturbed = async (means: Means, step: number, command: string, action: readonly string[]) => {
    const words = ['env', `MEANS=${means}`, process.execPath, dying, stateDir, `${step}`, command, ...action];
    const { code, stdout, stderr } = await finish(within(words), 60_000);
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as Outcome;
  };
  const made: RealHost = {
    namespace,
    folder,
    stateDir,
    records(text) {
      count += 1;
      const file = path.join(folder, `host-${count}.conf`);
      writeFileSync(file, text);
      return file;
    },
    program,
    within,
    start,
    async apply(text) {
      const { code, stderr } = await made.ipsec(['apply', made.records(text), '--auto-approve', '--quiet']);
      expect(stderr).toBe('');
      expect(code).toBe(0);
    },
    async ipsec(args, wrap) {
      const child = await start(args, wrap);
      child.stdin?.on('error', () => {});
      child.stdin?.end();
      return finish(child, 60_000);
    },
    async dies(step, ...action) {
      const { code, signal, stderr } = await finish(
        within([process.execPath, dying, stateDir, `${step}`, 'die', ...action]),
        60_000,
      );
      const isKilled = code === 137 || signal === 'SIGKILL';
      if (code !== 0 && !isKilled) throw new Error(stderr);
      return isKilled;
    },
    disturbed: (step, command, ...action) => disturbed('netlink', step, command, action),
    disturbedByIp: (step, command, ...action) => disturbed('ip', step, command, action),
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
  return made;
}

/** The kernel may give an entry that comes back another index, which `ip` does not show; the order of equal ones may differ. */
export function withoutIndex(policies: readonly string[]): readonly string[] {
  return [...policies].sort();
}
