/** One call of the engine, and what all IKE SAs of an engine share. */
import { type Address, formatAddress } from '../../model/address.js';
import type { LeaseTable } from '../../model/address-pool.js';
import type { EntrySource } from '../../model/system-config.js';
import type { Environment } from '../environment.js';
import type { EngineEvent } from '../event.js';
import type { Failure } from '../failure.js';
import type { ChildRequest, Endpoint } from '../input.js';
import type { Millis, SaId } from '../ipsec/sa.js';
import type { EngineOutput } from '../output.js';
import type { Timers } from '../timers.js';
import type { Child } from './child-sa.js';
import type { CookieJar } from './cookie.js';
import type { IkeSa } from './ike-sa.js';
import type { OwnProposals } from './own-proposals.js';

export const timerKinds = [
  'retransmit',
  'half-open',
  'hint',
  'retry',
  'rekey',
  'reauthenticate',
  'expire',
  'liveness',
  'keepalive',
  'outbound',
] as const;
export type TimerKind = (typeof timerKinds)[number];
/** A timer's kind and the serial of its IKE SA in one number, which is cheaper to make and to find than a text. */
export type TimerKey = number;
const timerKindsMax = 16;
const timerNumbers = Object.fromEntries(timerKinds.map((kind, number) => [kind, number])) as Record<TimerKind, number>;

/** What an engine keeps of IKEv2 besides the IKE SAs themselves. */
export interface Host {
  readonly env: Environment;
  readonly bySpi: Map<bigint, IkeSa>;
  readonly bySerial: Map<number, IkeSa>;
  /** IKE SAs by the address of the peer. */
  readonly byRemote: Map<AddressKey, Set<IkeSa>>;
  /** Established ones by the identity of the peer. */
  readonly byPeer: Map<string, Set<IkeSa>>;
  /** Responder's IKE SAs that await IKE_AUTH, oldest first, by their first message. */
  readonly halfOpen: Map<string, IkeSa>;
  readonly timers: Timers<TimerKey>;
  readonly cookies: CookieJar;
  readonly own: OwnProposals;
  readonly inbound: Map<number, { readonly ikeSa: IkeSa; readonly child: Child }>;
  readonly outbound: Map<string, { readonly ikeSa: IkeSa; readonly child: Child }>;
  /** Who has which address of the pools. */
  readonly leases: LeaseTable;
  /** When an address last got an unprotected message of ours. */
  readonly unprotected: Map<AddressKey, Millis>;
  /** Octets of fragments that wait. */
  waitingOctets: number;
}

export interface Turn {
  readonly host: Host;
  readonly env: Environment;
  readonly now: Millis;
  /** What has been decided so far. */
  readonly out: EngineOutput[];
  /** IKE SAs whose queue may go on when the turn is over. */
  readonly touched: Set<IkeSa>;
}

export function emit({ out }: Turn, event: EngineEvent): void {
  out.push({ kind: 'event', event });
}

/** Says that something is not acted upon. */
export function ignore(turn: Turn, remote: Endpoint, why: string, rfc?: string, sa?: IkeSa): void {
  emit(turn, { kind: 'ignored', remote, why, ...(rfc ? { rfc } : {}), ...(sa ? { ikeSa: sa.name } : {}) });
}

/** Says that an attempt came to nothing. */
export function report(turn: Turn, sa: IkeSa | undefined, failure: Failure): void {
  emit(turn, { kind: 'failed', ...(sa ? { ikeSa: sa.name } : {}), failure });
}

/** Lets whoever waits know that a request came to nothing. */
export function giveUpRequest({ out, now }: Turn, request: ChildRequest | undefined, waitMillis: Millis): void {
  if (request) out.push({ kind: 'request-failed', request, retryAt: now + waitMillis });
}

export function timerKey({ name }: IkeSa, kind: TimerKind): TimerKey {
  return name.serial * timerKindsMax + timerNumbers[kind];
}

/** What a key was made of. */
export function timerOf(key: TimerKey): { readonly serial: number; readonly kind: TimerKind } {
  return { serial: Math.floor(key / timerKindsMax), kind: timerKinds[key % timerKindsMax]! };
}

export function setTimer({ host }: Turn, sa: IkeSa, kind: TimerKind, at: Millis): void {
  host.timers.set(timerKey(sa, kind), at);
}

export function cancelTimer({ host }: Turn, sa: IkeSa, kind: TimerKind): void {
  host.timers.cancel(timerKey(sa, kind));
}

/** `host 'lab'`: a record of this system. */
export function recordText({ record }: EntrySource): string {
  return `${record.kind} '${record.name}'`;
}

export function addressText({ family, value }: Address): string {
  return formatAddress(family, value);
}

export type AddressKey = number | string;

/** An address as a key of maps; cheaper than its text. */
export function addressKey({ family, value }: Address): AddressKey {
  return family === 4 ? Number(value) : value.toString(36);
}

/** `10.0.0.1:4500` */
export function endpointText({ address, port }: Endpoint): string {
  return address.family === 6 ? `[${addressText(address)}]:${port}` : `${addressText(address)}:${port}`;
}

/** The key of an outbound SA in `Host.outbound`. */
export function outboundKey({ protocol, spi, destination }: SaId): string {
  return `${protocol} ${spi} ${addressKey(destination)}`;
}
