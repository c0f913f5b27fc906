/** What a phase 1 rests on: records, the own identity, and the key or keys that there are for it. */
import { askedIdentity, type Candidate } from '../../model/peer/connection/candidates.js';
import { ikev1Method, methodInIkev1 } from '../../model/peer/connection/methods.js';
import { addressIdentity, formatIdentity, sentIdentity } from '../../model/peer/identity.js';
import { nameRecord } from '../../model/peer/steps.js';
import type { Secret } from '../../model/secret.js';
import type { Identity, IkePolicy, PadEntry } from '../../model/system-config.js';
import type { SkeyidMethod } from '../crypto/kdf.js';
import type { Environment } from '../environment.js';
import type { EngineEvent } from '../event.js';
import type { Failure } from '../failure.js';
import type { IkeSaName } from '../input.js';
import { ownAbilities } from './abilities.js';
import { errorOf, notifyName, phase1Failure } from './failures.js';
import { writeIdentity } from './identification.js';
import type { Suite } from './keys.js';
import type { Peers } from './messages.js';
import { methodNumber } from './phase1-proposals.js';
import type { Basis, Phase1Step } from './phase1-state.js';

export interface Start {
  readonly name: IkeSaName;
  readonly role: 'initiator' | 'responder';
  readonly exchange: 'main' | 'aggressive';
  readonly peers: Peers;
  readonly pad: PadEntry;
  readonly policy: IkePolicy;
  readonly initialContact: boolean;
  readonly alternatives?: Basis['alternatives'];
}

/** The basis of a phase 1, or why this system cannot take part in it. */
export function basisOf(start: Start, env: Environment): Basis | Failure {
  const { pad, peers, role, policy } = start;
  const localId = sentIdentity(pad, peers.local.address);
  // A responder's connection may still be another one, which the peer's identity will choose.
  const isOpen = role === 'responder' && pad.connection !== undefined;
  const problem = isOpen ? undefined : methodProblem(pad);
  if (problem) return phase1Failure(start, 'no-ike-proposal', `${nameRecord(env.view, pad.source)} ${problem}`);
  const isPsk = pad.localMethod.value === 'PSK';
  const byIdentity = env.profile.ikev1KeyByIdentity.value;
  const own = isPsk ? undefined : env.credentials.own(pad, localId, { keyIds: [], names: [], byIdentity });
  // A connection's key is found by identities, when keys are made; nothing is missed before (charon's phase1.c).
  // Where certificates are made up, one for the address is as well.
  const isMadeUp = env.credentials.peerKeys === undefined;
  const isNobody = byIdentity && !isMadeUp && pad.connection !== undefined && pad.localId === undefined;
  const hasKey = isPsk
    ? pad.connection !== undefined || sharedKey({ ...start, localId }, env) !== undefined
    : (own !== undefined && !isNobody) || isOpen;
  if (!hasKey) return withoutKey({ role, pad, policy, localId }, env);
  // Where the key decides, it must be one that IKEv1 has a method for here.
  if (own && !isOpen && pad.localMethod.value === 'DIGSIG' && own.key.kind !== 'RSA') {
    const text = `${nameRecord(env.view, pad.source)} has a key of kind ${own.key.kind}, which is not possible in IKEv1 here`;
    return phase1Failure(start, 'no-credential', text);
  }
  // A connection's identity is what is written, whatever its certificate is called.
  const isWritten = pad.connection !== undefined && localId.value !== undefined;
  const idBody = writeIdentity(localId, isWritten ? undefined : own?.chain[0]);
  if (!idBody) {
    const text = `${nameRecord(env.view, pad.source)} has the identity ${formatIdentity(localId)}, which no certificate of this system has`;
    return phase1Failure(start, 'no-credential', text);
  }
  return { ...start, localId, idBody, own: ownAbilities(pad, env.profile) };
}

/** The basis of a responder that goes on as another of its connections, whose identity the peer's has chosen. */
export function switched(basis: Basis, { pad, policy }: Candidate, env: Environment): Basis | Failure {
  return pad === basis.pad ? basis : basisOf({ ...basis, pad, policy }, env);
}

/** IKEv1 has one method for both sides (RFC 2409 §5), and only some of those there are today. */
function methodProblem(pad: PadEntry): string | undefined {
  const [local, remote] = [methodInIkev1(pad.localMethod.value), methodInIkev1(pad.remoteMethod.value)];
  const method = pad.connection === undefined ? undefined : ikev1Method(pad, 'initiator');
  // Without this the peer would be blamed, which expects a method that is not offered.
  if (method?.includes('XAUTH') || method === 'hybrid') return 'asks for XAUTH, which is not possible here';
  if (pad.connection !== undefined && method === undefined)
    return `asks for what IKEv1 has no method for: ${local} of its own and ${remote} of the peer`;
  if (methodNumber(local) === undefined) return `authenticates by ${local}, which is not possible in IKEv1 here`;
  if (local !== remote && remote !== 'ANY') {
    return `proves itself by ${local} and expects ${remote}, and IKEv1 has one method for both sides`;
  }
  return undefined;
}

/** What SKEYID depends on besides nonces, cookies and the shared secret; undefined where there is no preshared key. */
export function skeyidMethod(
  basis: KeyHolder,
  suite: Pick<Suite, 'kind'>,
  env: Environment,
  peer?: Identity,
): SkeyidMethod | undefined {
  switch (suite.kind) {
    case 'preshared-key': {
      const key = sharedKey(basis, env, peer);
      return key && { kind: 'preshared-key', key };
    }
    case 'signature':
      return { kind: 'signature' };
    case 'encryption':
    case 'revised':
      return { kind: 'public-key-encryption' };
  }
}

type KeyHolder = Pick<Basis, 'pad' | 'localId' | 'peers' | 'alternatives'>;

/**
 * The preshared key. In Main Mode it is needed before the peer has said who it is: whom the entry expects stands for it, or
 * its address, and of several connections the first one for the addresses that has a key (charon's phase1.c).
 */
export function sharedKey(
  { pad, localId, peers, alternatives }: KeyHolder,
  { credentials, view }: Environment,
  peer?: Identity,
): Secret | undefined {
  const ask = (entry: PadEntry, local: Identity, remote: Identity | undefined) =>
    credentials.presharedKey(entry, { local, ...(remote ? { remote } : {}) });
  const [own, other] = [addressIdentity(peers.local.address), addressIdentity(peers.remote.address)];
  if (peer) {
    const key = ask(pad, localId, peer);
    // charon then looks for one of the two addresses (phase1.c); pluto looks by identities alone.
    const isByAddress = view.config.sharedSecrets?.some(({ search }) => search === 'pluto') === false;
    return key ?? (isByAddress ? ask(pad, own, other) : undefined);
  }
  for (const { pad: entry } of alternatives ?? []) {
    const key = entry.localId && ask(entry, entry.localId.value, askedIdentity(entry));
    if (key) return key;
  }
  return (alternatives ? undefined : ask(pad, localId, askedIdentity(pad))) ?? ask(pad, own, other);
}

/** The failure of a system that has no key for its identity. */
export function withoutKey(basis: Pick<Basis, 'role' | 'pad' | 'policy' | 'localId'>, env: Environment): Failure {
  const { pad, localId } = basis;
  const what = pad.localMethod.value === 'PSK' ? 'preshared key' : `key for ${pad.localMethod.value}`;
  const whose = pad.localMethod.value === 'PSK' ? '' : ` of ${formatIdentity(localId)}`;
  return phase1Failure(basis, 'no-credential', `${nameRecord(env.view, pad.source)} has no ${what}${whose}`);
}

/** The step for a peer with which no key is shared. */
export function keyless(basis: Basis, env: Environment, events: EngineEvent[]): Phase1Step {
  const error = errorOf(basis, 'key', env);
  const failure = withoutKey(basis, env);
  if (error === undefined) return { kind: 'failed', failure, events };
  return { kind: 'failed', failure: { ...failure, notify: notifyName(error) }, notify: error, events };
}
