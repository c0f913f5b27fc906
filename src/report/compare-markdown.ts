/** A semantic difference as markdown: a comment for a pull request. */
import { formatRange } from '../model/address.js';
import type { Comparison, PeerChange, SystemComparison, TreatmentChange } from '../model/compare.js';
import { formatPacket } from '../model/packet.js';
import { formatBox } from '../model/selector/format-box.js';
import type { SpdEntry } from '../model/system-config.js';
import { describeAction } from '../model/treatment.js';
import { escapeMarkdown, fenced } from './markdown/escape.js';

/** GitHub refuses comments above 65,536 characters. */
const lengthMax = 60_000;
/** Room for the line that says what was left out. */
const reserved = 200;
const shownMax = 12;

/** The comment in pieces; what does not fit is counted at its end. */
export function* renderComparisonMarkdown(comparison: Comparison): Generator<string> {
  const { before, after, compared, systems } = comparison;
  const where = `between ${escapeMarkdown(before)} and ${escapeMarkdown(after)}`;
  if (systems.length === 0) {
    yield `### ipsec: every packet and every peer is treated alike\n\n${compared} systems were compared ${where}.\n`;
    return;
  }
  const packets = systems.reduce((sum, { treatment }) => sum + treatment.length, 0);
  const peers = systems.reduce((sum, system) => sum + system.peers.length, 0);
  const opening = `### ipsec: ${count(packets, 'change')} of packets’ treatment, ${count(peers, 'change')} for peers\n\nMeaning compared, not text, ${where}.\n`;
  yield opening;
  let room = lengthMax - reserved - opening.length;
  let leftOut = 0;
  for (const block of systems.flatMap((system) => [...systemBlocks(system)])) {
    if (block.length > room) leftOut += 1;
    else {
      room -= block.length;
      yield block;
    }
  }
  if (leftOut > 0) yield `\n${leftOut} further parts are left out: \`ipsec policy diff\` shows them.\n`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}

function* systemBlocks(system: SystemComparison): Generator<string> {
  const presence = system.presence === 'both' ? '' : ` (${system.presence})`;
  yield `\n#### ${escapeMarkdown(system.name)}${presence}\n`;
  if (system.treatment.length > 0) yield '\n| before | after | for example |\n| --- | --- | --- |\n';
  for (const change of system.treatment) yield treatmentRow(change);
  for (const change of system.treatment) yield packetsBlock(change);
  for (const change of system.peers) yield peerBlock(change);
  if (system.truncated) yield '\nThere may be more differences: working them out was cut off.\n';
}

function treatmentRow({ before, after, witness, traffic }: TreatmentChange): string {
  const forwarded = traffic === 'forward' ? 'forwarded: ' : '';
  const cells = [`${forwarded}${action(before)}`, action(after), formatPacket(witness)];
  return `| ${cells.map(escapeMarkdown).join(' | ')} |\n`;
}

function packetsBlock({ before, after, packets }: TreatmentChange): string {
  const lines = [
    `${owner(before)} -> ${owner(after)}`,
    ...packets.slice(0, shownMax).map((box) => `    ${formatBox(box)}`),
    ...(packets.length > shownMax ? [`    ... ${packets.length - shownMax} more`] : []),
  ];
  return `\n<details><summary>which packets</summary>\n\n${fenced(lines)}\n</details>\n`;
}

function action(entry: SpdEntry | undefined): string {
  return entry ? describeAction(entry.action) : 'DISCARD';
}

function owner(entry: SpdEntry | undefined): string {
  if (!entry) return 'no policy';
  const { record, at } = entry.source;
  return `${record.kind} '${record.name}'${at ? ` line ${at.source.position(at.start).line}` : ''}`;
}

function peerBlock({ what, peers, before, after, fields }: PeerChange): string {
  const ranges = peers.slice(0, shownMax).map(formatRange).join(', ');
  const more = peers.length > shownMax ? ` and ${peers.length - shownMax} more ranges` : '';
  const name = (record: string | undefined) => (record === undefined ? 'none' : `'${record}'`);
  const lines = fields.map((field) => {
    // The values of keys are never told: both are marked alike.
    const change =
      field.before === field.after ? 'another key' : `${field.before ?? '(none)'} → ${field.after ?? '(none)'}`;
    return `- ${escapeMarkdown(`-${field.name}: ${change}`)}\n`;
  });
  return `\n${escapeMarkdown(`${what} for peers ${ranges}${more}: ${name(before)} → ${name(after)}`)}\n\n${lines.join('')}`;
}
