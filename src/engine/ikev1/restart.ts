/** Pairs of SAs that a configuration wants again when their peer is dead or has closed them (dpd_action, close_action). */
import { sameProxyIds } from '../../model/proxy-ids.js';
import { type ChildSlot, childrenBetween, emit, type Machine, quickTimerKey, type Slot } from './machine.js';
import type { QuickGoal } from './quick-mode.js';

/** Those of pairs that are lost which are wanted again; one that has a successor is not missed. */
export function wantedAgain(pairs: readonly ChildSlot[], why: 'peer dead' | 'closed by the peer'): ChildSlot[] {
  return pairs.filter(({ child, complete, superseded, pad }) => {
    const action = why === 'peer dead' ? child.template.onDeadPeer : child.template.onClose;
    return action?.value === 'START' && complete && !superseded && !pad.respondOnly;
  });
}

/** Seeks pairs like those that are gone, unless there is another for the same. */
export function startAgain(
  machine: Machine,
  lost: readonly ChildSlot[],
  why: 'peer dead' | 'closed by the peer',
): void {
  for (const slot of lost) {
    const { child } = slot;
    const hasAnother = childrenBetween(machine, child.ends).some(
      (other) => other.complete && other.child.template === child.template && sameProxyIds(other.child.ids, child.ids),
    );
    if (hasAnother) continue;
    emit(machine, { kind: 'begin', why, template: child.template.source, peer: child.ends.remote });
    machine.work.push({ kind: 'request', goal: goalOf(slot) });
  }
}

/**
 * Takes out what is being made under an ISAKMP SA that the peer closes: it did not refuse that, and a new ISAKMP SA may bring it.
 * Once, so that a peer which always answers so is not asked for ever. Pairs that are to be replaced go on, and wait for their turn.
 */
export function takeUnderWay(machine: Machine, slot: Slot): readonly QuickGoal[] {
  if (slot.pad.respondOnly) return [];
  const isTaken = ({ replaces, carriedOver }: QuickGoal): boolean => replaces.length === 0 && !carriedOver;
  const taken = slot.queue.filter(isTaken);
  slot.queue = slot.queue.filter((goal) => !isTaken(goal));
  for (const [messageId, { state }] of [...slot.quick]) {
    if (state.state !== 'AwaitQuickReply' || !isTaken(state.goal)) continue;
    taken.push(state.goal);
    slot.quick.delete(messageId);
    machine.timers.cancel(quickTimerKey(slot, messageId));
  }
  return taken;
}

/** Asks for it under another ISAKMP SA. */
export function carryOver(machine: Machine, goals: readonly QuickGoal[]): void {
  for (const goal of goals) machine.work.push({ kind: 'request', goal: { ...goal, carriedOver: true } });
}

/** The wish for a pair like one that was there. */
function goalOf({ child, pad, policy }: ChildSlot): QuickGoal {
  const { entry, template, ends, packet } = child;
  return {
    request: { entry, template, ends, populateFromPacket: packet !== undefined, ...(packet ? { packet } : {}) },
    pad,
    policy,
    replaces: [],
  };
}
