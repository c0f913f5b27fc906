/**
 * Reading records: text to syntax against splitting the same text at white space, which no reader can beat, and all stages
 * together. How the cost grows with the number of records is a figure of its own, because that is what hurts first.
 */
import { compile } from '../src/model/compile/compile.js';
import { resolve } from '../src/model/resolve.js';
import { SourceText } from '../src/model/span.js';
import { bindFile } from '../src/parser/bind.js';
import { parseText, statementsMax } from '../src/parser/parse.js';
import { shippedDefaults } from '../src/parser/profile.js';
import { interleaved, median } from './measure.js';
import type { Benchmark, Row } from './row.js';
import { manyRecords } from './support/many-records.js';

const records = 100_000;
const rounds = 9;

function readAll(text: string): number {
  const defaults = shippedDefaults('extended');
  const syntax = parseText(new SourceText('bench.conf', text));
  const { operations } = bindFile(syntax, { dialect: 'extended', defaults });
  const { policies } = resolve(operations, 'extended', defaults.priorityStep);
  return compile(policies, 'bench').spd.length;
}

async function run(): Promise<readonly Row[]> {
  const text = manyRecords(records);
  const small = manyRecords(records / 10);
  const times = await interleaved(
    {
      split: () => text.split(/\s+/).length,
      parse: () => parseText(new SourceText('bench.conf', text)).items.length,
      parseSmall: () => parseText(new SourceText('bench.conf', small)).items.length,
    },
    rounds,
  );
  const all = await interleaved({ all: () => readAll(text), allSmall: () => readAll(small) }, 3);
  const [parse, parseSmall] = [median(times.parse), median(times.parseSmall)];
  const split = median(times.split);
  // Rounds follow each other closely, so what else the machine does hits both sides of each quotient.
  const quotient = median(times.parse.map((value, round) => value / times.split[round]!));
  const [whole, wholeSmall] = [median(all.all), median(all.allSmall)];
  const size = `${(text.length / 1e6).toFixed(1)} MB`;
  return [
    {
      name: 'text to syntax, against splitting at blanks',
      value: quotient,
      unit: 'x',
      limit: 5,
      note: `${parse.toFixed(0)} ms, ${size}, ${Math.round(records / parse)} records/ms`,
    },
    {
      name: 'text to configuration, against splitting',
      value: whole / split,
      unit: 'x',
      note: `${whole.toFixed(0)} ms`,
    },
    // 1 is linear.
    { name: 'exponent of text to syntax, 10k to 100k', value: Math.log10(parse / parseSmall), unit: '', limit: 1.25 },
    { name: 'exponent of text to configuration', value: Math.log10(whole / wholeSmall), unit: '', limit: 1.25 },
  ];
}

/** Memory for the longest file that is read, and that a longer one takes no more of it. */
function memory(): readonly Row[] {
  return [statementsMax, 1_000_000].map((count): Row => {
    const text = manyRecords(count);
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    const file = parseText(new SourceText('bench.conf', text));
    const { rss } = process.memoryUsage();
    globalThis.gc?.();
    const kept = (process.memoryUsage().heapUsed - before) / Math.min(count, statementsMax);
    return {
      name: `syntax of ${count} records, for each that is read`,
      value: kept / 1024,
      unit: 'KiB',
      limit: 4,
      note: `${file.items.length} items, text ${(text.length / 1e6).toFixed(0)} MB, process ${(rss / 1e6).toFixed(0)} MB`,
    };
  });
}

export const benchmarks: readonly Benchmark[] = [
  { name: 'parse', run },
  { name: 'parse-memory', run: memory },
];
