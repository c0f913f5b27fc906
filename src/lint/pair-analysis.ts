/**
 * How the two systems of a pair meet, worked out once and shared by all rules that ask; and the faults among it, one for
 * each cause, however many flows suffer from it.
 */
import { analysePair, type PairAnalysis } from '../model/peer/analysis.js';
import type { Step, Walk } from '../model/peer/steps.js';
import { systemView } from '../model/peer/system-view.js';
import type { EntrySource } from '../model/system-config.js';
import type { PairContext } from './context.js';

export type Side = 'a' | 'b';

/** What an initiator and its responder have, by side. */
export function bySide<T>(initiator: Side, mine: T, theirs: T): Readonly<Record<Side, T>> {
  return initiator === 'a' ? { a: mine, b: theirs } : { a: theirs, b: mine };
}

/** The last pair that was asked about: rules come pair by pair, and all pairs together would take much room. */
let last: { readonly pair: PairContext; readonly analysis: PairAnalysis } | undefined;

/** The analysis of a pair. */
export function analysisOf(pair: PairContext): PairAnalysis {
  if (last?.pair !== pair) {
    const { a, b, settings } = pair;
    const analysis = analysePair(
      systemView(a.config, () => a.spdIndex),
      systemView(b.config, () => b.spdIndex),
      {
        budget: settings.budget,
        behindNat: { a: a.host?.behindNat === true, b: b.host?.behindNat === true },
      },
    );
    last = { pair, analysis };
  }
  return last.analysis;
}

/** Walks of the flows that both systems protect towards each other: the others are one-sided, whatever else is wrong. */
export function mutualWalks(pair: PairContext): Walk[] {
  return analysisOf(pair).walks.filter(({ flow }) => flow.a.templates.length > 0 && flow.b.templates.length > 0);
}

/** One cause: a step that comes out the same way for every walk that meets the same two records. */
export interface Fault<S extends Step = Step> {
  readonly step: S;
  /** The walk that shows it; where possible one that `a` starts. */
  readonly walk: Walk;
  readonly walks: readonly Walk[];
  /** The systems that start the negotiations it concerns. */
  readonly initiators: readonly Side[];
}

export type StepOf<K extends Step['kind']> = Extract<Step, { kind: K }>;

/** The faults at which negotiations end in a step of a kind. */
export function failuresAt<K extends Step['kind']>(
  pair: PairContext,
  kind: K,
  accept: (step: StepOf<K>) => boolean = () => true,
): Fault<StepOf<K>>[] {
  return group(
    mutualWalks(pair).flatMap((walk) => {
      const step = walk.failure as StepOf<K> | undefined;
      return step?.kind === kind && accept(step) ? [{ walk, step }] : [];
    }),
  );
}

/** Steps of a kind that are no failures, one for each cause. */
export function stepsAt<K extends Step['kind']>(
  pair: PairContext,
  kind: K,
  accept: (step: StepOf<K>, walk: Walk) => boolean,
): Fault<StepOf<K>>[] {
  return group(
    mutualWalks(pair).flatMap((walk) =>
      walk.steps.flatMap((step) =>
        step.kind === kind && accept(step as StepOf<K>, walk) ? [{ walk, step: step as StepOf<K> }] : [],
      ),
    ),
  );
}

function group<S extends Step>(found: readonly { readonly walk: Walk; readonly step: S }[]): Fault<S>[] {
  const groups = new Map<string, { walk: Walk; step: S }[]>();
  for (const item of found) {
    const key = (['a', 'b'] as const).map((side) => sourceKey(sourceOf(item, side))).join(' | ');
    const list = groups.get(key);
    if (list) list.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()].map((items) => {
    const shown = items.find(({ walk }) => walk.initiator === 'a') ?? items[0]!;
    const initiators = (['a', 'b'] as const).filter((side) => items.some(({ walk }) => walk.initiator === side));
    return { ...shown, walks: items.map(({ walk }) => walk), initiators };
  });
}

/** The record of a side that a step speaks of. */
export function sourceOf({ walk, step }: { walk: Walk; step: Step }, side: Side): EntrySource | undefined {
  return walk.initiator === side ? step.initiator : step.responder;
}

function sourceKey(source: EntrySource | undefined): string {
  return source ? `${source.record.kind} ${source.record.name} ${source.at?.start ?? ''}` : '';
}
