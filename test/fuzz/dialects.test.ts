/**
 * Nasty files of other products through their readers: nothing throws, what is said has a place in the text and never a key, and
 * no work grows faster than the text. The corpus is in dialects/, a folder for each format; every run mutates it anew.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Dialect, DialectReading } from '../../src/dialects/dialect.js';
import { noFiles } from '../../src/dialects/dialect.js';
import { type Random, seededRandom } from '../../src/model/selector/sampling.js';
import { SourceText } from '../../src/model/span.js';
import { allFormats } from '../support/all-formats.js';

const folder = path.join(import.meta.dirname, 'dialects');
/** Every key of the corpus, as text and in hexadecimal digits. */
const key = 'Plover-Sand-77';
const digits = Buffer.from(key).toString('hex');
const seed = Number(process.env.FC_SEED ?? 1);
/** Mutants of each file; `FUZZ_COUNT` makes a campaign of it. */
const mutants = Number(process.env.FUZZ_COUNT ?? 40);

const corpus = readdirSync(folder)
  .sort()
  .flatMap((format) =>
    readdirSync(path.join(folder, format))
      .sort()
      .map((file) => ({ format, file, text: readFileSync(path.join(folder, format, file), 'utf8') })),
  );

const readers = allFormats.filter((dialect) => dialect.read);
const readerOf = (format: string): Dialect => readers.find(({ name }) => name === format)!;

/** Reads a text alone, and holds what is said to what every reader promises; keys count where they stand where keys do. */
function read(dialect: Dialect, file: string, text: string, hasKeys = false): DialectReading {
  const source = new SourceText(file, text);
  const reading = dialect.read!({ name: 't', sources: [source], files: noFiles });
  for (const { at, message, help } of reading.problems) {
    expect(at.start).toBeGreaterThanOrEqual(0);
    expect(at.end).toBeGreaterThanOrEqual(at.start);
    expect(at.end).toBeLessThanOrEqual(at.source.text.length);
    expect(message.length).toBeLessThan(1000);
    for (const said of hasKeys ? [message, help ?? ''] : []) {
      expect(said).not.toContain(key);
      expect(said.toLowerCase()).not.toContain(digits);
    }
  }
  // Work is bounded by the text.
  expect(reading.problems.length + reading.options.length).toBeLessThanOrEqual(8 * text.length + 16);
  return reading;
}

function mutate(text: string, random: Random): string {
  const at = () => Math.floor(random() * (text.length + 1));
  const [a, b] = [at(), at()].sort((x, y) => x - y) as [number, number];
  const pieces = [
    '{',
    '}',
    '"',
    '=',
    ';',
    '\n',
    '\\',
    ',',
    '[',
    ']',
    '#',
    ' ',
    '\0',
    '-',
    '/',
    '0',
    '99999999999',
    ':',
    '(',
    '\u2028',
  ];
  switch (Math.floor(random() * 6)) {
    case 0:
      return text.slice(0, a) + text.slice(Math.min(b, a + 40));
    case 1:
      return text.slice(0, b) + text.slice(a, Math.min(b, a + 200)) + text.slice(b);
    case 2:
      return text.slice(0, a);
    case 3:
      return (
        text.slice(0, a) +
        pieces[Math.floor(random() * pieces.length)]!.repeat(1 + Math.floor(random() * 3)) +
        text.slice(a)
      );
    case 4:
      return text.slice(0, a) + String.fromCharCode(Math.floor(random() * 256)) + text.slice(a + 1);
    default:
      return text.slice(a) + text.slice(0, a);
  }
}

describe.each(corpus)('$format/$file', ({ format, file, text }) => {
  it('is read by every reader, and shows no key', () => {
    for (const dialect of readers) {
      const reading = read(dialect, file, text, dialect.name === format);
      if (dialect.name !== format) continue;
      const shown = reading.sources.map((source) => source.masked(0, source.text.length)).join('\n');
      expect(shown).not.toContain(key);
      expect(shown.toLowerCase()).not.toContain(digits);
    }
  });

  it(`is read in whatever state it is (FC_SEED=${seed})`, { timeout: 600_000 }, () => {
    const random = seededRandom(seed + file.length * 1000 + text.length);
    const dialect = readerOf(format);
    for (let count = 0; count < mutants; count += 1) {
      let mutant = text;
      for (let times = 1 + Math.floor(random() * 4); times > 0; times -= 1) mutant = mutate(mutant, random);
      try {
        read(dialect, file, mutant);
      } catch (error) {
        throw new Error(`mutant ${count}: ${JSON.stringify(mutant.slice(0, 4000))}`, { cause: error });
      }
    }
  });
});

describe('found so', () => {
  it.each(['xfrm state add', 'xfrm policy add #', 'ip xfrm s update\n\n'])('%j is no SA and no policy', (text) => {
    const { problems, config } = read(readerOf('xfrm'), 'batch', text);
    expect(problems.map(({ code }) => code)).toEqual(['IMP001']);
    expect(config.spd.filter(({ source }) => source.record.kind !== 'builtin')).toEqual([]);
  });
});

/** What takes a time that grows with the square of these does not end within a test's. */
describe('as long as you like', () => {
  const times = 20_000;
  it.each([
    ['swanctl', 'connections { a { remote_addrs = 192.0.2.2\n } }\n'],
    ['swanctl', '{'],
    ['swanctl', 'a : b { }\n'],
    ['libreswan', 'conn a\n\tleft=192.0.2.1\n'],
    ['libreswan', '\tleft=192.0.2.1\n'],
    ['libreswan', '"'],
    ['racoon', 'remote anonymous { }\n'],
    ['racoon', '{'],
    ['setkey', 'spdadd 10.1.0.0/16 10.2.0.0/16 any -P out none;\n'],
    ['setkey', '"'],
    ['iked', 'ikev2 esp from 10.1.0.0/16 to 10.2.0.0/16\n'],
    ['iked', 'a = "b"\n'],
    ['iked', '{'],
    ['openbsd-ipsec', 'flow esp from 10.1.0.0/16 to 10.2.0.0/16\n'],
    ['xfrm', 'src 10.1.0.0/16 dst 10.2.0.0/16\n\tdir out priority 5\n'],
    ['xfrm', '\t\n'],
  ])('%s: %j', { timeout: 120_000 }, (format, piece) => {
    const text = piece.repeat(times / 4);
    const { problems } = read(readerOf(format), 'long.conf', text);
    expect(problems.length).toBeLessThanOrEqual(text.length);
  });
});
