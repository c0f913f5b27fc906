/** Packets of somebody else on the wire, and a host that fails: what is counted, what is refused, and that the genuine peer's packets go on. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { fragmentIp } from '../../../src/engine/ipsec/fragments.js';
import { buildIp } from '../../../src/engine/ipsec/ip-build.js';
import { applySa } from '../../../src/engine/ipsec/outbound.js';
import { createSa } from '../../../src/engine/ipsec/sa.js';
import { node } from '../../engine/crypto/support.js';
import { address, ipOf, pattern } from '../../engine/ipsec/support.js';
import type { Order } from '../../support/programs/raw-sender.js';
import { type SaWords, type SystemWords, saOf } from './lab/description.js';
import {
  inner,
  inner6,
  type Lab,
  makeLab,
  missingForLab,
  other,
  outer,
  outer6,
  type RemoteDataPath,
  type Side,
} from './lab/lab.js';
import { program } from './lab/programs.js';

const missing = missingForLab('ping', 'nft');
let lab: Lab | undefined;
afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

const suite = { encryption: 'AES-GCM-16-128' } as const;
const spis = { toRight: 0x1001, toLeft: 0x1002 } as const;

function systemOf(side: Side): SystemWords {
  const ends = { local: outer[side], remote: outer[other(side)] };
  const inside = { local: inner[side], remote: inner[other(side)] };
  const action = [{ ...suite, ...ends, mode: 'tunnel' }] as const;
  return {
    name: side,
    addresses: [outer[side], inner[side], outer6[side], inner6[side]],
    spd: [
      // A port, so that fragments have to be put together before it is known whether they may come in.
      { name: 'port', ...inside, protocol: 17, localPort: 7777, action },
      { name: 'no-other-port', ...inside, protocol: 17, action: 'DISCARD' },
      { name: 'inside', ...inside, action },
      { name: 'rest', action: 'BYPASS' },
    ],
  };
}

function sasOf(side: Side): SaWords[] {
  const about = { ...suite, mode: 'tunnel', local: outer[side], remote: outer[other(side)], inUdp: true } as const;
  const [out, back] = side === 'left' ? [spis.toRight, spis.toLeft] : [spis.toLeft, spis.toRight];
  return [
    { ...about, direction: 'outbound', spi: out, keySeed: out },
    { ...about, direction: 'inbound', spi: back, keySeed: back },
  ];
}

/** Places in what goes over the wire: 20 octets of IP, 8 of UDP, then ESP. */
const place = { udp: 20, spi: 28, sequence: 32, iv: 36 } as const;

/**
 * The data path on the right; on the left no IPsec, but somebody who has the genuine peer's keys (`peer`) and sends whatever is wanted
 * (`send`).
 */
async function attacked(): Promise<{
  readonly right: RemoteDataPath;
  /** What the genuine peer sends for a packet of its own. */
  sealed(packet: Uint8Array): Uint8Array;
  send(...orders: readonly (Order | Uint8Array)[]): Promise<number>;
  /** Genuine pings come in, and are answered. */
  serves(pings?: number): Promise<void>;
  inbound(): ReturnType<RemoteDataPath['usage']> extends Promise<readonly (infer R)[]> ? Promise<R> : never;
}> {
  const made = makeLab();
  lab = made;
  const right = await made.dataPath('right');
  await right.start(systemOf('right'));
  await right.tell({ do: 'install', sas: sasOf('right') });
  const outbound = createSa(saOf(sasOf('left')[0]!), node, 0);
  if ('why' in outbound) throw new Error(outbound.why);
  // Whatever it is: this peer neither looks at it nor puts fragments together first.
  const plain = ipOf(echo(0));
  const sealed = (packet: Uint8Array): Uint8Array => {
    const { result } = applySa(
      outbound,
      { ...plain, octets: packet },
      { random: node.random, identification: () => 0, now: 0 },
    );
    if ('kind' in result) throw new Error(result.why);
    return result.octets;
  };
  const sender = made.start('left', process.execPath, await program('test/support/programs/raw-sender.ts'));
  const answers = createInterface({ input: sender.stdout })[Symbol.asyncIterator]();
  const send = async (...orders: readonly (Order | Uint8Array)[]): Promise<number> => {
    const words = orders.map((order) => (order instanceof Uint8Array ? { packet: hex(order) } : order));
    sender.stdin.write(`${JSON.stringify(words)}\n`);
    const { value } = await answers.next();
    return (JSON.parse(value as string) as { sent: number }).sent;
  };
  const usageOf = async (direction: 'inbound' | 'outbound') =>
    (await right.usage()).find(({ id }) => id.direction === direction)!;
  return {
    right,
    sealed,
    send,
    async serves(pings = 5) {
      // What was sent before may still be on its way.
      for (let last = -1, now = 0; last !== now; ) {
        last = now;
        await setTimeout(200);
        now = (await usageOf('inbound')).packets;
      }
      const [before, sentBefore] = [await usageOf('inbound'), await usageOf('outbound')];
      await send(...Array.from({ length: pings }, (_, index) => sealed(echo(index))));
      await expect.poll(async () => (await usageOf('inbound')).packets - before.packets).toBe(pings);
      await expect.poll(async () => (await usageOf('outbound')).packets - sentBefore.packets).toBe(pings);
    },
    inbound: () => usageOf('inbound'),
  };
}

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');

function checksum(octets: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < octets.length; at += 2) sum += (octets[at]! << 8) | (octets[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** An echo request between the networks behind. */
function echo(number: number): Uint8Array {
  const message = Uint8Array.from([8, 0, 0, 0, 0x12, 0x34, number >> 8, number & 255, ...pattern(40)]);
  new DataView(message.buffer).setUint16(2, checksum(message));
  return buildIp({ source: address(inner.left), destination: address(inner.right), protocol: 1 }, message)!;
}

/** A UDP datagram between the networks behind, without a checksum. */
function datagram(octets: number, port: number): Uint8Array {
  const udp = new Uint8Array(8 + octets);
  new DataView(udp.buffer).setUint16(0, 4000);
  new DataView(udp.buffer).setUint16(2, port);
  new DataView(udp.buffer).setUint16(4, udp.length);
  return buildIp({ source: address(inner.left), destination: address(inner.right), protocol: 17 }, udp)!;
}

/** What the left end sends to the data path's UDP port. */
function toUdpPort(data: Uint8Array, source: string = outer.left): Uint8Array {
  const udp = Uint8Array.from([0x11, 0x94, 0x11, 0x94, (8 + data.length) >> 8, (8 + data.length) & 255, 0, 0, ...data]);
  return buildIp({ source: address(source), destination: address(outer.right), protocol: 17 }, udp)!;
}

function changed(packet: Uint8Array, at: number, to: readonly number[]): Uint8Array {
  const copy = packet.slice();
  copy.set(to, at);
  return copy;
}

describe.skipIf(missing)(`abuse${missing ? ` (skipped: ${missing})` : ''}`, () => {
  it('repeated packets are counted and go no further', async () => {
    const { right, sealed, send, serves, inbound } = await attacked();
    await serves();
    const packets = Array.from({ length: 20 }, (_, index) => sealed(echo(index)));
    await send(...packets);
    await send(...packets, ...packets, ...packets.toReversed());
    await expect.poll(async () => (await inbound()).replays).toBe(60);
    expect(await inbound()).toMatchObject({ packets: 25, sequence: '25' });
    expect((await right.totals()).dropped).toEqual({ replay: 60 });
    await serves();
  });

  it('forged packets are counted, and the window stays where it is', async () => {
    const { right, sealed, send, serves, inbound } = await attacked();
    await serves();
    const genuine = sealed(echo(1));
    // Every octet behind the SPI, and sequence numbers that would push all others out of the window.
    const places = Array.from({ length: genuine.length - place.sequence }, (_, index) => place.sequence + index);
    const forged = [
      ...places.map((at) => changed(genuine, at, [genuine[at]! ^ 0x40])),
      ...[0x7fff_ffff, 0xffff_ffff, 5000].map((sequence) =>
        changed(genuine, place.sequence, [
          sequence >>> 24,
          (sequence >>> 16) & 255,
          (sequence >>> 8) & 255,
          sequence & 255,
        ]),
      ),
    ];
    expect(await send(...forged)).toBe(forged.length);
    await expect.poll(async () => (await inbound()).icvFailures).toBe(forged.length);
    expect(await inbound()).toMatchObject({ packets: 5, sequence: '5', replays: 0 });
    expect((await right.totals()).dropped).toEqual({ icv: forged.length });
    // What all of them were made of has not been used up by them.
    await send(genuine);
    await expect.poll(async () => (await inbound()).packets).toBe(6);
    await serves();
  });

  it('nothing that is malformed does harm', async () => {
    const { right, sealed, send, serves } = await attacked();
    const genuine = sealed(echo(1));
    const cut = Array.from({ length: genuine.length - place.spi }, (_, length) =>
      toUdpPort(genuine.subarray(place.spi, place.spi + length)),
    );
    const noise: Order = { packet: hex(toUdpPort(new Uint8Array(200))), count: 2000, random: [[place.spi, 200]] };
    // IKE's marker, and nothing or nonsense behind it.
    const ike = [4, 5, 31, 32, 40].map((length) => toUdpPort(new Uint8Array(length)));
    // IP options in front of a UDP header that lies about its length.
    const liar = changed(toUdpPort(pattern(100, 1)), place.udp + 4, [0xff, 0xff]);
    // Right on IP: nothing, half a header, AH with a length that is too long, IPv6 in ESP of nobody.
    const raw = [50, 51].flatMap((protocol) =>
      [0, 1, 7, 8, 11, 12, 60].map(
        (length) =>
          buildIp(
            { source: address(outer.left), destination: address(outer.right), protocol },
            Uint8Array.from({ length }, () => 0xff),
          )!,
      ),
    );
    const orders = [...cut, noise, ...ike, liar, ...raw];
    expect(await send(...orders)).toBeGreaterThan(2000);
    await serves();
    const { dropped, packetsIn } = await right.totals();
    expect(packetsIn).toBe(5);
    expect(dropped).toMatchObject({ malformed: expect.any(Number), 'unknown-spi': expect.any(Number) });
    expect(right.events.filter(({ kind }) => kind === 'fault')).toEqual([]);
  });

  it('a storm of unknown SPIs from everywhere: few events, bounded memory, and the peer gets through', async () => {
    const { right, send, serves } = await attacked();
    await serves();
    const memory = async () => ((await right.tell({ do: 'memory' })) as { rss: number }).rss;
    const storm = (count: number): Order => ({
      packet: hex(toUdpPort(new Uint8Array(600))),
      count,
      // Sources of 198.19.0.0/16 and any SPI.
      random: [
        [14, 2],
        [place.spi, 20],
      ],
      pace: [500, 5],
    });
    const spoofed = (order: Order): Order => ({
      ...order,
      packet: hex(changed(Buffer.from(order.packet, 'hex'), 12, [198, 19])),
    });
    await send(spoofed(storm(5_000)));
    const before = await memory();
    await send(spoofed(storm(40_000)));
    await expect
      .poll(async () => (await right.totals()).dropped['unknown-spi'], { timeout: 10_000 })
      .toBeGreaterThan(30_000);
    expect((await memory()) - before).toBeLessThan(40 << 20);
    // The events are for IKE, which may tell a peer that its SA is not known here: not one for each packet.
    expect(right.events.filter(({ kind }) => kind === 'sa-event').length).toBeLessThan(3_000);
    await serves();
  });

  it('fragments inside the tunnel that overlap, never end or are too long are refused', async () => {
    const { right, sealed, send, serves } = await attacked();
    const whole = datagram(2400, 7777);
    const [first, second, third] = fragmentIp(ipOf(whole), 1200, 77)!;
    const at = (fragment: Uint8Array, offset: number, more: boolean, id: number): Uint8Array => {
      const copy = fragment.slice();
      const view = new DataView(copy.buffer);
      view.setUint16(2, copy.length);
      view.setUint16(4, id);
      view.setUint16(6, (more ? 0x2000 : 0) | (offset / 8));
      view.setUint16(10, 0);
      view.setUint16(10, checksum(copy.subarray(0, 20)));
      return copy;
    };
    // In order, and in any order: delivered once it is whole.
    await send(
      ...[first, second, third].map((fragment) => sealed(at(fragment!, offsetOf(fragment!), fragment !== third, 1))),
    );
    await send(
      ...[third, first, second].map((fragment) => sealed(at(fragment!, offsetOf(fragment!), fragment !== third, 2))),
    );
    await expect.poll(async () => (await right.totals()).packetsIn).toBe(2);
    // One over another; one that ends in the middle of a unit of 8 octets; one that would reach beyond 65,535.
    await send(
      sealed(at(first!, 0, true, 3)),
      sealed(at(second!, 8, true, 3)),
      sealed(at(first!.subarray(0, 27), 0, true, 4)),
      sealed(at(second!, 65_520, true, 5)),
    );
    await expect.poll(async () => (await right.totals()).dropped).toEqual({ fragment: 2, malformed: 1 });
    // So many beginnings without an end that they would not all be kept.
    await send(...Array.from({ length: 3_000 }, (_, id) => sealed(at(first!, 0, true, 100 + id))));
    await serves();
    expect((await right.totals()).packetsIn).toBe(7);
    expect(right.events.filter(({ kind }) => kind === 'fault')).toEqual([]);
  });

  it('a device that is removed ends it at once, and what is protected stays where it is', async () => {
    const made = makeLab();
    lab = made;
    const left = await made.dataPath('left');
    await left.start(systemOf('left'));
    await left.tell({ do: 'install', sas: sasOf('left') });
    made.run('left', 'ip', 'link', 'del', 'ipsec0');
    expect(await left.event('fault')).toMatchObject({ fatal: true, text: expect.stringContaining('ipsec0') });
    const ping = () => made.attempt('left', 'ping', '-c', '1', '-W', '1', '-I', inner.left, inner.right).ok;
    expect(ping()).toBe(false);
    // What is asked of it now is refused, and does not wait for ever.
    await expect(left.tell({ do: 'install', sas: sasOf('left') })).rejects.toThrow('worker');
    await left.tell({ do: 'stop', keepBlocked: true });
    expect(ping()).toBe(false);
    await left.start(systemOf('left'));
    await left.tell({ do: 'install', sas: sasOf('left') });
    const right = await made.dataPath('right');
    await right.start(systemOf('right'));
    await right.tell({ do: 'install', sas: sasOf('right') });
    expect(ping()).toBe(true);
  });

  it('a full disk: nothing is changed that cannot be written down first', async () => {
    const made = makeLab();
    lab = made;
    const state = path.join(made.folder, 'small');
    const filler = path.join(state, 'filler');
    const ping = () => made.attempt('left', 'ping', '-c', '1', '-W', '1', '-I', inner.left, inner.right).ok;
    mkdirSync(state);
    // Before the process that is to see it: each of them has mounts of its own.
    // Room for the journal, its next draft and the script of the guard: a page each.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12k', 'none', state]);
    try {
      const left = await made.dataPath('left');
      writeFileSync(filler, new Uint8Array(12_288));
      await expect(left.start(systemOf('left'), { stateDir: state })).rejects.toMatchObject({
        code: 'JOURNAL',
        message: expect.stringContaining('ENOSPC'),
      });
      expect(made.run('left', 'nft', 'list', 'ruleset')).toBe('');
      expect(made.run('left', 'ip', 'rule')).not.toContain('450');
      expect(readdirSync(state)).toEqual(['filler']);
      expect(ping()).toBe(true);
      rmSync(filler);
      await left.start(systemOf('left'), { stateDir: state });
      const before = made.run('left', 'nft', 'list', 'ruleset');
      writeFileSync(filler, new Uint8Array(4096));
      const open: SystemWords = { ...systemOf('left'), spd: [{ name: 'rest', action: 'BYPASS' }] };
      await expect(left.tell({ do: 'reconfigure', system: open })).rejects.toMatchObject({ code: 'JOURNAL' });
      expect(made.run('left', 'nft', 'list', 'ruleset')).toBe(before);
      expect(ping()).toBe(false);
      // It ends all the same, whether everything is to stay blocked or not.
      await left.tell({ do: 'stop', keepBlocked: true });
      expect(ping()).toBe(false);
      expect(await left.tell({ do: 'clean-up', stateDir: state })).toBe(true);
      expect(ping()).toBe(true);
    } finally {
      execFileSync('umount', ['-l', state]);
    }
  });
});

function offsetOf(fragment: Uint8Array): number {
  return (((fragment[6]! << 8) | fragment[7]!) & 0x1fff) * 8;
}
