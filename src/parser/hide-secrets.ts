/**
 * Marks everything in a statement that is a secret or may be one, so that nothing ever shows it: no message, code frame or
 * diff. What is written wrongly is what messages are about, so it is not enough to know the arguments that hold keys. The
 * rule is: text is shown when it is known what it is; what cannot be told in a place where a key could be is hidden.
 */
import { parseAddress } from '../model/address.js';
import { closest } from '../model/did-you-mean.js';
import { type ArgumentRow, argumentRows, argumentsOf, findArgument } from '../model/language/arguments.js';
import { type ObjectRow, objectRow, objectRows } from '../model/language/objects.js';
import type { SourceText } from '../model/span.js';
import { foreignFormat } from './foreign-format.js';
import { argumentWord, type StatementSyntax, type Word } from './syntax.js';

type Range = [start: number, end: number];

/** SPIs have up to eight digits; longer numbers are keys. */
const longHexadecimal = /0x[0-9a-f]{9,}/gi;
/** A name that begins like one that takes a key: what follows in it may be the key. */
const secretName = /^[-\u2010-\u2015\u2212]*(?:preshared|psk|ppk)(?:[-_]?key)?/i;
/** What of a doubtful name is surely no key. */
const leadingLetters = /^[-\u2010-\u2015\u2212]+(?:[a-z_-]+|[A-Z_-]+)[=:]?/;
/** Names of this shape are about arguments; others may be a key that begins with a hyphen. */
const plainName = /^[-\u2010-\u2015\u2212]+[a-z][a-z_-]{0,23}(?:$|[=:\s])/;
/** In a word of another kind: what follows is a key that ended up there for want of a blank, or by a quote too many. */
const secretInside = /preshared|psk|-pre|-ppk/i;
const beginsLikeSecret = /^(?:pre|psk|ppk)/i;
/** References to a key are no secrets. */
const reference = /^(?:file|env):/;

const kindsByName = new Map<string, ArgumentRow['kind']>(argumentRows.map((row) => [row.name, row.kind]));

/** Kinds by object and full name with its hyphen, which most arguments are written with. */
const kindsByObject = new Map<string, ReadonlyMap<string, ArgumentRow['kind']>>(
  objectRows.map(({ name }) => [name, new Map(argumentsOf(name).map((row) => [`-${row.name}`, row.kind]))]),
);

/** Anything that could make a statement hold a key: a long number, or a word like -preshared, -psk and -ppk. */
const suspicious = /[pP](?:[rR][eE]|[sS][kK]|[pP][kK])|0[xX][0-9a-fA-F]{8}/;

/** Marks the secrets of one statement, in the order of the text. `text` is the statement without its continuations. */
export function hideSecrets(source: SourceText, statement: StatementSyntax, text: string): void {
  if (isPlain(statement) && !suspicious.test(text)) return;
  const object = statement.object && objectRow(statement.object.text.toLowerCase());
  const hasLongNumber = text.includes('0x') || text.includes('0X');
  const found: Range[] = [];
  findHidden(statement, object, found);
  const written = hasLongNumber ? source.text.slice(statement.start, statement.end) : '';
  for (const match of written.matchAll(longHexadecimal)) {
    const start = statement.start + match.index;
    found.push([start, start + match[0].length]);
  }
  if (found.length > 1) found.sort((a, b) => a[0] - b[0]);
  let end = -1;
  for (const [start, to] of found) {
    const from = Math.max(start, end);
    if (to <= from) continue;
    source.markSecret(from, to);
    end = to;
  }
}

/** Has a statement only arguments that are written in full and hold no key? Most have, and need no closer look. */
function isPlain({ object, arguments: list, strays }: StatementSyntax): boolean {
  const kinds = object && kindsByObject.get(object.text);
  if (!kinds || strays.length > 0) return false;
  for (const { name } of list) {
    const kind = kinds.get(name.text);
    if (kind === undefined || kind === 'secret' || kind === 'manual-key' || kind === 'identity') return false;
  }
  return true;
}

/** Walks over arguments and strays in the order of the text. */
function findHidden(statement: StatementSyntax, object: ObjectRow | undefined, found: Range[]): void {
  const strays = statement.strays;
  let stray = 0;
  // Whether a key may go on in the words that follow: it should hold no blanks, but this one may.
  let open = false;
  const checkInside = (word: Word, isName: boolean) => {
    const inside = secretInside.exec(word.text);
    if (!inside) return;
    open = true;
    // `psk-site-a` is a name that people give.
    if (!isName || !/^[\w.@:/-]+$/.test(word.text)) hideFrom(word, inside.index + inside[0].length, found);
  };
  const hideStraysBefore = (offset: number) => {
    for (let word = strays[stray]; word && word.start < offset; stray += 1, word = strays[stray]) {
      if (open || !isKnown(word, statement, object)) {
        found.push([word.start, word.end]);
        open = true;
      } else {
        checkInside(word, false);
        open ||= /^(?:pre|ppk$|psk|in$|out$)/i.test(word.text);
      }
    }
  };
  if (statement.subject) checkInside(statement.subject, true);
  for (const { name, value } of statement.arguments) {
    hideStraysBefore(name.start);
    const kind = kindOf(name, object);
    if (kind === undefined) {
      const guess = guessKind(name, object);
      const mayBeKey = guess === undefined || guess === 'secret' || guess === 'manual-key';
      const isName = guess !== undefined || plainName.test(name.text);
      hideName(name, mayBeKey, guess === undefined && (open || !isName), found);
      open = mayBeKey;
      if (open && value) found.push([value.start, value.end]);
    } else {
      open = kind === 'secret' || kind === 'manual-key';
      if (!value) continue;
      if (kind === 'manual-key') hideManualKey(value, found);
      else if (kind !== 'secret') checkInside(value, kind === 'identity' || kind === 'record-name' || kind === 'text');
      else if (!reference.test(value.text)) found.push([value.start, value.end]);
      // A quote that is missing or too much makes other arguments part of the value.
      if (kind === 'identity' && /^"[\s\S]*\s-[a-z]/i.test(value.text)) found.push([value.start, value.end]);
    }
  }
  hideStraysBefore(statement.end + 1);
}

function kindOf(name: Word, object: ObjectRow | undefined): ArgumentRow['kind'] | undefined {
  if (object) {
    const kind = kindsByObject.get(object.name)!.get(name.text);
    if (kind) return kind;
  }
  const word = argumentWord(name.text);
  if (!object) return kindsByName.get(word.toLowerCase());
  const found = findArgument(object.name, word, 'extended');
  return found && 'row' in found ? found.row.kind : undefined;
}

/** What kind of argument a misspelt name stands for. */
function guessKind(name: Word, object: ObjectRow | undefined): ArgumentRow['kind'] | undefined {
  if (!object) return undefined;
  const word = argumentWord(name.text).split('=', 1)[0]!;
  const guess = closest(
    word,
    argumentsOf(object.name).map((row) => row.name),
  );
  // -pre is nearer to -prf than to -preshared, and all the more a key.
  if (beginsLikeSecret.test(word) && !guess?.startsWith(word.slice(0, 4).toLowerCase())) return 'secret';
  return guess === undefined ? undefined : kindsByName.get(guess);
}

/** Hides what may be a key in a name: `-presharedKEY`, `-preshared=KEY`, or all of it where a key may have gone on. */
function hideName(name: Word, mayBeKey: boolean, whole: boolean, found: Range[]): void {
  const { text } = name;
  if (whole) found.push([name.start, name.end]);
  if (whole || !mayBeKey) return;
  const begins = secretName.exec(text) ?? leadingLetters.exec(text);
  hideFrom(name, begins?.[0].length ?? 0, found);
}

/** Hides the characters of a word from an offset on; all of it where continuations make offsets uncertain. */
function hideFrom({ text, start, end }: Word, from: number, found: Range[]): void {
  if (from < text.length) found.push([end - start === text.length ? start + from : start, end]);
}

/** Shows `ESP/300` and hides the rest; a field that is not what it should be may be a key already. */
function hideManualKey(value: Word, found: Range[]): void {
  hideFrom(value, /^(?:esp|ah)(?:\/(?:\d{1,10}|0x[0-9a-f]{1,8}))?(?=\/|$)/i.exec(value.text)?.[0].length ?? 0, found);
}

/** Is it known what a word without an argument is, so that it may be shown? */
function isKnown(word: Word, { verb, strays, guessed }: StatementSyntax, object: ObjectRow | undefined): boolean {
  const { text } = word;
  if (/^(?:esp|ah)\//i.test(text)) return false;
  const lower = text.toLowerCase();
  if (kindsByName.has(lower) || objectRow(lower)) return true;
  if (!verb) return word === strays[0] && foreignFormat(text) !== undefined;
  if (object) {
    // A key could only stand in records that hold one, or in what ran into another record.
    if (object.name !== 'auth' && !guessed) return true;
    return /^(?:\\|[;&|]{1,2})$/.test(text) || parseAddress(text.split('/', 1)[0]!) !== undefined;
  }
  const wantsObject = /^(?:add|delete)$/i.test(verb.text);
  return !wantsObject || word === strays[0];
}

/**
 * Marks what may be a key in a comment: a record that was commented out, or a line that was meant to go on with a key.
 * `whole` for a comment inside a statement.
 */
export function hideInComment(source: SourceText, start: number, end: number, whole: boolean): void {
  const text = source.text.slice(start, end);
  const from = whole ? 1 : text.search(/(?<=-(?:pre[a-z_]*|psk|ppk|in|out)[\s=:])|(?<=\b(?:esp|ah)\/\w+\/)/i);
  if (from !== -1) source.markSecret(start + from, end);
}
