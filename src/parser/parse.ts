/** From text to syntax: every statement and comment of a file, and everything that is wrong with how it is written. */
import type { IToken } from 'chevrotain';
import type { Problem } from '../model/problem.js';
import type { SourceText } from '../model/span.js';
import { explainBreak, explainOperation, explainStrangeBlank, nearestWord } from './explain.js';
import { createOperationReader, type OperationReader } from './grammar.js';
import { hideInComment, hideSecrets } from './hide-secrets.js';
import { type LogicalLine, logicalLines } from './statements.js';
import type { ArgumentSyntax, StatementForm, StatementSyntax, SyntaxFile, SyntaxItem, Word } from './syntax.js';
import { unfold } from './unfold.js';

/** A longer statement is not one of this language (20 sources and destinations and all arguments need less than 8 KiB). */
export const statementLengthMax = 65_536;

/**
 * What may stand before an operation when it was copied from a shell: a history number, a prompt, sudo, a path. The
 * operation then follows the shell's rules of quoting.
 */
const commandPrefix = /^(?:\d+\s+)?(?:(?:[$%>]|\S+[$%>])\s+)?(?:sudo\s+)?(?:\S*\/)?ipsec_config(?=\s|\\\r?\n|$)/i;

/** Blanks that are none here, as copied pages have them: no-break and other Unicode spaces, the byte order mark. */
const strangeBlank = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]/;

let sharedReader: OperationReader | undefined;

/** Reads a whole text. Never throws on what is written, and takes time linear in its length. */
export function parseText(source: SourceText): SyntaxFile {
  const items: SyntaxItem[] = [];
  const problems: Problem[] = [];
  const { text } = source;
  const nul = text.indexOf('\0');
  if (nul !== -1) {
    problems.push(notText(source, nul));
    return { source, items, problems };
  }
  sharedReader ??= createOperationReader();
  const hasStrangeBlanks = strangeBlank.test(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  for (const line of logicalLines(text)) {
    if (line.kind === 'comment') {
      hideInComment(source, line.start, line.end, false);
      items.push({ kind: 'comment', start: line.start, end: line.end });
    } else items.push(parseStatement(source, line, sharedReader, hasStrangeBlanks, problems));
  }
  return { source, items, problems };
}

function notText(source: SourceText, nul: number): Problem {
  // Every second octet NUL is UTF-16, as some editors write it.
  const isWide = nul < 4 && source.text.indexOf('\0', nul + 1) === nul + 2;
  source.markSecret(0, source.text.length);
  return {
    code: 'SYN024',
    message: isWide ? 'this text is in UTF-16' : 'this is not a text: it holds NUL octets',
    at: { source, start: nul, end: nul + 1 },
    help: isWide
      ? 'convert the file, for instance with iconv -f UTF-16 -t UTF-8'
      : 'give a text file in UTF-8 with IPsec records, or leave this file out',
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
  const { text, original } = unfold(source.text, start, end, breaks);
  const prefix = text.startsWith('add ') ? 0 : (commandPrefix.exec(text)?.[0].length ?? 0);
  const form: StatementForm = prefix > 0 ? 'command' : 'batch';
  const { tokens, errors } = read(prefix > 0 ? text.slice(prefix) : text, form, nearestWord);

  const word = (token: IToken): Word => {
    const from = prefix + token.startOffset;
    return {
      text: form === 'batch' ? token.image : cook(token.image),
      start: start + original(from, false),
      end: start + original(from + token.image.length, true),
    };
  };
  const isGuessed = errors.length > 0 || breaks !== undefined;
  // A word that was taken for a keyword counts as that.
  const keyword = (token: IToken): Word => (isGuessed ? { ...word(token), text: token.tokenType.name } : word(token));
  const found: ArgumentSyntax[] = tokens.arguments.map(({ name, value }) =>
    value ? { name: word(name), value: word(value) } : { name: word(name) },
  );
  const statement: StatementSyntax = {
    kind: 'statement',
    form,
    start,
    end,
    ...(tokens.verb ? { verb: keyword(tokens.verb) } : {}),
    ...(tokens.object ? { object: keyword(tokens.object) } : {}),
    ...(tokens.subject ? { subject: word(tokens.subject) } : {}),
    arguments: found,
    strays: tokens.strays.map(word),
    ...(isGuessed ? { guessed: true } : {}),
  };
  hideSecrets(source, statement);
  if (form === 'command') hideShellComment(source, statement);
  if (breaks) {
    for (const fault of breaks) {
      if (fault.kind === 'comment') hideInComment(source, fault.start, fault.end, true);
      problems.push(explainBreak(source, fault));
    }
  }
  for (const error of errors) problems.push(explainOperation(source, statement, error, word(error.exception.token)));
  if (hasStrangeBlanks) {
    const at = source.text.slice(start, end).search(strangeBlank);
    if (at !== -1) problems.push(explainStrangeBlank(source, start + at));
  }
  return statement;
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
