/** ipsec.secrets: which key is for whom, and that none is ever shown. */
import { describe, expect, it } from 'vitest';
import { libreswan, openswan, starter } from '../../../src/dialects/libreswan/dialect.js';
import { base64 } from '../../../src/dialects/libreswan/secrets.js';
import type { SecretReference } from '../../../src/model/system-config.js';
import { padOf, readDialect } from '../../support/dialects.js';

function keyOf(secrets: string, ids = ''): string | undefined {
  const text = `conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tauthby=secret\n\tauto=add\n${ids}`;
  const reading = readDialect(libreswan, text, { addresses: ['192.0.2.1'], files: { 'ipsec.secrets': secrets } });
  return reveal(padOf(reading).presharedKey?.value);
}

function reveal(reference: SecretReference | undefined): string | undefined {
  return reference?.kind === 'literal' ? new TextDecoder().decode(reference.secret.reveal()) : undefined;
}

describe('the preshared key', () => {
  it('is that of the entry that names most of both ends', () => {
    const all = ': PSK "all"\n192.0.2.1 : PSK "own"\n%any 192.0.2.1 : PSK "any"\n192.0.2.2 192.0.2.1 : PSK "both"\n';
    expect(keyOf(all)).toBe('both');
    expect(keyOf(all.replace(/^.*"both"\n/m, ''))).toBe('any');
    expect(keyOf(': PSK "all"\n192.0.2.1 : PSK "own"\n')).toBe('own');
    expect(keyOf(': PSK "all"\n192.0.2.9 192.0.2.1 : PSK "other"\n')).toBe('all');
    expect(keyOf('192.0.2.9 : PSK "other"\n')).toBeUndefined();
  });

  it('is found by written identities and not by addresses then', () => {
    const ids = '\tleftid=@a.example\n\trightid=@b.example\n';
    expect(keyOf('@A.example @b.example : PSK "named"\n192.0.2.1 192.0.2.2 : PSK "addressed"\n', ids)).toBe('named');
    expect(keyOf('192.0.2.1 192.0.2.2 : PSK "addressed"\n', ids)).toBeUndefined();
  });

  it('is text, hexadecimal or base64; entries go on in lines that are indented', () => {
    expect(keyOf(': PSK 0x6869_21\n')).toBe('hi!');
    expect(keyOf(': PSK 0saGkh\n')).toBe('hi!');
    expect(keyOf(': PSK 0thi!\n')).toBe('hi!');
    expect(keyOf(': PSK "0x6869"\n')).toBe('0x6869');
    expect(keyOf('192.0.2.1\n   192.0.2.2 # comment\n   : PSK "split"\n')).toBe('split');
  });

  it('may follow a colon that stands at the end of a name', () => {
    expect(keyOf('2001:db8::1 192.0.2.2 192.0.2.1:  PSK "colon"\n')).toBe('colon');
    expect(keyOf('192.0.2.2 fe80::: PSK "address"\n', '\tleftid=fe80::\n')).toBe('address');
    expect(keyOf('192.0.2.2 fe80:: : PSK "address"\n', '\tleftid=fe80::\n')).toBe('address');
  });

  it('may be in a file that is included, or in one that is named as the configuration', () => {
    const text = 'conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tauthby=secret\n\tauto=add\n';
    const options = { addresses: ['192.0.2.1'], path: 'west.conf' };
    const files = { 'west.secrets': 'include more.secrets\n', 'more.secrets': ': PSK "included"\n' };
    expect(reveal(padOf(readDialect(libreswan, text, { ...options, files })).presharedKey?.value)).toBe('included');
  });
});

describe('faults', () => {
  it('are told without what may be a secret', () => {
    const secrets = ['hunter2hunter2', '"open', '0xabc', 'PSKK "hunter3hunter3"'];
    for (const secret of secrets) {
      const text = `192.0.2.1 : PSK ${secret}\n192.0.2.2 : ${secret}\n${secret}\n192.0.2.1 192.0.2.2 : PSK "z" ${secret}\n`;
      const reading = readDialect(libreswan, text, { path: 'ipsec.secrets' });
      const shown = [...reading.said, ...reading.sources.map((source) => source.masked(0, source.text.length))].join(
        '\n',
      );
      for (const word of secret.replace('PSKK ', '').split(/\s/)) expect(shown).not.toContain(word.replaceAll('"', ''));
    }
  });

  it('name the kind that is not known only when it is surely none of a key', () => {
    expect(readDialect(libreswan, '192.0.2.1 : SECRET "x"\n192.0.2.1 : PSK\n', { path: 'ipsec.secrets' }).said).toEqual(
      ['1:13 IMP001 the kind of this secret is not known', '2:13 IMP004 this preshared key cannot be read'],
    );
  });
});

describe('base64', () => {
  it.each([
    ['aGVsbG8=', 'hello'],
    ['aGk=', 'hi'],
    ['aGkh', 'hi!'],
  ])('%s', (text, expected) => {
    expect(new TextDecoder().decode(base64(text))).toBe(expected);
  });

  it('refuses what is none', () => {
    for (const text of ['', 'a', 'a b=', 'a=b=', '====']) expect(base64(text)).toBeUndefined();
  });
});

it.each([libreswan, openswan, starter])('$name shows no key of an SA that stands in ipsec.conf', (dialect) => {
  const key = '0x01234567_89abcdef_02468ace_13579bdf';
  const text = `conn m\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tspi=0x200\n\tespenckey=${key}\n\tleftespauthkey=${key}\n`;
  const { said, sources, options } = readDialect(dialect, text, { path: 'ipsec.conf' });
  expect(options.map(({ name }) => name)).toContain('conn m: leftespauthkey');
  for (const shown of [said.join('\n'), sources[0]!.masked(0, text.length)]) expect(shown).not.toContain('89abcdef');
});
