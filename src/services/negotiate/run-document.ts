/** One dry run as plain data. */
import type { NegotiationRun } from '../../engine/sim/negotiation.js';
import { entriesOf, type TraceEntry } from '../../engine/sim/trace.js';
import type { Verdict } from '../../engine/sim/verdict.js';
import { formatPacket } from '../../model/packet.js';
import { formatDuration } from '../../report/ladder.js';
import type {
  RunDocument,
  SuggestionDocument,
  TrafficDocument,
  VerdictDocument,
  VerdictWord,
} from '../../report/negotiation/document.js';
import { causeOf, type Explanation, explain } from './explain.js';
import { messagesOf, type TraceDetail } from './messages.js';
import { hostFinder, type PlannedRun } from './plan.js';
import type { NegotiatingSystem } from './systems.js';
import { chosenOf, recordPlace, viewOf } from './view.js';

export interface RunResult {
  readonly planned: PlannedRun;
  readonly run: NegotiationRun;
  readonly verdict: Verdict;
}

export interface RunDocumentOptions {
  readonly systems: { readonly a: NegotiatingSystem; readonly b: NegotiatingSystem };
  readonly others: readonly NegotiatingSystem[];
  readonly detail: TraceDetail;
  readonly suggestions: readonly SuggestionDocument[];
}

export function runDocument({ planned, run, verdict }: RunResult, options: RunDocumentOptions): RunDocument {
  const { systems, others, detail, suggestions } = options;
  const { initiator, responder, trace, settledAt } = run;
  const both = [systems.a, systems.b];
  const cause = causeOf(verdict);
  const explanation = isBad(verdict) ? explain({ run, cause, walks: planned.walks, systems: both }) : undefined;
  const { entries } = planned;
  return {
    initiator,
    responder,
    packet: formatPacket(planned.packet).replace('outbound ', ''),
    policies: {
      ...(entries.initiator ? { initiator: recordPlace(initiator, entries.initiator.source) } : {}),
      ...(entries.responder ? { responder: recordPlace(responder, entries.responder.source) } : {}),
    },
    verdict: verdictDocument(run, verdict, explanation),
    chosen: chosenOf(trace.entries, initiator, responder, settledAt),
    sides: [...new Set([initiator, responder, ...trace.entries.map(({ host }) => host)])].map((system) => ({
      system,
      role: system === initiator ? 'initiator' : system === responder ? 'responder' : 'other',
      view: viewOf(trace.entries, system),
    })),
    ...(explanation?.failure ? { failure: explanation.failure } : {}),
    suggestions,
    traffic: trafficOf(run),
    warnings: warningsOf(run, verdict),
    messages: messagesOf(trace.entries, {
      detail,
      settledAt,
      hostAt: hostFinder([...both, ...others].map(({ name, config }) => ({ name, addresses: config.addresses }))),
    }),
    duration: run.end,
  };
}

/** Is there something to explain and to mend? */
export function isBad(verdict: Verdict): boolean {
  return (
    verdict.kind !== 'works' && verdict.kind !== 'waits' && !(verdict.kind === 'clear' && verdict.because === 'policy')
  );
}

export function verdictWordOf(verdict: Verdict): VerdictWord {
  return verdict.kind === 'clear' ? (verdict.because === 'policy' ? 'clear' : 'fallback') : verdict.kind;
}

function verdictDocument(run: NegotiationRun, verdict: Verdict, explanation: Explanation | undefined): VerdictDocument {
  const base = { word: verdictWordOf(verdict), good: !isBad(verdict) };
  const step = explanation ? { step: explanation.step } : {};
  switch (verdict.kind) {
    case 'works':
      return { ...base, text: worksText(run) };
    case 'until-rekey':
      return {
        ...base,
        ...step,
        at: verdict.at,
        text: `${untilText(run, verdict)}: ${explanation?.reason ?? 'the SAs are not replaced'}`,
      };
    case 'fails':
      return { ...base, ...step, at: verdict.cause.at, text: explanation?.reason ?? verdict.cause.failure.text };
    case 'waits':
      return { ...base, text: verdict.cause.failure.text };
    case 'no-traffic':
      return { ...base, text: `packets from ${verdict.from} do not come through at ${verdict.to}: ${verdict.why}` };
    case 'clear':
      return verdict.because === 'policy'
        ? { ...base, text: 'the policies let this packet pass without protection' }
        : {
            ...base,
            ...step,
            text: `negotiation fails, and the policy lets packets pass without protection then: ${explanation?.reason ?? ''}`,
          };
    case 'discarded':
      return { ...base, text: `${verdict.by} discards it: ${verdict.why}` };
    case 'undecided':
      return { ...base, text: verdict.why };
  }
}

function untilText(run: NegotiationRun, { at, lost }: Extract<Verdict, { readonly kind: 'until-rekey' }>): string {
  if (lost === undefined) return `packets pass at first, and no longer after ${formatDuration(at)}`;
  const share = `${lost} of ${run.probes.length} test packets are lost`;
  return `packets pass at first; after ${formatDuration(at)} rekeying is refused, and ${share} until a new IKE SA brings new SAs`;
}

function worksText(run: NegotiationRun): string {
  const { childRekeys, ikeRekeys } = trafficOf(run);
  if (run.horizon === undefined) return 'packets pass both ways, protected';
  if (childRekeys + ikeRekeys + renewals(run) === 0)
    return 'packets pass both ways, protected; no rekey was waited for';
  return 'packets pass both ways, protected, also past the first rekeys';
}

function trafficOf({ probes, trace, acceptedForgery, unmatched, initiator }: NegotiationRun): TrafficDocument {
  return {
    sent: probes.length,
    arrived: probes.filter(({ acceptedAt }) => acceptedAt !== undefined).length,
    inTheClear: probes.filter(({ wasClear }) => wasClear).length,
    childRekeys: countRekeys(trace.entries, 'child-sa', initiator),
    ikeRekeys: countRekeys(trace.entries, 'ike-sa', initiator),
    acceptsClear: acceptedForgery,
    unmatched,
  };
}

/** IKE SAs that came after the first one without being its successors: by reauthentication, or anew. */
function renewals({ trace, initiator, settledAt }: NegotiationRun): number {
  return entriesOf(trace.entries, 'event').filter(
    ({ host, at, event }) =>
      host === initiator && at > settledAt && event.kind === 'ike-sa' && event.change === 'established',
  ).length;
}

function countRekeys(entries: readonly TraceEntry[], kind: 'child-sa' | 'ike-sa', host: string): number {
  return entriesOf(entries, 'event').filter(
    (entry) => entry.host === host && entry.event.kind === kind && entry.event.change === 'rekeyed',
  ).length;
}

/** It works at the end, and did not all the time: told where the network itself loses nothing. */
function gapWarnings({ probes, trace }: NegotiationRun): string[] {
  const lost = probes.filter(({ purpose, acceptedAt }) => purpose === 'later' && acceptedAt === undefined);
  const [first, last] = [lost[0], lost.at(-1)];
  if (!first || !last || entriesOf(trace.entries, 'lost').length > 0) return [];
  const when =
    first === last
      ? `after ${formatDuration(first.sentAt)}`
      : `between ${formatDuration(first.sentAt)} and ${formatDuration(last.sentAt)}`;
  return [`${lost.length} of ${probes.length} test packets did not come through ${when}, although the last ones do`];
}

function warningsOf(run: NegotiationRun, verdict: Verdict): string[] {
  const { acceptedForgery, unmatched, trace, stop } = run;
  return [
    ...(verdict.kind === 'works' ? gapWarnings(run) : []),
    ...acceptedForgery.map((host) => `${host} takes the same packets without protection from anybody`),
    ...unmatched.slice(0, 4).map((text) => `at the end an SA has no other end: ${text}`),
    ...entriesOf(trace.entries, 'fault')
      .slice(0, 4)
      .map(({ host, why }) => `${host}: ${why}`),
    ...(stop === 'limit' ? ['the run came to its limit of events'] : []),
    ...(trace.leftOut > 0 ? [`${trace.leftOut} events of the run are not in its account`] : []),
  ];
}
