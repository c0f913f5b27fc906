/**
 * From syntax to operations: which record kind, which arguments, what their values are. Everything that the tables of the
 * language can say about one statement on its own is checked here; what needs other records is for `resolve` and the rules.
 */
import { closest } from '../model/did-you-mean.js';
import type { RecordRef, TextEdit } from '../model/finding.js';
import { type ArgumentRow, argumentsOf, findArgument, type ValueKind } from '../model/language/arguments.js';
import { type Dialect, describeLifespan, dialects, isIn } from '../model/language/dialect.js';
import { reservedName } from '../model/language/limits.js';
import { type ObjectRow, objectRow } from '../model/language/objects.js';
import type { Origin, Sourced } from '../model/origin.js';
import type { Problem } from '../model/problem.js';
import type { Operation } from '../model/record/record.js';
import type { SourceText } from '../model/span.js';
import type { Defaults } from './profile.js';
import { buildRecord } from './records.js';
import type { ArgumentSyntax, StatementSyntax, SyntaxFile, Word } from './syntax.js';
import { parseUnicast } from './values/addresses.js';
import type { ValueContext } from './values/context.js';
import { parseRecordName, parseValue, type ValueTypes } from './values/value.js';

export interface BindOptions {
  readonly dialect: Dialect;
  readonly defaults: Defaults;
  /** Accept only full argument names. */
  readonly strict?: boolean;
}

export interface BoundFile {
  readonly operations: readonly Operation[];
  readonly problems: readonly Problem[];
}

/** Binds every statement of a file. Statements with faults give as much of a record as can be understood, or none. */
export function bindFile(file: SyntaxFile, options: BindOptions): BoundFile {
  const operations: Operation[] = [];
  const problems: Problem[] = [];
  for (const item of file.items) {
    if (item.kind !== 'statement' || !item.verb || !item.object) continue;
    const operation = bindStatement(file.source, item, options, problems);
    if (operation) operations.push(operation);
  }
  return { operations, problems };
}

function bindStatement(
  source: SourceText,
  statement: StatementSyntax,
  options: BindOptions,
  problems: Problem[],
): Operation | undefined {
  const { verb, object } = statement;
  const row = object && objectRow(object.text.toLowerCase());
  if (!verb || !object || !row) return undefined;
  const span = (word: { start: number; end: number }) => ({ source, start: word.start, end: word.end });
  const action = verb.text.toLowerCase();
  const record: RecordRef = { kind: row.name, name: statement.subject?.text ?? '' };
  if (action !== 'add' && action !== 'delete') {
    problems.push({
      code: 'SYN023',
      message: `'${action}' is not an operation of a record file`,
      at: span(verb),
      help: 'a file holds add and delete operations; leave this statement out',
      severity: statement.form === 'command' ? 'info' : 'error',
    });
    return undefined;
  }
  checkObject(source, statement, row, options, problems, record);
  return action === 'delete'
    ? bindDelete(source, statement, row, options, problems, record)
    : bindAdd(source, statement, row, options, problems, record);
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
  for (const stray of statement.strays) {
    problems.push(
      strayWord(
        source,
        stray,
        'every value follows the name of its argument; a list is written without blanks',
        record,
      ),
    );
  }
  const given = collectArguments(source, statement, row, options, problems, record);
  const subjectSource = subject && subjectContext(source, subject, row, options, problems, record);
  const name = row.subject === 'name' && subjectSource ? parseRecordName(subjectSource) : subject?.text;
  const address = row.subject === 'address' && subjectSource ? parseUnicast(subjectSource) : undefined;
  if (row.subject === 'name' && name === undefined) return undefined;
  if (row.subject === 'address' && !address) return undefined;

  const arguments_ = new BoundArguments(source, row, given, options, problems, record);
  for (const argument of argumentsOf(row.name)) {
    if (argument.required && !given.has(argument) && name !== reservedName) {
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
  return built && { verb: 'add', record: built };
}

function strayWord(source: SourceText, word: Word, help: string, record: RecordRef): Problem {
  const text = source.masked(word.start, Math.min(word.end, word.start + 60)).replace(/\s+/g, ' ');
  return {
    code: 'SYN018',
    message: `unexpected '${text}'`,
    at: { source, start: word.start, end: word.end },
    help,
    record,
  };
}

/** Which arguments of the table were written, with unknown, misplaced, doubled and abbreviated ones reported. */
function collectArguments(
  source: SourceText,
  statement: StatementSyntax,
  object: ObjectRow,
  options: BindOptions,
  problems: Problem[],
  record: RecordRef,
): Map<ArgumentRow, ArgumentSyntax[]> {
  const given = new Map<ArgumentRow, ArgumentSyntax[]>();
  const canonical: TextEdit[] = [];
  const report = (problem: Problem) => problems.push({ record, ...problem });
  const span = (word: { start: number; end: number }) => ({ source, start: word.start, end: word.end });
  for (const argument of statement.arguments) {
    const { name, value } = argument;
    const at = span(name);
    const found = findArgument(object.name, name.text.slice(1), options.dialect);
    if (!found || 'ambiguous' in found) {
      report(unknownArgument(source, object, name, value, found?.ambiguous, options.dialect));
      continue;
    }
    const { row } = found;
    if (found.written === 'abbreviated' && options.strict) {
      report({ code: 'SYN001', message: `-${row.name} must be written in full`, at, help: `write -${row.name}` });
    }
    if (name.text !== `-${row.name}`) canonical.push({ at, newText: `-${row.name}` });
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
      const whole = { source, start: name.start, end: value?.end ?? name.end };
      const message = `-${row.name} may not stand in a batch file`;
      if (row.name === 'profile') {
        // Leaving it out would change which defaults count, so a person decides.
        const fixes = [
          {
            safety: 'unsafe' as const,
            title: 'remove it',
            edits: [{ at: { ...whole, start: whole.start - 1 }, newText: '' }],
          },
        ];
        report({
          code: 'SYN008',
          message,
          at: whole,
          help: 'give it on the command line of the whole batch, or as `profile` in ipsec.config',
          fixes,
        });
      } else report({ code: 'SYN023', message, at, help: 'remove it' });
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
      if (value) report(strayWord(source, value, `-${row.name} takes no value`, record));
    } else if (!value) {
      report({ code: 'SYN020', message: `-${row.name} needs a value`, at, help: row.summary });
      continue;
    } else if (
      row.kind === 'identity' &&
      findArgument(object.name, value.text.replace(/^-/, ''), options.dialect) &&
      value.text.startsWith('-')
    ) {
      report({
        code: 'SYN020',
        message: `-${row.name} needs a value, and ${value.text} is an argument`,
        at: span(value),
        help: row.summary,
      });
      continue;
    }
    const earlier = given.get(row);
    if (!earlier) {
      given.set(row, [argument]);
      continue;
    }
    const repeatable = row.repeat && isIn(options.dialect, row.repeat);
    const max = repeatable && row.repeat ? row.repeat.max : 1;
    if (earlier.length >= max) {
      report({
        code: 'SYN021',
        message: max === 1 ? `-${row.name} is given twice` : `-${row.name} is given more than ${max} times`,
        at,
        related: [{ at: span(earlier[0]!.name), text: 'first given here' }],
        help: max === 1 ? 'keep one of them' : 'split the record',
      });
    } else earlier.push(argument);
  }
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
  return given;
}

function unknownArgument(
  source: SourceText,
  object: ObjectRow,
  name: Word,
  value: Word | undefined,
  ambiguous: readonly string[] | undefined,
  dialect: Dialect,
): Problem {
  const at = { source, start: name.start, end: name.end };
  const written = source.masked(name.start, Math.min(name.end, name.start + 40));
  if (ambiguous) {
    return {
      code: 'SYN001',
      message: `${written} is ambiguous`,
      at,
      help: `write ${ambiguous.map((word) => `-${word}`).join(' or ')}`,
    };
  }
  const equals = name.text.indexOf('=');
  if (equals > 0) {
    // The value may be a secret: point at the name only.
    source.markSecret(name.start + equals + 1, name.end);
    return {
      code: 'SYN001',
      message: `${name.text.slice(0, equals)}: argument and value are separated by a blank, not by '='`,
      at: { ...at, end: name.start + equals + 1 },
      help: `write ${name.text.slice(0, equals)} VALUE`,
    };
  }
  const known = argumentsOf(object.name).filter((row) => isIn(dialect, row));
  const guess = closest(
    name.text.slice(1),
    known.map((row) => row.name),
  );
  if (value && /pre|psk|key|secret/i.test(name.text)) source.markSecret(value.start, value.end);
  return {
    code: 'SYN001',
    message: `${object.name} records have no argument ${written}`,
    at,
    ...(guess
      ? {
          help: `did you mean -${guess}?`,
          fixes: [{ safety: 'unsafe', title: `write -${guess}`, edits: [{ at, newText: `-${guess}` }] }],
        }
      : { notes: [`arguments: ${known.map((row) => `-${row.name}`).join(' ')}`] }),
  };
}

/** The arguments of one record, read on demand: written value first, then the profile's default. */
export class BoundArguments {
  readonly source: SourceText;
  readonly record: RecordRef;
  readonly options: BindOptions;
  readonly #object: ObjectRow;
  readonly #given: Map<ArgumentRow, ArgumentSyntax[]>;
  readonly #problems: Problem[];

  constructor(
    source: SourceText,
    object: ObjectRow,
    given: Map<ArgumentRow, ArgumentSyntax[]>,
    options: BindOptions,
    problems: Problem[],
    record: RecordRef,
  ) {
    this.source = source;
    this.record = record;
    this.options = options;
    this.#object = object;
    this.#given = given;
    this.#problems = problems;
  }

  /** Names of the arguments that were written. */
  writtenNames(): readonly string[] {
    return [...this.#given.keys()].map((row) => row.name);
  }

  /** The argument as written. */
  written(name: string): ArgumentSyntax | undefined {
    for (const [row, list] of this.#given) if (row.name === name) return list[0];
    return undefined;
  }

  report(problem: Problem): void {
    this.#problems.push({ record: this.record, ...problem });
  }

  /** Context for reading a written value. */
  context(argument: ArgumentSyntax, name: string): ValueContext {
    return {
      source: this.source,
      dialect: this.options.dialect,
      word: argument.value!,
      what: `-${name}`,
      record: this.record,
      report: (problem) => this.report(problem),
    };
  }

  origin(argument: ArgumentSyntax): Origin {
    const value = argument.value ?? argument.name;
    return {
      kind: 'explicit',
      at: { source: this.source, start: value.start, end: value.end },
      argumentStart: argument.name.start,
    };
  }

  /** The default of the profile for an argument. */
  defaultOf<T>(name: string): Sourced<T> | undefined {
    const section = this.#object.profileSection;
    return section === undefined ? undefined : (this.options.defaults.get(section, name) as Sourced<T> | undefined);
  }

  /** The written value, or the profile's, or undefined. A written value that cannot be read also gives the default. */
  get<K extends ValueKind>(kind: K, name: string): Sourced<ValueTypes[K]> | undefined {
    return this.all(kind, name)[0] ?? this.defaultOf<ValueTypes[K]>(name);
  }

  /** Only what is written, never a default. */
  explicit<K extends ValueKind>(kind: K, name: string): Sourced<ValueTypes[K]> | undefined {
    return this.all(kind, name)[0];
  }

  /** Every written value of a repeatable argument that can be read. */
  all<K extends ValueKind>(kind: K, name: string): Sourced<ValueTypes[K]>[] {
    const values: Sourced<ValueTypes[K]>[] = [];
    for (const [row, list] of this.#given) {
      if (row.name !== name) continue;
      for (const argument of list) {
        if (!argument.value) continue;
        const value = parseValue(kind, row, this.context(argument, name));
        if (value !== undefined) values.push({ value, origin: this.origin(argument) });
      }
    }
    return values;
  }
}
