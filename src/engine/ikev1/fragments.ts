/**
 * IKEv1 fragmentation as peers do it ([MS-IKEE] §2.2.6): pieces of a whole message, each in a message of its own. There is no
 * proof of who sent a piece, so that what is kept is small: one message for each pair of cookies.
 */
import { concat } from '../crypto/octets.js';
import type { Millis } from '../ipsec/sa.js';
import { type Header, headerOctets } from '../wire/header.js';
import { type IsakmpFragmentPayload, lastFragmentFlag } from '../wire/isakmp/fragment.js';
import { isakmpPayload } from '../wire/isakmp/table.js';
import { encodeMessage } from '../wire/message.js';

/** Messages that are put together at the same time. */
export const fragmentedMax = 256;
/** Pieces of one message: their number is one octet. */
export const fragmentsMax = 64;
const messageOctetsMax = 65_535;
/** How long pieces are waited for. */
export const fragmentMillis = 30_000;

interface Pieces {
  readonly id: number;
  readonly parts: Map<number, Uint8Array>;
  last?: number;
  octets: number;
  readonly since: Millis;
}

export interface FragmentTable {
  /** The whole message, once all of its pieces are there. */
  add(key: string, piece: IsakmpFragmentPayload, now: Millis): Uint8Array | undefined;
  readonly size: number;
}

export function fragmentTable(): FragmentTable {
  const table = new Map<string, Pieces>();
  return {
    add(key, { fragmentId, fragmentNumber, flags, data }, now) {
      let pieces = table.get(key);
      if (!pieces || pieces.id !== fragmentId || now - pieces.since >= fragmentMillis) {
        pieces = { id: fragmentId, parts: new Map(), octets: 0, since: now };
        table.delete(key);
        table.set(key, pieces);
        if (table.size > fragmentedMax) table.delete(table.keys().next().value!);
      }
      if (fragmentNumber < 1 || fragmentNumber > fragmentsMax || pieces.parts.has(fragmentNumber)) return undefined;
      if (pieces.octets + data.length > messageOctetsMax) return undefined;
      pieces.parts.set(fragmentNumber, data);
      pieces.octets += data.length;
      if (flags & lastFragmentFlag) pieces.last = fragmentNumber;
      if (pieces.last === undefined || pieces.parts.size < pieces.last) return undefined;
      table.delete(key);
      const { parts, last } = pieces;
      const whole = Array.from({ length: last }, (_, index) => parts.get(index + 1));
      return whole.every((part) => part !== undefined) ? concat(whole) : undefined;
    },
    get size() {
      return table.size;
    },
  };
}

/** Generic payload header, fragment ID, number and flags. */
const overhead = headerOctets + 4 + 4;

/** The messages that carry the pieces of `octets`, none longer than `limit`. */
export function fragmentsOf(octets: Uint8Array, header: Header, limit: number, fragmentId: number): Uint8Array[] {
  const size = Math.max(limit - overhead, Math.ceil(octets.length / fragmentsMax));
  const count = Math.ceil(octets.length / size);
  return Array.from({ length: count }, (_, index) =>
    encodeMessage({
      kind: 'ISAKMP',
      header: { ...header, flags: 0 },
      payloads: [
        isakmpPayload('FRAGMENT', {
          fragmentId,
          fragmentNumber: index + 1,
          flags: index + 1 === count ? lastFragmentFlag : 0,
          data: octets.subarray(index * size, (index + 1) * size),
        }),
      ],
    }),
  );
}
