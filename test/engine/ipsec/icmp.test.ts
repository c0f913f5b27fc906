/** Which packets are ICMP errors, and what they say about the packet that they quote (RFC 792, RFC 4443, RFC 4301 §6.2). */
import { describe, expect, it } from 'vitest';
import { fragmentIp } from '../../../src/engine/ipsec/fragments.js';
import {
  hasRightChecksum,
  icmpErrorOf,
  isAddressedRight,
  isIcmpError,
  returnTraffic,
} from '../../../src/engine/ipsec/icmp.js';
import { toldPathMtu } from '../../../src/engine/ipsec/icmp-errors.js';
import { tooBigError } from '../../../src/engine/ipsec/icmp-too-big.js';
import { buildIp } from '../../../src/engine/ipsec/ip-build.js';
import { icmpError } from './icmp-support.js';
import { address, ipOf, pattern, udpPacket } from './support.js';

const hosts = {
  4: ['192.0.2.1', '192.0.2.2', '203.0.113.9'],
  6: ['2001:db8::1', '2001:db8::2', '2001:db8:9::9'],
} as const;

describe('errors', () => {
  it('are known by their types', () => {
    const ofV4 = Array.from({ length: 256 }, (_, type) => type).filter((type) => isIcmpError(1, type));
    expect(ofV4).toEqual([3, 4, 5, 11, 12]);
    expect([1, 2, 3, 4, 100, 127].every((type) => isIcmpError(58, type))).toBe(true);
    expect([128, 129, 133, 135, 137].some((type) => isIcmpError(58, type))).toBe(false);
    expect(isIcmpError(17, 3)).toBe(false);
  });

  it('are not later fragments, other protocols, the other family’s ICMP, or too short to quote anything', () => {
    const about = udpPacket('192.0.2.1', '192.0.2.2', { data: pattern(900) });
    const long = icmpError('192.0.2.2', '192.0.2.1', about);
    const [first, second] = fragmentIp(ipOf(long), 576, 1)!;
    expect(icmpErrorOf(ipOf(first!))).toBeDefined();
    expect(icmpErrorOf(ipOf(second!))).toBeUndefined();
    expect(icmpErrorOf(ipOf(about))).toBeUndefined();
    const empty = buildIp(
      { source: address('192.0.2.1'), destination: address('192.0.2.2'), protocol: 1 },
      Uint8Array.of(3, 1, 0, 0, 0, 0, 0, 0),
    )!;
    expect(icmpErrorOf(ipOf(empty))).toBeUndefined();
    const wrong = icmpError('192.0.2.2', '192.0.2.1', about, { quotes: 60 });
    wrong[9] = 58;
    expect(icmpErrorOf(ipOf(wrong))).toBeUndefined();
  });

  it('have a checksum', () => {
    for (const family of [4, 6] as const) {
      const [a, b] = hosts[family];
      const error = icmpError(b, a, udpPacket(a, b));
      expect(hasRightChecksum(ipOf(error))).toBe(true);
      error[error.length - 1]! ^= 1;
      expect(hasRightChecksum(ipOf(error))).toBe(false);
    }
  });
});

describe.each([4, 6] as const)('what an error of IPv%i quotes', (family) => {
  const [a, b, router] = hosts[family];
  const headerLength = family === 4 ? 20 : 40;
  const about = udpPacket(a, b, { data: pattern(500) });

  it('is read although it was cut, down to the ports', () => {
    for (const quotes of [about.length, 200, headerLength + 8, headerLength + 4]) {
      const error = icmpErrorOf(ipOf(icmpError(router, a, about, { quotes })))!;
      expect(error.quotedLength).toBe(about.length);
      expect(error.quoted).toMatchObject({ source: address(a).value, destination: address(b).value, protocol: 17 });
      expect(returnTraffic(error, 'inbound')).toEqual({
        packet: {
          family,
          direction: 'inbound',
          local: address(a).value,
          remote: address(b).value,
          protocol: 17,
          localPort: 4000,
          remotePort: 23,
        },
        opaque: 'nothing',
      });
      expect(isAddressedRight(address(a).value, error)).toBe(true);
      expect(isAddressedRight(address(b).value, error)).toBe(false);
    }
    const short = icmpErrorOf(ipOf(icmpError(router, a, about, { quotes: headerLength + 2 })))!;
    expect(returnTraffic(short, 'inbound')).toMatchObject({ opaque: 'ports' });
    expect(icmpErrorOf(ipOf(icmpError(router, a, about, { quotes: headerLength - 1 })))!.quoted).toBeUndefined();
  });

  it('is answered in the direction of the error, ports and addresses exchanged', () => {
    // Somebody sent it to us, and we answer.
    const received = udpPacket(b, a, { sourcePort: 1111, destinationPort: 53 });
    const error = icmpErrorOf(ipOf(icmpError(a, b, received)))!;
    expect(returnTraffic(error, 'outbound')?.packet).toMatchObject({
      direction: 'outbound',
      local: address(a).value,
      remote: address(b).value,
      localPort: 53,
      remotePort: 1111,
    });
  });

  it('may be an echo request, whose answer is a reply, but no error about errors', () => {
    const [protocol, request, reply] = family === 4 ? [1, 8, 0] : [58, 128, 129];
    const ping = buildIp(
      { source: address(a), destination: address(b), protocol },
      Uint8Array.of(request, 0, 0, 0, 1, 2, 3, 4),
    )!;
    const error = icmpErrorOf(ipOf(icmpError(router, a, ping)))!;
    expect(returnTraffic(error, 'inbound')?.packet).toMatchObject({ type: reply, code: 0 });
    const again = icmpErrorOf(ipOf(icmpError(router, a, icmpError(a, b, about))))!;
    expect(returnTraffic(again, 'inbound')).toBeUndefined();
  });

  it('is nothing where no packet of that version is quoted', () => {
    const other =
      family === 4 ? udpPacket(...([hosts[6][0], hosts[6][1]] as const)) : udpPacket(hosts[4][0], hosts[4][1]);
    for (const octets of [other, pattern(60), new Uint8Array(60)]) {
      const error = icmpErrorOf(ipOf(icmpError(router, a, octets)))!;
      expect(error.quoted).toBeUndefined();
      expect(returnTraffic(error, 'inbound')).toBeUndefined();
    }
  });
});

describe.each([4, 6] as const)('a path MTU of IPv%i', (family) => {
  const [a, b] = hosts[family];
  const long = udpPacket(a, b, { data: pattern(1400), dontFragment: true });

  it('is told by the error that a router makes, and at least what every path takes', () => {
    for (const [mtu, told] of [
      [1400, 1400],
      [1300, 1300],
      [100, family === 4 ? 576 : 1280],
    ] as const) {
      expect(toldPathMtu(ipOf(tooBigError(long, mtu)!))).toEqual({ remote: address(b), mtu: told });
    }
  });

  it('is not told by other errors, nor one that the packet would have fitted into', () => {
    const wide = family === 4 ? { type: 3, code: 4 } : { type: 2, code: 0 };
    expect(toldPathMtu(ipOf(icmpError(b, a, long, { ...wide, mtu: long.length, quotes: 100 })))).toBeUndefined();
    expect(toldPathMtu(ipOf(icmpError(b, a, long, { ...wide, mtu: 0, quotes: 100 })))).toBeUndefined();
    expect(toldPathMtu(ipOf(icmpError(b, a, long, { mtu: 1300, quotes: 100 })))).toBeUndefined();
    expect(toldPathMtu(ipOf(icmpError(a, b, long, { ...wide, mtu: 1300, quotes: 100 })))).toBeUndefined();
    expect(toldPathMtu(ipOf(long))).toBeUndefined();
  });
});
