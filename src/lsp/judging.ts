/** Has texts judged, on a thread of its own where the program has one: one after the other, and only what still counts. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { UsageError } from '../model/tool-error.js';
import { type FromJudge, type Judgement, type JudgeTask, judge, unpack } from './judge.js';

export interface Judging {
  /** As `judge`; undefined also where a later task made this one needless. */
  judge(task: JudgeTask): Promise<Judgement | undefined>;
  close(): void;
}

/** The part of a worker thread that is used. */
export interface JudgeThread {
  postMessage(task: JudgeTask): void;
  onAnswer(take: (answer: FromJudge) => void): void;
  end(): void;
}

/** On a thread; in a checkout that is not built, on this one. */
export function createJudging(): Judging {
  const file = fileURLToPath(new URL('./lsp-worker.mjs', import.meta.url));
  return existsSync(file) ? judgingOn(() => startThread(file)) : { judge, close() {} };
}

function startThread(file: string): JudgeThread {
  const worker = new Worker(file, { name: 'ipsec lsp' });
  // It never keeps the process from ending.
  worker.unref();
  return {
    postMessage: (task) => worker.postMessage(task),
    onAnswer(take) {
      worker.on('message', take);
      worker.on('error', (error) => take({ failed: error.message, isUsage: false }));
    },
    end: () => void worker.terminate(),
  };
}

interface Job {
  readonly task: JudgeTask;
  readonly resolve: (judgement: Judgement | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** Judges on threads that `start` starts: one at a time, a new one when that was ended. */
export function judgingOn(start: () => JudgeThread): Judging {
  let thread: JudgeThread | undefined;
  let running: Job | undefined;
  let waiting: Job[] = [];

  return {
    judge(task) {
      return new Promise((resolve, reject) => {
        // Nobody waits for what an older text had.
        for (const job of waiting) if (isSame(job.task, task)) job.resolve(undefined);
        waiting = [...waiting.filter((job) => !isSame(job.task, task)), { task, resolve, reject }];
        // A whole repository can take long: it begins anew behind the text that somebody looks at.
        if (task.kind === 'document' && running?.task.kind === 'repository') {
          waiting.push(running);
          endThread();
        }
        next();
      });
    },
    close() {
      for (const job of [...(running ? [running] : []), ...waiting]) job.resolve(undefined);
      waiting = [];
      endThread();
    },
  };

  function next(): void {
    if (running) return;
    const at = waiting.findIndex((job) => job.task.kind === 'document');
    [running] = waiting.splice(Math.max(0, at), 1);
    if (!running) return;
    if (!thread) {
      const started = start();
      thread = started;
      started.onAnswer((answer) => {
        if (thread === started) take(answer);
      });
    }
    thread.postMessage(running.task);
  }

  function take(answer: FromJudge): void {
    const job = running;
    running = undefined;
    if (!('failed' in answer)) job?.resolve(answer.judged ? unpack(answer.judged) : undefined);
    else {
      // Whatever ended it: the next task gets a thread in order.
      endThread();
      job?.reject(answer.isUsage ? new UsageError(answer.failed) : new Error(answer.failed));
    }
    next();
  }

  function endThread(): void {
    thread?.end();
    thread = undefined;
    running = undefined;
  }
}

function isSame(a: JudgeTask, b: JudgeTask): boolean {
  if (a.kind === 'repository') return b.kind === 'repository' && a.root === b.root;
  return b.kind === 'document' && a.document.path === b.document.path;
}
