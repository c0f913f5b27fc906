/** Two systems that speak IKEv2 over a network of one line, for the tests of this folder. */
import type { Credentials } from '../../../src/engine/credentials.js';
import { nodeProvider } from '../../../src/engine/crypto/node/provider.js';
import type { CryptoProvider } from '../../../src/engine/crypto/provider.js';
import { seededRandom } from '../../../src/engine/crypto/random.js';
import { createEngine, type Engine } from '../../../src/engine/engine.js';
import { type EngineLimits, engineLimits } from '../../../src/engine/environment.js';
import type { EngineEvent } from '../../../src/engine/event.js';
import type { Failure } from '../../../src/engine/failure.js';
import { ikev2 } from '../../../src/engine/ikev2/ikev2.js';
import type { ChildRequest, Endpoint, EngineInput } from '../../../src/engine/input.js';
import { movedParameters } from '../../../src/engine/ipsec/peer-move.js';
import type { SaId, SaParameters } from '../../../src/engine/ipsec/sa.js';
import type { EngineOutput } from '../../../src/engine/output.js';
import { type Address, anyAddress, formatAddress, parseAddress, singleAddress } from '../../../src/model/address.js';
import type { Origin, Sourced } from '../../../src/model/origin.js';
import type { Packet } from '../../../src/model/packet.js';
import { systemView } from '../../../src/model/peer/system-view.js';
import { peerProfile } from '../../../src/model/peer-profile/catalogue.js';
import type { PeerProfile, PeerProfileName } from '../../../src/model/peer-profile/peer-profile.js';
import { Secret } from '../../../src/model/secret.js';
import { anyDirection, anyPort, anyProtocol, type Box } from '../../../src/model/selector/box.js';
import type {
  AuthenticationMethod,
  ChildProposal,
  EntrySource,
  Identity,
  IdentityPattern,
  IkePolicy,
  IkeProposal,
  PadEntry,
  SaTemplate,
  SpdEntry,
  SystemConfig,
} from '../../../src/model/system-config.js';
import { authentication, encryption, keyExchange, prf } from '../../../src/model/transform.js';

const written: Origin = { kind: 'builtin', what: 'test' };

export function sourced<T>(value: T): Sourced<T> {
  return { value, origin: written };
}

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`not an address: ${text}`);
  return parsed;
}

export function sourceOf(kind: string, name: string): EntrySource {
  return { record: { kind, name } as EntrySource['record'] };
}

export interface ChildSuite {
  readonly protocol?: 'ESP' | 'AH';
  readonly encryption?: readonly string[];
  readonly authentication?: readonly string[];
  readonly esn?: readonly ('no-esn' | 'esn')[];
  readonly lifetimeSeconds?: number;
  readonly rekeySeconds?: number;
}

export interface IkeSuiteOption {
  readonly encryption?: readonly string[];
  readonly authentication?: readonly string[];
  readonly prf?: readonly string[];
  readonly groups?: readonly number[];
}

/** What a test says of one side; what it leaves out is the same on both. */
export interface SideOptions {
  readonly profile?: PeerProfileName | PeerProfile;
  readonly address?: string;
  readonly peer?: string;
  readonly ike?: readonly IkeSuiteOption[];
  readonly child?: readonly ChildSuite[];
  readonly mode?: 'transport' | 'tunnel';
  readonly pfs?: readonly number[];
  readonly psk?: string;
  readonly method?: AuthenticationMethod;
  readonly peerMethod?: AuthenticationMethod;
  readonly localId?: Identity;
  readonly remoteId?: IdentityPattern;
  readonly ikeVersions?: readonly (1 | 2)[];
  readonly selectors?: readonly Partial<Omit<Box, 'family'>>[];
  readonly populateFromPacket?: boolean;
  readonly ikeLifetimeSeconds?: number;
  readonly ikeRekeySeconds?: number;
  readonly reauthenticationSeconds?: number;
  readonly dpdSeconds?: number;
  readonly pad?: Partial<PadEntry>;
  readonly config?: (config: SystemConfig) => SystemConfig;
  readonly limits?: Partial<EngineLimits>;
  readonly credentials?: Partial<Credentials>;
  readonly provider?: CryptoProvider;
}

const defaultIke: IkeSuiteOption = {
  encryption: ['AES-GCM-16-128'],
  authentication: [],
  prf: ['HMAC-SHA2-256'],
  groups: [31],
};
const defaultChild: ChildSuite = { encryption: ['AES-GCM-16-128'], authentication: [] };

export function ikeProposal(suite: IkeSuiteOption, index = 0): IkeProposal {
  const all = { ...defaultIke, ...suite };
  return {
    name: `proposal ${index + 1}`,
    encryption: all.encryption!.map(encryption),
    authentication: all.authentication!.map(authentication),
    prf: all.prf!.map(prf),
    keyExchange: all.groups!.map((id) => keyExchange(id)!),
  };
}

export function childProposal(suite: ChildSuite, source: EntrySource, index = 0): ChildProposal {
  const { protocol = 'ESP' } = suite;
  const all = { ...defaultChild, ...suite };
  return {
    source,
    name: `${protocol} ${index + 1}`,
    protocol,
    encryption: protocol === 'AH' ? [] : all.encryption!.map(encryption),
    authentication: all.authentication!.map(authentication),
    esn: all.esn ?? ['no-esn'],
    lifetimeSeconds: sourced(all.lifetimeSeconds ?? 3600),
    lifetimeKilobytes: sourced(0),
    ...(all.rekeySeconds === undefined ? {} : { rekeySeconds: sourced(all.rekeySeconds) }),
  };
}

export function box(local: Address, remote: Address, more: Partial<Omit<Box, 'family'>> = {}): Box {
  return {
    family: local.family,
    direction: anyDirection,
    local: { lo: local.value, hi: local.value },
    remote: { lo: remote.value, hi: remote.value },
    protocol: anyProtocol,
    x: anyPort,
    y: anyPort,
    ...more,
  };
}

/** The configuration of one side. */
export function configOf(name: string, own: Address, peer: Address, options: SideOptions): SystemConfig {
  const { mode = 'transport', pfs } = options;
  const source = sourceOf('host', `${name}_host`);
  const template: SaTemplate = {
    source,
    mode,
    ...(mode === 'tunnel' ? { localEndpoint: own, remoteEndpoint: peer } : {}),
    selectors: (options.selectors ?? [{}]).map((more) => box(own, peer, more)),
    proposals: (options.child ?? [{}]).map((suite, index) => childProposal(suite, source, index)),
    ...(pfs ? { pfsGroups: sourced(pfs.map((id) => keyExchange(id)!)) } : {}),
  };
  const entry: SpdEntry = {
    source,
    selectors: template.selectors,
    action: {
      kind: 'PROTECT',
      bundle: [template],
      populateFromPacket: options.populateFromPacket ?? false,
      fallbackToClear: false,
    },
  };
  const pad: PadEntry = {
    source: sourceOf('auth', `${name}_auth`),
    remote: singleAddress(peer),
    ikeVersions: sourced(options.ikeVersions ?? [2]),
    exchange: sourced('main'),
    localMethod: sourced(options.method ?? 'PSK'),
    remoteMethod: sourced(options.peerMethod ?? options.method ?? 'PSK'),
    ...(options.localId ? { localId: sourced(options.localId) } : {}),
    ...(options.remoteId ? { remoteId: sourced(options.remoteId) } : {}),
    presharedKey: sourced({ kind: 'literal', secret: Secret.ofText(options.psk ?? 'a key for tests') }),
    respondOnly: false,
    ...(options.dpdSeconds === undefined ? {} : { dpdSeconds: sourced(options.dpdSeconds) }),
    ...options.pad,
  };
  const policy: IkePolicy = {
    source: sourceOf('ikev2', `${name}_ike`),
    version: 2,
    remote: anyAddress(own.family),
    proposals: (options.ike ?? [{}]).map(ikeProposal),
    lifetimeSeconds: sourced(options.ikeLifetimeSeconds ?? 28_800),
    ...(options.ikeRekeySeconds === undefined ? {} : { rekeySeconds: sourced(options.ikeRekeySeconds) }),
    ...(options.reauthenticationSeconds === undefined
      ? {}
      : { reauthenticationSeconds: sourced(options.reauthenticationSeconds) }),
    pfs: sourced(false),
  };
  const config: SystemConfig = {
    name,
    addresses: [own],
    spd: [entry],
    forwardSpd: [],
    pad: [pad],
    ikePolicies: [policy],
    padSearch: 'first-match',
  };
  return options.config ? options.config(config) : config;
}

/** Preshared keys as the records have them; nothing else. */
export const literalKeys: Credentials = {
  presharedKey: ({ presharedKey }) => (presharedKey?.value.kind === 'literal' ? presharedKey.value.secret : undefined),
  own: () => undefined,
  peerKey: () => ({ kind: 'refused', why: 'no certificate is trusted here' }),
  trustAnchors: () => [],
};

export interface Side {
  readonly name: string;
  readonly own: Address;
  readonly config: SystemConfig;
  engine: Engine;
  readonly events: EngineEvent[];
  readonly sas: Map<string, SaParameters>;
  readonly failedRequests: ChildRequest[];
  keepalives: number;
  /** What it sent, with the time. */
  readonly sent: { readonly at: number; readonly output: Extract<EngineOutput, { kind: 'transmit' }> }[];
  /** Starts the engine anew: everything is forgotten. */
  restart(): void;
}

/** A datagram on its way. */
export interface Datagram {
  readonly number: number;
  readonly from: Side;
  readonly to: Side;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly octets: Uint8Array;
  readonly output: Extract<EngineOutput, { kind: 'transmit' }>;
}

/** What the network does with a datagram: delays of its deliveries in milliseconds; none for a lost one. */
export type Fate = (datagram: Datagram) => readonly number[];

export interface World {
  readonly a: Side;
  readonly b: Side;
  now: number;
  fate: Fate;
  give(side: Side, input: EngineInput): void;
  /** Lets time pass until nothing is on its way and no timer is due before `until`. */
  run(until?: number): void;
  request(side: Side, packet?: Packet, entry?: number): void;
  /** Puts a datagram into the hands of a side. */
  inject(to: Side, from: Endpoint, at: Endpoint, octets: Uint8Array): void;
  readonly log: Datagram[];
  /** Does something after so many milliseconds. */
  later(delay: number, act: () => void): void;
  /** Takes messages instead of the plain network. */
  carry?: (from: Side, output: Extract<EngineOutput, { kind: 'transmit' }>) => void;
}

const latency = 10;
const stepsMax = 200_000;

export function makeWorld(
  options: { a?: SideOptions; b?: SideOptions; both?: SideOptions; seed?: string } = {},
): World {
  const optionsOf = (which: 'a' | 'b'): SideOptions => ({ ...options.both, ...options[which] });
  const addresses = {
    a: address(optionsOf('a').address ?? '192.0.2.1'),
    b: address(optionsOf('b').address ?? '192.0.2.2'),
  };
  const waiting: { at: number; order: number; act: () => void }[] = [];
  let order = 0;
  let number = 0;
  const world: World = {
    a: makeSide('a'),
    b: makeSide('b'),
    now: 0,
    fate: () => [latency],
    give(side, input) {
      take(side, side.engine.handle(input, world.now));
    },
    run(until = 600_000) {
      for (let step = 0; step < stepsMax; step += 1) {
        waiting.sort((x, y) => x.at - y.at || x.order - y.order);
        const timers = [world.a, world.b].flatMap((side) => {
          const at = side.engine.nextTimeout();
          return at === undefined ? [] : [{ at, side }];
        });
        timers.sort((x, y) => x.at - y.at);
        const [delivery] = waiting;
        const [timer] = timers;
        const at = Math.min(delivery?.at ?? Number.POSITIVE_INFINITY, timer?.at ?? Number.POSITIVE_INFINITY);
        if (at > until) {
          world.now = until;
          return;
        }
        world.now = Math.max(world.now, at);
        if (delivery && delivery.at <= at) {
          waiting.shift();
          delivery.act();
        } else if (timer) world.give(timer.side, { kind: 'timeout' });
      }
      throw new Error('it does not come to an end');
    },
    request(side, packet, entryNumber = 0) {
      const entry = side.config.spd[entryNumber]!;
      if (entry.action.kind !== 'PROTECT') throw new Error('nothing to protect');
      const peer = side === world.a ? world.b : world.a;
      world.give(side, {
        kind: 'request',
        request: {
          entry,
          template: entry.action.bundle[0]!,
          ends: { local: side.own, remote: peer.own },
          populateFromPacket: entry.action.populateFromPacket,
          ...(packet ? { packet } : {}),
        },
      });
    },
    inject(to, from, at, octets) {
      world.give(to, { kind: 'datagram', local: at, remote: from, octets });
    },
    log: [],
    later,
  };
  return world;

  function makeSide(which: 'a' | 'b'): Side {
    const sideOptions = optionsOf(which);
    const own = addresses[which];
    const peer = sideOptions.peer ? address(sideOptions.peer) : addresses[which === 'a' ? 'b' : 'a'];
    const config = configOf(which, own, peer, sideOptions);
    let run = 0;
    const make = (): Engine => {
      run += 1;
      const serials = { ike: 0, child: 0 };
      let spi = (which === 'a' ? 0xa000_0000 : 0xb000_0000) + run * 0x10_0000;
      const { profile = 'strict-rfc' } = sideOptions;
      return createEngine(
        {
          view: systemView(config),
          profile: typeof profile === 'string' ? peerProfile(profile) : profile,
          provider: sideOptions.provider ?? nodeProvider(seededRandom(options.seed ?? 'ikev2', `${which}${run}`)),
          credentials: { ...literalKeys, ...sideOptions.credentials },
          limits: { ...engineLimits, ...sideOptions.limits },
          date: (now) => new Date(Date.UTC(2026, 0, 1) + now),
          nextSerial(of) {
            serials[of] += 1;
            return serials[of];
          },
          allocateSpi() {
            spi += 1;
            return spi;
          },
        },
        [ikev2],
      );
    };
    const side: Side = {
      name: which,
      own,
      config,
      engine: make(),
      events: [],
      sas: new Map(),
      failedRequests: [],
      keepalives: 0,
      sent: [],
      restart() {
        side.engine = make();
        side.sas.clear();
      },
    };
    return side;
  }

  function take(side: Side, outputs: readonly EngineOutput[]): void {
    for (const output of outputs) {
      switch (output.kind) {
        case 'event':
          side.events.push(output.event);
          break;
        case 'install':
          side.sas.set(saKey(idOf(output.sa)), output.sa);
          schedule(output.sa, side);
          break;
        case 'remove':
          if (!side.sas.delete(saKey(output.sa))) throw new Error(`${side.name} removes what is not there`);
          break;
        case 'move':
          for (const id of output.move.sas) {
            const sa = side.sas.get(saKey(id));
            if (!sa) throw new Error(`${side.name} moves what is not there`);
            side.sas.delete(saKey(id));
            const moved = movedParameters(sa, output.move);
            side.sas.set(saKey(idOf(moved)), moved);
          }
          break;
        case 'request-failed':
          side.failedRequests.push(output.request);
          break;
        case 'keepalive':
          side.keepalives += 1;
          break;
        case 'transmit':
          send(side, output);
          break;
      }
    }
  }

  function schedule(sa: SaParameters, side: Side): void {
    for (const [seconds, kind] of [
      [sa.limits.softSeconds, 'soft-expire'],
      [sa.limits.hardSeconds, 'hard-expire'],
    ] as const) {
      if (!seconds) continue;
      later(Math.round(seconds * 1000), () => {
        const now = [...side.sas.values()].find((one) => one.keys === sa.keys);
        if (now) world.give(side, { kind: 'sa-event', event: { kind, sa: idOf(now), limit: 'seconds' } });
      });
    }
  }

  function later(delay: number, act: () => void): void {
    order += 1;
    waiting.push({ at: world.now + delay, order, act });
  }

  function send(from: Side, output: Extract<EngineOutput, { kind: 'transmit' }>): void {
    const to = from === world.a ? world.b : world.a;
    from.sent.push({ at: world.now, output });
    if (world.carry) {
      world.carry(from, output);
      return;
    }
    number += 1;
    const { local, remote, octets } = output;
    const datagram: Datagram = { number, from, to, local, remote, octets, output };
    world.log.push(datagram);
    if (formatAddress(remote.address.family, remote.address.value) !== formatAddress(to.own.family, to.own.value))
      return;
    for (const delay of world.fate(datagram)) {
      later(delay, () => world.give(to, { kind: 'datagram', local: remote, remote: local, octets }));
    }
  }
}

export function idOf(sa: SaParameters): SaId {
  const { direction, protocol, spi, local, remote } = sa;
  return { direction, protocol, spi, destination: direction === 'outbound' ? remote : local };
}

export function saKey({ direction, protocol, spi, destination }: SaId): string {
  return `${direction} ${protocol} ${spi} ${formatAddress(destination.family, destination.value)}`;
}

/** Events of one kind. */
export function eventsOf<K extends EngineEvent['kind']>(side: Side, kind: K): Extract<EngineEvent, { kind: K }>[] {
  return side.events.filter((event): event is Extract<EngineEvent, { kind: K }> => event.kind === kind);
}

export function failuresOf(side: Side): Failure[] {
  return eventsOf(side, 'failed').map(({ failure }) => failure);
}

export function failureCodes(side: Side): string[] {
  return failuresOf(side).map(({ code }) => code);
}

/** Inbound and outbound SAs of a side. */
export function pairsOf(side: Side): { inbound: SaParameters[]; outbound: SaParameters[] } {
  const all = [...side.sas.values()];
  return {
    inbound: all.filter(({ direction }) => direction === 'inbound'),
    outbound: all.filter(({ direction }) => direction === 'outbound'),
  };
}

function secretText(secret: Secret | undefined): string {
  return secret ? Buffer.from(secret.reveal()).toString('hex') : '-';
}

/** What two ends of one SA have in common. */
export function fingerprint({
  protocol,
  spi,
  keys,
  esn,
  mode,
  encryption: cipher,
  authentication: mac,
}: SaParameters): string {
  const names = `${cipher?.name ?? '-'} ${mac?.name ?? '-'}`;
  return `${protocol} ${spi} ${mode} ${esn} ${names} ${secretText(keys.encryption)} ${secretText(keys.authentication)}`;
}

/** Have both sides the same SAs, with the same keys, crosswise? Gives what is wrong. */
export function disagreement({ a, b }: World): string[] {
  const faults: string[] = [];
  const compare = (from: Side, to: Side) => {
    const outbound = pairsOf(from).outbound.map(fingerprint).sort();
    const inbound = pairsOf(to).inbound.map(fingerprint).sort();
    if (outbound.join('\n') !== inbound.join('\n')) {
      faults.push(
        `${from.name} sends on ${outbound.length}, ${to.name} receives on ${inbound.length}:\n${outbound.join('\n')}\n--\n${inbound.join('\n')}`,
      );
    }
  };
  compare(a, b);
  compare(b, a);
  const spis = (side: Side) =>
    side.engine
      .ikeSas()
      .map(({ initiatorSpi, responderSpi }) => `${initiatorSpi} ${responderSpi}`)
      .sort()
      .join();
  if (spis(a) !== spis(b)) faults.push(`IKE SAs of a: ${spis(a)}; of b: ${spis(b)}`);
  return faults;
}

/** The messages that were sent, as `a IKE_AUTH 1`. */
export function messages({ log }: World): string[] {
  return log.map(({ from, output: { content } }) => {
    const { message } = content;
    const isAnswer = (message.header.flags & 0x20) !== 0;
    return `${from.name} ${content.exchange} ${message.header.messageId}${isAnswer ? ' R' : ''}`;
  });
}

export function tcpPacket(from: Address, to: Address, localPort = 4000, remotePort = 23): Packet {
  return {
    family: from.family,
    direction: 'outbound',
    local: from.value,
    remote: to.value,
    protocol: 6,
    localPort,
    remotePort,
  };
}
