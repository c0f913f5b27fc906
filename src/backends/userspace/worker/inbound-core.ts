/** The way in, without sockets: what came from the network in, packets for the TUN device and IKE messages out. */
import { leave } from '../../../engine/ipsec/inbound.js';
import { payloadInsertion, replaceFrom } from '../../../engine/ipsec/ip-build.js';
import { isIpFault, parseIp } from '../../../engine/ipsec/packet.js';
import type { PeerMove } from '../../../engine/ipsec/peer-move.js';
import type { KeyFault, SaId, SaParameters } from '../../../engine/ipsec/sa.js';
import type { StackOutput } from '../../../engine/ipsec/stack.js';
import type { SystemConfig } from '../../../model/system-config.js';
import { type Arrival, destinationOf, sourceOf } from '../fast/arrival.js';
import type { FastSa } from '../fast/fast-sa.js';
import { InboundPath } from '../fast/inbound-path.js';
import type { TunWriter } from '../fast/tun-writer.js';
import type { CachedFlow, IkeMessage, SaUsageReport } from '../report.js';
import type { Memory } from '../system/memory.js';
import { type CoreOptions, Policies, type Telling } from './policies.js';

export interface InboundSinks extends Telling {
  /** To the host, through the TUN device: a packet that is not put together with others. */
  deliver(packet: Uint8Array): void;
  /** False where IKE has not taken those before. */
  ike(message: IkeMessage): boolean;
  /** Carries out what the main thread has said meanwhile; false where there was nothing. */
  catchUp?(): boolean;
}

export class InboundCore {
  readonly #options: CoreOptions;
  readonly #sinks: InboundSinks;
  readonly #policies: Policies;
  readonly #path: InboundPath;
  readonly #writer: TunWriter;
  /** SPIs of ESP SAs whose algorithms only the reference has, and how many there are of each. */
  readonly #otherSpis = new Map<number, number>();

  constructor(writer: TunWriter, options: CoreOptions, sinks: InboundSinks) {
    this.#options = options;
    this.#sinks = sinks;
    this.#writer = writer;
    const { counters } = options;
    const policies = new Policies(options, 'inbound', sinks);
    this.#policies = policies;
    this.#path = new InboundPath(writer, {
      catchUp: () => sinks.catchUp?.() ?? false,
      knowsOther: (spi) => this.#otherSpis.has(spi),
      reference: (packet) => this.reference(packet),
      unwrap: (sa, outer, nextHeader, payload) => this.#unwrap(sa, outer, nextHeader, payload),
      decide: (sa, packet) => this.#decide(sa, packet),
      ike: (arrival, message) => this.ike(arrival, message),
      event: (event) => policies.tell(event),
      dropped: (reason) => counters.dropped(reason),
      delivered(packets, octets) {
        counters.add('packetsIn', packets);
        counters.add('octetsIn', octets);
      },
      now: () => policies.now,
    });
  }

  /** What came to the port for NAT traversal. */
  datagrams(memory: Memory, at: number, length: number, segment: number, arrival: Arrival): void {
    this.#path.datagrams(memory, at, length, segment, arrival);
  }

  /** An ESP packet right on IP. */
  esp(memory: Memory, at: number, length: number, arrival: Arrival): void {
    this.#path.esp(memory, at, length, arrival);
  }

  /** A whole packet, AH or what else is not for the fast path. */
  reference(packet: Uint8Array): void {
    const { stack, borrowed, now } = this.#policies;
    borrowed.giveBack();
    this.#options.counters.add('referencePackets');
    this.#writer.flush();
    this.#take(stack.inbound(packet, now));
  }

  /** What came to the IKE port, or behind a non-ESP marker. */
  ike(arrival: Arrival, octets: Uint8Array): void {
    const { ports } = arrival;
    if (!ports) return;
    const [local, remote] = [destinationOf(arrival), sourceOf(arrival)];
    const message = { local, remote, localPort: ports.destination, remotePort: ports.source, octets };
    if (!this.#sinks.ike(message)) this.#options.counters.dropped('ike-overload');
  }

  /** After the datagrams that were there: writes what was put together. */
  flush(): void {
    this.#writer.flush();
  }

  readClock(): void {
    this.#policies.now = this.#options.now();
  }

  setConfig(config: SystemConfig): void {
    this.#policies.setConfig(config);
    this.#path.forget();
  }

  addSa(parameters: SaParameters): KeyFault | undefined {
    const made = this.#policies.addSa(parameters);
    if ('why' in made) return made;
    const fast = this.#policies.fast.get(made);
    if (fast) this.#path.add(fast);
    else this.#countOther(made.id, 1);
    this.#path.forget();
    return undefined;
  }

  #countOther({ direction, protocol, spi }: SaId, change: 1 | -1): void {
    if (direction !== 'inbound' || protocol !== 'ESP') return;
    const count = (this.#otherSpis.get(spi) ?? 0) + change;
    if (count > 0) this.#otherSpis.set(spi, count);
    else this.#otherSpis.delete(spi);
  }

  removeSa(id: SaId): boolean {
    const removed = this.#policies.removeSa(id);
    this.#path.forget();
    if (!removed) return false;
    if (removed.fast) {
      this.#path.remove(removed.fast);
      removed.fast.cipher.close();
    } else this.#countOther(id, -1);
    return true;
  }

  movePeer(move: PeerMove): void {
    for (const { before, after } of this.#policies.movePeer(move)) {
      this.#path.remove(before);
      before.cipher.close();
      this.#path.add(after);
    }
    this.#path.forget();
  }

  usage(ids: readonly SaId[] | undefined): readonly SaUsageReport[] {
    return this.#policies.usage(ids);
  }

  flows(max: number): Iterable<CachedFlow> {
    return this.#path.flows(max);
  }

  tick(): void {
    const { now, stack, borrowed } = this.#policies;
    borrowed.giveBack();
    // Of the SAs of the other direction the other core tells.
    this.#take(stack.tick(now).filter((output) => output.kind !== 'event' || isInbound(output.event)));
  }

  get nextTimeout(): number | undefined {
    return this.#policies.stack.nextTimeout();
  }

  close(): void {
    this.#writer.flush();
    this.#path.forget();
    this.#policies.close();
  }

  #decide(sa: FastSa, packet: Uint8Array): boolean {
    const { stack, borrowed, now } = this.#policies;
    this.#options.counters.add('flowsDecided');
    borrowed.giveBack();
    const outputs = stack.resume(packet, [sa.sa], now);
    const [only, another] = outputs;
    const isPlain = only?.kind === 'deliver' && !another && only.through.length === 1;
    if (isPlain && (!only.forward || !stack.refusesForwarding(packet))) return true;
    this.#options.counters.add('referencePackets');
    this.#take(outputs);
    return false;
  }

  #unwrap(sa: FastSa, outer: Uint8Array, nextHeader: number, payload: Uint8Array): void {
    const { stack, borrowed, now } = this.#policies;
    borrowed.giveBack();
    this.#options.counters.add('referencePackets');
    const ip = parseIp(outer);
    if (isIpFault(ip)) {
      this.#policies.dropped('malformed', ip.why);
      return;
    }
    const { result, events } = leave(sa.sa, ip, nextHeader, payload, [], () =>
      replaceFrom(ip, payloadInsertion(ip), nextHeader, payload),
    );
    for (const event of events) this.#policies.tell(event);
    if (result.kind === 'drop') this.#policies.dropped(result.reason, result.why);
    else if (result.kind === 'opened') this.#take(stack.resume(result.ip.octets, [sa.sa], now));
  }

  #take(outputs: readonly StackOutput[]): void {
    for (const output of outputs) {
      switch (output.kind) {
        case 'deliver': {
          // One that is to be protected again goes to the host too: routes bring it back to the TUN device, where the way out takes it.
          const refused = output.forward ? this.#policies.stack.refusesForwarding(output.octets) : undefined;
          if (refused) {
            this.#policies.dropped(refused.reason, refused.why);
            break;
          }
          this.#options.counters.add('packetsIn');
          this.#options.counters.add('octetsIn', output.octets.length);
          this.#sinks.deliver(output.octets);
          break;
        }
        case 'ike': {
          const { source, destination, ports, octets } = output;
          const message = {
            remote: source,
            remotePort: ports.source,
            local: destination,
            localPort: ports.destination,
          };
          if (!this.#sinks.ike({ ...message, octets })) this.#options.counters.dropped('ike-overload');
          break;
        }
        case 'event':
          this.#policies.tell(output.event);
          if (output.event.kind === 'hard-expire') this.#path.forget();
          break;
        case 'drop':
          this.#policies.dropped(output.reason, output.why);
          break;
        case 'path-mtu':
          break; // the host has learned it by itself
        case 'transmit':
        case 'acquire':
          break; // only outbound
      }
    }
  }
}

function isInbound(event: { readonly kind: string } & object): boolean {
  return !('sa' in event) || (event as { readonly sa: SaId }).sa.direction === 'inbound';
}
