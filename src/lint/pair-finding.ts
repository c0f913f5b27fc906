/** The words and places that findings about two systems share: both sides are named, and both are pointed at. */
import type { Fix, RecordRef } from '../model/finding.js';
import type { Origin } from '../model/origin.js';
import { formatPacket } from '../model/packet.js';
import type { Walk } from '../model/peer/steps.js';
import type { AttributeComparison, ProposalAttribute } from '../model/proposal.js';
import { allRecords, type PolicySet } from '../model/resolve.js';
import type { Span } from '../model/span.js';
import type { EntrySource } from '../model/system-config.js';
import type { PairContext, SystemContext } from './context.js';
import { type Fault, type Side, sourceOf } from './pair-analysis.js';
import { type AnyRecord, placeOf, recordRef } from './places.js';
import type { RuleFinding } from './rule.js';

export interface PairTexts {
  readonly message: string;
  readonly notes?: readonly string[];
  readonly help?: string;
  readonly fixes?: readonly Fix[];
  /** The value of a record that the finding is about, to point at it. */
  readonly origin?: (record: AnyRecord) => Origin | undefined;
}

/** A finding about a fault, with its primary place in `a`'s records and a related one in `b`'s. */
export function faultFinding(pair: PairContext, fault: Fault, texts: PairTexts): RuleFinding[] {
  const sources = (side: Side) => [sourceOf(fault, side), ...otherSources(fault.walk, side)];
  return pairFinding(pair, sources('a'), sources('b'), texts);
}

/** A finding about records of both sides; of each list the first one that stands in a text is pointed at. */
export function pairFinding(
  pair: PairContext,
  inA: readonly (EntrySource | undefined)[],
  inB: readonly (EntrySource | undefined)[],
  { message, notes, help, fixes, origin }: PairTexts,
): RuleFinding[] {
  const a = placeOfFirst(pair.a, inA, origin);
  const b = placeOfFirst(pair.b, inB, origin);
  const primary = a ?? b;
  if (!primary) return [];
  return [
    {
      message,
      at: primary.at,
      record: primary.record,
      ...(a && b ? { related: [{ at: b.at, text: `${sourceText(b.record)} of ${pair.b.name}` }] } : {}),
      ...(notes ? { notes } : {}),
      ...(help ? { help } : {}),
      ...(fixes ? { fixes } : {}),
    },
  ];
}

/** Further records of a side that a walk uses, the nearest to the cause first. */
function otherSources(walk: Walk, side: Side): (EntrySource | undefined)[] {
  const isInitiator = walk.initiator === side;
  const template = isInitiator ? walk.initiatorTemplate : walk.responderTemplate;
  const pad = isInitiator ? walk.ike?.initiatorPad : walk.ike?.responderPad;
  return [pad?.source, template?.source, walk.flow[side].entry.source];
}

interface Place {
  readonly at: Span;
  readonly record: RecordRef;
}

function placeOfFirst(
  context: SystemContext,
  sources: readonly (EntrySource | undefined)[],
  origin: PairTexts['origin'],
): Place | undefined {
  for (const source of sources) {
    if (!source) continue;
    const record = recordOf(context, source);
    if (record) return { at: placeOf(record, origin?.(record)), record: recordRef(record) };
    // Records of other languages have a place, but no arguments of this one.
    if (source.at && source.at.end > source.at.start) return { at: source.at, record: source.record };
  }
  return undefined;
}

const recordsByPolicies = new WeakMap<PolicySet, ReadonlyMap<string, AnyRecord>>();

/** The record that an entry was made of; none for the product's own and for other languages. */
export function recordOf({ policies }: SystemContext, { record }: EntrySource): AnyRecord | undefined {
  let known = recordsByPolicies.get(policies);
  if (!known) {
    known = new Map(allRecords(policies).map((each) => [`${recordRef(each).kind} ${each.name}`, each]));
    recordsByPolicies.set(policies, known);
  }
  return known.get(`${record.kind} ${record.name}`);
}

/** `host 'web'`. */
export function sourceText({ kind, name }: RecordRef): string {
  return name === '' ? kind : `${kind} '${name}'`;
}

/** `ikev1 'b_ike' of alpha`. */
export function ofSystem(context: SystemContext, source: EntrySource): string {
  return `${sourceText(source.record)} of ${context.name}`;
}

/** ` when alpha starts`, or nothing where it does not matter who does. */
export function whoStarts(pair: PairContext, { initiators }: Fault): string {
  const [only] = initiators;
  return initiators.length === 1 && only ? ` when ${pair[only].name} starts` : '';
}

/** A packet that shows it, and how much else is concerned. */
export function packetNotes(pair: PairContext, { walk, walks }: Fault): string[] {
  const flows = new Set(walks.map(({ flow }) => flow)).size;
  const others = flows > 1 ? `, and ${flows - 1} other kind${flows > 2 ? 's' : ''} of packets` : '';
  return [`for example ${formatPacket(walk.packet)} from ${pair[walk.initiator].name}${others}`];
}

/** Names of one cell of a table. */
const namesMax = 8;

/** What is offered and what is accepted, one note a row, aligned. */
export function tableNotes(
  comparison: readonly AttributeComparison[],
  titles: { readonly offered: string; readonly accepted: string },
  version: 1 | 2 | undefined,
): string[] {
  const cell = (names: readonly string[]) => {
    const shown = names.slice(0, namesMax).map(transformWord).join(', ');
    return names.length > namesMax ? `${shown} and ${names.length - namesMax} more` : shown;
  };
  const rows = comparison.map(({ attribute, offered, accepted, common }) => [
    attributeWord(attribute, version),
    cell(offered),
    cell(accepted),
    common.length === 0 ? 'nothing in common' : '',
  ]);
  const header = ['', `${titles.offered} offers`, `${titles.accepted} accepts`, ''];
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]!.length)));
  return [header, ...rows].map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

/** The name of an attribute in a sentence. */
export function attributeWord(attribute: ProposalAttribute, version: 1 | 2 | undefined): string {
  switch (attribute) {
    case 'protocol':
      return 'protocol';
    case 'encryption':
      return 'cipher';
    case 'integrity':
      return 'integrity';
    case 'prf':
      return version === 1 ? 'hash' : 'PRF';
    case 'key-exchange':
      return 'key exchange group';
    case 'esn':
      return 'sequence numbers';
  }
}

/** The name of a transform in a sentence. */
export function transformWord(name: string): string {
  if (name === 'esn') return '64 bits (ESN)';
  if (name === 'no-esn') return '32 bits';
  return name === 'NONE' ? 'none' : name;
}
