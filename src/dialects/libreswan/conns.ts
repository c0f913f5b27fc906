/** Connections with what they inherit: `also=`, `conn %default` and the product's own defaults come together here. */
import type { SourceText } from '../../model/span.js';
import type { ReadContext } from '../common/context.js';
import { type Piece, spanOf } from '../common/piece.js';
import { importCodes } from '../option-report.js';
import { type ConfOption, findOption, knownKeys } from './options.js';
import { isBefore, type Product } from './product.js';
import type { Assignment, Section } from './sections.js';

/** One option as a connection has it. */
export interface Setting {
  readonly text: string;
  readonly source: SourceText;
  readonly key: Piece;
  /** The value; the key where it is empty. */
  readonly at: Piece;
  /** The connection or section it stands in, and whether that is `%default`. */
  readonly section: string;
}

export type Side = 'left' | 'right';

export interface Conn {
  readonly name: string;
  readonly source: SourceText;
  readonly at: Piece;
  /** By canonical name; options of an end begin with `left` or `right`. */
  readonly settings: ReadonlyMap<string, Setting>;
  /** Another connection builds upon it. */
  readonly isBase: boolean;
}

export interface Conf {
  readonly setup: ReadonlyMap<string, Setting>;
  readonly conns: readonly Conn[];
}

/** Sections that one connection may draw in. */
const alsoMax = 64;

/** Puts connections together, and reports every option that is written. */
export function resolveConns(sections: readonly Section[], product: Product, context: ReadContext): Conf {
  const meaning = reportOptions(sections, product, context);
  const setup = new Map<string, Setting>();
  const conns = new Map<string, Section[]>();
  const defaults: Section[] = [];
  for (const section of sections) {
    if (section.kind === 'setup') add(setup, section, meaning, context, 'last');
    else if (section.kind !== 'conn') continue;
    else if (section.name === '%default') defaults.push(section);
    else {
      const known = conns.get(section.name);
      if (known) known.push(section);
      else conns.set(section.name, [section]);
    }
  }
  const bases = new Set<string>();
  const resolved = [...conns].flatMap(([name, parts]) => {
    // Libreswan makes two connections of one name and loads the first; strongSwan joins them.
    const [first] = parts;
    if (!first) return [];
    const own = product.flavour === 'starter' ? parts : [first];
    for (const again of parts.slice(own.length))
      context.problem({
        code: importCodes.conflict,
        message: `a connection named '${name}' was defined before`,
        at: spanOf(again.source, again.at),
        help: 'give it another name',
        related: [{ at: spanOf(first.source, first.at), text: 'this one counts' }],
      });
    const settings = new Map<string, Setting>();
    for (const section of withAlso(own, conns, meaning, bases, context))
      add(
        settings,
        section.section,
        meaning,
        context,
        product.flavour === 'libreswan' ? 'once' : 'first',
        section.flipped,
      );
    for (const section of [...defaults].reverse()) add(settings, section, meaning, context, 'first');
    return [{ name, source: first.source, at: first.at, settings }];
  });
  return { setup, conns: resolved.map((conn) => ({ ...conn, isBase: bases.has(conn.name) })) };
}

interface Meaning {
  readonly name: string;
  readonly side?: Side;
  readonly repeats: boolean;
}

/** What each assignment stands for; those that are not known are left out, and reported. */
function reportOptions(
  sections: readonly Section[],
  product: Product,
  { report }: ReadContext,
): ReadonlyMap<Assignment, Meaning> {
  const meaning = new Map<Assignment, Meaning>();
  for (const section of sections) {
    const { kind } = section;
    for (const assignment of section.assignments) {
      const { source, key, words } = assignment;
      const at = spanOf(source, key);
      const title = `${kind === 'setup' ? 'config' : kind} ${section.name}: ${key.text}`;
      // Comments that tools leave behind.
      if (key.text.toLowerCase().startsWith('x-')) {
        report.noted(title, at, 'a comment');
        continue;
      }
      const found = findOption(product.flavour, kind, key.text);
      if (!found) {
        report.unknown(title, at, knownKeys(product.flavour, kind));
        continue;
      }
      const { option, side } = found;
      const strange = strangeTo(product, option);
      if (strange !== undefined) {
        report.options.push({ name: title, at, support: 'unknown' });
        report.problems.push({
          code: importCodes.unknownOption,
          message: `${product.title} ${product.versionText} does not know '${key.text}'; it is known ${strange}`,
          at,
          help: 'take it out, or tell the version that reads the file',
        });
        continue;
      } else {
        const value = words
          .map(({ text }) => text)
          .join(' ')
          .toLowerCase();
        if (option.support === 'supported') report.supported(title, at);
        else if (option.support === 'noted' || option.harmless?.includes(value))
          report.noted(title, at, option.why ?? '');
        else report.partial(title, at, option.why ?? '');
      }
      meaning.set(assignment, {
        name: option.aliasOf ?? option.name,
        ...(side === 'left' || side === 'right' ? { side } : {}),
        repeats: option.repeats === true,
      });
    }
  }
  return meaning;
}

/** The versions that know an option, where the product's is none of them. */
function strangeTo({ version }: Product, { since, before }: ConfOption): string | undefined {
  if (since && isBefore(version, since)) return `from ${since.join('.')} on`;
  return before && !isBefore(version, before) ? `before ${before.join('.')} only` : undefined;
}

/**
 * Adds the settings of a section. `once`: another value for what is set already is a conflict (Libreswan refuses the
 * connection then); `first`: what is set stays; `last`: the later one counts.
 */
function add(
  settings: Map<string, Setting>,
  section: Section,
  meaning: ReadonlyMap<Assignment, Meaning>,
  context: ReadContext,
  mode: 'once' | 'first' | 'last',
  flipped = false,
): void {
  // What stands twice in one section: the later one counts for the products that do not refuse it.
  const here = new Set<string>();
  for (const assignment of section.assignments) {
    const means = meaning.get(assignment);
    if (!means || means.name === 'also' || means.name === 'alsoflip') continue;
    const side = means.side && flipped ? (means.side === 'left' ? 'right' : 'left') : means.side;
    const name = `${side ?? ''}${means.name}`;
    const setting = settingOf(assignment, section);
    const known = settings.get(name);
    if (known && means.repeats && mode !== 'first') {
      settings.set(name, { ...setting, text: `${known.text} ${setting.text}` });
      continue;
    }
    if (known && mode === 'once') {
      if (known.text !== setting.text) conflict(assignment, known, context);
      continue;
    }
    if (known && mode === 'first' && !here.has(name)) continue;
    settings.set(name, setting);
    here.add(name);
  }
}

function conflict({ source, key }: Assignment, known: Setting, context: ReadContext): void {
  context.problem({
    code: importCodes.conflict,
    message: `'${key.text}' has another value already, so the connection is not loaded`,
    at: spanOf(source, key),
    help: 'take one of the two out; what comes by also= must not be said again',
    related: [{ at: spanOf(known.source, known.key), text: 'the other value' }],
  });
}

function settingOf({ source, key, words }: Assignment, { name }: Section): Setting {
  const text = words.map((word) => word.text).join(' ');
  const [first] = words;
  const last = words.at(-1);
  const at = first && last ? { text, start: first.start, end: last.end } : key;
  return { text, source, key, at, section: name };
}

/** A connection's sections: its own, then those that it names, those that these name, and so on; each once. */
function withAlso(
  own: readonly Section[],
  conns: ReadonlyMap<string, readonly Section[]>,
  meaning: ReadonlyMap<Assignment, Meaning>,
  bases: Set<string>,
  context: ReadContext,
): readonly { readonly section: Section; readonly flipped: boolean }[] {
  const list = own.map((section) => ({ section, flipped: false }));
  const seen = new Set<Section>(own);
  for (let index = 0; index < list.length; index += 1) {
    const current = list[index]!;
    for (const assignment of current.section.assignments) {
      const kind = meaning.get(assignment)?.name;
      if (kind !== 'also' && kind !== 'alsoflip') continue;
      const flipped = current.flipped !== (kind === 'alsoflip');
      for (const word of assignment.words.flatMap((piece) => piece.text.split(/[\s,]+/).filter(Boolean))) {
        const named = conns.get(word);
        if (!named) {
          context.syntax(
            assignment.source,
            assignment.words[0] ?? assignment.key,
            `there is no connection '${word}' for also=`,
            'correct the name, or include the file that has it',
          );
          continue;
        }
        bases.add(word);
        for (const section of named) {
          if (seen.has(section)) continue;
          if (list.length >= alsoMax) {
            context.syntax(assignment.source, assignment.key, `more than ${alsoMax} sections by also=`);
            return list;
          }
          seen.add(section);
          list.push({ section, flipped });
        }
      }
    }
  }
  return list;
}
