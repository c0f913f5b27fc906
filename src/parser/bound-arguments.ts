/** The arguments of one record, read on demand: what is written first, then the profile's default. */
import { exact } from '../model/exact.js';
import type { RecordRef } from '../model/finding.js';
import type { ArgumentRow, ValueKind } from '../model/language/arguments.js';
import { isIn } from '../model/language/dialect.js';
import type { ObjectRow } from '../model/language/objects.js';
import type { Origin, Sourced } from '../model/origin.js';
import type { Problem } from '../model/problem.js';
import type { SourceText } from '../model/span.js';
import type { BindOptions } from './bind.js';
import type { ArgumentSyntax } from './syntax.js';
import type { ValueContext } from './values/context.js';
import { parseValue, type ValueTypes } from './values/value.js';

/** An argument that was written, as often as it was. */
export interface GivenArgument {
  readonly row: ArgumentRow;
  readonly written: ArgumentSyntax[];
}

/** By the argument's canonical name. */
export type GivenArguments = ReadonlyMap<string, GivenArgument>;

export class BoundArguments {
  readonly source: SourceText;
  readonly record: RecordRef;
  readonly options: BindOptions;
  readonly report: (problem: Problem) => void;
  /** Arguments whose values could not be read, at least in part. */
  readonly unread = new Set<string>();
  readonly #object: ObjectRow;
  readonly #given: GivenArguments;

  constructor(
    source: SourceText,
    object: ObjectRow,
    given: GivenArguments,
    options: BindOptions,
    problems: Problem[],
    record: RecordRef,
  ) {
    this.source = source;
    this.record = record;
    this.options = options;
    this.report = (problem) => problems.push(problem.record ? problem : { record, ...problem });
    this.#object = object;
    this.#given = given;
  }

  /** Names of the arguments that were written. */
  writtenNames(): readonly string[] {
    return [...this.#given.keys()];
  }

  /** The argument as written. */
  written(name: string): ArgumentSyntax | undefined {
    return this.#given.get(name)?.written[0];
  }

  /** Context for reading a written value. */
  context(argument: ArgumentSyntax, name: string): ValueContext {
    const { dialect, tables } = this.options;
    const row = this.#given.get(name)?.row;
    return {
      source: this.source,
      // That the dialect does not have the argument is said once, and not again of its value.
      dialect: row && !isIn(dialect, row) ? 'extended' : dialect,
      word: argument.value!,
      what: `-${name}`,
      record: this.record,
      ...(tables ? { tables } : {}),
      report: (problem) => {
        // A list goes on without the word that it cannot take.
        if (problem.code === 'SYN019') this.unread.add(name);
        this.report(problem);
      },
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
    return this.explicit(kind, name) ?? this.defaultOf<ValueTypes[K]>(name);
  }

  /** Only what is written, never a default. */
  explicit<K extends ValueKind>(kind: K, name: string): Sourced<ValueTypes[K]> | undefined {
    return this.#given.has(name) ? this.all(kind, name)[0] : undefined;
  }

  /** Every written value of a repeatable argument that can be read. */
  all<K extends ValueKind>(kind: K, name: string): readonly Sourced<ValueTypes[K]>[] {
    const values: Sourced<ValueTypes[K]>[] = [];
    const given = this.#given.get(name);
    for (const argument of given?.written ?? []) {
      if (!argument.value) continue;
      const value = parseValue(kind, given!.row, this.context(argument, name));
      if (value === undefined) this.unread.add(name);
      else values.push({ value, origin: this.origin(argument) });
    }
    return exact(values);
  }
}
