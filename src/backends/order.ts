/**
 * The order of changes: at no moment between two of them does a packet pass in the clear that neither the old nor the new state lets
 * pass in the clear.
 *
 * Operations are atomic, replacing included, so gaps come from the order alone. Call a policy open when it lets packets pass
 * unprotected, else closed; a packet that no policy takes passes. Then:
 *
 *   1. SAs are added, so that policies find what they ask for. One that takes the place of another follows its removal at once;
 *      meanwhile its policy finds none and holds packets back.
 *   2. Open policies that would come to light are removed early: those of the old state behind a closed one that is about to move
 *      behind them or to be opened.
 *   3. Policies are created and replaced, first match first. So whenever one of them takes a packet, all that shall come before
 *      it are there already.
 *   4. Old policies go, the open ones before the closed ones that may lie over them.
 *   5. SAs go that nothing asks for any more.
 *
 * Why 3 is safe: let the mixed state take a packet by an open policy x, while old and new state hold it back. If x belongs to the
 * new state, some closed z of the new state comes before x; z is there, because what comes before a policy is made before it or was
 * never touched: so z would have taken the packet. If x is of the old state only, a closed y came before it and does so no longer: y was
 * replaced to come later, and then step 2 has removed x.
 */

import { addressBits } from '../model/address.js';
import type { HostPolicy, HostSelector } from '../model/host-state.js';
import type { Change } from './backend.js';

type PolicyChange = Extract<Change, { object: 'policy' }>;
type Replace = Extract<PolicyChange, { kind: 'replace' }>;
type Delete = Extract<PolicyChange, { kind: 'delete' }>;
type Stale = Replace | Delete;

/** Pairs that are compared for step 2; beyond that every old open policy is removed early, which is as safe and less kind. */
const pairsMax = 4_000_000;

/** Puts changes into a safe order. Some replacements become a removal and a creation. */
export function orderChanges(changes: readonly Change[]): readonly Change[] {
  const sas = changes.filter((change) => change.object === 'sa');
  const policies = changes.filter((change) => change.object === 'policy');
  const early = earlyRemovals(policies);
  const creations: PolicyChange[] = [];
  const removals: Delete[] = [];
  for (const change of policies) {
    if (change.kind === 'delete') {
      if (!early.has(change)) removals.push(change);
    } else if (change.kind === 'replace' && early.has(change))
      creations.push({ object: 'policy', kind: 'create', after: change.after });
    else creations.push(change);
  }
  creations.sort((a, b) => priorityAfter(a) - priorityAfter(b));
  const fate = (change: Delete) => (isOpen(change.before) ? 0 : 1);
  removals.sort((a, b) => fate(a) - fate(b) || a.before.priority - b.before.priority);
  return [
    ...saAdditions(sas),
    ...[...early].map((change): Delete => ({ object: 'policy', kind: 'delete', before: change.before })),
    ...creations,
    ...removals,
    ...saRemovals(sas),
  ];
}

/** Does it let packets pass unprotected? */
export function isOpen({ action, templates }: HostPolicy): boolean {
  return action === 'allow' && templates.every(({ optional }) => optional);
}

function priorityAfter(change: PolicyChange): number {
  return change.kind === 'delete' ? change.before.priority : change.after.priority;
}

function earlyRemovals(changes: readonly PolicyChange[]): ReadonlySet<Stale> {
  const retreating = changes.filter(
    (change): change is Replace =>
      change.kind === 'replace' &&
      !isOpen(change.before) &&
      (isOpen(change.after) || change.after.priority > change.before.priority),
  );
  const stale = changes.filter((change): change is Stale => change.kind !== 'create' && isOpen(change.before));
  if (retreating.length === 0 || stale.length === 0) return new Set();
  if (retreating.length * stale.length > pairsMax) return new Set(stale);
  return new Set(stale.filter((old) => retreating.some((change) => old !== change && uncovers(change, old))));
}

/** May a closed policy, once replaced, leave packets to an old open one that is still there? Ties count as yes. */
function uncovers({ before, after }: Replace, old: Stale): boolean {
  return (
    old.before.priority >= before.priority &&
    old.before.priority <= after.priority &&
    // What is replaced sooner is no longer the old one by then.
    (old.kind === 'delete' || old.after.priority >= after.priority) &&
    before.direction === old.before.direction &&
    selectorsMeet(before.selector, old.before.selector)
  );
}

/** May a packet be for both? Exact but for what both say of ports. */
export function selectorsMeet(a: HostSelector, b: HostSelector): boolean {
  if (a.family !== b.family) return false;
  if (a.protocol !== 0 && b.protocol !== 0 && a.protocol !== b.protocol) return false;
  if (a.interfaceIndex !== 0 && b.interfaceIndex !== 0 && a.interfaceIndex !== b.interfaceIndex) return false;
  const sourceMask = a.sourcePortMask & b.sourcePortMask;
  const destinationMask = a.destinationPortMask & b.destinationPortMask;
  return (
    ((a.sourcePort ^ b.sourcePort) & sourceMask) === 0 &&
    ((a.destinationPort ^ b.destinationPort) & destinationMask) === 0 &&
    prefixesMeet(a.source, a.sourcePrefix, b.source, b.sourcePrefix, addressBits(a.family)) &&
    prefixesMeet(a.destination, a.destinationPrefix, b.destination, b.destinationPrefix, addressBits(a.family))
  );
}

function prefixesMeet(a: number | bigint, aLength: number, b: number | bigint, bLength: number, bits: number): boolean {
  const length = Math.min(aLength, bLength);
  if (length === 0) return true;
  if (typeof a === 'number' && typeof b === 'number') return (a ^ b) >>> (bits - length) === 0;
  return (BigInt(a) ^ BigInt(b)) >> BigInt(bits - length) === 0n;
}

type SaChange = Extract<Change, { object: 'sa' }>;

/** Additions, each behind the removal of the SA whose place it takes. */
function saAdditions(changes: readonly SaChange[]): readonly SaChange[] {
  const removed = new Map(changes.flatMap((change) => (change.kind === 'delete' ? [[nameOf(change), change]] : [])));
  return changes.flatMap((change) => {
    if (change.kind !== 'create') return [];
    const displaced = removed.get(nameOf(change));
    return displaced ? [displaced, change] : [change];
  });
}

function saRemovals(changes: readonly SaChange[]): readonly SaChange[] {
  const added = new Set(changes.flatMap((change) => (change.kind === 'create' ? [nameOf(change)] : [])));
  return changes.filter((change) => change.kind === 'delete' && !added.has(nameOf(change)));
}

/** Without the mark: two SAs that differ in it alone are in each other's way. */
function nameOf(change: SaChange): string {
  const { destination, spi, protocol } = change.kind === 'create' ? change.after : change.before;
  return `${destination.family} ${destination.value} ${spi} ${protocol}`;
}
