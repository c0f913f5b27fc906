/**
 * The few calls of the C library that Node has not, through koffi, which is loaded when the first of them is wanted. All are
 * synchronous: netlink answers within the call that asks.
 */
import { EnvironmentError } from '../../model/tool-error.js';

/** Results are those of the C functions: below 0 is an error, whose number `errno()` gives. */
export interface Libc {
  socket(family: number, type: number, protocol: number): number;
  bind(descriptor: number, address: Uint8Array, length: number): number;
  connect(descriptor: number, address: Uint8Array, length: number): number;
  send(descriptor: number, octets: Uint8Array, length: number, flags: number): number;
  recv(descriptor: number, octets: Uint8Array, length: number, flags: number): number;
  setsockopt(descriptor: number, level: number, option: number, value: Uint8Array, length: number): number;
  poll(descriptors: Uint8Array, count: number, timeoutMillis: number): number;
  /** The same on a thread of its own, so that the program goes on meanwhile. `descriptors` must stay where it is. */
  pollLater(descriptors: Uint8Array, count: number, timeoutMillis: number): Promise<number>;
  close(descriptor: number): number;
  flock(descriptor: number, operation: number): number;
  unshare(flags: number): number;
  setns(descriptor: number, kind: number): number;
  /** Where a buffer is, for structures that point to others; it must be kept alive by the caller. */
  addressOf(buffer: ArrayBuffer): bigint;
  /** Of the last call that failed. */
  errno(): number;
  /** `EPERM` and the like, or the number as text. */
  nameOf(errno: number): string;
}

let loaded: Promise<Libc> | undefined;

/** The calls. Throws EnvironmentError where koffi has no binary for this machine. */
export function libc(): Promise<Libc> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Libc> {
  let koffi: typeof import('koffi').default;
  try {
    koffi = (await import('koffi')).default;
  } catch (cause) {
    throw new EnvironmentError(
      'system calls cannot be made from this Node.js: the package koffi has no binary for it',
      {
        code: 'NO_KOFFI',
        cause,
        hints: ['The fallback needs iproute2 only: --means ip.'],
      },
    );
  }
  // The C library that Node itself runs with, whatever it is called here.
  const library = koffi.load(null);
  const names = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number as number, name]));
  const poll = library.func('int poll(void *, unsigned long, int)');
  return {
    socket: library.func('int socket(int, int, int)'),
    bind: library.func('int bind(int, void *, uint32_t)'),
    connect: library.func('int connect(int, void *, uint32_t)'),
    send: library.func('intptr_t send(int, void *, size_t, int)'),
    recv: library.func('intptr_t recv(int, void *, size_t, int)'),
    setsockopt: library.func('int setsockopt(int, int, int, void *, uint32_t)'),
    poll,
    pollLater: (descriptors, count, timeoutMillis) =>
      new Promise((resolve, reject) => {
        poll.async(descriptors, count, timeoutMillis, (error: Error | null, result: number) => {
          if (error) reject(error);
          else resolve(result);
        });
      }),
    close: library.func('int close(int)'),
    flock: library.func('int flock(int, int)'),
    unshare: library.func('int unshare(int)'),
    setns: library.func('int setns(int, int)'),
    addressOf: (buffer) => BigInt(koffi.address(buffer)),
    errno: () => koffi.errno(),
    nameOf: (errno) => names.get(errno) ?? `error ${errno}`,
  };
}
