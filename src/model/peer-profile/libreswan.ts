/**
 * Libreswan's pluto, 3.32 to 5.4 (programs/pluto and include/pluto_constants.h; the notes name the file). Its tests' logs were
 * replayed, see docs/scenarios.md.
 */
import type { PeerProfile } from './peer-profile.js';
import { strictRfc } from './strict-rfc.js';

export const libreswan: PeerProfile = {
  ...strictRfc,
  name: 'libreswan',
  title: 'Libreswan',
  summary: 'pluto of Libreswan 4 and 5.',
  aggressiveOffers: {
    value: 'modp1536-or-last',
    note: 'Of several groups it keeps MODP-1536, for old peers, and otherwise the last one (ikev1_spdb_struct.c).',
  },
  ikeSaSharing: {
    value: 'peer',
    note: 'Connections with the same two hosts and identities share an IKE SA (connections.c, connections_can_share_parent).',
  },
  retransmission: {
    value: { firstMillis: 500, factor: 2, repetitions: 7, firstTwice: true },
    note: 'retransmit-interval is 500 ms and does not double before the second repetition; after retransmit-timeout, 60 s, seven have been sent (retransmit.c, 3.32 to 5.3; later versions give up after 30 s).',
  },
  cookieThreshold: { value: 25_000, note: 'ddos-ike-threshold (DEFAULT_IKE_SA_DDOS_THRESHOLD).' },
  fragmentOctets: {
    value: 576,
    note: 'Messages are cut for 576 octets of IPv4, 1280 of IPv6 (ISAKMP_V2_FRAG_MAXLEN_IPv4); one size is modelled.',
  },
  initialContact: { value: false, note: 'initial-contact is no by default (extract.c).' },
  uniqueness: {
    value: 'replace',
    note: 'uniqueids is yes: an older instance of the connection with the same identities goes (state.c, wipe_old_connections).',
  },
  narrowing: { value: 'exact', note: 'narrowing=no by default: selectors must be the same.' },
  pfsAcceptsAny: {
    value: true,
    note: 'A responder of Quick Mode with pfs=no takes the group that is proposed (ikev1_quick.c, accept_PFS_KE).',
  },
  packetSelectorsFirst: {
    value: false,
    note: 'Traffic selectors are those of the connection, whatever packet started it (ikev2_ts.c).',
  },
  keepsStarted: {
    value: { firstMillis: 0, addedMillis: 5_000, longestMillis: 300_000 },
    note: 'A connection that is to be up is revived: REVIVE_CONN_DELAY adds 5 s each time, up to 300 s.',
  },
  icmpErrorsBy: { value: 'own-header', note: 'Linux looks at quoted packets for policies with the flag `icmp` only.' },
  retriesWithGroup: {
    value: false,
    note: 'A CREATE_CHILD_SA that is answered by INVALID_KE_PAYLOAD fails, and the connection is tried anew (ikev2_create_child_sa.c).',
  },
  rekeyMarginPercent: { value: 10, note: 'Where a lifetime is shorter than rekeymargin.' },
  rekeyMarginSeconds: { value: 540, note: 'rekeymargin is 9 minutes (SA_REPLACEMENT_MARGIN_DEFAULT).' },
  rekeyFuzzPercent: {
    value: 100,
    note: 'rekeyfuzz is 100 %: the initiator replaces an SA 9 to 18 minutes before its end (rekeyfuzz.c).',
  },
  rekeyResponderPercent: {
    value: 50,
    note: 'The responder of the exchange waits until half of the margin is left (rekeyfuzz.c, fuzz_rekey_margin).',
  },
};
