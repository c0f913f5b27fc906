/** Boxes as text for people. */
import { type AddressValue, anyAddress, type Family, formatRange } from '../address.js';
import { formatProtocol, hasTypes } from '../packet.js';
import type { Box, Interval } from './box.js';

/**
 * `TCP 10.0.0.0/8 port 1024-65535 <-> 10.2.0.0/16 port 23`: local end left, remote end right, what is any left out. A box
 * of one direction says so twice: `outbound TCP 10.0.0.0/8 -> any port 23`, `inbound ICMP type 8 10.0.0.1 <- any`.
 */
export function formatBox(box: Box): string {
  const { family, direction, protocol, x, y } = box;
  const words: string[] = [];
  const oneWay = direction.lo === direction.hi;
  if (oneWay) words.push(direction.lo === 0 ? 'outbound' : 'inbound');
  const anywhere = isAny(family, box.local) && isAny(family, box.remote);
  const anyX = isWhole(x);
  const anyY = isWhole(y);
  if (anywhere && protocol.lo === 0 && protocol.hi === 255) return [...words, `all IPv${family}`].join(' ');
  if (anywhere) words.push(`IPv${family}`);
  if (protocol.lo === protocol.hi) words.push(formatProtocol(protocol.lo));
  else if (protocol.lo > 0 || protocol.hi < 255) words.push(`protocols ${protocol.lo}-${protocol.hi}`);
  const types = protocol.lo === protocol.hi && hasTypes(protocol.lo);
  if (types && !anyX) words.push(formatTypes(x));
  const arrow = oneWay ? (direction.lo === 0 ? '->' : '<-') : '<->';
  words.push(formatEnd(family, box.local), ...(types || anyX ? [] : [formatPorts(x)]));
  words.push(arrow, formatEnd(family, box.remote), ...(types || anyY ? [] : [formatPorts(y)]));
  return words.join(' ');
}

function formatEnd(family: Family, { lo, hi }: Interval<AddressValue>): string {
  return isAny(family, { lo, hi }) ? 'any' : formatRange({ family, first: lo, last: hi });
}

function formatPorts({ lo, hi }: Interval): string {
  return lo === hi ? `port ${lo}` : `port ${lo}-${hi}`;
}

function formatTypes({ lo, hi }: Interval): string {
  const first = Math.floor(lo / 256);
  const last = Math.floor(hi / 256);
  if (lo % 256 === 0 && hi % 256 === 255) return first === last ? `type ${first}` : `type ${first}-${last}`;
  if (first === last) return `type ${first} code ${lo === hi ? lo % 256 : `${lo % 256}-${hi % 256}`}`;
  return `type/code ${first}/${lo % 256}-${last}/${hi % 256}`;
}

function isWhole({ lo, hi }: Interval): boolean {
  return lo === 0 && hi === 65535;
}

function isAny(family: Family, { lo, hi }: Interval<AddressValue>): boolean {
  const { first, last } = anyAddress(family);
  return lo === first && hi === last;
}
