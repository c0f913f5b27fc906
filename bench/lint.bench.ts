/**
 * `policy lint` of large repositories: what all rules cost beside splitting the text at blanks, which no reader can beat, how
 * that grows, and how much memory it takes. Each size runs in a process of its own, since peak memory cannot be reset.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Benchmark, Row } from './row.js';
import type { LintCost } from './support/lint-once.js';

const large = 100_000;
const small = large / 10;
/** All of these overlap one another: a share of the questions about them must be left undecided. */
const hard = 5_000;

async function cost(kind: 'realistic' | 'adversarial', hosts: number): Promise<LintCost> {
  const runner = path.join(import.meta.dirname, '..', 'scripts', 'run-ts.mjs');
  const child = fork(runner, [path.join(import.meta.dirname, 'support', 'lint-once.ts'), kind, String(hosts)]);
  const exit = once(child, 'exit');
  let found: LintCost | undefined;
  child.on('message', (message) => {
    found = message as LintCost;
  });
  const [code] = await exit;
  if (!found) throw new Error(`linting ${hosts} ${kind} host policies ended with ${code}`);
  return found;
}

async function run(): Promise<readonly Row[]> {
  const few = await cost('realistic', small);
  const many = await cost('realistic', large);
  const bad = await cost('adversarial', hard);
  const seconds = (millis: number) => `${(millis / 1000).toFixed(1)} s`;
  const perHost = many.lint / large;
  return [
    {
      name: `rules on ${large} host policies, against splitting`,
      value: many.lint / many.split,
      unit: 'x',
      note: `${seconds(many.lint)} of processor time, ${many.records} records, ${many.findings} findings`,
    },
    {
      name: 'reading and rules, against splitting',
      value: (many.load + many.lint) / many.split,
      unit: 'x',
      note: seconds(many.load + many.lint),
    },
    { name: 'text to syntax, against splitting', value: many.parse / many.split, unit: 'x', limit: 5 },
    // 1 is linear.
    { name: 'exponent of rules, 10k to 100k', value: Math.log10(many.lint / few.lint), unit: '', limit: 1.15 },
    { name: 'peak memory of reading and rules', value: many.peak, unit: 'MiB', limit: 1536 },
    {
      name: `a host policy of ${hard} that all overlap, against a plain one`,
      value: bad.lint / hard / perHost,
      unit: 'x',
      limit: 40,
      note: seconds(bad.lint),
    },
  ];
}

export const benchmarks: readonly Benchmark[] = [{ name: 'lint', run }];
