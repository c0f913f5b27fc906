/**
 * Tokens of one statement, whose continuations were taken out before. A word is white space to white space: slashes, commas
 * and plus signs are taken apart by the argument's own parser, because what they mean depends on the argument. So does
 * quoting, hence the lexer modes:
 *
 *   batch      a line of a batch file; quotes are ordinary characters
 *   command    a line that a shell would read; quotes group and vanish, a word that begins with # begins a comment
 *   quotable   the value after -rid, -lid, -subject: a leading `"` opens a quoted string
 *   raw        the value after -preshared: any characters up to white space, even a leading hyphen
 *   shellRaw   the same in a command
 */
import { createToken, type ITokenConfig, Lexer } from 'chevrotain';
import { type ArgumentRow, argumentsOf } from '../model/language/arguments.js';

/** Any word; keywords are words too, so that a record may be named `host`. */
export const AnyWord = createToken({ name: 'AnyWord', pattern: Lexer.NA });
/** Any argument name, with its hyphen. */
export const AnyArgument = createToken({ name: 'AnyArgument', pattern: Lexer.NA });

// Every token says which characters it may begin with: to find that out of its pattern, the lexer would take as long as for
// reading a thousand statements.

const WhiteSpace = createToken({
  name: 'WhiteSpace',
  pattern: /[ \t\v\f\r\n]+/,
  start_chars_hint: [9, 10, 11, 12, 13, 32],
  group: Lexer.SKIPPED,
  line_breaks: true,
});
const ShellComment = createToken({
  name: 'ShellComment',
  pattern: /#[^\n]*/,
  start_chars_hint: ['#'],
  group: Lexer.SKIPPED,
});

const batchWord = /[^ \t\v\f\r\n]+/;
/** A shell's word: quoted parts may hold blanks, a backslash takes the meaning from the next character. */
const shellWord = /(?:[^ \t\v\f\r\n\\"']|"(?:[^"\\]|\\[\s\S]?)*"?|'[^']*'?|\\[\s\S]?)+/;
const wordEnd = '(?![^ \\t\\v\\f\\r\\n])';
/** Characters that a word may begin with: all but blanks, one for each of the lexer's buckets above 255. */
const wordStart = [
  ...Array.from({ length: 256 }, (_, code) => code).filter((code) => ![9, 10, 11, 12, 13, 32].includes(code)),
  ...Array.from({ length: 257 }, (_, bucket) => Math.min(65535, 256 + bucket * 255)),
];

function word(name: string, pattern: RegExp, more: Partial<ITokenConfig> = {}) {
  return createToken({ name, pattern, categories: AnyWord, start_chars_hint: wordStart, line_breaks: true, ...more });
}

export const Word = word('Word', batchWord);
export const ShellWord = word('ShellWord', shellWord);

function keyword(text: string) {
  const [first = ''] = text;
  return createToken({
    name: text,
    pattern: new RegExp(`${text}${wordEnd}`, 'i'),
    start_chars_hint: [first, first.toUpperCase()],
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

/** What an argument begins with: a hyphen, or what word processors and copied manuals make of one; or two of them. */
const hyphens = '[-\\u2010-\\u2015\\u2212]{1,2}';
const argumentStart = ['-', 0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212];

function argument(name: string, pattern: string, more: Partial<ITokenConfig> = {}) {
  return createToken({
    name,
    pattern: new RegExp(pattern, 'i'),
    start_chars_hint: argumentStart,
    categories: AnyArgument,
    ...more,
  });
}

/** -preshared and -ppk, also cut short or misspelt at their end: what follows must not be shown. */
const secret = `${hyphens}(?:pre|psk|ppk${wordEnd})[a-z_-]*${wordEnd}`;
export const SecretArgument = argument('SecretArgument', secret, { push_mode: 'raw' });
export const ShellSecretArgument = argument('ShellSecretArgument', secret, { push_mode: 'shellRaw' });
/** Arguments whose value may be quoted because it may hold blanks. */
export const QuotableArgument = argument('QuotableArgument', `${hyphens}(?:rid|lid|sub(?:ject|jec|je|j)?)${wordEnd}`, {
  push_mode: 'quotable',
});
/** Most arguments: tried first, because it spares them the others. */
export const PlainArgument = argument('PlainArgument', '-(?!pre|psk|ppk|rid|lid|sub)[A-Za-z][^ \\t\\v\\f\\r\\n]*');
export const Argument = argument('Argument', `${hyphens}[A-Za-z][^ \\t\\v\\f\\r\\n]*`);

/**
 * A value after -preshared, -rid, -lid or -subject may begin with a hyphen; but where an argument of the same record stands
 * in its place, the value was forgotten.
 */
function nextArgument(name: string, kind: (row: ArgumentRow) => boolean, push?: string) {
  const rows = [...argumentsOf('auth'), ...argumentsOf('csr')].filter(kind);
  const pattern = `-(?:${[...new Set(rows.map((row) => row.name))].join('|')})${wordEnd}`;
  return argument(name, pattern, { pop_mode: true, ...(push ? { push_mode: push } : {}) });
}
const NextSecret = nextArgument('NextSecret', ({ kind }) => kind === 'secret', 'raw');
const NextShellSecret = nextArgument('NextShellSecret', ({ kind }) => kind === 'secret', 'shellRaw');
const NextQuotable = nextArgument('NextQuotable', ({ kind }) => kind === 'identity', 'quotable');
const NextArgument = nextArgument('NextArgument', ({ kind }) => kind !== 'identity' && kind !== 'secret');
/** A shell has taken the quotes away, so an identity is a word like any other there. */
const NextShellArgument = nextArgument('NextShellArgument', ({ kind }) => kind !== 'secret');

export const RawValue = word('RawValue', batchWord, { pop_mode: true });
export const ShellRawValue = word('ShellRawValue', shellWord, { pop_mode: true });
/** From the quote to the next one, or to the end of the statement where that is missing. */
export const QuotedValue = createToken({
  name: 'QuotedValue',
  categories: AnyWord,
  pattern: /"[^"]*"?/,
  start_chars_hint: ['"'],
  pop_mode: true,
  line_breaks: true,
});
export const PlainValue = word('PlainValue', batchWord, { pop_mode: true });

const keywords = [Add, Delete, ...refusedVerbs, ...objectTokens];

const modes = {
  batch: [WhiteSpace, PlainArgument, ...keywords, SecretArgument, QuotableArgument, Argument, Word],
  command: [WhiteSpace, ShellComment, PlainArgument, ...keywords, ShellSecretArgument, Argument, ShellWord],
  raw: [WhiteSpace, NextSecret, NextQuotable, NextArgument, RawValue],
  shellRaw: [WhiteSpace, NextShellSecret, NextShellArgument, ShellRawValue],
  quotable: [WhiteSpace, NextSecret, NextQuotable, NextArgument, QuotedValue, PlainValue],
};

/** Every token type, for the parser's vocabulary. */
export const allTokens = [AnyWord, AnyArgument, ...new Set(Object.values(modes).flat())];

/**
 * Builds the lexer; it costs milliseconds, so callers keep one. Initial modes are `batch` and `command`. `validate` has it
 * look for mistakes in the tokens, which is for tests.
 */
export function createStatementLexer(validate = false): Lexer {
  return new Lexer(
    { modes, defaultMode: 'batch' },
    { positionTracking: 'onlyOffset', ensureOptimizations: true, skipValidations: !validate },
  );
}
