/** ICMP errors in the data path: by what they are, by what they are about, and in the clear (RFC 4301 §6). */
import { describe, expect, it } from 'vitest';
import { type IcmpErrorPolicy, icmpErrorDefaults, icmpErrorPolicy } from '../../../src/engine/ipsec/icmp-errors.js';
import {
  createIpsecStack,
  type IpsecStack,
  type StackOptions,
  type StackOutput,
} from '../../../src/engine/ipsec/stack.js';
import { peerProfile } from '../../../src/model/peer-profile/catalogue.js';
import { type Box, everything, fullBox, type Region } from '../../../src/model/selector/box.js';
import type { SpdAction, SpdEntry, SystemConfig } from '../../../src/model/system-config.js';
import { node } from '../crypto/support.js';
import { type ErrorOptions, icmpError } from './icmp-support.js';
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

const ends = {
  4: ['192.0.2.1', '192.0.2.2', '203.0.113.9'],
  6: ['2001:db8::1', '2001:db8::2', '2001:db8:9::9'],
} as const;
const esp: Suite = { protocol: 'ESP', encryption: 'AES-GCM-16-128' };
const ah: Suite = { protocol: 'AH', authentication: 'HMAC-SHA2-256-128' };
const bypass: SpdAction = { kind: 'BYPASS' };
const discard: SpdAction = { kind: 'DISCARD' };
const byHeader: IcmpErrorPolicy = { ...icmpErrorDefaults, byQuotedPacket: false, inTheClear: true };

const ofProtocol = (family: 4 | 6, protocol: number, more: Partial<Box> = {}): Region => [
  { ...fullBox(family), protocol: { lo: protocol, hi: protocol }, ...more },
];
const udp = (family: 4 | 6) => ofProtocol(family, 17);
const icmp = (family: 4 | 6) => ofProtocol(family, family === 4 ? 1 : 58);
/** UDP is protected by `sas`, and what `rest` says holds for everything else. */
const spdOf = (family: 4 | 6, rest: SpdAction, ...between: SpdEntry[]): readonly SpdEntry[] => [
  entry('p', udp(family), protect(template('p', esp, { selectors: udp(family) }))),
  ...between,
  entry('rest', everything, rest),
];

function stackOf(system: SystemConfig, options: Partial<StackOptions> = {}): IpsecStack {
  return createIpsecStack({ config: system, provider: node, ...options }, 0).stack;
}

function only<K extends StackOutput['kind']>(
  outputs: readonly StackOutput[],
  kind: K,
): Extract<StackOutput, { kind: K }> {
  const shown = outputs.map((output) => [output.kind, 'why' in output ? output.why : '']);
  expect(
    outputs.map((output) => output.kind),
    JSON.stringify(shown),
  ).toEqual([kind]);
  return outputs[0] as Extract<StackOutput, { kind: K }>;
}

/** SAs for UDP in both directions between two stacks. */
function connect(left: IpsecStack, right: IpsecStack, family: 4 | 6): void {
  const [a, b] = ends[family].map(address);
  const there = saParameters(esp, { spi: 0x1000, local: a!, remote: b!, selectors: udp(family) });
  const back = saParameters(esp, { spi: 0x2000, local: b!, remote: a!, selectors: udp(family) });
  left.addSa(there, 0);
  right.addSa(mirror(there), 0);
  right.addSa(back, 0);
  left.addSa(mirror(back), 0);
}

describe.each([4, 6] as const)('between hosts with SAs for UDP only, IPv%i', (family) => {
  const [a, b, c] = ends[family];
  const received = udpPacket(b, a, { sourcePort: 53, destinationPort: 4000 });
  const unreachable = icmpError(a, b, received);

  function pair(rest: SpdAction, icmpErrors?: IcmpErrorPolicy, ...between: SpdEntry[]) {
    const options = icmpErrors ? { icmpErrors } : {};
    const left = stackOf(config('a', [a], spdOf(family, rest, ...between)), options);
    const right = stackOf(config('b', [b], spdOf(family, rest, ...between)), options);
    return { left, right };
  }

  it.each([
    ['discarded', discard],
    ['bypassed', bypass],
  ] as const)('an error that would be %s goes and comes through the SA of the packet that it is about', (_, rest) => {
    const { left, right } = pair(rest);
    connect(left, right, family);
    const sent = only(left.outbound(unreachable, 0), 'transmit');
    expect(sent.through).toMatchObject([{ spi: 0x1000 }]);
    const delivered = only(right.inbound(sent.octets, 0), 'deliver');
    expect(delivered).toMatchObject({ octets: unreachable, through: [{ spi: 0x1000 }] });
  });

  it('and no SA is made for it: it goes nowhere, and least of all in the clear (§6.2)', () => {
    for (const rest of [discard, bypass]) {
      const { left } = pair(rest);
      expect(only(left.outbound(unreachable, 0), 'drop')).toMatchObject({
        reason: 'policy',
        why: expect.stringContaining("is about traffic of host 'p', of which there is no SA (RFC 4301 §6.2)"),
      });
    }
  });

  it('an entry that names ICMP is taken at its word, for and against', () => {
    for (const [action, kind] of [
      [bypass, 'transmit'],
      [discard, 'drop'],
    ] as const) {
      const { left, right } = pair(
        action === bypass ? discard : bypass,
        undefined,
        entry('icmp', icmp(family), action),
      );
      connect(left, right, family);
      const [output] = left.outbound(unreachable, 0);
      expect(output).toMatchObject(kind === 'transmit' ? { kind, through: [] } : { kind, reason: 'policy' });
      expect(right.inbound(unreachable, 0)[0]).toMatchObject({ kind: kind === 'transmit' ? 'deliver' : 'drop' });
    }
  });

  it('what a product adds by itself for ICMP names it for nobody', () => {
    const builtin: SpdEntry = {
      ...entry('x', icmp(family), bypass),
      source: { record: { kind: 'builtin', name: 'x' } },
    };
    const { left } = pair(discard, undefined, builtin);
    expect(only(left.outbound(unreachable, 0), 'drop').reason).toBe('policy');
  });

  it('in the clear, an error about protected traffic is a forgery', () => {
    const { left, right } = pair(bypass);
    connect(left, right, family);
    for (const from of [b, c]) {
      const forged = icmpError(from, a, udpPacket(a, b));
      expect(only(left.inbound(forged, 0), 'drop')).toMatchObject({ reason: 'unprotected' });
    }
    // About traffic that goes in the clear it may be true.
    const tcp = udpPacket(a, b).slice();
    tcp[family === 4 ? 9 : 6] = 6;
    only(left.inbound(icmpError(c, a, tcp), 0), 'deliver');
    only(left.outbound(icmpError(a, b, tcpFrom(b, a)), 0), 'transmit');
  });

  function tcpFrom(from: string, to: string): Uint8Array {
    const packet = udpPacket(from, to).slice();
    packet[family === 4 ? 9 : 6] = 6;
    return packet;
  }

  it('through an SA, an error about other traffic than the SA’s is refused', () => {
    const { left, right } = pair(discard);
    connect(left, right, family);
    const forged = [
      icmpError(a, b, tcpFrom(b, a)), // other protocol
      icmpError(a, b, udpPacket(c, a)), // not of the one whom it is sent to
      icmpError(a, b, udpPacket(b, c)), // not with this peer
      icmpError(c, b, udpPacket(b, a)), // not by the other end, which without a tunnel nobody else can stand in for
      icmpError(a, b, pattern(60)),
      icmpError(a, b, icmpError(b, a, udpPacket(a, b))),
    ];
    for (const octets of forged) {
      const sent = sealed(left, octets);
      expect(only(right.inbound(sent, 0), 'drop')).toMatchObject({ reason: 'selectors' });
    }
  });

  /** A peer that puts into its SA whatever it likes. */
  function sealed(from: IpsecStack, octets: Uint8Array): Uint8Array {
    const careless = stackOf(config('a', [], [entry('all', everything, protect(template('all', esp)))]), {
      sad: from.sad,
    });
    const { sad } = careless;
    const sa = [...sad.all()].find(({ id }) => id.direction === 'outbound')!;
    sad.remove(sa.id);
    const wide = { ...sa, parameters: { ...sa.parameters, selectors: everything } };
    sad.add(wide);
    const ip = ipOf(octets);
    // Between the SA's ends, whatever is inside.
    const outer = { ...wide, parameters: { ...wide.parameters, local: { family, value: ip.source } as const } };
    sad.remove(wide.id);
    sad.add(outer);
    const sent = only(careless.outbound(octets, 0), 'transmit');
    sad.remove(outer.id);
    sad.add(sa);
    return sent.octets;
  }

  it('by their own header only, where the product does it so', () => {
    const clear = pair(bypass, byHeader);
    connect(clear.left, clear.right, family);
    expect(only(clear.left.outbound(unreachable, 0), 'transmit').through).toEqual([]);
    only(clear.right.inbound(unreachable, 0), 'deliver');
    const closed = pair(discard, byHeader);
    connect(closed.left, closed.right, family);
    expect(only(closed.left.outbound(unreachable, 0), 'drop').why).toContain("host 'rest' selects");
    const through = pair(discard);
    connect(through.left, through.right, family);
    const sent = only(through.left.outbound(unreachable, 0), 'transmit');
    const strict = stackOf(config('b', [b], spdOf(family, discard)), { icmpErrors: byHeader, sad: through.right.sad });
    expect(only(strict.inbound(sent.octets, 0), 'drop').reason).toBe('selectors');
  });

  it('through the SA if there is one, else in the clear: RFC 4301 to the letter', () => {
    const { left, right } = pair(bypass, { ...icmpErrorDefaults, inTheClear: true });
    expect(only(left.outbound(unreachable, 0), 'transmit').through).toEqual([]);
    only(left.inbound(icmpError(b, a, udpPacket(a, b)), 0), 'deliver');
    connect(left, right, family);
    expect(only(left.outbound(unreachable, 0), 'transmit').through).toMatchObject([{ spi: 0x1000 }]);
  });

  it('an error that an SA may carry by its own header is looked at no further (§6.2)', () => {
    const all = [entry('all', everything, protect(template('all', esp)))];
    const [left, right] = [stackOf(config('a', [a], all)), stackOf(config('b', [b], all))];
    const about = icmpError(a, b, tcpFrom(c, a), { quotes: family === 4 ? 28 : 48 });
    expect(left.outbound(about, 0).map(({ kind }) => kind)).toEqual(['acquire', 'drop']);
    const sa = saParameters(esp, { local: address(a), remote: address(b) });
    left.addSa(sa, 0);
    right.addSa(mirror(sa), 0);
    only(right.inbound(only(left.outbound(about, 0), 'transmit').octets, 0), 'deliver');
  });

  it('with an SA for each flow, through that of the flow', () => {
    const action = { ...protect(template('p', esp)), populateFromPacket: true };
    const spd = [entry('p', udp(family), action), entry('rest', everything, discard)];
    const left = stackOf(config('a', [a], spd));
    const flow = (port: number) => ({
      family,
      direction: 'outbound' as const,
      local: address(a).value,
      remote: address(b).value,
      protocol: 17,
      localPort: 4000,
      remotePort: port,
    });
    for (const [index, port] of [53, 54].entries()) {
      const selectors = ofProtocol(family, 17, { y: { lo: port, hi: port } });
      const ofFlow = { spi: 0x1000 + index, selectors, populatedFrom: flow(port) };
      left.addSa(saParameters(esp, { ...ofFlow, local: address(a), remote: address(b) }), 0);
    }
    const about = (port: number) => icmpError(a, b, udpPacket(b, a, { sourcePort: port, destinationPort: 4000 }));
    expect(only(left.outbound(about(54), 0), 'transmit').through).toMatchObject([{ spi: 0x1001 }]);
    expect(only(left.outbound(about(53), 0), 'transmit').through).toMatchObject([{ spi: 0x1000 }]);
    only(left.outbound(about(55), 0), 'drop');
  });

  it('where clear text is allowed because IKE failed, errors are too', () => {
    const action = { ...protect(template('p', esp, { selectors: udp(family) })), fallbackToClear: true };
    const spd = [entry('p', udp(family), action), entry('rest', everything, bypass)];
    const [left, right] = [stackOf(config('a', [a], spd)), stackOf(config('b', [b], spd))];
    expect(only(left.outbound(unreachable, 0), 'transmit').through).toEqual([]);
    only(left.inbound(icmpError(b, a, udpPacket(a, b)), 0), 'deliver');
    connect(left, right, family);
    expect(only(left.outbound(unreachable, 0), 'transmit').through).toHaveLength(1);
    expect(only(left.inbound(icmpError(b, a, udpPacket(a, b)), 0), 'drop').reason).toBe('unprotected');
  });
});

describe('nested SAs', () => {
  const [a, b] = ends[4];
  const gateway = '198.51.100.7';
  const bundle = protect(
    template('inner', ah, { selectors: udp(4) }),
    template('outer', esp, {
      mode: 'tunnel',
      localEndpoint: address(a),
      remoteEndpoint: address(gateway),
      selectors: udp(4),
    }),
  );
  const spd = [entry('p', udp(4), bundle), entry('rest', everything, discard)];
  const inner = saParameters(ah, { spi: 0x100, local: address(a), remote: address(b), selectors: udp(4) });
  const outer = saParameters(esp, {
    spi: 0x200,
    mode: 'tunnel',
    local: address(a),
    remote: address(gateway),
    selectors: udp(4),
  });
  const unreachable = icmpError(a, b, udpPacket(b, a));

  it('carry the error through all of them, and take it through all of them only', () => {
    const left = stackOf(config('a', [a], spd));
    left.addSa(inner, 0);
    expect(only(left.outbound(unreachable, 0), 'drop').why).toContain('no SA');
    left.addSa(outer, 0);
    const sent = only(left.outbound(unreachable, 0), 'transmit');
    expect(sent.through.map(({ spi }) => spi)).toEqual([0x100, 0x200]);
    // The other end has the same bundle the other way round.
    const mirrored = protect(
      template('inner', ah, { selectors: udp(4) }),
      template('outer', esp, {
        mode: 'tunnel',
        localEndpoint: address(gateway),
        remoteEndpoint: address(a),
        selectors: udp(4),
      }),
    );
    const right = stackOf(
      config('b', [b, gateway], [entry('p', udp(4), mirrored), entry('rest', everything, discard)]),
    );
    right.addSa(mirror(inner), 0);
    right.addSa(mirror(outer), 0);
    expect(only(right.inbound(sent.octets, 0), 'deliver').octets).toEqual(unreachable);
    const half = stackOf(
      config('a', [a], [entry('p', udp(4), protect(bundle.bundle[1]!)), entry('rest', everything, discard)]),
    );
    half.addSa(outer, 0);
    for (let burned = 0; burned < 5; burned += 1) half.outbound(unreachable, 0);
    expect(only(right.inbound(only(half.outbound(unreachable, 0), 'transmit').octets, 0), 'drop').reason).toBe(
      'selectors',
    );
  });
});

describe('a gateway', () => {
  const [inside, outside] = ['10.1.0.5', '10.2.0.5'];
  const [here, there, routerInside, routerThere] = ['192.0.2.1', '192.0.2.2', '10.1.99.1', '172.16.0.9'];
  const net = (text: string) => ({ lo: address(text).value as number, hi: (address(text).value as number) + 0xffff });
  const way = (from: string, to: string): Region => [
    { ...fullBox(4), direction: { lo: 0, hi: 0 }, local: net(from), remote: net(to) },
  ];
  const both = [
    ...way('10.1.0.0', '10.2.0.0'),
    ...way('10.1.0.0', '10.2.0.0').map((box) => ({ ...box, direction: { lo: 1, hi: 1 } })),
  ];
  const tunnel = template('t', esp, {
    mode: 'tunnel',
    localEndpoint: address(here),
    remoteEndpoint: address(there),
    selectors: both,
  });
  const forwardSpd = [
    entry('out', way('10.1.0.0', '10.2.0.0'), protect(tunnel)),
    entry('in', way('10.2.0.0', '10.1.0.0'), bypass),
    entry('rest', everything, discard),
  ];
  const system = config('g', [here, '10.1.0.1'], [entry('rest', everything, discard)], forwardSpd);
  const other = stackOf(
    config(
      'h',
      [there],
      [],
      [
        entry(
          'out',
          way('10.2.0.0', '10.1.0.0'),
          protect({ ...tunnel, localEndpoint: address(there), remoteEndpoint: address(here), selectors: everything }),
        ),
        entry('in', way('10.1.0.0', '10.2.0.0'), bypass),
      ],
    ),
    { forwards: true },
  );
  const gateway = stackOf(system, { forwards: true });
  const sas = { mode: 'tunnel', local: address(here), remote: address(there), selectors: both } as const;
  const [out, back] = [
    saParameters(esp, { ...sas, spi: 0x1000 }),
    saParameters(esp, { ...sas, spi: 0x2000, direction: 'inbound' }),
  ];
  gateway.addSa(out, 0);
  gateway.addSa(back, 0);
  other.addSa({ ...mirror(out), selectors: both.map((box) => ({ ...box, local: box.remote, remote: box.local })) }, 0);
  other.addSa({ ...mirror(back), selectors: everything }, 0);

  it('sends errors of its own and of routers behind it through the tunnel of what they are about (§6.2)', () => {
    const fromThere = udpPacket(outside, inside);
    for (const [from, send] of [
      [here, gateway.outbound],
      [routerInside, gateway.forward],
      [inside, gateway.forward],
    ] as const) {
      const error = icmpError(from, outside, fromThere, { type: 11 });
      const sent = only(send(error, 0), 'transmit');
      expect(sent.through).toMatchObject([{ spi: 0x1000 }]);
      const delivered = only(other.inbound(sent.octets, 0), 'deliver');
      expect(delivered.forward).toBe(true);
      expect(ipOf(only(other.forward(delivered.octets, 0), 'transmit').octets).source).toBe(address(from).value);
    }
  });

  it('takes errors of routers on the far side, and sends them on to whom they are for', () => {
    const error = icmpError(routerThere, inside, udpPacket(inside, outside), { type: 11 });
    const sent = only(other.forward(error, 0), 'transmit');
    const delivered = only(gateway.inbound(sent.octets, 0), 'deliver');
    expect(delivered).toMatchObject({ forward: true, through: [{ spi: 0x2000 }] });
    expect(gateway.refusesForwarding(delivered.octets)).toBeUndefined();
    expect(only(gateway.forward(delivered.octets, 0), 'transmit').through).toEqual([]);
  });

  it('but not those about traffic that never went through the tunnel, and none in the clear', () => {
    const stray = icmpError(routerThere, inside, udpPacket(inside, '10.3.0.1'), { type: 11 });
    expect(only(other.forward(stray, 0), 'drop').reason).toBe('policy');
    const forged = icmpError(routerThere, inside, udpPacket(inside, outside), { type: 11 });
    expect(only(gateway.inbound(forged, 0), 'drop').reason).toBe('unprotected');
    expect(gateway.refusesForwarding(stray)).toMatchObject({ reason: 'policy' });
    expect(gateway.refusesForwarding(udpPacket('10.9.0.1', inside))).toMatchObject({ reason: 'policy' });
    expect(gateway.refusesForwarding(udpPacket(outside, inside))).toBeUndefined();
    expect(gateway.refusesForwarding(pattern(5))).toMatchObject({ reason: 'malformed' });
  });
});

describe.each([4, 6] as const)('errors of routers about our ESP and AH, IPv%i (§6.1.1, §8.2)', (family) => {
  const [a, b, router] = ends[family];
  const wide: ErrorOptions = family === 4 ? { type: 3, code: 4 } : { type: 2, code: 0 };
  const big = udpPacket(a, b, { data: pattern(1400), dontFragment: true });
  const told = { kind: 'path-mtu', remote: address(b), mtu: 1300 };

  function sending(
    suite: Suite,
    more: Partial<Parameters<typeof saParameters>[1]> = {},
    options: Partial<StackOptions> = {},
  ) {
    const stack = stackOf(config('a', [a], [entry('p', everything, protect(template('p', suite)))]), options);
    stack.addSa(saParameters(suite, { spi: 0x1234, local: address(a), remote: address(b), ...more }), 0);
    const sent = only(stack.outbound(big, 0), 'transmit').octets;
    return { stack, sent };
  }

  it.each([
    ['ESP', esp, {}],
    ['AH', ah, {}],
    ['ESP in UDP', esp, { udpEncapsulation: { localPort: 4500, remotePort: 10_000 } }],
  ] as const)('a path MTU is taken over: %s', (_, suite, more) => {
    const { stack, sent } = sending(suite, more);
    expect(stack.inbound(icmpError(router, a, sent, { ...wide, mtu: 1300, quotes: 60 }), 0)).toEqual([told]);
    const low = only(stack.inbound(icmpError(router, a, sent, { ...wide, mtu: 70, quotes: 60 }), 0), 'path-mtu');
    expect(low.mtu).toBe(family === 4 ? 576 : 1280);
  });

  it('but not from who cannot have seen the packet, nor with a wrong checksum', () => {
    const { stack, sent } = sending(esp);
    const spi = sent.slice();
    spi[family === 4 ? 20 : 40]! ^= 1;
    const away = icmpError(router, b, sent, { ...wide, mtu: 1300, quotes: 60 });
    const damaged = icmpError(router, a, sent, { ...wide, mtu: 1300, quotes: 60 });
    damaged[damaged.length - 1]! ^= 1;
    const inUdp = sending(esp, { udpEncapsulation: { localPort: 4500, remotePort: 10_000 } });
    const port = inUdp.sent.slice();
    port[family === 4 ? 23 : 43]! ^= 1;
    const other = inUdp.sent.slice();
    other[family === 4 ? 28 : 48]! ^= 1;
    for (const [by, error] of [
      [stack, icmpError(router, a, spi, { ...wide, mtu: 1300, quotes: 60 })],
      [stack, icmpError(router, a, sent, { ...wide, mtu: 1300, quotes: family === 4 ? 24 : 44 })],
      [stack, icmpError(router, a, inUdp.sent, { ...wide, mtu: 1300, quotes: 60 })],
      [stack, away],
      [stack, damaged],
      [inUdp.stack, icmpError(router, a, sent, { ...wide, mtu: 1300, quotes: 60 })],
      [inUdp.stack, icmpError(router, a, port, { ...wide, mtu: 1300, quotes: 60 })],
      [inUdp.stack, icmpError(router, a, other, { ...wide, mtu: 1300, quotes: 60 })],
    ] as const) {
      expect(only(by.inbound(error, 0), 'drop').reason).toBe('unprotected');
    }
    // The ports are all that old routers quote.
    const short = icmpError(router, a, inUdp.sent, { ...wide, mtu: 1300, quotes: family === 4 ? 28 : 48 });
    expect(inUdp.stack.inbound(short, 0)).toEqual([told]);
  });

  it('other errors are left to the SPD, unless a setting says that they are heeded', () => {
    const { stack, sent } = sending(esp);
    const unreachable = icmpError(router, a, sent, { quotes: 60 });
    only(stack.inbound(unreachable, 0), 'drop');
    const heeded = [{ family, type: family === 4 ? 3 : 1 }];
    const hearing = sending(esp, {}, { icmpErrors: { ...icmpErrorDefaults, heeded } });
    only(hearing.stack.inbound(unreachable, 0), 'deliver');
    only(hearing.stack.inbound(icmpError(router, a, sent, { quotes: 60, code: 0 }), 0), 'deliver');
    only(hearing.stack.inbound(icmpError(router, a, sent, { quotes: 60, type: 11 }), 0), 'drop');
    const deaf = sending(esp, {}, { icmpErrors: { ...icmpErrorDefaults, heeded: [] } });
    only(deaf.stack.inbound(icmpError(router, a, sent, { ...wide, mtu: 1300, quotes: 60 }), 0), 'drop');
  });

  it('ESP and IKE show nothing, so errors about them go by their own header', () => {
    const spd = [
      entry('all', [...udp(family), ...ofProtocol(family, 50)], protect(template('all', esp))),
      entry('rest', everything, bypass),
    ];
    const stack = stackOf(config('a', [a], spd));
    const ike = udpPacket(b, a, { sourcePort: 500, destinationPort: 500 });
    expect(only(stack.outbound(icmpError(a, b, ike), 0), 'transmit').through).toEqual([]);
    only(stack.inbound(icmpError(b, a, udpPacket(a, b, { sourcePort: 500, destinationPort: 500 })), 0), 'deliver');
    const { sent } = sending(esp);
    only(stack.inbound(icmpError(router, a, sent, { quotes: 60 }), 0), 'deliver');
  });
});

describe('peer profiles', () => {
  it('HP-UX and Linux go by the error’s own header, the RFC and we by what it is about, and we not in the clear', () => {
    const traits = (['hpux', 'strongswan', 'libreswan', 'strict-rfc', 'ours'] as const).map((name) => {
      const { byQuotedPacket, inTheClear } = icmpErrorPolicy(peerProfile(name));
      return [name, byQuotedPacket, inTheClear];
    });
    expect(traits).toEqual([
      ['hpux', false, true],
      ['strongswan', false, true],
      ['libreswan', false, true],
      ['strict-rfc', true, true],
      ['ours', true, false],
    ]);
    expect(icmpErrorPolicy(peerProfile('ours'))).toEqual(icmpErrorDefaults);
  });
});
