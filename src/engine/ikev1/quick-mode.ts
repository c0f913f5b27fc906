/** What both sides of Quick Mode share — RFC 2409 §5.5: states, hashes, identities. */
import type { Packet } from '../../model/packet.js';
import type { IkePolicy, PadEntry, SaTemplate, SpdEntry } from '../../model/system-config.js';
import type { SelectorPair } from '../../model/traffic-selector.js';
import { equalConstantTime } from '../crypto/octets.js';
import type { KeyExchange } from '../crypto/provider.js';
import type { EngineEvent } from '../event.js';
import type { Failure } from '../failure.js';
import type { ChildRequest, ChildSaName } from '../input.js';
import type { Ends } from '../ipsec/bundle.js';
import { decode, encode } from '../wire/codec.js';
import { lifetimeAttributes as lifetimeList } from '../wire/isakmp/notify.js';
import { type IsakmpPayload, isakmpPayload } from '../wire/isakmp/table.js';
import { spiOctets } from '../wire/payloads/spis.js';
import { domainsOfInterpretation, isakmpNotifyTypes } from '../wire/registry/isakmp.js';
import { ipsecAttributes } from '../wire/registry/isakmp-attributes.js';
import { type Lifetimes, lifetimeAttributes, lifetimesOf } from './attributes.js';
import type { Child } from './child.js';
import { clientSelector } from './client-ids.js';
import { clientsOfEnds } from './clients.js';
import { type Arrival, behindHash, hashStart, type Outgoing, payloadOf, payloadsOf } from './messages.js';
import { natAddresses } from './nat-clients.js';
import type { IsakmpSa } from './phase1-state.js';
import { protocolIds } from './phase2-proposals.js';

/** Octets of nonces in Quick Mode. */
export const quickNonceLength = 32;

/** What a Quick Mode is to bring about. */
export interface QuickGoal {
  readonly request: ChildRequest;
  readonly pad: PadEntry;
  readonly policy: IkePolicy;
  /** The pairs that are to be replaced. */
  readonly replaces: readonly ChildSaName[];
  /** The identities of those; otherwise the template and the packet tell. */
  readonly ids?: SelectorPair;
  /** It was under way under an ISAKMP SA that the peer has closed; the second time it fails. */
  readonly carriedOver?: boolean;
}

/** One SA that an initiator has proposed. */
export interface ProposedChild {
  readonly template: SaTemplate;
  readonly spi: number;
}

/** Initiator: message 1 is sent. */
export interface AwaitQuickReply {
  readonly state: 'AwaitQuickReply';
  readonly messageId: number;
  readonly goal: QuickGoal;
  readonly entry: SpdEntry;
  readonly proposed: readonly ProposedChild[];
  readonly ids: SelectorPair;
  readonly packet?: Packet;
  readonly ni: Uint8Array;
  readonly ke?: KeyExchange;
  readonly iv: Uint8Array;
}

/** Initiator: the responder wants its CONNECTED to be waited for (RFC 2408 §3.1, Commit bit). */
export interface AwaitConnected {
  readonly state: 'AwaitConnected';
  readonly messageId: number;
  readonly goal: QuickGoal;
  readonly children: readonly Child[];
  readonly iv: Uint8Array;
}

/** Responder: message 2 is sent. */
export interface AwaitQuickEnd {
  readonly state: 'AwaitQuickEnd';
  readonly messageId: number;
  readonly ni: Uint8Array;
  readonly nr: Uint8Array;
  readonly children: readonly Child[];
  /** The inbound SAs are in the data path already. */
  readonly inboundInstalled: boolean;
  /** The initiator has set the Commit bit and waits for CONNECTED. */
  readonly committed: boolean;
  readonly iv: Uint8Array;
}

/** Over; what was sent last is kept for a peer that has missed it. */
export interface QuickOver {
  readonly state: 'QuickOver';
  readonly messageId: number;
}

export type QuickState = AwaitQuickReply | AwaitConnected | AwaitQuickEnd | QuickOver;

export type QuickStep =
  | {
      readonly kind: 'next';
      readonly state: QuickState;
      readonly send?: Outgoing;
      /** Pairs whose inbound SA goes into the data path now; the outbound one waits. */
      readonly inbound: readonly Child[];
      readonly events: EngineEvent[];
    }
  /** All SAs are there. */
  | {
      readonly kind: 'done';
      readonly children: readonly Child[];
      readonly inboundInstalled: boolean;
      readonly send?: Outgoing;
      readonly events: EngineEvent[];
    }
  | { readonly kind: 'ignored'; readonly why: string; readonly rfc?: string; readonly events: EngineEvent[] }
  | {
      readonly kind: 'failed';
      readonly failure: Failure;
      /** What the peer may be told, by number, and about which SPI. */
      readonly notify?: { readonly type: number; readonly protocolId: number; readonly spi: Uint8Array };
      readonly events: EngineEvent[];
    };

/** Is the message's HASH that of what follows it? `nonces` come between M-ID and the rest. */
export function isHashRight(sa: IsakmpSa, arrival: Arrival, ...nonces: readonly Uint8Array[]): boolean {
  const hash = payloadOf(arrival.payloads, 'HASH')?.body.hash;
  const expected = sa.suite.prf
    .key(sa.keys.skeyid.skeyidA)
    .prf(...hashStart(arrival.header.messageId, ...nonces), behindHash(arrival));
  return hash !== undefined && equalConstantTime(hash, expected);
}

/** HASH(3) = prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b). */
export function thirdHash(sa: IsakmpSa, messageId: number, ni: Uint8Array, nr: Uint8Array): Uint8Array {
  return sa.suite.prf.key(sa.keys.skeyid.skeyidA).prf(Uint8Array.of(0), ...hashStart(messageId), ni, nr);
}

export type ReadClients =
  | { readonly kind: 'clients'; readonly ids: SelectorPair }
  | { readonly kind: 'malformed'; readonly why: string };

/** The client identities of a message, in our terms: IDci comes first, then IDcr. */
export function readClients(
  payloads: readonly IsakmpPayload[],
  sa: IsakmpSa,
  role: 'initiator' | 'responder',
  mode: 'transport' | 'tunnel' | undefined,
): ReadClients {
  const ends: Ends = { local: sa.peers.local.address, remote: sa.peers.remote.address };
  const [first, second] = payloadsOf(payloads, 'ID');
  if (!first && !second) return { kind: 'clients', ids: clientsOfEnds(ends) };
  if (!first || !second) return { kind: 'malformed', why: 'one client identity instead of two' };
  const ports = sa.pad.connection === undefined ? 'meaningful' : 'as-written';
  const [initiators, responders] = [clientSelector(first.body, ports), clientSelector(second.body, ports)];
  if (!initiators || !responders)
    return { kind: 'malformed', why: 'a client identity that is no address, subnet or range' };
  const ids =
    role === 'responder' ? { local: responders, remote: initiators } : { local: initiators, remote: responders };
  return { kind: 'clients', ids: natAddresses(ids, sa, mode) };
}

const { number: attributes } = ipsecAttributes;
const lifeTypes = { life: attributes['SA Life Type'], duration: attributes['SA Life Duration'] };

/** RESPONDER-LIFETIME for one SA, which its initiator knows by its own SPI (RFC 2407 §4.6.3.1). */
export function responderLifetime(protocol: 'ESP' | 'AH', spi: number, lifetimes: Lifetimes): IsakmpPayload {
  const protocolId = protocolIds[protocol];
  return isakmpPayload('N', {
    doi: domainsOfInterpretation.number.IPSEC,
    protocolId,
    type: isakmpNotifyTypes.number['RESPONDER-LIFETIME'],
    spi: spiOctets(spi),
    data: encode(lifetimeList(protocolId), lifetimeAttributes(lifetimes, lifeTypes)),
  });
}

/** The lifetimes of RESPONDER-LIFETIME notifications about one protocol, where there are any. */
export function announcedLifetimes(payloads: readonly IsakmpPayload[], protocol: 'ESP' | 'AH'): Lifetimes {
  for (const { body } of payloadsOf(payloads, 'N')) {
    if (body.type !== isakmpNotifyTypes.number['RESPONDER-LIFETIME'] || body.protocolId !== protocolIds[protocol])
      continue;
    const decoded = decode(lifetimeList(body.protocolId), body.data);
    if (decoded.ok) return lifetimesOf(decoded.value, lifeTypes);
  }
  return {};
}
