/** Names of records: where they are defined, where they are used, and what they are called from now on. */
import type { Location, Range, WorkspaceEdit } from 'vscode-languageserver/node';
import { type Address, parseRange } from '../model/address.js';
import { objectRow } from '../model/language/objects.js';
import { findIkePolicyOf, findPadEntry } from '../model/query.js';
import { allRecords } from '../model/resolve.js';
import type { Span } from '../model/span.js';
import type { EntrySource } from '../model/system-config.js';
import type { StatementSyntax } from '../parser/syntax.js';
import { isRecordName } from '../parser/values/value.js';
import { uriOfSource } from './diagnostics.js';
import { argumentRow, type OpenDocument, outlineOf, targetAt } from './document.js';
import { rangeOf } from './text.js';
import type { DocumentSystem } from './workspace.js';

/** A record by its kind and name. */
export interface NamedRecord {
  readonly kind: string;
  readonly name: string;
  /** The word at the cursor. */
  readonly at: Span;
}

/** The record whose name an offset touches, where it is defined or used. */
export function symbolAt(document: OpenDocument, offset: number, { system }: DocumentSystem): NamedRecord | undefined {
  const outline = outlineOf(document);
  const target = outline && targetAt(outline, offset, system.dialect);
  if (!target) return undefined;
  const at = { source: document.source, start: target.word.start, end: target.word.end };
  if (target.on === 'subject' && target.row.subject === 'name')
    return { kind: target.row.name, name: target.word.text, at };
  if (target.on === 'value' && target.argument.kind === 'record-name')
    return { kind: 'tunnel', name: target.word.text, at };
  return undefined;
}

/** Every place of a record's name in the texts of its system as they are now, definition and uses alike. */
export function occurrences(symbol: Pick<NamedRecord, 'kind' | 'name'>, system: DocumentSystem): Span[] {
  return places(symbol, system).map(({ at }) => at);
}

interface NamePlace {
  readonly at: Span;
  /** It is there that the record is added. */
  readonly defines: boolean;
}

function places({ kind, name }: Pick<NamedRecord, 'kind' | 'name'>, system: DocumentSystem): NamePlace[] {
  return system.texts().flatMap((source) => {
    const outline = outlineOf({ source });
    return (outline?.lines ?? []).flatMap((line): NamePlace[] => {
      if (line.kind !== 'statement' || !mayHold(source.text.slice(line.start, line.end), name)) return [];
      const item = outline!.item(line) as StatementSyntax;
      const { verb, object, subject, arguments: list } = item;
      const row = object && objectRow(object.text.toLowerCase());
      if (!row) return [];
      const found: NamePlace[] = [];
      const note = ({ start, end }: { start: number; end: number }, defines: boolean) =>
        found.push({ at: { source, start, end }, defines });
      if (row.name === kind && subject?.text === name) note(subject, verb?.text.toLowerCase() !== 'delete');
      if (kind !== 'tunnel') return found;
      for (const argument of list) {
        if (argument.value?.text !== name) continue;
        if (argumentRow(row, argument, system.system.dialect)?.kind === 'record-name') note(argument.value, false);
      }
      return found;
    });
  });
}

/** Only such statements are parsed. A shell's quotes may stand within a name. */
function mayHold(statement: string, name: string): boolean {
  return statement.includes(name) || /ipsec_config\s[\s\S]*["'\\]/i.test(statement);
}

function definitions(symbol: Pick<NamedRecord, 'kind' | 'name'>, system: DocumentSystem): Location[] {
  const defining = places(symbol, system).find(({ defines }) => defines);
  return defining ? [locationOf(defining.at)] : [];
}

/** Where a word leads: a name to its record, the address of a peer to what authenticates it and to its IKE policy. */
export function definitionsAt(document: OpenDocument, offset: number, system: DocumentSystem): Location[] {
  const symbol = symbolAt(document, offset, system);
  if (symbol) {
    return definitions(symbol, system);
  }
  const peer = peerAt(document, offset, system);
  if (!peer) return [];
  const { config } = system.system;
  const pad = findPadEntry(config, peer).found;
  const version = pad?.ikeVersions.value[0];
  const policy = version === undefined ? undefined : findIkePolicyOf(config, peer, version).found;
  return [pad?.source, policy?.source].flatMap((source) => placeOf(source, system));
}

/** Arguments whose value is a peer, or what is protected towards one. */
const peerArguments = new Set(['destination', 'remote', 'tdestination']);

function peerAt(document: OpenDocument, offset: number, { system }: DocumentSystem): Address | undefined {
  const outline = outlineOf(document);
  const target = outline && targetAt(outline, offset, system.dialect);
  if (target?.on !== 'value' || !peerArguments.has(target.argument.name)) return undefined;
  const records = allRecords(system.policies);
  const own = records.find(
    ({ kind, name }) => kind.replace('default-', '') === target.row.name && name === target.statement.subject?.text,
  );
  const through = own && 'tunnel' in own ? own.tunnel?.value : undefined;
  // What goes through a tunnel is negotiated with the tunnel's end.
  const tunnel = own?.kind === 'tunnel' ? own : records.find(({ kind, name }) => kind === 'tunnel' && name === through);
  if (tunnel?.kind === 'tunnel' && tunnel.tunnelDestination) return tunnel.tunnelDestination.value;
  const [address = '', prefix] = target.word.text.split('/');
  const range = parseRange(prefix === undefined ? address : `${address}/${prefix}`);
  // Of a network any address will do.
  return range && { family: range.family, value: range.last };
}

function placeOf(source: EntrySource | undefined, system: DocumentSystem): Location[] {
  // In a text that has changed since the record is looked for by its name.
  if (source && !system.isCurrent) return definitions(source.record, system);
  return source?.at && source.at.source.path !== '' ? [locationOf(source.at)] : [];
}

export function locationOf(at: Span): Location {
  return { uri: uriOfSource(at.source), range: rangeOf(at) };
}

/** The changes that give a record another name; or why not. */
export function rename(
  symbol: NamedRecord,
  newName: string,
  system: DocumentSystem,
): WorkspaceEdit | { readonly refused: string } {
  if (!isRecordName(newName))
    return {
      refused: `'${newName}' cannot be the name of a record: letters, digits, hyphens and underscores make one`,
    };
  if (symbol.name === 'default' || newName === 'default')
    return { refused: "the preloaded policies are called 'default', and nothing else is" };
  const taken = places({ kind: symbol.kind, name: newName }, system).some(({ defines }) => defines);
  if (taken && newName !== symbol.name) return { refused: `there is a ${symbol.kind} record '${newName}' already` };
  const changes: Record<string, { range: Range; newText: string }[]> = {};
  for (const at of occurrences(symbol, system)) {
    const { uri, range } = locationOf(at);
    changes[uri] ??= [];
    changes[uri].push({ range, newText: newName });
  }
  return { changes };
}
