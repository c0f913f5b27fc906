/**
 * Tokens of strongSwan's settings format (swanctl.conf, strongswan.conf; settings_lexer.l of 5.9 and 6.0). A word means
 * different things by its place, hence the lexer modes:
 *
 *   plain      names of sections and settings; `:` begins references, `=` a value, `include` a pattern
 *   reference  dotted names of sections whose settings are inherited
 *   value      words up to the end of the line, a comment or a closing brace
 *   include    the same with backslashes, up to the first blank
 */
import { createToken, type ITokenConfig, Lexer } from 'chevrotain';

function token(name: string, pattern: RegExp, more: Partial<ITokenConfig> = {}) {
  return createToken({ name, pattern, ...more });
}

const skipped = { group: Lexer.SKIPPED } as const;

const Comment = token('Comment', /#[^\r\n]*/, skipped);
const Blank = token('Blank', /[\t\r\n ]+/, { ...skipped, line_breaks: true });
const InnerBlank = token('InnerBlank', /[\t\r ]+/, skipped);

export const LeftBrace = token('LeftBrace', /\{/);
/** Either closing brace: the one of plain text, and the one that also ends a value or an include. */
export const RightBrace = createToken({ name: 'RightBrace', pattern: Lexer.NA });
const PlainRightBrace = token('PlainRightBrace', /\}/, { categories: RightBrace });
const EndingRightBrace = token('EndingRightBrace', /\}/, { categories: RightBrace, pop_mode: true });
export const Comma = token('Comma', /,/);
export const Dot = token('Dot', /\./);
export const Colon = token('Colon', /:/, { push_mode: 'reference' });
export const Equals = token('Equals', /=/, { push_mode: 'value' });
/** `include` as a word of its own that no `=` follows: then it would be the name of a setting. */
export const Include = token('Include', /include[\t ]+(?![\t =])/, { push_mode: 'include' });
export const Name = token('Name', /[^#{}:.,="\r\n\t ]+/);
/** A quoted string where a name should stand. */
export const StrayString = token('StrayString', /"(?:[^"\\]|\\[\s\S])*"?/, { line_breaks: true });

export const ReferenceName = token('ReferenceName', /[^#{}:.,="\r\n\t ]+(?:\.[^#{}:.,="\r\n\t ]+)*/);
const ReferenceBrace = token('ReferenceBrace', /\{/, { categories: LeftBrace, pop_mode: true });
/** What cannot stand among references; the grammar says so. */
const ReferenceEnd = token('ReferenceEnd', /[^,#\s]/, { pop_mode: true });

const ValueEnd = token('ValueEnd', /\n/, { ...skipped, pop_mode: true, line_breaks: true });
const ValueComment = token('ValueComment', /#[^\r\n]*/, { ...skipped, pop_mode: true });
/** A quoted string; one that nobody closes runs to the end of the text, and the reader says so. */
export const QuotedString = token('QuotedString', /"(?:[^"\\]|\\[\s\S])*"?/, { line_breaks: true });
export const ValueWord = token('ValueWord', /[^#}"\r\n\t ]+/);

const IncludeBlank = token('IncludeBlank', /[\t ]/, { ...skipped, pop_mode: true });
export const IncludeWord = token('IncludeWord', /(?:\\["#} ]|\\|[^"\\#}\r\n\t ])+/);
/** A quoted pattern ends the include by itself. */
export const IncludeString = token('IncludeString', /"(?:[^"\\]|\\[\s\S])*"?/, { line_breaks: true, pop_mode: true });

const modes = {
  plain: [Blank, Comment, LeftBrace, PlainRightBrace, Comma, Dot, Colon, Equals, Include, Name, StrayString],
  reference: [Blank, Comment, Comma, ReferenceName, ReferenceBrace, ReferenceEnd],
  value: [InnerBlank, ValueEnd, ValueComment, EndingRightBrace, QuotedString, ValueWord],
  include: [ValueEnd, ValueComment, IncludeBlank, EndingRightBrace, IncludeString, IncludeWord],
};

/** Every token type, for the parser's vocabulary. */
export const allTokens = [RightBrace, ...new Set(Object.values(modes).flat())];

/** Builds the lexer; it costs milliseconds, so callers keep one. */
export function createSettingsLexer(): Lexer {
  return new Lexer({ modes, defaultMode: 'plain' }, { positionTracking: 'onlyOffset' });
}
