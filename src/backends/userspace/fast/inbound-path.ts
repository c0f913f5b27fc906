/**
 * The fast path in: ESP packets of SAs that the cipher engine knows are checked and opened in place, in the order that RFC 4303 §3.4
 * demands, and plain packets of known flows go on to the TUN device. What is behind the SA but unusual goes on in the reference; packets
 * near a limit, and all that the fast path does not know, go there whole.
 */
import { esnResyncThreshold } from '../../../engine/ipsec/inbound.js';
import { setIpv4Checksum } from '../../../engine/ipsec/ip-build.js';
import { ipProtocols } from '../../../engine/ipsec/packet.js';
import type { SaEvent } from '../../../engine/ipsec/sa.js';
import { leavingEcn } from '../../../engine/ipsec/tunnel.js';
import { addressToOctets } from '../../../model/address.js';
import { espHeaderLength } from '../cipher/packet-cipher.js';
import type { CachedFlow } from '../report.js';
import type { Memory } from '../system/memory.js';
import { type Arrival, destinationOf, outerLength, outerPacket, sourceOf } from './arrival.js';
import { fold, pseudoSum, sumOctets, swap, writeChecksum } from './checksum.js';
import type { FastSa } from './fast-sa.js';
import { FlowKey, packetOfKey } from './flow-key.js';
import { FlowTable } from './flow-table.js';
import type { TunWriter } from './tun-writer.js';

export interface InboundSurroundings {
  /** Looks whether SAs have come meanwhile; false where nothing has. */
  catchUp(): boolean;
  /** Is there an SA of this SPI that only the reference carries? */
  knowsOther(spi: number): boolean;
  /** Gives a whole packet, as it was on the wire, to the reference. */
  reference(packet: Uint8Array): void;
  /** Gives on what was behind an SA and is not plain; `outer` as it was on the wire. */
  unwrap(sa: FastSa, outer: Uint8Array, nextHeader: number, payload: Uint8Array): void;
  /** May packets of this one's flow that come through the SA be delivered without further ado? If not, it has been dealt with. */
  decide(sa: FastSa, packet: Uint8Array): boolean;
  ike(arrival: Arrival, message: Uint8Array): void;
  event(event: SaEvent): void;
  dropped(reason: 'malformed' | 'replay' | 'icv' | 'padding' | 'dummy' | 'unknown-spi' | 'keepalive'): void;
  delivered(packets: number, octets: number): void;
  /** The time in milliseconds, as for the reference. */
  now(): number;
}

const trailerLength = 2;
/** From here on sequence numbers are not for plain numbers. */
const sequenceNumberMax = 2 ** 52;
const keepalive = 0xff;
const markerLength = 4;

/** An SA with the octets of its ends, to compare with. */
interface Known {
  readonly sa: FastSa;
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
}

export class InboundPath {
  readonly #around: InboundSurroundings;
  readonly #writer: TunWriter;
  readonly #sas = new Map<number, readonly Known[]>();
  readonly #flows = new FlowTable<FastSa>();
  readonly #key = new FlowKey();
  /** The SA of the packet before, out of the same datagrams. */
  #last: Known | undefined;
  /** Packets, and octets of them, that were delivered and not counted yet. */
  #packets = 0;
  #octets = 0;

  constructor(writer: TunWriter, around: InboundSurroundings) {
    this.#writer = writer;
    this.#around = around;
  }

  add(sa: FastSa): void {
    const { spi, local, remote } = sa.sa.parameters;
    const known: Known = { sa, local: addressToOctets(local), remote: addressToOctets(remote) };
    this.#sas.set(spi, [...(this.#sas.get(spi) ?? []), known]);
    this.forget();
  }

  remove(sa: FastSa): void {
    const { spi } = sa.sa.parameters;
    const rest = (this.#sas.get(spi) ?? []).filter((known) => known.sa !== sa);
    if (rest.length > 0) this.#sas.set(spi, rest);
    else this.#sas.delete(spi);
    this.forget();
  }

  /** Flows that were decided on, at most so many: what is in SAs, never what carries them. */
  *flows(max: number): Generator<CachedFlow> {
    for (const { key, decision } of this.#flows.entries(max)) {
      yield { packet: packetOfKey(key, 'inbound'), sa: decision.sa.id };
    }
  }

  /** Forgets what was decided: SAs or policy have changed. */
  forget(): void {
    this.#flows.clear();
    this.#last = undefined;
  }

  /** Takes what came to the port for NAT traversal (RFC 3948 §2): `segment` octets a datagram. */
  datagrams(memory: Memory, at: number, length: number, segment: number, arrival: Arrival): void {
    const size = Math.max(1, segment);
    let done = 0;
    this.#last = undefined;
    do {
      this.#datagram(memory, at + done, Math.min(size, length - done), arrival);
      done += size;
    } while (done < length);
    this.#count();
  }

  #datagram(memory: Memory, at: number, length: number, arrival: Arrival): void {
    const { octets, view } = memory;
    if (length < markerLength) {
      if (length === 1 && octets[at] === keepalive) this.#around.dropped('keepalive');
      else this.#toReference(memory, at, length, arrival);
      return;
    }
    if (view.getUint32(at) === 0) {
      this.#around.ike(arrival, octets.slice(at + markerLength, at + length));
      return;
    }
    this.#esp(memory, at, length, arrival);
  }

  /** Takes one ESP packet, from its SPI on. */
  esp(memory: Memory, at: number, length: number, arrival: Arrival): void {
    this.#last = undefined;
    this.#esp(memory, at, length, arrival);
    this.#count();
  }

  #count(): void {
    if (this.#packets > 0) this.#around.delivered(this.#packets, this.#octets);
    this.#packets = 0;
    this.#octets = 0;
  }

  #esp(memory: Memory, at: number, length: number, arrival: Arrival): void {
    const around = this.#around;
    if (length < espHeaderLength) {
      around.dropped('malformed');
      return;
    }
    const spi = memory.view.getUint32(at);
    const last = this.#last;
    let known = last && last.sa.spi === spi ? last : this.#find(spi, arrival);
    // The peer may be quicker with its first packet than this thread with the news of its SA.
    if (!known && !around.knowsOther(spi) && around.catchUp()) known = this.#find(spi, arrival);
    if (!known) {
      if (around.knowsOther(spi)) this.#toReference(memory, at, length, arrival);
      else {
        around.dropped('unknown-spi');
        const ends = { source: sourceOf(arrival), destination: destinationOf(arrival) };
        around.event({ kind: 'unknown-spi', protocol: 'ESP', spi, ...ends });
      }
      return;
    }
    const { sa } = known;
    const onWire = outerLength(arrival) + length;
    const now = around.now();
    if (!sa.borrow() || !sa.admits(1, onWire, now) || (known !== last && hasMoved(known, arrival))) {
      this.#toReference(memory, at, length, arrival);
      return;
    }
    this.#last = known;
    const sequence = sa.inferSequence(memory.view.getUint32(at + 4));
    if (sequence >= sequenceNumberMax) {
      this.#toReference(memory, at, length, arrival);
      return;
    }
    const verdict = sa.checkReplay(sequence);
    const { usage, id } = sa.sa;
    if (verdict !== 'fresh') {
      usage.replays += 1;
      around.dropped('replay');
      around.event({ kind: 'replay', sa: id, sequence: BigInt(sequence), verdict });
      return;
    }
    const { cipher } = sa;
    const ciphertext = length - espHeaderLength - cipher.ivLength - cipher.icvLength;
    if (ciphertext < cipher.alignment || (ciphertext & (cipher.alignment - 1)) !== 0) {
      around.dropped('malformed');
      return;
    }
    const writer = this.#writer;
    const place = sa.isTunnel ? writer.placeToAppend : writer.place;
    const plain = cipher.open(memory, at, length, writer.memory, place, sa.numbers);
    if (plain < 0) {
      // Now and then the reference tries whether the numbers have come round unseen (RFC 4303 appendix A3).
      if (sa.sa.window.esn && (usage.icvFailuresInARow + 1) % esnResyncThreshold === 0) {
        this.#toReference(memory, at, length, arrival);
        return;
      }
      usage.icvFailures += 1;
      usage.icvFailuresInARow += 1;
      around.dropped('icv');
      around.event({ kind: 'icv-failure', sa: id, sequence: BigInt(sequence) });
      return;
    }
    const end = this.#payloadLength(place, plain, sa.sa.parameters.checkPadding ?? true);
    sa.acceptSequence(sequence);
    if (end < 0) {
      around.dropped('padding');
      return;
    }
    usage.icvFailuresInARow = 0;
    sa.charge(onWire, now);
    const nextHeader = this.#writer.memory.octets[place + plain - 1]!;
    if (nextHeader === ipProtocols.NO_NEXT_HEADER) around.dropped('dummy');
    else this.#opened(sa, memory, at, length, arrival, nextHeader, place, end);
  }

  /** Where the payload ends, in octets from `place`; negative where the padding is wrong (RFC 4303 §2.4). */
  #payloadLength(place: number, plain: number, checks: boolean): number {
    const { octets } = this.#writer.memory;
    const padLength = octets[place + plain - trailerLength]!;
    const end = plain - trailerLength - padLength;
    if (end < 0) return -1;
    if (checks) {
      for (let index = 1; index <= padLength; index += 1) {
        if (octets[place + end + index - 1] !== index) return -1;
      }
    }
    return end;
  }

  /** What is behind the SA: `length` octets of the packet at `at`, opened to `end` octets at `place`. */
  #opened(
    sa: FastSa,
    memory: Memory,
    at: number,
    length: number,
    arrival: Arrival,
    nextHeader: number,
    place: number,
    end: number,
  ): void {
    const own = this.#writer.memory;
    const key = this.#key;
    const innerAt = sa.isTunnel ? place : this.#putHeader(sa, arrival, nextHeader, place, end);
    const available = sa.isTunnel ? end : end + place - innerAt;
    const isPlain =
      key.read(own, innerAt, available) &&
      (!sa.isTunnel ||
        (nextHeader === (key.isV4 ? ipProtocols.IPV4 : ipProtocols.IPV6) &&
          leavingEcn(key.trafficClass & 3, arrival.trafficClass & 3) === (key.trafficClass & 3)));
    if (!isPlain) {
      const outer = outerPacket(arrival, memory.octets.slice(at, at + length), ipProtocols.ESP);
      const payload = own.octets.slice(place, place + end);
      this.#writer.flush();
      if (outer) this.#around.unwrap(sa, outer, nextHeader, payload);
      else this.#around.dropped('malformed');
      return;
    }
    const { length: innerLength, headerLength } = key;
    if (this.#flows.get(key) !== sa) {
      this.#writer.flush();
      if (!this.#around.decide(sa, own.octets.slice(innerAt, innerAt + innerLength))) return;
      this.#flows.set(key, sa);
    }
    this.#packets += 1;
    this.#octets += innerLength;
    this.#writer.deliver(innerAt, innerLength, headerLength);
  }

  /** Transport mode: the IP header that was in front of ESP, in front of what was in it. Gives where it begins. */
  #putHeader(sa: FastSa, arrival: Arrival, nextHeader: number, place: number, length: number): number {
    const own = this.#writer.memory;
    const { octets, view } = own;
    const isV4 = arrival.family === 4;
    const { meta, sourceAt, destinationAt, trafficClass, hopLimit } = arrival;
    const headerLength = isV4 ? 20 : 40;
    const at = place - headerLength;
    const addressLength = isV4 ? 4 : 16;
    octets.fill(0, at, place);
    if (isV4) {
      octets[at] = 0x45;
      octets[at + 1] = trafficClass;
      view.setUint16(at + 2, headerLength + length);
      octets[at + 8] = hopLimit;
      octets[at + 9] = nextHeader;
    } else {
      view.setUint16(at, 0x6000 | (trafficClass << 4));
      view.setUint16(at + 4, length);
      octets[at + 6] = nextHeader;
      octets[at + 7] = hopLimit;
    }
    const addressesAt = at + (isV4 ? 12 : 8);
    octets.set(meta.octets.subarray(sourceAt, sourceAt + addressLength), addressesAt);
    octets.set(meta.octets.subarray(destinationAt, destinationAt + addressLength), addressesAt + addressLength);
    if (isV4) setIpv4Checksum(octets.subarray(at, place));
    if (sa.sa.parameters.udpEncapsulation) mendChecksum(own, at, isV4, nextHeader, place, length);
    return at;
  }

  #toReference(memory: Memory, at: number, length: number, arrival: Arrival): void {
    // In the order in which they came.
    this.#writer.flush();
    const outer = outerPacket(arrival, memory.octets.slice(at, at + length), ipProtocols.ESP);
    if (outer) this.#around.reference(outer);
    else this.#around.dropped('malformed');
  }

  #find(spi: number, { meta, destinationAt }: Arrival): Known | undefined {
    const list = this.#sas.get(spi);
    if (!list) return undefined;
    for (const known of list) {
      if (equal(known.local, meta.octets, destinationAt)) return known;
    }
    return undefined;
  }
}

function equal(address: Uint8Array, octets: Uint8Array, at: number): boolean {
  for (let index = 0; index < address.length; index += 1) if (address[index] !== octets[at + index]) return false;
  return true;
}

/** Does the peer send from elsewhere than it did? Then the reference tells, once it has found the packet genuine. */
function hasMoved({ sa, remote }: Known, { ports, meta, sourceAt }: Arrival): boolean {
  const { udpEncapsulation } = sa.sa.parameters;
  if (!udpEncapsulation || !ports) return false;
  return udpEncapsulation.remotePort !== ports.source || !equal(remote, meta.octets, sourceAt);
}

/** A NAT has changed addresses that the sender's checksum counts in (RFC 3948 §3.1.2): as the reference's `withUpperChecksum`. */
function mendChecksum(memory: Memory, ipAt: number, isV4: boolean, protocol: number, at: number, length: number): void {
  const offset = protocol === ipProtocols.TCP ? 16 : protocol === ipProtocols.UDP ? 6 : undefined;
  if (offset === undefined || length < offset + 2) return;
  const { view } = memory;
  const isUdp = protocol === ipProtocols.UDP;
  if (isUdp && isV4 && view.getUint16(at + offset) === 0) return;
  view.setUint16(at + offset, 0);
  const sum = pseudoSum(memory, ipAt, isV4, protocol) + swap(length) + sumOctets(memory, at, length);
  writeChecksum(memory, at + offset, fold(sum));
  if (isUdp && view.getUint16(at + offset) === 0) view.setUint16(at + offset, 0xffff);
}
