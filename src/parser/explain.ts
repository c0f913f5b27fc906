/** What is said about a statement that breaks the grammar: what stands there, what should, and what was probably meant. */
import type { IToken } from 'chevrotain';
import { closest } from '../model/did-you-mean.js';
import { objectRows } from '../model/language/objects.js';
import type { Problem } from '../model/problem.js';
import type { SourceText } from '../model/span.js';
import { foreignFormat } from './foreign-format.js';
import type { OperationError } from './grammar.js';
import type { LineBreakFault } from './statements.js';
import type { StatementSyntax, Word } from './syntax.js';

const verbs: readonly string[] = ['add', 'delete'];
const objects: readonly string[] = objectRows.map((row) => row.name);

/** The operation or record kind that a word was meant to be, if one is near enough. */
export function nearestWord(word: IToken, expected: OperationError['expected']): string | undefined {
  const guess = closest(word.image, expected === 'verb' ? verbs : objects);
  // A shortened or two-letter word could be anything.
  return guess === undefined || word.image.length < 2 ? undefined : guess;
}

/** Reports a first or second word that cannot stand there. */
export function explainOperation(
  source: SourceText,
  statement: StatementSyntax,
  { expected, exception, repairedBy, inserted }: OperationError,
  word: Word,
): Problem {
  const isEnd = Number.isNaN(exception.token.startOffset);
  const at = isEnd
    ? { source, start: Math.max(statement.start, statement.end - 1), end: statement.end }
    : { source, start: word.start, end: word.end };
  const hidden = !isEnd && source.secretsWithin(at.start, at.end).length > 0;
  const shown = isEnd ? 'the end of the statement' : `'${source.masked(at.start, Math.min(at.end, at.start + 60))}'`;
  if (expected === 'object') {
    const verb = statement.verb?.text ?? '';
    return {
      code: 'SYN018',
      message: `expected a record kind after '${verb}', found ${shown}`,
      at,
      notes: [`record kinds: ${objects.join(', ')}`],
      ...(repairedBy ? correction(at, repairedBy) : { help: `write ${verb} KIND NAME ...` }),
    };
  }
  if (!isEnd && word.text.startsWith('-') && word.text.length > 1) {
    return {
      code: 'SYN018',
      message: 'a statement cannot begin with an argument',
      at,
      help: 'a line goes on in the next one only when it ends with a backslash, and nothing may stand between the two',
    };
  }
  const format = isEnd ? undefined : foreignFormat(word.text);
  return {
    code: 'SYN018',
    message: hidden
      ? "expected 'add' or 'delete' at the beginning of a statement"
      : `expected 'add' or 'delete', found ${shown}`,
    at,
    notes: [
      ...(format ? [`this looks like ${format}, not like records`] : []),
      ...(hidden ? ['what stands there is not shown, because it may be part of a key'] : []),
    ],
    ...(inserted
      ? {
          help: `did you mean 'add ${word.text.toLowerCase()}'?`,
          fixes: [
            { safety: 'unsafe', title: "write 'add'", edits: [{ at: { ...at, end: at.start }, newText: 'add ' }] },
          ],
        }
      : repairedBy
        ? correction(at, repairedBy)
        : { help: 'begin each statement with add or delete; begin a comment with #' }),
  };
}

function correction(at: Problem['at'], word: string): Pick<Problem, 'help' | 'fixes'> {
  return {
    help: `did you mean '${word}'?`,
    fixes: [{ safety: 'unsafe', title: `write '${word}'`, edits: [{ at, newText: word }] }],
  };
}

/** Reports what is wrong between two lines of one statement. */
export function explainBreak(source: SourceText, { kind, start, end }: LineBreakFault): Problem {
  const at = { source, start, end };
  switch (kind) {
    case 'comment':
      return {
        code: 'SYN018',
        message: 'a comment may not stand inside a continued statement',
        at,
        help: 'move the comment above the statement',
      };
    case 'blanks':
      return {
        code: 'SYN018',
        message: 'blanks after the backslash: the line does not go on in the next one',
        at,
        help: 'let the backslash be the last character of the line',
        fixes: [{ safety: 'unsafe', title: 'remove the blanks', edits: [{ at, newText: '\\' }] }],
      };
    case 'no-backslash':
      return {
        code: 'SYN018',
        message: 'the next line begins with an argument, but this one does not end with a backslash',
        at,
        help: 'end the line with a backslash when the statement goes on',
        fixes: [{ safety: 'unsafe', title: 'write the backslash', edits: [{ at, newText: ' \\' }] }],
      };
  }
}

/** Reports a Unicode space in a statement: it looks like a blank and is part of a word. */
export function explainStrangeBlank(source: SourceText, start: number): Problem {
  const at = { source, start, end: start + 1 };
  const code = source.text.charCodeAt(start).toString(16).toUpperCase().padStart(4, '0');
  return {
    code: 'SYN018',
    severity: 'warning',
    message: `the character U+${code} looks like a blank but does not separate words`,
    at,
    help: 'write an ordinary blank; copied text often holds such characters',
    fixes: [{ safety: 'unsafe', title: 'write a blank', edits: [{ at, newText: ' ' }] }],
  };
}
