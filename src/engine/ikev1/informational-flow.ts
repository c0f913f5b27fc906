/** Informational exchanges and those that are not supported, as they come in — RFC 2409 §5.7, RFC 2408 §5.14 and §5.15. */

import { equalConstantTime, toHex } from '../crypto/octets.js';
import type { Failure } from '../failure.js';
import { uniquenessOf } from '../uniqueness.js';
import { decode } from '../wire/codec.js';
import { deadPeerDetection, lifetimeAttributes as lifetimeList } from '../wire/isakmp/notify.js';
import { openIsakmp } from '../wire/isakmp/protect.js';
import type { IsakmpPayload, IsakmpPayloadOfKind } from '../wire/isakmp/table.js';
import type { EncryptedIsakmpMessage, IsakmpMessage } from '../wire/message.js';
import { spiNumber } from '../wire/payloads/spis.js';
import { isakmpNotifyTypes, isakmpProtocolIds } from '../wire/registry/isakmp.js';
import { oakleyAttributes } from '../wire/registry/isakmp-attributes.js';
import { lifetimesOf } from './attributes.js';
import { codeOfNotify, notifyName, phase1Failure } from './failures.js';
import { aboutIsakmp, deadPeerPayload, notification, protectedInformational } from './informational.js';
import { exchangeIv } from './keys.js';
import {
  type ChildSlot,
  childrenBetween,
  emit,
  endsOf,
  type Machine,
  removeChild,
  type Slot,
  sameEndpoint,
} from './machine.js';
import { freshMessageId, noteMessageId } from './message-ids.js';
import { breach, informational } from './message-rules.js';
import { type Arrival, payloadsOf, rawOf } from './messages.js';
import { orphansOf } from './orphans.js';
import { peerText, saysInitialContact } from './phase1-common.js';
import { closeSlot, forgetOthers, sameIdentity, setLifeTimers } from './phase1-end.js';
import { type Incoming, received } from './phase1-flow.js';
import type { IsakmpSa } from './phase1-state.js';
import { protocolIds } from './phase2-proposals.js';
import { heard, onConnectedNotify, onQuickError } from './quick-flow.js';
import { isHashRight } from './quick-mode.js';
import { carryOver, startAgain, takeUnderWay, wantedAgain } from './restart.js';
import { hasten, ignore, transmit } from './transmission.js';

const { number: notify } = isakmpNotifyTypes;
const { number: protocols } = isakmpProtocolIds;

/** The first number of notifications that are no errors (RFC 2408 §3.14.1). */
const statusFirst = 16_384;

type NotifyBody = IsakmpPayloadOfKind<'N'>['body'];

/**
 * An error in the clear. Whoever can see our messages can send one, so that it ends nothing: it is remembered as what may
 * be the reason, and we give up sooner.
 */
export function onClearInformational(
  machine: Machine,
  slot: Slot | undefined,
  incoming: Incoming & { readonly message: IsakmpMessage },
): void {
  const { peers, message } = incoming;
  received(machine, incoming, slot);
  const errors = payloadsOf(message.payloads, 'N').filter(({ body }) => body.type < statusFirst);
  const [first] = errors;
  const names = payloadsOf(message.payloads, 'N').map(({ body }) => notifyName(body.type));
  const what = names.length > 0 ? names.join(', ') : 'an Informational';
  if (!slot?.state || !first || !sameEndpoint(peers.remote, slot.peers.remote)) {
    ignore(machine, peers, `${what} in the clear, which anybody could have sent`, {
      rfc: 'RFC 2409 §5.7',
      ...(slot ? { slot } : {}),
    });
    return;
  }
  slot.suspicion ??= suspected(slot, first.body);
  hasten(slot.sent);
  ignore(machine, peers, `${what} in the clear is taken as a hint, not as proof`, { rfc: 'RFC 2409 §5.7', slot });
}

function suspected(slot: Slot, { type }: NotifyBody): Failure {
  const name = notifyName(type);
  const { state } = slot;
  // What cannot be decrypted looks malformed to the peer: with preshared keys that is how different ones show.
  const isWrongKey =
    type === notify['PAYLOAD-MALFORMED'] && state?.state === 'AwaitAuth' && slot.pad.localMethod.value === 'PSK';
  const code = isWrongKey ? 'authentication-failed' : codeOfNotify(type, 'IKE SA');
  const hint = isWrongKey ? ', most likely because the preshared keys of both sides differ' : '';
  const basis = { role: slot.role, pad: slot.pad, policy: slot.policy };
  return phase1Failure(basis, code, `${peerText(slot.peers)} refuses: ${name}${hint}`, {
    foundBy: 'peer',
    notify: name,
  });
}

/** An encrypted message of an exchange other than Quick Mode, under an ISAKMP SA. */
export function onProtected(
  machine: Machine,
  slot: Slot,
  sa: IsakmpSa,
  incoming: Incoming & { readonly message: EncryptedIsakmpMessage },
): Arrival | undefined {
  const { peers, message } = incoming;
  const { messageId } = message.header;
  const opened = openIsakmp(message, sa.keys.protection, exchangeIv(sa.suite, sa.lastBlock, messageId));
  received(machine, incoming, slot, opened.ok ? opened.payloads : undefined);
  if (!opened.ok) {
    ignore(machine, peers, 'it cannot be decrypted', { slot });
    return undefined;
  }
  const length = opened.plaintext.length - (opened.padding?.length ?? 0);
  const arrival: Arrival = {
    peers,
    header: message.header,
    encrypted: true,
    payloads: opened.payloads,
    raw: rawOf(message.firstPayload, opened.plaintext.subarray(0, length)),
    nextIv: opened.nextIv,
  };
  if (!isHashRight(sa, arrival)) {
    ignore(machine, peers, 'its hash is wrong', { slot, rfc: 'RFC 2409 §5.7' });
    return undefined;
  }
  if (!noteMessageId(slot, messageId) && !slot.quick.has(messageId)) {
    ignore(machine, peers, 'an old message that came again', { slot, rfc: 'RFC 2409 §5.7' });
    return undefined;
  }
  heard(machine, slot, peers.remote);
  return arrival;
}

/** An Informational that is the peer's. */
export function onInformational(machine: Machine, slot: Slot, sa: IsakmpSa, arrival: Arrival): void {
  const fault = breach(informational, arrival);
  if (fault) {
    ignore(machine, arrival.peers, fault, { slot, rfc: 'RFC 2409 §5.7' });
    return;
  }
  for (const payload of arrival.payloads) {
    if (!machine.slots.has(slot.name.serial)) return;
    if (payload.kind === 'N') onNotify(machine, slot, sa, arrival, payload.body);
    if (payload.kind === 'D') onDelete(machine, slot, payload.body);
  }
}

function onNotify(machine: Machine, slot: Slot, sa: IsakmpSa, arrival: Arrival, body: NotifyBody): void {
  const spi = spiNumber(body.spi);
  switch (body.type) {
    case notify['R-U-THERE']:
      answerLiveness(machine, slot, sa, body);
      return;
    case notify['R-U-THERE-ACK']:
      return; // that it came authentic is all there is to it; see `heard`
    case notify['INITIAL-CONTACT']:
      if (saysInitialContact(arrival.payloads) && uniquenessOf(sa.pad, machine.env.profile) !== 'never')
        forgetOthers(machine, slot, sa);
      return;
    case notify['RESPONDER-LIFETIME']:
      shortenLife(machine, slot, sa, body);
      return;
    case notify.CONNECTED:
      onConnectedNotify(machine, slot, spi, arrival.header.messageId);
      return;
    case notify['INVALID-SPI']:
      onInvalidSpi(machine, slot, spi);
      return;
    default:
      if (body.type < statusFirst && onQuickError(machine, slot, body.type, spi)) return;
      ignore(machine, arrival.peers, `${notifyName(body.type)} says nothing that could be acted upon`, { slot });
  }
}

/** R-U-THERE is answered with its own number (RFC 3706 §5.4). */
function answerLiveness(machine: Machine, slot: Slot, sa: IsakmpSa, body: NotifyBody): void {
  const { spi } = aboutIsakmp(sa.cookies);
  const data = decode(deadPeerDetection, body.data);
  if (!data.ok || !equalConstantTime(spi, body.spi)) {
    ignore(machine, slot.peers, 'R-U-THERE about another ISAKMP SA', { slot, rfc: 'RFC 3706 §5.3' });
    return;
  }
  const payload = deadPeerPayload('R-U-THERE-ACK', data.value.sequenceNumber, sa.cookies);
  const outgoing = protectedInformational(sa, freshMessageId(machine, slot), [payload], 'liveness');
  transmit(machine, slot, slot.peers, outgoing, 0);
}

const lifeTypes = {
  life: oakleyAttributes.number['Life Type'],
  duration: oakleyAttributes.number['Life Duration'],
} as const;

/** The responder's own lifetime of the ISAKMP SA is shorter than ours (RFC 2407 §4.6.3.1). */
function shortenLife(machine: Machine, slot: Slot, sa: IsakmpSa, body: NotifyBody): void {
  if (body.protocolId !== protocols.PROTO_ISAKMP) return;
  const decoded = decode(lifetimeList(body.protocolId), body.data);
  const seconds = decoded.ok ? lifetimesOf(decoded.value, lifeTypes).seconds : undefined;
  if (!seconds || (sa.lifetimeSeconds !== 0 && seconds >= sa.lifetimeSeconds)) return;
  slot.sa = { ...sa, lifetimeSeconds: seconds };
  setLifeTimers(machine, slot, slot.sa);
}

/** The peer has not the SA that we send through: our half of it is of no use. */
function onInvalidSpi(machine: Machine, slot: Slot, spi: number | undefined): void {
  const child = childrenOfPeer(machine, slot).find((one) => one.child.outbound.spi === spi);
  if (child) removeChild(machine, child, 'the peer does not know its SPI');
}

/** The peer no longer has SAs: of ESP and AH those that it received by these SPIs, or an ISAKMP SA. */
function onDelete(machine: Machine, slot: Slot, body: IsakmpPayloadOfKind<'D'>['body']): void {
  if (body.protocolId === protocols.PROTO_ISAKMP) {
    for (const spi of body.spis.list) {
      const other = machine.byCookies.get(toHex(spi));
      // A peer can delete its own ISAKMP SAs only.
      if (other?.sa && isSamePeer(other, slot)) closedByPeer(machine, other);
    }
    return;
  }
  const protocol = body.protocolId === protocolIds.ESP ? 'ESP' : body.protocolId === protocolIds.AH ? 'AH' : undefined;
  const spis = new Set(body.spis.list.map((spi) => spiNumber(spi)));
  const gone = childrenOfPeer(machine, slot).filter(
    ({ child: { outbound } }) => outbound.protocol === protocol && spis.has(outbound.spi),
  );
  const lost = wantedAgain(gone, 'closed by the peer');
  for (const child of gone) removeChild(machine, child, 'the peer has deleted it');
  startAgain(machine, lost, 'closed by the peer');
}

/** With the last ISAKMP SA its pairs may go, as the product has it; those that are wanted again are sought anew. */
function closedByPeer(machine: Machine, slot: Slot): void {
  const ends = machine.env.profile.pairsWithoutIsakmpSa.value === 'end';
  const lost = ends ? wantedAgain(orphansOf(machine, slot), 'closed by the peer') : [];
  const waiting = takeUnderWay(machine, slot);
  closeSlot(machine, slot, 'the peer has deleted it');
  startAgain(machine, lost, 'closed by the peer');
  carryOver(machine, waiting);
}

/** Pairs with the peer of an ISAKMP SA; behind one NAT there may be others at its address. */
function childrenOfPeer(machine: Machine, slot: Slot): ChildSlot[] {
  const { sa } = slot;
  if (!sa) return [];
  return childrenBetween(machine, endsOf(slot)).filter(({ peer }) => sameIdentity(peer, sa.peerId.identity));
}

function isSamePeer(a: Slot, b: Slot): boolean {
  if (a === b) return true;
  if (!a.sa || !b.sa || a.pad !== b.pad) return false;
  return sameIdentity(a.sa.peerId.identity, b.sa.peerId.identity);
}

/** Exchanges that only remote access needs, or nobody: said clearly, and to the peer as well. */
export function onUnsupported(machine: Machine, slot: Slot, sa: IsakmpSa, arrival: Arrival, exchange: string): void {
  const isTransaction = arrival.payloads.some((payload: IsakmpPayload) => payload.kind === 'CP');
  const what = isTransaction
    ? 'the peer asks for a user’s name and password or for addresses (XAUTH, mode config)'
    : `the peer starts the exchange ${exchange}`;
  const text = `${what}, which is not supported`;
  emit(machine, {
    kind: 'failed',
    ikeSa: slot.name,
    failure: phase1Failure({ role: slot.role, pad: slot.pad, policy: slot.policy }, 'exchange-refused', text, {
      notify: 'UNSUPPORTED-EXCHANGE-TYPE',
    }),
  });
  const payload = notification(notify['UNSUPPORTED-EXCHANGE-TYPE'], aboutIsakmp(sa.cookies));
  const outgoing = protectedInformational(sa, freshMessageId(machine, slot), [payload], 'UNSUPPORTED-EXCHANGE-TYPE');
  transmit(machine, slot, slot.peers, outgoing, 0);
}
