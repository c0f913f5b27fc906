/**
 * What a running system does, with the contents of HP-UX's `ipsec_report`: policies and the SAs that they have, tunnels, IKE
 * records, bypass list and addresses. Plain values, no keys.
 */
import { formatAddress, formatRange } from '../../model/address.js';
import { formatBox } from '../../model/selector/format-box.js';
import type { IkePolicy, PadEntry, SaTemplate, SpdEntry, SystemConfig } from '../../model/system-config.js';
import type { ChildSaDocument, IkeSaDocument, SaListDocument } from './sa-document.js';

export const reportKinds = ['host', 'tunnel', 'ike', 'auth', 'sa', 'bypass', 'ip'] as const;
export type ReportKind = (typeof reportKinds)[number];

export interface PolicyReport {
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
  readonly state: 'ready' | 'not established' | 'not needed';
  readonly sas: readonly ChildSaDocument[];
}

export interface TunnelReport {
  readonly name: string;
  readonly local?: string;
  readonly remote?: string;
  readonly selectors: readonly string[];
  readonly proposals: readonly string[];
  readonly state: 'ready' | 'not established';
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
  readonly bypass?: readonly PolicyReport[];
  readonly ip?: readonly string[];
}

/** The parts that are asked for, in the order of `reportKinds`. */
export function runtimeReport(config: SystemConfig, list: SaListDocument, kinds: readonly ReportKind[]): RuntimeReport {
  const wanted = new Set(kinds);
  const policies = [...config.spd, ...config.forwardSpd];
  const isBypass = ({ source }: SpdEntry): boolean => source.record.kind === 'bypass';
  return {
    system: config.name,
    ...(wanted.has('host')
      ? { host: policies.filter((entry) => !isBypass(entry)).map((entry) => policyReport(entry, list)) }
      : {}),
    ...(wanted.has('tunnel') ? { tunnel: tunnelReports(policies, list) } : {}),
    ...(wanted.has('ike') ? { ike: config.ikePolicies.map(ikeReport) } : {}),
    ...(wanted.has('auth') ? { auth: config.pad.map(authReport) } : {}),
    ...(wanted.has('sa') ? { sa: list } : {}),
    ...(wanted.has('bypass') ? { bypass: policies.filter(isBypass).map((entry) => policyReport(entry, list)) } : {}),
    ...(wanted.has('ip') ? { ip: config.addresses.map(({ family, value }) => formatAddress(family, value)) } : {}),
  };
}

function policyReport({ source, priority, selectors, action }: SpdEntry, list: SaListDocument): PolicyReport {
  const base = {
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
    state: isManual || sas.length >= bundle.length ? 'ready' : 'not established',
    sas,
  };
}

function tunnelReports(policies: readonly SpdEntry[], list: SaListDocument): TunnelReport[] {
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
        state: template.manual || sas.length > 0 ? 'ready' : 'not established',
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
