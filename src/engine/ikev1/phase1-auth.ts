/** Proofs of identity in phase 1: HASH_I and HASH_R, or signatures of them — RFC 2409 §5, §5.1 to §5.4. */
import { formatAddress } from '../../model/address.js';
import { methodInIkev1 } from '../../model/peer/connection/methods.js';
import { expectsIdentity, formatExpectation, formatIdentity, identityAddress } from '../../model/peer/identity.js';
import { nameRecord } from '../../model/peer/steps.js';
import type { AuthenticationMethod, Identity, PadEntry } from '../../model/system-config.js';
import { keyKinds } from '../credentials/peer-key.js';
import type { FoundKey, PeerKeyRequest } from '../credentials.js';
import { authenticationHash } from '../crypto/kdf.js';
import { equalConstantTime } from '../crypto/octets.js';
import type { Prf, PublicKey, SignatureScheme } from '../crypto/provider.js';
import type { Environment } from '../environment.js';
import type { EngineEvent } from '../event.js';
import type { Failure } from '../failure.js';
import { type IsakmpPayload, isakmpPayload } from '../wire/isakmp/table.js';
import { isakmpCertificateEncodings } from '../wire/registry/isakmp.js';
import { errorOf, notifyName, phase1Failure } from './failures.js';
import { idPayloadOf, type PeerIdentity } from './identification.js';
import { payloadOf, payloadsOf } from './messages.js';
import { switched, withoutKey } from './phase1-basis.js';
import type { Basis, Context, Keyed, Phase1Step } from './phase1-state.js';
import { chooseConnection, usableConnections } from './records.js';

const encodings = isakmpCertificateEncodings.number;

/** Certificates that are sent: the own one and those up to a CA. */
const chainMax = 8;
/** Trust anchors that are asked for. */
const requestsMax = 16;

export interface OwnProof {
  readonly payloads: IsakmpPayload[];
  readonly events: EngineEvent[];
}

/** The payloads that prove this system's identity; a failure where it has no key to do it with. */
export function ownProof(basis: Basis, keyed: Keyed, withId: boolean, env: Environment): OwnProof | OwnFault {
  const { pad, localId, idBody, role } = basis;
  const { suite } = keyed;
  const id = withId ? [isakmpPayload('ID', idPayloadOf(idBody))] : [];
  const told = (note?: string): EngineEvent[] => [
    { kind: 'identity', of: 'local', identity: localId, entry: pad.source, accepted: true },
    { kind: 'authentication', of: 'local', method: suite.method, good: true, ...(note ? { note } : {}) },
  ];
  if (suite.kind !== 'signature') {
    const hash = proofHash(suite.prf, keyed, role, idBody, 'own');
    return { payloads: [...id, isakmpPayload('HASH', { hash })], events: told() };
  }
  const own = env.credentials.own(pad, localId, {
    keyIds: [],
    names: [],
    kinds: keyKinds(suite.method),
    byIdentity: env.profile.ikev1KeyByIdentity.value,
  });
  if (!own) return unproved(basis, withoutKey(basis, env), env);
  const hash = proofHash(signaturePrf(suite.prf, suite.method, env), keyed, role, idBody, 'own');
  const signature = own.key.sign(signatureScheme(suite.method), hash, env.provider.random);
  if (!signature) {
    const text = `the key of ${formatIdentity(localId)} is too short to sign with`;
    return unproved(basis, phase1Failure(basis, 'no-credential', text), env);
  }
  const sends = pad.sendsCertificates?.value ?? 'if-asked';
  const isSent = sends === 'always' || (sends === 'if-asked' && keyed.certificateWanted);
  const chain = isSent ? own.chain.slice(0, chainMax) : [];
  return {
    payloads: [
      ...id,
      ...chain.map((data) => isakmpPayload('CERT', { encoding: encodings.X509_CERTIFICATE_SIGNATURE, data })),
      isakmpPayload('SIG', { signature }),
    ],
    events: told(own.note),
  };
}

/** Why this system cannot prove its identity, and what the peer is told of it. */
export interface OwnFault {
  readonly failure: Failure;
  readonly notify?: number;
}

function unproved(basis: Basis, failure: Failure, env: Environment): OwnFault {
  // A responder of Aggressive Mode says so with keys that the initiator does not have yet: nobody can read it.
  const isUnread = basis.role === 'responder' && basis.exchange === 'aggressive';
  const error = isUnread ? undefined : errorOf(basis, 'own', env);
  return error === undefined ? { failure } : { failure: { ...failure, notify: notifyName(error) }, notify: error };
}

interface Good {
  readonly good: true;
  /** As it was, or that of the connection which the peer's identity has chosen. */
  readonly basis: Basis;
  /** What its signature was checked with. */
  readonly key?: FoundKey;
  readonly events: EngineEvent[];
}

export type PeerProof =
  | Good
  | { readonly good: false; readonly failure: Failure; readonly notify?: number; readonly events: EngineEvent[] };

/** Is the peer who its identity says, and one that the PAD entry is for? */
export function checkProof(
  basis: Basis,
  keyed: Keyed,
  peerId: PeerIdentity,
  payloads: readonly IsakmpPayload[],
  context: Context,
): PeerProof {
  const identity = checkIdentity(basis, keyed.suite.method, peerId, context.env);
  if (!identity.good) return identity;
  const proof = keyed.suite.kind === 'signature' ? checkSignature : checkHash;
  const checked = proof(identity.basis, keyed, peerId, payloads, context);
  const met = checked.good ? withDemands(checked, keyed, peerId, context.env) : checked;
  return { ...met, events: [...identity.events, ...met.events] };
}

/** Of the connections for the identity the first one whose demands what the peer has proved meets (select_config of charon's phase1.c). */
function withDemands(checked: Good, { suite }: Keyed, { identity }: PeerIdentity, env: Environment): PeerProof {
  const { basis, key } = checked;
  const unmet = (pad: PadEntry) => env.credentials.demandFault?.(pad, key);
  const why = unmet(basis.pad);
  if (why === undefined) return checked;
  const others = basis.alternatives
    ? usableConnections(basis.alternatives, identity, suite.method, basis.exchange)
    : [];
  const other = others.find(({ pad }) => unmet(pad) === undefined);
  const goesOn = other && switched(basis, other, env);
  if (goesOn && !('code' in goesOn)) return { ...checked, basis: goesOn };
  const text = `${nameRecord(env.view, basis.pad.source)} refuses the peer: ${why}`;
  const error = errorOf(basis, 'certificate', env);
  return refused(basis, suite.method, 'certificate-refused', text, error);
}

/** The step for a peer that is not believed; what it sent may be a forgery, so that the true one is still waited for. */
export function disbelieved(
  { failure, notify: error, events }: Extract<PeerProof, { good: false }>,
  before: readonly EngineEvent[] = [],
): Phase1Step {
  return {
    kind: 'ignored',
    why: failure.text,
    suspicion: failure,
    ...(error === undefined ? {} : { notify: error }),
    events: [...before, ...events],
  };
}

/** Is an identity, which nobody has proved yet, one that the PAD entry is for, or that chooses a connection? */
export function checkIdentity(
  basis: Basis,
  method: AuthenticationMethod,
  { identity }: PeerIdentity,
  env: Environment,
): PeerProof {
  const { peers, alternatives, exchange } = basis;
  const chosen = alternatives && chooseConnection(alternatives, identity, method, exchange);
  const isChosen = chosen !== undefined && typeof chosen !== 'string';
  const pad = isChosen ? chosen.pad : basis.pad;
  const verdict = alternatives ? isChosen : expectsIdentity(pad, identity, peers.remote.address) === 'match';
  const event: EngineEvent = {
    kind: 'identity',
    of: 'peer',
    identity,
    entry: pad.source,
    accepted: verdict,
    expected: formatExpectation(pad),
  };
  const error = errorOf(basis, 'identity', env);
  const refuse = (failure: Failure): PeerProof => ({
    good: false,
    failure: error === undefined ? failure : { ...failure, notify: notifyName(error) },
    ...(error === undefined ? {} : { notify: error }),
    events: [event],
  });
  if (!verdict) {
    const text =
      typeof chosen === 'string'
        ? `no connection of ${env.view.config.name} ${chosen} the identity ${formatIdentity(identity)}`
        : `the peer is ${formatIdentity(identity)}, and ${nameRecord(env.view, pad.source)} expects ${formatExpectation(pad)}`;
    return refuse(phase1Failure(basis, 'identity-refused', text));
  }
  const goesOn = isChosen ? switched(basis, chosen, env) : basis;
  return 'code' in goesOn ? refuse(goesOn) : { good: true, basis: goesOn, events: [event] };
}

function authenticationEvent(method: string, why?: string, note?: string): EngineEvent {
  return {
    kind: 'authentication',
    of: 'peer',
    method,
    good: why === undefined,
    ...(why ? { why } : {}),
    ...(note ? { note } : {}),
  };
}

function checkHash(
  basis: Basis,
  keyed: Keyed,
  peerId: PeerIdentity,
  payloads: readonly IsakmpPayload[],
  { env }: Context,
): PeerProof {
  const { suite } = keyed;
  const hash = payloadOf(payloads, 'HASH')!.body.hash;
  const expected = proofHash(suite.prf, keyed, basis.role, peerId.body, 'peer');
  if (equalConstantTime(hash, expected)) return { good: true, basis, events: [authenticationEvent(suite.method)] };
  const cause =
    suite.kind === 'preshared-key'
      ? `the preshared key of ${nameRecord(env.view, basis.pad.source)} is not the peer’s`
      : 'one side has not the other’s public key';
  const error = errorOf(basis, 'proof', env);
  return refused(basis, suite.method, 'authentication-failed', `its hash is wrong: ${cause}`, error);
}

function refused(
  basis: Basis,
  method: string,
  code: Failure['code'],
  why: string,
  error: number | undefined,
): PeerProof {
  const text = `${formatAddress(basis.peers.remote.address.family, basis.peers.remote.address.value)} is not believed: ${why}`;
  return {
    good: false,
    failure: phase1Failure(basis, code, text, error === undefined ? {} : { notify: notifyName(error) }),
    ...(error === undefined ? {} : { notify: error }),
    events: [authenticationEvent(method, why)],
  };
}

function checkSignature(
  basis: Basis,
  keyed: Keyed,
  peerId: PeerIdentity,
  payloads: readonly IsakmpPayload[],
  { env, now }: Context,
): PeerProof {
  const { suite } = keyed;
  const received = payloadsOf(payloads, 'CERT').map(({ body }) => body);
  const of = (encoding: number) => received.filter((cert) => cert.encoding === encoding).map(({ data }) => data);
  const request: PeerKeyRequest = {
    pad: basis.pad,
    identity: peerId.identity,
    identityOctets: peerId.octets,
    chain: of(encodings.X509_CERTIFICATE_SIGNATURE),
    crls: of(encodings.CERTIFICATE_REVOCATION_LIST),
    at: env.date(now),
    kinds: keyKinds(suite.method),
  };
  const hash = proofHash(signaturePrf(suite.prf, suite.method, env), keyed, basis.role, peerId.body, 'peer');
  const { signature } = payloadOf(payloads, 'SIG')!.body;
  let first: PeerProof | undefined;
  for (const found of env.credentials.peerKeys?.(request) ?? [env.credentials.peerKey(request)]) {
    if (found.kind === 'refused' || found.unfit !== undefined) {
      const why = found.kind === 'refused' ? found.why : found.unfit!;
      first ??= refused(basis, suite.method, 'certificate-refused', why, errorOf(basis, 'certificate', env));
      continue;
    }
    if (found.key.verify(signatureScheme(suite.method), hash, signature))
      return { good: true, basis, key: found, events: [authenticationEvent(suite.method, undefined, found.note)] };
    const why = `its signature is not one of the key of ${formatIdentity(peerId.identity)}`;
    first ??= refused(basis, suite.method, 'authentication-failed', why, errorOf(basis, 'signature', env));
  }
  const why = `no key of ${formatIdentity(peerId.identity)} is believed`;
  return first ?? refused(basis, suite.method, 'certificate-refused', why, errorOf(basis, 'certificate', env));
}

/** HASH_I or HASH_R, of this side or of the peer. */
function proofHash(prf: Prf, keyed: Keyed, role: Basis['role'], idBody: Uint8Array, whose: 'own' | 'peer'): Uint8Array {
  const { cookies, ownPublic, peerPublic, saBody, keys } = keyed;
  const [own, peer] =
    role === 'initiator' ? [cookies.initiator, cookies.responder] : [cookies.responder, cookies.initiator];
  const values =
    whose === 'own'
      ? { ownPublic, peerPublic, ownCookie: own, peerCookie: peer }
      : { ownPublic: peerPublic, peerPublic: ownPublic, ownCookie: peer, peerCookie: own };
  return authenticationHash(prf, keys.skeyid.skeyid, { ...values, saBody, idBody });
}

/** DSS is tied to SHA-1, which then makes the hash that is signed, whatever else was negotiated (RFC 2409 §5.1). */
function signaturePrf(prf: Prf, method: AuthenticationMethod, { provider }: Environment): Prf {
  if (method !== 'DSSSIG') return prf;
  return provider.prfs.find(({ transform }) => transform.name === 'HMAC-SHA1') ?? prf;
}

function signatureScheme(method: AuthenticationMethod): SignatureScheme {
  return method === 'DSSSIG' ? { kind: 'DSA', hash: 'prehashed', encoding: 'raw' } : { kind: 'RSA-raw-hash' };
}

/** Certificate requests for what this system trusts, where the peer authenticates by signature; otherwise none. */
export function certificateRequests(pad: PadEntry, role: 'initiator' | 'responder', env: Environment): IsakmpPayload[] {
  // A responder of connections does not know yet which one it will be.
  const isOpen = role === 'responder' && pad.connection !== undefined;
  const method = methodInIkev1(pad.remoteMethod.value);
  if (!isOpen && method !== 'RSASIG' && method !== 'DSSSIG') return [];
  if (pad.asksForCertificates?.value === false) return [];
  const names = env.credentials.trustAnchors(isOpen ? undefined : pad).slice(0, requestsMax);
  // charon asks for those that it knows and for no others.
  if (names.length === 0 && env.credentials.peerKeys !== undefined) return [];
  // A request without a name asks for any certificate (RFC 2408 §3.10).
  const authorities = names.length > 0 ? names.map(({ name }) => name) : [new Uint8Array(0)];
  return authorities.map((authority) =>
    isakmpPayload('CR', { encoding: encodings.X509_CERTIFICATE_SIGNATURE, authority }),
  );
}

/** Does a message ask for an X.509 certificate? */
export function wantsCertificate(payloads: readonly IsakmpPayload[]): boolean {
  return payloadsOf(payloads, 'CR').some(({ body }) => body.encoding === encodings.X509_CERTIFICATE_SIGNATURE);
}

/** Whom a PAD entry expects, where that is one identity: methods of encryption need its key before it has said who it is. */
export function expectedIdentity({ remoteId }: PadEntry, peer: Identity): Identity | undefined {
  if (!remoteId) return peer;
  const pattern = remoteId.value;
  if (pattern.kind === 'exact') return { type: pattern.type, value: pattern.value };
  const own = identityAddress(peer);
  const isSingle = pattern.kind === 'addresses' && pattern.range.first === pattern.range.last;
  return isSingle && own?.value === pattern.range.first ? peer : undefined;
}

/** The key of whom a PAD entry expects, to encrypt to. */
export function encryptionKeyOf(
  pad: PadEntry,
  identity: Identity,
  octets: Uint8Array,
  { env, now }: Context,
): { readonly key: PublicKey; readonly note?: string } | string {
  const found = env.credentials.peerKey({
    pad,
    identity,
    identityOctets: octets,
    chain: [],
    crls: [],
    at: env.date(now),
    use: 'encryption',
  });
  return found.kind === 'key' ? found : found.why;
}
