/**
 * From texts in strongSwan's settings format to one tree of sections, as libstrongswan builds it (settings.c): included
 * files stand where they are included, a section that comes again goes on, a setting that comes again replaces, and a
 * section may inherit from others (`name : base { … }`). Every value keeps its place.
 */
import type { IToken } from 'chevrotain';
import type { Problem } from '../../model/problem.js';
import type { SourceText, Span } from '../../model/span.js';
import type { FileAccess } from '../dialect.js';
import { importCodes } from '../option-report.js';
import { parseSettings, type SettingsItem } from './settings-grammar.js';

export interface Setting {
  readonly key: string;
  readonly at: Span;
  /** Absent: it was written without a value, which takes back what a reference would give. */
  readonly value?: SettingValue;
}

/** A value after quotes and escapes, with the place of each of its characters. */
export interface SettingValue {
  readonly text: string;
  readonly at: Span;
  /** The place of the characters [start, end) of `text`. */
  span(start: number, end: number): Span;
}

export interface Section {
  readonly name: string;
  /** Its name where it stands first. */
  readonly at: Span;
  readonly settings: Map<string, Setting>;
  readonly sections: Map<string, Section>;
  readonly references: { readonly name: string; readonly at: Span }[];
}

export interface Settings {
  readonly root: Section;
  readonly problems: Problem[];
  /** All texts, in the order in which they were read. */
  readonly sources: readonly SourceText[];
  /** Settings that a later one of the same place replaced. */
  readonly replaced: readonly Setting[];
}

/** Files within files. */
export const includeDepthMax = 16;
/** Files in all. */
export const includesMax = 2_000;
/** References from section to section that are followed. */
const referenceDepthMax = 32;

/** Reads texts one after another into one tree. Never throws. */
export function readSettings(texts: readonly SourceText[], files: FileAccess): Settings {
  const [first] = texts;
  const root: Section = {
    name: '',
    at: { source: first!, start: 0, end: 0 },
    settings: new Map(),
    sections: new Map(),
    references: [],
  };
  const problems: Problem[] = [];
  const sources: SourceText[] = [];
  const replaced: Setting[] = [];
  const read = (source: SourceText, into: Section, above: readonly string[]): void => {
    sources.push(source);
    hideSecrets(source);
    const { items, faults } = parseSettings(source.text);
    for (const { start, end, message } of faults)
      problems.push({
        code: importCodes.syntax,
        message,
        at: { source, start, end },
        help: 'strongSwan refuses the whole file',
      });
    add(items, source, into, above);
  };
  const add = (items: readonly SettingsItem[], source: SourceText, into: Section, above: readonly string[]): void => {
    for (const item of items) {
      switch (item.kind) {
        case 'section': {
          const at = tokenSpan(source, item.name);
          if (!item.close)
            problems.push({
              code: importCodes.syntax,
              message: `section '${item.name.image}' is not closed`,
              at,
              help: "write '}' at its end",
            });
          const section = sectionOf(into, item.name.image, at);
          for (const token of item.references) {
            if (section.references.some(({ name }) => name === token.image)) continue;
            section.references.push({ name: token.image, at: tokenSpan(source, token) });
          }
          add(item.items, source, section, above);
          break;
        }
        case 'setting': {
          const at = tokenSpan(source, item.name);
          const value = joinValue(source, item.parts, problems);
          const before = into.settings.get(item.name.image);
          if (before) replaced.push(before);
          into.settings.set(item.name.image, { key: item.name.image, at, ...(value ? { value } : {}) });
          break;
        }
        case 'include':
          include(source, item.keyword, item.pattern, into, above);
      }
    }
  };
  const include = (
    source: SourceText,
    keyword: IToken,
    pattern: IToken | undefined,
    into: Section,
    above: readonly string[],
  ): void => {
    const at = tokenSpan(source, pattern ?? keyword);
    const path = pattern && includePattern(pattern.image);
    if (!path) {
      problems.push({ code: importCodes.syntax, message: 'include names no file', at });
      return;
    }
    for (const { source: found, problems: reading } of files.find(path, source)) {
      for (const problem of reading) problems.push(problem);
      const fault =
        above.includes(found.path) || found.path === source.path
          ? `${found.path} includes itself`
          : above.length >= includeDepthMax
            ? `files are included more than ${includeDepthMax} deep`
            : sources.length >= includesMax
              ? `more than ${includesMax} files are included`
              : undefined;
      if (fault === undefined) read(found, into, [...above, source.path]);
      else problems.push({ code: importCodes.syntax, message: fault, at });
    }
  };
  for (const source of texts) read(source, root, []);
  return { root, problems, sources, replaced };
}

function sectionOf(parent: Section, name: string, at: Span): Section {
  let section = parent.sections.get(name);
  if (!section) {
    section = { name, at, settings: new Map(), sections: new Map(), references: [] };
    parent.sections.set(name, section);
  }
  return section;
}

function tokenSpan(source: SourceText, token: IToken): Span {
  return { source, start: token.startOffset, end: token.startOffset + token.image.length };
}

function includePattern(image: string): string {
  if (!image.startsWith('"')) return image.replace(/\\(["#} ])/g, '$1');
  return image.slice(1, image.length > 1 && image.endsWith('"') ? -1 : undefined).replace(/\\([\s\S])/g, '$1');
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\n': '' };

/** Words and strings with single blanks between them. */
function joinValue(source: SourceText, parts: readonly IToken[], problems: Problem[]): SettingValue | undefined {
  const [first] = parts;
  const last = parts.at(-1);
  if (!first || !last) return undefined;
  let text = '';
  const places: number[] = [];
  const put = (character: string, place: number) => {
    for (let index = 0; index < character.length; index += 1) places.push(place);
    text += character;
  };
  for (const part of parts) {
    if (part !== first) put(' ', part.startOffset);
    if (!part.image.startsWith('"')) {
      for (let index = 0; index < part.image.length; index += 1) put(part.image[index]!, part.startOffset + index);
      continue;
    }
    const isClosed = /^"(?:[^"\\]|\\[\s\S])*"$/.test(part.image);
    if (!isClosed)
      problems.push({
        code: importCodes.syntax,
        message: 'this quoted string is not closed',
        at: { source, start: part.startOffset, end: part.startOffset + 1 },
      });
    const end = isClosed ? part.image.length - 1 : part.image.length;
    for (let index = 1; index < end; index += 1) {
      const place = part.startOffset + index;
      let character = part.image[index]!;
      if (character === '\\' && index + 1 < end) {
        index += 1;
        if (part.image[index] === '\r' && part.image[index + 1] === '\n') index += 1;
        character = escapes[part.image[index]!] ?? part.image[index]!;
      } else if (character === '\r') character = '';
      put(character, place);
    }
  }
  const at: Span = { source, start: first.startOffset, end: last.startOffset + last.image.length };
  return {
    text,
    at,
    span(start, end) {
      const from = places[start] ?? at.end;
      const to = places[end - 1];
      return { source, start: from, end: to === undefined ? from : to + 1 };
    },
  };
}

/** Marks every key in a text, also in comments and in what cannot be parsed. */
function hideSecrets(source: SourceText): void {
  const pattern = /\b(?:secret|pin)[\t ]*=[\t \r]*/g;
  for (let match = pattern.exec(source.text); match; match = pattern.exec(source.text)) {
    const start = match.index + match[0].length;
    const value = /(?:"(?:[^"\\]|\\[\s\S])*"?|[^"#}\n]+)+/y;
    value.lastIndex = start;
    const found = value.exec(source.text);
    if (!found) continue;
    const end = start + found[0].trimEnd().length;
    source.markSecret(start, end);
    pattern.lastIndex = end;
  }
}

/** The sections that a path means, the one itself first, then those that it inherits from (find_sections). */
export function findSections(root: Section, path: readonly string[]): readonly Section[] {
  const found: Section[] = [];
  collect(root, root, path, false, found, 0);
  return found;
}

function collect(
  root: Section,
  section: Section,
  path: readonly string[],
  ignoresReferences: boolean,
  found: Section[],
  depth: number,
): void {
  if (depth > referenceDepthMax) return;
  const [head, ...rest] = path;
  const next = head === undefined || head === '' ? section : section.sections.get(head);
  const follow = (name: string, into: Section[]) => collect(root, root, name.split('.'), false, into, depth + 1);
  if (next) {
    if (rest.length > 0) collect(root, next, rest, false, found, depth + 1);
    else if (!found.includes(next)) {
      found.push(next);
      for (const { name } of next.references) follow(name, found);
    }
  }
  if (ignoresReferences || next === section) return;
  for (const { name } of section.references) {
    const bases: Section[] = [];
    follow(name, bases);
    for (const base of bases) collect(root, base, path, true, found, depth + 1);
  }
}

/** The settings that hold in some sections, each by its first occurrence; those without value hide later ones. */
export function effectiveSettings(sections: readonly Section[]): readonly Setting[] {
  const seen = new Map<string, Setting>();
  for (const section of sections)
    for (const setting of section.settings.values()) if (!seen.has(setting.key)) seen.set(setting.key, setting);
  return [...seen.values()].filter(({ value }) => value !== undefined);
}

/** The names of the sections within some sections, each once, in order. */
export function innerNames(sections: readonly Section[]): readonly string[] {
  return [...new Set(sections.flatMap((section) => [...section.sections.keys()]))];
}
