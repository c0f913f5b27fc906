/** Addresses, prefixes, protocols and ports as other products write them, and the regions that they select. */
import {
  type Address,
  type AddressRange,
  addressBits,
  anyAddress,
  parseAddress,
  prefixRange,
  rangeContains,
  singleAddress,
} from '../../model/address.js';
import { hasPorts } from '../../model/packet.js';
import { anyPort, type Interval, type Region } from '../../model/selector/box.js';
import { selectorBox, type TrafficSelector } from '../../model/traffic-selector.js';

/** Protocols by the names of /etc/protocols that configurations use. */
const protocolWords: ReadonlyMap<string, number> = new Map(
  Object.entries({
    any: 0,
    all: 0,
    icmp: 1,
    igmp: 2,
    ipencap: 4,
    ipip: 4,
    tcp: 6,
    egp: 8,
    udp: 17,
    dccp: 33,
    ipv6: 41,
    rsvp: 46,
    gre: 47,
    esp: 50,
    ah: 51,
    icmp6: 58,
    'ipv6-icmp': 58,
    icmpv6: 58,
    ospf: 89,
    etherip: 97,
    pim: 103,
    ipcomp: 108,
    vrrp: 112,
    l2tp: 115,
    sctp: 132,
    'mobility-header': 135,
    udplite: 136,
  }),
);

/** Services whose names stand in place of port numbers in what people write. */
const serviceWords: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ftp: 21,
    ssh: 22,
    telnet: 23,
    smtp: 25,
    domain: 53,
    tftp: 69,
    http: 80,
    pop3: 110,
    ntp: 123,
    imap: 143,
    snmp: 161,
    bgp: 179,
    ldap: 389,
    https: 443,
    isakmp: 500,
    syslog: 514,
    l2f: 1701,
    l2tp: 1701,
    radius: 1812,
    'ipsec-nat-t': 4500,
  }),
);

/** A protocol by number or name; undefined for what is neither. */
export function parseProtocol(text: string): number | undefined {
  const named = protocolWords.get(text.toLowerCase());
  if (named !== undefined) return named;
  const number = parseNumber(text);
  return number !== undefined && number <= 255 ? number : undefined;
}

/** The name that other products know a protocol by, where they know one; otherwise its number. */
export function protocolWord(protocol: number): string {
  if (protocol === 0) return 'any';
  for (const [word, number] of protocolWords) if (number === protocol) return word;
  return String(protocol);
}

/** A port by number or service name. */
export function parsePort(text: string): number | undefined {
  const named = serviceWords.get(text.toLowerCase());
  if (named !== undefined) return named;
  const number = parseNumber(text);
  return number !== undefined && number <= 65535 ? number : undefined;
}

/** Digits only; no sign, no exponent, no leading blanks. */
export function parseNumber(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** `10.0.0.0/8`, `10.0.0.1`, `10.0.0.0/255.0.0.0`, `10.0.0.1-10.0.0.9`; host bits beyond a prefix do not matter. */
export function parseRange(text: string): AddressRange | undefined {
  const slash = text.indexOf('/');
  if (slash !== -1) {
    const address = parseAddress(text.slice(0, slash));
    const length = address && prefixLength(text.slice(slash + 1), address);
    return address && length !== undefined ? prefixRange(address, length) : undefined;
  }
  const dash = text.indexOf('-');
  if (dash !== -1) {
    const first = parseAddress(text.slice(0, dash).trim());
    const last = parseAddress(text.slice(dash + 1).trim());
    if (!first || !last || first.family !== last.family || last.value < first.value) return undefined;
    return { family: first.family, first: first.value, last: last.value };
  }
  const address = parseAddress(text);
  return address && singleAddress(address);
}

function prefixLength(text: string, address: Address): number | undefined {
  const number = parseNumber(text);
  if (number !== undefined) return number <= addressBits(address.family) ? number : undefined;
  const mask = address.family === 4 ? parseAddress(text) : undefined;
  if (mask?.family !== 4) return undefined;
  const inverted = 0xffff_ffff - Number(mask.value);
  // A mask is ones and then zeros: its inverse plus one is a power of two.
  const size = inverted + 1;
  return (BigInt(size) & BigInt(inverted)) === 0n ? 32 - Math.log2(size) : undefined;
}

/** What a range, protocol and ports select; ports only count for protocols that have them. */
export function selector(range: AddressRange, protocol = 0, ports: Interval = anyPort): TrafficSelector {
  return { range, protocol, ports: protocol === 0 ? anyPort : ports };
}

/** One port, or all where it is 0 or absent. */
export function portInterval(port: number | undefined): Interval {
  return port === undefined || port === 0 ? anyPort : { lo: port, hi: port };
}

/** Every pair of a local and a remote selector that fits together. */
export function pairRegion(locals: readonly TrafficSelector[], remotes: readonly TrafficSelector[]): Region {
  return locals.flatMap((local) => remotes.flatMap((remote) => selectorBox(local, remote) ?? []));
}

/** Is an address within a range? */
export function holds(range: AddressRange, address: Address): boolean {
  return rangeContains(range, singleAddress(address));
}

/** Does a range mean every address of its family? */
export function isWholeFamily(range: AddressRange): boolean {
  return rangeContains(range, anyAddress(range.family));
}

/** Does a protocol's selector have ports that other products can write? */
export function portsCount(protocol: number): boolean {
  return hasPorts(protocol);
}
