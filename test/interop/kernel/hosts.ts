/**
 * Inside of a guest whose kernel has ESP and AH, as root: two hosts in network namespaces, joined by a cable or by a NAT, and what can be seen of
 * the packets that leave them. Starting a program is the slowest thing in such a guest, so what can be done without one is.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { libc } from '../../../src/backends/system/libc.js';

export type Side = 'left' | 'right';
export const sides: readonly Side[] = ['left', 'right'];

export interface Ran {
  readonly ok: boolean;
  readonly text: string;
}

/** Runs a program to its end. */
export function run(words: readonly string[], input?: string, env = process.env): Ran {
  try {
    const text = execFileSync(words[0]!, words.slice(1), {
      encoding: 'utf8',
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      ...(input === undefined ? {} : { input }),
      timeout: 120_000,
      env,
    });
    return { ok: true, text };
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as { stdout?: string; stderr?: string; message: string };
    return { ok: false, text: `${stdout}${stderr}${message}` };
  }
}

/** The command that runs another one in a host. */
export const inside = (host: string, ...words: readonly string[]): readonly string[] => [
  'ip',
  'netns',
  'exec',
  host,
  ...words,
];

export const sleep = (millis: number): Promise<void> => new Promise((done) => setTimeout(done, millis));

/** Asks again until it is so, or the time is over. */
export async function until(millis: number, isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  const end = performance.now() + millis;
  for (;;) {
    if (await isSo()) return true;
    if (performance.now() > end) return false;
    await sleep(100);
  }
}

export interface Ends {
  /** On the wire. */
  readonly outer: Readonly<Record<Side, string>>;
  /** On `lo`: what tunnels carry. */
  readonly inner: Readonly<Record<Side, string>>;
  /** Where the other side's packets to this one must go: the NAT's address for a host behind one. */
  readonly seen: Readonly<Record<Side, string>>;
}

export const plainEnds: Ends = {
  outer: { left: '198.18.0.1', right: '198.18.0.2' },
  inner: { left: '198.18.1.1', right: '198.18.2.1' },
  seen: { left: '198.18.0.1', right: '198.18.0.2' },
};

/** Left is behind a NAT, whose address the other side sees. */
export const natEnds: Ends = { ...plainEnds, outer: { left: '198.19.0.2', right: '198.18.0.2' } };
const natInside = '198.19.0.1';

/** Both hosts, each with an interface `wire`. */
export function makeHosts(ends: Ends): void {
  const isNat = ends === natEnds;
  const hosts = isNat ? [...sides, 'nat'] : sides;
  const lines = hosts.map((host) => `netns add ${host}`);
  if (isNat) {
    lines.push('link add wire netns left type veth peer name in netns nat');
    lines.push('link add out netns nat type veth peer name wire netns right');
  } else lines.push('link add wire netns left type veth peer name wire netns right');
  must(run(['ip', '-batch', '-'], `${lines.join('\n')}\n`));
  for (const side of sides) {
    const other = side === 'left' ? 'right' : 'left';
    const hop = isNat && side === 'left' ? natInside : ends.seen[other];
    batch(side, [
      'link set lo up',
      `addr add ${ends.outer[side]}/24 dev wire`,
      `addr add ${ends.inner[side]}/32 dev lo`,
      'link set wire up',
      ...(isNat && side === 'left' ? [`route add default via ${hop}`] : []),
      `route add ${ends.inner[other]}/32 via ${hop} src ${ends.inner[side]}`,
    ]);
  }
  if (!isNat) return;
  batch('nat', [
    'link set lo up',
    `addr add ${natInside}/24 dev in`,
    `addr add ${ends.seen.left}/24 dev out`,
    'link set in up',
    'link set out up',
  ]);
  must(run(inside('nat', 'sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.netfilter.nf_conntrack_udp_timeout_stream=2')));
  natPorts(ends, '10000-10100');
}

/** Which ports the NAT gives from now on to flows that it does not know. Its rules are those of iptables, because guests may lack nftables. */
export function natPorts({ seen }: Ends, range: string): void {
  const rules = `*nat
-A POSTROUTING -o out -p udp -j SNAT --to-source ${seen.left}:${range}
-A POSTROUTING -o out -j SNAT --to-source ${seen.left}
COMMIT
`;
  must(run(inside('nat', 'iptables-legacy-restore'), rules));
}

export function removeHosts(): void {
  for (const host of [...sides, 'nat']) run(['ip', 'netns', 'del', host]);
}

export function batch(host: string, lines: readonly string[]): void {
  must(run(['ip', '-n', host, '-batch', '-'], `${lines.join('\n')}\n`));
}

export function must({ ok, text }: Ran): string {
  if (!ok) throw new Error(text.slice(-2000));
  return text;
}

/** Is an echo answered within a second? */
export function ping(host: string, from: string, to: string): boolean {
  return run(inside(host, 'ping', '-n', '-c', '1', '-W', '1', '-I', from, to)).ok;
}

/** Echoes every `interval` seconds until so many were sent. */
export function pings(host: string, from: string, to: string, count: number, interval: number) {
  const words = inside(host, 'ping', '-n', '-c', `${count}`, '-i', `${interval}`, '-W', '2', '-I', from, to);
  const child = spawn(words[0]!, words.slice(1), { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  const received = new Promise<number>((done) => {
    child.once('exit', () => done(Number(/(\d+) received/.exec(said)?.[1] ?? -1)));
  });
  return { received, stop: () => endOf(child) };
}

const cloneNewnet = 0x4000_0000;

/** Does something that takes its time while this program is in a host; nothing else may be done meanwhile. */
export async function within<T>(host: string, action: () => Promise<T>): Promise<T> {
  const calls = await libc();
  const home = openSync('/proc/thread-self/ns/net', 'r');
  const there = openSync(`/run/netns/${host}`, 'r');
  try {
    if (calls.setns(there, cloneNewnet) < 0) throw new Error(`setns: ${calls.nameOf(calls.errno())}`);
    return await action();
  } finally {
    calls.setns(home, cloneNewnet);
    closeSync(home);
    closeSync(there);
  }
}

const tcpOctets = 256 * 1024;

/** Sends 256 KiB by TCP from left to right and back, from port to port; true when all of it came back. */
export async function tcpEcho(from: string, to: string, port: number, millis = 10_000): Promise<boolean> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  await within('right', () => new Promise<void>((done) => server.listen(port, to, done)));
  try {
    const content = Buffer.alloc(tcpOctets, 'abcdefghijklmnopqrstuvwxyz');
    const received: Buffer[] = [];
    let ended: Promise<void> | undefined;
    const socket = await within('left', async () => {
      const made = connect({ host: to, port, localAddress: from });
      // Where a policy drops it, the call itself fails.
      ended = new Promise((done) => made.once('close', () => done()));
      made.on('error', () => made.destroy());
      made.on('data', (chunk) => received.push(chunk));
      await sleep(10);
      return made;
    });
    if (!socket.destroyed) socket.end(content);
    const timer = setTimeout(() => socket.destroy(), millis);
    await ended;
    clearTimeout(timer);
    return Buffer.concat(received).equals(content);
  } finally {
    server.close();
  }
}

/** What left a host, by kind. `clear` is everything that is neither protected nor IKE nor finding of neighbours. */
export interface Seen {
  readonly esp: number;
  readonly ah: number;
  readonly espInUdp: number;
  readonly ike: number;
  readonly clear: number;
  /** Of the first clear packets: protocol and, where there are some, ports. */
  readonly clearKinds: readonly string[];
}

export interface Watch {
  stop(): Promise<Readonly<Record<Side, Seen>>>;
}

/** Watches what leaves both hosts by their wires: what a tunnel brings in is seen a second time, without its protection. */
export async function watch(folder: string): Promise<Watch> {
  const dumps = await Promise.all(sides.map((side) => startDump(side, path.join(folder, `${side}.pcap`))));
  return {
    async stop() {
      await sleep(300);
      await Promise.all(dumps.map((child) => endOf(child)));
      const [left, right] = sides.map((side) => seenIn(readFileSync(path.join(folder, `${side}.pcap`))));
      return { left: left!, right: right! };
    },
  };
}

async function startDump(side: Side, file: string): Promise<ChildProcess> {
  const words = inside(
    side,
    'tcpdump',
    '--immediate-mode',
    '-n',
    '-U',
    '-s',
    '128',
    '-Q',
    'out',
    '-i',
    'wire',
    '-w',
    file,
  );
  const child = spawn(words[0]!, words.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise<void>((ready, fail) => {
    child.stderr.on('data', (chunk) => String(chunk).includes('listening on') && ready());
    child.once('exit', () => fail(new Error('tcpdump ended')));
  });
  return child;
}

export function endOf(child: ChildProcess, signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    child.once('exit', () => done());
    child.kill(signal);
  });
}

const ethernet = 14;

/** Reads a capture of Ethernet frames. */
function seenIn(capture: Buffer): Seen {
  const counts = { esp: 0, ah: 0, espInUdp: 0, ike: 0, clear: 0 };
  const clearKinds: string[] = [];
  for (let at = 24; at + 16 <= capture.length; ) {
    const length = capture.readUInt32LE(at + 8);
    const packet = capture.subarray(at + 16 + ethernet, at + 16 + length);
    const kind = kindOf(packet, capture.readUInt16BE(at + 16 + 12));
    at += 16 + length;
    if (kind === undefined) continue;
    if (kind in counts) counts[kind as keyof typeof counts] += 1;
    else {
      counts.clear += 1;
      if (clearKinds.length < 10) clearKinds.push(kind);
    }
  }
  return { ...counts, clearKinds };
}

/** One of the kinds of protected packets, IKE, nothing for what finds neighbours, or what a clear packet is. */
function kindOf(packet: Buffer, etherType: number): string | undefined {
  if (etherType === 0x0806) return undefined;
  if (etherType !== 0x0800 && etherType !== 0x86dd) return `ethernet ${etherType.toString(16)}`;
  const isV6 = etherType === 0x86dd;
  const protocol = packet[isV6 ? 6 : 9]!;
  const content = packet.subarray(isV6 ? 40 : (packet[0]! & 15) * 4);
  if (protocol === 50) return 'esp';
  if (protocol === 51) return 'ah';
  if (isV6 && protocol === 58 && content[0]! >= 130 && content[0]! <= 143) return undefined;
  // Hop-by-hop options: reports of multicast groups.
  if (isV6 && protocol === 0) return undefined;
  if (protocol !== 17 && protocol !== 6) return `protocol ${protocol}`;
  const ports = [content.readUInt16BE(0), content.readUInt16BE(2)];
  if (protocol === 17 && ports.includes(500)) return 'ike';
  if (protocol === 17 && ports.includes(4500)) {
    // A keep-alive is one octet; IKE begins with four zeros (RFC 3948 §2).
    if (content.length <= 9 || content.readUInt32BE(8) === 0) return 'ike';
    return 'espInUdp';
  }
  return `protocol ${protocol} ${ports.join('>')}`;
}
