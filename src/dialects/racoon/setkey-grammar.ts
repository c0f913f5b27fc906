/**
 * The grammar of setkey(8): statements of words up to a semicolon.
 *
 *   script    := { statement }
 *   statement := { WORD } ';'
 *
 * Strings are keys and texts in double quotes; `#` begins a comment. What the words of a statement mean is for the reader.
 */
import { createToken, EmbeddedActionsParser, Lexer, type TokenType } from 'chevrotain';
import { type Piece, pieceOf, unquoted } from '../common/piece.js';

const Space = createToken({ name: 'Space', pattern: /\s+/, group: Lexer.SKIPPED, line_breaks: true });
const Comment = createToken({ name: 'Comment', pattern: /#[^\n\r]*/, group: Lexer.SKIPPED });
const Semicolon = createToken({ name: 'Semicolon', pattern: /;/ });
const Quoted = createToken({ name: 'Quoted', pattern: /"[^"]*"?/, line_breaks: true });
const Word = createToken({ name: 'Word', pattern: /[^\s;"#][^\s;"]*/ });
const tokens: TokenType[] = [Space, Comment, Semicolon, Quoted, Word];

export interface SetkeyStatement {
  readonly words: readonly Piece[];
  /** The semicolon is missing at the end of the text. */
  readonly isOpen: boolean;
}

class SetkeyParser extends EmbeddedActionsParser {
  statements: SetkeyStatement[] = [];

  constructor() {
    super(tokens, { recoveryEnabled: false, maxLookahead: 1 });
    this.performSelfAnalysis();
  }

  readonly script = this.RULE('script', (): void => {
    let words: Piece[] = [];
    const end = (isOpen: boolean) => {
      if (words.length > 0) this.statements.push({ words, isOpen });
      words = [];
    };
    this.MANY(() => {
      this.OR([
        {
          ALT: () => {
            this.CONSUME(Semicolon);
            this.ACTION(() => end(false));
          },
        },
        {
          ALT: () => {
            const token = this.CONSUME(Quoted);
            this.ACTION(() => words.push(unquoted(token)));
          },
        },
        {
          ALT: () => {
            const token = this.CONSUME(Word);
            this.ACTION(() => words.push(pieceOf(token)));
          },
        },
      ]);
    });
    this.ACTION(() => end(true));
  });
}

let shared: ((text: string) => readonly SetkeyStatement[]) | undefined;

/** Reads a text into its statements. Never throws on what is written. */
export function setkeyReader(): (text: string) => readonly SetkeyStatement[] {
  if (shared) return shared;
  const lexer = new Lexer(tokens, { positionTracking: 'onlyOffset' });
  const parser = new SetkeyParser();
  shared = (text) => {
    parser.statements = [];
    parser.input = lexer.tokenize(text).tokens;
    parser.script();
    const error = parser.errors[0];
    if (error) throw new Error(`the grammar of setkey does not take a text: ${error.name}`);
    return parser.statements;
  };
  return shared;
}
