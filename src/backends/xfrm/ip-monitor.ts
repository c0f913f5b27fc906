/**
 * Hears of every change of a policy through `ip xfrm monitor`, where netlink cannot be spoken. The program does not say who made a change, so
 * who listens must tell its own ones by their order and content.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostPolicy } from '../../model/host-state.js';
import { type IndexOf, parsePolicies } from './ip-text.js';

/** A policy that was made, replaced or taken out by anybody. */
export interface PolicyEvent {
  readonly kind: 'put' | 'gone';
  readonly policy: HostPolicy;
}

export interface PolicyMonitor {
  /** What was heard since the last call, in the kernel's order; nothing of it is waited for. */
  take(): readonly PolicyEvent[];
  /** Ends the program. */
  close(): void;
}

/** Until the program listens. */
const startMillis = 10_000;
const lookMillis = 5;
/** Octets that come from a pipe at once. */
const readingMax = 65_536;

/** Begins to listen, in the namespace of the calling thread; undefined where the program does not come to it. */
export async function monitorPolicies(indexOf: IndexOf): Promise<PolicyMonitor | undefined> {
  const child = spawn('ip', ['-s', 'xfrm', 'monitor', 'policy'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, LC_ALL: 'C' },
  });
  let text = '';
  let isCut = false;
  let hasEnded = false;
  const end = () => {
    hasEnded = true;
  };
  child.once('error', end).once('exit', end);
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    isCut = chunk.length >= readingMax || !chunk.endsWith('\n');
  });
  for (const until = performance.now() + startMillis; !listens(child.pid); await sleep(lookMillis)) {
    if (!hasEnded && performance.now() < until) continue;
    child.kill();
    return undefined;
  }
  // It must not keep the program from ending.
  child.unref();
  return {
    take() {
      // An entry is written in one piece, but a reading may end within one.
      const end = isCut ? lastEntryAt(text) : text.length;
      const whole = text.slice(0, end);
      text = text.slice(end);
      return eventsIn(whole, indexOf);
    },
    close: () => void child.kill(),
  };
}

/** Where the last entry begins: at the left edge. */
function lastEntryAt(text: string): number {
  for (let end = text.lastIndexOf('\n'); end > 0; end = text.lastIndexOf('\n', end - 1)) {
    if (/\S/.test(text.charAt(end + 1))) return end + 1;
  }
  return 0;
}

/** What `ip -s xfrm monitor policy` prints. */
export function eventsIn(text: string, indexOf?: IndexOf): readonly PolicyEvent[] {
  return text
    .split(/\n(?=\S)/)
    .flatMap((entry) =>
      parsePolicies(entry, indexOf).map(
        (policy): PolicyEvent => ({ kind: entry.startsWith('Deleted ') ? 'gone' : 'put', policy }),
      ),
    );
}

const netlinkXfrm = '6';

/** Has that process a netlink socket of XFRM that is in a group? The kernel names a first socket after its process. */
function listens(pid: number | undefined): boolean {
  return readFileSync('/proc/net/netlink', 'utf8')
    .split('\n')
    .some((line) => {
      const [, family, port, groups] = line.trim().split(/\s+/);
      return family === netlinkXfrm && port === String(pid) && groups !== '00000000';
    });
}
