/**
 * What the engine tells of its decisions: enough to explain an outcome on both sides. A trace is a list of these with a
 * time and the name of the system; ladder diagrams, JSON and reports are renderings of it. Keys come as `Secret`.
 */
import type { Address } from '../model/address.js';
import type { ChosenTransforms, ProposalSelection } from '../model/proposal.js';
import type { Secret } from '../model/secret.js';
import type { EntrySource, Identity } from '../model/system-config.js';
import type { SelectorLists } from '../model/traffic-selector.js';
import type { Failure } from './failure.js';
import type { ChildSaName, Endpoint, IkeSaName } from './input.js';
import type { SaId } from './ipsec/sa.js';
import type { IsakmpPayload } from './wire/isakmp/table.js';
import type { Message } from './wire/message.js';
import type { Ikev2Payload } from './wire/payloads/table.js';

/** A message as its sender or its receiver understands it. */
export interface MessageContent {
  readonly ikeSa?: IkeSaName;
  readonly message: Message;
  /** What was encrypted in it, in the clear; absent where nothing was or it could not be opened. */
  readonly inner?: readonly (Ikev2Payload | IsakmpPayload)[];
  /** `IKE_SA_INIT`, `Main Mode`, `Quick Mode`. */
  readonly exchange: string;
  /** What it is for, where the exchange does not say: `rekey of Child SA`, `liveness`, `delete`. */
  readonly purpose?: string;
  /** 0 for the first sending. */
  readonly repetition: number;
}

/**
 * Why a system begins by itself: its configuration says so, what it started came to nothing or was lost, or a pair of SAs is to be
 * started again when its peer is dead or has closed it.
 */
export type BeginReason = 'configured' | 'kept up' | 'peer dead' | 'closed by the peer';

/** An entry that was looked at, and why it was not taken. */
export interface PassedOverEntry {
  readonly source: EntrySource;
  readonly why: string;
}

export type EngineEvent =
  /** A message arrived and was understood. */
  | {
      readonly kind: 'received';
      readonly local: Endpoint;
      readonly remote: Endpoint;
      readonly octets: Uint8Array;
      readonly content: MessageContent;
    }
  /** A message, or something in it, was not acted upon. */
  | {
      readonly kind: 'ignored';
      readonly remote: Endpoint;
      readonly ikeSa?: IkeSaName;
      readonly why: string;
      readonly rfc?: string;
    }
  /** A pair of SAs is sought although no packet asks for one. */
  | { readonly kind: 'begin'; readonly why: BeginReason; readonly template: EntrySource; readonly peer: Address }
  /** A list of records was searched. `key` is what for: an address, an identity, a packet. */
  | {
      readonly kind: 'search';
      readonly list: 'PAD' | 'IKE policies' | 'SPD';
      readonly key: string;
      readonly passedOver: readonly PassedOverEntry[];
      readonly found?: EntrySource;
    }
  /** Proposals were compared; `own` is the entry that the accepted ones come from. */
  | {
      readonly kind: 'proposals';
      readonly of: 'IKE' | 'CHILD';
      readonly role: 'initiator' | 'responder';
      readonly selection: ProposalSelection;
      readonly own: EntrySource;
    }
  /** Traffic selectors, or client identities, were compared. In local/remote terms. */
  | {
      readonly kind: 'selectors';
      readonly own: EntrySource;
      readonly proposed: SelectorLists;
      readonly result?: SelectorLists;
      readonly why?: string;
    }
  | {
      readonly kind: 'identity';
      readonly of: 'local' | 'peer';
      readonly identity: Identity;
      readonly entry: EntrySource;
      readonly accepted: boolean;
      readonly expected?: string;
    }
  | {
      readonly kind: 'authentication';
      readonly of: 'local' | 'peer';
      readonly method: string;
      readonly good: boolean;
      readonly why?: string;
      /** What is worth telling of the credentials, as that certificates were assumed in a dry run. */
      readonly note?: string;
    }
  /** Addresses were given by configuration payload (RFC 7296 §2.19): to this system, or by it to its peer. */
  | {
      readonly kind: 'configuration';
      readonly of: 'local' | 'peer';
      readonly addresses: readonly Address[];
      readonly entry: EntrySource;
    }
  /** What NAT detection found (RFC 7296 §2.23, RFC 3947 §3.2). */
  | {
      readonly kind: 'nat';
      readonly ikeSa: IkeSaName;
      readonly localBehindNat: boolean;
      readonly peerBehindNat: boolean;
    }
  | IkeSaEvent
  | ChildSaEvent
  /** Keys of an IKE SA, for tables that decrypt captures. */
  | { readonly kind: 'ike-keys'; readonly ikeSa: IkeSaName; readonly keys: IkeSaKeys }
  /** An attempt ended: the IKE SA, the Child SA, or the rekeying of one. */
  | { readonly kind: 'failed'; readonly ikeSa?: IkeSaName; readonly failure: Failure };

export interface IkeSaDescription {
  readonly name: IkeSaName;
  readonly role: 'initiator' | 'responder';
  readonly initiatorSpi: bigint;
  readonly responderSpi: bigint;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly transforms: ChosenTransforms;
  readonly localId?: Identity;
  readonly peerId?: Identity;
  readonly pad: EntrySource;
  readonly policy: EntrySource;
  /** `main`, `aggressive` in IKEv1. */
  readonly exchange?: 'main' | 'aggressive';
}

export type IkeSaEvent =
  | { readonly kind: 'ike-sa'; readonly change: 'established'; readonly sa: IkeSaDescription }
  | { readonly kind: 'ike-sa'; readonly change: 'rekeyed'; readonly sa: IkeSaDescription; readonly replaces: IkeSaName }
  /** The peer is elsewhere now. */
  | { readonly kind: 'ike-sa'; readonly change: 'moved'; readonly sa: IkeSaDescription }
  | { readonly kind: 'ike-sa'; readonly change: 'closed'; readonly name: IkeSaName; readonly why: string };

export interface ChildSaDescription {
  readonly name: ChildSaName;
  readonly role: 'initiator' | 'responder';
  readonly protocol: 'ESP' | 'AH';
  readonly mode: 'transport' | 'tunnel';
  readonly inbound: SaId;
  readonly outbound: SaId;
  readonly ends: { readonly local: Address; readonly remote: Address };
  readonly transforms: ChosenTransforms;
  readonly selectors: SelectorLists;
  readonly udpEncapsulation: boolean;
  readonly lifetimeSeconds: number;
  readonly lifetimeKilobytes: number;
  /** The records that decided: SPD entry and SA template. */
  readonly entry: EntrySource;
  readonly template: EntrySource;
}

export type ChildSaEvent =
  | { readonly kind: 'child-sa'; readonly change: 'established'; readonly sa: ChildSaDescription }
  /** Its peer is elsewhere now; its outbound SA has another destination. */
  | { readonly kind: 'child-sa'; readonly change: 'moved'; readonly sa: ChildSaDescription }
  | {
      readonly kind: 'child-sa';
      readonly change: 'rekeyed';
      readonly sa: ChildSaDescription;
      readonly replaces: ChildSaName;
    }
  | { readonly kind: 'child-sa'; readonly change: 'closed'; readonly name: ChildSaName; readonly why: string };

export type IkeSaKeys =
  | {
      readonly version: 2;
      readonly skEi: Secret;
      readonly skEr: Secret;
      readonly skAi: Secret;
      readonly skAr: Secret;
      readonly initiatorSpi: bigint;
      readonly responderSpi: bigint;
      readonly transforms: ChosenTransforms;
    }
  | {
      readonly version: 1;
      readonly encryptionKey: Secret;
      readonly initiatorCookie: bigint;
      readonly transforms: ChosenTransforms;
    };
