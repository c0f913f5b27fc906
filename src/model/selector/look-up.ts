/** First-match look-ups in one family, by addresses or by coordinates of its space. */
import type { AddressValue } from '../address.js';
import { addressWords } from './address-words.js';
import type { Box } from './box.js';
import type { BoxTable } from './box-table.js';
import { ipv4Rows, ipv6Rows } from './cut-rows.js';
import { buildCutTree4, buildCutTree6 } from './cut-tree.js';

/** Each gives the lowest entry that holds the packet, or -1; x and y are 0 where they mean nothing. */
export interface LookUp {
  byAddresses(
    direction: number,
    local: AddressValue,
    remote: AddressValue,
    protocol: number,
    x: number,
    y: number,
  ): number;
  /** With coordinates of the table's space for the addresses. */
  byCoordinates(direction: number, local: number, remote: number, protocol: number, x: number, y: number): number;
  /** With the words of both addresses, one after the other. */
  byWords(direction: number, words: Uint32Array, protocol: number, x: number, y: number): number;
}

export function lookUp4(table: BoxTable): LookUp {
  const { locate } = buildCutTree4(ipv4Rows(table));
  return {
    byAddresses: (direction, local, remote, protocol, x, y) =>
      locate(direction, local as number, remote as number, protocol, x, y),
    byCoordinates: locate,
    byWords: (direction, words, protocol, x, y) => locate(direction, words[0]!, words[1]!, protocol, x, y),
  };
}

export function lookUp6({ space, entries }: BoxTable, boxes: readonly Box[]): LookUp {
  const { locate, locateWords } = buildCutTree6(ipv6Rows(boxes, entries));
  const words = new Uint32Array(2 * addressWords);
  return {
    byAddresses: locate,
    byCoordinates(direction, local, remote, protocol, x, y) {
      space.local.putLowest(local, words, 0);
      space.remote.putLowest(remote, words, addressWords);
      return locateWords(direction, words, protocol, x, y);
    },
    byWords: locateWords,
  };
}
