/**
 * The fast path out and the reference stack are one: for any packets, as the kernel hands them over, and any SA, they give the same packets
 * on the wire, the same verdicts, the same events, and leave the SA in the same state.
 */
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { evpEngine } from '../../../src/backends/userspace/cipher/evp-cipher.js';
import { nodeEngine } from '../../../src/backends/userspace/cipher/node-cipher.js';
import { type EspKey, espKey, openEsp } from '../../../src/engine/ipsec/esp.js';
import { createDefragmenter, fragmentIp } from '../../../src/engine/ipsec/fragments.js';
import { ipProtocols, viewOf } from '../../../src/engine/ipsec/packet.js';
import type { SaEvent, SaLimits, SaParameters } from '../../../src/engine/ipsec/sa.js';
import { createSad } from '../../../src/engine/ipsec/sad.js';
import { createIpsecStack, type StackOutput } from '../../../src/engine/ipsec/stack.js';
import { udpContent } from '../../../src/engine/ipsec/udp-encap.js';
import { everything, fullBox, type Region } from '../../../src/model/selector/box.js';
import type { SystemConfig } from '../../../src/model/system-config.js';
import { node } from '../../engine/crypto/support.js';
import { icmpError } from '../../engine/ipsec/icmp-support.js';
import {
  address,
  config,
  entry,
  ipOf,
  pattern,
  protect,
  type Suite,
  saParameters,
  suiteName,
  template,
} from '../../engine/ipsec/support.js';
import {
  type FromTun,
  ikePorts,
  native,
  outboundRig,
  tcp,
  tcpFlags,
  together,
  udp,
  unchecked,
  unnumbered,
  whole,
} from './support.js';

const engines = { node: nodeEngine, evp: evpEngine(native)! };
const hosts = { 4: ['192.0.2.1', '192.0.2.2'], 6: ['2001:db8::1', '2001:db8::2'] } as const;
const gateways = { 4: ['198.51.100.1', '198.51.100.2'], 6: ['2001:db8:ffff::1', '2001:db8:ffff::2'] } as const;

const suites: readonly Suite[] = [
  { protocol: 'ESP', encryption: 'AES-GCM-16-128' },
  { protocol: 'ESP', encryption: 'CHACHA20-POLY1305' },
  { protocol: 'ESP', encryption: 'AES-CBC-128', authentication: 'HMAC-SHA1-96' },
  { protocol: 'ESP', encryption: 'AES-CTR-128', authentication: 'HMAC-SHA2-256-128' },
  { protocol: 'ESP', encryption: '3DES-CBC', authentication: 'HMAC-MD5-96' },
  { protocol: 'ESP', encryption: 'NULL', authentication: 'HMAC-SHA2-512-256' },
  // Only the reference has these.
  { protocol: 'ESP', encryption: 'AES-CCM-8-128' },
  { protocol: 'ESP', encryption: 'AES-CBC-256', authentication: 'AES-XCBC-96' },
  { protocol: 'AH', authentication: 'HMAC-SHA1-96' },
];

/** One thing that the kernel hands over. */
interface Step {
  readonly kind: 'udp' | 'tcp' | 'tso' | 'uso' | 'icmp' | 'error' | 'options' | 'fragments' | 'noise';
  readonly length: number;
  readonly size: number;
  readonly port: number;
  readonly trafficClass: number;
  readonly dontFragment: boolean;
  readonly hopLimit: number;
  readonly flags: number;
  readonly unchecked: boolean;
  readonly wait: number;
  readonly startsTurn: boolean;
}

const steps = fc.record<Step>({
  kind: fc.constantFrom('udp', 'tcp', 'tcp', 'tso', 'tso', 'uso', 'icmp', 'error', 'options', 'fragments', 'noise'),
  length: fc.oneof(fc.integer({ min: 0, max: 1500 }), fc.integer({ min: 0, max: 6000 })),
  size: fc.integer({ min: 48, max: 1448 }),
  port: fc.constantFrom(23, 23, 23, 24, 53, 99),
  trafficClass: fc.constantFrom(0, 0, 1, 2, 3, 0xb8, 0xfd),
  dontFragment: fc.boolean(),
  hopLimit: fc.constantFrom(1, 64, 255),
  flags: fc.constantFrom(
    tcpFlags.ACK,
    tcpFlags.ACK | tcpFlags.PSH,
    tcpFlags.ACK | tcpFlags.FIN,
    tcpFlags.ACK | tcpFlags.CWR,
    tcpFlags.SYN,
  ),
  unchecked: fc.boolean(),
  wait: fc.constantFrom(0, 0, 0, 400),
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
  readonly dscp: 'copy' | number;
  readonly df: 'copy' | 'set' | 'clear';
  readonly first: bigint;
  readonly mtu: number | undefined;
  readonly manual: boolean;
}

const limitsOf = fc.record<SaLimits>({
  softPackets: fc.constantFrom(0, 5, 40),
  hardPackets: fc.constantFrom(0, 8, 60),
  softKilobytes: fc.constantFrom(0, 3, 30),
  hardKilobytes: fc.constantFrom(0, 6, 50),
  softSeconds: fc.constantFrom(0, 1),
  hardSeconds: fc.constantFrom(0, 2),
});

const settings = fc.record<Setting>({
  suite: fc.constantFrom(...suites),
  mode: fc.constantFrom('transport', 'tunnel', 'tunnel'),
  inner: fc.constantFrom(4, 6),
  outer: fc.constantFrom(4, 6),
  esn: fc.boolean(),
  inUdp: fc.boolean(),
  limits: fc.oneof(fc.constant({}), limitsOf),
  dscp: fc.constantFrom('copy' as const, 0, 46),
  df: fc.constantFrom('copy' as const, 'set' as const, 'clear' as const),
  first: fc.constantFrom(0n, 0xf000_0000n - 10n, 0xffff_ffffn - 8n),
  mtu: fc.constantFrom(undefined, 1400),
  manual: fc.constantFrom(false, false, true),
});

const port = (number: number): Region =>
  ([4, 6] as const).flatMap((family) =>
    [ipProtocols.TCP, ipProtocols.UDP].map((protocol) => ({
      ...fullBox(family),
      protocol: { lo: protocol, hi: protocol },
      y: { lo: number, hi: number },
    })),
  );

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
  return config(
    'a',
    [...hosts[4], ...hosts[6]],
    [
      entry('discard', port(99), { kind: 'DISCARD' }),
      entry('bypass', port(53), { kind: 'BYPASS' }),
      entry('protect', everything, protect(sa)),
    ],
  );
}

function parametersOf(setting: Setting): SaParameters {
  const { suite, mode, inner, outer, esn, inUdp, limits, dscp, df, manual } = setting;
  const [local, remote] = mode === 'tunnel' ? gateways[outer] : hosts[inner];
  return saParameters(suite, {
    mode,
    local: address(local),
    remote: address(remote),
    esn: esn && !manual,
    limits,
    manual,
    tunnel: { dscp, dontFragment: df, hopLimit: 61 },
    ...(inUdp && suite.protocol === 'ESP' ? { udpEncapsulation: { localPort: 4500, remotePort: 10_000 } } : {}),
  });
}

/** The same as the kernel hands it over, and as whole packets. */
function packetsOf(
  step: Step,
  inner: 4 | 6,
  index: number,
): { readonly given: readonly FromTun[]; readonly parts: readonly Uint8Array[] } {
  const [from, to] = hosts[inner];
  const { kind, length, size, trafficClass, dontFragment, hopLimit, flags } = step;
  const data = pattern(length, index);
  const about = {
    data,
    trafficClass,
    dontFragment,
    hopLimit,
    flags,
    destinationPort: step.port,
    sequence: 0xffff_f000,
    options: pattern(12),
  };
  const one = (packet: Uint8Array) => ({
    given: [step.unchecked ? unchecked(packet) : whole(packet)],
    parts: [packet],
  });
  switch (kind) {
    case 'udp':
      return one(udp(from, to, about));
    case 'tcp':
      return one(tcp(from, to, about));
    case 'tso':
    case 'uso': {
      if (length === 0) return { given: [], parts: [] };
      const made = together(kind === 'tso' ? ipProtocols.TCP : ipProtocols.UDP, from, to, size, about);
      return { given: [made.packet], parts: made.parts };
    }
    case 'icmp': {
      const packet = udp(from, to, about);
      packet[inner === 4 ? 9 : 6] = inner === 4 ? 1 : 58;
      const given = inner === 4 ? unnumbered(packet) : packet;
      return { given: [whole(given)], parts: [given] };
    }
    case 'error': {
      // About a packet that the other end sent: one that is protected, bypassed or discarded on the way back.
      const about = udp(to, from, { data: data.subarray(0, 400), sourcePort: step.port, destinationPort: 4000 });
      const packet = icmpError(from, to, about, { quotes: Math.min(about.length, 28 + size), hopLimit });
      return { given: [whole(packet)], parts: [packet] };
    }
    case 'options': {
      // IPv4 options, or an IPv6 header that only the end looks at.
      const packet = udp(from, to, about);
      const at = inner === 4 ? 20 : 40;
      const made = new Uint8Array(packet.length + 8);
      made.set(packet.subarray(0, at));
      made.set(packet.subarray(at), at + 8);
      const view = new DataView(made.buffer);
      if (inner === 4) {
        made[0] = 0x47;
        made.fill(1, at, at + 8);
        view.setUint16(2, made.length);
      } else {
        made[6] = ipProtocols.DESTINATION_OPTIONS;
        made.set([ipProtocols.UDP, 0, 1, 4, 0, 0, 0, 0], at);
        view.setUint16(4, made.length - 40);
      }
      const octets = unnumbered(made);
      return { given: [whole(octets)], parts: [octets] };
    }
    case 'fragments': {
      const parts = fragmentIp(ipOf(udp(from, to, { ...about, dontFragment: false })), 1280, 99)!;
      return { given: parts.map(whole), parts };
    }
    case 'noise': {
      const octets = pattern(length % 60, index);
      return { given: [whole(octets)], parts: [octets] };
    }
  }
}

/** Packets on the wire by what they hold, where IVs are random and ciphertext with them; fragments by their lengths and what they are of. */
function revealed(packets: readonly Uint8Array[], setting: Setting): readonly unknown[] {
  if (!setting.suite.encryption?.includes('CBC')) return packets.map((packet) => Buffer.from(packet).toString('hex'));
  const defragmenter = createDefragmenter();
  let next = setting.first;
  return packets.map((packet) => {
    const whole = defragmenter.add(ipOf(packet), 0);
    if (whole === 'waiting' || 'why' in whole) return packet.length;
    const shown = opened(whole.ip.octets, setting, next + 1n);
    if (shown) next += 1n;
    return [packet.length, shown ?? Buffer.from(packet).toString('hex')];
  });
}

function opened(packet: Uint8Array, { suite, esn, manual }: Setting, sequence: bigint): unknown {
  const ip = ipOf(packet);
  const content = udpContent({ ...ip, payload: withPort(ip.payload, ip.protocol) }, 1, 4500);
  const esp = ip.protocol === ipProtocols.ESP ? ip.payload : content.kind === 'ESP' ? content.esp : undefined;
  if (!esp || viewOf(esp).getUint32(0) !== 0x1000) return undefined;
  const { encryption, authentication, keys } = saParameters(suite);
  const key = espKey(node, encryption!, authentication, keys) as EspKey;
  const clear = packet.slice(0, packet.length - esp.length + 8);
  // Counts the ciphertext in.
  if (ip.protocol === ipProtocols.UDP) clear.fill(0, ip.payloadOffset + 6, ip.payloadOffset + 8);
  const inside = openEsp(key, esp, { sequence, esn: esn && !manual });
  if (inside.kind !== 'opened') return inside;
  return { ...inside, clear: Buffer.from(clear).toString('hex'), payload: Buffer.from(inside.payload).toString('hex') };
}

/** The datagram as if it went to the port that is looked at. */
function withPort(payload: Uint8Array, protocol: number): Uint8Array {
  if (protocol !== ipProtocols.UDP || payload.length < 8) return payload;
  const copy = payload.slice();
  new DataView(copy.buffer).setUint16(2, 4500);
  return copy;
}

function textOf(event: SaEvent): string {
  return JSON.stringify(event, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
}

describe.each(Object.entries(engines))('with the cipher engine %s', (_, engine) => {
  test.prop([settings, fc.array(steps, { minLength: 1, maxLength: 14 })], { numRuns: 80 })(
    'packets, verdicts, events and state are those of the reference',
    (setting, drawn) => {
      const system = systemOf(setting);
      const parameters = parametersOf(setting);
      const pathMtu = () => setting.mtu;
      const { stack } = createIpsecStack(
        { config: system, provider: node, pathMtu, ikePorts, manualSasAreAdded: true },
        0,
      );
      const sad = createSad();
      const rig = outboundRig(engine, { pathMtu, sad });
      rig.core.setConfig(system);
      const made = stack.addSa(parameters, 0);
      if ('why' in made) {
        expect(rig.core.addSa(parameters)).toEqual(made);
        return;
      }
      expect(rig.core.addSa(parameters)).toBeUndefined();
      // Both begin near the end of their numbers, if the test says so.
      made.usage.sequence = setting.first;
      for (const sa of sad.all()) sa.usage.sequence = setting.first;

      const outputs: StackOutput[] = [];
      const turns: FromTun[][] = [];
      let now = 0;
      const run = () => {
        rig.time.now = now;
        rig.send(...turns.splice(0).flat());
      };
      for (const [index, step] of drawn.entries()) {
        if (step.startsTurn || step.wait > 0) run();
        now += step.wait;
        const { given, parts } = packetsOf(step, setting.inner, index);
        turns.push([...given]);
        for (const part of parts) outputs.push(...stack.outbound(part, now));
      }
      run();

      const sent = outputs.flatMap((output) => (output.kind === 'transmit' ? [unnumbered(output.octets)] : []));
      expect(revealed(rig.wire, setting)).toEqual(revealed(sent, setting));
      const events = outputs.flatMap((output) => (output.kind === 'event' ? [textOf(output.event)] : []));
      expect(rig.events.map(textOf)).toEqual(events);
      const drops = outputs.flatMap((output) => (output.kind === 'drop' ? [output.reason] : [])).sort();
      const counted = drops.filter((reason, index) => drops.indexOf(reason) === index);
      // What has no SA waits for it.
      const waits = (reason: string) =>
        reason === 'no-sa' ? rig.counters.get('waiting') + rig.counters.get('queue') : 0;
      expect(counted.map((reason) => [reason, rig.counters.get(reason) + waits(reason)])).toEqual(
        counted.map((reason) => [reason, drops.filter((other) => other === reason).length]),
      );
      const [usage] = rig.core.usage(undefined);
      expect(usage).toEqual({
        id: made.id,
        packets: made.usage.packets,
        octets: made.usage.octets,
        sequence: made.usage.sequence,
        replays: 0,
        icvFailures: 0,
        addedAt: 0,
        ...(made.usage.lastUsedAt === undefined ? {} : { lastUsedAt: made.usage.lastUsedAt }),
      });
    },
  );
});

describe('the fast path out', () => {
  it('is taken: a stream is cut, sealed and sent in few calls, without the reference', () => {
    const setting = { suite: suites[0]!, mode: 'tunnel', inner: 4, outer: 4, manual: false } as Setting;
    const rig = outboundRig(engines.evp);
    rig.core.setConfig(systemOf(setting));
    rig.core.addSa(parametersOf({ ...setting, limits: {}, dscp: 'copy', df: 'copy', esn: false, inUdp: true }));
    const { packet, parts } = together(ipProtocols.TCP, ...hosts[4], 1348, { data: pattern(60_000) });
    rig.send(packet, packet);
    expect(rig.wire).toHaveLength(2 * parts.length);
    expect(rig.batches.map(({ count }) => count)).toEqual(
      [45, 2 * parts.length - 45].flatMap((n) => (n > 45 ? [n] : [n])),
    );
    expect(rig.counters.get('referencePackets')).toBe(0);
    expect(rig.counters.get('flowsDecided')).toBe(1);
  });

  it.each(suites.map((suite) => [suiteName(suite), suite] as const))(
    '%s: the reference takes what the fast path lacks',
    (_, suite) => {
      const rig = outboundRig(engines.evp);
      const setting = { suite, mode: 'transport', inner: 6, outer: 6, manual: false } as Setting;
      rig.core.setConfig(systemOf(setting));
      rig.core.addSa(parametersOf({ ...setting, limits: {}, dscp: 'copy', df: 'copy', esn: false, inUdp: false }));
      rig.send(whole(udp(...hosts[6])), whole(udp(...hosts[6])));
      const isFast = suite.protocol === 'ESP' && !/CCM|XCBC/.test(suiteName(suite));
      expect([rig.wire.length, rig.counters.get('referencePackets')]).toEqual([2, isFast ? 0 : 2]);
    },
  );
});
