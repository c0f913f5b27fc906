/**
 * An SA as the fast path works with it: sequence number, limits and replay window as plain numbers instead of bigints and options, and
 * the keys in an engine that works in place. The reference's SA stays the truth: the fast path borrows its state, and gives it back
 * before the reference may look (`giveBack`). What comes near a limit is left to the reference, so limits exist once.
 */
import type { Sa } from '../../../engine/ipsec/sa.js';
import type { CipherEngine, PacketCipher, SequenceNumbers } from '../cipher/packet-cipher.js';

const cycle = 0x1_0000_0000;
/** Sequence numbers that fit a number with room to add; beyond them the reference's bigints count. */
const sequenceNumberMax = 2 ** 52;
const octetsPerKilobyte = 1024;
/** As in the reference: a successor is asked for when a 16th of the numbers is left. */
const sequenceReserve = 16;
/** Numbers that an ESN window of size 0 counts as its width (as the reference's default). */
const esnWindowDefault = 64;

/** Those whose state the fast path has at the moment. */
export class Borrowed {
  readonly #list: FastSa[] = [];

  add(sa: FastSa): void {
    this.#list.push(sa);
  }

  /** Gives the state of all of them back, so that the reference may look. */
  giveBack(): void {
    for (let sa = this.#list.pop(); sa !== undefined; sa = this.#list.pop()) sa.giveBack();
  }
}

export class FastSa {
  readonly sa: Sa;
  readonly cipher: PacketCipher;
  /** Of the sequence number in hand, for the cipher. */
  readonly numbers: SequenceNumbers = { high: 0, low: 0 };
  readonly isTunnel: boolean;
  readonly spi: number;
  /** The window; 0 is off. */
  readonly windowSize: number;
  /** Outbound: the number used last. Inbound: the highest received. */
  sequence = 0;
  octets = 0;
  packets = 0;
  /** The first values that are no longer for the fast path. */
  octetsStop = 0;
  packetsStop = 0;
  sequenceStop = 0;
  timeStop = 0;
  usedAt = 0;
  readonly #windowMask: number;
  readonly #bits: Uint32Array;
  readonly #esn: boolean;
  readonly #borrowed: Borrowed;
  #isBorrowed = false;

  constructor(sa: Sa, cipher: PacketCipher, borrowed: Borrowed) {
    this.sa = sa;
    this.#borrowed = borrowed;
    this.cipher = cipher;
    this.isTunnel = sa.parameters.mode === 'tunnel';
    this.spi = sa.parameters.spi;
    this.windowSize = sa.window.size;
    this.#windowMask = Number(sa.window.mask);
    this.#bits = sa.window.bits;
    this.#esn = sa.parameters.esn;
  }

  /** Takes the state over from the reference. False where the SA carries nothing any more. */
  borrow(): boolean {
    if (this.#isBorrowed) return true;
    const { usage, window, parameters } = this.sa;
    if (usage.hardExpired) return false;
    this.#isBorrowed = true;
    this.#borrowed.add(this);
    this.octets = usage.octets;
    this.packets = usage.packets;
    const isOutbound = parameters.direction === 'outbound';
    this.sequence = Number(isOutbound ? usage.sequence : window.top);
    this.#findStops(isOutbound);
    return true;
  }

  #findStops(isOutbound: boolean): void {
    const { usage, parameters } = this.sa;
    const { limits, manual, esn } = parameters;
    this.octetsStop = Number.POSITIVE_INFINITY;
    this.packetsStop = Number.POSITIVE_INFINITY;
    this.timeStop = Number.POSITIVE_INFINITY;
    // Manual SAs begin again after the last number, which the reference does.
    const last = esn ? sequenceNumberMax : cycle - 1;
    const soft = last - Math.floor(last / sequenceReserve);
    this.sequenceStop = isOutbound ? (manual || usage.softExpired ? last : soft) : sequenceNumberMax;
    if (manual) return;
    // A hard limit may be reached but not passed, a soft one has its event when it is reached.
    if (limits.hardKilobytes) this.octetsStop = limits.hardKilobytes * octetsPerKilobyte + 1;
    if (limits.hardPackets) this.packetsStop = limits.hardPackets + 1;
    if (limits.hardSeconds) this.timeStop = usage.addedAt + limits.hardSeconds * 1000;
    if (usage.softExpired) return;
    if (limits.softKilobytes) this.octetsStop = Math.min(this.octetsStop, limits.softKilobytes * octetsPerKilobyte);
    if (limits.softPackets) this.packetsStop = Math.min(this.packetsStop, limits.softPackets);
    if (limits.softSeconds) this.timeStop = Math.min(this.timeStop, usage.addedAt + limits.softSeconds * 1000);
  }

  /** Writes the state back; the next `borrow` takes it anew. */
  giveBack(): void {
    if (!this.#isBorrowed) return;
    this.#isBorrowed = false;
    const { usage, window, parameters } = this.sa;
    if (this.packets !== usage.packets) usage.lastUsedAt = this.usedAt;
    usage.octets = this.octets;
    usage.packets = this.packets;
    if (parameters.direction === 'outbound') usage.sequence = BigInt(this.sequence);
    else window.top = BigInt(this.sequence);
  }

  /** May so many packets of so many octets in all go through without a limit coming near? */
  admits(packets: number, octets: number, now: number): boolean {
    return (
      now < this.timeStop &&
      this.packets + packets < this.packetsStop &&
      this.octets + octets < this.octetsStop &&
      this.sequence + packets < this.sequenceStop
    );
  }

  /** Counts one that went through. */
  charge(octets: number, now: number): void {
    this.packets += 1;
    this.octets += octets;
    this.usedAt = now;
  }

  /** Takes the next sequence number into `numbers`; `admits` has said that there is one. */
  nextSequence(): void {
    const sequence = this.sequence + 1;
    this.sequence = sequence;
    this.numbers.low = sequence % cycle;
    this.numbers.high = Math.floor(sequence / cycle);
  }

  /**
   * The whole number of a packet that carries `low` (RFC 4303 appendix A2.1, as the reference's `inferSequence`), into `numbers`
   * too. Negative for a number before the first.
   */
  inferSequence(low: number): number {
    this.numbers.low = low;
    this.numbers.high = 0;
    if (!this.#esn) return low;
    const topLow = this.sequence % cycle;
    const topHigh = Math.floor(this.sequence / cycle);
    const bottom = topLow - (this.windowSize || esnWindowDefault) + 1;
    const high = bottom >= 0 ? (low >= bottom ? topHigh : topHigh + 1) : low >= bottom + cycle ? topHigh - 1 : topHigh;
    this.numbers.high = high >>> 0;
    return high * cycle + low;
  }

  /** As the reference's `checkReplay`: changes nothing. */
  checkReplay(sequence: number): 'fresh' | 'old' | 'seen' {
    if (this.windowSize === 0) return sequence < 0 ? 'old' : 'fresh';
    if (sequence <= 0) return 'old';
    if (sequence > this.sequence) return 'fresh';
    if (this.sequence - sequence >= this.windowSize) return 'old';
    const bit = this.numbers.low & this.#windowMask;
    return (this.#bits[bit >>> 5]! & (1 << (bit & 31))) === 0 ? 'fresh' : 'seen';
  }

  /** Notes an authenticated packet that `checkReplay` called fresh, whose number is in `numbers`. */
  acceptSequence(sequence: number): void {
    const bits = this.#bits;
    const mask = this.#windowMask;
    const { low } = this.numbers;
    if (sequence > this.sequence) {
      const gap = sequence - this.sequence;
      this.sequence = sequence;
      if (this.windowSize > 0) {
        if (gap > mask) bits.fill(0);
        else {
          for (let back = gap - 1; back >= 0; back -= 1) {
            const bit = (low - back) & mask;
            bits[bit >>> 5]! &= ~(1 << (bit & 31));
          }
        }
      }
    }
    if (this.windowSize === 0) return;
    const bit = low & mask;
    bits[bit >>> 5]! |= 1 << (bit & 31);
  }
}

/** The SA for the fast path, or undefined for one that only the reference carries. */
export function fastSa(sa: Sa, engine: CipherEngine, borrowed: Borrowed): FastSa | undefined {
  const { protocol, encryption, authentication, keys, esn, direction, tfcLength } = sa.parameters;
  if (protocol !== 'ESP' || !encryption || tfcLength !== undefined) return undefined;
  const cipher = engine.cipher({ direction, encryption, ...(authentication ? { authentication } : {}), keys, esn });
  return cipher && new FastSa(sa, cipher, borrowed);
}
