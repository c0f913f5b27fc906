/** Who protects what towards whom: systems, the far ends of their SAs, and what lies behind them. */
import { formatAddress } from '../../model/address.js';
import { intersectRegions } from '../../model/selector/algebra.js';
import type { Box } from '../../model/selector/box.js';
import type { SaTemplate, SpdEntry } from '../../model/system-config.js';
import type { TopologyEdge, TopologyNode, TopologyPicture } from '../../report/graph/picture.js';
import type { RecordPlace } from '../../report/negotiation/document.js';
import { analyse } from '../negotiate/plan.js';
import type { NegotiatingSystem } from '../negotiate/systems.js';
import { recordPlace } from '../negotiate/view.js';
import {
  type Addresses,
  addressesText,
  callersOf,
  isAny,
  isOwn,
  outsideKind,
  ownersOf,
  proposalsText,
  systemKind,
} from './owners.js';

/** Addresses of a system that are shown. */
const detailsMax = 4;
/** Networks that are shown behind one end. */
const behindMax = 8;
/** Systems of a range that a policy in transport mode is drawn to. */
const rangeSystemsMax = 64;
/** Records that are named for one edge. */
const recordsMax = 16;
/** Nodes that are drawn, beside the systems themselves. */
const othersMax = 500;
/** Pairs whose records are compared. */
const comparedMax = 2_000;

/** A node while it is made; `system` where it is one of those that are drawn. */
interface Place {
  readonly node: TopologyNode;
  readonly system?: NegotiatingSystem;
  /** Networks drawn behind it, and how many were not. */
  behind: number;
  leftOut: number;
  /** Far ends of its SAs that were not drawn. */
  endsLeftOut: number;
}

interface Link {
  readonly from: Place;
  readonly to: Place;
  readonly kind: TopologyEdge['kind'];
  readonly labels: Set<string>;
  readonly by: Set<NegotiatingSystem>;
  readonly records: Map<string, RecordPlace>;
}

/** The topology of systems. One that protects nothing, and that nobody protects anything towards, stands alone. */
export function topologyOf(systems: readonly NegotiatingSystem[]): TopologyPicture {
  const map = new TopologyMap(systems);
  for (const system of systems)
    for (const entry of [...system.config.spd, ...system.config.forwardSpd]) map.draw(system, entry);
  return map.picture();
}

class TopologyMap {
  readonly #places = new Map<string, Place>();
  readonly #links = new Map<string, Link>();
  readonly #owners;
  readonly #callers;
  readonly #placesMax: number;

  constructor(systems: readonly NegotiatingSystem[]) {
    this.#owners = ownersOf(systems);
    this.#callers = callersOf(systems, this.#owners);
    this.#placesMax = systems.length + othersMax;
    for (const system of systems) this.#placeOfSystem(system);
  }

  picture(): TopologyPicture {
    const compare = comparer();
    const places = [...this.#places.values()];
    return {
      kind: 'topology',
      nodes: places.map(({ node }) => node),
      edges: [...this.#links.values()].map((link) => ({
        from: link.from.node.id,
        to: link.to.node.id,
        kind: link.kind,
        label: labelOf(link.labels),
        ...compare(link),
        records: [...link.records.values()],
      })),
      notes: places.flatMap(({ node, leftOut, endsLeftOut }) => [
        ...(leftOut > 0 ? [`${leftOut} more network${leftOut === 1 ? ' is' : 's are'} behind ${node.name}`] : []),
        ...(endsLeftOut > 0 ? [`${endsLeftOut} more policies of ${node.name} have ends that are not drawn`] : []),
      ]),
    };
  }

  /** Adds what one entry of a system protects. */
  draw(system: NegotiatingSystem, { action, selectors }: SpdEntry): void {
    if (action.kind !== 'PROTECT') return;
    const own = this.#placeOfSystem(system);
    if (this.#places.size >= this.#placesMax && !this.#isDrawn(action.bundle, selectors)) {
      own.endsLeftOut += 1;
      return;
    }
    let inner: Place | undefined;
    for (const template of action.bundle) {
      const carried = carriedBy(template, selectors);
      const { remoteEndpoint: end } = template;
      if (end) {
        const far = this.#placeOf({ family: end.family, lo: end.value, hi: end.value }, own);
        this.#link(own, far, system, template);
        // What an outer tunnel carries ends where the tunnel inside it does; else, where its packets go.
        if (inner) this.#lies(inner, far);
        else if (template.mode === 'tunnel')
          for (const remote of uniqueEnds(carried, 'remote')) this.#liesBehind(remote, far);
        if (template.mode === 'tunnel') inner = far;
      } else if (template.mode === 'tunnel' && this.#callers(system, carried).length > 0) {
        // Whoever comes is let in.
        for (const caller of this.#callers(system, carried)) {
          const far = this.#placeOfSystem(caller);
          this.#link(own, far, system, template);
          for (const remote of uniqueEnds(carried, 'remote')) if (!isOwn(caller, remote)) this.#liesBehind(remote, far);
        }
      } else for (const remote of uniqueEnds(carried, 'remote')) this.#linkToEach(own, remote, system, template);
      for (const local of uniqueEnds(carried, 'local')) if (!isOwn(system, local)) this.#liesBehind(local, own);
    }
  }

  /** Are the ends of a bundle there already? */
  #isDrawn(bundle: readonly SaTemplate[], selectors: readonly Box[]): boolean {
    return bundle.every((template) => {
      const { remoteEndpoint: end } = template;
      const ends = end
        ? [{ family: end.family, lo: end.value, hi: end.value }]
        : uniqueEnds(carriedBy(template, selectors), 'remote');
      return ends.every(
        ({ family, lo, hi }) =>
          this.#places.has(addressesText({ family, lo, hi })) ||
          (lo === hi && this.#owners.ownerOf({ family, value: lo })),
      );
    });
  }

  #placeOfSystem(system: NegotiatingSystem): Place {
    return this.#place(`system ${system.name}`, system, () => ({
      kind: systemKind(system),
      name: system.name,
      details: detailsOf(system),
    }));
  }

  /** A system where the addresses are one's own. "Anywhere" is not one place that everybody meets at. */
  #placeOf(addresses: Addresses, seenFrom: Place): Place {
    const { family, lo, hi } = addresses;
    const owner = lo === hi ? this.#owners.ownerOf({ family, value: lo }) : undefined;
    if (owner) return this.#placeOfSystem(owner);
    const name = addressesText(addresses);
    return this.#place(isAny(addresses) ? `${name} seen from ${seenFrom.node.id}` : name, undefined, () => ({
      kind: outsideKind(addresses),
      name,
      details: [],
    }));
  }

  #place(key: string, system: NegotiatingSystem | undefined, make: () => Omit<TopologyNode, 'id'>): Place {
    let place = this.#places.get(key);
    if (!place) {
      const node = { id: `n${this.#places.size + 1}`, ...make() };
      place = { node, behind: 0, leftOut: 0, endsLeftOut: 0, ...(system ? { system } : {}) };
      this.#places.set(key, place);
    }
    return place;
  }

  /** An SA to each system of a range, or where none is known to the range itself. */
  #linkToEach(own: Place, remote: Addresses, system: NegotiatingSystem, template: SaTemplate): void {
    const known =
      remote.lo === remote.hi ? [] : this.#owners.within(remote, rangeSystemsMax).filter((each) => each !== system);
    const ends = known.length > 0 ? known.map((each) => this.#placeOfSystem(each)) : [this.#placeOf(remote, own)];
    for (const end of ends) this.#link(own, end, system, template);
  }

  #link(from: Place, to: Place, system: NegotiatingSystem, template: SaTemplate): void {
    if (from === to) return;
    const link = this.#linkBetween(from, to, template.mode);
    link.labels.add(proposalsText(template));
    link.by.add(system);
    const record = recordPlace(system.name, template.source);
    if (link.records.size < recordsMax) link.records.set(`${record.system} ${record.kind} ${record.name}`, record);
  }

  #liesBehind(addresses: Addresses, gateway: Place): void {
    const { family, lo, hi } = addresses;
    const isKnown =
      this.#places.has(addressesText(addresses)) || (lo === hi && this.#owners.ownerOf({ family, value: lo }));
    if (gateway.behind >= behindMax && !isKnown) gateway.leftOut += 1;
    else this.#lies(this.#placeOf(addresses, gateway), gateway);
  }

  #lies(place: Place, gateway: Place): void {
    if (place === gateway || this.#links.has(linkKey(gateway, place, 'behind'))) return;
    this.#linkBetween(gateway, place, 'behind');
    gateway.behind += 1;
  }

  #linkBetween(from: Place, to: Place, kind: TopologyEdge['kind']): Link {
    const key = linkKey(from, to, kind);
    let link = this.#links.get(key);
    if (!link) {
      link = { from, to, kind, labels: new Set(), by: new Set(), records: new Map() };
      this.#links.set(key, link);
    }
    return link;
  }
}

/** The same from either end. */
function linkKey(a: Place, b: Place, kind: TopologyEdge['kind']): string {
  return `${[a.node.id, b.node.id].sort().join(' ')} ${kind}`;
}

/** What an SA carries of an entry's packets; the SA's own selectors where the two do not meet. */
function carriedBy({ selectors }: SaTemplate, entry: readonly Box[]): readonly Box[] {
  if (selectors === entry) return selectors;
  const both = intersectRegions(selectors, entry);
  return both.length > 0 ? both : selectors;
}

function uniqueEnds(region: readonly Box[], end: 'local' | 'remote'): Addresses[] {
  const found = new Map<string, Addresses>();
  for (const box of region) {
    const { lo, hi } = box[end];
    found.set(`${box.family} ${lo} ${hi}`, { family: box.family, lo, hi });
  }
  return [...found.values()];
}

function detailsOf({ config }: NegotiatingSystem): string[] {
  const texts = config.addresses.map(({ family, value }) => formatAddress(family, value));
  const more = texts.length - detailsMax;
  return more > 0 ? [...texts.slice(0, detailsMax), `and ${more} more`] : texts;
}

function labelOf(labels: ReadonlySet<string>): string {
  const [first = '', second, ...more] = labels;
  if (second === undefined) return first;
  return more.length === 0 ? `${first}, ${second}` : `${first}, ${second} and ${more.length} more`;
}

type Comparison = Pick<TopologyEdge, 'state' | 'why'>;

/** Whether both ends of a link are known, both protect it, and their records agree; each pair is looked at once. */
function comparer(): (link: Link) => Comparison {
  const known = new Map<string, Comparison>();
  return ({ from, to, kind, by }) => {
    if (kind === 'behind' || !from.system || !to.system) return { state: 'unknown' };
    if (by.size < 2) return { state: 'one-sided' };
    const key = linkKey(from, to, 'tunnel');
    let comparison = known.get(key);
    if (!comparison) {
      comparison = known.size < comparedMax ? compare(from.system, to.system) : { state: 'unknown' };
      known.set(key, comparison);
    }
    return comparison;
  };
}

function compare(a: NegotiatingSystem, b: NegotiatingSystem): Comparison {
  const { walks } = analyse(started(a), started(b));
  // That one end only answers is no disagreement.
  const failure = walks.find((walk) => walk.failure && walk.failure.kind !== 'initiate')?.failure;
  if (failure) return { state: 'disagree', why: failure.text };
  return { state: walks.length > 0 ? 'agreed' : 'unknown' };
}

/** The system as if somebody told it to start what it waits for: whether the records agree does not depend on that. */
function started(system: NegotiatingSystem): NegotiatingSystem {
  const entry = ({ action, ...rest }: SpdEntry): SpdEntry => ({
    ...rest,
    action:
      action.kind === 'PROTECT'
        ? { ...action, bundle: action.bundle.map(({ start: _, ...template }) => template) }
        : action,
  });
  const { config } = system;
  return { ...system, config: { ...config, spd: config.spd.map(entry), forwardSpd: config.forwardSpd.map(entry) } };
}
