/** The two ordered lists of a system from the policies that its kernel holds. */
import type { Address } from '../../model/address.js';
import { protocolNumbers } from '../../model/packet.js';
import { anyPort, everything, type Region } from '../../model/selector/box.js';
import type { EntrySource, SpdEntry } from '../../model/system-config.js';
import { forwardedRegion, isHostRegion } from './selectors.js';

export interface SpdLists {
  readonly spd: readonly SpdEntry[];
  readonly forwardSpd: readonly SpdEntry[];
}

/** What the product puts in by itself, as words for its origin. */
export function builtinSource(name: string): EntrySource {
  return { record: { kind: 'builtin', name } };
}

/** A kernel without a policy for a packet lets it pass (Linux, the BSDs). */
export const passesUnprotected: SpdEntry = {
  source: builtinSource('no-policy'),
  selectors: everything,
  action: { kind: 'BYPASS' },
};

/** IKE's own packets: the daemon's sockets are exempt from the kernel's policies. */
const ikePackets: Region = everything.flatMap((box) =>
  [500, 4500].flatMap((port) => [
    {
      ...box,
      protocol: { lo: protocolNumbers.UDP, hi: protocolNumbers.UDP },
      x: { lo: port, hi: port },
      y: anyPort,
    },
  ]),
);

export const ikeSockets: SpdEntry = {
  source: builtinSource('ike-sockets'),
  selectors: ikePackets,
  action: { kind: 'BYPASS' },
};

export interface ListOptions {
  /** Whether an IKE daemon runs, whose own packets pass. */
  readonly hasDaemon: boolean;
  /** The system's own addresses: entries for these alone are not for forwarded packets. */
  readonly addresses: readonly Address[];
}

/**
 * Both lists from entries in search order. A kernel has one list for outbound packets, whether the system sends or
 * forwards them, so an entry is in both unless its local addresses are all the system's own.
 */
export function kernelLists(entries: readonly SpdEntry[], { hasDaemon, addresses }: ListOptions): SpdLists {
  const forwarded = entries.flatMap((entry): SpdEntry[] => {
    if (addresses.length > 0 && isHostRegion(entry.selectors, addresses)) return [];
    const selectors = forwardedRegion(entry.selectors);
    return selectors.length === 0 ? [] : [{ ...entry, selectors }];
  });
  return {
    spd: [...(hasDaemon ? [ikeSockets] : []), ...entries, passesUnprotected],
    forwardSpd: [...forwarded, passesUnprotected],
  };
}
