/** What a worker is started with, and what it makes of it. */
import type { MessagePort } from 'node:worker_threads';
import type { CryptoProvider } from '../../../engine/crypto/provider.js';
import type { IcmpErrorPolicy } from '../../../engine/ipsec/icmp-errors.js';
import type { IkePorts } from '../../../engine/ipsec/inbound.js';
import type { Family } from '../../../model/address.js';
import { chooseEngine } from '../cipher/engine.js';
import { nodeEngine } from '../cipher/node-cipher.js';
import type { CipherEngine } from '../cipher/packet-cipher.js';
import type { Native } from '../system/native.js';
import { adoptSocket, type Socket, type SocketPurpose } from '../system/socket.js';

/** A socket that the main thread has opened for both workers. */
export interface SharedSocket {
  readonly descriptor: number;
  readonly family: Family;
  readonly purpose: SocketPurpose;
}

export interface WorkerSetup {
  readonly direction: 'inbound' | 'outbound';
  readonly tun: { readonly name: string; readonly descriptor: number; readonly gathers: boolean };
  readonly sockets: readonly SharedSocket[];
  readonly wake: number;
  readonly mark: number;
  readonly ikePorts: IkePorts;
  readonly forwards: boolean;
  readonly icmpErrors?: IcmpErrorPolicy | undefined;
  /** `node`: without OpenSSL's EVP functions, for comparison and for hosts where they fail. */
  readonly engine: 'fastest' | 'node';
  readonly counters: SharedArrayBuffer;
  readonly backlog: SharedArrayBuffer;
  /** One word: not 0 once the worker is to stop, read between packets. */
  readonly stop: SharedArrayBuffer;
}

/** Handed in by the program of the worker, which is where services choose implementations. */
export interface WorkerTools {
  readonly provider: CryptoProvider;
  readonly native: Native;
  readonly port: MessagePort;
  readonly receive: (port: MessagePort) => { readonly message: unknown } | undefined;
}

/** Messages to the main thread that it has not taken; beyond that they are only counted. */
export const backlogMax = 4096;

export function engineOf(setup: WorkerSetup, native: Native): CipherEngine {
  return setup.engine === 'node' ? nodeEngine : chooseEngine(native);
}

export function adopt(setup: WorkerSetup, native: Native): readonly Socket[] {
  return setup.sockets.map(({ descriptor, family, purpose }) =>
    adoptSocket(native, { family, purpose, mark: setup.mark, receiveOffload: true }, descriptor),
  );
}

/** Milliseconds since 1970 that never go back, whatever happens to the host's clock. */
export function steadyClock(): () => number {
  const origin = performance.timeOrigin;
  return () => origin + performance.now();
}

/** Milliseconds to wait for a time, for poll(2); -1 without one. */
export function waitFor(time: number | undefined, now: number): number {
  return time === undefined ? -1 : Math.max(0, Math.min(0x7fff_ffff, Math.ceil(time - now)));
}
