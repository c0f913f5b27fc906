/** `from … to …`, `local … peer …`, `proto …`: the packets and the ends of a rule. */
import { type AddressRange, anyAddress, type Family, rangePrefixLength } from '../../model/address.js';
import { anyPort, type Interval } from '../../model/selector/box.js';
import type { Piece } from '../common/piece.js';
import { parsePort, parseProtocol, parseRange, portInterval } from '../common/selectors.js';
import type { RuleWords } from './macros.js';

/** `any` and `dynamic` are of no family until the other side says so. */
export type Host =
  | { readonly kind: 'range'; readonly range: AddressRange; readonly isNetwork: boolean }
  | { readonly kind: 'any' }
  | { readonly kind: 'dynamic' };

export interface HostWithPort {
  readonly host: Host;
  /** The network behind a translation: `from 10.0.0.1 (192.168.0.0/16)`. */
  readonly translated?: Host;
  readonly ports: Interval;
}

export interface HostPair {
  readonly from: HostWithPort;
  readonly to: HostWithPort;
}

/** Reads `from A [port P] to B [port Q]`, or the other way round; braces make every combination. */
export function readPair(words: RuleWords): readonly HostPair[] {
  const first = words.takeIf('from', 'to');
  if (!first) return [];
  const one = words.list(() => readHostWithPort(words));
  const port = readPort(words);
  const second = words.takeIf(first.text === 'from' ? 'to' : 'from');
  if (!second) {
    words.syntax(words.peek() ?? first, `'${first.text}' is followed by '${first.text === 'from' ? 'to' : 'from'}'`);
    return [];
  }
  const other = words.list(() => readHostWithPort(words));
  const otherPort = readPort(words);
  const with_ = (list: readonly HostWithPort[], ports: Interval | undefined) =>
    ports ? list.map((host) => ({ ...host, ports })) : list;
  const [from, to] =
    first.text === 'from' ? [with_(one, port), with_(other, otherPort)] : [with_(other, otherPort), with_(one, port)];
  return from.flatMap((source) => to.map((destination) => ({ from: source, to: destination })));
}

function readHostWithPort(words: RuleWords): HostWithPort | undefined {
  const host = readHost(words);
  if (!host) return undefined;
  let translated: Host | undefined;
  if (words.takeIf('(')) {
    translated = readHost(words);
    if (!words.takeIf(')')) words.syntax(words.peek(), "a ')' is missing");
  }
  const ports = readPort(words) ?? anyPort;
  return { host, ports, ...(translated ? { translated } : {}) };
}

function readPort(words: RuleWords): Interval | undefined {
  const keyword = words.takeIf('port');
  if (!keyword) return undefined;
  const word = words.take();
  const port = word && parsePort(word.text);
  if (port === undefined) {
    words.fault(word ?? keyword, `'${word?.text ?? ''}' is no port`, 'write a number or the name of a service');
    return undefined;
  }
  return portInterval(port);
}

export function readHost(words: RuleWords): Host | undefined {
  const word = words.take();
  if (!word) return words.syntax(undefined, 'an address is missing');
  if (!word.quoted && word.text === 'any') return { kind: 'any' };
  if (!word.quoted && word.text === 'dynamic') return { kind: 'dynamic' };
  const range = parseRange(word.text);
  // A macro that is not defined was told of already.
  if (!range && word.text.startsWith('$')) return undefined;
  if (!range)
    return words.fault(word, `'${word.text}' is no address or network`, 'names and interfaces are not looked up here');
  return { kind: 'range', range, isNetwork: word.text.includes('/') && rangePrefixLength(range) !== undefined };
}

export interface Ends {
  readonly local?: Host;
  readonly peer?: Host;
  readonly peerAt?: Piece;
}

/** Reads `local A peer B` in either order. */
export function readEnds(words: RuleWords): Ends {
  let ends: Ends = {};
  for (let word = words.takeIf('local', 'peer'); word; word = words.takeIf('local', 'peer')) {
    const at = words.peek();
    const host = readHost(words);
    if (!host) continue;
    ends = word.text === 'local' ? { ...ends, local: host } : { ...ends, peer: host, ...(at ? { peerAt: at } : {}) };
  }
  return ends;
}

/** Reads `proto tcp`, `proto { tcp, udp }`; absent: all. */
export function readProtocols(words: RuleWords): readonly number[] {
  if (!words.takeIf('proto')) return [0];
  const found = words.list(() => {
    const word = words.take();
    const protocol = word && parseProtocol(word.text);
    if (word && protocol === undefined) words.fault(word, `'${word.text}' is no protocol`);
    return protocol;
  });
  return found.length > 0 ? found : [0];
}

/** A host as ranges; what has no family is of the given ones. */
export function rangesOf(
  host: Host,
  families: readonly Family[],
  dynamic: readonly AddressRange[] = [],
): readonly AddressRange[] {
  switch (host.kind) {
    case 'range':
      return [host.range];
    case 'any':
      return families.map(anyAddress);
    case 'dynamic':
      return dynamic.length > 0 ? dynamic.filter(({ family }) => families.includes(family)) : families.map(anyAddress);
  }
}

/** The families of a pair: that of an end that says one, or both. */
export function familiesOf(...hosts: readonly (Host | undefined)[]): readonly Family[] {
  for (const host of hosts) if (host?.kind === 'range') return [host.range.family];
  return [4, 6];
}

/** The one address that a host is. */
export function singleOf(host: Host | undefined) {
  if (host?.kind !== 'range' || host.range.first !== host.range.last) return undefined;
  return { family: host.range.family, value: host.range.first };
}
