/**
 * The grammar of ipsec.conf, which FreeS/WAN and all of its heirs share:
 *
 *   file       := { line }
 *   line       := [ INDENT ] ( LINEBREAK | header | assignment | junk )
 *   header     := ( 'config' | 'conn' | 'ca' | 'include' | 'version' ) { WORD } end
 *   assignment := KEY [ '=' { WORD } ] end
 *
 * It takes every text: which sections and keys exist and what their values are is decided from the tables of options.
 */
import { EmbeddedActionsParser, type IToken } from 'chevrotain';
import { type Piece, pieceOf, unquoted } from '../common/piece.js';
import {
  allTokens,
  Braced,
  createConfLexer,
  Equals,
  Header,
  HeaderEnd,
  Indent,
  Key,
  LineBreak,
  Quoted,
  Stray,
  Word,
} from './tokens.js';

export type ConfLine =
  | { readonly kind: 'header'; readonly keyword: Piece; readonly words: readonly Piece[]; readonly indented: boolean }
  | {
      readonly kind: 'assignment';
      readonly key: Piece;
      /** Absent: there is no equals sign. */
      readonly equals?: Piece;
      readonly words: readonly Piece[];
      readonly indented: boolean;
    }
  | { readonly kind: 'junk'; readonly text: Piece };

class ConfParser extends EmbeddedActionsParser {
  lines: ConfLine[] = [];

  constructor() {
    super([...allTokens], { recoveryEnabled: false, maxLookahead: 1 });
    this.performSelfAnalysis();
  }

  readonly file = this.RULE('file', (): void => {
    this.MANY(() => this.SUBRULE(this.line));
  });

  readonly line = this.RULE('line', (): void => {
    let indented = false;
    this.OR([
      { ALT: () => void this.CONSUME(LineBreak) },
      {
        ALT: () => {
          this.CONSUME(Indent);
          indented = true;
          this.OPTION(() => this.SUBRULE1(this.content, { ARGS: [indented] }));
        },
      },
      { ALT: () => void this.SUBRULE2(this.content, { ARGS: [indented] }) },
    ]);
  });

  readonly content = this.RULE('content', (indented: boolean): void => {
    this.OR1([
      {
        ALT: () => {
          const keyword = this.CONSUME1(Header);
          const words = this.SUBRULE3(this.words);
          this.ACTION(() => this.lines.push({ kind: 'header', keyword: pieceOf(keyword), words, indented }));
        },
      },
      {
        ALT: () => {
          const key = this.CONSUME2(Key);
          let equals: IToken | undefined;
          const words: Piece[] = [];
          this.OPTION1(() => {
            this.OR3([
              {
                ALT: () => {
                  equals = this.CONSUME4(Equals);
                },
              },
              { ALT: () => void this.CONSUME5(Stray) },
            ]);
          });
          this.MANY2(() => {
            const word = this.OR4([
              { ALT: () => this.CONSUME6(Word) },
              { ALT: () => this.CONSUME7(Stray) },
              { ALT: () => this.CONSUME8(Equals) },
            ]);
            this.ACTION(() => words.push(wordPiece(word)));
          });
          this.OPTION2(() => this.CONSUME9(HeaderEnd));
          this.ACTION(() =>
            this.lines.push({
              kind: 'assignment',
              key: pieceOf(key),
              ...(equals ? { equals: pieceOf(equals) } : {}),
              words,
              indented,
            }),
          );
        },
      },
      {
        ALT: () => {
          const stray = this.CONSUME3(Stray);
          this.ACTION(() => this.lines.push({ kind: 'junk', text: pieceOf(stray) }));
        },
      },
    ]);
  });

  readonly words = this.RULE('words', (): Piece[] => {
    const words: Piece[] = [];
    this.MANY1(() => {
      const word = this.CONSUME(Word);
      this.ACTION(() => words.push(wordPiece(word)));
    });
    this.OPTION3(() => this.CONSUME(HeaderEnd));
    return words;
  });
}

function wordPiece(token: IToken): Piece {
  if (token.tokenType === Quoted) return unquoted(token);
  if (token.tokenType === Braced) return unquoted(token, '{', '}');
  return pieceOf(token);
}

/** Reads a text into its lines. Never throws on what is written. */
export type ConfReader = (text: string) => readonly ConfLine[];

let shared: ConfReader | undefined;

/** The reader; lexer and parser are built once, when they are first needed. */
export function confReader(): ConfReader {
  if (shared) return shared;
  const lexer = createConfLexer();
  const parser = new ConfParser();
  shared = (text) => {
    parser.lines = [];
    parser.input = lexer.tokenize(text).tokens;
    parser.file();
    const error = parser.errors[0];
    if (error) throw new Error(`the grammar of ipsec.conf does not take a text: ${error.message}`);
    return parser.lines;
  };
  return shared;
}
