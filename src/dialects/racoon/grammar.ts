/**
 * The grammar of racoon.conf:
 *
 *   file      := { statement }
 *   statement := { WORD | STRING | BRACKET | ',' } ( ';' | block )
 *   block     := '{' { statement } '}'
 *
 * It takes every text. Which statements exist where, and what their words mean, is in options.ts and its readers.
 */
import { createToken, EmbeddedActionsParser, type IToken, Lexer, type TokenType } from 'chevrotain';
import { type Piece, pieceOf, unquoted } from '../common/piece.js';

const skipped = { group: Lexer.SKIPPED } as const;
const Space = createToken({ name: 'Space', pattern: /\s+/, line_breaks: true, ...skipped });
const Comment = createToken({ name: 'Comment', pattern: /#[^\n\r]*/, ...skipped });
const Open = createToken({ name: 'Open', pattern: /\{/ });
const Close = createToken({ name: 'Close', pattern: /\}/ });
const Semicolon = createToken({ name: 'Semicolon', pattern: /;/ });
const Comma = createToken({ name: 'Comma', pattern: /,/ });
const Quoted = createToken({ name: 'Quoted', pattern: /"[^"]*"?/, line_breaks: true });
/** A port: `[500]`, `[any]`. */
const Bracket = createToken({ name: 'Bracket', pattern: /\[[^\]\n]*\]?/ });
const Word = createToken({ name: 'Word', pattern: /[^\s;{}",#[]+/ });
const tokens: TokenType[] = [Space, Comment, Open, Close, Semicolon, Comma, Quoted, Bracket, Word];

export interface RacoonStatement {
  /** Words, strings and brackets (with their brackets); a comma is a word of its own. */
  readonly words: readonly Piece[];
  /** What stands in its braces. */
  readonly block?: readonly RacoonStatement[];
  /** The semicolon or the closing brace is missing. */
  readonly isOpen?: boolean;
}

/** Blocks in blocks; deeper ones are read as if they ended. */
const depthMax = 32;

class RacoonParser extends EmbeddedActionsParser {
  /** Open blocks, the outermost first; each with the words that stand before its brace. */
  #stack: { words: Piece[]; statements: RacoonStatement[] }[] = [];
  #words: Piece[] = [];
  strays: Piece[] = [];

  constructor() {
    super(tokens, { recoveryEnabled: false, maxLookahead: 1 });
    this.performSelfAnalysis();
  }

  begin(): void {
    this.#stack = [{ words: [], statements: [] }];
    this.#words = [];
    this.strays = [];
  }

  /** The statements of the file; what is open is closed. */
  finish(): readonly RacoonStatement[] {
    if (this.#words.length > 0) this.#end({ isOpen: true });
    while (this.#stack.length > 1) this.#close({ isOpen: true });
    return this.#stack[0]!.statements;
  }

  // Braces are counted and not nested rules, so that no text makes the parser call itself without end.
  readonly file = this.RULE('file', (): void => {
    this.MANY(() => {
      this.OR([
        ...[Word, Quoted, Bracket, Comma].map((type) => ({
          ALT: () => {
            const token = this.CONSUME1(type);
            this.ACTION(() => this.#words.push(wordOf(token)));
          },
        })),
        {
          ALT: () => {
            this.CONSUME(Semicolon);
            this.ACTION(() => {
              if (this.#words.length > 0) this.#end({});
            });
          },
        },
        {
          ALT: () => {
            const token = this.CONSUME(Open);
            this.ACTION(() => {
              if (this.#stack.length > depthMax) this.strays.push(pieceOf(token));
              else {
                this.#stack.push({ words: this.#words, statements: [] });
                this.#words = [];
              }
            });
          },
        },
        {
          ALT: () => {
            const token = this.CONSUME(Close);
            this.ACTION(() => {
              if (this.#words.length > 0) this.#end({ isOpen: true });
              if (this.#stack.length > 1) this.#close({});
              else this.strays.push(pieceOf(token));
            });
          },
        },
      ]);
    });
  });

  #end(more: Pick<RacoonStatement, 'isOpen'>): void {
    this.#stack.at(-1)!.statements.push({ words: this.#words, ...more });
    this.#words = [];
  }

  #close(more: Pick<RacoonStatement, 'isOpen'>): void {
    const { words, statements } = this.#stack.pop()!;
    this.#stack.at(-1)!.statements.push({ words, block: statements, ...more });
  }
}

function wordOf(token: IToken): Piece {
  return token.tokenType === Quoted ? unquoted(token) : pieceOf(token);
}

export interface RacoonText {
  readonly statements: readonly RacoonStatement[];
  /** Braces that close or open nothing. */
  readonly strays: readonly Piece[];
}

let shared: ((text: string) => RacoonText) | undefined;

/** Reads a text into its statements. Never throws on what is written. */
export function racoonReader(): (text: string) => RacoonText {
  if (shared) return shared;
  const lexer = new Lexer(tokens, { positionTracking: 'onlyOffset' });
  const parser = new RacoonParser();
  shared = (text) => {
    parser.input = lexer.tokenize(text).tokens;
    parser.begin();
    parser.file();
    const error = parser.errors[0];
    if (error) throw new Error(`the grammar of racoon.conf does not take a text: ${error.name}`);
    return { statements: parser.finish(), strays: parser.strays };
  };
  return shared;
}
