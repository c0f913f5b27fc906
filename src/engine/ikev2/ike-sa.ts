/**
 * An IKE SA of IKEv2 — RFC 7296 §2: what is known of it at each stage. A state is a type named for what it waits for, and
 * holds what only that stage may see; the rest changes in place, by the functions of this folder alone, and equal inputs
 * give equal changes.
 */
import type { VirtualAddresses } from '../../model/peer/connection/virtual-hosts.js';
import type { ChosenTransforms } from '../../model/proposal.js';
import type { Secret } from '../../model/secret.js';
import type { Identity, IkePolicy, PadEntry } from '../../model/system-config.js';
import type { KeyExchangeTransform } from '../../model/transform.js';
import type { HashName, KeyExchange } from '../crypto/provider.js';
import type { Failure } from '../failure.js';
import type { Endpoint, IkeSaName } from '../input.js';
import type { Millis } from '../ipsec/sa.js';
import type { Child, ChildAttempt } from './child-sa.js';
import type { IkeCrypto } from './keys.js';
import type { OwnProposal, WrittenOffer } from './offers.js';
import type { Current, Task } from './tasks.js';
import type { Window } from './window.js';

export type Role = 'initiator' | 'responder';

/** We sent IKE_SA_INIT; only this state holds the private value. */
export interface AwaitSaInitResponse {
  readonly state: 'AwaitSaInitResponse';
  readonly own: readonly OwnProposal[];
  readonly offer: WrittenOffer;
  readonly exchange: KeyExchange;
  readonly group: KeyExchangeTransform;
  readonly ni: Uint8Array;
  readonly cookie?: Uint8Array;
  /** Requests so far. */
  readonly tries: number;
  /** The request as it was sent: AUTH is over it (RFC 7296 §2.15). */
  readonly request: Uint8Array;
  /** An error that nobody has authenticated; it counts when nothing better comes (RFC 7296 §2.21.1). */
  readonly hint?: Failure;
}

/** What both sides sign and know after IKE_SA_INIT. */
export interface InitialExchange {
  readonly request: Uint8Array;
  readonly response: Uint8Array;
  readonly ni: Uint8Array;
  readonly nr: Uint8Array;
  readonly skPi: Secret;
  readonly skPr: Secret;
}

/** We answered IKE_SA_INIT. */
export interface AwaitAuthRequest {
  readonly state: 'AwaitAuthRequest';
  readonly initial: InitialExchange;
}

/** We sent IKE_AUTH. */
export interface AwaitAuthResponse {
  readonly state: 'AwaitAuthResponse';
  readonly initial: InitialExchange;
  /** The first Child SA that was asked for. */
  readonly child?: ChildAttempt;
}

/** We did not believe the initiator and told it so; the answer is kept for its repetitions. */
export interface Refused {
  readonly state: 'Refused';
}

/** Both sides are authenticated. */
export interface Established {
  readonly state: 'Established';
  readonly since: Millis;
}

/** A rekeying has put another IKE SA in its place; it waits to be deleted. */
export interface Replaced {
  readonly state: 'Replaced';
  readonly by: IkeSa;
}

/** We sent a Delete for it, or what ends it, and wait for the answer. */
export interface Deleting {
  readonly state: 'Deleting';
  readonly why: string;
}

export interface Closed {
  readonly state: 'Closed';
}

export type IkeSaState =
  | AwaitSaInitResponse
  | AwaitAuthRequest
  | AwaitAuthResponse
  | Refused
  | Established
  | Replaced
  | Deleting
  | Closed;

/** What NAT detection found (RFC 7296 §2.23). */
export interface NatFindings {
  readonly localBehindNat: boolean;
  readonly peerBehindNat: boolean;
  /** There is none before this system: it only says so, for the sake of encapsulation. */
  readonly forced?: boolean;
}

/** Has all its fields from the beginning on: objects that gain and lose fields are slow and large. */
export interface IkeSa {
  readonly name: IkeSaName;
  /** Of the IKE SA, not of an exchange in it. */
  readonly role: Role;
  readonly ownSpi: bigint;
  /** 0 until the peer has chosen one. */
  peerSpi: bigint;
  local: Endpoint;
  remote: Endpoint;
  state: IkeSaState;
  readonly startedAt: Millis;
  /** Sequences of retransmissions for its first exchanges, those of IKE SAs in whose place it is tried included. */
  tries: number;
  /** From the answered IKE_SA_INIT on. */
  crypto: IkeCrypto | undefined;
  nat: NatFindings | undefined;
  /** Both sides announced RFC 7383. */
  fragmentation: boolean;
  /** The responder announced RFC 6023. */
  peerTakesChildless: boolean;
  /** What the peer announced for RFC 7427; absent where it announced nothing. */
  peerHashes: readonly (HashName | 'IDENTITY')[] | undefined;
  /** The authorities whose certificates the peer asked for, by the hashes of their keys; absent where it asked for none. */
  askedAuthorities: readonly Uint8Array[] | undefined;
  readonly window: Window;
  readonly queue: Task[];
  current: Current | undefined;
  /** By what the peer calls its end of them: see `childKey`. */
  readonly children: Map<string, Child>;
  pad: PadEntry | undefined;
  policy: IkePolicy | undefined;
  localId: Identity | undefined;
  peerId: Identity | undefined;
  /** Addresses by configuration payload (RFC 7296 §2.19). */
  virtual: VirtualAddresses;
  /** Who the initiator asks the responder to be (IDr). */
  wantedId: Identity | undefined;
  /** For the responder: the initiator proved itself with the only key that we have for both of us. */
  sharesKey: boolean;
  /** What finds the IKE SAs between the same identities. */
  peerKey: string | undefined;
  /** The peer's address authenticated itself with a message: when that was last. */
  heardAt: Millis;
  /** A message of ours was last sent. */
  sentAt: Millis;
  /** For the responder: what finds it again by the first message. */
  halfOpenKey: string | undefined;
  /** Why it ends sooner than its lifetime says. */
  endsBecause: string | undefined;
  /** When we authenticate anew, where that is wanted. */
  reauthenticateAt: Millis | undefined;
  /** The IKE SA that this one takes the place of once its own Child SAs are there. */
  supersedes: IkeSa | undefined;
  /** A rekeying of this IKE SA that the peer began while ours was under way. */
  collision: IkeCollision | undefined;
  /** Groups that peers wanted for Child SAs, by the name of the template. */
  readonly groupHints: Map<string, KeyExchangeTransform>;
}

/** The IKE SA that the peer's rekeying made, and the nonces of it. */
export interface IkeCollision {
  readonly sa: IkeSa;
  readonly ni: Uint8Array;
  readonly nr: Uint8Array;
}

/** Names a pair within an IKE SA by the SPI that the peer chose. */
export function childKey(protocol: 'ESP' | 'AH', outboundSpi: number): string {
  return `${protocol} ${outboundSpi}`;
}

/** The algorithms of an IKE SA, once chosen. */
export function transformsOf(sa: IkeSa): ChosenTransforms {
  return sa.crypto?.suite.transforms ?? { protocol: 'IKE' };
}

/** Is it one that requests can be sent in? */
export function isUsable({ state }: IkeSa): boolean {
  return state.state === 'Established';
}

/** Is it on its way to be established, or established? */
export function isAlive({ state }: IkeSa): boolean {
  return (
    state.state !== 'Closed' && state.state !== 'Refused' && state.state !== 'Deleting' && state.state !== 'Replaced'
  );
}

/** SPIs by the roles of the IKE SA, as headers and keys have them. */
export function spisOf({ role, ownSpi, peerSpi }: IkeSa): { readonly initiator: bigint; readonly responder: bigint } {
  return role === 'initiator' ? { initiator: ownSpi, responder: peerSpi } : { initiator: peerSpi, responder: ownSpi };
}
