/** OpenIKED: iked of OpenBSD 7 and its portable form (sbin/iked; the notes name the file). */
import type { PeerProfile } from './peer-profile.js';
import { strictRfc } from './strict-rfc.js';

export const iked: PeerProfile = {
  ...strictRfc,
  name: 'iked',
  title: 'OpenIKED',
  summary: 'iked of OpenBSD and its portable form, IKEv2 only.',
  retransmission: {
    value: { firstMillis: 2000, factor: 2, repetitions: 5 },
    note: 'IKED_RETRANSMIT_TIMEOUT is 2 s and doubles, IKED_RETRANSMIT_TRIES is 5 (iked.h, ikev2_msg.c): given up after 126 seconds.',
  },
  fragmentation: { value: false, note: '`set fragmentation` is off by default (parse.y).' },
  uniqueness: { value: 'keep', note: '`set enforcesingleikesa` is off by default (parse.y).' },
  livenessSeconds: { value: 60, note: 'dpd_check_interval is 60 s (IKED_IKE_SA_ALIVE_TIMEOUT).' },
  keepsStarted: {
    value: { firstMillis: 60_000, addedMillis: 0, longestMillis: 60_000 },
    note: 'Active policies without an IKE SA are begun again every IKED_INITIATOR_INTERVAL, 60 s.',
  },
  rekeyMarginPercent: {
    value: 5,
    note: 'The soft limit of an SA is between 85 and 95 % of the hard one, at random (pfkey.c).',
  },
  rekeyFuzzPercent: { value: 200, note: 'With a margin of 5 %, a random part of 10 % of the lifetime (pfkey.c).' },
};
