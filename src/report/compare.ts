/** How a semantic difference is shown. */
import { formatRange } from '../model/address.js';
import type { Comparison, PeerChange, SystemComparison, TreatmentChange } from '../model/compare.js';
import { formatPacket } from '../model/packet.js';
import { formatBox } from '../model/selector/format-box.js';
import type { SpdEntry } from '../model/system-config.js';
import { describeAction } from '../model/treatment.js';
import { plainStyle, type Style } from './style.js';
import { visible } from './visible.js';

/** Boxes and ranges shown of one change. */
const shownMax = 12;

/** Lines of text, without line breaks. */
export function* renderComparison(comparison: Comparison, style: Style = plainStyle): Generator<string> {
  const { before, after, systems } = comparison;
  for (const system of systems) yield* renderSystem(system, comparison, style);
  const where = `between ${visible(before)} and ${visible(after)}`;
  if (systems.length === 0) {
    yield `every packet and every peer is treated alike ${where} (${count(comparison.compared, 'system')})`;
    return;
  }
  const packets = systems.reduce((sum, system) => sum + system.treatment.length, 0);
  const peers = systems.reduce((sum, system) => sum + system.peers.length, 0);
  yield `${count(packets, 'change')} of packets' treatment and ${count(peers, 'change')} for peers ${where}`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}

function* renderSystem(system: SystemComparison, { compared }: Comparison, style: Style): Generator<string> {
  if (compared > 1 || system.presence !== 'both') {
    const presence = system.presence === 'both' ? '' : ` ${system.presence}`;
    yield style.bold(`# ${visible(system.name)}${presence}`);
  }
  for (const change of system.treatment) yield* renderTreatment(change, style);
  for (const change of system.peers) yield* renderPeer(change, style);
  if (system.truncated) yield style.yellow('there may be more differences: working them out was cut off');
}

function* renderTreatment(change: TreatmentChange, style: Style): Generator<string> {
  const { before, after, packets, witness, traffic } = change;
  const forwarded = traffic === 'forward' ? 'forwarded: ' : '';
  yield `${forwarded}${style.red(action(before))} -> ${style.green(action(after))}   ${style.dim(`${describe(before)} -> ${describe(after)}`)}`;
  for (const box of packets.slice(0, shownMax)) yield `    ${formatBox(box)}`;
  if (packets.length > shownMax) yield style.dim(`    ... ${packets.length - shownMax} more`);
  yield style.dim(`    for example ${formatPacket(witness)}`);
  yield '';
}

function action(entry: SpdEntry | undefined): string {
  return entry ? describeAction(entry.action) : 'DISCARD';
}

function describe(entry: SpdEntry | undefined): string {
  if (!entry) return 'no policy';
  const { record, at } = entry.source;
  const line = at ? ` line ${at.source.position(at.start).line}` : '';
  return `${record.kind} '${visible(record.name)}'${line}`;
}

function* renderPeer(change: PeerChange, style: Style): Generator<string> {
  const { what, peers, before, after, fields } = change;
  const name = (record: string | undefined) => (record === undefined ? 'none' : `'${visible(record)}'`);
  const ranges = peers.slice(0, shownMax).map(formatRange).join(', ');
  const more = peers.length > shownMax ? ` and ${peers.length - shownMax} more ranges` : '';
  yield `${what} for peers ${ranges}${more}: ${style.red(name(before))} -> ${style.green(name(after))}`;
  for (const field of fields) {
    const value = (text: string | undefined) => (text === undefined ? '(none)' : visible(text));
    const isKey = field.before === field.after;
    yield `    -${field.name}: ${isKey ? 'another key' : `${value(field.before)} -> ${value(field.after)}`}`;
  }
  yield '';
}

/** The comparison as data for `--json`. */
export function comparisonDocument({ before, after, compared, problems, systems }: Comparison) {
  return {
    before,
    after,
    compared,
    problems,
    differs: systems.length > 0,
    systems: systems.map((system) => ({
      name: system.name,
      presence: system.presence,
      truncated: system.truncated,
      treatment: system.treatment.map((change) => ({
        traffic: change.traffic,
        before: entryDocument(change.before),
        after: entryDocument(change.after),
        packets: change.packets.map(formatBox),
        witness: formatPacket(change.witness),
      })),
      peers: system.peers.map(({ what, peers, before: recordBefore, after: recordAfter, fields }) => ({
        what,
        peers: peers.map(formatRange),
        before: recordBefore ?? null,
        after: recordAfter ?? null,
        fields: fields.map((field) => ({ name: field.name, before: field.before ?? null, after: field.after ?? null })),
      })),
    })),
  };
}

function entryDocument(entry: SpdEntry | undefined) {
  return entry
    ? { record: entry.source.record, action: entry.action.kind, treatment: describeAction(entry.action) }
    : null;
}
