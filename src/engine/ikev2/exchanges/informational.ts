/**
 * INFORMATIONAL — RFC 7296 §1.4, §2.4, §2.25: Delete payloads, errors that end the IKE SA, and empty messages that only ask
 * whether the peer is there.
 *
 * A Delete names SPIs of the SAs that its sender receives on; the answer names the other directions of the same pairs.
 */
import type { DeletePayload } from '../../wire/payloads/delete.js';
import { spiNumber, spiOctets } from '../../wire/payloads/spis.js';
import { type Ikev2Payload, ikev2Payload } from '../../wire/payloads/table.js';
import { protocolIds } from '../../wire/registry.js';
import type { Child } from '../child-sa.js';
import { endOfIkeSa, recordsOf } from '../failures.js';
import { childKey, type IkeSa } from '../ike-sa.js';
import { notifyName, type Payloads } from '../payloads.js';
import { carryOver, isWantedAgain, startAgainIn, startIkeSaAgain, takeUnderWay, wantedAgain } from '../restart.js';
import { closeIkeSa, removeChild } from '../table.js';
import { endRequest, type Path, sendResponse } from '../transport.js';
import { ignore, report, type Turn } from '../turn.js';
import { adoptCollision, dropCollision } from './rekey-ike.js';

/** Errors after which the sender has no IKE SA any more (RFC 7296 §2.21.2). */
const fatal: ReadonlySet<string> = new Set(['AUTHENTICATION_FAILED', 'INVALID_SYNTAX', 'UNSUPPORTED_CRITICAL_PAYLOAD']);

export function onInformationalRequest(
  turn: Turn,
  sa: IkeSa,
  { payloads, messageId, path }: { readonly payloads: Payloads; readonly messageId: number; readonly path: Path },
): void {
  const deletes = payloads.all('D');
  const endsIkeSa = deletes.some(({ protocolId }) => protocolId === protocolIds.number.IKE);
  const error = payloads.error();
  const isFatal = error !== undefined && fatal.has(notifyName(error));
  const answer = endsIkeSa || isFatal ? [] : deletes.flatMap((one) => onDelete(turn, sa, one));
  const purpose = deletes.length > 0 ? 'delete' : payloads.list.length === 0 ? 'liveness' : undefined;
  sendResponse(
    turn,
    sa,
    messageId,
    { exchange: 'INFORMATIONAL', payloads: answer, ...(purpose ? { purpose } : {}) },
    path,
  );
  if (isFatal) {
    onFatal(turn, sa, notifyName(error));
    return;
  }
  if (endsIkeSa) {
    adoptCollision(turn, sa, 'INFORMATIONAL request');
    const lost = wantedAgain(sa, 'closed by the peer');
    const waiting = takeUnderWay(sa);
    closeIkeSa(turn, sa, 'INFORMATIONAL request', 'the peer deleted it');
    startIkeSaAgain(turn, sa, lost, 'closed by the peer');
    carryOver(turn, waiting);
    return;
  }
  if (error) ignore(turn, sa.remote, `the peer says ${notifyName(error)}`, 'RFC 7296 §3.10.1', sa);
  turn.touched.add(sa);
}

/** The peer does not believe us, or cannot read us: it has given the IKE SA up. */
function onFatal(turn: Turn, sa: IkeSa, notify: string): void {
  const says = endOfIkeSa(sa, notify);
  report(turn, sa, {
    code: says.code,
    attempt: 'IKE SA',
    foundBy: 'peer',
    role: sa.role,
    text: says.why,
    rfc: says.rfc,
    notify,
    records: recordsOf(sa),
  });
  dropCollision(turn, sa, says.why);
  closeIkeSa(turn, sa, 'INFORMATIONAL request', says.why, true);
}

/** Takes out the pairs that a Delete payload names, and names their other directions, save those that we are deleting. */
function onDelete(turn: Turn, sa: IkeSa, { protocolId, spis }: DeletePayload): readonly Ikev2Payload[] {
  const protocol =
    protocolId === protocolIds.number.ESP ? 'ESP' : protocolId === protocolIds.number.AH ? 'AH' : undefined;
  if (!protocol) {
    ignore(turn, sa.remote, `a Delete payload for ${protocolIds.describe(protocolId)}`, 'RFC 7296 §3.11', sa);
    return [];
  }
  const answered: Uint8Array[] = [];
  for (const octets of spis.list) {
    const spi = spiNumber(octets) ?? 0;
    const child = sa.children.get(childKey(protocol, spi));
    if (!child) {
      ignore(turn, sa.remote, `no Child SA has the SPI ${spi} that is to be deleted`, 'RFC 7296 §2.25.1', sa);
      continue;
    }
    if (child.state !== 'Deleting') answered.push(spiOctets(child.inboundSpi));
    const isMissed = child.state === 'Installed' && isWantedAgain(child, 'closed by the peer');
    removeChild(turn, sa, child, child.successor ? 'it was rekeyed' : 'the peer deleted it');
    if (isMissed) startAgainIn(turn, sa, child.purpose);
  }
  return answered.length > 0 ? [deletePayload(protocol, answered)] : [];
}

export function deletePayload(protocol: 'ESP' | 'AH', spis: readonly Uint8Array[]): Ikev2Payload {
  return ikev2Payload('D', { protocolId: protocolIds.number[protocol], spis: { size: 4, list: spis } });
}

/** Delete payloads for pairs, one for each protocol. */
export function deletePayloads(children: readonly Child[]): readonly Ikev2Payload[] {
  return (['ESP', 'AH'] as const).flatMap((protocol) => {
    const spis = children.filter((child) => child.protocol === protocol).map(({ inboundSpi }) => spiOctets(inboundSpi));
    return spis.length > 0 ? [deletePayload(protocol, spis)] : [];
  });
}

export function deleteIkePayload(): Ikev2Payload {
  return ikev2Payload('D', { protocolId: protocolIds.number.IKE, spis: { size: 0, list: [] } });
}

export function onInformationalResponse(turn: Turn, sa: IkeSa, payloads: Payloads): void {
  endRequest(turn, sa);
  const { current } = sa;
  sa.current = undefined;
  if (sa.state.state === 'Deleting') {
    closeIkeSa(turn, sa, 'INFORMATIONAL response', sa.state.why);
    return;
  }
  const error = payloads.error();
  if (error && notifyName(error) === 'INVALID_SYNTAX') {
    closeIkeSa(turn, sa, 'INFORMATIONAL response', 'the peer finds our message malformed');
    return;
  }
  if (current?.kind === 'delete-children') {
    for (const child of current.children) removeChild(turn, sa, child, current.why);
  }
}
