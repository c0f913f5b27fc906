/**
 * What every writer makes of any configuration, read again: every packet is treated as before, every peer agrees on the same,
 * and what is otherwise is told. What was written and read once survives being written again, also by way of another format.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dialect, Loss } from '../../src/dialects/dialect.js';
import { records } from '../../src/dialects/hpux/dialect.js';
import { libreswan } from '../../src/dialects/libreswan/dialect.js';
import { setkey } from '../../src/dialects/racoon/dialect.js';
import { strongswan } from '../../src/dialects/strongswan/dialect.js';
import { xfrm } from '../../src/dialects/xfrm/dialect.js';
import { formatPacket, type Packet } from '../../src/model/packet.js';
import { explainPacket } from '../../src/model/query.js';
import { randomPacket, seededRandom } from '../../src/model/selector/sampling.js';
import type { SystemConfig } from '../../src/model/system-config.js';
import { type Conversion, convertSystem } from '../../src/services/convert/convert.js';
import { prove } from '../../src/services/convert/prove.js';
import type { LoadedSystem } from '../../src/services/load-system.js';
import { loadedFrom, peerOf, systemConfig } from '../support/arbitrary-systems.js';

interface Target {
  readonly dialect: Dialect;
  readonly version?: string;
}

const withPeers: readonly Target[] = [
  { dialect: strongswan },
  { dialect: libreswan },
  { dialect: libreswan, version: '4.10' },
  { dialect: libreswan, version: '3.32' },
  { dialect: records, version: 'extended' },
];
const kernels: readonly Target[] = [{ dialect: xfrm }, { dialect: setkey }];
const nameOf = ({ dialect, version }: Target) => `${dialect.name}${version === undefined ? '' : `@${version}`}`;
const titled = (all: readonly Target[]) => all.map((target) => [nameOf(target), target] as const);

const say = ({ effect, message }: Loss) => `${effect}: ${message}`;
const matters = ({ effect }: Loss) => effect !== 'local';

/** Faults of what was written. */
function faultsOf({ converted, losses }: Conversion): readonly string[] {
  const read = converted.problems.filter(({ code }) => ['IMP001', 'IMP002', 'IMP004'].includes(code));
  return [
    ...read.map(({ code, message }) => `${code} ${message}`),
    ...losses.map(({ message }) => message).filter((message) => message.includes('refused')),
  ];
}

/** Packets of a kind that are drawn from each selector of an entry. */
const packetsPerBox = 25;

/** What becomes of a packet, without the algorithms: those are up to a negotiation. */
function verdictOf(config: SystemConfig, packet: Packet, hasPeers: boolean): string {
  const { verdict, sas, spd } = explainPacket(config, packet);
  if (verdict !== 'PROTECT') return verdict;
  const isAlone = hasPeers && config.pad.length > 0 && sas.some(({ pad, template }) => !template.manual && !pad?.found);
  const { action } = spd.found!;
  if (isAlone || action.kind !== 'PROTECT') return 'DISCARD';
  return `PROTECT ${action.bundle.map(({ mode }) => mode).join('+')}`;
}

/** Packets that are treated otherwise, and that no loss is about. */
function untoldPackets({ original, converted, losses }: Conversion, hasPeers: boolean, seed: number): string[] {
  const told = new Set(losses.flatMap(({ effect, source }) => (effect === 'packets' && source ? [source] : [])));
  const random = seededRandom(seed);
  const isIke = ({ protocol, localPort, remotePort }: Packet) =>
    protocol === 17 && [localPort, remotePort].some((port) => port === 500 || port === 4500);
  const boxes = original.config.spd.flatMap(({ selectors }) => selectors);
  const packets = boxes.flatMap((box) => Array.from({ length: packetsPerBox }, () => randomPacket(box, random)));
  return packets.flatMap((packet) => {
    const { found } = explainPacket(original.config, packet).spd;
    if (isIke(packet) || (found && told.has(found.source))) return [];
    const [was, is] = [original, converted].map(({ config }) => verdictOf(config, packet, hasPeers));
    return was === is ? [] : [`${formatPacket(packet)}: ${was} becomes ${is}`];
  });
}

/** The system as if it ran the product that is written for: what differs then is what the text says. */
function asProduct({ config, ...rest }: LoadedSystem, { config: written }: LoadedSystem): LoadedSystem {
  const { peerProfile, productVersion } = written;
  return {
    ...rest,
    config: { ...config, ...(peerProfile ? { peerProfile } : {}), ...(productVersion ? { productVersion } : {}) },
  };
}

describe.each(titled([...withPeers, ...kernels]))('any configuration as %s', (_name, target) => {
  const hasPeers = withPeers.includes(target);

  it('is read without faults, treats packets alike or tells, and loses nothing when it is written again', () => {
    fc.assert(
      fc.property(systemConfig({ manual: true }), fc.integer(), (config, seed) => {
        const first = convertSystem(loadedFrom(config), target);
        expect(faultsOf(first)).toEqual([]);
        expect(untoldPackets(first, hasPeers, seed)).toEqual([]);
        const again = convertSystem(first.converted, target);
        expect(again.losses.filter(matters).map(say)).toEqual([]);
        expect(untoldPackets({ ...first, converted: again.converted }, hasPeers, seed)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});

/** There and back by way of another format: what neither conversion tells of is as it was. */
const ways: readonly (readonly [Target, Target])[] = [
  [{ dialect: strongswan }, { dialect: libreswan }],
  [{ dialect: libreswan }, { dialect: strongswan }],
  [{ dialect: strongswan }, { dialect: records, version: 'extended' }],
  [{ dialect: records, version: 'extended' }, { dialect: strongswan }],
  [{ dialect: records, version: 'extended' }, { dialect: libreswan }],
  [{ dialect: xfrm }, { dialect: setkey }],
  [{ dialect: setkey }, { dialect: xfrm }],
];

describe.each(ways.map(([a, b]) => [nameOf(a), nameOf(b), a, b] as const))('%s to %s and back', (_a, _b, from, by) => {
  const hasPeers = withPeers.includes(from);

  it('treats packets alike, or tells', () => {
    fc.assert(
      fc.property(systemConfig({ manual: true }), fc.integer(), (config, seed) => {
        const first = convertSystem(loadedFrom(config), from).converted;
        const there = convertSystem(first, by);
        const back = convertSystem(there.converted, from);
        expect([...faultsOf(there), ...faultsOf(back)]).toEqual([]);
        // What is told on the way back is about entries of the way there, which have other names.
        const isToldBack = back.losses.some(({ effect }) => effect === 'packets');
        expect(
          untoldPackets({ ...there, converted: back.converted }, hasPeers, seed).filter(() => !isToldBack),
        ).toEqual([]);
      }),
      { numRuns: 10 },
    );
  });
});

describe.each(titled(withPeers))('any peer of %s', (_name, target) => {
  it('agrees on the same, or what is otherwise is told', async () => {
    await fc.assert(
      fc.asyncProperty(systemConfig(), async (config) => {
        const conversion = convertSystem(loadedFrom(config), target);
        const original = asProduct(conversion.original, conversion.converted);
        const proof = await prove(
          { ...conversion, original },
          { seed: '1', beginsAt: new Date('2026-11-30T00:00:00Z') },
        );
        const told = conversion.losses.filter(matters);
        const peers = new Set(told.map(({ source }) => source && peerOf(source.record.name)));
        const untold = proof.runs.filter(({ peer, differences }) => differences.length > 0 && !peers.has(peerOf(peer)));
        expect(untold.map(({ peer, initiator, differences }) => ({ peer, initiator, differences }))).toEqual([]);
        if (told.length === 0) expect(proof.packets.treatment).toEqual([]);
      }),
      { numRuns: 6 },
    );
  });
});
