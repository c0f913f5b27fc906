/** From text to syntax: every statement and comment of a file, and everything that is wrong with how it is written. */
import type { IToken } from 'chevrotain';
import { argumentRows } from '../model/language/arguments.js';
import type { Problem } from '../model/problem.js';
import type { SourceText } from '../model/span.js';
import { explainBreak, explainOperation, explainStrangeBlank, nearestWord } from './explain.js';
import { binaryKind, noRecords } from './file-kind.js';
import { createOperationReader, type OperationReader } from './grammar.js';
import { hideInComment, hideSecrets } from './hide-secrets.js';
import { commandPrefix, type LogicalLine, logicalLines } from './statements.js';
import type { ArgumentSyntax, StatementForm, StatementSyntax, SyntaxFile, SyntaxItem, Word } from './syntax.js';
import { type Unfolded, unfold } from './unfold.js';

/** More statements in one file are not read: each takes some 4 KiB of memory until the lint is done. */
export const statementsMax = 400_000;

/** A longer statement is not one of this language (20 sources and destinations and all arguments need less than 8 KiB). */
export const statementLengthMax = 65_536;

/** Blanks that are none here, as copied pages have them: no-break and other Unicode spaces, the byte order mark. */
const strangeBlank = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]/;

let sharedReader: OperationReader | undefined;

/** Reads a whole text. Never throws on what is written, and takes time linear in its length. */
export function parseText(source: SourceText): SyntaxFile {
  const problems: Problem[] = [];
  return { source, items: [...parseItems(source, problems)], problems };
}

/** The same one by one, for those who need no item for longer: a hundred thousand statements take 150 MiB. */
export function* parseItems(source: SourceText, problems: Problem[]): Generator<SyntaxItem> {
  const { text } = source;
  const nul = text.indexOf('\0');
  if (nul !== -1) {
    problems.push(notText(source, nul));
    return;
  }
  const other = noRecords(source);
  if (other) {
    problems.push(other);
    return;
  }
  sharedReader ??= createOperationReader();
  const hasStrangeBlanks = strangeBlank.test(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  let statements = 0;
  for (const line of logicalLines(text)) {
    if (line.kind === 'comment') {
      hideInComment(source, line.start, line.end, false);
      yield { kind: 'comment', start: line.start, end: line.end };
      continue;
    }
    statements += 1;
    if (statements > statementsMax) {
      problems.push(tooMany(source, line));
      break;
    }
    yield parseStatement(source, line, sharedReader, hasStrangeBlanks, problems);
  }
}

/** Where statements and comments begin and end, for those who ask nothing else; what parsing would not read is not there. */
export function outline(source: SourceText): LogicalLine[] {
  const { text } = source;
  const lines: LogicalLine[] = [];
  if (text.includes('\0') || noRecords(source)) return lines;
  let statements = 0;
  for (const line of logicalLines(text)) {
    if (line.kind === 'statement') statements += 1;
    if (statements > statementsMax) break;
    lines.push(line);
  }
  return lines;
}

/** One statement alone, as parsing the whole text would give it. Marks the secrets in it. */
export function parseLine(source: SourceText, line: LogicalLine): StatementSyntax {
  sharedReader ??= createOperationReader();
  return parseStatement(source, line, sharedReader, false, []);
}

function tooMany(source: SourceText, { start, end }: LogicalLine): Problem {
  source.markSecret(start, source.text.length);
  return {
    code: 'SYN024',
    message: `the file has more than ${statementsMax} statements, and what follows is not read`,
    at: { source, start, end },
    help: 'split the file: one system does not need so many',
  };
}

function notText(source: SourceText, nul: number): Problem {
  // Every second octet NUL is UTF-16, as some editors write it.
  const kind = binaryKind(source.text);
  const isWide = !kind && nul < 4 && source.text.indexOf('\0', nul + 1) === nul + 2;
  source.markSecret(0, source.text.length);
  return {
    code: 'SYN024',
    message: isWide
      ? 'this text is in UTF-16'
      : kind
        ? `this is not a text: it looks like ${kind.title}`
        : 'this is not a text: it holds NUL octets',
    at: { source, start: nul, end: nul + 1 },
    help: isWide
      ? 'convert the file, for instance with iconv -f UTF-16 -t UTF-8'
      : (kind?.help ?? 'give a text file in UTF-8 with IPsec records, or leave this file out'),
  };
}

function parseStatement(
  source: SourceText,
  line: LogicalLine,
  read: OperationReader,
  hasStrangeBlanks: boolean,
  problems: Problem[],
): StatementSyntax {
  const { start, end, breaks } = line;
  if (end - start > statementLengthMax) {
    problems.push({
      code: 'SYN018',
      message: `a statement of ${end - start} characters is too long; the longest that is read has ${statementLengthMax}`,
      at: { source, start, end: start + 40 },
      help: 'look for a missing line break, or for a file that holds no records',
    });
    source.markSecret(start, end);
    return { kind: 'statement', form: 'batch', start, end, arguments: [], strays: [] };
  }
  const unfolded = unfold(source.text, start, end, breaks);
  const { text } = unfolded;
  const prefix = text.startsWith('add ') ? 0 : (commandPrefix.exec(text)?.[0].length ?? 0);
  const form: StatementForm = prefix > 0 ? 'command' : 'batch';
  const { tokens, errors } = read(prefix > 0 ? text.slice(prefix) : text, form, nearestWord);
  const place: Place = { start, prefix, form, unfolded };
  const { verb, object, subject } = tokens;
  // Built without spreading: there are a hundred thousand of them.
  const statement: Writable<StatementSyntax> = {
    kind: 'statement',
    form,
    start,
    end,
    arguments: tokens.arguments.map((argument) => argumentAt(argument, place)),
    strays: tokens.strays.length === 0 ? noWords : tokens.strays.map((token) => wordAt(token, place)),
  };
  if (errors.length > 0 || breaks !== undefined) statement.guessed = true;
  if (verb) statement.verb = keywordAt(verb, place, statement.guessed);
  if (object) statement.object = keywordAt(object, place, statement.guessed);
  if (subject) statement.subject = wordAt(subject, place);
  hideSecrets(source, statement, text);
  if (form === 'command') hideShellComment(source, statement);
  if (breaks) {
    for (const fault of breaks) {
      if (fault.kind === 'comment') hideInComment(source, fault.start, fault.end, true);
      problems.push(explainBreak(source, fault));
    }
  }
  for (const error of errors)
    problems.push(explainOperation(source, statement, error, wordAt(error.exception.token, place)));
  if (hasStrangeBlanks) {
    const at = source.text.slice(start, end).search(strangeBlank);
    if (at !== -1) problems.push(explainStrangeBlank(source, start + at));
  }
  return statement;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const noWords: readonly Word[] = [];

/** What turns a token's offsets into places in the source. */
interface Place {
  readonly start: number;
  readonly prefix: number;
  readonly form: StatementForm;
  readonly unfolded: Unfolded;
}

/** Names of arguments as most are written: one string for all of them. */
const names = new Map(argumentRows.map(({ name }) => [`-${name}`, `-${name}`]));

function nameAt(token: IToken, place: Place): Word {
  const word = wordAt(token, place) as Writable<Word>;
  word.text = names.get(word.text) ?? word.text;
  return word;
}

function wordAt({ image, startOffset }: IToken, { start, prefix, form, unfolded }: Place): Word {
  const from = prefix + startOffset;
  const to = from + image.length;
  const text = form === 'batch' ? image : cook(image);
  const { original } = unfolded;
  return original
    ? { text, start: start + original(from, false), end: start + original(to, true) }
    : { text, start: start + from, end: start + to };
}

/** A word that was taken for a keyword counts as that. */
function keywordAt(token: IToken, place: Place, guessed: true | undefined): Word {
  const word = wordAt(token, place);
  return guessed ? { ...word, text: token.tokenType.name } : word;
}

function argumentAt({ name, value }: { name: IToken; value?: IToken }, place: Place): ArgumentSyntax {
  return value ? { name: nameAt(name, place), value: wordAt(value, place) } : { name: nameAt(name, place) };
}

/** Takes quotes and escapes out of a shell's word (POSIX shell §2.2). */
function cook(image: string): string {
  return image.replace(
    /"((?:[^"\\]|\\[\s\S]?)*)"?|'([^']*)'?|\\([\s\S]?)/g,
    (_whole, double: string | undefined, single: string | undefined, escaped: string | undefined) =>
      double?.replace(/\\([$`"\\])/g, '$1') ?? single ?? escaped ?? '',
  );
}

/** What a shell would not read: from a `#` after the last word on. */
function hideShellComment(source: SourceText, { start, end, subject, arguments: list, strays }: StatementSyntax): void {
  const last = list.at(-1);
  const from = Math.max(start, subject?.end ?? 0, last?.value?.end ?? last?.name.end ?? 0, strays.at(-1)?.end ?? 0);
  const hash = source.text.slice(from, end).indexOf('#');
  if (hash !== -1) hideInComment(source, from + hash, end, true);
}
