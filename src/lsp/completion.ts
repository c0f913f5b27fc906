/** What may be written at the cursor, by the tables of the language and the dialect of the file. */
import { type CompletionItem, CompletionItemKind } from 'vscode-languageserver/node';
import { formatRange, singleAddress } from '../model/address.js';
import { type ArgumentRow, argumentsOf, findArgument } from '../model/language/arguments.js';
import { type Dialect, describeLifespan, dialects, isIn } from '../model/language/dialect.js';
import { ranges } from '../model/language/limits.js';
import { type ObjectRow, objectRow, objectRows } from '../model/language/objects.js';
import { protocolRows, transformRows, type ValueRow } from '../model/language/values.js';
import { allRecords } from '../model/resolve.js';
import { argumentWord } from '../parser/syntax.js';
import { mayBeRecords } from '../services/formats.js';
import { ruleDocuments } from '../services/rules.js';
import { type OpenDocument, outlineOf } from './document.js';
import { rangeOf } from './text.js';
import type { DocumentSystem } from './workspace.js';

/** A suggestion before it is put in the place of what is written. */
interface Suggestion {
  readonly label: string;
  readonly detail?: string;
  readonly documentation?: string;
  readonly kind: CompletionItemKind;
  /** Suggestions of smaller numbers come first. */
  readonly rank?: number;
}

/** A statement up to the cursor. */
interface Written {
  /** Words before the one that the cursor is in. */
  readonly before: readonly string[];
  /** The part of the word before the cursor. */
  readonly word: string;
}

/** Suggestions at an offset; none in other products' formats. */
export function completionsAt(
  document: OpenDocument,
  offset: number,
  system: DocumentSystem | undefined,
): readonly CompletionItem[] {
  if (!mayBeRecords(document.source)) return [];
  const dialect = system?.system.dialect ?? outlineOf(document)?.dialect ?? 'extended';
  const written = writtenBefore(document, offset);
  const { word } = written;
  const found = suggestions(written, dialect, system);
  // A list grows behind its last comma, a comment behind its last blank, and an argument's name has its hyphen already.
  const replaced = word.startsWith('-') ? /^.*$/ : word.startsWith('#') ? /[^\s,#]*$/ : /[^,+]*$/;
  const length = replaced.exec(word)?.[0].length ?? 0;
  const range = rangeOf({ source: document.source, start: offset - length, end: offset });
  return found.map(({ label, detail, documentation, kind, rank = 5 }) => ({
    label,
    kind,
    ...(detail === undefined ? {} : { detail }),
    ...(documentation === undefined ? {} : { documentation }),
    sortText: `${rank}${label}`,
    filterText: label,
    textEdit: { range, newText: label },
  }));
}

/** The statement that the cursor is in, over its continuation lines. */
function writtenBefore({ source: { text } }: OpenDocument, offset: number): Written {
  let start = offset;
  for (;;) {
    start = text.lastIndexOf('\n', start - 1);
    if (start <= 0 || !/\\\r?$/.test(text.slice(Math.max(0, start - 2), start))) break;
  }
  const line = text.slice(start + 1, offset).replace(/\\\r?\n/g, ' ');
  if (/^\s*#/.test(line)) return { before: [], word: line.trimStart() };
  const words = line
    .replace(/^.*\bipsec_config\s+/, '')
    .trimStart()
    .split(/\s+/);
  return { before: words.slice(0, -1), word: words.at(-1) ?? '' };
}

function suggestions(
  { before, word }: Written,
  dialect: Dialect,
  system: DocumentSystem | undefined,
): readonly Suggestion[] {
  if (word.startsWith('#')) return directives(word);
  const [verb, object, ...rest] = before;
  if (verb === undefined) return verbs;
  if (object === undefined) return objectRows.filter((row) => row.batch && isIn(dialect, row)).map(objectSuggestion);
  const row = objectRow(object.toLowerCase());
  if (!row) return [];
  if (verb.toLowerCase() === 'delete') return rest.length === 0 ? names(row.name, system) : [];
  const hasSubject = row.subject !== 'none';
  if (hasSubject && rest.length === 0 && !word.startsWith('-')) {
    return row.preloaded ? [{ label: 'default', detail: 'the preloaded policy', kind: CompletionItemKind.Value }] : [];
  }
  const last = rest.at(-1);
  const argument = last?.startsWith('-') ? lookUp(row, last, dialect) : undefined;
  if (argument && argument.kind !== 'switch' && !word.startsWith('-')) return values(argument, row, dialect, system);
  return argumentSuggestions(row, rest, dialect);
}

const verbs: readonly Suggestion[] = [
  { label: 'add', detail: 'adds a record', kind: CompletionItemKind.Keyword },
  { label: 'delete', detail: 'takes a record away', kind: CompletionItemKind.Keyword },
];

function directives(word: string): readonly Suggestion[] {
  const behind = /^#\s*ipsec-disable(?:-next-line)?\s+(?:[A-Z0-9,\s]*)$/i.test(word);
  if (behind)
    return ruleDocuments().map(({ code, slug, summary }) => ({
      label: code,
      detail: slug,
      documentation: summary,
      kind: CompletionItemKind.Reference,
    }));
  if (/^#\s*ipsec-dialect:?\s+\S*$/i.test(word))
    return dialects.map((label) => ({ label, kind: CompletionItemKind.EnumMember }));
  return ['ipsec-disable-next-line', 'ipsec-disable', 'ipsec-dialect:'].map((label) => ({
    label,
    kind: CompletionItemKind.Keyword,
  }));
}

function objectSuggestion({ name, summary }: ObjectRow): Suggestion {
  return { label: name, detail: summary, kind: CompletionItemKind.Struct };
}

function lookUp({ name }: ObjectRow, word: string, dialect: Dialect): ArgumentRow | undefined {
  const found = findArgument(name, argumentWord(word), dialect);
  return found && 'row' in found ? found.row : undefined;
}

/** Arguments that the statement does not have yet; those that it must have come first. */
function argumentSuggestions(row: ObjectRow, rest: readonly string[], dialect: Dialect): readonly Suggestion[] {
  const given = new Map<string, number>();
  for (const word of rest) {
    const argument = word.startsWith('-') ? lookUp(row, word, dialect) : undefined;
    if (argument) given.set(argument.name, (given.get(argument.name) ?? 0) + 1);
  }
  return argumentsOf(row.name)
    .filter((argument) => {
      if (!isIn(dialect, argument) || argument.commandLineOnly || argument.obsolete) return false;
      const count = given.get(argument.name) ?? 0;
      return count === 0 || (argument.repeat !== undefined && count < argument.repeat.max);
    })
    .map((argument) => ({
      label: `-${argument.name}`,
      detail: argument.summary,
      documentation: `${describeLifespan(argument)}${argument.required ? '; required' : ''}`,
      kind: CompletionItemKind.Property,
      rank: argument.required ? 1 : 5,
    }));
}

function values(
  argument: ArgumentRow,
  row: ObjectRow,
  dialect: Dialect,
  system: DocumentSystem | undefined,
): readonly Suggestion[] {
  switch (argument.kind) {
    case 'word':
    case 'words':
    case 'flags':
      return words(argument.values ?? [], dialect);
    case 'action':
      return [
        ...words(argument.values ?? [], dialect, 1),
        ...(row.name === 'gateway' ? [] : words(transformRows, dialect)),
      ];
    case 'protocol':
      return words(protocolRows, dialect);
    case 'types':
      return [{ label: 'ALL', detail: 'every type', kind: CompletionItemKind.EnumMember }];
    case 'record-name':
      return names('tunnel', system);
    case 'number': {
      const range = argument.range ? ranges[argument.range] : undefined;
      return range
        ? [{ label: String(range.min), detail: `${range.min} to ${range.max}`, kind: CompletionItemKind.Value }]
        : [];
    }
    case 'secret':
      return [
        { label: 'file:', detail: 'the key is in a file', kind: CompletionItemKind.File },
        { label: 'env:', detail: 'the key is in a variable of the environment', kind: CompletionItemKind.Variable },
      ];
    case 'addrspec':
    case 'address':
    case 'prefix':
      return addresses(system);
    case 'manual-key':
    case 'identity':
    case 'text':
    case 'switch':
      return [];
  }
}

function words(rows: readonly ValueRow[], dialect: Dialect, rank = 5): readonly Suggestion[] {
  return rows
    .filter((row) => isIn(dialect, row))
    .map((row) => ({
      label: row.word,
      detail: row.summary,
      documentation: `${describeLifespan(row)}${row.provisional ? '; the spelling is not confirmed by a page' : ''}`,
      kind: CompletionItemKind.EnumMember,
      rank,
    }));
}

function names(kind: string, system: DocumentSystem | undefined): readonly Suggestion[] {
  if (!system) return [];
  return allRecords(system.system.policies)
    .filter((record) => record.kind === kind && record.name !== '')
    .map(({ name }) => ({ label: name, detail: `${kind} record`, kind: CompletionItemKind.Reference }));
}

/** Addresses of the inventory: those of the system itself first. */
function addresses(system: DocumentSystem | undefined): readonly Suggestion[] {
  return (system?.repository.hosts ?? []).flatMap(({ name, addresses: own }) =>
    own.map((address) => ({
      label: formatRange(singleAddress(address)),
      detail: name,
      kind: CompletionItemKind.Constant,
      rank: name === system?.system.name ? 1 : 5,
    })),
  );
}
