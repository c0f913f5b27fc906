/** From text to syntax: every statement and comment of a file, and everything that is wrong with how it is written. */
import { type IRecognitionException, NoViableAltException } from 'chevrotain';
import { closest } from '../model/did-you-mean.js';
import { objectRows } from '../model/language/objects.js';
import type { Problem } from '../model/problem.js';
import type { SourceText } from '../model/span.js';
import { createOperationReader, type OperationReader } from './grammar.js';
import { type LogicalLine, logicalLines } from './statements.js';
import type { ArgumentSyntax, StatementForm, StatementSyntax, SyntaxFile, SyntaxItem, Word } from './syntax.js';

/** A longer statement is not one of this language (20 sources and destinations and all arguments need less than 8 KiB). */
export const statementLengthMax = 65_536;

/**
 * What may stand before an operation when it was copied from a shell: a history number, a prompt, sudo, a path. The
 * operation then follows the shell's rules of quoting.
 */
const commandPrefix = /^(?:\d+\s+)?(?:(?:[$%>]|\S+[$%>])\s+)?(?:sudo\s+)?(?:\S*\/)?ipsec_config(?=\s|\\\r?\n|$)/i;

const verbs = ['add', 'delete'];
let sharedReader: OperationReader | undefined;

/** Reads a whole text. Never throws on what is written, and takes time linear in its length. */
export function parseText(source: SourceText): SyntaxFile {
  const items: SyntaxItem[] = [];
  const problems: Problem[] = [];
  const nul = source.text.indexOf('\0');
  if (nul !== -1) {
    problems.push({
      code: 'SYN024',
      message: 'this is not a text: it holds NUL octets',
      at: { source, start: nul, end: nul + 1 },
      help: 'give a text file in UTF-8 with IPsec records, or leave this file out',
    });
    return { source, items, problems };
  }
  sharedReader ??= createOperationReader();
  for (const line of logicalLines(source.text)) {
    if (line.kind === 'comment') items.push({ kind: 'comment', start: line.start, end: line.end });
    else items.push(parseStatement(source, line, sharedReader, problems));
  }
  return { source, items, problems };
}

function parseStatement(
  source: SourceText,
  line: LogicalLine,
  read: OperationReader,
  problems: Problem[],
): StatementSyntax {
  const bare: StatementSyntax = {
    kind: 'statement',
    form: 'batch',
    start: line.start,
    end: line.end,
    arguments: [],
    strays: [],
  };
  if (line.end - line.start > statementLengthMax) {
    problems.push({
      code: 'SYN018',
      message: `a statement of ${line.end - line.start} characters is too long; the longest that is read has ${statementLengthMax}`,
      at: { source, start: line.start, end: line.start + 40 },
      help: 'look for a missing line break, or for a file that holds no records',
    });
    source.markSecret(line.start, line.end);
    return bare;
  }
  let text = source.text.slice(line.start, line.end);
  for (const [start, end] of line.innerComments ?? []) {
    problems.push({
      code: 'SYN018',
      message: 'a comment may not stand inside a continued statement',
      at: { source, start, end },
      help: 'move the comment above the statement',
    });
    text = `${text.slice(0, start - line.start)}${' '.repeat(end - start)}${text.slice(end - line.start)}`;
  }
  const prefix = commandPrefix.exec(text)?.[0].length ?? 0;
  const form: StatementForm = prefix > 0 ? 'command' : 'batch';
  const base = line.start + prefix;
  const { tokens, error } = read(prefix > 0 ? text.slice(prefix) : text, form);

  const word = (token: { image: string; startOffset: number }): Word => ({
    text: cook(token.image, form),
    start: base + token.startOffset,
    end: base + token.startOffset + token.image.length,
  });
  const found: ArgumentSyntax[] = tokens.arguments.map(({ name, value }) =>
    value ? { name: word(name), value: word(value) } : { name: word(name) },
  );
  const statement: StatementSyntax = {
    kind: 'statement',
    form,
    start: line.start,
    end: line.end,
    ...(tokens.verb ? { verb: word(tokens.verb) } : {}),
    ...(tokens.object ? { object: word(tokens.object) } : {}),
    ...(tokens.subject ? { subject: word(tokens.subject) } : {}),
    arguments: found,
    strays: tokens.strays.map(word),
  };
  hideSecrets(source, statement, text);
  if (error) problems.push(explain(source, statement, error, base, form));
  return statement;
}

/** Takes continuations out of a word, and in a shell line its quotes. */
function cook(image: string, form: StatementForm): string {
  const glued = image.includes('\\') ? image.replace(/\\\r?\n/g, '') : image;
  if (form === 'batch') return glued;
  return glued.replace(
    /"([^"]*)"?|'([^']*)'?|\\([\s\S])/g,
    (_whole, double, single, escaped) => double ?? single ?? escaped ?? '',
  );
}

const secretName = /^-(?:pre|psk|ppk$)/i;
const longHexadecimal = /0x[0-9a-f]{8,}/gi;

/**
 * Marks all that may be a secret: the value of -preshared and any stray words after it (a key with a blank in it), and every
 * long hexadecimal number (manual keys, also in arguments that are misspelt).
 */
function hideSecrets(source: SourceText, statement: StatementSyntax, text: string): void {
  let secretUntil = -1;
  for (const [index, { name, value }] of statement.arguments.entries()) {
    if (!secretName.test(name.text)) continue;
    if (value && !/^(?:file|env):/.test(value.text)) source.markSecret(value.start, value.end);
    secretUntil = statement.arguments[index + 1]?.name.start ?? statement.end;
    for (const stray of statement.strays) {
      if (stray.start > name.start && stray.start < secretUntil) source.markSecret(stray.start, stray.end);
    }
  }
  if (text.includes('0x') || text.includes('0X')) {
    for (const match of text.matchAll(longHexadecimal)) {
      source.markSecret(statement.start + match.index, statement.start + match.index + match[0].length);
    }
  }
}

function explain(
  source: SourceText,
  statement: StatementSyntax,
  error: IRecognitionException,
  base: number,
  form: StatementForm,
): Problem {
  const token = error.token;
  const ended = Number.isNaN(token.startOffset);
  const at = ended
    ? { source, start: Math.max(statement.start, statement.end - 1), end: statement.end }
    : { source, start: base + token.startOffset, end: base + token.startOffset + token.image.length };
  const shown = ended ? 'the end of the statement' : `'${source.masked(at.start, Math.min(at.end, at.start + 60))}'`;
  const wantsVerb = statement.verb === undefined;
  const wanted = wantsVerb ? verbs : objectRows.map((row) => row.name);
  const guess = ended ? undefined : closest(cook(token.image, form).toLowerCase(), wanted);
  const message = wantsVerb
    ? `expected 'add' or 'delete', found ${shown}`
    : `expected a record kind after '${statement.verb?.text}', found ${shown}`;
  return {
    code: 'SYN018',
    message,
    at,
    notes: wantsVerb ? [] : [`record kinds: ${wanted.join(', ')}`],
    ...(guess
      ? {
          help: `did you mean '${guess}'?`,
          fixes: [{ safety: 'unsafe', title: `write '${guess}'`, edits: [{ at, newText: guess }] }],
        }
      : wantsVerb && !(error instanceof NoViableAltException)
        ? {}
        : {
            help: wantsVerb
              ? 'begin each statement with add or delete; begin a comment with #'
              : 'name the kind of the record',
          }),
  };
}
