/** No part of a key is ever shown, however wrong the statement around it is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/model/finding.js';
import { dialects } from '../../src/model/language/dialect.js';
import type { Problem } from '../../src/model/problem.js';
import { SourceText } from '../../src/model/span.js';
import { parseText } from '../../src/parser/parse.js';
import { printFile } from '../../src/parser/print.js';
import { renderFrame } from '../../src/report/frame.js';
import { loadSystem } from '../../src/services/load-system.js';
import { lintTexts } from '../support/lint.js';

/** Letters that no word of the language holds, so that a piece of a key is never found by chance. */
const keyLetters = 'QXZqxz479%~';
const piece = 4;
const textKey = fc
  .array(fc.constantFrom(...keyLetters), { minLength: 8, maxLength: 40 })
  .map((letters) => letters.join(''));
/** As a person would choose one, with characters that mean something elsewhere. */
const oddKey = fc
  .array(
    fc.oneof(
      fc.array(fc.constantFrom(...keyLetters), { minLength: 4, maxLength: 12 }).map((letters) => letters.join('')),
      fc.constantFrom('#', '/', '-', '=', ':', '"', "'", '\\', ',', '+', '$', '@', '0x', '!', '(', 'é', '\u2013'),
    ),
    { minLength: 2, maxLength: 8 },
  )
  .map((parts) => parts.join(''));
const hexKey = fc
  .array(fc.constantFrom(...'0123456789abcdefABCDEF'), { minLength: 16, maxLength: 96 })
  .map((digits) => `0x${digits.join('')}`);
const anyKey = fc.oneof(textKey, oddKey, hexKey);

interface Case {
  readonly text: string;
  readonly keys: readonly string[];
}
type Form = (key: string, other: string) => string;

const auth = 'add auth peer -remote 10.0.0.1/32 -priority 10';
/** Ways to write a key wrongly, or rightly beside something wrong. */
const presharedForms: readonly Form[] = [
  (key) => `${auth} -preshared ${key}`,
  (key) => `${auth} -preshred ${key}`,
  (key) => `${auth} -pre ${key} -bogus 1`,
  (key) => `${auth} -psk ${key}`,
  (key) => `${auth} -key ${key}`,
  (key) => `${auth} -secret ${key} -kmp IKEV3`,
  (key) => `${auth} -p ${key}`,
  (key) => `${auth} -presharedkey ${key}`,
  (key) => `${auth} -pre-shared-key ${key}`,
  (key) => `${auth} --preshared ${key}`,
  (key) => `${auth} \u2013preshared ${key}`,
  (key) => `${auth} -PRESHARED ${key} ${auth}`,
  (key) => `${auth} -preshared=${key}`,
  (key) => `${auth} -preshared:${key}`,
  (key) => `${auth} -preshared${key}`,
  (key) => `${auth} -presharedKey=${key}`,
  (key) => `${auth} -psk=${key} -kmp`,
  (key) => `${auth} -key=${key}`,
  (key) => `${auth} preshared ${key}`,
  (key) => `${auth} psk ${key} -kmp IKEV7`,
  (key) => `${auth} ${key}`,
  (key, other) => `${auth} -preshared ${key} ${other}`,
  (key, other) => `${auth} -preshared ${key} -${other} -kmp IKEV2`,
  (key, other) => `${auth} -preshred ${key} ${other} -kmp IKEV9`,
  (key, other) => `${auth} -preshared "${key} ${other}" -exchange XX`,
  (key) => `${auth} -preshared "${key}`,
  (key) => `${auth} -preshared ${key} \\\n  -sorce 10.0.0.1`,
  (key) => `${auth} -preshared ${key}\\\n  -sorce 10.0.0.1`,
  (key, other) => `${auth} -preshared ${key}\\\n${other}`,
  (key, other) => `${auth} -preshared ${key}\\  \n${other}`,
  (key) => `${auth} -preshared ${key} \\ \n  -kmp IKEV3`,
  (key) => `${auth} -preshared \\\n  ${key}`,
  (key) => `${auth} -preshared\n  ${key}`,
  (key) => `${auth} -preshared\n${key}\n${auth}`,
  (key) => `${auth} -preshared \\\n# comment\n${key}`,
  (key, other) => `${auth} \\\n#  -preshared ${other}\n  -preshared ${key}`,
  (key) => `${auth}\n  -preshared ${key}`,
  (key) => `${auth}\n\n  -preshared ${key}`,
  (key) => `-preshared ${key}`,
  (key) => `preshared ${key}`,
  (key) => `: PSK ${key}`,
  (key) => `10.0.0.1 ${key}`,
  (key) => key,
  (key) => `ad auth peer -remote 10.0.0.1 -preshared ${key}`,
  (key) => `auth peer -remote 10.0.0.1 -preshared ${key}`,
  (key) => `add ath peer -remote 10.0.0.1 -preshared ${key}`,
  (key) => `add peer -remote 10.0.0.1 -preshared ${key}`,
  (key) => `add -preshared ${key}`,
  (key) => `update auth peer -preshared ${key}`,
  (key) => `show auth -preshared ${key}`,
  (key) => `delete auth peer -preshared ${key}`,
  (key) => `delete auth peer ${key}`,
  (key) => `add host web -action PASS -preshared ${key}`,
  (key) => `add host web -preshared ${key} -action PAS`,
  (key) => `add ikev2 web -psk ${key}`,
  (key) => `add auth peer -preshared ${key}`,
  (key) => `add auth peer -remote 10.0.0.300 -preshared ${key}`,
  (key) => `${auth} -preshared ${key} -preshared ${key}`,
  (key) => `${auth} -preshared -preshared ${key}`,
  (key) => `${auth} -lid -preshared ${key}`,
  (key) => `${auth} -rid "unclosed -preshared ${key}`,
  (key) => `${auth} -ppk ${key} -ppk_id`,
  (key) => `ipsec_config ${auth} -preshared '${key}`,
  (key) => `ipsec_config ${auth} -preshared "${key}" -preshred ${key}`,
  (key) => `  501  sudo ipsec_config ${auth} -psk ${key} # was -psk ${key}`,
  (key) => `ipsec_config ${auth} -preshared ${key}; ipsec_config ${auth} -preshared ${key}`,
  (key) => `${auth} -preshared ${key}\u00a0-kmp IKEV2`,
  (key) => `${auth} -preshared\u00a0${key}`,
];

const host = 'add host mk -source 10.0.0.1/32 -destination 10.0.0.2/32 -action ESP_AES128_HMAC_SHA1';
const manualForms: readonly Form[] = [
  (key, other) => `${host} -in ESP/100/${key}/${other} -out ESP/101/${other}/${key}`,
  (key, other) => `${host} -in ESP/100/${key}/${other}/${key}/${other}`,
  (key) => `${host} -in ESP/100/${key}`,
  (key) => `${host} -in ESP/${key}`,
  (key) => `${host} -in ${key}`,
  (key) => `${host} -in AH/100/${key}/${key}`,
  (key) => `${host} -in EPS/100/${key}/${key}`,
  (key) => `${host} -inn ESP/100/${key}/${key}`,
  (key) => `${host} -in=ESP/100/${key}/${key}`,
  (key, other) => `${host} -in ESP/100/${key} /${other}`,
  (key, other) => `${host} -in ESP/100/${key}/ ${other}`,
  (key) => `${host} ESP/100/${key}/${key}`,
  (key, other) => `${host} -in ESP/100/${key}/\\\n${other} -out`,
  (key, other) => `${host} -in ESP/100/${key}/\\\n   ${other}`,
  (key, other) => `${host} -in ESP/100/${key}/\\ \n${other}`,
  (key) => `${host} -manual ESP/100/${key}/${key}`,
  (key) => `add hst mk -in ESP/100/${key}/${key}`,
  (key) => `add ikev1 mk -in ESP/100/${key}/${key}`,
  (key) => `add tunnel t -in ESP/0/${key}/${key} -out ESP/99999999999/${key}/${key}`,
  (key) => `${host}\n -in ESP/100/${key}/${key}`,
  (key) => `-in ESP/100/${key}/${key}`,
];

function cases(forms: readonly Form[], key: fc.Arbitrary<string>): fc.Arbitrary<Case> {
  return fc
    .tuple(fc.constantFrom(...forms), key, key)
    .map(([form, first, second]) => ({ text: form(first, second), keys: [first, second] }));
}

/** Pieces of a key that must not be seen: of some length, and not what the language itself is made of. */
function piecesOf(key: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at + piece <= key.length; at += 1) {
    const part = key.slice(at, at + piece);
    if ([...part].every((letter) => keyLetters.includes(letter))) pieces.push(part);
  }
  if (/^0x[0-9a-f]{16}/i.test(key)) {
    for (let at = 2; at + 8 <= key.length; at += 1) pieces.push(key.slice(at, at + 8));
  }
  return pieces;
}

const escapePattern = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

function textsOf(entry: Problem | Finding): string {
  const { message, notes, help, related, fixes } = entry;
  return JSON.stringify([
    message,
    notes,
    help,
    related?.map(({ text }) => text),
    fixes?.map(({ title, edits }) => [title, edits.map(({ newText }) => newText)]),
    entry.record,
    renderFrame(entry.at, { width: 4000 }),
    related?.map(({ at }) => renderFrame(at, { width: 4000 })),
  ]);
}

/** Everything that any report could show of a text. */
function everythingSaid(text: string, dialect: (typeof dialects)[number]): string[] {
  const { problems, files } = loadSystem({ name: 'a', sources: [new SourceText('a.conf', text)], dialect });
  const { source } = files[0]!;
  return [
    ...problems.map(textsOf),
    ...lintTexts([text], { dialect }).map(textsOf),
    ...source.text.split('\n').map((_, line) => {
      const { start, end } = source.lineRange(line + 1);
      return source.masked(start, end);
    }),
    printFile(parseText(new SourceText('a.conf', text)), { dialect, mask: true }),
  ];
}

function expectSilence({ text, keys }: Case, dialect: (typeof dialects)[number]): void {
  const said = everythingSaid(text, dialect);
  // A line of its own that begins with # is a comment, and comments are no secret.
  const isComment = (key: string) =>
    new RegExp(`^[ \\t]*#${escapePattern(key.slice(1))}`, 'm').test(text) && key.startsWith('#');
  for (const part of keys.filter((key) => text.includes(key) && !isComment(key)).flatMap(piecesOf)) {
    const leak = said.find((one) => one.includes(part));
    if (leak !== undefined) expect.fail(`${JSON.stringify(text)}\nshows ${part} in\n${leak}`);
  }
}

describe('keys', () => {
  it.each(presharedForms.map((form) => [form('KEY', 'OTHER'), form] as const))('are hidden in %j', (_, form) => {
    fc.assert(
      fc.property(cases([form], anyKey), fc.constantFrom(...dialects), (one, dialect) => expectSilence(one, dialect)),
      { numRuns: 25 },
    );
  });

  it.each(manualForms.map((form) => [form('KEY', 'OTHER'), form] as const))('are hidden in %j', (_, form) => {
    fc.assert(
      fc.property(cases([form], fc.oneof(hexKey, textKey)), fc.constantFrom(...dialects), (one, dialect) =>
        expectSilence(one, dialect),
      ),
      { numRuns: 25 },
    );
  });

  it('are hidden between other statements, with characters lost or put in', () => {
    const mutated = fc
      .tuple(
        cases([...presharedForms, ...manualForms], textKey),
        fc.nat(60),
        fc.constantFrom('', ' ', '\\', '\n', '-', '"'),
      )
      .map(([{ text, keys }, at, insert]) => ({
        // Only before the key, so that it stays whole.
        text: `add host a -action PASS\n${at < text.indexOf(keys[0]!) ? text.slice(0, at) + insert + text.slice(at + (insert ? 0 : 1)) : text}\nadd host b -action PASS`,
        keys,
      }))
      // Without the blank after it, it is the rest of a record's name, and names are shown.
      .filter(({ text, keys }) => !text.includes(`auth peer${keys[0]}`));
    fc.assert(
      fc.property(mutated, (one) => expectSilence(one, 'extended')),
      { numRuns: 400 },
    );
  });
});
