/** No octets make the stack throw, and it never lets a packet of a protected entry in or out in the clear. */
import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { fragmentIp } from '../../../src/engine/ipsec/fragments.js';
import { createIpsecStack, type StackOutput } from '../../../src/engine/ipsec/stack.js';
import { everything } from '../../../src/model/selector/box.js';
import { node } from '../crypto/support.js';
import { icmpError } from './icmp-support.js';
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

const esp: Suite = { protocol: 'ESP', encryption: 'AES-GCM-16-128' };
const ah: Suite = { protocol: 'AH', authentication: 'HMAC-SHA1-96' };

function stack() {
  const bundle = protect(template('p', esp), template('p', ah));
  const spd = [entry('p', everything, bundle)];
  const made = createIpsecStack(
    {
      config: config('a', ['192.0.2.1', '2001:db8::1'], spd, spd),
      provider: node,
      forwards: true,
      pathMtu: () => 1280,
    },
    0,
  ).stack;
  for (const [from, to] of [
    ['192.0.2.1', '192.0.2.2'],
    ['2001:db8::1', '2001:db8::2'],
  ] as const) {
    for (const [spi, suite] of [
      [1, esp],
      [2, ah],
    ] as const) {
      const parameters = saParameters(suite, { spi, local: address(from), remote: address(to) });
      made.addSa(parameters, 0);
      // The same keys back again, so that what it sends can be sent back to it with the addresses changed.
      made.addSa(mirror({ ...parameters, local: address(to), remote: address(from) }), 0);
    }
  }
  return made;
}

const seeds = [
  udpPacket('192.0.2.1', '192.0.2.2'),
  udpPacket('192.0.2.2', '192.0.2.1', { destinationPort: 4500 }),
  udpPacket('2001:db8::1', '2001:db8::2'),
  udpPacket('192.0.2.1', '203.0.113.1'),
  ...fragmentIp(ipOf(udpPacket('192.0.2.2', '192.0.2.1', { data: pattern(1500) })), 600, 3)!,
  ...fragmentIp(ipOf(udpPacket('2001:db8::2', '2001:db8::1', { data: pattern(1500) })), 1280, 3)!,
  ...stack()
    .outbound(udpPacket('192.0.2.1', '192.0.2.2'), 0)
    .flatMap((output) =>
      output.kind === 'transmit'
        ? [output.octets, icmpError('203.0.113.1', '192.0.2.1', output.octets, { type: 3, code: 4, mtu: 1400 })]
        : [],
    ),
  icmpError('192.0.2.1', '192.0.2.2', udpPacket('192.0.2.2', '192.0.2.1')),
  icmpError('2001:db8::1', '2001:db8::2', udpPacket('2001:db8::2', '2001:db8::1')),
  icmpError('203.0.113.1', '192.0.2.1', udpPacket('192.0.2.1', '192.0.2.2')),
];

const damaged = fc
  .tuple(
    fc.constantFrom(...seeds),
    // Mostly where the headers are.
    fc.array(fc.tuple(fc.oneof(fc.nat({ max: 63 }), fc.nat({ max: 2000 })), fc.nat({ max: 255 })), { maxLength: 6 }),
    fc.oneof(
      { weight: 4, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
      { weight: 1, arbitrary: fc.nat({ max: 100 }) },
    ),
  )
  .map(([seed, changes, length]) => {
    const octets = seed.slice();
    for (const [at, value] of changes) octets[at % octets.length] = value;
    return octets.subarray(0, length);
  });

function leaks(outputs: readonly StackOutput[]): boolean {
  return outputs.some(
    (output) =>
      (output.kind === 'transmit' && output.through.length !== 2) ||
      (output.kind === 'deliver' && output.through.length !== 2),
  );
}

/** Packets from our own IKE ports pass without policy. */
function isIke(octets: Uint8Array): boolean {
  const at = octets[0]! >> 4 === 4 ? (octets[0]! & 15) * 4 : 40;
  return [500, 4500].includes((octets[at]! << 8) | octets[at + 1]!);
}

describe('damaged packets', () => {
  test.prop(
    [
      fc.array(fc.tuple(damaged, fc.constantFrom('outbound', 'inbound', 'forward'), fc.nat({ max: 20_000 })), {
        maxLength: 20,
      }),
    ],
    {
      numRuns: 150,
    },
  )('never throw, and never pass in the clear', (steps) => {
    const made = stack();
    let now = 0;
    for (const [octets, way, later] of steps) {
      now += later;
      if (octets.length > 0 && isIke(octets)) continue;
      const outputs = made[way as 'outbound'](octets, now);
      // A forwarded packet that is for another system is let in only to be decided on when it is forwarded.
      expect(leaks(outputs.filter((output) => !(output.kind === 'deliver' && output.forward)))).toBe(false);
    }
  });
});
