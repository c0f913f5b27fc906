/** Values of swanctl.conf as the vici plugin reads them (vici_config.c), with their places. */
import { type AddressRange, parseAddress, prefixRange, singleAddress } from '../../model/address.js';
import type { Interval } from '../../model/selector/box.js';
import type { Span } from '../../model/span.js';
import type { ConfiguredSelector, DnAttribute, IdentityPattern } from '../../model/system-config.js';
import { protocolByName, serviceByName } from '../names.js';
import type { SettingValue } from './settings.js';

/** One item of a comma separated list, with its place. */
export interface Item {
  readonly text: string;
  /** Where it begins in the value's text. */
  readonly start: number;
  readonly at: Span;
}

/** Items of a list; blanks around them do not count, and empty ones are none. */
export function listItems(value: SettingValue): Item[] {
  const items: Item[] = [];
  for (const match of value.text.matchAll(/[^,]+/g)) {
    const text = match[0].trim();
    if (text === '') continue;
    const start = match.index + match[0].indexOf(text);
    items.push({ text, start, at: value.span(start, start + text.length) });
  }
  return items;
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['yes', true],
  ['true', true],
  ['enabled', true],
  ['1', true],
  ['no', false],
  ['false', false],
  ['disabled', false],
  ['0', false],
]);

export function readBoolean(text: string): boolean | undefined {
  return booleans.get(text.toLowerCase());
}

/** strtoul with base 0: decimal, 0x hexadecimal, 0 octal, and nothing is 0; what follows the digits is returned as it is. */
function digits(text: string): { value: number; rest: string } | undefined {
  if (text === '') return { value: 0, rest: '' };
  const match = /^\s*(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)(?![0-9])|([0-9]+))(.*)$/s.exec(text);
  if (!match || text.length > 15) return undefined;
  const [, hex, octal, decimal, rest = ''] = match;
  const value =
    hex !== undefined ? Number.parseInt(hex, 16) : octal !== undefined ? Number.parseInt(octal, 8) : Number(decimal);
  return { value, rest };
}

export function readNumber(text: string): number | undefined {
  const found = digits(text);
  return found && found.rest === '' ? found.value : undefined;
}

const timeUnits: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds: a number, or one with s, m, h or d. */
export function readTime(text: string): number | undefined {
  const found = digits(text);
  const unit = found && timeUnits[found.rest.replace(/^ +/, '').toLowerCase()];
  return unit === undefined ? undefined : found!.value * unit;
}

const byteUnits: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Octets: a number, or one with k, m or g. */
export function readBytes(text: string): number | undefined {
  const found = digits(text);
  const unit = found && byteUnits[found.rest.replace(/^ +/, '').toLowerCase()];
  return unit === undefined ? undefined : found!.value * unit;
}

/** `192.0.2.0/24`, `192.0.2.1`, `192.0.2.1-192.0.2.9`; `undefined` for names and what is no address. */
export function readRange(text: string): AddressRange | undefined {
  const dash = text.indexOf('-');
  if (dash !== -1) {
    const [first, last] = [parseAddress(text.slice(0, dash).trim()), parseAddress(text.slice(dash + 1).trim())];
    if (!first || !last || first.family !== last.family || first.value > last.value) return undefined;
    return { family: first.family, first: first.value, last: last.value };
  }
  const slash = text.indexOf('/');
  if (slash === -1) {
    const address = parseAddress(text);
    return address && singleAddress(address);
  }
  const address = parseAddress(text.slice(0, slash));
  const length = /^\d{1,3}$/.test(text.slice(slash + 1)) ? Number(text.slice(slash + 1)) : Number.NaN;
  if (!address || !(length <= (address.family === 4 ? 32 : 128))) return undefined;
  return prefixRange(address, length);
}

/** Port 65535 to 0: the ports cannot be seen (RFC 4301 §4.4.1.1, OPAQUE). */
export const opaquePorts: Interval = { lo: 65535, hi: 0 };

/** `10.0.0.0/8[tcp/80]`, `dynamic[udp]`, `10.0.0.1-10.0.0.9[icmp/8]` (parse_ts). */
export function readSelector(text: string): ConfiguredSelector | undefined {
  const bracket = text.indexOf('[');
  let protocol = 0;
  let ports: Interval = { lo: 0, hi: 65535 };
  let addresses = text;
  if (bracket !== -1) {
    const close = text.lastIndexOf(']');
    if (close < bracket) return undefined;
    addresses = text.slice(0, bracket);
    const inner = text.slice(bracket + 1, close);
    const slash = inner.indexOf('/');
    const protocolWord = slash === -1 ? inner : inner.slice(0, slash);
    const number =
      protocolWord === 'any'
        ? 0
        : (protocolByName(protocolWord) ?? (protocolWord === '' ? 0 : readNumber(protocolWord)));
    if (number === undefined || number > 255) return undefined;
    protocol = number;
    const found = slash === -1 ? ports : readPorts(inner.slice(slash + 1));
    if (!found) return undefined;
    ports = found;
  }
  // A number below 256 is a type of ICMP, of which code 0 is meant (traffic_selector_create).
  if (protocol === 1 || protocol === 58) ports = { lo: messageType(ports.lo), hi: messageType(ports.hi) };
  if (addresses === 'dynamic') return { kind: 'dynamic', protocol, ports };
  const range = readRange(addresses);
  return range && { kind: 'fixed', range, protocol, ports };
}

function messageType(port: number): number {
  return port < 256 ? port << 8 : port;
}

function readPorts(text: string): Interval | undefined {
  if (text === 'opaque') return opaquePorts;
  if (text === '' || text === 'any') return { lo: 0, hi: 65535 };
  const service = serviceByName(text);
  if (service !== undefined) return { lo: service, hi: service };
  const [first, last, ...more] = text.split('-');
  const lo = readNumber(first ?? '');
  const hi = last === undefined ? lo : readNumber(last);
  if (lo === undefined || hi === undefined || more.length > 0 || lo > 65535 || hi > 65535) return undefined;
  return { lo, hi };
}

const anyIdentities = new Set(['', '%any', '%any6', '0.0.0.0', '*', '::', '0::0']);

/** Types of text that a prefix names (create_from_string_with_prefix_type). */
const identityPrefixes: readonly (readonly [string, 'USER-FQDN' | 'FQDN' | 'KEY-ID'])[] = [
  ['rfc822:', 'USER-FQDN'],
  ['email:', 'USER-FQDN'],
  ['userfqdn:', 'USER-FQDN'],
  ['fqdn:', 'FQDN'],
  ['dns:', 'FQDN'],
  ['keyid:', 'KEY-ID'],
];
/**
 * Prefixes whose value has a binary form, which charon does not make: it sends the text behind them as it stands (5.9.8 and 6.0.6), so
 * that `ipv4:10.0.0.1` is not 10.0.0.1 and fits only what is written in the same way. Such a text is a KEY-ID here, prefix and all.
 */
const literalPrefixes = [
  'ipv4',
  'ipv6',
  'ipv4net',
  'ipv6net',
  'ipv4range',
  'ipv6range',
  'asn1dn',
  'asn1gn',
  'xmppaddr',
];

/** An identity, or the pattern of those that are expected (identification_create_from_string). */
export function readIdentity(text: string): IdentityPattern {
  if (isLiteralIdentity(text)) {
    const colon = text.indexOf(':');
    return { kind: 'exact', type: 'KEY-ID', value: text.slice(0, colon).toLowerCase() + text.slice(colon) };
  }
  for (const [prefix, type] of identityPrefixes) {
    if (!text.toLowerCase().startsWith(prefix)) continue;
    const rest = text.slice(prefix.length);
    return textPattern(type, rest.startsWith('#') ? hexText(rest.slice(1)) : rest);
  }
  if (text.includes('=')) return namePattern(text) ?? { kind: 'exact', type: 'KEY-ID', value: text };
  if (!text.includes('@')) {
    if (anyIdentities.has(text)) return { kind: 'anything' };
    const range = readRange(text);
    if (range && (range.family === 4) === !text.includes(':')) return addressPattern(range);
    return textPattern(text.includes(':') ? 'KEY-ID' : 'FQDN', text);
  }
  if (text.startsWith('@#')) return { kind: 'exact', type: 'KEY-ID', value: hexText(text.slice(2)) };
  if (text.startsWith('@@')) return textPattern('USER-FQDN', text.slice(2));
  if (text.startsWith('@')) return textPattern('FQDN', text.slice(1));
  return textPattern('USER-FQDN', text);
}

/** Does an identity have a prefix behind which charon takes everything literally? */
export function isLiteralIdentity(text: string): boolean {
  return literalPrefixes.includes(text.slice(0, Math.max(0, text.indexOf(':'))).toLowerCase());
}

/** The text whose octets are given; those that are no text stay what they are. */
function hexText(hex: string): string {
  const octets = Buffer.from(hex, 'hex');
  const isText =
    octets.length > 0 && octets.length * 2 === hex.length && octets.every((octet) => octet > 31 && octet < 127);
  return isText ? octets.toString('latin1') : `0x${hex.toLowerCase()}`;
}

function addressPattern(range: AddressRange): IdentityPattern {
  return { kind: 'addresses', type: range.family === 4 ? 'IPV4' : 'IPV6', range };
}

/** One asterisk at the beginning of a name stands for anything, alone for everything of the type (matches_string). */
function textPattern(type: 'FQDN' | 'USER-FQDN' | 'KEY-ID', value: string): IdentityPattern {
  if (type === 'KEY-ID') return { kind: 'exact', type, value };
  if (value === '*') return { kind: 'any', type };
  if (value.startsWith('*')) return { kind: 'suffix', type, suffix: value.slice(1) };
  return { kind: 'exact', type, value };
}

/** Attributes that atodn knows by other names than the usual ones. */
const attributeNames: Readonly<Record<string, string>> = { EMAILADDRESS: 'E', EMAIL: 'E' };

/** A distinguished name, `C=CH, O=Lab, CN=*` or `/C=CH/O=Lab`; undefined for what is none. */
export function readName(text: string): DnAttribute[] | undefined {
  const separator = text.startsWith('/') ? '/' : ',';
  const attributes: DnAttribute[] = [];
  for (const part of text.split(new RegExp(`(?<!\\\\)${separator}`))) {
    if (part.trim() === '') continue;
    const equals = part.indexOf('=');
    if (equals <= 0) return undefined;
    const name = part.slice(0, equals).trim().toUpperCase();
    attributes.push({
      name: attributeNames[name] ?? name,
      value: part
        .slice(equals + 1)
        .trim()
        .replace(/^"(.*)"$/, '$1'),
    });
  }
  return attributes.length > 0 ? attributes : undefined;
}

function namePattern(text: string): IdentityPattern | undefined {
  const attributes = readName(text);
  if (!attributes) return undefined;
  if (attributes.some(({ value }) => value === '*')) return { kind: 'dn-template', type: 'X500-DN', attributes };
  return { kind: 'exact', type: 'X500-DN', value: attributes.map(({ name, value }) => `${name}=${value}`).join(',') };
}
