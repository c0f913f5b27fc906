/** The records that the other end of a policy needs: the same selectors the other way round, the same transforms. */
import { formatRange } from '../model/address.js';
import type { TextEdit } from '../model/finding.js';
import type { Sourced } from '../model/origin.js';
import type { AddressSpec, HostRecord, TunnelRecord } from '../model/record/policy.js';
import { allRecords, type PolicySet } from '../model/resolve.js';

const nameMax = 63;

/** What is asked of a system whose records are mirrored, or get a mirror image. */
export interface MirroredSystem {
  readonly policies: PolicySet;
}

/**
 * An edit that adds to `to` the mirror image of a host policy of `from`, with its tunnel; undefined where it cannot be
 * said: manual keys, message types, tunnels without endpoints, other dialects, or a system without any text. It comes last
 * in the search unless a priority is given.
 */
export function mirrorEdit(
  from: MirroredSystem,
  record: HostRecord,
  to: MirroredSystem,
  priority = (to.policies.hosts.at(-1)?.priority.value ?? 0) + 10,
): TextEdit | undefined {
  const source = allRecords(to.policies).find(({ at }) => at.end > at.start)?.at.source;
  if (!source || from.policies.dialect !== to.policies.dialect) return undefined;
  if (record.manualIn || record.messageTypes.length > 0) return undefined;
  const lines: string[] = [];
  let tunnelName: string | undefined;
  if (record.tunnel) {
    const tunnel = from.policies.tunnelByName.get(record.tunnel.value);
    if (!tunnel?.tunnelSource || !tunnel.tunnelDestination || tunnel.manualIn || tunnel.messageTypes.length > 0)
      return undefined;
    tunnelName = freeName(`${tunnel.name}-peer`, new Set(to.policies.tunnels.map(({ name }) => name)));
    const action = written(tunnel.action);
    lines.push(
      [
        `add tunnel ${tunnelName}`,
        `-tsource ${written(tunnel.tunnelDestination)} -tdestination ${written(tunnel.tunnelSource)}`,
        ...selectors(tunnel),
        ...(action ? [`-action ${action}`] : []),
      ].join(' \\\n    '),
    );
  }
  const action = written(record.action);
  if (!action) return undefined;
  lines.push(
    [
      `add host ${freeName(`${record.name}-peer`, new Set(to.policies.hosts.map(({ name }) => name)))}`,
      ...selectors(record),
      `-priority ${priority}`,
      ...(tunnelName ? [`-tunnel ${tunnelName}`] : []),
      `-action ${action}`,
    ].join(' \\\n    '),
  );
  const end = source.text.length;
  const lead = source.text === '' || source.text.endsWith('\n') ? '' : '\n';
  return { at: { source, start: end, end }, newText: `${lead}${lines.join('\n')}\n` };
}

function selectors(record: HostRecord | TunnelRecord): string[] {
  const { protocol } = record;
  const word = protocol.origin.kind === 'explicit' ? written(protocol) : undefined;
  return [
    ...record.destinations.map((spec) => `-source ${specText(spec)}`),
    ...record.sources.map((spec) => `-destination ${specText(spec)}`),
    ...(word ? [`-protocol ${word}`] : []),
  ];
}

function specText(spec: Sourced<AddressSpec>): string {
  return written(spec) ?? formatRange(spec.value.range);
}

/** A value as it stands in the text, continuations taken out; undefined for values that nobody wrote. */
function written({ origin }: Sourced<unknown>): string | undefined {
  if (origin.kind !== 'explicit') return undefined;
  const { source, start, end } = origin.at;
  return source.text.slice(start, end).replace(/\\\r?\n/g, '');
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  const base = wanted.slice(0, nameMax - 4);
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(name)) return name;
  }
}
