/**
 * What dynamic selectors stand for once addresses are asked for and given by configuration payload (RFC 7296 §2.19), as
 * ike_sa_get_dynamic_hosts of strongSwan's ike_sa.c has it: the virtual addresses of an end where it has some, else its address.
 */
import { type Address, type AddressRange, anyAddress, type Family, singleAddress } from '../../address.js';
import type { AddressWish } from '../../address-pool.js';
import type { PadEntry } from '../../system-config.js';
import type { Ends } from './selectors.js';

/** Virtual addresses of both ends of an IKE SA, from one side's point of view. */
export interface VirtualAddresses {
  /** What the peer has given us. */
  readonly own: readonly Address[];
  /** What we have given the peer. */
  readonly peer: readonly Address[];
}

export const noVirtualAddresses: VirtualAddresses = { own: [], peer: [] };

/** What a PAD entry asks the peer for, in its order. */
export function wishesOf({ virtualAddresses = [] }: Pick<PadEntry, 'virtualAddresses'>): AddressWish[] {
  return virtualAddresses.map(({ value: { family, first } }): AddressWish => {
    const isOpen = BigInt(first) === 0n;
    return isOpen ? { family } : { family, address: { family, value: first } };
  });
}

/** What the selectors are resolved for. */
export type ResolvedFor =
  /** A new Child SA is proposed: addresses that are asked for are not known, or not looked at, and the responder narrows to its own. */
  | 'new'
  /** A successor is proposed, for the addresses that there are. */
  | 'successor'
  /** What the peer proposes or answers is compared. */
  | 'comparison';

/** The ends with what dynamic selectors stand for. */
export function withVirtualHosts(
  ends: Ends,
  pad: Pick<PadEntry, 'virtualAddresses' | 'pools'> | undefined,
  { own, peer }: VirtualAddresses,
  resolvedFor: ResolvedFor,
): Ends {
  const families: readonly Family[] = resolvedFor === 'new' && pad ? wishesOf(pad).map(({ family }) => family) : [];
  const local = families.length > 0 ? families.map(anyAddress) : own.map(hostOf);
  const remote = peer.length > 0 ? peer.map(hostOf) : (pad?.pools ?? []).length > 0 ? unknownHosts(resolvedFor) : [];
  const isPooled = (pad?.pools ?? []).length > 0;
  return {
    ...ends,
    ...(local.length > 0 ? { localHosts: local } : {}),
    ...(remote.length > 0 || isPooled ? { remoteHosts: remote } : {}),
  };
}

/**
 * An end that is to have an address out of a pool, and has none: it is proposed as anywhere (of IPv4, which dynamic selectors begin
 * as), and nothing that the peer says is within it (get_subset of traffic_selector.c).
 */
function unknownHosts(resolvedFor: ResolvedFor): readonly AddressRange[] {
  return resolvedFor === 'comparison' ? [] : [anyAddress(4)];
}

/** A pool that gives what is asked for gives any address to who asks for any. */
function hostOf(address: Address): AddressRange {
  return BigInt(address.value) === 0n ? anyAddress(address.family) : singleAddress(address);
}
