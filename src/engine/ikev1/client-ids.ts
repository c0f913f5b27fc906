/** Client identities of Quick Mode as ID payloads — RFC 2407 §4.6.2, RFC 2409 §5.5 — and as traffic selectors. */
import {
  type AddressRange,
  type AddressValue,
  addressToOctets,
  type Family,
  rangePrefixLength,
} from '../../model/address.js';
import { hasPorts, hasTypes } from '../../model/packet.js';
import { anyPort, type Interval } from '../../model/selector/box.js';
import type { SelectorPair, TrafficSelector } from '../../model/traffic-selector.js';
import { concat } from '../crypto/octets.js';
import type { IsakmpIdPayload } from '../wire/isakmp/id.js';
import { isakmpIdRange } from '../wire/isakmp/id-range.js';
import { isakmpIdTypes } from '../wire/registry/isakmp.js';

const types = isakmpIdTypes.number;

const forms: Readonly<Record<Family, { address: number; subnet: number; range: number }>> = {
  4: { address: types.ID_IPV4_ADDR, subnet: types.ID_IPV4_ADDR_SUBNET, range: types.ID_IPV4_ADDR_RANGE },
  6: { address: types.ID_IPV6_ADDR, subnet: types.ID_IPV6_ADDR_SUBNET, range: types.ID_IPV6_ADDR_RANGE },
};

/**
 * What an ID payload can say of a selector: one port or all of them. `exact` is the packet's own selector, whose port takes
 * the place of a range (hpux-ipsec reference 7.3).
 */
export function sayable(selector: TrafficSelector, exact: TrafficSelector | undefined): TrafficSelector {
  const { lo, hi } = selector.ports;
  if (lo === hi || isAny(selector.ports)) return selector;
  // Without a packet there is no better choice than the first port of the range.
  return {
    ...selector,
    ports: exact?.ports.lo === exact?.ports.hi ? (exact?.ports ?? { lo, hi: lo }) : { lo, hi: lo },
  };
}

function isAny({ lo, hi }: Interval): boolean {
  return lo === anyPort.lo && hi === anyPort.hi;
}

/** The ID payload of a selector. A port 0 is every port; ICMP's type and code go where the port is. */
export function clientId({ range, protocol, ports }: TrafficSelector): IsakmpIdPayload {
  const form = forms[range.family];
  const port = isAny(ports) ? 0 : ports.lo;
  const base = { protocolId: protocol, port };
  const octets = (value: AddressValue): Uint8Array => addressToOctets({ family: range.family, value });
  if (range.first === range.last) return { ...base, idType: form.address, data: octets(range.first) };
  const prefixLength = rangePrefixLength(range);
  if (prefixLength === undefined) {
    return { ...base, idType: form.range, data: concat([octets(range.first), octets(range.last)]) };
  }
  return { ...base, idType: form.subnet, data: concat([octets(range.first), mask(range, prefixLength)]) };
}

function mask({ family }: AddressRange, prefixLength: number): Uint8Array {
  return Uint8Array.from({ length: family === 4 ? 4 : 16 }, (_, index) => {
    const bits = Math.max(0, Math.min(8, prefixLength - 8 * index));
    return (0xff << (8 - bits)) & 0xff;
  });
}

/**
 * The selector of an ID payload; undefined for types that are no addresses, and for malformed ones. A port of a protocol that
 * has none means nothing, or is compared as it is written, as strongSwan does.
 */
export function clientSelector(
  { idType, protocolId, port, data }: IsakmpIdPayload,
  ports: 'meaningful' | 'as-written' = 'meaningful',
): TrafficSelector | undefined {
  const range = isakmpIdRange(idType, data);
  if (!range) return undefined;
  const means = ports === 'as-written' || hasPorts(protocolId) || hasTypes(protocolId);
  return { range, protocol: protocolId, ports: port === 0 || !means ? anyPort : { lo: port, hi: port } };
}

/** Two selectors in words of records, for events; both ends of one packet flow. */
export function pairLists({ local, remote }: SelectorPair): {
  readonly local: readonly TrafficSelector[];
  readonly remote: readonly TrafficSelector[];
} {
  return { local: [local], remote: [remote] };
}
