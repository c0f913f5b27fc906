/**
 * `npm run fidelity -- PAIRS VERDICTS [--judge NAME]`: agreement of our verdicts with what real daemons did, field by field.
 * PAIRS has a pair of swanctl.conf a line ({ id, left, right }), VERDICTS what became of it. Ends with 1 on a disagreement.
 */
import { readFileSync } from 'node:fs';
import { judgeByConfiguration, recordedSetting } from './fidelity/analytic.js';
import {
  compareVerdicts,
  type Disagreement,
  fieldsOf,
  type Judge,
  type Pair,
  type PairVerdict,
} from './fidelity/verdict.js';

/** Ways to come to a verdict, by name. */
export const judges: Readonly<Record<string, Judge>> = {
  analytic: (pair) => judgeByConfiguration(pair, recordedSetting),
};

export interface FidelityReport {
  readonly pairs: number;
  /** By field: how often it was compared, and how often both said the same. */
  readonly fields: ReadonlyMap<string, { readonly compared: number; readonly equal: number }>;
  readonly disagreements: readonly { readonly id: string; readonly differences: readonly Disagreement[] }[];
}

/** Compares a judge's verdicts with the real ones. */
export async function fidelity(
  pairs: readonly Pair[],
  verdicts: ReadonlyMap<string, PairVerdict>,
  judge: Judge,
): Promise<FidelityReport> {
  const fields = new Map<string, { compared: number; equal: number }>();
  const disagreements: { id: string; differences: readonly Disagreement[] }[] = [];
  let compared = 0;
  for (const pair of pairs) {
    const real = verdicts.get(pair.id);
    if (!real) continue;
    compared += 1;
    const ours = await judge(pair);
    const differences = compareVerdicts(real, ours);
    for (const field of new Set([...fieldsOf(real).keys(), ...fieldsOf(ours).keys()])) {
      const count = fields.get(field) ?? { compared: 0, equal: 0 };
      count.compared += 1;
      if (!differences.some((difference) => difference.field === field)) count.equal += 1;
      fields.set(field, count);
    }
    if (differences.length > 0) disagreements.push({ id: pair.id, differences });
  }
  return { pairs: compared, fields, disagreements };
}

/** Reads a file of one JSON value a line. */
export function readLines<T>(file: string): T[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as T);
}

/** The report as text. */
export function printReport({ pairs, fields, disagreements }: FidelityReport): string {
  const lines = [`${pairs} pairs, ${pairs - disagreements.length} of them equal in every field`, ''];
  for (const [field, { compared, equal }] of [...fields].sort(([a], [b]) => (a < b ? -1 : 1)))
    lines.push(`${field.padEnd(24)} ${String(equal).padStart(5)} of ${compared}`);
  for (const { id, differences } of disagreements) {
    lines.push('', id);
    for (const { field, real, ours } of differences)
      lines.push(`  ${field}: the daemons ${real ?? '(nothing)'}, we ${ours ?? '(nothing)'}`);
  }
  return `${lines.join('\n')}\n`;
}

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const option = words.indexOf('--judge');
  const [name = 'analytic'] = option === -1 ? [] : words.splice(option, 2).slice(1);
  const [pairsFile, verdictsFile] = words;
  const judge = judges[name];
  if (!pairsFile || !verdictsFile || !judge) {
    process.stderr.write(`usage: npm run fidelity -- PAIRS VERDICTS [--judge ${Object.keys(judges).join('|')}]\n`);
    process.exitCode = 2;
    return;
  }
  const verdicts = new Map(
    readLines<PairVerdict & { id: string }>(verdictsFile).map((verdict) => [verdict.id, verdict]),
  );
  const report = await fidelity(readLines<Pair>(pairsFile), verdicts, judge);
  process.stdout.write(printReport(report));
  if (report.disagreements.length > 0 || report.pairs === 0) process.exitCode = 1;
}

if (process.argv[1]?.endsWith('fidelity.ts')) await main();
