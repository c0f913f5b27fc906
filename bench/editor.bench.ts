/** `ipsec lsp`: what an answer about a large text costs that has just changed, beside reading that text anew. */
import { openDocument } from '../src/lsp/document.js';
import { hoverAt } from '../src/lsp/hover.js';
import { definitionsAt, rename, symbolAt } from '../src/lsp/names.js';
import { createWorkspace } from '../src/lsp/workspace.js';
import { randomRecords } from '../test/support/random-records.js';
import { cpuMillis, median } from './measure.js';
import type { Benchmark, Row } from './row.js';

const hosts = 10_000;
const rounds = 9;
const uri = 'untitled:large';

async function run(): Promise<readonly Row[]> {
  const text = randomRecords({ hosts });
  const never = { soon: 1e9, later: 1e9 };
  const space = createWorkspace({ onFindings() {}, onTrouble() {} }, never, {
    judge: async () => undefined,
    close() {},
  });
  const offset = text.indexOf('gw-0');
  const reading: number[] = [];
  const hovering: number[] = [];
  const renaming: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const before = openDocument(uri, 2 * round, `${text}# ${round}\n`);
    space.put(before);
    const read = await spent(() => space.systemOf(before));
    const document = openDocument(uri, 2 * round + 1, `${text}# ${round} and more\n`);
    space.put(document);
    const hovered = await spent(async () => hoverAt(document, offset, await space.nearSystemOf(document), []));
    const again = openDocument(uri, 2 * round + 1, `${text}# ${round} and still more\n`);
    space.put(again);
    const renamed = await spent(async () => {
      const system = (await space.nearSystemOf(again))!;
      definitionsAt(again, offset, system);
      return rename(symbolAt(again, offset, system)!, 'renamed', system);
    });
    if (round === 0) continue;
    reading.push(read);
    hovering.push(hovered);
    renaming.push(renamed);
  }
  space.close();
  const whole = median(reading);
  const row = (name: string, times: readonly number[]): Row => ({
    name: `${name} in ${hosts} host policies that just changed, against reading them`,
    value: median(times) / whole,
    unit: 'x',
    limit: 0.2,
    note: `${median(times).toFixed(0)} of ${whole.toFixed(0)} ms of processor time`,
  });
  return [row('hover', hovering), row('definition and rename', renaming)];
}

async function spent(work: () => Promise<unknown>): Promise<number> {
  const began = cpuMillis();
  await work();
  return cpuMillis() - began;
}

export const benchmarks: readonly Benchmark[] = [{ name: 'editor', run }];
