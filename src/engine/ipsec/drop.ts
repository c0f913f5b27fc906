/** Why a packet went no further: what RFC 4301 §5, RFC 4302 §4 and RFC 4303 §4 have a system audit. */
export type DropReason =
  /** No IP, ESP or AH packet, or contradictory. */
  | 'malformed'
  /** A fragment where a whole packet is needed, or fragments that do not fit together. */
  | 'fragment'
  /** Waiting for the other fragments of its datagram; nothing is wrong. */
  | 'incomplete'
  /** The SPD says DISCARD, or has no entry for it. */
  | 'policy'
  /** It came in the clear, or not through the SAs that its SPD entry demands. */
  | 'unprotected'
  /** Outside of the selectors of an SA that it goes or came through. */
  | 'selectors'
  /** Its SPD entry demands an SA that there is not (yet). */
  | 'no-sa'
  | 'unknown-spi'
  /** Its SA has come to a hard limit. */
  | 'expired'
  /** The sequence numbers of its SA are used up. */
  | 'sequence-overflow'
  | 'replay'
  | 'icv'
  | 'padding'
  /** Congestion was marked on a packet that cannot carry the mark (RFC 6040 §4.2). */
  | 'ecn'
  /** A dummy packet (RFC 4303 §2.6), discarded as it should be. */
  | 'dummy'
  /** Longer than IP, or than the path allows, with its protection. */
  | 'too-big'
  /** TTL or hop limit used up. */
  | 'hop-limit'
  /** More headers inside of each other than this system follows. */
  | 'nesting';

export interface Drop {
  readonly kind: 'drop';
  readonly reason: DropReason;
  /** A sentence for a reader, without secrets. */
  readonly why: string;
  /** For `too-big`: the longest packet that would have gone through. */
  readonly mtu?: number;
}

export function drop(reason: DropReason, why: string, mtu?: number): Drop {
  return { kind: 'drop', reason, why, ...(mtu === undefined ? {} : { mtu }) };
}
