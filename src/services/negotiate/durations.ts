/** Durations as people write them: `2d`, `90m`, `20ms`, `1h30m`; a bare number is seconds. */
import { UsageError } from '../../model/tool-error.js';

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const part = /(\d+(?:\.\d+)?)\s*(?:(ms|s|m|h|d|w)\s*)?/y;
/** A hundred years: longer runs are a slip. */
const durationMax = 100 * 365 * 86_400_000;

/** The milliseconds of a duration. */
export function parseDuration(text: string, what: string): number {
  let millis = 0;
  let at = 0;
  const compact = text.trim().toLowerCase();
  while (at < compact.length) {
    part.lastIndex = at;
    const found = part.exec(compact);
    if (!found) throw wrong(text, what);
    const [whole, number = '0', unit] = found;
    if (unit === undefined && (at > 0 || whole.length < compact.length)) throw wrong(text, what);
    millis += Number(number) * (units[unit ?? 's'] ?? 0);
    at += whole.length;
  }
  if (compact === '' || millis > durationMax) throw wrong(text, what);
  return millis;
}

function wrong(text: string, what: string): UsageError {
  return new UsageError(`${what}: "${text}" is not a duration`, {
    hints: ['Write it as 20ms, 90s, 30m, 8h, 2d or 1h30m.'],
  });
}

/** A share: `0.05` or `5%`. */
export function parseShare(text: string, what: string): number {
  const found = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim());
  const share = found ? Number(found[1]) / (found[2] === '%' ? 100 : 1) : Number.NaN;
  if (!(share >= 0 && share <= 1))
    throw new UsageError(`${what}: "${text}" is not a share`, { hints: ['Write it as 0.05 or 5%.'] });
  return share;
}
