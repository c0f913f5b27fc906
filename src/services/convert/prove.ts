/**
 * The proof of a conversion: packets by exact comparison of both SPDs, negotiations by letting both forms of the system meet
 * the same peers in simulation. What could not be worked out is not proved.
 */
import { ikeSockets, ownPackets } from '../../dialects/common/lists.js';
import { peersOf, towards } from '../../dialects/common/peers.js';
import { seededRandom } from '../../engine/crypto/random.js';
import type { Address } from '../../model/address.js';
import { compareSystems, type SystemComparison } from '../../model/compare.js';
import { proposalsWithGroups } from '../../model/peer/child-proposals.js';
import { intersectRegions, isRegionCovered, subtractRegion } from '../../model/selector/algebra.js';
import type { Region } from '../../model/selector/box.js';
import type { ChildProposal, SaTemplate, SpdEntry, SystemConfig } from '../../model/system-config.js';
import { loadSimulationProvider } from '../crypto-provider.js';
import type { LoadedSystem } from '../load-system.js';
import { ikeVersions } from '../negotiate/ike-versions.js';
import type { RunSettings } from '../negotiate/negotiate.js';
import type { NegotiatingSystem } from '../negotiate/systems.js';
import { type ComparedRun, compareWithGiven, compareWithMirror, type PeerRuns, systemName } from './compare-runs.js';
import type { Conversion } from './convert.js';
import { mirrorPeers } from './mirror.js';

/** Mirrored peers that are simulated. */
export const peersMax = 64;
/** Steps for exact questions about one entry. */
const budget = 100_000;

export interface Proof {
  readonly isProved: boolean;
  /** Packets that are treated otherwise. */
  readonly packets: SystemComparison;
  readonly runs: readonly ComparedRun[];
  readonly peers: number;
  /** What was not looked at, and why. */
  readonly notes: readonly string[];
}

export interface ProofOptions {
  readonly seed: string;
  readonly beginsAt: Date;
  /** Peers as they are configured: they stand for themselves in place of mirrors with their addresses. */
  readonly peers?: readonly NegotiatingSystem[];
  onPeer?(done: number): void;
}

/** Proves that a conversion treats packets and negotiates as the original does, or shows where not. */
export async function prove(conversion: Conversion, options: ProofOptions): Promise<Proof> {
  const { original, converted } = conversion;
  const notes: string[] = [];
  const packets = comparePackets(original, converted, notes);
  const settings: RunSettings = {
    provider: await loadSimulationProvider('node', seededRandom(options.seed)),
    versions: await ikeVersions(),
    seed: options.seed,
    beginsAt: options.beginsAt,
    rekeyNow: true,
  };
  const runs: ComparedRun[] = [];
  let peers = 0;
  let isComplete = true;
  const note = (text: string) => notes.includes(text) || notes.push(text);
  const take = (name: string, compared: PeerRuns) => {
    peers += 1;
    runs.push(...compared.runs);
    for (const text of compared.notes) note(text);
    if (compared.leftOut > 0) {
      note(`${compared.leftOut} negotiations with ${name} were left out`);
      isComplete = false;
    }
    options.onPeer?.(peers);
  };
  const given = (options.peers ?? []).map(renamed);
  for (const peer of given) {
    const others = given.filter((other) => other !== peer);
    const compared = compareWithGiven(conversion, peer, others, settings);
    take(peer.name, compared);
    if (compared.runs.length === 0) {
      note(`${peer.name} and the original protect nothing between them: nothing was negotiated with it`);
      isComplete = false;
    }
  }
  const isGiven = ({ family, value }: Address) =>
    given.some(({ config }) => config.addresses.some((own) => own.family === family && own.value === value));
  for (const peer of mirrorPeers(original.config)) {
    if (isGiven(peer.address)) continue;
    if (peers - given.length >= peersMax) {
      note(`only the first ${peersMax} peers were simulated`);
      isComplete = false;
      break;
    }
    for (const text of peer.notes) note(text);
    take(peer.config.name, compareWithMirror(conversion, peer, settings));
  }
  const isProved =
    isComplete &&
    packets.treatment.length === 0 &&
    !packets.truncated &&
    runs.every(({ differences }) => differences.length === 0);
  return { isProved, packets, runs, peers, notes };
}

/** The system itself is called so in its runs. */
function renamed(peer: NegotiatingSystem): NegotiatingSystem {
  if (peer.name !== systemName) return peer;
  const name = `${systemName} (peer)`;
  return { ...peer, name, config: { ...peer.config, name } };
}

/** The SPDs by what they do with packets: names, lifetimes and settings without effect on a packet do not count. */
function comparePackets(original: LoadedSystem, converted: LoadedSystem, notes: string[]): SystemComparison {
  const forwards = ({ config }: LoadedSystem) => (config.forwardsBySpd ? config.spd : config.forwardSpd);
  const isHost = forwards(original).every(({ action }) => action.kind === 'BYPASS');
  if (isHost && !original.config.forwardsBySpd)
    notes.push('packets that the system forwards are not compared: the original says nothing of them');
  const isShared = [original, converted].every(({ config }) => config.forwardsBySpd === true);
  const [before, after] = [original, converted].map((system) => ({
    name: system.name,
    policies: system.policies,
    config: comparable(system.config, isHost, isShared),
    imported: {},
  }));
  return { ...compareSystems(before, after), peers: [] };
}

function comparable(config: SystemConfig, isHost: boolean, isShared: boolean): SystemConfig {
  const list = (entries: readonly SpdEntry[]) => [
    ikeSockets,
    ...entries.flatMap((entry) => plainEntries(entry, config)),
  ];
  return {
    ...config,
    spd: list(config.spd),
    // What has an own address at an end is not forwarded.
    forwardSpd: [ownPackets(config), ...list(config.forwardsBySpd ? config.spd : config.forwardSpd)],
    ...(isHost || isShared ? { forwardsBySpd: true } : { forwardsBySpd: false }),
  };
}

/** What of an entry is protected; where no SA of it can be is dropped. */
function plainEntries(entry: SpdEntry, config: SystemConfig): readonly SpdEntry[] {
  const { action, selectors } = entry;
  if (action.kind !== 'PROTECT') return [entry];
  let carried: Region | undefined = selectors;
  for (const template of action.bundle) {
    const carries = template.carries ?? template.selectors;
    if (carries !== selectors && isRegionCovered(carried, carries, budget).kind !== 'covered')
      carried = intersectRegions(carried, carries);
    carried = withPeers(carried, template, config);
  }
  const bundle = action.bundle.map((template) => plainTemplate(template, config, selectors));
  return [
    { ...entry, selectors: carried, action: { ...action, bundle } },
    ...(carried === selectors ? [] : [{ ...entry, action: { kind: 'DISCARD' as const } }]),
  ];
}

/** In transport mode packets to addresses without a PAD entry wait for an IKE that cannot start. */
function withPeers(region: Region, template: SaTemplate, config: SystemConfig): Region {
  if (template.manual || config.pad.length === 0 || region.length === 0) return region;
  const peers = peersOf(config, template, region);
  if (peers.length === 0) return [];
  if (template.mode === 'tunnel' || template.remoteEndpoint) return region;
  const reached = towards(
    region,
    peers.map(({ pad }) => pad.remote),
  );
  const rest = subtractRegion(region, reached, budget);
  return rest !== undefined && rest.length === 0 ? region : reached;
}

const none = { value: 0, origin: { kind: 'builtin', what: 'not compared' } } as const;

/** One proposal for each choice of cipher and integrity: a list of both and a list of such lists offer the same. */
function singleSuites({ source, name, protocol, encryption, authentication, esn, keyExchange }: ChildProposal) {
  const of = <T>(list: readonly T[]): readonly (readonly T[])[] =>
    list.length === 0 ? [[]] : list.map((one) => [one]);
  return of(encryption).flatMap((ciphers) => {
    const isCombined = ciphers.some(({ icvOctets }) => icvOctets !== undefined);
    return of(isCombined ? [] : authentication).map(
      (integrity): ChildProposal => ({
        source,
        name,
        protocol,
        encryption: ciphers,
        authentication: integrity,
        esn: [...esn].sort(),
        ...(keyExchange ? { keyExchange } : {}),
        lifetimeSeconds: none,
        lifetimeKilobytes: none,
      }),
    );
  });
}

/** What of an SA counts for packets: ends, algorithms in their order, and keys that are written down. */
function plainTemplate(template: SaTemplate, config: SystemConfig, region: Region): SaTemplate {
  const { source, mode, localEndpoint, remoteEndpoint, protocol, manual, mark, ifId } = template;
  const policy = peersOf(config, template, region)[0]?.policies[0];
  return {
    source,
    mode,
    ...(mode === 'tunnel' && localEndpoint ? { localEndpoint } : {}),
    ...(mode === 'tunnel' && remoteEndpoint ? { remoteEndpoint } : {}),
    selectors: [],
    ...(protocol ? { protocol } : {}),
    proposals: proposalsWithGroups(template, policy).flatMap(singleSuites),
    ...(manual ? { manual } : {}),
    ...(mark?.value ? { mark } : {}),
    ...(ifId?.value ? { ifId } : {}),
  };
}
