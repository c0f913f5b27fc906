import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkTypes } from '../../../src/engine/wire/capture/link.js';
import { type CapturedPacket, captureFrames, readCapture } from '../../../src/engine/wire/capture.js';
import { fromHex, toHex } from '../../../src/engine/wire/codec.js';
import { formatAddress } from '../../../src/model/address.js';

const hex = (text: string): Uint8Array => fromHex(text.replaceAll(' ', ''))!;
const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 255);
const u32 = (value: number, little = false): Uint8Array => {
  const octets = Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
  return little ? octets.reverse() : octets;
};

const ike = hex(`0102030405060708 0000000000000000 21202208 00000000 0000001c`);
const udp = (source: number, destination: number, payload: Uint8Array): Uint8Array =>
  join(u16(source), u16(destination), u16(8 + payload.length), u16(0), payload);

/** An IPv4 packet from 192.0.2.1 to 192.0.2.2. */
function ipv4(
  protocol: number,
  payload: Uint8Array,
  { flags = 0, id = 7, length }: { flags?: number; id?: number; length?: number } = {},
): Uint8Array {
  return join(
    Uint8Array.of(0x45, 0),
    u16(length ?? 20 + payload.length),
    u16(id),
    u16(flags),
    Uint8Array.of(64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2),
    payload,
  );
}

/** An IPv6 packet from 2001:db8::1 to 2001:db8::2. */
function ipv6(next: number, payload: Uint8Array): Uint8Array {
  const address = (last: number): Uint8Array => hex(`20010db8 00000000 00000000 0000000${last}`);
  return join(u32(0x60000000), u16(payload.length), Uint8Array.of(next, 64), address(1), address(2), payload);
}

/** A pcap file of one link type. */
function pcap(
  linkType: number,
  frames: readonly Uint8Array[],
  { little = true, nano = false, cut = 0 } = {},
): Uint8Array {
  const magic = nano ? 0xa1b23c4d : 0xa1b2c3d4;
  const head = join(
    u32(magic, little),
    little ? hex('02000400') : hex('00020004'),
    u32(0),
    u32(0),
    u32(65535, little),
    u32(linkType, little),
  );
  return join(
    head,
    ...frames.flatMap((frame, index) => [
      u32(1000 + index, little),
      u32(5, little),
      u32(frame.length - cut, little),
      u32(frame.length, little),
      frame.subarray(0, frame.length - cut),
    ]),
  );
}

const packets = (file: Uint8Array): readonly CapturedPacket[] =>
  [...readCapture(file)].flatMap((item) => (item.kind === 'fault' ? [] : [item]));
const faults = (file: Uint8Array): readonly string[] =>
  [...readCapture(file)].flatMap((item) => (item.kind === 'fault' ? [item.why] : []));

/** `192.0.2.1 > 192.0.2.2 IKE 0102…` */
function line(packet: CapturedPacket): string {
  const ends = `${formatAddress(packet.family, packet.source)} > ${formatAddress(packet.family, packet.destination)}`;
  return `${ends} ${packet.kind}${'octets' in packet ? ` ${toHex(packet.octets)}` : ''}${packet.truncated ? ' truncated' : ''}`;
}

const ikeOver4 = `192.0.2.1 > 192.0.2.2 IKE ${toHex(ike)}`;
const ikeOver6 = `2001:db8::1 > 2001:db8::2 IKE ${toHex(ike)}`;
const v4 = ipv4(17, udp(500, 500, ike));
const v6 = ipv6(17, udp(500, 500, ike));

describe('links', () => {
  const macs = new Uint8Array(12);
  const cases: readonly (readonly [string, number, Uint8Array, string])[] = [
    ['Ethernet', linkTypes.ETHERNET, join(macs, hex('0800'), v4, new Uint8Array(6)), ikeOver4],
    ['Ethernet with IPv6', linkTypes.ETHERNET, join(macs, hex('86dd'), v6), ikeOver6],
    ['Ethernet with a VLAN tag', linkTypes.ETHERNET, join(macs, hex('8100 0064 0800'), v4), ikeOver4],
    ['Ethernet with two VLAN tags', linkTypes.ETHERNET, join(macs, hex('88a8 0064 8100 0065 86dd'), v6), ikeOver6],
    ['PPPoE', linkTypes.ETHERNET, join(macs, hex('8864 1100 0001 0000 0021'), v4), ikeOver4],
    ['Linux cooked', linkTypes.LINUX_SLL, join(new Uint8Array(14), hex('0800'), v4), ikeOver4],
    ['Linux cooked 2', linkTypes.LINUX_SLL2, join(hex('86dd'), new Uint8Array(18), v6), ikeOver6],
    [
      'Linux cooked 2 with a VLAN tag',
      linkTypes.LINUX_SLL2,
      join(hex('8100'), new Uint8Array(18), hex('0064 0800'), v4),
      ikeOver4,
    ],
    ['raw IPv4', linkTypes.RAW, v4, ikeOver4],
    ['raw IPv6', linkTypes.IPV6, v6, ikeOver6],
    ['BSD loopback', linkTypes.NULL, join(hex('02000000'), v4), ikeOver4],
    ['BSD loopback of the other order', linkTypes.NULL, join(hex('0000001e'), v6), ikeOver6],
    ['OpenBSD loopback', linkTypes.LOOP, join(hex('00000018'), v6), ikeOver6],
    [
      'NFLOG',
      linkTypes.NFLOG,
      join(hex('02000000 0500 0a00 41 000000'), Uint8Array.of(v4.length + 4, 0), hex('0900'), v4),
      ikeOver4,
    ],
  ];

  it.each(cases)('%s', (_, linkType, frame, expected) => {
    expect(packets(pcap(linkType, [frame])).map(line)).toEqual([expected]);
  });

  it.each(cases)('%s cut anywhere is a fault, a truncated packet or nothing', (_, linkType, frame) => {
    for (let length = 0; length < frame.length - 6; length += 1) {
      const items = [...readCapture(pcap(linkType, [frame.subarray(0, length)]))];
      expect(
        items.every((item) => item.kind === 'fault' || item.truncated),
        `${length} octets`,
      ).toBe(true);
    }
  });

  it('of other kinds are faults, other protocols are left out', () => {
    expect(faults(pcap(147, [v4]))).toEqual(['link type 147 is not understood']);
    expect([...readCapture(pcap(linkTypes.ETHERNET, [join(macs, hex('0806'), new Uint8Array(28))]))]).toEqual([]);
    expect([
      ...readCapture(pcap(linkTypes.RAW, [ipv4(6, new Uint8Array(20)), ipv4(17, udp(53, 5353, ike.subarray(1)))])),
    ]).toEqual([]);
    expect(faults(pcap(linkTypes.RAW, [hex('50')]))).toEqual(['neither IPv4 nor IPv6']);
  });
});

describe('pcap', () => {
  it.each([
    { little: true, nano: false, nanos: 5000n },
    { little: false, nano: false, nanos: 5000n },
    { little: true, nano: true, nanos: 5n },
    { little: false, nano: true, nanos: 5n },
  ])('in byte order $little and nanoseconds $nano', ({ little, nano, nanos }) => {
    const found = packets(pcap(linkTypes.RAW, [v4, v6], { little, nano }));
    expect(found.map(line)).toEqual([ikeOver4, ikeOver6]);
    expect(found.map(({ frame, timestampNanos }) => [frame, timestampNanos])).toEqual([
      [1, 1000_000_000_000n + nanos],
      [2, 1001_000_000_000n + nanos],
    ]);
  });

  it('that ends early gives what is there, and a fault', () => {
    const file = pcap(linkTypes.RAW, [v4, v6]);
    const items = [...readCapture(file.subarray(0, -1))];
    expect(items.map((item) => (item.kind === 'fault' ? item.why : line(item)))).toEqual([
      ikeOver4,
      'a record of 76 octets, 75 are left',
    ]);
    expect(faults(file.subarray(0, 24 + 10))).toEqual(['the file ends within a record header']);
    expect(faults(file.subarray(0, 20))).toEqual(['the file ends within its header']);
    expect(faults(file.subarray(0, 3))).toEqual(['3 octets are no capture']);
    expect(faults(hex('00000000'))).toEqual(['neither pcap nor pcapng']);
    expect(faults(file.subarray(0, 24))).toEqual([]);
  });

  it('with frames that were cut says that they were', () => {
    expect(packets(pcap(linkTypes.RAW, [v4], { cut: 1 })).map(line)).toEqual([`${ikeOver4.slice(0, -2)} truncated`]);
  });
});

describe('a packet that the capture cut', () => {
  it.each([
    ['IPv4', ipv4(50, hex('00001000 00000001 aabbccdd')), '192.0.2.1 > 192.0.2.2'],
    ['IPv6', ipv6(50, hex('00001000 00000001 aabbccdd')), '2001:db8::1 > 2001:db8::2'],
  ])('%s says so, whatever is in it', (_, packet, ends) => {
    expect(packets(pcap(linkTypes.RAW, [packet])).map(line)).toEqual([`${ends} ESP 0000100000000001aabbccdd`]);
    expect(packets(pcap(linkTypes.RAW, [packet], { cut: 2 })).map(line)).toEqual([
      `${ends} ESP 0000100000000001aabb truncated`,
    ]);
  });
});

describe('pcapng', () => {
  const pad = (octets: Uint8Array): Uint8Array => join(octets, new Uint8Array((4 - (octets.length % 4)) % 4));
  const block = (type: number, body: Uint8Array, little: boolean): Uint8Array =>
    join(u32(type, little), u32(12 + body.length, little), body, u32(12 + body.length, little));
  const section = (little: boolean): Uint8Array =>
    block(
      0x0a0d0d0a,
      join(u32(0x1a2b3c4d, little), little ? hex('01000000') : hex('00010000'), hex('ffffffffffffffff')),
      little,
    );
  const options = (little: boolean, ...list: readonly (readonly [number, Uint8Array])[]): Uint8Array =>
    join(
      ...list.map(([code, value]) =>
        join(
          little ? u16(code).reverse() : u16(code),
          little ? u16(value.length).reverse() : u16(value.length),
          pad(value),
        ),
      ),
      u32(0),
    );
  const iface = (little: boolean, linkType: number, more: Uint8Array = new Uint8Array()): Uint8Array =>
    block(1, join(little ? u16(linkType).reverse() : u16(linkType), u16(0), u32(0), more), little);
  const enhanced = (little: boolean, on: number, high: number, low: number, frame: Uint8Array): Uint8Array =>
    block(
      6,
      join(
        u32(on, little),
        u32(high, little),
        u32(low, little),
        u32(frame.length, little),
        u32(frame.length, little),
        pad(frame),
      ),
      little,
    );

  it.each([true, false])('of byte order %s has interfaces with links and clocks of their own', (little) => {
    const file = join(
      section(little),
      iface(little, linkTypes.RAW),
      iface(little, linkTypes.ETHERNET, options(little, [9, Uint8Array.of(9)])),
      block(0x0bad, new Uint8Array(8), little),
      enhanced(little, 0, 0, 1_000_005, v4),
      enhanced(little, 1, 1, 7, join(new Uint8Array(12), hex('86dd'), v6)),
      block(3, join(u32(v4.length, little), v4), little),
      block(
        2,
        join(new Uint8Array(4), u32(0, little), u32(3, little), u32(v4.length, little), u32(v4.length, little), v4),
        little,
      ),
    );
    const found = packets(file);
    expect(found.map(line)).toEqual([ikeOver4, ikeOver6, ikeOver4, ikeOver4]);
    expect(found.map(({ timestampNanos }) => timestampNanos)).toEqual([
      1_000_005_000n,
      0x1_0000_0007n,
      undefined,
      3_000n,
    ]);
    expect(faults(file)).toEqual([]);
  });

  it('has clocks in powers of two, and an offset', () => {
    const clock = options(true, [9, Uint8Array.of(0x80 | 10)], [14, Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0)]);
    const file = join(section(true), iface(true, linkTypes.RAW, clock), enhanced(true, 0, 0, 512, v4));
    expect(packets(file)[0]!.timestampNanos).toBe(2_500_000_000n);
  });

  it('may begin a section of the other order', () => {
    const file = join(
      section(true),
      iface(true, linkTypes.RAW),
      enhanced(true, 0, 0, 1, v4),
      section(false),
      iface(false, linkTypes.IPV6),
      enhanced(false, 0, 0, 1, v6),
    );
    expect(packets(file).map(line)).toEqual([ikeOver4, ikeOver6]);
  });

  it('that is damaged gives what is there, and a fault', () => {
    expect(faults(join(section(true), enhanced(true, 0, 0, 1, v4)))).toEqual(['interface 0 is not described']);
    expect(faults(section(true).subarray(0, -1))).toEqual(['a block of 28 octets, 27 are left']);
    expect(faults(join(section(true), hex('01000000 0b000000 00000000')))).toEqual([
      'a block of 11 octets, 12 are left',
    ]);
    expect(faults(hex('0a0d0d0a 1c000000 00000000'))).toEqual(['a section without a byte order']);
    expect(faults(join(section(true), hex('0600')))).toEqual(['the file ends within a block header']);
    expect(faults(join(section(true), block(1, new Uint8Array(4), true)))).toEqual([
      'an interface description that cannot be read',
    ]);
    const long = block(6, join(u32(0), u32(0), u32(0), u32(99, true), u32(99, true)), true);
    expect(faults(join(section(true), iface(true, linkTypes.RAW), long))).toEqual([
      'a packet of 99 octets in a shorter block',
    ]);
  });
});

describe('packets', () => {
  const raw = (...frames: readonly Uint8Array[]): readonly string[] => packets(pcap(linkTypes.RAW, frames)).map(line);
  const ends = '192.0.2.1 > 192.0.2.2';

  it('of ports 500, 848 and 4500', () => {
    expect(raw(ipv4(17, udp(40000, 848, ike)))).toEqual([ikeOver4]);
    expect(raw(ipv4(17, udp(4500, 40000, join(new Uint8Array(4), ike))))).toEqual([ikeOver4]);
    expect(raw(ipv4(17, udp(40000, 4500, hex('00000001 00000002 aa'))))).toEqual([`${ends} ESP 0000000100000002aa`]);
    expect(raw(ipv4(17, udp(40000, 4500, hex('ff'))))).toEqual([`${ends} keepalive`]);
    expect(faults(pcap(linkTypes.RAW, [ipv4(17, udp(4500, 4500, hex('0000')))]))).toEqual([
      '2 octets are no SPI and no marker',
    ]);
  });

  it('of any other port, when they look like IKE', () => {
    expect(raw(ipv4(17, udp(40000, 50000, ike)))).toEqual([ikeOver4]);
    expect(raw(ipv4(17, udp(40000, 50000, join(new Uint8Array(4), ike))))).toEqual([ikeOver4]);
    expect(raw(ipv4(17, udp(40000, 50000, join(ike, hex('00')))))).toEqual([]);
  });

  it('of ESP and AH, and what is in AH and in tunnels', () => {
    const esp = hex('00001000 00000001 aabb');
    const ahOver = (next: number, payload: Uint8Array): Uint8Array =>
      join(Uint8Array.of(next, 4), hex('0000 00002000 00000001'), new Uint8Array(12), payload);
    expect(raw(ipv4(50, esp))).toEqual([`${ends} ESP ${toHex(esp)}`]);
    const nested = ahOver(50, esp);
    expect(raw(ipv4(51, nested))).toEqual([`${ends} AH ${toHex(nested)}`, `${ends} ESP ${toHex(esp)}`]);
    const tunnel = ahOver(4, ipv4(50, esp));
    expect(raw(ipv4(51, tunnel))).toEqual([`${ends} AH ${toHex(tunnel)}`, `${ends} ESP ${toHex(esp)}`]);
    expect(raw(ipv4(41, ipv6(17, udp(500, 500, ike))))).toEqual([ikeOver6]);
    expect(raw(ipv4(51, hex('32ff')))).toEqual([`${ends} AH 32ff`]);
  });

  it('behind IPv6 extension headers', () => {
    const options = join(
      Uint8Array.of(60, 0),
      new Uint8Array(6),
      Uint8Array.of(17, 1),
      new Uint8Array(14),
      udp(500, 500, ike),
    );
    expect(raw(ipv6(0, options))).toEqual([ikeOver6]);
    expect(faults(pcap(linkTypes.RAW, [ipv6(0, hex('3c05'))]))).toEqual([
      'the packet ends within an IPv6 extension header',
    ]);
  });

  it('in packets without an announced length, as offloading cards leave them', () => {
    expect(raw(ipv4(17, udp(500, 500, ike), { length: 0 }))).toEqual([ikeOver4]);
  });

  it('within each other without end are given up', () => {
    let packet = ipv4(50, hex('0000100000000001'));
    for (let depth = 0; depth < 40; depth += 1) packet = ipv4(4, packet);
    expect(faults(pcap(linkTypes.RAW, [packet]))).toEqual(['more than 16 headers within each other']);
  });
});

describe('IP fragments', () => {
  const whole = udp(500, 500, ike);
  const piece = (from: number, to: number, id = 7): Uint8Array =>
    ipv4(17, whole.subarray(from, to), { id, flags: from / 8 + (to < whole.length ? 0x2000 : 0) });
  const run = (...frames: readonly Uint8Array[]): readonly string[] =>
    [...readCapture(pcap(linkTypes.RAW, frames))].map((item) =>
      item.kind === 'fault' ? `${item.frame}: ${item.why}` : line(item),
    );

  it.each([
    ['in order', [0, 1, 2]],
    ['in another', [2, 0, 1]],
    ['twice', [1, 1, 2, 0]],
  ] as const)('%s are put together', (_, order) => {
    const pieces = [piece(0, 16), piece(16, 24), piece(24, whole.length)];
    expect(run(...order.map((index) => pieces[index]!))).toEqual([ikeOver4]);
  });

  it('of IPv6 as well', () => {
    const fragment = (from: number, to: number): Uint8Array =>
      ipv6(44, join(Uint8Array.of(17, 0), u16(from | (to < whole.length ? 1 : 0)), u32(9), whole.subarray(from, to)));
    expect(run(fragment(16, whole.length), fragment(0, 16))).toEqual([ikeOver6]);
    expect(run(ipv6(44, join(Uint8Array.of(17, 0), u16(0), u32(9), whole)))).toEqual([ikeOver6]);
  });

  it('of different datagrams are kept apart', () => {
    expect(run(piece(0, 16, 1), piece(0, 16, 2), piece(16, whole.length, 2), piece(16, whole.length, 1))).toEqual([
      ikeOver4,
      ikeOver4,
    ]);
  });

  it('that are missing at the end leave a truncated packet', () => {
    expect(run(piece(0, 16))).toEqual([
      '1: fragments of an IP datagram are missing',
      `192.0.2.1 > 192.0.2.2 IKE ${toHex(ike.subarray(0, 8))} truncated`,
    ]);
    expect(run(piece(16, 24))).toEqual(['1: fragments of an IP datagram are missing']);
  });

  it('that contradict each other are given up', () => {
    expect(run(piece(0, 24), piece(16, whole.length))).toEqual(['2: fragments that overlap']);
    expect(run(piece(24, whole.length), ipv4(17, new Uint8Array(8), { flags: 8 }))).toEqual(['2: two last fragments']);
    expect(run(ipv4(17, new Uint8Array(8), { flags: 0x2000 + 4 }), ipv4(17, new Uint8Array(16), { flags: 1 }))).toEqual(
      ['2: a fragment behind the last one'],
    );
    const far = ipv4(17, new Uint8Array(32), { flags: 0x1fff });
    expect(run(far)).toEqual(['1: a fragment that reaches octet 65560 of a datagram']);
  });

  it('wait in a bounded number', () => {
    const frames = Array.from({ length: 600 }, (_, id) => piece(16, 24, id));
    const reported = run(...frames);
    expect(reported.length).toBeLessThanOrEqual(512);
    expect(reported.every((text) => text.endsWith('fragments of an IP datagram are missing'))).toBe(true);
  });
});

describe('whatever the octets are', () => {
  it('a capture comes to an end', () => {
    const magics = ['a1b2c3d4', 'd4c3b2a1', 'a1b23c4d', '4d3cb2a1', '0a0d0d0a', ''];
    fc.assert(
      fc.property(fc.constantFrom(...magics), fc.uint8Array({ maxLength: 300 }), (magic, octets) => {
        for (const item of readCapture(join(hex(magic), octets))) expect(item.kind).not.toBe('');
      }),
      { numRuns: 500 },
    );
  });

  it('a frame of any link type comes to an end', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(linkTypes)),
        fc.array(fc.uint8Array({ maxLength: 120 }), { maxLength: 4 }),
        (linkType, frames) => {
          for (const item of readCapture(pcap(linkType, frames))) expect(item.kind).not.toBe('');
          expect([...captureFrames(pcap(linkType, frames))].length).toBe(frames.length);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('a damaged capture of fragments and tunnels comes to an end', () => {
    const whole = udp(500, 500, ike);
    const good = pcap(linkTypes.RAW, [
      v4,
      v6,
      ipv4(17, whole.subarray(0, 16), { flags: 0x2000 }),
      ipv4(17, whole.subarray(16), { flags: 2 }),
      ipv4(51, join(hex('3204 0000 00002000 00000001'), new Uint8Array(12), hex('00001000 00000001'))),
    ]);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }), (changes) => {
        const octets = good.slice();
        for (const [at, value] of changes) octets[at] = value;
        for (const item of readCapture(octets)) expect(item.kind).not.toBe('');
      }),
      { numRuns: 500 },
    );
  });
});
