/** A network namespace of a test's own, which the test's thread can step into: for what the kernel does in one host. */
import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Backend } from '../../src/backends/backend.js';
import { libc } from '../../src/backends/system/libc.js';
import { createXfrmSocket, type NetlinkSocket } from '../../src/backends/xfrm/netlink/socket.js';
import { openNetlinkBackend } from '../../src/backends/xfrm/netlink-backend.js';

export interface OneNamespace {
  readonly name: string;
  /** Runs a function in it; what it opens stays there. */
  enter<T>(action: () => T): T;
  /** A back end for the namespace, opened there. */
  backend(): Promise<Backend>;
  socket(): Promise<NetlinkSocket>;
  /** Starts a program in it, as `Namespaces` does; whoever starts it ends it. */
  start(where: 'left' | 'right', command: readonly string[], options?: SpawnOptions): ChildProcess;
  /** Runs a shell command in it, and gives what it printed. */
  shell(command: string): string;
  /** Counters of /proc/net/xfrm_stat. */
  counters(): Readonly<Record<string, number>>;
  remove(): void;
}

const cloneNewnet = 0x4000_0000;

/** Makes one. */
export async function oneNamespace(): Promise<OneNamespace> {
  const name = `ipsec-one-${randomBytes(4).toString('hex')}`;
  execFileSync('ip', ['netns', 'add', name]);
  const calls = await libc();
  const inside = openSync(`/var/run/netns/${name}`, 'r');
  const home = openSync('/proc/thread-self/ns/net', 'r');
  const go = (descriptor: number) => {
    if (calls.setns(descriptor, cloneNewnet) < 0) throw new Error(`setns: ${calls.nameOf(calls.errno())}`);
  };
  const enter = <T>(action: () => T): T => {
    go(inside);
    try {
      return action();
    } finally {
      go(home);
    }
  };
  const shell = (command: string) =>
    execFileSync('ip', ['netns', 'exec', name, 'sh', '-e', '-c', command], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  shell('ip link set lo up');
  return {
    name,
    enter,
    async backend() {
      // What it awaits is loaded already, so it goes through in one turn; to be sure the thread stays until it has its socket.
      go(inside);
      try {
        return await openNetlinkBackend();
      } finally {
        go(home);
      }
    },
    start: (_where, command, options = {}) =>
      spawn('ip', ['netns', 'exec', name, ...command], { stdio: 'ignore', ...options }),
    socket: async () => enter(() => createXfrmSocket(calls)),
    shell,
    counters: () =>
      enter(() =>
        Object.fromEntries(
          readFileSync('/proc/thread-self/net/xfrm_stat', 'utf8')
            .trim()
            .split('\n')
            .map((line) => {
              const [counter, value] = line.split(/\s+/);
              return [counter!, Number(value)];
            }),
        ),
      ),
    remove() {
      closeSync(inside);
      closeSync(home);
      execFileSync('ip', ['netns', 'del', name]);
    },
  };
}
