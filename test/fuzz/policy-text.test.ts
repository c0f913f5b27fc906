/**
 * Nasty record files through the whole lint, as the command would run it: nothing throws, everything that is said is in order
 * and safe to print, and no work grows faster than the text. The corpus is in policy-text/; what is large is made here.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { dialects } from '../../src/model/language/dialect.js';
import { SourceText } from '../../src/model/span.js';
import { parseText } from '../../src/parser/parse.js';
import { printFile } from '../../src/parser/print.js';
import { parseProfile } from '../../src/parser/profile.js';
import { renderFindings } from '../../src/report/findings/render.js';
import { lint } from '../../src/services/lint.js';
import { loadSystem } from '../../src/services/load-system.js';
import { allFormats } from '../support/all-formats.js';

const folder = path.join(import.meta.dirname, 'policy-text');
const work = mkdtempSync(path.join(tmpdir(), 'ipsec-fuzz-'));
afterAll(() => rmSync(work, { recursive: true }));

/** Everything in the corpus that is a key. */
const keys = ['Plover-Sand', 'Plo\\\nver', '8f3a11c04be2975d', 'MC4CAQAwBQYDK2Vw'];

async function lintFile(file: string): Promise<string> {
  const { report } = await lint({ paths: [file], asOf: '2026-11-01', baseline: false });
  for (const { at, message, severity } of report.findings) {
    expect(at.start).toBeGreaterThanOrEqual(0);
    expect(at.end).toBeGreaterThanOrEqual(at.start);
    expect(at.end).toBeLessThanOrEqual(at.source.text.length);
    expect(message).toMatch(/^[^\n]+$/);
    expect(message.endsWith('.')).toBe(false);
    expect(message.length).toBeLessThan(1000);
    expect(['error', 'warning', 'info']).toContain(severity);
  }
  const tool = { name: 'ipsec', version: '0' };
  return (['text', 'json', 'sarif', 'github'] as const)
    .map((format) => [...renderFindings({ ...report, tool }, format, { root: work })].join(''))
    .join('\n');
}

/** The text read alone: it gives the same items whatever the dialect, and printing what was printed changes nothing. */
function readAlone(text: string): void {
  const source = new SourceText('t.conf', text);
  const file = parseText(source);
  let last = 0;
  for (const { start, end } of file.items) {
    expect(start).toBeGreaterThanOrEqual(last);
    expect(end).toBeGreaterThan(start);
    last = end;
  }
  // Work is bounded by the text: an item has a character, and a problem a place.
  expect(file.items.length + file.problems.length).toBeLessThanOrEqual(4 * text.length + 1);
  for (const dialect of dialects) {
    const printed = printFile(file, { dialect });
    expect(printFile(parseText(new SourceText('t.conf', printed)), { dialect })).toBe(printed);
    loadSystem({
      name: 't',
      sources: [new SourceText('t.conf', text)],
      formats: allFormats,
      dialect,
      strict: dialect === 'A.02',
    });
  }
  parseProfile(new SourceText('profile', text), 'extended');
}

describe('the corpus', () => {
  for (const name of readdirSync(folder)) {
    it(name, async () => {
      const file = path.join(folder, name);
      const report = await lintFile(file);
      for (const key of keys) expect(report).not.toContain(key);
      readAlone(new TextDecoder().decode(readFileSync(file)));
    });
  }
});

describe('large texts', () => {
  // Enough that quadratic work would take minutes.
  const length = 131_072;
  const repeat = (piece: string) => piece.repeat(Math.ceil(length / piece.length));
  it.each([
    ['a line', repeat('x')],
    ['a line of words', `add host a ${repeat('-source 10.0.0.1 ')}`],
    ['continuations', `add host a ${repeat('\\\n')}`],
    ['continued arguments', `add host a ${repeat('-source 10.0.0.1 \\\n  ')}`],
    ['continued comments', `add host a ${repeat('\\\n#')}`],
    ['commented continuations', repeat('#\\\n')],
    ['comments in statements', repeat('add host a \\\n# x\n  -action PASS\n')],
    ['lost backslashes', `add host a\n${repeat('-action PASS\n')}`],
    ['blanks behind backslashes', `add host a \\ \n${repeat('-action PASS \\ \n')}`],
    ['quotes', repeat('"')],
    ['a quoted value', `add auth a -rid "${repeat('x ')}`],
    ['a key', `add auth a -remote 10.0.0.1 -preshared ${repeat('Plover-Sand')}`],
    ['unknown words', repeat('hots web\n')],
    ['unknown arguments', repeat('add host a -sorce 1 -acton 2\n')],
    ['empty lines', repeat('\n')],
    ['blanks', repeat(' ')],
    ['one name', repeat('add host a -action PASS\n')],
    ['directives', repeat('# ipsec-disable-next-line SHD001 -- x\n')],
    ['expectations', repeat('# expect: SHD001\n')],
    ['prompts', repeat('$')],
    ['commas', `add host a -action ${repeat(',')}`],
    ['slashes', `add host a -in ${repeat('/')}`],
    ['deletes', repeat('delete host a\n')],
  ])('%s', async (name, text) => {
    const file = path.join(work, `${name.replaceAll(' ', '-')}.conf`);
    writeFileSync(file, text);
    expect((await lintFile(file)).includes('Plover')).toBe(false);
  });
});

describe('any text', () => {
  const piece = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        'add ',
        'delete ',
        'host ',
        'tunnel ',
        'auth ',
        'ikev2 ',
        'bypass ',
        'startup ',
        'a ',
        'ipsec_config ',
        '10.0.0.1',
        '/32',
        '/TELNET',
        '-',
        ',',
        '+',
        '=',
        '/',
      ),
    },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        '-source ',
        '-destination ',
        '-action ',
        '-preshared ',
        '-rid ',
        '-lid ',
        '-in ',
        '-flags ',
        '-priority ',
        '-protocol ',
        'PASS ',
        'AH_MD5',
        'TCP ',
        '1 ',
      ),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        '\n',
        '\\\n',
        ' \\\n  ',
        '\r\n',
        '#',
        '"',
        "'",
        '\\',
        ' ',
        '\t',
        '\u00a0',
        '\u2013',
        '\ufeff',
      ),
    },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
  );
  const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));

  it('is read without an exception, in every dialect', () => {
    fc.assert(fc.property(text, readAlone), { numRuns: 2000 });
  });

  it('is linted without an exception', async () => {
    const file = path.join(work, 'any.conf');
    await fc.assert(
      fc.asyncProperty(text, async (content) => {
        writeFileSync(file, content);
        await lintFile(file);
      }),
      { numRuns: 150 },
    );
  });
});
