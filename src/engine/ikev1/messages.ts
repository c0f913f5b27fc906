/** ISAKMP messages as they are sent and as they have arrived — RFC 2408 §3.1. */

import type { Secret } from '../../model/secret.js';
import { concat } from '../crypto/octets.js';
import type { Prf } from '../crypto/provider.js';
import type { MessageContent } from '../event.js';
import type { Endpoint, IkeSaName } from '../input.js';
import { type Header, headerOctets, isakmpFlags } from '../wire/header.js';
import { type CbcProtection, sealIsakmp } from '../wire/isakmp/protect.js';
import { type IsakmpPayload, type IsakmpPayloadOfKind, isakmpPayload } from '../wire/isakmp/table.js';
import { encodeMessage, encodePayloads } from '../wire/message.js';
import { ikeSpiNumber, ikeSpiOctets } from '../wire/payloads/spis.js';
import { isakmpExchangeTypes } from '../wire/registry/isakmp.js';
import { type Cookies, messageIdOctets } from './keys.js';
import { type RawPayload, rawPayloads } from './raw.js';

/** Where the two ends are reached. */
export interface Peers {
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

/** A message that is ready to be sent, as often as need be. */
export interface Outgoing {
  readonly octets: Uint8Array;
  readonly content: MessageContent;
}

/** A message that has arrived and, where it was encrypted, has been opened. */
export interface Arrival {
  readonly peers: Peers;
  readonly header: Header;
  readonly encrypted: boolean;
  readonly payloads: readonly IsakmpPayload[];
  /** The same payloads as they were sent; padding is not among them. */
  readonly raw: readonly RawPayload[];
  /** The IV of the exchange's next message, where this one was encrypted. */
  readonly nextIv?: Uint8Array;
}

export interface Envelope {
  readonly cookies: Cookies;
  readonly exchangeType: number;
  /** 0 in phase 1. */
  readonly messageId: number;
  readonly ikeSa?: IkeSaName;
  readonly purpose?: string;
  readonly commit?: boolean;
}

export const noCookie = new Uint8Array(8);

/** The name of an exchange, as events say it. */
export function exchangeText(exchangeType: number): string {
  return isakmpExchangeTypes.brief(exchangeType);
}

function headerOf({ cookies, exchangeType, messageId, commit }: Envelope): Header {
  return {
    initiatorSpi: ikeSpiNumber(cookies.initiator)!,
    responderSpi: ikeSpiNumber(cookies.responder)!,
    version: { major: 1, minor: 0 },
    exchangeType,
    flags: commit ? isakmpFlags.COMMIT : 0,
    messageId,
  };
}

function contentOf({ exchangeType, ikeSa, purpose }: Envelope): Omit<MessageContent, 'message'> {
  return {
    exchange: exchangeText(exchangeType),
    repetition: 0,
    ...(ikeSa ? { ikeSa } : {}),
    ...(purpose ? { purpose } : {}),
  };
}

/** A message in the clear. */
export function clearMessage(envelope: Envelope, payloads: readonly IsakmpPayload[]): Outgoing {
  const message = { kind: 'ISAKMP' as const, header: headerOf(envelope), payloads };
  return { octets: encodeMessage(message), content: { ...contentOf(envelope), message } };
}

/** An encrypted message, and the IV of the exchange's next one. */
export function encryptedMessage(
  envelope: Envelope,
  payloads: readonly IsakmpPayload[],
  protection: CbcProtection,
  iv: Uint8Array,
): Outgoing & { readonly nextIv: Uint8Array } {
  const header = headerOf(envelope);
  const { octets, nextIv } = sealIsakmp(header, payloads, protection, iv);
  const message = {
    kind: 'encrypted ISAKMP' as const,
    header: { ...header, flags: header.flags | isakmpFlags.ENCRYPTION },
    firstPayload: octets[16]!,
    ciphertext: octets.subarray(headerOctets),
  };
  return { octets, nextIv, content: { ...contentOf(envelope), message, inner: payloads } };
}

/**
 * Payloads with their hash before them: HASH = prf(SKEYID_a, before | payloads with their headers) — RFC 2409 §5.5 for
 * HASH(1) and HASH(2), §5.7 for Informational.
 */
export function hashed(
  prf: Prf,
  skeyidA: Secret,
  before: readonly Uint8Array[],
  payloads: readonly IsakmpPayload[],
): IsakmpPayload[] {
  const hash = prf.key(skeyidA).prf(...before, encodePayloads('ISAKMP', payloads));
  return [isakmpPayload('HASH', { hash }), ...payloads];
}

/** What follows the HASH payload, as it was sent. */
export function behindHash({ raw }: Arrival): Uint8Array {
  return concat(raw.slice(1).map(({ whole }) => whole));
}

/** M-ID and what else a hash begins with. */
export function hashStart(messageId: number, ...nonces: readonly Uint8Array[]): Uint8Array[] {
  return [messageIdOctets(messageId), ...nonces];
}

/** The first payload of a kind. */
export function payloadOf<K extends IsakmpPayload['kind']>(
  payloads: readonly IsakmpPayload[],
  kind: K,
): IsakmpPayloadOfKind<K> | undefined {
  return payloads.find((payload): payload is IsakmpPayloadOfKind<K> => payload.kind === kind);
}

/** All payloads of a kind. */
export function payloadsOf<K extends IsakmpPayload['kind']>(
  payloads: readonly IsakmpPayload[],
  kind: K,
): IsakmpPayloadOfKind<K>[] {
  return payloads.filter((payload): payload is IsakmpPayloadOfKind<K> => payload.kind === kind);
}

/** The payloads behind a header, or decrypted ones, as they were sent. */
export function rawOf(first: number, octets: Uint8Array): readonly RawPayload[] {
  return rawPayloads(first, octets);
}

/** The cookies of a header. */
export function cookiesOf({ initiatorSpi, responderSpi }: Header): Cookies {
  return { initiator: ikeSpiOctets(initiatorSpi), responder: ikeSpiOctets(responderSpi) };
}
