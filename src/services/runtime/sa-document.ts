/** SAs as the control socket and `--json` show them: plain values, no keys. */
import type { SaCounters } from '../../backends/data-path.js';
import { formatSelector } from '../../model/traffic-selector.js';
import { address, endpoint, hex, identity, transforms } from './fact-line.js';
import type { ChildSaRow, IkeSaRow } from './sa-registry.js';

export interface IkeSaDocument {
  readonly id: string;
  readonly version: 1 | 2;
  readonly role: 'initiator' | 'responder';
  readonly local: string;
  readonly remote: string;
  readonly localId?: string;
  readonly peerId?: string;
  readonly initiatorSpi: string;
  readonly responderSpi: string;
  readonly algorithms: string;
  readonly exchange?: 'main' | 'aggressive';
  /** Names of the records that decided. */
  readonly auth: string;
  readonly policy: string;
  readonly since: string;
}

export interface ChildSaDocument {
  readonly id: string;
  readonly ikeSa: string;
  readonly protocol: 'ESP' | 'AH';
  readonly mode: 'transport' | 'tunnel';
  readonly local: string;
  readonly remote: string;
  readonly inboundSpi: string;
  readonly outboundSpi: string;
  readonly algorithms: string;
  readonly localSelectors: readonly string[];
  readonly remoteSelectors: readonly string[];
  readonly udpEncapsulation: boolean;
  /** 0 is without limit. */
  readonly lifetimeSeconds: number;
  readonly lifetimeKilobytes: number;
  readonly record: string;
  /** `dying`: a successor has taken its place. */
  readonly state: 'mature' | 'dying';
  readonly since: string;
  readonly inbound?: CountersDocument;
  readonly outbound?: CountersDocument;
}

export interface CountersDocument {
  readonly packets: number;
  readonly octets: number;
  /** Used last, or the highest received; in decimal. */
  readonly sequence?: string;
  readonly replays: number;
  readonly icvFailures: number;
  readonly lastUsedAt?: string;
}

export interface SaListDocument {
  readonly ikeSas: readonly IkeSaDocument[];
  readonly childSas: readonly ChildSaDocument[];
}

export function ikeDocument({ id, sa, since }: IkeSaRow): IkeSaDocument {
  return {
    id,
    version: sa.name.version,
    role: sa.role,
    local: endpoint(sa.local),
    remote: endpoint(sa.remote),
    ...(sa.localId ? { localId: identity(sa.localId) } : {}),
    ...(sa.peerId ? { peerId: identity(sa.peerId) } : {}),
    initiatorSpi: sa.initiatorSpi.toString(16).padStart(16, '0'),
    responderSpi: sa.responderSpi.toString(16).padStart(16, '0'),
    algorithms: transforms(sa.transforms),
    ...(sa.exchange ? { exchange: sa.exchange } : {}),
    auth: sa.pad.record.name,
    policy: sa.policy.record.name,
    since: since.toISOString(),
  };
}

export function childDocument(
  { id, ikeSa, sa, since, isReplaced }: ChildSaRow,
  inbound: SaCounters | undefined,
  outbound: SaCounters | undefined,
): ChildSaDocument {
  return {
    id,
    ikeSa,
    protocol: sa.protocol,
    mode: sa.mode,
    local: address(sa.ends.local),
    remote: address(sa.ends.remote),
    inboundSpi: hex(sa.inbound.spi),
    outboundSpi: hex(sa.outbound.spi),
    algorithms: transforms(sa.transforms),
    localSelectors: sa.selectors.local.map(formatSelector),
    remoteSelectors: sa.selectors.remote.map(formatSelector),
    udpEncapsulation: sa.udpEncapsulation,
    lifetimeSeconds: sa.lifetimeSeconds,
    lifetimeKilobytes: sa.lifetimeKilobytes,
    record: sa.template.record.name,
    state: isReplaced ? 'dying' : 'mature',
    since: since.toISOString(),
    ...(inbound ? { inbound: counters(inbound) } : {}),
    ...(outbound ? { outbound: counters(outbound) } : {}),
  };
}

function counters({ packets, octets, sequence, replays, icvFailures, lastUsedAt }: SaCounters): CountersDocument {
  return {
    packets,
    octets,
    ...(sequence === undefined ? {} : { sequence: sequence.toString() }),
    replays,
    icvFailures,
    ...(lastUsedAt === undefined ? {} : { lastUsedAt: new Date(lastUsedAt).toISOString() }),
  };
}
