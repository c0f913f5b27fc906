/**
 * How many guesses a preshared key costs somebody who guesses well, in bits: an estimate for rules, not a measurement.
 *
 * A key is read as the cheapest chain of pieces that an attacker would try: words, names of its own record, runs of the
 * keyboard, years, repetition; what is none of these costs what its characters cost. Hexadecimal digits count four bits
 * each unless they follow a pattern. Nothing that this returns tells anything of the key but the sum.
 */
import type { PresharedKey } from '../model/record/auth.js';
import { commonFollowers, commonKeyWords, lookalikes, sequences } from './common-key-words.js';

/** Longer pieces are looked at as several: no word is longer. */
const pieceLengthMax = 24;
/** Characters that are looked at; the language allows half as many. */
const keyLengthMax = 256;
/** Words of the record that are tried. */
const ownWordsMax = 32;

/** Shorter patterns come up in random keys too often to be held against them (in one of some ten thousand keys). */
const chancePattern = { digits: 7, octets: 5 } as const;

/** Bits of one guess of each kind of piece. */
const bits = {
  commonWord: 9,
  ownWord: 4,
  word: 15,
  letterOfWord: 2.5,
  sequence: 5,
  year: 7,
  capitals: 1,
  lookalikes: 2,
};

/**
 * Estimated bits of a literal key; undefined for a reference, whose key is elsewhere. `ownWords` are words that stand in the
 * same record, such as its name and the peer's address: they are the first that anybody tries.
 */
export function estimateKeyBits(key: PresharedKey, ownWords: readonly string[] = []): number | undefined {
  if (key.reference.kind !== 'literal') return undefined;
  const octets = key.reference.secret.reveal();
  if (octets.length === 0) return 0;
  const isText = octets.every((octet) => octet >= 0x20 && octet <= 0x7e);
  const asText = () => textBits(new TextDecoder().decode(octets), ownWords);
  if (key.form !== 'hexadecimal') return asText();
  return Math.min(digitBits(octets), octetBits(octets), isText ? asText() : Number.POSITIVE_INFINITY);
}

/** Bits of a text that is used as a key. */
export function textBits(whole: string, ownWords: readonly string[]): number {
  const text = whole.slice(0, keyLengthMax);
  // Hexadecimal digits without 0x: long, of one case, and both digits and letters.
  const isHex = text.length >= 16 && /^(?:[0-9a-f]+|[0-9A-F]+)$/.test(text) && /\d/.test(text) && /[a-f]/i.test(text);
  const lower = text.toLowerCase();
  const chain = new Chain(text.length, Math.log2(isHex ? 16 : alphabetSize(text)));
  const own = ownWords.map((word) => word.toLowerCase()).filter((word) => word.length >= 3);
  for (let start = 0; start < text.length; start += 1) {
    chain.reach(start);
    offerRepetitions(chain, lower, start, isHex ? 6 : 3);
    offerSequences(chain, text, lower, start, isHex ? 6 : 4);
    if (isHex) continue;
    offerDigits(chain, text, start);
    offerWords(chain, text, lower, start);
    for (const word of own.slice(0, ownWordsMax)) {
      if (lower.startsWith(word, start))
        chain.offer(start, word.length, bits.ownWord + capitals(text, lower, start, word.length));
    }
  }
  return chain.total();
}

/** The fewest bits in which places can be covered by pieces and single characters. */
class Chain {
  readonly #best: Float64Array;
  readonly single: number;

  constructor(length: number, single: number) {
    this.#best = new Float64Array(length + 1).fill(Number.POSITIVE_INFINITY);
    this.#best[0] = 0;
    this.single = single;
  }

  /** Everything before `start` has been offered: goes on by one character. */
  reach(start: number): void {
    this.offer(start, 1, this.single);
  }

  offer(start: number, length: number, cost: number): void {
    const total = this.#best[start]! + cost;
    if (total < this.#best[start + length]!) this.#best[start + length] = total;
  }

  total(): number {
    return this.#best.at(-1)!;
  }
}

/** A capital at the front or everywhere is the first that is tried; in the middle it is as good as another letter. */
function capitals(text: string, lower: string, start: number, length: number): number {
  return text.slice(start, start + length) === lower.slice(start, start + length) ? 0 : bits.capitals;
}

/** The same character again and again, and what stood in the key before. */
function offerRepetitions(chain: Chain, lower: string, start: number, lengthMin: number): void {
  let same = 1;
  while (start + same < lower.length && lower[start + same] === lower[start]) {
    same += 1;
    if (same >= lengthMin) chain.offer(start, same, chain.single + Math.log2(same));
  }
  let longest = 0;
  for (let earlier = 0; earlier < start; earlier += 1) {
    let length = 0;
    while (
      earlier + length < start &&
      start + length < lower.length &&
      lower[earlier + length] === lower[start + length]
    )
      length += 1;
    longest = Math.max(longest, length);
  }
  for (let length = lengthMin; length <= longest; length += 1)
    chain.offer(start, length, Math.log2(start) + Math.log2(length) + 1);
}

/** Runs of the alphabet and the keyboard, in either direction. */
function offerSequences(chain: Chain, text: string, lower: string, start: number, lengthMin: number): void {
  for (const sequence of sequences) {
    const from = sequence.indexOf(lower[start]!);
    if (from === -1) continue;
    for (const step of [1, -1]) {
      let length = 1;
      while (start + length < lower.length && sequence[from + step * length] === lower[start + length]) {
        length += 1;
        if (length >= lengthMin)
          chain.offer(start, length, bits.sequence + Math.log2(length) + capitals(text, lower, start, length));
      }
    }
  }
}

/** Numbers and years. Two digits alone count only where people add them: at the end. */
function offerDigits(chain: Chain, text: string, start: number): void {
  const isDigit = (at: number) => text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57;
  for (let length = 1; length <= pieceLengthMax && isDigit(start + length - 1); length += 1) {
    if (length >= 3 || (length === 2 && start + length === text.length))
      chain.offer(start, length, length * Math.log2(10) + 1);
    if (length === 4 && /^(?:19|20)/.test(text.slice(start, start + 2))) chain.offer(start, 4, bits.year);
  }
}

type Trie = Map<string, Trie | true>;
/** Marks the end of a word in the trie. */
const end = '';
const trie: Trie = new Map();
for (const word of commonKeyWords) {
  let node = trie;
  for (const letter of word) {
    const known = node.get(letter);
    const next: Trie = known instanceof Map ? known : new Map();
    if (!known) node.set(letter, next);
    node = next;
  }
  node.set(end, true);
}

/** Common words, also with digits and signs for letters, and what reads like a word. */
function offerWords(chain: Chain, text: string, lower: string, start: number): void {
  for (const disguised of [false, true]) {
    let node: Trie | undefined = trie;
    for (let length = 1; node && start + length <= lower.length; length += 1) {
      const letter: string = lower[start + length - 1]!;
      const known: Trie | true | undefined = node.get(disguised ? (lookalikes[letter] ?? letter) : letter);
      node = known instanceof Map ? known : undefined;
      if (node?.has(end))
        chain.offer(
          start,
          length,
          bits.commonWord + capitals(text, lower, start, length) + (disguised ? bits.lookalikes : 0),
        );
    }
  }
  const length = wordLikeLength(text, lower, start);
  for (let size = 4; size <= length; size += 1)
    chain.offer(start, size, Math.max(bits.word, size * bits.letterOfWord) + capitals(text, lower, start, size));
}

/** How far letters follow one another as in words, from a place on: in one case but for a capital at the front. */
function wordLikeLength(text: string, lower: string, start: number): number {
  const isUpper = (at: number) => text[at] !== lower[at];
  if (!commonFollowers[lower[start]!]) return 0;
  const rest = isUpper(start + 1);
  if (rest && !isUpper(start)) return 0;
  let length = 1;
  while (
    length < pieceLengthMax &&
    start + length < text.length &&
    isUpper(start + length) === rest &&
    commonFollowers[lower[start + length - 1]!]?.includes(lower[start + length]!)
  )
    length += 1;
  return length;
}

/** Characters that an attacker has to try for each place: the classes that occur. */
function alphabetSize(text: string): number {
  const classes: readonly (readonly [RegExp, number])[] = [
    [/[a-z]/, 26],
    [/[A-Z]/, 26],
    [/[0-9]/, 10],
    [/[^A-Za-z0-9]/, 33],
  ];
  return classes.reduce((sum, [pattern, size]) => sum + (pattern.test(text) ? size : 0), 0);
}

/** Bits of hexadecimal digits: four each, but for long runs and repetition. */
function digitBits(octets: Uint8Array): number {
  const digits = Array.from(octets.subarray(0, keyLengthMax / 2), (octet) => octet.toString(16).padStart(2, '0')).join(
    '',
  );
  const chain = new Chain(digits.length, 4);
  for (let start = 0; start < digits.length; start += 1) {
    chain.reach(start);
    offerRepetitions(chain, digits, start, chancePattern.digits);
    offerSequences(chain, digits, digits, start, chancePattern.digits);
  }
  return chain.total();
}

/** Bits of octets: equal steps from one octet to the next are one guess. */
function octetBits(whole: Uint8Array): number {
  const octets = whole.subarray(0, keyLengthMax);
  const chain = new Chain(octets.length, 8);
  for (let start = 0; start < octets.length; start += 1) {
    chain.reach(start);
    const step = octets[start + 1]! - octets[start]!;
    for (
      let length = 2;
      start + length < octets.length && octets[start + length]! - octets[start + length - 1]! === step;
    ) {
      length += 1;
      if (length >= chancePattern.octets) chain.offer(start, length, chain.single + bits.sequence + Math.log2(length));
    }
  }
  return chain.total();
}

/** `about 56 bits`: rounded down to whole octets, because more digits would pretend to know. */
export function formatKeyBits(estimate: number): string {
  const rounded = Math.floor(estimate / 8) * 8;
  return rounded === 0 ? 'fewer than 8 bits' : `about ${rounded} bits`;
}
