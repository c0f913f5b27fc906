/**
 * Assertions about a policy: what must happen to a whole set of packets. They are judged exactly: an assertion holds when no
 * packet of its set is treated otherwise, and one that fails names packets and the policy that takes them.
 */
import { type Address, type AddressRange, formatAddress, formatRange } from './address.js';
import type { Packet } from './packet.js';
import { defaultBudget, intersectRegions } from './selector/algebra.js';
import type { Region } from './selector/box.js';
import { differences } from './selector/partition.js';
import { simplify } from './selector/simplify.js';
import { witnessPacket } from './selector/witness.js';
import type { Span } from './span.js';
import type { SaTemplate, SpdAction, SpdEntry } from './system-config.js';

export interface Requirement {
  readonly treatment: 'PROTECT' | 'DISCARD' | 'BYPASS';
  /** PROTECT only: each of these must hold for some SA of the bundle, whichever of its proposals is chosen. */
  readonly encryptionBits?: number;
  readonly authenticationBits?: number;
  readonly mode?: 'tunnel' | 'transport';
  readonly tunnelTo?: Address;
  /** Some SA of the bundle begins and ends at the packet's own addresses, so that no hop between them sees it in the clear. */
  readonly endToEnd?: boolean;
}

/** A requirement that a file of assertions states about one system. */
export interface StatedRequirement {
  readonly at: Span;
  /** The sentence as written. */
  readonly text: string;
  readonly system: string;
  readonly packets: Region;
  readonly requirement: Requirement;
}

/** Packets that do not get what is required, by the entry that takes them. */
export interface Violation {
  readonly entry: SpdEntry;
  /** What is wrong about that entry, in words. */
  readonly because: string;
  readonly packets: Region;
  readonly witness: Packet;
}

export type AssertionResult =
  | { readonly kind: 'holds' }
  | { readonly kind: 'violated'; readonly violations: readonly Violation[] }
  /** The question costs more than is allowed. */
  | { readonly kind: 'undecided' };

/** Judges a requirement for all packets of a region. */
export function judge(
  spd: readonly SpdEntry[],
  packets: Region,
  requirement: Requirement,
  budget = defaultBudget,
): AssertionResult {
  const reasons = new Map<SpdAction, string | undefined>();
  const because = (action: SpdAction, region: Region) => {
    if (!reasons.has(action)) reasons.set(action, shortfall(action, requirement));
    return reasons.get(action) ?? (requirement.endToEnd ? clearHop(action, region) : undefined);
  };
  const entries: { entry: SpdEntry; because: string | undefined; region: Region }[] = [];
  for (const entry of spd) {
    const region = intersectRegions(entry.selectors, packets);
    if (region.length === 0) continue;
    entries.push({ entry, because: because(entry.action, region), region });
  }
  const keyed = {
    regions: entries.map(({ region }) => region),
    keys: entries.map(({ because }) => (because === undefined ? 0 : 1)),
    noMatchKey: 0,
  };
  const result = differences(keyed, { regions: [], keys: [], noMatchKey: 0 }, { budget });
  if (result.differences.length === 0) return result.truncated ? { kind: 'undecided' } : { kind: 'holds' };
  const groups = new Map<number, Region[number][]>();
  for (const { box, beforeEntry } of result.differences) {
    const group = groups.get(beforeEntry);
    if (group) group.push(box);
    else groups.set(beforeEntry, [box]);
  }
  const violations = [...groups].map(([index, boxes]): Violation => {
    const { entry, because = '' } = entries[index]!;
    const region = simplify(boxes);
    return { entry, because, packets: region, witness: witnessPacket(region[0]!) };
  });
  return { kind: 'violated', violations };
}

/** What an action lacks of a requirement; undefined when it meets it. */
export function shortfall(action: SpdAction, requirement: Requirement): string | undefined {
  if (action.kind !== requirement.treatment)
    return `it is ${{ BYPASS: 'passed in the clear', DISCARD: 'discarded', PROTECT: 'protected' }[action.kind]}`;
  if (action.kind !== 'PROTECT') return undefined;
  if (action.fallbackToClear) return 'it may fall back to clear text';
  const { encryptionBits, authenticationBits, mode, tunnelTo } = requirement;
  const { bundle } = action;
  if (mode && !bundle.some((template) => template.mode === mode)) return `it is not protected in ${mode} mode`;
  if (tunnelTo && !bundle.some((template) => template.remoteEndpoint?.value === tunnelTo.value))
    return 'it does not take that tunnel';
  if (encryptionBits !== undefined) {
    const short = bundle.map((template) => weakest(template, (proposal) => proposal.encryption, encryptionBits));
    if (short.every((name) => name !== undefined))
      return `${short.at(-1)} gives less than ${encryptionBits} bits of confidentiality`;
  }
  if (authenticationBits !== undefined) {
    const short = bundle.map((template) =>
      weakest(
        template,
        (proposal) => [...proposal.authentication, ...proposal.encryption.filter((cipher) => cipher.icvOctets)],
        authenticationBits,
      ),
    );
    if (short.every((name) => name !== undefined))
      return `${short.at(-1)} gives less than ${authenticationBits} bits of integrity`;
  }
  return undefined;
}

/** Where packets travel in the clear although an SA protects them on a part of their way; undefined when nowhere. */
export function clearHop(action: SpdAction, region: Region): string | undefined {
  if (action.kind !== 'PROTECT') return undefined;
  const hops = action.bundle.map((template) => hopOf(template, region));
  return hops.includes(undefined) ? undefined : hops[0];
}

/** The hop that an SA leaves in the clear; undefined when it reaches from end to end. */
function hopOf({ mode, localEndpoint, remoteEndpoint }: SaTemplate, region: Region): string | undefined {
  if (mode === 'transport' && !localEndpoint && !remoteEndpoint) return undefined;
  for (const side of ['remote', 'local'] as const) {
    const end = side === 'remote' ? remoteEndpoint : localEndpoint;
    if (!end) continue;
    const beyond = region.find(
      (box) => box.family !== end.family || box[side].lo !== end.value || box[side].hi !== end.value,
    );
    if (!beyond) continue;
    const { lo: first, hi: last } = beyond[side];
    return `it is in the clear between ${formatAddress(end.family, end.value)} and ${formatRange({ family: beyond.family, first, last } as AddressRange)}`;
  }
  return undefined;
}

type Strengths = readonly { readonly strengthBits: number; readonly icvOctets?: number }[];

/** The name of a proposal of the SA that falls short; undefined when all are strong enough. */
function weakest(
  template: SaTemplate,
  algorithms: (proposal: SaTemplate['proposals'][number]) => Strengths,
  bits: number,
): string | undefined {
  return template.proposals.find((proposal) => {
    const list = algorithms(proposal);
    return list.length === 0 || list.some((algorithm) => algorithm.strengthBits < bits);
  })?.name;
}
