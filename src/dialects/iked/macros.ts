/** Files, includes and macros of iked.conf and OpenBSD's ipsec.conf: what is left are rules of plain words. */
import type { SourceText, Span } from '../../model/span.js';
import { foundFiles, type ReadContext } from '../common/context.js';
import { hide, type Piece, spanOf } from '../common/piece.js';
import { type RuleLine, rulesReader } from './grammar.js';

/** A rule with the file it stands in. */
export interface Rule {
  readonly source: SourceText;
  readonly words: readonly Piece[];
}

const includeDepthMax = 16;
const filesMax = 200;
const rulesMax = 100_000;
/** Words of one rule after macros are put in. */
const wordsMax = 100_000;

/** Reads the files of a configuration into rules. */
export function readRules(roots: readonly SourceText[], context: ReadContext): readonly Rule[] {
  const rules: Rule[] = [];
  const macros = new Map<string, string>();
  let files = 0;
  const readFile = (source: SourceText, depth: number): void => {
    files += 1;
    context.sources.push(source);
    for (const line of rulesReader().lines(source.text)) {
      if (rules.length >= rulesMax) break;
      hideKeys(line, source);
      const [first, second] = line;
      if (first && second?.text === '=' && !second.quoted) {
        define(line, source);
        continue;
      }
      const words = expand(line, macros, source, context);
      if (words[0]?.text === 'include' && !words[0].quoted) include(words, source, depth);
      else if (words.length > 0) rules.push({ source, words });
    }
  };
  const define = (line: RuleLine, source: SourceText): void => {
    const [name, , ...value] = line;
    if (!name || value.length === 0) {
      context.syntax(source, name ?? line[0]!, 'a macro has a value', 'write: name = "value"');
      return;
    }
    context.report.supported(`macro ${name.text}`, spanOf(source, name));
    // Macros in a value that is not quoted are put in now; those in strings stay as they are.
    const text = value.map((piece) =>
      piece.quoted
        ? piece.text
        : expand([piece], macros, source, context)
            .map((word) => word.text)
            .join(' '),
    );
    macros.set(name.text, text.join(' '));
  };
  const include = (words: readonly Piece[], source: SourceText, depth: number): void => {
    const [keyword, path] = words;
    if (!path) {
      context.syntax(source, keyword!, "'include' names no file");
      return;
    }
    context.report.supported('include', spanOf(source, keyword!));
    if (depth >= includeDepthMax || files >= filesMax) {
      context.syntax(source, path, 'the file is not read: includes go too deep');
      return;
    }
    const found = foundFiles(context, path.text, source);
    if (found.length === 0)
      context.partly(spanOf(source, path), `'${path.text}' is included, but there is no such file`);
    for (const file of found) readFile(file, depth + 1);
  };
  for (const root of roots) readFile(root, 0);
  return rules;
}

/** Words that a key or a password follows. */
const keyWords: ReadonlySet<string> = new Set(['psk', 'authkey', 'enckey']);

/** Hides keys before anything of a line is looked at: what is written wrongly is shown in messages. */
function hideKeys(line: RuleLine, source: SourceText): void {
  for (const [index, piece] of line.entries()) {
    if (piece.quoted && index === 0) continue;
    const before = line[index - 1];
    const isKey = before !== undefined && !before.quoted && keyWords.has(before.text) && piece.text !== 'file';
    const isPassword = index >= 2 && line[0]?.text === 'user';
    if (isKey || isPassword || /0x[0-9a-f]{9,}/i.test(piece.text)) hide(source, piece);
  }
  // `psk_east = "…"`: the value of a macro that is named like a key.
  if (line[1]?.text === '=' && /psk|key|secret|pass/i.test(line[0]?.text ?? ''))
    for (const piece of line.slice(2)) hide(source, piece);
}

/** Puts the values of macros in: a value may be several words, or a part of one as in `$network/24`. */
function expand(
  line: RuleLine,
  macros: ReadonlyMap<string, string>,
  source: SourceText,
  context: ReadContext,
): readonly Piece[] {
  const words: Piece[] = [];
  for (const piece of line) {
    if (piece.quoted || !piece.text.includes('$')) {
      words.push(piece);
      continue;
    }
    let isWhole = true;
    const text = piece.text.replace(/\$([A-Za-z0-9_]+)/g, (written, name: string) => {
      const value = macros.get(name);
      if (value !== undefined) return value;
      isWhole = false;
      context.syntax(source, piece, `the macro '${written}' is not defined`, `write ${name} = "value" above`);
      return written;
    });
    if (!isWhole) {
      words.push(piece);
      continue;
    }
    for (const word of rulesReader().words(text)) {
      if (words.length >= wordsMax) break;
      words.push({ ...word, start: piece.start, end: piece.end });
    }
  }
  return words;
}

/** The words of a rule, taken one after the other. */
export class RuleWords {
  #next = 0;

  constructor(
    readonly rule: Rule,
    readonly context: ReadContext,
  ) {}

  get first(): Piece {
    return this.rule.words[0]!;
  }

  get at(): Span {
    return spanOf(this.rule.source, this.first, this.rule.words.at(-1)!);
  }

  span(piece: Piece): Span {
    return spanOf(this.rule.source, piece);
  }

  peek(ahead = 0): Piece | undefined {
    return this.rule.words[this.#next + ahead];
  }

  take(): Piece | undefined {
    const word = this.rule.words[this.#next];
    if (word) this.#next += 1;
    return word;
  }

  /** Takes the next word if it is one of these, and no string. */
  takeIf(...texts: readonly string[]): Piece | undefined {
    const word = this.peek();
    return word && !word.quoted && texts.includes(word.text) ? this.take() : undefined;
  }

  fault(at: Piece | undefined, message: string, help?: string): undefined {
    this.context.badValue(this.span(at ?? this.first), message, help);
    return undefined;
  }

  syntax(at: Piece | undefined, message: string, help?: string): undefined {
    this.context.syntax(this.rule.source, at ?? this.first, message, help);
    return undefined;
  }

  /** One item, or several in braces; commas may stand between them. */
  list<T>(read: () => T | undefined): readonly T[] {
    if (!this.takeIf('{')) {
      const one = read();
      return one === undefined ? [] : [one];
    }
    const found: T[] = [];
    while (this.peek() && !this.takeIf('}')) {
      if (this.takeIf(',')) continue;
      const before = this.#next;
      const one = read();
      if (one !== undefined) found.push(one);
      // What cannot be read is told by the reader, and passed over.
      if (this.#next === before) this.take();
    }
    return found;
  }
}
