/**
 * Profile files: sections between BEGIN and END with one parameter a line (hpux-ipsec reference 6), and the defaults that
 * records take from them.
 */
import { closest } from '../model/did-you-mean.js';
import { type ArgumentRow, argumentRows, argumentsOf } from '../model/language/arguments.js';
import type { Dialect } from '../model/language/dialect.js';
import type { ExtendedTables } from '../model/language/extra-values.js';
import { objectRows } from '../model/language/objects.js';
import { shippedProfile } from '../model/language/shipped-profile.js';
import type { Origin, Sourced } from '../model/origin.js';
import type { Problem } from '../model/problem.js';
import { SourceText } from '../model/span.js';
import type { ValueContext } from './values/context.js';
import { parseNumber } from './values/numbers.js';
import { parseValue } from './values/value.js';

/** The default of each argument, by profile section and parameter, already read. */
export interface Defaults {
  /** Undefined where neither the profile nor the shipped one has the parameter. */
  get(section: string, parameter: string): Sourced<unknown> | undefined;
  /** Step of automatic priorities of a section. */
  priorityStep(section: string): Sourced<number>;
}

interface ProfileEntry {
  readonly section: string;
  readonly parameter: string;
  readonly value: string;
  readonly start: number;
}

const sectionNames = objectRows.flatMap((row) => (row.profileSection ? [row.profileSection] : []));

/** Words that a line of a profile may begin with. */
const isParameter: ReadonlySet<string> = new Set([
  'begin',
  'end',
  'priority',
  ...argumentRows.filter((row) => row.profile !== false).flatMap((row) => [row.name, ...(row.aliases ?? [])]),
]);

/** Parameters are named like the arguments, and `priority` is the step of automatic priorities. */
function parameterRow(section: string, parameter: string): ArgumentRow | 'priority' | undefined {
  if (parameter === 'priority') return 'priority';
  const object = objectRows.find((row) => row.profileSection === section);
  return (
    object &&
    argumentsOf(object.name).find(
      (row) => row.profile !== false && (row.name === parameter || row.aliases?.includes(parameter)),
    )
  );
}

/** Reads a profile file; what is wrong with it is returned beside the defaults that could be read. */
export function parseProfile(
  source: SourceText,
  dialect: Dialect,
  tables?: ExtendedTables,
): { defaults: Defaults; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const entries = readEntries(source, problems);
  return { defaults: buildDefaults(dialect, { source, entries, problems }, tables), problems };
}

const shippedByDialect = new Map<Dialect, Defaults>();

/** The defaults of the shipped profile. */
export function shippedDefaults(dialect: Dialect): Defaults {
  let defaults = shippedByDialect.get(dialect);
  if (!defaults) {
    defaults = buildDefaults(dialect);
    shippedByDialect.set(dialect, defaults);
  }
  return defaults;
}

function buildDefaults(
  dialect: Dialect,
  file?: { source: SourceText; entries: readonly ProfileEntry[]; problems: Problem[] },
  tables?: ExtendedTables,
): Defaults {
  const values = new Map<string, Sourced<unknown>>();
  const put = (entry: ProfileEntry, source: SourceText, origin: Origin, report: (problem: Problem) => void) => {
    const row = parameterRow(entry.section, entry.parameter);
    if (!row) return;
    const context: ValueContext = {
      source,
      dialect,
      word: { text: entry.value, start: entry.start, end: entry.start + entry.value.length },
      what: `${entry.parameter} of ${entry.section}`,
      ...(tables ? { tables } : {}),
      report,
    };
    const value = row === 'priority' ? parseNumber(context, 'priority') : parseValue(row.kind, row, context);
    if (value !== undefined)
      values.set(`${entry.section} ${row === 'priority' ? 'priority' : row.name}`, { value, origin });
  };
  for (const { section, parameter, value } of shippedProfile) {
    // The shipped values belong to every dialect that has the section; a word that came later cannot be among them.
    put(
      { section, parameter, value, start: 0 },
      new SourceText('shipped profile', value),
      { kind: 'profile', section, parameter },
      () => {},
    );
  }
  for (const entry of file?.entries ?? []) {
    const { section, parameter } = entry;
    put(entry, file!.source, { kind: 'profile', path: file!.source.path, section, parameter }, (problem) =>
      file!.problems.push(problem),
    );
  }
  return {
    get: (section, parameter) => values.get(`${section} ${parameter}`),
    priorityStep: (section) =>
      (values.get(`${section} priority`) as Sourced<number> | undefined) ?? {
        value: 10,
        origin: { kind: 'builtin', what: 'priority step' },
      },
  };
}

function readEntries(source: SourceText, problems: Problem[]): ProfileEntry[] {
  const entries: ProfileEntry[] = [];
  let section: { name: string; start: number; end: number } | undefined;
  const complain = (start: number, end: number, message: string, help?: string, severity?: 'warning') =>
    problems.push({
      code: 'SYN029',
      message,
      at: { source, start, end },
      ...(help ? { help } : {}),
      ...(severity ? { severity } : {}),
    });
  for (let line = 1; line <= source.lineCount; line += 1) {
    const { start: lineStart, end } = source.lineRange(line);
    const text = source.text.slice(lineStart, end).trim();
    if (text === '' || text.startsWith('#')) continue;
    const start = lineStart + source.text.slice(lineStart, end).indexOf(text);
    hideValue(source, text, start);
    const bracket = /^(BEGIN|END)(?:\s+(\S+))?$/i.exec(text);
    if (bracket?.[1]?.toUpperCase() === 'BEGIN') {
      if (section) complain(section.start, section.end, `section ${section.name} has no END before the next BEGIN`);
      const name = sectionNames.find((known) => known.toLowerCase() === bracket[2]?.toLowerCase());
      if (!name) {
        const guess = bracket[2] ? closest(bracket[2], sectionNames) : undefined;
        complain(
          start,
          start + text.length,
          `no profile section is called '${(bracket[2] ?? '').slice(0, 60)}'`,
          guess ? `did you mean ${guess}?` : `sections: ${sectionNames.join(', ')}`,
          'warning',
        );
      }
      section = { name: name ?? (bracket[2] ?? '').slice(0, 60), start, end: start + text.length };
    } else if (bracket) {
      if (!section) complain(start, start + text.length, 'END without BEGIN');
      else if (bracket[2] && bracket[2].toLowerCase() !== section.name.toLowerCase()) {
        const names = `END ${bracket[2].slice(0, 60)} after BEGIN ${section.name}`;
        complain(start, start + text.length, names, `end it with END ${section.name}`, 'warning');
      }
      section = undefined;
    } else if (!section)
      complain(start, start + text.length, 'a parameter stands outside of BEGIN and END', 'put it into a section');
    else readParameter(text, start, section.name, entries, complain);
  }
  if (section)
    complain(section.start, section.end, `section ${section.name} has no END`, `end it with END ${section.name}`);
  return entries;
}

/** A profile holds no keys; where one stands all the same, nobody shall see it. */
function hideValue(source: SourceText, text: string, start: number): void {
  const name = /^[A-Za-z_-]+(?=\s*[:=\s])/.exec(text)?.[0] ?? '';
  if (name !== '' && isParameter.has(name.toLowerCase())) return;
  source.markSecret(start + name.length, start + text.length);
}

function readParameter(
  text: string,
  start: number,
  section: string,
  entries: ProfileEntry[],
  complain: (start: number, end: number, message: string, help?: string, severity?: 'warning') => void,
): void {
  const match = /^([A-Za-z_-]+)(\s*[:=]\s*|\s+)(\S.*)$/.exec(text);
  if (!match) {
    complain(start, start + text.length, 'not a parameter line', 'write NAME VALUE');
    return;
  }
  const name = (match[1] ?? '').toLowerCase();
  if (!parameterRow(section, name)) {
    const object = objectRows.find((row) => row.profileSection === section);
    const known = object
      ? [
          'priority',
          ...argumentsOf(object.name)
            .filter((row) => row.profile !== false)
            .map((row) => row.name),
        ]
      : [];
    const guess = closest(name, known);
    complain(
      start,
      start + name.length,
      `${section} has no parameter '${name.slice(0, 60)}'`,
      guess ? `did you mean ${guess}?` : undefined,
      'warning',
    );
    return;
  }
  const row = parameterRow(section, name);
  if (entries.some((entry) => entry.section === section && parameterRow(section, entry.parameter) === row)) {
    complain(start, start + name.length, `${section} gives '${name}' twice`, 'the last one counts', 'warning');
  }
  entries.push({
    section,
    parameter: name,
    value: match[3] ?? '',
    start: start + (match[1]?.length ?? 0) + (match[2]?.length ?? 0),
  });
}
