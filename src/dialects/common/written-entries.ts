/** Which entries of an SPD a writer has to write. */
import { isRegionCovered, regionsIntersect } from '../../model/selector/algebra.js';
import type { Region } from '../../model/selector/box.js';
import type { SpdEntry } from '../../model/system-config.js';

/**
 * The entries of an SPD without those at the end that let pass what passes anyway, and without what the product does by
 * itself: `passed` is what it lets pass before all else.
 */
export function writtenEntries(spd: readonly SpdEntry[], passed: Region): readonly SpdEntry[] {
  const entries = spd.slice(0, endOfList(spd));
  return entries.filter((entry, at) => {
    if (entry.action.kind !== 'BYPASS' || entry.source.record.kind !== 'builtin') return true;
    if (isRegionCovered(entry.selectors, passed).kind === 'covered') return false;
    // What a product lets pass only has to be said where something else would take it.
    return entries
      .slice(at + 1)
      .some(({ action, selectors }) => action.kind !== 'BYPASS' && regionsIntersect(selectors, entry.selectors));
  });
}

function endOfList(spd: readonly SpdEntry[]): number {
  let end = spd.length;
  if (spd.at(-1)?.action.kind !== 'BYPASS') return end;
  end -= 1;
  while (end > 0 && spd[end - 1]!.action.kind === 'BYPASS' && spd[end - 1]!.source.record.kind === 'builtin') end -= 1;
  return end;
}

/** One policy as a product would rank it by itself. */
export interface RankedPolicy {
  readonly entry: SpdEntry;
  /** Its place among the entries. */
  readonly place: number;
  readonly region: Region;
  /** The numbers that the product works out for its parts; the lower one is looked at first. */
  readonly least: number;
  readonly most: number;
}

/** Do the numbers that a product works out give the order of the SPD wherever it matters? Takes quadratic time. */
export function keepsOrder(policies: readonly RankedPolicy[]): boolean {
  return policies.every((first) =>
    policies.every(
      (second) =>
        first.place >= second.place ||
        first.most < second.least ||
        (first.entry.action.kind !== 'PROTECT' && first.entry.action.kind === second.entry.action.kind) ||
        !regionsIntersect(first.region, second.region),
    ),
  );
}
