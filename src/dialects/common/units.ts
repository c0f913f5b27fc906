/** Lengths of time and amounts of data with the units that configurations use. */
import { parseNumber } from './selectors.js';

const secondsOf: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
  ['w', 604_800],
]);

/** `3600`, `60m`, `8h`, `1d`: seconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,12})([smhdw]?)$/i.exec(text.trim());
  const unit = match ? secondsOf.get(match[2]!.toLowerCase()) : undefined;
  return match && unit !== undefined ? Number(match[1]) * unit : undefined;
}

const binaryFactors: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['k', 1024],
  ['m', 1024 ** 2],
  ['g', 1024 ** 3],
  ['t', 1024 ** 4],
  ['p', 1024 ** 5],
  ['e', 1024 ** 6],
]);

/** `1000`, `2^40`, `10KiB`, `5G`, `100MB`: the number; undefined for anything else. */
export function parseAmount(text: string): number | undefined {
  const power = /^2\^(\d{1,2})$/.exec(text);
  if (power) return Number(power[1]) <= 64 ? 2 ** Number(power[1]) : undefined;
  const match = /^(\d{1,18})\s*([kmgtpe]?)(?:i?b?)?$/i.exec(text.trim());
  const factor = match ? binaryFactors.get(match[2]!.toLowerCase()) : undefined;
  return match && factor !== undefined ? Number(match[1]) * factor : undefined;
}

/** A percentage with its sign: `100%`. */
export function parsePercent(text: string): number | undefined {
  return text.endsWith('%') ? parseNumber(text.slice(0, -1)) : undefined;
}

/** Kilobytes of an amount of octets, at least one where there is any. */
export function kilobytes(octets: number): number {
  return octets === 0 ? 0 : Math.max(1, Math.floor(octets / 1024));
}
