/** From strongSwan's connections to RFC 4301's words: SPD, PAD and IKE policies that belong together by connection. */
import { type Address, type AddressRange, formatAddress, rangesIntersect } from '../../model/address.js';
import type { Sourced } from '../../model/origin.js';
import { intersectBoxes } from '../../model/selector/algebra.js';
import { type Box, everything, type Region } from '../../model/selector/box.js';
import type {
  ConfiguredSelector,
  EntrySource,
  SaTemplate,
  SpdAction,
  SpdEntry,
  SystemConfig,
} from '../../model/system-config.js';
import { selectorBox, type TrafficSelector } from '../../model/traffic-selector.js';
import { childTemplate } from './child.js';
import type { SwanChild, SwanConnection } from './connection.js';
import { type CompileInput, childSource, configuredSelectors, dynamicRanges } from './ends.js';
import { padAndPolicies } from './peer.js';
import { type PolicyClass, policyPriority } from './priority.js';

/** One policy as the kernel would have it. */
interface Policy {
  readonly priority: number;
  readonly manual: Sourced<number> | undefined;
  readonly box: Box;
  readonly source: EntrySource;
  readonly action: SpdAction;
}

/** Compiles what was read. */
export function compileSwan(input: CompileInput): SystemConfig {
  const { connections, version } = input;
  const peers = connections.map((connection) => padAndPolicies(connection, input));
  const policies = connections.flatMap((connection) =>
    connection.children.flatMap((child) => childPolicies(connection, child, input)),
  );
  // The kernel searches by priority, and among equals the one that came first.
  const sorted = policies
    .map((policy, order) => ({ policy, order }))
    .sort((a, b) => a.policy.priority - b.policy.priority || a.order - b.order)
    .map(({ policy }) => policy);
  // A child without policies is negotiated all the same: an entry that selects nothing keeps its SA.
  const used = new Set(policies.map(({ source }) => source.record.name));
  const idle = connections.flatMap((connection) =>
    connection.children
      .filter((child) => !isShunt(child.options.mode?.value) && !used.has(childSource(connection, child).record.name))
      .map((child): SpdEntry => ({ ...protectEntry(connection, child, input), selectors: [] })),
  );
  return {
    name: input.name,
    addresses: input.addresses && input.addresses.length > 0 ? input.addresses : impliedAddresses(connections),
    spd: [...mergeEntries(sorted), ...idle, defaultEntry],
    forwardSpd: [],
    forwardsBySpd: true,
    pad: peers.flatMap(({ pad }) => pad),
    ikePolicies: peers.flatMap(({ policies: list }) => list),
    padSearch: 'first-match',
    peerProfile: { value: 'strongswan', origin: { kind: 'builtin', what: 'swanctl.conf is strongSwan’s' } },
    productVersion: version,
    sharedSecrets: input.secrets,
    ...(input.settings.size > 0 ? { productSettings: input.settings } : {}),
  };
}

/** Linux lets pass what no policy selects. */
const defaultEntry: SpdEntry = {
  source: { record: { kind: 'builtin', name: 'default' } },
  selectors: everything,
  action: { kind: 'BYPASS' },
};

function isShunt(mode: string | undefined): boolean {
  return mode === 'pass' || mode === 'drop';
}

function resolved(selector: ConfiguredSelector, ranges: readonly AddressRange[]): TrafficSelector[] {
  const { protocol, ports } = selector;
  // Ports that cannot be seen stand for those of fragments: as packets go, for any.
  const seen = ports.lo > ports.hi ? { lo: 0, hi: 65535 } : ports;
  if (selector.kind === 'fixed') return [{ range: selector.range, protocol, ports: seen }];
  return ranges.map((range) => ({ range, protocol, ports: seen }));
}

interface Pair {
  readonly local: TrafficSelector;
  readonly remote: TrafficSelector;
  readonly box: Box;
}

/** Every pair of selectors of a child that makes sense. */
function selectorPairs(connection: SwanConnection, child: SwanChild, input: CompileInput): Pair[] {
  const ends = (end: 'local' | 'remote') => {
    const ranges = dynamicRanges(connection, end, input);
    const list = configuredSelectors(child, end).flatMap((selector) => resolved(selector, ranges));
    if (child.options.mode?.value !== 'transport') return list;
    // Between hosts, selectors shrink to the addresses of the ends (get_traffic_selectors).
    return list.flatMap((selector) =>
      ranges.flatMap((range) =>
        rangesIntersect(range, selector.range) ? [{ ...selector, range: overlap(range, selector.range) }] : [],
      ),
    );
  };
  const remotes = ends('remote');
  return ends('local').flatMap((local) =>
    remotes.flatMap((remote) => {
      const box = selectorBox(local, remote);
      return box ? [{ local, remote, box }] : [];
    }),
  );
}

function overlap(a: AddressRange, b: AddressRange): AddressRange {
  return {
    family: a.family,
    first: a.first < b.first ? b.first : a.first,
    last: a.last < b.last ? a.last : b.last,
  };
}

/** All packets that a child is for. */
export function childRegion(connection: SwanConnection, child: SwanChild, input: CompileInput): Region {
  return selectorPairs(connection, child, input).map(({ box }) => box);
}

function protectEntry(connection: SwanConnection, child: SwanChild, input: CompileInput): SpdEntry {
  const selectors = childRegion(connection, child, input);
  const template: SaTemplate = childTemplate(connection, child, selectors, input);
  return {
    source: childSource(connection, child),
    selectors,
    action: { kind: 'PROTECT', bundle: [template], populateFromPacket: false, fallbackToClear: false },
  };
}

function childPolicies(connection: SwanConnection, child: SwanChild, input: CompileInput): Policy[] {
  const { mode, policies, priority, interface: on } = child.options;
  const kind: PolicyClass = mode?.value === 'pass' ? 'pass' : mode?.value === 'drop' ? 'drop' : 'protect';
  if (kind === 'protect' && policies?.value === false) return [];
  const action: SpdAction =
    kind === 'pass'
      ? { kind: 'BYPASS' }
      : kind === 'drop'
        ? { kind: 'DISCARD' }
        : protectEntry(connection, child, input).action;
  const manual = priority && priority.value !== 0 ? priority : undefined;
  return selectorPairs(connection, child, input).map(({ local, remote, box }) => ({
    priority: policyPriority(kind, local, remote, {
      ...(manual ? { manual: manual.value } : {}),
      ...(on ? { hasInterface: true } : {}),
    }),
    manual,
    box,
    source: childSource(connection, child),
    action,
  }));
}

/** Policies of one child that follow each other are one entry. */
function mergeEntries(policies: readonly Policy[]): SpdEntry[] {
  const entries: { source: EntrySource; priority: Sourced<number>; selectors: Box[]; action: SpdAction }[] = [];
  for (const { priority, manual, box, source, action } of policies) {
    const last = entries.at(-1);
    if (last && last.action === action && last.priority.value === priority) {
      if (!last.selectors.some((other) => intersectBoxes(other, box) === box)) last.selectors.push(box);
      continue;
    }
    const rule = 'charon ranks policies by their selectors (kernel_netlink_ipsec.c, get_priority)';
    const origin = manual?.origin ?? { kind: 'automatic' as const, rule };
    entries.push({ source, priority: { value: priority, origin }, selectors: [box], action });
  }
  return entries;
}

/** Own addresses as far as connections tell them. */
function impliedAddresses(connections: readonly SwanConnection[]): Address[] {
  const found = new Map<string, Address>();
  for (const { options } of connections) {
    for (const spec of options.local_addrs?.value ?? []) {
      if (spec.kind !== 'range' || spec.range.first !== spec.range.last) continue;
      const address: Address = { family: spec.range.family, value: spec.range.first };
      found.set(formatAddress(address.family, address.value), address);
    }
  }
  return [...found.values()];
}
