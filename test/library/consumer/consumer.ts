/** A program of somebody who has the package alone, as strict as a compiler can be about it and about its declarations. */
import { type Finding, lint, loadPolicy, negotiate, plan, UsageError } from 'ipsec';

export async function check(ours: string, theirs: string): Promise<readonly string[]> {
  try {
    const { systems } = await loadPolicy(ours);
    const { findings } = await lint(ours, { select: ['SHD'] });
    const shown = findings.map(({ code, message, at }: Finding) => `${at.source.path} ${code} ${message}`);
    const { good, runs } = await negotiate(ours, theirs, { initiator: 'A' });
    const { changes } = await plan(ours);
    const verdicts: readonly boolean[] = runs.map((run) => run.verdict.good);
    // @ts-expect-error it is a list of values, not of anything
    const wrong: readonly string[] = runs;
    void wrong;
    return [...shown, ...systems.map(({ name }) => name), `${good} ${verdicts.length} ${changes.length}`];
  } catch (error) {
    return error instanceof UsageError ? error.hints : [];
  }
}
