/** Netlink messages: header, body, and the answers of the kernel with their explanation (extended ACK). */

import { decodeAttributes } from './attributes.js';
import { ackAttributeTypes, controlTypes, messageFlags } from './constants.js';
import { alignTo, fromOctets, u32, viewOf } from './fields.js';
import { errorHeader, messageHeader } from './structures.js';

export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** Of a notice: what stood in the request that led to it. */
  readonly port: number;
  readonly body: Uint8Array;
}

/** The kernel's answer to one request. */
export interface Answer {
  readonly sequence: number;
  /** 0 is good; else the number of the error, positive. */
  readonly errno: number;
  /** In the kernel's own words. */
  readonly text?: string;
}

/** A message as it is sent. */
export function encodeMessage({ type, flags, sequence, port, body }: Message): Uint8Array {
  const made = new Uint8Array(alignTo(messageHeader.size + body.length, 4));
  const length = messageHeader.size + body.length;
  messageHeader.encode(viewOf(made), 0, { length, type, flags, sequence, port });
  made.set(body, messageHeader.size);
  return made;
}

/** The messages of one datagram; undefined when a length does not hold. */
export function decodeMessages(from: Uint8Array): readonly Message[] | undefined {
  const messages: Message[] = [];
  const view = viewOf(from);
  for (let at = 0; at < from.length; ) {
    if (from.length - at < messageHeader.size) return undefined;
    const { length, type, flags, sequence, port } = messageHeader.decode(view, at);
    if (length < messageHeader.size || length > from.length - at) return undefined;
    messages.push({ type, flags, sequence, port, body: from.subarray(at + messageHeader.size, at + length) });
    at += alignTo(length, 4);
  }
  return messages;
}

/** What an error or done message says; undefined for other messages, and for broken ones. */
export function decodeAnswer({ type, flags, sequence, body }: Message): Answer | undefined {
  if (type === controlTypes.done) {
    const errno = fromOctets(u32, body);
    return { sequence, errno: errno === undefined ? 0 : -errno | 0 };
  }
  if (type !== controlTypes.error) return undefined;
  const head = fromOctets(errorHeader, body);
  if (!head) return undefined;
  const errno = 0 - head.error;
  // The request stands in the answer, whole or as its header only; explanations come behind it.
  const repeated = flags & messageFlags.capped ? messageHeader.size : head.request.length;
  const from = 4 + alignTo(repeated, 4);
  const explained =
    flags & messageFlags.ackAttributes && from <= body.length ? decodeAttributes(body.subarray(from)) : undefined;
  const text = explained && explanation(explained);
  return { sequence, errno, ...(text === undefined ? {} : { text }) };
}

function explanation(attributes: ReadonlyMap<number, Uint8Array>): string | undefined {
  const octets = attributes.get(ackAttributeTypes.message);
  if (!octets) return undefined;
  const end = octets.indexOf(0);
  return new TextDecoder().decode(end < 0 ? octets : octets.subarray(0, end));
}

/** Octets of several messages in one. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const made = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    made.set(part, at);
    at += part.length;
  }
  return made;
}
