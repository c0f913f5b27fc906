/** The shared words between a worker and the main thread. Those about its end work where no message does, when the process exits. */

/** Not 0: stop. */
export const stopWord = 0;
/** Not 0: the worker makes no system calls any more. */
export const endedWord = 1;

/** Not 0: messages wait and the worker was woken for them; it need not be woken again. */
export const wokenWord = 2;

export function stopBlock(): SharedArrayBuffer {
  return new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT);
}

/** In the worker, after its loop. */
export function markEnded(block: SharedArrayBuffer): void {
  const words = new Int32Array(block);
  Atomics.store(words, endedWord, 1);
  Atomics.notify(words, endedWord);
}
