/**
 * Which authentication record and which IKE policy an address gets (hpux-ipsec reference 5.3), as the rules ask it: by
 * logarithmic look-up in an index that is built once for a PolicySet.
 */
import { type Address, type AddressRange, rangePrefixLength } from '../model/address.js';
import type { AuthRecord } from '../model/record/auth.js';
import type { IkeRecord } from '../model/record/ike.js';
import type { AddressSpec } from '../model/record/policy.js';
import type { PolicySet, Prioritised } from '../model/resolve.js';
import { buildRangeIndex, type RangeIndex, type RangeSegment } from './range-index.js';

/** Records in the order in which they are tried, and who wins which address. */
export interface Lookup<R> {
  readonly records: readonly R[];
  /** Numbers are those of `records`. */
  readonly index: RangeIndex;
}

type Searched = Prioritised<AuthRecord> | Prioritised<IkeRecord>;

const authLookups = new WeakMap<PolicySet, Lookup<Prioritised<AuthRecord>>>();
const ikeLookups = new WeakMap<PolicySet, Readonly<Record<1 | 2, Lookup<Prioritised<IkeRecord>>>>>();

/** The authentication records in the order in which an address is compared with them: A.02 prefers the longest prefix. */
export function authLookup(policies: PolicySet): Lookup<Prioritised<AuthRecord>> {
  let lookup = authLookups.get(policies);
  if (!lookup) {
    const records =
      policies.dialect === 'A.02'
        ? [...policies.auths].sort((a, b) => prefixLength(b.remote.value) - prefixLength(a.remote.value))
        : policies.auths;
    lookup = lookupOf(records);
    authLookups.set(policies, lookup);
  }
  return lookup;
}

/** The IKE policies of a version in search order, without the preloaded default. A.02's `ike` is version 1. */
export function ikeLookup(policies: PolicySet, version: 1 | 2): Lookup<Prioritised<IkeRecord>> {
  let lookups = ikeLookups.get(policies);
  if (!lookups) {
    lookups = { 1: lookupOf([...policies.ike, ...policies.ikev1]), 2: lookupOf(policies.ikev2) };
    ikeLookups.set(policies, lookups);
  }
  return lookups[version];
}

/** The authentication record that is chosen by a peer's address, if there is one. */
export function findAuth(policies: PolicySet, address: Address): Prioritised<AuthRecord> | undefined {
  const { records, index } = authLookup(policies);
  return records[index.find(address)];
}

/**
 * The IKE policy for a peer: the first one whose remote holds the address, else the preloaded default (named `default`).
 * Undefined in A.02, which has no default.
 */
export function findIkePolicy(policies: PolicySet, version: 1 | 2, address: Address): IkeRecord | undefined {
  const { records, index } = ikeLookup(policies, version);
  return records[index.find(address)] ?? (version === 1 ? policies.defaultIkev1 : policies.defaultIkev2);
}

/** What part of a range is for which record; segments without `record` are matched by none. In ascending order. */
export function* matchesOf<R extends Searched>(
  { records, index }: Lookup<R>,
  range: AddressRange,
): Iterable<{ readonly range: AddressRange; readonly record?: R }> {
  for (const segment of index.segments(range) as Iterable<RangeSegment>) {
    const record = records[segment.winner];
    yield record ? { range: segment.range, record } : { range: segment.range };
  }
}

function lookupOf<R extends Searched>(records: readonly R[]): Lookup<R> {
  return { records, index: buildRangeIndex(records.map((record) => record.remote.value.range)) };
}

function prefixLength(spec: AddressSpec): number {
  return spec.prefixLength ?? rangePrefixLength(spec.range) ?? 0;
}
