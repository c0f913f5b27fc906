/**
 * What products write into their logs when a negotiation comes to nothing, so that a reader finds in a real log what the dry run
 * says. Short texts as they stand in the products' sources; what is variable is filled in or left as `…`.
 *
 * strongSwan: charon 5.9.8 and 6.0 (libcharon/sa). Libreswan: pluto 5 (programs/pluto). racoon: ipsec-tools 0.8
 * (src/racoon). HP-UX: the event texts that its administrator's guides show.
 */
import type { Failure, FailureCode } from '../../engine/failure.js';
import type { PeerProfileName } from '../../model/peer-profile/peer-profile.js';
import type { LogDocument } from '../../report/negotiation/document.js';

export type LoggingProduct = 'strongswan' | 'libreswan' | 'racoon' | 'hpux';

export const loggingProducts: readonly LoggingProduct[] = ['strongswan', 'libreswan', 'racoon', 'hpux'];

const products: Readonly<
  Record<LoggingProduct, { readonly title: string; readonly source: string; readonly versions: readonly (1 | 2)[] }>
> = {
  strongswan: { title: 'strongSwan', source: 'libcharon of strongSwan 5.9.8 and 6.0', versions: [1, 2] },
  libreswan: { title: 'Libreswan', source: 'pluto of Libreswan 5', versions: [1, 2] },
  racoon: { title: 'racoon', source: 'racoon of ipsec-tools 0.8', versions: [1] },
  hpux: { title: 'HP-UX IPSec', source: 'HP-UX IPSec A.03 administrator’s guide, troubleshooting', versions: [1, 2] },
};

/** Who writes: the side that refused, the side that was told so, or the side that heard nothing. */
type Standing = 'refuses' | 'is told' | 'hears nothing';

interface Row {
  readonly product: LoggingProduct;
  readonly codes: readonly FailureCode[];
  readonly standing: Standing;
  readonly version?: 1 | 2;
  readonly rekeying?: boolean;
  /** `{notify}` is what was sent. */
  readonly lines: readonly string[];
}

const ikeProposal: readonly FailureCode[] = ['no-ike-proposal'];
const childProposal: readonly FailureCode[] = ['no-child-proposal'];
const selectors: readonly FailureCode[] = ['selectors-unacceptable', 'no-spd-entry'];
const authentication: readonly FailureCode[] = ['authentication-failed'];
const identity: readonly FailureCode[] = ['identity-refused'];
const records: readonly FailureCode[] = ['no-pad-entry', 'no-ike-policy', 'version-refused', 'exchange-refused'];
const certificate: readonly FailureCode[] = ['certificate-refused'];

const rows: readonly Row[] = [
  // strongSwan
  {
    product: 'strongswan',
    codes: ikeProposal,
    standing: 'refuses',
    version: 2,
    lines: ['received proposals unacceptable'],
  },
  { product: 'strongswan', codes: ikeProposal, standing: 'refuses', version: 1, lines: ['no proposal found'] },
  {
    product: 'strongswan',
    codes: ['invalid-ke'],
    standing: 'refuses',
    lines: ['DH group … unacceptable, requesting …'],
  },
  {
    product: 'strongswan',
    codes: ['invalid-ke'],
    standing: 'is told',
    lines: ["peer didn't accept DH group …, it requested …"],
  },
  {
    product: 'strongswan',
    codes: records,
    standing: 'refuses',
    lines: ['no IKE config found for …, sending {notify}'],
  },
  { product: 'strongswan', codes: identity, standing: 'refuses', version: 2, lines: ['no matching peer config found'] },
  {
    product: 'strongswan',
    codes: identity,
    standing: 'refuses',
    version: 1,
    lines: ['no peer config found', 'IDir … does not match to …'],
  },
  {
    product: 'strongswan',
    codes: authentication,
    standing: 'refuses',
    version: 2,
    lines: ['tried 1 shared key for …, but MAC mismatched'],
  },
  {
    product: 'strongswan',
    codes: authentication,
    standing: 'refuses',
    version: 1,
    lines: ['invalid … payload length, decryption failed?', 'could not decrypt payloads', 'message parsing failed'],
  },
  { product: 'strongswan', codes: ['no-credential'], standing: 'refuses', lines: ['no shared key found for …'] },
  { product: 'strongswan', codes: certificate, standing: 'refuses', lines: ['no trusted … public key found for …'] },
  {
    product: 'strongswan',
    codes: childProposal,
    standing: 'refuses',
    version: 2,
    lines: ['no acceptable proposal found', 'failed to establish CHILD_SA, keeping IKE_SA'],
  },
  {
    product: 'strongswan',
    codes: childProposal,
    standing: 'refuses',
    version: 1,
    lines: ['no matching proposal found, sending {notify}'],
  },
  {
    product: 'strongswan',
    codes: selectors,
    standing: 'refuses',
    version: 2,
    lines: ['traffic selectors … === … unacceptable', 'failed to establish CHILD_SA, keeping IKE_SA'],
  },
  {
    product: 'strongswan',
    codes: selectors,
    standing: 'refuses',
    version: 1,
    lines: ['no matching CHILD_SA config found for … === …'],
  },
  {
    product: 'strongswan',
    codes: ['mode-mismatch'],
    standing: 'refuses',
    version: 2,
    lines: ['… mode requested by responder is unacceptable'],
  },
  {
    product: 'strongswan',
    codes: [...childProposal, ...selectors],
    standing: 'is told',
    version: 2,
    rekeying: true,
    lines: ['CHILD_SA rekeying failed, trying again in … seconds'],
  },
  {
    product: 'strongswan',
    codes: [...childProposal, ...selectors],
    standing: 'is told',
    version: 2,
    lines: ['received {notify} notify, no CHILD_SA built', 'failed to establish CHILD_SA, keeping IKE_SA'],
  },
  {
    product: 'strongswan',
    codes: ['peer-error', ...ikeProposal, ...identity, ...authentication, ...records],
    standing: 'is told',
    version: 2,
    lines: ['received {notify} notify error'],
  },
  {
    product: 'strongswan',
    codes: ['peer-error', ...ikeProposal, ...childProposal, ...selectors, ...identity, ...records],
    standing: 'is told',
    version: 1,
    lines: ['received {notify} error notify'],
  },
  {
    product: 'strongswan',
    codes: ['timeout'],
    standing: 'hears nothing',
    lines: ['giving up after 5 retransmits', 'establishing IKE_SA failed, peer not responding'],
  },
  // Libreswan
  {
    product: 'libreswan',
    codes: ikeProposal,
    standing: 'refuses',
    version: 2,
    lines: ['no local proposal matches remote proposals …'],
  },
  {
    product: 'libreswan',
    codes: ikeProposal,
    standing: 'refuses',
    version: 1,
    lines: ['no acceptable Oakley Transform'],
  },
  {
    product: 'libreswan',
    codes: ['invalid-ke'],
    standing: 'refuses',
    lines: ['initiator guessed wrong keying material group (…); responding with INVALID_KE_PAYLOAD requesting …'],
  },
  {
    product: 'libreswan',
    codes: records,
    standing: 'refuses',
    version: 2,
    lines: ['no suitable connection found with IKEv2 policy'],
  },
  {
    product: 'libreswan',
    codes: records,
    standing: 'refuses',
    version: 1,
    lines: ['initial Main Mode message received but no connection has been authorized with …'],
  },
  {
    product: 'libreswan',
    codes: authentication,
    standing: 'refuses',
    version: 2,
    lines: ['authentication failed: computed hash does not match hash received from peer …'],
  },
  {
    product: 'libreswan',
    codes: authentication,
    standing: 'refuses',
    version: 1,
    lines: ['probable authentication failure (mismatch of preshared secrets?): …'],
  },
  {
    product: 'libreswan',
    codes: ['no-credential'],
    standing: 'refuses',
    version: 2,
    lines: ["authentication failed: no PSK found for '…'"],
  },
  {
    product: 'libreswan',
    codes: childProposal,
    standing: 'refuses',
    version: 2,
    lines: ['no local proposal matches remote proposals …'],
  },
  {
    product: 'libreswan',
    codes: childProposal,
    standing: 'refuses',
    version: 1,
    lines: ['no acceptable Proposal in IPsec SA'],
  },
  {
    product: 'libreswan',
    codes: selectors,
    standing: 'refuses',
    version: 2,
    lines: ['… does not match any permanent IKEv2 connection; responding with TS_UNACCEPTABLE'],
  },
  {
    product: 'libreswan',
    codes: selectors,
    standing: 'refuses',
    version: 1,
    lines: ['cannot respond to IPsec SA request because no connection is known for …'],
  },
  {
    product: 'libreswan',
    codes: [...identity, ...authentication, 'peer-error'],
    standing: 'is told',
    version: 2,
    lines: ['IKE SA authentication request rejected by peer: {notify}'],
  },
  {
    product: 'libreswan',
    codes: [...childProposal, ...selectors],
    standing: 'is told',
    version: 2,
    rekeying: true,
    lines: ['… failed with error notification {notify}'],
  },
  {
    product: 'libreswan',
    codes: ['timeout'],
    standing: 'hears nothing',
    version: 2,
    lines: [
      '60 second timeout exceeded after 7 retransmits.  No response (or no acceptable response) to our first IKEv2 message',
    ],
  },
  {
    product: 'libreswan',
    codes: ['timeout'],
    standing: 'hears nothing',
    version: 1,
    lines: [
      '60 second timeout exceeded after 7 retransmits.  No response (or no acceptable response) to our first IKEv1 message',
      'or, in the last messages of Main Mode: Possible authentication failure: no acceptable response to our first encrypted message',
    ],
  },
  // racoon
  {
    product: 'racoon',
    codes: ikeProposal,
    standing: 'refuses',
    lines: [
      'no suitable proposal found.',
      'failed to get valid proposal.',
      'failed to pre-process ph1 packet (side: 1, status 1).',
    ],
  },
  { product: 'racoon', codes: records, standing: 'refuses', lines: ['no remote configuration found.'] },
  { product: 'racoon', codes: ['no-credential'], standing: 'refuses', lines: ["couldn't find the pskey for …."] },
  { product: 'racoon', codes: authentication, standing: 'refuses', lines: ['HASH mismatched'] },
  {
    product: 'racoon',
    codes: childProposal,
    standing: 'refuses',
    lines: ['no suitable proposal found.', 'failed to pre-process ph2 packet (side: 1, status 1).'],
  },
  { product: 'racoon', codes: selectors, standing: 'refuses', lines: ['failed to get sainfo.'] },
  {
    product: 'racoon',
    codes: ['timeout'],
    standing: 'hears nothing',
    lines: ['phase1 negotiation failed due to time up. …'],
  },
  // HP-UX
  {
    product: 'hpux',
    codes: ikeProposal,
    standing: 'refuses',
    version: 1,
    lines: ['rejected …: DB(prop#1:trns#1):Peer(prop#1:trns#1) = …', 'no proposal chosen'],
  },
  { product: 'hpux', codes: [...ikeProposal, ...childProposal], standing: 'refuses', lines: ['no proposal chosen'] },
  { product: 'hpux', codes: selectors, standing: 'refuses', lines: ["can't find matching selector"] },
  {
    product: 'hpux',
    codes: ['timeout'],
    standing: 'hears nothing',
    version: 1,
    lines: ['phase1 negotiation failed due to time up', 'phase2 negotiation failed due to time up waiting for phase1'],
  },
  {
    product: 'hpux',
    codes: ['timeout'],
    standing: 'hears nothing',
    version: 2,
    lines: ['retransmission count exceeded the limit'],
  },
];

export interface LogQuestion {
  readonly system: string;
  readonly profile: PeerProfileName;
  readonly failure: Failure;
  /** The failure that explains it: what the other side refused decides what this one is told. */
  readonly cause: Failure;
  readonly version: 1 | 2;
}

/** What the products' logs would say on one side, that of the system's own product first. */
export function logsOf({ system, profile, failure, cause, version }: LogQuestion): LogDocument[] {
  const standing: Standing =
    failure.foundBy === 'us' ? 'refuses' : failure.foundBy === 'peer' ? 'is told' : 'hears nothing';
  const rekeying = failure.attempt.startsWith('rekeying');
  const code = standing === 'is told' ? cause.code : failure.code;
  const notify = failure.notify ?? cause.notify ?? 'an error';
  const order = [...loggingProducts].sort((a, b) => Number(b === profile) - Number(a === profile));
  return order.flatMap((product): LogDocument[] => {
    const { title, source, versions } = products[product];
    if (!versions.includes(version)) return [];
    const row = rows.find(
      (candidate) =>
        candidate.product === product &&
        candidate.standing === standing &&
        candidate.codes.includes(code) &&
        (candidate.version ?? version) === version &&
        (candidate.rekeying ?? rekeying) === rekeying,
    );
    if (!row) return [];
    const lines = row.lines.map((line) => line.replace('{notify}', notify));
    return [{ product: title, system, own: product === profile, role: failure.role, lines, source }];
  });
}
