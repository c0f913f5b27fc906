/** The stack as a whole: what becomes of packets, by policy and by the SAs that there are (RFC 4301 §5). */
import { describe, expect, it } from 'vitest';
import type { Acquire } from '../../../src/engine/ipsec/bundle.js';
import { fragmentIp } from '../../../src/engine/ipsec/fragments.js';
import { buildIp } from '../../../src/engine/ipsec/ip-build.js';
import type { SaParameters } from '../../../src/engine/ipsec/sa.js';
import {
  createIpsecStack,
  type IpsecStack,
  type StackOptions,
  type StackOutput,
} from '../../../src/engine/ipsec/stack.js';
import { Secret } from '../../../src/model/secret.js';
import { everything, fullBox, type Region } from '../../../src/model/selector/box.js';
import type { SystemConfig } from '../../../src/model/system-config.js';
import { node } from '../crypto/support.js';
import {
  address,
  config,
  entry,
  ipOf,
  mirror,
  pattern,
  protect,
  type Suite,
  saParameters,
  template,
  udpPacket,
} from './support.js';

const [a, b] = ['192.0.2.1', '192.0.2.2'];
const espSuite: Suite = { protocol: 'ESP', encryption: 'AES-GCM-16-128' };
const ahSuite: Suite = { protocol: 'AH', authentication: 'HMAC-SHA2-256-128' };
const udp: Region = [{ ...fullBox(4), protocol: { lo: 17, hi: 17 } }];
const telnet: Region = [
  { ...fullBox(4), protocol: { lo: 17, hi: 17 }, y: { lo: 23, hi: 23 } },
  { ...fullBox(4), protocol: { lo: 17, hi: 17 }, x: { lo: 23, hi: 23 } },
];

function stackOf(system: SystemConfig, options: Partial<StackOptions> = {}): IpsecStack {
  const { stack, faults } = createIpsecStack({ config: system, provider: node, ...options }, 0);
  expect(faults).toEqual([]);
  return stack;
}

/** One SA in one direction, at both ends. */
function connect(sender: IpsecStack, receiver: IpsecStack, parameters: SaParameters, now = 0): void {
  expect(sender.addSa(parameters, now)).not.toHaveProperty('why');
  expect(receiver.addSa(mirror(parameters), now)).not.toHaveProperty('why');
}

function only<K extends StackOutput['kind']>(
  outputs: readonly StackOutput[],
  kind: K,
): Extract<StackOutput, { kind: K }> {
  const found = outputs.filter((output) => output.kind === kind);
  expect(found, JSON.stringify(outputs.map((output) => [output.kind, 'why' in output ? output.why : '']))).toHaveLength(
    1,
  );
  return found[0] as Extract<StackOutput, { kind: K }>;
}

const reasons = (outputs: readonly StackOutput[]) =>
  outputs.map((output) => (output.kind === 'drop' ? output.reason : output.kind));

function pair(bundleA = protect(template('p', espSuite)), selectors: Region = udp) {
  const spd = [entry('p', selectors, bundleA), entry('rest', everything, { kind: 'BYPASS' })];
  return { left: stackOf(config('a', [a], spd)), right: stackOf(config('b', [b], spd)) };
}

describe('policy', () => {
  const spd = [entry('telnet', telnet, { kind: 'DISCARD' }), entry('udp', udp, { kind: 'BYPASS' })];
  const stack = stackOf(config('a', [a], spd));

  it('discards, bypasses, and discards what no entry selects', () => {
    const bypassed = udpPacket(a, b, { destinationPort: 99 });
    expect(stack.outbound(bypassed, 0)).toEqual([{ kind: 'transmit', octets: bypassed, through: [] }]);
    expect(reasons(stack.outbound(udpPacket(a, b), 0))).toEqual(['policy']);
    expect(reasons(stack.inbound(udpPacket(b, a, { sourcePort: 23 }), 0))).toEqual(['policy']);
    expect(only(stack.inbound(udpPacket(b, a, { destinationPort: 99 }), 0), 'deliver').through).toEqual([]);
    const icmp = buildIp({ source: address(a), destination: address(b), protocol: 1 }, pattern(16))!;
    expect(only(stack.outbound(icmp, 0), 'drop').why).toContain('no SPD entry');
    expect(reasons(stack.outbound(new Uint8Array(3), 0))).toEqual(['malformed']);
  });

  it('lets IKE through both ways, whatever the SPD says', () => {
    const none = stackOf(config('a', [a], []));
    for (const port of [500, 4500]) {
      const data = Uint8Array.from([0, 0, 0, 0, ...pattern(30, 1)]);
      const sent = udpPacket(a, b, { sourcePort: port, destinationPort: port, data });
      expect(reasons(none.outbound(sent, 0))).toEqual(['transmit']);
      const received = only(none.inbound(udpPacket(b, a, { sourcePort: 1111, destinationPort: port, data }), 0), 'ike');
      expect(received).toMatchObject({ source: address(b), ports: { source: 1111, destination: port } });
      expect(received.octets).toEqual(port === 500 ? data : data.subarray(4));
    }
    expect(none.inbound(udpPacket(b, a, { destinationPort: 4500, data: Uint8Array.of(0xff) }), 0)).toEqual([]);
    // Whatever else is too short for the port comes to its end there, also where policy lets everything in.
    const open = stackOf(config('a', [a], [entry('rest', everything, { kind: 'BYPASS' })]));
    for (const data of [[], [0], [0, 0], [0, 0, 0], [1, 2, 3]]) {
      const short = udpPacket(b, a, { destinationPort: 4500, data: Uint8Array.from(data) });
      expect(reasons(open.inbound(short, 0))).toEqual(['malformed']);
    }
  });
});

describe('protected traffic', () => {
  it('asks for an SA once, uses it, and lets nothing else in', () => {
    const { left, right } = pair();
    const packet = udpPacket(a, b);
    const [acquire, lost] = left.outbound(packet, 0) as [Acquire, StackOutput];
    expect(acquire).toMatchObject({ kind: 'acquire', ends: { local: address(a), remote: address(b) } });
    expect(lost).toMatchObject({ kind: 'drop', reason: 'no-sa' });
    expect(reasons(left.outbound(packet, 10_000))).toEqual(['no-sa']);
    expect(reasons(left.outbound(packet, 31_000))).toEqual(['acquire', 'no-sa']);
    connect(left, right, saParameters(espSuite));
    const sent = only(left.outbound(packet, 0), 'transmit');
    expect(sent.through).toMatchObject([{ protocol: 'ESP', spi: 0x1000, direction: 'outbound' }]);
    expect(only(right.inbound(sent.octets, 0), 'deliver').octets).toEqual(packet);
    const again = right.inbound(sent.octets, 0);
    expect(reasons(again)).toEqual(['event', 'replay']);
    expect(only(right.inbound(packet, 0), 'drop')).toMatchObject({ reason: 'unprotected' });
    expect(right.sad.get(sent.through[0]!)).toBeUndefined();
    const stranger = sent.octets.slice();
    stranger[23] = 0x77;
    const outputs = right.inbound(stranger, 0);
    expect(only(outputs, 'event').event).toMatchObject({
      kind: 'unknown-spi',
      spi: 0x1077,
      source: address(b.replace('2.2', '2.1')),
    });
    expect(reasons(outputs)).toEqual(['event', 'unknown-spi']);
  });

  it('a forged high sequence number does not move the window', () => {
    const { left, right } = pair();
    connect(left, right, saParameters(espSuite));
    const forged = only(left.outbound(udpPacket(a, b), 0), 'transmit').octets.slice();
    forged.set([0xff, 0xff, 0xff, 0xf0], 24);
    const outputs = right.inbound(forged, 0);
    expect(reasons(outputs)).toEqual(['event', 'icv']);
    expect(only(outputs, 'event').event).toMatchObject({ kind: 'icv-failure', sequence: 0xfffffff0n });
    expect(only(right.inbound(only(left.outbound(udpPacket(a, b), 0), 'transmit').octets, 0), 'deliver')).toBeDefined();
  });

  it('the newest SA that fits is used, an expired one is not', () => {
    const { left, right } = pair();
    connect(left, right, saParameters(espSuite, { spi: 1 }));
    connect(left, right, saParameters(espSuite, { spi: 2, limits: { hardPackets: 1 } }));
    const spis = [1, 2, 3].map(() => {
      const transmitted = left.outbound(udpPacket(a, b), 0).filter((output) => output.kind === 'transmit');
      return transmitted[0]?.through[0]?.spi;
    });
    // The packet that finds the limit reached is lost, the next one takes the older SA.
    expect(spis).toEqual([2, undefined, 1]);
  });

  it('refuses an SA whose name is taken', () => {
    const { left } = pair();
    const parameters = mirror(saParameters(espSuite));
    expect(left.addSa(parameters, 0)).not.toHaveProperty('why');
    expect(left.addSa(parameters, 0)).toHaveProperty('why');
  });

  it('checks the selectors of the SA on the packet that comes out', () => {
    const { left, right } = pair();
    expect(left.addSa(saParameters(espSuite), 0)).not.toHaveProperty('why');
    expect(right.addSa(mirror(saParameters(espSuite, { selectors: telnet })), 0)).not.toHaveProperty('why');
    const good = only(left.outbound(udpPacket(a, b), 0), 'transmit');
    expect(reasons(right.inbound(good.octets, 0))).toEqual(['deliver']);
    const bad = only(left.outbound(udpPacket(a, b, { destinationPort: 24 }), 0), 'transmit');
    expect(only(right.inbound(bad.octets, 0), 'drop').reason).toBe('selectors');
  });

  it('one SA for each flow where selectors are populated from the packet', () => {
    const { left } = pair({ ...protect(template('p', espSuite)), populateFromPacket: true });
    const acquire = only(left.outbound(udpPacket(a, b), 0), 'acquire');
    left.addSa(saParameters(espSuite, { populatedFrom: acquire.packet }), 0);
    expect(reasons(left.outbound(udpPacket(a, b), 0))).toEqual(['transmit']);
    expect(reasons(left.outbound(udpPacket(a, b, { sourcePort: 4001 }), 0))).toEqual(['acquire', 'no-sa']);
  });

  it('falls back to clear text only where the policy allows it, and as long as told', () => {
    const { left, right } = pair({ ...protect(template('p', espSuite)), fallbackToClear: true });
    const packet = udpPacket(a, b);
    left.negotiationFailed(only(left.outbound(packet, 0), 'acquire'), 5000);
    expect(only(left.outbound(packet, 4999), 'transmit').octets).toEqual(packet);
    expect(reasons(left.outbound(packet, 5000))).toEqual(['no-sa']);
    expect(reasons(right.inbound(packet, 0))).toEqual(['deliver']);
    connect(right, left, saParameters(espSuite, { local: address(b), remote: address(a) }));
    expect(reasons(right.inbound(packet, 0))).toEqual(['unprotected']);
    // A tunnel is never left out.
    const ends = { mode: 'tunnel' as const, remoteEndpoint: address('198.51.100.2') };
    const tunnelled = pair({ ...protect(template('p', espSuite, ends)), fallbackToClear: true });
    tunnelled.left.negotiationFailed(only(tunnelled.left.outbound(packet, 0), 'acquire'), 5000);
    expect(reasons(tunnelled.left.outbound(packet, 1))).toEqual(['no-sa']);
    expect(reasons(tunnelled.right.inbound(packet, 1))).toEqual(['unprotected']);
    const strict = pair().left;
    strict.negotiationFailed(only(strict.outbound(packet, 0), 'acquire'), 5000);
    expect(reasons(strict.outbound(packet, 1))).toEqual(['no-sa']);
  });
});

describe('bundles', () => {
  const tunnel = {
    mode: 'tunnel' as const,
    localEndpoint: address('198.51.100.1'),
    remoteEndpoint: address('198.51.100.2'),
  };
  const far = { mode: 'tunnel' as const, localEndpoint: tunnel.remoteEndpoint, remoteEndpoint: tunnel.localEndpoint };
  const outer = saParameters(espSuite, {
    spi: 0x300,
    mode: 'tunnel',
    local: tunnel.localEndpoint,
    remote: tunnel.remoteEndpoint,
  });
  const [espIn, ahIn] = [saParameters(espSuite, { spi: 0x100 }), saParameters(ahSuite, { spi: 0x200 })];

  function nested() {
    const bundle = (end: typeof tunnel) =>
      protect(template('in', espSuite), template('in', ahSuite), template('t', espSuite, end));
    const left = stackOf(config('a', [a, '198.51.100.1'], [entry('p', udp, bundle(tunnel))]));
    const right = stackOf(config('b', [b, '198.51.100.2'], [entry('p', udp, bundle(far))]));
    return { left, right };
  }

  it('ESP in AH in a tunnel: applied from the inside, taken off from the outside', () => {
    const { left, right } = nested();
    const packet = udpPacket(a, b);
    // The outermost is asked for first: the inner negotiations go through it.
    expect(only(left.outbound(packet, 0), 'acquire').template.source.record.name).toBe('t');
    connect(left, right, outer);
    expect(only(left.outbound(packet, 0), 'acquire').template.proposals[0]!.protocol).toBe('AH');
    connect(left, right, ahIn);
    expect(only(left.outbound(packet, 0), 'acquire').template.proposals[0]!.protocol).toBe('ESP');
    connect(left, right, espIn);
    const sent = only(left.outbound(packet, 0), 'transmit');
    expect(sent.through.map(({ spi }) => spi)).toEqual([0x100, 0x200, 0x300]);
    const ip = ipOf(sent.octets);
    expect([ip.source, ip.destination]).toEqual([tunnel.localEndpoint.value, tunnel.remoteEndpoint.value]);
    const delivered = only(right.inbound(sent.octets, 0), 'deliver');
    expect(delivered.octets).toEqual(packet);
    expect(delivered.through.map(({ spi }) => spi)).toEqual([0x300, 0x200, 0x100]);
  });

  it.each([
    ['the tunnel is missing', [espIn, ahIn]],
    ['AH is missing', [espIn, outer]],
    ['only the tunnel', [outer]],
    ['AH in ESP, the wrong way round', [ahIn, espIn, outer]],
  ])('a packet is refused when %s', (_, used) => {
    const { right } = nested();
    // A sender whose policy is what it uses.
    const templates = used.map((each) =>
      template('x', each.protocol === 'AH' ? ahSuite : espSuite, each.mode === 'tunnel' ? tunnel : {}),
    );
    const left = stackOf(config('a', [a, '198.51.100.1'], [entry('p', udp, protect(...templates))]));
    for (const each of used) left.addSa(each, 0);
    for (const each of [espIn, ahIn, outer]) right.addSa(mirror(each), 0);
    const sent = only(left.outbound(udpPacket(a, b), 0), 'transmit');
    expect(only(right.inbound(sent.octets, 0), 'drop').reason).toBe('unprotected');
  });

  it('a packet outside of the tunnel’s filters is dropped', () => {
    const bundle = protect(template('t', espSuite, { ...tunnel, selectors: telnet }));
    const left = stackOf(config('a', [a, '198.51.100.1'], [entry('p', udp, bundle)]));
    left.addSa(outer, 0);
    expect(reasons(left.outbound(udpPacket(a, b), 0))).toEqual(['transmit']);
    expect(reasons(left.outbound(udpPacket(a, b, { destinationPort: 24 }), 0))).toEqual(['selectors']);
  });

  it('more SAs inside of each other than anyone needs are not followed', () => {
    const { left, right } = pair();
    connect(left, right, saParameters(espSuite));
    // The same SA over and over, which a policy cannot say but a peer can do.
    let octets = udpPacket(a, b);
    for (let depth = 0; depth < 9; depth += 1) {
      const asUdp = stackOf(config('a', [a], [entry('all', everything, protect(template('p', espSuite)))]));
      asUdp.addSa(saParameters(espSuite), 0);
      const made = asUdp.sad.all()[Symbol.iterator]().next().value!;
      made.usage.sequence = BigInt(depth);
      octets = only(asUdp.outbound(octets, 0), 'transmit').octets;
    }
    expect(reasons(right.inbound(octets, 0))).toEqual(['nesting']);
  });
});

describe('tunnel headers', () => {
  const ends = {
    mode: 'tunnel' as const,
    localEndpoint: address('198.51.100.1'),
    remoteEndpoint: address('198.51.100.2'),
  };
  const parameters = saParameters(espSuite, { mode: 'tunnel', local: ends.localEndpoint, remote: ends.remoteEndpoint });
  const system = config('a', [a, '198.51.100.1'], [entry('p', udp, protect(template('t', espSuite, ends)))]);

  function outerOf(packet: Uint8Array, more: Partial<SaParameters> = {}) {
    const stack = stackOf(system);
    stack.addSa({ ...parameters, ...more }, 0);
    return ipOf(only(stack.outbound(packet, 0), 'transmit').octets);
  }

  it('copies DSCP, ECN and DF, and has its own TTL', () => {
    const outer = outerOf(udpPacket(a, b, { trafficClass: 0xb9, dontFragment: true, hopLimit: 3 }));
    expect(outer).toMatchObject({ trafficClass: 0xb9, dontFragment: true, hopLimit: 64 });
    expect(outerOf(udpPacket(a, b)).dontFragment).toBe(false);
  });

  it('has DSCP, DF and TTL of the SA where it says so', () => {
    const tunnel = { dscp: 10, dontFragment: 'clear', hopLimit: 9 } as const;
    const outer = outerOf(udpPacket(a, b, { trafficClass: 0xb9, dontFragment: true }), { tunnel });
    expect(outer).toMatchObject({ trafficClass: (10 << 2) | 1, dontFragment: false, hopLimit: 9 });
    expect(outerOf(udpPacket(a, b), { tunnel: { ...tunnel, dontFragment: 'set' } }).dontFragment).toBe(true);
  });

  it('hides the length with TFC padding', () => {
    const lengths = [0, 100, 400].map(
      (length) => outerOf(udpPacket(a, b, { data: pattern(length) }), { tfcLength: 500 }).octets.length,
    );
    expect(new Set(lengths).size).toBe(1);
  });
});

describe('fragments', () => {
  const big = udpPacket(a, b, { data: pattern(3000) });

  it('of our own are put together, protected and sent in fragments again', () => {
    const { left, right } = pair();
    connect(left, right, saParameters(espSuite));
    const parts = fragmentIp(ipOf(big), 1000, 5)!;
    expect(parts.length).toBe(4);
    const sent = [...parts].reverse().flatMap((part) => left.outbound(part, 0));
    expect(reasons(sent).slice(0, 3)).toEqual(['incomplete', 'incomplete', 'incomplete']);
    const transmitted = sent.flatMap((output) => (output.kind === 'transmit' ? [output.octets] : []));
    expect(Math.max(...transmitted.map(({ length }) => length))).toBeLessThanOrEqual(1000);
    const received = transmitted.flatMap((octets) => right.inbound(octets, 0));
    expect(only(received, 'deliver').octets.subarray(20)).toEqual(big.subarray(20));
  });

  it('that are too far apart do not make a packet', () => {
    const { left } = pair();
    const [first, ...others] = fragmentIp(ipOf(big), 1000, 5)!;
    left.outbound(first!, 0);
    for (const part of others) expect(reasons(left.outbound(part, 31_000))).toEqual(['incomplete']);
  });

  it('of others go by entries that do not ask for their ports', () => {
    const forwardSpd = [
      entry('telnet', telnet, protect(template('t', espSuite))),
      entry('rest', everything, { kind: 'BYPASS' }),
    ];
    const gateway = stackOf(config('g', ['198.51.100.1'], [], forwardSpd), { forwards: true });
    const [first, second] = fragmentIp(ipOf(udpPacket(a, b, { data: pattern(3000), destinationPort: 99 })), 1000, 5)!;
    expect(reasons(gateway.forward(first!, 0))).toEqual(['transmit']);
    // It may be one of telnet's, which must not leak.
    expect(only(gateway.forward(second!, 0), 'drop').why).toContain("host 'telnet' may be meant for it");
    const other = stackOf(config('g', ['198.51.100.1'], [], [...forwardSpd].reverse()), { forwards: true });
    expect(reasons(other.forward(second!, 0))).toEqual(['transmit']);
  });

  it.each([4, 6] as const)('and whole packets: IPv%i', (family) => {
    const packet = family === 4 ? big : udpPacket('2001:db8::1', '2001:db8::2', { data: pattern(3000) });
    const spd = [entry('all', everything, { kind: 'BYPASS' })];
    const stack = stackOf(config('b', [b], spd));
    const parts = fragmentIp(ipOf(packet), 1280, 77)!;
    const outputs = parts.flatMap((part) => stack.inbound(part, 0));
    expect(only(outputs, 'deliver').octets).toEqual(packet);
  });
});

describe('path MTU', () => {
  it('a packet with DF that will not fit comes back with the length that will', () => {
    const spd = [entry('p', udp, protect(template('p', espSuite)))];
    const stack = stackOf(config('a', [a], spd), { pathMtu: () => 1400 });
    stack.addSa(saParameters(espSuite), 0);
    const refused = only(stack.outbound(udpPacket(a, b, { dontFragment: true, data: pattern(1372) }), 0), 'drop');
    expect(refused.reason).toBe('too-big');
    const fitting = udpPacket(a, b, { dontFragment: true, data: pattern(refused.mtu! - 28) });
    expect(only(stack.outbound(fitting, 0), 'transmit').octets.length).toBeLessThanOrEqual(1400);
    const longer = udpPacket(a, b, { dontFragment: true, data: pattern(refused.mtu! - 27) });
    expect(reasons(stack.outbound(longer, 0))).toEqual(['too-big']);
    // Nothing was spent on what was refused.
    expect([...stack.sad.all()][0]!.usage).toMatchObject({ sequence: 1n, packets: 1 });
    expect(
      stack.outbound(udpPacket(a, b, { data: pattern(1372) }), 0).filter(({ kind }) => kind === 'transmit'),
    ).toHaveLength(2);
  });

  it('an IPv6 packet that its sender need not make shorter goes in fragments, and arrives', () => {
    const [a6, b6] = ['2001:db8::1', '2001:db8::2'];
    const selectors: Region = [{ ...fullBox(6), protocol: { lo: 17, hi: 17 } }];
    const policy = (localEndpoint: string, remoteEndpoint: string) => {
      const ends = { localEndpoint: address(localEndpoint), remoteEndpoint: address(remoteEndpoint) };
      return [entry('p', selectors, protect(template('p', espSuite, { mode: 'tunnel', ...ends })))];
    };
    const left = stackOf(config('a', [a, a6], policy(a, b)), { pathMtu: () => 1300 });
    const right = stackOf(config('b', [b, b6], policy(b, a)));
    connect(left, right, saParameters(espSuite, { mode: 'tunnel', selectors }));
    const shortest = udpPacket(a6, b6, { data: pattern(1280 - 48) });
    const sent = left.outbound(shortest, 0);
    expect(reasons(sent)).toEqual(['transmit', 'transmit']);
    const arrived = sent.flatMap((output) => (output.kind === 'transmit' ? right.inbound(output.octets, 0) : []));
    expect(reasons(arrived)).toEqual(['incomplete', 'deliver']);
    expect(only(arrived, 'deliver').octets).toEqual(shortest);
    expect(reasons(left.outbound(udpPacket(a6, b6, { data: pattern(1281 - 48) }), 0))).toEqual(['too-big']);
  });
});

describe('NAT traversal', () => {
  const ports = { localPort: 4500, remotePort: 4500 };
  const parameters = saParameters(espSuite, { udpEncapsulation: ports });

  it('tells of a new mapping once the packet is genuine, and mends the checksum', () => {
    const { left, right } = pair();
    connect(left, right, parameters);
    const sent = only(left.outbound(udpPacket(a, b), 0), 'transmit').octets;
    expect([...sent.subarray(20, 24), ...sent.subarray(26, 28)]).toEqual([0x11, 0x94, 0x11, 0x94, 0, 0]);
    // The NAT: another source address and port.
    const nated = buildIp(
      { source: address('203.0.113.9'), destination: address(b), protocol: 17 },
      Uint8Array.from([0x77, 0x77, ...sent.subarray(22)]),
    )!;
    const forged = nated.slice();
    forged[60]! ^= 1;
    expect(reasons(right.inbound(forged, 0))).toEqual(['event', 'icv']);
    const outputs = right.inbound(nated, 0);
    expect(only(outputs, 'event').event).toMatchObject({
      kind: 'mapping-changed',
      remote: address('203.0.113.9'),
      remotePort: 0x7777,
    });
    const expected = udpPacket('203.0.113.9', b);
    expect(only(outputs, 'deliver').octets.subarray(20)).toEqual(expected.subarray(20));
  });
});

describe('a gateway', () => {
  const [netA, netB] = ['10.1.0.5', '10.2.0.5'];
  const region = (local: number, remote: number): Region => [
    { ...fullBox(4), local: { lo: local, hi: local + 0xffff }, remote: { lo: remote, hi: remote + 0xffff } },
  ];
  const [nA, nB] = [0x0a010000, 0x0a020000];
  const make = (own: string, peer: string, here: number, there: number) => {
    const ends = { mode: 'tunnel' as const, localEndpoint: address(own), remoteEndpoint: address(peer) };
    const spd = [entry('local', everything, { kind: 'BYPASS' })];
    const forwardSpd = [
      entry('out', region(here, there), protect(template('t', espSuite, ends))),
      entry('in', region(there, here), { kind: 'BYPASS' }),
      entry('rest', everything, { kind: 'DISCARD' }),
    ];
    return stackOf(config(own, [own], spd, forwardSpd), { forwards: true });
  };

  it('carries packets of its net through the tunnel, and takes none of the other net in the clear', () => {
    const left = make('198.51.100.1', '198.51.100.2', nA, nB);
    const right = make('198.51.100.2', '198.51.100.1', nB, nA);
    const parameters = saParameters(espSuite, {
      mode: 'tunnel',
      local: address('198.51.100.1'),
      remote: address('198.51.100.2'),
      selectors: region(nA, nB),
    });
    left.addSa(parameters, 0);
    right.addSa({ ...mirror(parameters), selectors: region(nB, nA) }, 0);
    const packet = udpPacket(netA, netB);
    expect(only(left.inbound(packet, 0), 'deliver').forward).toBe(true);
    const sent = only(left.forward(packet, 0), 'transmit');
    const arrived = only(right.inbound(sent.octets, 0), 'deliver');
    expect(arrived.forward).toBe(true);
    const handedOn = only(right.forward(arrived.octets, 0), 'transmit');
    expect(handedOn.through).toEqual([]);
    expect(ipOf(handedOn.octets).hopLimit).toBe(62);
    expect(reasons(right.inbound(packet, 0))).toEqual(['unprotected']);
    expect(reasons(right.forward(udpPacket(netA, '10.9.9.9'), 0))).toEqual(['policy']);
    expect(reasons(right.forward(udpPacket(netA, netB, { hopLimit: 1 }), 0))).toEqual(['hop-limit']);
  });
});

describe('a stack that shares its work', () => {
  const tunnel = { mode: 'tunnel' as const, localEndpoint: address(a), remoteEndpoint: address(b) };
  const parameters = saParameters(espSuite, { mode: 'tunnel', limits: { hardSeconds: 60 } });
  const system = (own: string) =>
    config(
      own,
      [own],
      [
        entry(
          'p',
          everything,
          protect(
            template('t', espSuite, {
              ...tunnel,
              localEndpoint: address(own),
              remoteEndpoint: address(own === a ? b : a),
            }),
          ),
        ),
      ],
    );

  it('goes on with the SAs of another, their numbers and their limits', () => {
    const first = stackOf(system(a));
    const right = stackOf(system(b));
    connect(first, right, parameters);
    only(first.outbound(udpPacket(a, b), 0), 'transmit');
    const second = stackOf(system(a), { sad: first.sad });
    expect(second.nextTimeout()).toBe(60_000);
    only(second.outbound(udpPacket(a, b), 1), 'transmit');
    expect([...second.sad.all()][0]?.usage.sequence).toBe(2n);
  });

  it('takes over a packet that another has opened', () => {
    const right = stackOf(system(b));
    const sa = right.addSa(mirror(parameters), 0);
    if ('why' in sa) throw new Error(sa.why);
    const packet = udpPacket(a, b);
    expect(only(right.resume(packet, [sa], 0), 'deliver').through).toEqual([sa.id]);
    expect(reasons(right.resume(packet, [], 0))).toEqual(['unprotected']);
    expect(reasons(right.resume(packet, [sa, sa], 0))).toEqual(['unprotected']);
    expect(reasons(right.resume(Uint8Array.of(0x45), [sa], 0))).toEqual(['malformed']);
  });

  it('leaves hops to those who count them', () => {
    const make = (more: Partial<StackOptions>) =>
      stackOf(config(a, [a], [], [entry('all', everything, { kind: 'BYPASS' })]), { forwards: true, ...more });
    const packet = udpPacket('10.0.0.1', '10.0.0.2', { hopLimit: 1 });
    expect(only(make({ hopsAreCounted: true }).forward(packet, 0), 'transmit').octets).toEqual(packet);
    expect(reasons(make({}).forward(packet, 0))).toEqual(['hop-limit']);
  });
});

describe('manual SAs', () => {
  const suite: Suite = { protocol: 'ESP', encryption: 'AES-CBC-128', authentication: 'HMAC-SHA1-96' };
  const one = (text: string) => ({ lo: address(text).value, hi: address(text).value });
  const manual = (spi: number) => ({
    at: undefined as never,
    protocol: 'ESP' as const,
    spi,
    authenticationKey: new Secret(pattern(20, spi)),
    encryptionKey: new Secret(pattern(16, spi)),
  });
  const make = (own: string, peer: string, inbound: number, outbound: number, used = suite, more = {}) =>
    createIpsecStack(
      {
        ...more,
        config: config(
          own,
          [own],
          [
            entry(
              'p',
              udp,
              protect(
                template('m', used, {
                  selectors: [{ ...fullBox(4), local: one(own), remote: one(peer) }],
                  manual: { inbound: manual(inbound), outbound: manual(outbound) },
                }),
              ),
            ),
          ],
        ),
        provider: node,
      },
      0,
    );

  it('are there from the start, and neither expire nor check for replay', () => {
    const [left, right] = [make(a, b, 300, 301), make(b, a, 301, 300)];
    expect([...left.faults, ...right.faults]).toEqual([]);
    const sent = only(left.stack.outbound(udpPacket(a, b), 0), 'transmit').octets;
    for (const now of [0, 1e12]) expect(reasons(right.stack.inbound(sent, now))).toEqual(['deliver']);
    expect(left.stack.nextTimeout()).toBeUndefined();
    // The counter comes round (RFC 4303 §3.3.3).
    const [sa] = [...left.stack.sad.all()].filter(({ id }) => id.direction === 'outbound');
    sa!.usage.sequence = 0xffff_ffffn;
    expect(reasons(left.stack.outbound(udpPacket(a, b), 0))).toEqual(['transmit']);
    expect(sa!.usage.sequence).toBe(0n);
  });

  it('are left to `addSa` where it brings them', () => {
    const { stack, faults } = make(a, b, 300, 301, suite, { manualSasAreAdded: true });
    expect([faults, stack.sad.size]).toEqual([[], 0]);
  });

  it('must not use ciphers whose IVs are counters', () => {
    const { faults } = make(a, b, 300, 301, { protocol: 'ESP', encryption: 'AES-GCM-16-128' });
    expect(faults.map(({ why }) => why)).toEqual(Array(2).fill('AES-GCM-16-128 must not be used with manual keys'));
    expect(JSON.stringify(faults)).not.toContain('secret');
  });
});
