/**
 * Pools of addresses that peers are given (RFC 7296 §2.19), and who has which of them: strongSwan's mem_pool.c. A peer of the same
 * identity gets what it had; else the next address is given that nobody has had yet, and then one that somebody no longer uses.
 * What a peer asks for by name counts only where it has that address already.
 */
import { type Address, type AddressRange, type Family, firstAddress } from './address.js';
import type { Span } from './span.js';

/** Addresses of one family under a name that connections refer to. */
export interface AddressPool {
  readonly name: string;
  readonly at?: Span;
  /** What is handed out, the first address first; network and broadcast addresses are left out already. */
  readonly range: AddressRange;
  /** All addresses that the configuration names for it. */
  readonly written?: AddressRange;
  /** Any address that is asked for is given (`rightsourceip=%config` of strongSwan's ipsec.conf). */
  readonly givesWhatIsAsked?: boolean;
  /** Name servers that are told beside an address of the pool. */
  readonly nameServers?: readonly Address[];
}

/** Who asks: leases belong to an identity, and its IKE SAs are told apart by where they come from. */
export interface LeaseHolder {
  readonly identity: string;
  readonly place: string;
}

/** An address of a pool, or any address of a family where `address` is absent. */
export interface AddressWish {
  readonly family: Family;
  readonly address?: Address;
}

interface Lease {
  readonly address: Address;
  readonly place: string;
}

interface Holder {
  readonly online: Lease[];
  readonly offline: Address[];
}

interface PoolState {
  /** How many addresses have ever been given. */
  used: number;
  readonly holders: Map<string, Holder>;
}

/** Finds the pools of one connection by their names, in its order; names that nothing defines are left out. */
export function poolsNamed(pools: readonly AddressPool[] | undefined, names: readonly string[]): AddressPool[] {
  return names.flatMap((name) => (pools ?? []).filter((pool) => pool.name === name));
}

/** The leases of all pools of a system. What it holds is bounded by the peers that have been given something. */
export class LeaseTable {
  readonly #states = new Map<AddressPool, PoolState>();

  /** An address for a peer, out of the first pool that has one; undefined where none has. */
  acquire(pools: readonly AddressPool[], holder: LeaseHolder, wish: AddressWish): Address | undefined {
    return (
      this.#first(pools, wish, (state) => known(state, holder, wish)) ??
      this.#first(pools, wish, (state, pool) => fresh(state, pool, holder)) ??
      this.#first(pools, wish, (state) => reassigned(state, holder))
    );
  }

  /** An IKE SA with such an address is gone; the address stays with its peer until others need it. */
  release(pools: readonly AddressPool[], holder: LeaseHolder, address: Address): void {
    for (const pool of pools) {
      const has = this.#states.get(pool)?.holders.get(holder.identity);
      const at = has?.online.findIndex((lease) => isSame(lease.address, address)) ?? -1;
      if (!has || at < 0) continue;
      has.online.splice(at, 1);
      if (!has.online.some((lease) => isSame(lease.address, address))) has.offline.push(address);
      return;
    }
  }

  #first(
    pools: readonly AddressPool[],
    wish: AddressWish,
    look: (state: PoolState, pool: AddressPool) => Address | undefined,
  ): Address | undefined {
    for (const pool of pools) {
      // Who asks for any address is given any, which is none (mem_pool.c without a size).
      if (pool.givesWhatIsAsked) return wish.address ?? { family: wish.family, value: firstAddress(wish.family) };
      if (pool.range.family !== wish.family) continue;
      const found = look(this.#stateOf(pool), pool);
      if (found) return found;
    }
    return undefined;
  }

  #stateOf(pool: AddressPool): PoolState {
    const found = this.#states.get(pool);
    if (found) return found;
    const state: PoolState = { used: 0, holders: new Map() };
    this.#states.set(pool, state);
    return state;
  }
}

function isSame(a: Address, b: Address): boolean {
  return a.family === b.family && a.value === b.value;
}

function holderOf({ holders }: PoolState, { identity }: LeaseHolder): Holder {
  const found = holders.get(identity);
  if (found) return found;
  const made: Holder = { online: [], offline: [] };
  holders.set(identity, made);
  return made;
}

/** What the same peer has, as while it authenticates anew, or had. */
function known(state: PoolState, { identity, place }: LeaseHolder, { address }: AddressWish): Address | undefined {
  const has = state.holders.get(identity);
  if (!has) return undefined;
  const same = has.online.find((lease) => lease.place === place && (!address || isSame(lease.address, address)));
  if (same) {
    has.online.push(same);
    return same.address;
  }
  const back = has.offline.shift();
  if (back) has.online.push({ address: back, place });
  return back;
}

function fresh(state: PoolState, { range }: AddressPool, holder: LeaseHolder): Address | undefined {
  const { family, first, last } = range;
  const value = typeof first === 'bigint' ? first + BigInt(state.used) : first + state.used;
  if (value > last) return undefined;
  state.used += 1;
  const address = { family, value } as Address;
  holderOf(state, holder).online.push({ address, place: holder.place });
  return address;
}

/** The pool is used up: what somebody else no longer uses. */
function reassigned(state: PoolState, holder: LeaseHolder): Address | undefined {
  for (const [identity, { online, offline }] of state.holders) {
    const address = offline.shift();
    if (online.length === 0 && offline.length === 0) state.holders.delete(identity);
    if (!address) continue;
    holderOf(state, holder).online.push({ address, place: holder.place });
    return address;
  }
  return undefined;
}
