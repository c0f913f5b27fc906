/**
 * IKE messages — RFC 7296 §3.1, §3.2; RFC 2408 §3.1, §3.2: a header and a chain of payloads. What the octets say is kept,
 * known or not; what to do about the unknown is for the exchange. What is encrypted stays opaque: `protect.ts` opens it.
 */

import {
  atEnd,
  type Fault,
  fail,
  fault,
  grow,
  noScope,
  note,
  octetsText,
  type Reader,
  readerOf,
  readField,
  type Writer,
  writerOf,
  written,
} from './codec/core.js';
import { put, take } from './codec/octets.js';
import { type DecodeError, type Note, type TreeNode, toHex } from './codec.js';
import { type Header, headerOctets, headerOf, isEncrypted, type RawHeader, rawHeader } from './header.js';
import type { IsakmpPayload } from './isakmp/table.js';
import { innerOctetsMax, messageOctetsMax } from './limits.js';
import { firstPayloadNumber, ikev2Chain, isakmpChain, readChain, writeChain } from './payload-chain.js';
import type { Ikev2Payload } from './payloads/table.js';

interface Framed {
  readonly header: Header;
  /** Octets of the datagram behind the header's Length, where there are any. */
  readonly trailing?: Uint8Array;
}

export interface Ikev2Message extends Framed {
  readonly kind: 'IKEv2';
  readonly payloads: readonly Ikev2Payload[];
  /** Octets behind the last payload but within the header's Length, where there are any. */
  readonly padding?: Uint8Array;
}

export interface IsakmpMessage extends Framed {
  readonly kind: 'ISAKMP';
  readonly payloads: readonly IsakmpPayload[];
  /** Some peers round the length of a message up to 4 octets. */
  readonly padding?: Uint8Array;
}

/** An ISAKMP message whose body is encrypted; `firstPayload` is the number of the first payload inside. */
export interface EncryptedIsakmpMessage extends Framed {
  readonly kind: 'encrypted ISAKMP';
  readonly firstPayload: number;
  readonly ciphertext: Uint8Array;
}

/** A major version that is neither 1 nor 2: all that is known is the header (RFC 7296 §2.5). */
export interface ForeignMessage extends Framed {
  readonly kind: 'other version';
  readonly firstPayload: number;
  readonly body: Uint8Array;
}

export type Message = Ikev2Message | IsakmpMessage | EncryptedIsakmpMessage | ForeignMessage;

export type MessageDecoding =
  | { readonly ok: true; readonly message: Message; readonly notes: readonly Note[] }
  | {
      readonly ok: false;
      readonly error: DecodeError;
      /** The header, when it could be read: an error is answered by its SPIs and Message ID. */
      readonly header?: Header;
    };

/** Decodes one datagram's IKE message, without non-ESP marker. Never throws; time is linear in the octets. */
export function decodeMessage(octets: Uint8Array): MessageDecoding {
  const from = readerOf(octets);
  const read = readMessage(from);
  if (read.message !== fault) return { ok: true, message: read.message, notes: from.notes };
  const failed = { ok: false as const, error: from.error! };
  return read.header ? { ...failed, header: read.header } : failed;
}

/** As `decodeMessage`, with the tree of fields for reports: as far as decoding went, the fault in its innermost node. */
export function inspectMessage(octets: Uint8Array): {
  decoding: MessageDecoding;
  tree: readonly TreeNode[];
  steps: number;
} {
  const from = readerOf(octets, true);
  const tree = from.tree!;
  const { message, header } = readMessage(from);
  const decoding: MessageDecoding =
    message !== fault
      ? { ok: true, message, notes: from.notes }
      : { ok: false, error: from.error!, ...(header && { header }) };
  return { decoding, tree, steps: from.steps };
}

function readMessage(from: Reader): { message: Message | Fault; header?: Header } {
  const raw = readField(from, 'header', 'header', rawHeader, noScope);
  if (raw === fault) return { message: fault };
  const header = headerOf(raw);
  return { message: readBody(from, raw, header), header };
}

function readBody(from: Reader, raw: RawHeader, header: Header): Message | Fault {
  from.path.push('header', 'length');
  from.rfc = 'RFC 7296 §3.1';
  const whole = from.end;
  const lengthAt = headerOctets - 4;
  if (raw.length < headerOctets)
    return fail(from, `a length of at least ${headerOctets}`, String(raw.length), lengthAt);
  if (raw.length > messageOctetsMax) {
    return fail(from, `a length of at most ${messageOctetsMax}`, String(raw.length), lengthAt);
  }
  if (raw.length > whole) return fail(from, octetsText(raw.length), octetsText(whole), lengthAt);
  if (raw.length < whole) note(from, `${octetsText(whole - raw.length)} behind the message`, raw.length);
  from.path.length = 0;
  from.rfc = '';
  from.end = raw.length;
  const trailing = raw.length < whole ? { trailing: from.octets.subarray(raw.length, whole) } : undefined;

  if (raw.version.major === 2) {
    const payloads = readChain(from, raw.nextPayload, ikev2Chain);
    if (payloads === fault) return fault;
    if (from.at === from.end && !trailing) return { kind: 'IKEv2', header, payloads };
    return { kind: 'IKEv2', header, payloads, ...readPadding(from), ...trailing };
  }
  if (raw.version.major !== 1) {
    const body = take(from, from.end - from.at);
    return { kind: 'other version', header, firstPayload: raw.nextPayload, body, ...trailing };
  }
  // A fragment is in the clear even when the message in it is not, and some peers copy that message's flags.
  if (isEncrypted(header) && raw.nextPayload !== fragmentNumber) {
    const ciphertext = take(from, from.end - from.at);
    return { kind: 'encrypted ISAKMP', header, firstPayload: raw.nextPayload, ciphertext, ...trailing };
  }
  const payloads = readChain(from, raw.nextPayload, isakmpChain);
  return payloads === fault ? fault : { kind: 'ISAKMP', header, payloads, ...readPadding(from), ...trailing };
}

const fragmentNumber = 132;

function readPadding(from: Reader): { readonly padding?: Uint8Array } {
  if (from.at === from.end) return {};
  note(from, `${octetsText(from.end - from.at)} behind the last payload`);
  return { padding: take(from, from.end - from.at) };
}

/** Which payload types a chain has. */
export type ChainVersion = 'IKEv2' | 'ISAKMP';

interface PayloadsByVersion {
  readonly IKEv2: Ikev2Payload;
  readonly ISAKMP: IsakmpPayload;
}

export type PayloadsDecoding<P> =
  | {
      readonly ok: true;
      readonly payloads: readonly P[];
      readonly padding?: Uint8Array;
      readonly notes: readonly Note[];
    }
  | { readonly ok: false; readonly error: DecodeError };

/**
 * Decodes decrypted payloads, the first of which has the number `firstPayload` (0: there is none). IKEv2's contents end
 * with the last payload (RFC 7296 §3.14); ISAKMP's may be followed by the padding of the cipher (RFC 2409 appendix B).
 * Offsets in errors count from the start of `octets`.
 */
export function decodePayloads<V extends ChainVersion>(
  version: V,
  firstPayload: number,
  octets: Uint8Array,
): PayloadsDecoding<PayloadsByVersion[V]> {
  return readPayloads(readerOf(octets), version, firstPayload);
}

/** As `decodePayloads`, with the tree of fields. */
export function inspectPayloads<V extends ChainVersion>(
  version: V,
  firstPayload: number,
  octets: Uint8Array,
): { decoding: PayloadsDecoding<PayloadsByVersion[V]>; tree: readonly TreeNode[] } {
  const from = readerOf(octets, true);
  const tree = from.tree!;
  return { decoding: readPayloads(from, version, firstPayload), tree };
}

function readPayloads<V extends ChainVersion>(
  from: Reader,
  version: V,
  first: number,
): PayloadsDecoding<PayloadsByVersion[V]> {
  if (from.end > innerOctetsMax) {
    fail(from, `at most ${octetsText(innerOctetsMax)}`, octetsText(from.end));
    return { ok: false, error: from.error! };
  }
  const payloads = readChain<Ikev2Payload | IsakmpPayload>(from, first, version === 'IKEv2' ? ikev2Chain : isakmpChain);
  if (payloads === fault || (version === 'IKEv2' && !atEnd(from))) return { ok: false, error: from.error! };
  const padding = from.at < from.end ? { padding: take(from, from.end - from.at) } : {};
  return { ok: true, payloads: payloads as PayloadsByVersion[V][], ...padding, notes: from.notes };
}

/** The octets of a message. Throws a RangeError on a value that no message can have, which is a bug of the caller. */
export function encodeMessage(message: Message): Uint8Array {
  const to = writerOf();
  writeHeader(to, message.header, firstNumberOf(message));
  switch (message.kind) {
    case 'IKEv2':
      writeChain(to, message.payloads, ikev2Chain);
      if (message.padding) put(to, message.padding);
      break;
    case 'ISAKMP':
      writeChain(to, message.payloads, isakmpChain);
      if (message.padding) put(to, message.padding);
      break;
    case 'encrypted ISAKMP':
      put(to, message.ciphertext);
      break;
    case 'other version':
      put(to, message.body);
      break;
  }
  patchLength(to);
  if (message.trailing) put(to, message.trailing);
  return written(to);
}

/** The octets of payloads as they follow each other, without a header: what gets encrypted. */
export function encodePayloads<V extends ChainVersion>(
  version: V,
  payloads: readonly PayloadsByVersion[V][],
): Uint8Array {
  const to = writerOf();
  if (version === 'IKEv2') writeChain(to, payloads as readonly Ikev2Payload[], ikev2Chain);
  else writeChain(to, payloads as readonly IsakmpPayload[], isakmpChain);
  return written(to);
}

/** Writes a header whose length `patchLength` fills in. */
export function writeHeader(to: Writer, header: Header, nextPayload: number): void {
  const { initiatorSpi, responderSpi, version, exchangeType, flags, messageId } = header;
  const raw = { initiatorSpi, responderSpi, nextPayload, version, exchangeType, flags, messageId, length: 0 };
  rawHeader.write(to, raw, noScope);
}

/** Sets the header's length to all that is written. */
export function patchLength(to: Writer): void {
  if (to.at > messageOctetsMax) throw new RangeError(`a message of ${to.at} octets`);
  to.view.setUint32(headerOctets - 4, to.at);
}

function firstNumberOf(message: Message): number {
  switch (message.kind) {
    case 'IKEv2':
      return firstPayloadNumber(message.payloads, ikev2Chain);
    case 'ISAKMP':
      return firstPayloadNumber(message.payloads, isakmpChain);
    case 'encrypted ISAKMP':
    case 'other version':
      return message.firstPayload;
  }
}

/** The SPIs of a message as hexadecimal, as logs and Wireshark show them. */
export function spiTexts({ initiatorSpi, responderSpi }: Header): {
  readonly initiator: string;
  readonly responder: string;
} {
  const to = writerOf();
  to.view.setBigUint64(grow(to, 8), initiatorSpi);
  to.view.setBigUint64(grow(to, 8), responderSpi);
  const text = toHex(written(to));
  return { initiator: text.slice(0, 16), responder: text.slice(16) };
}
