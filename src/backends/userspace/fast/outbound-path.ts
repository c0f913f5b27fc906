/**
 * The fast path out: packets from the TUN device that are plain, of a known flow, for one ESP SA and far from every limit are cut, sealed
 * and gathered into datagrams of one call. Everything else goes to the reference as whole packets, so that behaviour is one.
 */
import { ipProtocols } from '../../../engine/ipsec/packet.js';
import { type TunnelOptions, tunnelDefaults } from '../../../engine/ipsec/sa.js';
import { espHeaderLength, paddedLength } from '../cipher/packet-cipher.js';
import type { CachedFlow } from '../report.js';
import { net, vnet } from '../system/linux.js';
import { allocate, type Memory } from '../system/memory.js';
import type { Native } from '../system/native.js';
import type { FastSa } from './fast-sa.js';
import { FlowKey, packetOfKey } from './flow-key.js';
import { FlowTable } from './flow-table.js';
import { completeChecksum, type Offload, readOffload, Segmenter } from './segments.js';

/** What becomes of the packets of a flow. */
export type OutboundDecision =
  /** `longest`: octets of the longest packet that fits the path once it is protected. */
  | { readonly kind: 'protect'; readonly sa: FastSa; readonly longest: number }
  | { readonly kind: 'discard' }
  /** The reference decides on each of them. */
  | { readonly kind: 'reference' };

/** ESP packets of one SA and one outer header, one after the other, `segment` octets each but for the last. */
export interface EspBatch {
  readonly sa: FastSa;
  readonly memory: Memory;
  readonly length: number;
  readonly segment: number;
  readonly count: number;
  readonly trafficClass: number;
  readonly hopLimit: number;
  readonly dontFragment: boolean;
}

export interface OutboundSurroundings {
  /** Decides on a flow by one of its packets; called once for each flow until `forget`. */
  decide(packet: Uint8Array): OutboundDecision;
  /** Gives a packet to the reference. */
  reference(packet: Uint8Array): void;
  /** Sends; the batch's memory is written anew after it. */
  send(batch: EspBatch): void;
  /** Packets that went no further, for the counters; one when `count` is absent. */
  dropped(reason: 'policy' | 'malformed' | 'cipher', count?: number): void;
  /** The time in milliseconds, as for the reference. */
  now(): number;
}

/** A cipher may write a block more than it has to. */
const slack = 64;
const trailerMax = 2 + 255;

export class OutboundPath {
  readonly #around: OutboundSurroundings;
  readonly #flows = new FlowTable<OutboundDecision>();
  readonly #key = new FlowKey();
  readonly #segmenter: Segmenter;
  readonly #offload: Offload = { needsChecksum: false, gsoType: 0, gsoSize: 0, checksumStart: 0, checksumOffset: 0 };
  readonly #saved = new Uint8Array(trailerMax);
  readonly #memory: Memory;
  /** The batch that is being filled. */
  #sa: FastSa | undefined;
  #length = 0;
  #segment = 0;
  #count = 0;
  #isClosed = false;
  #trafficClass = 0;
  #hopLimit = 0;
  #dontFragment = false;
  /** Of the packets that are sealed at the moment: what is left in front of ESP, and what is behind it. */
  #headerLength = 0;
  #nextHeader = 0;

  constructor(native: Pick<Native, 'addressOf'>, around: OutboundSurroundings) {
    this.#around = around;
    this.#segmenter = new Segmenter(native);
    this.#memory = allocate(native, net.datagramMax + slack);
  }

  /** Takes a packet of `length` octets with its virtio header, at `at` of a memory that has room behind it; destroys it. */
  packet(memory: Memory, at: number, length: number): void {
    const offload = this.#offload;
    readOffload(memory, at, offload);
    const packetAt = at + vnet.length;
    const packetLength = length - vnet.length;
    const key = this.#key;
    const isCut = offload.gsoType !== vnet.GSO_NONE;
    if (!key.read(memory, packetAt, packetLength) || key.length !== packetLength) {
      this.#toReference(memory, packetAt, packetLength, isCut);
      return;
    }
    if (isCut) {
      if (!this.#segmenter.begin(memory, packetAt, packetLength, key.headerLength, offload)) {
        this.#around.dropped('malformed');
        return;
      }
    } else if (offload.needsChecksum && !completeChecksum(memory, packetAt, packetLength, offload)) {
      this.#around.dropped('malformed');
      return;
    }
    let decision = this.#flows.get(key);
    if (!decision) {
      decision = this.#around.decide(memory.octets.slice(packetAt, packetAt + packetLength));
      this.#flows.set(key, decision);
      if (decision.kind === 'discard') {
        // The first one through the reference, which says why.
        this.#each(memory, packetAt, packetLength, isCut);
        return;
      }
    }
    switch (decision.kind) {
      case 'discard':
        this.#around.dropped('policy', isCut ? this.#segmenter.count : 1);
        return;
      case 'reference':
        this.#each(memory, packetAt, packetLength, isCut);
        return;
      case 'protect': {
        const { sa, longest } = decision;
        const segmenter = this.#segmenter;
        const [count, total, largest] = isCut
          ? [segmenter.count, segmenter.total, segmenter.longest]
          : [1, packetLength, packetLength];
        const now = this.#around.now();
        if (largest > longest || !sa.borrow() || !sa.admits(count, total, now)) {
          this.#each(memory, packetAt, packetLength, isCut);
          return;
        }
        this.#turnTo(sa);
        if (isCut) {
          while (segmenter.next()) this.#protect(sa, memory, segmenter.at, segmenter.length, now);
        } else this.#protect(sa, memory, packetAt, packetLength, now);
      }
    }
  }

  /** Sends what has been gathered. */
  flush(): void {
    const sa = this.#sa;
    if (!sa || this.#count === 0) return;
    this.#sa = undefined;
    this.#around.send({
      sa,
      memory: this.#memory,
      length: this.#length,
      segment: this.#segment,
      count: this.#count,
      trafficClass: this.#trafficClass,
      hopLimit: this.#hopLimit,
      dontFragment: this.#dontFragment,
    });
    this.#length = 0;
    this.#count = 0;
  }

  /** Flows that were decided on, at most so many. */
  *flows(max: number): Generator<CachedFlow> {
    for (const { key, decision } of this.#flows.entries(max)) {
      const packet = packetOfKey(key, 'outbound');
      yield decision.kind === 'protect' ? { packet, sa: decision.sa.sa.id } : { packet };
    }
  }

  /** Forgets what was decided: SAs, policy or the path have changed. */
  forget(): void {
    this.#flows.clear();
  }

  /** Packets that are no plain ones, with options, extension headers or as fragments. */
  #toReference(memory: Memory, at: number, length: number, isCut: boolean): void {
    const offload = this.#offload;
    const isWhole = isCut
      ? this.#segmenter.begin(memory, at, length, offload.checksumStart, offload)
      : !offload.needsChecksum || completeChecksum(memory, at, length, offload);
    if (isWhole) this.#each(memory, at, length, isCut);
    else this.#around.dropped('malformed');
  }

  #each(memory: Memory, at: number, length: number, isCut: boolean): void {
    // In the order in which they came: what was gathered goes first.
    this.flush();
    if (!isCut) {
      this.#around.reference(memory.octets.slice(at, at + length));
      return;
    }
    const segmenter = this.#segmenter;
    while (segmenter.next()) {
      this.#around.reference(memory.octets.slice(segmenter.at, segmenter.at + segmenter.length));
    }
  }

  /** Works out what packets of the flow that `#key` has read get around them; sends the batch if those in it have something else. */
  #turnTo(sa: FastSa): void {
    const key = this.#key;
    const { isTunnel } = sa;
    const tunnel: TunnelOptions = sa.sa.parameters.tunnel ?? tunnelDefaults;
    const inner = key.trafficClass;
    const trafficClass = !isTunnel || tunnel.dscp === 'copy' ? inner : (tunnel.dscp << 2) | (inner & 3);
    const hopLimit = isTunnel ? tunnel.hopLimit : key.hopLimit;
    const dontFragment = !isTunnel || tunnel.dontFragment === 'copy' ? key.dontFragment : tunnel.dontFragment === 'set';
    const isAlike =
      this.#sa === sa &&
      this.#trafficClass === trafficClass &&
      this.#hopLimit === hopLimit &&
      this.#dontFragment === dontFragment;
    if (!isAlike) {
      this.flush();
      this.#sa = sa;
      this.#trafficClass = trafficClass;
      this.#hopLimit = hopLimit;
      this.#dontFragment = dontFragment;
    }
    this.#headerLength = isTunnel ? 0 : key.headerLength;
    this.#nextHeader = isTunnel ? (key.isV4 ? ipProtocols.IPV4 : ipProtocols.IPV6) : key.protocol;
  }

  /** Seals one packet, behind `turnTo`. */
  #protect(sa: FastSa, memory: Memory, at: number, length: number, now: number): void {
    const { cipher, numbers } = sa;
    const payloadAt = at + this.#headerLength;
    const payloadLength = length - this.#headerLength;
    const padded = paddedLength(cipher.alignment, payloadLength);
    this.#makeRoom(sa, espHeaderLength + cipher.ivLength + padded + cipher.icvLength);
    const { octets } = memory;
    const trailerAt = payloadAt + payloadLength;
    const trailerLength = padded - payloadLength;
    // Behind a segment is the payload of the next one: it is put back.
    const saved = this.#saved;
    for (let index = 0; index < trailerLength; index += 1) saved[index] = octets[trailerAt + index]!;
    for (let index = 0; index < trailerLength - 2; index += 1) octets[trailerAt + index] = index + 1;
    octets[trailerAt + trailerLength - 2] = trailerLength - 2;
    octets[trailerAt + trailerLength - 1] = this.#nextHeader;
    sa.nextSequence();
    const out = this.#memory;
    const place = this.#length;
    out.view.setUint32(place, sa.spi);
    out.view.setUint32(place + 4, numbers.low);
    const made = cipher.seal(memory, payloadAt, padded, out, place, numbers);
    for (let index = 0; index < trailerLength; index += 1) octets[trailerAt + index] = saved[index]!;
    if (made < 0) {
      this.#around.dropped('cipher');
      return;
    }
    sa.charge(length, now);
    this.#length = place + made;
    this.#count += 1;
  }

  /** Sends the batch if a packet of `sealed` octets cannot be added to it. */
  #makeRoom(sa: FastSa, sealed: number): void {
    const fits =
      this.#count > 0 &&
      !this.#isClosed &&
      sealed <= this.#segment &&
      this.#count < net.segmentsMax &&
      this.#length + sealed <= net.datagramMax;
    if (fits) {
      // A shorter one can only be the last.
      this.#isClosed = sealed < this.#segment;
      return;
    }
    this.flush();
    this.#sa = sa;
    this.#segment = sealed;
    this.#isClosed = false;
  }
}
