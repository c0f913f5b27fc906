/**
 * Messages in the notation of the RFCs, for traces and reports: `HDR, SAi1, KEi(19), Ni(32), N(COOKIE)` (RFC 7296 §1.2),
 * `HDR*, HASH(1), SA, Ni, IDci, IDcr` (RFC 2409 §3.2, §5.5).
 */

import type { TreeNode } from './codec.js';
import { type Header, isResponse } from './header.js';
import { lastFragmentFlag } from './isakmp/fragment.js';
import type { IsakmpPayload } from './isakmp/table.js';
import { inspectMessage, type Message } from './message.js';
import type { Ikev2Payload } from './payloads/table.js';
import {
  configurationTypes,
  exchangeTypes,
  isakmpExchangeTypes,
  isakmpNotifyTypes,
  isakmpPayloadTypes,
  isakmpProtocolIds,
  modeConfigTypes,
  notifyTypes,
  payloadTypes,
  protocolIds,
} from './registry.js';

export interface DescribeOptions {
  /** What is in the SK payload, or in an encrypted ISAKMP body, when it could be opened. */
  readonly inner?: readonly Ikev2Payload[] | readonly IsakmpPayload[];
  /** Who of the two began the exchange sent it; an ISAKMP header does not tell, so that `_I` and `_R` need this. */
  readonly sender?: 'initiator' | 'responder';
}

/** The message on one line: `HDR, SK {IDi, AUTH, SAi2, TSi, TSr}`. */
export function describe(message: Message, options: DescribeOptions = {}): string {
  switch (message.kind) {
    case 'IKEv2': {
      const names = message.payloads.map((payload) => ikev2PayloadText(payload, message.header, options.inner));
      return ['HDR', ...names].join(', ');
    }
    case 'ISAKMP':
      return ['HDR', ...isakmpPayloadTexts(message.payloads, message.header, options.sender)].join(', ');
    case 'encrypted ISAKMP': {
      if (!options.inner) return `HDR*, {${message.ciphertext.length} octets}`;
      const payloads = options.inner as readonly IsakmpPayload[];
      return ['HDR*', ...isakmpPayloadTexts(payloads, message.header, options.sender)].join(', ');
    }
    case 'other version': {
      const { major, minor } = message.header.version;
      return `HDR (version ${major}.${minor}), {${message.body.length} octets}`;
    }
  }
}

/** The exchange on few columns: `IKE_SA_INIT 0`, `IKE_AUTH 1 R`, `Quick Mode 9c3a6e01`. */
export function describeExchange(header: Header): string {
  if (header.version.major === 1) {
    const id = header.messageId === 0 ? '' : ` ${header.messageId.toString(16).padStart(8, '0')}`;
    return `${isakmpExchangeTypes.brief(header.exchangeType)}${id}`;
  }
  return `${exchangeTypes.brief(header.exchangeType)} ${header.messageId}${isResponse(header) ? ' R' : ''}`;
}

/** The fields of a message's octets as a tree, as far as they can be decoded. */
export function dissect(octets: Uint8Array): readonly TreeNode[] {
  return inspectMessage(octets).tree;
}

/** The tree of a message with the tree of its decrypted payloads in its encrypted one, whose offsets are the plaintext's. */
export function withInner(tree: readonly TreeNode[], inner: readonly TreeNode[]): readonly TreeNode[] {
  const last = tree.at(-1);
  if (!last || (last.name !== 'SK' && last.name !== 'SKF')) return [...tree, ...inner];
  return [...tree.slice(0, -1), { ...last, children: [...last.children, ...inner] }];
}

function ikev2PayloadText(payload: Ikev2Payload, header: Header, inner: DescribeOptions['inner']): string {
  const side = isResponse(header) ? 'r' : 'i';
  switch (payload.kind) {
    case 'SA':
      return `SA${saNumber(header.exchangeType, side)}`;
    case 'KE':
      return `KE${side}(${payload.body.dhGroup})`;
    case 'Nonce':
      return `N${side}(${payload.body.data.length})`;
    case 'N':
      return `N(${notifyTypes.brief(payload.body.type)})`;
    case 'D':
      return `D(${protocolIds.brief(payload.body.protocolId)})`;
    case 'CP':
      return `CP(${configurationTypes.brief(payload.body.cfgType)})`;
    case 'EAP':
      return `EAP(${payload.body.message.kind === 'unknown' ? payload.body.message.number : payload.body.message.kind})`;
    case 'SK': {
      if (!inner) return `SK {${payload.body.encrypted.length} octets}`;
      return `SK {${(inner as readonly Ikev2Payload[]).map((each) => ikev2PayloadText(each, header, undefined)).join(', ')}}`;
    }
    case 'SKF': {
      const { fragmentNumber, totalFragments, encrypted } = payload.body;
      const fragment = `SKF(${fragmentNumber}/${totalFragments})`;
      // The last one to come is told with what all of them hold together.
      return inner
        ? `${fragment} {${(inner as readonly Ikev2Payload[]).map((each) => ikev2PayloadText(each, header, undefined)).join(', ')}}`
        : `${fragment} {${encrypted.length} octets}`;
    }
    case 'unknown':
      return `${payloadTypes.name(payload.number) ?? `payload ${payload.number}`}${payload.critical ? ' (critical)' : ''}`;
    case 'IDi':
    case 'IDr':
    case 'IDg':
    case 'CERT':
    case 'CERTREQ':
    case 'AUTH':
    case 'V':
    case 'TSi':
    case 'TSr':
    case 'PS':
      return payload.kind;
  }
}

/** RFC 7296 §1.2 numbers the SA payloads of the first two exchanges, of the IKE SA and of the first Child SA. */
function saNumber(exchangeType: number, side: 'i' | 'r'): string {
  if (exchangeType === exchangeTypes.number.IKE_SA_INIT) return `${side}1`;
  return exchangeType === exchangeTypes.number.IKE_AUTH ? `${side}2` : '';
}

interface IsakmpContext {
  readonly phase: 1 | 2 | undefined;
  readonly sender: DescribeOptions['sender'];
  readonly hasSa: boolean;
  /** Is it the first identification of its message? */
  readonly firstId: boolean;
}

function isakmpPayloadTexts(
  payloads: readonly IsakmpPayload[],
  { exchangeType }: Header,
  sender: DescribeOptions['sender'],
): readonly string[] {
  const phase = phaseOf(exchangeType);
  const hasSa = payloads.some(({ kind }) => kind === 'SA');
  const firstId = payloads.findIndex(({ kind }) => kind === 'ID');
  return payloads.map((payload, index) =>
    isakmpPayloadText(payload, { phase, sender, hasSa, firstId: index === firstId }),
  );
}

function isakmpPayloadText(payload: IsakmpPayload, { phase, sender, hasSa, firstId }: IsakmpContext): string {
  switch (payload.kind) {
    case 'NONCE':
      return sender ? (sender === 'initiator' ? 'Ni' : 'Nr') : 'NONCE';
    case 'ID':
      // In Quick Mode both sides send both identities, the initiator's first (RFC 2409 §5.5).
      if (phase === 2) return firstId ? 'IDci' : 'IDcr';
      return phase === 1 && sender ? (sender === 'initiator' ? 'IDii' : 'IDir') : 'ID';
    case 'HASH':
      if (!sender || phase === undefined) return 'HASH';
      if (phase === 1) return sender === 'initiator' ? 'HASH_I' : 'HASH_R';
      return sender === 'responder' ? 'HASH(2)' : hasSa ? 'HASH(1)' : 'HASH(3)';
    case 'SIG':
      return phase === 1 && sender ? (sender === 'initiator' ? 'SIG_I' : 'SIG_R') : 'SIG';
    case 'N':
      return `N(${isakmpNotifyTypes.brief(payload.body.type)})`;
    case 'D':
      return `D(${isakmpProtocolIds.brief(payload.body.protocolId)})`;
    case 'CP':
      return `ATTR(${modeConfigTypes.brief(payload.body.cfgType)})`;
    case 'FRAGMENT':
      return `FRAGMENT(${payload.body.fragmentNumber}${payload.body.flags & lastFragmentFlag ? ', last' : ''})`;
    case 'unknown':
      return isakmpPayloadTypes.name(payload.number) ?? `payload ${payload.number}`;
    case 'SA':
    case 'KE':
    case 'CERT':
    case 'CR':
    case 'VID':
    case 'NAT-D':
    case 'NAT-OA':
    case 'NAT-D-draft':
    case 'NAT-OA-draft':
      return payload.kind;
  }
}

function phaseOf(exchangeType: number): 1 | 2 | undefined {
  const number = isakmpExchangeTypes.number;
  switch (exchangeType) {
    case number.BASE:
    case number.IDENTITY_PROTECTION:
    case number.AUTHENTICATION_ONLY:
    case number.AGGRESSIVE:
      return 1;
    case number.QUICK_MODE:
      return 2;
    default:
      return undefined;
  }
}
