/** The use cases behind `policy baseline`. */
import { existsSync, readFileSync } from 'node:fs';
import { applyBaseline, type Baseline, createBaseline, parseBaseline } from '../lint/baseline.js';
import { UsageError } from '../model/tool-error.js';
import { baselineFile, type LintOptions, lint, statementFinder } from './lint.js';
import { replaceFile } from './write-file.js';

export type { BaselineEntry } from '../lint/baseline.js';

/** Where a baseline is kept unless configured or named. */
export const defaultBaseline = 'ipsec-baseline.json';

/** Lints and writes every finding into the baseline file; a file that exists is replaced only with `force`. */
export async function writeBaseline(
  options: LintOptions,
  named: string | undefined,
  force: boolean,
): Promise<{ file: string; baseline: Baseline }> {
  const outcome = await lint({ ...options, baseline: false });
  const file = fileOf(outcome.repository, named);
  if (existsSync(file) && !force) {
    throw new UsageError(`${file} exists`, {
      code: 'EXISTS',
      hints: ['Replace it with --force, or take away what is mended with `ipsec policy baseline prune`.'],
    });
  }
  const baseline = createBaseline(outcome.beforeBaseline, statementFinder(outcome.repository.systems));
  writeText(file, baseline);
  return { file, baseline };
}

/** Removes entries that stand for nothing any more. */
export async function pruneBaseline(
  options: LintOptions,
  named: string | undefined,
): Promise<{ file: string; kept: number; removed: number }> {
  const outcome = await lint({ ...options, baseline: false });
  const file = fileOf(outcome.repository, named);
  const baseline = readBaseline(file);
  const { known, stale } = applyBaseline(outcome.beforeBaseline, baseline, statementFinder(outcome.repository.systems));
  writeText(file, createBaseline(known, statementFinder(outcome.repository.systems)));
  return { file, kept: known.length, removed: stale.reduce((sum, entry) => sum + entry.count, 0) };
}

/** The entries of the baseline file. */
export async function showBaseline(
  options: LintOptions,
  named: string | undefined,
): Promise<{ file: string; baseline: Baseline }> {
  const { loadRepository } = await import('./repository/load-repository.js');
  const file = fileOf(await loadRepository(options), named);
  return { file, baseline: readBaseline(file) };
}

function fileOf(repository: Parameters<typeof baselineFile>[0], named: string | undefined): string {
  return (
    baselineFile(repository, named, repository.config.config.lint ?? {}) ??
    baselineFile(repository, defaultBaseline, {})!
  );
}

function readBaseline(file: string): Baseline {
  if (!existsSync(file))
    throw new UsageError(`there is no baseline ${file}`, {
      code: 'BASELINE',
      hints: ['Make one with `ipsec policy baseline create`.'],
    });
  const baseline = parseBaseline(readFileSync(file, 'utf8'));
  if ('error' in baseline) throw new UsageError(`baseline ${file}: ${baseline.error}`, { code: 'BASELINE' });
  return baseline;
}

function writeText(file: string, baseline: Baseline): void {
  replaceFile(file, `${JSON.stringify(baseline, null, 2)}\n`);
}
