/**
 * The C library and OpenSSL, called through koffi. Addresses go as plain numbers, because koffi takes five times longer for a
 * Buffer than for a number (docs/decisions/0006); so whoever passes one must keep its memory alive (memory.ts).
 */
import { endianness } from 'node:os';
import { EnvironmentError } from '../../../model/tool-error.js';

/** A function of a shared library, once it is bound. */
type Bound<Arguments extends readonly (number | string)[]> = (...args: Arguments) => number;

/** System calls by their own names and orders of arguments. -1 is a failure, and then `errno` tells which. */
export interface Libc {
  readonly open: Bound<[path: string, flags: number]>;
  readonly close: Bound<[descriptor: number]>;
  readonly read: Bound<[descriptor: number, address: number, length: number]>;
  readonly write: Bound<[descriptor: number, address: number, length: number]>;
  readonly ioctl: Bound<[descriptor: number, request: number, argument: number]>;
  readonly poll: Bound<[address: number, count: number, timeoutMillis: number]>;
  readonly eventfd: Bound<[initial: number, flags: number]>;
  readonly socket: Bound<[domain: number, type: number, protocol: number]>;
  readonly bind: Bound<[descriptor: number, address: number, length: number]>;
  readonly connect: Bound<[descriptor: number, address: number, length: number]>;
  readonly setsockopt: Bound<[descriptor: number, level: number, name: number, address: number, length: number]>;
  readonly getsockopt: Bound<[descriptor: number, level: number, name: number, address: number, length: number]>;
  readonly sendmsg: Bound<[descriptor: number, message: number, flags: number]>;
  readonly recvmsg: Bound<[descriptor: number, message: number, flags: number]>;
  /** Of the call before, in this thread. */
  readonly errno: () => number;
}

export interface Native {
  readonly libc: Libc;
  /** The number of an error by its name, as `EAGAIN`. */
  readonly errors: Readonly<Record<string, number>>;
  /** Where the octets of an ArrayBuffer are. */
  addressOf(buffer: ArrayBuffer): number;
  /**
   * Functions that the node executable itself exports, by C declarations in which every pointer is `intptr_t`; undefined
   * where one of them is not there.
   */
  executable<Name extends string>(
    declarations: Readonly<Record<Name, string>>,
  ): Readonly<Record<Name, (...args: readonly (number | string)[]) => number>> | undefined;
}

const libcDeclarations: Readonly<Record<Exclude<keyof Libc, 'errno'>, string>> = {
  open: 'int open(str, int)',
  close: 'int close(int)',
  read: 'intptr_t read(int, intptr_t, size_t)',
  write: 'intptr_t write(int, intptr_t, size_t)',
  ioctl: 'int ioctl(int, unsigned long, intptr_t)',
  poll: 'int poll(intptr_t, unsigned long, int)',
  eventfd: 'int eventfd(unsigned int, int)',
  socket: 'int socket(int, int, int)',
  bind: 'int bind(int, intptr_t, unsigned int)',
  connect: 'int connect(int, intptr_t, unsigned int)',
  setsockopt: 'int setsockopt(int, int, int, intptr_t, unsigned int)',
  getsockopt: 'int getsockopt(int, int, int, intptr_t, intptr_t)',
  sendmsg: 'intptr_t sendmsg(int, intptr_t, int)',
  recvmsg: 'intptr_t recvmsg(int, intptr_t, int)',
};

let loaded: Promise<Native> | undefined;

/** Loads koffi, once in a thread. Throws an EnvironmentError where it cannot be: no Linux, no 64 bits, no prebuilt library. */
export function loadNative(): Promise<Native> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Native> {
  if (process.platform !== 'linux') {
    throw new EnvironmentError(`the userspace data path needs Linux, this is ${process.platform}`, {
      code: 'PLATFORM',
      hints: ['Check and simulate the policy here, and apply it on the Linux host.'],
    });
  }
  // The structures of sendmsg and poll are written octet by octet, in this layout.
  if (endianness() !== 'LE' || !['x64', 'arm64', 'riscv64', 'loong64'].includes(process.arch)) {
    throw new EnvironmentError(`the userspace data path is not made for the processor ${process.arch}`, {
      code: 'PLATFORM',
      hints: ['Use the kernel’s IPsec there: --backend xfrm.'],
    });
  }
  const { default: koffi } = await import('koffi').catch((cause: unknown) => {
    throw new EnvironmentError('koffi, which system calls go through, cannot be loaded', {
      code: 'KOFFI',
      hints: ['Install the package with its optional dependencies: npm install --include=optional.'],
      cause,
    });
  });
  const library = koffi.load(null);
  const bound = Object.fromEntries(
    Object.entries(libcDeclarations).map(([name, declaration]) => [name, library.func(declaration)]),
  ) as unknown as Omit<Libc, 'errno'>;
  return {
    libc: { ...bound, errno: () => koffi.errno() },
    errors: koffi.os.errno,
    addressOf: (buffer) => Number(koffi.address(buffer)),
    executable(declarations) {
      try {
        const entries = Object.entries<string>(declarations).map(([name, text]) => [name, library.func(text)]);
        return Object.fromEntries(entries);
      } catch {
        return undefined;
      }
    },
  };
}
