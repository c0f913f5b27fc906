/** How often verdicts of ours agree with those of real daemons, field by field, for any number of judges. */
import type { RecordedVerdict } from './input.js';
import { compareVerdicts, type Disagreement, fieldsOf, type Judge, type Pair, type PairVerdict } from './verdict.js';

export interface JudgeDisagreement {
  readonly id: string;
  readonly mutations: readonly string[];
  readonly differences: readonly Disagreement[];
  /** The judge came to no verdict at all. */
  readonly error?: string;
}

export interface Agreement {
  readonly judge: string;
  /** Pairs that were compared. */
  readonly pairs: number;
  /** By field: how often it was compared, and how often both said the same. */
  readonly fields: ReadonlyMap<string, { readonly compared: number; readonly equal: number }>;
  readonly disagreements: readonly JudgeDisagreement[];
}

/** Lets a judge say what becomes of every pair that there is a verdict for. */
export async function agreement(
  name: string,
  judge: Judge,
  pairs: readonly Pair[],
  verdicts: ReadonlyMap<string, RecordedVerdict>,
): Promise<Agreement> {
  const fields = new Map<string, { compared: number; equal: number }>();
  const disagreements: JudgeDisagreement[] = [];
  let compared = 0;
  for (const pair of pairs) {
    const real = verdicts.get(pair.id);
    if (!real) continue;
    compared += 1;
    const ours = await verdictOf(judge, pair);
    const differences = typeof ours === 'string' ? [] : compareVerdicts(real, ours);
    const known = new Set([...fieldsOf(real).keys(), ...(typeof ours === 'string' ? [] : fieldsOf(ours).keys())]);
    for (const field of known) {
      const count = fields.get(field) ?? { compared: 0, equal: 0 };
      count.compared += 1;
      if (typeof ours !== 'string' && !differences.some((difference) => difference.field === field)) count.equal += 1;
      fields.set(field, count);
    }
    const { id, mutations = [] } = pair;
    if (typeof ours === 'string') disagreements.push({ id, mutations, differences, error: ours });
    else if (differences.length > 0) disagreements.push({ id, mutations, differences });
  }
  return { judge: name, pairs: compared, fields, disagreements };
}

/** The verdict, or in words why there is none. */
async function verdictOf(judge: Judge, pair: Pair): Promise<PairVerdict | string> {
  try {
    return await judge(pair);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The agreements as text; several judges stand side by side. */
export function printAgreements(agreements: readonly Agreement[]): string {
  const lines = agreements.map(
    ({ judge, pairs, disagreements }) =>
      `${judge}: ${pairs} pairs, ${pairs - disagreements.length} of them equal in every field`,
  );
  const names = [...new Set(agreements.flatMap(({ fields }) => [...fields.keys()]))].sort();
  lines.push('', `${'field'.padEnd(fieldWidth)}${agreements.map(({ judge }) => judge.padEnd(columnWidth)).join('')}`);
  for (const name of names) {
    const columns = agreements.map(({ fields }) => {
      const { equal, compared } = fields.get(name) ?? { equal: 0, compared: 0 };
      return `${equal} of ${compared}`.padEnd(columnWidth);
    });
    lines.push(`${name.padEnd(fieldWidth)}${columns.join('')}`);
  }
  for (const { judge, disagreements } of agreements) {
    for (const { id, mutations, differences, error } of disagreements) {
      lines.push('', `${id}, ${judge}${mutations.length > 0 ? ` (${mutations.join(', ')})` : ''}`);
      if (error !== undefined) lines.push(`  no verdict: ${error}`);
      for (const { field, real, ours } of differences)
        lines.push(`  ${field}: the daemons ${real ?? '(nothing)'}, we ${ours ?? '(nothing)'}`);
    }
  }
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

const fieldWidth = 24;
const columnWidth = 16;
