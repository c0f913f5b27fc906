/** Packets as a TUN device hands them over, and cores without sockets, for the tests of this folder. */
import type { CipherEngine } from '../../../src/backends/userspace/cipher/packet-cipher.js';
import { Counters } from '../../../src/backends/userspace/counters.js';
import type { Arrival } from '../../../src/backends/userspace/fast/arrival.js';
import type { EspBatch } from '../../../src/backends/userspace/fast/outbound-path.js';
import { sumCode } from '../../../src/backends/userspace/fast/sum-code.js';
import { TunWriter, tunWriterMemory } from '../../../src/backends/userspace/fast/tun-writer.js';
import { vnet } from '../../../src/backends/userspace/system/linux.js';
import { allocate, allocateSummed, type Memory } from '../../../src/backends/userspace/system/memory.js';
import { loadNative } from '../../../src/backends/userspace/system/native.js';
import { InboundCore } from '../../../src/backends/userspace/worker/inbound-core.js';
import { OutboundCore } from '../../../src/backends/userspace/worker/outbound-core.js';
import type { CoreOptions } from '../../../src/backends/userspace/worker/policies.js';
import type { Acquire } from '../../../src/engine/ipsec/bundle.js';
import { buildIp, internetChecksum, setIpv4Checksum, withUpperChecksum } from '../../../src/engine/ipsec/ip-build.js';
import { ipProtocols, viewOf } from '../../../src/engine/ipsec/packet.js';
import type { SaEvent } from '../../../src/engine/ipsec/sa.js';
import { encapsulateInUdp } from '../../../src/engine/ipsec/udp-encap.js';
import { addressToOctets } from '../../../src/model/address.js';
import { node } from '../../engine/crypto/support.js';
import { address, ipOf, pattern } from '../../engine/ipsec/support.js';

export const native = await loadNative();
export const natPort = 4500;
export const ikePorts = { ike: 500, natTraversal: natPort };

export interface PacketOptions {
  readonly data?: Uint8Array;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly trafficClass?: number;
  readonly dontFragment?: boolean;
  readonly hopLimit?: number;
  readonly identification?: number;
  readonly sequence?: number;
  readonly acknowledgement?: number;
  /** TCP: all flags. */
  readonly flags?: number;
  readonly window?: number;
  /** TCP: whole words. */
  readonly options?: Uint8Array;
}

export const tcpFlags = { FIN: 1, SYN: 2, PSH: 8, ACK: 16, CWR: 128 } as const;

/** A transport header with its data, its checksum field zero, and where that is. */
function transport(
  protocol: number,
  options: PacketOptions,
): { readonly octets: Uint8Array; readonly checksumAt: number } {
  const { data = pattern(40), sourcePort = 4000, destinationPort = 23 } = options;
  const { options: tcpOptions = new Uint8Array(0) } = options;
  const isTcp = protocol === ipProtocols.TCP;
  const headerLength = isTcp ? 20 + tcpOptions.length : 8;
  const octets = new Uint8Array(headerLength + data.length);
  const view = new DataView(octets.buffer);
  octets.set(data, headerLength);
  view.setUint16(0, sourcePort);
  view.setUint16(2, destinationPort);
  if (!isTcp) {
    view.setUint16(4, octets.length);
    return { octets, checksumAt: 6 };
  }
  view.setUint32(4, options.sequence ?? 1);
  view.setUint32(8, options.acknowledgement ?? 7);
  octets[12] = (headerLength / 4) << 4;
  octets[13] = options.flags ?? tcpFlags.ACK;
  view.setUint16(14, options.window ?? 500);
  octets.set(tcpOptions, 20);
  return { octets, checksumAt: 16 };
}

function header(from: string, to: string, protocol: number, options: PacketOptions) {
  const { trafficClass = 0, dontFragment = false, hopLimit = 64, identification = 7 } = options;
  return {
    source: address(from),
    destination: address(to),
    protocol,
    trafficClass,
    dontFragment,
    hopLimit,
    identification,
  };
}

/** The ones' complement sum of the pseudo-header, not complemented. */
function pseudoChecksum(packet: Uint8Array, length: number): number {
  const ip = ipOf(packet);
  const pseudo = new Uint8Array(8);
  new DataView(pseudo.buffer).setUint32(0, length);
  pseudo[7] = ip.protocol;
  return ~internetChecksum(ip.family === 4 ? packet.subarray(12, 20) : packet.subarray(8, 40), pseudo) & 0xffff;
}

/** A packet of TCP or UDP, right in every octet. */
export function ipPacket(protocol: number, from: string, to: string, options: PacketOptions = {}): Uint8Array {
  const { octets, checksumAt } = transport(protocol, options);
  const packet = buildIp(header(from, to, protocol, options), octets)!;
  const at = ipOf(packet).payloadOffset;
  const view = new DataView(packet.buffer);
  view.setUint16(at + checksumAt, pseudoChecksum(packet, octets.length));
  const checksum = internetChecksum(packet.subarray(at));
  view.setUint16(at + checksumAt, checksum === 0 && protocol === ipProtocols.UDP ? 0xffff : checksum);
  return packet;
}

export const tcp = (from: string, to: string, options?: PacketOptions) => ipPacket(ipProtocols.TCP, from, to, options);
export const udp = (from: string, to: string, options?: PacketOptions) => ipPacket(ipProtocols.UDP, from, to, options);

/** What the kernel hands over for a packet: virtio header and packet. */
export interface FromTun {
  readonly octets: Uint8Array;
}

function withVnet(
  packet: Uint8Array,
  fields: { flags?: number; type?: number; headerLength?: number; size?: number; start?: number; offset?: number } = {},
): FromTun {
  const octets = new Uint8Array(vnet.length + packet.length);
  const view = new DataView(octets.buffer);
  octets[vnet.flagsAt] = fields.flags ?? 0;
  octets[vnet.gsoTypeAt] = fields.type ?? 0;
  view.setUint16(vnet.headerLengthAt, fields.headerLength ?? 0, true);
  view.setUint16(vnet.gsoSizeAt, fields.size ?? 0, true);
  view.setUint16(vnet.checksumStartAt, fields.start ?? 0, true);
  view.setUint16(vnet.checksumOffsetAt, fields.offset ?? 0, true);
  octets.set(packet, vnet.length);
  return { octets };
}

/** A packet that is complete. */
export function whole(packet: Uint8Array): FromTun {
  return withVnet(packet);
}

/** A packet of TCP or UDP whose checksum is left to the reader, as the kernel leaves it. */
export function unchecked(packet: Uint8Array): FromTun {
  const ip = ipOf(packet);
  const offset = ip.protocol === ipProtocols.TCP ? 16 : 6;
  const copy = packet.slice();
  new DataView(copy.buffer).setUint16(ip.payloadOffset + offset, pseudoChecksum(packet, ip.payload.length));
  return withVnet(copy, { flags: vnet.NEEDS_CSUM, start: ip.payloadOffset, offset });
}

/** One packet that stands for several of `size` octets of data each, and those. */
export function together(
  protocol: number,
  from: string,
  to: string,
  size: number,
  options: PacketOptions,
): { readonly packet: FromTun; readonly parts: readonly Uint8Array[] } {
  const { data = pattern(4000), flags = tcpFlags.ACK, sequence = 1, identification = 7 } = options;
  const count = Math.max(1, Math.ceil(data.length / size));
  const parts = Array.from({ length: count }, (_, index) => {
    const isLast = index === count - 1;
    const partFlags = (isLast ? flags : flags & ~(tcpFlags.FIN | tcpFlags.PSH)) & (index > 0 ? ~tcpFlags.CWR : 0xff);
    return ipPacket(protocol, from, to, {
      ...options,
      data: data.subarray(index * size, (index + 1) * size),
      sequence: (sequence + index * size) >>> 0,
      identification: (identification + index) & 0xffff,
      flags: partFlags,
    });
  });
  const large = ipPacket(protocol, from, to, { ...options, data });
  const ip = ipOf(large);
  const isTcp = protocol === ipProtocols.TCP;
  const offset = isTcp ? 16 : 6;
  new DataView(large.buffer).setUint16(ip.payloadOffset + offset, pseudoChecksum(large, ip.payload.length));
  const headerLength = large.length - data.length;
  const type = isTcp ? (ip.family === 4 ? vnet.GSO_TCPV4 : vnet.GSO_TCPV6) : vnet.GSO_UDP_L4;
  const fields = { flags: vnet.NEEDS_CSUM, type, headerLength, size, start: ip.payloadOffset, offset };
  return { packet: withVnet(large, fields), parts };
}

/** The packets that one written to a TUN device stands for, cut by the rules of the kernel in the plainest way. */
export function cut(written: Uint8Array): Uint8Array[] {
  const view = new DataView(written.buffer, written.byteOffset, written.byteLength);
  const packet = written.slice(vnet.length);
  if (written[vnet.gsoTypeAt] === vnet.GSO_NONE) return [packet];
  const ip = ipOf(packet);
  const size = view.getUint16(vnet.gsoSizeAt, true);
  const headerLength = view.getUint16(vnet.headerLengthAt, true);
  const from = packet.subarray(0, headerLength);
  const data = packet.subarray(headerLength);
  const parts: Uint8Array[] = [];
  for (let done = 0; done < data.length; done += size) {
    const part = new Uint8Array(headerLength + Math.min(size, data.length - done));
    part.set(from);
    part.set(data.subarray(done, done + size), headerLength);
    const partView = new DataView(part.buffer);
    const at = ip.payloadOffset;
    const isLast = done + size >= data.length;
    if (ip.family === 4) {
      partView.setUint16(2, part.length);
      partView.setUint16(4, partView.getUint16(4) + parts.length);
      setIpv4Checksum(part);
    } else partView.setUint16(4, part.length - 40);
    partView.setUint32(at + 4, (partView.getUint32(at + 4) + done) >>> 0);
    if (!isLast) part[at + 13]! &= ~(tcpFlags.FIN | tcpFlags.PSH);
    partView.setUint16(at + 16, pseudoChecksum(part, part.length - at));
    partView.setUint16(at + 16, internetChecksum(part.subarray(at)));
    parts.push(part);
  }
  return parts;
}

/** A packet without its identification, IPv4's or that of IPv6 fragments, which every sender numbers as it likes. */
export function unnumbered(packet: Uint8Array): Uint8Array {
  const copy = packet.slice();
  if (packet[0]! >> 4 !== 4) {
    if (packet[6] === ipProtocols.FRAGMENT) copy.fill(0, 44, 48);
    return copy;
  }
  copy[4] = 0;
  copy[5] = 0;
  setIpv4Checksum(copy);
  return copy;
}

/** The packets that a batch stands for on the wire. */
export function onWire({ sa, memory, length, segment, trafficClass, hopLimit, dontFragment }: EspBatch): Uint8Array[] {
  const { local, remote, udpEncapsulation: ports } = sa.sa.parameters;
  const packets: Uint8Array[] = [];
  for (let at = 0; at < length; at += segment) {
    const esp = memory.octets.slice(at, Math.min(length, at + segment));
    const content = ports ? encapsulateInUdp({ source: ports.localPort, destination: ports.remotePort }, esp)! : esp;
    const protocol = ports ? ipProtocols.UDP : ipProtocols.ESP;
    const header = { source: local, destination: remote, protocol, trafficClass, hopLimit, dontFragment };
    const packet = buildIp(header, content)!;
    // The kernel puts checksums into datagrams; the reference leaves those of IPv4 out.
    packets.push(ports && local.family === 6 ? withUpperChecksum(ipOf(packet)) : packet);
  }
  return packets;
}

export interface Told {
  readonly events: SaEvent[];
  readonly drops: { readonly reason: string; readonly why: string }[];
  readonly acquires: Acquire[];
}

export interface OutboundRig extends Told {
  readonly core: OutboundCore;
  readonly counters: Counters;
  /** What went to the network, as on the wire, without identifications. */
  readonly wire: Uint8Array[];
  readonly batches: { readonly count: number; readonly segment: number; readonly length: number }[];
  readonly answers: Uint8Array[];
  readonly time: { now: number };
  /** Hands packets over as one turn. */
  send(...packets: readonly FromTun[]): void;
}

const tunMemory = allocateSummed(native, 80_000, sumCode);

export function outboundRig(engine: CipherEngine, options: Partial<CoreOptions> = {}): OutboundRig {
  const counters = new Counters();
  const told: Told = { events: [], drops: [], acquires: [] };
  const time = { now: 0 };
  const wire: Uint8Array[] = [];
  const batches: OutboundRig['batches'] = [];
  const answers: Uint8Array[] = [];
  const core = new OutboundCore(
    native,
    {
      provider: node,
      engine,
      counters,
      ikePorts,
      forwards: false,
      pathMtu: () => undefined,
      now: () => time.now,
      ...options,
    },
    {
      sendBatch(batch) {
        batches.push({ count: batch.count, segment: batch.segment, length: batch.length });
        wire.push(...onWire(batch).map(unnumbered));
      },
      sendPacket: (packet) => void wire.push(unnumbered(packet)),
      answer: (packet) => void answers.push(packet),
      acquire: (acquire) => void told.acquires.push(acquire),
      sa: (event) => void told.events.push(event),
      drop: (reason, why) => void told.drops.push({ reason, why }),
    },
  );
  return {
    ...told,
    core,
    counters,
    wire,
    batches,
    answers,
    time,
    send(...packets) {
      core.readClock();
      for (const { octets } of packets) {
        tunMemory.octets.fill(0xee);
        tunMemory.octets.set(octets, 600);
        core.packet(tunMemory, 600, octets.length);
      }
      core.flush();
    },
  };
}

/** What a socket tells about a packet on the wire, and its ESP in a memory at 0; undefined where it holds none. */
export function arrivalOf(
  packet: Uint8Array,
  memory: Memory,
): { readonly arrival: Arrival; readonly length: number } | undefined {
  const ip = ipOf(packet);
  const isUdp = ip.protocol === ipProtocols.UDP;
  if (!isUdp && ip.protocol !== ipProtocols.ESP) return undefined;
  // Only the ports of IKE have sockets.
  if (isUdp && viewOf(ip.payload).getUint16(2) !== natPort) return undefined;
  const meta = allocate(native, 32);
  meta.octets.set(addressToOctets({ family: ip.family, value: ip.source }));
  meta.octets.set(addressToOctets({ family: ip.family, value: ip.destination }), 16);
  const view = viewOf(ip.payload);
  const content = isUdp ? ip.payload.subarray(8) : ip.payload;
  memory.octets.set(content);
  const { family, trafficClass, hopLimit } = ip;
  const ports = isUdp ? { source: view.getUint16(0), destination: view.getUint16(2) } : undefined;
  return {
    arrival: { family, ...(ports ? { ports } : {}), trafficClass, hopLimit, meta, sourceAt: 0, destinationAt: 16 },
    length: content.length,
  };
}

export interface InboundRig extends Told {
  readonly core: InboundCore;
  readonly counters: Counters;
  /** What went to the TUN device, cut into what it stands for. */
  readonly delivered: Uint8Array[];
  /** How many went there at once. */
  readonly writes: number[];
  readonly messages: Uint8Array[];
  readonly time: { now: number };
  /** Hands packets from the wire over as one turn. */
  receive(...packets: readonly Uint8Array[]): void;
}

const socketMemory = allocate(native, 70_000);
const writerMemory = allocateSummed(native, tunWriterMemory, sumCode);

export function inboundRig(engine: CipherEngine, options: Partial<CoreOptions> = {}, gathers = true): InboundRig {
  const counters = new Counters();
  const told: Told = { events: [], drops: [], acquires: [] };
  const time = { now: 0 };
  const delivered: Uint8Array[] = [];
  const writes: number[] = [];
  const messages: Uint8Array[] = [];
  const writer = new TunWriter(writerMemory, gathers, (memory, at, length) => {
    const parts = cut(memory.octets.slice(at, at + length));
    writes.push(parts.length);
    delivered.push(...parts);
  });
  const core = new InboundCore(
    writer,
    {
      provider: node,
      engine,
      counters,
      ikePorts,
      forwards: false,
      pathMtu: () => undefined,
      now: () => time.now,
      ...options,
    },
    {
      deliver(packet) {
        writes.push(1);
        delivered.push(packet);
      },
      ike: ({ octets }) => messages.push(octets) > 0,
      sa: (event) => void told.events.push(event),
      drop: (reason, why) => void told.drops.push({ reason, why }),
    },
  );
  return {
    ...told,
    core,
    counters,
    delivered,
    writes,
    messages,
    time,
    receive(...packets) {
      core.readClock();
      for (const packet of packets) {
        const arrived = arrivalOf(packet, socketMemory);
        if (!arrived) core.reference(packet);
        else if (arrived.arrival.ports)
          core.datagrams(socketMemory, 0, arrived.length, arrived.length, arrived.arrival);
        else core.esp(socketMemory, 0, arrived.length, arrived.arrival);
      }
      core.flush();
    },
  };
}
