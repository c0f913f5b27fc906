/** HP-UX IPSec A.03.x, as its administrator's guides describe it (hpux-ipsec reference 7 and 8). */
import type { PeerProfile } from './peer-profile.js';
import { strictRfc } from './strict-rfc.js';

export const hpux: PeerProfile = {
  ...strictRfc,
  name: 'hpux',
  title: 'HP-UX IPSec',
  summary: 'HP-UX IPSec A.03.x: search by records in priority order, silent on bad proposals, no NAT traversal.',
  proposalPreference: {
    value: 'initiator',
    note: 'The first proposal of the initiator that fits is taken (A.03.02 guide, IKE proposals).',
  },
  ikev1NoProposal: {
    value: 'silent',
    note: 'An initiator with a wrong proposal sees a time-out only (A.03.00 guide, troubleshooting).',
  },
  ikev1Refusal: { value: 'silent', note: 'Inferred from its silence on proposals.' },
  ikev1Undecryptable: { value: 'silent', note: 'Inferred from its silence on proposals.' },
  padSearch: {
    value: 'identity',
    note: 'The auth record is found by IDi; then the packet’s source must be in its -remote.',
  },
  childFailureEndsIkeSa: {
    value: 'both',
    note: 'If the first IPsec SA fails, the IKEv2 SA is deleted too (A.03.02 guide).',
  },
  retransmission: {
    value: { firstMillis: 1000, factor: 2, repetitions: 5 },
    note: 'Five retransmissions, doubling from one second (A.03.00 guide). The guide gives 31 seconds in all, which are the waits before the sixth would be due.',
  },
  fragmentation: { value: false, note: 'The product is older than RFC 7383.' },
  natTraversal: { value: false, note: 'UDP 4500 is not mentioned in the product’s documents.' },
  uniqueness: {
    value: 'keep',
    note: 'The documents know INITIAL-CONTACT alone, after which older SAs go (A.03.00 guide).',
  },
  deadPeerDetection: { value: false, note: 'Not mentioned in the product’s documents.' },
  unknownSpiStartsIke: {
    value: true,
    note: 'An unknown SPI from a peer with an auth record starts IKE with INITIAL-CONTACT (A.03.00 guide).',
  },
  signatureHashes: { value: [], note: 'The product is older than RFC 7427.' },
  quickModeIdentities: {
    value: 'equal',
    note: 'The first host policy that the client IDs match; tunnels must match exactly.',
  },
  quickModeRanges: {
    value: 'packet',
    note: 'Ranges may not be in client IDs and are replaced by the packet’s exact value.',
  },
  pfsAcceptsAny: { value: true, note: 'Inferred: a responder without -pfs accepts a group that is offered.' },
  quickModeInbound: {
    value: 'message-3',
    note: 'The responder completes its entries after message 3 (SADB entries are staged).',
  },
  longerLifetime: {
    value: 'notify',
    note: 'A longer lifetime is answered by a NOTIFY of its own value, which then applies.',
  },
  clearFlowsStay: {
    value: true,
    note: 'A cache entry lets the five-tuple pass in both directions from then on (A.03.00 guide, FALLBACK_TO_CLEAR); how long it lasts is not documented.',
  },
  icmpErrorsBy: {
    value: 'own-header',
    note: 'ICMPv4 is covered by ALL and by -protocol ICMP (A.03.02 guide); quoted packets are not mentioned.',
  },
  icmpErrorsInTheClear: {
    value: true,
    note: 'ICMPv6 errors always pass unless a policy names their type (A.03.02 guide); ICMPv4 ones where a policy passes them.',
  },
  pairsWithoutIsakmpSa: {
    value: 'stay',
    note: 'With IKEv1 the two kinds of SAs live and end by themselves (A.03.02 guide, troubleshooting).',
  },
  packetSelectorsFirst: { value: true, note: 'TSi and TSr start with the packet’s exact values.' },
};
