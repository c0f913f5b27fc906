/**
 * Files of other products with a key at its place, damaged at every word: whatever is left out, doubled, exchanged or put in, no
 * message, remedy, frame or option shows any of the key.
 */
import { describe, expect, it } from 'vitest';
import { noFiles } from '../../src/dialects/dialect.js';
import { SourceText } from '../../src/model/span.js';
import { renderFrame } from '../../src/report/frame.js';
import { allFormats } from '../support/all-formats.js';

const key = 'Plover-Sand-77';
const digits = Buffer.from(`${key}!!`).toString('hex');

/** Statements with a key in every form that the product takes. */
const texts: readonly (readonly [string, string])[] = [
  [
    'iked',
    `ikev2 "west" active esp from 10.1.0.0/16 to 10.2.0.0/16 local 192.0.2.1 peer 192.0.2.2 srcid a psk "${key}"`,
  ],
  ['iked', `ikev2 active esp from 10.1.0.0/16 to 10.2.0.0/16 peer 192.0.2.2 psk ${key} tag ipsec`],
  ['iked', `ikev2 esp from any to any peer any psk 0x${digits} config address 10.3.0.0/24`],
  ['openbsd-ipsec', `ike esp from 10.1.0.0/16 to 10.2.0.0/16 peer 192.0.2.2 main auth hmac-sha1 psk "${key}" tag x`],
  ['openbsd-ipsec', `ike esp from 10.1.0.0/16 to 10.2.0.0/16 peer 192.0.2.2 psk ${key}`],
  [
    'openbsd-ipsec',
    `esp from 192.0.2.1 to 192.0.2.2 spi 0x1000:0x1001 auth hmac-sha1 enc aes authkey 0x${digits} enckey 0x${digits}`,
  ],
  ['setkey', `add 192.0.2.1 192.0.2.2 esp 0x1000 -m tunnel -E aes-cbc "${key}" -A hmac-sha1 0x${digits};`],
  ['setkey', `add 192.0.2.1 192.0.2.2 ah 0x1000 -A hmac-sha1 0x${digits};`],
  [
    'racoon',
    `remote 192.0.2.2 { exchange_mode main; proposal { authentication_method pre_shared_key; } }\nldapcfg { bind_pw ${key}; }`,
  ],
  ['racoon', `radiuscfg { auth "192.0.2.9" "${key}"; }`],
];

/** Words that stand before keys; behind the flags of setkey comes an algorithm first. */
const announcing = new Set(['psk', 'authkey', 'enckey', 'bind_pw', '-A', '-E', 'auth', '"192.0.2.9"']);

const readers = new Map(allFormats.filter((dialect) => dialect.read).map((dialect) => [dialect.name, dialect]));

/** Words, quoted ones whole, and marks; what is between them is one blank. */
function wordsOf(text: string): string[] {
  return text.match(/"[^"]*"|[{};]|[^\s{};]+/g) ?? [];
}

/**
 * Every text that differs from the given words in one place. A key whose word is not there, or that does not follow it, is no key
 * to anybody: the words that announce keys stay, and only marks come between.
 */
function* damaged(words: readonly string[], announces: (at: number) => boolean): Generator<string> {
  const put = (list: readonly string[]) => list.join(' ');
  for (let at = 0; at < words.length; at += 1) {
    const [before, word, after] = [words.slice(0, at), words[at]!, words.slice(at + 1)];
    for (const mark of ['{', '}', ';', ',', '"', '#', '\n', '=']) yield put([...before, mark, word, ...after]);
    if (announces(at)) continue;
    const isKey = at > 0 && announces(at - 1);
    yield put([...before, ...after]);
    yield put([...before, word.slice(0, -1), ...after]);
    if (isKey) continue;
    yield put([...before, word, word, ...after]);
    yield put([...before, `x${word}`, ...after]);
    for (const other of ['bogus', '0']) yield put([...before, other, word, ...after]);
    const isNextKey = announces(at + 1) || announces(at);
    if (after[0] !== undefined && !isNextKey) yield put([...before, after[0], word, ...after.slice(1)]);
  }
}

/** Any run of so many characters of a key is too many. */
const piece = 6;
function* partsOf(secret: string): Generator<string> {
  for (let at = 0; at + piece <= secret.length; at += 1) yield secret.slice(at, at + piece);
}
const parts = [...partsOf(key), ...partsOf(digits)];

describe.each(texts)('%s: %s', (format, text) => {
  it('shows no key, wherever it is damaged', () => {
    const dialect = readers.get(format)!;
    const shown: string[] = [];
    const words = wordsOf(text);
    const announces = (at: number) =>
      announcing.has(words[at] ?? '') || (announcing.has(words[at - 1] ?? '-') && /^-[AE]$/.test(words[at - 1] ?? ''));
    for (const each of [text, ...damaged(words, announces)]) {
      const source = new SourceText('f.conf', `${each}\n`);
      const { problems, options } = dialect.read!({ name: 't', sources: [source], files: noFiles });
      const said = [
        ...problems.flatMap(({ at, message, help = '' }) => [message, help, renderFrame(at).join('\n')]),
        ...options.map(({ name, why = '' }) => `${name} ${why}`),
      ];
      for (const line of said)
        if (parts.some((part) => line.includes(part))) shown.push(`${JSON.stringify(each)}: ${line}`);
    }
    expect(shown.slice(0, 12)).toEqual([]);
  });
});
