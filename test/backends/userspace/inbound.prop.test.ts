/**
 * The fast path in and the reference stack are one: whatever comes from the network, genuine, repeated, damaged, reordered or invented,
 * they deliver the same packets, give the same verdicts and events, and leave SA and window in the same state.
 */
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { evpEngine } from '../../../src/backends/userspace/cipher/evp-cipher.js';
import { nodeEngine } from '../../../src/backends/userspace/cipher/node-cipher.js';
import { outerPacket } from '../../../src/backends/userspace/fast/arrival.js';
import { allocate } from '../../../src/backends/userspace/system/memory.js';
import { seededRandom } from '../../../src/engine/crypto/random.js';
import { applySa, dummyPacket } from '../../../src/engine/ipsec/outbound.js';
import { ipProtocols } from '../../../src/engine/ipsec/packet.js';
import type { Sa, SaEvent, SaLimits, SaParameters } from '../../../src/engine/ipsec/sa.js';
import { createSad } from '../../../src/engine/ipsec/sad.js';
import { createIpsecStack, type StackOutput } from '../../../src/engine/ipsec/stack.js';
import { everything, fullBox } from '../../../src/model/selector/box.js';
import type { SystemConfig } from '../../../src/model/system-config.js';
import { node } from '../../engine/crypto/support.js';
import { icmpError } from '../../engine/ipsec/icmp-support.js';
import {
  address,
  config,
  entry,
  ipOf,
  sa as makeSa,
  mirror,
  pattern,
  protect,
  type Suite,
  saParameters,
  template,
} from '../../engine/ipsec/support.js';
import { arrivalOf, ikePorts, inboundRig, native, tcp, tcpFlags, udp, unnumbered } from './support.js';

const engines = { node: nodeEngine, evp: evpEngine(native)! };
const hosts = { 4: ['192.0.2.1', '192.0.2.2'], 6: ['2001:db8::1', '2001:db8::2'] } as const;
const gateways = { 4: ['198.51.100.1', '198.51.100.2'], 6: ['2001:db8:ffff::1', '2001:db8:ffff::2'] } as const;

const suites: readonly Suite[] = [
  { protocol: 'ESP', encryption: 'AES-GCM-16-128' },
  { protocol: 'ESP', encryption: 'AES-GCM-8-256' },
  { protocol: 'ESP', encryption: 'CHACHA20-POLY1305' },
  { protocol: 'ESP', encryption: 'AES-CBC-128', authentication: 'HMAC-SHA1-96' },
  { protocol: 'ESP', encryption: 'AES-CTR-128', authentication: 'HMAC-SHA2-256-128' },
  { protocol: 'ESP', encryption: '3DES-CBC', authentication: 'HMAC-MD5-96' },
  { protocol: 'ESP', encryption: 'NULL', authentication: 'HMAC-SHA2-512-256' },
  { protocol: 'ESP', encryption: 'AES-CBC-256' },
  { protocol: 'ESP', encryption: 'AES-CCM-8-128' },
  { protocol: 'AH', authentication: 'HMAC-SHA1-96' },
];

/** One thing that comes from the network. */
interface Step {
  readonly kind:
    | 'next'
    | 'next'
    | 'stream'
    | 'again'
    | 'late'
    | 'damaged'
    | 'invented'
    | 'short'
    | 'jump'
    | 'dummy'
    | 'ike'
    | 'clear';
  readonly inner: 'udp' | 'tcp' | 'error' | 'options' | 'noise' | 'forbidden' | 'elsewhere';
  readonly length: number;
  readonly count: number;
  readonly push: boolean;
  readonly mark: number;
  readonly innerMark: number;
  readonly back: number;
  readonly bit: number;
  readonly wait: number;
  readonly moved: boolean;
  readonly startsTurn: boolean;
}

const steps = fc.record<Step>({
  kind: fc.constantFrom(
    'next',
    'next',
    'stream',
    'stream',
    'again',
    'late',
    'damaged',
    'invented',
    'short',
    'jump',
    'dummy',
    'ike',
    'clear',
  ),
  inner: fc.constantFrom('udp', 'tcp', 'tcp', 'error', 'options', 'noise', 'forbidden', 'elsewhere'),
  length: fc.integer({ min: 0, max: 1400 }),
  count: fc.integer({ min: 1, max: 6 }),
  push: fc.boolean(),
  mark: fc.constantFrom(0, 0, 0, 1, 2, 3, 0xb8),
  innerMark: fc.constantFrom(0, 2, 1),
  back: fc.nat({ max: 90 }),
  bit: fc.nat(),
  wait: fc.constantFrom(0, 0, 0, 400),
  moved: fc.constantFrom(false, false, false, true),
  startsTurn: fc.boolean(),
});

interface Setting {
  readonly suite: Suite;
  readonly mode: 'transport' | 'tunnel';
  readonly inner: 4 | 6;
  readonly outer: 4 | 6;
  readonly esn: boolean;
  readonly inUdp: boolean;
  readonly limits: SaLimits;
  readonly window: number;
  readonly first: bigint;
  readonly manual: boolean;
  readonly checkPadding: boolean;
  readonly gathers: boolean;
}

const settings = fc.record<Setting>({
  suite: fc.constantFrom(...suites),
  mode: fc.constantFrom('transport', 'tunnel', 'tunnel'),
  inner: fc.constantFrom(4, 6),
  outer: fc.constantFrom(4, 6),
  esn: fc.boolean(),
  inUdp: fc.boolean(),
  limits: fc.oneof(
    fc.constant({}),
    fc.record<SaLimits>({
      softPackets: fc.constantFrom(0, 5, 40),
      hardPackets: fc.constantFrom(0, 8, 60),
      softKilobytes: fc.constantFrom(0, 3, 30),
      hardKilobytes: fc.constantFrom(0, 6, 50),
      softSeconds: fc.constantFrom(0, 1),
      hardSeconds: fc.constantFrom(0, 2),
    }),
  ),
  window: fc.constantFrom(0, 32, 64, 100),
  first: fc.constantFrom(0n, 5n, 0xffff_ffffn - 8n, 0x1_ffff_fff8n),
  manual: fc.constantFrom(false, false, true),
  checkPadding: fc.boolean(),
  gathers: fc.constantFrom(true, true, false),
});

function systemOf({ suite, mode, inner, outer, manual }: Setting): SystemConfig {
  const ends = mode === 'tunnel' ? gateways[outer] : hosts[inner];
  const manualSa = {
    at: undefined as never,
    protocol: suite.protocol,
    spi: 0x1000,
    authenticationKey: undefined as never,
  };
  const sa = template('sa', suite, {
    mode,
    ...(mode === 'tunnel' ? { localEndpoint: address(ends[0]), remoteEndpoint: address(ends[1]) } : {}),
    ...(manual ? { manual: { inbound: manualSa, outbound: manualSa } } : {}),
  });
  const forbidden = ([4, 6] as const).map((family) => ({
    ...fullBox(family),
    protocol: { lo: ipProtocols.UDP, hi: ipProtocols.UDP },
    x: { lo: 99, hi: 99 },
  }));
  return config(
    'a',
    [...hosts[4], ...hosts[6]],
    [entry('discard', forbidden, { kind: 'DISCARD' }), entry('protect', everything, protect(sa))],
  );
}

function parametersOf(setting: Setting): SaParameters {
  const { suite, mode, inner, outer, esn, inUdp, limits, window, manual, checkPadding } = setting;
  const [local, remote] = mode === 'tunnel' ? gateways[outer] : hosts[inner];
  const first = address(hosts[inner][1]);
  return saParameters(suite, {
    direction: 'inbound',
    mode,
    local: address(local),
    remote: address(remote),
    esn: esn && !manual && (suite.encryption !== 'AES-CBC-256' || suite.authentication !== undefined),
    limits,
    manual,
    checkPadding,
    replayWindow: window,
    selectors: [{ ...fullBox(inner), remote: { lo: first.value, hi: first.value } }],
    ...(inUdp && suite.protocol === 'ESP' ? { udpEncapsulation: { localPort: 4500, remotePort: 10_000 } } : {}),
  });
}

/** The number before the first; near the end of a cycle only where another follows. */
function firstOf(setting: Setting): bigint {
  return parametersOf(setting).esn ? setting.first : setting.first % 9n;
}

function innerPacket(step: Step, family: 4 | 6, index: number, sequence: number): Uint8Array {
  const [local, remote] = hosts[family];
  const { inner, length, innerMark, push } = step;
  const about = {
    data: pattern(length, index),
    trafficClass: innerMark,
    dontFragment: step.bit % 5 !== 0,
    sequence,
    destinationPort: inner === 'forbidden' ? 99 : 23,
    flags: tcpFlags.ACK | (push ? tcpFlags.PSH : 0),
  };
  switch (inner) {
    case 'tcp':
      return tcp(remote, local, about);
    case 'error': {
      // The other end, or somebody behind it whom the selectors leave out, about what we sent to it or to somebody else.
      const from = step.bit % 2 ? remote : family === 4 ? '203.0.113.7' : '2001:db8:7::7';
      const to = step.bit % 3 ? remote : from;
      return icmpError(
        from,
        local,
        udp(local, to, { data: pattern(length % 300), destinationPort: step.bit % 5 ? 23 : 99 }),
      );
    }
    case 'elsewhere':
      return udp(family === 4 ? '203.0.113.7' : '2001:db8:7::7', local, about);
    case 'options': {
      const packet = udp(remote, local, about);
      if (family === 6) return packet;
      packet[0] = 0x44; // a header that is too short
      return packet;
    }
    case 'noise':
      return pattern(Math.max(1, length % 60), index);
    default:
      return udp(remote, local, about);
  }
}

const scratch = allocate(native, 70_000);
const random = seededRandom('inbound');

/** The sender at the other end, and what it has sent. */
class Peer {
  readonly sent: Uint8Array[] = [];
  readonly #sa: Sa;
  readonly #setting: Setting;
  #sequence = 1000;

  constructor(setting: Setting) {
    this.#setting = setting;
    this.#sa = makeSa({ ...mirror(parametersOf(setting)), limits: {}, esn: parametersOf(setting).esn });
    this.#sa.usage.sequence = firstOf(setting);
  }

  /** Packets as they arrive, one after the other. */
  send(step: Step, index: number): Uint8Array[] {
    const { kind, count, back, bit, mark, moved } = step;
    const latest = this.sent.length - 1;
    switch (kind) {
      case 'next':
      case 'jump':
        if (kind === 'jump') this.#sa.usage.sequence += BigInt(back * back);
        return [this.#seal(innerPacket(step, this.#setting.inner, index, this.#sequence), mark, moved)];
      case 'stream':
        return Array.from({ length: count }, (_, part) => {
          const about = {
            ...step,
            inner: 'tcp' as const,
            length: part === count - 1 ? step.length : 700,
            push: step.push && part === count - 1,
          };
          const packet = innerPacket(about, this.#setting.inner, index, this.#sequence);
          this.#sequence += about.length;
          // Now and then one whose sender's checksum is wrong.
          if (bit % 7 === 0 && part === 1) packet[packet.length - 1]! ^= 0x40;
          return this.#seal(packet, mark, false);
        });
      case 'again':
        return latest < 0 ? [] : [this.sent[latest]!];
      case 'late':
        return latest < 0 ? [] : [this.sent[Math.max(0, latest - back)]!];
      case 'damaged': {
        const packet = this.#seal(innerPacket(step, this.#setting.inner, index, 1), mark, moved).slice();
        this.sent.pop();
        // The addresses stay right, and the lengths that IP itself needs.
        const at = ipOf(packet).payloadOffset + (ipOf(packet).protocol === ipProtocols.UDP ? 8 : 0);
        const place = 8 * at + (bit % (8 * (packet.length - at)));
        packet[place >> 3]! ^= 1 << (place & 7);
        return [packet];
      }
      case 'invented': {
        const packet = this.#seal(innerPacket(step, this.#setting.inner, index, 1), mark, moved).slice();
        this.sent.pop();
        const ip = ipOf(packet);
        new DataView(packet.buffer).setUint32(
          ip.payloadOffset + (ip.protocol === ipProtocols.UDP ? 8 : ip.protocol === ipProtocols.AH ? 4 : 0),
          0x2000 + (bit % 5),
        );
        return [packet];
      }
      case 'short': {
        const made = arrivalOf(this.#seal(pattern(30), mark, moved), scratch);
        this.sent.pop();
        const rebuilt =
          made && outerPacket(made.arrival, scratch.octets.slice(0, Math.min(made.length, bit % 60)), ipProtocols.ESP);
        return rebuilt ? [rebuilt] : [];
      }
      case 'dummy': {
        const applied = dummyPacket(this.#sa, step.length, { random, identification: () => 0, now: 0 });
        if (!applied || 'kind' in applied.result) return [];
        return [this.#arrived(applied.result.octets, mark, moved)];
      }
      case 'ike': {
        const made = arrivalOf(this.#seal(pattern(30), mark, moved), scratch);
        this.sent.pop();
        if (!made?.arrival.ports) return [];
        scratch.octets.fill(0, 0, 4);
        return [outerPacket(made.arrival, scratch.octets.slice(0, bit % 3 === 0 ? 1 : 40), ipProtocols.ESP)!];
      }
      case 'clear':
        return [udp(hosts[4][1], hosts[4][0], { destinationPort: bit % 2 ? 99 : 23 })];
    }
  }

  #seal(packet: Uint8Array, mark: number, moved: boolean): Uint8Array {
    const { mode } = this.#setting;
    // Transport mode is for packets between its ends; what is no packet goes through a tunnel all the same.
    const [local, remote] = hosts[this.#setting.inner];
    const ip = ipOf(udp(remote, local));
    const through = mode === 'tunnel' ? { ...ip, octets: packet, family: this.#setting.inner } : (safe(packet) ?? ip);
    const applied = applySa(this.#sa, through, { random, identification: () => 0, now: 0 });
    if ('kind' in applied.result) throw new Error(applied.result.why);
    return this.#arrived(applied.result.octets, mark, moved);
  }

  /** As the receiver's sockets make it out. */
  #arrived(packet: Uint8Array, mark: number, moved: boolean): Uint8Array {
    const made = arrivalOf(packet, scratch);
    let arrived = packet;
    if (made) {
      const { ports } = made.arrival;
      const arrival = {
        ...made.arrival,
        trafficClass: mark,
        ...(ports && moved ? { ports: { ...ports, source: 10_001 } } : {}),
      };
      arrived = outerPacket(arrival, scratch.octets.slice(0, made.length), ipProtocols.ESP)!;
    }
    this.sent.push(arrived);
    return arrived;
  }
}

/** A packet for transport mode, between the hosts and without extension headers; undefined for others. */
function safe(packet: Uint8Array) {
  const isWhole = packet.length >= 28 && [0x45, 0x60].includes(packet[0]! & (packet[0]! >> 4 === 6 ? 0xf0 : 0xff));
  return isWhole ? ipOf(packet) : undefined;
}

/** The identification of a packet that is not to be fragmented means nothing (RFC 6864 §4.1). */
function isAtomic(packet: Uint8Array): boolean {
  return packet.length >= 20 && packet[0]! >> 4 === 4 && (packet[6]! & 0x40) !== 0;
}

function textOf(event: SaEvent): string {
  return JSON.stringify(event, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
}

/** Most of many alike are only counted. */
function withoutRepeats(texts: readonly string[]): readonly string[] {
  const kindOf = (text: string) =>
    text
      .replace(/"sequence":"-?\d+"/, '')
      .replace(/"verdict":"\w+"/, '')
      .replace(/"spi":\d+,"source"/, '"source"');
  const seen = new Set<string>();
  return texts.filter((text) => {
    if (text.includes('expire')) return true;
    const kind = kindOf(text);
    return !seen.has(kind) && seen.add(kind);
  });
}

describe.each(Object.entries(engines))('with the cipher engine %s', (_, engine) => {
  test.prop([settings, fc.array(steps, { minLength: 1, maxLength: 25 })], { numRuns: 80 })(
    'packets, verdicts, events and state are those of the reference',
    (setting, drawn) => {
      const system = systemOf(setting);
      const parameters = parametersOf(setting);
      const { stack } = createIpsecStack({ config: system, provider: node, ikePorts, manualSasAreAdded: true }, 0);
      const sad = createSad();
      const rig = inboundRig(engine, { sad }, setting.gathers);
      rig.core.setConfig(system);
      const made = stack.addSa(parameters, 0);
      if ('why' in made) {
        expect(rig.core.addSa(parameters)).toEqual(made);
        return;
      }
      expect(rig.core.addSa(parameters)).toBeUndefined();
      const [ours] = [...sad.all()];
      for (const sa of [made, ours!]) sa.window.top = firstOf(setting);

      const peer = new Peer(setting);
      const outputs: StackOutput[] = [];
      let now = 0;
      const turn: Uint8Array[] = [];
      const run = () => {
        rig.time.now = now;
        rig.receive(...turn.splice(0));
      };
      for (const [index, step] of drawn.entries()) {
        if (step.startsTurn || step.wait > 0) run();
        now += step.wait;
        const packets = peer.send(step, index);
        turn.push(...packets);
        for (const packet of packets) outputs.push(...stack.inbound(packet, now));
      }
      run();

      const hex = (packet: Uint8Array) => Buffer.from(packet).toString('hex');
      const shown = (packet: Uint8Array) => hex(isAtomic(packet) ? unnumbered(packet) : packet);
      expect(rig.delivered.map(shown)).toEqual(
        outputs.flatMap((output) => (output.kind === 'deliver' ? [shown(output.octets)] : [])),
      );
      expect(rig.messages.map(hex)).toEqual(
        outputs.flatMap((output) => (output.kind === 'ike' ? [hex(output.octets)] : [])),
      );
      const events = outputs.flatMap((output) => (output.kind === 'event' ? [textOf(output.event)] : []));
      expect(withoutRepeats(rig.events.map(textOf))).toEqual(withoutRepeats(events));
      const drops = outputs.flatMap((output) => (output.kind === 'drop' ? [output.reason] : [])).sort();
      const counted = drops.filter((reason, index) => drops.indexOf(reason) === index);
      expect(counted.map((reason) => [reason, rig.counters.get(reason)])).toEqual(
        counted.map((reason) => [reason, drops.filter((other) => other === reason).length]),
      );
      // Gives the state back.
      rig.core.usage(undefined);
      expect(ours?.usage).toEqual(made.usage);
      expect(ours?.window).toEqual(made.window);
    },
  );
});

describe('the fast path in', () => {
  const setting: Setting = {
    suite: suites[0]!,
    mode: 'tunnel',
    inner: 4,
    outer: 4,
    esn: true,
    inUdp: true,
    limits: {},
    window: 64,
    first: 0n,
    manual: false,
    checkPadding: true,
    gathers: true,
  };
  const stream: Step = {
    kind: 'stream',
    inner: 'tcp',
    length: 700,
    count: 40,
    push: false,
    mark: 0,
    innerMark: 0,
    back: 0,
    bit: 1,
    wait: 0,
    moved: false,
    startsTurn: false,
  };

  it('is taken: a stream is opened and written in few pieces, without the reference', () => {
    const rig = inboundRig(engines.evp);
    rig.core.setConfig(systemOf(setting));
    rig.core.addSa(parametersOf(setting));
    const packets = new Peer(setting).send(stream, 0);
    rig.receive(...packets);
    expect(rig.writes).toEqual([40]);
    expect(rig.counters.get('referencePackets')).toBe(0);
    expect(rig.counters.get('packetsIn')).toBe(40);
  });

  it('writes one by one where the kernel wants it so', () => {
    const rig = inboundRig(engines.evp, {}, false);
    rig.core.setConfig(systemOf(setting));
    rig.core.addSa(parametersOf(setting));
    rig.receive(...new Peer(setting).send({ ...stream, count: 3 }, 0));
    expect(rig.writes).toEqual([1, 1, 1]);
  });

  it('holds many datagrams of unknown SPIs for one event and a count', () => {
    const rig = inboundRig(engines.evp);
    rig.core.setConfig(systemOf(setting));
    const packets = Array.from(
      { length: 2000 },
      (_, index) => new Peer(setting).send({ ...stream, kind: 'invented', bit: index }, index)[0]!,
    );
    rig.receive(...packets);
    expect(rig.events).toHaveLength(1);
    expect(rig.counters.get('unknown-spi')).toBe(2000);
    expect(rig.counters.get('eventsHeldBack')).toBe(1999);
  });
});
