/** A netlink socket that hears what the kernel tells everybody, in multicast groups of XFRM. Reading never waits. */
import type { Libc } from '../../system/libc.js';
import { netlinkXfrm } from './constants.js';
import { toOctets, u32, viewOf } from './fields.js';

const afNetlink = 16;
const sockRawCloexecNonblock = 3 | 0o2000000 | 0o4000;
const solSocket = 1;
const soReceiveBufferForce = 33;
/** A burst must find room while what came before is worked on: a few thousand messages. */
const receiveBufferOctets = 8 * 1024 * 1024;

export type GroupSocket =
  | { readonly kind: 'open'; readonly descriptor: number }
  /** `errno`: `EPERM` and the like. Without CAP_NET_ADMIN it can be opened, and may not hear. */
  | { readonly kind: 'failed'; readonly step: 'open' | 'hear'; readonly errno: string };

/** Opens one in the network namespace of the calling thread. `prepare` is called before it hears anything. */
export function openGroupSocket(
  calls: Libc,
  numbers: readonly number[],
  prepare: (descriptor: number) => void = () => {},
): GroupSocket {
  const descriptor = calls.socket(afNetlink, sockRawCloexecNonblock, netlinkXfrm);
  if (descriptor < 0) return { kind: 'failed', step: 'open', errno: calls.nameOf(calls.errno()) };
  calls.setsockopt(descriptor, solSocket, soReceiveBufferForce, toOctets(u32, receiveBufferOctets), 4);
  prepare(descriptor);
  const address = new Uint8Array(12);
  viewOf(address).setUint16(0, afNetlink, true);
  viewOf(address).setUint32(
    8,
    numbers.reduce((bits, group) => bits | (1 << (group - 1)), 0),
    true,
  );
  if (calls.bind(descriptor, address, address.length) >= 0) return { kind: 'open', descriptor };
  const errno = calls.nameOf(calls.errno());
  calls.close(descriptor);
  return { kind: 'failed', step: 'hear', errno };
}
