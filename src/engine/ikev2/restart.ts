/**
 * Pairs of SAs that a configuration wants again when their peer is dead or has closed them (dpd_action, close_action). The wish for
 * them goes to the IKE SA that there is, or to a new one.
 */
import type { ResolvedRequest } from '../ike-version.js';
import type { Child, ChildPurpose } from './child-sa.js';
import { startIkeSa } from './exchanges/sa-init.js';
import type { IkeSa } from './ike-sa.js';
import { isSamePurpose, onRequestFor } from './requests.js';
import { ikeSasOfPeer } from './table.js';
import { patient, type Task } from './tasks.js';
import { emit, type Turn } from './turn.js';

/** Why: the peer does not answer any more, or has closed the pair. */
export type LossOfPair = 'peer dead' | 'closed by the peer';

/** The pairs of an IKE SA that are wanted again when it is lost so; none where this system wants it gone itself. */
export function wantedAgain(sa: IkeSa, why: LossOfPair): readonly ChildPurpose[] {
  if (sa.state.state !== 'Established' || sa.queue.some(({ kind }) => kind === 'delete-ike')) return [];
  return [...sa.children.values()].filter((child) => isWantedAgain(child, why)).map(({ purpose }) => purpose);
}

/**
 * Takes out what is being made under an IKE SA that the peer closes: it did not refuse that, and a new IKE SA may bring it. Once, so
 * that a peer which always answers so is not asked for ever.
 */
export function takeUnderWay(sa: IkeSa): readonly ResolvedRequest[] {
  const { state, pad } = sa;
  if (state.state !== 'Established' || pad?.respondOnly || sa.queue.some(({ kind }) => kind === 'delete-ike'))
    return [];
  const isTaken = (task: Task): task is Extract<Task, { kind: 'create-child' }> =>
    task.kind === 'create-child' && !task.request.carriedOver;
  const taken = [...(sa.current?.kind === 'create-child' ? [sa.current.task] : []), ...sa.queue].filter(isTaken);
  if (sa.current?.kind === 'create-child' && taken.includes(sa.current.task)) sa.current = undefined;
  const left = sa.queue.filter((task) => !isTaken(task));
  sa.queue.splice(0, sa.queue.length, ...left);
  return taken.map(({ request }) => request);
}

/** Asks for it in another IKE SA. */
export function carryOver(turn: Turn, requests: readonly ResolvedRequest[]): void {
  for (const request of requests) onRequestFor(turn, { ...request, carriedOver: true });
}

/** Is it in use, and to be started again? One that has a successor is not missed. */
export function isWantedAgain({ state, purpose, successor }: Child, why: LossOfPair): boolean {
  const action = why === 'peer dead' ? purpose.template.onDeadPeer : purpose.template.onClose;
  return action?.value === 'START' && !successor && (state === 'Installed' || state === 'Rekeying');
}

/** An IKE SA has gone, and with it these pairs. */
export function startIkeSaAgain(turn: Turn, lost: IkeSa, purposes: readonly ChildPurpose[], why: LossOfPair): void {
  const { pad, policy } = lost;
  const beside = turn.env.profile.restartsBesideAnother.value;
  const wanted = beside ? purposes : purposes.filter((purpose) => !hasAnother(turn, lost, purpose));
  if (wanted.length === 0 || !pad || !policy || pad.respondOnly) return;
  for (const { template } of wanted)
    emit(turn, { kind: 'begin', why, template: template.source, peer: lost.remote.address });
  const requests = wanted.map((purpose) => ({ ...purpose, pad, policy }));
  if (!beside) {
    for (const request of requests) onRequestFor(turn, request);
    return;
  }
  const [first, ...others] = requests;
  const made = startIkeSa(turn, first!);
  for (const request of made ? others : []) made!.queue.push({ kind: 'create-child', request, ...patient });
}

/** The peer has deleted a pair, and its IKE SA is there still. */
export function startAgainIn(turn: Turn, sa: IkeSa, purpose: ChildPurpose): void {
  const { pad, policy } = sa;
  const beside = turn.env.profile.restartsBesideAnother.value;
  if (!pad || !policy || (!beside && hasAnother(turn, sa, purpose))) return;
  emit(turn, {
    kind: 'begin',
    why: 'closed by the peer',
    template: purpose.template.source,
    peer: sa.remote.address,
  });
  sa.queue.push({ kind: 'create-child', request: { ...purpose, pad, policy }, ...patient });
  turn.touched.add(sa);
}

/** Is there a pair for the same with the same peer? */
function hasAnother({ host }: Turn, lost: IkeSa, purpose: ChildPurpose): boolean {
  for (const sa of ikeSasOfPeer(host, lost)) {
    for (const child of sa.children.values()) {
      const isInUse = child.state === 'Installed' || child.state === 'Rekeying';
      if (isInUse && isSamePurpose(child.purpose, purpose)) return true;
    }
  }
  return false;
}
