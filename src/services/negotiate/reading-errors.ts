/** What could not be read of the systems of a dry run: as long as there is something, no verdict is sure. */
import { toFinding } from '../../lint/run.js';
import { count } from '../../model/count.js';
import { compareFindings, type Finding } from '../../model/finding.js';
import { isError, type Problem } from '../../model/problem.js';
import { formatPlace } from '../../model/span.js';
import type { ReadingProblemDocument } from '../../report/negotiation/document.js';
import type { NegotiatingSystem } from './systems.js';

/** An error of reading, and the system that it is about. */
export interface ReadingError {
  readonly system: string;
  readonly problem: Problem;
}

/** The errors of all systems, in their order; where two read the same file, once. */
export function readingErrorsOf(systems: readonly Pick<NegotiatingSystem, 'name' | 'loaded'>[]): ReadingError[] {
  const seen = new Set<string>();
  return systems.flatMap(({ name, loaded }) =>
    loaded.problems.filter(isError).flatMap((problem) => {
      const key = `${problem.code} ${formatPlace(problem.at)}`;
      if (seen.has(key)) return [];
      seen.add(key);
      return [{ system: name, problem }];
    }),
  );
}

/** As the findings that `policy lint` shows. The rules are loaded only where there is something to show. */
export async function readingFindings(errors: readonly ReadingError[]): Promise<Finding[]> {
  if (errors.length === 0) return [];
  const { rules: all } = await import('../../lint/registry.js');
  const rules = new Map(all.map((rule) => [rule.code, rule]));
  return errors
    .flatMap(({ system, problem }) => {
      const rule = rules.get(problem.code);
      // Mending files is for `policy lint`, whose flags its fixes name.
      return rule ? [{ ...toFinding(rule, problem, system), fixes: [] }] : [];
    })
    .sort(compareFindings);
}

/** As data. */
export function readingProblems(errors: readonly ReadingError[]): ReadingProblemDocument[] {
  return errors.map(({ system, problem: { code, message, at, help } }) => {
    const { line, column } = at.source.position(at.start);
    return { system, code, message, path: at.source.path, line, column, ...(help ? { help } : {}) };
  });
}

/** What they mean for the answer, a sentence for each system. */
export function readingNotes(errors: readonly ReadingError[]): string[] {
  return [...new Set(errors.map(({ system }) => system))].map((system) => {
    const own = errors.filter((error) => error.system === system).length;
    return `${count(own, 'error')} in the records of ${system} may make this answer wrong: see ipsec policy lint`;
  });
}
