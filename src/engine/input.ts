/**
 * What a world tells the engine. The engine does nothing by itself: whoever owns sockets, clock and data path (the
 * simulator, the runtime) hands in what happened and carries out what comes back.
 */
import type { Address } from '../model/address.js';
import type { Packet } from '../model/packet.js';
import type { SaTemplate, SpdEntry } from '../model/system-config.js';
import type { Ends } from './ipsec/bundle.js';
import type { SaEvent, SaId } from './ipsec/sa.js';

/** An address and a UDP port. */
export interface Endpoint {
  readonly address: Address;
  /** 1..65535 */
  readonly port: number;
}

/** A wish for a Child SA: what an `Acquire` of the data path says, or a start without a packet. */
export interface ChildRequest {
  readonly entry: SpdEntry;
  readonly template: SaTemplate;
  /** The IKE peers, which are the ends of the SA to be. */
  readonly ends: Ends;
  /** The packet that waits for it, in local/remote terms; absent when nothing waits. */
  readonly packet?: Packet;
  readonly populateFromPacket: boolean;
}

export type EngineInput =
  /** An IKE message, its non-ESP marker taken off. */
  | { readonly kind: 'datagram'; readonly local: Endpoint; readonly remote: Endpoint; readonly octets: Uint8Array }
  /** The time that `nextTimeout` named has come. */
  | { readonly kind: 'timeout' }
  | { readonly kind: 'request'; readonly request: ChildRequest }
  /** The system is up: what its configuration wants started is begun, and kept up where the product does that. */
  | { readonly kind: 'start' }
  /** Soft and hard limits, unknown SPIs and new mappings, as the data path sees them. */
  | { readonly kind: 'sa-event'; readonly event: SaEvent }
  /** An operator's commands. */
  | { readonly kind: 'rekey-child'; readonly sa: SaId }
  | { readonly kind: 'delete-child'; readonly sa: SaId }
  | { readonly kind: 'rekey-ike'; readonly ikeSa: IkeSaName }
  | { readonly kind: 'delete-ike'; readonly ikeSa: IkeSaName }
  /** Is the peer still there? */
  | { readonly kind: 'check-liveness'; readonly ikeSa: IkeSaName };

/** Names an IKE SA within one engine, as long as it lives; a rekeyed one has a new name. */
export interface IkeSaName {
  readonly version: 1 | 2;
  /** Counts up from 1; in both versions together. */
  readonly serial: number;
}

/** Names a pair of Child SAs within one engine. */
export interface ChildSaName {
  readonly ikeSa: IkeSaName;
  /** Counts up from 1 within one engine. */
  readonly serial: number;
}
