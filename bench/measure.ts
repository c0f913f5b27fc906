/** Measuring, for the benchmarks. */

/** The middle value; of an even number the lower of the two. `values` must not be empty. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1]!;
}

/** Milliseconds of processor time that this process has used, threads of the collector and the compiler included. */
export function cpuMillis(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Milliseconds that each of several rivals takes: `rounds` times one after the other in turn, so that whatever else the machine
 * does hits all alike, after one round that does not count. `clock` is a wall clock unless told.
 */
export async function interleaved<Name extends string>(
  rivals: Readonly<Record<Name, () => unknown>>,
  rounds: number,
  clock: () => number = () => performance.now(),
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const names = Object.keys(rivals) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const start = clock();
      await rivals[name]();
      if (round > 0) times[name].push(clock() - start);
    }
  }
  return times;
}
