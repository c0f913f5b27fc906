/**
 * A simulated world: any number of systems on one network, a virtual clock, and a seed that decides everything else. Equal
 * seed, configurations and commands give equal octets on the wire; days pass as fast as their events are computed.
 */
import type { CryptoProvider } from '../crypto/provider.js';
import { seededRandom } from '../crypto/random.js';
import type { Millis } from '../ipsec/sa.js';
import { createDice } from './dice.js';
import { createHost, type HostOptions, type SimulatedHost } from './host.js';
import { createNetwork, type Network, type NetworkOptions } from './network.js';
import { createSchedule } from './schedule.js';
import type { TraceEntry, TraceFact } from './trace.js';

export interface WorldOptions {
  readonly seed: string | number;
  /** The algorithms; its random source is not used. */
  readonly provider: CryptoProvider;
  readonly network?: NetworkOptions;
  /** The calendar time at which the world begins. */
  readonly beginsAt: Date;
  record?(entry: TraceEntry): void;
}

export type Stop =
  /** Nothing is left to happen. */
  | 'idle'
  /** The time that was asked for has come. */
  | 'time'
  /** More happened than a run may hold. */
  | 'limit';

export interface World {
  now(): Millis;
  readonly network: Network;
  readonly hosts: ReadonlyMap<string, SimulatedHost>;
  /** Adds a system; its name must be new. */
  addHost(options: HostOptions): SimulatedHost;
  /** Plans an action. */
  at(when: Millis, action: () => void): void;
  /** Takes a system down and up again. */
  crash(host: string, at: Millis, downMillis: number): void;
  /** Lets the world go on until a time, at most so many events. */
  run(until: Millis, eventsMax?: number): Stop;
}

/** Events of one run. */
export const eventsMaxDefault = 5_000_000;

export function createWorld(options: WorldOptions): World {
  const { seed, provider, beginsAt } = options;
  const schedule = createSchedule();
  const hosts = new Map<string, SimulatedHost>();
  const plannedFor = new Map<string, Millis>();
  const wokenAt = new Map<string, Millis>();
  let now: Millis = 0;
  let packets = 0;

  const record = (host: string, fact: TraceFact): void => options.record?.({ at: now, host, ...fact });
  const at = (when: Millis, action: () => void): void => schedule.add(Math.max(when, now), action);

  const network = createNetwork(options.network ?? {}, {
    dice: createDice(seededRandom(seed, 'network')),
    now: () => now,
    at,
    deliver(name, packet, octets, { duplicate, damaged }) {
      const host = hosts.get(name);
      if (!host?.isUp) {
        record(name, { kind: 'lost', packet, why: 'down' });
        return;
      }
      record(name, { kind: 'arrived', packet, duplicate, damaged });
      host.receive(octets);
    },
    lost: (from, packet, why) => record(from, { kind: 'lost', packet, why }),
    report: (name, error) => hosts.get(name)?.receive(error),
  });

  /** Sees to it that a system is woken when it wants to be, a millisecond later at the earliest than the last time. */
  function plan(host: SimulatedHost): void {
    const wanted = host.nextWake();
    if (wanted === undefined) return;
    const when = Math.max(wanted, (wokenAt.get(host.name) ?? Number.NEGATIVE_INFINITY) + 1, now);
    const planned = plannedFor.get(host.name);
    if (planned !== undefined && planned <= when) return;
    plannedFor.set(host.name, when);
    schedule.add(when, () => {
      // An earlier wish came after this one was written down.
      if (plannedFor.get(host.name) !== when) return;
      plannedFor.delete(host.name);
      wokenAt.set(host.name, now);
      host.wake();
    });
  }

  return {
    now: () => now,
    network,
    hosts,
    addHost(hostOptions) {
      const { name, addresses } = hostOptions.config;
      if (hosts.has(name)) throw new Error(`two systems are called ${name}`);
      const host: SimulatedHost = createHost(hostOptions, {
        provider: (boot) => ({ ...provider, random: seededRandom(seed, boot === 0 ? name : `${name} ${boot}`) }),
        now: () => now,
        date: (local) => new Date(beginsAt.getTime() + local),
        record: (fact) => record(name, fact),
        transmit(octets, about) {
          packets += 1;
          const packet = packets;
          record(name, { kind: 'sent', packet, octets, ...about });
          network.carry(name, packet, octets);
        },
        changed: () => plan(host),
      });
      network.attach(name, addresses);
      hosts.set(name, host);
      plan(host);
      // When all systems are there to which it may be.
      if (hostOptions.starts === 'always') at(now, () => host.begin());
      return host;
    },
    at,
    crash(name, when, downMillis) {
      at(when, () => hosts.get(name)?.crash());
      at(when + downMillis, () => hosts.get(name)?.start());
    },
    run(until, eventsMax = eventsMaxDefault) {
      for (let events = 0; ; events += 1) {
        const next = schedule.next();
        if (next === undefined || next > until) {
          if (Number.isFinite(until)) now = Math.max(now, until);
          return next === undefined ? 'idle' : 'time';
        }
        if (events >= eventsMax) return 'limit';
        now = Math.max(now, next);
        schedule.take()?.();
      }
    },
  };
}
