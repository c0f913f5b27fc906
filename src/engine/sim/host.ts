/**
 * One simulated system: the engine and the data path that a real host would have, and between them what its kernel does —
 * packets wait for their SAs, IKE goes out in UDP, time brings timers. It is the same engine and the same stack.
 */
import { type Address, formatAddress } from '../../model/address.js';
import { systemView } from '../../model/peer/system-view.js';
import type { DataPathName } from '../../model/peer-profile/data-path.js';
import type { PeerProfile } from '../../model/peer-profile/peer-profile.js';
import type { SystemConfig } from '../../model/system-config.js';
import type { Credentials } from '../credentials.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { createEngine, type Engine } from '../engine.js';
import { type EngineLimits, type Environment, engineLimits } from '../environment.js';
import type { IkeVersionFactory } from '../ike-version.js';
import type { ChildRequest, Endpoint, EngineInput } from '../input.js';
import type { Acquire } from '../ipsec/bundle.js';
import { drop } from '../ipsec/drop.js';
import { icmpErrorPolicy, toldPathMtu } from '../ipsec/icmp-errors.js';
import { isIpFault, parseIp } from '../ipsec/packet.js';
import type { KeyFault, Millis } from '../ipsec/sa.js';
import { createIpsecStack, type IpsecStack, type StackOutput } from '../ipsec/stack.js';
import type { EngineOutput } from '../output.js';
import { bearsMarker, frameNatTraversal, keepalive } from '../wire/framing.js';
import { type ClockOptions, createClock } from './clock.js';
import type { TraceFact } from './trace.js';
import { udpPacket } from './udp.js';

export interface HostOptions {
  readonly config: SystemConfig;
  readonly profile: PeerProfile;
  readonly credentials: Credentials;
  readonly versions: readonly IkeVersionFactory[];
  readonly clock?: ClockOptions;
  /** Octets of an IP packet that its link takes. */
  readonly mtu?: number;
  /** What carries its packets, and so which SAs it can have; absent: a kernel that takes all. */
  readonly dataPath?: DataPathName;
  readonly limits?: EngineLimits;
  /**
   * Does it start by itself what its configuration says (start_action, auto=start, -start): from the beginning, or only when it comes
   * up again after a crash; absent: never.
   */
  readonly starts?: 'always' | 'after-crash';
  /** Does it send packets for others on? Without entries for forwarded packets, those for its own count for them. */
  readonly forwards?: boolean;
}

/** What the world does for a system. */
export interface HostSurroundings {
  /** Cryptography with the randomness of the system's `boot`-th life. */
  provider(boot: number): CryptoProvider;
  now(): Millis;
  /** The calendar time of a time of the world. */
  date(at: Millis): Date;
  record(fact: TraceFact): void;
  /** Puts a packet into the network and gives its number. */
  transmit(octets: Uint8Array, about: Pick<Extract<TraceFact, { kind: 'sent' }>, 'ike' | 'through'>): void;
  /** What `nextWake` says may have changed. */
  changed(): void;
}

export interface SimulatedHost {
  readonly name: string;
  readonly config: SystemConfig;
  readonly isUp: boolean;
  readonly engine: Engine;
  readonly stack: IpsecStack;
  /** Faults of manual SAs, found when it started. */
  readonly faults: readonly KeyFault[];
  /** Sends a packet of its own, or of a network behind it. */
  send(octets: Uint8Array, how?: 'own' | 'forwarded'): void;
  /** It is up for the first time. */
  begin(): void;
  /** A packet comes from the network. */
  receive(octets: Uint8Array): void;
  command(input: EngineInput): void;
  /** Lets its clock bring what is due. */
  wake(): void;
  /** When, in the world's time, it wants to be woken. */
  nextWake(): Millis | undefined;
  crash(): void;
  start(): void;
}

interface Held {
  readonly octets: Uint8Array;
  readonly how: 'own' | 'forwarded';
  readonly until: Millis;
  /** How often an SA was asked for because of it. */
  readonly asked: number;
}

/** Packets that wait for SAs; the oldest gives way. */
const heldMax = 64;
const heldMillis = 60_000;
/** One for each SA that a packet may need; more, and what is negotiated is never what the packet needs. */
const askedMax = 8;
/** Outputs that one input may give rise to: an engine that goes round in circles is told from one that works. */
const outputsMax = 10_000;
const spiDrawsMax = 64;

export function createHost(options: HostOptions, world: HostSurroundings): SimulatedHost {
  const { config, profile, credentials, versions, mtu } = options;
  const clock = createClock(options.clock);
  const view = systemView(config);
  const local = (): Millis => clock.shows(world.now());
  const pathMtus = new Map<string, number>();
  let boot = 0;
  let identification = 0;
  let isUp = true;
  let held: Held[] = [];
  let { engine, stack, faults } = boots();

  function boots(): { readonly engine: Engine; readonly stack: IpsecStack; readonly faults: readonly KeyFault[] } {
    const provider = world.provider(boot);
    const forwards = options.forwards || view.forward.protects;
    const made = createIpsecStack(
      {
        config: forwards ? forwardingConfig(config) : config,
        provider,
        forwards,
        pathMtu: pathMtuTo,
        icmpErrors: icmpErrorPolicy(profile),
        clearFlowsStay: profile.clearFlowsStay.value,
      },
      clock.shows(world.now()),
    );
    const serials = { ike: 0, child: 0 };
    const environment: Environment = {
      view,
      profile,
      provider,
      credentials,
      limits: options.limits ?? engineLimits,
      ...(options.dataPath ? { dataPath: options.dataPath } : {}),
      date: (at) => world.date(at),
      nextSerial(of) {
        serials[of] += 1;
        return serials[of];
      },
      allocateSpi() {
        for (let draw = 0; draw < spiDrawsMax; draw += 1) {
          const [a = 0, b = 0, c = 0, d = 0] = provider.random(4);
          const spi = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
          if (spi >= 256 && !isTaken(made.stack, spi)) return spi;
        }
        throw new Error('the random source repeats itself');
      },
    };
    return { engine: createEngine(environment, versions), stack: made.stack, faults: made.faults };
  }

  function isTaken({ sad }: IpsecStack, spi: number): boolean {
    return config.addresses.some(
      (own) => sad.inbound('ESP', spi, own) !== undefined || sad.inbound('AH', spi, own) !== undefined,
    );
  }

  function pathMtuTo({ family, value }: Address): number | undefined {
    return pathMtus.get(formatAddress(family, value)) ?? mtu;
  }

  function learnPathMtu({ family, value }: Address, mtu: number): void {
    const key = formatAddress(family, value);
    pathMtus.set(key, Math.min(mtu, pathMtus.get(key) ?? mtu));
  }

  /** What a host's IP layer makes of an ICMP error that policy has let in: paths of packets in the clear have widths too. */
  function hearError(octets: Uint8Array): void {
    const ip = parseIp(octets);
    const told = isIpFault(ip) ? undefined : toldPathMtu(ip);
    if (told) learnPathMtu(told.remote, told.mtu);
  }

  /** Does everything that an input to the engine gives rise to. */
  function tell(input: EngineInput): void {
    const inputs: EngineInput[] = [input];
    let count = 0;
    for (let next = inputs.shift(); next; next = inputs.shift()) {
      let hasInstalled = false;
      for (const output of engine.handle(next, local())) {
        count += 1;
        if (count > outputsMax) {
          world.record({ kind: 'fault', why: `more than ${outputsMax} outputs of one input` });
          return;
        }
        hasInstalled = carryOut(output, inputs) || hasInstalled;
      }
      if (hasInstalled) retryHeld(inputs);
    }
  }

  /** True where an SA was installed that packets may wait for. */
  function carryOut(output: EngineOutput, inputs: EngineInput[]): boolean {
    switch (output.kind) {
      case 'transmit': {
        const isMarked = bearsMarker(output.local.port, output.remote.port);
        const framed = isMarked ? frameNatTraversal(output.octets) : output.octets;
        sendUdp(output.local, output.remote, framed, {
          ike: { local: output.local, remote: output.remote, content: output.content },
          through: [],
        });
        return false;
      }
      case 'keepalive':
        sendUdp(output.local, output.remote, keepalive(), { through: [] });
        return false;
      case 'install': {
        const { sa, template } = output;
        const isOther = template !== undefined && template.mode !== sa.mode;
        const added = stack.addSa(isOther ? { ...sa, agreedFor: template } : sa, local());
        world.record({ kind: 'install', child: output.child, sa: output.sa });
        if ('why' in added) world.record({ kind: 'fault', why: `an SA could not be installed: ${added.why}` });
        return output.sa.direction === 'outbound';
      }
      case 'remove':
        stack.removeSa(output.sa);
        world.record({ kind: 'remove', sa: output.sa, why: output.why });
        return false;
      case 'move':
        stack.movePeer(output.move);
        world.record({ kind: 'move', move: output.move });
        return false;
      case 'request-failed':
        world.record({ kind: 'request-failed', request: output.request, retryAt: output.retryAt });
        giveUp(output.request, output.retryAt, inputs);
        return false;
      case 'event':
        world.record({ kind: 'event', event: output.event });
        return false;
    }
  }

  function sendUdp(
    from: Endpoint,
    to: Endpoint,
    contents: Uint8Array,
    about: Pick<Extract<TraceFact, { kind: 'sent' }>, 'ike' | 'through'>,
  ): void {
    identification = (identification + 1) & 0xffff;
    const octets = udpPacket(from, to, contents, identification);
    if (!octets) {
      world.record({ kind: 'fault', why: `a datagram of ${contents.length} octets` });
      return;
    }
    // IKE's own packets pass without policy, and are cut where the link is too narrow.
    for (const output of stack.outbound(octets, local())) {
      if (output.kind === 'transmit') world.transmit(output.octets, about);
      else if (output.kind === 'drop') recordDrop(octets, 'outbound', output);
    }
  }

  function recordDrop(
    octets: Uint8Array,
    direction: 'outbound' | 'inbound',
    { reason, why }: Extract<StackOutput, { kind: 'drop' }>,
  ): void {
    // A fragment that waits for the others is no matter.
    if (reason !== 'incomplete') world.record({ kind: 'dropped', octets, direction, reason, why });
  }

  /** Sends a packet through the data path; what it lacks is asked for, and the packet waits. */
  function send(octets: Uint8Array, how: 'own' | 'forwarded', inputs: EngineInput[], waiting?: Held): void {
    const now = local();
    const outputs = how === 'own' ? stack.outbound(octets, now) : stack.forward(octets, now);
    const asked = waiting?.asked ?? 0;
    const mayWait = asked < askedMax && (waiting === undefined || waiting.until > now);
    const acquire = outputs.find((output): output is Acquire => output.kind === 'acquire');
    for (const output of outputs) {
      switch (output.kind) {
        case 'transmit':
          world.transmit(output.octets, { through: output.through });
          break;
        case 'drop':
          if (output.reason === 'no-sa' && mayWait) {
            if (!waiting) world.record({ kind: 'held', octets });
            const until = waiting?.until ?? now + heldMillis;
            held = [...held.slice(1 - heldMax), { octets, how, until, asked: asked + (acquire ? 1 : 0) }];
          } else if (output.reason === 'no-sa' && asked >= askedMax)
            recordDrop(octets, 'outbound', drop('no-sa', 'the SAs that come about do not carry it'));
          else recordDrop(octets, 'outbound', output);
          break;
        case 'event':
          world.record({ kind: 'sa-event', event: output.event });
          inputs.push({ kind: 'sa-event', event: output.event });
          break;
        default:
          break;
      }
    }
    if (!acquire || !mayWait) return;
    const { entry, template, ends, packet, populateFromPacket } = acquire;
    const request: ChildRequest = { entry, template, ends, packet, populateFromPacket };
    world.record({ kind: 'request', request });
    inputs.push({ kind: 'request', request });
  }

  function retryHeld(inputs: EngineInput[]): void {
    const waiting = held;
    held = [];
    for (const each of waiting) send(each.octets, each.how, inputs, each);
  }

  /** A negotiation came to nothing: its packets go in the clear where the policy allows that, and else nowhere. */
  function giveUp(request: ChildRequest, retryAt: Millis, inputs: EngineInput[]): void {
    const { entry, template, ends, packet, populateFromPacket } = request;
    if (packet)
      stack.negotiationFailed({ kind: 'acquire', entry, template, ends, packet, populateFromPacket }, retryAt);
    const waiting = held;
    held = [];
    for (const each of waiting) send(each.octets, each.how, inputs, { ...each, until: local() });
  }

  function drain(inputs: readonly EngineInput[]): void {
    for (const input of inputs) tell(input);
    world.changed();
  }

  return {
    name: config.name,
    config,
    get isUp() {
      return isUp;
    },
    get engine() {
      return engine;
    },
    get stack() {
      return stack;
    },
    get faults() {
      return faults;
    },
    begin() {
      if (options.starts === 'always') drain([{ kind: 'start' }]);
    },
    send(octets, how = 'own') {
      if (!isUp) return;
      const inputs: EngineInput[] = [];
      send(octets, how, inputs);
      drain(inputs);
    },
    receive(octets) {
      if (!isUp) return;
      const inputs: EngineInput[] = [];
      for (const output of stack.inbound(octets, local())) {
        switch (output.kind) {
          case 'ike': {
            const { source, destination, ports } = output;
            inputs.push({
              kind: 'datagram',
              local: { address: destination, port: ports.destination },
              remote: { address: source, port: ports.source },
              octets: output.octets,
            });
            break;
          }
          case 'deliver':
            world.record({
              kind: 'accepted',
              octets: output.octets,
              through: output.through,
              forward: output.forward,
            });
            if (output.forward) send(output.octets, 'forwarded', inputs);
            else hearError(output.octets);
            break;
          case 'drop':
            recordDrop(octets, 'inbound', output);
            break;
          case 'event':
            world.record({ kind: 'sa-event', event: output.event });
            inputs.push({ kind: 'sa-event', event: output.event });
            break;
          case 'path-mtu':
            learnPathMtu(output.remote, output.mtu);
            break;
          default:
            break;
        }
      }
      drain(inputs);
    },
    command(input) {
      if (isUp) drain([input]);
    },
    wake() {
      if (!isUp) return;
      const now = local();
      const inputs: EngineInput[] = [];
      for (const output of stack.tick(now)) {
        if (output.kind !== 'event') continue;
        world.record({ kind: 'sa-event', event: output.event });
        inputs.push({ kind: 'sa-event', event: output.event });
      }
      const due = engine.nextTimeout();
      if (due !== undefined && due <= now) inputs.push({ kind: 'timeout' });
      drain(inputs);
      const tired = held.filter(({ until }) => until <= now);
      held = held.filter(({ until }) => until > now);
      for (const { octets } of tired) recordDrop(octets, 'outbound', drop('no-sa', 'no SA came about that carries it'));
    },
    nextWake() {
      if (!isUp) return undefined;
      const times = [engine.nextTimeout(), stack.nextTimeout()].filter((time) => time !== undefined);
      return times.length > 0 ? clock.reaches(Math.min(...times)) : undefined;
    },
    crash() {
      if (!isUp) return;
      isUp = false;
      held = [];
      world.record({ kind: 'crash' });
    },
    start() {
      if (isUp) return;
      boot += 1;
      pathMtus.clear();
      ({ engine, stack, faults } = boots());
      isUp = true;
      world.record({ kind: 'start' });
      if (options.starts) drain([{ kind: 'start' }]);
      else world.changed();
    },
  };
}

/** As Linux has it: without a list of their own, forwarded packets go by the outbound entries. */
function forwardingConfig(config: SystemConfig): SystemConfig {
  if (config.forwardSpd.some(({ action }) => action.kind === 'PROTECT')) return config;
  const outbound = config.spd.map((entry) => ({
    ...entry,
    selectors: entry.selectors
      .filter(({ direction }) => direction.lo === 0)
      .map((box) => ({ ...box, direction: { lo: 0, hi: 0 } })),
  }));
  return { ...config, forwardSpd: outbound };
}
