/**
 * IKE_SA_INIT of the initiator — RFC 7296 §1.2, §2.6, §2.7.
 *
 *   HDR, SAi1, KEi, Ni  -->
 *                       <--  HDR, N(COOKIE)               again, cookie first, the rest unchanged (§2.6)
 *                       <--  HDR, N(INVALID_KE_PAYLOAD)   again, all proposals, KEi of that group (§1.2)
 *                       <--  HDR, SAr1, KEr, Nr           on to IKE_AUTH
 *
 * Nothing here is authenticated: a forger may make us try again, not give up, and not use a group that we did not offer.
 */

import { byGroup } from '../../../model/peer/connection/offers.js';
import type { PeerProfile } from '../../../model/peer-profile/peer-profile.js';
import type { PadEntry } from '../../../model/system-config.js';
import type { KeyExchangeTransform } from '../../../model/transform.js';
import { keyExchange } from '../../../model/transform.js';
import { algorithmFor, type CryptoProvider, type KeyExchangeMethod } from '../../crypto/provider.js';
import type { Environment } from '../../environment.js';
import type { Failure } from '../../failure.js';
import type { ResolvedRequest } from '../../ike-version.js';
import { ikePort, natTraversalPort, portTowards } from '../../wire/framing.js';
import { decodeNotifyData } from '../../wire/payloads/notify-data.js';
import { type Ikev2Payload, ikev2Payload } from '../../wire/payloads/table.js';
import { peerFailure, recordsOf } from '../failures.js';
import type { AwaitSaInitResponse, IkeSa } from '../ike-sa.js';
import { spisOf } from '../ike-sa.js';
import { firstKeys, ikeCrypto, ikeSuite, keysForTables } from '../keys.js';
import { become } from '../lifecycle.js';
import { hopelessRetryMillis, nonceOctets, saInitTriesMax, unauthenticatedErrorMillis } from '../limits.js';
import { findNat, hasNat, natNotifications } from '../nat.js';
import { type OwnProposal, readAnswer, type WrittenOffer, writeOffer } from '../offers.js';
import { notification, notifyName, type Payloads } from '../payloads.js';
import { announcedHashes, announceHashes } from '../signature-hashes.js';
import { addIkeSa, freshIkeSpi } from '../table.js';
import { patient } from '../tasks.js';
import { endRequest, type Path, sendRequest } from '../transport.js';
import { emit, giveUpRequest, ignore, recordText, report, setTimer, type Turn } from '../turn.js';
import { askedAuthorities } from './certificates.js';

const noSpi = new Uint8Array(0);

/** Begins an IKE SA for a request; the request waits in its queue. */
export function startIkeSa(turn: Turn, request: ResolvedRequest, path = pathFor(request)): IkeSa | undefined {
  const { env } = turn;
  const { pad, policy } = request;
  const configured = turn.host.own.ofPolicy(policy);
  const method = offeredMethod(env.provider, configured, writeOffer(configured, 'IKE', noSpi));
  if (!method) {
    const text = `no proposal of ${recordText(policy.source)} can be used: the algorithms are not implemented`;
    const failure = { code: 'no-ike-proposal', attempt: 'IKE SA', foundBy: 'us', role: 'initiator' } as const;
    report(turn, undefined, { ...failure, text, records: [policy.source] });
    giveUpRequest(turn, request, hopelessRetryMillis);
    return undefined;
  }
  const state: AwaitSaInitResponse = {
    state: 'AwaitSaInitResponse',
    ...offerFor(env, configured, method),
    ni: env.provider.random(nonceOctets),
    tries: 0,
    request: noSpi,
  };
  const sa = addIkeSa(turn, {
    role: 'initiator',
    ownSpi: freshIkeSpi(turn),
    peerSpi: 0n,
    path,
    state,
    nextRequestId: 0,
    expectedRequestId: 0,
  });
  sa.pad = pad;
  sa.policy = policy;
  sa.queue.push({ kind: 'create-child', request, ...patient });
  sendSaInit(turn, sa, state);
  return sa;
}

function pathFor({ pad, ends }: ResolvedRequest): Path {
  return {
    local: { address: ends.local, port: pad.localPort?.value ?? portTowards(pad.remotePort?.value) },
    remote: { address: ends.remote, port: pad.remotePort?.value ?? ikePort },
  };
}

/** What is offered with a public value of this method. */
function offerFor(
  { profile, provider }: Environment,
  configured: readonly OwnProposal[],
  method: KeyExchangeMethod,
): Pick<AwaitSaInitResponse, 'own' | 'offer' | 'exchange' | 'group'> {
  const group = method.transform;
  const own = profile.ikeOffersByGroup.value ? byGroup(configured, group).map(({ proposal }) => proposal) : configured;
  return { own, offer: writeOffer(own, 'IKE', noSpi), exchange: method.start(provider.random), group };
}

/** The method of the first offered group, which the initiator guesses that the responder takes (RFC 7296 §1.2). */
function offeredMethod(
  provider: CryptoProvider,
  own: readonly OwnProposal[],
  { origins }: WrittenOffer,
): KeyExchangeMethod | undefined {
  for (const origin of origins) {
    for (const group of own[origin]?.keyExchange ?? []) {
      const method = algorithmFor(provider.keyExchanges, group);
      if (method) return method;
    }
  }
  return undefined;
}

function sendSaInit(turn: Turn, sa: IkeSa, state: AwaitSaInitResponse): void {
  const { env } = turn;
  const payloads: Ikev2Payload[] = [
    ...(state.cookie ? [notification('COOKIE', state.cookie)] : []),
    ikev2Payload('SA', state.offer.payload),
    ikev2Payload('KE', { dhGroup: state.group.id, keyExchangeData: state.exchange.publicValue }),
    ikev2Payload('Nonce', { data: state.ni }),
    ...natPayloads(env, sa, sa.pad),
    ...announcements(env, sa.pad, 'initiator'),
  ];
  // A retry has Message ID 0 as well (RFC 7296 §2.2).
  sa.window.nextRequestId = 0;
  const sent = sendRequest(turn, sa, { exchange: 'IKE_SA_INIT', payloads });
  sa.state = { ...state, tries: state.tries + 1, request: sent.packets[0]!.octets };
}

/** NAT detection, unless the product lacks it or the record switches it off. */
export function natPayloads(env: Environment, sa: IkeSa, pad: PadEntry | undefined): readonly Ikev2Payload[] {
  const setting = pad?.natTraversal?.value ?? 'ON';
  if (!env.profile.natTraversal.value || setting === 'OFF') return [];
  return natNotifications(env.provider, spisOf(sa), sa, setting === 'FORCE');
}

/** What we can do beyond RFC 7296: fragments, and signatures that name their algorithm. */
export function announcements(
  { profile }: Environment,
  pad: PadEntry | undefined,
  role: 'initiator' | 'responder',
): readonly Ikev2Payload[] {
  return [
    ...(wantsFragmentation(profile.fragmentation.value, pad) ? [notification('IKEV2_FRAGMENTATION_SUPPORTED')] : []),
    ...announceHashes(profile.signatureHashes.value, role === 'initiator' ? pad : undefined),
  ];
}

export function wantsFragmentation(ofProfile: boolean, pad: PadEntry | undefined): boolean {
  return ofProfile && (pad?.fragmentation?.value ?? true);
}

export type SaInitOutcome =
  /** Nothing came of it; the request is still outstanding. */
  | 'waiting'
  /** Keys are there: IKE_AUTH comes next. */
  | 'keyed'
  | 'closed';

/** An answer that proposes to go on. */
export function onSaInitAccepted(
  turn: Turn,
  sa: IkeSa,
  state: AwaitSaInitResponse,
  { octets, responderSpi, payloads, path }: SaInitAnswer,
): SaInitOutcome {
  const { env } = turn;
  const [answer, ke, nonce] = [payloads.first('SA')!, payloads.first('KE')!, payloads.first('Nonce')!];
  const waits = (why: string, rfc: string): SaInitOutcome => {
    // It may be a forgery; the true answer may still come, and the time-out tells of this one.
    hint(turn, sa, state, { code: 'invalid-message', why, rfc });
    return 'waiting';
  };
  if (responderSpi === 0n) return waits('the responder chose no SPI', 'RFC 7296 §2.6');
  const accepted = readAnswer(answer, 'IKE', 0, state.own, state.offer);
  if (typeof accepted === 'string') return waits(accepted, 'RFC 7296 §3.3.6');
  const suite = ikeSuite(env.provider, accepted.transforms);
  if (!suite) return waits('the accepted algorithms are not implemented', 'RFC 7296 §3.3.6');
  if (accepted.transforms.keyExchange?.id !== state.group.id || ke.dhGroup !== state.group.id) {
    return waits(`KEr is of another group than KEi, which is of ${state.group.name}`, 'RFC 7296 §2.7');
  }
  const sharedSecret = state.exchange.agree(ke.keyExchangeData);
  if (!sharedSecret) return waits('KEr is not a valid public value', 'RFC 6989 §2');
  endRequest(turn, sa);
  sa.peerSpi = responderSpi;
  sa.heardAt = turn.now;
  emit(turn, {
    kind: 'proposals',
    of: 'IKE',
    role: 'initiator',
    selection: accepted.selection,
    own: sa.policy!.source,
  });
  const nonces = { ni: state.ni, nr: nonce.data };
  const keys = firstKeys(suite, nonces, spisOf(sa), sharedSecret);
  sa.crypto = ikeCrypto(env.provider, suite, keys, 'initiator');
  emit(turn, { kind: 'ike-keys', ikeSa: sa.name, keys: keysForTables(suite, keys, spisOf(sa)) });
  noteAbilities(turn, sa, payloads, path, sa.pad);
  if (hasNat(sa.nat) || (sa.nat && mayBecomeMobile(env.profile, sa.pad))) moveToNatPort(sa);
  become(sa, 'IKE_SA_INIT response', {
    state: 'AwaitAuthResponse',
    initial: { request: state.request, response: octets, ...nonces, skPi: keys.skPi, skPr: keys.skPr },
  });
  return 'keyed';
}

export interface SaInitAnswer {
  readonly octets: Uint8Array;
  readonly responderSpi: bigint;
  readonly payloads: Payloads;
  readonly path: Path;
}

/** Learns from IKE_SA_INIT what the peer can do and where NATs are. */
export function noteAbilities(turn: Turn, sa: IkeSa, payloads: Payloads, path: Path, pad: PadEntry | undefined): void {
  const { env } = turn;
  const isAnnounced = payloads.notify('IKEV2_FRAGMENTATION_SUPPORTED') !== undefined;
  sa.fragmentation = isAnnounced && wantsFragmentation(env.profile.fragmentation.value, pad);
  sa.peerTakesChildless = payloads.notify('CHILDLESS_IKEV2_SUPPORTED') !== undefined;
  sa.askedAuthorities = askedAuthorities(payloads);
  const hashes = announcedHashes(payloads);
  if (hashes && env.profile.signatureHashes.value.length > 0) sa.peerHashes = hashes;
  if (!env.profile.natTraversal.value || pad?.natTraversal?.value === 'OFF') return;
  const spis = sa.role === 'responder' ? { initiator: sa.peerSpi, responder: 0n } : spisOf(sa);
  const nat = findNat(env.provider, spis, path, payloads);
  if (!nat) return;
  const forced = pad?.natTraversal?.value === 'FORCE' && !nat.localBehindNat;
  sa.nat = forced ? { ...nat, localBehindNat: true, forced } : nat;
  const { localBehindNat, peerBehindNat } = sa.nat;
  emit(turn, { kind: 'nat', ikeSa: sa.name, localBehindNat, peerBehindNat });
}

/** Whether the peer supports MOBIKE comes out too late for this: then there is no exchange left to move with. */
function mayBecomeMobile(profile: PeerProfile, pad: PadEntry | undefined): boolean {
  return profile.mobikeMovesToNatPort.value && pad?.mobike?.value === true;
}

/** From IKE_AUTH on everything is between ports 4500 (RFC 7296 §2.23). */
function moveToNatPort(sa: IkeSa): void {
  if (sa.local.port === ikePort) sa.local = { ...sa.local, port: natTraversalPort };
  if (sa.remote.port === ikePort) sa.remote = { ...sa.remote, port: natTraversalPort };
}

/** An answer that asks for another try, or names an error. */
export function onSaInitRefused(turn: Turn, sa: IkeSa, state: AwaitSaInitResponse, payloads: Payloads): SaInitOutcome {
  const { env } = turn;
  const cookie = payloads.notify('COOKIE');
  const wrongGroup = payloads.notify('INVALID_KE_PAYLOAD');
  if (cookie || wrongGroup) {
    if (state.tries >= saInitTriesMax) {
      ignore(turn, sa.remote, 'too many retries are asked for', 'RFC 7296 §2.6', sa);
      return 'waiting';
    }
    if (cookie) {
      if (cookie.data.length < 1 || cookie.data.length > 64) {
        ignore(turn, sa.remote, `a cookie of ${cookie.data.length} octets`, 'RFC 7296 §2.6', sa);
        return 'waiting';
      }
      endRequest(turn, sa);
      sendSaInit(turn, sa, { ...state, cookie: cookie.data });
      return 'waiting';
    }
    const wanted = wrongGroup && readGroup(wrongGroup.data);
    const method = wanted && offeredGroup(env.provider, state, wanted);
    if (!method || method.transform.id === state.group.id) {
      const name = wanted ? (keyExchange(wanted)?.name ?? `group ${wanted}`) : 'no group';
      hint(turn, sa, state, {
        code: 'invalid-ke',
        why: `the peer wants ${name}, which ${method ? 'it was given' : `${recordText(sa.policy!.source)} does not offer`}`,
        rfc: 'RFC 7296 §1.2',
        notify: 'INVALID_KE_PAYLOAD',
      });
      return 'waiting';
    }
    endRequest(turn, sa);
    sendSaInit(turn, sa, { ...state, ...offerFor(env, turn.host.own.ofPolicy(sa.policy!), method) });
    return 'waiting';
  }
  const error = payloads.error();
  if (error) {
    hint(turn, sa, state, peerFailure(notifyName(error), 'IKE'));
    return 'waiting';
  }
  ignore(turn, sa.remote, 'an answer without proposal and without error', 'RFC 7296 §1.2', sa);
  return 'waiting';
}

/** The group that INVALID_KE_PAYLOAD names. */
export function readGroup(data: Uint8Array): number | undefined {
  const decoded = decodeNotifyData('INVALID_KE_PAYLOAD', data);
  return decoded.ok ? decoded.value.dhGroup : undefined;
}

function offeredGroup(
  provider: CryptoProvider,
  { own, offer }: AwaitSaInitResponse,
  id: number,
): KeyExchangeMethod | undefined {
  const offered = offer.origins.some((origin) => own[origin]?.keyExchange?.some((group) => group.id === id));
  const transform: KeyExchangeTransform | undefined = offered ? keyExchange(id) : undefined;
  return transform && algorithmFor(provider.keyExchanges, transform);
}

/** Keeps what an unauthenticated answer says, as the reason should nothing better come (RFC 7296 §2.21.1). */
function hint(
  turn: Turn,
  sa: IkeSa,
  state: AwaitSaInitResponse,
  { code, why, rfc, notify }: { code: Failure['code']; why: string; rfc: string; notify?: string },
): void {
  ignore(turn, sa.remote, `${why}; nobody has authenticated this, so the answer is still waited for`, rfc, sa);
  if (state.hint) return;
  const failure: Failure = {
    code,
    attempt: 'IKE SA',
    foundBy: notify ? 'peer' : 'us',
    role: 'initiator',
    text: why,
    rfc,
    ...(notify ? { notify } : {}),
    records: recordsOf(sa),
  };
  sa.state = { ...state, hint: failure };
  setTimer(turn, sa, 'hint', turn.now + unauthenticatedErrorMillis);
}
