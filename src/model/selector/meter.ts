/**
 * Counts the steps of searches that share a budget. A step is about one comparison of two boxes; counting steps instead of
 * time makes equal arguments give equal answers on any machine.
 */
export interface Meter {
  readonly budget: number;
  /** Never more than the budget. */
  spent: number;
}

/** A meter that has spent nothing. */
export function meterOf(budget: number): Meter {
  return { budget, spent: 0 };
}

/** A meter for what is bounded by the size of its input anyway. */
export function unlimited(): Meter {
  return meterOf(Number.POSITIVE_INFINITY);
}

/** Spends some steps; false, and nothing spent, when that would be more than the budget allows. */
export function spend(meter: Meter, steps: number): boolean {
  if (meter.spent + steps > meter.budget) return false;
  meter.spent += steps;
  return true;
}
