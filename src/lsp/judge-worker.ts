/** A thread of the language server: judges one text or repository after the other. */
import { parentPort } from 'node:worker_threads';
import { answer, type JudgeTask } from './judge.js';

const port = parentPort;
port?.on('message', async (task: JudgeTask) => port.postMessage(await answer(task)));
