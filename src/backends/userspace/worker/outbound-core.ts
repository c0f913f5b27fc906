/**
 * The way out, without sockets: packets of the TUN device in, ESP and bypassed packets out. The fast path takes what it can, the reference
 * the rest; packets that need an SA which is not there yet wait.
 */
import { type Acquire, planBundle } from '../../../engine/ipsec/bundle.js';
import { tooBigError } from '../../../engine/ipsec/icmp-too-big.js';
import { innerMtu } from '../../../engine/ipsec/outbound.js';
import { classifyIp, ipProtocols, isIpFault, parseIp } from '../../../engine/ipsec/packet.js';
import type { PeerMove } from '../../../engine/ipsec/peer-move.js';
import type { KeyFault, Sa, SaId, SaParameters } from '../../../engine/ipsec/sa.js';
import type { StackOutput } from '../../../engine/ipsec/stack.js';
import type { SystemConfig } from '../../../model/system-config.js';
import { type EspBatch, type OutboundDecision, OutboundPath } from '../fast/outbound-path.js';
import type { CachedFlow, SaUsageReport } from '../report.js';
import type { Memory } from '../system/memory.js';
import type { Native } from '../system/native.js';
import { type CoreOptions, Policies, type Telling } from './policies.js';
import { WaitingPackets } from './waiting-packets.js';

export interface OutboundSinks extends Telling {
  /** To the network: ESP of the fast path. */
  sendBatch(batch: EspBatch): void;
  /** To the network: a whole packet. */
  sendPacket(packet: Uint8Array): void;
  /** Back to the sender, through the TUN device. */
  answer(packet: Uint8Array): void;
  acquire(acquire: Acquire): void;
  /** An SA is gone from this core. */
  removed?(sa: Sa): void;
}

export class OutboundCore {
  readonly #options: CoreOptions;
  readonly #sinks: OutboundSinks;
  readonly #policies: Policies;
  readonly #path: OutboundPath;
  readonly #waiting = new WaitingPackets();

  constructor(native: Pick<Native, 'addressOf'>, options: CoreOptions, sinks: OutboundSinks) {
    this.#options = options;
    this.#sinks = sinks;
    const policies = new Policies(options, 'outbound', sinks);
    this.#policies = policies;
    this.#path = new OutboundPath(native, {
      decide: (packet) => this.#decide(packet),
      reference: (packet) => this.#reference(packet),
      send: (batch) => {
        options.counters.add('packetsOut', batch.count);
        options.counters.add('octetsOut', batch.length);
        sinks.sendBatch(batch);
      },
      dropped: (reason, count) => options.counters.dropped(reason, count),
      now: () => policies.now,
    });
  }

  /** Takes one packet of the TUN device, virtio header first; destroys it. */
  packet(memory: Memory, at: number, length: number): void {
    this.#path.packet(memory, at, length);
  }

  /** After the packets that were there: sends what was gathered. */
  flush(): void {
    this.#path.flush();
  }

  /** Reads the clock: before each turn of packets. */
  readClock(): void {
    this.#policies.now = this.#options.now();
  }

  setConfig(config: SystemConfig): void {
    this.#policies.setConfig(config);
    this.#path.forget();
    this.#retryWaiting();
  }

  addSa(parameters: SaParameters): KeyFault | undefined {
    const made = this.#policies.addSa(parameters);
    this.#path.forget();
    if ('why' in made) return made;
    this.#retryWaiting();
    return undefined;
  }

  removeSa(id: SaId): boolean {
    const removed = this.#policies.removeSa(id);
    this.#path.forget();
    if (!removed) return false;
    this.#sinks.removed?.(removed.sa);
    removed.fast?.cipher.close();
    return true;
  }

  movePeer(move: PeerMove): void {
    for (const { before } of this.#policies.movePeer(move)) {
      this.#sinks.removed?.(before.sa);
      before.cipher.close();
    }
    this.#path.forget();
  }

  negotiationFailed(acquire: Acquire, until: number): void {
    this.#policies.stack.negotiationFailed(acquire, until);
    this.#path.forget();
    this.#retryWaiting();
  }

  /** The path to somewhere has become narrower, or wider: what was decided by its width is void. */
  pathChanged(): void {
    this.#path.forget();
  }

  usage(ids: readonly SaId[] | undefined): readonly SaUsageReport[] {
    return this.#policies.usage(ids);
  }

  flows(max: number): Iterable<CachedFlow> {
    return this.#path.flows(max);
  }

  /** Lets time pass. */
  tick(): void {
    const { now, stack, borrowed } = this.#policies;
    borrowed.giveBack();
    this.#take(stack.tick(now), undefined);
    const late = this.#waiting.expire(now);
    if (late > 0) this.#options.counters.dropped('no-sa', late);
    this.#countWaiting();
  }

  /** When `tick` will have something to do. */
  get nextTimeout(): number | undefined {
    const times = [this.#policies.stack.nextTimeout(), this.#waiting.nextTimeout].flatMap((time) => time ?? []);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  close(): void {
    this.#path.forget();
    this.#policies.close();
  }

  /** What becomes of a flow, by one of its packets. */
  #decide(packet: Uint8Array): OutboundDecision {
    const reference = { kind: 'reference' } as const;
    const { config, spd, forwardSpd, sad, fast, borrowed } = this.#policies;
    this.#options.counters.add('flowsDecided');
    const ip = parseIp(packet);
    if (isIpFault(ip)) return reference;
    const classified = classifyIp(ip, 'outbound');
    const isOwn = this.#policies.isOwn(ip.family, ip.source);
    const { localPort, protocol } = classified.packet;
    const { ike, natTraversal } = this.#options.ikePorts;
    if (isOwn && protocol === ipProtocols.UDP && (localPort === ike || localPort === natTraversal)) return reference;
    const { entry, action } = (isOwn ? spd : forwardSpd).decide(classified);
    if (action.kind === 'DISCARD') return { kind: 'discard' };
    if (action.kind === 'BYPASS' || !entry) return reference;
    borrowed.giveBack();
    const plan = planBundle(sad, entry, ip, classified, config.addresses);
    const [sa, another] = plan.kind === 'ready' ? plan.sas : [];
    const made = sa && fast.get(sa);
    if (!made || another) return reference;
    const limit = this.#options.pathMtu(sa.parameters.remote);
    const longest = limit === undefined ? Number.POSITIVE_INFINITY : innerMtu([sa], limit, ip.payloadOffset);
    return { kind: 'protect', sa: made, longest };
  }

  #reference(packet: Uint8Array, waitingUntil?: number): void {
    const { stack, borrowed, now } = this.#policies;
    borrowed.giveBack();
    this.#options.counters.add('referencePackets');
    this.#take(
      this.#isOwnPacket(packet) ? stack.outbound(packet, now) : stack.forward(packet, now),
      packet,
      waitingUntil,
    );
  }

  #isOwnPacket(packet: Uint8Array): boolean {
    const ip = parseIp(packet);
    // What is no packet gets its verdict from the reference all the same.
    return isIpFault(ip) || this.#policies.isOwn(ip.family, ip.source);
  }

  #take(outputs: readonly StackOutput[], packet: Uint8Array | undefined, waitingUntil?: number): void {
    const { counters } = this.#options;
    for (const output of outputs) {
      switch (output.kind) {
        case 'transmit':
          if (output.through.length === 0) counters.add('bypassed');
          else {
            counters.add('packetsOut');
            counters.add('octetsOut', output.octets.length);
          }
          this.#sinks.sendPacket(output.octets);
          break;
        case 'acquire':
          this.#sinks.acquire(output);
          break;
        case 'event':
          this.#policies.tell(output.event);
          if (output.event.kind === 'hard-expire') this.#path.forget();
          break;
        case 'drop':
          if (output.reason === 'no-sa' && packet) {
            this.#wait(packet, waitingUntil);
            break;
          }
          this.#policies.dropped(output.reason, output.why);
          if (output.reason === 'too-big' && output.mtu !== undefined && packet) this.#answerTooBig(packet, output.mtu);
          break;
        case 'deliver':
        case 'path-mtu':
        case 'ike':
          break; // only inbound
      }
    }
  }

  #wait(packet: Uint8Array, until: number | undefined): void {
    if (!this.#waiting.add(packet, this.#policies.now, until)) this.#options.counters.dropped('queue');
    this.#countWaiting();
  }

  /** Something has changed that they may have waited for. */
  #retryWaiting(): void {
    const { packets, late } = this.#waiting.take(this.#policies.now);
    if (late > 0) this.#options.counters.dropped('no-sa', late);
    for (const { octets, until } of packets) this.#reference(octets, until);
    this.#countWaiting();
  }

  #countWaiting(): void {
    this.#options.counters.set('waiting', this.#waiting.size);
  }

  /** RFC 4301 §8.2.1: the sender learns what would fit. */
  #answerTooBig(packet: Uint8Array, mtu: number): void {
    const error = tooBigError(packet, mtu);
    if (!error) return;
    this.#options.counters.add('icmpErrors');
    this.#sinks.answer(error);
  }
}
