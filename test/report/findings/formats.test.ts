import { describe, expect, it } from 'vitest';
import { SourceText } from '../../../src/model/span.js';
import { createFingerprinter } from '../../../src/report/findings/fingerprint.js';
import { findingsDocument } from '../../../src/report/findings/json.js';
import { type FindingFormat, renderFindings } from '../../../src/report/findings/render.js';
import type { FindingsReport, RenderOptions } from '../../../src/report/findings/report.js';
import { escapeMarkdown } from '../../../src/report/markdown/escape.js';
import { colourStyle } from '../../../src/report/style.js';
import { pathUri } from '../../../src/report/uri.js';
import { findingAt, nastyReport, reportOf, spanOf, textWithSecrets } from '../support/findings.js';

function render(report: FindingsReport, format: FindingFormat, options: RenderOptions = {}): string {
  return [...renderFindings(report, format, options)].join('');
}

const source = new SourceText('a.conf', 'add host lab\nadd host all\n');
const warning = findingAt(spanOf(source, 'lab'), { severity: 'warning', message: 'careful' });
const error = findingAt(spanOf(source, 'all'));

describe('renderFindings', () => {
  it('orders findings by path, place and code', () => {
    const other = findingAt({ source: new SourceText('A.conf', ''), start: 0, end: 0 });
    const later = findingAt(warning.at, { code: 'ZZZ001' });
    const lines = render(reportOf([error, later, warning, other]), 'concise')
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      'A.conf:1:1: error SHD001',
      'a.conf:1:10: warning SHD001',
      'a.conf:1:10: error ZZZ001',
      'a.conf:2:10: error SHD001',
    ]);
  });

  it.each(['text', 'json', 'sarif', 'junit', 'checkstyle'] as const)(
    'streams 20,000 findings as %s in small chunks',
    (format) => {
      const text = new SourceText('big.conf', 'add host h -priority 5\n'.repeat(10_000));
      const findings = Array.from({ length: 20_000 }, (_, index) => {
        const start = (index >> 1) * 23 + 9;
        return findingAt({ source: text, start, end: start + 1 });
      });
      let length = 0;
      let longest = 0;
      for (const chunk of renderFindings(reportOf(findings), format)) {
        length += chunk.length;
        longest = Math.max(longest, chunk.length);
      }
      expect(length).toBeGreaterThan(1_000_000);
      expect(longest).toBeLessThan(80_000);
    },
  );
});

describe('text', () => {
  it.each([
    [reportOf([]), 'no findings in 3 files (12 records, 2 systems)'],
    [reportOf([warning]), '1 warning in 3 files (12 records, 2 systems)'],
    [reportOf([error, error, warning]), '2 errors and 1 warning in 3 files (12 records, 2 systems): failed'],
    [reportOf([warning], { failed: true }), '1 warning in 3 files (12 records, 2 systems): failed'],
    [
      reportOf([], { summary: { ...reportOf([]).summary, files: 1, systems: 1, records: 1, fixed: 2, suppressed: 1 } }),
      'no findings in 1 file (1 record); 1 suppressed, 2 fixed',
    ],
  ])('closes with counts, and with "failed" only when the run fails', (report, line) => {
    expect(render(report, 'text').trimEnd().split('\n').at(-1)).toBe(line);
  });

  it('limits what it shows of many related places', () => {
    const related = Array.from({ length: 50 }, () => ({ at: error.at, text: 'here' }));
    const lines = render(reportOf([{ ...warning, related }]), 'text').split('\n');
    expect(lines.filter((line) => line.endsWith('--- here'))).toHaveLength(3);
    expect(lines.filter((line) => line.endsWith('= a.conf:2:10: here'))).toHaveLength(7);
    expect(lines).toContain('      = and 40 more related places');
  });

  it('is the same with colours taken out', async () => {
    const coloured = render(nastyReport, 'text', { style: await colourStyle() });
    expect(coloured).toContain('\u001b[31m');
    expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(render(nastyReport, 'text'));
  });
});

describe('sarif', () => {
  const run = (report: FindingsReport, options = {}) => JSON.parse(render(report, 'sarif', options)).runs[0];

  it('spells out fixes by file, and leaves out what would show a secret', () => {
    const results = run(nastyReport).results as { ruleId: string; fixes?: object[] }[];
    const fixesOf = (code: string) => results.find((result) => result.ruleId === code)?.fixes;
    expect(fixesOf('SYN009')).toBeUndefined();
    expect(fixesOf('AUT002')).toBeUndefined();
    expect(fixesOf('SYN014')).toEqual([
      {
        description: { text: 'write -priority' },
        artifactChanges: [
          {
            artifactLocation: { uri: 'sites/branch.conf', uriBaseId: '%SRCROOT%' },
            replacements: [
              {
                deletedRegion: { startLine: 5, startColumn: 60, endLine: 5, endColumn: 65 },
                insertedContent: { text: '-priority' },
              },
            ],
          },
        ],
        properties: { safety: 'safe' },
      },
    ]);
  });

  it('says of every result whether it is suppressed, once one is', () => {
    const suppressions = (report: FindingsReport) =>
      run(report).results.map((result: { suppressions?: unknown[] }) => result.suppressions?.length);
    expect(new Set(suppressions(reportOf([warning, error])))).toEqual(new Set([undefined]));
    expect(suppressions(reportOf([warning], { suppressedFindings: [{ finding: error, kind: 'external' }] }))).toEqual([
      0, 1,
    ]);
  });

  it('keeps columns in UTF-16 code units', () => {
    const emoji = new SourceText('a.conf', '👍支 lab');
    const { columnKind, results } = run(reportOf([findingAt(spanOf(emoji, 'lab'))]));
    expect(columnKind).toBe('utf16CodeUnits');
    expect(results[0].locations[0].physicalLocation.region).toEqual({
      startLine: 1,
      startColumn: 5,
      endLine: 1,
      endColumn: 8,
    });
  });

  it('gives no index for a rule that is not listed', () => {
    expect(run(reportOf([error], { rules: [] })).results[0]).not.toHaveProperty('ruleIndex');
  });

  it.each([
    ['a/b c.conf', undefined, 'a/b%20c.conf', true],
    ['./a#b?c%d', undefined, 'a%23b%3Fc%25d', true],
    ['c:d', undefined, 'c%3Ad', true],
    ['支\ud800', undefined, '%E6%94%AF%EF%BF%BD', true],
    ['/etc/x', undefined, 'file:///etc/x', false],
    ['/etc/x', '/etc', 'x', true],
    ['/etc//x', '/etc/', 'x', true],
    ['/etcetera', '/etc', 'file:///etcetera', false],
    ['.//x', undefined, 'x', true],
    ['../x', '/etc', '../x', true],
  ])('writes path %j below %s as %s', (path, root, uri, relative) => {
    expect(pathUri(path, root)).toEqual({ uri, relative });
  });
});

describe('junit', () => {
  const failures = (report: FindingsReport, options = {}) =>
    /<testsuites [^>]*failures="(\d+)"/.exec(render(report, 'junit', options))?.[1];

  it('fails cases at the fail level only', () => {
    expect(failures(reportOf([warning, error]))).toBe('1');
    expect(failures(reportOf([warning, error]), { failLevel: 'warning' })).toBe('2');
    expect(render(reportOf([warning]), 'junit')).toContain('<system-out>a.conf:1:10: warning SHD001 shadowed: careful');
  });

  it('fails as a whole when the run fails for another reason, and has a case when there is nothing to say', () => {
    expect(failures(reportOf([warning], { failed: true }))).toBe('1');
    expect(failures(reportOf([]))).toBe('0');
    expect(render(reportOf([]), 'junit').match(/<testcase /g)).toHaveLength(1);
  });
});

describe('github', () => {
  const lines = render(nastyReport, 'github').trimEnd().split('\n');

  it('is one command a line, and none that a file wrote', () => {
    expect(lines).toHaveLength(nastyReport.findings.length);
    for (const line of lines)
      expect(line).toMatch(/^::(error|warning|notice) file=[^,:]*,line=\d+,endLine=\d+,.*::[^:]/);
  });

  it('gives columns only within one line, and no line behind the end of the file', () => {
    expect(lines.find((line) => line.includes('PEER009'))).toContain(',line=6,endLine=11,title=');
    expect(lines.find((line) => line.includes('SYN014'))).toContain(',line=5,endLine=5,col=60,endColumn=65,title=');
  });

  it('makes paths relative to the repository', () => {
    expect(render(nastyReport, 'github', { root: '/etc' })).toContain('file=ipsec/hq.conf,');
  });
});

describe('fingerprints', () => {
  const fingerprints = (text: string) => {
    const moved = new SourceText('a.conf', text);
    const fingerprint = createFingerprinter();
    const finding = (occurrence: number) =>
      findingAt(spanOf(moved, '-sorce', occurrence), { record: { kind: 'host', name: 'lab' } });
    return [fingerprint(finding(0)), fingerprint(finding(1))];
  };

  it('stay when lines move and differ within a report', () => {
    const before = fingerprints('add host lab -sorce 1 -sorce 2');
    expect(fingerprints('# new line\n\nadd host lab \\\n  -sorce 1 -sorce 2')).toEqual(before);
    expect(new Set(before).size).toBe(2);
    expect(before[0]).toMatch(/^[0-9a-f]{32}$/);
  });

  it('tell rules, files, systems and records apart', () => {
    const at = spanOf(source, 'lab');
    const variants = [
      findingAt(at),
      findingAt(at, { code: 'SHD002' }),
      findingAt(at, { system: 'x' }),
      findingAt(at, { peer: 'x' }),
      findingAt(at, { record: { kind: 'host', name: 'lab' } }),
      findingAt(spanOf(new SourceText('b.conf', 'lab'), 'lab')),
    ];
    const fingerprint = createFingerprinter();
    expect(new Set(variants.map(fingerprint)).size).toBe(variants.length);
  });

  it('do not depend on a secret', () => {
    const of = (secret: string) => {
      const text = textWithSecrets('a', `-preshared ${secret} x`, secret);
      return createFingerprinter()(findingAt({ source: text, start: 0, end: text.text.length }));
    };
    expect(of('hunter2')).toBe(of('a much longer secret'));
  });

  it('are those of JSON, GitLab and SARIF alike', () => {
    const json = JSON.parse(render(nastyReport, 'json')).findings.map(
      (finding: { fingerprint: string }) => finding.fingerprint,
    );
    const gitlab = JSON.parse(render(nastyReport, 'gitlab')).map(
      (finding: { fingerprint: string }) => finding.fingerprint,
    );
    expect(gitlab).toEqual(json);
    expect(new Set(json).size).toBe(json.length);
  });
});

describe('fixes that hold secrets', () => {
  const secret = 'correct horse';
  const text = textWithSecrets('a.conf', `add auth a -preshared "${secret}" -priority 5\n# 75`, secret, '75');
  const fixOf = (start: number, end: number, newText: string) => {
    const fix = { safety: 'safe' as const, title: 'mend', edits: [{ at: { source: text, start, end }, newText }] };
    return findingsDocument(reportOf([findingAt(spanOf(source, 'lab'), { fixes: [fix] })])).findings[0]!.fixes[0]!;
  };
  const inKey = text.text.indexOf('horse');

  it.each([
    ['moves the key', 0, 0, `x ${secret} y`, true],
    ['changes the key', inKey, inKey + 5, 'x', true],
    ['inserts into the key', inKey, inKey, 'x', true],
    ['moves a short key', 0, 0, '-preshared "75"', true],
    ['has a number like a short key', 0, 0, '-priority 175', false],
    ['has a part of the key', 0, 0, 'correct', false],
    ['changes something else', 0, 3, 'delete', false],
  ])('one that %s', (_, start, end, newText, withheld) => {
    const fix = fixOf(start, end, newText);
    expect(fix.withheld).toBe(withheld);
    expect(fix.edits).toHaveLength(withheld ? 0 : 1);
  });
});

describe('markdown', () => {
  it.each([
    ['a|b', 'a\\|b'],
    ['`x` *y* _z_ ~q~', '\\`x\\` \\*y\\* \\_z\\_ \\~q\\~'],
    ['<img src=x> &amp;', '&lt;img src=x&gt; &amp;amp;'],
    ['[a](b) \\', '\\[a\\](b) \\\\'],
    ['@user #12 !3 $x$', '@&#8203;user #&#8203;12 !&#8203;3 \\$x\\$'],
    ['a\nb', 'a␊b'],
    ['    # x', '\\# x'],
    ['- x', '\\- x'],
    ['10. x', '10\\. x'],
  ])('escapes %j', (text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });

  it('fences source lines so that they cannot end the block', () => {
    const text = new SourceText('a.conf', '````` lab');
    expect(render(reportOf([findingAt(spanOf(text, 'lab'))]), 'markdown')).toContain(
      '``````text\n1 | ````` lab\n  |       ^^^\n``````\n',
    );
  });

  it('stays below the length given and says what it left out', () => {
    const many = Array.from({ length: 2000 }, () => error);
    for (const lengthMax of [2000, 10_000, 60_000]) {
      const text = render(reportOf(many), 'markdown', { lengthMax });
      expect(text.length).toBeLessThanOrEqual(lengthMax);
      const rows = text.match(/^\| error/gm)?.length ?? 0;
      const details = text.match(/^<details>/gm)?.length ?? 0;
      expect(rows).toBeGreaterThan(3);
      expect(details).toBeGreaterThan(1);
      expect(text).toContain(`\n${2000 - rows} further findings not listed here.\n`);
      if (details < rows) expect(text).toContain(`Details of ${rows - details} further findings are left out.`);
    }
  });

  it('is a heading alone when there is nothing to say', () => {
    expect(render(reportOf([]), 'markdown')).toBe('### ipsec: no findings in 3 files (12 records, 2 systems)\n');
  });
});
