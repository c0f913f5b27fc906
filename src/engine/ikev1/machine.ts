/**
 * The mutable heart of IKEv1 in one engine: ISAKMP SAs being made or there, pairs of SAs, timers. Everything else is a function of
 * values; the files named `…-flow.ts` carry out what those functions say.
 */
import type { Address } from '../../model/address.js';
import { formatAddress } from '../../model/address.js';
import type { Identity, IkePolicy, PadEntry } from '../../model/system-config.js';
import { toHex } from '../crypto/octets.js';
import type { Environment } from '../environment.js';
import type { EngineEvent } from '../event.js';
import type { Failure } from '../failure.js';
import type { Endpoint, IkeSaName } from '../input.js';
import type { Ends } from '../ipsec/bundle.js';
import { sameAddress } from '../ipsec/bundle.js';
import type { Millis, SaId } from '../ipsec/sa.js';
import type { EngineOutput } from '../output.js';
import { createTimers, type Timers } from '../timers.js';
import { type Child, saId } from './child.js';
import { type ResponderCookies, responderCookies } from './cookies.js';
import { type FragmentTable, fragmentTable } from './fragments.js';
import { type HalfOpenTable, halfOpenTable } from './half-open.js';
import type { Cookies } from './keys.js';
import type { Outgoing, Peers } from './messages.js';
import type { IsakmpSa, Phase1State } from './phase1-state.js';
import type { QuickGoal, QuickState } from './quick-mode.js';

/** A message that was sent, and what it waits for. */
export interface Transmission {
  outgoing: Outgoing;
  /** Sendings after the first one. */
  repetition: number;
  /** When the first one was. */
  readonly since: Millis;
  /** Sendings that are left, where less than the schedule has. */
  left?: number;
}

/** One Quick Mode. */
export interface QuickSlot {
  readonly messageId: number;
  state: QuickState;
  sent?: Transmission;
  /** The last message that was acted upon; it comes again where the peer has missed our answer. */
  received?: Uint8Array;
  /** Answers to messages that came again. */
  repeated: number;
}

/** One ISAKMP SA, being made or there. */
export interface Slot {
  readonly name: IkeSaName;
  readonly role: 'initiator' | 'responder';
  readonly exchange: 'main' | 'aggressive';
  /** The peer's identity may lead to others than the addresses did. */
  pad: PadEntry;
  policy: IkePolicy;
  readonly initiatorCookie: Uint8Array;
  /** Absent until it is known. */
  responderCookie?: Uint8Array;
  peers: Peers;
  /** Exactly one of the two is there. */
  state?: Phase1State;
  sa?: IsakmpSa;
  readonly startedAt: Millis;
  /** Sequences of retransmissions for a new ISAKMP SA, those of slots in whose place it is tried included. */
  readonly tries: number;
  sent?: Transmission;
  received?: Uint8Array;
  repeated: number;
  suspicion?: Failure;
  /** What waits for the ISAKMP SA. */
  queue: QuickGoal[];
  readonly quick: Map<number, QuickSlot>;
  readonly seenIds: Set<number>;
  quickModesStarted: number;
  /** Quick Modes in a row that nothing came back to. */
  silentQuickModes: number;
  /** When something authentic was last heard. */
  heardAt: Millis;
  deadPeer: { sequence: number; probe?: Transmission; lastSeen?: number };
  /** The ISAKMP SA that this one is made to replace. */
  readonly replaces?: IkeSaName;
  /** It is being closed, and takes nothing new. */
  closing: boolean;
  closingWhy?: string;
}

/** A pair of SAs in the data path, or half of one. */
export interface ChildSlot {
  /** Another object after a move of the peer. */
  child: Child;
  readonly ikeSa: IkeSaName;
  readonly pad: PadEntry;
  readonly policy: IkePolicy;
  /** Whom it is with, as the ISAKMP SA knew. */
  readonly peer: Identity;
  readonly madeAt: Millis;
  inboundInstalled: boolean;
  outboundInstalled: boolean;
  complete: boolean;
  /** A successor is being sought. */
  replacing: boolean;
  /** There is a newer pair for the same traffic. */
  superseded: boolean;
}

/** What is left to do after a step, so that no step calls another. */
export type Work =
  | { readonly kind: 'quick'; readonly slot: Slot; readonly goal: QuickGoal }
  | { readonly kind: 'request'; readonly goal: QuickGoal };

export interface Machine {
  readonly env: Environment;
  readonly timers: Timers<string>;
  readonly cookies: ResponderCookies;
  readonly halfOpen: HalfOpenTable;
  readonly fragments: FragmentTable;
  /** By serial, in the order in which they came. */
  readonly slots: Map<number, Slot>;
  readonly byCookies: Map<string, Slot>;
  /** Of responders, without an ISAKMP SA yet; the oldest first. */
  readonly unfinished: Set<Slot>;
  /** By the addresses of both ends. */
  readonly byEnds: Map<string, Set<Slot>>;
  readonly children: Map<number, ChildSlot>;
  readonly bySa: Map<string, ChildSlot>;
  readonly childrenByEnds: Map<string, Set<ChildSlot>>;
  /** First messages that were refused lately. */
  readonly refused: Map<string, string>;
  /** Peers by address, for what is not to be done too often. */
  readonly lastUnknownSpi: Map<string, Millis>;
  now: Millis;
  out: EngineOutput[];
  work: Work[];
}

/** An engine's IKEv1 at its beginning. */
export function createMachine(env: Environment): Machine {
  return {
    env,
    timers: createTimers<string>(),
    cookies: responderCookies(env.provider),
    halfOpen: halfOpenTable(env.limits.halfOpenMax),
    fragments: fragmentTable(),
    slots: new Map(),
    byCookies: new Map(),
    unfinished: new Set(),
    byEnds: new Map(),
    children: new Map(),
    bySa: new Map(),
    childrenByEnds: new Map(),
    refused: new Map(),
    lastUnknownSpi: new Map(),
    now: 0,
    out: [],
    work: [],
  };
}

export function emit(machine: Machine, ...events: readonly EngineEvent[]): void {
  for (const event of events) machine.out.push({ kind: 'event', event });
}

// Slots

export function cookieKey(initiator: Uint8Array, responder: Uint8Array | undefined): string {
  return toHex(initiator) + (responder ? toHex(responder) : '');
}

export function addSlot(machine: Machine, slot: Slot): void {
  machine.slots.set(slot.name.serial, slot);
  machine.byCookies.set(cookieKey(slot.initiatorCookie, slot.responderCookie), slot);
  addTo(machine.byEnds, endsKey(endsOf(slot)), slot);
  if (slot.role === 'responder') machine.unfinished.add(slot);
}

/** The peer, or this system, is reached elsewhere from now on. */
export function setPeers(machine: Machine, slot: Slot, peers: Peers): void {
  takeFrom(machine.byEnds, endsKey(endsOf(slot)), slot);
  slot.peers = peers;
  addTo(machine.byEnds, endsKey(endsOf(slot)), slot);
}

function addTo<T>(index: Map<string, Set<T>>, key: string, value: T): void {
  const set = index.get(key);
  if (set) set.add(value);
  else index.set(key, new Set([value]));
}

function takeFrom<T>(index: Map<string, Set<T>>, key: string, value: T): void {
  const set = index.get(key);
  set?.delete(value);
  if (set?.size === 0) index.delete(key);
}

function endsKey({ local, remote }: Ends): string {
  return `${addressText(local)} ${addressText(remote)}`;
}

/** The ISAKMP SAs between two addresses, the oldest first. */
export function slotsBetween(machine: Machine, ends: Ends): Slot[] {
  return [...(machine.byEnds.get(endsKey(ends)) ?? [])];
}

/** The responder's cookie has become known. */
export function setResponderCookie(machine: Machine, slot: Slot, cookie: Uint8Array): void {
  machine.byCookies.delete(cookieKey(slot.initiatorCookie, slot.responderCookie));
  slot.responderCookie = cookie;
  machine.byCookies.set(cookieKey(slot.initiatorCookie, cookie), slot);
}

/** Forgets a slot with its timers and Quick Modes. */
export function dropSlot(machine: Machine, slot: Slot): void {
  machine.slots.delete(slot.name.serial);
  machine.unfinished.delete(slot);
  machine.byCookies.delete(cookieKey(slot.initiatorCookie, slot.responderCookie));
  takeFrom(machine.byEnds, endsKey(endsOf(slot)), slot);
  for (const kind of slotTimers) machine.timers.cancel(timerKey(kind, slot.name.serial));
  for (const { messageId } of slot.quick.values()) machine.timers.cancel(quickTimerKey(slot, messageId));
  slot.quick.clear();
}

/** The slot of a message: by both cookies, or by the initiator's alone while an initiator does not know the other. */
export function slotOf(machine: Machine, cookies: Cookies): Slot | undefined {
  return (
    machine.byCookies.get(cookieKey(cookies.initiator, cookies.responder)) ??
    machine.byCookies.get(cookieKey(cookies.initiator, undefined))
  );
}

export function endsOf({ peers }: Pick<Slot, 'peers'>): Ends {
  return { local: peers.local.address, remote: peers.remote.address };
}

export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.port === b.port && sameAddress(a.address, b.address);
}

// Timers

/** repetition, soft and hard end of life, dead peer detection, keepalive, closing. */
export const slotTimers = ['repeat', 'soft', 'hard', 'peer', 'keepalive', 'close'] as const;
export type SlotTimer = (typeof slotTimers)[number];

export function timerKey(kind: SlotTimer, serial: number): string {
  return `${kind} ${serial}`;
}

export function quickTimerKey({ name }: Pick<Slot, 'name'>, messageId: number): string {
  return `quick ${name.serial} ${messageId}`;
}

/** When a pair that was replaced ends. */
export function childTimerKey(serial: number): string {
  return `child ${serial}`;
}

/** When a successor of a pair is sought again. */
export function renewTimerKey(serial: number): string {
  return `renew ${serial}`;
}

/** When a NAT is to be kept open for a pair that has no ISAKMP SA. */
export function openTimerKey(serial: number): string {
  return `open ${serial}`;
}

// Pairs of SAs

function saKey({ direction, protocol, spi, destination }: SaId): string {
  return `${direction} ${protocol} ${spi} ${addressText(destination)}`;
}

export function addressText({ family, value }: Address): string {
  return formatAddress(family, value);
}

export function endpointText({ address, port }: Endpoint): string {
  return `${addressText(address)} ${port}`;
}

export function addChild(machine: Machine, slot: ChildSlot): void {
  machine.children.set(slot.child.name.serial, slot);
  indexChild(machine, slot);
}

function indexChild(machine: Machine, slot: ChildSlot): void {
  machine.bySa.set(saKey(saId(slot.child.inbound)), slot);
  machine.bySa.set(saKey(saId(slot.child.outbound)), slot);
  addTo(machine.childrenByEnds, endsKey(slot.child.ends), slot);
}

function unindexChild(machine: Machine, slot: ChildSlot): void {
  const { child } = slot;
  for (const parameters of [child.outbound, child.inbound]) {
    const key = saKey(saId(parameters));
    if (machine.bySa.get(key) === slot) machine.bySa.delete(key);
  }
  takeFrom(machine.childrenByEnds, endsKey(child.ends), slot);
}

/** Puts another description of a pair in the place of the one that there is. */
export function replaceChild(machine: Machine, slot: ChildSlot, child: Child): void {
  unindexChild(machine, slot);
  slot.child = child;
  indexChild(machine, slot);
}

export function childOf(machine: Machine, sa: SaId): ChildSlot | undefined {
  return machine.bySa.get(saKey(sa));
}

/** Takes both SAs of a pair out of the data path, as far as they are there, and forgets the pair. */
export function removeChild(machine: Machine, slot: ChildSlot, why: string): void {
  const { child } = slot;
  if (!machine.children.delete(child.name.serial)) return;
  unindexChild(machine, slot);
  machine.timers.cancel(childTimerKey(child.name.serial));
  machine.timers.cancel(renewTimerKey(child.name.serial));
  machine.timers.cancel(openTimerKey(child.name.serial));
  if (slot.outboundInstalled) machine.out.push({ kind: 'remove', sa: saId(child.outbound), why });
  if (slot.inboundInstalled) machine.out.push({ kind: 'remove', sa: saId(child.inbound), why });
  if (slot.complete) emit(machine, { kind: 'child-sa', change: 'closed', name: child.name, why });
}

export function installInbound(machine: Machine, slot: ChildSlot): void {
  if (slot.inboundInstalled) return;
  slot.inboundInstalled = true;
  machine.out.push({ kind: 'install', child: slot.child.name, sa: slot.child.inbound, template: slot.child.template });
}

/** `settleMillis`: the peer will not have its end of it before. */
export function installOutbound(machine: Machine, slot: ChildSlot, settleMillis = 0): void {
  if (slot.outboundInstalled) return;
  slot.outboundInstalled = true;
  const { name, outbound, template } = slot.child;
  const settles = settleMillis > 0 ? { settleMillis } : {};
  machine.out.push({ kind: 'install', child: name, sa: outbound, template, ...settles });
}

/** Pairs between two addresses, whichever ISAKMP SA they were made under; the oldest first. */
export function childrenBetween(machine: Machine, ends: Ends): ChildSlot[] {
  return [...(machine.childrenByEnds.get(endsKey(ends)) ?? [])];
}
