/** The shared words by which a worker is told to stop and tells that it has: they work where no message does, when the process exits. */

/** Not 0: stop. */
export const stopWord = 0;
/** Not 0: the worker makes no system calls any more. */
export const endedWord = 1;

export function stopBlock(): SharedArrayBuffer {
  return new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
}

/** In the worker, after its loop. */
export function markEnded(block: SharedArrayBuffer): void {
  const words = new Int32Array(block);
  Atomics.store(words, endedWord, 1);
  Atomics.notify(words, endedWord);
}
