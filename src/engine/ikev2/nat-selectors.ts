/**
 * Transport mode through NATs — RFC 7296 §2.23.1: each side knows its own address and the one it sees of the peer, so that
 * addresses in traffic selectors are put in terms of whoever looks at them.
 */
import type { Address } from '../../model/address.js';
import type { SelectorLists, TrafficSelector } from '../../model/traffic-selector.js';
import type { IkeSa } from './ike-sa.js';

/** Received selectors, in local/remote terms, as this side sees the ends: changed where a NAT stands before one of them. */
export function natSubstituted({ nat, local, remote }: IkeSa, lists: SelectorLists): SelectorLists {
  if (!nat) return lists;
  return {
    local: nat.localBehindNat ? lists.local.map((one) => at(one, local.address)) : lists.local,
    remote: nat.peerBehindNat ? lists.remote.map((one) => at(one, remote.address)) : lists.remote,
  };
}

/** Only single addresses of the family can be those of the ends. */
function at(selector: TrafficSelector, { family, value }: Address): TrafficSelector {
  const { range } = selector;
  if (range.family !== family || range.first !== range.last) return selector;
  return { ...selector, range: { family, first: value, last: value } };
}
