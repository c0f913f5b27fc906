/**
 * Hears of policies that others make or put in the place of another one. The kernel replaces by selector and asks nobody (UPDPOLICY has no
 * "only if it is still this one"), so who replaces can learn only afterwards what was there; the kernel tells every change, in order, with the
 * number that the header of its request had.
 */
import type { HostPolicy } from '../../../model/host-state.js';
import type { Libc } from '../../system/libc.js';
import { groups, messageTypes } from './constants.js';
import { viewOf } from './fields.js';
import { decodeMessages } from './frames.js';
import { openGroupSocket } from './group-socket.js';
import { decodePolicy } from './policies.js';

export interface PolicyWatch {
  /**
   * Policies that others made or replaced since the last call, oldest first. After a burst for which the socket had no room some are missing.
   */
  foreign(): readonly HostPolicy[];
  close(): void;
}

const solSocket = 1;
const receiveSize = 65_536;
const enobufs = 105;
/** Changes that are read in one call; somebody who makes them faster than we read must not hold us up. */
const datagramsMax = 100_000;

/**
 * Begins to listen, in the namespace of the calling thread. `own`: what stands in the headers of our own requests. Undefined where the
 * kernel does not tell us, which needs CAP_NET_ADMIN.
 */
export function watchPolicies(calls: Libc, own: number): PolicyWatch | undefined {
  const opened = openGroupSocket(calls, [groups.policy], (descriptor) => leaveOut(calls, descriptor, own));
  if (opened.kind === 'failed') return undefined;
  const { descriptor } = opened;
  const buffer = new Uint8Array(receiveSize);
  return {
    foreign() {
      const found: HostPolicy[] = [];
      for (let count = 0; count < datagramsMax; count += 1) {
        const length = calls.recv(descriptor, buffer, buffer.length, 0);
        if (length < 0 && calls.errno() === enobufs) continue;
        if (length < 0) break;
        for (const { type, port, body } of decodeMessages(buffer.subarray(0, length)) ?? []) {
          if (port === own || (type !== messageTypes.newPolicy && type !== messageTypes.updatePolicy)) continue;
          const policy = decodePolicy(body);
          if (policy) found.push(policy);
        }
      }
      return found;
    },
    close: () => void calls.close(descriptor),
  };
}

/** BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_JEQ | BPF_K, BPF_RET | BPF_K */
const [load, jumpIfEqual, give] = [0x20, 0x15, 0x06];
const soAttachFilter = 26;
/** nlmsghdr.nlmsg_pid */
const portAt = 12;

/**
 * Has the kernel leave out what our own requests lead to: ten thousand policies of ours need no reading then, and no room. Where it does not
 * take the filter, they are read and left out here.
 */
function leaveOut(calls: Libc, descriptor: number, own: number): void {
  // The filter reads in network order what stands there in that of the machine.
  const swapped = viewOf(new Uint8Array(4));
  swapped.setUint32(0, own, isLittleEndian);
  const steps = [
    [load, 0, 0, portAt],
    [jumpIfEqual, 0, 1, swapped.getUint32(0)],
    [give, 0, 0, 0],
    [give, 0, 0, 0xffff_ffff],
  ] as const;
  const program = new ArrayBuffer(8 * steps.length);
  const view = new DataView(program);
  for (const [at, [code, ifTrue, ifFalse, value]] of steps.entries()) {
    view.setUint16(8 * at, code, isLittleEndian);
    view.setUint8(8 * at + 2, ifTrue);
    view.setUint8(8 * at + 3, ifFalse);
    view.setUint32(8 * at + 4, value, isLittleEndian);
  }
  // struct sock_fprog
  const filter = new Uint8Array(16);
  const fields = viewOf(filter);
  fields.setUint16(0, steps.length, isLittleEndian);
  fields.setBigUint64(8, calls.addressOf(program), isLittleEndian);
  calls.setsockopt(descriptor, solSocket, soAttachFilter, filter, filter.length);
}

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
