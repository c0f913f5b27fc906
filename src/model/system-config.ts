/**
 * `SystemConfig`: one system's IPsec configuration in RFC 4301's words, whatever product it was written for.
 *
 * It is the hub of the tool: the record language and other products' configurations compile into it; everything that
 * compares two systems, negotiates or applies works on it. All lists are in search order, the first match wins.
 */
import type { Address, AddressRange } from './address.js';
import type { RecordRef } from './finding.js';
import type { Sourced } from './origin.js';
import type { PeerProfileName } from './peer-profile/peer-profile.js';
import type { Secret } from './secret.js';
import type { Region } from './selector/box.js';
import type { Span } from './span.js';
import type { AuthenticationTransform, EncryptionTransform, KeyExchangeTransform, PrfTransform } from './transform.js';

export interface SystemConfig {
  /** The system's name: host of a repository, or the file's base name. */
  readonly name: string;
  /** Addresses that the system itself has, as far as known (inventory, or tunnel and selector sources). */
  readonly addresses: readonly Address[];
  /** RFC 4301 §4.4.1: ordered; packets of the system itself. The last entry matches everything. */
  readonly spd: readonly SpdEntry[];
  /** The same for packets that the system forwards; `local` is where they come from, and only `outbound` exists. */
  readonly forwardSpd: readonly SpdEntry[];
  /** RFC 4301 §4.4.3: ordered. */
  readonly pad: readonly PadEntry[];
  readonly ikePolicies: readonly IkePolicy[];
  /** How the PAD is searched: by priority, or (HP-UX A.02) by the longest remote prefix. */
  readonly padSearch: 'first-match' | 'longest-prefix';
  /** How the product behaves that the configuration was written for; absent: whoever asks decides. */
  readonly peerProfile?: Sourced<PeerProfileName>;
}

/**
 * The name of what several entries came from together (a connection of swanctl.conf, a conn of ipsec.conf). An entry that
 * has one goes with entries of the same name only; entries without, as those of records, find each other by search.
 */
export type ConnectionName = string;

/** Who made an entry: a record of the file, or the product itself. */
export interface EntrySource {
  readonly record: RecordRef;
  readonly at?: Span;
}

export interface SpdEntry {
  readonly source: EntrySource;
  /** The record's own number, where it has one. */
  readonly priority?: Sourced<number>;
  readonly selectors: Region;
  readonly action: SpdAction;
}

export type SpdAction =
  | { readonly kind: 'BYPASS' }
  | { readonly kind: 'DISCARD' }
  | {
      readonly kind: 'PROTECT';
      /** Innermost SA first: what is applied first to an outbound packet. */
      readonly bundle: readonly SaTemplate[];
      /** Selectors are populated from the packet: one SA pair per five-tuple (HP-UX EXCLUSIVE, RFC 4301 PFP). */
      readonly populateFromPacket: boolean;
      /** Clear text is allowed when IKE fails (HP-UX FALLBACK_TO_CLEAR). */
      readonly fallbackToClear: boolean;
    };

export interface SaTemplate {
  readonly source: EntrySource;
  readonly connection?: ConnectionName;
  readonly mode: 'transport' | 'tunnel';
  /** Tunnel endpoints; absent means the packet's own addresses. */
  readonly localEndpoint?: Address;
  readonly remoteEndpoint?: Address;
  /** What this SA is negotiated for and may carry (tunnel filters, or the SPD entry's own selectors). */
  readonly selectors: Region;
  /** In order of preference. */
  readonly proposals: readonly ChildProposal[];
  /** Key exchange of its own in each SA negotiation; absent: as the IKE policy of the peer says. Empty: none. */
  readonly pfsGroups?: Sourced<readonly KeyExchangeTransform[]>;
  readonly manual?: ManualSaPair;
  /** Packets; 0 is off; absent: the backend's own. */
  readonly antiReplayWindow?: Sourced<number>;
  readonly start?: Sourced<'TRAP' | 'START' | 'NONE'>;
  readonly mark?: Sourced<number>;
  readonly ifId?: Sourced<number>;
}

/** One proposal for an ESP or AH SA: any choice of one transform from each list (RFC 7296 §3.3). */
export interface ChildProposal {
  readonly source: EntrySource;
  /** As written, for messages: `ESP_AES128_HMAC_SHA1`, `aes128-sha256`. */
  readonly name: string;
  readonly protocol: 'ESP' | 'AH';
  /** ESP only; a combined-mode cipher leaves `authentication` empty. */
  readonly encryption: readonly EncryptionTransform[];
  readonly authentication: readonly AuthenticationTransform[];
  readonly esn: readonly ('no-esn' | 'esn')[];
  /** 0 is without limit. */
  readonly lifetimeSeconds: Sourced<number>;
  readonly lifetimeKilobytes: Sourced<number>;
  /** When a successor is sought, where that is written and not left to the product's margin; 0 is never. */
  readonly rekeySeconds?: Sourced<number>;
  readonly rekeyKilobytes?: Sourced<number>;
  readonly lifetimePackets?: Sourced<number>;
  readonly rekeyPackets?: Sourced<number>;
}

/** One proposal for an IKE SA. */
export interface IkeProposal {
  readonly name: string;
  readonly encryption: readonly EncryptionTransform[];
  /** Integrity in IKEv2; empty for a combined-mode cipher and in IKEv1, whose hash is in `prf`. */
  readonly authentication: readonly AuthenticationTransform[];
  /** PRF in IKEv2, hash in IKEv1. */
  readonly prf: readonly PrfTransform[];
  readonly keyExchange: readonly KeyExchangeTransform[];
}

export interface IkePolicy {
  readonly source: EntrySource;
  readonly connection?: ConnectionName;
  readonly version: 1 | 2;
  /** Peers that it is for. */
  readonly remote: AddressRange;
  readonly priority?: Sourced<number>;
  /** In order of preference. */
  readonly proposals: readonly IkeProposal[];
  /** 0 is without end. */
  readonly lifetimeSeconds: Sourced<number>;
  /** When the IKE SA is rekeyed, where that is written; 0 is never. */
  readonly rekeySeconds?: Sourced<number>;
  /** When the peers authenticate anew with a new IKE SA; 0 or absent is never. */
  readonly reauthenticationSeconds?: Sourced<number>;
  readonly pfs: Sourced<boolean>;
  /** HP-UX A.02 `-maxqm`: Quick Modes per ISAKMP SA; 1 is PFS of keys and identities. */
  readonly quickModesMax?: Sourced<number>;
}

export type AuthenticationMethod =
  | 'PSK'
  | 'RSASIG'
  | 'DSSSIG'
  | 'ECDSASIG'
  | 'EDDSASIG'
  | 'DIGSIG'
  | 'RSAENC'
  | 'RSAREVENC';

export interface PadEntry {
  readonly source: EntrySource;
  readonly connection?: ConnectionName;
  readonly remote: AddressRange;
  /** Own addresses that it is for; absent: all. */
  readonly local?: readonly AddressRange[];
  readonly priority?: Sourced<number>;
  /** In order; the first is used to initiate. */
  readonly ikeVersions: Sourced<readonly (1 | 2)[]>;
  readonly exchange: Sourced<'main' | 'aggressive'>;
  readonly localMethod: Sourced<AuthenticationMethod>;
  readonly remoteMethod: Sourced<AuthenticationMethod>;
  /** Absent: the address of the sending interface. */
  readonly localId?: Sourced<Identity>;
  /** Absent: the peer's packet source address. */
  readonly remoteId?: Sourced<IdentityPattern>;
  readonly presharedKey?: Sourced<SecretReference>;
  /** The peer gets its address by configuration; this system never initiates to it. */
  readonly respondOnly: boolean;
  readonly natTraversal?: Sourced<'ON' | 'OFF' | 'FORCE'>;
  /** 0 is off. */
  readonly dpdSeconds?: Sourced<number>;
  readonly fragmentation?: Sourced<boolean>;
}

/** A secret that was written down, or a reference to where it is. */
export type SecretReference =
  | { readonly kind: 'literal'; readonly secret: Secret }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'env'; readonly variable: string };

export type IdentityType = 'IPV4' | 'IPV6' | 'FQDN' | 'USER-FQDN' | 'X500-DN' | 'KEY-ID';

/** An identity that is sent (RFC 2407 §4.6.2, RFC 7296 §3.5). `value` is canonical text; absent for X500-DN taken from the certificate. */
export interface Identity {
  readonly type: IdentityType;
  readonly value?: string;
}

/** What the peer's identity must be. */
export type IdentityPattern =
  | { readonly kind: 'exact'; readonly type: IdentityType; readonly value: string }
  /** `.example.com`: every name below it. */
  | { readonly kind: 'subtree'; readonly type: 'FQDN' | 'USER-FQDN'; readonly suffix: string }
  | { readonly kind: 'addresses'; readonly type: 'IPV4' | 'IPV6'; readonly range: AddressRange }
  /** Every attribute must be present in the peer's name. */
  | { readonly kind: 'dn'; readonly type: 'X500-DN'; readonly attributes: readonly DnAttribute[] }
  /** Any identity of the type. */
  | { readonly kind: 'any'; readonly type: IdentityType };

export interface DnAttribute {
  /** Upper case: CN, C, O, OU. */
  readonly name: string;
  readonly value: string;
}

export interface ManualSaPair {
  readonly inbound: ManualSa;
  readonly outbound: ManualSa;
}

export interface ManualSa {
  readonly at: Span;
  readonly protocol: 'ESP' | 'AH';
  readonly spi: number;
  readonly authenticationKey: Secret;
  readonly encryptionKey?: Secret;
  readonly iv?: Uint8Array;
}
