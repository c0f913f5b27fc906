/** Which negotiations a dry run of two systems consists of: for each flow, each system that protects it as the initiator. */

import type { Sending } from '../../engine/sim/negotiation.js';
import { formatAddress } from '../../model/address.js';
import { hasPorts, type Packet } from '../../model/packet.js';
import { analysePair, type PairAnalysis, startingPacket } from '../../model/peer/analysis.js';
import type { Flow } from '../../model/peer/flows.js';
import { mirrorBox, mirrorPacket } from '../../model/peer/mirror.js';
import type { Walk } from '../../model/peer/steps.js';
import { type SystemView, systemView } from '../../model/peer/system-view.js';
import { contains, ephemeralPort } from '../../model/selector/witness.js';
import type { SpdEntry } from '../../model/system-config.js';
import { UsageError } from '../../model/tool-error.js';
import type { NegotiatingSystem } from './systems.js';
import { withVirtualAddresses } from './virtual-packets.js';

export type Side = 'a' | 'b';

export interface PlannedRun {
  readonly initiator: Side;
  /** Outbound, in the initiator's terms. */
  readonly packet: Packet;
  readonly how: { readonly initiator: Sending; readonly responder: Sending };
  /** The policies that the packet meets. */
  readonly entries: { readonly initiator?: SpdEntry; readonly responder?: SpdEntry };
  /** What the records alone say of it. */
  readonly walks: readonly Walk[];
}

export interface RunPlan {
  readonly analysis: PairAnalysis;
  readonly runs: readonly PlannedRun[];
  readonly notes: readonly string[];
}

export interface PlanOptions {
  readonly initiators: readonly Side[];
  /** One packet instead of one of each flow: outbound, in its sender's terms. */
  readonly packet?: Packet;
  readonly runsMax?: number;
}

/** Runs of one pair, unless told. */
export const runsMaxDefault = 64;

export function planRuns(a: NegotiatingSystem, b: NegotiatingSystem, options: PlanOptions): RunPlan {
  const analysis = analyse(a, b);
  const runs = options.packet
    ? packetRuns(analysis, withPorts(options.packet), options.initiators)
    : withVirtualAddresses(analysis.flows.flatMap((flow) => flowRuns(flow, analysis.walks, options.initiators)));
  const max = options.runsMax ?? runsMaxDefault;
  const notes: string[] = [];
  if (runs.length > max)
    notes.push(`${runs.length - max} more negotiations are like these or were left out: choose a packet with --packet`);
  if (analysis.undecided.length > 0)
    notes.push(`the traffic of ${analysis.undecided.length} policies could not be worked out within the limits`);
  for (const { name, config } of [a, b])
    if (config.addresses.length === 0)
      notes.push(`the addresses of ${name} are not known: an inventory would tell them`);
  return { analysis, runs: runs.slice(0, max), notes };
}

/** What the records of two systems say, with the preferences of their products. */
export function analyse(a: NegotiatingSystem, b: NegotiatingSystem): PairAnalysis {
  return analysePair(systemView(a.config), systemView(b.config), {
    preference: { a: a.profile.proposalPreference.value, b: b.profile.proposalPreference.value },
    pfsAcceptsAny: { a: a.profile.pfsAcceptsAny.value, b: b.profile.pfsAcceptsAny.value },
    behindNat: { a: isBehindNat(a), b: isBehindNat(b) },
    startedByHand: true,
    seenAs: { ...(a.seenAs ? { a: a.seenAs } : {}), ...(b.seenAs ? { b: b.seenAs } : {}) },
  });
}

function isBehindNat({ seenAs, host }: NegotiatingSystem): boolean {
  return seenAs !== undefined || host?.behindNat === true;
}

function flowRuns(flow: Flow, walks: readonly Walk[], initiators: readonly Side[]): PlannedRun[] {
  return initiators.flatMap((initiator): PlannedRun[] => {
    const other = initiator === 'a' ? 'b' : 'a';
    const [mine, theirs] = [flow[initiator], flow[other]];
    if (mine.templates.length === 0) return [];
    return [
      {
        initiator,
        packet: startingPacket(flow, initiator),
        how: { initiator: sendingBy(mine.list.kind), responder: sendingBy(theirs.list.kind) },
        entries: { initiator: mine.entry, responder: theirs.entry },
        walks: walks.filter((walk) => walk.flow === flow && walk.initiator === initiator),
      },
    ];
  });
}

function sendingBy(list: 'host' | 'forward'): Sending {
  return list === 'forward' ? 'forwarded' : 'own';
}

/** The packet from its sender; and its answer from the other side, where that starts. */
function packetRuns(analysis: PairAnalysis, packet: Packet, initiators: readonly Side[]): PlannedRun[] {
  refuseStranger(analysis, packet);
  const sender = senderOf(analysis, packet);
  return initiators.map((initiator) => {
    const mine: Packet = initiator === sender ? packet : { ...mirrorPacket(packet), direction: 'outbound' };
    const [from, to] = initiator === 'a' ? [analysis.a, analysis.b] : [analysis.b, analysis.a];
    const own = findEntry(from, mine);
    const theirs = findEntry(to, mirrorPacket(mine));
    return {
      initiator,
      packet: mine,
      how: { initiator: sendingBy(own.list), responder: sendingBy(theirs.list) },
      entries: {
        ...(own.entry ? { initiator: own.entry } : {}),
        ...(theirs.entry ? { responder: theirs.entry } : {}),
      },
      walks: walksOf(analysis, initiator, mine),
    };
  });
}

/** The walks of the flow that a packet belongs to. */
export function walksOf({ walks }: PairAnalysis, initiator: Side, packet: Packet): readonly Walk[] {
  return walks.filter(({ flow, initiator: walker }) => {
    if (walker !== initiator) return false;
    const region = initiator === 'a' ? flow.region : flow.region.map(mirrorBox);
    return region.some((box) => contains({ ...box, direction: { lo: 0, hi: 1 } }, packet));
  });
}

/** Port 0 stands for none that was said: a client's and a server's, as in packets that are chosen here. */
function withPorts(packet: Packet): Packet {
  if (!hasPorts(packet.protocol)) return packet;
  return { ...packet, localPort: packet.localPort || ephemeralPort, remotePort: packet.remotePort || httpsPort };
}

const httpsPort = 443;

/** A packet that neither end belongs to says nothing about the two systems. */
function refuseStranger({ a, b }: PairAnalysis, { family, local, remote }: Packet): void {
  const isNear = (view: SystemView, value: Packet['local']): boolean =>
    view.isOwn({ family, value }) || isBehind(view, family, value);
  if ([a, b].some((view) => isNear(view, local) || isNear(view, remote))) return;
  const own = [a, b].map(({ config }) => {
    const addresses = config.addresses.slice(0, 4).map((address) => formatAddress(address.family, address.value));
    return `${config.name} has ${addresses.join(', ') || 'no address that is known'}`;
  });
  throw new UsageError(
    `neither end of the packet, ${formatAddress(family, local)} and ${formatAddress(family, remote)}, belongs to ${a.config.name} or ${b.config.name}`,
    { hints: [`${own.join('; ')}. Networks behind them count where their policies protect them.`] },
  );
}

/** Is the address one that the system protects towards somebody, as a gateway does? */
function isBehind(view: SystemView, family: Packet['family'], value: Packet['local']): boolean {
  return [view.host, view.forward].some(({ entries }) =>
    entries.some(
      ({ action, selectors }) =>
        action.kind === 'PROTECT' &&
        selectors.some((box) => box.family === family && box.local.lo <= value && value <= box.local.hi),
    ),
  );
}

/** Whose packet it is: by its source address, else by which system protects it. */
function senderOf({ a, b }: PairAnalysis, { family, local }: Packet): Side {
  const source = { family, value: local };
  if (a.isOwn(source)) return 'a';
  if (b.isOwn(source)) return 'b';
  return isBehind(a, family, local) || !isBehind(b, family, local) ? 'a' : 'b';
}

function findEntry(view: SystemView, packet: Packet): { readonly list: 'host' | 'forward'; readonly entry?: SpdEntry } {
  const isOwn = view.isOwn({ family: packet.family, value: packet.local });
  const list = !isOwn && view.forward.protects ? view.forward : view.host;
  const number = list.index.classify(list.kind === 'forward' ? { ...packet, direction: 'outbound' } : packet);
  const entry = list.entries[number];
  return { list: list.kind, ...(entry ? { entry } : {}) };
}

/** Systems by their addresses, for reports. */
export function hostFinder(
  systems: readonly { readonly name: string; readonly addresses: SystemView['config']['addresses'] }[],
): (address: string) => string {
  const owners = new Map<string, string>();
  for (const { name, addresses } of systems)
    for (const { family, value } of addresses) {
      const key = formatAddress(family, value);
      if (!owners.has(key)) owners.set(key, name);
    }
  return (address) => owners.get(address) ?? address;
}
