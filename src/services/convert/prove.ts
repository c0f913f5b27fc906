/**
 * The proof of a conversion: packets by exact comparison of both SPDs, negotiations by letting both forms of the system meet
 * the same peers in simulation. What could not be worked out is not proved.
 */
import { ikeSockets } from '../../dialects/common/lists.js';
import { peersOf, towards } from '../../dialects/common/peers.js';
import { seededRandom } from '../../engine/crypto/random.js';
import { type Address, formatAddress } from '../../model/address.js';
import { compareSystems, type SystemComparison } from '../../model/compare.js';
import { formatPacket } from '../../model/packet.js';
import { proposalsWithGroups } from '../../model/peer/child-proposals.js';
import { peerProfile } from '../../model/peer-profile/catalogue.js';
import { intersectRegions, isRegionCovered, subtractRegion } from '../../model/selector/algebra.js';
import type { Region } from '../../model/selector/box.js';
import { formatBox } from '../../model/selector/format-box.js';
import { simplify } from '../../model/selector/simplify.js';
import type { SaTemplate, SpdEntry, SystemConfig } from '../../model/system-config.js';
import { listsRegion } from '../../model/traffic-selector.js';
import type { VerdictWord } from '../../report/negotiation/document.js';
import { loadProvider } from '../crypto-provider.js';
import type { LoadedSystem } from '../load-system.js';
import { causeOf, explain } from '../negotiate/explain.js';
import { ikeVersions } from '../negotiate/ike-versions.js';
import { pairContext, type RunSettings, runPlanned } from '../negotiate/negotiate.js';
import { type PlannedRun, walksOf } from '../negotiate/plan.js';
import { isBad, verdictWordOf } from '../negotiate/run-document.js';
import { type NegotiatingSystem, profileOf } from '../negotiate/systems.js';
import { childSasOf, chosenOf, transformsText } from '../negotiate/view.js';
import type { Conversion } from './convert.js';
import { mirrorPeers } from './mirror.js';

/** Peers that are simulated, and negotiations with each. */
export const peersMax = 64;
export const runsPerPeer = 8;
/** Steps for exact questions about one entry. */
const budget = 100_000;

/** What one negotiation came to. */
export interface Outcome {
  readonly word: VerdictWord;
  /** Why it fails. */
  readonly reason?: string;
  /** What was agreed on, by what it is: `IKE`, `SA`, `packets of the SA`. */
  readonly facts: ReadonlyMap<string, string>;
}

export interface ComparedRun {
  readonly peer: string;
  /** Who starts. */
  readonly initiator: 'system' | 'peer';
  readonly packet: string;
  readonly before: Outcome;
  readonly after: Outcome;
  /** What differs, as words; none where both came to the same. */
  readonly differences: readonly { readonly what: string; readonly before: string; readonly after: string }[];
}

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
  onPeer?(done: number): void;
}

/** Proves that a conversion treats packets and negotiates as the original does, or shows where not. */
export async function prove(conversion: Conversion, options: ProofOptions): Promise<Proof> {
  const { original, converted } = conversion;
  const notes: string[] = [];
  const packets = comparePackets(original, converted, notes);
  const settings: RunSettings = {
    provider: await loadProvider('node', seededRandom(options.seed)),
    versions: await ikeVersions(),
    seed: options.seed,
    beginsAt: options.beginsAt,
    rekeyNow: true,
  };
  const runs: ComparedRun[] = [];
  let peers = 0;
  let isComplete = true;
  for (const peer of mirrorPeers(original.config)) {
    if (peers >= peersMax) {
      notes.push(`only the first ${peersMax} peers were simulated`);
      isComplete = false;
      break;
    }
    peers += 1;
    for (const note of peer.notes) if (!notes.includes(note)) notes.push(note);
    const compared = compareRuns(conversion, peer.config, peer.address, settings);
    runs.push(...compared.runs);
    if (compared.leftOut > 0) {
      notes.push(`${compared.leftOut} negotiations with ${peer.config.name} were left out`);
      isComplete = false;
    }
    options.onPeer?.(peers);
  }
  const isProved =
    isComplete &&
    packets.treatment.length === 0 &&
    !packets.truncated &&
    runs.every(({ differences }) => differences.length === 0);
  return { isProved, packets, runs, peers, notes };
}

/** The SPDs by what they do with packets: names, lifetimes and settings without effect on a packet do not count. */
function comparePackets(original: LoadedSystem, converted: LoadedSystem, notes: string[]): SystemComparison {
  const forwards = ({ config }: LoadedSystem) => (config.forwardsBySpd ? config.spd : config.forwardSpd);
  const isHost = forwards(original).every(({ action }) => action.kind === 'BYPASS');
  if (isHost && !original.config.forwardsBySpd)
    notes.push('packets that the system forwards are not compared: the original says nothing of them');
  const [before, after] = [original, converted].map((system) => ({
    name: system.name,
    policies: system.policies,
    config: comparable(system.config, isHost),
    imported: {},
  }));
  return { ...compareSystems(before, after), peers: [] };
}

function comparable(config: SystemConfig, isHost: boolean): SystemConfig {
  const list = (entries: readonly SpdEntry[]) => [
    ikeSockets,
    ...entries.flatMap((entry) => plainEntries(entry, config)),
  ];
  return {
    ...config,
    spd: list(config.spd),
    forwardSpd: list(config.forwardSpd),
    ...(isHost ? { forwardsBySpd: true } : {}),
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

/** What of an SA counts for packets: ends, algorithms in their order, and keys that are written down. */
function plainTemplate(template: SaTemplate, config: SystemConfig, region: Region): SaTemplate {
  const { source, mode, localEndpoint, remoteEndpoint, manual, mark, ifId } = template;
  const policy = peersOf(config, template, region)[0]?.policies[0];
  return {
    source,
    mode,
    ...(mode === 'tunnel' && localEndpoint ? { localEndpoint } : {}),
    ...(mode === 'tunnel' && remoteEndpoint ? { remoteEndpoint } : {}),
    selectors: [],
    proposals: proposalsWithGroups(template, policy).map(
      ({ source: of, name, protocol, encryption, authentication, esn, keyExchange }) => ({
        source: of,
        name,
        protocol,
        encryption,
        authentication: encryption.some(({ icvOctets }) => icvOctets !== undefined) ? [] : authentication,
        esn: [...esn].sort(),
        keyExchange,
        lifetimeSeconds: none,
        lifetimeKilobytes: none,
      }),
    ),
    ...(manual ? { manual } : {}),
    ...(mark?.value ? { mark } : {}),
    ...(ifId?.value ? { ifId } : {}),
  };
}

/** Both forms of the system meet one peer; each negotiation of the original is repeated by the other one. */
function compareRuns(
  { original, converted, bases: files }: Conversion,
  peer: SystemConfig,
  address: Address,
  settings: RunSettings,
): { readonly runs: readonly ComparedRun[]; readonly leftOut: number } {
  const b: NegotiatingSystem = { name: peer.name, loaded: original, config: peer, profile: peerProfile('ours'), files };
  const system = (loaded: LoadedSystem): NegotiatingSystem => ({
    name: 'system',
    loaded,
    config: { ...loaded.config, name: 'system', addresses: addressesOf(loaded.config, peer) },
    profile: profileOf(loaded, loaded.name, undefined, new Map()),
    files,
  });
  const [was, is] = [system(original), system(converted)];
  const plan = pairContext({ a: was, b, others: [] }, ['a', 'b'], undefined, settings);
  const again = pairContext({ a: is, b, others: [] }, ['a', 'b'], undefined, settings);
  const planned = plan.plan.runs.slice(0, runsPerPeer);
  const runs = planned.map((run): ComparedRun => {
    const before = outcomeOf(plan, run);
    // The same packet, sent and taken as before: by the systems themselves, or forwarded.
    const after = outcomeOf(again, {
      ...run,
      entries: {},
      walks: walksOf(again.plan.analysis, run.initiator, run.packet),
    });
    return {
      peer: formatAddress(address.family, address.value),
      initiator: run.initiator === 'a' ? 'system' : 'peer',
      packet: formatPacket(run.packet).replace('outbound ', ''),
      before,
      after,
      differences: differencesOf(before, after),
    };
  });
  return { runs, leftOut: plan.plan.runs.length - planned.length };
}

/** The system has the addresses that its peer knows it by. */
function addressesOf({ addresses }: SystemConfig, { pad }: SystemConfig): readonly Address[] {
  const known = pad.map(({ remote }): Address => ({ family: remote.family, value: remote.first }));
  const isNew = ({ family, value }: Address) => !addresses.some((own) => own.family === family && own.value === value);
  return [...addresses, ...known.filter(isNew)];
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
