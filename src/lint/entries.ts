/** SPD entries as findings speak of them: their names, their records, their places, and what happens to a packet. */
import type { RecordRef, Related, TextEdit } from '../model/finding.js';
import type { GatewayRecord, HostRecord } from '../model/record/policy.js';
import type { PolicySet, Prioritised } from '../model/resolve.js';
import type { Span } from '../model/span.js';
import type { SpdEntry } from '../model/system-config.js';
import { describeAction } from '../model/treatment.js';
import type { SystemContext } from './context.js';

export type OrderedPolicy = Prioritised<HostRecord> | Prioritised<GatewayRecord>;

const byName = new WeakMap<PolicySet, Readonly<Record<'host' | 'gateway', ReadonlyMap<string, OrderedPolicy>>>>();

/** The host or gateway record that an entry comes from, if it comes from one. */
export function policyOf({ policies }: SystemContext, { source }: SpdEntry): OrderedPolicy | undefined {
  let known = byName.get(policies);
  if (!known) {
    const map = (records: readonly OrderedPolicy[]) => new Map(records.map((record) => [record.name, record]));
    known = { host: map(policies.hosts), gateway: map(policies.gateways) };
    byName.set(policies, known);
  }
  const { kind, name } = source.record;
  return kind === 'host' || kind === 'gateway' ? known[kind].get(name) : undefined;
}

/** `host 'web' (priority 20)`, `bypass '10.1.1.1'`, `the default host policy`. */
export function entryName({ source, priority }: SpdEntry): string {
  const { kind, name } = source.record;
  if (name === 'default') return `the default ${kind} policy`;
  if (kind === 'builtin') return `the built-in entry '${name}'`;
  return priority ? `${kind} '${name}' (priority ${priority.value})` : `${kind} '${name}'`;
}

/** The same for several: the first few by name, then how many more. */
export function entryNames(entries: readonly SpdEntry[], max = 3): string {
  const names = entries.slice(0, max).map(entryName);
  const more = entries.length - names.length;
  if (more > 0) return `${names.join(', ')} and ${more} more`;
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : (names[0] ?? 'no entry');
}

/** Where an entry's record has its name; undefined for what nobody wrote. */
export function entryPlace(context: SystemContext, entry: SpdEntry): Span | undefined {
  return policyOf(context, entry)?.nameAt ?? entry.source.at;
}

/** Place and record of a finding about an entry that was written. */
export function atEntry(context: SystemContext, entry: SpdEntry): { at: Span; record: RecordRef } | undefined {
  const at = entryPlace(context, entry);
  return at && { at, record: entry.source.record };
}

/** Other entries that belong to a finding, those that were written, each with what it does. */
export function relatedEntries(context: SystemContext, entries: readonly SpdEntry[], max = 3): Related[] {
  return entries.slice(0, max).flatMap((entry) => {
    const at = entryPlace(context, entry);
    return at ? [{ at, text: `${entryName(entry)}: ${describeAction(entry.action)}` }] : [];
  });
}

/** Takes a whole statement out, with the end of its last line. */
export function removeStatement({ source, start, end }: Span): TextEdit {
  const rest = /^[ \t]*(?:\r?\n)?/.exec(source.text.slice(end, end + 256))?.[0].length ?? 0;
  return { at: { source, start, end: end + rest }, newText: '' };
}
