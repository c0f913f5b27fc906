/** What the RFCs ask for, and their recommendation where they leave a choice. */
import type { PeerProfile } from './peer-profile.js';

export const strictRfc: PeerProfile = {
  name: 'strict-rfc',
  title: 'RFC',
  summary: 'Does what RFC 7296, 4301 and 2409 say, and what they recommend where they leave a choice.',
  proposalPreference: {
    value: 'initiator',
    note: 'RFC 7296 §2.7 lets the responder choose; the order is the initiator’s preference.',
  },
  ikev1NoProposal: { value: 'notify', note: 'RFC 2408 §5.4 asks for NO-PROPOSAL-CHOSEN.' },
  ikev1Refusal: { value: 'notify', note: 'RFC 2408 §5.1 allows a notification; it is not authenticated.' },
  ikev1Undecryptable: { value: 'notify', note: 'RFC 2408 §5.1: PAYLOAD-MALFORMED may be sent.' },
  padSearch: { value: 'identity', note: 'RFC 4301 §4.4.3.1: the PAD is searched by the identity.' },
  childFailureEndsIkeSa: { value: 'neither', note: 'RFC 7296 §1.2: the IKE SA is created all the same.' },
  retransmission: {
    value: { firstMillis: 1000, factor: 2, repetitions: 6 },
    note: 'RFC 7296 §2.4 asks for at least a dozen tries over several minutes only before an SA is given up; the schedule itself is open.',
  },
  cookieThreshold: { value: 64, note: 'RFC 7296 §2.6: when there are many half-open IKE SAs.' },
  fragmentation: { value: true, note: 'RFC 7383.' },
  fragmentOctets: { value: 1280, note: 'RFC 7383 §2.5.1: 1280 octets for IPv6; 576 for IPv4 is the cautious value.' },
  natTraversal: { value: true, note: 'RFC 7296 §2.23.' },
  initialContact: { value: true, note: 'RFC 7296 §2.4.' },
  uniqueness: { value: 'keep', note: 'RFC 7296 §2.4: only INITIAL_CONTACT says that older IKE SAs are gone.' },
  livenessSeconds: { value: 0, note: 'RFC 7296 §2.4: when there is reason to doubt; no interval is given.' },
  deadPeerDetection: { value: true, note: 'RFC 3706.' },
  aggressivePresharedKey: { value: true, note: 'RFC 2409 §5.4.' },
  unknownSpiStartsIke: { value: false, note: 'RFC 4301 §5.2: the packet is dropped; no answer is asked for.' },
  signatureHashes: { value: ['SHA2-256', 'SHA2-384', 'SHA2-512', 'IDENTITY'], note: 'RFC 7427 §4, RFC 8420 §2.' },
  narrowing: { value: 'narrow', note: 'RFC 7296 §2.9.' },
  selectorPairsMax: { value: 0, note: 'RFC 7296 §3.13 allows 255 selectors a payload.' },
  quickModeIdentities: {
    value: 'equal',
    note: 'RFC 2409 §5.5: identities that the policy does not allow are refused.',
  },
  quickModeRanges: { value: 'range', note: 'RFC 2407 §4.6.2 has ranges of addresses; a port is one or all.' },
  pfsAcceptsAny: { value: false, note: 'RFC 2409 §5.5: a group is negotiated as an attribute.' },
  quickModeInbound: {
    value: 'message-1',
    note: 'RFC 2409 §5.5 gives both sides the keys then; packets may overtake message 3.',
  },
  longerLifetime: { value: 'notify', note: 'RFC 2407 §4.5.4 and §4.6.3.1.' },
  modeMismatch: {
    value: 'refuse',
    note: 'RFC 7296 §1.3.1: a request for transport mode that is declined makes a tunnel mode SA, which the initiator deletes if its policy does not allow it.',
  },
  packetSelectorsFirst: { value: true, note: 'RFC 7296 §2.9: the first selector should be the packet’s.' },
  icmpErrorsBy: { value: 'quoted-packet', note: 'RFC 4301 §6.2.' },
  icmpErrorsInTheClear: {
    value: true,
    note: 'RFC 4301 §6.2 looks at the quoted packet only where no SPD entry lets the error pass.',
  },
  rekeyMarginPercent: { value: 10, note: 'No RFC says; a tenth is common.' },
  rekeyFuzzPercent: { value: 10, note: 'RFC 7296 §2.8.1 asks for jitter.' },
  retriesRekeyGroup: { value: true, note: 'RFC 7296 §1.3.2.' },
};
