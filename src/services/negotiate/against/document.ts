/** A negotiation with a live peer as plain data, in the form of a dry run's. */
import type { NegotiationRun } from '../../../engine/sim/negotiation.js';
import { entriesOf } from '../../../engine/sim/trace.js';
import type { FoundFailure } from '../../../engine/sim/verdict.js';
import type { Packet } from '../../../model/packet.js';
import { formatPacket } from '../../../model/packet.js';
import type { Walk } from '../../../model/peer/steps.js';
import type { SpdEntry } from '../../../model/system-config.js';
import { formatSelector, selectorLists } from '../../../model/traffic-selector.js';
import { formatDuration } from '../../../report/ladder.js';
import type { RunDocument, SuggestionDocument, VerdictDocument } from '../../../report/negotiation/document.js';
import { type Explanation, explain } from '../explain.js';
import { messagesOf, type TraceDetail } from '../messages.js';
import { hostFinder } from '../plan.js';
import type { NegotiatingSystem } from '../systems.js';
import { chosenOf, recordPlace, transformsText, viewOf } from '../view.js';
import type { Learned } from './assumed-peer.js';
import type { LearnedAnswer } from './learn.js';
import type { TriedNegotiation } from './live-peer.js';
import { peerViewOf } from './peer-view.js';

export interface LiveRun {
  readonly system: NegotiatingSystem;
  readonly peer: { readonly name: string; readonly addresses: NegotiatingSystem['config']['addresses'] };
  /** The peer's records, where somebody has them. */
  readonly theirs?: NegotiatingSystem;
  readonly packet: Packet;
  readonly entry: SpdEntry;
  /** What the records of both say, where those of the peer are known. */
  readonly walks: readonly Walk[];
  readonly tried: TriedNegotiation;
  /** What the peer was seen to take instead of what it refused. */
  readonly learned?: LearnedAnswer;
}

/** One run. */
export function liveRunDocument(
  live: LiveRun,
  options: { readonly detail: TraceDetail; readonly suggestions: readonly SuggestionDocument[] },
): RunDocument {
  const { system, peer, packet, entry, tried } = live;
  const { trace, outcome, settledAt, end } = tried;
  const run = negotiationRunOf(live);
  const explanation = explanationOf(live);
  return {
    initiator: run.initiator,
    responder: run.responder,
    packet: formatPacket(packet).replace('outbound ', ''),
    policies: { initiator: recordPlace(system.name, entry.source) },
    verdict: verdictDocument(outcome, explanation),
    chosen: chosenOf(trace.entries, system.name, peer.name, settledAt),
    sides: [
      { system: system.name, role: 'initiator', view: viewOf(trace.entries, system.name) },
      {
        system: peer.name,
        role: 'responder',
        view: [
          ...peerViewOf(trace.entries, system.name),
          ...(live.learned ? [`asked again with everything, it takes ${takenText(live.learned.learned)}`] : []),
        ],
      },
    ],
    ...(explanation?.failure ? { failure: explanation.failure } : {}),
    suggestions: options.suggestions,
    traffic: {
      sent: 0,
      arrived: 0,
      inTheClear: 0,
      childRekeys: rekeys(live, 'child-sa'),
      ikeRekeys: rekeys(live, 'ike-sa'),
      acceptsClear: [],
      unmatched: [],
    },
    warnings: warningsOf(live),
    messages: messagesOf(trace.entries, {
      detail: options.detail,
      settledAt,
      hostAt: hostFinder([
        { name: system.name, addresses: system.config.addresses },
        { name: peer.name, addresses: peer.addresses },
      ]),
    }),
    duration: end,
  };
}

/** The account of a try as a dry run has it, for what explains and writes captures. */
export function negotiationRunOf({ system, peer, packet, tried }: LiveRun): NegotiationRun {
  const { trace, settledAt, end } = tried;
  return {
    initiator: system.name,
    responder: peer.name,
    packet,
    trace,
    probes: [],
    acceptedForgery: [],
    unmatched: [],
    end,
    stop: 'time',
    settledAt,
    rekeyedNow: true,
  };
}

/** Why it failed; undefined where it did not. */
function explanationOf(live: LiveRun): Explanation | undefined {
  const { system, theirs, tried, walks } = live;
  const { outcome } = tried;
  if (outcome.kind !== 'failed' && outcome.kind !== 'until-rekey') return undefined;
  const cause: FoundFailure = { host: system.name, at: outcome.at, failure: outcome.failure };
  const systems = theirs ? [system, theirs] : [system];
  const question = { run: negotiationRunOf(live), cause, walks, systems };
  const plain = explain(question);
  if (!live.learned || !plain.failure) return plain;
  // What was learned adds the comparison; where it failed, the peer has said.
  const { failure = plain.failure } = explain({ ...question, walks: live.learned.walks });
  const reason = `${outcome.failure.text}; asked with everything that this system can do, it takes ${takenText(live.learned.learned)}`;
  return { step: plain.step, reason, failure: { ...failure, reason } };
}

function takenText(learned: Learned): string {
  if (learned.of !== 'selectors') return transformsText(learned.transforms);
  const { local, remote } = selectorLists(learned.region);
  const words = (list: typeof local) => list.slice(0, 4).map(formatSelector).join(', ');
  return `${words(local)} to ${words(remote)}`;
}

function verdictDocument(outcome: TriedNegotiation['outcome'], explanation: Explanation | undefined): VerdictDocument {
  const step = explanation ? { step: explanation.step } : {};
  switch (outcome.kind) {
    case 'agreed':
      return {
        word: 'agreed',
        good: true,
        text:
          outcome.rekeyed === 'yes'
            ? 'SAs came about and were replaced once; nothing was installed here, and they are deleted again'
            : 'SAs came about; nothing was installed here, and they are deleted again',
      };
    case 'until-rekey':
      return {
        word: 'until-rekey',
        good: false,
        ...step,
        at: outcome.at,
        text: `SAs came about, and the peer does not replace them (tried after ${formatDuration(outcome.at)}): ${explanation?.reason ?? outcome.failure.text}`,
      };
    case 'failed': {
      const { failure, at } = outcome;
      if (failure.code === 'may-not-initiate') return { word: 'waits', good: true, at, text: failure.text };
      return { word: 'fails', good: false, ...step, at, text: explanation?.reason ?? failure.text };
    }
    case 'interrupted':
      return { word: 'undecided', good: false, text: 'it was interrupted' };
  }
}

function rekeys({ system, tried }: LiveRun, kind: 'child-sa' | 'ike-sa'): number {
  return entriesOf(tried.trace.entries, 'event').filter(
    ({ host, event }) => host === system.name && event.kind === kind && event.change === 'rekeyed',
  ).length;
}

/** Where the records that somebody has of the peer are not those that it runs with. */
function warningsOf({ theirs, walks, tried, peer }: LiveRun): string[] {
  if (!theirs || walks.length === 0) return [];
  const files = theirs.loaded.sources.map(({ path }) => path).join(', ');
  const failing = walks.find(({ failure }) => failure)?.failure;
  const { kind } = tried.outcome;
  if (kind === 'agreed' && failing)
    return [`${peer.name} does not run with ${files}: by these records it would refuse (${failing.text})`];
  const isRefused = kind === 'failed' && tried.outcome.failure.foundBy === 'peer';
  return isRefused && !failing
    ? [`by the records in ${files} this would work: ${peer.name} runs with others, or another peer answers`]
    : [];
}
