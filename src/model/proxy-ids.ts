/**
 * The client identities of IKEv1's Quick Mode, also called proxy IDs (RFC 2409 §5.5, RFC 2407 §4.6.2; hpux-ipsec
 * reference 7.3 and 7.7). There is one for each end, and both systems must mean exactly the same.
 */
import type { Packet } from './packet.js';
import type { Interval, Region } from './selector/box.js';
import { contains as boxContains } from './selector/witness.js';
import {
  boxSelectors,
  packetSelectors,
  type SelectorPair,
  sameSelector,
  type TrafficSelector,
} from './traffic-selector.js';

export interface ProxyIdOptions {
  readonly mode: 'transport' | 'tunnel';
  /** One SA pair for each five-tuple (HP-UX EXCLUSIVE): all values are the packet's. */
  readonly populateFromPacket?: boolean;
}

/**
 * The identities that a policy proposes for a packet: those of the first source and destination that match it; undefined
 * when none does.
 *
 * In tunnel mode they are as the policy has them, ranges included. In transport mode the ends are the packet's addresses;
 * a port range, which one ID cannot hold, becomes the packet's port, and wildcards stay.
 */
export function proxyIds(region: Region, packet: Packet, options: ProxyIdOptions): SelectorPair | undefined {
  const box = region.find((candidate) => boxContains({ ...candidate, direction: { lo: 0, hi: 1 } }, packet));
  if (!box) return undefined;
  const exact = packetSelectors(packet);
  if (options.populateFromPacket) return exact;
  const written = boxSelectors(box);
  if (options.mode === 'tunnel') return written;
  const end = (ours: TrafficSelector, packetsOwn: TrafficSelector): TrafficSelector => ({
    range: packetsOwn.range,
    protocol: ours.protocol,
    ports: isSingleOrAny(ours.ports) ? ours.ports : packetsOwn.ports,
  });
  return { local: end(written.local, exact.local), remote: end(written.remote, exact.remote) };
}

function isSingleOrAny({ lo, hi }: Interval): boolean {
  return lo === hi || (lo === 0 && hi === 65535);
}

/** The same identities from the other end. */
export function mirrorProxyIds({ local, remote }: SelectorPair): SelectorPair {
  return { local: remote, remote: local };
}

/** Are two pairs of identities, both in the same system's terms, exactly the same? */
export function sameProxyIds(a: SelectorPair, b: SelectorPair): boolean {
  return sameSelector(a.local, b.local) && sameSelector(a.remote, b.remote);
}
