import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { findingsDocument } from '../../../src/report/findings/json.js';
import { renderFindings } from '../../../src/report/findings/render.js';
import type { FindingsReport } from '../../../src/report/findings/report.js';
import { nastyReport, reportOf } from '../support/findings.js';
import { ownSchema, sarifSchema, sarifSchemaMissing } from '../support/optional.js';

function validator() {
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, allowUnionTypes: true });
  addFormats.default(ajv);
  return ajv;
}

function render(report: FindingsReport, format: 'json' | 'jsonl' | 'sarif', options = {}): string {
  return [...renderFindings(report, format, options)].join('');
}

const own = validator();
own.addSchema(ownSchema('findings-v1.schema.json'));
const validFindings = own.getSchema('findings-v1.schema.json')!;
const validLine = own.compile(ownSchema('findings-line-v1.schema.json'));
const reports: readonly [string, FindingsReport][] = [
  ['everything', nastyReport],
  ['nothing', reportOf([], { rules: [] })],
];

describe.each(reports)('a report of %s', (_, report) => {
  it('is JSON as its schema says', () => {
    validFindings(JSON.parse(render(report, 'json')));
    expect(validFindings.errors).toBeNull();
  });

  it('is the same value for --json', () => {
    const document = JSON.parse(JSON.stringify(findingsDocument(report)));
    expect(document).toEqual(JSON.parse(render(report, 'json')));
  });

  it('is JSON lines as their schema says, the summary last', () => {
    const lines = render(report, 'jsonl').trimEnd().split('\n');
    for (const line of lines) {
      validLine(JSON.parse(line));
      expect(validLine.errors).toBeNull();
    }
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ kind: 'summary', failed: report.failed });
    expect(lines).toHaveLength(report.findings.length + (report.suppressedFindings?.length ?? 0) + 1);
  });

  it('is SARIF 2.1.0', (context) => {
    const schema = sarifSchema();
    if (!schema) return context.skip(sarifSchemaMissing);
    const ajv = new Ajv2020({ allErrors: true, strict: false });
    addFormats.default(ajv);
    const valid = ajv.compile(schema);
    for (const options of [{}, { root: '/etc/ipsec' }]) {
      valid(JSON.parse(render(report, 'sarif', options)));
      expect(valid.errors).toBeNull();
    }
    expect(valid({ ...JSON.parse(render(report, 'sarif')), version: '2.2' })).toBe(false);
  });
});

describe('the schemas', () => {
  const document = () => JSON.parse(render(nastyReport, 'json'));

  it.each([
    ['another version', (d: { schemaVersion: number }) => (d.schemaVersion = 2)],
    ['no summary', (d: { summary?: object }) => delete d.summary],
    ['a line 0', (d: ReturnType<typeof document>) => (d.findings[0].location.start.line = 0)],
    ['an unknown severity', (d: ReturnType<typeof document>) => (d.findings[0].severity = 'fatal')],
    ['a withheld fix with edits', (d: ReturnType<typeof document>) => withhold(d)],
  ])('refuse %s', (_, change) => {
    const changed = document();
    change(changed);
    expect(validFindings(changed)).toBe(false);
  });
});

function withhold(document: { findings: { fixes: { withheld: boolean; edits: unknown[] }[] }[] }): void {
  for (const finding of document.findings) {
    for (const fix of finding.fixes) if (fix.edits.length > 0) fix.withheld = true;
  }
}
