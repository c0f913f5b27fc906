/**
 * Rekeying of IKE SAs — RFC 7296 §1.3.2, §2.8, §2.18, §2.25.2: a new IKE SA with keys made from the old one's, to which all
 * Child SAs move. Whoever's new one stays deletes the old one; of two that cross, the one with the lowest nonce goes.
 */
import { noVirtualAddresses } from '../../../model/peer/connection/virtual-hosts.js';
import { selectProposal } from '../../../model/proposal.js';
import type { Secret } from '../../../model/secret.js';
import { type KeyExchangeTransform, keyExchange } from '../../../model/transform.js';
import type { NoncePair } from '../../crypto/kdf.js';
import { algorithmFor } from '../../crypto/provider.js';
import type { Failure } from '../../failure.js';
import { ikeSpiNumber, ikeSpiOctets } from '../../wire/payloads/spis.js';
import { type Ikev2Payload, ikev2Payload } from '../../wire/payloads/table.js';
import { startTimers } from '../established.js';
import { recordsOf } from '../failures.js';
import { type IkeSa, type Role, spisOf } from '../ike-sa.js';
import { type IkeSuite, ikeCrypto, ikeSuite, keysForTables, rekeyedKeys } from '../keys.js';
import { become, type IkeSaHappening } from '../lifecycle.js';
import { nonceOctets } from '../limits.js';
import { readAnswer, readOffer, writeAnswer, writeOffer } from '../offers.js';
import { notification, type Payloads } from '../payloads.js';
import { preferenceOf } from '../product.js';
import { addIkeSa, closeIkeSa, describeIkeSa, enterChild, enterPeer, freshIkeSpi } from '../table.js';
import type { IkeAttempt } from '../tasks.js';
import { emit, ignore, recordText, report, setTimer, type Turn, timerKey } from '../turn.js';

/** What we ask for; undefined where no proposal of the policy can be used. */
export function proposeIkeRekey(
  turn: Turn,
  sa: IkeSa,
  tried: { readonly group?: KeyExchangeTransform; readonly groups: readonly string[]; readonly ni?: Uint8Array },
): IkeAttempt | undefined {
  const { env, host } = turn;
  const { policy } = sa;
  if (!policy) return undefined;
  const own = host.own.ofPolicy(policy);
  const spi = freshIkeSpi(turn);
  const offer = writeOffer(own, 'IKE', ikeSpiOctets(spi));
  const offered = offer.origins.flatMap((origin) => own[origin]?.keyExchange ?? []);
  // The group that this IKE SA has is the one that the peer is known to take.
  const wanted = tried.group ?? sa.crypto?.suite.method.transform;
  const group = offered.find(({ name }) => name === wanted?.name) ?? offered[0];
  const method = group && algorithmFor(env.provider.keyExchanges, group);
  if (!method) return undefined;
  return {
    own,
    offer,
    spi,
    ni: tried.ni ?? env.provider.random(nonceOctets),
    exchange: method.start(env.provider.random),
    group: method.transform,
    groups: [...tried.groups, method.transform.name],
  };
}

export function rekeyPayloads({ offer, ni, group, exchange }: IkeAttempt): readonly Ikev2Payload[] {
  return [
    ikev2Payload('SA', offer.payload),
    ikev2Payload('Nonce', { data: ni }),
    ikev2Payload('KE', { dhGroup: group.id, keyExchangeData: exchange.publicValue }),
  ];
}

/** The peer's request. */
export function answerIkeRekey(
  turn: Turn,
  sa: IkeSa,
  payloads: Payloads,
  answer: (inner: readonly Ikev2Payload[]) => void,
): void {
  const { env } = turn;
  const policy = sa.policy!;
  const ke = payloads.first('KE')!;
  const offered = readOffer(payloads.first('SA')!, 'IKE', 8);
  const selection = selectProposal(offered, turn.host.own.ofPolicy(policy), {
    preference: preferenceOf(env),
    ...(keyExchange(ke.dhGroup) ? { guessedGroup: keyExchange(ke.dhGroup)! } : {}),
  });
  emit(turn, { kind: 'proposals', of: 'IKE', role: 'responder', selection, own: policy.source });
  const failure = (text: string, more: Partial<Failure>): Failure => ({
    code: 'no-ike-proposal',
    attempt: 'rekeying of the IKE SA',
    foundBy: 'us',
    role: 'responder',
    text,
    records: recordsOf(sa),
    ...more,
  });
  if (selection.kind === 'mismatch') {
    const text = `${recordText(policy.source)} has no IKE proposal in common with the peer`;
    report(turn, sa, failure(text, { notify: 'NO_PROPOSAL_CHOSEN', mismatch: selection, rfc: 'RFC 7296 §2.7' }));
    answer([notification('NO_PROPOSAL_CHOSEN')]);
    return;
  }
  const wanted = selection.transforms.keyExchange!;
  if (ke.dhGroup !== wanted.id) {
    ignore(turn, sa.remote, `KEi is not of ${wanted.name}, which is chosen: it is asked for`, 'RFC 7296 §1.3', sa);
    answer([notification('INVALID_KE_PAYLOAD', Uint8Array.of(wanted.id >> 8, wanted.id & 255))]);
    return;
  }
  const suite = ikeSuite(env.provider, selection.transforms);
  const exchanged = suite?.method.respond(ke.keyExchangeData, env.provider.random);
  if (!suite || !exchanged) {
    const text = `KEi is not a valid public value of ${wanted.name}`;
    report(turn, sa, failure(text, { code: 'invalid-message', notify: 'INVALID_SYNTAX', rfc: 'RFC 6989 §2' }));
    answer([notification('INVALID_SYNTAX')]);
    return;
  }
  const chosen = offered[selection.offered]!;
  const nonces = { ni: payloads.first('Nonce')!.data, nr: env.provider.random(nonceOctets) };
  const ownSpi = freshIkeSpi(turn);
  const made = succeed(turn, sa, {
    role: 'responder',
    ownSpi,
    peerSpi: ikeSpiNumber(chosen.spi)!,
    suite,
    nonces,
    sharedSecret: exchanged.sharedSecret,
  });
  answer([
    ikev2Payload('SA', writeAnswer(chosen, selection.transforms, ikeSpiOctets(ownSpi))),
    ikev2Payload('Nonce', { data: nonces.nr }),
    ikev2Payload('KE', { dhGroup: wanted.id, keyExchangeData: exchanged.publicValue }),
  ]);
  if (sa.current?.kind === 'rekey-ike') sa.collision = { sa: made, ...nonces };
  else replaceIkeSa(turn, sa, made, 'CREATE_CHILD_SA request');
}

interface Successor {
  readonly role: Role;
  readonly ownSpi: bigint;
  readonly peerSpi: bigint;
  readonly suite: IkeSuite;
  readonly nonces: NoncePair;
  readonly sharedSecret: Secret;
}

/** Makes the IKE SA that takes another one's place: same peers, new keys, Message IDs from 0 (RFC 7296 §2.8, §2.18). */
function succeed(turn: Turn, old: IkeSa, { role, ownSpi, peerSpi, suite, nonces, sharedSecret }: Successor): IkeSa {
  const { env, now } = turn;
  const sa = addIkeSa(turn, {
    role,
    ownSpi,
    peerSpi,
    path: old,
    state: { state: 'Established', since: now },
    nextRequestId: 0,
    expectedRequestId: 0,
  });
  const keys = rekeyedKeys(suite, old.crypto!, nonces, spisOf(sa), sharedSecret);
  sa.crypto = ikeCrypto(env.provider, suite, keys, role);
  sa.fragmentation = old.fragmentation;
  if (old.nat) sa.nat = old.nat;
  if (old.peerHashes) sa.peerHashes = old.peerHashes;
  if (old.pad) sa.pad = old.pad;
  if (old.policy) sa.policy = old.policy;
  if (old.localId) sa.localId = old.localId;
  if (old.peerId) sa.peerId = old.peerId;
  if (old.reauthenticateAt !== undefined) {
    sa.reauthenticateAt = old.reauthenticateAt;
    setTimer(turn, sa, 'reauthenticate', old.reauthenticateAt);
  }
  for (const [name, group] of old.groupHints) sa.groupHints.set(name, group);
  emit(turn, { kind: 'ike-keys', ikeSa: sa.name, keys: keysForTables(suite, keys, spisOf(sa)) });
  enterPeer(turn, sa);
  startTimers(turn, sa);
  return sa;
}

/** An IKE SA that the peer is to delete is deleted by us when the peer does not. */
const replacedMillis = 120_000;

/** Child SAs and what is still to do move to the successor. */
function replaceIkeSa(turn: Turn, old: IkeSa, by: IkeSa, happening: IkeSaHappening): void {
  const { host, now } = turn;
  for (const child of old.children.values()) enterChild(turn, by, child);
  old.children.clear();
  by.queue.push(...old.queue);
  old.queue.length = 0;
  by.virtual = old.virtual;
  old.virtual = noVirtualAddresses;
  become(old, happening, { state: 'Replaced', by });
  for (const kind of ['rekey', 'reauthenticate', 'liveness', 'keepalive', 'outbound', 'retry'] as const) {
    host.timers.cancel(timerKey(old, kind));
  }
  if ([...by.children.values()].some(({ waitingOutbound }) => waitingOutbound))
    setTimer(turn, by, 'outbound', now + replacedMillis);
  setTimer(turn, old, 'expire', now + replacedMillis);
  if (old.supersedes) by.supersedes = old.supersedes;
  old.collision = undefined;
  const sa = describeIkeSa(by);
  if (sa) emit(turn, { kind: 'ike-sa', change: 'rekeyed', sa, replaces: old.name });
  turn.touched.add(by);
  turn.touched.add(old);
}

/** The peer's answer; a text where it is not valid. */
export function onIkeRekeyed(turn: Turn, sa: IkeSa, attempt: IkeAttempt, payloads: Payloads): string | undefined {
  const { env } = turn;
  const accepted = readAnswer(payloads.first('SA')!, 'IKE', 8, attempt.own, attempt.offer);
  if (typeof accepted === 'string') return accepted;
  const ke = payloads.first('KE')!;
  const suite = ikeSuite(env.provider, accepted.transforms);
  if (!suite || accepted.transforms.keyExchange?.id !== attempt.group.id || ke.dhGroup !== attempt.group.id) {
    return 'KEr is not of the group that was chosen';
  }
  const sharedSecret = attempt.exchange.agree(ke.keyExchangeData);
  if (!sharedSecret) return 'KEr is not a valid public value';
  const { selection } = accepted;
  emit(turn, { kind: 'proposals', of: 'IKE', role: 'initiator', selection, own: sa.policy!.source });
  const nonces = { ni: attempt.ni, nr: payloads.first('Nonce')!.data };
  const made = succeed(turn, sa, {
    role: 'initiator',
    ownSpi: attempt.spi,
    peerSpi: ikeSpiNumber(accepted.spi)!,
    suite,
    nonces,
    sharedSecret,
  });
  const { collision } = sa;
  if (collision && hasLowestNonce(nonces, collision)) {
    // Ours is the one too many: we delete it, and the peer deletes the old one (RFC 7296 §2.8.2).
    made.queue.push({ kind: 'delete-ike', why: 'the peer rekeyed the same IKE SA at the same time' });
    turn.touched.add(made);
    replaceIkeSa(turn, sa, collision.sa, 'CREATE_CHILD_SA response');
    return undefined;
  }
  if (collision) setTimer(turn, collision.sa, 'expire', turn.now + replacedMillis);
  replaceIkeSa(turn, sa, made, 'CREATE_CHILD_SA response');
  sa.queue.push({ kind: 'delete-ike', why: 'it was rekeyed' });
  return undefined;
}

/**
 * Our rekeying came to nothing, or the peer deletes the old IKE SA before it is answered, and the peer's own went through
 * meanwhile: that one stands (RFC 7296 §2.25.2).
 */
export function adoptCollision(turn: Turn, sa: IkeSa, happening: IkeSaHappening): boolean {
  if (!sa.collision) return false;
  replaceIkeSa(turn, sa, sa.collision.sa, happening);
  return true;
}

/** The peer has given the old IKE SA up: the one that it wanted in its place is of no use either. */
export function dropCollision(turn: Turn, sa: IkeSa, why: string): void {
  if (sa.collision) closeIkeSa(turn, sa.collision.sa, 'forgotten', why);
}

/** Is the lowest of four nonces one of `own` (RFC 7296 §2.8.1)? */
export function hasLowestNonce(own: NoncePair, other: NoncePair): boolean {
  const lowest = (a: Uint8Array, b: Uint8Array) => (compareOctets(a, b) <= 0 ? a : b);
  return compareOctets(lowest(own.ni, own.nr), lowest(other.ni, other.nr)) < 0;
}

/** Octet by octet; where one is the beginning of the other, the shorter is lower. */
function compareOctets(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) if (a[index] !== b[index]) return a[index]! - b[index]!;
  return a.length - b.length;
}
