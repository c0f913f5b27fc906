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

interface Waiting<M> {
  readonly frame: number;
  readonly pieces: Fragment[];
  /** What was given with the fragment that has the datagram's beginning. */
  beginning: Unfinished<M>['beginning'];
  octets: number;
  /** Known when the last fragment came. */
  total: number | undefined;
}

/** A datagram of which fragments are missing. */
export interface Unfinished<M> {
  /** Where its first fragment to come was captured. */
  readonly frame: number;
  readonly beginning: { readonly octets: Uint8Array; readonly about: M } | undefined;
}

export interface Reassembly<M> {
  /**
   * The whole payload once the last missing fragment is in, `waiting` before, or why the datagram is given up. `about` is
   * whatever the caller wants to know again of the fragment with the beginning.
   */
  add(
    frame: number,
    fragment: Fragment,
    about: M,
  ): { readonly payload: Uint8Array } | 'waiting' | { readonly why: string };
  /** The datagrams that never became whole; of those that gave way to others the first `datagramsMax`. */
  unfinished(): readonly Unfinished<M>[];
}

/** Holds the fragments of one capture. */
export function reassembly<M>(): Reassembly<M> {
  const waiting = new Map<string, Waiting<M>>();
  const gaveWay: Unfinished<M>[] = [];
  return {
    add(frame, fragment, about) {
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
      if (fragment.offset === 0) datagram.beginning = { octets: fragment.octets, about };
      const { total } = datagram;
      if (total === undefined) return 'waiting';
      if (datagram.pieces.some((piece) => piece.offset + piece.octets.length > total)) {
        return giveUp('a fragment behind the last one');
      }
      // All pieces lie within the datagram and none over another, so that it is whole when they are as long as it is.
      if (datagram.octets < total) return 'waiting';
      waiting.delete(fragment.key);
      const payload = new Uint8Array(total);
      for (const piece of datagram.pieces) payload.set(piece.octets, piece.offset);
      return { payload };
    },
    unfinished: () => [...gaveWay, ...[...waiting.values()].map(({ frame, beginning }) => ({ frame, beginning }))],
  };

  function begin(frame: number, key: string): Waiting<M> {
    if (waiting.size >= datagramsMax) {
      const [oldest, given] = waiting.entries().next().value!;
      waiting.delete(oldest);
      if (gaveWay.length < datagramsMax) gaveWay.push({ frame: given.frame, beginning: given.beginning });
    }
    const datagram: Waiting<M> = { frame, pieces: [], beginning: undefined, octets: 0, total: undefined };
    waiting.set(key, datagram);
    return datagram;
  }
}
