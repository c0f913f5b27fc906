/** Which SAs lie in which: the path of the packets of each policy that protects something, and where each SA on it ends. */
import { entryFor } from '../../lint/tunnel-paths.js';
import type { Address } from '../../model/address.js';
import { protocolNumbers } from '../../model/packet.js';
import { type SystemView, systemView } from '../../model/peer/system-view.js';
import { intersectRegions } from '../../model/selector/algebra.js';
import { formatBox } from '../../model/selector/format-box.js';
import type { SaTemplate, SpdEntry } from '../../model/system-config.js';
import type { NestingFlow, NestingPicture, NestingStop } from '../../report/graph/picture.js';
import type { NegotiatingSystem } from '../negotiate/systems.js';
import { recordName, recordPlace } from '../negotiate/view.js';
import {
  type Addresses,
  addressesText,
  callersOf,
  isOwn,
  type Owners,
  outsideKind,
  ownersOf,
  proposalsText,
  systemKind,
} from './owners.js';

export interface NestingOptions {
  /** Paths that are shown; the rest is counted. */
  readonly flowsMax: number;
}

/** Gateways on the way that put a packet into tunnels of their own, one within the other. */
const gatewaysMax = 4;

interface DraftSa {
  readonly template: SaTemplate;
  readonly system: NegotiatingSystem;
  readonly from: NestingStop;
  readonly to: NestingStop;
}

/** A path while it is made: stops are told apart by identity. */
interface Draft {
  readonly stops: NestingStop[];
  readonly sas: DraftSa[];
}

/** The paths of all policies of the systems. Two policies that are each other's other end make one path. */
export function nestingOf(systems: readonly NegotiatingSystem[], { flowsMax }: NestingOptions): NestingPicture {
  const owners = ownersOf(systems);
  const callers = callersOf(systems, owners);
  const gateways = systems
    .map((system) => ({ system, view: systemView(system.config) }))
    .filter(({ system, view }) => view.forward.protects || system.config.forwardsBySpd);
  const flows = new Map<string, NestingFlow>();
  let leftOut = 0;
  for (const system of systems) {
    for (const entry of [...system.config.spd, ...system.config.forwardSpd]) {
      if (entry.action.kind !== 'PROTECT' || entry.selectors.length === 0) continue;
      // Alone, a system has no other end that would see the same path.
      if (flows.size >= flowsMax && systems.length === 1) {
        leftOut += 1;
        continue;
      }
      const draft = pathOf(system, entry, entry.action.bundle, owners, callers);
      throughGateways(draft, gateways, owners);
      const flow = finish(system, entry, draft);
      const mirrored = flows.get(keyOf(mirror(flow)));
      if (mirrored && mirrored.system !== system.name) {
        const policies = [...mirrored.policies, ...flow.policies];
        flows.set(keyOf(mirrored), { ...mirrored, policies });
      } else if (flows.size < flowsMax) flows.set(keyOf(flow), flow);
      else leftOut += 1;
    }
  }
  return {
    kind: 'nesting',
    flows: [...flows.values()],
    notes: leftOut > 0 ? [`${leftOut} more policies protect something: choose a system with --host`] : [],
  };
}

function pathOf(
  system: NegotiatingSystem,
  entry: SpdEntry,
  bundle: readonly SaTemplate[],
  owners: Owners,
  callers: ReturnType<typeof callersOf>,
): Draft {
  const [innermost] = bundle;
  const carried = innermost ? intersectRegions(innermost.selectors, entry.selectors) : [];
  const region = carried.length > 0 ? carried : entry.selectors;
  const own = stopOfSystem(system);
  const locals = region.map(({ family, local }): Addresses => ({ family, ...local }));
  const isFromOthers = locals.some((local) => !isOwn(system, local));
  const destination = stopOf(
    region.map(({ family, remote }): Addresses => ({ family, ...remote })),
    owners,
  );
  const ends: NestingStop[] = [destination];
  const sas: DraftSa[] = [];
  let current = destination;
  for (const template of bundle) {
    const { remoteEndpoint: end } = template;
    const [caller] = end || template.mode === 'transport' ? [] : callers(system, region);
    if (end || caller) {
      const stop = end ? stopOf([{ family: end.family, lo: end.value, hi: end.value }], owners) : stopOfSystem(caller!);
      const known = ends.find(({ name }) => name === stop.name);
      if (!known) ends.unshift(stop);
      current = known ?? stop;
    }
    sas.push({ template, system, from: own, to: current });
  }
  // In transport mode the packets are the system's own, whatever range of addresses its policy is written for.
  const isForwarded = isFromOthers && bundle.some(({ mode }) => mode === 'tunnel');
  return { stops: [...(isForwarded ? [stopOf(locals, owners)] : []), own, ...ends], sas };
}

/** Adds the tunnels of gateways of the repository that what leaves the system goes through. */
function throughGateways(
  { stops, sas }: Draft,
  gateways: readonly { readonly system: NegotiatingSystem; readonly view: SystemView }[],
  owners: Owners,
): void {
  for (let count = 0; count < gatewaysMax; count += 1) {
    const outer = sas.at(-1);
    const ends = outer && endsOf(outer);
    if (!outer || !ends) return;
    const { family } = ends.local;
    const protocol = outer.template.proposals[0]?.protocol === 'AH' ? protocolNumbers.AH : protocolNumbers.ESP;
    const packet = {
      family,
      direction: 'outbound',
      local: ends.local.value,
      remote: ends.remote.value,
      protocol,
    } as const;
    const found = gateways.flatMap(({ system, view }) => {
      if (view.isOwn(ends.local) || view.isOwn(ends.remote) || stops.some(({ name }) => name === system.name))
        return [];
      const action = entryFor(view, packet)?.action;
      const tunnels = action?.kind === 'PROTECT' ? action.bundle.filter(({ mode }) => mode === 'tunnel') : [];
      return tunnels.length > 0 ? [{ system, tunnels }] : [];
    })[0];
    if (!found) return;
    const from = stopOfSystem(found.system);
    const far: NestingStop[] = [];
    for (const template of found.tunnels) {
      const { remoteEndpoint: end } = template;
      if (!end) return;
      const stop = stopOf([{ family: end.family, lo: end.value, hi: end.value }], owners);
      const known = [...stops, ...far].find(({ name }) => name === stop.name);
      if (!known) far.unshift(stop);
      sas.push({ template, system: found.system, from, to: known ?? stop });
    }
    stops.splice(stops.indexOf(outer.to), 0, from, ...far);
  }
}

/** The addresses on the outside of an SA's packets, where they are single ones. */
function endsOf({ template, system }: DraftSa): { readonly local: Address; readonly remote: Address } | undefined {
  const [box] = template.selectors;
  const remote =
    template.remoteEndpoint ??
    (box && box.remote.lo === box.remote.hi ? { family: box.family, value: box.remote.lo } : undefined);
  const local =
    template.localEndpoint ??
    system.config.addresses.find(
      ({ family, value }) =>
        family === remote?.family &&
        (template.mode === 'tunnel' || (box && box.local.lo <= value && value <= box.local.hi)),
    );
  return local && remote ? { local, remote } : undefined;
}

function finish(system: NegotiatingSystem, entry: SpdEntry, { stops, sas }: Draft): NestingFlow {
  const [box, ...more] = entry.selectors;
  const spans = sas.map(({ template, system: of, from, to }) => ({
    mode: template.mode,
    label: proposalsText(template),
    from: stops.indexOf(from),
    to: stops.indexOf(to),
    record: recordPlace(of.name, template.source),
  }));
  return {
    system: system.name,
    policy: recordName(entry.source),
    policies: [recordPlace(system.name, entry.source)],
    traffic: `${box ? formatBox(box) : 'nothing'}${more.length > 0 ? ` and ${more.length} more` : ''}`,
    stops,
    sas: spans,
    clear: clearStretches(stops.length, spans),
  };
}

/** Stretches that no SA spans, neighbours joined. */
function clearStretches(
  stops: number,
  sas: readonly { readonly from: number; readonly to: number }[],
): [number, number][] {
  const clear: [number, number][] = [];
  for (let at = 0; at + 1 < stops; at += 1) {
    if (sas.some(({ from, to }) => from <= at && at + 1 <= to)) continue;
    const last = clear.at(-1);
    if (last?.[1] === at) last[1] = at + 1;
    else clear.push([at, at + 1]);
  }
  return clear;
}

function stopOfSystem(system: NegotiatingSystem): NestingStop {
  return { kind: systemKind(system), name: system.name, details: [] };
}

/** A system whose address it is, else the addresses themselves. */
function stopOf(addresses: readonly Addresses[], owners: Owners): NestingStop {
  const texts = [...new Set(addresses.map(addressesText))];
  const [first] = addresses;
  const owner = first && first.lo === first.hi ? owners.ownerOf({ family: first.family, value: first.lo }) : undefined;
  if (owner && addresses.every((each) => isOwn(owner, each)))
    return { ...stopOfSystem(owner), details: texts.slice(0, 1) };
  const more = texts.length > 1 ? [`and ${texts.length - 1} more`] : [];
  return { kind: first ? outsideKind(first) : 'network', name: texts[0] ?? 'nothing', details: more };
}

/** Paths of one key are the same from the same end. */
function keyOf({ stops, sas }: Pick<NestingFlow, 'stops' | 'sas'>): string {
  const spans = sas.map(({ mode, from, to }) => `${mode} ${from}-${to}`).sort();
  return [...stops.map(({ name }) => name), ...spans].join('\n');
}

function mirror({ stops, sas }: NestingFlow): Pick<NestingFlow, 'stops' | 'sas'> {
  const last = stops.length - 1;
  return { stops: [...stops].reverse(), sas: sas.map((sa) => ({ ...sa, from: last - sa.to, to: last - sa.from })) };
}
