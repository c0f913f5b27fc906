/**
 * From the texts of one system to its records and its configuration: parse, bind, resolve, compile. Other products' files
 * have no records; their reader goes from the texts to the configuration.
 */
import { type DialectReading, type FileAccess, type Dialect as Format, noFiles } from '../dialects/dialect.js';
import { importCodes } from '../dialects/option-report.js';
import { detectFormat, type FormatChoice, recordsFormat } from '../dialects/registry.js';
import type { Address } from '../model/address.js';
import { compile } from '../model/compile/compile.js';
import type { Dialect } from '../model/language/dialect.js';
import { defaultDialect } from '../model/language/dialect.js';
import type { ExtendedTables } from '../model/language/extra-values.js';
import type { Problem } from '../model/problem.js';
import type { Operation } from '../model/record/record.js';
import { type LostRecord, type PolicySet, resolve } from '../model/resolve.js';
import type { SourceText } from '../model/span.js';
import type { SystemConfig } from '../model/system-config.js';
import { bindSteps } from '../parser/bind.js';
import { type Directives, readDirectives } from '../parser/directives.js';
import { outline, parseItems } from '../parser/parse.js';
import { parseProfile, shippedDefaults } from '../parser/profile.js';

export interface LoadedFile {
  readonly source: SourceText;
  readonly directives: Directives;
}

/** One system: a host of a repository, or one file on its own. */
export interface LoadedSystem {
  readonly name: string;
  /** Files of records; none where another product's configuration was read. */
  readonly files: readonly LoadedFile[];
  /** Every text that was read. */
  readonly sources: readonly SourceText[];
  /** `records`, or the name of another product's format. */
  readonly format: string;
  /** What the reader of another product's format found. */
  readonly imported?: DialectReading;
  /** Whose reader that was. */
  readonly importedBy?: Format;
  readonly dialect: Dialect;
  readonly policies: PolicySet;
  readonly config: SystemConfig;
  /** Everything that reading found wrong, in all files. */
  readonly problems: readonly Problem[];
}

export interface SystemInput {
  readonly name: string;
  /** In the order in which they are applied. */
  readonly sources: readonly SourceText[];
  /** Where no file states one. */
  readonly dialect?: Dialect;
  readonly profile?: SourceText;
  readonly strict?: boolean;
  /** Lists of values that a configuration has extended. */
  readonly tables?: ExtendedTables;
  /** Files of which nothing could be read: they may have held anything. */
  readonly unreadable?: readonly SourceText[];
  /** The system's own addresses, where an inventory tells them. */
  readonly addresses?: readonly Address[];
  /** The format of the texts; detected unless told. */
  readonly format?: FormatChoice | typeof recordsFormat;
  /** For detection: what `loadFormats` gives for the texts, or more. Absent: they are records. */
  readonly formats?: readonly Format[];
  /** Where other products' files find those that they name. */
  readonly fileAccess?: FileAccess;
}

/** Reads the texts of one system, whatever product they are for. Never throws on what is written. */
export function loadSystem(input: SystemInput): LoadedSystem {
  const steps = loadSteps(input);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same in steps of some ten milliseconds, for who has other things to do in between. Other products' files are one step. */
export function* loadSteps(input: SystemInput): Generator<void, LoadedSystem> {
  const formats = input.formats ?? [];
  const detected = input.format ? undefined : detectTogether(input.sources, formats);
  const choice = input.format ?? (detected ? { dialect: detected } : recordsFormat);
  if (choice === recordsFormat) {
    // With a format that was told, no file is in another one.
    const others = input.format ? [] : input.sources.filter((source) => detectFormat(source, formats) !== undefined);
    if (others.length === 0) return yield* loadRecords(input);
    const records = input.sources.filter((source) => !others.includes(source));
    return withProblems(
      yield* loadRecords({ ...input, sources: records }),
      others.map((source) => mixed(source, 'records')),
    );
  }
  return loadForeign(input, choice, input.format !== undefined);
}

/** The format of the first text, or the one among the others' that takes such texts along. */
function detectTogether(sources: readonly SourceText[], formats: readonly Format[]): Format | undefined {
  const [first, ...others] = sources;
  const detected = first && detectFormat(first, formats);
  if (!detected || others.length === 0) return detected;
  return (
    others
      .map((source) => detectFormat(source, formats))
      .find((dialect) => dialect?.companions?.includes(detected.name)) ?? detected
  );
}

function withProblems(system: LoadedSystem, problems: readonly Problem[]): LoadedSystem {
  return problems.length === 0 ? system : { ...system, problems: [...problems, ...system.problems] };
}

function mixed(source: SourceText, title: string): Problem {
  return {
    code: importCodes.conflict,
    message: `this file is not in the format of the system's other files (${title}), and is left out`,
    at: { source, start: 0, end: 0 },
    help: 'keep the files of different products in different folders',
  };
}

function loadForeign(input: SystemInput, { dialect, version }: FormatChoice, isTold: boolean): LoadedSystem {
  const belongs = (found: Format | undefined) =>
    found === dialect || (found !== undefined && dialect.companions?.includes(found.name) === true);
  const others = isTold ? [] : input.sources.filter((source) => !belongs(detectFormat(source, input.formats ?? [])));
  const reading = dialect.read?.({
    name: input.name,
    sources: input.sources.filter((source) => !others.includes(source)),
    files: input.fileAccess ?? noFiles,
    ...(version === undefined ? {} : { version }),
    ...(input.addresses ? { addresses: input.addresses } : {}),
  });
  if (!reading) throw new Error(`the format ${dialect.name} cannot be read`);
  const problems: Problem[] = others
    .filter((source) => !reading.sources.includes(source))
    .map((source) => mixed(source, dialect.title));
  append(problems, reading.problems);
  const { policies } = resolve([], defaultDialect, shippedDefaults(defaultDialect).priorityStep);
  return {
    name: input.name,
    files: [],
    sources: reading.sources,
    format: dialect.name,
    imported: reading,
    importedBy: dialect,
    dialect: defaultDialect,
    policies,
    config: reading.config,
    problems,
  };
}

function* loadRecords(input: SystemInput): Generator<void, LoadedSystem> {
  const problems: Problem[] = [];
  const files: LoadedFile[] = input.sources.map((source) => {
    return { source, directives: readDirectives({ source, items: outline(source) }) };
  });
  const dialect =
    files.find((file) => file.directives.dialect)?.directives.dialect?.value ?? input.dialect ?? defaultDialect;
  const profile = input.profile && parseProfile(input.profile, dialect, input.tables);
  if (profile) problems.push(...profile.problems);
  const defaults = profile?.defaults ?? shippedDefaults(dialect);
  const operations: Operation[] = [];
  const lost: LostRecord[] = (input.unreadable ?? []).map((source) => ({ at: { source, start: 0, end: 0 } }));
  for (const { source, directives } of files) {
    const syntaxProblems: Problem[] = [];
    const bound = yield* bindSteps(
      { source, items: parseItems(source, syntaxProblems) },
      {
        dialect,
        defaults,
        ...(input.strict ? { strict: true } : {}),
        ...(input.tables ? { tables: input.tables } : {}),
      },
    );
    append(problems, syntaxProblems);
    append(problems, directives.problems);
    append(problems, bound.problems);
    append(operations, bound.operations);
    append(lost, bound.lost);
    // What was not looked at may have held anything.
    for (const { code, at } of syntaxProblems) if (code === 'SYN024') lost.push({ at });
  }
  yield;
  const { policies, problems: resolveProblems } = resolve(operations, dialect, defaults.priorityStep, lost);
  append(problems, resolveProblems);
  yield;
  return {
    name: input.name,
    files,
    sources: input.sources,
    format: recordsFormat,
    dialect,
    policies,
    config: compile(policies, input.name, input.addresses),
    problems,
  };
}

/** `push(...many)` fails on very long lists. */
function append<T>(list: T[], more: readonly T[]): void {
  for (const element of more) list.push(element);
}
