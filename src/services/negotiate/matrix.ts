/** Every pair of a repository: which of them negotiate, and why the others do not. Shared out among worker threads. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { seededRandom } from '../../engine/crypto/random.js';
import type { NegotiationRun } from '../../engine/sim/negotiation.js';
import { peersOf } from '../../model/peer/peers.js';
import type { MatrixDocument, MatrixPair } from '../../report/negotiation/document.js';
import { loadSimulationProvider, type ProviderName } from '../crypto-provider.js';
import type { LoadOptions } from '../repository/load-repository.js';
import { assumptionsOf } from './credentials.js';
import { causeOf, explain } from './explain.js';
import { ikeVersions } from './ike-versions.js';
import { type PairContext, pairContext, type RunSettings, runPlanned } from './negotiate.js';
import type { Side } from './plan.js';
import { type ReadingError, readingErrorsOf, readingNotes, readingProblems } from './reading-errors.js';
import { isBad, verdictWordOf } from './run-document.js';
import { checkWishes, chooseAll, type NegotiatingSystem } from './systems.js';
import { parseWishes } from './wishes.js';

export interface MatrixOptions extends Omit<LoadOptions, 'overlay' | 'onSystem'> {
  readonly seed: string;
  readonly beginsAt: Date;
  readonly untilMillis?: number;
  readonly profiles: readonly string[];
  readonly dataPaths?: readonly string[];
  /** `node` unless told. */
  readonly crypto?: ProviderName;
  /** Worker threads; one for each processor unless told. */
  readonly jobs?: number;
  onProgress?(done: number, total: number): void;
}

/** What a worker is started with. */
export type WorkerTask = Omit<MatrixOptions, 'jobs' | 'onProgress' | 'beginsAt'> & { readonly beginsAt: number };

/** Pairs by the numbers of their systems, as all threads have them. */
export type PairNumbers = readonly [number, number];

export type ToMatrixWorker = { readonly pairs: readonly PairNumbers[] } | { readonly done: true };
export type FromMatrixWorker =
  | { readonly ready: true }
  | { readonly results: readonly PairResult[] }
  | { readonly failed: string };

export interface PairResult extends MatrixPair {
  readonly assumptions: readonly string[];
}

/** Runs of one pair: a matrix shows whether, not how. */
const runsPerPair = 8;
/** Pairs that a worker is given at once. */
const batch = 8;
/** Below this many pairs threads are not worth their start. */
const threadsFrom = 24;
const assumptionsMax = 20;

export interface MatrixOutcome {
  readonly document: MatrixDocument;
  /** What could not be read, for reports with its source. */
  readonly errors: readonly ReadingError[];
}

/** Everything that a thread needs to run pairs. */
export interface MatrixRunner {
  readonly systems: readonly NegotiatingSystem[];
  /** All pairs of which one protects something towards the other. */
  readonly pairs: readonly PairNumbers[];
  run(pair: PairNumbers): PairResult;
}

/** Loads the repository once, and runs its pairs. */
export async function matrixRunner(options: Omit<MatrixOptions, 'jobs' | 'onProgress'>): Promise<MatrixRunner> {
  const wishes = parseWishes(options.profiles, options.dataPaths);
  const { systems } = await chooseAll(options.paths, options, wishes);
  checkWishes(wishes, systems, 0);
  const settings: RunSettings = {
    provider: await loadSimulationProvider(options.crypto ?? 'node', seededRandom(options.seed)),
    versions: await ikeVersions(),
    seed: options.seed,
    beginsAt: options.beginsAt,
    ...(options.untilMillis === undefined ? { rekeyNow: true } : { untilMillis: options.untilMillis }),
  };
  const numbers = new Map(systems.map(({ config }, index) => [config, index]));
  const pairs = peersOf(systems.map(({ config }) => config)).map(
    ({ a, b }): PairNumbers => [numbers.get(a)!, numbers.get(b)!],
  );
  return {
    systems,
    pairs,
    run([first, second]) {
      const [a, b] = [systems[first]!, systems[second]!];
      return runPair(pairContext({ a, b, others: [] }, ['a', 'b'], undefined, settings));
    },
  };
}

/** The worst of a pair's runs. */
function runPair(pair: PairContext): PairResult {
  const runs: NegotiationRun[] = [];
  const { word, good, ...rest } = worstOf(pair, runs);
  return { a: pair.a.name, b: pair.b.name, word, good, ...rest, assumptions: assumptionsOf(pair.assumptions, runs) };
}

type Worst = Omit<PairResult, 'a' | 'b' | 'assumptions'>;

/** The first of the runs that fails, else one that works. What was run is added to `runs`. */
function worstOf(pair: PairContext, runs: NegotiationRun[]): Worst {
  const planned = pair.plan.runs.slice(0, runsPerPair);
  if (planned.length === 0) return { word: 'nothing-to-negotiate', good: true, runs: 0 };
  const nameOf = (side: Side): string => (side === 'a' ? pair.a.name : pair.b.name);
  let works: Worst | undefined;
  let waits: Worst | undefined;
  for (const each of planned) {
    // Rekeying compares what both sides have, whoever starts: once for each flow is enough.
    const isRepeated = planned.some(
      (other) => other !== each && other.entries.initiator === each.entries.responder && other.initiator === 'a',
    );
    const { run, verdict } = runPlanned(pair, each, isRepeated ? 'setup' : 'everything');
    runs.push(run);
    const word = verdictWordOf(verdict);
    const result = { word, good: true, runs: planned.length, initiator: nameOf(each.initiator) };
    if (isBad(verdict)) {
      if (verdict.kind === 'undecided') return { ...result, good: false, text: verdict.why };
      const { reason } = explain({ run, cause: causeOf(verdict), walks: each.walks, systems: [pair.a, pair.b] });
      return { ...result, good: false, text: reason };
    }
    if (verdict.kind === 'waits') waits ??= { ...result, good: false, text: 'both systems only respond' };
    else works ??= result;
  }
  return works ?? waits ?? { word: 'nothing-to-negotiate', good: true, runs: 0 };
}

/** Negotiates every pair. */
export async function negotiateMatrix(options: MatrixOptions): Promise<MatrixOutcome> {
  const { jobs, onProgress, ...task } = options;
  const runner = await matrixRunner(task);
  const threads = Math.min(jobs ?? availableParallelism(), Math.ceil(runner.pairs.length / batch));
  const file = fileURLToPath(new URL('./negotiate-worker.mjs', import.meta.url));
  const results =
    threads < 2 || runner.pairs.length < threadsFrom || !existsSync(file)
      ? alone(runner, onProgress)
      : await shared(runner.pairs, { ...task, beginsAt: task.beginsAt.getTime() }, file, threads, onProgress);
  const systems = runner.systems.map(({ name }) => name);
  const order = new Map(systems.map((name, index) => [name, index]));
  const pairs = [...results]
    .sort((x, y) => order.get(x.a)! - order.get(y.a)! || order.get(x.b)! - order.get(y.b)!)
    .map(({ assumptions: _, ...pair }): MatrixPair => pair);
  const assumptions = [...new Set(results.flatMap((result) => result.assumptions))].sort();
  const more = assumptions.length - assumptionsMax;
  const errors = readingErrorsOf(runner.systems);
  const document: MatrixDocument = {
    seed: options.seed,
    systems,
    good: pairs.every(({ good }) => good) && errors.length === 0,
    problems: readingProblems(errors),
    pairs,
    assumptions: assumptions.slice(0, assumptionsMax),
    notes: [...readingNotes(errors), ...(more > 0 ? [`${more} more assumptions are like these`] : [])],
  };
  return { document, errors };
}

function alone({ pairs, run }: MatrixRunner, onProgress: MatrixOptions['onProgress']): PairResult[] {
  return pairs.map((pair, index) => {
    const result = run(pair);
    onProgress?.(index + 1, pairs.length);
    return result;
  });
}

/** Threads take batches as they come to an end, so that a slow pair keeps nobody waiting. */
async function shared(
  pairs: readonly PairNumbers[],
  task: WorkerTask,
  file: string,
  threads: number,
  onProgress: MatrixOptions['onProgress'],
): Promise<PairResult[]> {
  const results: PairResult[] = [];
  let next = 0;
  const workers = Array.from(
    { length: threads },
    () => new Worker(file, { workerData: task, name: 'ipsec negotiate' }),
  );
  try {
    await Promise.all(
      workers.map(
        (worker) =>
          new Promise<void>((resolve, reject) => {
            const give = (): void => {
              const share = pairs.slice(next, next + batch);
              next += share.length;
              worker.postMessage((share.length > 0 ? { pairs: share } : { done: true }) satisfies ToMatrixWorker);
            };
            worker.on('message', (message: FromMatrixWorker) => {
              if ('failed' in message) return reject(new Error(message.failed));
              if ('results' in message) {
                results.push(...message.results);
                onProgress?.(results.length, pairs.length);
              }
              give();
            });
            worker.once('error', reject);
            worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))));
          }),
      ),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return results;
}
