/** What is known of the products at the other end, and of a system's own: rules ask their profiles how they behave. */
import { type AddressRange, rangeContains, rangesIntersect } from '../model/address.js';
import { peerProfile } from '../model/peer-profile/catalogue.js';
import type { PeerProfile, PeerProfileName } from '../model/peer-profile/peer-profile.js';
import type { LintSettings, SystemContext } from './context.js';

/** A peer, or several, whose product is known. */
export interface PeerProduct {
  /** As the inventory calls it. */
  readonly name: string;
  readonly ranges: readonly AddressRange[];
  readonly product: PeerProfileName;
}

/** How some peers behave, and who says so. */
export interface KnownPeer {
  readonly profile: PeerProfile;
  /** `azure`; absent for peers of which nothing is known but what holds for all such. */
  readonly name?: string;
  /** As a note. */
  readonly why: string;
}

/** The products of peers with addresses in one of the ranges, each profile once. */
export function peersWithin(settings: LintSettings, ranges: readonly AddressRange[]): KnownPeer[] {
  const found = new Map<PeerProfileName, KnownPeer>();
  const add = (product: PeerProfileName, peer: Omit<KnownPeer, 'profile'>) => {
    if (!found.has(product)) found.set(product, { profile: peerProfile(product), ...peer });
  };
  const peers = settings.peers ?? [];
  for (const { name, ranges: own, product } of peers) {
    if (ranges.some((range) => own.some((one) => rangesIntersect(one, range))))
      add(product, { name, why: `the inventory says that ${name} is ${peerProfile(product).title}` });
  }
  const { peerProfile: otherwise } = settings;
  const isKnown = (range: AddressRange) => peers.some((peer) => peer.ranges.some((one) => rangeContains(one, range)));
  if (otherwise && !ranges.every(isKnown))
    add(otherwise, { why: `peers of which nothing else is known are taken for ${peerProfile(otherwise).title}` });
  return [...found.values()];
}

/** How a system itself behaves: as its configuration was written for, as the inventory says, or as its records imply. */
export function ownProfile({ config, host, policies }: SystemContext): PeerProfile | undefined {
  const product = config.peerProfile?.value ?? host?.product ?? (host?.target ? productOf[host.target] : undefined);
  if (product) return peerProfile(product);
  // The dialects of HP-UX are for nothing else.
  return policies.dialect === 'extended' ? undefined : peerProfile('hpux');
}

/** What runs the policies on a target. */
export const productOf: Readonly<Record<'hpux' | 'linux-xfrm' | 'userspace', PeerProfileName>> = {
  hpux: 'hpux',
  'linux-xfrm': 'ours',
  userspace: 'ours',
};
