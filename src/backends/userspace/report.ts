/** What our own data path tells and takes beyond the border of all data paths. */
import type { DropReason } from '../../engine/ipsec/drop.js';
import type { SaId } from '../../engine/ipsec/sa.js';
import type { Address } from '../../model/address.js';
import type { Packet } from '../../model/packet.js';

export interface SaUsageReport {
  readonly id: SaId;
  readonly packets: number;
  readonly octets: number;
  /** Outbound: used last. Inbound: the highest received. */
  readonly sequence: bigint;
  readonly replays: number;
  readonly icvFailures: number;
  /** Milliseconds since 1970. */
  readonly addedAt: number;
  readonly lastUsedAt?: number;
}

/** A flow whose packets are not looked up any more. */
export interface CachedFlow {
  readonly packet: Packet;
  /** The SA that takes them; absent where policy decides without one, or packet by packet. */
  readonly sa?: SaId;
}

/** What has happened since the start. */
export interface DataPathTotals {
  readonly packetsOut: number;
  readonly octetsOut: number;
  readonly packetsIn: number;
  readonly octetsIn: number;
  /** Packets that policy let pass without protection. */
  readonly bypassed: number;
  /** Packets that are held until their SA is there. */
  readonly waiting: number;
  readonly dropped: Readonly<Partial<Record<DropReason | LocalDropReason, number>>>;
  /** Whatever else is counted, by its name. */
  readonly details: Readonly<Record<string, number>>;
}

/** Drops that have nothing to do with RFC 4301. */
export type LocalDropReason =
  /** The queue for packets that wait for an SA is full. */
  | 'queue'
  /** The cryptographic library failed. */
  | 'cipher'
  /** The host refused to send or to take it. */
  | 'host'
  /** A NAT keepalive: not lost, but at its end. */
  | 'keepalive'
  /** An IKE message, while IKE has not taken those before. */
  | 'ike-overload';

/** A packet that went no further, for audit. Of many alike only some are told; `more` counts those since the last. */
export interface AuditedDrop {
  readonly direction: 'inbound' | 'outbound';
  readonly reason: DropReason;
  /** A sentence for a reader. */
  readonly why: string;
  readonly more: number;
}

/** An IKE message as it came in or is to go out, without non-ESP marker. */
export interface IkeMessage {
  readonly local: Address;
  readonly remote: Address;
  readonly localPort: number;
  readonly remotePort: number;
  readonly octets: Uint8Array;
}
