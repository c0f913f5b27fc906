/**
 * One dry run: a packet of one system wakes its engine, the engines negotiate, test packets go both ways through what came of
 * it, forged ones try to get in without, and time goes on past the first rekeys. What happened is told, not judged: see
 * verdict.ts.
 */
import type { Packet } from '../../model/packet.js';
import type { SystemConfig } from '../../model/system-config.js';
import type { CryptoProvider } from '../crypto/provider.js';
import type { IkeVersionFactory } from '../ike-version.js';
import { classifyIp, ipProtocols, isIpFault, parseIp } from '../ipsec/packet.js';
import type { Millis } from '../ipsec/sa.js';
import { unmatchedSas } from './convergence.js';
import type { HostOptions, SimulatedHost } from './host.js';
import type { NetworkOptions } from './network.js';
import { makeProbe, probeNumber } from './probe.js';
import { createTrace, type EntryOf, type Trace, type TraceEntry } from './trace.js';
import { createWorld, type Stop, type World } from './world.js';

export type RunSide = Omit<HostOptions, 'versions'>;

export interface RunOptions {
  readonly initiator: RunSide;
  readonly responder: RunSide;
  /** Further systems, that outer SAs of a bundle may end at. */
  readonly others?: readonly RunSide[];
  /** Outbound, in the initiator's terms. */
  readonly packet: Packet;
  /** Is the packet the initiator's own, or of a network behind it? And its answer the responder's own? */
  readonly how?: { readonly initiator: Sending; readonly responder: Sending };
  readonly versions: readonly IkeVersionFactory[];
  readonly provider: CryptoProvider;
  readonly seed: string | number;
  readonly beginsAt: Date;
  readonly network?: NetworkOptions;
  /** How long the world goes on; absent: past the first rekey of Child SA and IKE SA. */
  readonly until?: Millis;
  /** Ends when the first packets have passed or failed. */
  readonly setupOnly?: boolean;
  /** The initiator is told to rekey at once, instead of waiting for the time to come: quicker, and it shows the same faults. */
  readonly rekeyNow?: boolean;
  readonly crashes?: readonly { readonly host: string; readonly at: Millis; readonly downMillis: number }[];
  /** Further packets, outbound in their sender's terms. */
  readonly packets?: readonly { readonly at: Millis; readonly from: string; readonly packet: Packet }[];
}

export type Sending = 'own' | 'forwarded';

/** A test packet and what became of it. */
export interface ProbeResult {
  readonly number: number;
  readonly from: string;
  readonly to: string;
  readonly sentAt: Millis;
  /**
   * `first`: the one that started it; `answer`: the first one back; `later`: the same again, as time goes on; `given`: one that
   * the scenario asked for.
   */
  readonly purpose: 'first' | 'answer' | 'later' | 'given';
  readonly acceptedAt?: Millis;
  /** How it arrived. */
  readonly protectedBy?: readonly { readonly protocol: 'ESP' | 'AH'; readonly spi: number }[];
  /** It was seen in the clear on the wire. */
  readonly wasClear: boolean;
  /** Where a system dropped it before it was sent. */
  readonly droppedBecause?: string;
}

export interface NegotiationRun {
  readonly initiator: string;
  readonly responder: string;
  readonly packet: Packet;
  readonly trace: Trace;
  readonly probes: readonly ProbeResult[];
  /** Systems that took a packet without protection which their peer protects. */
  readonly acceptedForgery: readonly string[];
  /** SAs whose other end was missing or different at the end. */
  readonly unmatched: readonly string[];
  /** When the run ended, and why. */
  readonly end: Millis;
  readonly stop: Stop;
  /** When the first packet had passed or failed. */
  readonly settledAt: Millis;
  /** How long it would have to go on for rekeys; absent where no SA has an end. */
  readonly horizon?: Millis;
  /** Were SAs rekeyed by command? */
  readonly rekeyedNow: boolean;
}

/** A negotiation that has come to nothing after so long will not come to anything. */
const setupMillisMax = 600_000;
const stepMillis = 1_000;
/** Time for packets to arrive before they count as lost. */
const settleMillis = 5_000;
/** SAs that live for longer than this are not waited for. */
export const horizonMillisMax = 40 * 86_400_000;
/** Where packets get lost, the first ones are sent again as TCP would. */
const repeatMillis = 3_000;
const repetitionsMax = 20;
const probesPerRun = 24;
/** Rounds of test packets at the end, further apart than a system waits before it asks for an SA again. */
const lastRounds = 3;
const lastRoundMillis = 35_000;
const probeIntervalMin = 20_000;
/** Forged packets have numbers from here on. */
const forgedFrom = 0x8000_0000;

interface Pending {
  readonly result: ProbeResult;
}

export function runNegotiation(options: RunOptions): NegotiationRun {
  const { packet, provider, versions, seed, beginsAt } = options;
  const how = options.how ?? { initiator: 'own', responder: 'own' };
  const trace = createTrace();
  const probes = new Map<number, Pending>();
  const acceptedForgery = new Set<string>();
  const world = createWorld({
    seed,
    provider,
    beginsAt,
    ...(options.network ? { network: options.network } : {}),
    record(entry) {
      trace.add(entry);
      note(entry);
    },
  });
  for (const side of [options.initiator, options.responder]) world.addHost({ ...side, versions });
  for (const side of options.others ?? []) world.addHost({ ...side, versions, forwards: true });
  const [from, to] = [hostOf(world, options.initiator.config), hostOf(world, options.responder.config)];
  for (const { host, at, downMillis } of options.crashes ?? []) world.crash(host, at, downMillis);
  for (const { at, from: sender, packet: given } of options.packets ?? []) {
    const host = world.hosts.get(sender);
    if (host) world.at(at, () => send(host, host === from ? to : from, given, 'given', 'own'));
  }

  const { loss, corruption, partitions, reordering } = options.network ?? {};
  const isUnreliable = [loss, corruption, reordering].some((share) => share) || partitions || options.crashes?.length;
  let stop: Stop = 'time';
  let answer: Packet | undefined;
  // What systems start by themselves they start before there is a packet.
  world.run(world.now());
  send(from, to, packet, 'first', how.initiator);
  const settledAt = settle();
  const first = [...probes.values()].find(({ result }) => result.purpose === 'first')?.result;
  if (first?.acceptedAt !== undefined) {
    answer = answerTo(first.number);
    if (answer) send(to, from, answer, 'answer', how.responder);
    stop = world.run(world.now() + settleMillis);
    for (let tries = 0; isUnreliable && tries < repetitionsMax && !answerArrived(); tries += 1) {
      again('answer', to, how.responder);
      stop = world.run(world.now() + repeatMillis);
    }
    if (first.protectedBy && first.protectedBy.length > 0) forge();
  }
  const horizon = horizonOf(trace.entries, [options.initiator.config, options.responder.config]);
  const goesOn = !options.setupOnly && first?.acceptedAt !== undefined;
  if (options.rekeyNow && first?.acceptedAt !== undefined) rekey();
  else if (options.until !== undefined) goOn(options.until, false);
  else if (goesOn && horizon !== undefined) goOn(horizon, true);
  return {
    initiator: from.name,
    responder: to.name,
    packet,
    trace,
    probes: [...probes.values()].map(({ result }) => result),
    acceptedForgery: [...acceptedForgery],
    unmatched: unmatchedSas(from, to, (name) => world.network.publicAddress(name)).map(
      ({ host, sa, why }) => `${sa.direction} ${sa.protocol} SA 0x${sa.spi.toString(16)} of ${host}: ${why}`,
    ),
    end: world.now(),
    stop,
    settledAt,
    ...(horizon === undefined ? {} : { horizon }),
    rekeyedNow: options.rekeyNow === true,
  };

  function send(
    sender: SimulatedHost,
    receiver: SimulatedHost,
    what: Packet,
    purpose: ProbeResult['purpose'],
    sending: Sending,
  ): void {
    const number = probes.size + 1;
    const probe = makeProbe(what, number);
    if (!probe) return;
    probes.set(number, {
      result: { number, from: sender.name, to: receiver.name, sentAt: world.now(), purpose, wasClear: false },
    });
    sender.send(probe.octets, sending);
  }

  /** Sends a test packet once more. */
  function again(purpose: ProbeResult['purpose'], sender: SimulatedHost, sending: Sending): void {
    const result = [...probes.values()].find((each) => each.result.purpose === purpose)?.result;
    const what = purpose === 'answer' ? answer : packet;
    const probe = result && result.acceptedAt === undefined && what && makeProbe(what, result.number);
    if (probe) sender.send(probe.octets, sending);
  }

  function answerArrived(): boolean {
    return [...probes.values()].some(({ result }) => result.purpose === 'answer' && result.acceptedAt !== undefined);
  }

  function change(number: number | undefined, more: Partial<ProbeResult>): void {
    const pending = number === undefined ? undefined : probes.get(number);
    if (pending) probes.set(pending.result.number, { result: { ...pending.result, ...more } });
  }

  /** Keeps the account of the test packets. */
  function note(entry: TraceEntry): void {
    switch (entry.kind) {
      case 'sent':
        if (entry.through.length === 0 && !entry.ike && !isProtected(entry.octets))
          change(probeNumber(entry.octets), { wasClear: true });
        break;
      case 'dropped':
        if (entry.direction === 'outbound') change(probeNumber(entry.octets), { droppedBecause: entry.why });
        break;
      case 'accepted': {
        const number = probeNumber(entry.octets);
        const result = number === undefined ? undefined : probes.get(number)?.result;
        if (number !== undefined && number >= forgedFrom) acceptedForgery.add(entry.host);
        else if (result?.to === entry.host && result.acceptedAt === undefined)
          change(number, {
            acceptedAt: entry.at,
            protectedBy: entry.through.map(({ protocol, spi }) => ({ protocol, spi })),
          });
        break;
      }
      default:
        break;
    }
  }

  /** Lets the world go on until the first packet has arrived, or the attempt has come to nothing. */
  function settle(): Millis {
    let repeatedAt = world.now();
    while (world.now() < setupMillisMax) {
      stop = world.run(world.now() + stepMillis);
      // As TCP would, where packets may get lost.
      if (isUnreliable && world.now() - repeatedAt >= repeatMillis) {
        repeatedAt = world.now();
        if (from.stack.sad.size > 0) again('first', from, how.initiator);
      }
      const [begun] = [...probes.values()].map(({ result }) => result);
      if (stop !== 'time' || !begun || begun.acceptedAt !== undefined) break;
      if (begun.droppedBecause !== undefined && !isUnderway()) {
        // The other side may have something to say yet.
        stop = world.run(world.now() + settleMillis);
        break;
      }
    }
    return world.now();
  }

  /** The packet that a responder would answer with: what it received, the other way round, in its own terms. */
  function answerTo(number: number): Packet | undefined {
    const entry = trace.entries.find(
      (each): each is EntryOf<'accepted'> =>
        each.kind === 'accepted' && each.host === to.name && probeNumber(each.octets) === number,
    );
    const ip = entry && parseIp(entry.octets);
    return ip && !isIpFault(ip) ? { ...classifyIp(ip, 'inbound').packet, direction: 'outbound' } : undefined;
  }

  /** Does an engine still wait for an answer, although the packet that asked for SAs was given up? */
  function isUnderway(): boolean {
    const own = trace.entries.filter(({ host }) => host === from.name);
    return (
      own.some(({ kind }) => kind === 'request') &&
      !own.some((entry) => entry.kind === 'install' || (entry.kind === 'event' && entry.event.kind === 'failed'))
    );
  }

  /** The same packets without any protection, as an attacker would send them. */
  function forge(): void {
    const forgeries = [
      { target: to, what: packet },
      { target: from, what: answer },
    ];
    for (const [index, { target, what }] of forgeries.entries()) {
      const probe = what && makeProbe(what, forgedFrom + index);
      if (probe && !world.network.publicAddress(from.name)) target.receive(probe.octets);
    }
  }

  /** Each SA is replaced once by command. */
  function rekey(): void {
    const [child] = trace.entries.filter(
      (entry): entry is EntryOf<'install'> => entry.kind === 'install' && entry.host === from.name,
    );
    if (child) {
      const { direction, protocol, spi, local, remote } = child.sa;
      const destination = direction === 'inbound' ? local : remote;
      from.command({ kind: 'rekey-child', sa: { direction, protocol, spi, destination } });
      stop = world.run(world.now() + settleMillis);
    }
    for (const { name } of from.engine.ikeSas()) from.command({ kind: 'rekey-ike', ikeSa: name });
    stop = world.run(world.now() + settleMillis);
    bothWays();
    stop = world.run(world.now() + settleMillis);
  }

  /** Time passes, with test packets in both directions from time to time, and at the end. */
  function goOn(until: Millis, untilRekeyed: boolean): void {
    const interval = Math.max(probeIntervalMin, (until - world.now()) / probesPerRun);
    while (world.now() < until) {
      stop = world.run(Math.min(until, world.now() + interval));
      if (stop === 'limit') return;
      bothWays();
      if (untilRekeyed && rekeyedAt(trace.entries, 'child-sa') && rekeyedAt(trace.entries, 'ike-sa')) break;
    }
    // What is missing now is asked for once more, and given time.
    for (let round = 0; round < lastRounds && stop !== 'limit'; round += 1) {
      bothWays();
      stop = world.run(world.now() + lastRoundMillis);
    }
  }

  function bothWays(): void {
    send(from, to, packet, 'later', how.initiator);
    if (answer) send(to, from, answer, 'later', how.responder);
  }
}

/** Behind a gateway, the end hosts' own ESP or AH is what is sent in the clear by it. */
function isProtected(octets: Uint8Array): boolean {
  const ip = parseIp(octets);
  return !isIpFault(ip) && (ip.protocol === ipProtocols.ESP || ip.protocol === ipProtocols.AH);
}

function hostOf(world: World, { name }: SystemConfig): SimulatedHost {
  const host = world.hosts.get(name);
  if (!host) throw new Error(`no system is called ${name}`);
  return host;
}

/** When a first SA of a kind was replaced; undefined where none was. */
export function rekeyedAt(entries: readonly TraceEntry[], kind: 'child-sa' | 'ike-sa'): Millis | undefined {
  return entries.find(
    (entry) => entry.kind === 'event' && entry.event.kind === kind && entry.event.change === 'rekeyed',
  )?.at;
}

/** When the first Child SAs and IKE SA have ended, and their successors have begun; undefined where none has an end. */
function horizonOf(entries: readonly TraceEntry[], configs: readonly SystemConfig[]): Millis | undefined {
  let seconds = 0;
  for (const entry of entries) {
    if (entry.kind === 'install') seconds = Math.max(seconds, entry.sa.limits.hardSeconds ?? 0);
    if (entry.kind !== 'event' || entry.event.kind !== 'ike-sa' || entry.event.change !== 'established') continue;
    const { policy } = entry.event.sa;
    const found = configs
      .find(({ name }) => name === entry.host)
      ?.ikePolicies.find(({ source }) => source === policy || source.record.name === policy.record.name);
    seconds = Math.max(seconds, found?.lifetimeSeconds.value ?? 0);
  }
  if (seconds === 0) return undefined;
  return Math.min(horizonMillisMax, seconds * 1020 + 60_000);
}
