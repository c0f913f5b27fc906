/**
 * The cache of verdicts, with the columns of HP-UX's `ipsec_report -cache`: flows whose packets are not looked up in the policies any
 * more, the policy that each came from, and the SA that takes it.
 */
import type { CachedFlow } from '../../backends/userspace/report.js';
import { formatAddress } from '../../model/address.js';
import { formatProtocol, type Packet } from '../../model/packet.js';
import { type SpdList, systemView } from '../../model/peer/system-view.js';
import type { SpdEntry, SystemConfig } from '../../model/system-config.js';
import { address, hex } from './fact-line.js';
import type { ChildSaDocument } from './sa-document.js';

export interface CacheReport {
  readonly entries: readonly CacheEntry[];
  /** Why there is none, or not all of it. */
  readonly note?: string;
}

export interface CacheEntry {
  /** Counts up from 1 within one report. */
  readonly record: number;
  /** Names the policy, as in the report of host policies. */
  readonly cookie: number;
  readonly policy: string;
  readonly direction: 'outbound' | 'inbound';
  readonly protocol: string;
  readonly source: string;
  readonly sourcePort?: number;
  readonly destination: string;
  readonly destinationPort?: number;
  /** Of ICMP and its like. */
  readonly type?: number;
  readonly code?: number;
  readonly action: 'secure' | 'pass' | 'discard';
  readonly sa?: CacheSa;
}

export interface CacheSa {
  readonly type: 'ESP' | 'AH';
  readonly spi: string;
  readonly state: 'mature' | 'dying' | 'manual';
  readonly tunnel: boolean;
  readonly source: string;
  readonly destination: string;
}

/** Flows of one direction that a report tells of. */
export const cacheMax = 16_384;

/** The number of a policy, by which cache and policies are told to belong together: from 1, in the order of the lists. */
export function cookieOf(config: SystemConfig, entry: SpdEntry): number {
  const own = config.spd.indexOf(entry);
  return own >= 0 ? own + 1 : config.spd.length + config.forwardSpd.indexOf(entry) + 1;
}

/** The report of flows that the data path remembers. */
export function cacheReport(
  config: SystemConfig,
  flows: readonly CachedFlow[],
  childSas: readonly ChildSaDocument[],
): CacheReport {
  const entries = flows.flatMap(({ packet, sa }, index): CacheEntry[] => {
    const entry = entryFor(config, packet);
    if (!entry) return [];
    const { kind } = entry.action;
    return [
      {
        record: index + 1,
        cookie: cookieOf(config, entry),
        policy: entry.source.record.name,
        direction: packet.direction,
        protocol: formatProtocol(packet.protocol),
        ...endsOf(packet),
        ...(packet.type === undefined ? {} : { type: packet.type, code: packet.code ?? 0 }),
        action: kind === 'PROTECT' ? 'secure' : kind === 'BYPASS' ? 'pass' : 'discard',
        ...(sa ? { sa: saOf(sa, entry, childSas) } : {}),
      },
    ];
  });
  return { entries, ...(flows.length >= cacheMax ? { note: 'the oldest flows are left out' } : {}) };
}

function entryFor(config: SystemConfig, packet: Packet): SpdEntry | undefined {
  const view = systemView(config);
  const isOwn = view.isOwn({ family: packet.family, value: packet.local } as Parameters<typeof view.isOwn>[0]);
  const found = (list: SpdList, of: Packet) => list.entries[list.index.classify(of)];
  return !isOwn && view.forward.protects
    ? found(view.forward, { ...packet, direction: 'outbound' })
    : found(view.host, packet);
}

function endsOf({ direction, family, local, remote, localPort, remotePort }: Packet) {
  const own = { address: formatAddress(family, local), port: localPort };
  const other = { address: formatAddress(family, remote), port: remotePort };
  const [source, destination] = direction === 'outbound' ? [own, other] : [other, own];
  return {
    source: source.address,
    ...(source.port === undefined ? {} : { sourcePort: source.port }),
    destination: destination.address,
    ...(destination.port === undefined ? {} : { destinationPort: destination.port }),
  };
}

function saOf(id: NonNullable<CachedFlow['sa']>, entry: SpdEntry, childSas: readonly ChildSaDocument[]): CacheSa {
  const spi = hex(id.spi);
  const isOutbound = id.direction === 'outbound';
  const child = childSas.find((sa) => (isOutbound ? sa.outboundSpi : sa.inboundSpi) === spi);
  const template = entry.action.kind === 'PROTECT' ? entry.action.bundle.at(-1) : undefined;
  const ends = child ?? { local: '', remote: '' };
  const destination = address(id.destination);
  const other = isOutbound ? ends.local : ends.remote;
  const written = isOutbound ? template?.localEndpoint : template?.remoteEndpoint;
  return {
    type: id.protocol,
    spi,
    state: child?.state ?? 'manual',
    tunnel: (child?.mode ?? template?.mode) === 'tunnel',
    source: other !== '' ? other : written ? address(written) : '',
    destination,
  };
}
