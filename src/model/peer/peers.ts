/** Which systems have to do with each other. */
import type { Address, AddressValue, Family } from '../address.js';
import type { Interval } from '../selector/box.js';
import type { SpdEntry, SystemConfig } from '../system-config.js';

/** Two systems of which at least one protects traffic towards the other. */
export interface PeerPair {
  /** The one whose name comes first. */
  readonly a: SystemConfig;
  readonly b: SystemConfig;
}

/**
 * All pairs of systems of which one protects traffic towards an address of the other, each once, in the order of their
 * names. Addresses are the systems' own as `SystemConfig.addresses` tells them; a system without any is nobody's peer.
 * Order among SPD entries is not looked at: a pair may turn out to have nothing to negotiate.
 */
export function peersOf(systems: readonly SystemConfig[]): PeerPair[] {
  const sorted = [...systems].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const owners = ownersByAddress(sorted);
  const pairs = new Map<number, PeerPair>();
  for (const [number, system] of sorted.entries()) {
    for (const other of protectedTowards(system, owners)) {
      if (other === number) continue;
      const [first, second] = other < number ? [other, number] : [number, other];
      const key = first * sorted.length + second;
      if (!pairs.has(key)) pairs.set(key, { a: sorted[first]!, b: sorted[second]! });
    }
  }
  return [...pairs.entries()].sort(([a], [b]) => a - b).map(([, pair]) => pair);
}

/** The systems' addresses in ascending order, with their owners. */
interface Owners {
  readonly values: readonly AddressValue[];
  readonly systems: readonly number[];
}

function ownersByAddress(systems: readonly SystemConfig[]): Record<Family, Owners> {
  const lists: Record<Family, { value: AddressValue; system: number }[]> = { 4: [], 6: [] };
  for (const [system, { addresses }] of systems.entries())
    for (const { family, value } of addresses) lists[family].push({ value, system });
  const owners = (family: Family): Owners => {
    const list = lists[family].sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : a.system - b.system));
    return { values: list.map(({ value }) => value), systems: list.map(({ system }) => system) };
  };
  return { 4: owners(4), 6: owners(6) };
}

/** The numbers of the systems that some SA of `system` is meant to end at. */
function protectedTowards(system: SystemConfig, owners: Record<Family, Owners>): Set<number> {
  const found = new Set<number>();
  // Many entries name the same peers: each range is looked up once.
  const seen = new Set<string>();
  const note = (family: Family, { lo, hi }: Interval<AddressValue>) => {
    const key = `${family} ${lo} ${hi}`;
    if (seen.has(key)) return;
    seen.add(key);
    const { values, systems } = owners[family];
    for (let at = firstAtLeast(values, lo); at < values.length && values[at]! <= hi; at += 1) found.add(systems[at]!);
  };
  for (const entry of system.spd) eachPeer(entry, system.addresses, note);
  for (const entry of system.forwardSpd) eachPeer(entry, system.addresses, note);
  return found;
}

function eachPeer(
  entry: SpdEntry,
  own: readonly Address[],
  note: (family: Family, range: Interval<AddressValue>) => void,
): void {
  if (entry.action.kind !== 'PROTECT') return;
  for (const { remoteEndpoint, mode } of entry.action.bundle) {
    if (remoteEndpoint) {
      note(remoteEndpoint.family, { lo: remoteEndpoint.value, hi: remoteEndpoint.value });
      continue;
    }
    for (const { family, local, remote } of entry.selectors) {
      // In transport mode the packets are the system's own: a policy for another node of a cluster is not its business.
      const applies =
        mode === 'tunnel' ||
        own.length === 0 ||
        own.some((address) => address.family === family && local.lo <= address.value && address.value <= local.hi);
      if (applies) note(family, remote);
    }
  }
}

function firstAtLeast(values: readonly AddressValue[], value: AddressValue): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
