/** The ordered lists of a system from the policies that its kernel holds. */
import { protocolNumbers } from '../../model/packet.js';
import { anyPort, everything, fullBox, type Region } from '../../model/selector/box.js';
import type { EntrySource, SpdEntry, SystemConfig } from '../../model/system-config.js';

export type SpdLists = Required<Pick<SystemConfig, 'spd' | 'forwardSpd' | 'forwardsBySpd'>>;

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

/** Packets with an own address at an end, which are never forwarded. */
export function ownPackets({ addresses }: Pick<SystemConfig, 'addresses'>): SpdEntry {
  const selectors = addresses.flatMap(({ family, value }) => {
    const own = { lo: value, hi: value };
    return [
      { ...fullBox(family), local: own },
      { ...fullBox(family), remote: own },
    ];
  });
  return { source: builtinSource('own-packets'), selectors, action: { kind: 'BYPASS' } };
}

/** Neighbor solicitations and advertisements (RFC 4861 §4.3, §4.4), without which nobody finds an IPv6 peer. */
export const neighborDiscovery: SpdEntry = {
  source: builtinSource('neighbor-discovery'),
  selectors: [135, 136].map((type) => ({
    ...fullBox(6),
    protocol: { lo: protocolNumbers.ICMPV6, hi: protocolNumbers.ICMPV6 },
    x: { lo: type * 256, hi: type * 256 + 255 },
  })),
  action: { kind: 'BYPASS' },
};

/**
 * The lists of a system whose kernel has one list for all outbound packets, whether the system sends or forwards them.
 * `hasDaemon`: an IKE daemon runs, whose own packets pass. `holes` are what it lets pass besides.
 */
export function kernelLists(
  entries: readonly SpdEntry[],
  hasDaemon: boolean,
  holes: readonly SpdEntry[] = [],
): SpdLists {
  return {
    spd: [...(hasDaemon ? [ikeSockets] : []), ...holes, ...entries, passesUnprotected],
    forwardSpd: [],
    forwardsBySpd: true,
  };
}
