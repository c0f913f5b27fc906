/** The peers that a system's policies protect traffic with: addresses at which its negotiated SAs end. */
import { type AddressRange, type AddressValue, next } from '../model/address.js';
import type { AuthRecord } from '../model/record/auth.js';
import type { IkeRecord } from '../model/record/ike.js';
import type { PolicySet } from '../model/resolve.js';
import type { SaTemplate, SpdEntry } from '../model/system-config.js';
import type { SystemContext } from './context.js';
import { authLookup, ikeLookup } from './lookup.js';

/** The addresses of one SA's peers: the tunnel's endpoint, or the remote ends of what the entry selects. */
export function peerRanges(entry: SpdEntry, template: SaTemplate): AddressRange[] {
  if (template.manual) return [];
  const { remoteEndpoint: endpoint } = template;
  if (endpoint) return [{ family: endpoint.family, first: endpoint.value, last: endpoint.value }];
  return entry.selectors.map(({ family, remote }) => ({ family, first: remote.lo, last: remote.hi }));
}

/** Ranges as disjoint ones in ascending order, neighbours joined, IPv4 first. */
export function mergeRanges(ranges: readonly AddressRange[]): AddressRange[] {
  const sorted = [...ranges].sort(
    (a, b) => a.family - b.family || (a.first < b.first ? -1 : a.first > b.first ? 1 : 0),
  );
  const merged: { family: 4 | 6; first: AddressValue; last: AddressValue }[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last && last.family === range.family && (range.first <= last.last || range.first === next(last.last))) {
      if (range.last > last.last) last.last = range.last;
    } else merged.push({ ...range });
  }
  return merged;
}

export interface UsedRecords {
  /** Every address with which something is protected. */
  readonly peers: readonly AddressRange[];
  readonly auths: ReadonlySet<AuthRecord>;
  readonly ike: ReadonlySet<IkeRecord>;
  /** Records whose first IKE version gets the preloaded default policy for some protected peer. */
  readonly fallsToDefault: ReadonlyMap<AuthRecord, { readonly version: 1 | 2; readonly peers: AddressRange }>;
}

const memo = new WeakMap<SystemContext, UsedRecords>();

/** Which authentication records and IKE policies some protected peer gets. Costs the pieces of both searches once. */
export function usedRecords(context: SystemContext): UsedRecords {
  let used = memo.get(context);
  if (!used) {
    used = findUsed(context);
    memo.set(context, used);
  }
  return used;
}

function findUsed({ config, policies }: SystemContext): UsedRecords {
  const entries = [...config.spd, ...config.forwardSpd];
  const ranges = entries.flatMap((entry) =>
    entry.action.kind === 'PROTECT' ? entry.action.bundle.flatMap((template) => peerRanges(entry, template)) : [],
  );
  const peers = mergeRanges(ranges);
  const auths = new Set<AuthRecord>();
  const ike = new Set<IkeRecord>();
  const fallsToDefault = new Map<AuthRecord, { version: 1 | 2; peers: AddressRange }>();
  const { records, index } = authLookup(policies);
  for (const range of peers) {
    for (const { range: piece, winner } of index.segments(range)) {
      const auth = records[winner];
      if (!auth) continue;
      auths.add(auth);
      noteIke(policies, auth, piece, ike, fallsToDefault);
    }
  }
  return { peers, auths, ike, fallsToDefault };
}

function noteIke(
  policies: PolicySet,
  auth: AuthRecord,
  piece: AddressRange,
  ike: Set<IkeRecord>,
  fallsToDefault: Map<AuthRecord, { version: 1 | 2; peers: AddressRange }>,
): void {
  for (const version of auth.kmp.value) {
    const { records, index } = ikeLookup(policies, version);
    for (const { range, winner } of index.segments(piece)) {
      const policy = records[winner];
      if (policy) ike.add(policy);
      else if (version === auth.kmp.value[0] && !fallsToDefault.has(auth))
        fallsToDefault.set(auth, { version, peers: range });
    }
  }
}
