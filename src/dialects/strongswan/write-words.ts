/** Values of swanctl.conf as text: times, selectors and identities, each so that it is read back as it was. */
import { type AddressRange, formatAddress, rangePrefixLength } from '../../model/address.js';
import { hasTypes, protocolNumbers } from '../../model/packet.js';
import { formatIdentity } from '../../model/peer/identity.js';
import type { Interval } from '../../model/selector/box.js';
import type { ConfiguredSelector, Identity, IdentityPattern } from '../../model/system-config.js';
import { isLiteralIdentity, opaquePorts, readIdentity, readSelector } from './values.js';

const timeUnits = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const;

/** Seconds in the largest unit that divides them. */
export function timeWord(seconds: number): string {
  const unit = seconds > 0 ? timeUnits.find(([, length]) => seconds % length === 0) : undefined;
  return unit ? `${seconds / unit[1]}${unit[0]}` : seconds === 0 ? '0' : `${seconds}s`;
}

const volumeUnits = [
  ['g', 1024 ** 3],
  ['m', 1024 ** 2],
  ['k', 1024],
] as const;

/** Kilobytes as octets in the largest unit that divides them. */
export function volumeWord(kilobytes: number): string {
  const octets = kilobytes * 1024;
  const unit = octets > 0 ? volumeUnits.find(([, length]) => octets % length === 0) : undefined;
  return unit ? `${octets / unit[1]}${unit[0]}` : '0';
}

/** `10.0.0.0/8`, `10.0.0.1`, `10.0.0.1-10.0.0.9`. */
export function rangeWord(range: AddressRange): string {
  const { family, first, last } = range;
  if (first === last) return formatAddress(family, first);
  const length = rangePrefixLength(range);
  return length === undefined
    ? `${formatAddress(family, first)}-${formatAddress(family, last)}`
    : `${formatAddress(family, first)}/${length}`;
}

const protocolWords: ReadonlyMap<number, string> = new Map([
  [0, 'any'],
  [protocolNumbers.ICMP, 'icmp'],
  [protocolNumbers.TCP, 'tcp'],
  [protocolNumbers.UDP, 'udp'],
  [protocolNumbers.ICMPV6, 'ipv6-icmp'],
]);

/** A traffic selector; undefined where there is no word for it (messages of type 0 with some codes). */
export function selectorWord(selector: ConfiguredSelector): string | undefined {
  const { protocol, ports } = selector;
  const addresses = selector.kind === 'dynamic' ? 'dynamic' : rangeWord(selector.range);
  const isAnyPort = ports.lo === 0 && ports.hi === 65_535;
  const name = protocolWords.get(protocol) ?? String(protocol);
  if (protocol === 0 && isAnyPort) return addresses;
  const text = isAnyPort ? `${addresses}[${name}]` : `${addresses}[${name}/${portsWord(ports, protocol)}]`;
  const read = readSelector(text);
  const isSame = read?.protocol === protocol && read.ports.lo === ports.lo && read.ports.hi === ports.hi;
  return isSame ? text : undefined;
}

/** A number below 256 would be a type of messages with code 0. */
function portsWord({ lo, hi }: Interval, protocol: number): string {
  if (lo === opaquePorts.lo && hi === opaquePorts.hi) return 'opaque';
  const word = (value: number) => String(hasTypes(protocol) && value % 256 === 0 ? value >> 8 : value);
  // Mobility Headers are no messages to strongSwan: their number goes as it is.
  if (protocol === protocolNumbers.MH) return lo === hi ? String(lo) : `${lo}-${hi}`;
  return lo === hi ? word(lo) : `${lo}-${hi}`;
}

/** An identity that is sent; undefined where none can be written that is read back as it is. */
export function identityWord(identity: Identity): string | undefined {
  const { type, value } = identity;
  return value === undefined ? undefined : patternWord({ kind: 'exact', type, value });
}

/** What the peer's identity must be; undefined where there is no such pattern. */
export function patternWord(pattern: IdentityPattern): string | undefined {
  return candidates(pattern).find((text) => isSamePattern(readIdentity(text), pattern));
}

const prefixes = {
  IPV4: [''],
  IPV6: [''],
  FQDN: ['', 'fqdn:'],
  'USER-FQDN': ['', 'email:'],
  'X500-DN': [''],
  'KEY-ID': ['keyid:', ''],
} as const;

function candidates(pattern: IdentityPattern): readonly string[] {
  switch (pattern.kind) {
    case 'anything':
      return ['%any'];
    case 'exact': {
      const { type, value } = pattern;
      const text = type === 'X500-DN' ? value.replace(/,(?! )/g, ', ') : value;
      const octets = /^0x((?:[0-9a-f]{2})+)$/.exec(value)?.[1];
      return [
        ...(isLiteralIdentity(value) ? [value] : []),
        ...(octets === undefined ? [] : prefixes[type].map((prefix) => `${prefix || 'keyid:'}#${octets}`)),
        ...prefixes[type].map((prefix) => `${prefix}${text}`),
      ];
    }
    case 'any':
      return prefixes[pattern.type].map((prefix) => `${prefix}*`);
    case 'suffix':
      return prefixes[pattern.type].map((prefix) => `${prefix}*${pattern.suffix}`);
    // Every name below it ends so.
    case 'subtree':
      return prefixes[pattern.type].map((prefix) => `${prefix}*.${pattern.suffix}`);
    case 'addresses':
      return [rangeWord(pattern.range)];
    case 'dn-template':
      return [
        pattern.attributes.map(({ name, value }) => `${name}=${/[,"]/.test(value) ? `"${value}"` : value}`).join(', '),
      ];
    case 'dn':
      return [];
  }
}

/** For a pattern that cannot be written one that takes fewer identities: who may come must not grow by a conversion. */
export function strictWord(pattern: IdentityPattern): string | undefined {
  switch (pattern.kind) {
    case 'dn':
      return patternWord({ ...pattern, kind: 'dn-template' });
    case 'subtree':
      return patternWord({ kind: 'suffix', type: pattern.type, suffix: `@${pattern.suffix}` });
    default:
      return undefined;
  }
}

/** Do both mean the same? Address identities are ranges of one address, and names below a domain end with it. */
function isSamePattern(read: IdentityPattern, wanted: IdentityPattern): boolean {
  return patternKey(read) === patternKey(wanted);
}

/** One text for patterns that mean the same. */
export function patternKey(pattern: IdentityPattern): string {
  switch (pattern.kind) {
    case 'exact':
      return `exact ${formatIdentity({ type: pattern.type, value: pattern.value })}`;
    case 'addresses': {
      const { family, first, last } = pattern.range;
      if (first === last) return `exact ${formatIdentity({ type: pattern.type, value: formatAddress(family, first) })}`;
      return `addresses ${family} ${first} ${last}`;
    }
    case 'subtree':
      // Of mail addresses those of the domain itself are meant as well.
      return `${pattern.type === 'FQDN' ? 'suffix' : 'subtree'} ${pattern.type} .${pattern.suffix.toLowerCase()}`;
    case 'suffix':
      return `suffix ${pattern.type} ${pattern.suffix.toLowerCase()}`;
    case 'any':
      return `any ${pattern.type}`;
    case 'anything':
      return 'anything';
    case 'dn':
    case 'dn-template': {
      const name = pattern.attributes.map(({ name: key, value }) => `${key}=${value}`).join(',');
      const isExact = pattern.kind === 'dn-template' && pattern.attributes.every(({ value }) => value !== '*');
      return isExact ? `exact ${formatIdentity({ type: pattern.type, value: name })}` : `${pattern.kind} ${name}`;
    }
  }
}
