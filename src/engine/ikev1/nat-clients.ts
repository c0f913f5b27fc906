/**
 * Client identities through a NAT — RFC 3947 §5.2 and §6: in transport mode both ends name the addresses that they know
 * themselves by, and for who sees the NAT's address instead that is the one that counts.
 */
import type { Address } from '../../model/address.js';
import type { SelectorPair, TrafficSelector } from '../../model/traffic-selector.js';
import type { IsakmpSa } from './phase1-state.js';

/** The identities with the addresses that this system sees, where a NAT makes a difference. */
export function natAddresses(
  ids: SelectorPair,
  { nat, peers }: Pick<IsakmpSa, 'nat' | 'peers'>,
  mode: 'transport' | 'tunnel' | undefined,
): SelectorPair {
  if (!nat || mode !== 'transport') return ids;
  return {
    local: nat.localBehindNat ? seen(ids.local, peers.local.address) : ids.local,
    remote: nat.peerBehindNat ? seen(ids.remote, peers.remote.address) : ids.remote,
  };
}

function seen(selector: TrafficSelector, { family, value }: Address): TrafficSelector {
  const { range } = selector;
  if (range.first !== range.last || range.family !== family) return selector;
  return { ...selector, range: { family, first: value, last: value } };
}
