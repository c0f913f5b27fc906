/** Lines, continuations and directives. */
import { describe, expect, it } from 'vitest';
import { SourceText } from '../../src/model/span.js';
import { readDirectives } from '../../src/parser/directives.js';
import { parseText } from '../../src/parser/parse.js';
import { logicalLines } from '../../src/parser/statements.js';
import { unfold } from '../../src/parser/unfold.js';
import { read, sayProblem, statementsOf, wordsOf } from '../support/read.js';

const lines = (text: string) => [...logicalLines(text)].map(({ kind, start, end }) => [kind, text.slice(start, end)]);

describe('logical lines', () => {
  it('statements, comments and nothing between them', () => {
    expect(lines('\n# a\n  add x \\\n  -y\n\n\t#b\nlast')).toEqual([
      ['comment', '# a'],
      ['statement', 'add x \\\n  -y'],
      ['comment', '#b'],
      ['statement', 'last'],
    ]);
  });

  it('carriage returns and a byte order mark belong to no line', () => {
    expect(lines('\ufeff# a\r\nadd x \\\r\n -y\r\n\r\n')).toEqual([
      ['comment', '# a'],
      ['statement', 'add x \\\r\n -y'],
    ]);
    expect(read('\ufeffadd host a \\\r\n  -action PASS\r\n# end\r\n').said).toEqual([]);
  });

  it('an empty text has none', () => {
    expect([lines(''), lines('\n\n'), lines('\ufeff'), lines('  \t ')]).toEqual([[], [], [], []]);
  });

  it('each character is looked at a bounded number of times', () => {
    let looks = 0;
    const counted = (text: string) =>
      new Proxy(Object(text) as object, {
        get: (target, key) => {
          const value = Reflect.get(target, key) as unknown;
          if (typeof value !== 'function') return value;
          return (...args: readonly unknown[]) => {
            looks += 1;
            return (value as (...all: readonly unknown[]) => unknown).apply(text, [...args]);
          };
        },
      }) as unknown as string;
    const cost = (text: string) => {
      looks = 0;
      const found = [...logicalLines(counted(text))].length;
      return { perCharacter: looks / text.length, found };
    };
    for (const piece of ['\\\n', '# \\\n', '-a\n', 'a\n-b\n', '  \n', 'a \\ \n-b\n', 'a\\\n#\n', ' \\\n \n'])
      expect(cost(piece.repeat(20_000)).perCharacter, JSON.stringify(piece)).toBeLessThan(12);
  });
});

describe('unfolding', () => {
  const back = (text: string) => {
    const { text: unfolded, original } = unfold(text, 0, text.length, undefined);
    const at = (offset: number, isEnd: boolean) => original?.(offset, isEnd) ?? offset;
    return [...unfolded.matchAll(/\S+/g)].map((match) => [
      match[0],
      text.slice(at(match.index, false), at(match.index + match[0].length, true)),
    ]);
  };

  it('keeps what a word is and where it stands', () => {
    expect(back('a\\\nb c')).toEqual([
      ['ab', 'a\\\nb'],
      ['c', 'c'],
    ]);
    expect(back('a \\\n b\\\r\nc\\\n\\\nd e')).toEqual([
      ['a', 'a'],
      ['bcd', 'b\\\r\nc\\\n\\\nd'],
      ['e', 'e'],
    ]);
    expect(back('"a \\\n b" c')).toEqual([
      ['"a', '"a'],
      ['b"', 'b"'],
      ['c', 'c'],
    ]);
  });
});

describe('the command form', () => {
  it.each([
    'ipsec_config add host a -action PASS',
    '# not this one\nipsec_config add host a -action PASS',
    '/usr/sbin/ipsec_config add host a -action PASS',
    'sudo ipsec_config add host a -action PASS',
    '$ ipsec_config add host a -action PASS',
    'root@host$ sudo /usr/sbin/ipsec_config add host a -action PASS',
    '  501  ipsec_config add host a -action PASS',
    '  501  $ sudo ipsec_config add host a -action PASS',
    'ipsec_config \\\n  add host a \\\n  -action PASS',
    'IPSEC_CONFIG ADD HOST a -action PASS',
    'ipsec_config add host "a" -action \'PASS\'',
    'ipsec_config add host a -action PASS # a comment of the shell',
    'ipsec_config add host a -action PASS -nocommit',
  ])('%j', (text) => {
    const { policies, said } = read(text);
    expect(said).toEqual([]);
    expect(policies.hosts.map(({ name, action }) => [name, action.value.kind])).toEqual([['a', 'PASS']]);
    expect(statementsOf(text).at(-1)?.form).toBe('command');
  });

  it('places are those of the text, behind prompt and quotes', () => {
    const text = '501 $ ipsec_config add auth a -rid "x y" -remote 10.0.0.1';
    const rid = statementsOf(text)[0]!.arguments[0]!;
    expect([rid.value?.text, text.slice(rid.value!.start, rid.value!.end)]).toEqual(['x y', '"x y"']);
  });

  it('several commands on a line are not taken apart', () => {
    const { problems } = read('ipsec_config add host a -action PASS ; ipsec_config add host b -action PASS');
    expect(problems[0]).toMatchObject({ code: 'SYN018', help: 'write one operation on a line' });
  });

  it('operations without effect on records are noted', () => {
    expect(
      read('ipsec_config show all\nipsec_config batch /tmp/x\nipsec_config export').problems.map(
        ({ code, severity }) => [code, severity],
      ),
    ).toEqual([
      ['SYN023', 'info'],
      ['SYN023', 'info'],
      ['SYN023', 'info'],
    ]);
  });

  it('the word alone is not an operation', () => {
    expect(read('ipsec_config').codes).toEqual(['SYN018']);
    expect(statementsOf('ipsec_configure add host a').map(wordsOf)).toEqual([
      ['[ipsec_configure]', '[add]', '[host]', '[a]'],
    ]);
  });
});

describe('directives', () => {
  const directives = (text: string) => readDirectives(parseText(new SourceText('t.conf', text)));

  it('state the dialect, once', () => {
    expect(directives('# ipsec-dialect: A.02\nadd host a').dialect?.value).toBe('A.02');
    expect(directives('#ipsec-dialect a.03.00').dialect?.value).toBe('A.03.00');
    expect(directives('# IPSEC-DIALECT: extended').dialect?.value).toBe('extended');
    expect(directives('# ipsec-dialect: A.02\n# ipsec-dialect: A.03').problems.map(sayProblem)).toEqual([
      '2:1 SYN029 the dialect is stated twice',
    ]);
    expect(directives('# ipsec-dialect: A.02\n# ipsec-dialect: A.02.01').problems).toEqual([]);
    expect(directives('# ipsec-dialect: A.04').problems.map(sayProblem)).toEqual([
      "1:1 SYN029 'A.04' is not a dialect",
    ]);
    expect(directives('# ipsec-dialect:').problems.map(sayProblem)).toEqual(["1:1 SYN029 '' is not a dialect"]);
  });

  it('the dialect of a file counts before that of the configuration', () => {
    expect(read('# ipsec-dialect: A.02\nadd auth a -remote 10.0.0.1 -kmp IKEV1', { dialect: 'A.03.02' }).codes).toEqual(
      ['SYN022'],
    );
  });

  it('suppress for a statement or a file, with rules, date and reason', () => {
    const { suppressions } = directives(
      '# ipsec-disable SHD001, shadowed -- all\n# ipsec-disable-next-line until=2027-01-31 PRI001 -- a -- b\nadd host a \\\n -action PASS\nadd host b',
    );
    expect(suppressions.map(({ rules, scope, until, reason }) => ({ rules, scope, until, reason }))).toEqual([
      { rules: ['SHD001', 'shadowed'], scope: { kind: 'file' }, until: undefined, reason: 'all' },
      { rules: ['PRI001'], scope: { kind: 'statement', start: 100, end: 126 }, until: '2027-01-31', reason: 'a -- b' },
    ]);
  });

  it('several comments count for the next statement, and one at the end for none', () => {
    const { suppressions } = directives(
      '# ipsec-disable-next-line A -- x\n\n# ipsec-disable-next-line B -- y\nadd host a\n# ipsec-disable-next-line C',
    );
    expect(
      suppressions.map(({ rules, scope }) => [rules[0], scope.kind === 'statement' && scope.end - scope.start]),
    ).toEqual([
      ['A', 10],
      ['B', 10],
      ['C', 0],
    ]);
  });

  it('wrong ones are reported', () => {
    expect(
      directives('# ipsec-disabel SHD001\n# ipsec-disable until=2027-13-01\n# ipsec-disable until=soon').problems.map(
        sayProblem,
      ),
    ).toEqual([
      "1:1 SYN029 'ipsec-disabel' is not a directive",
      "2:1 SYN029 '2027-13-01' is not a date",
      "3:1 SYN029 'soon' is not a date",
    ]);
  });

  it('other comments that speak of ipsec are comments', () => {
    expect(directives('# ipsec\n# ipsec_config add host a\n# see ipsec-disable\n#ipsecurity').problems).toEqual([]);
  });

  it('expectations are for the next statement', () => {
    const { expectations } = directives(
      '# expect: SHD001 shadowed, PRI001\n# expect: SYN012\nadd host a\n# expect: REF001',
    );
    expect(expectations.map(({ codes, statement }) => [codes, statement?.start])).toEqual([
      [['SHD001', 'PRI001'], 51],
      [['SYN012'], 51],
      [['REF001'], undefined],
    ]);
  });
});
