/** Dry runs: a full mesh as a matrix, and days of an association in a moment. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { cachedProgram } from '../scripts/cached-program.mjs';
import { loadNodeProvider } from '../src/engine/crypto/node/load.js';
import { seededRandom } from '../src/engine/crypto/random.js';
import { entriesOf } from '../src/engine/sim/trace.js';
import { ikeVersions } from '../src/services/negotiate/ike-versions.js';
import { type MatrixRunner, matrixRunner } from '../src/services/negotiate/matrix.js';
import { pairContext, runPlanned } from '../src/services/negotiate/negotiate.js';
import { engineOf, handshake } from './ikev2.bench.js';
import { cpuMillis, median } from './measure.js';
import type { Benchmark, Row } from './row.js';
import { writeFullMesh } from './support/full-mesh.js';
import { recordedCrypto } from './support/recorded-crypto.js';

const systems = 100;
const pairs = (systems * (systems - 1)) / 2;
/** Pairs that are run in this process, to see what one costs. */
const sample = 400;
const rounds = 5;
const day = 24 * 3_600_000;
const beginsAt = new Date(0);

async function mesh<T>(count: number, use: (folder: string) => T | Promise<T>, childSeconds?: number): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-bench-'));
  try {
    writeFullMesh(folder, { count, ...(childSeconds === undefined ? {} : { childSeconds }) });
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function load(folder: string): Promise<MatrixRunner> {
  return matrixRunner({ paths: [folder], seed: '1', beginsAt, profiles: [] });
}

/** Seconds that the program takes for all pairs, its threads on all processors. */
async function wholeMatrix(folder: string): Promise<number> {
  const program = path.join(await cachedProgram(), 'bin', 'run.js');
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [program, 'negotiate', '--simulate', '--matrix', folder, '--json'],
    { encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  const seconds = (performance.now() - began) / 1000;
  if (status !== 0) throw new Error(`the matrix failed: ${stderr.slice(0, 2000)}`);
  const { pairs: done } = JSON.parse(stdout) as { pairs: readonly unknown[] };
  if (done.length !== pairs) throw new Error(`${done.length} pairs, not ${pairs}`);
  return seconds;
}

/** Milliseconds of processor time that the bare cryptographic operations of a handshake take. */
async function bareHandshake(): Promise<number> {
  const recorded = recordedCrypto(await loadNodeProvider(seededRandom('benchmark')));
  const [a, b] = [engineOf('a', recorded.provider), engineOf('b', recorded.provider)];
  for (let index = 0; index < 100; index += 1) handshake(a, b, index);
  const times: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const began = cpuMillis();
    recorded.replay();
    if (round > 0) times.push(cpuMillis() - began);
  }
  return median(times) / 100;
}

export const benchmarks: readonly Benchmark[] = [
  {
    name: 'negotiate-mesh',
    run: () =>
      mesh(systems, async (folder): Promise<readonly Row[]> => {
        const seconds = await wholeMatrix(folder);
        const runner = await load(folder);
        const times: number[] = [];
        for (let done = 0; done < 2 * sample; done += 1) {
          const began = cpuMillis();
          const { good, text } = runner.run(runner.pairs[done]!);
          if (!good) throw new Error(`a pair fails: ${text}`);
          // The first half warms the code up, as in a matrix that goes on for long.
          if (done >= sample) times.push(cpuMillis() - began);
        }
        const millis = times.reduce((sum, time) => sum + time, 0) / sample;
        const bare = await bareHandshake();
        return [
          {
            name: `${systems} hosts, ${pairs} pairs, the whole program`,
            value: seconds,
            unit: 's',
            limit: 60,
            note: `${availableParallelism()} processors`,
          },
          { name: 'pairs on one core', value: 1000 / millis, unit: 'per second' },
          {
            name: 'one pair against the operations of a handshake',
            value: millis / bare,
            unit: 'x',
            note: `${millis.toFixed(1)} ms: each side starts once, both SAs are rekeyed, packets and forgeries are tried`,
          },
        ];
      }),
  },
  {
    name: 'negotiate-day',
    run: () =>
      mesh(
        2,
        async (folder): Promise<readonly Row[]> => {
          const [a, b] = (await load(folder)).systems;
          const settings = {
            provider: await loadNodeProvider(seededRandom('benchmark')),
            versions: await ikeVersions(),
            seed: '1',
            beginsAt,
            untilMillis: day,
          };
          const context = pairContext({ a: a!, b: b!, others: [] }, ['a'], undefined, settings);
          const times: number[] = [];
          let made = 0;
          for (let round = 0; round <= rounds; round += 1) {
            const began = cpuMillis();
            const { run, verdict } = runPlanned(context, context.plan.runs[0]!);
            if (round > 0) times.push(cpuMillis() - began);
            if (verdict.kind !== 'works' || run.end < day) throw new Error(`the day ends with '${verdict.kind}'`);
            made = entriesOf(run.trace.entries, 'install').length / 4;
          }
          return [
            {
              name: 'a day of one pair, its SAs for an hour each',
              value: median(times),
              unit: 'ms',
              note: `${made} pairs of SAs`,
            },
          ];
        },
        3600,
      ),
  },
];
