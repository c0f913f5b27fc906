/**
 * How two systems meet: the traffic that they protect towards each other, and for each flow and initiator what a
 * negotiation would come to. It decides by the records alone, so it costs no cryptography and explains itself.
 */
import { type Address, formatAddress } from '../address.js';
import type { Packet } from '../packet.js';
import { defaultBudget } from '../selector/algebra.js';
import type { Box, Region } from '../selector/box.js';
import { naturalPacket } from '../selector/region-packet.js';
import type { SaTemplate, SpdEntry } from '../system-config.js';
import { type ChildEnd, walkChild } from './child.js';
import { hasConnections } from './connection/ike.js';
import { negotiateConnection } from './connection/negotiate.js';
import { type Flow, type FlowEnd, findFlows } from './flows.js';
import { type IkeEnd, walkIke } from './ike.js';
import { mirrorBox } from './mirror.js';
import { type IkeOutcome, nameRecord, type Step, type Walk } from './steps.js';
import type { SystemView } from './system-view.js';

export interface AnalysisOptions {
  /** What one exact question about regions may cost. */
  readonly budget?: number;
  /** Systems whose peers see another address than their own. */
  readonly behindNat?: { readonly a: boolean; readonly b: boolean };
  /** The addresses that peers see instead, where they are known. */
  readonly seenAs?: { readonly a?: Address; readonly b?: Address };
  /** Whose order of proposals decides when that system responds; the initiator's unless told. */
  readonly preference?: { readonly a?: 'initiator' | 'responder'; readonly b?: 'initiator' | 'responder' };
  /** Systems that take any group for PFS in IKEv1 when they have none of their own; all unless told. */
  readonly pfsAcceptsAny?: { readonly a?: boolean; readonly b?: boolean };
  /** What packets do not start is started all the same, as an operator would do it. */
  readonly startedByHand?: boolean;
}

export interface PairAnalysis {
  readonly a: SystemView;
  readonly b: SystemView;
  readonly flows: readonly Flow[];
  /**
   * For each flow, SA, and system that protects the flow towards the other (that system is the initiator): one, or where its
   * packets have several peers one for each way in which their negotiations differ.
   */
  readonly walks: readonly Walk[];
  /** Entries whose traffic could not be worked out within the limits. */
  readonly undecided: readonly SpdEntry[];
}

/** Compares two systems. Their addresses must be known; a system without any is nobody's peer. */
export function analysePair(a: SystemView, b: SystemView, options: AnalysisOptions = {}): PairAnalysis {
  const budget = options.budget ?? defaultBudget;
  const { flows, undecided } = findFlows(a, b, budget);
  const ike = ikeCache(options);
  const walks: Walk[] = [];
  for (const flow of flows) {
    for (const initiator of ['a', 'b'] as const) {
      for (let sa = 0; sa < flow[initiator].templates.length; sa += 1) {
        for (const packet of startingPackets(flow, initiator, sa, ike))
          walks.push(walkFlow(flow, initiator, sa, packet, ike, options, budget));
      }
    }
  }
  return { a, b, flows, walks, undecided };
}

type IkeCache = (initiator: 'a' | 'b', x: IkeEnd, y: IkeEnd) => IkeOutcome;

/** Many flows run between the same two addresses, and their IKE SA is the same. */
function ikeCache({ behindNat, seenAs, preference }: AnalysisOptions): IkeCache {
  const known = new Map<string, IkeOutcome>();
  return (initiator, x, y) => {
    const key = [initiator, x.address, y.address, x.connection ?? '']
      .map((part) => (typeof part === 'string' ? part : formatAddress(part.family, part.value)))
      .join(' ');
    let outcome = known.get(key);
    if (!outcome) {
      const responder = initiator === 'a' ? 'b' : 'a';
      const order = preference?.[responder];
      const fromOutside = (side: 'a' | 'b') => ({
        behindNat: behindNat?.[side] === true,
        ...(seenAs?.[side] ? { seenAs: seenAs[side] } : {}),
      });
      outcome = walkIke(
        { ...x, ...fromOutside(initiator) },
        { ...y, ...fromOutside(responder), ...(order ? { preference: order } : {}) },
      );
      known.set(key, outcome);
    }
    return outcome;
  };
}

function walkFlow(
  flow: Flow,
  initiator: 'a' | 'b',
  sa: number,
  packet: Packet,
  ikeOf: IkeCache,
  options: AnalysisOptions,
  budget: number,
): Walk {
  const other = initiator === 'a' ? 'b' : 'a';
  const [mine, theirs] = [flow[initiator], flow[other]];
  const template = mine.templates[sa]!;
  const ends = endAddresses(template, packet);
  const x: ChildEnd = { end: mine, address: ends.own };
  const y: ChildEnd = { end: theirs, address: ends.peer };
  const steps: Step[] = [
    {
      kind: 'policy',
      verdict: 'pass',
      text: `${nameRecord(mine.view, mine.entry.source)} protects the packet`,
      initiator: mine.entry.source,
      packet,
    },
  ];
  const base = {
    flow,
    initiator,
    packet,
    sa,
    initiatorAddress: x.address,
    responderAddress: y.address,
    initiatorTemplate: template,
  };
  const finish = (rest: Partial<Walk> = {}): Walk => {
    const failure = steps.find(({ verdict }) => verdict === 'fail');
    const isKnown = steps.every(({ verdict }) => verdict !== 'unknown');
    return {
      ...base,
      ...rest,
      steps,
      ...(failure ? { failure } : {}),
      outcome: failure ? 'fails' : isKnown ? 'works' : 'unknown',
    };
  };
  const isManual = template.manual !== undefined || theirs.templates[sa]?.manual !== undefined;
  if (!isManual && template.start?.value === 'NONE' && !options.startedByHand) {
    steps.push({
      kind: 'initiate',
      verdict: 'fail',
      text: `${nameRecord(mine.view, template.source)} waits for the peer to start`,
      initiator: template.source,
    });
    return finish();
  }
  let ike: IkeOutcome | undefined;
  if (!isManual) {
    if (hasConnections(theirs.view.config)) {
      const {
        steps: all,
        ike: met,
        proposal,
        child,
      } = negotiateConnection(
        { view: mine.view, address: x.address, packet },
        { view: theirs.view, address: y.address },
        template,
      );
      steps.push(...all);
      return finish({
        ...(met ? { ike: met } : {}),
        ...(child ? { responderTemplate: child.responderTemplate } : {}),
        ...(proposal ? { proposal } : {}),
      });
    }
    const start = { view: mine.view, address: x.address, ...connectionOf(template) };
    ike = ikeOf(initiator, start, { view: theirs.view, address: y.address });
    steps.push(...ike.steps);
    if (ike.failure) return finish({ ike });
  }
  const preference = options.preference?.[other];
  const child = walkChild({
    initiator: x,
    responder: y,
    packet,
    sa,
    budget,
    ...(ike ? { ike } : {}),
    ...(preference ? { preference } : {}),
    ...(options.pfsAcceptsAny?.[other] === undefined ? {} : { acceptsAnyGroup: options.pfsAcceptsAny[other] }),
  });
  steps.push(...child.steps);
  return finish({
    ...(ike ? { ike } : {}),
    ...(child.responderTemplate ? { responderTemplate: child.responderTemplate } : {}),
    ...(child.proposal ? { proposal: child.proposal } : {}),
  });
}

function connectionOf({ connection }: SaTemplate): { readonly connection?: string } {
  return connection === undefined ? {} : { connection };
}

/**
 * A packet of a flow that one of its systems sends, in that system's terms. It depends on the flow's packets only, not on how
 * they were found.
 */
export function startingPacket(flow: Flow, initiator: 'a' | 'b'): Packet {
  return naturalPacket(sentBy(flow, initiator));
}

/** The two ends of an SA: written, or the packet's own. */
function endAddresses(template: SaTemplate, { family, local, remote }: Packet): { own: Address; peer: Address } {
  return {
    own: template.localEndpoint ?? { family, value: local },
    peer: template.remoteEndpoint ?? { family, value: remote },
  };
}

/** Pairs of addresses of one flow whose negotiations are compared. */
const endsMax = 64;

/**
 * The packets that walks begin with. Where SAs end at the packet's own addresses, each pair of addresses may meet other
 * records; one packet stands for all pairs that meet the same ones.
 */
function startingPackets(flow: Flow, initiator: 'a' | 'b', sa: number, ikeOf: IkeCache): readonly Packet[] {
  const [mine, theirs] = initiator === 'a' ? [flow.a, flow.b] : [flow.b, flow.a];
  const template = mine.templates[sa]!;
  const region = sentBy(flow, initiator);
  const first = naturalPacket(region);
  const isFixed = template.localEndpoint !== undefined && template.remoteEndpoint !== undefined;
  if (isFixed || template.manual || hasConnections(theirs.view.config)) return [first];
  const byEnds = new Map<string, Box[]>();
  for (const box of region) {
    if (box.local.lo !== box.local.hi || box.remote.lo !== box.remote.hi) return [first];
    const key = `${box.family} ${box.local.lo} ${box.remote.lo}`;
    const boxes = byEnds.get(key);
    if (boxes) boxes.push(box);
    else if (byEnds.size < endsMax) byEnds.set(key, [box]);
  }
  const found = new Map<string, Packet>();
  for (const packet of [first, ...[...byEnds.values()].map(naturalPacket).sort(byAddresses)]) {
    const { own, peer } = endAddresses(template, packet);
    const ike = ikeOf(
      initiator,
      { view: mine.view, address: own, ...connectionOf(template) },
      { view: theirs.view, address: peer },
    );
    const key = recordsOf(ike);
    if (!found.has(key)) found.set(key, packet);
  }
  return [...found.values()];
}

function byAddresses(a: Packet, b: Packet): number {
  if (a.family !== b.family) return a.family - b.family;
  if (a.remote !== b.remote) return a.remote < b.remote ? -1 : 1;
  return a.local < b.local ? -1 : a.local > b.local ? 1 : 0;
}

/** The records that a negotiation of an IKE SA meets, and where it ends. */
function recordsOf({ initiatorPad, responderPad, initiatorPolicy, responderPolicy, failure }: IkeOutcome): string {
  const sources = [initiatorPad, responderPad, initiatorPolicy, responderPolicy].map(
    (entry) => entry && `${entry.source.record.kind} ${entry.source.record.name}`,
  );
  return [...sources, failure?.kind].join(' | ');
}

/** What an initiator sends of a flow, in its own terms. */
function sentBy({ a, b, region: ofA }: Flow, initiator: 'a' | 'b'): Region {
  const region = initiator === 'a' ? ofA : ofA.map(mirrorBox);
  const outbound = region.filter(({ direction }) => direction.lo === 0);
  if (outbound.length > 0) return outbound;
  // Entries for forwarded packets have one direction only, and stand for the returning packets too.
  const isOneWay = a.list.kind === 'forward' || b.list.kind === 'forward';
  return isOneWay ? region.map((box) => ({ ...box, direction: { lo: 0, hi: 0 } })) : region;
}

/** The end of a flow that a walk starts from, and the other one. */
export function endsOf(walk: Walk): { readonly initiator: FlowEnd; readonly responder: FlowEnd } {
  const { flow, initiator } = walk;
  return initiator === 'a' ? { initiator: flow.a, responder: flow.b } : { initiator: flow.b, responder: flow.a };
}
