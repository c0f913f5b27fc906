/**
 * What a running system does, with the contents of HP-UX's `ipsec_report`: policies and the SAs that they have, tunnels, IKE
 * records, bypass list and addresses. Plain values, no keys.
 */
import { formatAddress, formatRange } from '../../model/address.js';
import { formatBox } from '../../model/selector/format-box.js';
import type { IkePolicy, PadEntry, SaTemplate, SpdEntry, SystemConfig } from '../../model/system-config.js';
import { type CacheReport, cookieOf } from './cache-report.js';
import type { FactLine } from './fact-line.js';
import type { ChildSaDocument, IkeSaDocument, SaListDocument } from './sa-document.js';

export const reportKinds = ['host', 'tunnel', 'ike', 'auth', 'sa', 'cache', 'bypass', 'ip', 'audit'] as const;
export type ReportKind = (typeof reportKinds)[number];

export interface PolicyReport {
  /** Names the policy in the report of the cache. */
  readonly cookie: number;
  readonly name: string;
  readonly kind: string;
  readonly priority?: number;
  /** Sets of packets, as text. */
  readonly selectors: readonly string[];
  readonly action: 'PASS' | 'DISCARD' | 'dynamic key SA' | 'manual key SA';
  readonly flags: readonly string[];
  readonly tunnels: readonly string[];
  /** In order of preference. */
  readonly proposals: readonly string[];
  readonly state: PolicyState | 'not needed';
  /** Pairs of SAs that a packet of it goes through; `EXCLUSIVE` policies need as many for each session. */
  readonly saPairsNeeded: number;
  /** Flows of the cache that it decided on; absent where the data path keeps no cache that can be asked. */
  readonly activeSessions?: number;
  readonly sas: readonly ChildSaDocument[];
}

export type PolicyState = 'ready' | 'being established' | 'not established';

export interface TunnelReport {
  readonly name: string;
  readonly local?: string;
  readonly remote?: string;
  readonly selectors: readonly string[];
  readonly proposals: readonly string[];
  readonly state: PolicyState;
  readonly sas: readonly ChildSaDocument[];
}

export interface IkePolicyReport {
  readonly name: string;
  readonly version: 1 | 2;
  readonly remote: string;
  readonly priority?: number;
  readonly proposals: readonly string[];
  readonly lifetimeSeconds: number;
  readonly pfs: boolean;
}

export interface AuthReport {
  readonly name: string;
  readonly remote: string;
  readonly priority?: number;
  readonly versions: readonly (1 | 2)[];
  readonly exchange: string;
  readonly localMethod: string;
  readonly remoteMethod: string;
  readonly respondOnly: boolean;
}

export interface RuntimeReport {
  readonly system: string;
  readonly host?: readonly PolicyReport[];
  readonly tunnel?: readonly TunnelReport[];
  readonly ike?: readonly IkePolicyReport[];
  readonly auth?: readonly AuthReport[];
  readonly sa?: { readonly ikeSas: readonly IkeSaDocument[]; readonly childSas: readonly ChildSaDocument[] };
  readonly cache?: CacheReport;
  readonly bypass?: readonly PolicyReport[];
  readonly ip?: readonly string[];
  /** The latest events that audit is about: what failed, was refused or was dropped. */
  readonly audit?: readonly (FactLine & { readonly at: string })[];
  /** Packets that wait for their SA, in all; absent where the data path does not tell. */
  readonly waitingPackets?: number;
}

/** What a report is made from besides the configuration. */
export interface ReportSources {
  readonly sas: SaListDocument;
  readonly cache: CacheReport;
  /** Names of records that an SA is being negotiated for. */
  readonly pending: ReadonlySet<string>;
  readonly audit: RuntimeReport['audit'];
  readonly waitingPackets?: number;
}

/** The parts that are asked for, in the order of `reportKinds`. */
export function runtimeReport(
  config: SystemConfig,
  sources: ReportSources,
  kinds: readonly ReportKind[],
): RuntimeReport {
  const { sas: list, cache, audit, waitingPackets } = sources;
  const wanted = new Set(kinds);
  const policies = [...config.spd, ...config.forwardSpd];
  const isBypass = ({ source }: SpdEntry): boolean => source.record.kind === 'bypass';
  return {
    system: config.name,
    ...(wanted.has('host')
      ? { host: policies.filter((entry) => !isBypass(entry)).map((entry) => policyReport(config, entry, sources)) }
      : {}),
    ...(wanted.has('tunnel') ? { tunnel: tunnelReports(policies, sources) } : {}),
    ...(wanted.has('ike') ? { ike: config.ikePolicies.map(ikeReport) } : {}),
    ...(wanted.has('auth') ? { auth: config.pad.map(authReport) } : {}),
    ...(wanted.has('sa') ? { sa: list } : {}),
    ...(wanted.has('cache') ? { cache } : {}),
    ...(wanted.has('bypass')
      ? { bypass: policies.filter(isBypass).map((entry) => policyReport(config, entry, sources)) }
      : {}),
    ...(wanted.has('ip') ? { ip: config.addresses.map(({ family, value }) => formatAddress(family, value)) } : {}),
    ...(wanted.has('audit') && audit ? { audit } : {}),
    ...(wanted.has('host') && waitingPackets !== undefined ? { waitingPackets } : {}),
  };
}

function policyReport(config: SystemConfig, entry: SpdEntry, sources: ReportSources): PolicyReport {
  const { source, priority, selectors, action } = entry;
  const { sas: list, cache, pending } = sources;
  const cookie = cookieOf(config, entry);
  const base = {
    cookie,
    ...(cache.note === undefined || cache.entries.length > 0
      ? { activeSessions: cache.entries.filter((flow) => flow.cookie === cookie).length }
      : {}),
    name: source.record.name,
    kind: source.record.kind,
    ...(priority ? { priority: priority.value } : {}),
    selectors: selectors.map(formatBox),
  };
  if (action.kind !== 'PROTECT') {
    return {
      ...base,
      action: action.kind === 'BYPASS' ? 'PASS' : 'DISCARD',
      flags: [],
      tunnels: [],
      proposals: [],
      state: 'not needed',
      saPairsNeeded: 0,
      sas: [],
    };
  }
  const { bundle } = action;
  const names = new Set(bundle.map((template) => template.source.record.name));
  const sas = list.childSas.filter(({ record }) => names.has(record));
  const isManual = bundle.some(({ manual }) => manual !== undefined);
  return {
    ...base,
    action: isManual ? 'manual key SA' : 'dynamic key SA',
    flags: [
      ...(action.populateFromPacket ? ['EXCLUSIVE'] : []),
      ...(action.fallbackToClear ? ['FALLBACK_TO_CLEAR'] : []),
    ],
    tunnels: bundle.filter(({ mode }) => mode === 'tunnel').map((template) => template.source.record.name),
    proposals: bundle.flatMap(proposalsOf),
    state:
      isManual || sas.length >= bundle.length
        ? 'ready'
        : bundle.some((template) => pending.has(template.source.record.name))
          ? 'being established'
          : 'not established',
    saPairsNeeded: bundle.length,
    sas,
  };
}

function tunnelReports(policies: readonly SpdEntry[], { sas: list, pending }: ReportSources): TunnelReport[] {
  const reports = new Map<string, TunnelReport>();
  for (const { action } of policies) {
    if (action.kind !== 'PROTECT') continue;
    for (const template of action.bundle) {
      const { name } = template.source.record;
      if (template.mode !== 'tunnel' || reports.has(name)) continue;
      const { localEndpoint: local, remoteEndpoint: remote } = template;
      const sas = list.childSas.filter(({ record }) => record === name);
      reports.set(name, {
        name,
        ...(local ? { local: formatAddress(local.family, local.value) } : {}),
        ...(remote ? { remote: formatAddress(remote.family, remote.value) } : {}),
        selectors: template.selectors.map(formatBox),
        proposals: proposalsOf(template),
        state:
          template.manual || sas.length > 0 ? 'ready' : pending.has(name) ? 'being established' : 'not established',
        sas,
      });
    }
  }
  return [...reports.values()];
}

function proposalsOf({ proposals }: SaTemplate): string[] {
  return proposals.map(
    ({ name, lifetimeSeconds, lifetimeKilobytes }) => `${name}/${lifetimeSeconds.value}/${lifetimeKilobytes.value}`,
  );
}

function ikeReport({ source, version, remote, priority, proposals, lifetimeSeconds, pfs }: IkePolicy): IkePolicyReport {
  return {
    name: source.record.name,
    version,
    remote: formatRange(remote),
    ...(priority ? { priority: priority.value } : {}),
    proposals: proposals.map(({ name }) => name),
    lifetimeSeconds: lifetimeSeconds.value,
    pfs: pfs.value,
  };
}

function authReport(entry: PadEntry): AuthReport {
  return {
    name: entry.source.record.name,
    remote: formatRange(entry.remote),
    ...(entry.priority ? { priority: entry.priority.value } : {}),
    versions: entry.ikeVersions.value,
    exchange: entry.exchange.value,
    localMethod: entry.localMethod.value,
    remoteMethod: entry.remoteMethod.value,
    respondOnly: entry.respondOnly,
  };
}
