/** hpux-ipsec reference 1: statements and files, words, quoting, numbers and keys. */
import { describe, expect, it } from 'vitest';
import { parseDialect } from '../../src/model/language/dialect.js';
import { StatementParser } from '../../src/parser/grammar.js';
import { createStatementLexer } from '../../src/parser/tokens.js';
import { read, readRecord, statementsOf, wordsOf } from '../support/read.js';

const words = (text: string) => statementsOf(text).map(wordsOf);

describe('§1.1 statements and files', () => {
  it('§1.1 a file is a list of operations, without the word ipsec_config', () => {
    expect(words('add host a -action PASS\ndelete host b\n')).toEqual([
      ['add', 'host', 'a', '-action', 'PASS'],
      ['delete', 'host', 'b'],
    ]);
  });

  it('§1.1 only add and delete stand in a batch: show, batch and export are refused', () => {
    expect(read('show all\nbatch /tmp/x\nexport\nadd host a -action PASS').said).toEqual([
      "1:1 SYN023 'show' is not an operation of a record file",
      "2:1 SYN023 'batch' is not an operation of a record file",
      "3:1 SYN023 'export' is not an operation of a record file",
    ]);
  });

  it.each(['cacert', 'mycert', 'crl'])('§1.1 %s is refused in a batch, and taken on a command line', (object) => {
    expect(read(`add ${object} -file /tmp/x.pem`).codes).toEqual(['SYN023']);
    expect(read(`ipsec_config add ${object} -file /tmp/x.pem`).codes).toEqual([]);
  });

  it('§1.1 -nocommit is refused in a batch, also as -nc, and taken on a command line', () => {
    expect(read('add host a -action PASS -nocommit\nadd host b -action PASS -nc').codes).toEqual([
      'SYN023',
      'SYN023',
      'SYN014',
    ]);
    expect(read('ipsec_config add host a -action PASS -nocommit').codes).toEqual([]);
  });

  it('§1.1 -profile is refused in a batch, and taken on a command line', () => {
    expect(read('add host a -action PASS -profile /etc/p').codes).toEqual(['SYN008']);
    expect(read('ipsec_config add host a -action PASS -profile /etc/p').codes).toEqual([]);
  });

  it('§1.1 a batch is atomic: names that collide within it are found', () => {
    const { problems } = read('add host a -action PASS\nadd host b -action PASS\nadd host a -action DISCARD');
    expect(problems.map(({ code, at, related }) => [code, at.start, related?.[0]?.at.start])).toEqual([
      ['SYN013', 57, 9],
    ]);
  });

  it('§1.1 blanks and tabs separate, and a backslash at the end of a line continues', () => {
    expect(words('add\thost  a \\\n\t-action \\\n  PASS')).toEqual([['add', 'host', 'a', '-action', 'PASS']]);
  });

  it('§1.1 a line that starts with # is a comment', () => {
    expect(words('# one\n#two\nadd host a -action PASS\n#')).toHaveLength(1);
  });

  it('§1.1 a # after text is part of a word', () => {
    expect(words('add auth a -remote 10.0.0.1 -preshared Key#1')[0]?.at(-1)).toBe('Key#1');
    expect(read('add host a -action PASS # why').said).toEqual([
      "1:25 SYN018 unexpected '#'",
      "1:27 SYN018 unexpected 'why'",
    ]);
  });

  it('§1.1 a comment inside a continued statement is reported, and the statement is read', () => {
    const text = 'add host a \\\n# why\n  -action PASS';
    expect(read(text).said).toEqual(['2:1 SYN018 a comment may not stand inside a continued statement']);
    expect(words(text)).toEqual([['add', 'host', 'a', '-action', 'PASS']]);
    expect(read('add host a \\\n# why \\\n  -action PASS\nadd host b -action PASS').policies.hosts).toHaveLength(2);
  });

  it('§1.1 blank lines are ignored', () => {
    expect(words('\n\n  \t\nadd host a -action PASS\n\n\n')).toHaveLength(1);
  });

  it('§1.1 backslash and line break vanish: an unindented next line continues a word', () => {
    const text =
      'add host mk -in ESP/300/0x00112233445566778899aabbccddeeff00112233/\\\n0x00112233445566778899aabbccddeeff';
    expect(words(text)[0]?.at(-1)).toBe(
      'ESP/300/0x00112233445566778899aabbccddeeff00112233/0x00112233445566778899aabbccddeeff',
    );
    expect(words('ad\\\nd ho\\\nst a -ac\\\r\ntion PA\\\nSS')).toEqual([['add', 'host', 'a', '-action', 'PASS']]);
    expect(words('add host a\\\n-action PASS')[0]).toEqual(['add', 'host', 'a-action', '[PASS]']);
  });

  it('§1.1 an indented next line begins a new word', () => {
    expect(words('add host a -action\\\n PASS')).toEqual([['add', 'host', 'a', '-action', 'PASS']]);
  });

  it('§1.1 a backslash elsewhere is no escape', () => {
    expect(words('add auth a -remote 10.0.0.1 -preshared a\\b\\\\c')[0]?.at(-1)).toBe('a\\b\\\\c');
  });
});

describe('§1.2 words', () => {
  it('§1.2 operations, objects, arguments and values are taken in any case, names are not', () => {
    const { policies, codes } = read('ADD Host Web -ACTION pass\nadd host web -action PASS');
    expect(policies.hosts.map(({ name, action }) => [name, action.value.kind])).toEqual([
      ['Web', 'PASS'],
      ['web', 'PASS'],
    ]);
    expect(codes).toEqual(['SYN014']);
  });

  it('§1.2 names have 1 to 63 letters, digits, hyphens and underscores', () => {
    expect(readRecord('host', `add host ${'x'.repeat(63)} -action PASS`).name).toHaveLength(63);
    expect(readRecord('host', 'add host A-z_09 -action PASS').name).toBe('A-z_09');
    expect(read(`add host ${'x'.repeat(64)} -action PASS`).codes).toEqual(['SYN002']);
    expect(read('add host a.b -action PASS').codes).toEqual(['SYN019']);
  });

  it('§1.2 names are unique for their kind only', () => {
    expect(read('add host a -action PASS\nadd auth a -remote 10.0.0.1').codes).toEqual([]);
  });

  it('§1.2 a record may be called like a word of the language', () => {
    expect(readRecord('host', 'add host host -action PASS').name).toBe('host');
    expect(readRecord('host', 'add host add -action PASS').name).toBe('add');
  });

  it('§1.2 `default` is reserved for the preloaded policies', () => {
    const { policies } = read(
      'add host default -action DISCARD\nadd ikev1 default -group 14\nadd ikev2 default -group 14',
    );
    expect(policies.hosts).toEqual([]);
    expect(policies.defaultHost.action.value.kind).toBe('DISCARD');
    expect([policies.defaultIkev1?.groups.value, policies.defaultIkev2?.groups.value]).toEqual([[14], [14]]);
  });

  it('§1.2 a value follows its argument after white space, never after =', () => {
    expect(read('add host a -action=PASS').said).toEqual([
      "1:12 SYN001 -action: argument and value are separated by a blank, not by '='",
    ]);
  });

  it('§1.2 the order of arguments is free', () => {
    const one = readRecord('host', 'add host a -priority 5 -action PASS -destination 10.0.0.2 -source 10.0.0.1');
    const two = readRecord('host', 'add host a -source 10.0.0.1 -destination 10.0.0.2 -action PASS -priority 5');
    expect([one.priority?.value, one.sources[0]?.value]).toEqual([two.priority?.value, two.sources[0]?.value]);
  });

  it('§1.2 a repeatable argument is repeated as a whole', () => {
    const { sources } = readRecord('host', 'add host a -source 10.0.0.1 -source 10.0.0.2 -action PASS');
    expect(sources).toHaveLength(2);
  });

  it('§1.2 lists are joined by commas, flags by plus signs, sub-fields by slashes', () => {
    const host = readRecord(
      'host',
      'add host a -destination 10.0.0.2/32/23 -protocol TCP -action AH_MD5/600/5120,AH_SHA1 -flags EXCLUSIVE+FALLBACK_TO_CLEAR',
    );
    expect(host.flags.value).toEqual(['EXCLUSIVE', 'FALLBACK_TO_CLEAR']);
    expect(host.action.value).toMatchObject({
      transforms: [{ lifetimeSeconds: 600, lifetimeKilobytes: 5120 }, { transform: { word: 'AH_SHA1' } }],
    });
  });

  it('§1.2 a list with a blank in it is reported where it breaks', () => {
    expect(read('add host a -action AH_MD5, AH_SHA1').said).toEqual([
      '1:26 SYN019 -action: an element is missing in the list',
      "1:28 SYN018 unexpected 'AH_SHA1'",
    ]);
  });
});

describe('§1.3 quoting', () => {
  it('§1.3 a distinguished name with blanks is quoted after -rid, -lid and -subject', () => {
    const auth = readRecord('auth', 'add auth a -remote 10.0.0.1 -rtype X500-DN -rid "CN=host1,C=US,O=My Company"');
    expect(auth.remoteId?.value).toEqual({
      kind: 'dn',
      type: 'X500-DN',
      attributes: [
        { name: 'CN', value: 'host1' },
        { name: 'C', value: 'US' },
        { name: 'O', value: 'My Company' },
      ],
    });
    expect(words('ADD csr -SUBJECT "CN=a, O=b c"')[0]?.at(-1)).toBe('"CN=a, O=b c"');
    expect(words('add auth a -lid "a b" -rtype FQDN')[0]?.slice(3)).toEqual(['-lid', '"a b"', '-rtype', 'FQDN']);
  });

  it('§1.3 quotes after -preshared are part of the key', () => {
    const auth = readRecord('auth', 'add auth a -remote 10.0.0.1 -preshared "secret"');
    const reference = auth.preshared?.value.reference;
    expect(reference?.kind === 'literal' && new TextDecoder().decode(reference.secret.reveal())).toBe('"secret"');
  });

  it('§1.3 quotes are ordinary characters everywhere else, and so are single quotes', () => {
    expect(words(`add host a -source "10.0.0.1" -destination '10.0.0.2'`)[0]?.slice(3)).toEqual([
      '-source',
      '"10.0.0.1"',
      '-destination',
      "'10.0.0.2'",
    ]);
    expect(read('add host a -source "10.0.0.1" -action PASS').problems[0]?.help).toContain('quotes');
  });

  it('§1.3 an unclosed quote is reported', () => {
    expect(read('add auth a -remote 10.0.0.1 -rtype X500-DN -rid "CN=a').said).toEqual([
      '1:49 SYN019 -rid: the quoted string has no closing quote',
    ]);
  });

  it('§1.3 a quoted name goes on over a continuation', () => {
    const auth = readRecord('auth', 'add auth a -remote 10.0.0.1 -rtype X500-DN -rid "CN=a,\\\nO=b c"');
    expect(auth.remoteId?.value).toMatchObject({ attributes: [{ value: 'a' }, { value: 'b c' }] });
  });

  it('§1.3 on a command line the shell takes the quotes away first', () => {
    const key = (text: string) => {
      const reference = readRecord('auth', text).preshared?.value.reference;
      return reference?.kind === 'literal' ? new TextDecoder().decode(reference.secret.reveal()) : undefined;
    };
    const command = 'ipsec_config add auth a -remote 10.0.0.1 -preshared';
    expect(key(`${command} "x y"`)).toBe('x y');
    expect(key(`${command} 'x"y'`)).toBe('x"y');
    expect(key(`${command} x\\"y`)).toBe('x"y');
    expect(key(`${command} "x\\"y\\z"`)).toBe('x"y\\z');
    expect(key(`${command} x'y z'"w"`)).toBe('xy zw');
  });
});

describe('§1.4 numbers and keys', () => {
  it('§1.4 integers are decimal', () => {
    expect(read('add host a -priority 0x10 -action PASS').codes).toEqual(['SYN019']);
    expect(read('add host a -priority +5 -action PASS').codes).toEqual(['SYN019']);
    expect(read('add host a -priority 1e3 -action PASS').codes).toEqual(['SYN019']);
  });

  it('§1.4 SPIs are decimal, or hexadecimal with 0x', () => {
    const key = '0x00112233445566778899aabbccddeeff00112233/0x00112233445566778899aabbccddeeff';
    const host = readRecord(
      'host',
      `add host a -in ESP/0x2625a1/${key} -out ESP/2500001/${key} -action ESP_AES128_HMAC_SHA1`,
    );
    expect([host.manualIn?.value.spi, host.manualOut?.value.spi]).toEqual([2500001, 2500001]);
  });

  it('§1.4 manual keys and initialization vectors are hexadecimal with 0x', () => {
    expect(read('add host a -in ESP/300/001122/0x0011 -action PASS').codes).toEqual(['SYN019']);
    expect(read('add host a -in ESP/300/0x00112g/0x0011 -action PASS').codes).toEqual(['SYN019']);
  });

  it('§1.4 a preshared key that begins with 0x is hexadecimal, any other is text', () => {
    const secret = (text: string) => {
      const value = readRecord('auth', `add auth a -remote 10.0.0.1 -preshared ${text}`).preshared?.value;
      return value?.reference.kind === 'literal' ? [value.form, [...value.reference.secret.reveal()]] : undefined;
    };
    expect(secret('0x00fF')).toEqual(['hexadecimal', [0, 255]]);
    expect(secret('00ff')).toEqual(['text', [48, 48, 102, 102]]);
  });

  it('§1.4 port 0 and protocol 0 mean any', () => {
    const host = readRecord('host', 'add host a -destination 10.0.0.1/32/0 -protocol 0 -action PASS');
    expect([host.destinations[0]?.value.port, host.protocol.value]).toEqual([undefined, 0]);
  });
});

describe('§1.5 grammar', () => {
  it('§1.5 slashes, hyphens, commas and plus signs never separate tokens', () => {
    expect(
      words(
        'add host a -source 10.1.1.1-10.1.1.3 -destination 2001:db8::1/128/TELNET -action AH_MD5+ESP_3DES/0/0,X',
      )[0],
    ).toHaveLength(9);
  });

  it('§1.5 -preshared, -rid and -lid may have a value that begins with a hyphen', () => {
    expect(words('add auth a -preshared -Key -rid -Name -lid -Other -remote 10.0.0.1')[0]?.slice(3)).toEqual([
      '-preshared',
      '-Key',
      '-rid',
      '-Name',
      '-lid',
      '-Other',
      '-remote',
      '10.0.0.1',
    ]);
  });

  it('§1.5 but not one that is an argument of the record: then the value was forgotten', () => {
    expect(read('add auth a -preshared -remote 10.0.0.1 -rid -kmp IKEV2 -lid').said).toEqual([
      '1:12 SYN020 -preshared needs a value',
      '1:40 SYN020 -rid needs a value',
      '1:56 SYN020 -lid needs a value',
    ]);
  });

  it('§1.5 comments, case, order and places are kept', () => {
    const text = '# head\nADD host a -Action pass\n# tail';
    const [statement] = statementsOf(text);
    expect(statement?.arguments[0]?.name).toEqual({ text: '-Action', start: 18, end: 25 });
    expect(statement?.arguments[0]?.value).toEqual({ text: 'pass', start: 26, end: 30 });
  });

  it('§1.5 places are right where continuations cut through words', () => {
    const text = 'add ho\\\nst a -action \\\n PA\\\r\nSS';
    const [statement] = statementsOf(text);
    const at = (word: { start: number; end: number } | undefined) => word && text.slice(word.start, word.end);
    expect(at(statement?.object)).toBe('ho\\\nst');
    expect(at(statement?.subject)).toBe('a');
    expect(at(statement?.arguments[0]?.name)).toBe('-action');
    expect(at(statement?.arguments[0]?.value)).toBe('PA\\\r\nSS');
  });
});

describe('versions', () => {
  it.each([
    ['A.02', 'A.02'],
    ['a.02.01', 'A.02'],
    ['A.03', 'A.03.02'],
    ['A.03.00', 'A.03.00'],
    ['A.03.02.02', 'A.03.02'],
    ['extended', 'extended'],
    ['A.04', undefined],
    ['', undefined],
  ] as const)('%j is dialect %s', (text, dialect) => {
    expect(parseDialect(text)).toBe(dialect);
  });
});

it('lexer and grammar are sound, which the program does not check at every start', () => {
  expect(createStatementLexer(true).lexerDefinitionErrors).toEqual([]);
  expect(() => new StatementParser(true)).not.toThrow();
});
