/** The network's luck: decisions drawn from a source of random octets, so that equal seeds decide alike. */
import type { SecureRandom } from '../crypto/random.js';

export interface Dice {
  /** True with a probability of 0..1. Draws nothing for 0 and 1, so that a fault that is off changes no other one. */
  chance(probability: number): boolean;
  /** An integer of 0 .. below - 1; `below` is 1..2^32. */
  below(below: number): number;
  /** A number of 0 (included) .. 1 (not). */
  fraction(): number;
}

/** Dice from a source. The slight bias of `below` (at most 2^-20 for numbers below 4096) is nothing to a network. */
export function createDice(random: SecureRandom): Dice {
  const fraction = (): number => {
    const [a = 0, b = 0, c = 0, d = 0] = random(4);
    return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) / 2 ** 32;
  };
  return {
    chance: (probability) => (probability <= 0 ? false : probability >= 1 ? true : fraction() < probability),
    below: (below) => Math.floor(fraction() * below),
    fraction,
  };
}
