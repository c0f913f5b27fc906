/** Waiting for descriptors, and being woken: poll(2) with an eventfd(2) among what is waited for. */
import { hostRefused } from './host-error.js';
import { eventfdFlags, pollEvents } from './linux.js';
import { allocate } from './memory.js';
import type { Native } from './native.js';

/** One thread waits for it, any other wakes that thread. */
export interface Wake {
  readonly descriptor: number;
  /** From whatever thread; never blocks. */
  signal(): void;
  /** Takes the signals that came; the next one wakes again. */
  clear(): void;
  close(): void;
}

/** A new one, or in another thread the one with the same descriptor. */
export function wake(native: Native, descriptor?: number): Wake {
  const { libc } = native;
  const made = descriptor ?? libc.eventfd(0, eventfdFlags.NONBLOCK | eventfdFlags.CLOEXEC);
  if (made < 0) throw hostRefused(native, 'make an eventfd');
  const one = allocate(native, 8);
  const taken = allocate(native, 8);
  one.octets[0] = 1;
  return {
    descriptor: made,
    signal: () => void libc.write(made, one.address, 8),
    clear: () => void libc.read(made, taken.address, 8),
    close: () => void libc.close(made),
  };
}

export interface Poller {
  /**
   * Waits until something can be read from a descriptor, or is wrong with it. Gives whether anything is; `ready` then tells which. A
   * negative timeout is none.
   */
  wait(timeoutMillis: number): boolean;
  /** Was the descriptor at `index` of the list ready? */
  ready(index: number): boolean;
}

/** struct pollfd: descriptor, then two 16-bit fields of events. */
const pollfdLength = 8;

/** Waits for the descriptors, which stay the same. */
export function poller(native: Native, descriptors: readonly number[]): Poller {
  const { libc } = native;
  const memory = allocate(native, pollfdLength * descriptors.length);
  for (const [index, descriptor] of descriptors.entries()) {
    memory.view.setInt32(pollfdLength * index, descriptor, true);
    memory.view.setInt16(pollfdLength * index + 4, pollEvents.IN, true);
  }
  return {
    wait(timeoutMillis) {
      // Interrupted by a signal: nothing is ready, and the caller waits again.
      return libc.poll(memory.address, descriptors.length, timeoutMillis) > 0;
    },
    ready: (index) => memory.view.getInt16(pollfdLength * index + 6, true) !== 0,
  };
}
