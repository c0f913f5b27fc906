/** The kernel's look-up among compiled policies finds what a search of the SPD finds. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileXfrm, ikePorts } from '../../../src/backends/xfrm/compile.js';
import { flowOf, lookUp } from '../../../src/backends/xfrm/lookup.js';
import type { HostPolicy } from '../../../src/model/host-state.js';
import type { Packet } from '../../../src/model/packet.js';
import type { Region } from '../../../src/model/selector/box.js';
import { randomPacket, seededRandom } from '../../../src/model/selector/sampling.js';
import { buildSpdIndex } from '../../../src/model/selector/spd-index.js';
import type { SystemConfig } from '../../../src/model/system-config.js';
import { randomRecords } from '../../support/random-records.js';
import { randomSpd } from '../../support/random-spd.js';
import { read } from '../../support/read.js';
import { configWith, directionOf, plainHost, randomConfig, randomEntries, verdictOf } from '../support/configs.js';

const seeds = fc.integer({ min: 0, max: 0xffff_ffff });

function kernelVerdict(policy: HostPolicy | undefined): 'allow' | 'block' | 'protect' {
  if (!policy) return 'allow';
  if (policy.action === 'block') return 'block';
  return policy.templates.length > 0 ? 'protect' : 'allow';
}

const isIke = ({ protocol, localPort }: Packet) => protocol === 17 && ikePorts.some((port) => port === localPort);

/** Packets of entries, and near them. */
function packetsOf(regions: readonly Region[], count: number, seed: number): readonly Packet[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const region = regions[Math.floor(random() * regions.length)]!;
    const packet = randomPacket(region[Math.floor(random() * region.length)]!, random);
    if (random() < 0.7) return packet;
    const other = regions[Math.floor(random() * regions.length)]!;
    const near = randomPacket(other[Math.floor(random() * other.length)]!, random);
    return near.family === packet.family ? { ...packet, remote: near.remote } : packet;
  });
}

function expectSame(config: SystemConfig, packets: readonly Packet[]): void {
  const { desired, refusals } = compileXfrm(config, plainHost);
  expect(refusals).toEqual([]);
  const index = buildSpdIndex(config.spd.map(({ selectors }) => selectors));
  for (const packet of packets) {
    const found = lookUp(desired.policies, flowOf(packet, directionOf(packet)));
    if (isIke(packet) && found?.record?.kind === 'builtin') continue;
    const expected = verdictOf(config.spd, packet);
    // Both searches of the SPD agree, and the kernel with them: in the verdict, and in who gave it.
    expect(config.spd[index.classify(packet)]).toBe(expected.entry);
    const said = { verdict: kernelVerdict(found), record: found?.record ?? expected.entry?.source.record };
    const wanted = { verdict: expected.verdict, record: expected.entry?.source.record ?? said.record };
    if (said.verdict !== wanted.verdict || !isSameRecord(said.record, wanted.record))
      expect({ ...said, packet }).toEqual({ ...wanted, packet });
  }
}

/** What the product allows by itself may be left to the kernel's default, or to the rest of the list. */
function isSameRecord(a: HostPolicy['record'], b: HostPolicy['record']): boolean {
  return b?.kind === 'builtin' || (a?.kind === b?.kind && a?.name === b?.name);
}

describe('a packet finds the same entry', () => {
  test('in realistic lists with random actions', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const regions = randomSpd({ entries: 150, seed, ipv6: 0.4 });
        expectSame(randomConfig(regions, seed), packetsOf(regions, 300, seed));
      }),
      { numRuns: 5 },
    );
  });

  test('in records of a large system', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { config } = read(randomRecords({ hosts: 120, seed, ipv6: 0.5 }));
        expectSame(
          config,
          packetsOf(
            config.spd.map(({ selectors }) => selectors),
            300,
            seed,
          ),
        );
      }),
      { numRuns: 5 },
    );
  });

  test('when most is discarded', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const text = `${randomRecords({ hosts: 60, seed, ipv6: 0.5 })}add host default -action DISCARD\n`;
        const { config } = read(text);
        const { desired } = compileXfrm(config, plainHost);
        const regions = config.spd.map(({ selectors }) => selectors);
        expectSame(config, packetsOf([...regions.slice(-2), ...regions], 400, seed));
        expect(desired.policies.some(({ priority }) => priority === 0xffff_0000)).toBe(true);
      }),
      { numRuns: 4 },
    );
  });

  test('when the host forwards as well', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = seededRandom(seed);
        const regions = randomSpd({ entries: 40, seed, ipv6: 0.4 });
        const forwarding = randomSpd({ entries: 30, seed: seed + 1, ipv6: 0.4 });
        const own = packetsOf(regions, 6, seed).map(({ family, local }) => ({ family, value: local }));
        const config = configWith({
          spd: randomEntries(regions, random),
          forwardSpd: randomEntries(forwarding, random),
          addresses: own,
        });
        const { desired, refusals } = compileXfrm(config, { ...plainHost, addresses: own, forwards: true });
        expect(refusals).toEqual([]);
        for (const each of packetsOf([...regions, ...forwarding], 200, seed)) {
          const packet: Packet = { ...each, direction: 'outbound' };
          const isOwn = own.some(({ family, value }) => family === packet.family && value === packet.local);
          const found = lookUp(desired.policies, flowOf(packet, 'out'));
          if (!(isIke(packet) && found?.record?.kind === 'builtin')) {
            const expected = verdictOf(isOwn ? config.spd : config.forwardSpd, packet);
            if (kernelVerdict(found) !== expected.verdict) expect({ packet, found }).toEqual(expected);
          }
          // What arrives to be forwarded needs the protection that an answer to it would get, and no more.
          const answer = verdictOf(config.forwardSpd, packet);
          const arrived = lookUp(desired.policies, flowOf({ ...packet, direction: 'inbound' }, 'fwd'));
          const wanted = answer.verdict === 'protect' ? 'protect' : 'allow';
          if (kernelVerdict(arrived) !== wanted) expect({ packet, arrived }).toEqual(answer);
        }
      }),
      { numRuns: 5 },
    );
  });
});

test('no two policies have one key, and priorities follow the order of the records', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const { config } = read(randomRecords({ hosts: 80, seed, ipv6: 0.5 }));
      const first = compileXfrm(config, plainHost);
      expect(compileXfrm(config, plainHost)).toEqual(first);
      // Given back its own numbers, it comes to the same policies.
      expect(compileXfrm(config, plainHost, first.numbers).desired).toEqual(first.desired);
    }),
    { numRuns: 4 },
  );
});
