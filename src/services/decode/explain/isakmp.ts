/** Exchanges of IKEv1 explained from what is on the wire: what was chosen, what was refused, and what an eavesdropper reads. */
import { describeExchange } from '../../../engine/wire/describe.js';
import type { IsakmpPayload, IsakmpPayloadOfKind } from '../../../engine/wire/isakmp/table.js';
import { isakmpExchangeTypes, isakmpNotifyTypes } from '../../../engine/wire/registry.js';
import { count } from '../../../model/count.js';
import { isIsakmpError } from '../words/notifies.js';
import { isakmpIdText } from '../words/payloads.js';
import { isakmpProposals, type OfferedProposal } from '../words/proposals.js';
import { choiceRemarks, type KnownOffers, refusalRemarks } from './proposals.js';
import type { Explanation, SeenIsakmp, Unanswered } from './seen.js';

export interface IsakmpExplainer {
  see(message: SeenIsakmp): Explanation;
  /** Messages after which nothing came from the other side. */
  unanswered(): ReadonlyMap<bigint, readonly Unanswered[]>;
}

interface Exchange {
  readonly request: SeenIsakmp;
  readonly proposals: readonly OfferedProposal[];
}

interface Sa {
  /** By Message ID: who began each exchange, and what was offered. */
  readonly exchanges: Map<number, Exchange>;
  last?: { readonly message: SeenIsakmp; sent: number };
  /** The last message that an Informational came after. */
  answered?: SeenIsakmp;
}

const sasMax = 100_000;
const exchangesMax = 4096;
const { QUICK_MODE, AGGRESSIVE, INFORMATIONAL } = isakmpExchangeTypes.number;

export function isakmpExplainer(known: KnownOffers): IsakmpExplainer {
  const sas = new Map<bigint, Sa>();
  return { see, unanswered };

  function see(message: SeenIsakmp): Explanation {
    const { header, payloads, from } = message;
    let sa = sas.get(header.initiatorSpi);
    if (!sa) {
      if (sas.size >= sasMax) return { remarks: [] };
      sa = { exchanges: new Map() };
      sas.set(header.initiatorSpi, sa);
    }
    const before = sa.last?.message;
    noteLast(sa, message);
    const proposals = saOf(payloads);
    const exchange = sa.exchanges.get(header.messageId);
    const remarks = [...errorRemarks(message, sa, before, known), ...eavesdropper(message)];
    if (header.exchangeType === INFORMATIONAL) return { remarks };
    if (!exchange) {
      if (sa.exchanges.size < exchangesMax) sa.exchanges.set(header.messageId, { request: message, proposals });
      const of = proposals[0]?.of;
      if (of) known.add(from.text, of, 1, { frame: message.frame, proposals });
      return { remarks };
    }
    const { request } = exchange;
    if (from.text === request.from.text) return { remarks };
    const [chosen] = proposals;
    if (chosen) remarks.push(...choiceRemarks({ frame: request.frame, proposals: exchange.proposals }, chosen));
    if (header.exchangeType === QUICK_MODE) remarks.push(...clientRemarks(request.payloads, payloads));
    return { remarks, ...(chosen ? { answers: request.frame } : {}) };
  }

  function unanswered(): ReadonlyMap<bigint, readonly Unanswered[]> {
    const found = new Map<bigint, readonly Unanswered[]>();
    for (const [cookie, { last, answered }] of sas)
      if (last && last.sent > 1 && last.message !== answered)
        found.set(cookie, [{ frame: last.message.frame, text: unansweredText(last.message, last.sent) }]);
    return found;
  }
}

/** The last message, and how often it was sent without anything from the other side. */
function noteLast(sa: Sa, message: SeenIsakmp): void {
  const { last } = sa;
  if (message.header.exchangeType === INFORMATIONAL) {
    if (last && last.message.from.text !== message.from.text) sa.answered = last.message;
    return;
  }
  const isAgain =
    last?.message.from.text === message.from.text &&
    last.message.header.messageId === message.header.messageId &&
    last.message.octets === message.octets;
  sa.last = { message, sent: isAgain ? last.sent + 1 : 1 };
}

function saOf(payloads: readonly IsakmpPayload[]): readonly OfferedProposal[] {
  const sa = payloads.find((one): one is IsakmpPayloadOfKind<'SA'> => one.kind === 'SA');
  return sa ? isakmpProposals(sa.body) : [];
}

/** An error names no exchange but by what it is about: the last thing that was offered to its sender. */
function errorRemarks(
  { payloads, from }: SeenIsakmp,
  { exchanges }: Sa,
  before: SeenIsakmp | undefined,
  known: KnownOffers,
): string[] {
  return payloads.flatMap((one): string[] => {
    if (one.kind !== 'N' || !isIsakmpError(one.body.type)) return [];
    const name = isakmpNotifyTypes.name(one.body.type);
    const asked = [...exchanges.values()].findLast(
      ({ request, proposals }) => request.from.text !== from.text && proposals.length > 0,
    );
    if (name === 'NO-PROPOSAL-CHOSEN' && asked) {
      const { request, proposals } = asked;
      const of = proposals[0]?.of ?? 'IKE';
      return refusalRemarks({ frame: request.frame, proposals }, from.text, known.get(from.text, of, 1), 1);
    }
    const ids = asked && clientsText(asked.request.payloads);
    if (name === 'INVALID-ID-INFORMATION' && ids && asked.request.header.exchangeType === QUICK_MODE)
      return [`asked for in frame ${asked.request.frame}: ${ids}; ${from.text} has no policy for exactly that`];
    if (!before || before.from.text === from.text) return [];
    return [`about frame ${before.frame}, as it seems: ${describeExchange(before.header)} of ${before.from.text}`];
  });
}

/** What Aggressive Mode shows to everybody. */
function eavesdropper({ header, payloads }: SeenIsakmp): string[] {
  if (header.exchangeType !== AGGRESSIVE) return [];
  const id = payloads.find((one): one is IsakmpPayloadOfKind<'ID'> => one.kind === 'ID');
  const hash = payloads.some(({ kind }) => kind === 'HASH');
  return [
    ...(id ? [`in the clear for everybody on the way: the identity ${isakmpIdText(id.body)}`] : []),
    ...(hash && id
      ? [
          'the hash lets whoever has this capture try preshared keys at leisure: Aggressive Mode needs a strong one (RFC 2409 §5.4)',
        ]
      : []),
  ];
}

function clientsOf(payloads: readonly IsakmpPayload[]): readonly IsakmpPayloadOfKind<'ID'>[] {
  return payloads.filter((one): one is IsakmpPayloadOfKind<'ID'> => one.kind === 'ID');
}

function clientsText(payloads: readonly IsakmpPayload[]): string | undefined {
  const [mine, theirs] = clientsOf(payloads);
  return mine && theirs ? `${isakmpIdText(mine.body)} to ${isakmpIdText(theirs.body)}` : undefined;
}

/** The responder has to send the same identities back (RFC 2409 §5.5). */
function clientRemarks(request: readonly IsakmpPayload[], response: readonly IsakmpPayload[]): string[] {
  const [asked, answered] = [clientsText(request), clientsText(response)];
  if (asked === undefined || answered === undefined || asked === answered) return [];
  return [`the client identities differ: ${asked} was asked for, ${answered} comes back`];
}

function unansweredText({ header, frame, to, octets }: SeenIsakmp, sent: number): string {
  const size = octets > 1472 ? `, or loses the IP fragments that ${octets} octets go in` : '';
  return `frame ${frame}: ${describeExchange(header)} was sent ${count(sent, 'time')} and nothing came back after it: ${to.text} does not get it${size}, or refuses it and says nothing`;
}
