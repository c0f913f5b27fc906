/** Memory that the kernel and OpenSSL read and write while JavaScript does too: it does not move as long as it is held. */
import type { Native } from './native.js';

export interface Memory {
  readonly octets: Uint8Array;
  readonly view: DataView;
  /** The same in words of 32 bits, in the processor's order. */
  readonly words: Int32Array;
  /** Where it begins. */
  readonly address: number;
}

/** Memory of at least so many octets, all of them zero. */
export function allocate(native: Pick<Native, 'addressOf'>, length: number): Memory {
  // A buffer of its own: small typed arrays may live on V8's heap, where they move.
  const buffer = new ArrayBuffer(Math.ceil(length / 8) * 8);
  return {
    octets: new Uint8Array(buffer),
    view: new DataView(buffer),
    words: new Int32Array(buffer),
    address: native.addressOf(buffer),
  };
}

/** Memory that no system call sees, for what works without koffi. */
export function plainMemory(length: number): Memory {
  return allocate({ addressOf: () => 0 }, length);
}
