/**
 * What is put together stands for the very packets that came, wherever they were written: behind the packet in hand, or with their data right
 * at its end, where their headers cover what is there until it is known what becomes of them.
 */
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { sumCode } from '../../../../src/backends/userspace/fast/sum-code.js';
import { TunWriter, tunWriterMemory } from '../../../../src/backends/userspace/fast/tun-writer.js';
import { allocate, allocateSummed, type Memory } from '../../../../src/backends/userspace/system/memory.js';
import { pattern } from '../../../engine/ipsec/support.js';
import { cut, native, tcp, tcpFlags, udp } from '../support.js';

const memories = {
  JavaScript: allocate(native, tunWriterMemory),
  WebAssembly: allocateSummed(native, tunWriterMemory, sumCode),
};
const ends = { 4: ['192.0.2.1', '192.0.2.2'], 6: ['2001:db8::1', '2001:db8::2'] } as const;
const timestamps = Uint8Array.of(1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2);

interface Step {
  /** `garbage`: written, but not handed over, as a packet that is not genuine. */
  readonly kind: 'next' | 'other' | 'udp' | 'damaged' | 'garbage' | 'ahead';
  readonly size: number;
  readonly isPushed: boolean;
  readonly appends: boolean;
}

const steps = fc.record<Step>({
  kind: fc.constantFrom('next', 'next', 'next', 'next', 'other', 'udp', 'damaged', 'garbage', 'ahead'),
  // Shorter than the headers too: these then lie over those in hand.
  size: fc.constantFrom(1, 7, 30, 1348, 1348, 1348),
  isPushed: fc.constantFrom(false, false, false, true),
  appends: fc.constantFrom(true, true, false),
});

const settings = fc.record({
  family: fc.constantFrom(4 as const, 6 as const),
  options: fc.constantFrom(new Uint8Array(0), timestamps),
  steps: fc.array(steps, { minLength: 1, maxLength: 60 }),
});

function play(
  memory: Memory,
  { family, options, steps }: { family: 4 | 6; options: Uint8Array; steps: readonly Step[] },
) {
  const written: Uint8Array[] = [];
  const expected: Uint8Array[] = [];
  memory.octets.fill(0xee);
  const writer = new TunWriter(memory, true, (from, at, length) => {
    written.push(from.octets.slice(at, at + length));
  });
  const [from, to] = ends[family];
  let sequence = 0xffff_f000;
  for (const [index, { kind, size, isPushed, appends }] of steps.entries()) {
    const data = pattern(size, index);
    const identification = index & 0xffff;
    const more = { data, identification, options, sequence: kind === 'ahead' ? sequence + 1 : sequence };
    const flags = isPushed ? tcpFlags.ACK | tcpFlags.PSH : tcpFlags.ACK;
    const destinationPort = kind === 'other' ? 24 : 23;
    const packet =
      kind === 'udp' ? udp(from, to, more) : tcp(from, to, { ...more, flags, destinationPort, dontFragment: true });
    if (kind === 'damaged') packet[packet.length - 1]! ^= 1;
    const place = appends ? writer.placeToAppend : writer.place;
    memory.octets.set(packet, place);
    if (kind === 'garbage') continue;
    writer.deliver(place, packet.length, family === 4 ? 20 : 40);
    expected.push(packet);
    if (kind === 'next') sequence = (sequence + size) >>> 0;
  }
  writer.flush();
  return { written, expected };
}

/** Packets of IPv4 that are not to be fragmented get other identifications when they are cut again. */
const unnumbered = (packet: Uint8Array) => {
  if (packet[0]! >> 4 !== 4) return packet;
  const copy = packet.slice();
  copy.fill(0, 4, 6);
  copy.fill(0, 10, 12);
  return copy;
};

describe.each(Object.entries(memories))('the way into the TUN device, with sums of %s', (_, memory) => {
  test.prop([settings])('gives every packet that came', (setting) => {
    const { written, expected } = play(memory, setting);
    expect(written.flatMap(cut).map(unnumbered)).toEqual(expected.map(unnumbered));
  });

  it.each([4, 6] as const)('puts a stream of IPv%i together, until a packet is full', (family) => {
    const step: Step = { kind: 'next', size: 1348, isPushed: false, appends: true };
    const { written } = play(memory, { family, options: timestamps, steps: Array.from({ length: 60 }, () => step) });
    expect(written.map((packet) => cut(packet).length)).toEqual([48, 12]);
  });

  it('puts a stream together whose packets are shorter than their headers', () => {
    const step: Step = { kind: 'next', size: 7, isPushed: false, appends: true };
    const { written } = play(memory, { family: 4, options: timestamps, steps: Array.from({ length: 20 }, () => step) });
    expect(written.map((packet) => cut(packet).length)).toEqual([20]);
  });

  it('has what was in hand whole after a packet that is not genuine was written over its end', () => {
    const step: Step = { kind: 'next', size: 1348, isPushed: false, appends: true };
    const { written, expected } = play(memory, {
      family: 4,
      options: timestamps,
      steps: [step, step, { ...step, kind: 'garbage' }, step],
    });
    expect(written.map((packet) => cut(packet).length)).toEqual([3]);
    expect(written.flatMap(cut).map(unnumbered)).toEqual(expected.map(unnumbered));
  });
});
