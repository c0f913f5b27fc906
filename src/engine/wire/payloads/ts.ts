/**
 * Traffic Selector payloads (TSi, TSr) — RFC 7296 §3.13.
 *
 *   | Number of TSs |                 RESERVED                      |
 *   ~                       <Traffic Selectors>                     ~
 *
 *   |   TS Type     |IP Protocol ID*|       Selector Length         |
 *   |           Start Port*         |           End Port*           |
 *   ~                         Starting Address*                     ~
 *   ~                         Ending Address*                       ~
 *
 * A selector of ICMP has type and code in its ports (RFC 7296 §3.13.1); a start above its end is OPAQUE or a mistake, and
 * the exchange tells which.
 */
import { formatAddress, formatRange } from '../../../model/address.js';
import { formatProtocol } from '../../../model/packet.js';
import {
  countOf,
  type Decoded,
  definePayload,
  list,
  named,
  reserved,
  rest,
  shown,
  struct,
  tagged,
  totalLength,
  u8,
  u16,
  u24,
  u32,
  u128,
} from '../codec.js';
import { trafficSelectorsMax } from '../limits.js';
import { trafficSelectorTypes } from '../registry/ikev2.js';

const ipProtocol = named(u8, { describe: (value) => (value === 0 ? 'any (0)' : formatProtocol(value)) });
const length = totalLength(u16, { before: 1 });
const ipv4 = shown(u32, (value) => formatAddress(4, value));
const ipv6 = shown(u128, (value) => formatAddress(6, value));

const selector = tagged(
  { name: 'TS type', codec: u8, names: trafficSelectorTypes },
  {
    TS_IPV4_ADDR_RANGE: {
      number: 7,
      body: struct({ ipProtocol, length, startPort: u16, endPort: u16, startAddress: ipv4, endAddress: ipv4 }),
    },
    TS_IPV6_ADDR_RANGE: {
      number: 8,
      body: struct({ ipProtocol, length, startPort: u16, endPort: u16, startAddress: ipv6, endAddress: ipv6 }),
    },
    /** Fibre Channel — RFC 4595 §4.4. */
    TS_FC_ADDR_RANGE: {
      number: 9,
      body: struct({
        reserved: reserved(1),
        length,
        reserved2: reserved(1),
        startAddress: u24,
        reserved3: reserved(1),
        endAddress: u24,
        startRoutingControl: u8,
        endRoutingControl: u8,
        startType: u8,
        endType: u8,
      }),
    },
    /** A label of mandatory access control — RFC 9478 §2.1. */
    TS_SECLABEL: { number: 10, body: struct({ reserved: reserved(1), length, label: rest({ min: 1 }) }) },
  },
  struct({ octet: u8, length, data: rest() }),
);
export const trafficSelector = shown(selector, trafficSelectorText);
export type TrafficSelector = Decoded<typeof selector>;

const body = struct({
  selectorCount: countOf('selectors', u8),
  reserved: reserved(3),
  selectors: list(trafficSelector, { each: 'traffic selector', max: trafficSelectorsMax, count: 'selectorCount' }),
});
export type TsPayload = Decoded<typeof body>;

export const tsi = definePayload({ kind: 'TSi', number: 44, rfc: 'RFC 7296 §3.13', body });
export const tsr = definePayload({ kind: 'TSr', number: 45, rfc: 'RFC 7296 §3.13', body });

/** `10.1.0.0/16 TCP 443`, `::/0`: addresses, then protocol and ports where they select. */
export function trafficSelectorText(selector: TrafficSelector): string {
  switch (selector.kind) {
    case 'TS_IPV4_ADDR_RANGE':
    case 'TS_IPV6_ADDR_RANGE': {
      const family = selector.kind === 'TS_IPV4_ADDR_RANGE' ? 4 : 6;
      const { startAddress: first, endAddress: last, ipProtocol: protocol, startPort, endPort } = selector;
      const addresses =
        last < first
          ? `${formatAddress(family, first)}-${formatAddress(family, last)}`
          : formatRange({ family, first, last });
      const protocolText = protocol === 0 ? '' : ` ${formatProtocol(protocol)}`;
      return `${addresses}${protocolText}${portsText(startPort, endPort)}`;
    }
    case 'TS_FC_ADDR_RANGE':
      return `FC ${selector.startAddress.toString(16)}-${selector.endAddress.toString(16)}`;
    case 'TS_SECLABEL':
      return `label of ${selector.label.length} octets`;
    case 'unknown':
      return `type ${selector.number}`;
  }
}

function portsText(start: number, end: number): string {
  if (start === 0 && end === 65_535) return '';
  if (start === 65_535 && end === 0) return ' OPAQUE'; // RFC 7296 §3.13.1
  return start === end ? ` ${start}` : ` ${start}-${end}`;
}
