import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SourceText } from '../../src/model/span.js';
import { parseText } from '../../src/parser/parse.js';
import { printFile } from '../../src/parser/print.js';
import { loadSystem } from '../../src/services/load-system.js';
import { sharedPath } from '../support/shared.js';

const format = (text: string, mask = false) =>
  printFile(parseText(new SourceText('t.conf', text)), { dialect: 'extended', mask });

describe('the formatter', () => {
  it('writes arguments in full, words in capitals, in the order of the table', () => {
    expect(format('ADD Host web -act pass -dst 10.0.0.1/32/telnet -rem\n')).toBe(
      'ADD Host web -act pass -dst 10.0.0.1/32/telnet -rem\n',
    );
    expect(format('ADD Host web -act pass -dst 10.0.0.1/32/telnet\n')).toBe(
      'add host web -destination 10.0.0.1/32/TELNET -action PASS\n',
    );
  });

  it('gives each argument a line of its own when one line is too long', () => {
    expect(
      format(
        'add host far -source 10.1.1.1/32 -destination 10.2.2.2/32 -priority 100 -action ESP_AES128_HMAC_SHA1/28800/0',
      ),
    ).toBe(
      [
        'add host far \\',
        '    -source 10.1.1.1/32 \\',
        '    -destination 10.2.2.2/32 \\',
        '    -priority 100 \\',
        '    -action ESP_AES128_HMAC_SHA1/28800/0',
        '',
      ].join('\n'),
    );
  });

  it('keeps comments, single blank lines and what it cannot read', () => {
    const text = '# head\n\n\n\n# next   \nadd host web stray -action PASS\n\nnonsense here\n';
    expect(format(text)).toBe('# head\n\n# next\nadd host web stray -action PASS\n\nnonsense here\n');
    const inner = 'add host a \\\n# why\n  -action PASS\n';
    expect(format(inner)).toBe(inner);
  });

  it('keeps the bytes of keys, and hides them when asked', () => {
    const text = 'add auth a -remote 10.0.0.1/32 -pres "Quoted#Key"\n';
    expect(format(text)).toBe('add auth a -remote 10.0.0.1/32 -preshared "Quoted#Key"\n');
    expect(format(text, true)).toBe('add auth a -remote 10.0.0.1/32 -preshared [secret]\n');
  });

  it('never lets a key end a line with its backslash', () => {
    const text = 'add auth a -preshared Key\\ -remote 10.0.0.1/32\nadd bypass 10.0.0.1\n';
    expect(format(text)).toBe(text);
    const long = `add auth a -preshared Key\\ -remote 10.0.0.1/32 -kmp IKEV2 -rtype FQDN -rid ${'x'.repeat(60)}.example.com\n`;
    expect(loadSystem({ name: 't', sources: [new SourceText('t', format(long))] }).problems).toEqual([]);
  });

  it('takes away a byte order mark and carriage returns', () => {
    expect(format('\ufeff# a\r\nadd bypass 10.0.0.1\r\n')).toBe('# a\nadd bypass 10.0.0.1\n');
  });

  const folder = sharedPath('reference', 'hpux-examples');
  it.skipIf(!folder)('is idempotent and keeps the meaning of the reference examples', () => {
    for (const name of readdirSync(folder!).filter((file) => file.endsWith('.conf'))) {
      const text = readFileSync(path.join(folder!, name), 'utf8');
      const once = format(text);
      expect(format(once)).toBe(once);
      const meaning = (input: string) => {
        const { config, problems } = loadSystem({ name, sources: [new SourceText(name, input)] });
        const withoutPlaces = (key: string, value: unknown) =>
          key === 'at' || key === 'origin' ? undefined : typeof value === 'bigint' ? `${value}n` : value;
        return JSON.stringify([config, problems.map((problem) => problem.code)], withoutPlaces);
      };
      expect(meaning(once)).toBe(meaning(text));
    }
  });
});
