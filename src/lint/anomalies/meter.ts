/**
 * A limit on the work for one whole list: no set of records may make the rules take for ever. A unit is about a comparison
 * of two boxes, never a time, so equal records give equal answers on any machine.
 */
export interface Meter {
  /** Takes units off what is left. */
  spend(units: number): void;
  /** What one question may cost: the usual budget while it lasts, then next to nothing, so that it is left undecided. */
  allowance(budget: number): number;
  readonly exhausted: boolean;
}

/** Units for each entry of a list; real policies need about a hundred. */
const unitsPerEntry = 1_000;
/** So many questions may cost all that a question may. */
const dearQuestionsMax = 50;
/** Enough to find a packet by trying, or a single entry that covers another. */
const leastAllowance = 64;

/** A meter for a list of `entries` entries, where one question may cost `budget` units. */
export function meterFor(entries: number, budget: number): Meter {
  let left = unitsPerEntry * entries + dearQuestionsMax * budget;
  return {
    spend(units) {
      left -= units;
    },
    allowance: (wanted) => Math.max(leastAllowance, Math.min(wanted, left)),
    get exhausted() {
      return left <= 0;
    },
  };
}
