/**
 * Interruption by SIGINT, SIGTERM or SIGHUP (a lost terminal).
 *
 * While nobody has anything to tidy up, the signals keep their own effect: they end the program at once even in the middle
 * of a long computation, and a shell reports 130 for SIGINT. While a task is registered, the first signal runs the tasks,
 * last registered first, and then the program ends with 130; further signals are ignored until then, because to cut off
 * a roll back is worse than to wait for it.
 */
import { exitCode } from '../exit-code.js';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type Task = (signal: NodeJS.Signals) => Promise<void> | void;

const tasks = new Set<Task>();
let interrupted = false;

/**
 * Registers what must be done before an interrupted program ends. Returns the function that takes it back, to be called
 * when there is nothing left to tidy up. A task that fails ends the program as an internal error.
 */
export function onInterrupt(task: Task): () => void {
  // A wrapper of its own, so that one function can be registered twice.
  const entry: Task = (signal) => task(signal);
  tasks.add(entry);
  if (tasks.size === 1) for (const signal of signals) process.on(signal, handle);
  return () => {
    if (!tasks.delete(entry) || tasks.size > 0 || interrupted) return;
    for (const signal of signals) process.removeListener(signal, handle);
  };
}

/**
 * Carries something out that must not stand still half way: a terminal's stop key (SIGTSTP) has no effect until it is done. A stopped
 * program would keep the host between two states, and the lock.
 */
export async function unstoppable<T>(action: () => Promise<T>): Promise<T> {
  const ignore = () => {};
  process.on('SIGTSTP', ignore);
  try {
    return await action();
  } finally {
    process.removeListener('SIGTSTP', ignore);
  }
}

async function handle(signal: NodeJS.Signals): Promise<void> {
  if (interrupted) return;
  interrupted = true;
  for (const task of [...tasks].reverse()) await task(signal);
  process.exit(exitCode.interrupted);
}
