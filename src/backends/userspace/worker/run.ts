/** The program of a worker, but for what services choose: start it with a WorkerSetup as worker data. */
import { markEnded } from './ended.js';
import { runInbound } from './inbound-worker.js';
import { runOutbound } from './outbound-worker.js';
import type { WorkerSetup, WorkerTools } from './setup.js';

/** Runs until the main thread says stop; what is thrown then is a bug of ours, and ends the worker. */
export function runWorker(setup: WorkerSetup, tools: WorkerTools): void {
  try {
    if (setup.direction === 'outbound') runOutbound(setup, tools);
    else runInbound(setup, tools);
  } finally {
    markEnded(setup.stop);
  }
}
