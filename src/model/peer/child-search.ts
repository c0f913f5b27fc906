/**
 * What a responder's SPD has for the selectors that a peer proposes (RFC 7296 §2.9, RFC 4301 §4.4.1; hpux-ipsec reference
 * 7.3): the SAs that could be meant, in search order. Which of them is taken is for `narrow`, the comparison of client
 * identities and `selectProposal` to say.
 */
import type { Address } from '../address.js';
import { isRegionCovered } from '../selector/algebra.js';
import type { SaTemplate, SpdEntry } from '../system-config.js';
import { listsRegion, type SelectorLists } from '../traffic-selector.js';
import type { SpdList, SystemView } from './system-view.js';

export interface ChildCandidate {
  readonly list: SpdList;
  readonly entry: SpdEntry;
  readonly template: SaTemplate;
  /** Place of the template in the entry's bundle, innermost first. */
  readonly sa: number;
}

export interface ChildSearch {
  readonly candidates: readonly ChildCandidate[];
  /** An entry that takes all of the proposed packets without protection, before any that is left would be reached. */
  readonly stoppedBy?: SpdEntry;
  /** Entries that protect such packets, but with SAs that end elsewhere, have manual keys or are of another connection. */
  readonly elsewhere: readonly SpdEntry[];
}

export interface ChildQuery {
  /** In this system's terms. */
  readonly proposed: SelectorLists;
  readonly ends: { readonly local: Address; readonly remote: Address };
  /** The IKE SA was made for this connection. */
  readonly connection?: string;
}

/** Entries that are looked at for one proposal. */
export const candidatesMax = 256;
/** Boxes of a proposal that the index is asked for; RFC 7296 allows 255 selectors on each side. */
const boxesMax = 512;
/** Steps for the question whether one entry takes everything. */
const coverBudget = 20_000;

/** Searches the SPD: entries for the system's own packets first, then those for packets that it forwards. */
export function searchChild(view: SystemView, query: ChildQuery): ChildSearch {
  const region = listsRegion(query.proposed).slice(0, boxesMax);
  const candidates: ChildCandidate[] = [];
  const elsewhere: SpdEntry[] = [];
  let stoppedBy: SpdEntry | undefined;
  for (const list of [view.host, view.forward]) {
    const numbers = new Set<number>();
    for (const box of region)
      for (const number of list.index.overlaps(box, { limit: candidatesMax })) numbers.add(number);
    for (const number of [...numbers].sort((a, b) => a - b).slice(0, candidatesMax)) {
      const entry = list.entries[number]!;
      if (entry.action.kind !== 'PROTECT') {
        if (isRegionCovered(region, entry.selectors, coverBudget).kind !== 'covered') continue;
        stoppedBy ??= entry;
        break;
      }
      const fitting = entry.action.bundle.flatMap((template, sa) =>
        isFor(template, query) ? [{ list, entry, template, sa }] : [],
      );
      candidates.push(...fitting);
      if (fitting.length === 0) elsewhere.push(entry);
    }
  }
  return { candidates, elsewhere, ...(stoppedBy ? { stoppedBy } : {}) };
}

function isFor(template: SaTemplate, { ends, connection }: ChildQuery): boolean {
  const is = (written: Address | undefined, actual: Address) =>
    written === undefined || (written.family === actual.family && written.value === actual.value);
  return (
    template.manual === undefined &&
    template.connection === connection &&
    is(template.localEndpoint, ends.local) &&
    is(template.remoteEndpoint, ends.remote)
  );
}
