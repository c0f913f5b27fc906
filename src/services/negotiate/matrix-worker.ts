/** A thread of `negotiate --matrix`: loads the repository itself, since keys do not travel, and runs the pairs that it is given. */
import { parentPort, workerData } from 'node:worker_threads';
import { type FromMatrixWorker, matrixRunner, type ToMatrixWorker, type WorkerTask } from './matrix.js';

const port = parentPort;
if (port) {
  const send = (message: FromMatrixWorker): void => port.postMessage(message);
  const { beginsAt, ...task } = workerData as WorkerTask;
  try {
    const runner = await matrixRunner({ ...task, beginsAt: new Date(beginsAt) });
    port.on('message', (message: ToMatrixWorker) => {
      if ('done' in message) port.close();
      else send({ results: message.pairs.map(runner.run) });
    });
    send({ ready: true });
  } catch (cause) {
    send({ failed: (cause as Error).message });
  }
}
