/**
 * Applies fixes of findings. Safe fixes are proved before anything is written: the records are read again with the fixes in
 * place, and every packet and every peer must be treated as before. A fix that fails the proof is left out and named.
 */

import { applyFixes, type ChosenFix, chooseFixes } from '../lint/edits.js';
import { compareSystems } from '../model/compare.js';
import type { Finding } from '../model/finding.js';
import { SourceText } from '../model/span.js';
import { parseText } from '../parser/parse.js';
import { type LintOptions, type LintOutcome, lintRepository } from './lint.js';
import { loadRepository, type Repository } from './repository/load-repository.js';

export interface FixedFile {
  readonly path: string;
  /** Absolute path. */
  readonly file: string;
  readonly before: SourceText;
  /** With its secrets marked. */
  readonly after: SourceText;
}

export interface FixOutcome {
  readonly files: readonly FixedFile[];
  /** The lint of the texts after the fixes. */
  readonly outcome: LintOutcome;
  readonly fixed: number;
  /** Safe fixes that would have changed a treatment and were left out: faults of a rule. */
  readonly refused: readonly Finding[];
}

/** A fix can make room for another; more rounds than this mean that two rules undo each other. */
const roundsMax = 8;

/** Fixes what can be fixed, in memory; the caller writes `files`. `unsafe` allows fixes that change treatment. */
export async function fixFindings(first: LintOutcome, options: LintOptions, unsafe: boolean): Promise<FixOutcome> {
  let outcome = first;
  let fixed = 0;
  const overlay = new Map<string, string>();
  const originals = new Map<string, SourceText>();
  const refused: Finding[] = [];
  for (let round = 0; round < roundsMax; round += 1) {
    const { repository } = outcome;
    const chosen = chooseFixes(writable(outcome.beforeBaseline, repository), unsafe);
    const accepted = unsafe ? chosen : await keepProved(chosen, repository, options, overlay, refused);
    if (accepted.length === 0) break;
    for (const [source, text] of applyFixes(accepted)) {
      const file = repository.files.get(source.path)!;
      if (!originals.has(file)) originals.set(file, source);
      overlay.set(file, text);
    }
    fixed += accepted.length;
    outcome = await lintRepository(await loadRepository({ ...options, overlay }), options);
  }
  const files = [...originals].map(([file, before]): FixedFile => {
    const after = new SourceText(before.path, overlay.get(file)!);
    parseText(after);
    return { path: before.path, file, before, after };
  });
  const report = { ...outcome.report, summary: { ...outcome.report.summary, fixed } };
  return { files, outcome: { ...outcome, report }, fixed, refused };
}

/** Findings in files that can be written; standard input and built-in texts cannot. */
function writable(findings: readonly Finding[], repository: Repository): Finding[] {
  return findings.filter((finding) =>
    finding.fixes.every((fix) => fix.edits.every(({ at }) => (repository.files.get(at.source.path) ?? '-') !== '-')),
  );
}

/** The fixes that leave every treatment as it is. All together are tried first; only if that fails, one by one. */
async function keepProved(
  chosen: readonly ChosenFix[],
  repository: Repository,
  options: LintOptions,
  overlay: ReadonlyMap<string, string>,
  refused: Finding[],
): Promise<readonly ChosenFix[]> {
  if (chosen.length === 0 || (await isSame(chosen, repository, options, overlay))) return chosen;
  const kept: ChosenFix[] = [];
  for (const fix of chosen) {
    if (await isSame([...kept, fix], repository, options, overlay)) kept.push(fix);
    else if (!refused.some((finding) => finding.code === fix.finding.code && finding.message === fix.finding.message))
      refused.push(fix.finding);
  }
  return kept;
}

async function isSame(
  fixes: readonly ChosenFix[],
  repository: Repository,
  options: LintOptions,
  overlay: ReadonlyMap<string, string>,
): Promise<boolean> {
  const trial = new Map(overlay);
  for (const [source, text] of applyFixes(fixes)) trial.set(repository.files.get(source.path)!, text);
  const after = await loadRepository({ ...options, overlay: trial });
  return repository.systems.every((system, index) => {
    const { presence, treatment, peers, truncated } = compareSystems(system, after.systems[index]);
    // When an IKE SA is rekeyed is each side's own affair (RFC 7296 §2.8), and no part of what peers agree on.
    const agreement = peers.some(({ fields }) => fields.some(({ name }) => name !== 'life'));
    return presence === 'both' && treatment.length === 0 && !agreement && !truncated;
  });
}
