/**
 * Our data path as a gateway, with hosts behind either end and a router between: traffic class, congestion marks, hop limits, narrow
 * paths with and without DF, fragments before and after protection, and what waits for a first SA.
 */
import { spawn } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import type { SaWords, SystemWords } from './lab/description.js';
import { behind, behind6, type GatewayLab, gateway, makeGatewayLab, networks, networks6 } from './lab/gateway-lab.js';
import { missingForLab, other, outer, outer6, type RemoteDataPath, type Side } from './lab/lab.js';

const missing = missingForLab('ping', 'nft', 'tcpdump', 'iperf3');
let lab: GatewayLab | undefined;
afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

const sides = ['left', 'right'] as const;
const suite = { encryption: 'AES-GCM-16-128' } as const;

function systemOf(side: Side, family: 4 | 6): SystemWords {
  const ends = family === 4 ? outer : outer6;
  const template = { ...suite, mode: 'tunnel', local: ends[side], remote: ends[other(side)] } as const;
  const entries = [
    { name: 'site', local: networks[side], remote: networks[other(side)], action: [template] },
    { name: 'site6', local: networks6[side], remote: networks6[other(side)], action: [template] },
  ] as const;
  return {
    name: side,
    addresses: [outer[side], outer6[side], gateway[side]],
    spd: [...entries, { name: 'rest', action: 'BYPASS' }],
    forwardSpd: [...entries, { name: 'rest', action: 'BYPASS' }],
  };
}

function sasOf(side: Side, family: 4 | 6, inUdp: boolean): SaWords[] {
  const ends = family === 4 ? outer : outer6;
  const about = { ...suite, mode: 'tunnel', local: ends[side], remote: ends[other(side)], inUdp } as const;
  const [sent, received] = side === 'left' ? [1, 2] : [2, 1];
  return [
    { ...about, direction: 'outbound', spi: 0x2000 + sent, keySeed: sent },
    { ...about, direction: 'inbound', spi: 0x2000 + received, keySeed: received },
  ];
}

interface Wish {
  readonly mtu?: number;
  readonly family?: 4 | 6;
  readonly inUdp?: boolean;
  readonly withSas?: boolean;
}

async function gateways({ mtu, family = 4, inUdp = true, withSas = true }: Wish = {}) {
  const made = makeGatewayLab(mtu === undefined ? {} : { mtu });
  lab = made;
  const [left, right] = await Promise.all([made.dataPath('left'), made.dataPath('right')]);
  const paths: Record<Side, RemoteDataPath> = { left, right };
  const install = async () => {
    // Right first: what waits on the left goes out at once.
    for (const side of ['right', 'left'] as const) {
      await paths[side].tell({ do: 'install', sas: sasOf(side, family, inUdp) });
    }
  };
  for (const side of sides) await paths[side].start(systemOf(side, family), { forwards: true });
  if (withSas) await install();
  return { lab: made, paths, install };
}

const pinging = (words: readonly string[], to: string) => [
  'ping',
  '-n',
  '-c',
  '2',
  '-i',
  '0.1',
  '-W',
  '2',
  ...words,
  to,
];

/** What a capture in a namespace sees while something happens, one line a packet. */
async function seen(namespace: string, device: string, filter: string, act: () => void): Promise<string[]> {
  const words = ['tcpdump', '-nvtl', '-i', device, filter];
  const dump = spawn('ip', ['netns', 'exec', namespace, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  let ready = '';
  dump.stdout.on('data', (chunk) => {
    text += String(chunk);
  });
  dump.stderr.on('data', (chunk) => {
    ready += String(chunk);
  });
  while (!ready.includes('listening on')) await new Promise((done) => setTimeout(done, 20));
  act();
  await new Promise((done) => setTimeout(done, 300));
  dump.kill('SIGINT');
  await new Promise((done) => dump.once('close', done));
  return text
    .replaceAll('\n    ', ' ')
    .split('\n')
    .filter((line) => line !== '');
}

describe.skipIf(missing)(`a gateway${missing ? ` (skipped: ${missing})` : ''}`, () => {
  it.each([
    ['IPv4 in UDP', { family: 4, inUdp: true }],
    ['IPv4', { family: 4, inUdp: false }],
    ['IPv6 in UDP', { family: 6, inUdp: true }],
  ] as const)('over %s carries what hosts behind it send, and nothing of it in the clear', async (_, wish) => {
    const { lab, paths } = await gateways(wish);
    const clear = await seen(lab.router, 'any', 'net 10.91.0.0/16 or net 2001:db8:91::/48', () => {
      for (const to of [behind.right, behind6.right]) {
        expect(lab.on('left', ...pinging([], to)).text).toContain(' 0% packet loss');
        // Longer than the TUN device: fragments, before protection. Senders of IPv6 learn of it by their first packet.
        lab.on('left', ...pinging(['-s', '6000'], to));
        expect(lab.on('left', ...pinging(['-s', '6000'], to)).text).toContain(' 0% packet loss');
      }
      expect(lab.on('right', ...pinging([], behind.left)).text).toContain(' 0% packet loss');
    });
    expect(clear).toEqual([]);
    const server = spawn('ip', ['netns', 'exec', lab.host.right, 'iperf3', '-s', '-1']);
    await new Promise((done) => setTimeout(done, 500));
    expect(lab.on('left', 'iperf3', '-c', behind.right, '-n', '20M').ok).toBe(true);
    server.kill();
    for (const side of sides) expect((await paths[side].totals()).dropped).toEqual({});
  });

  it('is a hop at either end, and the way between them is none', async () => {
    const { lab } = await gateways();
    expect(lab.on('left', ...pinging(['-t', '1'], behind.right)).text).toContain(`From ${gateway.left}`);
    expect(lab.on('left', ...pinging(['-t', '2'], behind.right)).text).toMatch(/From (10\.91\.2\.1|198\.18\.0\.2)/);
    expect(lab.on('left', ...pinging(['-t', '3'], behind.right)).text).toContain(' 0% packet loss');
  });

  it('copies the traffic class outside, and takes congestion marks in (RFC 6040)', async () => {
    const { lab, paths } = await gateways();
    const outside = await seen(lab.router, 'left', 'udp port 4500 and src 198.18.0.1', () => {
      expect(lab.on('left', ...pinging(['-Q', '0xb8'], behind.right)).text).toContain(' 0% packet loss');
    });
    expect(outside.length).toBeGreaterThan(0);
    for (const line of outside) expect(line).toContain('tos 0xb8');
    // A router on the way that is congested marks what may be marked.
    lab.on(
      'router',
      'nft',
      'add table ip busy; add chain ip busy c { type filter hook forward priority 0; }; add rule ip busy c ip saddr 198.18.0.1 ip ecn set ce',
    );
    const inside = await seen(lab.host.right, 'eth0', 'icmp[icmptype] = icmp-echo', () => {
      expect(lab.on('left', ...pinging(['-Q', '0x02'], behind.right)).text).toContain(' 0% packet loss');
    });
    for (const line of inside) expect(line).toContain('tos 0x3,CE');
    // What cannot bear a mark is dropped, and counted.
    expect(lab.on('left', ...pinging(['-W', '1'], behind.right)).text).toContain('100% packet loss');
    expect((await paths.right.totals()).dropped).toMatchObject({ ecn: 2 });
  });

  it.each([
    ['in UDP', true],
    ['right on IP', false],
  ] as const)(
    'on a path that is narrower than it looks, %s: senders are told, and those who let it fragment get through',
    async (_, inUdp) => {
      const { lab, paths } = await gateways({ mtu: 1300, inUdp });
      // Nobody knows yet; the router's answer reaches the gateway, the next packet's sender gets one from there.
      lab.on('left', ...pinging(['-M', 'do', '-s', '1340'], behind.right));
      const told = lab.on('left', ...pinging(['-M', 'do', '-s', '1340'], behind.right)).text;
      const mtu = Number(/mtu ?= ?(\d+)/.exec(told)?.[1]);
      expect(mtu, told).toBeGreaterThan(1200);
      expect(mtu).toBeLessThan(1300 - 20 - 8);
      expect(lab.on('left', ...pinging(['-M', 'do', '-s', `${mtu - 28}`], behind.right)).text).toContain(
        ' 0% packet loss',
      );
      expect(lab.on('left', ...pinging(['-M', 'do', '-s', `${mtu - 27}`], behind.right)).ok).toBe(false);
      // Without DF: in fragments after protection, put together at the other end.
      expect(lab.on('left', ...pinging(['-M', 'dont', '-s', '1340'], behind.right)).text).toContain(' 0% packet loss');
      expect(lab.on('left', ...pinging(['-M', 'dont', '-s', '4000'], behind.right)).text).toContain(' 0% packet loss');
      // IPv6 has no routers that fragment: its sender learns too.
      lab.on('left', ...pinging(['-s', '1340'], behind6.right));
      expect(lab.on('left', ...pinging(['-s', '1340'], behind6.right)).text).toContain(' 0% packet loss');
      const server = spawn('ip', ['netns', 'exec', lab.host.right, 'iperf3', '-s', '-1']);
      await new Promise((done) => setTimeout(done, 500));
      const stream = lab.on('left', 'iperf3', '-c', behind.right, '-n', '5M');
      server.kill();
      expect(stream.ok, stream.text).toBe(true);
      expect((await paths.left.totals()).details).toMatchObject({ mtuLearned: expect.any(Number) });
    },
  );

  it('keeps what waits for its first SA, in bounds', async () => {
    const { lab, paths, install } = await gateways({ withSas: false });
    const receiver = spawn('ip', [
      ...['netns', 'exec', lab.host.right, process.execPath, '-e'],
      `const s = require('node:dgram').createSocket('udp4'); let n = 0; let t; s.on('message', () => { n += 1; clearTimeout(t); t = setTimeout(() => { console.log(n); process.exit(); }, 1500); }); s.bind(9000, () => console.log('ready'));`,
    ]);
    let said = '';
    receiver.stdout.on('data', (text) => {
      said += String(text);
    });
    while (!said.includes('ready')) await new Promise((done) => setTimeout(done, 20));
    const ended = new Promise((done) => receiver.once('close', done));
    const count = 400;
    lab.on(
      'left',
      process.execPath,
      '-e',
      `const s = require('node:dgram').createSocket('udp4'); let n = 0; const next = () => n++ < ${count} ? s.send('x'.repeat(100), 9000, '${behind.right}', () => setTimeout(next, 1)) : s.close(); next();`,
    );
    await paths.left.event('acquire');
    const before = await paths.left.totals();
    expect(before.waiting).toBe(256);
    expect(before.dropped).toMatchObject({ queue: count - 256 });
    expect(paths.left.events.filter(({ kind }) => kind === 'acquire')).toHaveLength(1);
    await install();
    await ended;
    expect(said).toBe(`ready\n256\n`);
    expect((await paths.left.totals()).waiting).toBe(0);
  });
});
