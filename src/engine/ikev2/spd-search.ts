/**
 * The SPD entry that a responder's Child SA is for — RFC 7296 §2.9, RFC 4301 §4.4.1; hpux-ipsec reference 7.3: the first entry
 * whose selectors fit decides; one that holds the initiator's first selectors, those of its packet, goes before others.
 *
 * A peer decides how many selectors there are, and each is compared with each of the other end and of our entries, so that
 * the work of one request is bounded.
 */
import type { Address } from '../../model/address.js';
import { type Narrowing, narrow } from '../../model/narrow.js';
import { type ChildCandidate, searchChild } from '../../model/peer/child-search.js';
import type { SpdEntry } from '../../model/system-config.js';
import type { SelectorLists } from '../../model/traffic-selector.js';
import type { PassedOverEntry } from '../event.js';
import { searchChildren } from './connection-children.js';
import type { IkeSa } from './ike-sa.js';
import { passedOverMax, selectorPairsMax, selectorWorkMax } from './limits.js';
import { type Refusal, sourcesOf } from './refusal.js';
import { listsText } from './selectors.js';
import { emit, recordText, type Turn } from './turn.js';

/** A candidate whose selectors fit. */
export interface Fitting {
  readonly candidate: ChildCandidate;
  readonly narrowing: Extract<Narrowing, { kind: 'narrowed' }>;
}

/** Candidates of one entry, or why there is none. */
export type SpdSearch = { readonly kind: 'found'; readonly fitting: readonly Fitting[] } | Refusal;

/** Finds the entry; where several SAs of its bundle have such selectors, all of them are in the result. */
export function searchSpd(turn: Turn, sa: IkeSa, given: SelectorLists, wantsTransport: boolean): SpdSearch {
  const { env } = turn;
  const ends = { local: sa.local.address, remote: sa.remote.address };
  const proposed = bounded(given);
  if (sa.pad?.connection !== undefined) return searchChildren(turn, sa, sa.pad, proposed);
  const search = searchChild(env.view, { proposed, ends });
  const most = Math.max(1, Math.floor(selectorWorkMax / Math.max(1, proposed.local.length * proposed.remote.length)));
  const passedOver: PassedOverEntry[] = [];
  let fitting: Fitting[] = [];
  let nearest: Nearest | undefined;
  for (const candidate of search.candidates.slice(0, most)) {
    const { entry } = candidate;
    // The entry is decided: only its own other SAs may come as well.
    if (fitting[0]?.narrowing.keepsFirst && fitting[0].candidate.entry !== entry) break;
    const narrowing = narrowFor(turn, candidate, proposed, wantsTransport, ends);
    if (narrowing.kind === 'narrowed') {
      const isBetter = narrowing.keepsFirst && fitting[0] && !fitting[0].narrowing.keepsFirst;
      if (isBetter) fitting = [];
      if (!fitting[0] || fitting[0].candidate.entry === entry) fitting.push({ candidate, narrowing });
      continue;
    }
    if (!nearest || nearest.why === 'disjoint') nearest = { candidate, why: narrowing.why };
    if (passedOver.length < passedOverMax) passedOver.push({ source: entry.source, why: unacceptable[narrowing.why] });
  }
  for (const entry of search.elsewhere.slice(0, passedOverMax)) {
    passedOver.push({ source: entry.source, why: 'it protects such packets, but not towards this peer' });
  }
  emit(turn, {
    kind: 'search',
    list: 'SPD',
    key: listsText(given),
    passedOver,
    ...(fitting[0] ? { found: fitting[0].candidate.entry.source } : {}),
  });
  return fitting.length > 0 ? { kind: 'found', fitting } : noEntry(turn, sa, search.stoppedBy, nearest, given);
}

/** Selectors beyond what is looked at are left out, which is a narrowing like any other (RFC 7296 §2.9). */
function bounded({ local, remote }: SelectorLists): SelectorLists {
  if (local.length * remote.length <= selectorPairsMax) return { local, remote };
  const most = Math.floor(Math.sqrt(selectorPairsMax));
  const shorter = Math.min(local.length, remote.length, most);
  const longer = Math.floor(selectorPairsMax / shorter);
  return local.length <= remote.length
    ? { local: local.slice(0, shorter), remote: remote.slice(0, longer) }
    : { local: local.slice(0, longer), remote: remote.slice(0, shorter) };
}

interface Nearest {
  readonly candidate: ChildCandidate;
  readonly why: Extract<Narrowing, { kind: 'unacceptable' }>['why'];
}

const unacceptable: Readonly<Record<Nearest['why'], string>> = {
  disjoint: 'its selectors have nothing in common with those proposed',
  'cannot-narrow': 'its selectors are not the same as those proposed, and it does not narrow',
  'not-endpoints': 'the proposed selectors are not those of the two peers, as transport mode needs',
};

/** Steps that one question about selectors may cost. */
const narrowBudget = 20_000;

function narrowFor(
  { env }: Turn,
  { template }: ChildCandidate,
  proposed: SelectorLists,
  wantsTransport: boolean,
  ends: { readonly local: Address; readonly remote: Address },
): Narrowing {
  const transport = wantsTransport && template.mode === 'transport';
  const { value } = env.profile.narrowing;
  const exact = value === 'exact' || (value === 'exact-in-transport' && transport);
  return narrow(proposed, template.selectors, {
    ...(transport ? { transport: ends } : {}),
    exact,
    budget: narrowBudget,
  });
}

function noEntry(
  turn: Turn,
  { pad }: IkeSa,
  stoppedBy: SpdEntry | undefined,
  nearest: Nearest | undefined,
  proposed: SelectorLists,
): Refusal {
  const base = { kind: 'refused', notify: 'TS_UNACCEPTABLE', rfc: 'RFC 7296 §2.9' } as const;
  const text = listsText(proposed);
  if (nearest) {
    const { template, entry } = nearest.candidate;
    return {
      ...base,
      code: 'selectors-unacceptable',
      text: `${recordText(template.source)} does not allow ${text}: ${unacceptable[nearest.why]}`,
      records: sourcesOf(template, entry),
    };
  }
  if (stoppedBy) {
    const does = stoppedBy.action.kind === 'BYPASS' ? 'passes these packets in the clear' : 'discards these packets';
    return {
      ...base,
      code: 'no-spd-entry',
      text: `${recordText(stoppedBy.source)} ${does} (${text})`,
      records: [stoppedBy.source],
    };
  }
  return {
    ...base,
    code: 'no-spd-entry',
    text: `no record of ${turn.env.view.config.name} protects ${text} with this peer`,
    records: pad ? [pad.source] : [],
  };
}
