/** Sending: requests with their repetitions, and answers — RFC 7296 §2.1, §2.4, §2.11; RFC 7383 §2.5. */
import { retransmissionWait } from '../../model/peer-profile/retransmission.js';
import type { MessageContent } from '../event.js';
import type { Endpoint } from '../input.js';
import { natTraversalPort } from '../wire/framing.js';
import { fromInitiator, type Header, headerOctets, ikev2Flags } from '../wire/header.js';
import { decodeMessage, encodeMessage, type Ikev2Message } from '../wire/message.js';
import type { EncryptedIkev2Payload, Ikev2Payload } from '../wire/payloads/table.js';
import { sealFragments, sealMessage } from '../wire/protect.js';
import { exchangeTypes } from '../wire/registry.js';
import { type IkeSa, spisOf } from './ike-sa.js';
import type { IkeCrypto } from './keys.js';
import { cancelTimer, setTimer, type Turn } from './turn.js';
import type { SentMessage } from './window.js';

export type ExchangeName = 'IKE_SA_INIT' | 'IKE_AUTH' | 'CREATE_CHILD_SA' | 'INFORMATIONAL';

/** Where a message goes out and where to. */
export interface Path {
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

const version = { major: 2, minor: 0 } as const;

export interface Outgoing {
  readonly exchange: ExchangeName;
  readonly payloads: readonly Ikev2Payload[];
  readonly purpose?: string;
}

/** Sends a request of ours and sees to its repetition; the window must be free. */
export function sendRequest(turn: Turn, sa: IkeSa, outgoing: Outgoing): SentMessage {
  const { window } = sa;
  const messageId = window.nextRequestId;
  window.nextRequestId += 1;
  const sent = makeMessage(turn, sa, messageId, false, outgoing);
  window.outstanding = { sent, repetitions: 0 };
  transmit(turn, sa, sent, sa, 0);
  const { profile } = turn.env;
  setTimer(turn, sa, 'retransmit', turn.now + retransmissionWait(profile.retransmission.value, 0));
  return sent;
}

/** Answers the peer's request and keeps the answer. It goes to where the request came from (RFC 7296 §2.11). */
export function sendResponse(turn: Turn, sa: IkeSa, messageId: number, outgoing: Outgoing, path: Path): SentMessage {
  const sent = makeMessage(turn, sa, messageId, true, outgoing);
  sa.window.response = sent;
  transmit(turn, sa, sent, path, 0);
  return sent;
}

/** The answer to our request is here. */
export function endRequest(turn: Turn, sa: IkeSa): void {
  sa.window.outstanding = undefined;
  cancelTimer(turn, sa, 'retransmit');
  turn.touched.add(sa);
}

/** Sends again what is outstanding; false when it was sent often enough. */
export function repeatRequest(turn: Turn, sa: IkeSa): boolean {
  const { outstanding } = sa.window;
  if (!outstanding) return true;
  const schedule = turn.env.profile.retransmission.value;
  if (outstanding.repetitions >= schedule.repetitions) return false;
  outstanding.repetitions += 1;
  transmit(turn, sa, outstanding.sent, sa, outstanding.repetitions);
  setTimer(turn, sa, 'retransmit', turn.now + retransmissionWait(schedule, outstanding.repetitions));
  return true;
}

/** Sends the kept answer again. */
export function repeatResponse(turn: Turn, sa: IkeSa, path: Path): void {
  const { response } = sa.window;
  if (response) transmit(turn, sa, response, path, 1);
}

export function transmit(turn: Turn, sa: IkeSa, { packets }: SentMessage, path: Path, repetition: number): void {
  sa.sentAt = turn.now;
  const { local, remote } = path;
  for (const { octets, content } of packets) {
    const numbered = repetition === 0 ? content : { ...content, repetition };
    turn.out.push({ kind: 'transmit', local, remote, octets, content: numbered });
  }
}

function headerFor(sa: IkeSa, exchange: ExchangeName, messageId: number, response: boolean): Header {
  const { initiator, responder } = spisOf(sa);
  const flags = (sa.role === 'initiator' ? ikev2Flags.INITIATOR : 0) | (response ? ikev2Flags.RESPONSE : 0);
  return {
    initiatorSpi: initiator,
    responderSpi: responder,
    version,
    exchangeType: exchangeTypes.number[exchange],
    flags,
    messageId,
  };
}

function makeMessage(turn: Turn, sa: IkeSa, messageId: number, response: boolean, outgoing: Outgoing): SentMessage {
  const { exchange, payloads, purpose } = outgoing;
  const header = headerFor(sa, exchange, messageId, response);
  if (exchange === 'IKE_SA_INIT' || !sa.crypto) {
    const message: Ikev2Message = { kind: 'IKEv2', header, payloads };
    const content: MessageContent = { ikeSa: sa.name, exchange, repetition: 0, message };
    return { messageId, packets: [{ octets: encodeMessage(message), content: withPurpose(content, purpose) }] };
  }
  const { crypto } = sa;
  const octets = sealMessage({ header, inner: payloads }, crypto.outbound, crypto.nextIv());
  const limit = messageLimit(turn, sa);
  if (sa.fragmentation && octets.length > limit) {
    const base = { ikeSa: sa.name, exchange, repetition: 0, ...(purpose ? { purpose } : {}) };
    return fragmented(messageId, header, payloads, crypto, limit, base);
  }
  const encrypted: EncryptedIkev2Payload = {
    kind: 'SK',
    critical: false,
    firstPayload: octets[headerOctets]!,
    body: { encrypted: octets.subarray(headerOctets + payloadHeaderOctets) },
  };
  const message: Ikev2Message = { kind: 'IKEv2', header, payloads: [encrypted] };
  const content: MessageContent = { ikeSa: sa.name, exchange, repetition: 0, message, inner: payloads };
  return { messageId, packets: [{ octets, content: withPurpose(content, purpose) }] };
}

function withPurpose(content: MessageContent, purpose: string | undefined): MessageContent {
  return purpose === undefined ? content : { ...content, purpose };
}

const payloadHeaderOctets = 4;
const ipHeaderOctets = { 4: 20, 6: 40 } as const;
const udpHeaderOctets = 8;
const markerOctets = 4;
/** No path is narrower, whatever a profile says: the least that IPv4 demands (RFC 791), with its headers off. */
const fragmentOctetsMin = 296;

/** Octets of an IKE message that fit into one packet of the profile's length. */
function messageLimit({ env }: Turn, { remote }: IkeSa): number {
  const marker = remote.port === natTraversalPort ? markerOctets : 0;
  const octets = env.profile.fragmentOctets.value - ipHeaderOctets[remote.address.family] - udpHeaderOctets - marker;
  return Math.max(octets, fragmentOctetsMin);
}

/** The whole content is told of with the last fragment, from which on it can be known. */
function fragmented(
  messageId: number,
  header: Header,
  inner: readonly Ikev2Payload[],
  crypto: IkeCrypto,
  limit: number,
  base: Omit<MessageContent, 'message'>,
): SentMessage {
  const fragments = sealFragments({ header, inner }, crypto.outbound, crypto.nextIv, limit);
  const packets = fragments.map((octets, index) => {
    const decoded = decodeMessage(octets);
    if (!decoded.ok) throw new Error('a fragment of ours that cannot be decoded');
    const isLast = index === fragments.length - 1;
    return { octets, content: { ...base, message: decoded.message, ...(isLast ? { inner } : {}) } };
  });
  return { messageId, packets };
}

/** A message outside of any IKE SA of ours: an answer that keeps nothing, or a notification (RFC 7296 §1.5, §2.21). */
export function sendUnprotected(turn: Turn, header: Header, payloads: readonly Ikev2Payload[], path: Path): void {
  const message: Ikev2Message = { kind: 'IKEv2', header, payloads };
  const exchange = exchangeTypes.brief(header.exchangeType);
  const { local, remote } = path;
  turn.out.push({
    kind: 'transmit',
    local,
    remote,
    octets: encodeMessage(message),
    content: { message, exchange, repetition: 0 },
  });
}

/** The header of an unprotected answer to a request. */
export function answerHeader(request: Header): Header {
  const own = fromInitiator(request) ? 0 : ikev2Flags.INITIATOR;
  return { ...request, version, flags: ikev2Flags.RESPONSE | own };
}
