/**
 * Policies of others that come in the way of a plan which `ip -batch` carries out. That program replaces by selector and asks nobody, so what is
 * to be replaced is compared with what is there before it is, and what happens in the very moment is heard of afterwards.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type HostPolicy, policyKey } from '../../model/host-state.js';
import type { Change } from '../backend.js';
import { samePolicy } from '../equal.js';
import type { PolicyEvent, PolicyMonitor } from './ip-monitor.js';

type PolicyChange = Extract<Change, { object: 'policy' }>;

export interface IpWatch {
  /** What was heard until now is known from looking at the host. */
  looked(): void;
  /** The first of the changes that would replace a policy which is not the one that it is to replace, or -1. `found` is there now. */
  overtaken(changes: readonly Change[], found: readonly HostPolicy[]): number;
  /** Takes up what was done, and what others did meanwhile. False when not all that was done is heard of in time. */
  done(changes: readonly Change[]): Promise<boolean>;
  /** Policies of others that came in the way, since this was called last; oldest first. */
  foreign(): readonly HostPolicy[];
  close(): void;
}

/** The kernel tells at once; this is for the program that prints it, on a machine with too much to do. */
const hearMillis = 20_000;
const lookMillis = 2;

export function watchByIp(monitor: PolicyMonitor): IpWatch {
  let foreign: HostPolicy[] = [];

  function hear(events: readonly PolicyEvent[]): void {
    for (const { kind, policy } of events) if (kind === 'put') foreign.push(policy);
  }

  return {
    looked() {
      monitor.take();
      foreign = [];
    },
    overtaken(changes, found) {
      const held = new Map(found.map((policy) => [policyKey(policy), policy]));
      const touched = new Set<string>();
      return changes.findIndex((change) => {
        if (change.object !== 'policy') return false;
        const key = policyKey(change.kind === 'create' ? change.after : change.before);
        // Of one that this very list touches before, it is known what it will be.
        const isKnown = touched.has(key);
        touched.add(key);
        if (change.kind !== 'replace' || isKnown) return false;
        const there = held.get(key);
        if (there && there.index === change.before.index && samePolicy(there, change.before)) return false;
        if (there) foreign.push(there);
        return true;
      });
    },
    async done(changes) {
      const own = changes.filter((change): change is PolicyChange => change.object === 'policy');
      let next = 0;
      for (const until = performance.now() + hearMillis; ; await sleep(lookMillis)) {
        for (const event of monitor.take()) {
          if (next < own.length && isOf(event, own[next]!)) next += 1;
          else hear([event]);
        }
        if (next === own.length) return true;
        if (performance.now() > until) return false;
      }
    },
    foreign() {
      hear(monitor.take());
      const found = foreign;
      foreign = [];
      return found;
    },
    close: () => monitor.close(),
  };
}

/** Is it what this change does? */
function isOf({ kind, policy }: PolicyEvent, change: PolicyChange): boolean {
  if (change.kind === 'delete') return kind === 'gone' && policyKey(policy) === policyKey(change.before);
  return kind === 'put' && policyKey(policy) === policyKey(change.after) && samePolicy(policy, change.after);
}
