/**
 * The flow that a packet is of, read from pinned memory into words that compare quickly: everything that selectors can ask about a plain
 * packet (RFC 4301 §4.4.1.1). Packets that are not plain (options, extension headers, fragments, lengths that do not fit, ICMP errors,
 * whose way depends on what they quote) have none, and are for the reference.
 */
import { isIcmpError } from '../../../engine/ipsec/icmp.js';
import { ipProtocols } from '../../../engine/ipsec/packet.js';
import { type Address, addressFromOctets } from '../../../model/address.js';
import { type Direction, hasPorts, hasTypes, type Packet } from '../../../model/packet.js';
import type { Memory } from '../system/memory.js';

/** Words of a key: family and protocol, ports (or type and code), source, destination. */
export const keyWords = 10;

const ipv4HeaderLength = 20;
const ipv6HeaderLength = 40;

/** What a protocol has at the beginning of its header: two ports, type and code, or nothing that selectors ask about. */
const shapes: readonly ('ports' | 'types' | 'none' | 'unusual')[] = Array.from({ length: 256 }, (_, protocol) => {
  switch (protocol) {
    // Extension headers, what may hold another packet for us, and what has its type elsewhere.
    case ipProtocols.HOP_BY_HOP:
    case ipProtocols.ROUTING:
    case ipProtocols.FRAGMENT:
    case ipProtocols.DESTINATION_OPTIONS:
    case ipProtocols.HIP:
    case ipProtocols.SHIM6:
    case ipProtocols.MH:
    case ipProtocols.ESP:
    case ipProtocols.AH:
      return 'unusual';
    default:
      return hasPorts(protocol) ? 'ports' : hasTypes(protocol) ? 'types' : 'none';
  }
});

/** The packets that the words of a key stand for. */
export function packetOfKey(words: Int32Array, direction: Direction): Packet {
  const family = (words[0]! & 0xff) === 4 ? 4 : 6;
  const protocol = (words[0]! >>> 8) & 0xff;
  const address = (at: number): Address['value'] => {
    const octets = new Uint8Array(family === 4 ? 4 : 16);
    const view = new DataView(octets.buffer);
    for (let word = 0; word < octets.length / 4; word += 1) view.setInt32(word * 4, words[at + word]!);
    return addressFromOctets(octets)!.value;
  };
  const [source, destination] = family === 4 ? [address(2), address(3)] : [address(2), address(6)];
  const isOutbound = direction === 'outbound';
  const [local, remote] = isOutbound ? [source, destination] : [destination, source];
  const base = { family, direction, local, remote, protocol } as const;
  const [high, low] = [words[1]! >>> 16, words[1]! & 0xffff];
  if (hasPorts(protocol)) {
    return { ...base, ...(isOutbound ? { localPort: high, remotePort: low } : { localPort: low, remotePort: high }) };
  }
  return hasTypes(protocol) ? { ...base, type: low >>> 8, code: low & 0xff } : base;
}

export class FlowKey {
  readonly words = new Int32Array(keyWords);
  /** Of the packet that was read last. */
  isV4 = true;
  protocol = 0;
  headerLength = 0;
  /** Of the packet, as its header has it. */
  length = 0;
  trafficClass = 0;
  hopLimit = 0;
  dontFragment = true;

  /** Reads the packet at `at`, of which `available` octets are there. False where it is not plain. */
  read({ octets, view }: Memory, at: number, available: number): boolean {
    const { words } = this;
    if (available < ipv4HeaderLength) return false;
    const first = octets[at]!;
    let payloadAt: number;
    if (first === 0x45) {
      const fragment = view.getUint16(at + 6);
      if ((fragment & 0x3fff) !== 0) return false;
      this.length = view.getUint16(at + 2);
      this.headerLength = ipv4HeaderLength;
      this.protocol = octets[at + 9]!;
      this.trafficClass = octets[at + 1]!;
      this.hopLimit = octets[at + 8]!;
      this.dontFragment = (fragment & 0x4000) !== 0;
      this.isV4 = true;
      words[2] = view.getInt32(at + 12);
      words[3] = view.getInt32(at + 16);
      words[4] = 0;
      words[5] = 0;
      words[6] = 0;
      words[7] = 0;
      words[8] = 0;
      words[9] = 0;
      payloadAt = at + ipv4HeaderLength;
    } else if (first >> 4 === 6) {
      if (available < ipv6HeaderLength) return false;
      this.length = ipv6HeaderLength + view.getUint16(at + 4);
      this.headerLength = ipv6HeaderLength;
      this.protocol = octets[at + 6]!;
      this.trafficClass = (view.getUint16(at) >> 4) & 0xff;
      this.hopLimit = octets[at + 7]!;
      this.dontFragment = true;
      this.isV4 = false;
      for (let word = 0; word < 8; word += 1) words[2 + word] = view.getInt32(at + 8 + 4 * word);
      payloadAt = at + ipv6HeaderLength;
    } else return false;
    if (this.length > available || this.length < this.headerLength) return false;
    words[0] = (this.isV4 ? 4 : 6) | (this.protocol << 8);
    const payloadLength = this.length - this.headerLength;
    switch (shapes[this.protocol]) {
      case 'ports':
        if (payloadLength < 4) return false;
        words[1] = view.getInt32(payloadAt);
        return true;
      case 'types':
        if (payloadLength < 2) return false;
        words[1] = view.getUint16(payloadAt);
        return !isIcmpError(this.protocol, octets[payloadAt]!);
      case 'none':
        words[1] = 0;
        return true;
      default:
        return false;
    }
  }
}
