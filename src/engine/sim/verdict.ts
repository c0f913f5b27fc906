/** What a dry run comes to, judged from its account alone: which packets passed, how, and what the engines said. */
import type { Failure } from '../failure.js';
import type { Millis } from '../ipsec/sa.js';
import { type NegotiationRun, type ProbeResult, rekeyedAt } from './negotiation.js';
import { entriesOf, type TraceEntry } from './trace.js';

export interface FoundFailure {
  readonly host: string;
  readonly at: Millis;
  readonly failure: Failure;
}

export type Verdict =
  /** Packets pass both ways, protected, to the end of the run. */
  | { readonly kind: 'works' }
  /**
   * They did, and then no longer. `lost` counts those that got lost although others passed later: a new IKE SA brings new Child
   * SAs without what the rekeying stumbles over, until these end too.
   */
  | { readonly kind: 'until-rekey'; readonly at: Millis; readonly cause?: FoundFailure; readonly lost?: number }
  /** No SA came about. */
  | { readonly kind: 'fails'; readonly cause: FoundFailure }
  /** The initiator may only respond. */
  | { readonly kind: 'waits'; readonly cause: FoundFailure }
  /** SAs there are, but packets do not pass them: in a direction, and why. */
  | { readonly kind: 'no-traffic'; readonly from: string; readonly to: string; readonly why: string }
  /** The packet goes in the clear: so says the policy, or so it says when negotiation fails. */
  | { readonly kind: 'clear'; readonly because: 'policy' | 'fallback'; readonly cause?: FoundFailure }
  /** The packet is discarded by a system's policy, without negotiation. */
  | { readonly kind: 'discarded'; readonly by: string; readonly why: string }
  /** The run came to its limit before anything was settled. */
  | { readonly kind: 'undecided'; readonly why: string };

export type VerdictKind = Verdict['kind'];

/** Later test packets of one direction that must not all be lost at the end. */
const lastProbes = 3;

/** Judges a run. */
export function judge(run: NegotiationRun): Verdict {
  const { entries } = run.trace;
  const failures = failuresOf(entries);
  const first = run.probes.find(({ purpose }) => purpose === 'first');
  const asked = entries.some(({ kind }) => kind === 'request');
  if (!first) return { kind: 'undecided', why: 'no such packet can be made' };
  if (first.acceptedAt === undefined) {
    const cause = rootCause(failures.filter(({ failure }) => !isRekeying(failure)));
    const installed = entries.some(({ kind, host }) => kind === 'install' && host === run.initiator);
    if (installed && !first.droppedBecause) return noTraffic(run, first);
    if (cause) return { kind: cause.failure.code === 'may-not-initiate' ? 'waits' : 'fails', cause };
    if (!asked && first.droppedBecause) return { kind: 'discarded', by: run.initiator, why: first.droppedBecause };
    const refused = inboundDrop(entries, run.responder);
    if (first.wasClear && refused) return { kind: 'discarded', by: run.responder, why: refused };
    if (asked && run.stop !== 'limit') return noTraffic(run, first);
    return { kind: 'undecided', why: 'nothing was settled when the run ended' };
  }
  if (!first.protectedBy || first.protectedBy.length === 0) {
    const cause = rootCause(failures);
    return asked
      ? { kind: 'clear', because: 'fallback', ...(cause ? { cause } : {}) }
      : { kind: 'clear', because: 'policy' };
  }
  const answer = run.probes.find(({ purpose }) => purpose === 'answer');
  if (answer && answer.acceptedAt === undefined) return noTraffic(run, answer);
  return judgeLater(run, failures);
}

/** The first packets passed; do the later ones? */
function judgeLater(run: NegotiationRun, failures: readonly FoundFailure[]): Verdict {
  // By command the old SA lives on when its rekeying fails; in time it would not.
  const refused = run.rekeyedNow ? rootCause(failures.filter(({ failure }) => isRekeying(failure))) : undefined;
  if (refused) return { kind: 'until-rekey', at: refused.at, cause: refused };
  const later = run.probes.filter(({ purpose }) => purpose === 'later');
  for (const from of [run.initiator, run.responder]) {
    const sent = later.filter((probe) => probe.from === from);
    const last = sent.slice(-lastProbes);
    if (last.length === 0 || last.some(({ acceptedAt }) => acceptedAt !== undefined)) continue;
    const cause = rootCause(failures.filter(({ failure, at }) => isRekeying(failure) || at > run.settledAt));
    const good = sent.filter(({ acceptedAt }) => acceptedAt !== undefined).at(-1);
    return {
      kind: 'until-rekey',
      at: cause?.at ?? rekeyedAt(run.trace.entries, 'child-sa') ?? good?.sentAt ?? run.settledAt,
      ...(cause ? { cause } : {}),
    };
  }
  return (
    refusedForATime(later, failures) ??
    (run.stop === 'limit' ? { kind: 'undecided', why: 'the run came to its limit' } : { kind: 'works' })
  );
}

/** What is decided by records, and will be decided the same every time. */
const refusals: ReadonlySet<Failure['code']> = new Set([
  'no-ike-proposal',
  'invalid-ke',
  'no-child-proposal',
  'selectors-unacceptable',
  'mode-mismatch',
  'no-spd-entry',
]);

/** A rekeying was refused, and packets were lost until something else brought new SAs. */
function refusedForATime(later: readonly ProbeResult[], failures: readonly FoundFailure[]): Verdict | undefined {
  const refused = failures.filter(({ failure }) => isRekeying(failure) && refusals.has(failure.code));
  const cause = rootCause(refused);
  const at = refused[0]?.at;
  if (!cause || at === undefined) return undefined;
  const lost = later.filter(({ sentAt, acceptedAt }) => sentAt >= at && acceptedAt === undefined).length;
  return lost > 0 ? { kind: 'until-rekey', at, cause, lost } : undefined;
}

/** Every failure that the engines told of, in order. */
export function failuresOf(entries: readonly TraceEntry[]): FoundFailure[] {
  return entriesOf(entries, 'event').flatMap(({ host, at, event }) =>
    event.kind === 'failed' ? [{ host, at, failure: event.failure }] : [],
  );
}

export function isRekeying({ attempt }: Failure): boolean {
  return attempt.startsWith('rekeying');
}

/** Who knows best: a side that refused by its own records, then one that was told so, then one that heard nothing. */
const knowledge = { us: 0, peer: 1, nobody: 2 } as const;

/** The failure that explains the others: of those known best, the first. */
export function rootCause(failures: readonly FoundFailure[]): FoundFailure | undefined {
  const rank = ({ failure }: FoundFailure): number => knowledge[failure.foundBy];
  return failures.reduce<FoundFailure | undefined>(
    (best, found) => (best === undefined || rank(found) < rank(best) ? found : best),
    undefined,
  );
}

function noTraffic(run: NegotiationRun, { from, to, sentAt, droppedBecause }: ProbeResult): Verdict {
  const why = droppedBecause ?? inboundDrop(run.trace.entries, to, sentAt) ?? 'they were lost on the way';
  return { kind: 'no-traffic', from, to, why };
}

/** Why a system refused a packet from the network; the last time. */
function inboundDrop(entries: readonly TraceEntry[], host: string, since: Millis = 0): string | undefined {
  return entriesOf(entries, 'dropped').findLast(
    (entry) => entry.host === host && entry.direction === 'inbound' && entry.at >= since,
  )?.why;
}
