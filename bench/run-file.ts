/** Runs the benchmarks of one file and sends their rows to bench/run.ts: run-file.ts FILE [WORDS…]. */
import path from 'node:path';
import { importTs } from '../scripts/import-ts.mjs';
import type { Benchmark } from './row.js';

const [file = '', ...words] = process.argv.slice(2);
const chosen = (text: string) => words.length === 0 || words.some((word) => text.includes(word));

const { benchmarks } = (await importTs(path.join(import.meta.dirname, file))) as { benchmarks: readonly Benchmark[] };
for (const benchmark of benchmarks) {
  if (!chosen(file) && !chosen(benchmark.name)) continue;
  process.send?.({ benchmark: benchmark.name, rows: await benchmark.run() });
}
