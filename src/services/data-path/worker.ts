/** The program of the data path's workers: it chooses node:crypto for what goes through the reference. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { loadNative } from '../../backends/userspace/system/native.js';
import { runWorker } from '../../backends/userspace/worker/run.js';
import type { WorkerSetup } from '../../backends/userspace/worker/setup.js';
import { loadNodeProvider } from '../../engine/crypto/node/load.js';

async function main(): Promise<void> {
  const port = parentPort;
  if (!port) throw new Error('this is the program of a worker');
  const [native, provider] = await Promise.all([loadNative(), loadNodeProvider()]);
  runWorker(workerData as WorkerSetup, { native, provider, port, receive: receiveMessageOnPort });
}

// Whatever it throws ends the worker with that error, which the main thread then hears of.
await main();
