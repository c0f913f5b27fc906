/** The table of IKE SAs of an engine: making them, finding them, ending them. */
import type { Address } from '../../model/address.js';
import { noVirtualAddresses } from '../../model/peer/connection/virtual-hosts.js';
import { canonicalValue } from '../../model/peer/identity.js';
import type { Identity } from '../../model/system-config.js';
import type { IkeSaDescription } from '../event.js';
import { type Child, describeChild, saIdOf } from './child-sa.js';
import { releaseAddresses } from './configuration.js';
import type { IkeSa, IkeSaState, Role } from './ike-sa.js';
import { childKey, spisOf, transformsOf } from './ike-sa.js';
import { become, childBecomes, type IkeSaHappening } from './lifecycle.js';
import { failedRetryMillis, hopelessRetryMillis } from './limits.js';
import type { Path } from './transport.js';
import { addressKey, emit, giveUpRequest, type Host, outboundKey, type Turn, timerKey, timerKinds } from './turn.js';
import { createWindow } from './window.js';

/** A fresh IKE SPI of ours: not zero, and no other IKE SA has it. */
export function freshIkeSpi({ env, host }: Turn): bigint {
  for (let draw = 0; draw < drawsMax; draw += 1) {
    const octets = env.provider.random(8);
    const spi = new DataView(octets.buffer, octets.byteOffset, 8).getBigUint64(0);
    if (spi !== 0n && !host.bySpi.has(spi)) return spi;
  }
  throw new Error('the random source repeats itself');
}

/** Of 2^64 SPIs hardly any is taken: so many draws in vain mean a broken source. */
const drawsMax = 64;

export interface NewIkeSa {
  readonly role: Role;
  readonly ownSpi: bigint;
  readonly peerSpi: bigint;
  readonly path: Path;
  readonly state: IkeSaState;
  readonly nextRequestId: number;
  readonly expectedRequestId: number;
}

/** Makes an IKE SA and puts it into the table. */
export function addIkeSa(turn: Turn, made: NewIkeSa): IkeSa {
  const { host, env, now } = turn;
  const { role, ownSpi, peerSpi, path, state, nextRequestId, expectedRequestId } = made;
  const sa: IkeSa = {
    name: { version: 2, serial: env.nextSerial('ike') },
    role,
    ownSpi,
    peerSpi,
    local: path.local,
    remote: path.remote,
    state,
    startedAt: now,
    tries: 1,
    crypto: undefined,
    nat: undefined,
    fragmentation: false,
    peerHashes: undefined,
    askedAuthorities: undefined,
    window: createWindow({ nextRequestId, expectedRequestId }),
    queue: [],
    current: undefined,
    children: new Map(),
    pad: undefined,
    policy: undefined,
    localId: undefined,
    peerId: undefined,
    virtual: noVirtualAddresses,
    wantedId: undefined,
    sharesKey: false,
    peerTakesChildless: false,
    peerKey: undefined,
    heardAt: now,
    sentAt: now,
    halfOpenKey: undefined,
    endsBecause: undefined,
    reauthenticateAt: undefined,
    supersedes: undefined,
    collision: undefined,
    groupHints: new Map(),
  };
  host.bySpi.set(ownSpi, sa);
  host.bySerial.set(sa.name.serial, sa);
  enter(host.byRemote, addressKey(sa.remote.address), sa);
  return sa;
}

function enter<K>(index: Map<K, Set<IkeSa>>, key: K, sa: IkeSa): void {
  const known = index.get(key);
  if (known) known.add(sa);
  else index.set(key, new Set([sa]));
}

function leave<K>(index: Map<K, Set<IkeSa>>, key: K, sa: IkeSa): void {
  const known = index.get(key);
  known?.delete(sa);
  if (known?.size === 0) index.delete(key);
}

/** The peer is elsewhere from now on. */
export function movePeer({ host }: Turn, sa: IkeSa, { local, remote }: Path): void {
  leave(host.byRemote, addressKey(sa.remote.address), sa);
  sa.local = local;
  sa.remote = remote;
  enter(host.byRemote, addressKey(remote.address), sa);
}

const noIkeSas: ReadonlySet<IkeSa> = new Set();

/** The IKE SAs with an address. */
export function ikeSasAt({ byRemote }: Host, address: Address): ReadonlySet<IkeSa> {
  return byRemote.get(addressKey(address)) ?? noIkeSas;
}

/** Both identities: a system may be several for one peer, and then has an IKE SA as each. */
function peerKey(sa: IkeSa): string {
  const { localId, peerId } = sa;
  sa.peerKey ??= `${identityKey(localId)}\n${identityKey(peerId)}`;
  return sa.peerKey;
}

function identityKey(identity: Identity | undefined): string {
  if (!identity) return '';
  const { type, value } = identity;
  return value === undefined ? type : `${type} ${canonicalValue(type, value)}`;
}

/** Both sides are known by their identities from now on. */
export function enterPeer({ host }: Turn, sa: IkeSa): void {
  enter(host.byPeer, peerKey(sa), sa);
}

/** Established IKE SAs between the same identities, this one included. */
export function ikeSasOfPeer({ byPeer }: Host, sa: IkeSa): ReadonlySet<IkeSa> {
  return byPeer.get(peerKey(sa)) ?? noIkeSas;
}

/** Forgets that an IKE SA is half open. */
export function leaveHalfOpen({ host }: Turn, sa: IkeSa): void {
  if (sa.halfOpenKey === undefined) return;
  host.halfOpen.delete(sa.halfOpenKey);
  sa.halfOpenKey = undefined;
  host.timers.cancel(timerKey(sa, 'half-open'));
}

/**
 * Ends an IKE SA at once with everything in it. What still waited for it comes to nothing; `hopeless` says that it makes no
 * sense to try again soon.
 */
export function closeIkeSa(turn: Turn, sa: IkeSa, happening: IkeSaHappening, why: string, hopeless = false): void {
  if (sa.state.state === 'Closed') return;
  const { host } = turn;
  const wasKnown = sa.state.state !== 'AwaitSaInitResponse' && sa.peerId !== undefined && sa.state.state !== 'Refused';
  for (const child of [...sa.children.values()]) removeChild(turn, sa, child, why);
  const wait = hopeless ? hopelessRetryMillis : failedRetryMillis;
  if (sa.state.state === 'AwaitAuthResponse') giveUpRequest(turn, sa.state.child?.request, wait);
  if (sa.current?.kind === 'create-child') giveUpRequest(turn, sa.current.task.request, wait);
  for (const task of sa.queue) if (task.kind === 'create-child') giveUpRequest(turn, task.request, wait);
  leaveHalfOpen(turn, sa);
  releaseAddresses(turn, sa);
  for (const kind of timerKinds) host.timers.cancel(timerKey(sa, kind));
  releaseFragments(turn, sa);
  become(sa, happening, { state: 'Closed' });
  sa.queue.length = 0;
  sa.current = undefined;
  sa.crypto = undefined;
  sa.window.outstanding = undefined;
  sa.window.response = undefined;
  host.bySpi.delete(sa.ownSpi);
  host.bySerial.delete(sa.name.serial);
  leave(host.byRemote, addressKey(sa.remote.address), sa);
  if (sa.peerKey !== undefined) leave(host.byPeer, sa.peerKey, sa);
  if (wasKnown) emit(turn, { kind: 'ike-sa', change: 'closed', name: sa.name, why });
}

function releaseFragments({ host }: Turn, { window }: IkeSa): void {
  for (const side of [window.requests, window.responses]) {
    host.waitingOctets -= side.waiting?.octets ?? 0;
    side.waiting = undefined;
  }
}

/** Puts a pair into the tables under its IKE SA; also when it moves to another one. */
export function enterChild({ host }: Turn, sa: IkeSa, child: Child): void {
  sa.children.set(childKey(child.protocol, child.outboundSpi), child);
  host.inbound.set(child.inboundSpi, { ikeSa: sa, child });
  host.outbound.set(outboundKey(saIdOf(child, 'outbound')), { ikeSa: sa, child });
}

/** Takes a pair from the data path and from the tables. */
export function removeChild(turn: Turn, sa: IkeSa, child: Child, why: string): void {
  const { host, out } = turn;
  if (child.state === 'Gone') return;
  childBecomes(child, 'deleted');
  sa.children.delete(childKey(child.protocol, child.outboundSpi));
  const [inbound, outbound] = [saIdOf(child, 'inbound'), saIdOf(child, 'outbound')];
  host.inbound.delete(child.inboundSpi);
  if (host.outbound.get(outboundKey(outbound))?.child === child) host.outbound.delete(outboundKey(outbound));
  out.push({ kind: 'remove', sa: inbound, why });
  if (!child.waitingOutbound) out.push({ kind: 'remove', sa: outbound, why });
  child.waitingOutbound = undefined;
  emit(turn, { kind: 'child-sa', change: 'closed', name: child.name, why });
  if (child.successor) startSending(turn, child.successor);
}

/** The peer has its end of a pair: what we send goes through it from now on. */
export function startSending({ out }: Turn, child: Child): void {
  if (!child.waitingOutbound || child.state === 'Gone') return;
  const { template } = child.purpose;
  out.push({ kind: 'install', child: child.name, sa: child.waitingOutbound, template });
  child.waitingOutbound = undefined;
}

/** Says that a pair is there; `replaces` is the one whose place it takes. */
export function announceChild(turn: Turn, child: Child, replaces?: Child): void {
  const sa = describeChild(child);
  emit(
    turn,
    replaces
      ? { kind: 'child-sa', change: 'rekeyed', sa, replaces: replaces.name }
      : { kind: 'child-sa', change: 'established', sa },
  );
}

/** For events and for whoever asks; undefined before records are known for it. */
export function describeIkeSa(sa: IkeSa): IkeSaDescription | undefined {
  const { pad, policy, name, role, local, remote, localId, peerId } = sa;
  if (!pad || !policy) return undefined;
  const spis = spisOf(sa);
  return {
    name,
    role,
    initiatorSpi: spis.initiator,
    responderSpi: spis.responder,
    local,
    remote,
    transforms: transformsOf(sa),
    ...(localId ? { localId } : {}),
    ...(peerId ? { peerId } : {}),
    pad: pad.source,
    policy: policy.source,
  };
}
