/**
 * IKE_SA_INIT of the responder — RFC 7296 §1.2, §2.6, §2.7.
 *
 *   HDR, SAi1, KEi, Ni  -->
 *                       <--  HDR, N(COOKIE)               when many are half open: nothing is kept
 *                       <--  HDR, N(INVALID_KE_PAYLOAD)   KEi is of another group than we choose: nothing is kept
 *                       <--  HDR, N(NO_PROPOSAL_CHOSEN)   nothing is kept
 *                       <--  HDR, SAr1, KEr, Nr
 *
 * No key exchange is computed before the initiator has shown that it is where it says it is.
 */
import { type SelectedProposal, selectProposal } from '../../../model/proposal.js';
import type { IkePolicy } from '../../../model/system-config.js';
import { type KeyExchangeTransform, keyExchange } from '../../../model/transform.js';
import { equalConstantTime } from '../../crypto/octets.js';
import type { Failure, FailureCode } from '../../failure.js';
import type { IncomingDatagram } from '../../ike-version.js';
import type { Header } from '../../wire/header.js';
import { type Ikev2Payload, ikev2Payload } from '../../wire/payloads/table.js';
import type { IkeSa } from '../ike-sa.js';
import { spisOf } from '../ike-sa.js';
import { firstKeys, ikeCrypto, ikeSuite, keysForTables } from '../keys.js';
import { halfOpenMillis, nonceOctets } from '../limits.js';
import { type PeerProposal, readOffer, writeAnswer } from '../offers.js';
import { type NotifyName, notification, type Payloads } from '../payloads.js';
import { type PeerCandidate, policiesFor } from '../peer-search.js';
import { childlessOf, preferenceOf } from '../product.js';
import { addIkeSa, closeIkeSa, freshIkeSpi } from '../table.js';
import { answerHeader, repeatResponse, sendResponse, sendUnprotected } from '../transport.js';
import { addressKey, addressText, emit, ignore, report, setTimer, type Turn } from '../turn.js';
import { certificateRequest } from './certificates.js';
import { announcements, natPayloads, noteAbilities } from './sa-init.js';

const noSpi = new Uint8Array(0);

/** A request for a new IKE SA. */
export function onSaInitRequest(turn: Turn, datagram: IncomingDatagram, payloads: Payloads): void {
  const { host, env } = turn;
  const { header, remote, local, octets } = datagram;
  const ni = payloads.first('Nonce')!.data;
  const key = halfOpenKey(header, datagram, ni);
  const known = host.halfOpen.get(key);
  if (known) {
    const isSame = known.state.state === 'AwaitAuthRequest' && equalConstantTime(known.state.initial.request, octets);
    if (!isSame) {
      ignore(turn, remote, 'another request with the nonce of one that was answered', 'RFC 7296 §2.1');
      return;
    }
    ignore(turn, remote, 'a repeated request: the answer is repeated', 'RFC 7296 §2.1', known);
    repeatResponse(turn, known, datagram);
    return;
  }
  if (!mayGoOn(turn, datagram, payloads, ni)) {
    return;
  }
  if (host.bySpi.size >= env.limits.ikeSasMax) {
    refuse(
      turn,
      datagram,
      'NO_PROPOSAL_CHOSEN',
      noSpi,
      failure('resource-limit', `there are ${host.bySpi.size} IKE SAs, and no more are made`),
    );
    return;
  }
  const ends = { local: local.address, remote: remote.address };
  const candidates = policiesFor(env.view, ends);
  const at = addressText(remote.address);
  emit(turn, {
    kind: 'search',
    list: 'IKE policies',
    key: `${at}, IKEv2`,
    passedOver: [],
    ...(candidates[0] ? { found: candidates[0].policy.source } : {}),
  });
  if (candidates.length === 0) {
    const text = `${env.view.config.name} has no IKEv2 policy for ${at}`;
    refuse(turn, datagram, 'NO_PROPOSAL_CHOSEN', noSpi, failure('no-ike-policy', text));
    return;
  }
  const offered = readOffer(payloads.first('SA')!, 'IKE', 0);
  const ke = payloads.first('KE')!;
  const chosen = choose(turn, offered, candidates, ke.dhGroup);
  if (!chosen) {
    refuse(turn, datagram, 'NO_PROPOSAL_CHOSEN', noSpi, mismatchFailure(turn, offered, candidates));
    return;
  }
  const { candidate, selection } = chosen;
  const wanted = selection.transforms.keyExchange!;
  if (wanted.id !== ke.dhGroup) {
    askForGroup(turn, datagram, wanted);
    return;
  }
  answer(turn, datagram, payloads, { candidate, selection, offered: offered[selection.offered]!, key });
}

function failure(code: FailureCode, text: string, more: Partial<Failure> = {}): Failure {
  return { code, attempt: 'IKE SA', foundBy: 'us', role: 'responder', text, records: [], ...more };
}

/** Names a request: SPIs of different peers may be equal, and one peer may use one again (RFC 7296 §2.1). */
function halfOpenKey({ initiatorSpi }: Header, { remote }: IncomingDatagram, ni: Uint8Array): string {
  return `${initiatorSpi} ${addressKey(remote.address)} ${remote.port} ${String.fromCharCode(...ni)}`;
}

/** Has the initiator shown a cookie, where one is asked for? */
function mayGoOn(turn: Turn, datagram: IncomingDatagram, payloads: Payloads, ni: Uint8Array): boolean {
  const { host, env, now } = turn;
  // Never so late that the table is full before: then a flood without cookies would drive real peers out of it.
  const threshold = Math.min(env.profile.cookieThreshold.value, env.limits.halfOpenMax / 2);
  if (host.halfOpen.size < threshold) return true;
  const { header, remote } = datagram;
  const binding = { address: remote.address, initiatorSpi: header.initiatorSpi, ni };
  const first = payloads.list[0];
  const cookie = first?.kind === 'N' ? payloads.notify('COOKIE') : undefined;
  if (cookie && host.cookies.isGood(cookie.data, binding, now)) return true;
  const why = cookie ? 'its cookie is not good' : `${host.halfOpen.size} IKE SAs are half open`;
  ignore(turn, remote, `${why}: a cookie is asked for`, 'RFC 7296 §2.6');
  sendUnprotected(turn, answerHeader(header), [notification('COOKIE', host.cookies.make(binding, now))], datagram);
  return false;
}

interface Chosen {
  readonly candidate: PeerCandidate;
  readonly selection: SelectedProposal;
}

/** The first policy with a proposal in common decides. */
function choose(
  turn: Turn,
  offered: readonly PeerProposal[],
  candidates: readonly PeerCandidate[],
  group: number,
): Chosen | undefined {
  const { env, host } = turn;
  const guessedGroup = keyExchange(group) ?? unknownGroup(group);
  for (const candidate of candidates) {
    const own = host.own.ofPolicy(candidate.policy);
    const selection = selectProposal(offered, own, { preference: preferenceOf(env), guessedGroup });
    emit(turn, { kind: 'proposals', of: 'IKE', role: 'responder', selection, own: candidate.policy.source });
    if (selection.kind === 'selected') return { candidate, selection };
  }
  return undefined;
}

function unknownGroup(id: number): KeyExchangeTransform {
  return { name: `group ${id}`, id, kind: 'MODP', strengthBits: 0, rfc: '' };
}

function mismatchFailure(turn: Turn, offered: readonly PeerProposal[], candidates: readonly PeerCandidate[]): Failure {
  const policy: IkePolicy = candidates[0]!.policy;
  const selection = selectProposal(offered, turn.host.own.ofPolicy(policy));
  const { record } = policy.source;
  return failure('no-ike-proposal', `${record.kind} '${record.name}' has no IKE proposal in common with the peer`, {
    rfc: 'RFC 7296 §2.7',
    notify: 'NO_PROPOSAL_CHOSEN',
    records: candidates.map((candidate) => candidate.policy.source),
    ...(selection.kind === 'mismatch' ? { mismatch: selection } : {}),
  });
}

/** An answer that keeps nothing. */
function refuse(turn: Turn, datagram: IncomingDatagram, notify: NotifyName, data: Uint8Array, why: Failure): void {
  report(turn, undefined, why.notify ? why : { ...why, notify });
  sendUnprotected(turn, answerHeader(datagram.header), [notification(notify, data)], datagram);
}

function askForGroup(turn: Turn, datagram: IncomingDatagram, wanted: KeyExchangeTransform): void {
  const why = `KEi is not of ${wanted.name}, which is chosen: it is asked for`;
  ignore(turn, datagram.remote, why, 'RFC 7296 §1.2');
  const data = Uint8Array.of(wanted.id >> 8, wanted.id & 255);
  sendUnprotected(turn, answerHeader(datagram.header), [notification('INVALID_KE_PAYLOAD', data)], datagram);
}

interface Agreed extends Chosen {
  readonly offered: PeerProposal;
  readonly key: string;
}

function answer(turn: Turn, datagram: IncomingDatagram, payloads: Payloads, agreed: Agreed): void {
  const { env, host, now } = turn;
  const { candidate, selection, offered, key } = agreed;
  const { header } = datagram;
  const suite = ikeSuite(env.provider, selection.transforms);
  if (!suite) throw new Error('a usable proposal of algorithms that the provider lacks');
  const exchanged = suite.method.respond(payloads.first('KE')!.keyExchangeData, env.provider.random);
  if (!exchanged) {
    const text = `KEi is not a valid public value of ${suite.method.transform.name}`;
    refuse(turn, datagram, 'INVALID_SYNTAX', noSpi, failure('invalid-message', text, { rfc: 'RFC 6989 §2' }));
    return;
  }
  makeRoom(turn);
  const nonces = { ni: payloads.first('Nonce')!.data, nr: env.provider.random(nonceOctets) };
  const sa = addIkeSa(turn, {
    role: 'responder',
    ownSpi: freshIkeSpi(turn),
    peerSpi: header.initiatorSpi,
    path: datagram,
    state: { state: 'Closed' },
    nextRequestId: 0,
    expectedRequestId: 1,
  });
  sa.policy = candidate.policy;
  noteAbilities(turn, sa, payloads, datagram, candidate.pad);
  const inner: readonly Ikev2Payload[] = [
    ikev2Payload('SA', writeAnswer(offered, selection.transforms, noSpi)),
    ikev2Payload('KE', { dhGroup: suite.method.transform.id, keyExchangeData: exchanged.publicValue }),
    ikev2Payload('Nonce', { data: nonces.nr }),
    ...(sa.nat || payloads.notify('NAT_DETECTION_SOURCE_IP') ? natPayloads(env, sa, candidate.pad) : []),
    ...announcements(env, candidate.pad, 'responder'),
    ...(childlessOf(env, candidate.pad) === 'never' ? [] : [notification('CHILDLESS_IKEV2_SUPPORTED')]),
    ...(candidate.pad ? certificateRequest(env, candidate.pad, 'responder') : []),
  ];
  const sent = sendResponse(turn, sa, 0, { exchange: 'IKE_SA_INIT', payloads: inner }, datagram);
  const keys = firstKeys(suite, nonces, spisOf(sa), exchanged.sharedSecret);
  sa.crypto = ikeCrypto(env.provider, suite, keys, 'responder');
  emit(turn, { kind: 'ike-keys', ikeSa: sa.name, keys: keysForTables(suite, keys, spisOf(sa)) });
  sa.state = {
    state: 'AwaitAuthRequest',
    initial: {
      request: datagram.octets.slice(),
      response: sent.packets[0]!.octets,
      ...nonces,
      skPi: keys.skPi,
      skPr: keys.skPr,
    },
  };
  sa.halfOpenKey = key;
  host.halfOpen.set(key, sa);
  setTimer(turn, sa, 'half-open', now + halfOpenMillis);
}

/** The table of half-open IKE SAs is full: the oldest one goes, whose initiator has had the most time. */
function makeRoom(turn: Turn): void {
  const { host, env } = turn;
  if (host.halfOpen.size < env.limits.halfOpenMax) return;
  const oldest: IkeSa | undefined = host.halfOpen.values().next().value;
  if (oldest) closeIkeSa(turn, oldest, 'abandoned', 'too many IKE SAs are half open');
}
