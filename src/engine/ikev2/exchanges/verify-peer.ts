/** Does the peer's AUTH prove the identity that it claims, in the way that its record expects? — RFC 7296 §2.15. */
import { formatIdentity, sentIdentity } from '../../../model/peer/identity.js';
import type { Secret } from '../../../model/secret.js';
import type { SignatureDemand } from '../../../model/signature-demands.js';
import type { PadEntry } from '../../../model/system-config.js';
import type { FoundKey, PeerKeyRequest } from '../../credentials.js';
import type { FailureCode } from '../../failure.js';
import { keyKindsOf, methodsOf, methodText, signatureFault, signatureOf, verifyByKey } from '../authentication.js';
import type { PeerIdentity } from '../identities.js';
import type { IkeSa } from '../ike-sa.js';
import type { Payloads } from '../payloads.js';
import { methodFits } from '../peer-search.js';
import { emit, recordText, type Turn } from '../turn.js';
import { receivedCertificates } from './certificates.js';

export interface PeerFault {
  readonly code: FailureCode;
  readonly text: string;
}

/** What the peer was believed by; nothing where it was a shared key. */
export interface PeerProof {
  readonly key?: FoundKey;
  readonly used?: SignatureDemand;
}

/**
 * What the peer is believed by, or why it is not. `octets` is what it must have signed. Whether that is good enough for an entry is
 * another question (`unmetDemand`).
 */
export function verifyPeer(
  turn: Turn,
  sa: IkeSa,
  pad: PadEntry,
  peer: PeerIdentity,
  octets: Uint8Array,
  payloads: Payloads,
): { readonly proof: PeerProof } | { readonly fault: PeerFault } {
  const auth = payloads.first('AUTH')!;
  const method = methodText(auth);
  const found = proofOf(turn, sa, pad, peer, octets, payloads);
  const missing = 'fault' in found ? undefined : missingRounds(pad);
  const result = missing ? { fault: missing } : found;
  emit(turn, {
    kind: 'authentication',
    of: 'peer',
    method,
    good: !('fault' in result),
    ...('fault' in result ? { why: result.fault.text } : {}),
  });
  return result;
}

/** Why what the peer is believed by is not good enough for an entry; undefined where it is. */
export function unmetDemand({ env }: Turn, pad: PadEntry, { key, used }: PeerProof): PeerFault | undefined {
  const why = env.credentials.demandFault?.(pad, key, used);
  return why === undefined
    ? undefined
    : { code: 'certificate-refused', text: `${recordText(pad.source)} refuses the peer: ${why}` };
}

type Found = { readonly proof: PeerProof } | { readonly fault: PeerFault };

function proofOf(
  turn: Turn,
  sa: IkeSa,
  pad: PadEntry,
  peer: PeerIdentity,
  octets: Uint8Array,
  payloads: Payloads,
): Found {
  const { env, now } = turn;
  const auth = payloads.first('AUTH')!;
  const name = recordText(pad.source);
  const expected = pad.remoteMethod.value;
  const refuse = (code: FailureCode, text: string): Found => ({ fault: { code, text } });
  if (!methodsOf(auth).some((used) => methodFits(used, expected, env.profile.signatureKindCounts.value)))
    return refuse(
      'authentication-failed',
      `the peer proves itself by ${methodText(auth)}, and ${name} expects ${expected}`,
    );
  if (methodsOf(auth).includes('PSK')) {
    const keys = keysOf(turn, sa, pad, peer);
    if (keys.length === 0)
      return refuse('no-credential', `${name} has no preshared key for ${formatIdentity(peer.identity)}`);
    if (keys.some((key) => verifyByKey(sa.crypto!.suite.prf, key, octets, auth))) {
      sa.sharesKey = keys.length === 1 && pad.localMethod.value === 'PSK';
      return { proof: {} };
    }
    return refuse('authentication-failed', `the preshared key of ${name} is not the one that the peer has`);
  }
  const { chain, crls } = receivedCertificates(payloads);
  const kinds = keyKindsOf(auth);
  const request: PeerKeyRequest = {
    pad,
    identity: peer.identity,
    identityOctets: peer.octets,
    chain,
    crls,
    at: env.date(now),
    ...(kinds ? { kinds } : {}),
  };
  const used = signatureOf(auth);
  let first: Found | undefined;
  for (const found of env.credentials.peerKeys?.(request) ?? [env.credentials.peerKey(request)]) {
    if (found.kind === 'refused') {
      first ??= refuse('certificate-refused', found.why);
      continue;
    }
    const fault = signatureFault(found.key, octets, auth, env.profile.signatureHashes.value);
    if (fault === undefined && found.unfit === undefined) return { proof: { key: found, ...(used ? { used } : {}) } };
    first ??=
      fault === undefined
        ? refuse('certificate-refused', `${formatIdentity(peer.identity)}: ${found.unfit}`)
        : refuse('authentication-failed', `${formatIdentity(peer.identity)}: ${fault}`);
  }
  return first ?? refuse('certificate-refused', `no key of ${formatIdentity(peer.identity)} is believed`);
}

/** A peer goes through further rounds only with who announces them (RFC 4739), which this engine does not. */
function missingRounds({ source, remoteRounds = [] }: PadEntry): PeerFault | undefined {
  const [further] = remoteRounds;
  return further
    ? {
        code: 'authentication-failed',
        text: `${recordText(source)} expects that the peer proves itself again, by ${further.method.value}, and there is one round`,
      }
    : undefined;
}

/** The keys that a peer's proof is tried with; to charon it counts whom it was asked to be, not whom it says that it is. */
function keysOf({ env }: Turn, sa: IkeSa, pad: PadEntry, { identity: remote }: PeerIdentity): readonly Secret[] {
  const { credentials, profile } = env;
  if (!credentials.acceptedKeys) {
    const key = credentials.presharedKey(pad, { local: sa.localId!, remote });
    return key ? [key] : [];
  }
  const isByWish = pad.connection !== undefined && profile.padSearch.value === 'address-then-identity';
  const own = sa.localId ?? sentIdentity(pad, sa.local.address);
  const local = sa.role === 'responder' && isByWish ? sa.wantedId : own;
  return credentials.acceptedKeys(pad, { ...(local ? { local } : {}), remote });
}
