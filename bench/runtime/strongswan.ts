/** strongSwan against strongSwan with its own userspace ESP (kernel-libipsec), in namespaces of the peer lab. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { sharedPath } from '../../test/support/shared.js';

export interface StrongswanPair {
  readonly name: string;
  readonly namespace: { readonly left: string; readonly right: string };
  /** Process ids of the two daemons. */
  readonly pids: readonly number[];
  close(): void;
}

/** Why there is none here, or undefined. */
export function strongswanMissing(): string | undefined {
  const lab = sharedPath('lab', 'strongswan', 'lab');
  if (!lab) return 'the peer lab is not beside this checkout';
  return existsSync('/usr/lib/ipsec/charon') ? undefined : 'strongSwan is not installed';
}

/** Two daemons with an established tunnel, by the configuration of one of the lab's examples. */
export function strongswanPair(example: string): StrongswanPair {
  const script = sharedPath('lab', 'strongswan', 'lab')!;
  const name = `bench${process.pid}${example.replaceAll('-', '')}`;
  const env = { ...process.env, LAB: name, LAB_STATE: `/tmp/pl-lab-${name}` };
  const lab = (...words: readonly string[]) =>
    execFileSync(script, words, { env, stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000 });
  const folder = `/tmp/pl-lab-${name}`;
  const close = () => {
    try {
      lab('down');
    } catch {
      // What is left is named after this process, and the next run does not meet it.
    }
  };
  let pids: number[];
  try {
    lab('up');
    lab('charon', 'right', example, '--enc', 'quiet');
    lab('charon', 'left', example, '--enc', 'quiet');
    lab('initiate');
    pids = ['left', 'right'].map((side) => Number(readFileSync(`${folder}/${side}/charon.pid`, 'utf8')));
    for (const pid of pids) scheduleAlike(pid);
  } catch (error) {
    close();
    throw error;
  }
  return { name, namespace: { left: `pl-${name}-left`, right: `pl-${name}-right` }, pids, close };
}

/** A daemon is a session of its own, which Linux may give another share of the processor than ours (sched(7), autogroup). */
function scheduleAlike(pid: number): void {
  try {
    const own = /nice (-?\d+)/.exec(readFileSync('/proc/self/autogroup', 'utf8'))?.[1] ?? '0';
    writeFileSync(`/proc/${pid}/autogroup`, own);
    setPriority(pid, getPriority());
  } catch {
    // No such groups here: then there is nothing to make equal.
  }
}

/** Runs a program in a namespace to its end; `heard` gets what it says as it comes. */
export async function inNamespace(
  namespace: string,
  words: readonly string[],
  heard?: (text: string) => void,
): Promise<string> {
  const child = spawn('ip', ['netns', 'exec', namespace, ...words], { stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
    heard?.(String(text));
  });
  await new Promise((done) => child.once('close', done));
  return output;
}
