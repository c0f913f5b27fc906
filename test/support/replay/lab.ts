/**
 * A laboratory for scenarios of other products' tests: systems with configurations of any dialect on one simulated network, which
 * are told what the scenario's script tells them, and asked what SAs they have.
 */
import { loadNodeProvider } from '../../../src/engine/crypto/node/load.js';
import type { CryptoProvider } from '../../../src/engine/crypto/provider.js';
import { seededRandom } from '../../../src/engine/crypto/random.js';
import type { ChildSaDescription, IkeSaDescription } from '../../../src/engine/event.js';
import type { IkeVersionFactory } from '../../../src/engine/ike-version.js';
import type { EngineInput } from '../../../src/engine/input.js';
import type { NetworkOptions } from '../../../src/engine/sim/network.js';
import { makeProbe } from '../../../src/engine/sim/probe.js';
import type { TraceEntry } from '../../../src/engine/sim/trace.js';
import { createWorld, type World } from '../../../src/engine/sim/world.js';
import { type Address, parseAddress, singleAddress } from '../../../src/model/address.js';
import type { Packet } from '../../../src/model/packet.js';
import { peerProfile } from '../../../src/model/peer-profile/catalogue.js';
import type { SaTemplate, SpdEntry, SystemConfig } from '../../../src/model/system-config.js';
import { ikeVersions } from '../../../src/services/negotiate/ike-versions.js';
import { createTrustingCredentials, type TestKeyKind } from './credentials.js';

/** What is loaded once for many scenarios. */
export interface Engines {
  readonly provider: CryptoProvider;
  readonly versions: readonly IkeVersionFactory[];
}

export async function loadEngines(): Promise<Engines> {
  return { provider: await loadNodeProvider(seededRandom(1)), versions: await ikeVersions() };
}

export interface LabHost {
  readonly name: string;
  readonly config: SystemConfig;
}

export interface LabOptions {
  readonly seed: string;
  readonly hosts: readonly LabHost[];
  /** The kind of the keys of all certificates, which the scenarios do not bring along. */
  readonly keyKind?: TestKeyKind;
  readonly network?: NetworkOptions;
}

/** An IKE SA and its Child SAs as one host has them. */
export interface LabSa {
  readonly ike: IkeSaDescription;
  readonly children: readonly ChildSaDescription[];
}

export interface Lab {
  readonly world: World;
  readonly trace: readonly TraceEntry[];
  /**
   * Brings up a template of a host, as the scenario's command does, and waits until it is up or has failed. A peer that is written
   * as a name, or as nothing, is at `peer`.
   */
  initiate(host: string, name: TemplateName, peer?: Address): Initiation;
  /** An operator's command, and what follows at once. */
  command(host: string, input: EngineInput): void;
  /** Lets a packet of a host go out, of its own or of a network behind it. */
  send(host: string, packet: Packet, how: 'own' | 'forwarded'): void;
  /** The SAs that stand on a host, oldest first. */
  sas(host: string): readonly LabSa[];
  config(host: string): SystemConfig;
}

export type TemplateName = (template: SaTemplate) => boolean;

export type Initiation = 'done' | 'no such template' | 'no address';

const beginsAt = new Date('2026-01-01T00:00:00Z');
const stepMillis = 100;
/** For deletes and the half of an exchange that is still under way. */
const settleMillis = 1_000;
/** No attempt takes longer, retransmissions and all. */
const attemptMillisMax = 900_000;
const probeNumber = 1;

export function createLab({ provider, versions }: Engines, { seed, hosts, keyKind, network }: LabOptions): Lab {
  const trace: TraceEntry[] = [];
  const world = createWorld({
    seed,
    provider,
    beginsAt,
    ...(network ? { network } : {}),
    record: (entry) => trace.push(entry),
  });
  const credentials = createTrustingCredentials(
    hosts.map(({ config }) => config),
    { provider, seed, beginsAt, ...(keyKind ? { keyKind } : {}) },
  );
  for (const [index, { config }] of hosts.entries()) {
    world.addHost({
      config,
      profile: peerProfile(config.peerProfile?.value ?? 'strict-rfc'),
      credentials: credentials[index]!,
      versions,
      // The hosts of the scenarios are gateways of their networks.
      forwards: true,
    });
  }

  const hostOf = (name: string) => {
    const host = world.hosts.get(name);
    if (!host) throw new Error(`no host of the scenario is called ${name}`);
    return host;
  };

  /** Lets the world go on until the host has come to an end of what it was told to do. */
  function settle(host: string, from: number): void {
    const until = world.now() + attemptMillisMax;
    let seen = from;
    while (world.now() < until) {
      const stop = world.run(world.now() + stepMillis);
      const fresh = trace.slice(seen);
      seen = trace.length;
      if (stop !== 'time' || fresh.some((entry) => entry.host === host && isEnd(entry))) break;
    }
    world.run(world.now() + settleMillis);
  }

  return {
    world,
    trace,
    config: (name) => hostOf(name).config,
    initiate(name, wanted, peer) {
      const host = hostOf(name);
      const found = templateOf(host.config, wanted);
      if (!found) return 'no such template';
      const remote = found.template.remoteEndpoint ?? peer;
      const local =
        found.template.localEndpoint ?? host.config.addresses.find(({ family }) => family === remote?.family);
      if (!remote || !local) return 'no address';
      const from = trace.length;
      const request = { ...found, ends: { local, remote }, populateFromPacket: false };
      host.command({ kind: 'request', request });
      settle(name, from);
      return 'done';
    },
    command(name, input) {
      hostOf(name).command(input);
      world.run(world.now() + settleMillis);
    },
    send(name, packet, how) {
      const from = trace.length;
      const probe = makeProbe(packet, probeNumber);
      if (!probe) throw new Error('such a packet cannot be made');
      hostOf(name).send(probe.octets, how);
      settle(name, from);
    },
    sas: (name) => standing(trace, name),
  };
}

/** An outbound packet of a protocol without ports between two addresses. */
export function packetBetween(local: string, remote: string, protocol: number, more: Partial<Packet> = {}): Packet {
  const [from, to] = [address(local), address(remote)];
  return { family: from.family, direction: 'outbound', local: from.value, remote: to.value, protocol, ...more };
}

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`${text} is no address`);
  return parsed;
}

export function ranges(texts: readonly string[]) {
  return texts.map((text) => singleAddress(address(text)));
}

function templateOf(
  config: SystemConfig,
  wanted: TemplateName,
): { readonly entry: SpdEntry; readonly template: SaTemplate } | undefined {
  for (const entry of [...config.spd, ...config.forwardSpd]) {
    const template = entry.action.kind === 'PROTECT' ? entry.action.bundle.find(wanted) : undefined;
    if (template) return { entry, template };
  }
  return undefined;
}

function isEnd(entry: TraceEntry): boolean {
  if (entry.kind === 'request-failed') return true;
  if (entry.kind !== 'event') return false;
  const { event } = entry;
  return (event.kind === 'child-sa' && event.change !== 'closed') || event.kind === 'failed';
}

/** What stands when everything that was told of has been. */
function standing(trace: readonly TraceEntry[], host: string): readonly LabSa[] {
  const ikes = new Map<string, IkeSaDescription>();
  const children = new Map<number, ChildSaDescription>();
  const key = ({ version, serial }: { readonly version: number; readonly serial: number }) => `${version} ${serial}`;
  for (const entry of trace) {
    if (entry.host !== host || entry.kind !== 'event') continue;
    const { event } = entry;
    if (event.kind === 'ike-sa') {
      if (event.change === 'closed') ikes.delete(key(event.name));
      else ikes.set(key(event.sa.name), event.sa);
      if (event.change === 'rekeyed') ikes.delete(key(event.replaces));
    } else if (event.kind === 'child-sa') {
      if (event.change === 'closed') children.delete(event.name.serial);
      else children.set(event.sa.name.serial, event.sa);
    }
  }
  return [...ikes.values()].map((ike) => ({
    ike,
    children: [...children.values()].filter(({ name }) => key(name.ikeSa) === key(ike.name)),
  }));
}
