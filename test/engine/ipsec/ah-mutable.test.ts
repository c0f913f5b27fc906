/** The mutable fields of AH: RFC 4302 appendix A as tables. */
import { describe, expect, it } from 'vitest';
import { sealAh } from '../../../src/engine/ipsec/ah.js';
import { withoutMutableFields } from '../../../src/engine/ipsec/ah-mutable.js';
import { receive } from '../../../src/engine/ipsec/inbound.js';
import { setIpv4Checksum, transportInsertion } from '../../../src/engine/ipsec/ip-build.js';
import { viewOf } from '../../../src/engine/ipsec/packet.js';
import { createSad } from '../../../src/engine/ipsec/sad.js';
import { address, ipOf, mirror, pattern, type Suite, sa, saParameters, udpPacket } from './support.js';

const suite: Suite = { protocol: 'AH', authentication: 'HMAC-SHA1-96' };

/** A UDP packet with IPv4 options, which are a multiple of 4 octets. */
function withOptions(options: readonly number[]): Uint8Array {
  const plain = udpPacket('192.0.2.1', '192.0.2.2');
  const octets = Uint8Array.from([...plain.subarray(0, 20), ...options, ...plain.subarray(20)]);
  octets[0] = 0x40 | (5 + options.length / 4);
  viewOf(octets).setUint16(2, octets.length);
  setIpv4Checksum(octets);
  return octets;
}

/** A UDP packet with IPv6 extension headers, each without its first octet. */
function withExtensions(
  headers: readonly { readonly protocol: number; readonly rest: readonly number[] }[],
): Uint8Array {
  const plain = udpPacket('2001:db8::1', '2001:db8::2');
  const extensions = headers.flatMap(({ rest }, index) => [headers[index + 1]?.protocol ?? 17, ...rest]);
  const octets = Uint8Array.from([...plain.subarray(0, 40), ...extensions, ...plain.subarray(40)]);
  octets[6] = headers[0]!.protocol;
  viewOf(octets).setUint16(4, octets.length - 40);
  return octets;
}

describe('IPv4 options (appendix A1)', () => {
  const four = [1, 2, 3, 4];
  it.each([
    ['Security', 130, true],
    ['Extended Security', 133, true],
    ['Commercial Security', 134, true],
    ['Router Alert', 148, true],
    ['Sender Directed Multi-Destination Delivery', 149, true],
    ['Loose Source Route', 131, false],
    ['Time Stamp', 68, false],
    ['Record Route', 7, false],
    ['Strict Source Route', 137, false],
    ['Traceroute', 82, false],
    ['Stream ID', 136, false],
    ['an unknown one', 222, false],
  ])('%s (%i): counts is %s', (_, kind, counts) => {
    const option = [kind, 6, ...four, 1, 1];
    const octets = withOptions(option);
    const covered = withoutMutableFields(ipOf(octets), 28)!;
    expect([...covered.subarray(20, 28)]).toEqual(counts ? option : [0, 0, 0, 0, 0, 0, 1, 1]);
    expect([...covered.subarray(28)]).toEqual([...octets.subarray(28)]);
  });

  it('the fixed header: TOS, flags, offset, TTL and checksum are zero, the rest stays', () => {
    const octets = udpPacket('192.0.2.1', '192.0.2.2', { trafficClass: 0xff, dontFragment: true });
    const expected = octets.slice();
    for (const at of [1, 6, 7, 8, 10, 11]) expected[at] = 0;
    expect(withoutMutableFields(ipOf(octets), 20)).toEqual(expected);
  });

  it('end of list ends it', () => {
    const covered = withoutMutableFields(ipOf(withOptions([0, 7, 99, 1])), 24)!;
    expect([...covered.subarray(20, 24)]).toEqual([0, 7, 99, 1]);
  });

  it.each([
    ['shorter than itself', [7, 1, 0, 0]],
    ['longer than the header', [7, 5, 0, 0]],
    ['without a length', [1, 1, 1, 7]],
  ])('an option %s cannot be protected', (_, options) => {
    expect(withoutMutableFields(ipOf(withOptions(options)), 24)).toBeUndefined();
  });

  it('a source route counts with its last address as the destination, on the way and at the end', () => {
    const key = sa(saParameters(suite, { remote: address('203.0.113.9') }));
    if (key.key.kind !== 'AH') throw new Error('not AH');
    const last = [203, 0, 113, 9];
    const ip = ipOf(withOptions([131, 7, 4, ...last, 0]));
    const sealed = sealAh(key.key, { spi: 0x1000, sequence: 1n, esn: false }, ip, transportInsertion(ip))!;
    // The hop in between puts the next address into the header and its own into the route.
    const arrived = sealed.slice();
    arrived.set(last, 16);
    arrived.set([198, 51, 100, 7], 23);
    arrived[22] = 8;
    arrived[8] = 3;
    setIpv4Checksum(arrived);
    const sad = createSad();
    sad.add(sa(mirror(saParameters(suite, { remote: address('203.0.113.9') }))));
    expect(receive(sad, ipOf(arrived), { ike: 500, natTraversal: 4500 }, 0).result.kind).toBe('opened');
  });
});

describe('IPv6 (appendix A2)', () => {
  it('traffic class, flow label and hop limit are zero, the rest stays', () => {
    const octets = udpPacket('2001:db8::1', '2001:db8::2', { trafficClass: 0xff });
    octets[3] = 9;
    const expected = octets.slice();
    expected.set([0x60, 0, 0, 0]);
    expected[7] = 0;
    expect(withoutMutableFields(ipOf(octets), 40)).toEqual(expected);
  });

  it.each([0, 60])('options of header %i: the data of those that may change is zero', (protocol) => {
    const rest = [1, 0x3e, 4, 1, 2, 3, 4, 0, 0x1e, 4, 5, 6, 7, 8, 0];
    const octets = withExtensions([{ protocol, rest }]);
    const covered = withoutMutableFields(ipOf(octets), 56)!;
    expect([...covered.subarray(40, 56)]).toEqual([17, 1, 0x3e, 4, 0, 0, 0, 0, 0, 0x1e, 4, 5, 6, 7, 8, 0]);
  });

  it('an option beyond its header cannot be protected', () => {
    const octets = withExtensions([{ protocol: 0, rest: [0, 0x3e, 5, 1, 2, 3, 4] }]);
    expect(withoutMutableFields(ipOf(octets), 48)).toBeUndefined();
  });

  it('a routing header counts as it arrives', () => {
    const hop = (last: number) => [0x20, 1, 0x0d, 0xb8, ...Array(11).fill(0), last];
    const route = (segmentsLeft: number, hops: readonly number[]) => ({
      protocol: 43,
      rest: [2 * hops.length, 0, segmentsLeft, 0, 0, 0, 0, ...hops.flatMap(hop)],
    });
    // Sent to 2 with 5 and 6 to go; arrives at 6, having been at 2 and 5.
    const sent = withExtensions([route(2, [5, 6])]);
    const arrived = withExtensions([route(0, [2, 5])]);
    arrived[39] = 6;
    const covered = withoutMutableFields(ipOf(sent), 80)!;
    expect(covered.subarray(0, 80)).toEqual(withoutMutableFields(ipOf(arrived), 80)!.subarray(0, 80));
    expect([covered[39], covered[43], covered[40 + 8 + 15], covered[40 + 24 + 15]]).toEqual([6, 0, 2, 5]);
    // On its second leg as well.
    const between = withExtensions([route(1, [2, 6])]);
    between[39] = 5;
    expect(withoutMutableFields(ipOf(between), 80)!.subarray(0, 80)).toEqual(covered.subarray(0, 80));
  });

  it.each([
    ['more segments left than there are', [2, 0, 2]],
    ['an unknown type that is not used up', [2, 200, 1]],
  ])('a routing header with %s cannot be protected', (_, start) => {
    const octets = withExtensions([{ protocol: 43, rest: [...start, 0, 0, 0, 0, ...pattern(16)] }]);
    expect(withoutMutableFields(ipOf(octets), 64)).toBeUndefined();
  });
});

describe('where AH and ESP go in IPv6', () => {
  it('behind hop-by-hop options, in front of destination options', () => {
    const options = [0, 1, 4, 0, 0, 0, 0];
    const octets = withExtensions([
      { protocol: 0, rest: options },
      { protocol: 60, rest: options },
    ]);
    expect(transportInsertion(ipOf(octets))).toEqual({ at: 48, nextHeaderAt: 40, nextHeader: 60 });
  });

  it('behind destination options that a routing header follows', () => {
    const octets = withExtensions([
      { protocol: 60, rest: [0, 1, 4, 0, 0, 0, 0] },
      { protocol: 43, rest: [0, 0, 0, 0, 0, 0, 0] },
    ]);
    expect(transportInsertion(ipOf(octets))).toEqual({ at: 56, nextHeaderAt: 48, nextHeader: 17 });
  });
});
