/** What became of one scenario. */
import type { TraceEntry } from '../../../src/engine/sim/trace.js';

export interface Replay {
  /** What did not come out as the scenario has it, one text each; empty where all did. */
  readonly differences: readonly string[];
  readonly trace: readonly TraceEntry[];
}
