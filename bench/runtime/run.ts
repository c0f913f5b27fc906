/**
 * npm run bench:runtime [-- --rounds N] [--seconds S] [--check]
 *
 * The userspace data path beside strongSwan's (kernel-libipsec) and the bare veth, in one run and in turns, so that whatever else the
 * machine does hits all alike. Ratios count; absolute figures are this machine's. With `--check` the exit code is 1 when a goal is
 * missed. Needs root, iperf3 and ping; strongSwan and the peer lab for the ratios, the built program for handshakes.
 */
import { readFileSync } from 'node:fs';
import type { SaWords, SystemWords } from '../../test/backends/userspace/lab/description.js';
import {
  inner,
  type Lab,
  makeLab,
  missingForLab,
  other,
  outer,
  type RemoteDataPath,
  type Side,
} from '../../test/backends/userspace/lab/lab.js';
import { median } from '../measure.js';
import { charonHandshakes, type Handshakes, handshakesMissing, ourHandshakes } from './handshakes.js';
import { inNamespace, type StrongswanPair, strongswanMissing, strongswanPair } from './strongswan.js';

const args = process.argv.slice(2);
const option = (name: string, otherwise: number) => {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(args[at + 1]);
};
const rounds = option('rounds', 3);
const seconds = option('seconds', 3);
const check = args.includes('--check');

const missing = missingForLab('iperf3', 'ping');
if (missing) {
  console.log(`the runtime's benchmark cannot run here: ${missing}`);
  process.exit(0);
}

const sides = ['left', 'right'] as const;
const suites = {
  'AES-128-GCM': { words: { encryption: 'AES-GCM-16-128' }, example: 'ikev2-psk', goal: 8 },
  'AES-128-CBC + SHA1': {
    words: { encryption: 'AES-CBC-128', authentication: 'HMAC-SHA1-96' },
    example: 'ikev2-cbc',
    goal: 4,
  },
} as const;
type SuiteName = keyof typeof suites;

interface Ours {
  readonly lab: Lab;
  readonly paths: Readonly<Record<Side, RemoteDataPath>>;
}

async function ours(suite: (typeof suites)[SuiteName]['words']): Promise<Ours> {
  const lab = makeLab();
  const [left, right] = await Promise.all(sides.map((side) => lab.dataPath(side)));
  const paths = { left: left!, right: right! };
  for (const side of sides) {
    const [local, remote] = [outer[side], outer[other(side)]];
    const system: SystemWords = {
      name: side,
      addresses: [outer[side], inner[side]],
      spd: [
        {
          name: 'net',
          local: inner[side],
          remote: inner[other(side)],
          action: [{ ...suite, mode: 'tunnel', local, remote }],
        },
        { name: 'rest', action: 'BYPASS' },
      ],
    };
    const [sent, received] = side === 'left' ? [1, 2] : [2, 1];
    const about = { ...suite, mode: 'tunnel', local, remote, inUdp: true } as const;
    const sas: SaWords[] = [
      { ...about, direction: 'outbound', spi: 0x1000 + sent, keySeed: sent },
      { ...about, direction: 'inbound', spi: 0x1000 + received, keySeed: received },
    ];
    await paths[side].start(system);
    await paths[side].tell({ do: 'install', sas });
  }
  return { lab, paths };
}

/** A place to measure between: a client's namespace, and the address of a server in the other. */
interface Course {
  readonly client: string;
  readonly server: string;
  readonly address: string;
  readonly from: string;
  /** The processes that carry it. */
  readonly pids: readonly number[];
}

interface Streamed {
  readonly megabits: number;
  /** Seconds of CPU that the daemons have used for a gigabit: as good on a busy machine as on a quiet one. */
  readonly cpuPerGigabit: number;
}

async function stream({ client, server, address, from, pids }: Course): Promise<Streamed> {
  const serving = inNamespace(server, ['iperf3', '-s', '-1', '-B', address]);
  await new Promise((done) => setTimeout(done, 400));
  const used = () => pids.reduce((sum, pid) => sum + ticks(pid), 0) / 100;
  const before = used();
  const words = ['timeout', `${seconds + 20}`, 'iperf3', '-J', '-c', address, '-B', from, '-t', `${seconds}`];
  const report = JSON.parse(await inNamespace(client, words)) as {
    end?: { sum_received?: { bits_per_second: number; bytes: number } };
  };
  const cpu = used() - before;
  await serving;
  const { bits_per_second: rate = 0, bytes = 0 } = report.end?.sum_received ?? {};
  return { megabits: rate / 1e6, cpuPerGigabit: cpu / ((bytes * 8) / 1e9) };
}

/** The median of 200 round trips, in milliseconds: a few late ones say more about the machine. */
async function latency({ client, address, from }: Course): Promise<number> {
  const text = await inNamespace(client, ['ping', '-n', '-c', '200', '-i', '0.01', '-I', from, address]);
  const times = [...text.matchAll(/time=([\d.]+) ms/g)].map(([, time]) => Number(time));
  return times.length > 0 ? median(times) : Number.NaN;
}

/** Hundredths of a second of CPU that a process has used. */
function ticks(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

const missed: string[] = [];

/** `atLeast` or `atMost` is a goal. */
function line(label: string, value: number, unit: string, goal: { atLeast?: number; atMost?: number } = {}): void {
  const isMissed =
    (goal.atLeast !== undefined && !(value >= goal.atLeast)) || (goal.atMost !== undefined && !(value <= goal.atMost));
  if (isMissed) missed.push(label);
  const bound =
    goal.atLeast !== undefined
      ? `goal: at least ${goal.atLeast}`
      : goal.atMost !== undefined
        ? `goal: at most ${goal.atMost}`
        : '';
  const shown = Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
  console.log(`  ${label.padEnd(50)} ${`${shown} ${unit}`.padEnd(16)}${bound}${isMissed ? '  MISSED' : ''}`.trimEnd());
}

const spread = (values: readonly number[]) => `[${Math.min(...values).toFixed(0)}..${Math.max(...values).toFixed(0)}]`;

const why = strongswanMissing();
if (why) console.log(`without strongSwan to compare with: ${why}`);
const closing: (() => void | Promise<void>)[] = [];
try {
  const courses = new Map<string, Course>();
  const own = new Map<SuiteName, Ours>();
  for (const [name, { words, example }] of Object.entries(suites) as [SuiteName, (typeof suites)[SuiteName]][]) {
    const made = await ours(words);
    closing.push(() => made.lab.close());
    own.set(name, made);
    const { left, right } = made.lab.namespace;
    courses.set(`ours, ${name}`, {
      client: left,
      server: right,
      address: inner.right,
      from: inner.left,
      pids: sides.map((side) => made.paths[side].process.pid!),
    });
    if (!courses.has('bare veth')) {
      courses.set('bare veth', { client: left, server: right, address: outer.right, from: outer.left, pids: [] });
    }
    if (why) continue;
    const pair: StrongswanPair = strongswanPair(example);
    closing.push(pair.close);
    courses.set(`strongSwan, ${name}`, {
      client: pair.namespace.left,
      server: pair.namespace.right,
      address: '198.18.2.1',
      from: '198.18.1.1',
      pids: pair.pids,
    });
  }
  const rates = new Map<string, number[]>([...courses.keys()].map((name) => [name, []]));
  const costs = new Map<string, number[]>([...courses.keys()].map((name) => [name, []]));
  const times = new Map<string, number[]>([...courses.keys()].map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, course] of courses) {
      const { megabits, cpuPerGigabit } = await stream(course);
      rates.get(name)!.push(megabits);
      costs.get(name)!.push(cpuPerGigabit);
      times.get(name)!.push(await latency(course));
    }
  }
  console.log(`\nTCP stream, ${rounds} rounds of ${seconds} s in turns, medians`);
  for (const [name, values] of rates) line(`${name} ${spread(values)}`, median(values), 'Mbit/s');
  console.log('\nCPU of both daemons for a gigabit');
  for (const [name, { pids }] of courses) {
    if (pids.length > 0) line(name, median(costs.get(name)!), 's');
  }
  console.log('\nping, median round trip');
  for (const [name, values] of times) line(name, median(values), 'ms');
  console.log('\nratios');
  for (const [name, { goal }] of Object.entries(suites)) {
    const [mine, theirs] = [median(rates.get(`ours, ${name}`)!), rates.get(`strongSwan, ${name}`)];
    line(`${name}: bare veth / ours`, median(rates.get('bare veth')!) / mine, 'x');
    if (!theirs) continue;
    line(`${name}: ours / strongSwan`, mine / median(theirs), 'x', { atLeast: goal });
    const cost = median(costs.get(`strongSwan, ${name}`)!) / median(costs.get(`ours, ${name}`)!);
    line(`${name}: CPU of a gigabit, strongSwan / ours`, cost, 'x');
    const ping = median(times.get(`ours, ${name}`)!) / median(times.get(`strongSwan, ${name}`)!);
    line(`${name}: ping, ours / strongSwan`, ping, 'x', { atMost: 1.5 });
  }

  console.log('\nat rest');
  const [one] = own.values();
  const path = one!.paths.left;
  const pid = path.process.pid!;
  const [before, start] = [ticks(pid), performance.now()];
  await new Promise((done) => setTimeout(done, 5000));
  const share = (ticks(pid) - before) / ((performance.now() - start) / 1000);
  line('CPU of one core, no traffic', share, '%', { atMost: 1 });
  const memory = async () => ((await path.tell({ do: 'memory' })) as { rss: number }).rss / 1e6;
  const empty = await memory();
  await path.tell({ do: 'install', sas: manySas(1000) });
  line('memory, 2 SAs', empty, 'MB');
  line('memory, 1000 SAs more', await memory(), 'MB');

  const handshakesWhy = handshakesMissing();
  if (handshakesWhy) console.log(`\nwithout handshakes: ${handshakesWhy}`);
  else await handshakes();
} finally {
  for (const close of closing.reverse()) await close();
}
if (missed.length > 0) console.log(`\nmissed: ${missed.join('; ')}`);
if (check && missed.length > 0) process.exitCode = 1;

/** In turns, as everything here. */
async function handshakes(): Promise<void> {
  // Ours has come to its speed after some two thousand: then V8 has compiled what counts.
  const load = { count: 1000, warm: 2500, parallel: 16 };
  const mine: Handshakes[] = [];
  const theirs: Handshakes[] = [];
  for (let round = 0; round < rounds; round += 1) {
    mine.push(await ourHandshakes(load));
    if (!why) theirs.push(await charonHandshakes(load));
  }
  const of = (list: readonly Handshakes[], what: 'perSecond' | 'cpu' | 'warmCpu' | 'generatorCpu' | 'megabytes') =>
    median(list.map((each) => each[what]));
  console.log(
    `\nhandshakes as responder (IKEv2, PSK, X25519, AES-GCM), ${load.count} of ${load.parallel} at once, after ${load.warm}`,
  );
  line('ours', of(mine, 'perSecond'), 'per second');
  line('ours, CPU of one', of(mine, 'cpu') * 1000, 'ms');
  line(`ours, CPU of one of the first ${load.warm}`, of(mine, 'warmCpu') * 1000, 'ms');
  line('memory, 1000 established IKE SAs and SA pairs', of(mine, 'megabytes'), 'MB', { atMost: 300 });
  const failed = [...mine, ...theirs].find((each) => each.failed > 0);
  if (failed) line(`failed: ${failed.why}`, failed.failed, '', { atMost: 0 });
  if (theirs.length === 0) return;
  line('strongSwan', of(theirs, 'perSecond'), 'per second');
  line('strongSwan, CPU of one', of(theirs, 'cpu') * 1000, 'ms');
  line('the generator, CPU of one, with ours', of(mine, 'generatorCpu'), 'ms');
  line('the generator, CPU of one, with strongSwan', of(theirs, 'generatorCpu'), 'ms');
  line('ours / strongSwan', of(mine, 'perSecond') / of(theirs, 'perSecond'), 'x', { atLeast: 1 });
}

function manySas(count: number): SaWords[] {
  return Array.from({ length: count }, (_, index) => ({
    direction: index % 2 === 0 ? 'outbound' : 'inbound',
    mode: 'tunnel',
    spi: 0x10_0000 + index,
    local: outer.left,
    remote: `198.19.${index >> 8}.${(index & 255) | 1}`,
    keySeed: index,
    inUdp: true,
    encryption: 'AES-GCM-16-128',
  }));
}
