/**
 * What happens to one packet, and why: the SPD entry that takes it, every entry that was looked at before and what in it did
 * not fit, and for protected packets the peer, its PAD entry and its IKE policy with theirs.
 */
import {
  type Address,
  type AddressRange,
  formatAddress,
  formatRange,
  rangePrefixLength,
  singleAddress,
} from './address.js';
import { formatProtocol, hasPorts, hasTypes, type Packet } from './packet.js';
import type { Box } from './selector/box.js';
import { contains, packetPoint } from './selector/witness.js';
import type { ConnectionName, IkePolicy, PadEntry, SaTemplate, SpdEntry, SystemConfig } from './system-config.js';

/** An entry that was compared and did not fit. */
export interface PassedOver<E> {
  readonly entry: E;
  /** What did not fit, each `local port 5: is 4000, must be 23`-like. */
  readonly because: readonly string[];
}

export interface Search<E> {
  readonly passedOver: readonly PassedOver<E>[];
  readonly found?: E;
}

export interface SaExplanation {
  readonly template: SaTemplate;
  /** False: the packet does not fit the SA's own selectors (tunnel filters) and is dropped. */
  readonly selectorsFit: boolean;
  readonly selectorsBecause: readonly string[];
  /** Absent for SAs with manual keys. */
  readonly peer?: Address;
  readonly pad?: Search<PadEntry>;
  /** The version that this system initiates with. */
  readonly ikeVersion?: 1 | 2;
  readonly ikePolicy?: Search<IkePolicy>;
}

export interface PacketExplanation {
  readonly packet: Packet;
  readonly spd: Search<SpdEntry>;
  /** In the order in which they are applied to an outbound packet. */
  readonly sas: readonly SaExplanation[];
  /** What becomes of the packet. */
  readonly verdict: 'BYPASS' | 'DISCARD' | 'PROTECT';
  /** Why the verdict is not simply the entry's action, or the entry not what was written. */
  readonly remark?: string;
}

/** Explains one packet. Takes time linear in the number of entries, because it tells of every one. */
export function explainPacket(
  config: SystemConfig,
  packet: Packet,
  traffic: 'host' | 'forward' = 'host',
): PacketExplanation {
  const spd = traffic === 'host' || config.forwardsBySpd ? config.spd : config.forwardSpd;
  const passedOver: PassedOver<SpdEntry>[] = [];
  for (const entry of spd) {
    const because = mismatch(entry.selectors, packet);
    if (because.length === 0) return explainMatch(config, packet, { passedOver, found: entry });
    passedOver.push({ entry, because });
  }
  return {
    packet,
    spd: { passedOver },
    sas: [],
    verdict: 'DISCARD',
    remark: 'nothing matches, and RFC 4301 §4.4.1 drops such packets',
  };
}

function explainMatch(
  config: SystemConfig,
  packet: Packet,
  search: Search<SpdEntry> & { found: SpdEntry },
): PacketExplanation {
  const { action } = search.found;
  const { notes = [] } = search.found;
  const note = notes.length > 0 ? { remark: notes.join('; ') } : {};
  if (action.kind !== 'PROTECT') return { packet, spd: search, sas: [], verdict: action.kind, ...note };
  const sas = action.bundle.map((template) => explainSa(config, packet, template));
  const outside = sas.find((sa) => !sa.selectorsFit);
  const name = outside && `${outside.template.source.record.kind} '${outside.template.source.record.name}'`;
  return {
    packet,
    spd: search,
    sas,
    verdict: outside ? 'DISCARD' : 'PROTECT',
    ...(outside
      ? { remark: `the packet is outside of what ${name} carries: ${outside.selectorsBecause.join('; ')}` }
      : note),
  };
}

function explainSa(config: SystemConfig, packet: Packet, template: SaTemplate): SaExplanation {
  const selectorsBecause = mismatch(template.carries ?? template.selectors, packet);
  const base = { template, selectorsFit: selectorsBecause.length === 0, selectorsBecause };
  if (template.manual) return base;
  const peer = template.remoteEndpoint ?? { family: packet.family, value: packet.remote };
  const pad = findPadEntry(config, peer, template.connection);
  const ikeVersion = pad.found?.ikeVersions.value[0];
  return {
    ...base,
    peer,
    pad,
    ...(ikeVersion ? { ikeVersion, ikePolicy: findIkePolicyOf(config, peer, ikeVersion, template.connection) } : {}),
  };
}

/** The PAD entry for a peer's address, with those that were passed over; only those of a connection where one is named. */
export function findPadEntry(config: SystemConfig, peer: Address, connection?: ConnectionName): Search<PadEntry> {
  if (connection !== undefined)
    return searchByAddress(
      config.pad.filter((entry) => entry.connection === connection),
      peer,
    );
  const entries =
    config.padSearch === 'first-match'
      ? config.pad
      : [...config.pad].sort((a, b) => (rangePrefixLength(b.remote) ?? 0) - (rangePrefixLength(a.remote) ?? 0));
  return searchByAddress(entries, peer);
}

/** The IKE policy of a version for a peer's address, with those that were passed over; connections as in `findPadEntry`. */
export function findIkePolicyOf(
  config: SystemConfig,
  peer: Address,
  version: 1 | 2,
  connection?: ConnectionName,
): Search<IkePolicy> {
  // The preloaded default is for every address, of either family, and last.
  const policies = config.ikePolicies.filter(
    (policy) => policy.version === version && (connection === undefined || policy.connection === connection),
  );
  const named = searchByAddress(
    policies.filter((policy) => policy.source.record.name !== 'default'),
    peer,
  );
  const preloaded = policies.find((policy) => policy.source.record.name === 'default');
  return named.found || !preloaded ? named : { ...named, found: preloaded };
}

function searchByAddress<E extends { readonly remote: AddressRange }>(entries: readonly E[], peer: Address): Search<E> {
  const passedOver: PassedOver<E>[] = [];
  const single = singleAddress(peer);
  for (const entry of entries) {
    const { remote } = entry;
    if (remote.family === single.family && remote.first <= single.first && single.first <= remote.last)
      return { passedOver, found: entry };
    passedOver.push({ entry, because: [`${formatAddress(peer.family, peer.value)} is not in ${formatRange(remote)}`] });
  }
  return { passedOver };
}

/** What keeps a packet out of a region: the reasons of the box that comes nearest; none when the packet is in it. */
export function mismatch(region: readonly Box[], packet: Packet): readonly string[] {
  let nearest: readonly string[] | undefined;
  for (const box of region) {
    if (contains(box, packet)) return [];
    const reasons = boxMismatch(box, packet);
    if (!nearest || reasons.length < nearest.length) nearest = reasons;
  }
  return nearest ?? ['it selects no packet at all'];
}

function boxMismatch(box: Box, packet: Packet): string[] {
  const point = packetPoint(packet);
  if (box.family !== point.family) return [`it is for IPv${box.family}`];
  const reasons: string[] = [];
  const address = (value: number | bigint) => formatAddress(box.family, value);
  const range = (interval: Box['local']) => formatRange({ family: box.family, first: interval.lo, last: interval.hi });
  if (point.direction < box.direction.lo || point.direction > box.direction.hi) {
    reasons.push(`it is for ${box.direction.lo === 0 ? 'outbound' : 'inbound'} packets`);
  }
  if (point.local < box.local.lo || point.local > box.local.hi)
    reasons.push(`local address ${address(point.local)} is not in ${range(box.local)}`);
  if (point.remote < box.remote.lo || point.remote > box.remote.hi)
    reasons.push(`remote address ${address(point.remote)} is not in ${range(box.remote)}`);
  if (point.protocol < box.protocol.lo || point.protocol > box.protocol.hi) {
    const wanted =
      box.protocol.lo === box.protocol.hi
        ? formatProtocol(box.protocol.lo)
        : `protocols ${box.protocol.lo} to ${box.protocol.hi}`;
    reasons.push(`protocol is ${formatProtocol(point.protocol)}, not ${wanted}`);
  } else {
    const ports = hasPorts(point.protocol);
    if (point.x < box.x.lo || point.x > box.x.hi) {
      reasons.push(
        hasTypes(point.protocol)
          ? `type ${Math.floor(point.x / 256)} is not ${types(box)}`
          : `local port ${point.x} is not ${interval(box.x)}`,
      );
    }
    if (ports && (point.y < box.y.lo || point.y > box.y.hi))
      reasons.push(`remote port ${point.y} is not ${interval(box.y)}`);
  }
  return reasons;
}

function interval({ lo, hi }: { lo: number; hi: number }): string {
  return lo === hi ? String(lo) : `${lo} to ${hi}`;
}

function types(box: Box): string {
  return interval({ lo: Math.floor(box.x.lo / 256), hi: Math.floor(box.x.hi / 256) });
}
