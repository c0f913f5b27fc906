/** Everything that goes to the network: ESP of the fast path in as few calls as can be, whole packets, IKE messages. */
import { fragmentIp } from '../../../engine/ipsec/fragments.js';
import { type IpPacket, isIpFault, parseIp } from '../../../engine/ipsec/packet.js';
import type { Sa } from '../../../engine/ipsec/sa.js';
import { frameNatTraversal } from '../../../engine/wire/framing.js';
import { type Address, formatAddress } from '../../../model/address.js';
import type { Counters } from '../counters.js';
import type { EspBatch } from '../fast/outbound-path.js';
import type { IkeMessage } from '../report.js';
import { type DatagramSender, datagramSender, type PacketSender, packetSender } from '../system/datagram.js';
import { errorName } from '../system/host-error.js';
import { allocate, type Memory } from '../system/memory.js';
import type { Native } from '../system/native.js';
import type { Socket } from '../system/socket.js';
import type { PathMtus } from './path-mtus.js';

export interface SendersOptions {
  readonly native: Native;
  readonly sockets: readonly Socket[];
  readonly counters: Counters;
  readonly paths: PathMtus;
  readonly now: () => number;
  /** A path has turned out narrower than thought. */
  pathChanged(): void;
  fault(why: string): void;
}

/** Octets of IP header and UDP header in front of ESP. */
const ipLength = { 4: 20, 6: 40 } as const;
const udpLength = 8;
/** Longest IKE message that is sent (RFC 7296 §2.5 lets it be as long as UDP allows). */
const ikeMax = 65_507;

export class Senders {
  readonly #options: SendersOptions;
  readonly #esp = new Map<Sa, DatagramSender>();
  readonly #whole = new Map<4 | 6, PacketSender>();
  readonly #ikeMemory: Memory;
  #identification = 0;

  constructor(options: SendersOptions) {
    this.#options = options;
    this.#ikeMemory = allocate(options.native, ikeMax);
    for (const socket of options.sockets) {
      if (socket.purpose.kind === 'whole') this.#whole.set(socket.family, packetSender(options.native, socket));
    }
  }

  /** Forgets what was prepared for an SA. */
  forget(sa: Sa): void {
    this.#esp.delete(sa);
  }

  batch(batch: EspBatch): void {
    const { sa, memory, length, segment, count, trafficClass, hopLimit, dontFragment } = batch;
    const { counters } = this.#options;
    const sender = this.#senderFor(sa.sa);
    if (!sender) {
      counters.dropped('host', count);
      return;
    }
    const isUdp = sa.sa.parameters.udpEncapsulation !== undefined;
    if (isUdp || count === 1) {
      counters.add('sends');
      const error = sender.send(memory.address, length, segment, trafficClass, hopLimit, dontFragment);
      if (error === 0) return;
      if (count === 1 || !this.#isTooBig(error)) {
        this.#failed(error, sa.sa.parameters.remote, segment + this.#around(sa.sa), count);
        return;
      }
    }
    // One by one: right on IP nothing is cut for us, and in pieces too long for the path not either.
    for (let at = 0; at < length; at += segment) {
      counters.add('sends');
      const size = Math.min(segment, length - at);
      const error = sender.send(memory.address + at, size, 0, trafficClass, hopLimit, dontFragment);
      if (error !== 0) this.#failed(error, sa.sa.parameters.remote, size + this.#around(sa.sa), 1);
    }
  }

  /** A packet as the reference made it. */
  packet(packet: Uint8Array): void {
    const { counters, paths } = this.#options;
    const ip = parseIp(packet);
    const sender = isIpFault(ip) ? undefined : this.#whole.get(ip.family);
    if (!sender || isIpFault(ip)) {
      counters.dropped('host');
      return;
    }
    counters.add('sends');
    const error = sender.send(packet);
    if (error === 0) return;
    const remote: Address = { family: ip.family, value: ip.destination };
    if (!this.#isTooBig(error)) {
      this.#failed(error, remote, packet.length, 1);
      return;
    }
    this.#learn(remote, packet.length);
    const mtu = paths.get(remote);
    const parts =
      mtu !== undefined && mayBeFragmented(ip) ? fragmentIp(ip, mtu, this.#nextIdentification()) : undefined;
    if (!parts) {
      counters.dropped('too-big');
      return;
    }
    for (const part of parts) {
      counters.add('sends');
      const again = sender.send(part);
      if (again !== 0) this.#failed(again, remote, part.length, 1);
    }
  }

  ike({ local, remote, localPort, remotePort, octets }: IkeMessage): void {
    const { native, counters } = this.#options;
    const socket = this.#options.sockets.find(
      ({ purpose, family }) => family === local.family && purpose.kind === 'UDP' && purpose.port === localPort,
    );
    const isKeepalive = octets.length === 1;
    const framed = isKeepalive ? octets : frameNatTraversal(octets);
    if (!socket || local.family !== remote.family || framed.length > ikeMax) {
      counters.dropped('host');
      return;
    }
    this.#ikeMemory.octets.set(framed);
    counters.add('sends');
    const sender = datagramSender(native, socket, { local, remote, remotePort });
    const error = sender.send(this.#ikeMemory.address, framed.length, 0, 0, 64, false);
    if (error !== 0) this.#failed(error, remote, framed.length, 1);
  }

  #senderFor(sa: Sa): DatagramSender | undefined {
    const known = this.#esp.get(sa);
    if (known) return known;
    const { local, remote, udpEncapsulation } = sa.parameters;
    const socket = this.#options.sockets.find(
      ({ family, purpose }) =>
        family === local.family &&
        (udpEncapsulation
          ? purpose.kind === 'UDP' && purpose.port === udpEncapsulation.localPort
          : purpose.kind === 'raw' && purpose.protocol === 50),
    );
    if (!socket) return undefined;
    const remotePort = udpEncapsulation?.remotePort ?? 0;
    const made = datagramSender(this.#options.native, socket, { local, remote, remotePort });
    this.#esp.set(sa, made);
    return made;
  }

  #around({ parameters }: Sa): number {
    return ipLength[parameters.local.family] + (parameters.udpEncapsulation ? udpLength : 0);
  }

  /** EINVAL is what a call with segments gives whose segments do not fit the path. */
  #isTooBig(error: number): boolean {
    const { errors } = this.#options.native;
    return error === errors.EMSGSIZE || error === errors.EINVAL;
  }

  #failed(error: number, remote: Address, length: number, count: number): void {
    const { native, counters } = this.#options;
    // A message about the peer's port that was waiting on the socket: the packet did go out, or the next one will.
    if (error === native.errors.ECONNREFUSED) return;
    if (this.#isTooBig(error)) {
      counters.dropped('too-big', count);
      this.#learn(remote, length);
      return;
    }
    counters.dropped('host', count);
    counters.add('socketErrors');
    const to = formatAddress(remote.family, remote.value);
    this.#options.fault(`the host refused to send to ${to} (${errorName(native, error)})`);
  }

  #learn(remote: Address, length: number): void {
    const { paths, counters, now } = this.#options;
    if (!paths.learn(remote, length, now())) return;
    counters.add('mtuLearned');
    this.#options.pathChanged();
  }

  #nextIdentification(): number {
    this.#identification = (this.#identification + 1) & 0xffff;
    return this.#identification;
  }
}

/** By this system: an IPv4 packet without DF, or an IPv6 packet, which its sender may fragment. */
function mayBeFragmented(ip: IpPacket): boolean {
  return ip.family === 6 || !ip.dontFragment;
}
