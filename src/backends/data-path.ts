/**
 * What carries the packets of a host that runs our IKE engine: Linux's XFRM (`xfrm/`) or our own ESP behind a TUN device
 * (`userspace/`). The daemon tells it policy and SAs; it tells the daemon what it needs and what it saw. SAs and their
 * events are those of the engine's `ipsec/`, so that every world speaks of the same things.
 */
import type { Acquire } from '../engine/ipsec/bundle.js';
import type { PeerMove } from '../engine/ipsec/peer-move.js';
import type { SaEvent, SaId, SaParameters } from '../engine/ipsec/sa.js';
import type { Address, Family } from '../model/address.js';
import type { SaTemplate, SystemConfig } from '../model/system-config.js';

export type DataPathEvent =
  /** A packet needs an SA that there is not. At most one for each SA and half minute. */
  | { readonly kind: 'acquire'; readonly acquire: Acquire }
  | { readonly kind: 'sa-event'; readonly event: SaEvent }
  /** An IKE message came in where the data path listens; its non-ESP marker is taken off. */
  | {
      readonly kind: 'ike';
      readonly local: UdpEnd;
      readonly remote: UdpEnd;
      readonly octets: Uint8Array;
    }
  /** The data path itself is in trouble: a socket, the device, the kernel. `fatal`: it carries no more packets. */
  | { readonly kind: 'fault'; readonly fatal: boolean; readonly text: string };

export interface UdpEnd {
  readonly address: Address;
  readonly port: number;
}

/** What one SA has carried. */
export interface SaCounters {
  readonly packets: number;
  readonly octets: number;
  /** The sequence number sent or received last, where the data path tells it. */
  readonly sequence?: bigint;
  readonly replays: number;
  readonly icvFailures: number;
  /** Milliseconds of the system's clock (Date.now); absent: never. */
  readonly lastUsedAt?: number;
}

export interface DataPath {
  readonly name: 'xfrm' | 'userspace' | 'none';
  /** UDP ports that it listens on itself; IKE messages to them come as events. Known after `start`. */
  readonly listensOn: readonly number[];
  /** Sets up devices, routes and policies; nothing that the configuration protects goes in the clear from here on. */
  start(config: SystemConfig, listener: (event: DataPathEvent) => void): Promise<void>;
  /** A changed configuration. SAs that still fit stay. */
  reconfigure(config: SystemConfig): Promise<void>;
  /**
   * `template`: what it was negotiated for. Rejects with why the data path cannot take it. What is sent by it or asked after the call
   * finds the SA in place already, also while the promise is pending: the answer to a peer need not wait for it. Whoever sends by himself
   * calls `flush` before.
   */
  install(sa: SaParameters, template?: SaTemplate): Promise<void>;
  /** False where there is no such SA. As `install`, it counts from the call on. */
  remove(sa: SaId): Promise<boolean>;
  /** The peer is elsewhere now: SAs go on there. Rejects with why they cannot; those that could not stay as they were. */
  movePeer(move: PeerMove): Promise<void>;
  /** A negotiation failed: packets of an entry that allows it may go in the clear until then (milliseconds, Date.now). */
  negotiationFailed(acquire: Acquire, until: number): void;
  counters(sa: SaId): Promise<SaCounters | undefined>;
  /**
   * Sends an IKE message from a port that the data path listens on, because ESP in UDP comes to the same one (RFC 3948);
   * it adds the non-ESP marker. False: that is no port of the data path, and the caller sends by itself.
   */
  sendIke(local: UdpEnd, remote: UdpEnd, octets: Uint8Array): boolean;
  /**
   * What packets asked for before `start` and still wait for: a kernel that has asked does not ask again for half a minute, and whom it
   * asked may have been about to end.
   */
  waiting?(): readonly Acquire[];
  /** Hands on all that was asked for, so that what is sent from now on by whatever socket finds it done. */
  flush?(): void;
  /** Sets what a socket of IKE needs that is open beside the data path, by its descriptor; called once for each. */
  prepareSocket?(descriptor: number, port: number, family: Family): void;
  /** Undoes what `start` set up. With `keepBlocked` protected traffic stays blocked instead of going in the clear. */
  stop(options?: { readonly keepBlocked?: KeepBlocked }): Promise<void>;
}

/** `as-before`: if it was blocked when `start` came, by what a runtime that is gone had left, or at boot. For starts that fail. */
export type KeepBlocked = boolean | 'as-before';
