/** Does the peer's AUTH prove the identity that it claims, in the way that its record expects? — RFC 7296 §2.15. */
import { formatIdentity, sentIdentity } from '../../../model/peer/identity.js';
import type { Secret } from '../../../model/secret.js';
import type { PadEntry } from '../../../model/system-config.js';
import type { FailureCode } from '../../failure.js';
import { methodsOf, methodText, signatureFault, verifyByKey } from '../authentication.js';
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

/** Why the peer is not believed, or undefined where it is. `octets` is what it must have signed. */
export function verifyPeer(
  turn: Turn,
  sa: IkeSa,
  pad: PadEntry,
  peer: PeerIdentity,
  octets: Uint8Array,
  payloads: Payloads,
): PeerFault | undefined {
  const auth = payloads.first('AUTH')!;
  const method = methodText(auth);
  const fault = peerFault(turn, sa, pad, peer, octets, payloads) ?? missingRounds(pad);
  emit(turn, {
    kind: 'authentication',
    of: 'peer',
    method,
    good: fault === undefined,
    ...(fault ? { why: fault.text } : {}),
  });
  return fault;
}

function peerFault(
  turn: Turn,
  sa: IkeSa,
  pad: PadEntry,
  peer: PeerIdentity,
  octets: Uint8Array,
  payloads: Payloads,
): PeerFault | undefined {
  const { env, now } = turn;
  const auth = payloads.first('AUTH')!;
  const name = recordText(pad.source);
  const expected = pad.remoteMethod.value;
  if (!methodsOf(auth).some((used) => methodFits(used, expected))) {
    return {
      code: 'authentication-failed',
      text: `the peer proves itself by ${methodText(auth)}, and ${name} expects ${expected}`,
    };
  }
  if (methodsOf(auth).includes('PSK')) {
    const keys = keysOf(turn, sa, pad, peer);
    if (keys.length === 0)
      return { code: 'no-credential', text: `${name} has no preshared key for ${formatIdentity(peer.identity)}` };
    if (keys.some((key) => verifyByKey(sa.crypto!.suite.prf, key, octets, auth))) {
      sa.sharesKey = keys.length === 1 && pad.localMethod.value === 'PSK';
      return undefined;
    }
    return { code: 'authentication-failed', text: `the preshared key of ${name} is not the one that the peer has` };
  }
  const { chain, crls } = receivedCertificates(payloads);
  const found = env.credentials.peerKey({
    pad,
    identity: peer.identity,
    identityOctets: peer.octets,
    chain,
    crls,
    at: env.date(now),
  });
  if (found.kind === 'refused') {
    return { code: 'certificate-refused', text: found.why };
  }
  const fault = signatureFault(found.key, octets, auth, env.profile.signatureHashes.value);
  return fault === undefined
    ? undefined
    : { code: 'authentication-failed', text: `${formatIdentity(peer.identity)}: ${fault}` };
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
