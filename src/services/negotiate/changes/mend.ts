/**
 * Looks for the smallest changes of either side that mend a negotiation. What the records stumble over says what to try; each
 * change is made in the text, the text is read again, and the negotiation is run again. Only what works is told.
 */
import type { TextEdit } from '../../../model/finding.js';
import { SourceText } from '../../../model/span.js';
import type { SystemConfig } from '../../../model/system-config.js';
import { parseText } from '../../../parser/parse.js';
import type { ChangeDocument, SuggestionDocument } from '../../../report/negotiation/document.js';
import { unifiedDiff } from '../../../report/text-diff.js';
import type { Repository } from '../../repository/load-repository.js';
import { analyse, type PlannedRun, planRuns, type Side, walksOf } from '../plan.js';
import type { RunResult } from '../run-document.js';
import type { NegotiatingSystem } from '../systems.js';
import { recordPlace } from '../view.js';
import type { Change } from './change.js';
import { childChanges } from './child-changes.js';
import { ikeChanges } from './ike-changes.js';
import type { Patch } from './patches.js';

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
const suggestionsMax = 4;
/** Suggestions of several changes each are long to read. */
const combinedMax = 2;
const statesMax = 200;

/** Suggestions with the fewest changes; none where nothing that was tried helps. */
export async function mend(pair: MendingPair, failed: RunResult, options: MendOptions): Promise<SuggestionDocument[]> {
  const { initiator, packet } = failed.planned;
  let states: State[] = [{ pair, overlay: new Map(), patches: [], changes: [] }];
  let simulations = 0;
  let made = 0;
  for (let depth = 1; depth <= depthMax && states.length > 0; depth += 1) {
    const found: SuggestionDocument[] = [];
    const next: State[] = [];
    for (const state of states) {
      const before = stumbles(state.pair, failed.planned);
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
          continue;
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

/** What the records of a pair stumble over for a packet, and what may mend that. */
function stumbles(
  { a, b }: MendingPair,
  { initiator, packet }: PlannedRun,
): { readonly key: string; readonly changes: readonly Change[] } | undefined {
  const walk = walksOf(analyse(a, b), initiator, packet).find(({ failure }) => failure);
  const step = walk?.failure;
  if (!walk || !step) return undefined;
  const ends = { systems: { a, b }, initiator };
  const changes = isIkeStep(step) ? ikeChanges(step, walk, ends) : childChanges(step, walk, ends);
  return { key: `${step.kind} ${step.text}`, changes };
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
  const diff: string[] = [];
  if (edits && edits.length > 0) {
    for (const [before, text] of edited(edits)) {
      const file = fileOf(state.pair.repositories, before.path);
      if (file === undefined) return undefined;
      overlay.set(file, text);
      const after = new SourceText(before.path, text);
      // Reading marks the secrets.
      parseText(after);
      diff.push(...diffLines(before, after));
    }
  } else patches.push({ side, patch: (config) => change.patch(config) });
  const read = await options.reload(overlay);
  const pair = { ...read, a: patched(read.a, 'a', patches), b: patched(read.b, 'b', patches) };
  if (errorsOf(pair[side]) > errorsOf(system)) return undefined;
  const document: ChangeDocument = {
    system: system.name,
    title,
    ...(source ? { place: recordPlace(system.name, source) } : {}),
    diff,
  };
  return { pair, overlay, patches, changes: [...state.changes, document] };
}

function patched(system: NegotiatingSystem, side: Side, patches: State['patches']): NegotiatingSystem {
  const own = patches.filter((each) => each.side === side);
  if (own.length === 0) return system;
  const config = own.reduce((before: SystemConfig, { patch }) => patch(before), system.config);
  return { ...system, config };
}

function errorsOf({ loaded }: NegotiatingSystem): number {
  return loaded.problems.filter(({ severity }) => severity === undefined || severity === 'error').length;
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

/** The changed lines with `-` and `+`; the heading and the line numbers are for patches. */
function diffLines(before: SourceText, after: SourceText): string[] {
  return [...unifiedDiff(before, after, { context: 0 })]
    .map((line) => line.replace(/\r?\n$/, ''))
    .filter((line) => !/^(?:---|\+\+\+|@@) /.test(line));
}
