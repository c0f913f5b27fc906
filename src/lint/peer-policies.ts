/** Which authentication records and IKE policies the peers of a protecting policy get. */
import { type AddressRange, singleAddress } from '../model/address.js';
import type { AuthRecord } from '../model/record/auth.js';
import type { IkeRecord } from '../model/record/ike.js';
import type { HostRecord, TunnelRecord } from '../model/record/policy.js';
import type { PolicySet } from '../model/resolve.js';
import { protectingRecords } from './algorithm-lists.js';
import { authLookup, ikeLookup, matchesOf } from './lookup.js';

/** Stretches of peer addresses that are told apart for one policy; more of them repeat the same few records. */
const stretchesMax = 64;

/** A peer, or a stretch of peers that get the same records. */
export interface PeerPolicies {
  readonly range: AddressRange;
  /** Absent: no record is for these peers. */
  readonly auth?: AuthRecord;
  /** The version that this system initiates with. */
  readonly version: 1 | 2;
  /** The preloaded default where none is written; absent in A.02. */
  readonly ike?: IkeRecord;
}

/** Far ends of a policy's SAs: the tunnel's endpoint, or in transport mode the destinations themselves. */
export function peerRanges(record: HostRecord | TunnelRecord): readonly AddressRange[] {
  if (record.kind === 'tunnel' && record.tunnelDestination) return [singleAddress(record.tunnelDestination.value)];
  return record.destinations.map(({ value }) => value.range);
}

/** Has a policy keys by hand, so that no IKE is involved? */
export function isManual(record: HostRecord | TunnelRecord): boolean {
  return record.manualIn !== undefined || record.manualOut !== undefined;
}

/** The peers of a policy in stretches of equal records. */
export function* peersOfRecord(policies: PolicySet, record: HostRecord | TunnelRecord): Iterable<PeerPolicies> {
  if (isManual(record)) return;
  let left = stretchesMax;
  for (const range of peerRanges(record)) {
    for (const found of peersOfRange(policies, range)) {
      yield found;
      left -= 1;
      if (left === 0) return;
    }
  }
}

/** The records that a range of peer addresses gets. */
export function* peersOfRange(policies: PolicySet, range: AddressRange): Iterable<PeerPolicies> {
  for (const { range: known, record: auth } of matchesOf(authLookup(policies), range)) {
    const version = auth?.kmp.value[0] ?? 1;
    yield* withIke(policies, version, known, auth);
  }
}

/** The IKE policies that a range of peers gets in a version, the preloaded default included; at most `stretchesMax`. */
export function* withIke(
  policies: PolicySet,
  version: 1 | 2,
  range: AddressRange,
  auth: AuthRecord | undefined,
): Iterable<PeerPolicies> {
  const preloaded = version === 1 ? policies.defaultIkev1 : policies.defaultIkev2;
  let left = stretchesMax;
  for (const { range: stretch, record } of matchesOf(ikeLookup(policies, version), range)) {
    const ike = record ?? preloaded;
    yield { range: stretch, version, ...(auth ? { auth } : {}), ...(ike ? { ike } : {}) };
    left -= 1;
    if (left === 0) return;
  }
}

/** For each IKE policy the protecting policies whose SAs it keys, in the order of the file's kinds. */
export function childrenByIke(policies: PolicySet): ReadonlyMap<IkeRecord, readonly (HostRecord | TunnelRecord)[]> {
  let known = children.get(policies);
  if (!known) {
    known = collectChildren(policies);
    children.set(policies, known);
  }
  return known;
}

const children = new WeakMap<PolicySet, ReadonlyMap<IkeRecord, readonly (HostRecord | TunnelRecord)[]>>();

function collectChildren(policies: PolicySet): Map<IkeRecord, (HostRecord | TunnelRecord)[]> {
  const found = new Map<IkeRecord, (HostRecord | TunnelRecord)[]>();
  for (const record of protectingRecords(policies)) {
    for (const ike of new Set([...peersOfRecord(policies, record)].flatMap((peer) => peer.ike ?? []))) {
      const list = found.get(ike);
      if (list) list.push(record);
      else found.set(ike, [record]);
    }
  }
  return found;
}
