import { fc, test } from '@fast-check/vitest';
import { expect, it } from 'vitest';
import type { Finding } from '../../../src/model/finding.js';
import type { SourceText } from '../../../src/model/span.js';
import { findingFormats, renderFindings } from '../../../src/report/findings/render.js';
import { xmlText } from '../../../src/report/xml.js';
import { nastyReport, reportOf } from '../support/findings.js';
import { parseXml, parseXmlMissing } from '../support/optional.js';
import { secretLetter, sourceTexts, spansIn, unsafeOutput } from '../support/reference.js';

const anyText = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.replaceAll(secretLetter, ''));

function findingsIn(source: SourceText): fc.Arbitrary<Finding> {
  const edit = fc.record({
    at: spansIn(source),
    newText: fc.oneof(anyText, fc.constant(source.masked(0, source.text.length)), fc.constant(source.text)),
  });
  return fc.record({
    code: fc.constantFrom('SHD001', 'XXX999'),
    slug: fc.constantFrom('shadowed', 'other'),
    severity: fc.constantFrom('error' as const, 'warning' as const, 'info' as const),
    message: anyText,
    at: spansIn(source),
    related: fc.array(fc.record({ at: spansIn(source), text: anyText }), { maxLength: 5 }),
    notes: fc.array(anyText, { maxLength: 2 }),
    help: fc.option(anyText, { nil: undefined }),
    fixes: fc.array(
      fc.record({
        safety: fc.constantFrom('safe' as const, 'unsafe' as const),
        title: anyText,
        edits: fc.array(edit, { maxLength: 3 }),
      }),
      { maxLength: 2 },
    ),
    record: fc.option(fc.record({ kind: anyText, name: anyText }), { nil: undefined }),
    system: fc.option(anyText, { nil: undefined }),
    peer: fc.option(anyText, { nil: undefined }),
  });
}

const reports = fc
  .array(
    sourceTexts.chain((source) => fc.array(findingsIn(source), { maxLength: 4 })),
    { maxLength: 3 },
  )
  .map((lists) => reportOf(lists.flat()));

test.prop([reports, fc.constantFrom(...findingFormats)], { numRuns: 2000 })(
  'whatever the findings, a report is safe to print, shows no secret and can be read back',
  (report, format) => {
    const text = [...renderFindings(report, format)].join('');
    expect(text).not.toContain(secretLetter);
    expect(text).not.toContain(encodeURIComponent(secretLetter));
    expect(text).not.toMatch(unsafeOutput);
    const lines = text.split('\n').slice(0, -1);
    switch (format) {
      case 'json':
        expect(JSON.parse(text).findings).toHaveLength(report.findings.length);
        break;
      case 'sarif':
        expect(JSON.parse(text).runs[0].results).toHaveLength(report.findings.length);
        break;
      case 'gitlab':
        expect(JSON.parse(text)).toHaveLength(report.findings.length);
        break;
      case 'jsonl':
        expect(lines.map((line) => JSON.parse(line).kind)).toHaveLength(report.findings.length + 1);
        break;
      case 'concise':
      case 'github':
        expect(lines).toHaveLength(report.findings.length);
        break;
      case 'junit':
      case 'checkstyle': {
        const elements = parseXml?.(text).elements;
        if (!elements) break;
        const name = format === 'junit' ? 'testcase' : 'error';
        const own = format === 'junit' ? 1 : 0;
        expect(elements.filter((element) => element.name === name)).toHaveLength(report.findings.length + own);
        break;
      }
      case 'text':
      case 'markdown':
        break;
    }
  },
);

const xmlTest = parseXml ? test : test.skip;
xmlTest.prop([fc.string({ unit: 'binary' })], { numRuns: 1000 })(
  'XML text comes back but for what XML 1.0 forbids',
  (text) => {
    if (!parseXml) throw new Error(parseXmlMissing);
    const legal = text.replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
    const { elements, text: content } = parseXml(`<a b="${xmlText(text)}">${xmlText(text)}</a>`);
    expect(content).toBe(legal);
    expect(elements[0]?.attributes.b).toBe(legal);
  },
);

it('XML of the nastiest report is well-formed, with all of its messages', (context) => {
  if (!parseXml) return context.skip(parseXmlMissing);
  const { elements } = parseXml([...renderFindings(nastyReport, 'checkstyle')].join(''));
  const messages = elements.filter(({ name }) => name === 'error').map(({ attributes }) => attributes.message);
  expect(messages).toHaveLength(nastyReport.findings.length);
  expect(messages).toContain('odd characters');
  expect(parseXml([...renderFindings(nastyReport, 'junit')].join('')).text).toContain(']]> <b>bold</b> & `code`');
});
