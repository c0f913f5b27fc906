/** Whatever an ICMP error quotes: protected traffic does not show in the clear, and what one end sends the other takes (RFC 4301 §6). */
import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { icmpErrorOf, returnTraffic } from '../../../src/engine/ipsec/icmp.js';
import { type IcmpErrorPolicy, icmpErrorDefaults } from '../../../src/engine/ipsec/icmp-errors.js';
import { createSpdLookup } from '../../../src/engine/ipsec/spd-lookup.js';
import { createIpsecStack, type IpsecStack } from '../../../src/engine/ipsec/stack.js';
import { everything, fullBox, type Region } from '../../../src/model/selector/box.js';
import type { SpdAction, SpdEntry } from '../../../src/model/system-config.js';
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
  saParameters,
  template,
  udpPacket,
} from './support.js';

const hosts = {
  4: ['192.0.2.1', '192.0.2.2', '203.0.113.9'],
  6: ['2001:db8::1', '2001:db8::2', '2001:db8:9::9'],
} as const;
const esp = { protocol: 'ESP', encryption: 'AES-GCM-16-128' } as const;

/** UDP to or from a port of the left side, in both directions. */
const ofPort = (port: number): Region =>
  ([4, 6] as const).map((family) => ({ ...fullBox(family), protocol: { lo: 17, hi: 17 }, x: { lo: port, hi: port } }));
const swapped = (region: Region): Region => region.map((box) => ({ ...box, x: box.y, y: box.x }));

interface Rule {
  readonly port: number;
  readonly kind: 'PROTECT' | 'BYPASS' | 'DISCARD';
}

const rules = fc.array(
  fc.record<Rule>({ port: fc.constantFrom(1, 2, 3), kind: fc.constantFrom('PROTECT', 'PROTECT', 'BYPASS', 'DISCARD') }),
  { maxLength: 4 },
);

function spdOf(drawn: readonly Rule[], rest: 'BYPASS' | 'DISCARD', turn: (region: Region) => Region): SpdEntry[] {
  const actionOf = ({ kind, port }: Rule): SpdAction =>
    kind === 'PROTECT' ? protect(template(`sa ${port}`, esp, { selectors: turn(ofPort(port)) })) : { kind };
  return [
    ...drawn.map((rule, index) => entry(`rule ${index}`, turn(ofPort(rule.port)), actionOf(rule))),
    entry('rest', everything, { kind: rest }),
  ];
}

/** An error of the left side, or of somebody else, about a packet of the right side, or of somebody else, in some part. */
const drawnErrors = fc.record({
  family: fc.constantFrom(4 as const, 6 as const),
  by: fc.constantFrom(0, 0, 0, 2),
  about: fc.constantFrom([1, 0], [1, 0], [1, 0], [2, 0], [1, 2], [0, 1]),
  port: fc.constantFrom(1, 2, 3, 4),
  type: fc.constantFrom(1, 2, 3, 4, 5, 11, 12),
  quotes: fc.integer({ min: 0, max: 90 }),
  damage: fc.option(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 255 }))),
});

function errorOf({
  family,
  by,
  about: [from, to],
  port,
  type,
  quotes,
  damage,
}: typeof drawnErrors extends fc.Arbitrary<infer T> ? T : never) {
  const of = hosts[family];
  const about = udpPacket(of[from!]!, of[to!]!, { sourcePort: 99, destinationPort: port, data: pattern(40) });
  if (damage) about[damage[0]] = damage[1];
  return icmpError(of[by]!, of[1], about, { type, quotes: Math.min(quotes, about.length) });
}

const settings = fc.record({
  spd: rules,
  rest: fc.constantFrom('BYPASS' as const, 'DISCARD' as const),
  /** Ports whose SAs are there. */
  sas: fc.subarray([1, 2, 3]),
  policy: fc.record<IcmpErrorPolicy>({
    byQuotedPacket: fc.boolean(),
    inTheClear: fc.boolean(),
    heeded: fc.constantFrom(icmpErrorDefaults.heeded, []),
  }),
});

function pair({ spd, rest, sas, policy }: typeof settings extends fc.Arbitrary<infer T> ? T : never) {
  const make = (own: 0 | 1, turn: (region: Region) => Region): IpsecStack =>
    createIpsecStack(
      {
        config: config('x', [hosts[4][own], hosts[6][own]], spdOf(spd, rest, turn)),
        provider: node,
        icmpErrors: policy,
      },
      0,
    ).stack;
  const left = make(0, (region) => region);
  const right = make(1, swapped);
  for (const port of sas) {
    for (const family of [4, 6] as const) {
      const [a, b] = hosts[family].map(address);
      const parameters = saParameters(esp, {
        spi: 0x1000 + 16 * port + family,
        local: a!,
        remote: b!,
        selectors: ofPort(port),
      });
      left.addSa(parameters, 0);
      right.addSa({ ...mirror(parameters), selectors: swapped(ofPort(port)) }, 0);
    }
  }
  return { left, right };
}

describe('ICMP errors', () => {
  test.prop([settings, fc.array(drawnErrors, { minLength: 1, maxLength: 6 })], { numRuns: 300 })(
    'about protected traffic go through its SAs or nowhere, and come through them only',
    (setting, drawn) => {
      const { left, right } = pair(setting);
      const lookup = createSpdLookup(spdOf(setting.spd, setting.rest, (region) => region));
      for (const one of drawn) {
        const octets = errorOf(one);
        const error = icmpErrorOf(ipOf(octets));
        const answer = error && returnTraffic(error, 'outbound');
        const isProtected = answer !== undefined && lookup.decide(answer).action.kind === 'PROTECT';
        const [output] = left.outbound(octets, 0);
        const { byQuotedPacket, inTheClear } = setting.policy;
        if (output?.kind === 'transmit') {
          if (isProtected && !inTheClear) expect(output.through).toHaveLength(1);
          if (output.through.length > 0) expect(isProtected && byQuotedPacket).toBe(true);
          else expect(setting.rest).toBe('BYPASS');
          // Whoever has the same policy takes what was sent, and takes it through that SA only.
          const [arrived] = right.inbound(output.octets, 0);
          if (output.through.length > 0) {
            expect(arrived).toMatchObject({ kind: 'deliver', octets });
            const [clear] = right.inbound(octets, 0);
            if (!inTheClear || setting.rest === 'DISCARD') expect(clear?.kind).toBe('drop');
          }
        } else expect(output?.kind).toBe('drop');
      }
    },
  );

  test.prop([settings, fc.array(fc.constantFrom(1, 2, 3, 4), { maxLength: 6 })])(
    'change nothing for packets that are none',
    (setting, ports) => {
      const usual = pair(setting);
      const other = pair({ ...setting, policy: { byQuotedPacket: false, inTheClear: true, heeded: [] } });
      for (const port of ports) {
        for (const family of [4, 6] as const) {
          const packet = udpPacket(hosts[family][0], hosts[family][1], { sourcePort: port, destinationPort: 99 });
          const shape = (stack: IpsecStack) =>
            stack.outbound(packet, 0).map((output) => [output.kind, 'through' in output ? output.through : []]);
          expect(shape(usual.left)).toEqual(shape(other.left));
        }
      }
    },
  );
});
