/**
 * The anti-replay window — RFC 4303 §3.4.3 and appendix A, RFC 4302 §3.4.3 and appendix B: which sequence numbers were
 * received, and with extended sequence numbers (ESN) which 64-bit number the 32 bits of a packet stand for.
 *
 * Checking and moving are two functions, because the window may move only after the ICV was found right: otherwise a
 * forger could push it over numbers that are still to come.
 *
 * A number's bit is at its remainder by the size of the ring, which is a power of two and at least as large as the window.
 */

/** The least window that can be asked for, other than 0, which is off (RFC 4303 §3.4.3 demands 32). */
export const replayWindowMin = 32;
/** The largest: 2^20 packets, 128 KB of bits; what an IKE peer or a record asks for beyond is cut. */
export const replayWindowMax = 1 << 20;
/** RFC 4303 §3.4.3 recommends 64. */
export const replayWindowDefault = 64;

export interface ReplayWindow {
  /** Packets; 0 is off: no number is refused, but the highest is kept for ESN. */
  readonly size: number;
  readonly esn: boolean;
  /** The highest number of an authenticated packet; 0 before the first. */
  top: bigint;
  readonly bits: Uint32Array;
  /** Bits of the ring less 1. */
  readonly mask: bigint;
}

export type ReplayVerdict =
  | 'fresh'
  /** Below the window. */
  | 'old'
  /** In the window, and received before. */
  | 'seen';

/** A window of `size` packets, brought into its limits (0, or 32 to 2^20). */
export function createReplayWindow(size: number, esn: boolean): ReplayWindow {
  const limited = size <= 0 ? 0 : Math.min(replayWindowMax, Math.max(replayWindowMin, Math.floor(size)));
  let ring = 32;
  while (ring < limited) ring *= 2;
  return { size: limited, esn, top: 0n, bits: new Uint32Array(ring / 32), mask: BigInt(ring - 1) };
}

const cycle = 1n << 32n;

/**
 * The whole sequence number of a packet that carries `low` (0..2^32-1), as RFC 4303 appendix A2.1 infers it: the one for
 * which the packet is in the window or ahead of it by less than 2^32 less the window. Negative for a number before the first.
 */
export function inferSequence(window: ReplayWindow, low: number): bigint {
  const lowBits = BigInt(low);
  if (!window.esn) return lowBits;
  const size = BigInt(window.size || replayWindowDefault);
  const topLow = window.top & (cycle - 1n);
  const topHigh = window.top >> 32n;
  const bottom = topLow - size + 1n;
  // Case A: the window lies in one cycle; case B: its lower end is in the one before.
  const high =
    bottom >= 0n ? (lowBits >= bottom ? topHigh : topHigh + 1n) : lowBits >= bottom + cycle ? topHigh - 1n : topHigh;
  return (high << 32n) | lowBits;
}

/** May a packet of this number be looked at further? Changes nothing. */
export function checkReplay(window: ReplayWindow, sequence: bigint): ReplayVerdict {
  if (window.size === 0) return sequence < 0n ? 'old' : 'fresh';
  // The first packet of an SA has number 1 (RFC 4303 §2.2).
  if (sequence <= 0n) return 'old';
  if (sequence > window.top) return 'fresh';
  if (window.top - sequence >= BigInt(window.size)) return 'old';
  const bit = Number(sequence & window.mask);
  return (window.bits[bit >>> 5]! & (1 << (bit & 31))) === 0 ? 'fresh' : 'seen';
}

/** Notes an authenticated packet that `checkReplay` called fresh. */
export function acceptSequence(window: ReplayWindow, sequence: bigint): void {
  if (sequence > window.top) {
    if (window.size > 0) forget(window, sequence);
    window.top = sequence;
  }
  if (window.size === 0) return;
  const bit = Number(sequence & window.mask);
  window.bits[bit >>> 5]! |= 1 << (bit & 31);
}

/** Clears the bits of the numbers between the old top and the new one. */
function forget({ bits, mask, top }: ReplayWindow, sequence: bigint): void {
  if (sequence - top > mask) {
    bits.fill(0);
    return;
  }
  for (let number = top + 1n; number <= sequence; number += 1n) {
    const bit = Number(number & mask);
    bits[bit >>> 5]! &= ~(1 << (bit & 31));
  }
}
