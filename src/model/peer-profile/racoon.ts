/** racoon of ipsec-tools 0.8 (src/racoon and src/libipsec; the notes name the file). */
import type { PeerProfile } from './peer-profile.js';
import { strictRfc } from './strict-rfc.js';

export const racoon: PeerProfile = {
  ...strictRfc,
  name: 'racoon',
  title: 'racoon',
  summary: 'racoon of ipsec-tools, IKEv1 only.',
  ikev1NoProposal: { value: 'notify', note: 'NO-PROPOSAL-CHOSEN is sent.' },
  retransmission: {
    value: { firstMillis: 10_000, factor: 1, repetitions: 5 },
    note: 'timer { counter 5; interval 10 sec; }: the same wait every time, given up after a minute (localconf.h, LC_DEFAULT_RETRY_COUNTER; isakmp.c, isakmp_ph1resend).',
  },
  fragmentation: { value: false, note: 'ike_frag is off by default.' },
  longerLifetime: {
    value: 'accept',
    note: 'proposal_check is obey by default: what the initiator says applies (racoon.conf(5)).',
  },
  icmpErrorsBy: { value: 'own-header', note: 'Linux looks at quoted packets for policies with the flag `icmp` only.' },
  rekeyMarginPercent: {
    value: 20,
    note: 'The soft limit of an SA is 80 % of the hard one (libpfkey.h, PFKEY_SOFT_LIFETIME_RATE).',
  },
  rekeyFuzzPercent: { value: 0, note: 'libipsec sets the soft limit without a random part.' },
};
