/**
 * The use case behind `negotiate --against`: what this system's policies need of a live peer is negotiated with it for real,
 * and deleted again. Nothing is installed here.
 */

import { loadNodeProvider } from '../../../engine/crypto/node/load.js';
import type { ChildRequest } from '../../../engine/input.js';
import type { NegotiationRun } from '../../../engine/sim/negotiation.js';
import { type Address, formatAddress } from '../../../model/address.js';
import type { Packet } from '../../../model/packet.js';
import type { PeerProfile } from '../../../model/peer-profile/peer-profile.js';
import type { SystemConfig } from '../../../model/system-config.js';
import { UsageError } from '../../../model/tool-error.js';
import type { NegotiationDocument, RunDocument, SuggestionDocument } from '../../../report/negotiation/document.js';
import { loadLiveCredentials } from '../../credentials/live-credentials.js';
import type { LoadOptions } from '../../repository/load-repository.js';
import { requestForPacket, requestsTowards } from '../../runtime/start-request.js';
import { ikeVersions } from '../ike-versions.js';
import type { TraceDetail } from '../messages.js';
import { negotiate } from '../negotiate.js';
import { analyse, walksOf } from '../plan.js';
import { type ReadingError, readingErrorsOf, readingNotes, readingProblems } from '../reading-errors.js';
import { checkWishes, chooseOne, type NegotiatingSystem } from '../systems.js';
import { parseWishes } from '../wishes.js';
import { type LiveRun, liveRunDocument, negotiationRunOf } from './document.js';
import { learnFrom } from './learn.js';
import { type TriedNegotiation, tryPeer } from './live-peer.js';

export interface AgainstOptions extends Omit<LoadOptions, 'paths'> {
  /** File, folder or host of this system; the only one here when absent. And the peer's, where somebody has its records. */
  readonly system?: string;
  readonly theirs?: string;
  readonly peer: Address;
  /** The UDP port of its IKE. */
  readonly port: number;
  readonly packet?: Packet;
  readonly credentialFolder?: string;
  readonly profiles: readonly string[];
  readonly mode?: 'main' | 'aggressive';
  readonly patienceMillis: number;
  readonly detail: TraceDetail;
  /** After a refusal: is the peer asked what it would take, and are changes tried with it? */
  readonly suggest: boolean;
  readonly signal?: AbortSignal;
}

export interface AgainstOutcome {
  readonly document: NegotiationDocument;
  readonly runs: readonly NegotiationRun[];
  readonly errors: readonly ReadingError[];
}

type Wanted = ChildRequest & { readonly packet: Packet };

/** Negotiations with one peer: more are not worth its time. */
const runsMax = 16;

/** Negotiates one after the other. Throws UsageError where no policy has to do with the peer, EnvironmentError where nothing can be sent. */
export async function negotiateAgainst(options: AgainstOptions): Promise<AgainstOutcome> {
  const wishes = parseWishes(options.profiles);
  const load = loadOf(options);
  const read = async (overlay?: ReadonlyMap<string, string>) => {
    const chosen = await chooseOne(options.system, overlay ? { ...load, overlay } : load, wishes);
    return { ...chosen, system: withMode(chosen.system, options.mode) };
  };
  const { system, repository } = await read();
  const theirs = options.theirs === undefined ? undefined : (await chooseOne(options.theirs, load, wishes)).system;
  checkWishes(wishes, theirs ? [system, theirs] : [system], theirs ? 2 : 1);
  const wanted = wantedOf(system, options);
  const provider = await loadNodeProvider();
  const { credentials, faults } = loadLiveCredentials(system.config, provider, options.credentialFolder);
  const beginsAt = new Date();
  const name = theirs && theirs.name !== system.name ? theirs.name : addressText(options.peer);
  const peer = { name, addresses: [options.peer] };
  const versions = await ikeVersions();
  const ask = (config: SystemConfig, request: ChildRequest, rekey: boolean): Promise<TriedNegotiation> =>
    tryPeer({
      config,
      profile: quiet(system.profile),
      provider,
      credentials,
      versions,
      request,
      peer: { name, port: options.port },
      patienceMillis: options.patienceMillis,
      rekey,
      ...(options.signal ? { signal: options.signal } : {}),
    });
  const lives: LiveRun[] = [];
  const runs: RunDocument[] = [];
  for (const request of wanted.slice(0, runsMax)) {
    if (options.signal?.aborted) break;
    const tried = await ask(system.config, request, true);
    const walks = theirs ? walksOf(analyse(system, theirs), 'a', request.packet) : [];
    const { entry, packet } = request;
    const live: LiveRun = { system, peer, ...(theirs ? { theirs } : {}), packet, entry, walks, tried };
    lives.push(live);
    const isRefused = tried.outcome.kind === 'failed' && tried.outcome.failure.foundBy === 'peer';
    const learned =
      isRefused && options.suggest && !theirs
        ? await learnFrom(live, request, { ask, peer: options.peer, read, repository })
        : undefined;
    const suggestions = learned?.suggestions ?? (theirs && options.suggest ? await simulated(live, options) : []);
    runs.push(liveRunDocument(learned ? { ...live, learned } : live, { detail: options.detail, suggestions }));
  }
  const errors = readingErrorsOf(theirs ? [system, theirs] : [system]);
  const notes = [
    ...readingNotes(errors),
    ...faults,
    ...(wanted.length > runsMax
      ? [`${wanted.length - runsMax} more policies are for this peer: choose one with --packet`]
      : []),
    ...portNotes(lives),
  ];
  return {
    document: documentOf(options, { system, peer, runs, notes, beginsAt, lives, errors }),
    runs: lives.map(negotiationRunOf),
    errors,
  };
}

/** With the peer's records at hand, changes of either side are looked for in memory: the peer is not asked again. */
async function simulated(live: LiveRun, options: AgainstOptions): Promise<readonly SuggestionDocument[]> {
  const { outcome } = live.tried;
  if ((outcome.kind !== 'failed' && outcome.kind !== 'until-rekey') || !live.theirs) return [];
  const { document } = await negotiate({
    ...loadOf(options),
    systems: [options.system ?? '.', options.theirs ?? '.'],
    further: [],
    initiator: 'A',
    packet: live.packet,
    beginsAt: new Date(),
    faults: { nat: [] },
    profiles: options.profiles,
    ...(options.mode ? { mode: options.mode } : {}),
    detail: 'messages',
    suggest: true,
  });
  return document.runs[0]?.suggestions ?? [];
}

function loadOf(options: AgainstOptions): Omit<LoadOptions, 'paths'> {
  const { system: _s, theirs: _t, peer: _p, packet: _k, signal: _g, ...load } = options;
  return load;
}

function wantedOf({ config, name }: NegotiatingSystem, { peer, packet }: AgainstOptions): readonly Wanted[] {
  const address = addressText(peer);
  if (packet) {
    const request = requestForPacket(config, packet);
    const { remote } = request.ends;
    if (remote.family === peer.family && remote.value === peer.value) return [request];
    throw new UsageError(`the SA of this packet ends at ${addressText(remote)}, not at ${address}`, {
      code: 'PACKET',
      hints: [`Ask that one: --against ${addressText(remote)}.`],
    });
  }
  const wanted = requestsTowards(config, peer);
  if (wanted.length > 0) return wanted;
  throw new UsageError(`${name} protects nothing towards ${address}`, {
    code: 'NO_SUCH_RECORD',
    hints: [
      'The address is the other end of a tunnel, or the destination of a policy with a transform; ipsec policy show lists them.',
    ],
  });
}

/** A try must not make the peer drop the SAs that it has with this system. */
function quiet(profile: PeerProfile): PeerProfile {
  return { ...profile, initialContact: { value: false, note: 'A dry run takes no other SAs along.' } };
}

function withMode(system: NegotiatingSystem, mode: AgainstOptions['mode']): NegotiatingSystem {
  if (!mode) return system;
  const origin = { kind: 'builtin', what: '--mode' } as const;
  const pad = system.config.pad.map((entry) => ({ ...entry, exchange: { value: mode, origin } }));
  return { ...system, config: { ...system.config, pad } };
}

function documentOf(
  { peer: address, port }: AgainstOptions,
  about: {
    readonly system: NegotiatingSystem;
    readonly peer: LiveRun['peer'];
    readonly runs: readonly RunDocument[];
    readonly notes: readonly string[];
    readonly beginsAt: Date;
    readonly lives: readonly LiveRun[];
    readonly errors: readonly ReadingError[];
  },
): NegotiationDocument {
  const { system, peer, runs, notes, beginsAt, lives, errors } = about;
  const ownPort = lives[0]?.tried.ownPort;
  const theirs = lives[0]?.theirs;
  const onlyWaits = runs.length > 0 && runs.every(({ verdict }) => verdict.word === 'waits');
  return {
    seed: '',
    beginsAt: beginsAt.toISOString(),
    against: { address: addressText(address), port, ...(ownPort === undefined ? {} : { ownPort }) },
    systems: [
      {
        name: system.name,
        addresses: system.config.addresses.map(addressText),
        profile: system.profile.name,
        files: system.loaded.sources.map(({ path }) => path),
      },
      {
        name: peer.name,
        addresses: [addressText(address)],
        profile: 'live',
        files: theirs?.loaded.sources.map(({ path }) => path) ?? [],
      },
    ],
    good: runs.length > 0 && runs.every(({ verdict }) => verdict.good) && !onlyWaits && errors.length === 0,
    problems: readingProblems(errors),
    runs,
    assumptions: [],
    notes: [...notes, ...(onlyWaits ? ['the records let this system respond only'] : [])],
  };
}

function portNotes(lives: readonly LiveRun[]): string[] {
  const port = lives.find(({ tried }) => tried.ownPort !== undefined)?.tried.ownPort;
  return port === undefined
    ? []
    : [`UDP port 500 is taken here or needs root, so the peer was asked from port ${port}: few peers care`];
}

function addressText({ family, value }: Address): string {
  return formatAddress(family, value);
}
