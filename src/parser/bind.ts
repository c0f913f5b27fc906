/**
 * From syntax to operations: which record kind, which arguments, what their values are. Everything that the tables of the
 * language can say about one statement on its own is checked here; what needs other records is for `resolve` and the rules.
 */
import type { Fix, RecordRef, TextEdit } from '../model/finding.js';
import { argumentsOf, findArgument } from '../model/language/arguments.js';
import { type Dialect, describeLifespan, dialects, isIn } from '../model/language/dialect.js';
import type { ExtendedTables } from '../model/language/extra-values.js';
import { reservedName } from '../model/language/limits.js';
import { type ObjectRow, objectRow } from '../model/language/objects.js';
import type { Problem } from '../model/problem.js';
import type { Operation } from '../model/record/record.js';
import type { LostRecord } from '../model/resolve.js';
import type { SourceText } from '../model/span.js';
import { BoundArguments } from './bound-arguments.js';
import { collectArguments, strayWord } from './collect-arguments.js';
import type { Defaults } from './profile.js';
import { buildRecord } from './records.js';
import { argumentWord, type StatementSyntax, type SyntaxItem, type Word } from './syntax.js';
import { parseUnicast } from './values/addresses.js';
import type { ValueContext } from './values/context.js';
import { parseRecordName } from './values/value.js';

export interface BindOptions {
  readonly dialect: Dialect;
  readonly defaults: Defaults;
  /** Accept only full argument names. */
  readonly strict?: boolean;
  /** Lists of values that a configuration has extended. */
  readonly tables?: ExtendedTables;
}

export interface BoundFile {
  readonly operations: readonly Operation[];
  /** Statements that would have added a record, and could not be understood so far. */
  readonly lost: readonly LostRecord[];
  readonly problems: readonly Problem[];
}

/** Binds every statement of a file. Statements with faults give as much of a record as can be understood, or none. */
export function bindFile(
  file: { readonly source: SourceText; readonly items: Iterable<SyntaxItem> },
  options: BindOptions,
): BoundFile {
  const steps = bindSteps(file, options);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Statements that are bound in one step: they take some ten milliseconds. */
const stepLength = 256;

/** The same in steps, for who has other things to do in between. */
export function* bindSteps(
  file: { readonly source: SourceText; readonly items: Iterable<SyntaxItem> },
  options: BindOptions,
): Generator<void, BoundFile> {
  let statements = 0;
  const operations: Operation[] = [];
  const problems: Problem[] = [];
  const lost: LostRecord[] = [];
  for (const item of file.items) {
    if (item.kind !== 'statement') continue;
    statements += 1;
    if (statements % stepLength === 0) yield;
    const operation = bindStatement(file.source, item, options, problems);
    if (operation) operations.push(operation);
    else if (mayAdd(item)) lost.push(lostRecord(file.source, item));
  }
  return { operations, problems, lost };
}

/** Would the statement have added a record? Only other operations that were understood say that they would not. */
function mayAdd({ verb }: StatementSyntax): boolean {
  return !verb || verb.text.toLowerCase() === 'add';
}

function lostRecord(source: SourceText, { object, start, end }: StatementSyntax): LostRecord {
  const row = object && objectRow(object.text.toLowerCase());
  return { ...(row ? { kind: row.name } : {}), at: { source, start, end } };
}

function bindStatement(
  source: SourceText,
  statement: StatementSyntax,
  options: BindOptions,
  problems: Problem[],
): Operation | undefined {
  const { verb, object } = statement;
  if (!verb) return undefined;
  const action = verb.text.toLowerCase();
  if (action !== 'add' && action !== 'delete') {
    problems.push({
      code: 'SYN023',
      message: `'${action}' is not an operation of a record file`,
      at: { source, start: verb.start, end: verb.end },
      help: 'a file holds add and delete operations; leave this statement out',
      severity: statement.form === 'command' ? 'info' : 'error',
    });
    return undefined;
  }
  const row = object && objectRow(object.text.toLowerCase());
  if (!row) return undefined;
  const record: RecordRef = { kind: row.name, name: shownName(source, statement.subject) };
  checkObject(source, statement, row, options, problems, record);
  return action === 'delete'
    ? bindDelete(source, statement, row, options, problems, record)
    : bindAdd(source, statement, row, options, problems, record);
}

/** The name for messages: a subject that is no name may be anything, also a key. */
function shownName(source: SourceText, subject: Word | undefined): string {
  if (!subject) return '';
  const isHidden = source.secretsWithin(subject.start, subject.end).length > 0 || subject.text.length > 128;
  return isHidden ? source.masked(subject.start, Math.min(subject.end, subject.start + 128)) : subject.text;
}

function checkObject(
  source: SourceText,
  statement: StatementSyntax,
  row: ObjectRow,
  { dialect }: BindOptions,
  problems: Problem[],
  record: RecordRef,
): void {
  const at = { source, start: statement.object!.start, end: statement.object!.end };
  if (
    row.replacement &&
    (dialect === 'extended' || dialects.indexOf(dialect) > dialects.indexOf(row.until ?? 'extended'))
  ) {
    problems.push({
      code: 'SYN010',
      message: `'${row.name}' records are from ${row.until}; later versions have ${row.replacement}`,
      at,
      help: `write an ${row.replacement} record, and say the authentication method in the auth record`,
      fixes: conversion(source, statement, row.replacement),
      record,
      ...(dialect === 'extended' ? {} : { severity: 'error' }),
    });
  } else if (!isIn(dialect, row) || (row.name === 'gateway' && dialect === 'A.03.00')) {
    problems.push({
      code: 'SYN022',
      message: `'${row.name}' records are not in dialect ${dialect}`,
      at,
      notes: [`known to ${row.name === 'gateway' ? 'A.02 and A.03.02' : describeLifespan(row)}`],
      help: 'state another dialect with `# ipsec-dialect: NAME`',
      record,
    });
  }
  if (row.name === 'startup' && statement.form === 'batch' && statement.verb!.text.toLowerCase() === 'add') {
    problems.push({
      code: 'SYN023',
      severity: 'info',
      message:
        "'startup' in a batch file: the product's list of objects that a batch may not hold is not known to leave it out",
      at,
      help: 'if the product refuses the batch, run it on the command line',
      record,
    });
  }
  if (!row.batch && statement.form === 'batch') {
    problems.push({
      code: 'SYN023',
      message: `'${row.name}' may not stand in a batch file`,
      at,
      help: `run it on the command line: ipsec_config ${statement.verb!.text} ${row.name} ...`,
      record,
    });
  }
}

function bindDelete(
  source: SourceText,
  statement: StatementSyntax,
  row: ObjectRow,
  options: BindOptions,
  problems: Problem[],
  record: RecordRef,
): Operation | undefined {
  const at = { source, start: statement.start, end: statement.end };
  const subject = statement.subject;
  for (const extra of [...statement.strays, ...statement.arguments.map((argument) => argument.name)]) {
    const isNocommit = statement.form === 'command' && /^-(?:nc|nocommit)$/i.test(extra.text);
    if (!isNocommit)
      problems.push(strayWord(source, extra, 'delete takes only the kind and the name of a record', record));
  }
  if (!row.deletable || (row.preloaded && subject?.text === reservedName)) {
    problems.push({
      code: 'SYN026',
      message: row.deletable
        ? `the preloaded ${row.name} policy '${reservedName}' cannot be deleted`
        : `${row.name} cannot be deleted`,
      at: subject ? { source, start: subject.start, end: subject.end } : at,
      help: row.preloaded ? `change it with add ${row.name} ${reservedName}` : 'leave this statement out',
      record,
    });
    return undefined;
  }
  if (row.subject === 'none') return { verb: 'delete', object: row.name, name: '', at };
  if (!subject) {
    problems.push({
      code: 'SYN020',
      message: `delete ${row.name} needs ${row.subject === 'name' ? 'the name of a record' : 'an address'}`,
      at,
      record,
    });
    return undefined;
  }
  const context = subjectContext(source, subject, row, options, problems, record);
  if (row.subject === 'address') {
    const address = parseUnicast(context);
    return address && { verb: 'delete', object: row.name, name: subject.text, at, address };
  }
  return { verb: 'delete', object: row.name, name: subject.text, at };
}

function subjectContext(
  source: SourceText,
  word: Word,
  row: ObjectRow,
  options: BindOptions,
  problems: Problem[],
  record: RecordRef,
): ValueContext {
  const what = row.subject === 'name' ? `name of the ${row.name} record` : `${row.name} address`;
  return { source, dialect: options.dialect, word, what, record, report: (problem) => problems.push(problem) };
}

function bindAdd(
  source: SourceText,
  statement: StatementSyntax,
  row: ObjectRow,
  options: BindOptions,
  problems: Problem[],
  record: RecordRef,
): Operation | undefined {
  const at = { source, start: statement.start, end: statement.end };
  const subject = statement.subject;
  if (row.subject === 'none' && subject) {
    problems.push(strayWord(source, subject, `${row.name} takes no name`, record));
  } else if (row.subject !== 'none' && !subject) {
    problems.push({
      code: 'SYN020',
      message: `add ${row.name} needs ${row.subject === 'name' ? 'a name' : 'an address'}`,
      at: { source, start: statement.object!.start, end: statement.object!.end },
      help: row.subject === 'name' ? `write add ${row.name} NAME ...` : `write add ${row.name} ADDRESS`,
      record,
    });
  }
  for (const stray of statement.strays) problems.push(strayWord(source, stray, strayHelp(stray, row), record));
  const { given, unread } = collectArguments(source, statement, row, options, problems, record);
  const subjectSource = subject && subjectContext(source, subject, row, options, problems, record);
  const name = row.subject === 'name' && subjectSource ? parseRecordName(subjectSource) : subject?.text;
  const address = row.subject === 'address' && subjectSource ? parseUnicast(subjectSource) : undefined;
  if (row.subject === 'name' && name === undefined) return undefined;
  if (row.subject === 'address' && !address) return undefined;

  const arguments_ = new BoundArguments(source, row, given, options, problems, record);
  for (const argument of argumentsOf(row.name)) {
    if (argument.required && !given.has(argument.name) && name !== reservedName) {
      problems.push({
        code: 'SYN020',
        message: `${row.name}${name ? ` '${name}'` : ''} needs -${argument.name}`,
        at: subject ? { source, start: subject.start, end: subject.end } : at,
        help: `-${argument.name}: ${argument.summary}`,
        record,
      });
      return undefined;
    }
  }
  const nameAt = subject ? { source, start: subject.start, end: subject.end } : at;
  const built = buildRecord(row, { name: name ?? '', nameAt, at }, arguments_, address);
  if (!built) return undefined;
  if (unread.length === 0 && arguments_.unread.size === 0) return { verb: 'add', record: built };
  return { verb: 'add', record: { ...built, unread: [...new Set([...unread, ...arguments_.unread])] } };
}

/** What to do about a word that no argument takes. */
function strayHelp({ text }: Word, object: ObjectRow): string {
  const found = findArgument(object.name, text, 'extended');
  if (found && 'row' in found) return `an argument begins with a hyphen: -${found.row.name}`;
  if (/^(?:;|&&?|\|\|?)$/.test(text)) return 'write one operation on a line';
  return 'every value follows the name of its argument; a list is written without blanks';
}

/** Edits that make an A.02 `ike` record one of `replacement`: the method moves to the auth record, -maxqm becomes -pfs. */
function conversion(source: SourceText, statement: StatementSyntax, replacement: string): readonly Fix[] {
  const { object } = statement;
  if (!object || statement.verb?.text.toLowerCase() !== 'add') return [];
  const edits: TextEdit[] = [{ at: { source, start: object.start, end: object.end }, newText: replacement }];
  for (const { name, value } of statement.arguments) {
    const found = findArgument('ike', argumentWord(name.text), 'A.02');
    if (!value || !found || !('row' in found)) continue;
    const at = { source, start: name.start, end: value.end };
    if (found.row.name === 'auth') edits.push({ at: { ...at, start: at.start - 1 }, newText: '' });
    if (found.row.name === 'maxqm') edits.push({ at, newText: value.text === '1' ? '-pfs ON' : '-pfs OFF' });
  }
  return [{ safety: 'unsafe', title: `make it an ${replacement} record`, edits }];
}
