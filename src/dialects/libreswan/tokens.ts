/**
 * Tokens of ipsec.conf, in the lexer's modes:
 *
 *   line     at the beginning of a line: white space there makes it a line of a section
 *   header   after a section keyword: names and paths
 *   key      after a key's first character has been seen
 *   value    after the equals sign, up to the end of the line
 *
 * Every character is some token, so that nothing is lost; what does not fit is a `Stray` for the reader to complain about.
 */
import { createToken, Lexer, type TokenType } from 'chevrotain';

const skipped = { group: Lexer.SKIPPED } as const;

export const Indent = createToken({ name: 'Indent', pattern: /[ \t]+/ });
export const LineBreak = createToken({ name: 'LineBreak', pattern: /\r?\n|\r/, line_breaks: true });
/** A line break that ends a header or an assignment, and the mode with it. */
export const HeaderEnd = createToken({
  name: 'HeaderEnd',
  pattern: /\r?\n|\r/,
  line_breaks: true,
  pop_mode: true,
  categories: LineBreak,
});
export const Comment = createToken({ name: 'Comment', pattern: /#[^\n\r]*/, ...skipped });
const Blank = createToken({ name: 'Blank', pattern: /[ \t]+/, ...skipped });

/** A word that begins a section, or stands for itself at the beginning of a line. */
export const Header = createToken({
  name: 'Header',
  pattern: /(?:config|conn|ca|include|version)(?![^ \t\n\r])/,
  push_mode: 'header',
});

/** A key is a word without an equals sign; blanks may stand before that. */
export const Key = createToken({ name: 'Key', pattern: /[^"=\s#][^"=\s]*/, push_mode: 'key' });
export const Equals = createToken({ name: 'Equals', pattern: /=/, pop_mode: true, push_mode: 'value' });
/** A value's text, in every form that it has. */
export const Word = createToken({ name: 'Word', pattern: Lexer.NA });
export const Quoted = createToken({ name: 'Quoted', pattern: /"[^"\n\r]*"?/, categories: Word });
export const Braced = createToken({ name: 'Braced', pattern: /\{[^\n\r"}]*\}?/, categories: Word });
export const Plain = createToken({ name: 'Plain', pattern: /[^"\s][^\s"]*/, categories: Word });
export const Stray = createToken({ name: 'Stray', pattern: /[^\s]+/ });

const modes = {
  line: [Indent, LineBreak, Comment, Header, Key, Stray],
  header: [Blank, HeaderEnd, Comment, Quoted, Plain],
  key: [Blank, HeaderEnd, Equals, Stray],
  value: [Blank, HeaderEnd, Comment, Quoted, Braced, Plain],
};

export const allTokens: readonly TokenType[] = [LineBreak, Word, ...new Set(Object.values(modes).flat())];

/** Builds the lexer; callers keep one. */
export function createConfLexer(): Lexer {
  return new Lexer({ modes, defaultMode: 'line' }, { positionTracking: 'onlyOffset', ensureOptimizations: false });
}
