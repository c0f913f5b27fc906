/** Both forms of a converted system meet one peer in simulation: each negotiation of the original is repeated by the other form. */
import { type Address, formatAddress } from '../../model/address.js';
import { formatPacket } from '../../model/packet.js';
import { peerProfile } from '../../model/peer-profile/catalogue.js';
import { formatBox } from '../../model/selector/format-box.js';
import { simplify } from '../../model/selector/simplify.js';
import type { SystemConfig } from '../../model/system-config.js';
import { listsRegion } from '../../model/traffic-selector.js';
import type { VerdictWord } from '../../report/negotiation/document.js';
import type { LoadedSystem } from '../load-system.js';
import { causeOf, explain } from '../negotiate/explain.js';
import { pairContext, type RunSettings, runPlanned } from '../negotiate/negotiate.js';
import { type PlannedRun, walksOf } from '../negotiate/plan.js';
import { isBad, verdictWordOf } from '../negotiate/run-document.js';
import { type NegotiatingSystem, profileOf } from '../negotiate/systems.js';
import { childSasOf, chosenOf, transformsText } from '../negotiate/view.js';
import { noWishes } from '../negotiate/wishes.js';
import type { Conversion } from './convert.js';
import type { MirroredPeer } from './mirror.js';

/** Negotiations with each mirrored peer, and with each peer that was named. */
export const runsPerPeer = 8;
export const runsPerGivenPeer = 64;

/** What one negotiation came to. */
export interface Outcome {
  readonly word: VerdictWord;
  /** Why it fails. */
  readonly reason?: string;
  /** What was agreed on, by what it is: `IKE`, `SA`, `packets of the SA`. */
  readonly facts: ReadonlyMap<string, string>;
}

export interface ComparedRun {
  /** The address of a mirrored peer, or the name of one that was given. */
  readonly peer: string;
  /** The peer is as it is configured, not a mirror of the original. */
  readonly isGiven: boolean;
  /** Who starts. */
  readonly initiator: 'system' | 'peer';
  readonly packet: string;
  readonly before: Outcome;
  readonly after: Outcome;
  /** What differs, as words; none where both came to the same. */
  readonly differences: readonly { readonly what: string; readonly before: string; readonly after: string }[];
}

/** What a proof needs of the negotiations with one peer. */
export interface PeerRuns {
  readonly runs: readonly ComparedRun[];
  /** Negotiations beyond the limit. */
  readonly leftOut: number;
  /** What the simulation had to assume, or could not work out. */
  readonly notes: readonly string[];
}

/** The system and a peer that mirrors it. */
export function compareWithMirror(
  conversion: Conversion,
  { config, address }: MirroredPeer,
  settings: RunSettings,
): PeerRuns {
  const { original, bases: files } = conversion;
  const peer: NegotiatingSystem = { name: config.name, loaded: original, config, profile: peerProfile('ours'), files };
  const { runs, leftOut } = compareRuns(conversion, settings, {
    peer,
    others: [],
    label: formatAddress(address.family, address.value),
    isGiven: false,
    own: addressesOf(original.config, config),
    runsMax: runsPerPeer,
  });
  return { runs, leftOut, notes: [] };
}

/** The system and a peer as it is configured; `others` may hold outer ends of its SAs. */
export function compareWithGiven(
  conversion: Conversion,
  peer: NegotiatingSystem,
  others: readonly NegotiatingSystem[],
  settings: RunSettings,
): PeerRuns {
  return compareRuns(conversion, settings, {
    peer,
    others,
    label: peer.name,
    isGiven: true,
    own: conversion.original.config.addresses,
    runsMax: runsPerGivenPeer,
  });
}

interface Meeting {
  readonly peer: NegotiatingSystem;
  readonly others: readonly NegotiatingSystem[];
  /** What the peer is called in the proof. */
  readonly label: string;
  readonly isGiven: boolean;
  /** The system's addresses, which both of its forms have. */
  readonly own: readonly Address[];
  readonly runsMax: number;
}

function compareRuns(
  { original, converted, bases: files }: Conversion,
  settings: RunSettings,
  meeting: Meeting,
): PeerRuns {
  const { peer: b, others, label, isGiven, own, runsMax } = meeting;
  const system = (loaded: LoadedSystem): NegotiatingSystem => ({
    name: systemName,
    loaded,
    config: { ...loaded.config, name: systemName, addresses: union(own, loaded.config.addresses) },
    profile: profileOf(loaded, [loaded.name], undefined, noWishes),
    files,
  });
  const plan = pairContext({ a: system(original), b, others }, ['a', 'b'], undefined, settings);
  const again = pairContext({ a: system(converted), b, others }, ['a', 'b'], undefined, settings);
  const planned = plan.plan.runs.slice(0, runsMax);
  const runs = planned.map((run): ComparedRun => {
    const before = outcomeOf(plan, run);
    // The same packet, sent and taken as before: by the systems themselves, or forwarded.
    const after = outcomeOf(again, {
      ...run,
      entries: {},
      walks: walksOf(again.plan.analysis, run.initiator, run.packet),
    });
    return {
      peer: label,
      isGiven,
      initiator: run.initiator === 'a' ? 'system' : 'peer',
      packet: formatPacket(run.packet).replace('outbound ', ''),
      before,
      after,
      differences: differencesOf(before, after),
    };
  });
  return {
    runs,
    leftOut: plan.plan.runs.length - planned.length,
    notes: [...plan.plan.notes, ...new Set(plan.assumptions.map(({ text }) => text))],
  };
}

/** What the system is called in its runs; a peer that was named so gets another name. */
export const systemName = 'system';

function union(some: readonly Address[], more: readonly Address[]): readonly Address[] {
  const isNew = ({ family, value }: Address) => !some.some((own) => own.family === family && own.value === value);
  return [...some, ...more.filter(isNew)];
}

/** The addresses that a mirrored peer knows the system by. */
function addressesOf({ addresses }: SystemConfig, { pad }: SystemConfig): readonly Address[] {
  return union(
    addresses,
    pad.map(({ remote }): Address => ({ family: remote.family, value: remote.first })),
  );
}

function outcomeOf(context: ReturnType<typeof pairContext>, planned: PlannedRun): Outcome {
  const { run, verdict } = runPlanned(context, planned);
  const { initiator, responder, settledAt, trace } = run;
  const word = verdictWordOf(verdict);
  const facts = new Map<string, string>();
  if (isBad(verdict)) {
    const { reason } = explain({
      run,
      cause: causeOf(verdict),
      walks: planned.walks,
      systems: [context.a, context.b],
    });
    // Where nothing came about, it does not count how far it got.
    return { word, reason, facts };
  }
  const { ike } = chosenOf(trace.entries, initiator, responder, settledAt);
  if (ike) {
    facts.set('IKE', `IKEv${ike.version}${ike.exchange ? ` ${ike.exchange} mode` : ''}, ${ike.transforms}`);
    facts.set('identity of the initiator', ike.initiatorId ?? 'none');
    facts.set('identity of the responder', ike.responderId ?? 'none');
  }
  const children = childSasOf(trace.entries, initiator, settledAt);
  for (const [at, { protocol, mode, transforms, selectors, udpEncapsulation }] of children.entries()) {
    const name = children.length > 1 ? `SA ${at + 1}` : 'SA';
    facts.set(name, `${protocol} ${mode} mode, ${transformsText(transforms)}${udpEncapsulation ? ', in UDP' : ''}`);
    // Ranges that are parted stand for the same packets.
    facts.set(`packets of the ${name}`, simplify(listsRegion(selectors)).map(formatBox).sort().join(', '));
  }
  return { word, facts };
}

/** What differs between two outcomes: where one fails, that alone. */
function differencesOf(before: Outcome, after: Outcome): ComparedRun['differences'] {
  const say = ({ word, reason }: Outcome) => (reason === undefined ? word : `${word}: ${reason}`);
  if (before.word !== after.word) return [{ what: 'outcome', before: say(before), after: say(after) }];
  return [...new Set([...before.facts.keys(), ...after.facts.keys()])].flatMap((what) => {
    const [was, is] = [before.facts.get(what) ?? 'none', after.facts.get(what) ?? 'none'];
    return was === is ? [] : [{ what, before: was, after: is }];
  });
}
