/** Our daemon on both sides of a cable, each with its data path in userspace: for what happens to a daemon rather than to an interop. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { callDaemon } from '../../../src/services/runtime/control-client.js';
import type { RuntimeStatus } from '../../../src/services/runtime/daemon.js';
import { type Ours, startOurs } from '../../interop/strongswan-run.js';
import { ends, type Namespaces } from '../../support/netns.js';

export type Side = 'left' | 'right';

export const otherSide = (side: Side): Side => (side === 'left' ? 'right' : 'left');

const suites = {
  1: { record: 'ikev1', suite: '-group 14 -encryption AES128-CBC -hash SHA1', auth: '-kmp IKEV1 -exchange MM' },
  2: { record: 'ikev2', suite: '-group 31 -encryption AES128-GCM16 -prf HMAC-SHA2-256', auth: '-kmp IKEV2' },
} as const;

/** What protects the inside networks of both with a tunnel. `peers`: who may come with its key, the other side alone when absent. */
export function recordsOf(side: Side, version: 1 | 2 = 2, peers: string = ends[otherSide(side)].outer4): string {
  const { record, suite, auth } = suites[version];
  const [own, peer] = [ends[side], ends[otherSide(side)]];
  return `add tunnel inside -tsource ${own.outer4} -tdestination ${peer.outer4} -source ${own.inner4} -destination ${peer.inner4} -action ESP_AES128_HMAC_SHA1
add host inside -source ${own.inner4} -destination ${peer.inner4} -priority 10 -tunnel inside -action PASS
add ${record} peer -remote ${peers} -priority 10 ${suite} -life 28800
add auth peer -remote ${peers} -priority 10 ${auth} -preshared two-Maple-Quill-31 -ltype FQDN -lid ${side}.example -rtype FQDN -rid ${otherSide(side)}.example
`;
}

export interface StartOptions {
  readonly version?: 1 | 2;
  readonly peers?: string;
  readonly words?: readonly string[];
}

/** Starts one side below `folder`; a second call there is another start of the same system. */
export function startSide(
  namespaces: Namespaces,
  folder: string,
  side: Side,
  { version = 2, peers, words = [] }: StartOptions = {},
): Promise<Ours> {
  const place = path.join(folder, side);
  mkdirSync(place, { recursive: true, mode: 0o700 });
  writeFileSync(path.join(place, 'ours.conf'), recordsOf(side, version, peers), { mode: 0o600 });
  return startOurs(namespaces, place, { folder, dataPath: 'userspace', where: side, words });
}

export async function statusOf({ socket }: Ours): Promise<RuntimeStatus> {
  return (await callDaemon(socket, 'status', {})) as RuntimeStatus;
}

/** Pings from inside to inside; gives how many of them came back. */
export function pings(namespaces: Namespaces, from: Side, count = 2): number {
  const words = ['-n', '-c', String(count), '-i', '0.2', '-W', '2'];
  const [own, peer] = [ends[from].inner4, ends[otherSide(from)].inner4];
  try {
    return Number(/(\d+) received/.exec(namespaces.run(from, 'ping', ...words, '-I', own, peer))?.[1] ?? 0);
  } catch (error) {
    return Number(/(\d+) received/.exec(String((error as { stdout?: string }).stdout))?.[1] ?? 0);
  }
}

/** Packets with inside addresses that are seen on the cable while something is done. */
export async function seenInTheClear(namespaces: Namespaces, act: () => void | Promise<void>): Promise<string> {
  const filter = `host ${ends.left.inner4} or host ${ends.right.inner4}`;
  const watcher = namespaces.start('right', ['tcpdump', '-n', '-l', '-i', 'wire', filter], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let seen = '';
  watcher.stdout?.on('data', (text) => {
    seen += String(text);
  });
  await new Promise<void>((done) => watcher.stderr?.on('data', (text) => String(text).includes('listening') && done()));
  await act();
  await new Promise((done) => setTimeout(done, 300));
  watcher.kill('SIGINT');
  await new Promise((done) => watcher.once('exit', done));
  return seen.trim();
}
