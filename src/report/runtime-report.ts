/** How the report of a running system is shown: one block a policy, as HP-UX's `ipsec_report` has it, tables for the rest. */

import { type CacheView, renderCache } from './cache-report.js';
import { type LogLine, renderFactLine } from './fact-line.js';
import { type ChildSaView, type IkeSaView, renderSaList } from './sa-list.js';
import { plainStyle, type Style } from './style.js';
import { renderTable } from './table.js';
import { visible } from './visible.js';

interface PolicyView {
  readonly cookie: number;
  readonly name: string;
  readonly kind: string;
  readonly priority?: number;
  readonly selectors: readonly string[];
  readonly action: string;
  readonly flags: readonly string[];
  readonly tunnels: readonly string[];
  readonly proposals: readonly string[];
  readonly state: string;
  readonly saPairsNeeded: number;
  readonly activeSessions?: number;
  readonly sas: readonly SaView[];
}

interface SaView {
  readonly id: string;
  readonly protocol: string;
  readonly inboundSpi: string;
  readonly outboundSpi: string;
  readonly algorithms: string;
}

interface TunnelView {
  readonly name: string;
  readonly local?: string;
  readonly remote?: string;
  readonly selectors: readonly string[];
  readonly proposals: readonly string[];
  readonly state: string;
  readonly sas: readonly SaView[];
}

export interface RuntimeReportView {
  readonly host?: readonly PolicyView[];
  readonly tunnel?: readonly TunnelView[];
  readonly ike?: readonly {
    readonly name: string;
    readonly version: number;
    readonly remote: string;
    readonly priority?: number;
    readonly proposals: readonly string[];
    readonly lifetimeSeconds: number;
    readonly pfs: boolean;
  }[];
  readonly auth?: readonly {
    readonly name: string;
    readonly remote: string;
    readonly priority?: number;
    readonly versions: readonly number[];
    readonly exchange: string;
    readonly localMethod: string;
    readonly remoteMethod: string;
  }[];
  readonly sa?: { readonly ikeSas: readonly IkeSaView[]; readonly childSas: readonly ChildSaView[] };
  readonly cache?: CacheView;
  readonly bypass?: readonly PolicyView[];
  readonly ip?: readonly string[];
  readonly audit?: readonly (LogLine & { readonly at: string })[];
  readonly waitingPackets?: number;
}

export interface RuntimeReportOptions {
  readonly style?: Style;
  readonly width?: number;
}

/** Selectors of one policy that are shown. */
const selectorsMax = 40;

/** Lines of text, without line breaks. */
export function* renderRuntimeReport(report: RuntimeReportView, options: RuntimeReportOptions = {}): Generator<string> {
  const style = options.style ?? plainStyle;
  if (report.host) {
    yield* blocks('host policies', report.host.map(policyLines), style);
    if (report.waitingPackets) yield `${report.waitingPackets} packets wait for their SAs`;
  }
  if (report.tunnel) yield* blocks('tunnel policies', report.tunnel.map(tunnelLines), style);
  if (report.ike) {
    yield* headed('IKE policies', style);
    yield* renderTable(
      [
        { header: 'name' },
        { header: 'version' },
        { header: 'peers' },
        { header: 'priority', align: 'right' },
        { header: 'proposals' },
        { header: 'life' },
        { header: 'PFS' },
      ],
      report.ike.map((each) => [
        each.name,
        `IKEv${each.version}`,
        each.remote,
        String(each.priority ?? ''),
        each.proposals.join(', '),
        `${each.lifetimeSeconds} s`,
        each.pfs ? 'ON' : 'OFF',
      ]),
      options,
    );
    yield '';
  }
  if (report.auth) {
    yield* headed('authentication records', style);
    yield* renderTable(
      [
        { header: 'name' },
        { header: 'peers' },
        { header: 'priority', align: 'right' },
        { header: 'versions' },
        { header: 'exchange' },
        { header: 'own' },
        { header: 'of the peer' },
      ],
      report.auth.map((each) => [
        each.name,
        each.remote,
        String(each.priority ?? ''),
        each.versions.map((version) => `IKEv${version}`).join(', '),
        each.exchange,
        each.localMethod,
        each.remoteMethod,
      ]),
      options,
    );
    yield '';
  }
  if (report.sa) {
    yield* renderSaList(report.sa, options);
    yield '';
  }
  if (report.cache) {
    yield* renderCache(report.cache, options);
    yield '';
  }
  if (report.bypass) yield* blocks('bypass list', report.bypass.map(policyLines), style);
  if (report.ip) {
    yield* headed('addresses', style);
    for (const address of report.ip) yield visible(address);
    yield '';
  }
  if (report.audit) {
    yield style.bold(report.audit.length === 0 ? 'nothing for the audit' : 'audit');
    for (const line of report.audit) yield renderFactLine(line, new Date(line.at), style);
    yield '';
  }
}

function* headed(title: string, { bold }: Style): Generator<string> {
  yield bold(title);
}

function* blocks(title: string, each: readonly (readonly string[])[], style: Style): Generator<string> {
  yield style.bold(each.length === 0 ? `no ${title}` : title);
  for (const lines of each) {
    yield '';
    for (const line of lines) yield visible(line);
  }
  yield '';
}

function policyLines(policy: PolicyView): string[] {
  const { cookie, name, kind, priority, selectors, action, flags, tunnels, proposals, state, sas } = policy;
  return [
    `${kind} '${name}'${priority === undefined ? '' : `  priority ${priority}`}  cookie ${cookie}`,
    ...selectors.slice(0, selectorsMax).map((selector) => `  packets    ${selector}`),
    ...(selectors.length > selectorsMax ? [`  and ${selectors.length - selectorsMax} more sets of packets`] : []),
    `  action     ${action}${flags.length > 0 ? ` (${flags.join(', ')})` : ''}`,
    ...tunnels.map((tunnel) => `  tunnel     ${tunnel}`),
    ...proposals.map((proposal, index) => `  proposal ${index + 1} ${proposal}`),
    ...(state === 'not needed' ? [] : [`  state      ${state}, ${policy.saPairsNeeded} SA pairs needed`]),
    ...(policy.activeSessions ? [`  sessions   ${policy.activeSessions}`] : []),
    ...sas.map(saLine),
  ];
}

function tunnelLines({ name, local, remote, selectors, proposals, state, sas }: TunnelView): string[] {
  return [
    `tunnel '${name}'  ${local ?? 'own address'} to ${remote ?? 'the packet’s destination'}`,
    ...selectors.slice(0, selectorsMax).map((selector) => `  packets    ${selector}`),
    ...proposals.map((proposal, index) => `  proposal ${index + 1} ${proposal}`),
    `  state      ${state}`,
    ...sas.map(saLine),
  ];
}

function saLine({ id, protocol, inboundSpi, outboundSpi, algorithms }: SaView): string {
  return `  SA pair    ${id} ${protocol} SPIs ${inboundSpi} in ${outboundSpi} out, ${algorithms}`;
}
