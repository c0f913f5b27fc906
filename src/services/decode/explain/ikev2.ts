/** Exchanges of IKEv2 explained from what is on the wire: what was chosen, what was refused and why, what was never answered. */
import type { CryptoProvider } from '../../../engine/crypto/provider.js';
import { findNat } from '../../../engine/ikev2/nat.js';
import { Payloads } from '../../../engine/ikev2/payloads.js';
import { describeExchange } from '../../../engine/wire/describe.js';
import { fromInitiator, isResponse } from '../../../engine/wire/header.js';
import { identityText } from '../../../engine/wire/payloads/identity-text.js';
import { decodeNotifyData } from '../../../engine/wire/payloads/notify-data.js';
import { spiNumber } from '../../../engine/wire/payloads/spis.js';
import type { Ikev2Payload, Ikev2PayloadOfKind } from '../../../engine/wire/payloads/table.js';
import { trafficSelectorText } from '../../../engine/wire/payloads/ts.js';
import {
  authenticationMethods,
  exchangeTypes,
  idTypes,
  isErrorNotify,
  notifyTypes,
  protocolIds,
} from '../../../engine/wire/registry.js';
import { count } from '../../../model/count.js';
import { groupNumberWord } from '../words/groups.js';
import { spiText } from '../words/payloads.js';
import { ikev2Proposals, type OfferedProposal } from '../words/proposals.js';
import { choiceRemarks, type KnownOffers, refusalRemarks } from './proposals.js';
import type { Explanation, SeenIkev2, Unanswered } from './seen.js';

export interface Ikev2Explainer {
  see(message: SeenIkev2): Explanation;
  /** Requests that were never answered; by the initiator's SPI, in the order of the capture. */
  unanswered(): ReadonlyMap<bigint, readonly Unanswered[]>;
}

interface Request {
  readonly message: SeenIkev2;
  readonly proposals: readonly OfferedProposal[];
  sent: number;
  answered: boolean;
}

/** Requests that are remembered. */
const requestsMax = 100_000;
const { IKE_SA_INIT, IKE_AUTH, CREATE_CHILD_SA, INFORMATIONAL } = exchangeTypes.number;

export function ikev2Explainer(provider: CryptoProvider, known: KnownOffers): Ikev2Explainer {
  const requests = new Map<string, Request>();
  /** By IKE SA and who asks: the last request. Whoever goes on to another one has had its answer. */
  const latest = new Map<string, string>();
  let lastFrame = 0;
  return { see, unanswered };

  function noteProgress(initiatorSpi: bigint, asker: boolean, key: string): void {
    const of = `${initiatorSpi} ${asker}`;
    const earlier = latest.get(of);
    const request = earlier === undefined || earlier === key ? undefined : requests.get(earlier);
    if (request) request.answered = true;
    if (latest.size < requestsMax) latest.set(of, key);
  }

  function see(message: SeenIkev2): Explanation {
    const { header } = message;
    lastFrame = message.frame;
    const isAnswer = isResponse(header);
    // Requests are numbered by each side for itself; a response has the number of its request.
    const asker = fromInitiator(header) !== isAnswer;
    const key = `${header.initiatorSpi} ${asker} ${header.messageId} ${header.exchangeType}`;
    const proposals = saOf(message.payloads);
    if (!isAnswer) {
      const before = requests.get(key);
      noteProgress(header.initiatorSpi, asker, key);
      if (requests.size < requestsMax)
        requests.set(key, {
          message,
          proposals,
          sent: before && !before.answered ? before.sent + 1 : 1,
          answered: false,
        });
      const of = proposals[0]?.of;
      // What is sent again is told by the frame that it was in first.
      if (of && before?.message.octets !== message.octets)
        known.add(message.from.text, of, 2, { frame: message.frame, proposals });
      return { remarks: requestRemarks(message) };
    }
    const request = requests.get(key);
    if (request) request.answered = true;
    return {
      remarks: [...natRemarks(message), ...responseRemarks(message, request, proposals)],
      ...(request ? { answers: request.message.frame } : {}),
    };
  }

  function unanswered(): ReadonlyMap<bigint, readonly Unanswered[]> {
    const found = new Map<bigint, Unanswered[]>();
    for (const { message, sent, answered } of requests.values()) {
      // Where the capture ends with it, an answer may have come later.
      if (answered || (sent === 1 && message.frame === lastFrame)) continue;
      const list = found.get(message.header.initiatorSpi) ?? [];
      list.push({ frame: message.frame, text: unansweredText(message, sent) });
      found.set(message.header.initiatorSpi, list);
    }
    return found;
  }

  function requestRemarks(message: SeenIkev2): string[] {
    const { header, payloads } = message;
    const notified = notifyOf(payloads, 'REKEY_SA');
    switch (header.exchangeType) {
      case IKE_SA_INIT:
        return [...natRemarks(message), ...(notifyOf(payloads, 'COOKIE') ? ['the cookie comes back'] : [])];
      case CREATE_CHILD_SA: {
        const proposals = saOf(payloads);
        if (proposals.length === 0) return [];
        const ke = payloads.find((one) => one.kind === 'KE');
        const pfs = ke ? `with a key exchange of its own (PFS), ${groupNumberWord(ke.body.dhGroup)}` : 'without PFS';
        if (proposals[0]?.of === 'IKE') return ['the IKE SA is to be replaced by a new one'];
        return [
          notified
            ? `${protocolIds.brief(notified.body.protocolId)} SA ${spiText(spiNumber(notified.body.spi) ?? 0)} is to be replaced, ${pfs}`
            : `a further Child SA is asked for, ${pfs}`,
        ];
      }
      case INFORMATIONAL:
        return message.isComplete && payloads.length === 0 ? ['nothing in it: are you alive? (RFC 7296 §2.4)'] : [];
      default:
        return [];
    }
  }

  function natRemarks({ header, from, to, payloads }: SeenIkev2): string[] {
    if (header.exchangeType !== IKE_SA_INIT) return [];
    const spis = { initiator: header.initiatorSpi, responder: header.responderSpi };
    const found = findNat(provider, spis, { local: to, remote: from }, new Payloads(payloads));
    if (!found) return [];
    return [
      ...(found.peerBehindNat
        ? [
            `${from.text} sent this from another address or port: it is behind a NAT, or says so to have ESP in UDP (RFC 7296 §2.23)`,
          ]
        : []),
      ...(found.localBehindNat
        ? [`it was sent to another address or port than ${to.text}: a NAT stands before it`]
        : []),
    ];
  }

  function responseRemarks(
    message: SeenIkev2,
    request: Request | undefined,
    proposals: readonly OfferedProposal[],
  ): string[] {
    const { payloads, header, from } = message;
    const asked = request && { frame: request.message.frame, proposals: request.proposals };
    const remarks: string[] = [];
    const [chosen] = proposals;
    if (chosen) remarks.push(...choiceRemarks(asked, chosen, header.exchangeType === IKE_AUTH));
    if (request) remarks.push(...narrowing(request.message.payloads, payloads));
    for (const { body } of payloads.filter((one) => one.kind === 'N')) {
      const name = notifyTypes.name(body.type);
      switch (name) {
        case 'COOKIE':
          remarks.push(
            `${from.text} wants to see its cookie again before it computes anything: it is under load, or always does that`,
          );
          break;
        case 'INVALID_KE_PAYLOAD':
          remarks.push(...wrongGroup(body.data, request, from.text));
          break;
        case 'NO_PROPOSAL_CHOSEN': {
          const of = asked?.proposals[0]?.of ?? (header.exchangeType === IKE_SA_INIT ? 'IKE' : 'CHILD');
          remarks.push(...refusalRemarks(asked, from.text, known.get(from.text, of, 2), 2));
          if (header.exchangeType === CREATE_CHILD_SA && of === 'CHILD') remarks.push(pfsRemark(request));
          break;
        }
        case 'TS_UNACCEPTABLE':
          if (request) remarks.push(`asked for: ${selectorsText(request.message.payloads)}`);
          break;
        case 'AUTHENTICATION_FAILED':
          remarks.push(...whoFailed(request, from.text));
          break;
        default:
          break;
      }
    }
    if (
      header.exchangeType === IKE_AUTH &&
      message.isComplete &&
      refusesChild(payloads) &&
      payloads.some(({ kind }) => kind === 'AUTH')
    )
      remarks.push('the IKE SA stands, and no Child SA: no packet is protected yet');
    if (
      header.exchangeType === INFORMATIONAL &&
      message.isComplete &&
      payloads.length === 0 &&
      request?.message.payloads.length === 0
    )
      remarks.push('alive');
    return remarks;
  }
}

function saOf(payloads: readonly Ikev2Payload[]): readonly OfferedProposal[] {
  const sa = payloads.find((one) => one.kind === 'SA');
  return sa ? ikev2Proposals(sa.body) : [];
}

function notifyOf(
  payloads: readonly Ikev2Payload[],
  name: keyof typeof notifyTypes.number,
): Ikev2PayloadOfKind<'N'> | undefined {
  return payloads.find(
    (one): one is Ikev2PayloadOfKind<'N'> => one.kind === 'N' && one.body.type === notifyTypes.number[name],
  );
}

function refusesChild(payloads: readonly Ikev2Payload[]): boolean {
  return payloads.some((one) => one.kind === 'N' && isErrorNotify(one.body.type));
}

function wrongGroup(data: Uint8Array, request: Request | undefined, responder: string): string[] {
  const decoded = decodeNotifyData('INVALID_KE_PAYLOAD', data);
  if (!decoded.ok) return [];
  const wanted = decoded.value.dhGroup;
  const ke = request?.message.payloads.find((one) => one.kind === 'KE');
  const guessed = ke ? `the public value is of ${groupNumberWord(ke.body.dhGroup)}, and ` : '';
  const groups = request?.proposals.flatMap(({ like }) => like?.keyExchange ?? []) ?? [];
  const isOffered = groups.some(({ id }) => id === wanted);
  const next = !request
    ? ''
    : isOffered
      ? ', which is offered too: the initiator tries again with it'
      : ', which is not offered: it ends here';
  return [`${guessed}${responder} wants ${groupNumberWord(wanted)}${next}`];
}

function pfsRemark(request: Request | undefined): string {
  const hasKe = request?.message.payloads.some(({ kind }) => kind === 'KE') ?? false;
  return `the first Child SA of an IKE SA never has a key exchange of its own, so that PFS counts here for the first time: this request ${hasKe ? 'has one, and the other side may want none or another group' : 'has none, and the other side may want one'}`;
}

/** Selectors of the answer that are not those of the request; and transport mode that was not granted. */
function narrowing(request: readonly Ikev2Payload[], response: readonly Ikev2Payload[]): string[] {
  const remarks: string[] = [];
  for (const kind of ['TSi', 'TSr'] as const) {
    const text = (payloads: readonly Ikev2Payload[]): string | undefined =>
      payloads
        .find((one): one is Ikev2PayloadOfKind<typeof kind> => one.kind === kind)
        ?.body.selectors.map(trafficSelectorText)
        .join(', ');
    const [asked, granted] = [text(request), text(response)];
    if (asked !== undefined && granted !== undefined && asked !== granted)
      remarks.push(`${kind} narrowed: ${asked} was asked for, ${granted} is granted (RFC 7296 §2.9)`);
  }
  const [asked, granted] = [request, response].map(
    (payloads) => notifyOf(payloads, 'USE_TRANSPORT_MODE') !== undefined,
  );
  if (asked && !granted && saOf(response).length > 0)
    remarks.push(
      'transport mode was asked for and is not granted: the SA is in tunnel mode, or the initiator deletes it (RFC 7296 §1.3.1)',
    );
  return remarks;
}

function selectorsText(payloads: readonly Ikev2Payload[]): string {
  const list = (kind: 'TSi' | 'TSr'): string =>
    payloads
      .find((one): one is Ikev2PayloadOfKind<'TSi' | 'TSr'> => one.kind === kind)
      ?.body.selectors.map(trafficSelectorText)
      .join(', ') ?? 'nothing';
  const mode = notifyOf(payloads, 'USE_TRANSPORT_MODE') ? ', in transport mode' : '';
  return `${list('TSi')} to ${list('TSr')}${mode}`;
}

function whoFailed(request: Request | undefined, responder: string): string[] {
  const payloads = request?.message.payloads ?? [];
  const id = payloads.find((one) => one.kind === 'IDi');
  const auth = payloads.find((one) => one.kind === 'AUTH');
  if (!id) return [];
  const who = `${idTypes.brief(id.body.idType)} ${identityText(id.body.idType, id.body.data)}`;
  const method = auth ? `, proved by ${authenticationMethods.brief(auth.body.method)}` : '';
  return [
    `who was refused: ${who}${method}; ${responder} does not say which it is: see whether a record of it expects this identity, and whether both have the same key`,
  ];
}

function unansweredText({ header, frame, octets, to }: SeenIkev2, sent: number): string {
  const what = `frame ${frame}: ${describeExchange(header)} is not answered${sent > 1 ? `, and was sent ${count(sent, 'time')}` : ''}`;
  switch (header.exchangeType) {
    case IKE_SA_INIT:
      return `${what}: UDP port ${to.port} of ${to.text} does not get it, or ${to.text} has no record for this peer or no proposal that fits and says nothing`;
    case IKE_AUTH:
      return octets > fragmentedAbove
        ? `${what}: with ${octets} octets it goes in IP fragments, which firewalls and NATs often drop (RFC 7383)`
        : `${what}: UDP port ${to.port} of ${to.text} does not get it, or ${to.text} refuses it and says nothing`;
    default:
      return `${what}: ${to.text} is gone, or knows nothing of this IKE SA any more`;
  }
}

/** Octets of a message that no Ethernet frame has room for, with headers of IP and UDP. */
const fragmentedAbove = 1472;
