/** The words of a flow's key are the packet's selectors, as the reference classifies them; and the table of flows tells what it holds. */
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { FlowKey, packetOfKey } from '../../../../src/backends/userspace/fast/flow-key.js';
import { FlowTable } from '../../../../src/backends/userspace/fast/flow-table.js';
import { plainMemory } from '../../../../src/backends/userspace/system/memory.js';
import { buildIp } from '../../../../src/engine/ipsec/ip-build.js';
import { classifyIp } from '../../../../src/engine/ipsec/packet.js';
import { type Address, addressFromOctets } from '../../../../src/model/address.js';
import { ipOf } from '../../../engine/ipsec/support.js';

const address = (length: number): fc.Arbitrary<Address> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((octets) => addressFromOctets(octets)!);
const packets = fc
  .constantFrom(4 as const, 6 as const)
  .chain((family) =>
    fc.record({
      source: address(family === 4 ? 4 : 16),
      destination: address(family === 4 ? 4 : 16),
      protocol: fc.constantFrom(6, 17, 132, family === 4 ? 1 : 58, 47, 89),
      payload: fc.uint8Array({ minLength: 20, maxLength: 40 }),
    }),
  )
  .map(({ payload, ...header }) => {
    const { protocol } = header;
    // An error of ICMP is about another packet and has no key: an echo, then.
    if (protocol === 1) payload[0] = 8;
    if (protocol === 58) payload[0] = 128;
    return buildIp(header, payload)!;
  });

function keyOf(packet: Uint8Array): FlowKey {
  const memory = plainMemory(packet.length);
  memory.octets.set(packet);
  const key = new FlowKey();
  expect(key.read(memory, 0, packet.length)).toBe(true);
  return key;
}

describe('a key', () => {
  test.prop([packets, fc.constantFrom('outbound' as const, 'inbound' as const)])(
    'is the packet that it was read from',
    (packet, direction) => {
      expect(packetOfKey(keyOf(packet).words, direction)).toEqual(classifyIp(ipOf(packet), direction).packet);
    },
  );
});

describe('the table', () => {
  test.prop([fc.array(packets, { minLength: 1, maxLength: 50 })])('tells every flow that it holds', (list) => {
    const table = new FlowTable<number>();
    const keys = list.map(keyOf);
    for (const [index, key] of keys.entries()) table.set(key, index);
    const told = [...table.entries(1000)].map(({ key, decision }) => `${key.join()} ${decision}`);
    for (const key of keys) {
      const decision = table.get(key);
      if (decision !== undefined) expect(told).toContain(`${key.words.join()} ${decision}`);
    }
    expect(new Set(told).size).toBe(told.length);
    expect([...table.entries(1)]).toHaveLength(1);
    table.clear();
    expect([...table.entries(1000)]).toEqual([]);
  });

  it('of nothing tells nothing', () => expect([...new FlowTable<number>().entries(10)]).toEqual([]));
});
