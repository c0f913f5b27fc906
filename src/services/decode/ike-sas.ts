/** The IKE SAs of a capture: who is who, what was agreed on, and what was left without an answer. */
import { fromInitiator } from '../../engine/wire/header.js';
import type { IsakmpPayload } from '../../engine/wire/isakmp/table.js';
import { type Message, spiTexts } from '../../engine/wire/message.js';
import { identityText } from '../../engine/wire/payloads/identity-text.js';
import type { Ikev2Payload } from '../../engine/wire/payloads/table.js';
import { idTypes, isakmpExchangeTypes } from '../../engine/wire/registry.js';
import type { IkeSaDocument } from '../../report/decode/document.js';
import type { Ikev2Explainer } from './explain/ikev2.js';
import type { IsakmpExplainer } from './explain/isakmp.js';
import type { End } from './explain/seen.js';
import { isakmpIdText } from './words/payloads.js';
import { ikev2Proposals, isakmpProposals } from './words/proposals.js';

export interface IkeSaTable {
  add(
    packet: { readonly from: End; readonly to: End },
    message: Message,
    inner: readonly Ikev2Payload[] | readonly IsakmpPayload[] | undefined,
    opened: boolean,
  ): void;
  documents(): IkeSaDocument[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const sasMax = 10_000;

export function ikeSaTable(explainers: {
  readonly ikev2: Ikev2Explainer;
  readonly isakmp: IsakmpExplainer;
}): IkeSaTable {
  const sas = new Map<bigint, Mutable<IkeSaDocument>>();
  return { add, documents };

  function add(
    { from, to }: { readonly from: End; readonly to: End },
    message: Message,
    inner: readonly Ikev2Payload[] | readonly IsakmpPayload[] = [],
    opened = false,
  ): void {
    if (message.kind === 'other version') return;
    const { header } = message;
    let sa = sas.get(header.initiatorSpi);
    const spis = spiTexts(header);
    if (!sa) {
      if (sas.size >= sasMax) return;
      const isFirst = message.kind === 'IKEv2' ? fromInitiator(header) : true;
      const [initiator, responder] = isFirst ? [from, to] : [to, from];
      sa = {
        version: message.kind === 'IKEv2' ? 2 : 1,
        initiatorSpi: spis.initiator,
        responderSpi: spis.responder,
        initiator: initiator.text,
        responder: responder.text,
        messages: 0,
        opened: false,
        unanswered: [],
      };
      sas.set(header.initiatorSpi, sa);
    }
    sa.messages += 1;
    sa.opened ||= opened;
    if (header.responderSpi !== 0n) sa.responderSpi = spis.responder;
    const isInitiator = from.text === sa.initiator;
    if (message.kind === 'IKEv2')
      noteIkev2(sa, [...message.payloads, ...(inner as readonly Ikev2Payload[])], isInitiator);
    else {
      const outer = message.kind === 'ISAKMP' ? message.payloads : [];
      const isPhase1 = header.exchangeType !== isakmpExchangeTypes.number.QUICK_MODE;
      if (isPhase1) noteIsakmp(sa, [...outer, ...(inner as readonly IsakmpPayload[])], isInitiator);
    }
  }

  function documents(): IkeSaDocument[] {
    const [v2, v1] = [explainers.ikev2.unanswered(), explainers.isakmp.unanswered()];
    return [...sas].map(([spi, sa]) => ({
      ...sa,
      unanswered: [...(v2.get(spi) ?? []), ...(v1.get(spi) ?? [])].map(({ text }) => text),
    }));
  }
}

function noteIkev2(sa: Mutable<IkeSaDocument>, payloads: readonly Ikev2Payload[], isInitiator: boolean): void {
  for (const payload of payloads) {
    if (payload.kind === 'SA' && !isInitiator) {
      const [chosen] = ikev2Proposals(payload.body);
      if (chosen?.of === 'IKE') sa.chosen ??= chosen.text;
    }
    if (payload.kind !== 'IDi' && payload.kind !== 'IDr') continue;
    const { idType, data } = payload.body;
    const text = `${idTypes.brief(idType)} ${identityText(idType, data)}`;
    if (payload.kind === 'IDi') sa.initiatorId ??= text;
    // An IDr in the request is only a wish.
    else if (!isInitiator) sa.responderId ??= text;
  }
}

function noteIsakmp(sa: Mutable<IkeSaDocument>, payloads: readonly IsakmpPayload[], isInitiator: boolean): void {
  for (const payload of payloads) {
    if (payload.kind === 'SA' && !isInitiator) {
      const [chosen] = isakmpProposals(payload.body);
      if (chosen?.of === 'IKE') sa.chosen ??= chosen.text;
    }
    if (payload.kind !== 'ID') continue;
    if (isInitiator) sa.initiatorId ??= isakmpIdText(payload.body);
    else sa.responderId ??= isakmpIdText(payload.body);
  }
}
