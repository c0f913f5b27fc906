/** Pairs of SAs that a configuration wants again when their peer is dead or has closed them (dpd_action, close_action). */
import { sameProxyIds } from '../../model/proxy-ids.js';
import { type ChildSlot, childrenBetween, emit, type Machine, type Slot } from './machine.js';
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
    if (!hasAnother) seek(machine, goalOf(slot), why);
  }
}

/**
 * What is being made under an ISAKMP SA and wanted again when the peer closes it: where the peer has just deleted the pair before,
 * its successor would go down with the ISAKMP SA.
 */
export function goalsWantedAgain({ queue, quick }: Slot): readonly QuickGoal[] {
  const underWay = [...quick.values()].flatMap(({ state }) => ('goal' in state ? [state.goal] : []));
  return [...queue, ...underWay].filter(
    ({ request, replaces, pad }) =>
      request.template.onClose?.value === 'START' && replaces.length === 0 && !pad.respondOnly,
  );
}

/** Begins the negotiation of a pair that no packet waits for. */
export function seek(machine: Machine, goal: QuickGoal, why: 'peer dead' | 'closed by the peer'): void {
  const { template, ends } = goal.request;
  emit(machine, { kind: 'begin', why, template: template.source, peer: ends.remote });
  machine.work.push({ kind: 'request', goal });
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
