/**
 * The SPD as lists of rules, one list for each direction of the kernel, first match first. Here it is decided what becomes of
 * tunnel filters, marks and XFRM interfaces, and of packets that the host forwards; how packets are matched is for others.
 */
import { type Address, type Family, firstAddress } from '../../model/address.js';
import type { DefaultAction, PolicyDirection } from '../../model/host-state.js';
import { hasPorts } from '../../model/packet.js';
import { containsBox, intersectRegions, isRegionCovered } from '../../model/selector/algebra.js';
import { anyPort, type Box, fullBox, type Region } from '../../model/selector/box.js';
import { buildSpdIndex } from '../../model/selector/spd-index.js';
import type { EntrySource, SaTemplate, SpdAction, SpdEntry, SystemConfig } from '../../model/system-config.js';
import { type Refusal, sourceName } from './refusal.js';

type Protect = Extract<SpdAction, { kind: 'PROTECT' }>;

/** What becomes of the packets of a rule. */
export type Verdict =
  | { readonly kind: 'allow' }
  /** With an interface: only what comes by it. */
  | { readonly kind: 'block'; readonly ifId?: number }
  | { readonly kind: 'protect'; readonly bundle: readonly SaTemplate[]; readonly mark: number; readonly ifId: number };

export interface Rule {
  /** Names its place in the order, the same for all directions of one entry. Rules of one place never disagree. */
  readonly place: string;
  readonly source: EntrySource;
  /** Boxes in local/remote terms; their direction, 0 in all, does not matter any more. */
  readonly region: Region;
  readonly verdict: Verdict;
  /** The device that the packets must leave by; any one when absent. */
  readonly interfaceIndex?: number;
  /** For everything that nothing else takes: its priority is the last one. */
  readonly isDefault: boolean;
}

export interface RuleLists {
  readonly lists: Readonly<Record<PolicyDirection, readonly Rule[]>>;
  /** The places of all rules in their order, which is one for all directions. */
  readonly places: readonly string[];
  readonly refusals: readonly Refusal[];
  readonly notes: readonly string[];
}

/** What the host is, besides its records. */
export interface HostFacts {
  /** All addresses that it has. */
  readonly addresses: readonly Address[];
  readonly forwards: boolean;
  /** What the kernel does with packets that no policy takes. */
  readonly defaults: Readonly<Record<PolicyDirection, DefaultAction>>;
  /** XFRM interfaces: number of the device by if_id. None are known when absent. */
  readonly interfaces?: ReadonlyMap<number, number>;
}

const block: Verdict = { kind: 'block' };
const allow: Verdict = { kind: 'allow' };
const builtin = (name: string): EntrySource => ({ record: { kind: 'builtin', name } });

/** Makes the lists. `in` and `out` end with a rule for everything; `fwd` may end without, where all may pass. */
export function ruleLists(config: SystemConfig, host: HostFacts): RuleLists {
  const refusals: Refusal[] = [];
  const notes: string[] = [];
  const nameOf = placeNames();
  const own = entriesOf(config.spd, 'host', nameOf);
  const forwarded = isTrivial(config.forwardSpd) ? undefined : entriesOf(config.forwardSpd, 'forward', nameOf);
  for (const { entry } of [...own, ...(forwarded ?? [])]) refusals.push(...refuse(entry));
  const outOwn = byInterface(
    own.flatMap((placed) => rulesOf(placed, 'outbound')),
    host,
  );
  const lists: Record<PolicyDirection, readonly Rule[]> = {
    in: withinInterfaces(own.flatMap((placed) => rulesOf(placed, 'inbound'))),
    out: outOwn,
    fwd: none,
  };
  if (forwarded) {
    const addresses = ownAddresses(config, host);
    // Packets of the host itself are told by their source from those that it forwards, which meet the same list.
    lists.out = [
      ...outOwn.map((rule) => ({ ...rule, region: intersectRegions(rule.region, addresses), isDefault: false })),
      ...byInterface(
        forwarded.flatMap((placed) => rulesOf(placed, 'outbound', true).map(withFragments)),
        host,
      ),
    ];
    lists.fwd = withinInterfaces(forwarded.flatMap((placed) => arrivalRules(placed).map(withFragments)));
    notes.push('policies of the host itself are tied to the addresses that it has now: apply again when they change');
  } else if (host.forwards) {
    notes.push('this host forwards: packets that it forwards meet the policies of host records on their way out');
  }
  notes.push(...conditionNotes([...lists.out, ...lists.fwd], host));
  const places = [...own, ...(forwarded ?? [])].flatMap(({ place }) => [place, leavingOf(place), restOf(place)]);
  places.push(interfacesPlace);
  return { lists, places, refusals, notes };
}

/** Records that are told so by name; what there is more of is counted. */
const conditionNotesMax = 10;

/** What somebody else on the host must do, without which marks and interfaces of records let nothing through. */
function conditionNotes(rules: readonly Rule[], { interfaces }: HostFacts): readonly string[] {
  const notes = new Set<string>();
  for (const { verdict, source, region } of rules) {
    if (verdict.kind !== 'protect') continue;
    const { mark, ifId } = verdict;
    const name = sourceName(source);
    if (ifId !== 0) {
      notes.add(
        interfaces?.has(ifId)
          ? `${name} works through XFRM interface ${ifId} only, and drops what goes another way: routes must lead there; apply again when the interface is made anew`
          : `${name} works through XFRM interface ${ifId} only, which this host has not: its packets are dropped until there is one and this is applied again: ip link add ipsec${ifId} type xfrm dev DEVICE if_id ${ifId}, and routes by it`,
      );
    }
    if (interfaces?.has(ifId) && region.some(({ family }) => family === 6)) {
      notes.add(
        `of IPv6 that this host itself sends, ${name} lets only through what is bound to XFRM interface ${ifId}: the kernel looks for a policy before it knows by which device such a packet leaves`,
      );
    }
    if (mark !== 0) {
      notes.add(
        `${name} is for packets with mark ${mark} only, and drops the others: the firewall must set it, also on what comes in protected`,
      );
    }
  }
  const shown = [...notes].slice(0, conditionNotesMax);
  return notes.size > shown.length
    ? [...shown, `and ${notes.size - shown.length} more with marks or interfaces`]
    : shown;
}

function restOf(place: string): string {
  return `${place} rest`;
}

function leavingOf(place: string): string {
  return `${place} leaving`;
}

const none: readonly Rule[] = [];
const interfacesPlace = 'interfaces rest';

/**
 * A packet that leaves by an XFRM interface is looked up twice: with its route, as if it left in the clear by that device, and by the interface,
 * among the policies that have its if_id. So what drops packets that go another way must let these pass.
 */
function byInterface(rules: readonly Rule[], { interfaces }: HostFacts): readonly Rule[] {
  return rules.flatMap((rule) => {
    const interfaceIndex = rule.verdict.kind === 'protect' ? interfaces?.get(rule.verdict.ifId) : undefined;
    return interfaceIndex === undefined
      ? [rule]
      : [rule, { ...rule, place: leavingOf(rule.place), verdict: allow, interfaceIndex }];
  });
}

/**
 * What comes by an XFRM interface meets only policies that have its if_id. There the order of the SPD holds too: what an earlier entry selects is
 * not for this interface, and neither is what no entry selects.
 */
function withinInterfaces(rules: readonly Rule[]): readonly Rule[] {
  const ids = new Set(rules.map(ifIdOf).filter((ifId) => ifId !== 0));
  if (ids.size === 0) return rules;
  const index = buildSpdIndex(rules.map((rule) => (ifIdOf(rule) === 0 ? [] : rule.region)));
  const made = rules.flatMap((rule, at) => {
    const later = rule.region.flatMap((box) => index.overlaps(box, { from: at + 1 }));
    const others = new Set(later.map((entry) => ifIdOf(rules[entry]!)));
    others.delete(ifIdOf(rule));
    return [
      rule,
      ...[...others].map((ifId): Rule => ({ ...rule, isDefault: false, verdict: { kind: 'block', ifId } })),
    ];
  });
  const everything = ([4, 6] as const).map((family) => ({ ...fullBox(family), direction: someDirection }));
  const rest = [...ids].map(
    (ifId): Rule => ({
      place: interfacesPlace,
      source: builtin('discard-the-rest'),
      region: everything,
      verdict: { kind: 'block', ifId },
      isDefault: false,
    }),
  );
  return [...made.slice(0, -1), ...rest, ...made.slice(-1)];
}

function ifIdOf({ verdict }: Rule): number {
  return verdict.kind === 'protect' ? verdict.ifId : 0;
}

interface Placed {
  readonly entry: SpdEntry;
  readonly place: string;
  readonly isDefault: boolean;
}

/** RFC 4301 §4.4.1: what no entry selects is discarded, so a list that leaves something open gets an entry that says so. */
function entriesOf(
  entries: readonly SpdEntry[],
  list: 'host' | 'forward',
  nameOf: (list: string, source: EntrySource) => string,
): readonly Placed[] {
  const last = entries.at(-1);
  const isClosed = last !== undefined && takesAll(last.selectors);
  const source = builtin('discard-the-rest');
  const all: readonly SpdEntry[] = isClosed
    ? entries
    : [...entries, { source, selectors: [fullBox(4), fullBox(6)], action: { kind: 'DISCARD' } }];
  return all.map((entry, at) => ({
    entry,
    place: nameOf(list, entry.source),
    isDefault: at === all.length - 1,
  }));
}

function takesAll(region: Region): boolean {
  return ([4, 6] as const).every((family) => region.some((box) => containsBox(box, fullBox(family))));
}

function placeNames(): (list: string, source: EntrySource) => string {
  const seen = new Map<string, number>();
  return (list, { record: { kind, name } }) => {
    const base = `${list} ${kind} ${name}`;
    const count = (seen.get(base) ?? 0) + 1;
    seen.set(base, count);
    return count === 1 ? base : `${base} ${count}`;
  };
}

function isTrivial(entries: readonly SpdEntry[]): boolean {
  return entries.length === 0 || (entries.length === 1 && entries[0]!.action.kind === 'BYPASS');
}

const someDirection = { lo: 0, hi: 0 } as const;

/** The part of a region with one direction; all of it then has direction 0, so that parts of it compare. */
function directed(region: Region, direction: 0 | 1): Region {
  const part: Box[] = [];
  for (const box of region) {
    const { lo, hi } = box.direction;
    if (lo <= direction && direction <= hi) part.push({ ...box, direction: someDirection });
  }
  return part;
}

function rulesOf(
  { entry, place, isDefault }: Placed,
  direction: 'outbound' | 'inbound',
  isForwarded = false,
): readonly Rule[] {
  const region = directed(entry.selectors, direction === 'outbound' ? 0 : 1);
  if (region.length === 0) return [];
  const { source } = entry;
  switch (entry.action.kind) {
    case 'BYPASS':
      return [{ place, source, region, verdict: allow, isDefault }];
    case 'DISCARD':
      return [{ place, source, region, verdict: block, isDefault }];
    case 'PROTECT':
      return protectRules(entry, entry.action, place, region, direction, isForwarded);
  }
}

/** When a forwarded packet arrives: it must have come through what an answer to it would be sent through. */
function arrivalRules({ entry, place, isDefault }: Placed): readonly Rule[] {
  const region = directed(entry.selectors, 0);
  if (region.length === 0) return [];
  if (entry.action.kind !== 'PROTECT') return [{ source: entry.source, isDefault, place, region, verdict: allow }];
  return protectRules(entry, entry.action, place, region, 'outbound', true);
}

/**
 * What the bundle carries is protected. What is outside of a tunnel's own filters is dropped, and so are packets that a mark or an
 * XFRM interface would let past the policy: the entry says that they are to be protected.
 */
function protectRules(
  entry: SpdEntry,
  { bundle }: Protect,
  place: string,
  region: Region,
  direction: 'outbound' | 'inbound',
  isForwarded: boolean,
): readonly Rule[] {
  const wanted = direction === 'outbound' ? 0 : 1;
  let carried = region;
  for (const template of bundle) {
    const carries = template.carries ?? template.selectors;
    if (carries === entry.selectors) continue;
    carried = intersectRegions(carried, directed(carries, wanted));
  }
  const mark = bundle.find((template) => template.mark)?.mark?.value ?? 0;
  const ifId = bundle.find((template) => template.ifId)?.ifId?.value ?? 0;
  const base = { source: entry.source, isDefault: false };
  const rules: Rule[] = [];
  if (carried.length > 0)
    rules.push({ ...base, place, region: carried, verdict: { kind: 'protect', bundle, mark, ifId } });
  const isWhole = carried === region || isRegionCovered(region, carried).kind === 'covered';
  if (mark !== 0 || ifId !== 0 || !isWhole || (isForwarded && region.some(hasSomePorts)))
    rules.push({ ...base, place: restOf(place), region, verdict: block });
  return rules;
}

/**
 * Fragments of packets that are forwarded look to the kernel like packets from port 0 to port 0. They may be meant for a rule that
 * names ports, so where that one blocks, they are blocked with its packets (RFC 4301 §7). `protectRules` adds such a rule.
 */
function withFragments(rule: Rule): Rule {
  if (rule.verdict.kind !== 'block') return rule;
  const fragments = rule.region.filter(hasSomePorts).map((box) => ({ ...box, x: portZero, y: portZero }));
  return fragments.length === 0 ? rule : { ...rule, region: [...rule.region, ...fragments] };
}

const portZero = { lo: 0, hi: 0 } as const;

function hasSomePorts({ protocol, x, y }: Box): boolean {
  if (protocol.lo !== protocol.hi || !hasPorts(protocol.lo)) return false;
  return x.lo !== anyPort.lo || x.hi !== anyPort.hi || y.lo !== anyPort.lo || y.hi !== anyPort.hi;
}

/** What no kernel can do, whatever its version. */
function refuse(entry: SpdEntry): readonly Refusal[] {
  const { action, source } = entry;
  if (action.kind !== 'PROTECT') return [];
  const refusals: Refusal[] = [];
  if (action.fallbackToClear) {
    refusals.push({
      source,
      message: `${sourceName(source)} falls back to clear text when IKE fails: in the kernel packets would go in the clear while IKE is still at work`,
      help: 'take FALLBACK_TO_CLEAR out of -flags, or let the packets pass with -action PASS',
    });
  }
  for (const what of ['mark', 'ifId'] as const) {
    const values = new Set(action.bundle.flatMap((template) => template[what]?.value ?? []));
    if (values.size > 1) {
      const argument = what === 'mark' ? '-mark' : '-if_id';
      refusals.push({
        source,
        message: `${sourceName(source)} and its tunnel have different values of ${argument}, and a policy of the kernel has one`,
        help: `write one value of ${argument}`,
      });
    }
  }
  return refusals;
}

/** Boxes for packets whose local address is one of the host's own, or none yet (while it looks for an address). */
function ownAddresses(config: SystemConfig, host: HostFacts): Region {
  // Those of the records as well: at boot the policies are there before the addresses.
  const known = [...host.addresses, ...config.addresses];
  const boxes = new Map<string, Box>();
  const add = (family: Family, value: Address['value']) =>
    boxes.set(`${family} ${value}`, {
      ...fullBox(family),
      direction: someDirection,
      local: { lo: value, hi: value },
    });
  for (const family of [4, 6] as const) add(family, firstAddress(family));
  for (const { family, value } of known) add(family, value);
  return [...boxes.values()];
}
