/**
 * Hears what the kernel says by itself: a netlink socket in its multicast groups, waited for on a thread of its own, because
 * Node cannot watch a descriptor that is not its own.
 */
import { EnvironmentError } from '../../../model/tool-error.js';
import type { Libc } from '../../system/libc.js';
import { groups, netlinkXfrm } from './constants.js';
import { viewOf } from './fields.js';
import { decodeMessages } from './frames.js';
import { decodeNotice, type Notice } from './notices.js';

export interface NoticeListener {
  /** Ends within `waitMillis`. */
  close(): Promise<void>;
}

const afNetlink = 16;
const sockRawCloexecNonblock = 3 | 0o2000000 | 0o4000;
const solSocket = 1;
const soReceiveBufferForce = 33;
/** A burst of acquires must find room while one of them is worked on. */
const receiveBufferOctets = 8 * 1024 * 1024;
const receiveSize = 65_536;
const pollIn = 1;
/** How long one wait lasts: closing takes no longer. */
const waitMillis = 500;
/** Datagrams that are read before others get their turn. */
const datagramsAtOnce = 256;
const eagain = 11;
const enobufs = 105;

/** Opens and listens. `lost` is called when the kernel had more to say than there was room for. */
export function listenForNotices(
  calls: Libc,
  onNotice: (notice: Notice) => void,
  lost: (why: string) => void,
): NoticeListener {
  const descriptor = calls.socket(afNetlink, sockRawCloexecNonblock, netlinkXfrm);
  if (descriptor < 0) {
    throw new EnvironmentError(`a netlink socket cannot be opened (${calls.nameOf(calls.errno())})`, {
      code: 'NETLINK',
    });
  }
  const size = new Uint8Array(4);
  viewOf(size).setUint32(0, receiveBufferOctets, true);
  calls.setsockopt(descriptor, solSocket, soReceiveBufferForce, size, size.length);
  const address = new Uint8Array(12);
  viewOf(address).setUint16(0, afNetlink, true);
  const mask = [groups.acquire, groups.expire, groups.mapping].reduce((bits, group) => bits | (1 << (group - 1)), 0);
  viewOf(address).setUint32(8, mask, true);
  if (calls.bind(descriptor, address, address.length) < 0) {
    const name = calls.nameOf(calls.errno());
    calls.close(descriptor);
    throw new EnvironmentError(`the kernel's notices cannot be heard (${name})`, {
      code: name === 'EPERM' ? 'PRIVILEGE' : 'NETLINK',
      hints: ['It needs root, or the capability CAP_NET_ADMIN.'],
    });
  }
  const buffer = new Uint8Array(receiveSize);
  const waited = new Uint8Array(8);
  viewOf(waited).setInt32(0, descriptor, true);
  viewOf(waited).setInt16(4, pollIn, true);
  let isOpen = true;
  const ended = listen();

  async function listen(): Promise<void> {
    while (isOpen) {
      await calls.pollLater(waited, 1, waitMillis);
      if (isOpen && readAll()) await new Promise((done) => setImmediate(done));
    }
    calls.close(descriptor);
  }

  /** True where there may be more. */
  function readAll(): boolean {
    for (let count = 0; count < datagramsAtOnce; count += 1) {
      const length = calls.recv(descriptor, buffer, buffer.length, 0);
      if (length < 0) {
        const errno = calls.errno();
        if (errno === enobufs) lost('the kernel said more than there was room for; some of its notices are lost');
        else if (errno !== eagain) lost(`the kernel's notices cannot be read (${calls.nameOf(errno)})`);
        return errno === enobufs;
      }
      for (const message of decodeMessages(buffer.slice(0, length)) ?? []) {
        const notice = decodeNotice(message);
        if (notice) onNotice(notice);
      }
    }
    return true;
  }

  return {
    async close() {
      isOpen = false;
      await ended;
    },
  };
}
