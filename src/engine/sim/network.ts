/**
 * The network between simulated systems: where packets go and what happens to them on the way. All luck comes from dice
 * with a seed. What arrives at a system is handed to the world's `deliver`.
 */
import type { Address } from '../../model/address.js';
import { fragmentIp } from '../ipsec/fragments.js';
import { tooBigError } from '../ipsec/icmp-too-big.js';
import { type IpPacket, ipProtocols, isIpFault, parseIp, viewOf } from '../ipsec/packet.js';
import type { Millis } from '../ipsec/sa.js';
import { ikePort, natTraversalPort } from '../wire/framing.js';
import type { Dice } from './dice.js';
import { createNat, type Nat, type NatOptions } from './nat.js';
import type { LossReason } from './trace.js';

/** Shares are 0..1. */
export interface NetworkOptions {
  /** One way, in milliseconds. */
  readonly delayMillis?: number;
  /** Added to it at random, up to so many milliseconds. */
  readonly jitterMillis?: number;
  readonly loss?: number;
  readonly duplication?: number;
  /** Packets that come later than those behind them, and by how much at most. */
  readonly reordering?: number;
  readonly reorderMillis?: number;
  /** Packets in which one bit behind the IP header is changed. */
  readonly corruption?: number;
  /** Octets of an IP packet that the path takes. */
  readonly mtu?: number;
  /** Firewalls often throw fragments away. */
  readonly fragments?: 'pass' | 'drop';
  /** Some throw ICMP errors away too: then nobody learns that a path is narrow. */
  readonly icmpErrors?: 'pass' | 'drop';
  readonly partitions?: readonly Partition[];
  readonly nats?: readonly NatOptions[];
  /** Systems behind a gateway: what they send goes to it first, but for IKE, which policies let pass (RFC 4301 §4.4.1). */
  readonly routes?: readonly { readonly host: string; readonly via: string }[];
  /** A test's own choice of packets to lose. */
  lose?(packet: { readonly number: number; readonly from: string; readonly octets: Uint8Array }): boolean;
}

export interface Partition {
  readonly from: Millis;
  readonly to: Millis;
  /** The two systems that do not reach each other; absent: nobody reaches anybody. */
  readonly between?: readonly [string, string];
}

export const networkDefaults = { delayMillis: 10, reorderMillis: 100 } as const;

/** What the world does for the network. */
export interface Surroundings {
  readonly dice: Dice;
  now(): Millis;
  at(when: Millis, action: () => void): void;
  /** Gives a packet to a system, which may be down. */
  deliver(host: string, packet: number, octets: Uint8Array, how: Arrival): void;
  lost(from: string, packet: number, why: LossReason): void;
  /** Gives a system the error that a router sends about a packet of its own. */
  report(host: string, error: Uint8Array): void;
}

export interface Arrival {
  readonly duplicate: boolean;
  readonly damaged: boolean;
}

export interface Network {
  /** Makes a system's addresses reachable; where two have the same, the first one keeps it. */
  attach(host: string, addresses: readonly Address[]): void;
  /** Takes a packet from a system. */
  carry(from: string, packet: number, octets: Uint8Array): void;
  /** The NAT before a system forgets its mappings, as when it restarts. */
  rebind(host: string): void;
  /** The address that others see in place of a system's own, where it is behind a NAT. */
  publicAddress(host: string): Address | undefined;
}

export function createNetwork(options: NetworkOptions, world: Surroundings): Network {
  const { dice } = world;
  const delay = options.delayMillis ?? networkDefaults.delayMillis;
  const owners = new Map<string, { readonly host: string; readonly nat?: Nat }>();
  const natOf = new Map<string, Nat>();
  let identification = 0;
  /** Systems behind NATs, by their own addresses: those of one NAT differ. */
  const hidden = new Map<Nat, Map<string, string>>();
  for (const natOptions of options.nats ?? []) {
    const key = addressKey(natOptions.publicAddress);
    // Several systems with one public address are behind one NAT.
    const nat = owners.get(key)?.nat ?? createNat(natOptions);
    if (!owners.has(key)) owners.set(key, { host: natOptions.host, nat });
    if (!hidden.has(nat)) hidden.set(nat, new Map());
    natOf.set(natOptions.host, nat);
    for (const when of natOptions.rebindAt ?? []) world.at(when, () => nat.rebind());
  }

  function isPartitioned(a: string, b: string): boolean {
    const now = world.now();
    return (options.partitions ?? []).some(
      ({ from, to, between }) => from <= now && now < to && (!between || (between.includes(a) && between.includes(b))),
    );
  }

  /** The pieces that the path lets through; undefined where it refuses, which the sender is told about the packet that it made. */
  function fitted(from: string, sent: Uint8Array, octets: Uint8Array): readonly Uint8Array[] | undefined {
    const { mtu } = options;
    if (mtu === undefined || octets.length <= mtu) return [octets];
    const ip = parseIp(octets);
    if (isIpFault(ip)) return undefined;
    if (ip.dontFragment) {
      const error = options.icmpErrors === 'drop' ? undefined : tooBigError(sent, mtu);
      if (error) world.at(world.now() + delay, () => world.report(from, error));
      return undefined;
    }
    identification = (identification + 1) >>> 0;
    return fragmentIp(ip, mtu, identification);
  }

  /** Why a packet ends before it has travelled; undefined where it goes on its way. */
  function refusal(from: string, to: string | undefined, isFragment: boolean): LossReason | undefined {
    if (to === undefined) return 'no-route';
    if (isPartitioned(from, to)) return 'partition';
    if (isFragment && options.fragments === 'drop') return 'fragment';
    return dice.chance(options.loss ?? 0) ? 'loss' : undefined;
  }

  function nextHop(from: string, ip: IpPacket): { readonly host: string; readonly nat?: Nat } | undefined {
    const via = options.routes?.find(({ host }) => host === from)?.via;
    if (via !== undefined && !isIke(ip)) return { host: via };
    return owners.get(addressKey({ family: ip.family, value: ip.destination }));
  }

  function travel(from: string, packet: number, octets: Uint8Array, duplicate: boolean): void {
    const ip = parseIp(octets);
    const owner = isIpFault(ip) ? undefined : nextHop(from, ip);
    const refused = refusal(from, owner?.host, !isIpFault(ip) && ip.fragment !== undefined);
    if (refused || !owner || isIpFault(ip)) {
      world.lost(from, packet, refused ?? 'no-route');
      return;
    }
    const damaged = dice.chance(options.corruption ?? 0) && ip.payload.length > 0;
    const carried = damaged ? withChangedBit(octets, ip.payloadOffset, dice) : octets;
    let arrival = world.now() + delay;
    if (options.jitterMillis) arrival += dice.below(options.jitterMillis + 1);
    if (dice.chance(options.reordering ?? 0))
      arrival += 1 + dice.below(options.reorderMillis ?? networkDefaults.reorderMillis);
    world.at(arrival, () => {
      const { nat } = owner;
      const inner = nat ? nat.inward(carried, world.now()) : carried;
      if (inner) world.deliver(behind(nat, inner) ?? owner.host, packet, inner, { duplicate, damaged });
      else world.lost(from, packet, 'nat');
    });
  }

  function behind(nat: Nat | undefined, octets: Uint8Array): string | undefined {
    const ip = nat && parseIp(octets);
    if (!ip || isIpFault(ip)) return undefined;
    return hidden.get(nat)?.get(addressKey({ family: ip.family, value: ip.destination }));
  }

  return {
    attach(host, addresses) {
      const nat = natOf.get(host);
      for (const address of addresses) {
        const key = addressKey(address);
        if (nat) hidden.get(nat)?.set(key, host);
        else if (!owners.has(key)) owners.set(key, { host });
      }
    },
    carry(from, packet, octets) {
      const nat = natOf.get(from);
      const isChosen = options.lose?.({ number: packet, from, octets }) === true;
      const outer = isChosen ? undefined : nat ? nat.outward(octets, world.now()) : octets;
      const pieces = outer && fitted(from, octets, outer);
      if (!pieces) {
        world.lost(from, packet, isChosen ? 'loss' : outer ? 'too-big' : 'nat');
        return;
      }
      for (const piece of pieces) {
        travel(from, packet, piece, false);
        if (dice.chance(options.duplication ?? 0)) travel(from, packet, piece, true);
      }
    },
    rebind: (host) => natOf.get(host)?.rebind(),
    publicAddress: (host) => natOf.get(host)?.options.publicAddress,
  };
}

/** Fragments of IKE do not show what they are; these worlds have none behind gateways. */
function isIke({ protocol, payload }: IpPacket): boolean {
  if (protocol !== ipProtocols.UDP || payload.length < 4) return false;
  const port = viewOf(payload).getUint16(2);
  return port === ikePort || port === natTraversalPort;
}

function addressKey({ family, value }: Address): string {
  return `${family} ${value}`;
}

function withChangedBit(octets: Uint8Array, from: number, dice: Dice): Uint8Array {
  const copy = octets.slice();
  const at = from + dice.below(octets.length - from);
  copy[at] = copy[at]! ^ (1 << dice.below(8));
  return copy;
}
