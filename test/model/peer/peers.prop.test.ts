import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress, formatRange, prefixRange } from '../../../src/model/address.js';
import { formatPacket } from '../../../src/model/packet.js';
import { analysePair } from '../../../src/model/peer/analysis.js';
import { mirrorPacket } from '../../../src/model/peer/mirror.js';
import { peersOf } from '../../../src/model/peer/peers.js';
import { systemView } from '../../../src/model/peer/system-view.js';
import { contains } from '../../../src/model/selector/witness.js';
import { SourceText } from '../../../src/model/span.js';
import type { SystemConfig } from '../../../src/model/system-config.js';
import { loadSystem } from '../../../src/services/load-system.js';

const base = 0x0a000000;
const addressText = (value: number) => formatAddress(4, base + value);

/** A few systems with addresses from a small space, whose policies name ranges of it. */
const system = fc.record({
  own: fc.uniqueArray(fc.integer({ min: 0, max: 15 }), { minLength: 1, maxLength: 3 }),
  policies: fc.array(
    fc.record({
      source: fc.tuple(fc.integer({ min: 0, max: 15 }), fc.constantFrom(28, 30, 32)),
      destination: fc.tuple(fc.integer({ min: 0, max: 15 }), fc.constantFrom(28, 30, 32)),
      port: fc.constantFrom('', '/23', '/80'),
      action: fc.constantFrom('PASS', 'DISCARD', 'ESP_AES128_HMAC_SHA1', 'ESP_3DES_HMAC_SHA1', 'AH_SHA1'),
      endpoint: fc.option(fc.integer({ min: 0, max: 15 }), { nil: undefined }),
    }),
    { maxLength: 6 },
  ),
});

function config(
  name: string,
  { own, policies }: typeof system extends fc.Arbitrary<infer T> ? T : never,
): SystemConfig {
  const net = ([value, length]: [number, number]) =>
    formatRange(prefixRange({ family: 4, value: base + value }, length));
  const lines = policies.flatMap(({ source, destination, port, action, endpoint }, index) => {
    const [from, to] = [net(source as [number, number]), net(destination as [number, number])];
    const width = (text: string) => (text.includes('/') ? '' : '/32');
    const selectors = `-source ${from} -destination ${to}${port === '' ? '' : `${width(to)}${port} -protocol TCP`}`;
    const isTunnel = endpoint !== undefined && /_/.test(action);
    return [
      ...(isTunnel
        ? [
            `add tunnel t${index} -tsource ${addressText(own[0]!)} -tdestination ${addressText(endpoint)} -source ${from} -destination ${to} -action ${action}`,
          ]
        : []),
      `add host h${index} ${selectors} -priority ${index + 1} ${isTunnel ? `-tunnel t${index} -action PASS` : `-action ${action}`}`,
    ];
  });
  const text = [...lines, 'add auth all -remote 10.0.0.0/8 -kmp IKEV2 -preshared key'].join('\n');
  const loaded = loadSystem({
    name,
    sources: [new SourceText(`${name}.conf`, text)],
    addresses: own.map((value) => ({ family: 4 as const, value: base + value })),
  });
  expect(loaded.problems.filter(({ code }) => code !== 'SYN006').map(({ message }) => message)).toEqual([]);
  return loaded.config;
}

describe('peersOf', () => {
  it('gives every pair of which one names an address of the other as the end of an SA, in order, once', () => {
    fc.assert(
      fc.property(fc.array(system, { maxLength: 5 }), (drafts) => {
        const systems = drafts.map((draft, index) => config(String.fromCharCode(97 + index), draft));
        const towards = (from: SystemConfig, to: SystemConfig) =>
          from.spd.some(
            ({ action, selectors }) =>
              action.kind === 'PROTECT' &&
              action.bundle.some(({ remoteEndpoint }) =>
                remoteEndpoint
                  ? to.addresses.some(({ value }) => value === remoteEndpoint.value)
                  : selectors.some(
                      ({ local, remote, family }) =>
                        family === 4 &&
                        from.addresses.some(({ value }) => local.lo <= value && value <= local.hi) &&
                        to.addresses.some(({ value }) => remote.lo <= value && value <= remote.hi),
                    ),
              ),
          );
        const expected = systems.flatMap((a, index) =>
          systems.slice(index + 1).flatMap((b) => (towards(a, b) || towards(b, a) ? [`${a.name}${b.name}`] : [])),
        );
        expect(peersOf([...systems].reverse()).map(({ a, b }) => `${a.name}${b.name}`)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});

describe('analysePair', () => {
  const summary = (one: SystemConfig, other: SystemConfig) => {
    const { walks, flows } = analysePair(systemView(one), systemView(other));
    return {
      flows: flows.length,
      walks: walks
        .map(({ flow, initiator, sa, outcome, packet, failure }) => {
          const ends = initiator === 'a' ? [flow.a, flow.b] : [flow.b, flow.a];
          const names = ends.map(({ view, entry }) => `${view.config.name} ${entry.source.record.name}`);
          return `${names.join(' > ')} ${sa} ${outcome} ${formatPacket(packet)} ${failure?.kind} ${failure?.text}`;
        })
        .sort(),
    };
  };

  it('does not depend on which system comes first', () => {
    fc.assert(
      fc.property(system, system, (left, right) => {
        const [a, b] = [config('a', left), config('b', right)];
        expect(summary(b, a)).toEqual(summary(a, b));
      }),
      { numRuns: 80 },
    );
  });

  it('starts each walk with a packet that its entry takes, and whose mirror image the other entry takes', () => {
    fc.assert(
      fc.property(system, system, (left, right) => {
        const { walks, undecided } = analysePair(systemView(config('a', left)), systemView(config('b', right)));
        expect(undecided).toEqual([]);
        for (const { flow, initiator, packet, steps, failure, outcome } of walks) {
          const [mine, theirs] = initiator === 'a' ? [flow.a, flow.b] : [flow.b, flow.a];
          const first = (end: typeof mine, seen: typeof packet) =>
            end.list.entries.findIndex(({ selectors }) => selectors.some((box) => contains(box, seen)));
          expect(first(mine, packet)).toBe(mine.number);
          expect(first(theirs, mirrorPacket(packet))).toBe(theirs.number);
          expect(mine.entry.action.kind).toBe('PROTECT');
          // Exactly the last step may fail.
          expect(steps.slice(0, -1).every(({ verdict }) => verdict !== 'fail')).toBe(true);
          expect(failure).toBe(steps.at(-1)?.verdict === 'fail' ? steps.at(-1) : undefined);
          expect(outcome === 'fails').toBe(failure !== undefined);
          if (theirs.templates.length === 0) expect(outcome).toBe('fails');
        }
      }),
      { numRuns: 80 },
    );
  });
});
