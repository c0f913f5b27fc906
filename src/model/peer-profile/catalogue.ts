/** Every peer profile, in the order in which they are listed. */
import { closest } from '../did-you-mean.js';
import { hpux } from './hpux.js';
import { iked } from './iked.js';
import { libreswan } from './libreswan.js';
import { type PeerProfile, type PeerProfileName, peerProfileNames } from './peer-profile.js';
import { racoon } from './racoon.js';
import { strictRfc } from './strict-rfc.js';
import { strongswan } from './strongswan.js';
import { windows } from './windows.js';

/** The gateways of cloud providers that take one pair of selectors for each SA. */
const cloudOnePair: PeerProfile = {
  ...strictRfc,
  name: 'cloud-one-pair',
  title: 'cloud gateway',
  summary: 'A provider’s gateway that takes one pair of traffic selectors for each Child SA.',
  selectorPairsMax: { value: 1, note: 'Documented by several providers for their policy-based gateways.' },
};

const ours: PeerProfile = {
  ...strictRfc,
  name: 'ours',
  title: 'ipsec',
  summary: 'This tool’s own engine where no product is imitated.',
  keepsStarted: {
    value: { firstMillis: 5_000, addedMillis: 5_000, longestMillis: 300_000 },
    note: 'What a policy says is to be started is there as long as the peer can be reached.',
  },
  icmpErrorsInTheClear: {
    value: false,
    note: 'They quote what was to be protected; a policy that names ICMP lets them pass.',
  },
};

export const peerProfiles: readonly PeerProfile[] = [
  strictRfc,
  hpux,
  strongswan,
  libreswan,
  racoon,
  iked,
  windows,
  cloudOnePair,
  ours,
];

const byName = new Map(peerProfiles.map((profile) => [profile.name as string, profile]));

/** The profile of a name that the type knows. */
export function peerProfile(name: PeerProfileName): PeerProfile {
  return byName.get(name)!;
}

/** A profile by a name that somebody wrote, in any case; otherwise the nearest name there is. */
export function findPeerProfile(name: string): { readonly profile: PeerProfile } | { readonly guess?: string } {
  const profile = byName.get(name.toLowerCase());
  if (profile) return { profile };
  const guess = closest(name, peerProfileNames);
  return guess ? { guess } : {};
}
