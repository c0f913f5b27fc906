/** Two hosts in network namespaces of their own, joined by a cable: for tests of what crosses a network. */

import type { ChildProcess } from 'node:child_process';
import { execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';

export interface Namespaces {
  /** `ip netns` names. */
  readonly left: string;
  readonly right: string;
  /** Runs a program in one of them and gives what it printed; throws what it said when it fails. */
  run(where: 'left' | 'right', program: string, ...words: string[]): string;
  /** Starts a program in one of them; it is ended with `remove`. */
  start(where: 'left' | 'right', command: readonly string[], options?: SpawnOptions): ChildProcess;
  remove(): Promise<void>;
}

/** Why namespaces cannot be had here; undefined where they can. */
export function namespacesMissing(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces need Linux';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const name = `ipsec-try-${process.pid}`;
  try {
    execFileSync('ip', ['netns', 'add', name], { stdio: 'ignore' });
    execFileSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'network namespaces cannot be made here (ip netns add)';
  }
}

/** Outer addresses (documentation and benchmarking ranges) and the networks behind, which are on `lo`. */
export const ends = {
  left: { outer4: '198.18.0.1', outer6: '2001:db8::1', inner4: '198.18.1.1', inner6: '2001:db8:1::1' },
  right: { outer4: '198.18.0.2', outer6: '2001:db8::2', inner4: '198.18.2.1', inner6: '2001:db8:2::1' },
} as const;

/** What can be done with namespaces that were made together. */
export interface NamespaceSet<Side extends string> {
  readonly names: Readonly<Record<Side, string>>;
  run(where: Side, program: string, ...words: string[]): string;
  start(where: Side, command: readonly string[], options?: SpawnOptions): ChildProcess;
  remove(): Promise<void>;
}

/** Makes a namespace for each side and what `join` puts into and between them, or throws and leaves none. */
export function makeNamespaceSet<Side extends string>(
  sides: readonly Side[],
  join: (names: Readonly<Record<Side, string>>, ip: (...words: string[]) => void) => void,
): NamespaceSet<Side> {
  const tag = randomBytes(3).toString('hex');
  const names = Object.fromEntries(sides.map((side) => [side, `ipsec-${tag}-${side[0]}`])) as Record<Side, string>;
  const children = new Set<ChildProcess>();
  const ip = (...words: string[]): void => {
    execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const removeNames = (): void => {
    for (const side of sides) {
      try {
        ip('netns', 'del', names[side]);
      } catch {
        // It was never made.
      }
    }
  };
  try {
    for (const side of sides) ip('netns', 'add', names[side]);
    join(names, ip);
  } catch (error) {
    removeNames();
    throw error;
  }
  return {
    names,
    run: (where, program, ...words) =>
      execFileSync('ip', ['netns', 'exec', names[where], program, ...words], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 60_000,
      }),
    start(where, command, options = {}) {
      const child = spawn('ip', ['netns', 'exec', names[where], ...command], { stdio: 'ignore', ...options });
      children.add(child);
      child.once('exit', () => children.delete(child));
      return child;
    },
    async remove() {
      await Promise.all([...children].map(endProcess));
      removeNames();
    },
  };
}

/** Makes both namespaces, or throws and leaves none. */
export function makeNamespaces(): Namespaces {
  const { names, ...rest } = makeNamespaceSet(['left', 'right'], (made, ip) => {
    ip('link', 'add', 'wire', 'netns', made.left, 'type', 'veth', 'peer', 'name', 'wire', 'netns', made.right);
    for (const side of ['left', 'right'] as const) {
      const { outer4, outer6, inner4, inner6 } = ends[side];
      const inside = (...words: string[]): void => ip('-n', made[side], ...words);
      inside('addr', 'add', `${outer4}/24`, 'dev', 'wire');
      inside('addr', 'add', `${outer6}/64`, 'dev', 'wire', 'nodad');
      inside('addr', 'add', `${inner4}/24`, 'dev', 'lo');
      inside('addr', 'add', `${inner6}/64`, 'dev', 'lo', 'nodad');
      inside('link', 'set', 'lo', 'up');
      inside('link', 'set', 'wire', 'up');
    }
  });
  return { ...names, ...rest };
}

/** Ends a process by its own pid and waits until it is gone. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await gone;
  clearTimeout(timer);
}
