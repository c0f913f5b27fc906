/**
 * The grammar of strongSwan's settings format, in chevrotain with embedded actions (settings_parser.y):
 *
 *   statements := { section | setting | include }
 *   section    := NAME [ ':' reference { ',' reference } ] '{' statements '}'
 *   setting    := NAME '=' { WORD | STRING }
 *   include    := 'include' PATTERN
 *
 * A fault does not end the reading: what cannot be part of a statement is set aside as stray, and the next one goes on.
 */
import { EmbeddedActionsParser, EOF, type IToken } from 'chevrotain';
import {
  allTokens,
  Colon,
  Comma,
  createSettingsLexer,
  Dot,
  Equals,
  Include,
  IncludeString,
  IncludeWord,
  LeftBrace,
  Name,
  QuotedString,
  ReferenceName,
  RightBrace,
  StrayString,
  ValueWord,
} from './settings-tokens.js';

export type SettingsItem = SettingsSection | SettingsSetting | SettingsInclude;

export interface SettingsSection {
  readonly kind: 'section';
  readonly name: IToken;
  readonly references: readonly IToken[];
  readonly items: readonly SettingsItem[];
  /** Absent where the text ends before. */
  readonly close?: IToken;
}

export interface SettingsSetting {
  readonly kind: 'setting';
  readonly name: IToken;
  /** Words and quoted strings; none takes the setting back that a reference would give. */
  readonly parts: readonly IToken[];
}

export interface SettingsInclude {
  readonly kind: 'include';
  readonly keyword: IToken;
  readonly pattern?: IToken;
}

/** Something that is no part of any statement, and what was expected in its place. */
export interface SettingsFault {
  readonly token?: IToken;
  readonly start: number;
  readonly end: number;
  readonly message: string;
}

export interface SettingsSyntax {
  readonly items: readonly SettingsItem[];
  readonly faults: readonly SettingsFault[];
}

/** Sections within sections. strongSwan itself needs five. */
export const depthMax = 64;
/** Faults of one text that are told. */
export const faultsMax = 100;

class SettingsParser extends EmbeddedActionsParser {
  faults: SettingsFault[] = [];

  constructor() {
    super(allTokens, { recoveryEnabled: false, maxLookahead: 2 });
    this.performSelfAnalysis();
  }

  /** A whole text; a closing brace too many is a fault and no end. */
  readonly text = this.RULE('text', (): SettingsItem[] => {
    const items: SettingsItem[] = [];
    this.MANY(() => {
      this.OR([
        {
          ALT: () => {
            const more = this.SUBRULE(this.statements);
            this.ACTION(() => append(items, more));
          },
        },
        { ALT: () => this.#fault(this.CONSUME(RightBrace), "this '}' closes nothing") },
      ]);
    });
    return items;
  });

  readonly statements = this.RULE('statements', (): SettingsItem[] => {
    const items: SettingsItem[] = [];
    this.AT_LEAST_ONE(() => {
      const item = this.SUBRULE(this.statement);
      this.ACTION(() => item && items.push(item));
    });
    return items;
  });

  readonly statement = this.RULE('statement', (): SettingsItem | undefined =>
    this.OR([
      { ALT: () => this.SUBRULE(this.named) },
      { ALT: () => this.SUBRULE(this.include) },
      { ALT: () => this.SUBRULE(this.stray) },
    ]),
  );

  readonly named = this.RULE('named', (): SettingsItem | undefined => {
    const name = this.CONSUME(Name);
    return this.OR([
      {
        ALT: () => {
          this.CONSUME(Equals);
          const parts: IToken[] = [];
          this.MANY(() => {
            const part = this.OR1([{ ALT: () => this.CONSUME(ValueWord) }, { ALT: () => this.CONSUME(QuotedString) }]);
            this.ACTION(() => parts.push(part));
          });
          return { kind: 'setting', name, parts } satisfies SettingsSetting;
        },
      },
      {
        ALT: () => {
          const references: IToken[] = [];
          this.OPTION(() => {
            this.CONSUME(Colon);
            this.AT_LEAST_ONE_SEP({
              SEP: Comma,
              DEF: () => {
                const reference = this.CONSUME(ReferenceName);
                this.ACTION(() => references.push(reference));
              },
            });
          });
          this.CONSUME(LeftBrace);
          let items: SettingsItem[] = [];
          this.OPTION1(() => {
            items = this.SUBRULE(this.statements);
          });
          const close = this.OPTION2(() => this.CONSUME(RightBrace));
          return { kind: 'section', name, references, items, ...(close ? { close } : {}) } satisfies SettingsSection;
        },
      },
    ]);
  });

  readonly include = this.RULE('include', (): SettingsInclude => {
    const keyword = this.CONSUME(Include);
    const pattern = this.OPTION(() =>
      this.OR([{ ALT: () => this.CONSUME(IncludeWord) }, { ALT: () => this.CONSUME(IncludeString) }]),
    );
    return { kind: 'include', keyword, ...(pattern ? { pattern } : {}) };
  });

  readonly stray = this.RULE('stray', (): undefined => {
    const token = this.OR([
      { ALT: () => this.CONSUME(StrayString) },
      { ALT: () => this.CONSUME(Dot) },
      { ALT: () => this.CONSUME(Comma) },
      { ALT: () => this.CONSUME(Equals) },
      { ALT: () => this.CONSUME(Colon) },
      { ALT: () => this.CONSUME(LeftBrace) },
    ]);
    this.#fault(token, 'the name of a section or setting is expected here');
    return undefined;
  });

  #fault(token: IToken, message: string): void {
    this.ACTION(() => {
      this.faults.push(faultAt(token, message));
    });
  }
}

/** `push(...many)` fails on very long lists. */
function append<T>(list: T[], more: readonly T[]): void {
  for (const element of more) list.push(element);
}

function faultAt(token: IToken, message: string): SettingsFault {
  return { token, start: token.startOffset, end: token.startOffset + token.image.length, message };
}

let machinery: { readonly lexer: ReturnType<typeof createSettingsLexer>; readonly parser: SettingsParser } | undefined;

/** Reads a text. Never throws; everything that could be understood is in `items`. */
export function parseSettings(text: string): SettingsSyntax {
  machinery ??= { lexer: createSettingsLexer(), parser: new SettingsParser() };
  const { lexer, parser } = machinery;
  const faults: SettingsFault[] = [];
  const lexed = lexer.tokenize(text);
  for (const { offset, length } of lexed.errors)
    faults.push({ start: offset, end: offset + length, message: 'this character has no meaning here' });
  const items: SettingsItem[] = [];
  let tokens = withoutDepth(lexed.tokens, faults);
  // Each round either ends or skips at least one token, so the number of rounds is bounded by that of faults.
  while (faults.length < faultsMax) {
    parser.faults = [];
    parser.input = tokens;
    const found = parser.text() as SettingsItem[] | undefined;
    faults.push(...parser.faults);
    const [error] = parser.errors;
    if (!error) {
      append(items, found ?? []);
      break;
    }
    const at = error.token.tokenType === EOF ? undefined : error.token;
    const before = at && tokens[tokens.indexOf(at) - 1];
    faults.push(
      at
        ? faultAt(at, explain(at, before))
        : { start: text.trimEnd().length, end: text.trimEnd().length, message: 'the text ends within a statement' },
    );
    if (!at) break;
    tokens = repaired(tokens, tokens.indexOf(at));
  }
  return { items, faults: faults.slice(0, faultsMax) };
}

/** Takes a token that does not fit out, so that the next try can go past it; what it stood between stays. */
function repaired(tokens: readonly IToken[], at: number): IToken[] {
  const before = tokens[at - 1];
  // A name without `=` or brace behind it is no statement: it goes, and what comes next is looked at again.
  const isLoneName = before?.tokenType === Name;
  return tokens.filter((_, index) => index !== (isLoneName ? at - 1 : at));
}

function explain(token: IToken, before: IToken | undefined): string {
  if (before?.tokenType === Name)
    return `'${before.image.slice(0, 40)}' needs '=' and a value, or '{' and the content of a section`;
  if (before?.tokenType === Colon || before?.tokenType === Comma)
    return "the name of a section to inherit from is expected after ':' and ','";
  if (before?.tokenType === ReferenceName) return "'{' is expected after the sections to inherit from";
  return `'${token.image.slice(0, 40)}' does not fit here`;
}

/** Braces deeper than any configuration goes are left out, with what is in them, before the parser could run out of stack. */
function withoutDepth(tokens: readonly IToken[], faults: SettingsFault[]): IToken[] {
  const kept: IToken[] = [];
  let depth = 0;
  for (const token of tokens) {
    const opens = token.image === '{' && (token.tokenType === LeftBrace || token.tokenType.name === 'ReferenceBrace');
    if (opens) depth += 1;
    if (depth <= depthMax) kept.push(token);
    else if (opens && depth === depthMax + 1)
      faults.push(faultAt(token, `sections are nested more than ${depthMax} deep`));
    if (token.image === '}' && token.tokenType.CATEGORIES?.includes(RightBrace) && depth > 0) depth -= 1;
  }
  return kept;
}
