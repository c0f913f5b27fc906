/** Every peer profile, in the order in which they are listed. */
import { closest } from '../did-you-mean.js';
import { hpux } from './hpux.js';
import { type PeerProfile, type PeerProfileName, peerProfileNames } from './peer-profile.js';
import { strictRfc } from './strict-rfc.js';
import { strongswan } from './strongswan.js';

/** Libreswan's pluto, 4.x and 5.x. */
const libreswan: PeerProfile = {
  ...strictRfc,
  name: 'libreswan',
  title: 'Libreswan',
  summary: 'pluto of Libreswan 4 and 5.',
  retransmission: {
    value: { firstMillis: 500, factor: 2, repetitions: 7, longestMillis: 60_000 },
    note: 'retransmit-interval 500 ms, retransmit-timeout 60 s.',
  },
  narrowing: { value: 'exact', note: 'narrowing=no by default: selectors must be the same.' },
  keepsStarted: {
    value: { firstMillis: 0, addedMillis: 5_000, longestMillis: 300_000 },
    note: 'A connection that is to be up is revived: REVIVE_CONN_DELAY adds 5 s each time, up to 300 s.',
  },
  icmpErrorsBy: { value: 'own-header', note: 'Linux looks at quoted packets for policies with the flag `icmp` only.' },
  rekeyMarginPercent: { value: 10, note: 'rekeymargin is 9 minutes by default.' },
};

const racoon: PeerProfile = {
  ...strictRfc,
  name: 'racoon',
  title: 'racoon',
  summary: 'racoon of ipsec-tools, IKEv1 only.',
  ikev1NoProposal: { value: 'notify', note: 'NO-PROPOSAL-CHOSEN is sent.' },
  fragmentation: { value: false, note: 'IKEv1 only.' },
  icmpErrorsBy: { value: 'own-header', note: 'Linux looks at quoted packets for policies with the flag `icmp` only.' },
};

const iked: PeerProfile = {
  ...strictRfc,
  name: 'iked',
  title: 'OpenIKED',
  summary: 'iked of OpenBSD and its portable form, IKEv2 only.',
  keepsStarted: {
    value: { firstMillis: 60_000, addedMillis: 0, longestMillis: 60_000 },
    note: 'Active policies without an IKE SA are begun again every IKED_INITIATOR_INTERVAL, 60 s.',
  },
};

/** Windows' IKE and AuthIP service. */
const windows: PeerProfile = {
  ...strictRfc,
  name: 'windows',
  title: 'Windows',
  summary: 'The IKEEXT service of Windows.',
  narrowing: { value: 'exact-in-transport', note: 'No narrowing in transport mode (features reference, D3).' },
};

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
