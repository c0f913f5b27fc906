/** What a document is made of, for the outlines and foldings of editors. */
import { type DocumentSymbol, type FoldingRange, FoldingRangeKind, SymbolKind } from 'vscode-languageserver/node';
import { outline } from '../parser/parse.js';
import { mayBeRecords } from '../services/formats.js';
import { type OpenDocument, outlineOf } from './document.js';
import { positionAt, rangeOf } from './text.js';

const symbolKinds: Readonly<Record<string, SymbolKind>> = {
  host: SymbolKind.Interface,
  gateway: SymbolKind.Interface,
  tunnel: SymbolKind.Class,
  auth: SymbolKind.Key,
  ike: SymbolKind.Constant,
  ikev1: SymbolKind.Constant,
  ikev2: SymbolKind.Constant,
};

/** The records of a document, for outlines. */
export function symbolsOf(document: OpenDocument): DocumentSymbol[] {
  return (outlineOf(document)?.items() ?? []).flatMap((item) => {
    if (item.kind !== 'statement' || !item.object) return [];
    const { object, subject, verb, start, end } = item;
    const word = subject ?? object;
    return [
      {
        name: subject?.text || object.text,
        detail: `${verb?.text.toLowerCase() === 'delete' ? 'delete ' : ''}${object.text.toLowerCase()}`,
        kind: symbolKinds[object.text.toLowerCase()] ?? SymbolKind.Object,
        range: rangeOf({ source: document.source, start, end }),
        selectionRange: rangeOf({ source: document.source, start: word.start, end: word.end }),
      },
    ];
  });
}

/** Statements of several lines, and comments that stand together. */
export function foldingsOf(document: OpenDocument): FoldingRange[] {
  if (!mayBeRecords(document.source)) return [];
  const foldings: FoldingRange[] = [];
  const lineOf = (offset: number) => positionAt(document.source, offset).line;
  let comments: { first: number; last: number } | undefined;
  const close = () => {
    if (comments && comments.last > comments.first)
      foldings.push({ startLine: comments.first, endLine: comments.last, kind: FoldingRangeKind.Comment });
    comments = undefined;
  };
  for (const { kind, start, end } of outline(document.source)) {
    const [first, last] = [lineOf(start), lineOf(end)];
    if (kind === 'comment') {
      if (comments && first === comments.last + 1) comments.last = last;
      else {
        close();
        comments = { first, last };
      }
      continue;
    }
    close();
    if (last > first) foldings.push({ startLine: first, endLine: last });
  }
  close();
  return foldings;
}
