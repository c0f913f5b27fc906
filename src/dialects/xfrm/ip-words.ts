/** Walks over the words of one record of `ip xfrm`. */
import type { SourceText } from '../../model/span.js';
import type { ReadContext } from '../common/context.js';
import { type Piece, spanOf } from '../common/piece.js';
import { parseNumber } from '../common/selectors.js';
import type { DumpRecord } from './ip-grammar.js';

/** Lines of -s that are counters and limits nobody wrote as policy; what they begin with. */
const statistics = new Set([
  'lifetime',
  'limit:',
  'expire',
  'add',
  'stats:',
  'anti-replay',
  'seq-hi',
  'lastused',
  'replay_window',
]);

export class Words {
  readonly #words: readonly Piece[];
  #next = 0;

  constructor(
    record: DumpRecord,
    readonly source: SourceText,
    readonly context: ReadContext,
  ) {
    this.#words = record.filter((line) => !isStatistics(line)).flat();
  }

  get first(): Piece {
    return this.#words[0]!;
  }

  peek(): Piece | undefined {
    return this.#words[this.#next];
  }

  take(): Piece | undefined {
    const word = this.#words[this.#next];
    if (word) this.#next += 1;
    return word;
  }

  /** Takes the next word if it is one of these. */
  takeIf(...texts: readonly string[]): Piece | undefined {
    const word = this.peek();
    return word && texts.includes(word.text) ? this.take() : undefined;
  }

  /** The value of a keyword: `read` makes something of it, or it is reported. */
  value<T>(
    keyword: Piece,
    read: (text: string) => T | undefined,
    expected: string,
  ): { value: T; at: Piece } | undefined {
    const word = this.take();
    const value = word && read(word.text);
    if (word && value !== undefined) return { value, at: word };
    this.context.badValue(
      spanOf(this.source, word ?? keyword),
      word ? `'${shown(word)}' is not ${expected}` : `'${keyword.text}' has no value`,
      `write ${keyword.text} and ${expected}`,
    );
    return undefined;
  }

  number(keyword: Piece): number | undefined {
    return this.value(keyword, readNumber, 'a number')?.value;
  }

  unknown(word: Piece): void {
    this.context.partly(spanOf(this.source, word), `'${shown(word)}' is not understood, and is left out`);
  }
}

function isStatistics(line: readonly Piece[]): boolean {
  const [first] = line;
  if (!first) return true;
  // replay-window 0 replay 0 failed 0
  if (first.text === 'replay-window' && line.some(({ text }) => text === 'failed')) return true;
  return statistics.has(first.text) || /^\d+\(bytes\),$/.test(first.text) || /^[0-9a-f]{8}$/.test(first.text);
}

/** `7`, `0x7`, `7(0x00000007)`: dumps repeat numbers in brackets. */
export function readNumber(text: string): number | undefined {
  const plain = text.replace(/\(.*\)$/, '');
  if (/^0x[0-9a-f]{1,8}$/i.test(plain)) return Number(plain);
  const number = parseNumber(plain);
  return number !== undefined && number <= 0xffff_ffff ? number : undefined;
}

function shown({ text }: Piece): string {
  // A long number in a strange place may be a key.
  return /^(?:0x)?[0-9a-f]{9,}$/i.test(text) ? '…' : text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
