/**
 * The data path of one system — RFC 4301 §5: its SPD from a SystemConfig, its SAD, and three questions: what becomes of a packet
 * that the system sends, that it forwards, that it receives. No I/O, no clock: the simulator and the userspace runtime
 * drive the same stack.
 *
 * IKE's own packets pass without policy in both directions (RFC 4301 §4.4.1): those from our IKE ports, and those to them, which
 * come out as `ike`.
 */
import type { Address } from '../../model/address.js';
import { formatAddress } from '../../model/address.js';
import { formatPacket } from '../../model/packet.js';
import type { SystemConfig } from '../../model/system-config.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { ikePort, natTraversalPort } from '../wire/framing.js';
import { createAcquires } from './acquires.js';
import { type Acquire, planBundle, sameAddress } from './bundle.js';
import { type Drop, drop } from './drop.js';
import { createDefragmenter, fragmentIp } from './fragments.js';
import {
  type ErrorWay,
  heedError,
  type IcmpErrorPolicy,
  type IcmpSurroundings,
  icmpErrorDefaults,
  outboundErrorWay,
} from './icmp-errors.js';
import { type IkePorts, receive } from './inbound.js';
import { checkInbound } from './inbound-policy.js';
import { transportInsertion, withHopLimitDecremented } from './ip-build.js';
import { manualSas } from './manual.js';
import { applySa, dummyPacket, innerMtu, type OutboundEnvironment } from './outbound.js';
import { type Classified, classifyIp, type IpPacket, ipProtocols, isIpFault, parseIp } from './packet.js';
import { movePeer, type PeerMove } from './peer-move.js';
import {
  age,
  createSa,
  type KeyFault,
  type Millis,
  nextAging,
  type Sa,
  type SaEvent,
  type SaId,
  type SaParameters,
} from './sa.js';
import { createSad, type Sad } from './sad.js';
import { createSpdLookup, type SpdDecision, type SpdLookup } from './spd-lookup.js';
import type { UdpPorts } from './udp-encap.js';

export interface StackOptions {
  readonly config: SystemConfig;
  readonly provider: CryptoProvider;
  /** Does it forward? Then packets for others than `config.addresses` are looked up in `config.forwardSpd`. */
  readonly forwards?: boolean;
  /** Octets that the path to an address takes; absent: any. */
  readonly pathMtu?: (remote: Address) => number | undefined;
  /** Where this system speaks IKE; 500 and 4500 when absent. */
  readonly ikePorts?: IkePorts;
  /** A database to go on with, for a new configuration under which SAs live on; an empty one when absent. */
  readonly sad?: Sad;
  /** Do manual SAs come by `addSa`, as all others? Otherwise those of the configuration are made here. */
  readonly manualSasAreAdded?: boolean;
  /** What is made of ICMP errors; `icmpErrorDefaults` when absent. */
  readonly icmpErrors?: IcmpErrorPolicy;
  /**
   * A flow that FALLBACK_TO_CLEAR has let pass goes in the clear from then on, both ways, as HP-UX has it; absent: until it makes
   * sense to negotiate again.
   */
  readonly clearFlowsStay?: boolean;
  /** Does somebody else count hops, as the IP layer of a host that forwards into a tunnel device? */
  readonly hopsAreCounted?: boolean;
}

export type StackOutput =
  /** To the network. `through`: the SAs that protect it, innermost first; none for a packet that is bypassed. */
  | { readonly kind: 'transmit'; readonly octets: Uint8Array; readonly through: readonly SaId[] }
  /** Received and permitted. `through`: outermost first. `forward`: it is for another system, give it to `forward()`. */
  | {
      readonly kind: 'deliver';
      readonly octets: Uint8Array;
      readonly through: readonly SaId[];
      readonly forward: boolean;
    }
  /** An IKE message, its non-ESP marker taken off. */
  | {
      readonly kind: 'ike';
      readonly source: Address;
      readonly destination: Address;
      readonly ports: UdpPorts;
      readonly octets: Uint8Array;
    }
  /** A router on the way to the other end of an SA says how long packets may be (RFC 4301 §8.2). */
  | { readonly kind: 'path-mtu'; readonly remote: Address; readonly mtu: number }
  | Acquire
  | Drop
  | { readonly kind: 'event'; readonly event: SaEvent };

export interface IpsecStack {
  readonly sad: Sad;
  /** A packet of this system. */
  outbound(octets: Uint8Array, now: Millis): readonly StackOutput[];
  /** A packet of another system, received and permitted, on its way to a third. */
  forward(octets: Uint8Array, now: Millis): readonly StackOutput[];
  /** Why a packet of another system may not be sent on to a third, or undefined; nothing is sent. */
  refusesForwarding(octets: Uint8Array): Drop | undefined;
  /** A packet from the network. */
  inbound(octets: Uint8Array, now: Millis): readonly StackOutput[];
  /** What becomes of a packet that somebody else took out of SAs of this system (outermost first) as `inbound` would have. */
  resume(octets: Uint8Array, through: readonly Sa[], now: Millis): readonly StackOutput[];
  /** Makes an SA and adds it; the fault where its parameters do not go together or its name is taken. */
  addSa(parameters: SaParameters, now: Millis): Sa | KeyFault;
  /** Takes an SA out; one that has expired carries nothing, but stays until then. */
  removeSa(id: SaId): Sa | undefined;
  /** The peer of SAs is elsewhere now. */
  movePeer(move: PeerMove): void;
  /** Lets time pass for SAs that are not used. */
  tick(now: Millis): readonly StackOutput[];
  /** When `tick` will have something to do. */
  nextTimeout(): Millis | undefined;
  /** A negotiation failed: until then, packets of an entry that allows it go in the clear. */
  negotiationFailed(acquire: Acquire, until: Millis): void;
  /** A dummy packet on an outbound SA (RFC 4303 §2.6), as long as one with `length` octets inside. */
  dummy(id: SaId, length: number, now: Millis): readonly StackOutput[];
}

/** A packet on its way out. */
interface Sending {
  readonly ip: IpPacket;
  /** It came in fragments, the longest of so many octets: then it may go in fragments. */
  readonly fragmentLength?: number;
  readonly at: Millis;
}

/** Every link of IPv6 carries so much (RFC 8200 §5). */
const ipv6MtuMin = 1280;
/** ESP and AH headers of one packet that are followed. */
const nestingMax = 8;

/** A stack with the manual SAs of the configuration in it. `faults` tells those that could not be made. */
export function createIpsecStack(
  options: StackOptions,
  now: Millis,
): { readonly stack: IpsecStack; readonly faults: readonly KeyFault[] } {
  const { config, provider, forwards = false, pathMtu } = options;
  const ikePorts = options.ikePorts ?? { ike: ikePort, natTraversal: natTraversalPort };
  const sad = options.sad ?? createSad();
  const spd = createSpdLookup(config.spd);
  const forwardSpd = createSpdLookup(config.forwardSpd);
  const icmp: IcmpSurroundings = {
    policy: options.icmpErrors ?? icmpErrorDefaults,
    sad,
    spd,
    forwardSpd,
    addresses: config.addresses,
    ikePorts,
    forwards,
  };
  const acquires = createAcquires({ clearFlowsStay: options.clearFlowsStay === true });
  const outboundFragments = createDefragmenter();
  const inboundFragments = createDefragmenter();
  let identification = 0;
  let nextTick: Millis | undefined;

  const environment = (at: Millis): OutboundEnvironment => ({
    random: provider.random,
    identification() {
      identification = (identification + 1) & 0xffff;
      return identification;
    },
    now: at,
  });

  const faults: KeyFault[] = [];
  for (const sa of sad.all()) schedule(nextAging(sa));
  for (const made of options.manualSasAreAdded ? [] : manualSas(config)) {
    const sa = 'why' in made ? made : addSa(made, now);
    if ('why' in sa) faults.push(sa);
  }
  const stack: IpsecStack = {
    sad,
    outbound: sendOwn,
    forward(octets, at) {
      const ip = parseIp(octets);
      if (isIpFault(ip)) return [drop('malformed', ip.why)];
      const sent = options.hopsAreCounted ? ip.octets : withHopLimitDecremented(ip);
      if (!sent) return [drop('hop-limit', 'its hops are used up')];
      return send({ ip: parseIp(sent) as IpPacket, at }, forwardSpd);
    },
    refusesForwarding(octets) {
      const ip = parseIp(octets);
      if (isIpFault(ip)) return drop('malformed', ip.why);
      const classified = classifyIp(ip, 'outbound');
      const decision = forwardSpd.decide(classified);
      const errorWay = outboundErrorWay(icmp, ip, classified, decision);
      if (errorWay) return errorWay.kind === 'drop' ? errorWay : undefined;
      return decision.action.kind === 'DISCARD' ? drop('policy', decision.why) : undefined;
    },
    inbound: (octets, at) => receiveFrom(octets, [], at),
    resume: receiveFrom,
    addSa,
    removeSa: (id) => sad.remove(id),
    movePeer(move) {
      movePeer(sad, move);
    },
    tick,
    nextTimeout: () => nextTick,
    negotiationFailed: acquires.failed,
    dummy(id, length, at) {
      const sa = id.direction === 'outbound' ? sad.get(id) : undefined;
      const applied = sa && dummyPacket(sa, length, environment(at));
      if (!sa || !applied) return [drop('no-sa', 'no outbound ESP SA of that name')];
      const { result, events } = applied;
      return [...asOutputs(events), 'kind' in result ? result : transmit(result.octets, [sa])];
    },
  };
  return { stack, faults };

  function addSa(parameters: SaParameters, at: Millis): Sa | KeyFault {
    const sa = createSa(parameters, provider, at);
    if ('why' in sa) return sa;
    if (!sad.add(sa)) return { why: `an SA with SPI ${parameters.spi} is there already, or the database is full` };
    schedule(nextAging(sa));
    // What was waited for may be this one; if not, the next packet asks again.
    acquires.forgetAsked();
    return sa;
  }

  function schedule(at: Millis | undefined): void {
    if (at !== undefined && (nextTick === undefined || at < nextTick)) nextTick = at;
  }

  function tick(at: Millis): readonly StackOutput[] {
    if (nextTick === undefined || at < nextTick) return [];
    nextTick = undefined;
    const events: SaEvent[] = [];
    for (const sa of sad.all()) {
      events.push(...age(sa, at));
      schedule(nextAging(sa));
    }
    return asOutputs(events);
  }

  /** Our own fragments are put together: the SPD is for packets that show their ports, transport mode for whole ones. */
  function sendOwn(octets: Uint8Array, at: Millis): readonly StackOutput[] {
    const ip = parseIp(octets);
    if (isIpFault(ip)) return [drop('malformed', ip.why)];
    const whole = outboundFragments.add(ip, at);
    if (whole === 'waiting') return [drop('incomplete', 'the other fragments are still to come')];
    if ('why' in whole) return [drop('fragment', whole.why)];
    return send({ ip: whole.ip, ...(ip.fragment ? { fragmentLength: whole.longest } : {}), at }, spd);
  }

  function send(sending: Sending, lookup: SpdLookup): readonly StackOutput[] {
    const classified = classifyIp(sending.ip, 'outbound');
    if (lookup === spd && isOwnIke(classified)) return transmitWithin(sending, sending.ip, []);
    const decision = lookup.decide(classified);
    const errorWay = outboundErrorWay(icmp, sending.ip, classified, decision);
    if (errorWay) return takeErrorWay(errorWay, sending);
    const { action, why } = decision;
    switch (action.kind) {
      case 'DISCARD':
        return [drop('policy', why)];
      case 'BYPASS':
        return transmitWithin(sending, sending.ip, []);
      case 'PROTECT':
        return acquires.isClearFlow(action, classified.packet)
          ? transmitWithin(sending, sending.ip, [])
          : protect(sending, classified, decision);
    }
  }

  function isOwnIke({ packet }: Classified): boolean {
    const { protocol, localPort } = packet;
    return protocol === ipProtocols.UDP && (localPort === ikePorts.ike || localPort === ikePorts.natTraversal);
  }

  function takeErrorWay(way: ErrorWay, sending: Sending): readonly StackOutput[] {
    switch (way.kind) {
      case 'through':
        return protectThrough(way.sas, sending);
      case 'bypass':
        return transmitWithin(sending, sending.ip, []);
      case 'drop':
        return [way];
    }
  }

  function protect(sending: Sending, classified: Classified, decision: SpdDecision): readonly StackOutput[] {
    const { ip, at } = sending;
    const plan = planBundle(sad, decision.entry!, ip, classified, config.addresses);
    switch (plan.kind) {
      case 'ready':
        return protectThrough(plan.sas, sending);
      case 'outside': {
        const errorWay = outboundErrorWay(icmp, ip, classified, decision, false);
        if (errorWay) return takeErrorWay(errorWay, sending);
        const { record } = plan.template.source;
        return [
          drop(
            'selectors',
            `${formatPacket(classified.packet)} is outside of what ${record.kind} '${record.name}' carries`,
          ),
        ];
      }
      case 'no-end':
        return [drop('no-sa', 'this system has no address of the tunnel’s IP version')];
      case 'missing': {
        const { acquire } = plan;
        if (acquires.isClear(acquire, at)) return transmitWithin(sending, ip, []);
        const { remote } = acquire.ends;
        const lost = drop('no-sa', `there is no SA to ${formatAddress(remote.family, remote.value)} yet`);
        if (acquire.template.manual) return [lost];
        return acquires.ask(acquire, at) ? [acquire, lost] : [lost];
      }
    }
  }

  function protectThrough(sas: readonly Sa[], sending: Sending): readonly StackOutput[] {
    const { ip, at } = sending;
    const tooBig = mtuDrop(sas, sending);
    if (tooBig) return [tooBig];
    const env = environment(at);
    const events: SaEvent[] = [];
    let current = ip;
    for (const sa of sas) {
      const applied = applySa(sa, current, env);
      events.push(...applied.events);
      if ('kind' in applied.result) return [...asOutputs(events), applied.result];
      current = applied.result;
    }
    return [...asOutputs(events), ...transmitWithin(sending, current, sas)];
  }

  /** Before anything is spent: a packet that may not be fragmented and will not fit is refused, with the length that would. */
  function mtuDrop(sas: readonly Sa[], { ip, fragmentLength }: Sending): Drop | undefined {
    const outermost = sas.at(-1);
    const limit = outermost && pathMtu?.(outermost.parameters.remote);
    if (limit === undefined || !mayNotBeCut(ip) || fragmentLength !== undefined) return undefined;
    const mtu = innerMtu(sas, limit, transportInsertion(ip).at);
    if (ip.octets.length <= mtu) return undefined;
    return drop('too-big', `${ip.octets.length} octets and their protection do not fit into ${limit}`, mtu);
  }

  /** Sends a packet, in fragments where the path is too narrow for it and the original may be fragmented. */
  function transmitWithin(
    { ip: original, fragmentLength, at }: Sending,
    ip: IpPacket,
    sas: readonly Sa[],
  ): readonly StackOutput[] {
    const limit = pathMtu?.({ family: ip.family, value: ip.destination }) ?? fragmentLength;
    if (limit === undefined || ip.octets.length <= limit) return [transmit(ip.octets, sas)];
    if (mayNotBeCut(original) && fragmentLength === undefined) {
      return [
        drop('too-big', `${ip.octets.length} octets do not fit into ${limit}`, sas.length === 0 ? limit : undefined),
      ];
    }
    const parts = fragmentIp(ip, limit, environment(at).identification());
    return parts
      ? parts.map((part) => transmit(part, sas))
      : [drop('too-big', `its headers leave no room for fragments in ${limit} octets`)];
  }

  function receiveFrom(octets: Uint8Array, already: readonly Sa[], at: Millis): readonly StackOutput[] {
    const parsed = parseIp(octets);
    if (isIpFault(parsed)) return [drop('malformed', parsed.why)];
    const events: SaEvent[] = [];
    const through: Sa[] = [...already];
    let ip: IpPacket = parsed;
    while (isOurs(ip)) {
      if (ip.fragment) {
        const whole = inboundFragments.add(ip, at);
        if (whole === 'waiting')
          return [...asOutputs(events), drop('incomplete', 'the other fragments are still to come')];
        if ('why' in whole) return [...asOutputs(events), drop('fragment', whole.why)];
        ip = whole.ip;
      }
      const received = receive(sad, ip, ikePorts, at);
      events.push(...received.events);
      const { result } = received;
      if (result.kind === 'drop') return [...asOutputs(events), result];
      if (result.kind === 'keepalive') return asOutputs(events);
      if (result.kind === 'ike') {
        const source = { family: ip.family, value: ip.source };
        const destination = { family: ip.family, value: ip.destination };
        return [...asOutputs(events), { kind: 'ike', source, destination, ports: result.ports, octets: result.octets }];
      }
      if (result.kind === 'clear') break;
      if (through.length >= nestingMax) return [...asOutputs(events), drop('nesting', `more than ${nestingMax} SAs`)];
      through.push(result.sa);
      ip = result.ip;
    }
    const forward = !isOurs(ip);
    const heeded = through.length === 0 && !forward ? heedError(icmp, ip) : undefined;
    const refused = through.length === 0 && !forward ? checkClear(ip) : checkInbound(icmp, ip, through, forward);
    const outputs = asOutputs(events);
    if (heeded?.pathMtu) outputs.push({ kind: 'path-mtu', ...heeded.pathMtu });
    if (!refused || (heeded && !heeded.pathMtu))
      outputs.push({ kind: 'deliver', octets: ip.octets, through: through.map(({ id }) => id), forward });
    // A path MTU that is heeded has done its work.
    else if (!heeded) outputs.push(refused);
    return outputs;
  }

  /** A packet in the clear: its flow may be one that passes so, or is one from now on where its policy lets it in. */
  function checkClear(ip: IpPacket): Drop | undefined {
    if (!options.clearFlowsStay) return checkInbound(icmp, ip, [], false);
    const classified = classifyIp(ip, 'inbound');
    const { action } = spd.decide(classified);
    if (acquires.isClearFlow(action, classified.packet)) return undefined;
    const refused = checkInbound(icmp, ip, [], false);
    if (!refused) acquires.cameClear(action, classified.packet);
    return refused;
  }

  /** Without forwarding everything that arrives is for us, whatever address it has. */
  function isOurs(ip: IpPacket): boolean {
    return !forwards || config.addresses.some((own) => sameAddress(own, { family: ip.family, value: ip.destination }));
  }
}

function transmit(octets: Uint8Array, sas: readonly Sa[]): StackOutput {
  return { kind: 'transmit', octets, through: sas.map(({ id }) => id) };
}

function asOutputs(events: readonly SaEvent[]): StackOutput[] {
  return events.map((event) => ({ kind: 'event', event }));
}

/**
 * Must its sender be told when it does not fit? Not of an IPv6 packet of 1280 octets or fewer, which no sender makes shorter: then what is
 * around it is fragmented (RFC 8200 §5, RFC 2473 §7.1).
 */
function mayNotBeCut({ family, dontFragment, octets }: IpPacket): boolean {
  return dontFragment && (family === 4 || octets.length > ipv6MtuMin);
}
