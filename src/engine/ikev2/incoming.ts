/**
 * Messages on their way in — RFC 7296 §2.1 to §2.3, §2.5, §2.21, §3.1: whose they are, whether they are genuine, new and legal
 * in the state, and what is answered to those that are not.
 */
import type { MessageContent } from '../event.js';
import type { IncomingDatagram } from '../ike-version.js';
import { formatDecodeError } from '../wire/codec.js';
import { fromInitiator, type Header, isResponse } from '../wire/header.js';
import { decodeMessage, type Ikev2Message } from '../wire/message.js';
import type { Ikev2Payload } from '../wire/payloads/table.js';
import { encryptedPayload, openFragment, openMessage } from '../wire/protect.js';
import { exchangeTypes, payloadTypes } from '../wire/registry.js';
import { onRequest, onResponse } from './exchanges/exchanges.js';
import { onSaInitAccepted, onSaInitRefused } from './exchanges/sa-init.js';
import { onSaInitRequest } from './exchanges/sa-init-responder.js';
import { follow } from './follow.js';
import { addFragment } from './fragments.js';
import type { IkeSa } from './ike-sa.js';
import { type MessageName, takes } from './lifecycle.js';
import { waitingOctetsMax } from './limits.js';
import { checkPayloads, unknownCritical } from './message-rules.js';
import { notification, Payloads } from './payloads.js';
import { closeIkeSa } from './table.js';
import { answerHeader, type ExchangeName, repeatResponse, sendResponse, sendUnprotected } from './transport.js';
import { emit, ignore, type Turn } from './turn.js';
import { onUnprotected, tellUnknownIkeSpi, tellVersion } from './unprotected.js';
import { requestPlace } from './window.js';

const exchanges = exchangeTypes.number;

const names: ReadonlyMap<number, ExchangeName> = new Map([
  [exchanges.IKE_SA_INIT, 'IKE_SA_INIT'],
  [exchanges.IKE_AUTH, 'IKE_AUTH'],
  [exchanges.CREATE_CHILD_SA, 'CREATE_CHILD_SA'],
  [exchanges.INFORMATIONAL, 'INFORMATIONAL'],
]);

/** Takes one datagram. */
export function onDatagram(turn: Turn, given: IncomingDatagram): void {
  // What is kept of a message must not change with the buffer that it came in.
  const { local, remote, header } = given;
  const datagram: IncomingDatagram = { local, remote, octets: given.octets.slice(), header };
  if (header.version.major > 2) {
    tellVersion(turn, datagram);
    return;
  }
  const exchange = names.get(header.exchangeType);
  if (!exchange) {
    ignore(turn, remote, `exchange type ${exchangeTypes.describe(header.exchangeType)}`, 'RFC 7296 §3.1');
    return;
  }
  const decoded = decodeMessage(datagram.octets);
  if (!decoded.ok) {
    ignore(turn, remote, formatDecodeError(decoded.error), 'RFC 7296 §2.21.4');
    return;
  }
  const { message } = decoded;
  if (message.kind !== 'IKEv2') {
    ignore(turn, remote, 'no message of IKEv2', 'RFC 7296 §3.1');
    return;
  }
  if (exchange === 'IKE_SA_INIT' && !isResponse(header)) {
    onFirstMessage(turn, datagram, message);
    return;
  }
  const sa = ownerOf(turn, header);
  if (!sa) {
    if (!encryptedPayload(message) && onUnprotected(turn, datagram, message)) {
      return;
    }
    tellUnknownIkeSpi(turn, datagram);
    return;
  }
  if (exchange === 'IKE_SA_INIT') {
    onSaInitResponse(turn, sa, datagram, message);
    return;
  }
  if (!encryptedPayload(message)) {
    if (onUnprotected(turn, datagram, message, sa)) {
      return;
    }
    ignore(turn, remote, 'a message in the clear where all are protected', 'RFC 7296 §1.2', sa);
    return;
  }
  onProtected(turn, sa, datagram, message, exchange);
}

/** The IKE SA of a message, by our own SPI in it: the sender says whether it is the initiator of the IKE SA. */
function ownerOf({ host }: Turn, header: Header): IkeSa | undefined {
  const isForResponder = fromInitiator(header);
  const sa = host.bySpi.get(isForResponder ? header.responderSpi : header.initiatorSpi);
  if (!sa || sa.role !== (isForResponder ? 'responder' : 'initiator')) return undefined;
  const peerSpi = isForResponder ? header.initiatorSpi : header.responderSpi;
  return sa.peerSpi === peerSpi || sa.peerSpi === 0n ? sa : undefined;
}

function received(
  turn: Turn,
  { local, remote, octets }: IncomingDatagram,
  message: Ikev2Message,
  more: { readonly sa?: IkeSa; readonly inner?: readonly Ikev2Payload[]; readonly purpose?: string } = {},
): void {
  const { sa, inner, purpose } = more;
  const exchange = exchangeTypes.brief(message.header.exchangeType);
  const content: MessageContent =
    sa && inner && !purpose
      ? { ikeSa: sa.name, message, inner, exchange, repetition: 0 }
      : {
          ...(sa ? { ikeSa: sa.name } : {}),
          message,
          ...(inner ? { inner } : {}),
          exchange,
          ...(purpose ? { purpose } : {}),
          repetition: 0,
        };
  emit(turn, { kind: 'received', local, remote, octets, content });
}

function onFirstMessage(turn: Turn, datagram: IncomingDatagram, message: Ikev2Message): void {
  const { header, remote } = datagram;
  if (header.initiatorSpi === 0n || header.responderSpi !== 0n || header.messageId !== 0 || !fromInitiator(header)) {
    ignore(turn, remote, 'an IKE_SA_INIT request with a header that cannot be', 'RFC 7296 §3.1');
    return;
  }
  received(turn, datagram, message);
  const payloads = new Payloads(message.payloads);
  const critical = unknownCritical(payloads);
  if (critical !== undefined) {
    ignore(turn, remote, `critical payload ${payloadTypes.describe(critical)} is not known`, 'RFC 7296 §2.5');
    const refusal = notification('UNSUPPORTED_CRITICAL_PAYLOAD', Uint8Array.of(critical));
    sendUnprotected(turn, answerHeader(header), [refusal], datagram);
    return;
  }
  const checked = checkPayloads('IKE_SA_INIT request', payloads);
  if (!checked.ok) {
    ignore(turn, remote, checked.why, 'RFC 7296 §2.21.1');
    sendUnprotected(turn, answerHeader(header), [notification('INVALID_SYNTAX')], datagram);
    return;
  }
  onSaInitRequest(turn, datagram, payloads);
}

function onSaInitResponse(turn: Turn, sa: IkeSa, datagram: IncomingDatagram, message: Ikev2Message): void {
  const { header, remote, octets } = datagram;
  const { state } = sa;
  const { family, value } = sa.remote.address;
  if (state.state !== 'AwaitSaInitResponse' || header.messageId !== 0 || !sa.window.outstanding) {
    ignore(turn, remote, 'an answer to IKE_SA_INIT that nobody waits for', 'RFC 7296 §2.1', sa);
    return;
  }
  if (remote.address.family !== family || remote.address.value !== value) {
    ignore(turn, remote, 'an answer from elsewhere than the request went to', 'RFC 7296 §2.11', sa);
    return;
  }
  received(turn, datagram, message, { sa });
  const payloads = new Payloads(message.payloads);
  const checked = checkPayloads('IKE_SA_INIT response', payloads);
  const critical = unknownCritical(payloads);
  if (!checked.ok) {
    ignore(turn, remote, checked.why, 'RFC 7296 §2.21.1', sa);
    return;
  }
  if (critical !== undefined) {
    ignore(turn, remote, `critical payload ${payloadTypes.describe(critical)} is not known`, 'RFC 7296 §2.5', sa);
    return;
  }
  if (checked.form === 'refuses') {
    onSaInitRefused(turn, sa, state, payloads);
    return;
  }
  const answer = { octets, responderSpi: header.responderSpi, payloads, path: { local: datagram.local, remote } };
  onSaInitAccepted(turn, sa, state, answer);
}

function onProtected(
  turn: Turn,
  sa: IkeSa,
  datagram: IncomingDatagram,
  message: Ikev2Message,
  exchange: ExchangeName,
): void {
  const { header, remote } = datagram;
  const isAnswer = isResponse(header);
  const name: MessageName = `${exchange} ${isAnswer ? 'response' : 'request'}`;
  if (!sa.crypto) {
    ignore(turn, remote, `${name}, and there are no keys yet`, 'RFC 7296 §1.2', sa);
    return;
  }
  if (isAnswer) {
    const { outstanding } = sa.window;
    const asked = outstanding?.sent.packets[0]?.content.exchange;
    if (outstanding?.sent.messageId !== header.messageId || asked !== exchange) {
      ignore(turn, remote, `${name} ${header.messageId}, which nobody waits for`, 'RFC 7296 §2.3', sa);
      return;
    }
  } else {
    const place = requestPlace(sa.window, header.messageId);
    if (place === 'repeated') {
      onRepeated(turn, sa, datagram, message);
      return;
    }
    if (place !== 'next') {
      const why = `${name} ${header.messageId} is out of the window: ${sa.window.expectedRequestId} is expected`;
      ignore(turn, remote, why, 'RFC 7296 §2.3', sa);
      return;
    }
  }
  if (!takes(sa, name)) {
    ignore(turn, remote, `${name} in state ${sa.state.state}`, 'RFC 7296 §1.2', sa);
    return;
  }
  const inner = open(turn, sa, datagram, message);
  if (inner === 'nothing') {
    return;
  }
  noteHeard(turn, sa, datagram);
  if (!isAnswer) sa.window.expectedRequestId += 1;
  if (inner === 'malformed') {
    onMalformed(turn, sa, datagram, exchange, name, 'its contents are malformed');
    return;
  }
  const payloads = new Payloads(inner);
  const purpose = purposeOf(exchange, payloads);
  received(turn, datagram, message, { sa, inner, ...(purpose ? { purpose } : {}) });
  const critical = unknownCritical(payloads);
  if (critical !== undefined) {
    onCritical(turn, sa, datagram, exchange, name, critical);
    return;
  }
  const checked = checkPayloads(name, payloads);
  if (!checked.ok) {
    onMalformed(turn, sa, datagram, exchange, name, checked.why);
    return;
  }
  const path = { local: datagram.local, remote };
  if (isAnswer) onResponse(turn, sa, exchange, checked.form, payloads);
  else onRequest(turn, sa, { exchange, form: checked.form, payloads, messageId: header.messageId, path });
}

/** The contents; `malformed` where the peer has sent what cannot be read, `nothing` where it is not known to be the peer's. */
function open(
  turn: Turn,
  sa: IkeSa,
  datagram: IncomingDatagram,
  message: Ikev2Message,
): readonly Ikev2Payload[] | 'nothing' | 'malformed' {
  const { octets, remote, header } = datagram;
  const { inbound } = sa.crypto!;
  if (encryptedPayload(message)?.kind === 'SKF') return openPart(turn, sa, datagram, message);
  const opened = openMessage(octets, message, inbound);
  if (opened.ok) return opened.payloads;
  if (opened.reason === 'payloads' || opened.reason === 'padding') return 'malformed';
  ignore(
    turn,
    remote,
    `message ${header.messageId} cannot be opened: ${whyClosed[opened.reason]}`,
    'RFC 7296 §2.21.4',
    sa,
  );
  return 'nothing';
}

const whyClosed = {
  'not encrypted': 'nothing in it is encrypted',
  length: 'its length cannot be',
  integrity: 'its ICV is wrong',
} as const;

function openPart(
  turn: Turn,
  sa: IkeSa,
  datagram: IncomingDatagram,
  message: Ikev2Message,
): readonly Ikev2Payload[] | 'nothing' | 'malformed' {
  const { host } = turn;
  const { octets, remote, header } = datagram;
  const part = openFragment(octets, message, sa.crypto!.inbound);
  if (!part.ok) {
    if (part.reason === 'padding' || part.reason === 'payloads') return 'malformed';
    ignore(turn, remote, `a fragment cannot be opened: ${whyClosed[part.reason]}`, 'RFC 7383 §2.6', sa);
    return 'nothing';
  }
  if (!sa.fragmentation) {
    ignore(turn, remote, 'a fragment, and fragmentation was not agreed on', 'RFC 7383 §2.3', sa);
    return 'nothing';
  }
  const side = isResponse(header) ? sa.window.responses : sa.window.requests;
  const room = waitingOctetsMax - host.waitingOctets;
  const outcome = addFragment(side.waiting, header.messageId, part, room);
  const before = side.waiting?.octets ?? 0;
  switch (outcome.kind) {
    case 'waiting':
      side.waiting = outcome.waiting;
      host.waitingOctets += outcome.waiting.octets - before;
      received(turn, datagram, message, { sa });
      return 'nothing';
    case 'refused':
      ignore(turn, remote, outcome.why, 'RFC 7383 §2.6', sa);
      return 'nothing';
    case 'whole':
      side.waiting = undefined;
      host.waitingOctets -= before;
      return outcome.message.ok ? outcome.message.payloads : 'malformed';
  }
}

/** A request that was answered: the answer is sent again, for fragments with the first one only (RFC 7383 §2.6.1). */
function onRepeated(turn: Turn, sa: IkeSa, datagram: IncomingDatagram, message: Ikev2Message): void {
  const { remote, octets, local } = datagram;
  const opened = openFragment(octets, message, sa.crypto!.inbound);
  if (!opened.ok) {
    ignore(turn, remote, 'a repeated request that is not genuine', 'RFC 7296 §2.1', sa);
    return;
  }
  if (opened.fragmentNumber !== 1) {
    ignore(turn, remote, 'a repeated fragment', 'RFC 7383 §2.6.1', sa);
    return;
  }
  ignore(turn, remote, 'a repeated request: the answer is repeated', 'RFC 7296 §2.1', sa);
  repeatResponse(turn, sa, { local, remote });
}

/** The peer is alive. Where a NAT stands before it, this is where it is now (RFC 7296 §2.23). */
function noteHeard(turn: Turn, sa: IkeSa, datagram: IncomingDatagram): void {
  sa.heardAt = turn.now;
  if (sa.state.state !== 'AwaitAuthRequest') follow(turn, sa, datagram);
}

/** INVALID_SYNTAX ends the IKE SA on both sides (RFC 7296 §2.21.2, §2.21.3). */
function onMalformed(
  turn: Turn,
  sa: IkeSa,
  { header, local, remote }: IncomingDatagram,
  exchange: ExchangeName,
  name: MessageName,
  why: string,
): void {
  emit(turn, {
    kind: 'failed',
    ikeSa: sa.name,
    failure: {
      code: 'invalid-message',
      attempt: 'IKE SA',
      foundBy: 'us',
      role: sa.role,
      text: `the peer sent what cannot be: ${why}`,
      rfc: 'RFC 7296 §2.21.3',
      notify: 'INVALID_SYNTAX',
      records: sa.pad ? [sa.pad.source] : [],
    },
  });
  if (!isResponse(header)) {
    const payloads = [notification('INVALID_SYNTAX')];
    sendResponse(turn, sa, header.messageId, { exchange, payloads }, { local, remote });
  }
  closeIkeSa(turn, sa, name, 'the peer sent a malformed message');
}

/** The message is refused as a whole; the IKE SA stays, unless it is one that is just being made (RFC 7296 §2.5). */
function onCritical(
  turn: Turn,
  sa: IkeSa,
  { header, local, remote }: IncomingDatagram,
  exchange: ExchangeName,
  name: MessageName,
  type: number,
): void {
  const why = `critical payload ${payloadTypes.describe(type)} is not known`;
  ignore(turn, remote, why, 'RFC 7296 §2.5', sa);
  if (!isResponse(header)) {
    const payloads = [notification('UNSUPPORTED_CRITICAL_PAYLOAD', Uint8Array.of(type))];
    sendResponse(turn, sa, header.messageId, { exchange, payloads }, { local, remote });
    if (exchange === 'IKE_AUTH') closeIkeSa(turn, sa, name, why);
    return;
  }
  closeIkeSa(turn, sa, name, why);
}

/** What a message is for, where its exchange does not say. */
function purposeOf(exchange: ExchangeName, payloads: Payloads): string | undefined {
  if (exchange === 'CREATE_CHILD_SA') {
    if (payloads.notify('REKEY_SA')) return 'rekey of Child SA';
    return payloads.count('TSi') > 0 ? 'new Child SA' : payloads.count('SA') > 0 ? 'rekey of IKE SA' : undefined;
  }
  if (exchange !== 'INFORMATIONAL') return undefined;
  if (payloads.count('D') > 0) return 'delete';
  return payloads.list.length === 0 ? 'liveness' : undefined;
}
