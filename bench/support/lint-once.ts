/** Lints one generated repository in a process of its own and sends what it cost: lint-once.ts realistic|adversarial HOSTS. */
import { systemContext } from '../../src/lint/context.js';
import { rules } from '../../src/lint/registry.js';
import { runRules } from '../../src/lint/run.js';
import { SourceText } from '../../src/model/span.js';
import { parseText } from '../../src/parser/parse.js';
import { loadSystem } from '../../src/services/load-system.js';
import { adversarialRecords, randomRecords } from '../../test/support/random-records.js';
import { median } from '../measure.js';

export interface LintCost {
  readonly records: number;
  readonly findings: number;
  /** Milliseconds of processor time. */
  readonly split: number;
  readonly parse: number;
  readonly load: number;
  readonly lint: number;
  /** MiB. */
  readonly peak: number;
}

/** Short work is measured several times. */
const rounds = 5;
const settings = { asOf: '2026-11-01', profiles: ['rfc'], repository: true, budget: 200_000 };

const [kind, count] = process.argv.slice(2);
const hosts = Number(count);
const text = kind === 'adversarial' ? adversarialRecords({ hosts }) : randomRecords({ hosts });
const repeated = (work: () => unknown) => median(Array.from({ length: rounds }, () => spent(work)[0]));
const split = repeated(() => text.split(/\s+/).length);
const parse = repeated(() => parseText(new SourceText('bench.conf', text)).items.length);
const [load, system] = spent(() => loadSystem({ name: 'bench', sources: [new SourceText('bench.conf', text)] }));
const { policies, config, problems } = system;
const [lint, findings] = spent(() => {
  const context = systemContext({ name: 'bench', policies, config, settings });
  return runRules({
    rules,
    repository: { systems: [context], hosts: [], unownedFiles: [], settings },
    problems: [{ system: 'bench', problems }],
    pairs: [],
  });
});
const cost: LintCost = {
  records: policies.operations,
  findings: findings.length,
  split,
  parse,
  load,
  lint,
  peak: process.resourceUsage().maxRSS / 1024,
};
process.send?.(cost);

/** Processor time rather than time, because other work on the machine does not count then. */
function spent<T>(work: () => T): [millis: number, result: T] {
  const before = process.cpuUsage();
  const result = work();
  const { user, system: kernel } = process.cpuUsage(before);
  return [(user + kernel) / 1000, result];
}
