/**
 * CREATE_CHILD_SA of the responder — RFC 7296 §1.3, §2.8, §2.25.
 *
 *   HDR, SK {SA, Ni, [KEi,] TSi, TSr}                 -->  <--  HDR, SK {SA, Nr, [KEr,] TSi, TSr}
 *   HDR, SK {N(REKEY_SA), SA, Ni, [KEi,] TSi, TSr}    -->  <--  the same
 *   HDR, SK {SA, Ni, KEi}                             -->  <--  HDR, SK {SA, Nr, KEr}
 *
 * What would cross an exchange of ours is put off with TEMPORARY_FAILURE where §2.25 says so; two rekeyings of one SA both
 * go through, and nonces decide later which stays.
 */

import { spiNumber } from '../../wire/payloads/spis.js';
import type { Ikev2Payload } from '../../wire/payloads/table.js';
import { protocolIds } from '../../wire/registry.js';
import { answerChild } from '../child-answer.js';
import type { Child } from '../child-sa.js';
import { childKey, type IkeSa } from '../ike-sa.js';
import { childBecomes } from '../lifecycle.js';
import { childrenPerIkeSaMax, nonceOctets } from '../limits.js';
import type { FormOf } from '../message-rules.js';
import { childNotification, notification, type Payloads } from '../payloads.js';
import { type Path, sendResponse } from '../transport.js';
import { ignore, report, type Turn } from '../turn.js';
import { answerIkeRekey } from './rekey-ike.js';

export interface CreateChildRequest {
  readonly form: FormOf<'CREATE_CHILD_SA request'>;
  readonly payloads: Payloads;
  readonly messageId: number;
  readonly path: Path;
}

export function onCreateChildRequest(turn: Turn, sa: IkeSa, request: CreateChildRequest): void {
  const { form, payloads, messageId, path } = request;
  const rekey = payloads.notify('REKEY_SA');
  const purpose = form === 'rekeys the IKE SA' ? 'rekey of IKE SA' : rekey ? 'rekey of Child SA' : 'new Child SA';
  const answer = (inner: readonly Ikev2Payload[]) => {
    sendResponse(turn, sa, messageId, { exchange: 'CREATE_CHILD_SA', payloads: inner, purpose }, path);
  };
  const busy = whyBusy(sa, form);
  if (busy) {
    ignore(turn, sa.remote, `${purpose} is put off: ${busy}`, 'RFC 7296 §2.25', sa);
    answer([notification('TEMPORARY_FAILURE')]);
    return;
  }
  if (form === 'rekeys the IKE SA') {
    answerIkeRekey(turn, sa, payloads, answer);
    return;
  }
  if (!rekey) {
    answer(makeChild(turn, sa, payloads).payloads);
    return;
  }
  const spi = spiNumber(rekey.spi);
  const protocol = rekey.protocolId === protocolIds.number.AH ? 'AH' : 'ESP';
  const child = sa.children.get(childKey(protocol, spi ?? 0));
  if (!child) {
    ignore(turn, sa.remote, `no Child SA has the SPI ${spi ?? 'of the request'}`, 'RFC 7296 §2.25.1', sa);
    answer([childNotification('CHILD_SA_NOT_FOUND', protocol, rekey.spi)]);
    return;
  }
  if (child.state === 'Deleting' || child.state === 'Replaced') {
    ignore(turn, sa.remote, 'the Child SA to be rekeyed is being deleted', 'RFC 7296 §2.25.1', sa);
    answer([notification('TEMPORARY_FAILURE')]);
    return;
  }
  answer(successor(turn, sa, payloads, child));
}

/** Why a request has to wait. */
function whyBusy(sa: IkeSa, form: CreateChildRequest['form']): string | undefined {
  const { state, current } = sa;
  if (state.state === 'Deleting') return 'the IKE SA is being deleted';
  if (state.state === 'Replaced') return 'the IKE SA has a successor';
  if (form === 'makes a Child SA') {
    return current?.kind === 'rekey-ike' ? 'the IKE SA is being rekeyed' : undefined;
  }
  switch (current?.kind) {
    case 'create-child':
      return 'a Child SA is being made';
    case 'rekey-child':
      return 'a Child SA is being rekeyed';
    case 'delete-children':
      return 'a Child SA is being deleted';
    default:
      return undefined;
  }
}

/** A rekeying of the peer's; if ours is under way too, which of the two successors stays is decided when that is answered. */
function successor(turn: Turn, sa: IkeSa, payloads: Payloads, old: Child): readonly Ikev2Payload[] {
  const made = makeChild(turn, sa, payloads, old);
  if (made.child) {
    if (old.state === 'Rekeying') old.collision = { child: made.child, ni: made.ni, nr: made.nr };
    else old.successor = made.child;
    childBecomes(old, 'rekeyed by the peer');
  }
  return made.payloads;
}

interface MadeChild {
  readonly child?: Child;
  readonly ni: Uint8Array;
  readonly nr: Uint8Array;
  readonly payloads: readonly Ikev2Payload[];
}

function makeChild(turn: Turn, sa: IkeSa, payloads: Payloads, replaces?: Child): MadeChild {
  const { host, env } = turn;
  const ni = payloads.first('Nonce')!.data;
  const nr = env.provider.random(nonceOctets);
  if (sa.children.size >= childrenPerIkeSaMax || host.inbound.size >= env.limits.childSasMax) {
    report(turn, sa, {
      code: 'resource-limit',
      attempt: replaces ? 'rekeying of the Child SA' : 'Child SA',
      foundBy: 'us',
      role: 'responder',
      text: `there are ${host.inbound.size} Child SAs, ${sa.children.size} of them on this IKE SA, and no more are made`,
      notify: 'NO_ADDITIONAL_SAS',
      records: sa.pad ? [sa.pad.source] : [],
    });
    return { ni, nr, payloads: [notification('NO_ADDITIONAL_SAS')] };
  }
  const reply = answerChild(turn, sa, { payloads, ni, nr, isFirst: false, ...(replaces ? { replaces } : {}) });
  if (reply.kind === 'made') return { child: reply.child, ni, nr, payloads: reply.payloads };
  // Another group is asked for: that is not the end of it.
  if (reply.failure.notify !== 'INVALID_KE_PAYLOAD') report(turn, sa, reply.failure);
  return { ni, nr, payloads: [reply.notify] };
}
