import { existsSync } from 'node:fs';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { loadFlags, loadOptions, pathsArgs } from '../../cli/load-flags.js';
import { describeOrigin } from '../../model/origin.js';
import { formatBox } from '../../model/selector/format-box.js';
import type { Style } from '../../report/style.js';
import { visible } from '../../report/visible.js';
import { displayWidth } from '../../report/width.js';
import { wrapLine } from '../../report/wrap.js';
import {
  type DecorrelatedSystem,
  type ShownRecord,
  type ShownSystem,
  show,
  showDecorrelated,
  shownKinds,
} from '../../services/show.js';

export default class Show extends BaseCommand {
  static override summary = 'Show records in search order, their effective values, or the order-free SPD.';
  static override description =
    `Without flags the records are shown as they count: in search order, with their automatic priorities. --resolved adds
every value that comes from a profile or is built in, --origin says where each value comes from.
--decorrelated shows the SPD without order: for each policy exactly the packets that it takes (RFC 4301
appendix B). Words before the paths choose: a record kind, and after it a name.
Configurations of other products are shown as the SPD, the PAD and the IKE policies that they make (RFC 4301);
there the words are spd, pad or ike.`;
  static override usage = '<%= command.id %> [KIND [NAME]] [PATHS...] [FLAGS]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> server.conf',
    '<%= config.bin %> <%= command.id %> host web server.conf --resolved --origin',
    '<%= config.bin %> <%= command.id %> server.conf --decorrelated',
  ];
  static override strict = false;
  static override args = pathsArgs;
  static override flags = {
    ...loadFlags,
    resolved: Flags.boolean({ summary: 'Show every value, also those that were not written.' }),
    origin: Flags.boolean({ summary: 'Say where each value comes from.' }),
    decorrelated: Flags.boolean({ summary: 'Show the SPD without order.', exclusive: ['resolved', 'origin'] }),
    host: Flags.string({ helpValue: 'NAME', summary: 'Show this system only.' }),
  };

  async run(): Promise<object> {
    const { argv, flags } = await this.parse(Show);
    const { kind, name, paths } = chooseWords(argv as string[]);
    const wanted = {
      ...loadOptions(flags, paths),
      ...(kind === undefined ? {} : { kind }),
      ...(name === undefined ? {} : { name }),
      ...(flags.host === undefined ? {} : { host: flags.host }),
    };
    const style = await this.style();
    if (flags.decorrelated) {
      const systems = await showDecorrelated(wanted);
      this.noteDoubt(errorsIn(systems));
      this.writeLines(systems.flatMap((system) => [...renderDecorrelated(system, style)]));
      return { systems: systems.map(decorrelatedDocument) };
    }
    const systems = await show(wanted);
    this.noteDoubt(errorsIn(systems));
    const options = {
      all: flags.resolved,
      origin: flags.origin,
      heading: systems.length > 1,
      style,
      ...this.wrapOption,
    };
    this.writeLines(systems.flatMap((system) => [...renderSystem(system, options)]));
    return {
      systems: systems.map((system) => ({
        name: system.name,
        dialect: system.dialect,
        records: system.records.map(recordDocument),
      })),
    };
  }
}

function errorsIn(systems: readonly { readonly errors: number }[]): number {
  return systems.reduce((sum, { errors }) => sum + errors, 0);
}

/** `host web server.conf`: a kind and a name may stand before the paths, unless a path is called so. */
function chooseWords(words: readonly string[]): { kind?: string; name?: string; paths: readonly string[] } {
  const [first, second] = words;
  if (first === undefined || !shownKinds.includes(first.toLowerCase()) || existsSync(first)) return { paths: words };
  const kind = first.toLowerCase();
  if (second === undefined || second === '-' || existsSync(second)) return { kind, paths: words.slice(1) };
  return { kind, name: second, paths: words.slice(2) };
}

interface RenderOptions {
  readonly all: boolean;
  readonly origin: boolean;
  readonly heading: boolean;
  readonly style: Style;
  readonly width?: number;
}

function* renderSystem(system: ShownSystem, options: RenderOptions): Generator<string> {
  const { style, width } = options;
  if (options.heading) {
    const format = system.imported ? system.dialect : `dialect ${system.dialect}`;
    yield style.bold(`# ${visible(system.name)} (${format})`);
  }
  if (system.imported) {
    yield* renderImported(system, options);
    return;
  }
  for (const record of system.records) {
    const fields = record.fields.filter(
      ({ origin, name }) => options.all || origin.kind === 'explicit' || name === 'priority',
    );
    const head = `${style.bold(record.kind)} ${visible(record.name)}`;
    if (!options.all && !options.origin) {
      const statement = [head, ...fields.map(({ name, value }) => `${style.dim(`-${name}`)} ${visible(value)}`)].join(
        ' ',
      );
      // As a record file has a statement that goes on.
      yield* wrapLine(statement, width, { under: 4, continuation: ' \\' });
      continue;
    }
    yield head;
    for (const field of fields)
      yield* fieldLines({ ...field, name: `-${field.name}` }, { label: 15, origin: 52 }, options);
  }
}

/** Entries in RFC 4301's words, a line for each setting: they have no arguments that would make a statement. */
function* renderImported({ records }: ShownSystem, options: RenderOptions): Generator<string> {
  const { all, style } = options;
  for (const { database, kind, name, fields } of records) {
    yield `${style.bold(database ?? '')} ${visible(kind)} '${visible(name)}'`;
    for (const field of fields) {
      if (!all && field.origin.kind !== 'explicit') continue;
      yield* fieldLines(field, { label: 20, origin: 60 }, options);
    }
  }
}

const fieldIndent = 4;

/** A setting with its value, and the origin behind it; below it where the terminal has no room for that. */
function* fieldLines(
  { name, value, origin }: ShownRecord['fields'][number],
  columns: { readonly label: number; readonly origin: number },
  { origin: withOrigin, style, width }: RenderOptions,
): Generator<string> {
  const under = fieldIndent + columns.label + 1;
  const indent = ' '.repeat(fieldIndent);
  const field = `${indent}${style.dim(name.padEnd(columns.label))} ${visible(value)}`;
  if (!withOrigin) {
    yield* wrapLine(field, width, { under });
    return;
  }
  const from = visible(describeOrigin(origin));
  const spare = Math.max(0, columns.origin - under - displayWidth(visible(value)));
  const beside = `${field}${' '.repeat(spare)} ${style.dim(from)}`;
  if (width === undefined || under + displayWidth(visible(value)) + spare + 1 + displayWidth(from) <= width) {
    yield beside;
    return;
  }
  yield* wrapLine(field, width, { under });
  yield* wrapLine(`${' '.repeat(Math.min(under, Math.floor(width / 2)))}${style.dim(from)}`, width);
}

function recordDocument({ database, kind, name, fields }: ShownRecord) {
  return {
    ...(database ? { database } : {}),
    kind,
    name,
    fields: fields.map(({ name: field, value, origin }) => ({
      name: field,
      value,
      origin: origin.kind,
      from: describeOrigin(origin),
    })),
  };
}

function* renderDecorrelated({ name, entries }: DecorrelatedSystem, style: Style): Generator<string> {
  yield style.bold(`# ${visible(name)}: in any order`);
  for (const { entry, region } of entries) {
    const { record } = entry.source;
    yield `${style.bold(entry.action.kind)} ${style.dim(`${record.kind} '${visible(record.name)}'`)}`;
    if (!region) yield '    not worked out: the question costs more than is allowed';
    else for (const box of region) yield `    ${formatBox(box)}`;
  }
}

function decorrelatedDocument({ name, entries }: DecorrelatedSystem) {
  return {
    name,
    entries: entries.map(({ entry, region }) => ({
      record: entry.source.record,
      action: entry.action.kind,
      decided: region !== undefined,
      selectors: (region ?? []).map(formatBox),
    })),
  };
}
