/** From strongSwan's connections to RFC 4301's words: SPD, PAD and IKE policies that belong together by connection. */
import { type Address, anyAddress, formatAddress } from '../../model/address.js';
import type { Sourced } from '../../model/origin.js';
import { containsBox } from '../../model/selector/algebra.js';
import type { Box, Region } from '../../model/selector/box.js';
import type { EntrySource, SaTemplate, SpdAction, SpdEntry, SystemConfig } from '../../model/system-config.js';
import { kernelLists } from '../common/lists.js';
import { childTemplate } from './child.js';
import type { SwanChild, SwanConnection } from './connection.js';
import {
  type CompileInput,
  childSource,
  configuredSelectors,
  dynamicRanges,
  everyAddress,
  firstAddress,
  isWildcardTrap,
} from './ends.js';
import { agreedRegion, type SelectorPolicy, selectorPolicies } from './pairs.js';
import { padAndPolicies } from './peer.js';
import { type PolicyClass, policyPriority } from './priority.js';

/** One policy as the kernel would have it. */
interface Policy {
  readonly priority: number;
  readonly manual: Sourced<number> | undefined;
  /** The priority that charon works out, also where another is written. */
  readonly rank: number;
  /** Equal for policies that are one to the kernel: selector, mark and interface. */
  readonly key: string;
  /** It is there as soon as the file is loaded, before any negotiation. */
  readonly isLoaded: boolean;
  readonly region: Region;
  readonly notes: readonly string[];
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
  const sorted = searchOrder(policies);
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
    ...kernelLists([...mergeEntries(sorted), ...idle], true),
    pad: peers.flatMap(({ pad }) => pad),
    ikePolicies: peers.flatMap(({ policies: list }) => list),
    padSearch: 'first-match',
    peerProfile: { value: 'strongswan', origin: { kind: 'builtin', what: 'swanctl.conf is strongSwan’s' } },
    productVersion: version,
    ...(input.pools.size > 0 ? { pools: [...input.pools.values()] } : {}),
    ...(input.dataPath ? { dataPath: input.dataPath } : {}),
    sharedSecrets: input.secrets,
    ...(input.settings.size > 0 ? { productSettings: input.settings } : {}),
  };
}

/**
 * The kernel searches by priority, and among equals the one that came first. It has one policy for equal selectors: of those
 * that are installed as the file is loaded, charon lets the last one take the place of others of the same rank (add_policy).
 */
function searchOrder(policies: readonly Policy[]): readonly Policy[] {
  const installed = new Map<string, Policy>();
  const replaced: Policy[] = [];
  for (const [place, policy] of policies.entries()) {
    const key = policy.isLoaded ? `${policy.key} ${policy.priority}` : String(place);
    const earlier = installed.get(key);
    if (earlier && earlier.rank >= policy.rank) {
      installed.delete(key);
      replaced.push(earlier);
    } else if (earlier) {
      replaced.push(policy);
      continue;
    }
    installed.set(key, policy);
  }
  return [...installed.values(), ...replaced].sort((a, b) => a.priority - b.priority);
}

function isShunt(mode: string | undefined): boolean {
  return mode === 'pass' || mode === 'drop';
}

/** Every pair of selectors of a child that the kernel gets a policy for. */
function selectorPairs(connection: SwanConnection, child: SwanChild, input: CompileInput): readonly SelectorPolicy[] {
  const { mode } = child.options;
  const lists = { local: configuredSelectors(child, 'local'), remote: configuredSelectors(child, 'remote') };
  // Shunts know no peer: what is dynamic in them is any address (install_shunt_policy).
  if (isShunt(mode?.value)) return selectorPolicies(lists, { local: everyAddress, remote: everyAddress }, false);
  // So is it for packets to any peer, of IPv4.
  if (isWildcardTrap(connection, child))
    return selectorPolicies(lists, { local: [anyAddress(4)], remote: [anyAddress(4)] }, false);
  const ranges = {
    local: dynamicRanges(connection, 'local', input),
    remote: dynamicRanges(connection, 'remote', input),
  };
  return selectorPolicies(lists, ranges, mode?.value === 'transport');
}

function protectEntry(
  connection: SwanConnection,
  child: SwanChild,
  input: CompileInput,
  pairs = selectorPairs(connection, child, input),
): SpdEntry {
  const selectors = agreedRegion(pairs);
  const isExact = pairs.every(({ kernel }) => kernel.notes.length === 0);
  const template: SaTemplate = {
    ...childTemplate(connection, child, selectors, input),
    ...(isExact ? {} : { carries: pairs.flatMap(({ kernel }) => kernel.region) }),
  };
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
  if (kind !== 'protect' && !isInstalled(child)) return [];
  const pairs = selectorPairs(connection, child, input);
  const action: SpdAction =
    kind === 'pass'
      ? { kind: 'BYPASS' }
      : kind === 'drop'
        ? { kind: 'DISCARD' }
        : protectEntry(connection, child, input, pairs).action;
  const manual = priority && priority.value !== 0 ? priority : undefined;
  const { mark_out: mark, if_id_out: ifId } = child.options;
  const where = `${mark?.value.mark ?? 0} ${(ifId ?? connection.options.if_id_out)?.value ?? 0} ${on?.value ?? ''}`;
  const isLoaded =
    isInstalled(child) &&
    (kind !== 'protect' ||
      isWildcardTrap(connection, child) ||
      firstAddress(connection.options.remote_addrs?.value) !== undefined);
  return pairs.flatMap(({ kernel }): Policy[] =>
    kernel.region.length === 0
      ? []
      : [
          {
            priority: manual?.value ?? policyPriority(kind, kernel, on !== undefined),
            manual,
            rank: policyPriority(kind, kernel, on !== undefined),
            key: `${kernel.key} ${where}`,
            isLoaded,
            region: kernel.region,
            notes: kernel.notes,
            source: childSource(connection, child),
            action,
          },
        ],
  );
}

/** Shunts are installed by start_action only, or by hand (run_start_action). */
export function isInstalled(child: SwanChild): boolean {
  return child.options.start_action?.value.includes('TRAP') ?? false;
}

/** Policies of one child that follow each other are one entry. */
function mergeEntries(policies: readonly Policy[]): SpdEntry[] {
  const entries: {
    source: EntrySource;
    priority: Sourced<number>;
    selectors: Box[];
    action: SpdAction;
    notes: string[];
  }[] = [];
  for (const { priority, manual, region, notes, source, action } of policies) {
    const last = entries.at(-1);
    const isSame = last && last.action === action && last.priority.value === priority;
    const rule = 'charon ranks policies by their selectors (kernel_netlink_ipsec.c, get_priority)';
    const origin = manual?.origin ?? { kind: 'automatic' as const, rule };
    const entry = isSame
      ? last
      : { source, priority: { value: priority, origin }, selectors: [], action, notes: [] as string[] };
    if (!isSame) entries.push(entry);
    for (const box of region) if (!entry.selectors.some((other) => containsBox(other, box))) entry.selectors.push(box);
    for (const note of notes) if (!entry.notes.includes(note)) entry.notes.push(note);
  }
  return entries.map(({ notes, ...entry }) =>
    notes.length === 0 ? entry : { ...entry, notes: notes.map((note) => `the kernel’s policy ${note}`) },
  );
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
