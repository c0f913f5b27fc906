/** What a benchmark file exports: `export const benchmarks: readonly Benchmark[]`. */

/** One figure. */
export interface Row {
  readonly name: string;
  readonly value: number;
  /** `x` for a ratio, `ms`, `µs`, `MB/s` … */
  readonly unit: string;
  /**
   * The value must not be above this; `npm run bench -- --check` fails otherwise. Give limits to ratios measured in one run
   * only: absolute times depend on the machine.
   */
  readonly limit?: number;
  readonly note?: string;
}

export interface Benchmark {
  /** Lower case words with hyphens; `npm run bench -- <part of the name>` chooses by it. */
  readonly name: string;
  /** Measures. Other benchmarks never run at the same time. */
  run(): Promise<readonly Row[]> | readonly Row[];
}
