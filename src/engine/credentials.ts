/**
 * What a system proves its identity with and believes its peers by. The engine asks by PAD entry and identities; where
 * keys come from (records, files, a made-up PKI for dry runs) is the business of whoever makes the engine.
 */
import type { Secret } from '../model/secret.js';
import type { SignatureDemand } from '../model/signature-demands.js';
import type { Identity, PadEntry } from '../model/system-config.js';
import type { Evidence } from './credentials/charon/chain.js';
import type { KeyKind, PrivateKey, PublicKey } from './crypto/provider.js';

export interface OwnCredential {
  readonly key: PrivateKey;
  /** Certificates in DER, the own one first; empty for a bare key. */
  readonly chain: readonly Uint8Array[];
  /** What is worth telling of where it comes from, as that it was made up for a dry run. One sentence without a full stop. */
  readonly note?: string;
}

export interface PeerKeyRequest {
  readonly pad: PadEntry;
  readonly identity: Identity;
  /** The identity's octets, where they say more than its text (a distinguished name in DER). */
  readonly identityOctets: Uint8Array;
  /** Certificates that came along, in DER, in the order of arrival. */
  readonly chain: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  /** The time by which they must be valid. */
  readonly at: Date;
  /** What the key is for: checking signatures, as where this is absent, or IKEv1's encrypted nonces. */
  readonly use?: 'signature' | 'encryption';
  /** The kinds of keys that can have signed so; absent: any. */
  readonly kinds?: readonly KeyKind[];
}

/** Whose certificates a peer asks for (RFC 7296 §3.7: hashes of keys; RFC 2408 §3.10: names in DER), and which keys can be used. */
export interface AskedAuthorities {
  readonly keyIds: readonly Uint8Array[];
  readonly names: readonly Uint8Array[];
  /** What an entry names does not count. */
  readonly byIdentity?: boolean;
  readonly kinds?: readonly KeyKind[];
}

export type PeerKey =
  /** `note` as in `OwnCredential`. */
  | {
      readonly kind: 'key';
      readonly key: PublicKey;
      readonly note?: string;
      /** By what it is believed, for `demandFault`. */
      readonly evidence?: Evidence;
      /** Why it counts for nothing although a signature is right: one sentence without a full stop. */
      readonly unfit?: string;
    }
  /** One sentence without a full stop. */
  | { readonly kind: 'refused'; readonly why: string };

export type FoundKey = Extract<PeerKey, { readonly kind: 'key' }>;

export interface Credentials {
  /** The key shared with a peer; undefined where there is none. In Main Mode the peer's identity is not known yet. */
  presharedKey(pad: PadEntry, identities: { readonly local: Identity; readonly remote?: Identity }): Secret | undefined;
  /** Every key that a peer of IKEv2 may prove itself by, the best one first; absent: `presharedKey` alone. */
  acceptedKeys?(pad: PadEntry, identities: { readonly local?: Identity; readonly remote: Identity }): readonly Secret[];
  own(pad: PadEntry, local: Identity, asked?: AskedAuthorities): OwnCredential | undefined;
  peerKey(request: PeerKeyRequest): PeerKey;
  /** Every key that a signature may be checked with, those that are trusted most first; absent: `peerKey` alone. */
  peerKeys?(request: PeerKeyRequest): readonly PeerKey[];
  /**
   * Why a peer that is believed is not good enough for an entry, one sentence without a full stop. `key` is absent where it proved
   * itself by a shared key, `used` where its signature says nothing of how it was made.
   */
  demandFault?(pad: PadEntry, key: FoundKey | undefined, used?: SignatureDemand): string | undefined;
  /** Trust anchors for a peer, or for any, for certificate requests: SubjectPublicKeyInfo and subject name in DER. */
  trustAnchors(pad?: PadEntry): readonly { readonly spki: Uint8Array; readonly name: Uint8Array }[];
}
