/**
 * The grammar that iked.conf and OpenBSD's ipsec.conf share: rules of words, each up to the end of its line.
 *
 *   file := { line }
 *   line := { WORD | STRING | '{' | '}' | '(' | ')' | ',' | '=' } BREAK
 *
 * A backslash at the end joins a line with the next one, also within a comment. Macros (`$name`) are still in the words:
 * macros.ts puts their values in.
 */
import { createToken, EmbeddedActionsParser, Lexer, type TokenType } from 'chevrotain';
import { type Piece, pieceOf, unquoted } from '../common/piece.js';

const skipped = { group: Lexer.SKIPPED } as const;
const Space = createToken({ name: 'Space', pattern: /(?:[ \t\f\v]|\\\r?\n)+/, line_breaks: true, ...skipped });
/** To the end of the line; a backslash there makes the next line part of it. */
const Comment = createToken({ name: 'Comment', pattern: /#(?:[^\n\\]|\\\r?\n|\\)*/, line_breaks: true, ...skipped });
const Break = createToken({ name: 'Break', pattern: /\r?\n|\r/, line_breaks: true });
const Quoted = createToken({ name: 'Quoted', pattern: /"[^"\n]*"?|'[^'\n]*'?/ });
const Mark = createToken({ name: 'Mark', pattern: /[{}(),=]/ });
const Word = createToken({ name: 'Word', pattern: /[^\s\\"'#{}(),=]+/ });
const Stray = createToken({ name: 'Stray', pattern: /\\/ });
const tokens: TokenType[] = [Space, Comment, Break, Quoted, Mark, Word, Stray];

/** The pieces of one line; marks are pieces of one character that are not quoted. */
export type RuleLine = readonly Piece[];

class RulesParser extends EmbeddedActionsParser {
  lines: RuleLine[] = [];

  constructor() {
    super(tokens, { recoveryEnabled: false, maxLookahead: 1 });
    this.performSelfAnalysis();
  }

  readonly file = this.RULE('file', (): void => {
    let line: Piece[] = [];
    const end = () => {
      if (line.length > 0) this.lines.push(line);
      line = [];
    };
    this.MANY(() => {
      this.OR([
        {
          ALT: () => {
            this.CONSUME(Break);
            this.ACTION(end);
          },
        },
        {
          ALT: () => {
            const token = this.CONSUME(Quoted);
            this.ACTION(() => line.push(unquoted(token, token.image[0])));
          },
        },
        ...[Mark, Word, Stray].map((type) => ({
          ALT: () => {
            const token = this.CONSUME1(type);
            this.ACTION(() => line.push(pieceOf(token)));
          },
        })),
      ]);
    });
    this.ACTION(end);
  });
}

export interface RulesReader {
  /** The lines of a text. Never throws on what is written. */
  lines(text: string): readonly RuleLine[];
  /** The words of a macro's value; offsets count from its beginning. */
  words(text: string): RuleLine;
}

let shared: RulesReader | undefined;

export function rulesReader(): RulesReader {
  if (shared) return shared;
  const lexer = new Lexer(tokens, { positionTracking: 'onlyOffset', ensureOptimizations: false });
  const parser = new RulesParser();
  const lines = (text: string) => {
    parser.lines = [];
    parser.input = lexer.tokenize(text).tokens;
    parser.file();
    const error = parser.errors[0];
    if (error) throw new Error(`the grammar of rules does not take a text: ${error.name}`);
    return parser.lines;
  };
  shared = { lines, words: (text) => lines(text).flat() };
  return shared;
}
