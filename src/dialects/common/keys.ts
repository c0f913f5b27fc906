/**
 * Keys in files that are damaged: a grammar that has lost its way takes a key for something else, and would show it as the word that it
 * could not read. What stands behind the words that announce keys is therefore found in the text itself, in comments too.
 */
import type { Problem } from '../../model/problem.js';
import type { SourceText } from '../../model/span.js';
import type { DialectReading, ReportedOption } from '../dialect.js';

/** Shorter texts are no keys of anybody, and would be found in the middle of words. */
const shortest = 4;

/** A reading of which nothing shows what stands behind the given words. */
export function withoutKeys(reading: DialectReading, words: readonly string[]): DialectReading {
  const keys = new Set<string>();
  for (const source of reading.sources) for (const key of hideKeys(source, words)) keys.add(key);
  if (keys.size === 0) return reading;
  const longestFirst = [...keys].sort((a, b) => b.length - a.length);
  const mask = (text: string): string => longestFirst.reduce((shown, key) => shown.replaceAll(key, '[secret]'), text);
  return {
    ...reading,
    problems: reading.problems.map(
      (problem): Problem => ({
        ...problem,
        message: mask(problem.message),
        ...(problem.help === undefined ? {} : { help: mask(problem.help) }),
      }),
    ),
    options: reading.options.map((option): ReportedOption => ({ ...option, name: mask(option.name) })),
  };
}

/** Marks the keys of a text as secret, and gives them. */
function hideKeys(source: SourceText, words: readonly string[]): string[] {
  const { text } = source;
  const found: string[] = [];
  const announced = new RegExp(`(?<![\\w-])(?:${words.join('|')})(?![\\w-])([\\s{};,=#"]*)`, 'g');
  for (let match = announced.exec(text); match; match = announced.exec(text)) {
    const start = match.index + match[0].length;
    const value = match[1]!.includes('"') ? /[^"\n]+/y : /[^\s{};"]+/y;
    value.lastIndex = start;
    const key = value.exec(text)?.[0];
    if (key === undefined) continue;
    source.markSecret(start, start + key.length);
    if (key.length >= shortest) found.push(key);
    announced.lastIndex = start + key.length;
  }
  return found;
}
