/** After a refusal: what the peer would take instead, and the changes of ours that it was seen to agree to. */
import type { ChildRequest } from '../../../engine/input.js';
import type { Address } from '../../../model/address.js';
import type { Walk } from '../../../model/peer/steps.js';
import type { SystemConfig } from '../../../model/system-config.js';
import type { SuggestionDocument } from '../../../report/negotiation/document.js';
import type { Repository } from '../../repository/load-repository.js';
import { requestForPacket } from '../../runtime/start-request.js';
import { mend } from '../changes/mend.js';
import { analyse, planRuns, walksOf } from '../plan.js';
import type { NegotiatingSystem } from '../systems.js';
import { assumedPeer, type Learned, learnedFrom, questionFor } from './assumed-peer.js';
import { type LiveRun, negotiationRunOf } from './document.js';
import type { TriedNegotiation } from './live-peer.js';

export interface LearnedAnswer {
  readonly learned: Learned;
  /** Our records compared with what the peer was seen to take. */
  readonly walks: readonly Walk[];
  readonly suggestions: readonly SuggestionDocument[];
}

export interface LearnOptions {
  ask(config: SystemConfig, request: ChildRequest, rekey: boolean): Promise<TriedNegotiation>;
  readonly peer: Address;
  /** Reads our records again with other texts. */
  read(
    overlay: ReadonlyMap<string, string>,
  ): Promise<{ readonly system: NegotiatingSystem; readonly repository: Repository }>;
  readonly repository: Repository;
}

/** Changes that are tried with the peer: it may be busy with other things. */
const triesMax = 4;

/** Asks; undefined where no question helps, or its answer says nothing. */
export async function learnFrom(
  live: LiveRun,
  request: ChildRequest,
  { ask, peer, read, repository }: LearnOptions,
): Promise<LearnedAnswer | undefined> {
  const { system, packet, tried } = live;
  if (tried.outcome.kind !== 'failed') return undefined;
  const { code } = tried.outcome.failure;
  const question = questionFor(code, { config: system.config, request });
  if (!question) return undefined;
  const answer = await ask(question.config, question.request, false);
  const learned = learnedFrom(code, answer.trace.entries);
  if (!learned) return undefined;
  const assumed = assumedPeer(system, request, { name: live.peer.name, address: peer }, learned);
  const walks = walksOf(analyse(system, assumed), 'a', packet);
  const [planned] = planRuns(system, assumed, { initiators: ['a'], packet }).runs;
  if (!planned) return { learned, walks, suggestions: [] };
  const pair = { a: system, b: assumed, others: [], repositories: [repository] };
  const verdictOf = ({ outcome }: TriedNegotiation) =>
    outcome.kind === 'agreed' ? ({ kind: 'works' } as const) : ({ kind: 'undecided', why: outcome.kind } as const);
  const suggestions = await mend(
    pair,
    { planned, run: negotiationRunOf(live), verdict: verdictOf(tried) },
    {
      only: 'a',
      runsMax: triesMax,
      async reload(overlay) {
        const again = await read(overlay);
        return { ...pair, a: again.system, repositories: [again.repository] };
      },
      async run(changed, again) {
        const result = await ask(changed.a.config, requestForPacket(changed.a.config, again.packet), false);
        return { planned: again, run: negotiationRunOf({ ...live, tried: result }), verdict: verdictOf(result) };
      },
      isGood: ({ verdict }) => verdict.kind === 'works',
    },
  );
  return { learned, walks, suggestions };
}
