/**
 * `SystemConfig`: one system's IPsec configuration in RFC 4301's words, whatever product it was written for.
 *
 * It is the hub of the tool: the record language and other products' configurations compile into it; everything that
 * compares two systems, negotiates or applies works on it. All lists are in search order, the first match wins.
 */
import type { Address, AddressRange } from './address.js';
import type { AddressPool } from './address-pool.js';
import type { RecordRef } from './finding.js';
import type { Sourced } from './origin.js';
import type { DataPathName } from './peer-profile/data-path.js';
import type { PeerProfileName } from './peer-profile/peer-profile.js';
import type { Secret } from './secret.js';
import type { Region } from './selector/box.js';
import type { SignatureDemands } from './signature-demands.js';
import type { Span } from './span.js';
import type { TrafficSelector } from './traffic-selector.js';
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
  /** The product's version, as `5.9.8`, where its behaviour or defaults depend on it. */
  readonly productVersion?: string;
  /** One SPD for own and forwarded packets, as Linux has it: `spd` answers for both, and `forwardSpd` is empty. */
  readonly forwardsBySpd?: boolean;
  /**
   * Secrets that are found by the identities of both ends, where the configuration does not tie them to a peer (the secrets
   * of swanctl.conf and ipsec.secrets). See `findSharedSecret`.
   */
  readonly sharedSecrets?: readonly SharedSecret[];
  /** Addresses that peers are given; PAD entries name them. */
  readonly pools?: readonly AddressPool[];
  /** What carries its packets, where the configuration says; absent: whoever asks decides. */
  readonly dataPath?: Sourced<DataPathName>;
  /** Settings of the product itself that answers depend on, by the product's own names: `charon.prefer_configured_proposals`. */
  readonly productSettings?: ReadonlyMap<string, Sourced<string>>;
}

export interface SharedSecret {
  readonly source: EntrySource;
  readonly use: 'IKE' | 'EAP' | 'PPK';
  /** Whom it belongs to; either end may be one of them. Empty: everybody. */
  readonly owners: readonly Sourced<IdentityPattern>[];
  /** By whose rules the best of several is found: strongSwan's unless told. */
  readonly search?: 'charon' | 'pluto';
  readonly secret: Sourced<SecretReference>;
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
  /** Where the product makes something else of it than was written: one sentence each without a full stop. */
  readonly notes?: readonly string[];
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
  /** What its SAs carry where that is not what they are negotiated for: the kernel's policies may be wider. */
  readonly carries?: Region;
  /** In order of preference; none where a kernel's policy asks a daemon for SAs, of which only `protocol` is known. */
  readonly proposals: readonly ChildProposal[];
  /** What its SAs are, where no proposal tells. */
  readonly protocol?: 'ESP' | 'AH';
  /** Key exchange of its own in each SA negotiation; absent: as the IKE policy of the peer says. Empty: none. */
  readonly pfsGroups?: Sourced<readonly KeyExchangeTransform[]>;
  readonly manual?: ManualSaPair;
  /** Packets; 0 is off; absent: the backend's own. */
  readonly antiReplayWindow?: Sourced<number>;
  readonly start?: Sourced<'TRAP' | 'START' | 'NONE'>;
  /** What is done when the peer deletes the SA, and when it no longer answers. */
  readonly onClose?: Sourced<'TRAP' | 'START' | 'NONE'>;
  readonly onDeadPeer?: Sourced<'TRAP' | 'START' | 'NONE'>;
  readonly mark?: Sourced<number>;
  readonly ifId?: Sourced<number>;
  /**
   * The traffic selectors of both ends as the configuration lists them, which says more than the region: the order, one
   * protocol for one end only, and selectors that become the address of an end.
   */
  readonly lists?: ConfiguredSelectors;
  /** False: SAs are negotiated, but no policies are installed for them (routing or something else chooses the packets). */
  readonly installsPolicies?: Sourced<boolean>;
  /** Responds with less than what is proposed where no more is allowed (RFC 7296 §2.9); absent: as the product does. */
  readonly narrowing?: Sourced<boolean>;
  /** Compression is offered and accepted (RFC 3173). */
  readonly ipComp?: Sourced<boolean>;
  /** HMAC-SHA2-256 has 96 bits on the wire although 128 were negotiated, as kernels before RFC 4868 have it. */
  readonly sha256Truncated?: Sourced<boolean>;
  /** The SA is deleted after so many seconds without traffic; 0 is never. */
  readonly inactivitySeconds?: Sourced<number>;
}

export interface ConfiguredSelectors {
  readonly local: readonly ConfiguredSelector[];
  readonly remote: readonly ConfiguredSelector[];
}

/** A traffic selector, or one whose addresses are those of the end itself: its IKE address or its virtual one. */
export type ConfiguredSelector =
  | ({ readonly kind: 'fixed' } & TrafficSelector)
  | ({ readonly kind: 'dynamic' } & Omit<TrafficSelector, 'range'>);

/** One proposal for an ESP or AH SA: any choice of one transform from each list (RFC 7296 §3.3). */
export interface ChildProposal {
  readonly source: EntrySource;
  /** As written, for messages: `ESP_AES128_HMAC_SHA1`, `aes128-sha256`. */
  readonly name: string;
  /** Where another product's configuration writes it, or the list that it stands in; absent for the product's own. */
  readonly at?: Span;
  readonly protocol: 'ESP' | 'AH';
  /** ESP only; a combined-mode cipher leaves `authentication` empty. */
  readonly encryption: readonly EncryptionTransform[];
  readonly authentication: readonly AuthenticationTransform[];
  readonly esn: readonly ('no-esn' | 'esn')[];
  /**
   * Groups for a key exchange of its own, where each proposal has them and not the template as a whole; NONE among them
   * (number 0) makes it optional. Absent: as `SaTemplate.pfsGroups` says.
   */
  readonly keyExchange?: readonly KeyExchangeTransform[];
  /** 0 is without limit. */
  readonly lifetimeSeconds: Sourced<number>;
  readonly lifetimeKilobytes: Sourced<number>;
  /** When a successor is sought, where that is written and not left to the product's margin; 0 is never. */
  readonly rekeySeconds?: Sourced<number>;
  readonly rekeyKilobytes?: Sourced<number>;
  readonly lifetimePackets?: Sourced<number>;
  readonly rekeyPackets?: Sourced<number>;
  /** The time of rekeying is made earlier by a random part of this. */
  readonly rekeyRandomSeconds?: Sourced<number>;
}

/** One proposal for an IKE SA. */
export interface IkeProposal {
  readonly name: string;
  /** Where another product's configuration writes it, or the list that it stands in; absent for the product's own. */
  readonly at?: Span;
  readonly encryption: readonly EncryptionTransform[];
  /** Integrity in IKEv2; empty for a combined-mode cipher and in IKEv1, whose hash is in `prf`. */
  readonly authentication: readonly AuthenticationTransform[];
  /** PRF in IKEv2, hash in IKEv1. */
  readonly prf: readonly PrfTransform[];
  readonly keyExchange: readonly KeyExchangeTransform[];
  /** Further key exchanges (RFC 9370), each a choice, in their order; NONE (number 0) among them makes one optional. */
  readonly additionalKeyExchanges?: readonly (readonly KeyExchangeTransform[])[];
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
  /** The time of rekeying and reauthentication is made earlier by a random part of this. */
  readonly rekeyRandomSeconds?: Sourced<number>;
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
  | 'RSAREVENC'
  /** Extensible Authentication (RFC 7296 §2.16) and its IKEv1 counterpart, by user name. */
  | 'EAP'
  | 'XAUTH'
  /** Of a peer: whatever it proves itself by. */
  | 'ANY';

/** One authentication after the first (RFC 4739; XAUTH after Main or Aggressive Mode). */
export interface AuthenticationRound {
  readonly method: Sourced<AuthenticationMethod>;
  readonly id?: Sourced<IdentityPattern>;
}

export interface PadEntry {
  readonly source: EntrySource;
  readonly connection?: ConnectionName;
  readonly remote: AddressRange;
  /** Names of hosts that stand for the peer's address. They are not looked up: `remote` is then every address. */
  readonly remoteNames?: readonly Sourced<string>[];
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
  /** Rounds of authentication after the first, which `localMethod` and `remoteMethod` are about. */
  readonly localRounds?: readonly AuthenticationRound[];
  readonly remoteRounds?: readonly AuthenticationRound[];
  /** What happens with a second IKE SA of the same peer: nothing ever, only on INITIAL_CONTACT, the new or the old one goes. */
  readonly uniqueness?: Sourced<'never' | 'initial-contact' | 'keep' | 'replace'>;
  /** IKE SAs without a first Child SA (RFC 6023). */
  readonly childless?: Sourced<'allow' | 'prefer' | 'force' | 'never'>;
  /** RFC 4555. */
  readonly mobike?: Sourced<boolean>;
  /** IKEv1: given up after so many seconds without an answer to DPD; 0 is by retransmission. */
  readonly dpdTimeoutSeconds?: Sourced<number>;
  /** Sequences of retransmissions for the first exchange; 0 is without end. */
  readonly initiationTries?: Sourced<number>;
  /** UDP ports, where they are not 500. */
  readonly localPort?: Sourced<number>;
  readonly remotePort?: Sourced<number>;
  /** Files with own certificates, and with those that the peer's must be, or must lead to. */
  readonly certificates?: readonly Sourced<string>[];
  readonly remoteCertificates?: readonly Sourced<string>[];
  readonly authorities?: readonly Sourced<string>[];
  readonly revocationLists?: readonly Sourced<string>[];
  /** Files with public keys that have no certificate: own ones, and those that the peer's must be among. */
  readonly publicKeys?: readonly Sourced<string>[];
  readonly remotePublicKeys?: readonly Sourced<string>[];
  /** What signatures must be beyond the method: those of this system, and those of the peer and its certificates. */
  readonly signatureDemands?: Sourced<SignatureDemands>;
  readonly remoteSignatureDemands?: Sourced<SignatureDemands>;
  /** Are own certificates sent, and are the peer's asked for? Absent: as the product does. */
  readonly sendsCertificates?: Sourced<'if-asked' | 'always' | 'never'>;
  readonly asksForCertificates?: Sourced<boolean>;
  /** Must the peer's certificates be known not to be revoked: all of them, or those that say where that stands? */
  readonly revocation?: Sourced<'strict' | 'if-uri' | 'relaxed'>;
  /**
   * Addresses that are asked of the peer (RFC 7296 §2.19), 0.0.0.0 and :: for any of the family, and names of pools that its
   * requests are answered from.
   */
  readonly virtualAddresses?: readonly Sourced<AddressRange>[];
  readonly pools?: readonly Sourced<string>[];
  /** In distinguished names the order of the attributes counts (charon.rdn_matching is `strict`). */
  readonly namesAreOrdered?: boolean;
  /** The postquantum preshared key that is used (RFC 8784). */
  readonly ppk?: { readonly id?: Sourced<string>; readonly required: Sourced<boolean> };
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
  | { readonly kind: 'any'; readonly type: IdentityType }
  /** A text that ends so, in any case: `*.example.com`, `*@example.com` of strongSwan. */
  | { readonly kind: 'suffix'; readonly type: 'FQDN' | 'USER-FQDN' | 'KEY-ID'; readonly suffix: string }
  /** These attributes in this order and no others; `*` stands for any value. */
  | { readonly kind: 'dn-template'; readonly type: 'X500-DN'; readonly attributes: readonly DnAttribute[] }
  /** Any identity of any type. */
  | { readonly kind: 'anything'; readonly type?: undefined };

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
