/**
 * Datagrams through sendmsg(2) and recvmsg(2): many of one flow in one call (UDP_SEGMENT, UDP_GRO), with the fields of the IP header
 * that matter as control messages. The structures are laid out once; a call changes a few numbers in them.
 */
import { type Address, addressToOctets, type Family } from '../../../model/address.js';
import { net } from './linux.js';
import { allocate, type Memory } from './memory.js';
import type { Native } from './native.js';
import { type Socket, writeSocketAddress } from './socket.js';

/** Places in a block that holds struct msghdr, the socket address, one struct iovec and the control messages. */
const at = {
  name: 0,
  nameLength: 8,
  iovec: 16,
  iovecCount: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
  address: 56,
  vector: 88,
  messages: 104,
} as const;
const controlMax = 152;
const blockLength = at.messages + controlMax;
const messageHeaderLength = 16;

function pointer(memory: Memory, offset: number, address: number): void {
  memory.view.setBigUint64(offset, BigInt(address), true);
}

/** The fixed parts of a block. */
function layOut(native: Native): Memory {
  const block = allocate(native, blockLength);
  pointer(block, at.name, block.address + at.address);
  pointer(block, at.iovec, block.address + at.vector);
  block.view.setBigUint64(at.iovecCount, 1n, true);
  pointer(block, at.control, block.address + at.messages);
  return block;
}

/** Writes struct cmsghdr and gives the place of its data. */
function startMessage(block: Memory, offset: number, level: number, type: number, length: number): number {
  block.view.setBigUint64(offset, BigInt(messageHeaderLength + length), true);
  block.view.setInt32(offset + 8, level, true);
  block.view.setInt32(offset + 12, type, true);
  return offset + messageHeaderLength;
}

function aligned(length: number): number {
  return (length + 7) & ~7;
}

/** Sends from one address to one other. */
export interface DatagramSender {
  /**
   * Sends octets, cut into datagrams of `segment` each (the last may be shorter); 0 sends them as one. Gives 0, or the number of the
   * error.
   */
  send(
    address: number,
    length: number,
    segment: number,
    trafficClass: number,
    hopLimit: number,
    dontFragment: boolean,
  ): number;
}

export interface SenderOptions {
  readonly local: Address;
  readonly remote: Address;
  /** 0 for raw sockets. */
  readonly remotePort: number;
}

/** Prepares sending through a socket. */
export function datagramSender(native: Native, socket: Socket, options: SenderOptions): DatagramSender {
  const { libc } = native;
  const { local, remote, remotePort } = options;
  const isV4 = socket.family === 4;
  const block = layOut(native);
  const { view } = block;
  const nameLength = writeSocketAddress(block.octets, at.address, socket.family, addressToOctets(remote), remotePort);
  view.setUint32(at.nameLength, nameLength, true);
  const level = isV4 ? net.IPPROTO_IP : net.IPPROTO_IPV6;
  let next = at.messages;
  const number = (type: number, value: number): number => {
    const place = startMessage(block, next, level, type, 4);
    view.setInt32(place, value, true);
    next += messageHeaderLength + 8;
    return place;
  };
  // struct in_pktinfo: interface, source address, and an address that only counts for receiving; struct in6_pktinfo.
  const info = startMessage(block, next, level, isV4 ? net.IP_PKTINFO : net.IPV6_PKTINFO, isV4 ? 12 : 20);
  block.octets.set(addressToOctets(local), info + (isV4 ? 4 : 0));
  next += messageHeaderLength + aligned(isV4 ? 12 : 20);
  const hopLimitAt = number(isV4 ? net.IP_TTL : net.IPV6_HOPLIMIT, 64);
  const classAt = number(isV4 ? net.IP_TOS : net.IPV6_TCLASS, 0);
  const dontFragmentAt = isV4 ? undefined : number(net.IPV6_DONTFRAG, 0);
  const withoutSegments = next - at.messages;
  const segmentAt = startMessage(block, next, net.IPPROTO_UDP, net.UDP_SEGMENT, 2);
  const withSegments = withoutSegments + messageHeaderLength + 8;
  return {
    send(address, length, segment, trafficClass, hopLimit, dontFragment) {
      // Addresses of user space have 47 bits: two writes of numbers are cheaper than one of a bigint.
      view.setUint32(at.vector, address >>> 0, true);
      view.setUint32(at.vector + 4, Math.floor(address / 0x1_0000_0000), true);
      view.setUint32(at.vector + 8, length, true);
      view.setInt32(classAt, trafficClass, true);
      view.setInt32(hopLimitAt, hopLimit, true);
      if (dontFragmentAt === undefined) socket.setDontFragment(dontFragment);
      else view.setInt32(dontFragmentAt, dontFragment ? 1 : 0, true);
      const isCut = segment > 0 && segment < length;
      if (isCut) view.setUint16(segmentAt, segment, true);
      view.setUint32(at.controlLength, isCut ? withSegments : withoutSegments, true);
      return libc.sendmsg(socket.descriptor, block.address, 0) < 0 ? libc.errno() : 0;
    },
  };
}

/** Sends whole packets, each to where its header says. */
export interface PacketSender {
  /** Gives 0, or the number of the error. */
  send(packet: Uint8Array): number;
}

/** Longest IPv6 packet without jumbo payload. */
const packetMax = 40 + 65_535;

export function packetSender(native: Native, socket: Socket): PacketSender {
  const { libc } = native;
  const isV4 = socket.family === 4;
  const block = layOut(native);
  const copy = allocate(native, packetMax);
  const addressLength = isV4 ? 4 : 16;
  const destinationAt = isV4 ? 16 : 24;
  block.view.setUint32(at.nameLength, isV4 ? 16 : 28, true);
  pointer(block, at.vector, copy.address);
  return {
    send(packet) {
      copy.octets.set(packet);
      writeSocketAddress(
        block.octets,
        at.address,
        socket.family,
        packet.subarray(destinationAt, destinationAt + addressLength),
        0,
      );
      block.view.setUint32(at.vector + 8, packet.length, true);
      return libc.sendmsg(socket.descriptor, block.address, 0) < 0 ? libc.errno() : 0;
    },
  };
}

/** Receives into one place of a memory; the fields tell of what was received last. */
export interface DatagramReceiver {
  readonly socket: Socket;
  /** Gives the octets received, or -1 where nothing is there (or an error was taken off the socket). */
  receive(): number;
  /** Each datagram's length, where several of them came together; the last may be shorter. */
  readonly segment: number;
  readonly trafficClass: number;
  readonly hopLimit: number;
  readonly sourcePort: number;
  /** Longer than the place, and cut: nothing to go on with. */
  readonly truncated: boolean;
  /** The octets of both addresses: 4 or 16 from these places of `meta`. */
  readonly meta: Memory;
  readonly sourceAt: number;
  readonly destinationAt: number;
}

/** Octets that a receiver may write at its place: 64 datagrams that came together, or the longest single one. */
export const receiveMax = 65_536;

export function datagramReceiver(native: Native, socket: Socket, memory: Memory, place: number): DatagramReceiver {
  return new Receiver(native, socket, memory.address + place);
}

class Receiver implements DatagramReceiver {
  readonly socket: Socket;
  readonly meta: Memory;
  readonly sourceAt: number;
  destinationAt = 0;
  segment = 0;
  trafficClass = 0;
  hopLimit = 0;
  sourcePort = 0;
  truncated = false;
  readonly #native: Native;
  readonly #family: Family;
  readonly #nameLength: number;

  constructor(native: Native, socket: Socket, address: number) {
    this.#native = native;
    this.#family = socket.family;
    this.socket = socket;
    this.meta = layOut(native);
    this.sourceAt = at.address + (socket.family === 4 ? 4 : 8);
    this.#nameLength = socket.family === 4 ? 16 : 28;
    pointer(this.meta, at.vector, address);
    this.meta.view.setUint32(at.vector + 8, receiveMax, true);
  }

  receive(): number {
    const { libc } = this.#native;
    const { view } = this.meta;
    view.setUint32(at.nameLength, this.#nameLength, true);
    view.setUint32(at.controlLength, controlMax, true);
    const length = libc.recvmsg(this.socket.descriptor, this.meta.address, net.MSG_DONTWAIT);
    if (length < 0) return -1;
    this.truncated = (view.getInt32(at.flags, true) & net.MSG_TRUNC) !== 0;
    this.sourcePort = view.getUint16(at.address + 2);
    this.segment = length;
    this.trafficClass = 0;
    this.hopLimit = 0;
    this.destinationAt = 0;
    this.#readMessages(Math.min(controlMax, view.getUint32(at.controlLength, true)));
    return length;
  }

  #readMessages(length: number): void {
    const { view } = this.meta;
    const end = at.messages + length;
    let next: number = at.messages;
    while (next + messageHeaderLength <= end) {
      const messageLength = view.getUint32(next, true);
      if (messageLength < messageHeaderLength) return;
      const level = view.getInt32(next + 8, true);
      const type = view.getInt32(next + 12, true);
      const data = next + messageHeaderLength;
      if (level === net.IPPROTO_UDP) {
        if (type === net.UDP_GRO) this.segment = view.getUint16(data, true);
      } else if (this.#family === 4) {
        if (type === net.IP_PKTINFO) this.destinationAt = data + 8;
        else if (type === net.IP_TOS) this.trafficClass = view.getUint8(data);
        else if (type === net.IP_TTL) this.hopLimit = view.getUint8(data);
      } else if (type === net.IPV6_PKTINFO) this.destinationAt = data;
      else if (type === net.IPV6_TCLASS) this.trafficClass = view.getUint8(data);
      else if (type === net.IPV6_HOPLIMIT) this.hopLimit = view.getUint8(data);
      next += aligned(messageLength);
    }
  }
}
