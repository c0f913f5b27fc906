/** One end of a connection: its address, what is behind it, and who it says it is. */
import {
  type Address,
  type AddressRange,
  anyAddress,
  type Family,
  parseAddress,
  singleAddress,
} from '../../model/address.js';
import { hasTypes } from '../../model/packet.js';
import { anyPort, type Interval } from '../../model/selector/box.js';
import type { Span } from '../../model/span.js';
import type { TrafficSelector } from '../../model/traffic-selector.js';
import type { ReadContext } from '../common/context.js';
import { spanOf } from '../common/piece.js';
import { parsePort, parseProtocol, parseRange, portInterval, selector } from '../common/selectors.js';
import type { Conn, Setting, Side } from './conns.js';
import { parseId, type WrittenId } from './identities.js';
import type { Flavour } from './options.js';

export type HostSpec =
  | { readonly kind: 'address'; readonly address: Address }
  /** Several addresses or networks that the peer may have (strongSwan). */
  | { readonly kind: 'ranges'; readonly ranges: readonly AddressRange[] }
  | { readonly kind: 'any' }
  /** The interface of the default route, or one by name: an own address in any case. */
  | { readonly kind: 'own' }
  /** A name that the DNS has the address of. */
  | { readonly kind: 'name'; readonly name: string }
  /** Policy groups and opportunistic encryption. */
  | { readonly kind: 'group' }
  | { readonly kind: 'unset' };

export interface End {
  readonly side: Side;
  readonly host: HostSpec;
  readonly family?: Family;
  /** Lists of what is behind the end; each list is one choice of `leftsubnets=`. Absent: the end itself. */
  readonly subnets?: readonly (readonly TrafficSelector[])[];
  readonly protocol: number;
  readonly port?: number;
  readonly ports: Interval;
  readonly sourceIp?: Address;
  /** Addresses that are handed out to this end. */
  readonly pools?: readonly AddressRange[];
  readonly id?: WrittenId;
  readonly idAt?: Span;
  readonly hasCertificate: boolean;
  /** Where its address stands. */
  readonly hostAt: Span;
}

export function settingSpan(setting: Setting): Span {
  return spanOf(setting.source, setting.at);
}

/** Reads one end of a connection. */
export function readEnd(conn: Conn, side: Side, flavour: Flavour, context: ReadContext): End {
  const get = (name: string) => conn.settings.get(`${side}${name}`);
  const host = get('');
  const written = host ? hostOf(host.text, flavour) : { kind: 'unset' as const };
  // strongSwan takes %any for what is not written, and the left end is its own then.
  const spec: HostSpec =
    flavour === 'starter' && side === 'left' && (written.kind === 'unset' || written.kind === 'any')
      ? { kind: 'own' }
      : written;
  const family = familyOf(host?.text, spec);
  const protoport = get('protoport');
  const { protocol, port } = protoport ? protoportOf(protoport, side, context) : { protocol: 0, port: undefined };
  const sourceIp = get('sourceip');
  const ip = sourceIp && parseAddress(sourceIp.text.split(',')[0]!.trim());
  const pool = get('addresspool') ?? (flavour === 'starter' && !ip ? sourceIp : undefined);
  const pools = pool?.text.split(',').flatMap((text) => parseRange(text.trim()) ?? []) ?? [];
  if (sourceIp && !ip && pools.length === 0 && !sourceIp.text.startsWith('%'))
    context.partly(settingSpan(sourceIp), `${side}sourceip is no address, and nothing is taken of it`);
  const idSetting = get('id');
  const id = idSetting && idSetting.text !== '' ? parseId(idSetting.text, flavour) : undefined;
  if (idSetting && id?.kind === 'lookup')
    context.partly(
      settingSpan(idSetting),
      `the address of '${id.name}' would be looked up in the DNS, which is not done here`,
      `write @${id.name} for the name itself`,
    );
  const subnets = subnetsOf(conn, side, { protocol, port }, flavour, context);
  return {
    side,
    host: spec,
    ...(family === undefined ? {} : { family }),
    ...(subnets ? { subnets } : {}),
    protocol,
    ...(port === undefined ? {} : { port }),
    ports: portsOf({ protocol, port }, flavour),
    ...(ip ? { sourceIp: ip } : {}),
    ...(pools.length > 0 ? { pools } : {}),
    ...(id ? { id } : {}),
    ...(idSetting && id ? { idAt: settingSpan(idSetting) } : {}),
    hostAt: host ? settingSpan(host) : spanOf(conn.source, conn.at),
    hasCertificate:
      ['cert', 'ckaid'].some((name) => get(name) !== undefined) || /^%?cert$/i.test(get('rsasigkey')?.text ?? ''),
  };
}

const groupWords = new Set(['%group', '%opportunistic', '%oppo', '%opportunisticgroup', '%oppogroup']);

function hostOf(text: string, flavour: Flavour): HostSpec {
  const lower = text.toLowerCase();
  if (lower === '') return { kind: 'unset' };
  if (lower === '%any' || lower === '%any6' || lower === '%any4') return { kind: 'any' };
  if (groupWords.has(lower)) return { kind: 'group' };
  const address = parseAddress(text);
  if (address) return BigInt(address.value) === 0n ? { kind: 'any' } : { kind: 'address', address };
  if (flavour === 'starter' && /[,/-]/.test(text)) {
    const ranges = text.split(',').map((part) => parseRange(part.trim()));
    if (ranges.every((range) => range !== undefined)) return { kind: 'ranges', ranges };
  }
  if (lower.startsWith('%')) return { kind: 'own' };
  return { kind: 'name', name: text };
}

function familyOf(text: string | undefined, spec: HostSpec): Family | undefined {
  if (spec.kind === 'address') return spec.address.family;
  if (spec.kind === 'ranges') return spec.ranges[0]?.family;
  return text?.endsWith('6') && text.startsWith('%') ? 6 : undefined;
}

/** `17/1701`, `tcp/%any`, `udp`, `6/0`; `%opaque` is strongSwan's word for ports that IKE says nothing of. */
function protoportOf(setting: Setting, side: Side, context: ReadContext): { protocol: number; port?: number } {
  const [protocolText = '', portText] = setting.text.split('/', 2);
  const protocol = protocolText === '%any' ? 0 : parseProtocol(protocolText);
  const isAny = portText === undefined || portText === '' || portText.startsWith('%');
  const port = isAny ? undefined : parsePort(portText);
  if (protocol === undefined || (!isAny && port === undefined)) {
    context.badValue(settingSpan(setting), `${side}protoport is no PROTOCOL/PORT`, 'as 17/1701 or tcp/80');
    return { protocol: 0 };
  }
  if (protocol === 0 && port !== undefined && port !== 0) {
    context.badValue(settingSpan(setting), 'a port needs a protocol', 'as 6/80 or udp/53');
    return { protocol };
  }
  return port === undefined || port === 0 ? { protocol } : { protocol, port };
}

/** Networks behind one end, and how many of them are looked at. */
const subnetsMax = 1_000;

function subnetsOf(
  conn: Conn,
  side: Side,
  end: { readonly protocol: number; readonly port?: number | undefined },
  flavour: Flavour,
  context: ReadContext,
): readonly (readonly TrafficSelector[])[] | undefined {
  const several = conn.settings.get(`${side}subnets`);
  const single = conn.settings.get(`${side}subnet`);
  const ports = portsOf(end, flavour);
  const read = (text: string, setting: Setting): TrafficSelector[] => {
    const one = subnetOf(text, end.protocol, ports, flavour);
    if (one === undefined) {
      context.badValue(settingSpan(setting), `'${text}' is no network`, 'as 10.0.0.0/8 or 2001:db8::/32');
      return [];
    }
    if (one === 'dynamic') return [];
    return [one];
  };
  // Each is a connection of its own; `leftsubnet` beside it is one more.
  if (several) {
    const words = several.text.split(/[\s,]+/).filter(Boolean);
    if (words.length > subnetsMax) context.badValue(settingSpan(several), `more than ${subnetsMax} networks`);
    const lists = words.slice(0, subnetsMax).map((word) => read(word, several));
    const found = [...(single ? [read(single.text, single)] : []), ...lists].filter((list) => list.length > 0);
    return found.length > 0 ? found : undefined;
  }
  if (!single || single.text === '') return undefined;
  if (/^(?:vhost|vnet):/.test(single.text)) {
    context.partly(settingSpan(single), 'virtual networks are not modelled: every address of the peer is taken');
    return undefined;
  }
  const words = single.text.split(/[\s,]+/).filter(Boolean);
  const list = words.slice(0, subnetsMax).flatMap((word) => read(word, single));
  return list.length > 0 ? [list] : undefined;
}

function subnetOf(
  text: string,
  protocol: number,
  ports: TrafficSelector['ports'],
  flavour: Flavour,
): TrafficSelector | 'dynamic' | undefined {
  // strongSwan: 10.0.0.0/8[tcp/80] has a protocol and port of its own.
  const bracket = /^(.*)\[([^\]]*)\]$/.exec(text);
  if (bracket && flavour === 'starter') {
    const [protocolText = '', portText] = bracket[2]!.split('/', 2);
    const own = protocolText === '%any' || protocolText === '' ? 0 : parseProtocol(protocolText);
    const range = bracket[1] === '%dynamic' || bracket[1] === '' ? 'dynamic' : parseRange(bracket[1]!);
    if (own === undefined || !range) return undefined;
    if (range === 'dynamic') return 'dynamic';
    const port = portText === undefined || portText.startsWith('%') ? undefined : parsePort(portText);
    return selector(range, own, port === undefined ? anyPort : portInterval(port));
  }
  if (text === '%dynamic' && flavour === 'starter') return 'dynamic';
  const range = parseRange(text === '0/0' || text === '%v4:0.0.0.0/0' ? '0.0.0.0/0' : text);
  return range && selector(range, protocol, ports);
}

/**
 * The ports of an end. Pluto hands type and code of ICMP to the kernel as two ports, of which 0 is any.
 */
function portsOf(end: { readonly protocol: number; readonly port?: number | undefined }, flavour: Flavour): Interval {
  if (end.port === undefined || flavour === 'starter' || !hasTypes(end.protocol)) return portInterval(end.port);
  if (end.port < 256) return anyPort;
  return end.port % 256 === 0 ? { lo: end.port, hi: end.port + 255 } : portInterval(end.port);
}

/** The selectors of an end that has no networks behind it: the end itself. */
export function hostSelectors(end: End, addresses: readonly Address[], family: Family): readonly TrafficSelector[] {
  const ports = end.ports;
  if (end.pools) return end.pools.map((range) => selector(range, end.protocol, ports));
  if (end.sourceIp) return [selector(singleAddress(end.sourceIp), end.protocol, ports)];
  if (addresses.length > 0) return addresses.map((address) => selector(singleAddress(address), end.protocol, ports));
  return [selector(anyAddress(family), end.protocol, ports)];
}
