/**
 * Tokens of one statement. A word is white space to white space: slashes, commas and plus signs are taken apart by the
 * argument's own parser, because what they mean depends on the argument. So does quoting, hence the lexer modes:
 *
 *   batch      a line of a batch file; quotes are ordinary characters
 *   command    a line that a shell would read; quotes group and vanish
 *   quotable   the value after -rid, -lid, -subject: a leading `"` opens a quoted string
 *   raw        the value after -preshared: any characters up to white space, even a leading hyphen
 */
import { createToken, Lexer } from 'chevrotain';

/** Any word; keywords are words too, so that a record may be named `host`. */
export const AnyWord = createToken({ name: 'AnyWord', pattern: Lexer.NA });
/** Any argument name, with its hyphen. */
export const AnyArgument = createToken({ name: 'AnyArgument', pattern: Lexer.NA });

const WhiteSpace = createToken({
  name: 'WhiteSpace',
  pattern: /[ \t\v\f\r\n]+/,
  group: Lexer.SKIPPED,
  line_breaks: true,
});
const Continuation = createToken({ name: 'Continuation', pattern: /\\\r?\n/, group: Lexer.SKIPPED, line_breaks: true });

/** A backslash-newline inside a word vanishes when the next line begins with more of the word. */
const batchWord = /(?:[^ \t\v\f\r\n\\]|\\(?!\r?\n)|\\\r?\n(?=[^ \t\v\f\r\n]))+/;
/** A shell's word: quoted parts may hold blanks, a backslash takes the meaning from the next character. */
const shellWord = /(?:[^ \t\v\f\r\n\\"']|"[^"]*"?|'[^']*'?|\\(?!\r?\n)[^\n]?|\\\r?\n(?=[^ \t\v\f\r\n]))+/;
/** Characters that a word may begin with: all but blanks, one for each of the lexer's buckets above 255. */
const wordStart = [
  ...Array.from({ length: 256 }, (_, code) => code).filter((code) => ![9, 10, 11, 12, 13, 32].includes(code)),
  ...Array.from({ length: 257 }, (_, bucket) => Math.min(65535, 256 + bucket * 255)),
];
const wordOptions = { start_chars_hint: wordStart, line_breaks: true } as const;

export const Word = createToken({ name: 'Word', pattern: batchWord, categories: AnyWord, ...wordOptions });
export const ShellWord = createToken({ name: 'ShellWord', pattern: shellWord, categories: AnyWord, ...wordOptions });

function keyword(word: string) {
  return createToken({
    name: word,
    pattern: new RegExp(`${word}(?![^ \\t\\v\\f\\r\\n\\\\])`, 'i'),
    categories: AnyWord,
  });
}

export const Add = keyword('add');
export const Delete = keyword('delete');
/** Operations of the product that a file of records cannot hold. */
export const refusedVerbs = [keyword('show'), keyword('batch'), keyword('export')];
export const objectTokens = [
  'host',
  'tunnel',
  'gateway',
  'ikev1',
  'ikev2',
  'ike',
  'auth',
  'bypass',
  'startup',
  'cacert',
  'mycert',
  'csr',
  'crl',
].map(keyword);

/** -preshared and -ppk, also misspelt or cut short: what follows must not be shown. */
const secretArgument = /-(?:pre|psk|ppk(?![^ \t\v\f\r\n\\]))[^ \t\v\f\r\n\\]*/i;
export const SecretArgument = createToken({
  name: 'SecretArgument',
  categories: AnyArgument,
  pattern: secretArgument,
  push_mode: 'raw',
});
export const ShellSecretArgument = createToken({
  name: 'ShellSecretArgument',
  categories: AnyArgument,
  pattern: secretArgument,
  push_mode: 'shellRaw',
});
/** Arguments whose value may be quoted because it may hold blanks. */
export const QuotableArgument = createToken({
  name: 'QuotableArgument',
  categories: AnyArgument,
  pattern: /-(?:rid|lid|sub(?:ject|jec|je|j)?)(?![^ \t\v\f\r\n\\])/i,
  push_mode: 'quotable',
});
export const Argument = createToken({
  name: 'Argument',
  categories: AnyArgument,
  pattern: /-[A-Za-z][^ \t\v\f\r\n\\]*/,
});

export const RawValue = createToken({
  name: 'RawValue',
  categories: AnyWord,
  pattern: batchWord,
  pop_mode: true,
  ...wordOptions,
});
export const ShellRawValue = createToken({
  name: 'ShellRawValue',
  categories: AnyWord,
  pattern: shellWord,
  pop_mode: true,
  ...wordOptions,
});
/** From the quote to the next one, or to the end of the statement where that is missing. */
export const QuotedValue = createToken({
  name: 'QuotedValue',
  categories: AnyWord,
  pattern: /"[^"]*"?/,
  pop_mode: true,
  line_breaks: true,
});
export const PlainValue = createToken({
  name: 'PlainValue',
  categories: AnyWord,
  pattern: batchWord,
  pop_mode: true,
  ...wordOptions,
});

const skipped = [WhiteSpace, Continuation];
const keywords = [Add, Delete, ...refusedVerbs, ...objectTokens];

/** Every token type, for the parser's vocabulary. */
export const allTokens = [
  AnyWord,
  AnyArgument,
  ...skipped,
  ...keywords,
  SecretArgument,
  ShellSecretArgument,
  QuotableArgument,
  Argument,
  Word,
  ShellWord,
  RawValue,
  ShellRawValue,
  QuotedValue,
  PlainValue,
];

/** Builds the lexer; it costs milliseconds, so callers keep one. Initial modes are `batch` and `command`. */
export function createStatementLexer(): Lexer {
  return new Lexer(
    {
      modes: {
        batch: [...skipped, ...keywords, SecretArgument, QuotableArgument, Argument, Word],
        command: [...skipped, ...keywords, ShellSecretArgument, Argument, ShellWord],
        raw: [...skipped, RawValue],
        shellRaw: [...skipped, ShellRawValue],
        quotable: [...skipped, QuotedValue, PlainValue],
      },
      defaultMode: 'batch',
    },
    { positionTracking: 'onlyOffset', ensureOptimizations: true },
  );
}
