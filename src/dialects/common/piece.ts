/** A word of a configuration with its place: what every grammar of this folder hands on. */
import type { IToken } from 'chevrotain';
import type { SourceText, Span } from '../../model/span.js';

export interface Piece {
  /** Without quotes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly quoted?: boolean;
}

/** The place of a piece, or from one piece to another. */
export function spanOf(source: SourceText, from: Piece, to: Piece = from): Span {
  return { source, start: from.start, end: to.end };
}

/** A token as it stands. */
export function pieceOf(token: IToken): Piece {
  return { text: token.image, start: token.startOffset, end: token.startOffset + token.image.length };
}

/** A token without the quotes around it; the last one may be missing. */
export function unquoted(token: IToken, open = '"', close = open): Piece {
  const { text, start, end } = pieceOf(token);
  const from = text.startsWith(open) ? open.length : 0;
  const to = text.length > from && text.endsWith(close) ? text.length - close.length : text.length;
  return { text: text.slice(from, to), start, end, quoted: true };
}

/** Marks a piece as secret: nothing may show it from now on. */
export function hide(source: SourceText, piece: Piece): void {
  source.markSecret(piece.start, piece.end);
}
