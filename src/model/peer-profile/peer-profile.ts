/**
 * Peer profiles: how a product behaves where the RFCs leave a choice or where it departs from them. Lint, the analysis of
 * pairs, the simulator and the live engine ask the same profile, so that they cannot disagree.
 *
 * Every trait says where it is known from; one that was not confirmed says so in its note.
 */

import type { RetransmissionSchedule } from './retransmission.js';

/** One way in which products differ. */
export interface Trait<T> {
  readonly value: T;
  /** Where this is known from, and what it means for people; one or two sentences. */
  readonly note: string;
}

export const peerProfileNames = [
  'strict-rfc',
  'hpux',
  'strongswan',
  'libreswan',
  'racoon',
  'iked',
  'windows',
  'cloud-one-pair',
  'ours',
] as const;
export type PeerProfileName = (typeof peerProfileNames)[number];

/** When what a product has started by itself is sought again. */
export interface RestartSchedule {
  /** Before it is sought again for the first time, in milliseconds. */
  readonly firstMillis: number;
  /** Each further wait is so much longer. */
  readonly addedMillis: number;
  /** No wait is longer. */
  readonly longestMillis: number;
}

/** Errors of IKEv1 by their names of RFC 2408 §3.14.1. */
export type Ikev1Error =
  | 'INVALID-PAYLOAD-TYPE'
  | 'UNSUPPORTED-EXCHANGE-TYPE'
  | 'NO-PROPOSAL-CHOSEN'
  | 'INVALID-KEY-INFORMATION'
  | 'INVALID-ID-INFORMATION'
  | 'AUTHENTICATION-FAILED'
  | 'INVALID-CERTIFICATE'
  | 'INVALID-SIGNATURE';

/** By what error a peer learns of a fault; absent: it is not told. */
export interface Ikev1Errors {
  /** It started an exchange that its record does not have. */
  readonly exchange?: Ikev1Error;
  /** Its identity, or the method with it, is not that of any record. */
  readonly identity?: Ikev1Error;
  /** There is no preshared key for it. */
  readonly key?: Ikev1Error;
  /** Its proof of identity is wrong. */
  readonly proof?: Ikev1Error;
  /** Its certificate is not believed, or not good enough, and its signature is not one of its key. */
  readonly certificate?: Ikev1Error;
  readonly signature?: Ikev1Error;
  /** This system has nothing to prove its own identity with. */
  readonly own?: Ikev1Error;
  /** Its public value is missing, or of another group than the proposal that is taken. */
  readonly group?: Ikev1Error;
  /** Quick Mode: it wants transport mode where there is tunnel mode, or the other way round. */
  readonly mode?: Ikev1Error;
  /** Quick Mode: it answers for clients that were not proposed. */
  readonly clients?: Ikev1Error;
}

export interface PeerProfile {
  readonly name: PeerProfileName;
  /** As people call the product. */
  readonly title: string;
  readonly summary: string;

  // IKE SAs

  /** Whose order of proposals decides when this system responds. */
  readonly proposalPreference: Trait<'initiator' | 'responder'>;
  /** What a responder of IKEv1 does with proposals of which it accepts none; in IKEv2 it is always NO_PROPOSAL_CHOSEN. */
  readonly ikev1NoProposal: Trait<'silent' | 'notify'>;
  /** What it does with an IKEv1 exchange type or peer that its records do not allow. */
  readonly ikev1Refusal: Trait<'silent' | 'notify'>;
  /** IKEv1: what a peer is told of faults that it has made, where the product tells of them at all. */
  readonly ikev1Errors: Trait<{
    readonly responder: Ikev1Errors;
    readonly mainInitiator: Ikev1Errors;
    readonly aggressiveInitiator: Ikev1Errors;
  }>;
  /** IKEv1: a responder that does not believe message 3 of Aggressive Mode tells of the error, or deletes the ISAKMP SA. */
  readonly aggressiveEndRefusal: Trait<'notify' | 'delete'>;
  /** IKEv1: an own key is found by the identity alone, whatever certificate the record names. */
  readonly ikev1KeyByIdentity: Trait<boolean>;
  /**
   * Aggressive Mode has one public value: proposals of other groups than its are left out, or offered all the same. The group is that
   * of the first proposal, or MODP-1536 where it is among them and else the last one.
   */
  readonly aggressiveOffers: Trait<'one-group' | 'modp1536-or-last' | 'all'>;
  /**
   * Aggressive Mode, where the proposal that is taken has another group than the public value: refused for that, or seen only when the
   * value is read or computed with (`foreignValue`). What is said after that is in a form that the peer cannot read.
   */
  readonly aggressiveForeignValue: Trait<'refused' | 'tried'>;
  /** Errors that end a Quick Mode of its own; others are not heeded, and it is repeated until it is given up. */
  readonly quickModeFatalErrors: Trait<'all' | readonly Ikev1Error[]>;
  /**
   * A proposal that IKEv1 has no numbers for is left out, and an exchange without any other fails; or it is sent without
   * transforms, and left to the responder to refuse.
   */
  readonly ikev1Unsayable: Trait<'left-out' | 'empty'>;
  /** A Quick Mode that cannot even be begun takes the ISAKMP SA with it. */
  readonly quickModeFaultEndsIkeSa: Trait<boolean>;
  /** What it does with a message of phase 1 that cannot be decrypted, as with another preshared key. */
  readonly ikev1Undecryptable: Trait<'silent' | 'notify'>;
  /**
   * How a responder comes to the PAD entry of a peer in IKEv2: `identity` as HP-UX (by IDi, then address is checked);
   * `address-then-identity`: those for the addresses, narrowed down by the proposals and by the identities.
   */
  readonly padSearch: Trait<'identity' | 'address-then-identity'>;
  /** IKEv2: does the failure of the first Child SA end the IKE SA as well, and on which side? */
  readonly childFailureEndsIkeSa: Trait<'both' | 'initiator' | 'neither'>;
  /** IKE SAs that are made without a first Child SA (RFC 6023), where a configuration says nothing of them. */
  readonly childless: Trait<'allow' | 'never'>;
  /** IKEv2: asks for addresses by configuration payload, and gives them out of pools (RFC 7296 §2.19). */
  readonly configurationPayload: Trait<boolean>;
  readonly retransmission: Trait<RetransmissionSchedule>;
  /** From so many half-open IKE SAs on, a responder demands a COOKIE. */
  readonly cookieThreshold: Trait<number>;
  /** IKEv2 fragmentation (RFC 7383): announced and used. */
  readonly fragmentation: Trait<boolean>;
  /** Octets of the IP packets that a fragmented IKE message is cut into. */
  readonly fragmentOctets: Trait<number>;
  readonly natTraversal: Trait<boolean>;
  /** IKEv2: an initiator that may become mobile (RFC 4555) goes on to UDP 4500 after IKE_SA_INIT although there is no NAT. */
  readonly mobikeMovesToNatPort: Trait<boolean>;
  /** Announces INITIAL_CONTACT on its first IKE SA with a peer. */
  readonly initialContact: Trait<boolean>;
  /**
   * Whose IKE SA a Child SA is negotiated in: that of its own connection, or any with the peer, where both ends have the same
   * identities and methods.
   */
  readonly ikeSaSharing: Trait<'connection' | 'peer'>;
  /** What becomes of an older IKE SA with a peer that authenticates anew with the same identities. */
  readonly uniqueness: Trait<'replace' | 'keep'>;
  /** Seconds between liveness checks when nothing is heard; 0 is never. */
  readonly livenessSeconds: Trait<number>;
  /** IKEv1: Dead Peer Detection (RFC 3706) is announced and answered. */
  readonly deadPeerDetection: Trait<boolean>;
  /** IKEv1: a responder takes Aggressive Mode with a preshared key, whose hash an eavesdropper can try keys against. */
  readonly aggressivePresharedKey: Trait<boolean>;
  /** A packet with an SPI that nobody knows, from a peer that there are records for, makes IKEv1 start an ISAKMP SA with it. */
  readonly unknownSpiStartsIke: Trait<boolean>;
  /** RFC 7427 is offered and understood. */
  readonly signatureHashes: Trait<readonly ('SHA1' | 'SHA2-256' | 'SHA2-384' | 'SHA2-512' | 'IDENTITY')[]>;

  /** How it signs by RFC 7427 where nothing is demanded: RSASSA-PSS first, and ECDSA with hashes that are weaker than the curve. */
  readonly signatureWays: Trait<{ readonly pss: boolean; readonly weakerHashes: boolean }>;
  /** `RSASIG` and `ECDSASIG` of a record ask for just that kind of signature; otherwise for one of any kind. */
  readonly signatureKindCounts: Trait<boolean>;

  // Child SAs

  /** How a responder treats the traffic selectors of IKEv2. */
  readonly narrowing: Trait<'narrow' | 'exact-in-transport' | 'exact'>;
  /** Most pairs of selectors that one Child SA can have; 0 is without limit. */
  readonly selectorPairsMax: Trait<number>;
  /** How a responder of Quick Mode compares client identities with its own. */
  readonly quickModeIdentities: Trait<'equal' | 'within' | 'narrow'>;
  /** A range of ports or addresses in the client identity of Quick Mode: replaced by the packet's value, or sent as it is. */
  readonly quickModeRanges: Trait<'packet' | 'range'>;
  /** IKEv1: a responder that has no PFS of its own takes any group offered. */
  readonly pfsAcceptsAny: Trait<boolean>;
  /**
   * When a responder of Quick Mode installs its inbound SA: with its answer, so that packets which overtake message 3 find it,
   * or when message 3 has come. The outbound one always waits for message 3.
   */
  readonly quickModeInbound: Trait<'message-1' | 'message-3'>;
  /** IKEv1: a proposed lifetime longer than its own: answered by RESPONDER-LIFETIME, taken as it is, or refused. */
  readonly longerLifetime: Trait<'notify' | 'accept' | 'refuse'>;
  /** IKEv1: what becomes of pairs of SAs when the last ISAKMP SA with their peer ends. */
  readonly pairsWithoutIsakmpSa: Trait<'stay' | 'end'>;
  /** Takes the initiator's request for transport mode, when its own policy says tunnel mode, and the other way round. */
  readonly modeMismatch: Trait<'refuse' | 'tunnel'>;
  /** Do the traffic selectors of the packet that started it go first (RFC 7296 §2.9)? */
  readonly packetSelectorsFirst: Trait<boolean>;

  /**
   * What it starts by itself (start_action, auto=start, -start) and does not get, or loses again: when it is sought again; false: not
   * until something else asks for it.
   */
  readonly keepsStarted: Trait<RestartSchedule | false>;
  /**
   * IKEv2: what is to be started again when the peer closes it (close_action=start) is so where the peer deletes its IKE SA, also
   * where there is another pair for the same traffic meanwhile.
   */
  readonly restartsBesideAnother: Trait<boolean>;

  // Packets

  /**
   * ICMP errors that no policy protects by their own header: `quoted-packet` sends and takes them through the SAs of the packet that they
   * are about (RFC 4301 §6.2), `own-header` treats them as all other packets.
   */
  readonly icmpErrorsBy: Trait<'quoted-packet' | 'own-header'>;
  /**
   * A flow that FALLBACK_TO_CLEAR has let pass goes in the clear from then on, both ways; otherwise until it makes sense to negotiate
   * again. Of simulated systems alone: the runtime always tries again.
   */
  readonly clearFlowsStay: Trait<boolean>;
  /** May an ICMP error about protected traffic, which quotes it, go in the clear where a policy for everything lets it pass? */
  readonly icmpErrorsInTheClear: Trait<boolean>;

  // Rekeying

  /** Share of a lifetime, in percent, that is left when a successor is sought, and the part of it that is random. */
  readonly rekeyMarginPercent: Trait<number>;
  readonly rekeyFuzzPercent: Trait<number>;
  /** The margin where it is a time and no share, in seconds; 0: `rekeyMarginPercent` says. */
  readonly rekeyMarginSeconds: Trait<number>;
  /** IKEv2: the share of the margin, in percent, that the responder of the exchange keeps, so that the initiator comes first. */
  readonly rekeyResponderPercent: Trait<number>;
  /** IKEv2: an offer for an IKE SA has the group of its public value first, and proposals without it at the end. */
  readonly ikeOffersByGroup: Trait<boolean>;
  /** A Child SA or rekeying whose group the peer refuses is tried again with the group that INVALID_KE_PAYLOAD names. */
  readonly retriesWithGroup: Trait<boolean>;
}
