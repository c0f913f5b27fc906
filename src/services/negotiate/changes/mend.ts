/**
 * Looks for the smallest changes of either side that mend a negotiation. What the records stumble over says what to try; each
 * change is made in the text, the text is read again, and the negotiation is run again. Only what works is told.
 */
import type { TextEdit } from '../../../model/finding.js';
import type { Packet } from '../../../model/packet.js';
import { mirrorPacket } from '../../../model/peer/mirror.js';
import { isError } from '../../../model/problem.js';
import { SourceText } from '../../../model/span.js';
import type { SystemConfig } from '../../../model/system-config.js';
import { parseText } from '../../../parser/parse.js';
import type { ChangeDocument, SuggestionDocument } from '../../../report/negotiation/document.js';
import { unifiedDiff } from '../../../report/text-diff.js';
import type { Repository } from '../../repository/load-repository.js';
import { causeOf } from '../explain.js';
import { analyse, type PlannedRun, planRuns, type Side, walksOf } from '../plan.js';
import type { RunResult } from '../run-document.js';
import type { NegotiatingSystem } from '../systems.js';
import { recordPlace } from '../view.js';
import type { Change } from './change.js';
import { childChanges } from './child-changes.js';
import { ikeChanges } from './ike-changes.js';
import type { Patch } from './patches.js';
import { trustChanges } from './trust-changes.js';

export interface MendingPair {
  readonly a: NegotiatingSystem;
  readonly b: NegotiatingSystem;
  /** Further systems, that outer SAs may end at. */
  readonly others: readonly NegotiatingSystem[];
  readonly repositories: readonly Repository[];
}

export interface MendOptions {
  /** Reads the two systems again with other texts. */
  reload(overlay: ReadonlyMap<string, string>): Promise<MendingPair>;
  /** Runs a negotiation; `undefined` where it cannot be planned any more. */
  run(pair: MendingPair, planned: PlannedRun): RunResult | Promise<RunResult>;
  isGood(result: RunResult): boolean;
  /** Only changes of this side; of both when absent. */
  readonly only?: Side;
  /** Negotiations that are run at most. */
  readonly runsMax?: number;
}

interface State {
  readonly pair: MendingPair;
  readonly overlay: ReadonlyMap<string, string>;
  readonly patches: readonly { readonly side: Side; readonly patch: Patch }[];
  readonly changes: readonly ChangeDocument[];
}

/** Changes that are combined: more faults at once are better mended one by one. */
const depthMax = 3;
const simulationsMax = 24;
/** Of these, for changes of a side that the fewest changes are not on. */
const oneSideMax = 8;
const suggestionsMax = 4;
/** Suggestions of several changes each are long to read. */
const combinedMax = 2;
const statesMax = 200;

/**
 * Suggestions with the fewest changes; none where nothing that was tried helps. Whoever has only one of the systems in hand
 * wants to know what to do there, although it may be more.
 */
export async function mend(pair: MendingPair, failed: RunResult, options: MendOptions): Promise<SuggestionDocument[]> {
  const found = await search(pair, failed, options);
  if (options.only !== undefined || found.length === 0) return found;
  for (const side of ['a', 'b'] as const) {
    const { name } = pair[side];
    if (found.some(({ changes }) => changes.every(({ system }) => system === name))) continue;
    const [own] = await search(pair, failed, { ...options, only: side, runsMax: oneSideMax });
    if (own) found.push(own);
  }
  return found;
}

async function search(pair: MendingPair, failed: RunResult, options: MendOptions): Promise<SuggestionDocument[]> {
  const { initiator, packet } = failed.planned;
  let states: State[] = [{ pair, overlay: new Map(), patches: [], changes: [] }];
  let simulations = 0;
  let made = 0;
  for (let depth = 1; depth <= depthMax && states.length > 0; depth += 1) {
    const found: SuggestionDocument[] = [];
    const next: State[] = [];
    for (const state of states) {
      const before = stumbles(state.pair, failed.planned) ?? distrust(state.pair, failed);
      if (!before) continue;
      for (const change of before.changes) {
        if (options.only !== undefined && change.side !== options.only) continue;
        made += 1;
        if (made > statesMax || simulations >= (options.runsMax ?? simulationsMax) || found.length >= suggestionsMax)
          break;
        const after = await applied(state, change, options);
        if (!after) continue;
        const still = stumbles(after.pair, failed.planned);
        if (still) {
          // Another step fails now: that is a step further.
          if (still.key !== before.key) next.push(after);
          // What records say of addresses that a NAT changes is not the last word.
          if (still.own && !after.pair.a.seenAs && !after.pair.b.seenAs) continue;
        }
        const [planned] = planRuns(after.pair.a, after.pair.b, { initiators: [initiator], packet }).runs;
        if (!planned) continue;
        simulations += 1;
        if (options.isGood(await options.run(after.pair, { ...planned, packet, how: planned.how })))
          found.push({ changes: after.changes });
      }
    }
    if (found.length > 0) return found.slice(0, depth === 1 ? suggestionsMax : combinedMax);
    states = next;
  }
  return [];
}

/** What the records of a pair stumble over for a packet, whoever starts, and what may mend that. */
function stumbles(
  { a, b }: MendingPair,
  { initiator, packet }: PlannedRun,
): { readonly key: string; readonly changes: readonly Change[]; readonly own: boolean } | undefined {
  const analysis = analyse(a, b);
  const other = initiator === 'a' ? 'b' : 'a';
  // An end that cannot prove itself is stumbled over as the initiator alone, and stops the other one as well.
  const answer: Packet = { ...mirrorPacket(packet), direction: 'outbound' };
  const walk =
    walksOf(analysis, initiator, packet).find(({ failure }) => failure) ??
    walksOf(analysis, other, answer).find(({ failure }) => failure);
  const step = walk?.failure;
  if (!walk || !step) return undefined;
  const ends = { systems: { a, b }, initiator: walk.initiator };
  const changes = isIkeStep(step) ? ikeChanges(step, walk, ends) : childChanges(step, walk, ends);
  return { key: `${step.kind} ${step.text}`, changes, own: walk.initiator === initiator };
}

/** Records that fit, and a side that does not believe the other's certificate. */
function distrust({ a, b }: MendingPair, { planned, verdict }: RunResult): ReturnType<typeof stumbles> {
  const cause = causeOf(verdict);
  const [walk] = walksOf(analyse(a, b), planned.initiator, planned.packet);
  if (cause?.failure.code !== 'certificate-refused' || !walk) return undefined;
  const refusing = cause.host === a.name ? 'a' : 'b';
  const ends = { systems: { a, b }, initiator: walk.initiator };
  return { key: 'certificate', changes: trustChanges(walk, ends, refusing), own: true };
}

type AnyStep = NonNullable<RunResult['planned']['walks'][number]['failure']>;
type IkeStep = Parameters<typeof ikeChanges>[0];

const ikeKinds: ReadonlySet<string> = new Set([
  'pad',
  'initiate',
  'peer-pad',
  'version',
  'exchange',
  'ike-policy',
  'method',
  'ike-proposal',
  'identity',
  'preshared-key',
]);

function isIkeStep(step: AnyStep): step is IkeStep {
  return ikeKinds.has(step.kind);
}

/** The state after a change; undefined where it cannot be made, or makes records wrong. */
async function applied(state: State, change: Change, options: MendOptions): Promise<State | undefined> {
  const { side, edits, title, source } = change;
  const system = state.pair[side];
  const overlay = new Map(state.overlay);
  const patches = [...state.patches];
  const changed = edits && edits.length > 0 ? edited(edits) : undefined;
  for (const [before, text] of changed ?? []) {
    const file = fileOf(state.pair.repositories, before.path);
    if (file === undefined) return undefined;
    overlay.set(file, text);
  }
  if (!changed) patches.push({ side, patch: (config) => change.patch(config) });
  const read = await options.reload(overlay);
  const pair = { ...read, a: patched(read.a, 'a', patches), b: patched(read.b, 'b', patches) };
  const diffs = [...(changed ?? [])].map(([before, text]) => diffOf(before, afterOf(before, text, read[side])));
  if (errorsOf(pair[side]) > errorsOf(system)) return undefined;
  const document: ChangeDocument = {
    system: system.name,
    title,
    ...(source ? { place: recordPlace(system.name, source) } : {}),
    ...(diffs[0] ? { at: diffs[0].at } : {}),
    diff: diffs.flatMap(({ lines }) => lines),
  };
  return { pair, overlay, patches, changes: [...state.changes, document] };
}

/** The text after the change, as it was read: reading marks the secrets. */
function afterOf(before: SourceText, text: string, { loaded }: NegotiatingSystem): SourceText {
  const read = loaded.sources.find((source) => source.path === before.path && source.text === text);
  if (read) return read;
  const after = new SourceText(before.path, text);
  parseText(after);
  return after;
}

function patched(system: NegotiatingSystem, side: Side, patches: State['patches']): NegotiatingSystem {
  const own = patches.filter((each) => each.side === side);
  if (own.length === 0) return system;
  const config = own.reduce((before: SystemConfig, { patch }) => patch(before), system.config);
  return { ...system, config };
}

function errorsOf({ loaded }: NegotiatingSystem): number {
  return loaded.problems.filter(isError).length;
}

function fileOf(repositories: readonly Repository[], shown: string): string | undefined {
  for (const { files } of repositories) {
    const file = files.get(shown);
    if (file !== undefined && file !== '-') return file;
  }
  return undefined;
}

/** Each text that edits change, as it is after them. Edits of one text do not meet. */
function edited(edits: readonly TextEdit[]): Map<SourceText, string> {
  const texts = new Map<SourceText, string>();
  for (const { at, newText } of [...edits].sort((x, y) => y.at.start - x.at.start)) {
    const text = texts.get(at.source) ?? at.source.text;
    texts.set(at.source, text.slice(0, at.start) + newText + text.slice(at.end));
  }
  return texts;
}

/** The changed lines with `-` and `+`, and the line that the first of them is in afterwards. */
function diffOf(
  before: SourceText,
  after: SourceText,
): { readonly at: { path: string; line: number }; readonly lines: string[] } {
  const all = [...unifiedDiff(before, after, { context: 0 })].map((line) => line.replace(/\r?\n$/, ''));
  const [, old, now, count] =
    /^@@ -(\d+)\S* \+(\d+)(?:,(\d+))?/.exec(all.find((each) => each.startsWith('@@ ')) ?? '') ?? [];
  // What is only taken out was where the old numbers say.
  const line = count === '0' ? old : now;
  return {
    at: { path: before.path, line: Math.max(1, Number(line ?? 1)) },
    // The heading and the line numbers are for patches.
    lines: all.filter((each) => !/^(?:---|\+\+\+|@@) /.test(each)),
  };
}
