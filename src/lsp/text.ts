/** Between places of the protocol (line and UTF-16 unit, both from 0) and offsets of our texts. */
import type { Position, Range, TextDocumentContentChangeEvent } from 'vscode-languageserver/node';
import { SourceText, type Span } from '../model/span.js';

export function positionAt(source: SourceText, offset: number): Position {
  const { line, column } = source.position(offset);
  return { line: line - 1, character: column - 1 };
}

/** A place behind the end of a line is its end. */
export function offsetAt(source: SourceText, { line, character }: Position): number {
  const { start, end } = source.lineRange(line + 1);
  return line + 1 > source.lineCount + 1 ? source.text.length : Math.min(start + character, end);
}

export function rangeOf({ source, start, end }: Span): Range {
  return { start: positionAt(source, start), end: positionAt(source, end) };
}

/** The text after changes as an editor sends them; one without a range is the whole text. */
export function changed(source: SourceText, changes: readonly TextDocumentContentChangeEvent[]): SourceText {
  let current = source;
  for (const change of changes) {
    if (!('range' in change)) {
      current = new SourceText(source.path, change.text);
      continue;
    }
    const [start, end] = [offsetAt(current, change.range.start), offsetAt(current, change.range.end)];
    current = new SourceText(source.path, current.text.slice(0, start) + change.text + current.text.slice(end));
  }
  return current;
}
