/**
 * The grammar of what `ip xfrm policy` and `ip xfrm state` print, with and without -s and -o, and of the commands of
 * `ip -batch`, which use the same words:
 *
 *   dump   := { record }
 *   record := line { BREAK line }         BREAK: a new line that is indented, or a backslash (-o)
 *   line   := { WORD }
 */
import { createToken, EmbeddedActionsParser, Lexer, type TokenType } from 'chevrotain';
import { type Piece, pieceOf, unquoted } from '../common/piece.js';

/** A line break that the record goes on behind. */
const Break = createToken({ name: 'Break', pattern: /(?:\r?\n|\\)[ \t]+|\\/, line_breaks: true });
const RecordBreak = createToken({ name: 'RecordBreak', pattern: /\r?\n|\r/, line_breaks: true });
const Space = createToken({ name: 'Space', pattern: /[ \t]+/, group: Lexer.SKIPPED });
const Comment = createToken({ name: 'Comment', pattern: /#[^\n\r]*/, group: Lexer.SKIPPED });
const Quoted = createToken({ name: 'Quoted', pattern: /'[^'\n]*'?|"[^"\n]*"?/ });
/** `<<Keys hidden>>` of `nokeys` stands where keys would. */
const Hidden = createToken({ name: 'Hidden', pattern: /<<Keys hidden>>/ });
const Word = createToken({ name: 'Word', pattern: /[^\s\\'"#][^\s\\]*/ });
const tokens: TokenType[] = [Break, RecordBreak, Space, Comment, Quoted, Hidden, Word];

/** A record as lines of words. */
export type DumpRecord = readonly (readonly Piece[])[];

class DumpParser extends EmbeddedActionsParser {
  records: DumpRecord[] = [];

  constructor() {
    super(tokens, { recoveryEnabled: false, maxLookahead: 1 });
    this.performSelfAnalysis();
  }

  readonly dump = this.RULE('dump', (): void => {
    let lines: Piece[][] = [[]];
    const end = () => {
      const record = lines.filter((line) => line.length > 0);
      if (record.length > 0) this.records.push(record);
      lines = [[]];
    };
    this.MANY(() => {
      this.OR([
        {
          ALT: () => {
            this.CONSUME(RecordBreak);
            this.ACTION(end);
          },
        },
        {
          ALT: () => {
            this.CONSUME(Break);
            this.ACTION(() => lines.push([]));
          },
        },
        {
          ALT: () => {
            const token = this.OR1([
              { ALT: () => this.CONSUME(Word) },
              { ALT: () => this.CONSUME(Quoted) },
              { ALT: () => this.CONSUME(Hidden) },
            ]);
            this.ACTION(() =>
              lines.at(-1)?.push(token.tokenType === Quoted ? unquoted(token, token.image[0]) : pieceOf(token)),
            );
          },
        },
      ]);
    });
    this.ACTION(end);
  });
}

let shared: ((text: string) => readonly DumpRecord[]) | undefined;

/** Reads a text into its records. Never throws on what is written. */
export function dumpReader(): (text: string) => readonly DumpRecord[] {
  if (shared) return shared;
  const lexer = new Lexer(tokens, { positionTracking: 'onlyOffset', ensureOptimizations: false });
  const parser = new DumpParser();
  shared = (text) => {
    parser.records = [];
    parser.input = lexer.tokenize(text).tokens;
    parser.dump();
    const error = parser.errors[0];
    if (error) throw new Error(`the grammar of ip xfrm does not take a text: ${error.name}`);
    return parser.records;
  };
  return shared;
}
