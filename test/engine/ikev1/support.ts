/** Two or more engines back to back on a tiny network without I/O, for the tests of this folder. */
import { type CredentialData, createCredentials } from '../../../src/engine/credentials/store.js';
import type { Credentials } from '../../../src/engine/credentials.js';
import { nodeProvider } from '../../../src/engine/crypto/node/provider.js';
import { seededRandom } from '../../../src/engine/crypto/random.js';
import { createEngine, type Engine } from '../../../src/engine/engine.js';
import { type EngineLimits, type Environment, engineLimits } from '../../../src/engine/environment.js';
import type { EngineEvent } from '../../../src/engine/event.js';
import type { Failure } from '../../../src/engine/failure.js';
import { ikev1 } from '../../../src/engine/ikev1/ikev1.js';
import type { ChildRequest, Endpoint, EngineInput } from '../../../src/engine/input.js';
import { movedParameters } from '../../../src/engine/ipsec/peer-move.js';
import type { SaId, SaParameters } from '../../../src/engine/ipsec/sa.js';
import type { EngineOutput } from '../../../src/engine/output.js';
import { describe as describeMessage } from '../../../src/engine/wire/describe.js';
import type { IsakmpPayload } from '../../../src/engine/wire/isakmp/table.js';
import { type Address, formatAddress, parseAddress } from '../../../src/model/address.js';
import type { Dialect } from '../../../src/model/language/dialect.js';
import type { Packet } from '../../../src/model/packet.js';
import { parsePacket } from '../../../src/model/parse-packet.js';
import { systemView } from '../../../src/model/peer/system-view.js';
import { peerProfile } from '../../../src/model/peer-profile/catalogue.js';
import type { PeerProfile, PeerProfileName } from '../../../src/model/peer-profile/peer-profile.js';
import { SourceText } from '../../../src/model/span.js';
import type { SystemConfig } from '../../../src/model/system-config.js';
import { loadSystem } from '../../../src/services/load-system.js';

export interface SystemOptions {
  readonly text: string;
  readonly addresses: readonly string[];
  readonly dialect?: Dialect;
  readonly profile?: PeerProfileName;
  readonly traits?: Partial<PeerProfile>;
  readonly credentials?: CredentialData;
  readonly makeCredentials?: (environment: Pick<Environment, 'provider' | 'view'>) => Credentials;
  readonly limits?: Partial<EngineLimits>;
  readonly adjust?: (config: SystemConfig) => SystemConfig;
  /** In place of records. */
  readonly config?: SystemConfig;
}

export interface System {
  readonly name: string;
  readonly config: SystemConfig;
  readonly environment: Environment;
  engine: Engine;
  readonly events: EngineEvent[];
  /** SAs in the data path, and when they expire. */
  readonly sas: Map<string, SaParameters>;
  readonly ages: Map<string, Age>;
  /** Keepalives that it sent. */
  keepalives: number;
  readonly failedRequests: ChildRequest[];
}

interface Age {
  readonly id: SaId;
  soft?: number;
  hard?: number;
}

export interface Datagram {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly octets: Uint8Array;
  /** Its number among all that were sent, from 0. */
  readonly number: number;
  readonly sender: string;
  readonly repetition: number;
  readonly exchange: string;
}

/** What the network does with a datagram: nothing, or one or more deliveries after so many milliseconds. */
export type Network = (datagram: Datagram) => readonly { readonly delay: number; readonly datagram: Datagram }[];

export const straight: Network = (datagram) => [{ delay: 10, datagram }];

export function system(name: string, options: SystemOptions, seed = 'ikev1 tests'): System {
  const { profile = 'strict-rfc' } = options;
  const config = options.config ?? loadRecords(name, options);
  const view = systemView(config);
  const provider = nodeProvider(seededRandom(seed, name));
  const counters = { ike: 0, child: 0 };
  let spi = 0x1000 + name.length * 0x10000 + name.charCodeAt(0) * 0x100;
  const environment: Environment = {
    view,
    profile: { ...peerProfile(profile), ...options.traits },
    provider,
    credentials:
      options.makeCredentials?.({ provider, view }) ??
      createCredentials(options.credentials ?? {}, provider).credentials,
    limits: { ...engineLimits, ...options.limits },
    date: (now) => new Date(Date.UTC(2026, 0, 1) + now),
    nextSerial(of) {
      counters[of] += 1;
      return counters[of];
    },
    allocateSpi() {
      spi += 1;
      return spi;
    },
  };
  return {
    name,
    config,
    environment,
    engine: createEngine(environment, [ikev1]),
    events: [],
    sas: new Map(),
    ages: new Map(),
    keepalives: 0,
    failedRequests: [],
  };
}

function loadRecords(name: string, { text, addresses, dialect, adjust }: SystemOptions): SystemConfig {
  const loaded = loadSystem({
    name,
    sources: [new SourceText(`${name}.conf`, text)],
    addresses: addresses.map(address),
    ...(dialect ? { dialect } : {}),
  });
  const problems = loaded.problems.filter(({ severity }) => severity !== 'warning');
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'));
  return adjust?.(loaded.config) ?? loaded.config;
}

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`not an address: ${text}`);
  return parsed;
}

interface Delivery {
  readonly at: number;
  readonly order: number;
  readonly datagram: Datagram;
}

/** Systems, a network between them, and a clock. */
export class World {
  now = 0;
  readonly systems: readonly System[];
  network: Network;
  readonly sent: Datagram[] = [];
  /** SAs in the order in which they were installed. */
  readonly installs: { readonly by: string; readonly direction: string; readonly settleMillis: number }[] = [];
  readonly trace: string[] = [];
  private readonly flying: Delivery[] = [];
  private order = 0;

  constructor(systems: readonly System[], network: Network = straight) {
    this.systems = systems;
    this.network = network;
  }

  system(name: string): System {
    return this.systems.find((candidate) => candidate.name === name)!;
  }

  /** Lets a system have an input, and carries out what it says. */
  input(name: string, input: EngineInput): readonly EngineOutput[] {
    const target = this.system(name);
    const outputs = target.engine.handle(input, this.now);
    for (const output of outputs) this.carryOut(target, output);
    return outputs;
  }

  /** Asks for what a packet needs: `tcp 10.1.1.1:4000 > 10.2.2.2:23`. */
  request(name: string, text: string): readonly EngineOutput[] {
    return this.input(name, { kind: 'request', request: requestFor(this.system(name), text) });
  }

  /** Goes on until nothing flies and no timer is due before `until` (milliseconds). */
  run(until = this.now + 600_000): void {
    for (let step = 0; step < 100_000; step += 1) {
      const next = this.nextTime();
      if (next === undefined || next > until) break;
      this.now = Math.max(this.now, next);
      const due = this.flying.filter(({ at }) => at <= this.now).sort((a, b) => a.at - b.at || a.order - b.order);
      for (const delivery of due) {
        this.flying.splice(this.flying.indexOf(delivery), 1);
        this.deliver(delivery.datagram);
      }
      for (const target of this.systems) {
        const at = target.engine.nextTimeout();
        if (at !== undefined && at <= this.now) this.input(target.name, { kind: 'timeout' });
        this.age(target);
      }
    }
    this.now = Math.max(this.now, until);
  }

  /** Goes on until nothing flies, without waiting for timers. */
  settle(): void {
    for (let step = 0; step < 10_000 && this.flying.length > 0; step += 1) {
      this.run(Math.min(...this.flying.map(({ at }) => at)));
    }
  }

  deliver(datagram: Datagram): void {
    const target = this.systems.find(({ config }) =>
      config.addresses.some(
        (own) => own.family === datagram.to.address.family && own.value === datagram.to.address.value,
      ),
    );
    if (!target) return;
    this.input(target.name, {
      kind: 'datagram',
      local: datagram.to,
      remote: datagram.from,
      octets: datagram.octets,
    });
  }

  send(datagram: Datagram): void {
    for (const delivery of this.network(datagram)) {
      this.order += 1;
      this.flying.push({ at: this.now + delivery.delay, order: this.order, datagram: delivery.datagram });
    }
  }

  /** What the data path tells of SAs whose time has come. */
  private age(target: System): void {
    for (const age of [...target.ages.values()]) {
      for (const level of ['hard', 'soft'] as const) {
        const at = age[level];
        if (at === undefined || at > this.now || !target.ages.has(idKey(age.id))) continue;
        delete age[level];
        const event = { kind: `${level}-expire` as const, sa: age.id, limit: 'seconds' as const };
        this.input(target.name, { kind: 'sa-event', event });
      }
    }
  }

  private nextTime(): number | undefined {
    const times = [
      ...this.flying.map(({ at }) => at),
      ...this.systems.flatMap(({ engine, ages }) => [
        ...(engine.nextTimeout() === undefined ? [] : [engine.nextTimeout()!]),
        ...[...ages.values()].flatMap(({ soft, hard }) => [soft, hard].filter((at) => at !== undefined)),
      ]),
    ];
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  private carryOut(target: System, output: EngineOutput): void {
    switch (output.kind) {
      case 'transmit': {
        const { content, octets, local, remote } = output;
        const datagram: Datagram = {
          from: local,
          to: remote,
          octets,
          number: this.sent.length,
          sender: target.name,
          repetition: content.repetition,
          exchange: content.exchange,
        };
        this.sent.push(datagram);
        this.trace.push(
          `${target.name}: ${describeMessage(content.message, content.inner ? { inner: content.inner as readonly IsakmpPayload[] } : {})}`,
        );
        this.send(datagram);
        break;
      }
      case 'install': {
        this.installs.push({ by: target.name, direction: output.sa.direction, settleMillis: output.settleMillis ?? 0 });
        const { sa } = output;
        const key = saKey(sa);
        if (target.sas.has(key)) throw new Error(`SA ${key} is there already`);
        target.sas.set(key, sa);
        const { softSeconds: soft, hardSeconds: hard } = sa.limits;
        target.ages.set(key, {
          id: {
            direction: sa.direction,
            protocol: sa.protocol,
            spi: sa.spi,
            destination: destinationOf(sa),
          },
          ...(soft ? { soft: this.now + soft * 1000 } : {}),
          ...(hard ? { hard: this.now + hard * 1000 } : {}),
        });
        break;
      }
      case 'remove': {
        const key = idKey(output.sa);
        target.ages.delete(key);
        if (!target.sas.delete(key)) throw new Error(`SA ${key} is not there`);
        break;
      }
      case 'move':
        for (const id of output.move.sas) {
          const sa = target.sas.get(idKey(id));
          const age = target.ages.get(idKey(id));
          if (!sa || !age) throw new Error(`SA ${idKey(id)} is not there`);
          target.sas.delete(idKey(id));
          target.ages.delete(idKey(id));
          const moved = movedParameters(sa, output.move);
          target.sas.set(saKey(moved), moved);
          target.ages.set(saKey(moved), { ...age, id: { ...id, destination: destinationOf(moved) } });
        }
        break;
      case 'request-failed':
        target.failedRequests.push(output.request);
        break;
      case 'event':
        target.events.push(output.event);
        break;
      case 'keepalive':
        target.keepalives += 1;
        break;
    }
  }
}

function destinationOf({ direction, local, remote }: SaParameters): Address {
  return direction === 'outbound' ? remote : local;
}

function saKey(sa: SaParameters): string {
  const { direction, protocol, spi } = sa;
  return idKey({ direction, protocol, spi, destination: destinationOf(sa) });
}

export function idKey({ direction, protocol, spi, destination }: SaId): string {
  return `${direction} ${protocol} ${spi.toString(16)} ${formatAddress(destination.family, destination.value)}`;
}

/** What the data path would ask for, for a packet of a system. */
export function requestFor({ config }: System, text: string): ChildRequest {
  const packet = packetOf(text);
  const entry = config.spd.find(({ selectors }) => selectors.some((box) => isIn(box, packet)));
  if (entry?.action.kind !== 'PROTECT') throw new Error(`no entry protects ${text}`);
  const template = entry.action.bundle.at(-1)!;
  const own = { family: packet.family, value: packet.local };
  const peer = { family: packet.family, value: packet.remote };
  return {
    entry,
    template,
    ends: { local: template.localEndpoint ?? own, remote: template.remoteEndpoint ?? peer },
    packet,
    populateFromPacket: entry.action.populateFromPacket,
  };
}

function packetOf(text: string): Packet {
  const parsed = parsePacket(text, 'outbound');
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed;
}

function isIn(box: SystemConfig['spd'][number]['selectors'][number], packet: Packet): boolean {
  const { local, remote, protocol, family } = packet;
  return (
    box.family === family &&
    box.local.lo <= local &&
    local <= box.local.hi &&
    box.remote.lo <= remote &&
    remote <= box.remote.hi &&
    box.protocol.lo <= protocol &&
    protocol <= box.protocol.hi &&
    box.x.lo <= (packet.localPort ?? 0) &&
    (packet.localPort ?? 0) <= box.x.hi &&
    box.y.lo <= (packet.remotePort ?? 0) &&
    (packet.remotePort ?? 0) <= box.y.hi
  );
}

/** All failures of a system, `code: text`. */
export function failures({ events }: System): Failure[] {
  return events.flatMap((event) => (event.kind === 'failed' ? [event.failure] : []));
}

export function failureCodes(of: System): string[] {
  return failures(of).map(({ code }) => code);
}

/** Events of a kind. */
export function eventsOf<K extends EngineEvent['kind']>(
  { events }: System,
  kind: K,
): Extract<EngineEvent, { kind: K }>[] {
  return events.filter((event): event is Extract<EngineEvent, { kind: K }> => event.kind === kind);
}

/** Do the outbound SAs of one system have the keys of the inbound ones of the other, and the other way round? */
export function agree(a: System, b: System): boolean {
  const halves = (from: System, direction: 'inbound' | 'outbound') =>
    [...from.sas.values()]
      .filter((sa) => sa.direction === direction)
      .map(({ protocol, spi, keys, mode, encryption, authentication, esn }) =>
        JSON.stringify([
          protocol,
          spi,
          mode,
          encryption?.name,
          authentication?.name,
          esn,
          keys.encryption && [...keys.encryption.reveal()],
          keys.authentication && [...keys.authentication.reveal()],
        ]),
      )
      .sort();
  const same = (x: string[], y: string[]) => x.length === y.length && x.every((value, index) => value === y[index]);
  return same(halves(a, 'outbound'), halves(b, 'inbound')) && same(halves(b, 'outbound'), halves(a, 'inbound'));
}

/** Records of two hosts, 10.1.1.1 and 10.2.2.2, that fit. */
export const texts = {
  a: (auth = '-kmp IKEV1 -exchange MM -preshared secret-of-both', ike = '', action = 'ESP_AES128_HMAC_SHA1') =>
    `add host h -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ${action}\n` +
    `add auth x -remote 10.2.2.2 -priority 10 ${auth}\n${ike && `add ikev1 i -remote 10.2.2.2 -priority 10 ${ike}\n`}`,
  b: (auth = '-kmp IKEV1 -exchange MM -preshared secret-of-both', ike = '', action = 'ESP_AES128_HMAC_SHA1') =>
    `add host h -source 10.2.2.2 -destination 10.1.1.1 -priority 10 -action ${action}\n` +
    `add auth x -remote 10.1.1.1 -priority 10 ${auth}\n${ike && `add ikev1 i -remote 10.1.1.1 -priority 10 ${ike}\n`}`,
} as const;

export const packetAB = 'tcp 10.1.1.1:4000 > 10.2.2.2:23';
export const packetBA = 'tcp 10.2.2.2:4000 > 10.1.1.1:23';

type Changes = Partial<Omit<SystemOptions, 'text' | 'addresses'>> & { readonly text?: string };

/** Two systems that fit, unless told otherwise. */
export function pair(a: Changes = {}, b: Changes = {}, network: Network = straight, seed?: string): World {
  return new World(
    [
      system('alpha', { text: texts.a(), addresses: ['10.1.1.1'], ...a }, seed),
      system('beta', { text: texts.b(), addresses: ['10.2.2.2'], ...b }, seed),
    ],
    network,
  );
}
