/**
 * The grammar of ipsec.secrets:
 *
 *   file  := { entry | 'include' PATH }
 *   entry := { index } ':' kind value { value | '{' … '}' }
 *
 * An entry begins at the left margin, and lines that begin with white space go on with it. Everything after the colon but
 * the kind is a secret, and so is what cannot be understood.
 */
import { createToken, EmbeddedActionsParser, type IToken, Lexer, type TokenType } from 'chevrotain';
import { type Piece, pieceOf, unquoted } from '../common/piece.js';

const skipped = { group: Lexer.SKIPPED } as const;
/** A line break before what is not white space: a new entry begins. */
const EntryBreak = createToken({ name: 'EntryBreak', pattern: /(?:\r?\n|\r)(?![ \t])/, line_breaks: true });
const Space = createToken({ name: 'Space', pattern: /[ \t]+|\r?\n|\r/, line_breaks: true, ...skipped });
const Comment = createToken({ name: 'Comment', pattern: /#[^\n\r]*/, ...skipped });
const Quoted = createToken({ name: 'Quoted', pattern: /"[^"]*"?|'[^']*'?/, line_breaks: true });
const Braced = createToken({ name: 'Braced', pattern: /\{[^}]*\}?/, line_breaks: true });
/** A colon that stands for itself; those of IPv6 addresses are within a word. */
const Colon = createToken({ name: 'Colon', pattern: /:(?![^\s"'])/ });
/** A colon at its end is the one that stands for itself, but for an address that ends with two. */
const Word = createToken({ name: 'Word', pattern: /[^\s"'#](?:[^\s":]|:(?![\s"])|:(?<=[^:]::)(?!:))*/ });
const Stray = createToken({ name: 'Stray', pattern: /\S/ });
const tokens: TokenType[] = [EntryBreak, Space, Comment, Quoted, Braced, Colon, Word, Stray];

export interface SecretsEntry {
  readonly words: readonly Piece[];
  readonly colon?: Piece;
  /** The words after the colon, the kind of secret first. */
  readonly values: readonly Piece[];
}

class SecretsParser extends EmbeddedActionsParser {
  entries: SecretsEntry[] = [];

  constructor() {
    super(tokens, { recoveryEnabled: false, maxLookahead: 1 });
    this.performSelfAnalysis();
  }

  readonly file = this.RULE('file', (): void => {
    this.MANY(() => {
      this.OR([{ ALT: () => void this.CONSUME(EntryBreak) }, { ALT: () => this.SUBRULE(this.entry) }]);
    });
  });

  readonly entry = this.RULE('entry', (): void => {
    const words: Piece[] = [];
    const values: Piece[] = [];
    let colon: Piece | undefined;
    this.AT_LEAST_ONE(() => {
      const token = this.OR1([
        { ALT: () => this.CONSUME1(Word) },
        { ALT: () => this.CONSUME1(Quoted) },
        { ALT: () => this.CONSUME1(Braced) },
        { ALT: () => this.CONSUME1(Colon) },
        { ALT: () => this.CONSUME1(Stray) },
      ]);
      this.ACTION(() => {
        if (token.tokenType === Colon && !colon) colon = pieceOf(token);
        else (colon ? values : words).push(wordOf(token));
      });
    });
    this.ACTION(() => this.entries.push({ words, values, ...(colon ? { colon } : {}) }));
  });
}

function wordOf(token: IToken): Piece {
  if (token.tokenType !== Quoted) return pieceOf(token);
  return unquoted(token, token.image[0]);
}

let shared: ((text: string) => readonly SecretsEntry[]) | undefined;

/** Reads a text into its entries. Never throws on what is written. */
export function secretsReader(): (text: string) => readonly SecretsEntry[] {
  if (shared) return shared;
  const lexer = new Lexer(tokens, { positionTracking: 'onlyOffset' });
  const parser = new SecretsParser();
  shared = (text) => {
    parser.entries = [];
    parser.input = lexer.tokenize(text).tokens;
    parser.file();
    const error = parser.errors[0];
    if (error) throw new Error(`the grammar of ipsec.secrets does not take a text: ${error.name}`);
    return parser.entries;
  };
  return shared;
}
