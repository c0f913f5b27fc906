/** One run tells everything that is wrong: where, what was expected, and what was probably meant. */
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../src/model/problem.js';
import { lintTexts } from '../support/lint.js';
import { read, statementsOf, wordsOf } from '../support/read.js';

const said = (text: string) => read(text).said;
const helpOf = (problem: Problem | undefined) => problem?.help;

/** A text with the first fix of each problem applied. */
function mended(text: string): string {
  const edits = read(text)
    .problems.flatMap(({ fixes }) => fixes?.[0]?.edits ?? [])
    .sort((a, b) => b.at.start - a.at.start);
  return edits.reduce((result, { at, newText }) => result.slice(0, at.start) + newText + result.slice(at.end), text);
}

describe('one run', () => {
  it('reports every error of a file, in order, with line and column', () => {
    const text = [
      '# a file in which everything is wrong',
      'ad host a -sorce 10.0.0.1 -action PAS',
      'add hots b -action PASS -priorty 70000000000',
      'host c -action PASS',
      'nonsense that nobody can read',
      'add host d -source 10.0.0.300/32 -destination 10.0.0.1/TELNET -action ESP_AES128_HMAC_SHA,AH_SHA1/1',
      'add host e \\ ',
      '  -action PASS',
      'add host f',
      '  -action PASS',
      'add auth g -preshared',
      'add auth h -remote 10.0.0.1 -kmp IKEV3 -exchange XX -rtype FQDN -rid a..b!',
      'delete startup',
      'add tunnel i -tsource 10.0.0.0/8 -source 10.1.1.9-10.1.1.1',
      'add',
      'add host',
    ].join('\n');
    expect(said(text)).toEqual([
      "2:1 SYN018 expected 'add' or 'delete', found 'ad'",
      '2:11 SYN001 host records have no argument -sorce',
      "2:35 SYN019 -action: no transform is called 'PAS'",
      "3:5 SYN018 expected a record kind after 'add', found 'hots'",
      '3:25 SYN001 host records have no argument -priorty',
      '3:34 SYN002 -priority: 70000000000 is out of range for priority',
      "4:1 SYN018 expected 'add' or 'delete', found 'host'",
      "5:1 SYN018 expected 'add' or 'delete' at the beginning of a statement",
      "6:20 SYN019 -source: '10.0.0.300' is not an IP address",
      "6:56 SYN005 -destination: 'TELNET' stands where the prefix length belongs",
      "6:71 SYN019 -action: no transform is called 'ESP_AES128_HMAC_SHA'",
      '6:99 SYN002 -action: a lifetime of 1 seconds is out of range',
      '7:12 SYN018 blanks after the backslash: the line does not go on in the next one',
      '9:11 SYN018 the next line begins with an argument, but this one does not end with a backslash',
      "11:10 SYN020 auth 'g' needs -remote",
      '11:12 SYN020 -preshared needs a value',
      "12:34 SYN019 -kmp: 'IKEV3' is not one of its values",
      "12:50 SYN019 -exchange: 'XX' is not one of its values",
      '12:70 SYN019 -rid: not a host name',
      '13:1 SYN026 startup cannot be deleted',
      '14:31 SYN019 -tsource: takes one address without a prefix length',
      '14:42 SYN007 -source: the range ends before it begins',
      "15:3 SYN018 expected a record kind after 'add', found the end of the statement",
      '16:5 SYN020 add host needs a name',
    ]);
    expect(lintTexts([text]).filter(({ code }) => code.startsWith('SYN')).length).toBeGreaterThanOrEqual(24);
  });

  it('says what was probably meant', () => {
    const help = (text: string) => read(text).problems.map(helpOf);
    expect(help('ad host a -action PASS')).toEqual(["did you mean 'add'?"]);
    expect(help('ADDD host a -action PASS')).toEqual(["did you mean 'add'?"]);
    expect(help('add tunel t')).toEqual(["did you mean 'tunnel'?"]);
    expect(help('add host a -sorce 10.0.0.1 -action PASS')).toEqual(['did you mean -source?']);
    expect(help('host a -action PASS')).toEqual(["did you mean 'add host'?"]);
    expect(help('add host a action PASS')).toEqual([
      'an argument begins with a hyphen: -action',
      'every value follows the name of its argument; a list is written without blanks',
    ]);
    expect(help('add host a -protocol TPC -action PASS')).toEqual(['did you mean TCP?']);
  });

  it('goes on with what was meant, so that one slip has no further ones', () => {
    const { policies } = read('ad hots a -sorce 10.0.0.1 -action PASS -tunel t\nadd tunnel t');
    expect(policies.hosts[0]).toMatchObject({ name: 'a', action: { value: { kind: 'PASS' } }, tunnel: { value: 't' } });
    expect(
      lintTexts(['add tunel t -tsource 10.0.0.1 -tdestination 10.0.0.2\nadd host h -tunnel t -action PASS']).map(
        ({ code }) => code,
      ),
    ).not.toContain('REF001');
  });

  it('its fixes make texts that can be read', () => {
    expect(mended('ad host a -sorce 10.0.0.1 -action PAS')).toBe('add host a -source 10.0.0.1 -action PASS');
    expect(mended('host a -action PASS')).toBe('add host a -action PASS');
    expect(mended('add host a\n  -action PASS\n  -priority 5')).toBe('add host a \\\n  -action PASS \\\n  -priority 5');
    expect(mended('add host a \\  \n  -action PASS')).toBe('add host a \\\n  -action PASS');
    for (const text of ['add host a\n -action PASS', 'add host a \\ \r\n -action PASS', 'add hosst a -acton PASS'])
      expect(said(mended(text))).toEqual([]);
  });
});

describe('lines that do not fit together', () => {
  it('a lost backslash: the next line is read as a part of the statement', () => {
    expect(statementsOf('add host a\n  -action PASS\n  -priority 5\nadd host b').map(wordsOf)).toEqual([
      ['add', 'host', 'a', '-action', 'PASS', '-priority', '5'],
      ['add', 'host', 'b'],
    ]);
  });

  it('a blank line between: an argument cannot begin a statement', () => {
    expect(said('add host a\n\n  -action PASS')).toEqual(['3:3 SYN018 a statement cannot begin with an argument']);
  });

  it('blanks after the backslash where the next line is another statement', () => {
    expect(said('add host a -action PASS \\ \nadd host b -action PASS')).toEqual(["1:25 SYN018 unexpected '\\'"]);
  });

  it('a backslash at the end of the file', () => {
    expect(said('add host a -action PASS \\')).toEqual(["1:25 SYN018 unexpected '\\'"]);
    expect(said('add host a -action PASS \\\n')).toEqual([]);
  });

  it('the next statement swallowed by a backslash too many', () => {
    expect(said('add host a -action PASS \\\nadd host b -action PASS')).toEqual([
      "2:1 SYN018 unexpected 'add'",
      "2:5 SYN018 unexpected 'host'",
      "2:10 SYN018 unexpected 'b'",
      '2:12 SYN021 -action is given twice',
    ]);
  });
});

describe('what copying leaves behind', () => {
  it('hyphens that are none', () => {
    const { said: lines, policies, problems } = read('add host a \u2013action PASS \u2014priority 5 --source 10.0.0.1');
    expect(lines).toEqual([
      '1:12 SYN001 an argument begins with one hyphen: -action',
      '1:25 SYN001 an argument begins with one hyphen: -priority',
      '1:37 SYN001 an argument begins with one hyphen: -source',
    ]);
    expect(policies.hosts[0]).toMatchObject({ action: { value: { kind: 'PASS' } }, priority: { value: 5 } });
    expect(problems[0]?.fixes?.[0]?.edits[0]?.newText).toBe('-action');
  });

  it('blanks that are none', () => {
    expect(said('add host a -action\u00a0PASS')).toEqual([
      '1:12 SYN001 host records have no argument -action[secret]',
      '1:19 SYN018 the character U+00A0 looks like a blank but does not separate words',
    ]);
    expect(said('\ufeffadd host a -action PASS')).toEqual([]);
  });

  it('files of other products are told by their first words', () => {
    const notes = (text: string) => read(text).problems[0]?.notes;
    expect(notes('conn home\n  left=10.0.0.1')).toEqual([
      'this looks like an ipsec.conf file (Libreswan, strongSwan), not like records',
    ]);
    expect(notes('connections {\n}')?.[0]).toContain('swanctl.conf');
    expect(notes('spdadd 10.0.0.1 10.0.0.2 any -P out ipsec esp/transport//require;')?.[0]).toContain('setkey');
    expect(read('BEGIN HostPolicy-Defaults').problems[0]?.help).toContain('--defaults');
  });
});

describe('whole files', () => {
  it('a binary file gives one finding', () => {
    expect(said('\u0000\u0001add host a')).toEqual(['1:1 SYN024 this is not a text: it holds NUL octets']);
    expect(said('a\u0000d\u0000d\u0000')).toEqual(['1:2 SYN024 this text is in UTF-16']);
  });

  it('an endless statement gives one finding', () => {
    const { said: lines, codes } = read(`add host a ${'-source 10.0.0.1 '.repeat(5000)}\nadd host b -action PAS`);
    expect(lines[0]).toBe('1:1 SYN018 a statement of 85011 characters is too long; the longest that is read has 65536');
    expect(codes).toEqual(['SYN018', 'SYN019']);
  });
});
