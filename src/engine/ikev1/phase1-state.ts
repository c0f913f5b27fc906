/** What a phase 1 knows while it goes on: a state is named for what it waits for, and holds no secret that it has no use for. */
import type { Candidate } from '../../model/peer/connection/candidates.js';
import type { Identity, IkePolicy, PadEntry } from '../../model/system-config.js';
import type { KeyExchange, PublicKey } from '../crypto/provider.js';
import type { Environment } from '../environment.js';
import type { EngineEvent } from '../event.js';
import type { Failure } from '../failure.js';
import type { IkeSaName } from '../input.js';
import type { Millis } from '../ipsec/sa.js';
import type { Abilities } from './abilities.js';
import type { PeerIdentity } from './identification.js';
import type { Cookies, Phase1Keys, Suite } from './keys.js';
import type { Outgoing, Peers } from './messages.js';
import type { NatFinding } from './nat.js';
import type { Phase1Offer } from './phase1-proposals.js';

/** What is known from the beginning. */
export interface Basis {
  readonly name: IkeSaName;
  readonly role: 'initiator' | 'responder';
  readonly exchange: 'main' | 'aggressive';
  readonly peers: Peers;
  readonly pad: PadEntry;
  readonly policy: IkePolicy;
  readonly localId: Identity;
  /** IDii_b or IDir_b of this system. */
  readonly idBody: Uint8Array;
  /** What this system announces. */
  readonly own: Abilities;
  /** Nothing else is known of the peer: INITIAL-CONTACT is said. */
  readonly initialContact: boolean;
  /** Responder: connections for these addresses, among which the peer's identity will choose. */
  readonly alternatives?: readonly Candidate[];
}

/** Main Mode, initiator: message 1 is sent. */
export interface AwaitSaReply {
  readonly state: 'AwaitSaReply';
  readonly basis: Basis;
  readonly initiatorCookie: Uint8Array;
  readonly offers: readonly Phase1Offer[];
  readonly saBody: Uint8Array;
}

/** Main Mode, initiator: message 3 is sent. */
export interface AwaitKeyReply {
  readonly state: 'AwaitKeyReply';
  readonly basis: Basis;
  readonly cookies: Cookies;
  readonly saBody: Uint8Array;
  readonly suite: Suite;
  readonly abilities: Abilities;
  readonly ke: KeyExchange;
  readonly nonce: Uint8Array;
}

/** What both sides know once public values are exchanged. */
export interface Keyed {
  readonly cookies: Cookies;
  readonly saBody: Uint8Array;
  readonly suite: Suite;
  readonly abilities: Abilities;
  readonly keys: Phase1Keys;
  readonly ownPublic: Uint8Array;
  readonly peerPublic: Uint8Array;
  readonly nat?: NatFinding;
  /** Responder: the lifetime is shorter than what was offered, and the peer is to know. */
  readonly announcesLifetime: boolean;
  /** The peer has sent a certificate request. */
  readonly certificateWanted: boolean;
  /** Where the peer's identity came with its public value. */
  readonly peerId?: PeerIdentity;
  /** The key that the peer's nonce was encrypted to, hence its own. */
  readonly peerKey?: PublicKey;
}

/** Main Mode: message 5 is sent, or message 4. */
export interface AwaitAuth {
  readonly state: 'AwaitAuth';
  readonly basis: Basis;
  readonly keyed: Keyed;
  readonly iv: Uint8Array;
}

/** Aggressive Mode, initiator: message 1 is sent. */
export interface AwaitAggressiveReply {
  readonly state: 'AwaitAggressiveReply';
  readonly basis: Basis;
  readonly initiatorCookie: Uint8Array;
  readonly offers: readonly Phase1Offer[];
  readonly saBody: Uint8Array;
  readonly ke: KeyExchange;
  readonly nonce: Uint8Array;
  /** The key that the nonce is encrypted to. */
  readonly peerKey?: PublicKey;
}

/** Aggressive Mode, responder: message 2 is sent. */
export interface AwaitAggressiveAuth {
  readonly state: 'AwaitAggressiveAuth';
  readonly basis: Basis;
  readonly keyed: Keyed;
  readonly iv: Uint8Array;
}

export type Phase1State = AwaitSaReply | AwaitKeyReply | AwaitAuth | AwaitAggressiveReply | AwaitAggressiveAuth;

/** An ISAKMP SA. */
export interface IsakmpSa extends Basis {
  readonly cookies: Cookies;
  readonly suite: Suite;
  readonly abilities: Abilities;
  readonly keys: Phase1Keys;
  /** The last block of phase 1, from which the IVs of later exchanges follow (RFC 2409 appendix B). */
  readonly lastBlock: Uint8Array;
  readonly peerId: PeerIdentity;
  readonly nat?: NatFinding;
  readonly establishedAt: Millis;
  /** 0 is without end. */
  readonly lifetimeSeconds: number;
  /** A responder whose lifetime is shorter says so (RFC 2407 §4.6.3.1). */
  readonly announcesLifetime: boolean;
  /** The peer said INITIAL-CONTACT. */
  readonly peerStartsAnew: boolean;
}

/** What an ISAKMP SA protects an Informational exchange with. */
export type ProtectingSa = Pick<IsakmpSa, 'name' | 'cookies' | 'suite' | 'keys' | 'lastBlock'>;

/** What becomes of a phase 1 when something arrives. */
export type Phase1Step =
  | { readonly kind: 'next'; readonly state: Phase1State; readonly send: Outgoing; readonly events: EngineEvent[] }
  | {
      readonly kind: 'established';
      readonly sa: IsakmpSa;
      /** Absent for who receives the last message. */
      readonly send?: Outgoing;
      readonly events: EngineEvent[];
    }
  /**
   * Nothing here was authenticated: whoever sent it cannot end the attempt, only make us give up sooner, for the reason that
   * is suspected now.
   */
  | {
      readonly kind: 'ignored';
      readonly why: string;
      readonly rfc?: string;
      readonly suspicion?: Failure;
      /** The error that a peer may be told, by its number. */
      readonly notify?: number;
      readonly events: EngineEvent[];
    }
  | {
      readonly kind: 'failed';
      readonly failure: Failure;
      readonly notify?: number;
      /** The peer takes the ISAKMP SA for established, and is told that it goes. */
      readonly deletes?: ProtectingSa;
      readonly events: EngineEvent[];
    };

/** What steps have at hand. */
export interface Context {
  readonly env: Environment;
  readonly now: Millis;
}
