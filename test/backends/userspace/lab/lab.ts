/**
 * Two network namespaces joined by a veth pair, with data paths and other programs in them. Addresses are those of
 * benchmarking (RFC 2544): 198.18.0.1 and .2 outside, 198.18.1.1 and 198.18.2.1 inside, and the same in documentation IPv6.
 */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { DataPathTotals, SaUsageReport } from '../../../../src/backends/userspace/report.js';
import type { Command } from './data-path-program.js';
import { dataPathProgram, workerProgram } from './programs.js';

export type Side = 'left' | 'right';

export const outer = { left: '198.18.0.1', right: '198.18.0.2' } as const;
export const outer6 = { left: '2001:db8::1', right: '2001:db8::2' } as const;
export const inner = { left: '198.18.1.1', right: '198.18.2.1' } as const;
export const inner6 = { left: '2001:db8:1::1', right: '2001:db8:2::1' } as const;
export const other = (side: Side): Side => (side === 'left' ? 'right' : 'left');

/** Why the tests of this folder cannot run here, or undefined. */
export function missingForLab(...tools: readonly string[]): string | undefined {
  if (process.platform !== 'linux') return 'namespaces are a thing of Linux';
  if (process.getuid?.() !== 0) return 'namespaces and raw sockets need root';
  if (!existsSync('/dev/net/tun')) return 'there is no /dev/net/tun';
  const lacking = ['ip', ...tools].filter((tool) => !findTool(tool));
  return lacking.length > 0 ? `not installed: ${lacking.join(', ')}` : undefined;
}

function findTool(tool: string): boolean {
  const folders = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`.split(':');
  return folders.some((folder) => existsSync(path.join(folder, tool)));
}

export interface Lab {
  readonly namespace: Readonly<Record<Side, string>>;
  readonly folder: string;
  /** Runs a program in a namespace to its end, and gives what it writes; throws when it fails. */
  run(side: Side, ...words: readonly string[]): string;
  /** The same, and what it writes to either output even when it fails. */
  attempt(side: Side, ...words: readonly string[]): { readonly ok: boolean; readonly text: string };
  /** Starts a program that goes on. */
  start(side: Side, ...words: readonly string[]): ChildProcessWithoutNullStreams;
  /** Sends octets over TCP or UDP from the other side to `to`, and gives how many arrived and whether they are the same. */
  transfer(
    to: { readonly side: Side; readonly address: string; readonly from?: string },
    octets: number,
    datagram?: number,
  ): Promise<Transferred>;
  /** Starts a process with a data path that is not started yet. */
  dataPath(side: Side): Promise<RemoteDataPath>;
  /** Ends everything, and removes what was made. */
  close(): Promise<void>;
}

export interface Transferred {
  readonly received: number;
  readonly isSame: boolean;
}

/** A server that says how much it got and its hash, and ends; with `datagram` it takes UDP until nothing has come for a second. */
const receiverProgram = `
const [address, datagram] = process.argv.slice(1);
const hash = require('node:crypto').createHash('sha256');
let received = 0;
const take = (data) => { received += data.length; hash.update(data); };
const end = () => { console.log(JSON.stringify({ received, hash: hash.digest('hex') })); process.exit(0); };
if (datagram) {
  const socket = require('node:dgram').createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 1 << 22 });
  let timer = setTimeout(end, 10000);
  socket.on('message', (data) => { take(data); clearTimeout(timer); timer = setTimeout(end, 1000); });
  socket.bind(9999, address, () => console.log('ready'));
} else {
  require('node:net').createServer((socket) => socket.on('data', take).on('end', () => { socket.end(); end(); }))
    .listen(9999, address, () => console.log('ready'));
}`;

const senderProgram = `
const [address, from, octets, datagram] = process.argv.slice(1);
const data = Buffer.alloc(Number(octets));
for (let at = 0, value = 1; at + 4 <= data.length; at += 4) { value = (Math.imul(value, 1103515245) + 12345) >>> 0; data.writeUInt32LE(value, at); }
const hash = require('node:crypto').createHash('sha256').update(data).digest('hex');
if (datagram) {
  const size = Number(datagram);
  const socket = require('node:dgram').createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.bind(0, from || undefined, () => {
    let at = 0;
    const next = () => {
      if (at >= data.length) { socket.close(); console.log(hash); return; }
      socket.send(data.subarray(at, at + size), 9999, address, () => { at += size; setTimeout(next, 2); });
    };
    next();
  });
} else {
  const socket = require('node:net').connect({ port: 9999, host: address, localAddress: from || undefined });
  socket.on('error', (error) => { console.error(error.message); process.exit(1); });
  socket.end(data, () => console.log(hash));
}`;

let count = 0;

/** Makes the namespaces. `mtu` of the link between them; `gateway`: a second pair of addresses stands for networks behind. */
export function makeLab({ mtu = 1500 }: { readonly mtu?: number } = {}): Lab {
  count += 1;
  const name = `dp${process.pid}x${count}`;
  const namespace = { left: `${name}l`, right: `${name}r` } as const;
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-lab-'));
  const children: ChildProcessWithoutNullStreams[] = [];
  const ip = (...words: readonly string[]) => execFileSync('ip', words, { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const side of ['left', 'right'] as const) {
    ip('netns', 'add', namespace[side]);
    ip('-n', namespace[side], 'link', 'set', 'lo', 'up');
  }
  ip(
    'link',
    'add',
    'wire0',
    'netns',
    namespace.left,
    'type',
    'veth',
    'peer',
    'name',
    'wire0',
    'netns',
    namespace.right,
  );
  for (const side of ['left', 'right'] as const) {
    const own = namespace[side];
    ip('-n', own, 'addr', 'add', `${outer[side]}/24`, 'dev', 'wire0');
    ip('-n', own, 'addr', 'add', `${outer6[side]}/64`, 'dev', 'wire0', 'nodad');
    ip('-n', own, 'addr', 'add', `${inner[side]}/32`, 'dev', 'lo');
    ip('-n', own, 'addr', 'add', `${inner6[side]}/128`, 'dev', 'lo', 'nodad');
    ip('-n', own, 'link', 'set', 'wire0', 'mtu', `${mtu}`, 'up');
  }
  for (const side of ['left', 'right'] as const) {
    // The way without IPsec, so that what should be protected could go in the clear.
    ip(
      '-n',
      namespace[side],
      'route',
      'add',
      `${inner[other(side)]}/32`,
      'via',
      outer[other(side)],
      'src',
      inner[side],
    );
    ip(
      '-n',
      namespace[side],
      '-6',
      'route',
      'add',
      `${inner6[other(side)]}/128`,
      'via',
      outer6[other(side)],
      'src',
      inner6[side],
    );
  }
  const within = (side: Side, words: readonly string[]) => ['netns', 'exec', namespace[side], ...words];
  const start = (side: Side, ...words: readonly string[]) => {
    const child = spawn('ip', within(side, words));
    children.push(child);
    return child;
  };
  const attempt = (side: Side, ...words: readonly string[]) => {
    try {
      const text = execFileSync('ip', within(side, words), {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 60_000,
      });
      return { ok: true, text };
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      return { ok: false, text: `${stdout}${stderr}` };
    }
  };
  return {
    namespace,
    folder,
    start,
    attempt,
    run(side, ...words) {
      const { ok, text } = attempt(side, ...words);
      if (!ok) throw new Error(`${words.join(' ')}: ${text}`);
      return text;
    },
    async transfer({ side, address, from = '' }, octets, datagram) {
      const more = datagram === undefined ? [] : [`${datagram}`];
      const server = start(side, process.execPath, '-e', receiverProgram, '--', address, ...more);
      const lines: string[] = [];
      const output = createInterface({ input: server.stdout });
      output.on('line', (line) => lines.push(line));
      const exited = new Promise((done) => server.once('exit', done));
      await new Promise((done) => output.once('line', done));
      const client = start(
        other(side),
        process.execPath,
        '-e',
        senderProgram,
        '--',
        address,
        from,
        `${octets}`,
        ...more,
      );
      let sent = '';
      client.stdout.on('data', (text) => {
        sent += text;
      });
      await exited;
      const { received, hash } = JSON.parse(lines.at(-1) ?? '{}') as { received: number; hash: string };
      return { received, isSame: hash === sent.trim() };
    },
    async dataPath(side) {
      const [file, workerFile] = await Promise.all([dataPathProgram(), workerProgram()]);
      return remoteDataPath(
        start(side, process.execPath, '--enable-source-maps', file),
        workerFile,
        path.join(folder, side),
      );
    },
    async close() {
      for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await Promise.all(
        children.map(
          (child) => (child.exitCode ?? child.signalCode) === null && new Promise((done) => child.once('exit', done)),
        ),
      );
      for (const side of ['left', 'right'] as const) ip('netns', 'del', namespace[side]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type StartOptions = Partial<Extract<Command, { do: 'start' }>['options']>;

export interface RemoteDataPath {
  readonly process: ChildProcessWithoutNullStreams;
  readonly stateDir: string;
  /** Every event so far. */
  readonly events: readonly Record<string, unknown>[];
  tell(command: Command): Promise<unknown>;
  start(system: Extract<Command, { do: 'start' }>['system'], options?: StartOptions): Promise<void>;
  totals(): Promise<DataPathTotals>;
  usage(): Promise<readonly SaUsageReport[]>;
  /** Waits until an event of a kind has come. */
  event(kind: string): Promise<Record<string, unknown>>;
  ended(): Promise<number | null>;
}

function remoteDataPath(child: ChildProcessWithoutNullStreams, workerFile: string, stateDir: string): RemoteDataPath {
  const events: Record<string, unknown>[] = [];
  const answers: { resolve(value: unknown): void; reject(error: Error): void }[] = [];
  const waiting = new Set<() => void>();
  let complaints = '';
  child.stderr.on('data', (text) => {
    complaints += text;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line) as {
      event?: Record<string, unknown>;
      answer?: unknown;
      error?: { message: string; code?: string };
    };
    if (message.event) {
      events.push(message.event);
      for (const look of waiting) look();
      return;
    }
    const answer = answers.shift();
    if (message.error) answer?.reject(Object.assign(new Error(message.error.message), message.error));
    else answer?.resolve(message.answer);
  });
  const exited = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  void exited.then(() => {
    for (const { reject } of answers.splice(0)) reject(new Error(`the data path has ended: ${complaints}`));
  });
  const tell = (command: Command): Promise<unknown> =>
    new Promise((resolve, reject) => {
      answers.push({ resolve, reject });
      child.stdin.write(`${JSON.stringify(command)}\n`);
    });
  return {
    process: child,
    stateDir,
    events,
    tell,
    async start(system, options = {}) {
      await tell({ do: 'start', system, options: { workerFile, stateDir, ...options } });
    },
    totals: async () => (await tell({ do: 'totals' })) as DataPathTotals,
    usage: async () => (await tell({ do: 'usage' })) as readonly SaUsageReport[],
    event: (kind) =>
      new Promise((resolve) => {
        const look = () => {
          const found = events.find((event) => event.kind === kind);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    ended: () => exited,
  };
}
