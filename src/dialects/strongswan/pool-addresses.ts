/** The addresses of a pool as it is written: a network or a range (strongSwan's mem_pool.c). */
import {
  type Address,
  type AddressRange,
  addressBits,
  parseAddress,
  prefixRange,
  singleAddress,
} from '../../model/address.js';

/** What `addrs` covers, and which of its addresses are handed out. */
export interface PoolAddresses {
  readonly written: AddressRange;
  /** Absent where none is left. */
  readonly given?: AddressRange;
}

/** charon counts the addresses of a pool by 31 bits. */
const hostBitsMax = 31;

/**
 * Reads `addrs`: of a network neither the first nor the last address is handed out, unless it has no more than two; one that is
 * written with a host in it begins there. Undefined where charon has no such pool.
 */
export function readPoolAddresses(text: string): PoolAddresses | undefined {
  const dash = text.indexOf('-');
  if (dash !== -1) return rangeOf(text.slice(0, dash).trim(), text.slice(dash + 1).trim());
  const [addressText = '', lengthText] = text.split('/', 2);
  const base = parseAddress(addressText.trim());
  if (!base) return undefined;
  const bits = addressBits(base.family);
  const length = lengthText === undefined ? bits : /^\d{1,3}$/.test(lengthText) ? Number(lengthText) : Number.NaN;
  if (!(length <= bits)) return undefined;
  const given = givenOf(base, Math.min(bits - length, hostBitsMax));
  return { written: prefixRange(base, length), ...(given ? { given } : {}) };
}

function rangeOf(low: string, high: string): PoolAddresses | undefined {
  const [first, last] = [parseAddress(low), parseAddress(high)];
  if (!first || !last || first.family !== last.family || first.value > last.value) return undefined;
  if (first.family === 6 && BigInt(first.value) >> 32n !== BigInt(last.value) >> 32n) return undefined;
  const range: AddressRange = { family: first.family, first: first.value, last: last.value };
  return { written: range, given: range };
}

function givenOf({ family, value }: Address, hostBits: number): AddressRange | undefined {
  if (hostBits === 0) return singleAddress({ family, value });
  const base = BigInt(value);
  const total = 1n << BigInt(hostBits);
  const inNetwork = base % total;
  let first = base;
  let size = total;
  if (total > 2n) {
    if (inNetwork === 0n) {
      first += 1n;
      size -= 1n;
    } else size -= inNetwork;
    size -= 1n;
  } else if (inNetwork !== 0n) size -= 1n;
  if (size <= 0n) return undefined;
  const number = (one: bigint) => (family === 4 ? Number(one) : one);
  return { family, first: number(first), last: number(first + size - 1n) };
}
