/** Worlds of systems with the real engines, from texts of records, for tests of what systems do to each other. */
import { createCredentials } from '../../../src/engine/credentials/store.js';
import type { EngineEvent } from '../../../src/engine/event.js';
import type { HostOptions, SimulatedHost } from '../../../src/engine/sim/host.js';
import { probeNumber } from '../../../src/engine/sim/probe.js';
import { createTrace, entriesOf, type Trace } from '../../../src/engine/sim/trace.js';
import { createWorld, type World, type WorldOptions } from '../../../src/engine/sim/world.js';
import { ikeVersions } from '../../../src/engine/versions.js';
import { describe as describeMessage } from '../../../src/engine/wire/describe.js';
import { isResponse } from '../../../src/engine/wire/header.js';
import type { Origin } from '../../../src/model/origin.js';
import { peerProfile } from '../../../src/model/peer-profile/catalogue.js';
import type { PeerProfile, PeerProfileName } from '../../../src/model/peer-profile/peer-profile.js';
import type { PadEntry, SaTemplate, SystemConfig } from '../../../src/model/system-config.js';
import { node } from '../crypto/support.js';
import { beginsAt, configOf, probe } from './support.js';

const origin: Origin = { kind: 'builtin', what: 'test' };

export function say<T>(value: T): { readonly value: T; readonly origin: Origin } {
  return { value, origin };
}

export interface RealSide {
  readonly text: string;
  readonly profile?: PeerProfileName;
  readonly traits?: Partial<PeerProfile>;
  readonly pad?: Partial<PadEntry>;
  /** In every template. */
  readonly template?: Partial<SaTemplate>;
  readonly adjust?: (config: SystemConfig) => SystemConfig;
  readonly host?: Partial<HostOptions>;
}

export interface RealWorld {
  readonly world: World;
  readonly trace: Trace;
  host(name: string): SimulatedHost;
  /** Sends a packet of a system, `tcp 192.0.2.1:4000 > 192.0.2.2:23`, and lets so many milliseconds pass. */
  send(name: string, packet: string, number: number, millis?: number): void;
  pass(millis: number): void;
  /** The numbers of the packets that a system took, with how many SAs each came through. */
  accepted(name: string): readonly (readonly [number, number])[];
  events<K extends EngineEvent['kind']>(name: string, kind: K): Extract<EngineEvent, { kind: K }>[];
  failures(name: string): readonly string[];
  /** IKE messages as sent, without repetitions: `a IKE_SA_INIT`, `b IKE_SA_INIT R`. */
  messages(): readonly string[];
  /** What is in the IKE messages of a system, in the notation of the RFCs. */
  payloads(name: string): readonly string[];
  /** Repetitions of IKE messages of a system, and first sendings: when. */
  sentAt(name: string): readonly number[];
}

/** A world of systems by their names. */
export function realWorld(sides: Readonly<Record<string, RealSide>>, options: Partial<WorldOptions> = {}): RealWorld {
  const trace = createTrace();
  const world = createWorld({ seed: 1, provider: node, beginsAt, ...options, record: (entry) => trace.add(entry) });
  for (const [name, side] of Object.entries(sides)) {
    const { profile = 'ours', traits, text, adjust = (same) => same } = side;
    world.addHost({
      config: adjust(adjusted(configOf(name, text), side)),
      profile: { ...peerProfile(profile), ...traits },
      credentials: createCredentials({}, node).credentials,
      versions: ikeVersions,
      ...side.host,
    });
  }
  const ike = (name?: string) =>
    entriesOf(trace.entries, 'sent').flatMap((entry) =>
      entry.ike && (name === undefined || entry.host === name) ? [{ ...entry, ...entry.ike }] : [],
    );
  const first = (name?: string) => ike(name).filter(({ content }) => content.repetition === 0);
  return {
    world,
    trace,
    host: (name) => world.hosts.get(name)!,
    send(name, packet, number, millis = 1_000) {
      world.hosts.get(name)!.send(probe(packet, number));
      world.run(world.now() + millis);
    },
    pass: (millis) => {
      world.run(world.now() + millis);
    },
    accepted: (name) =>
      entriesOf(trace.entries, 'accepted').flatMap(({ host, octets, through }) => {
        const number = probeNumber(octets);
        return host === name && number !== undefined ? [[number, through.length] as const] : [];
      }),
    events: (name, kind) =>
      entriesOf(trace.entries, 'event').flatMap(({ host, event }) =>
        host === name && event.kind === kind ? [event as Extract<EngineEvent, { kind: typeof kind }>] : [],
      ),
    failures: (name) =>
      entriesOf(trace.entries, 'event').flatMap(({ host, event }) =>
        host === name && event.kind === 'failed' ? [event.failure.code] : [],
      ),
    messages: () =>
      first().map(({ host, content }) => {
        const { header } = content.message;
        return `${host} ${content.exchange}${header.version.major === 2 && isResponse(header) ? ' R' : ''}`;
      }),
    payloads: (name) =>
      first(name).map(({ content }) =>
        describeMessage(content.message, content.inner ? { inner: content.inner as never } : {}),
      ),
    sentAt: (name) => ike(name).map(({ at }) => at),
  };
}

function adjusted(config: SystemConfig, { pad, template }: RealSide): SystemConfig {
  return {
    ...config,
    pad: config.pad.map((entry) => ({ ...entry, ...pad })),
    spd: config.spd.map((entry) =>
      entry.action.kind === 'PROTECT'
        ? {
            ...entry,
            action: { ...entry.action, bundle: entry.action.bundle.map((each) => ({ ...each, ...template })) },
          }
        : entry,
    ),
  };
}

/** Records of one of two hosts that protect everything between them. */
export function records(
  version: 1 | 2,
  own: string,
  peer: string,
  more: { readonly host?: string; readonly ike?: string; readonly auth?: string; readonly action?: string } = {},
): string {
  const ike =
    version === 1
      ? `add ikev1 ike -remote ${peer} -priority 10 -group 14 -hash SHA1 -encryption AES128-CBC`
      : `add ikev2 ike -remote ${peer} -priority 10 -group 14 -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1`;
  return [
    `add host to_peer -source ${own} -destination ${peer} -priority 10 -action ${more.action ?? 'ESP_AES128_HMAC_SHA1/600/0'} ${more.host ?? ''}`,
    `${ike} ${more.ike ?? ''}`,
    `add auth auth -remote ${peer} -priority 10 -kmp IKEV${version} -preshared Sand7-Plover_99x-Reed ${more.auth ?? ''}`,
  ].join('\n');
}
