/** `lint` of the library. */
import type { Finding, Severity } from '../model/finding.js';
import { lint as lintService } from '../services/lint.js';

export interface LintPolicyOptions {
  /** Codes, beginnings of codes, slugs, or `ALL`. */
  readonly select?: readonly string[];
  readonly ignore?: readonly string[];
  /** Guidance profiles, as `--profile` names them. */
  readonly profiles?: readonly string[];
  /** YYYY-MM-DD; today unless told. */
  readonly asOf?: string;
  /** Compare systems with each other, also where they are single files. */
  readonly together?: boolean;
  /** From this severity on a finding makes the result fail; error unless told or configured. */
  readonly failLevel?: Severity;
}

export interface LintResult {
  /** By file and place. */
  readonly findings: readonly Finding[];
  readonly summary: { readonly errors: number; readonly warnings: number; readonly infos: number };
  readonly failed: boolean;
}

/**
 * Lints files, folders or a repository, as `ipsec policy lint` does. Throws UsageError for wrong paths, rules, profiles and
 * configurations.
 */
export async function lint(
  paths: string | readonly string[],
  { select, ignore, profiles, asOf, together, failLevel }: LintPolicyOptions = {},
): Promise<LintResult> {
  const { report } = await lintService({
    paths: typeof paths === 'string' ? [paths] : paths,
    ...(select ? { select } : {}),
    ...(ignore ? { ignore } : {}),
    ...(profiles ? { profiles } : {}),
    ...(asOf === undefined ? {} : { asOf }),
    ...(together === undefined ? {} : { together }),
    ...(failLevel ? { failLevel } : {}),
  });
  const { errors, warnings, infos } = report.summary;
  return { findings: report.findings, summary: { errors, warnings, infos }, failed: report.failed };
}
