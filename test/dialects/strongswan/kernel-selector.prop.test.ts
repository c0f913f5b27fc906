/** The selector that charon makes for the kernel, against a naive reading of ts2selector and of the kernel's comparison. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kernelSelector } from '../../../src/dialects/strongswan/kernel-selector.js';
import { hasPorts, hasTypes, type Packet, protocolNumbers } from '../../../src/model/packet.js';
import { isProper } from '../../../src/model/selector/box.js';
import { contains } from '../../../src/model/selector/witness.js';
import type { TrafficSelector } from '../../../src/model/traffic-selector.js';

function ts2ports({ ports }: TrafficSelector): { port: number; mask: number } {
  if (ports.lo === ports.hi) return { port: ports.lo, mask: 0xffff };
  let mask = 0;
  for (let bit = 15; bit >= 0; bit -= 1) {
    if ((ports.lo & (1 << bit)) !== (ports.hi & (1 << bit))) break;
    mask |= 1 << bit;
  }
  return { port: ports.lo & mask, mask };
}

const network = (port: number) => ((port & 0xff) << 8) | (port >> 8);

/** Does the kernel's policy take an outbound packet? */
function takes(local: TrafficSelector, remote: TrafficSelector, packet: Packet): boolean {
  const proto = Math.max(local.protocol, remote.protocol);
  let [s, d] = [ts2ports(local), ts2ports(remote)];
  if ((proto === 1 || proto === 58) && (s.port !== 0 || d.port !== 0)) {
    const port = network(d.port) > network(s.port) ? d.port : s.port;
    const [type, code] = [port >> 8, port & 0xff];
    s = { port: type, mask: type === 0 ? 0 : 0xffff };
    d = { port: code, mask: code === 0 ? 0 : 0xffff };
  }
  const inSubnet = (value: number, { range }: TrafficSelector) => {
    let length = 32;
    while (length > 0 && Number(range.first) >>> (32 - length) !== Number(range.last) >>> (32 - length)) length -= 1;
    return length === 0 || value >>> (32 - length) === Number(range.first) >>> (32 - length);
  };
  const { protocol, type = 0, code = 0 } = packet;
  const sport = hasTypes(protocol) ? type : hasPorts(protocol) ? packet.localPort! : 0;
  const dport =
    protocol === protocolNumbers.MH ? 0 : hasTypes(protocol) ? code : hasPorts(protocol) ? packet.remotePort! : 0;
  return (
    (proto === 0 || proto === protocol) &&
    inSubnet(Number(packet.local), local) &&
    inSubnet(Number(packet.remote), remote) &&
    ((sport ^ s.port) & s.mask) === 0 &&
    ((dport ^ d.port) & d.mask) === 0
  );
}

const edges = [0, 1, 7, 8, 20, 22, 80, 255, 256, 769, 1000, 1023, 1024, 2047, 2048, 2303, 4095, 65_535];
const port = fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 0, max: 65_535 }));
const address = fc.oneof(fc.integer({ min: 0x0a00_0000, max: 0x0a00_003f }), fc.constantFrom(0, 0xffff_ffff));
const ordered = (of: fc.Arbitrary<number>) =>
  fc.tuple(of, of).map(([a, b]) => ({ lo: Math.min(a, b), hi: Math.max(a, b) }));
const intervals = fc.oneof(
  fc.constant({ lo: 0, hi: 65_535 }),
  fc.constant({ lo: 65_535, hi: 0 }),
  port.map((one) => ({ lo: one, hi: one })),
  ordered(port),
);
const protocols = [0, 1, 6, 17, 47, 58, 135] as const;
const selector = fc.record({ range: ordered(address), protocol: fc.constantFrom(...protocols), ports: intervals }).map(
  ({ range, protocol, ports }): TrafficSelector => ({
    range: { family: 4, first: range.lo, last: range.hi },
    protocol,
    ports,
  }),
);
const packet = fc
  .record({ local: address, remote: address, protocol: fc.constantFrom(1, 6, 17, 47, 58, 135), x: port, y: port })
  .map(
    ({ local, remote, protocol, x, y }): Packet => ({
      family: 4,
      direction: 'outbound',
      local,
      remote,
      protocol,
      ...(hasPorts(protocol) ? { localPort: x, remotePort: y } : {}),
      ...(hasTypes(protocol) ? { type: x & 255, code: y & 255 } : {}),
    }),
  );

describe('the selector of the kernel', () => {
  it('takes what the kernel would', () => {
    fc.assert(
      fc.property(selector, selector, fc.array(packet, { minLength: 20, maxLength: 20 }), (local, remote, packets) => {
        const made = kernelSelector(local, remote);
        const fits = local.protocol === 0 || remote.protocol === 0 || local.protocol === remote.protocol;
        expect(made !== undefined).toBe(fits);
        if (!made) return;
        for (const box of made.region) expect(isProper(box)).toBe(true);
        for (const one of packets)
          expect([one, made.region.some((box) => contains(box, one))]).toEqual([one, takes(local, remote, one)]);
      }),
      { numRuns: 2000 },
    );
  });

  it('says whatever is not as written', () => {
    const written = ({ range, ports, protocol }: TrafficSelector, value: number, one: number | undefined) =>
      value >= Number(range.first) &&
      value <= Number(range.last) &&
      (protocol === 0 || one === undefined || ports.lo > ports.hi || (one >= ports.lo && one <= ports.hi));
    fc.assert(
      fc.property(selector, selector, fc.array(packet, { minLength: 20, maxLength: 20 }), (local, remote, packets) => {
        // What ports without a protocol mean is nowhere said.
        fc.pre(
          [local, remote].every(
            ({ protocol, ports }) => protocol !== 0 || ports.lo > ports.hi || ports.hi - ports.lo === 65_535,
          ),
        );
        const made = kernelSelector(local, remote);
        if (!made || made.notes.length > 0) return;
        for (const one of packets) {
          if (!hasPorts(one.protocol)) continue;
          const proto = Math.max(local.protocol, remote.protocol);
          const isMeant =
            (proto === 0 || proto === one.protocol) &&
            written(local, Number(one.local), one.localPort) &&
            written(remote, Number(one.remote), one.remotePort);
          expect([one, made.region.some((box) => contains(box, one))]).toEqual([one, isMeant]);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
