/**
 * IP fragments put together again — RFC 791 §3.2, RFC 8200 §4.5. A sender may leave datagrams unfinished for ever, so what
 * waits is bounded, and the oldest gives way. Fragments that overlap make a datagram void (RFC 5722).
 */

/** Datagrams that wait for fragments at the same time. */
const datagramsMax = 256;
/** Fragments of one datagram: 64 KB in the smallest pieces that links make, with room to spare. */
const fragmentsMax = 256;
const datagramOctetsMax = 65_535;

export interface Fragment {
  /** What is the same in all fragments of a datagram: addresses, identification, protocol. */
  readonly key: string;
  /** Of the first octet in the datagram. */
  readonly offset: number;
  readonly more: boolean;
  readonly octets: Uint8Array;
}

interface Waiting {
  readonly frame: number;
  readonly pieces: Fragment[];
  octets: number;
  /** Known when the last fragment came. */
  total: number | undefined;
}

export interface Reassembly {
  /** The whole payload once the last missing fragment is in, `waiting` before, or why the datagram is given up. */
  add(frame: number, fragment: Fragment): { readonly payload: Uint8Array } | 'waiting' | { readonly why: string };
  /** The frames of datagrams that never became whole. */
  unfinished(): readonly number[];
}

/** Holds the fragments of one capture. */
export function reassembly(): Reassembly {
  const waiting = new Map<string, Waiting>();
  const dropped: number[] = [];
  return {
    add(frame, fragment) {
      const datagram = waiting.get(fragment.key) ?? begin(frame, fragment.key);
      const end = fragment.offset + fragment.octets.length;
      const giveUp = (why: string): { readonly why: string } => {
        waiting.delete(fragment.key);
        return { why };
      };
      if (end > datagramOctetsMax) return giveUp(`a fragment that reaches octet ${end} of a datagram`);
      if (
        datagram.pieces.some(
          (piece) => piece.offset === fragment.offset && piece.octets.length === fragment.octets.length,
        )
      ) {
        return 'waiting'; // sent or captured twice
      }
      if (datagram.pieces.some((piece) => fragment.offset < piece.offset + piece.octets.length && piece.offset < end)) {
        return giveUp('fragments that overlap');
      }
      if (datagram.pieces.length >= fragmentsMax) return giveUp(`more than ${fragmentsMax} fragments`);
      if (!fragment.more) {
        if (datagram.total !== undefined && datagram.total !== end) return giveUp('two last fragments');
        datagram.total = end;
      }
      datagram.pieces.push(fragment);
      datagram.octets += fragment.octets.length;
      if (datagram.total === undefined || datagram.octets < datagram.total) return 'waiting';
      waiting.delete(fragment.key);
      if (datagram.octets > datagram.total) return { why: 'a fragment behind the last one' };
      const payload = new Uint8Array(datagram.total);
      for (const piece of datagram.pieces) payload.set(piece.octets, piece.offset);
      return { payload };
    },
    unfinished: () => [...dropped, ...[...waiting.values()].map(({ frame }) => frame)],
  };

  function begin(frame: number, key: string): Waiting {
    if (waiting.size >= datagramsMax) {
      const [oldest, given] = waiting.entries().next().value!;
      waiting.delete(oldest);
      if (dropped.length < datagramsMax) dropped.push(given.frame);
    }
    const datagram: Waiting = { frame, pieces: [], octets: 0, total: undefined };
    waiting.set(key, datagram);
    return datagram;
  }
}
