/** The verdict of the simulator: both engines negotiate, octet for octet, and what left saw of it is told as charon would. */
import { type CharonCredentials, createCharonCredentials } from '../../src/engine/credentials/charon/store.js';
import { loadNodeProvider } from '../../src/engine/crypto/node/load.js';
import type { CryptoProvider } from '../../src/engine/crypto/provider.js';
import { seededRandom } from '../../src/engine/crypto/random.js';
import { withStandIns } from '../../src/engine/crypto/stand-ins.js';
import type { ChildSaDescription } from '../../src/engine/event.js';
import type { IkeVersionFactory } from '../../src/engine/ike-version.js';
import type { SimulatedHost } from '../../src/engine/sim/host.js';
import type { TraceEntry } from '../../src/engine/sim/trace.js';
import { createWorld, type World } from '../../src/engine/sim/world.js';
import { peerProfile } from '../../src/model/peer-profile/catalogue.js';
import type { SaTemplate, SpdEntry, SystemConfig } from '../../src/model/system-config.js';
import { ikeVersions } from '../../src/services/negotiate/ike-versions.js';
import {
  algorithmNames,
  groupNameOf,
  ikeAlgorithmNames,
  prfName,
  selectorName,
  sortedSelectors,
} from './charon-names.js';
import { loggedNotifies } from './logged-notifies.js';
import { materialOf, noMaterial } from './material.js';
import { createPki, type Pki } from './random/pki.js';
import { initiatedChild, readPair, type Setting, type Side } from './setting.js';
import { nothing, type Pair, type PairVerdict } from './verdict.js';

/** Everything that is loaded once for many pairs. */
export interface Simulator {
  /** `tell` gets everything that happens, in order. */
  judge(pair: Pair, setting: Setting, tell?: (entry: TraceEntry) => void): PairVerdict;
  /** What the files of pairs hold. */
  readonly pki: () => Pki;
}

/** No attempt takes longer, retransmissions and all. */
const attemptMillisMax = 600_000;
const stepMillis = 100;
/** For what follows at once: deletes, and the half of an exchange that is still on its way. */
const settleMillis = 200;
const beginsAt = new Date('2026-01-01T00:00:00Z');

/** Loads the engines. */
export async function createSimulator(): Promise<Simulator> {
  const provider = withStandIns(await loadNodeProvider(seededRandom(1)));
  const versions = await ikeVersions();
  let made: Pki | undefined;
  const pki = (): Pki => {
    made ??= createPki(provider);
    return made;
  };
  return { judge: (pair, setting, tell) => judgeBySimulation(pair, setting, { provider, versions, pki }, tell), pki };
}

interface Tools {
  readonly provider: CryptoProvider;
  readonly versions: readonly IkeVersionFactory[];
  pki(): Pki;
}

function judgeBySimulation(
  pair: Pair,
  setting: Setting,
  { provider, versions, pki }: Tools,
  tell?: (entry: TraceEntry) => void,
): PairVerdict {
  const entries: TraceEntry[] = [];
  const record = (entry: TraceEntry): void => {
    entries.push(entry);
    tell?.(entry);
  };
  const world = createWorld({ seed: pair.id, provider, beginsAt, record });
  const read = readPair(pair, setting);
  const told = read.loaded ? {} : { loaded: false };
  const held = { left: credentialsOf(pair, 'left', read.left), right: credentialsOf(pair, 'right', read.right) };
  if (held.left.missing.length + held.right.missing.length > 0) return { ...nothing, loaded: false };
  const add = (name: 'left' | 'right', side: Side): SimulatedHost => {
    const { credentials } = held[name];
    const config: SystemConfig = { ...held[name].config, name, addresses: [side.address, ...side.inner] };
    return world.addHost({
      config,
      profile: peerProfile(config.peerProfile?.value ?? 'strongswan'),
      credentials,
      versions,
      dataPath: setting.dataPath,
    });
  };
  function credentialsOf({ files }: Pair, name: 'left' | 'right', config: SystemConfig): CharonCredentials {
    const material = files ? materialOf(pki(), files[name]) : noMaterial;
    return createCharonCredentials(config, material, provider);
  }
  const left = add('left', setting.left);
  add('right', setting.right);
  const template = initiatedChild(left.config, read.loaded);
  const entry = template && entryOf(left.config, template);
  if (!template || !entry) return { ...nothing, ...told };
  const ends = { local: setting.left.address, remote: template.remoteEndpoint ?? setting.right.address };
  left.command({ kind: 'request', request: { entry, template, ends, populateFromPacket: false } });
  settle(world, entries);
  const attempt = entries.splice(0);
  const [ike] = left.engine.ikeSas();
  const child = childOf(attempt);
  const verdict: PairVerdict = {
    ...told,
    ike: ike !== undefined,
    child: child !== undefined,
    ...(ike
      ? {
          ikeSa: {
            version: String(ike.name.version),
            ...ikeAlgorithmNames(ike.transforms),
            'prf-alg': prfName(ike.transforms),
          },
        }
      : {}),
    ...(child ? { childSa: childNames(child) } : {}),
    notifies: loggedNotifies(attempt, 'left'),
    initiatorTimedOut: hasTimedOut(attempt),
  };
  if (!child) return verdict;
  left.command({ kind: 'rekey-child', sa: child.inbound });
  settle(world, entries);
  const successor = childOf(entries);
  return {
    ...verdict,
    rekey: successor !== undefined,
    rekeyDh: groupNameOf(successor?.transforms.keyExchange),
    rekeyNotifies: loggedNotifies(entries, 'left'),
  };
}

/** Lets the world go on until left has what it wants, or has given it up. Later, SAs may be rekeyed by themselves. */
function settle(world: World, entries: readonly TraceEntry[]): void {
  const until = world.now() + attemptMillisMax;
  while (world.now() < until && !entries.some(isEnd)) {
    if (world.run(world.now() + stepMillis) !== 'time') break;
  }
  world.run(world.now() + settleMillis);
}

function isEnd(entry: TraceEntry): boolean {
  if (entry.host !== 'left') return false;
  if (entry.kind === 'request-failed') return true;
  if (entry.kind !== 'event') return false;
  const { event } = entry;
  return (event.kind === 'child-sa' && event.change !== 'closed') || event.kind === 'failed';
}

function entryOf({ spd, forwardSpd }: SystemConfig, template: SaTemplate): SpdEntry | undefined {
  return [...spd, ...forwardSpd].find(({ action }) => action.kind === 'PROTECT' && action.bundle.includes(template));
}

/** The Child SA of left that came about and still stands. */
function childOf(entries: readonly TraceEntry[]): ChildSaDescription | undefined {
  let found: ChildSaDescription | undefined;
  for (const entry of entries) {
    if (entry.host !== 'left' || entry.kind !== 'event' || entry.event.kind !== 'child-sa') continue;
    const { event } = entry;
    if (event.change !== 'closed') found = event.sa;
    else if (found && found.name.serial === event.name.serial) found = undefined;
  }
  return found;
}

function childNames({
  mode,
  protocol,
  transforms,
  selectors,
}: ChildSaDescription): NonNullable<PairVerdict['childSa']> {
  return {
    mode: mode.toUpperCase(),
    protocol,
    ...algorithmNames(transforms),
    'local-ts': sortedSelectors(selectors.local).map(selectorName),
    'remote-ts': sortedSelectors(selectors.remote).map(selectorName),
  };
}

function hasTimedOut(entries: readonly TraceEntry[]): boolean {
  return entries.some(
    (entry) =>
      entry.host === 'left' &&
      entry.kind === 'event' &&
      entry.event.kind === 'failed' &&
      entry.event.failure.code === 'timeout',
  );
}
