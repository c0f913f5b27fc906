/** Wishes of this system: Child SAs that the data path needs, limits that SAs have come to, and commands of an operator. */
import type { PadEntry } from '../../model/system-config.js';
import type { Environment } from '../environment.js';
import { serves } from '../ike-sa-sharing.js';
import type { ResolvedRequest, SaInput } from '../ike-version.js';
import { type Ends, sameAddress } from '../ipsec/bundle.js';
import type { SaEvent, SaId } from '../ipsec/sa.js';
import { flowKey } from '../ipsec/sad.js';
import type { Child, ChildPurpose } from './child-sa.js';
import { startIkeSa } from './exchanges/sa-init.js';
import { follow } from './follow.js';
import type { IkeSa } from './ike-sa.js';
import { failedRetryMillis } from './limits.js';
import { closeIkeSa, ikeSasAt } from './table.js';
import { patient } from './tasks.js';
import { giveUpRequest, outboundKey, report, type Turn } from './turn.js';

/** Is it an IKE SA, or one being made, that serves the peers of a PAD entry? */
export function samePeers(sa: IkeSa, pad: PadEntry, { local, remote }: Ends, { profile }: Environment): boolean {
  switch (sa.state.state) {
    case 'AwaitSaInitResponse':
    case 'AwaitAuthResponse':
    case 'Established':
      return (
        serves(sa.pad, pad, profile) && sameAddress(sa.local.address, local) && sameAddress(sa.remote.address, remote)
      );
    default:
      return false;
  }
}

/** A Child SA is wanted: in the IKE SA that there is, or in a new one. */
export function onRequestFor(turn: Turn, request: ResolvedRequest): void {
  const { host, env } = turn;
  const sa = bestIkeSa(turn, request);
  if (sa) {
    // The data path asks again and again while nothing has come of it.
    if (isUnderWay(sa, request)) return;
    if (sa.queue.length >= env.limits.queuedExchangesMax) {
      refuse(turn, sa, request, 'too many exchanges wait for their turn');
      return;
    }
    sa.queue.push({ kind: 'create-child', request, ...patient });
    turn.touched.add(sa);
    return;
  }
  if (host.bySpi.size >= env.limits.ikeSasMax) {
    refuse(turn, undefined, request, `there are ${host.bySpi.size} IKE SAs`);
    return;
  }
  startIkeSa(turn, request);
}

/** An established one before one that is being made, the youngest of each. */
function bestIkeSa({ host, env }: Turn, { pad, ends }: ResolvedRequest): IkeSa | undefined {
  let best: IkeSa | undefined;
  for (const sa of ikeSasAt(host, ends.remote)) {
    if (!samePeers(sa, pad, ends, env) || sa.queue.some(({ kind }) => kind === 'delete-ike')) continue;
    if (!best || sa.state.state === 'Established' || best.state.state !== 'Established') best = sa;
  }
  return best;
}

function refuse(turn: Turn, sa: IkeSa | undefined, request: ResolvedRequest, why: string): void {
  report(turn, sa, {
    code: 'resource-limit',
    attempt: 'Child SA',
    foundBy: 'us',
    role: 'initiator',
    text: why,
    records: [request.template.source],
  });
  giveUpRequest(turn, request, failedRetryMillis);
}

/** Is the same thing asked for already? */
function isUnderWay(sa: IkeSa, request: ResolvedRequest): boolean {
  const same = (purpose: ChildPurpose) => isSamePurpose(purpose, request);
  const { current, state } = sa;
  if (sa.queue.some((task) => task.kind === 'create-child' && same(task.request))) return true;
  if (current?.kind === 'create-child' && same(current.attempt.purpose)) return true;
  return state.state === 'AwaitAuthResponse' && state.child !== undefined && same(state.child.purpose);
}

/** Are two wishes for the same pair: of one flow, where each flow has its own? */
export function isSamePurpose(a: ChildPurpose, b: ChildPurpose): boolean {
  if (a.entry !== b.entry || a.template !== b.template) return false;
  if (!a.populateFromPacket && !b.populateFromPacket) return true;
  return a.packet !== undefined && b.packet !== undefined && flowKey(a.packet) === flowKey(b.packet);
}

/** An input about an SA of ours; one that is gone meanwhile needs nothing. */
export function onSaInput(turn: Turn, input: SaInput): void {
  const { host } = turn;
  switch (input.kind) {
    case 'sa-event':
      onSaEvent(turn, input.event);
      return;
    case 'rekey-child': {
      const found = childOf(turn, input.sa);
      if (found) wantSuccessor(turn, found.ikeSa, found.child);
      return;
    }
    case 'delete-child': {
      const found = childOf(turn, input.sa);
      if (found) wantDeleted(turn, found.ikeSa, found.child, 'an operator wants it gone');
      return;
    }
    default: {
      const sa = host.bySerial.get(input.ikeSa.serial);
      if (sa) onIkeSaCommand(turn, sa, input.kind);
      return;
    }
  }
}

function onIkeSaCommand(turn: Turn, sa: IkeSa, command: 'rekey-ike' | 'delete-ike' | 'check-liveness'): void {
  if (sa.state.state !== 'Established') {
    if (command === 'delete-ike' && sa.state.state !== 'Deleting')
      closeIkeSa(turn, sa, 'forgotten', 'an operator wants it gone');
    return;
  }
  turn.touched.add(sa);
  switch (command) {
    case 'rekey-ike':
      sa.queue.push({ kind: 'rekey-ike', ...patient });
      break;
    case 'delete-ike':
      sa.queue.unshift({ kind: 'delete-ike', why: 'an operator wants it gone' });
      break;
    case 'check-liveness':
      sa.queue.push({ kind: 'liveness' });
      break;
  }
}

function childOf({ host }: Turn, id: SaId): { readonly ikeSa: IkeSa; readonly child: Child } | undefined {
  return id.direction === 'inbound' ? host.inbound.get(id.spi) : host.outbound.get(outboundKey(id));
}

function onSaEvent(turn: Turn, event: SaEvent): void {
  if (event.kind === 'unknown-spi') return;
  const found = childOf(turn, event.sa);
  if (!found) return;
  const { ikeSa, child } = found;
  switch (event.kind) {
    case 'soft-expire':
      wantSuccessor(turn, ikeSa, child);
      return;
    case 'hard-expire':
      wantDeleted(turn, ikeSa, child, `its lifetime is over (${event.limit})`);
      return;
    case 'mapping-changed':
      follow(turn, ikeSa, { local: ikeSa.local, remote: { address: event.remote, port: event.remotePort } });
      return;
    case 'replay':
    case 'icv-failure':
      return;
  }
}

function wantSuccessor(turn: Turn, sa: IkeSa, child: Child): void {
  if (child.state !== 'Installed' || sa.queue.some((task) => task.kind === 'rekey-child' && task.child === child))
    return;
  sa.queue.push({ kind: 'rekey-child', child, ...patient });
  turn.touched.add(sa);
}

function wantDeleted(turn: Turn, sa: IkeSa, child: Child, why: string): void {
  if (child.state === 'Deleting' || child.state === 'Gone') return;
  sa.queue.push({ kind: 'delete-children', children: [child], why });
  turn.touched.add(sa);
}
