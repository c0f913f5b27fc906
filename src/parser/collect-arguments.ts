/** Which arguments of the table a statement holds, with unknown, misplaced, doubled and oddly written ones reported. */
import { closest } from '../model/did-you-mean.js';
import type { RecordRef, TextEdit } from '../model/finding.js';
import { type ArgumentRow, argumentsOf, findArgument } from '../model/language/arguments.js';
import { describeLifespan, dialects, isIn } from '../model/language/dialect.js';
import type { ObjectRow } from '../model/language/objects.js';
import type { Problem } from '../model/problem.js';
import type { SourceText, Span } from '../model/span.js';
import type { BindOptions } from './bind.js';
import type { GivenArgument, GivenArguments } from './bound-arguments.js';
import { type ArgumentSyntax, argumentWord, type StatementSyntax, type Word } from './syntax.js';

/** Stands among unread arguments for words that belong to none. */
export const strayMark = '?';

interface Collector {
  readonly source: SourceText;
  readonly statement: StatementSyntax;
  readonly object: ObjectRow;
  readonly options: BindOptions;
  report(problem: Problem): void;
}

/** The arguments that were written, by canonical name. A misspelt one counts as the nearest, so that its value is read too. */
export function collectArguments(
  source: SourceText,
  statement: StatementSyntax,
  object: ObjectRow,
  options: BindOptions,
  problems: Problem[],
  record: RecordRef,
): { readonly given: GivenArguments; readonly unread: readonly string[] } {
  const given = new Map<string, GivenArgument>();
  const unread: string[] = [];
  const canonical: TextEdit[] = [];
  const report = (problem: Problem) => problems.push({ record, ...problem });
  const collector: Collector = { source, statement, object, options, report };
  for (const argument of statement.arguments) {
    const { name } = argument;
    const word = argumentWord(name.text);
    const found = findArgument(object.name, word, options.dialect);
    if (!found || 'ambiguous' in found) {
      const guess = unknownArgument(collector, argument, found?.ambiguous);
      if (guess && !given.has(guess.name) && isUsable(collector, guess, argument))
        keep(collector, given, guess, argument);
      // Even the nearest argument may not be the one that was meant.
      unread.push(guess?.name ?? strayMark);
      continue;
    }
    const { row } = found;
    const at = { source, start: name.start, end: name.end };
    if (name.text.length - word.length !== 1 || !name.text.startsWith('-')) {
      report({
        code: 'SYN001',
        message: `an argument begins with one hyphen: -${row.name}`,
        at,
        help: 'the character here is another one, as word processors write them',
        fixes: [{ safety: 'unsafe', title: `write -${row.name}`, edits: [{ at, newText: `-${row.name}` }] }],
      });
    } else if (found.written === 'abbreviated' && options.strict) {
      report({ code: 'SYN001', message: `-${row.name} must be written in full`, at, help: `write -${row.name}` });
    } else if (name.text !== `-${row.name}`) canonical.push({ at, newText: `-${row.name}` });
    if (isUsable(collector, row, argument)) keep(collector, given, row, argument);
    else unread.push(row.name);
  }
  if (statement.strays.length > 0) unread.push(strayMark);
  if (canonical.length > 0) {
    const words = canonical.map((edit) => source.text.slice(edit.at.start, edit.at.end)).join(', ');
    report({
      code: 'SYN014',
      message: `abbreviated or unusual spelling: ${words}`,
      at: canonical[0]!.at,
      help: `write ${canonical.map((edit) => edit.newText).join(', ')}`,
      fixes: [{ safety: 'safe', title: 'write the arguments in full', edits: canonical }],
    });
  }
  return { given, unread };
}

/** May an argument stand in the statement, and has it a value if it needs one? Reports what is wrong. */
function isUsable(collector: Collector, row: ArgumentRow, { name, value }: ArgumentSyntax): boolean {
  const { source, statement, object, options, report } = collector;
  const at = { source, start: name.start, end: name.end };
  if (!isIn(options.dialect, row)) {
    report({
      code: 'SYN022',
      message: `-${row.name} of ${object.name} records is not in dialect ${options.dialect}`,
      at,
      notes: [`known to ${describeLifespan(row)}`],
      help: 'leave it out, or state another dialect with `# ipsec-dialect: NAME`',
    });
  }
  if (row.commandLineOnly && statement.form === 'batch') {
    report(onlyOnCommandLine(row, { source, start: name.start, end: value?.end ?? name.end }));
  }
  if (row.obsolete && dialects.indexOf(options.dialect) >= dialects.indexOf(row.obsolete.since)) {
    report({
      code: 'SYN027',
      message: `-${row.name} has no effect since ${row.obsolete.since}`,
      at,
      help: `write ${row.obsolete.instead}`,
    });
  }
  if (row.kind === 'switch') {
    if (value) report(strayWord(source, value, `-${row.name} takes no value`));
    return true;
  }
  if (!value) {
    report({ code: 'SYN020', message: `-${row.name} needs a value`, at, help: row.summary });
    return false;
  }
  if (
    row.kind === 'identity' &&
    value.text.startsWith('-') &&
    findArgument(object.name, value.text.slice(1), options.dialect)
  ) {
    report({
      code: 'SYN020',
      message: `-${row.name} needs a value, and ${value.text} is an argument`,
      at: { source, start: value.start, end: value.end },
      help: row.summary,
    });
    return false;
  }
  return true;
}

function onlyOnCommandLine(row: ArgumentRow, at: Span): Problem {
  const message = `-${row.name} may not stand in a batch file`;
  if (row.name !== 'profile') return { code: 'SYN023', message, at, help: 'remove it' };
  // Leaving it out would change which defaults count, so a person decides.
  return {
    code: 'SYN008',
    message,
    at,
    help: 'give it on the command line of the whole batch, or as `defaults` in ipsec.config',
    fixes: [{ safety: 'unsafe', title: 'remove it', edits: [{ at: { ...at, start: at.start - 1 }, newText: '' }] }],
  };
}

function keep(
  { source, options, report }: Collector,
  given: Map<string, GivenArgument>,
  row: ArgumentRow,
  argument: ArgumentSyntax,
): void {
  const earlier = given.get(row.name);
  if (!earlier) {
    given.set(row.name, { row, written: [argument] });
    return;
  }
  const { written } = earlier;
  const max = row.repeat && isIn(options.dialect, row.repeat) ? row.repeat.max : 1;
  if (written.length < max) {
    written.push(argument);
    return;
  }
  const first = written[0]!.name;
  report({
    code: 'SYN021',
    message: max === 1 ? `-${row.name} is given twice` : `-${row.name} is given more than ${max} times`,
    at: { source, start: argument.name.start, end: argument.name.end },
    related: [{ at: { source, start: first.start, end: first.end }, text: 'first given here' }],
    help:
      max > 1
        ? 'split the record'
        : row.repeat && options.dialect === 'A.02'
          ? 'keep one of them; from A.03.00 on it may be repeated'
          : 'keep one of them',
  });
}

/** Reports an argument that the record kind does not have, and gives the one that was probably meant. */
function unknownArgument(
  { source, object, options, report }: Collector,
  { name, value }: ArgumentSyntax,
  ambiguous: readonly string[] | undefined,
): ArgumentRow | undefined {
  const at = { source, start: name.start, end: name.end };
  const written = source.masked(name.start, Math.min(name.end, name.start + 40));
  if (ambiguous) {
    const help = `write ${ambiguous.map((word) => `-${word}`).join(' or ')}`;
    report({ code: 'SYN001', message: `${written} is ambiguous`, at, help });
    return undefined;
  }
  const word = argumentWord(name.text);
  const equals = word.indexOf('=');
  const known = argumentsOf(object.name).filter((row) => isIn(options.dialect, row));
  if (equals > 0) {
    const before = word.slice(0, equals);
    const row = findArgument(object.name, before, options.dialect);
    const hidden = source.secretsWithin(name.start, name.start + name.text.indexOf('=')).length > 0;
    const shown = hidden ? '[secret]' : `-${row && 'row' in row ? row.row.name : before.slice(0, 40)}`;
    report({
      code: 'SYN001',
      message: `${shown}: argument and value are separated by a blank, not by '='`,
      at,
      help: `write ${shown} VALUE`,
    });
    return undefined;
  }
  const guess = closest(
    word,
    known.map((row) => row.name),
  );
  report({
    code: 'SYN001',
    message: `${object.name} records have no argument ${written}`,
    at,
    ...(guess
      ? {
          help: `did you mean -${guess}?`,
          fixes: [{ safety: 'unsafe', title: `write -${guess}`, edits: [{ at, newText: `-${guess}` }] }],
        }
      : { notes: [`arguments: ${known.map((row) => `-${row.name}`).join(' ')}`] }),
  });
  return value ? known.find((row) => row.name === guess) : undefined;
}

/** Reports a word that belongs to nothing. */
export function strayWord(source: SourceText, word: Word, help: string, record?: RecordRef): Problem {
  const text = source.masked(word.start, Math.min(word.end, word.start + 60)).replace(/\s+/g, ' ');
  return {
    code: 'SYN018',
    message: `unexpected '${text}'`,
    at: { source, start: word.start, end: word.end },
    help,
    ...(record ? { record } : {}),
  };
}
