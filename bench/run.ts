/**
 * npm run bench [-- [--check] [WORDS…]]
 *
 * Runs the benchmarks whose file or name holds one of the words (all of them without words), one after the other, each file in
 * a process of its own so that none profits or suffers from what another made the compiler learn. With `--check` the exit
 * code is 1 when a row is above its limit.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { cropToWidth, displayWidth } from '../src/report/width.js';
import type { Row } from './row.js';

const folder = import.meta.dirname;
const args = process.argv.slice(2);
const check = args.includes('--check');
const words = args.filter((arg) => !arg.startsWith('--'));

const exceeded: string[] = [];
let failed = false;
for (const file of readdirSync(folder).filter((name) => name.endsWith('.bench.ts'))) {
  const child = fork(
    path.join(folder, '..', 'scripts', 'run-ts.mjs'),
    [path.join(folder, 'run-file.ts'), file, ...words],
    {
      execArgv: ['--expose-gc'],
    },
  );
  child.on('message', ({ benchmark, rows }: { benchmark: string; rows: readonly Row[] }) => {
    console.log(`\n${benchmark}`);
    for (const row of rows) {
      const over = row.limit !== undefined && row.value > row.limit;
      if (over) exceeded.push(`${benchmark}: ${row.name}`);
      console.log(line(row, over));
    }
  });
  const [code] = await once(child, 'exit');
  failed ||= code !== 0;
}
if (exceeded.length > 0) console.log(`\nabove the limit: ${exceeded.join('; ')}`);
if (failed || (check && exceeded.length > 0)) process.exitCode = 1;

function line({ name, value, unit, limit, note }: Row, over: boolean): string {
  const label = cropToWidth(name, 48);
  const figure = `${figureOf(value)} ${unit}`.padEnd(16);
  const bound = (limit === undefined ? '' : `${over ? 'ABOVE' : 'within'} ${figureOf(limit)}`).padEnd(16);
  return `  ${label}${' '.repeat(48 - displayWidth(label))}  ${figure}${bound}${note ?? ''}`.trimEnd();
}

/** Three digits that count; whole numbers in full. */
function figureOf(value: number): string {
  return Number.isInteger(value) || Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}
