/** IP packets: what is read, what is refused, what a packet is to the SPD. */
import { describe, expect, it } from 'vitest';
import { fragmentIp } from '../../../src/engine/ipsec/fragments.js';
import { internetChecksum, withTrafficClass, withUpperChecksum } from '../../../src/engine/ipsec/ip-build.js';
import { classifyIp, parseIp } from '../../../src/engine/ipsec/packet.js';
import { ipOf, pattern, udpPacket } from './support.js';

const v4 = udpPacket('192.0.2.1', '192.0.2.2');
const v6 = udpPacket('2001:db8::1', '2001:db8::2');

function changed(octets: Uint8Array, changes: Readonly<Record<number, number>>): Uint8Array {
  const copy = octets.slice();
  for (const [at, value] of Object.entries(changes)) copy[Number(at)] = value;
  return copy;
}

describe('refused', () => {
  it.each([
    ['nothing', new Uint8Array(0), 'no octets'],
    ['IP version 5', changed(v4, { 0: 0x55 }), 'IP version 5'],
    ['a short IPv4 header', v4.subarray(0, 19), 'within its IPv4 header'],
    ['an IPv4 header length of 4 words', changed(v4, { 0: 0x44 }), 'header of 16 octets'],
    ['a total length below the header', changed(v4, { 2: 0, 3: 19 }), 'less than its header'],
    ['a total length beyond the end', v4.subarray(0, v4.length - 1), 'are there'],
    ['a fragment beyond 65535', changed(v4, { 6: 0x1f, 7: 0xff }), 'beyond 65535'],
    ['a short IPv6 header', v6.subarray(0, 39), 'within its IPv6 header'],
    ['an IPv6 length beyond the end', v6.subarray(0, v6.length - 1), 'are there'],
    ['an extension header beyond the end', changed(v6, { 6: 0, 41: 255 }), 'within an extension header'],
    ['extension headers without end', changed(v6, { 6: 44, 40: 44, 42: 0, 43: 0 }), 'two fragment headers'],
  ])('%s', (_, octets, why) => {
    const parsed = parseIp(octets);
    expect('why' in parsed ? parsed.why : 'a packet').toContain(why);
  });
});

describe('the SPD’s view', () => {
  it('local and remote by direction', () => {
    const out = classifyIp(ipOf(v4), 'outbound');
    expect(out).toMatchObject({ opaque: 'nothing', packet: { localPort: 4000, remotePort: 23, local: 0xc0000201 } });
    const into = classifyIp(ipOf(v4), 'inbound');
    expect(into).toMatchObject({ packet: { localPort: 23, remotePort: 4000, local: 0xc0000202 } });
  });

  it.each([
    ['IPv4', udpPacket('192.0.2.1', '192.0.2.2', { data: pattern(3000) })],
    ['IPv6', udpPacket('2001:db8::1', '2001:db8::2', { data: pattern(3000) })],
  ])('of %s fragments, only the first shows its ports', (_, octets) => {
    const parts = fragmentIp(ipOf(octets), 1280, 1)!.map((part) => classifyIp(ipOf(part), 'outbound'));
    expect(parts.map(({ opaque }) => opaque)).toEqual(['nothing', 'ports', 'ports']);
    expect(parts.map(({ packet }) => packet.protocol)).toEqual([17, 17, 17]);
  });

  it('a UDP packet too short for ports does not show them', () => {
    const short = changed(v4, { 3: 22 });
    expect(classifyIp(ipOf(short), 'outbound').opaque).toBe('ports');
  });
});

describe('checksums', () => {
  it('RFC 1071 §3: the example', () => {
    expect(internetChecksum(Uint8Array.of(0x00, 0x01, 0xf2, 0x03), Uint8Array.of(0xf4, 0xf5, 0xf6, 0xf7))).toBe(0x220d);
    expect(internetChecksum(Uint8Array.of(0x12), Uint8Array.of(0x34, 0x56))).toBe(
      internetChecksum(Uint8Array.of(0x12, 0x34, 0x56, 0)),
    );
  });

  it('a right header sums up to zero, whatever was changed', () => {
    for (const octets of [v4, withTrafficClass(ipOf(v4), 0x2e)])
      expect(internetChecksum(octets.subarray(0, 20))).toBe(0);
    expect(ipOf(withTrafficClass(ipOf(v6), 0xab)).trafficClass).toBe(0xab);
  });

  it('an upper checksum is made anew, but not where UDP has none', () => {
    expect(withUpperChecksum(ipOf(changed(v4, { 26: 1, 27: 2 })))).toEqual(v4);
    const without = changed(v4, { 26: 0, 27: 0 });
    expect(withUpperChecksum(ipOf(without))).toEqual(without);
    expect(withUpperChecksum(ipOf(changed(v6, { 46: 0, 47: 0 })))).toEqual(v6);
  });
});
