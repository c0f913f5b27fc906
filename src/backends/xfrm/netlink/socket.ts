/** A netlink socket for XFRM. Everything is synchronous: the kernel has put its answers into the socket when `send` returns. */
import { randomInt } from 'node:crypto';
import { EnvironmentError } from '../../../model/tool-error.js';
import type { Libc } from '../../system/libc.js';
import { libc } from '../../system/libc.js';
import { controlTypes, messageFlags, netlinkXfrm } from './constants.js';
import { toOctets, u32, viewOf } from './fields.js';
import { type Answer, concatenate, decodeAnswer, decodeMessages, encodeMessage, type Message } from './frames.js';

export interface Request {
  readonly type: number;
  /** Besides those that every request has. */
  readonly flags?: number;
  readonly body: Uint8Array;
}

export interface NetlinkSocket {
  /** Stands in the header of every request; the kernel repeats it where it tells everybody what the request has changed. */
  readonly port: number;
  /** The answers to requests, in their order. Every request is made, also behind one that fails. */
  request(requests: readonly Request[]): readonly Answer[];
  /** The messages that one request gives, and the answer that ends them. */
  query(request: Request): { readonly messages: readonly Message[]; readonly answer: Answer };
  /** `EPERM` and the like. */
  nameOf(errno: number): string;
  close(): void;
}

const afNetlink = 16;
const sockRawCloexec = 3 | 0o2000000;
const solSocket = 1;
const soReceiveBufferForce = 33;
const soReceiveTimeout = 20;
const solNetlink = 270;
const netlinkCapAck = 10;
const netlinkExtAck = 11;
const eintr = 4;
const eagain = 11;

/** Requests in one `send`: their answers must fit into the socket's buffer. */
const requestsAtOnce = 100;
const octetsAtOnce = 65_536;
/** The kernel fills what it is given, up to 32 KB. */
const receiveSize = 65_536;
/** Datagrams of one answer at most; a dump of a million policies is below. */
const datagramsMax = 1_000_000;
const answerSeconds = 10;

/** Opens a socket, of the namespace in which the calling thread is. */
export async function openXfrmSocket(): Promise<NetlinkSocket> {
  return createXfrmSocket(await libc());
}

export function createXfrmSocket(calls: Libc): NetlinkSocket {
  const descriptor = calls.socket(afNetlink, sockRawCloexec, netlinkXfrm);
  if (descriptor < 0) throw socketError(calls);
  const setOption = (level: number, option: number, value: Uint8Array) =>
    calls.setsockopt(descriptor, level, option, value, value.length);
  // Where one of these is not known, answers have less to say.
  setOption(solNetlink, netlinkExtAck, toOctets(u32, 1));
  setOption(solNetlink, netlinkCapAck, toOctets(u32, 1));
  setOption(solSocket, soReceiveBufferForce, toOctets(u32, 4 * 1024 * 1024));
  setOption(solSocket, soReceiveTimeout, secondsAsTimeval(answerSeconds));
  const address = new Uint8Array(12);
  viewOf(address).setUint16(0, afNetlink, true);
  if (calls.bind(descriptor, address, address.length) < 0) {
    const error = socketError(calls);
    calls.close(descriptor);
    throw error;
  }
  const buffer = new Uint8Array(receiveSize);
  let sequence = 0;
  // The kernel does not read it. Others write 0 or their process id, so it is above those.
  const port = randomInt(0x8000_0000, 0xffff_ffff);

  function send(octets: Uint8Array): void {
    for (;;) {
      if (calls.send(descriptor, octets, octets.length, 0) >= 0) return;
      if (calls.errno() !== eintr) throw transportError(calls, 'cannot be sent to');
    }
  }

  function receive(): readonly Message[] {
    for (;;) {
      const length = calls.recv(descriptor, buffer, buffer.length, 0);
      if (length >= 0) {
        // The buffer is used again: what is kept must be a copy.
        const messages = decodeMessages(buffer.slice(0, length));
        if (!messages)
          throw new EnvironmentError('the kernel sent a netlink message that is broken', { code: 'NETLINK' });
        return messages;
      }
      const errno = calls.errno();
      if (errno === eintr) continue;
      throw transportError(
        calls,
        errno === eagain ? `gave no answer in ${answerSeconds} seconds to` : 'cannot be heard on',
      );
    }
  }

  /** Receives until `want` says that it has enough. */
  function listen(want: (message: Message) => boolean): void {
    for (let datagrams = 0; datagrams < datagramsMax; datagrams += 1) {
      let wanted = true;
      for (const message of receive()) wanted = want(message) && wanted;
      if (!wanted) return;
    }
    throw new EnvironmentError('the kernel does not come to an end with its answer', { code: 'NETLINK' });
  }

  return {
    port,
    request(requests) {
      const answers: Answer[] = [];
      let pending: Uint8Array[] = [];
      let octets = 0;
      let first = sequence + 1;
      const flush = () => {
        if (pending.length === 0) return;
        const last = first + pending.length - 1;
        const bySequence = new Map<number, Answer>();
        send(concatenate(pending));
        listen((message) => {
          const answer = decodeAnswer(message);
          if (answer && answer.sequence >= first && answer.sequence <= last) bySequence.set(answer.sequence, answer);
          return bySequence.size < pending.length;
        });
        for (let each = first; each <= last; each += 1) answers.push(bySequence.get(each)!);
        pending = [];
        octets = 0;
        first = last + 1;
      };
      for (const { type, flags = 0, body } of requests) {
        sequence += 1;
        const message = encodeMessage({
          type,
          flags: flags | messageFlags.request | messageFlags.ack,
          sequence,
          port,
          body,
        });
        if (pending.length >= requestsAtOnce || octets + message.length > octetsAtOnce) flush();
        pending.push(message);
        octets += message.length;
      }
      flush();
      return answers;
    },
    query({ type, flags = 0, body }) {
      sequence += 1;
      const own = sequence;
      send(encodeMessage({ type, flags: flags | messageFlags.request | messageFlags.ack, sequence: own, port, body }));
      const messages: Message[] = [];
      let answer: Answer | undefined;
      listen((message) => {
        if (message.sequence !== own) return true;
        if (message.type === controlTypes.error || message.type === controlTypes.done) answer = decodeAnswer(message);
        else if (message.type > controlTypes.overrun) messages.push(message);
        return answer === undefined;
      });
      return { messages, answer: answer! };
    },
    nameOf: (errno) => calls.nameOf(errno),
    close: () => void calls.close(descriptor),
  };
}

function socketError(calls: Libc): EnvironmentError {
  const errno = calls.errno();
  const name = calls.nameOf(errno);
  if (name === 'EPROTONOSUPPORT' || name === 'EAFNOSUPPORT') {
    return new EnvironmentError('this kernel has no XFRM, the IPsec stack of Linux', {
      code: 'NO_XFRM',
      hints: ['It needs CONFIG_XFRM_USER; the module is called xfrm_user.'],
    });
  }
  return new EnvironmentError(`a netlink socket cannot be opened (${name})`, { code: 'NETLINK' });
}

function transportError(calls: Libc, what: string): EnvironmentError {
  const name = calls.nameOf(calls.errno());
  return new EnvironmentError(`the kernel ${what} its netlink socket (${name})`, { code: 'NETLINK' });
}

/** struct timeval of a 64-bit machine. */
function secondsAsTimeval(seconds: number): Uint8Array {
  const made = new Uint8Array(16);
  viewOf(made).setBigInt64(0, BigInt(seconds), new Uint8Array(new Uint16Array([1]).buffer)[0] === 1);
  return made;
}
