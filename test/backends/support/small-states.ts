/** States of a tiny world, with every packet that their policies can tell apart. */

import { isOpen } from '../../../src/backends/order.js';
import type { Flow } from '../../../src/backends/xfrm/lookup.js';
import { lookUp } from '../../../src/backends/xfrm/lookup.js';
import {
  emptyHostState,
  type HostPolicy,
  type HostState,
  type HostTemplate,
  noMark,
  policyKey,
} from '../../../src/model/host-state.js';
import type { Random } from '../../../src/model/selector/sampling.js';

const base = 0x0a00_0000;
/** 0/0, both hosts, one host, the other. */
const prefixes = [
  { value: 0, length: 0 },
  { value: base, length: 31 },
  { value: base, length: 32 },
  { value: base + 1, length: 32 },
] as const;
const addresses = [base, base + 1, 0x0b00_0000] as const;
const protocols = [6, 17] as const;
const ports = [0, 1] as const;

export const smallTemplate: HostTemplate = {
  protocol: 50,
  mode: 'transport',
  family: 4,
  source: 0,
  destination: 0,
  spi: 0,
  reqid: 0x4900_0000,
  optional: false,
  share: 0,
  authenticationMask: 0xffff_ffff,
  encryptionMask: 0xffff_ffff,
  compressionMask: 0xffff_ffff,
};

export const smallFlows: readonly Flow[] = (['in', 'out'] as const).flatMap((direction) =>
  addresses.flatMap((source) =>
    addresses.flatMap((destination) =>
      protocols.flatMap((protocol) =>
        ports.map((destinationPort) => ({
          direction,
          family: 4 as const,
          source,
          destination,
          protocol,
          sourcePort: 9,
          destinationPort,
          mark: 0,
          ifId: 0,
          interfaceIndex: 0,
        })),
      ),
    ),
  ),
);

export function smallPolicy(parts: Partial<HostPolicy> & { readonly priority: number }): HostPolicy {
  return {
    direction: 'out',
    selector: {
      family: 4,
      source: 0,
      sourcePrefix: 0,
      destination: 0,
      destinationPrefix: 0,
      protocol: 0,
      sourcePort: 0,
      sourcePortMask: 0,
      destinationPort: 0,
      destinationPortMask: 0,
      interfaceIndex: 0,
      user: 0,
    },
    mark: noMark,
    ifId: 0,
    type: 'main',
    index: 0,
    action: 'allow',
    flags: 0,
    share: 0,
    templates: [],
    limits: {},
    ...parts,
  };
}

/** Policies with distinct keys; those of one priority do the same, as those of one record do. */
export function smallState(random: Random, most: number): HostState {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const actions = new Map<number, 'allow' | 'block' | 'protect'>();
  const policies = new Map<string, HostPolicy>();
  const count = Math.floor(random() * (most + 1));
  for (let at = 0; at < count; at += 1) {
    const priority = 1 + Math.floor(random() * 10);
    const action = actions.get(priority) ?? pick(['allow', 'block', 'protect'] as const);
    actions.set(priority, action);
    const source = pick(prefixes);
    const destination = pick(prefixes);
    const hasPort = random() < 0.3;
    const protocol = hasPort ? 6 : pick([0, 0, 6]);
    const port = pick(ports);
    const policy = smallPolicy({
      priority,
      direction: pick(['in', 'out']),
      selector: {
        ...smallPolicy({ priority: 0 }).selector,
        source: source.value,
        sourcePrefix: source.length,
        destination: destination.value,
        destinationPrefix: destination.length,
        protocol,
        destinationPort: hasPort ? port : 0,
        destinationPortMask: hasPort ? 0xffff : 0,
      },
      action: action === 'block' ? 'block' : 'allow',
      templates: action === 'protect' ? [smallTemplate] : [],
    });
    policies.set(policyKey(policy), policy);
  }
  return { ...emptyHostState, policies: [...policies.values()] };
}

/** For each of `smallFlows`: does it pass in the clear? */
export function clearFlows({ policies }: HostState): readonly boolean[] {
  return smallFlows.map((flow) => {
    const found = lookUp(policies, flow);
    return found === undefined || isOpen(found);
  });
}

/** The same policies in another order, some of them gone. */
export function shuffledState({ policies, ...rest }: HostState, random: Random): HostState {
  const numbers = Array.from({ length: 10 }, (_, at) => at + 1);
  for (let at = numbers.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [numbers[at], numbers[other]] = [numbers[other]!, numbers[at]!];
  }
  const kept = policies.filter(() => random() < 0.8);
  return { ...rest, policies: kept.map((policy) => ({ ...policy, priority: numbers[policy.priority - 1]! })) };
}
