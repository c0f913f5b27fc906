/** Memory that the kernel and OpenSSL read and write while JavaScript does too: it does not move as long as it is held. */
import type { Native } from './native.js';

export interface Memory {
  readonly octets: Uint8Array;
  readonly view: DataView;
  /** The same in words of 32 bits, in the processor's order. */
  readonly words: Int32Array;
  /** Where it begins. */
  readonly address: number;
  /** Adds up 16-bit words many at once, where that was asked for and can be had (`sumOctets`). */
  readonly sum: SumFunction | undefined;
}

export type SumFunction = (at: number, length: number) => number;

type AddressOf = Pick<Native, 'addressOf'>;

/** Memory of at least so many octets, all of them zero. */
export function allocate(native: AddressOf, length: number): Memory {
  // A buffer of its own: small typed arrays may live on V8's heap, where they move.
  return memoryOf(native, new ArrayBuffer(Math.ceil(length / 8) * 8), undefined);
}

/** Memory that no system call sees, for what works without koffi. */
export function plainMemory(length: number): Memory {
  return allocate({ addressOf: () => 0 }, length);
}

/** What is used of WebAssembly, whose types come with those of browsers. */
interface WebAssemblyApi {
  readonly Memory: new (size: {
    readonly initial: number;
    readonly maximum: number;
  }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, object>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

const pageLength = 65_536;

/**
 * Memory that the function `sum` of `code`, a module of WebAssembly, adds up; plain memory where this processor or this Node cannot run it.
 * The system reserves some gigabytes of addresses for each, though no memory: only for what is there once in a thread.
 */
export function allocateSummed(native: AddressOf, length: number, code: Uint8Array): Memory {
  try {
    const { Memory, Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
    const pages = Math.ceil(length / pageLength);
    // It never grows, and so it never moves.
    const host = { memory: new Memory({ initial: pages, maximum: pages }) };
    const { sum } = new Instance(new Module(code), { host }).exports;
    return memoryOf(native, host.memory.buffer, sum as SumFunction);
  } catch {
    return allocate(native, length);
  }
}

function memoryOf(native: AddressOf, buffer: ArrayBuffer, sum: SumFunction | undefined): Memory {
  return {
    octets: new Uint8Array(buffer),
    view: new DataView(buffer),
    words: new Int32Array(buffer),
    address: native.addressOf(buffer),
    sum,
  };
}
