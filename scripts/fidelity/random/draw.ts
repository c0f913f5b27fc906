/** Draws that a seed gives again. */

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws from lists. */
export interface Draw {
  one<T>(list: readonly T[]): T;
  some<T>(list: readonly T[], min: number, max: number): T[];
  chance(share: number): boolean;
  number(below: number): number;
}

/** Draws from a source of numbers in [0, 1). */
export function drawFrom(random: () => number): Draw {
  const number = (below: number) => Math.floor(random() * below);
  const draw: Draw = {
    one: (list) => list[number(list.length)]!,
    some(list, min, max) {
      const rest = [...list];
      const count = min + number(max - min + 1);
      return Array.from({ length: Math.min(count, rest.length) }, () => rest.splice(number(rest.length), 1)[0]!);
    },
    chance: (share) => random() < share,
    number,
  };
  return draw;
}
