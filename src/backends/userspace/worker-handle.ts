/** One worker as the main thread sees it: requests with answers, and an end that never meets it in the middle of a system call. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Counters } from './counters.js';
import type { Answer, FromWorker, ToWorker } from './messages.js';
import type { Native } from './system/native.js';
import { type Wake, wake } from './system/wake.js';
import { endedWord, stopWord, wokenWord } from './worker/ended.js';
import { Backlog } from './worker/events.js';
import { backlogMax, type WorkerSetup } from './worker/setup.js';

export interface WorkerHandle {
  readonly counters: Counters;
  /** Sends a request and waits for what it came to; rejects when the worker has ended. */
  ask(message: Distributive<Exclude<ToWorker, { kind: 'stop' | 'failed' | 'send-ike' }>>): Promise<Answer>;
  /** Sends what has no answer. */
  tell(message: ToWorker): void;
  /** Sends at once what was said so far; otherwise it goes when the main thread has nothing else to do at the moment. */
  flush(): void;
  /** Ends it, and waits until its thread is gone. */
  stop(): Promise<void>;
  /** As `stop`, when the process is about to exit: waits for the end of its loop, blocking, for a bounded time. */
  stopNow(): void;
}

type Distributive<T> = T extends unknown ? Omit<T, 'request'> : never;

export interface WorkerListener {
  message(message: Exclude<FromWorker, { kind: 'ready' | 'answers' }>): void;
  /** It has ended by itself. */
  failed(why: string): void;
}

/** Milliseconds that a process which exits waits for a worker; one turn takes a few. */
const exitWaitMillis = 1000;

/**
 * Milliseconds between two times that a worker is woken for what can wait so long. Under many negotiations it gets the SAs of several at
 * once: to wake a thread, and to be woken by its answer, costs more than an SA does. Who meets a packet for an SA that it has not got
 * yet looks by itself, before.
 */
const wakeMillis = 10;

/** Starts one with the program in `file`, and waits until it is ready. */
export async function startWorker(
  native: Native,
  file: string | URL,
  setup: WorkerSetup,
  counters: Counters,
  listener: WorkerListener,
): Promise<WorkerHandle> {
  const words = new Int32Array(setup.stop);
  const signal: Wake = wake(native, setup.wake);
  const backlog = new Backlog(setup.backlog, backlogMax);
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  let nextRequest = 1;
  let isStopping = false;
  let failure: Error | undefined;
  const worker = new Worker(file, { workerData: setup, name: `ipsec ${setup.direction}` });
  const ready = new Promise<void>((resolve, reject) => {
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') resolve();
      else if (message.kind === 'answers') {
        for (const { request, answer } of message.answers) {
          waiting.get(request)?.resolve(answer);
          waiting.delete(request);
        }
      } else {
        if (message.kind !== 'fault') backlog.leave();
        listener.message(message);
      }
    });
    worker.on('error', (error) => {
      failure = error;
    });
    worker.on('exit', () => {
      const why = failure?.message ?? 'its thread has ended';
      const ended = new Error(`the ${setup.direction} worker is gone: ${why}`, { cause: failure });
      reject(ended);
      for (const request of waiting.values()) request.reject(ended);
      waiting.clear();
      if (!isStopping) listener.failed(ended.message);
    });
  });
  const exited = once(worker, 'exit');
  // What goes wrong is told by `failed`.
  exited.catch(() => {});
  await ready;

  let wokenAt = Number.NEGATIVE_INFINITY;
  let waking: NodeJS.Timeout | undefined;
  const wakeNow = (): void => {
    waking = undefined;
    // Once it is told to stop it is woken for that, and its descriptor may be gone.
    if (isStopping) return;
    wokenAt = performance.now();
    signal.signal();
  };
  let isUrgent = false;
  const wakeSoon = (): void => {
    clearTimeout(waking);
    waking = undefined;
    if (isStopping) return;
    const wait = isUrgent ? 0 : wokenAt + wakeMillis - performance.now();
    // Once for all that this turn of the main thread says to it.
    if (wait <= 0) setImmediate(wakeNow);
    else waking = setTimeout(wakeNow, wait);
  };

  let outbox: ToWorker[] = [];
  const flush = (): void => {
    if (outbox.length === 0) return;
    worker.postMessage(outbox);
    outbox = [];
    // From here on it finds them when it looks. It is woken only if it has come to what was said before.
    if (Atomics.exchange(words, wokenWord, 1) === 0 || (isUrgent && waking)) wakeSoon();
    isUrgent = false;
  };
  const tell = (message: ToWorker): void => {
    outbox.push(message);
    isUrgent ||= message.kind === 'send-ike';
    if (outbox.length === 1) queueMicrotask(flush);
  };
  return {
    counters,
    tell,
    flush,
    ask(message) {
      if (failure || isStopping) return Promise.reject(new Error(`the ${setup.direction} worker has ended`));
      const request = nextRequest;
      nextRequest += 1;
      return new Promise((resolve, reject) => {
        waiting.set(request, { resolve, reject });
        tell({ ...message, request } as ToWorker);
      });
    },
    async stop() {
      isStopping = true;
      clearTimeout(waking);
      if (worker.threadId < 0) return;
      Atomics.store(words, stopWord, 1);
      tell({ kind: 'stop' });
      flush();
      signal.signal();
      await exited.catch(() => {});
    },
    stopNow() {
      isStopping = true;
      clearTimeout(waking);
      Atomics.store(words, stopWord, 1);
      signal.signal();
      // To let Node end a thread that is in a system call of ours would abort or hang the process.
      if (worker.threadId >= 0) Atomics.wait(words, endedWord, 0, exitWaitMillis);
    },
  };
}
