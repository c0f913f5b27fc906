/**
 * The traffic between two systems that at least one of them protects towards the other, cut where the answer changes:
 * each flow meets one SPD entry on either side. First match counts, so what earlier entries take is not in a flow.
 */
import { type AddressValue, singleAddress } from '../address.js';
import { intersectBoxes, intersectRegions, subtractBox, subtractRegion } from '../selector/algebra.js';
import type { Box, Region } from '../selector/box.js';
import type { SaTemplate, SpdEntry } from '../system-config.js';
import { mirrorBox } from './mirror.js';
import { remoteBox, type SpdList, type SystemView } from './system-view.js';

/** One side of a flow. */
export interface FlowEnd {
  readonly view: SystemView;
  readonly list: SpdList;
  /** The entry's place in the list. */
  readonly number: number;
  readonly entry: SpdEntry;
  /** Its SAs that end at the other system, innermost first; none: it does not protect the flow towards the other system. */
  readonly templates: readonly SaTemplate[];
  /** Nobody wrote it for this traffic: the default entry, or one of the product's own. */
  readonly isFallback: boolean;
}

export interface Flow {
  readonly a: FlowEnd;
  readonly b: FlowEnd;
  /** Some of its packets in `a`'s local/remote terms: at most `flowBoxesMax` boxes. Never empty. */
  readonly region: Region;
}

export interface Flows {
  readonly flows: readonly Flow[];
  /** Entries whose traffic could not be worked out within the limits. */
  readonly undecided: readonly SpdEntry[];
}

/** Limits of one comparison of two systems. */
export const flowsMax = 2_000;
const flowBoxesMax = 64;
/** Addresses of one system that are looked at. */
const addressesMax = 1_024;
/** Entries that may overlap one box before its answer is left open. */
const overlapsMax = 1_000;

/** Finds the flows. `budget` is what one exact question may cost. */
export function findFlows(a: SystemView, b: SystemView, budget: number): Flows {
  const flows = new Map<string, { a: FlowEnd; b: FlowEnd; region: Box[] }>();
  const undecided = new Set<SpdEntry>();
  const sides = [
    { from: a, to: b, mirrored: false },
    { from: b, to: a, mirrored: true },
  ];
  for (const { from, to, mirrored } of sides) {
    for (const list of [from.host, from.forward]) {
      const towards = entriesTowards(list, to);
      if (towards.length > flowsMax) undecided.add(list.entries[towards[flowsMax]!]!);
      for (const number of towards.slice(0, flowsMax)) {
        const entry = list.entries[number]!;
        for (const { box, templates } of protectedParts(from, list, number, to)) {
          const effective = withoutEarlier(list, number, box, budget);
          if (!effective) {
            undecided.add(entry);
            continue;
          }
          const end: FlowEnd = { view: from, list, number, entry, templates, isFallback: isFallback(list, number) };
          for (const mine of effective) {
            const met = meet(to, from, mirrorBox(mine), budget);
            if (!met) {
              undecided.add(entry);
              continue;
            }
            for (const { end: other, box: theirs } of met) {
              // Seen from the first side already.
              if (mirrored && other.templates.length > 0) continue;
              const back = mirrorBox(theirs);
              const key = flowKey(mirrored ? other : end, mirrored ? end : other);
              const known = flows.get(key);
              // Entries for forwarded packets have one direction only, which says nothing of the other side's.
              const oneWay = other.list.kind === 'forward';
              const inTermsOfA = mirrored ? theirs : oneWay ? { ...back, direction: mine.direction } : back;
              if (known) {
                if (known.region.length < flowBoxesMax) known.region.push(inTermsOfA);
              } else if (flows.size >= flowsMax) undecided.add(entry);
              else
                flows.set(key, { ...(mirrored ? { a: other, b: end } : { a: end, b: other }), region: [inTermsOfA] });
            }
          }
        }
      }
    }
  }
  return { flows: [...flows.values()], undecided: [...undecided] };
}

function flowKey(a: FlowEnd, b: FlowEnd): string {
  return [a, b].map(({ list, number, templates }) => `${list.kind} ${number} ${templates.length}`).join(' | ');
}

/** Is an entry the list's last resort, or one that the product itself puts in? */
export function isFallback(list: SpdList, number: number): boolean {
  return number === list.entries.length - 1 || list.entries[number]!.source.record.kind === 'builtin';
}

/** The numbers of the entries that have an SA that may end at the other system, in order. */
function entriesTowards(list: SpdList, to: SystemView): readonly number[] {
  if (!list.protects) return [];
  const found = new Set<number>();
  for (const address of to.config.addresses.slice(0, addressesMax)) {
    for (const number of list.entriesByEndpoint(address)) found.add(number);
    const box = remoteBox(singleAddress(address));
    for (const number of list.index.overlaps(box, {
      accept: (entry) => list.followsPacket(entry),
      limit: flowsMax + 1,
    }))
      found.add(number);
  }
  return [...found].sort((left, right) => left - right);
}

interface ProtectedPart {
  readonly box: Box;
  readonly templates: readonly SaTemplate[];
}

/** What an entry protects towards another system: SAs that follow the packet end there only for its own addresses. */
function protectedParts(from: SystemView, list: SpdList, number: number, to: SystemView): ProtectedPart[] {
  const { action, selectors } = list.entries[number]!;
  if (action.kind !== 'PROTECT') return [];
  let region: Region = selectors;
  for (const template of action.bundle)
    if (template.selectors !== selectors) region = intersectRegions(region, template.selectors);
  return region.flatMap((box) => splitByTemplates(box, action.bundle, from, list, to));
}

function splitByTemplates(
  box: Box,
  bundle: readonly SaTemplate[],
  from: SystemView,
  list: SpdList,
  to: SystemView,
): ProtectedPart[] {
  const written = bundle.filter((template) => template.remoteEndpoint && to.isOwn(template.remoteEndpoint));
  const all = bundle.filter((template) => !template.remoteEndpoint || to.isOwn(template.remoteEndpoint));
  const parts: ProtectedPart[] = [];
  let rest: Region = [box];
  if (all.length > written.length) {
    const reached = ownParts(box, 'remote', to);
    const hosts = from.config.addresses.length > 0 && list.kind === 'host';
    const own = hosts ? reached.flatMap((part) => ownParts(part, 'local', from)) : reached;
    for (const part of own) parts.push({ box: part, templates: all });
    for (const part of reached) rest = rest.flatMap((piece) => subtractBox(piece, part));
  }
  if (written.length > 0) for (const part of rest) parts.push({ box: part, templates: written });
  return parts;
}

/** The parts of a box whose local or remote address is one of a system's own. */
function ownParts(box: Box, dimension: 'local' | 'remote', { config }: SystemView): Box[] {
  const { lo, hi }: { lo: AddressValue; hi: AddressValue } = box[dimension];
  return config.addresses
    .slice(0, addressesMax)
    .filter(({ family, value }) => family === box.family && lo <= value && value <= hi)
    .map(({ value }) => ({ ...box, [dimension]: { lo: value, hi: value } }));
}

/** What earlier entries leave of a box; undefined when it costs too much. */
function withoutEarlier(list: SpdList, number: number, box: Box, budget: number): Region | undefined {
  const earlier = list.index.overlaps(box, { to: number, limit: overlapsMax + 1 });
  if (earlier.length > overlapsMax) return undefined;
  return subtractRegion(
    [box],
    earlier.flatMap((entry) => list.entries[entry]!.selectors),
    budget,
  );
}

interface Meeting {
  readonly end: FlowEnd;
  /** In the terms of the system that is asked. */
  readonly box: Box;
}

/**
 * The entries of a system that take the packets of a box (in its terms), first match. Packets for its own addresses are
 * looked up as a host's, others as forwarded ones, and where the first list has only its default for them, in the other.
 */
function meet(view: SystemView, peer: SystemView, box: Box, budget: number): Meeting[] | undefined {
  const isHost = box.local.lo === box.local.hi && view.isOwn({ family: box.family, value: box.local.lo });
  const lists = isHost || !view.forward.protects ? [view.host, view.forward] : [view.forward, view.host];
  const found: Meeting[] = [];
  let rest: Region = [box];
  for (const list of lists) {
    const next: Box[] = [];
    for (const piece of rest) {
      const left = partition(view, list, peer, piece, found, budget);
      if (!left) return undefined;
      next.push(...left);
    }
    rest = next;
  }
  // What is left falls through to the default of the first list.
  const list = lists[0]!;
  const number = list.entries.length - 1;
  const entry = list.entries[number];
  if (entry) {
    const end = { view, list, number, entry, templates: [], isFallback: true };
    for (const piece of rest) found.push({ end, box: piece });
  }
  return found;
}

/** Adds what the entries of a list take of a box, and returns what is left for its fallbacks. */
function partition(
  view: SystemView,
  list: SpdList,
  peer: SystemView,
  box: Box,
  found: Meeting[],
  budget: number,
): Region | undefined {
  // Entries for forwarded packets are written for one direction, and answer for the returning packets.
  const asked = list.kind === 'forward' ? { ...box, direction: { lo: 0, hi: 0 } } : box;
  const numbers = list.index.overlaps(asked, {
    accept: (number) => !isFallback(list, number),
    limit: overlapsMax + 1,
  });
  if (numbers.length > overlapsMax) return undefined;
  let rest: Region = [asked];
  let steps = 0;
  for (const number of numbers) {
    const entry = list.entries[number]!;
    for (const selector of entry.selectors) {
      steps += rest.length;
      if (steps > budget) return undefined;
      for (const piece of rest) {
        const taken = intersectBoxes(piece, selector);
        if (taken) for (const part of partsOf(view, list, number, peer, taken)) found.push(part);
      }
      rest = rest.flatMap((piece) => subtractBox(piece, selector));
    }
    if (rest.length === 0) break;
  }
  return rest.map((piece) => ({ ...piece, direction: box.direction }));
}

/** A box of one entry, cut by which of the entry's SAs end at the peer. */
function partsOf(view: SystemView, list: SpdList, number: number, peer: SystemView, box: Box): Meeting[] {
  const entry = list.entries[number]!;
  const end = (templates: readonly SaTemplate[]): FlowEnd => ({
    view,
    list,
    number,
    entry,
    templates,
    isFallback: isFallback(list, number),
  });
  if (entry.action.kind !== 'PROTECT') return [{ end: end([]), box }];
  const parts = splitByTemplates(box, entry.action.bundle, view, list, peer);
  const rest = subtractRegion(
    [box],
    parts.map((part) => part.box),
  );
  return [
    ...parts.map((part) => ({ end: end(part.templates), box: part.box })),
    ...(rest ?? []).map((piece) => ({ end: end([]), box: piece })),
  ];
}
