/**
 * Hears what the kernel says by itself: a netlink socket in its multicast groups, waited for on a thread of its own, because
 * Node cannot watch a descriptor that is not its own.
 */
import { EnvironmentError } from '../../../model/tool-error.js';
import type { Libc } from '../../system/libc.js';
import { groups } from './constants.js';
import { viewOf } from './fields.js';
import { decodeMessages } from './frames.js';
import { openGroupSocket } from './group-socket.js';
import { decodeNotice, type Notice } from './notices.js';

export interface NoticeListener {
  /** Ends within `waitMillis`. */
  close(): Promise<void>;
}

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
  const opened = openGroupSocket(calls, [groups.acquire, groups.expire, groups.mapping]);
  if (opened.kind === 'failed') {
    const { step, errno } = opened;
    const what = step === 'open' ? 'a netlink socket cannot be opened' : "the kernel's notices cannot be heard";
    const isForbidden = step === 'hear' && errno === 'EPERM';
    throw new EnvironmentError(`${what} (${errno})`, {
      code: isForbidden ? 'PRIVILEGE' : 'NETLINK',
      ...(step === 'hear' ? { hints: ['It needs root, or the capability CAP_NET_ADMIN.'] } : {}),
    });
  }
  const { descriptor } = opened;
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
