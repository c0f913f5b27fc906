/** Traffic Selector payloads and the model's selectors — RFC 7296 §2.9, §3.13. */
import type { AddressValue } from '../../model/address.js';
import { hasPorts, hasTypes, type Packet } from '../../model/packet.js';
import type { Region } from '../../model/selector/box.js';
import {
  formatSelector,
  packetSelectors,
  type SelectorLists,
  sameSelector,
  selectorLists,
  type TrafficSelector,
} from '../../model/traffic-selector.js';
import { trafficSelectorsMax } from '../wire/limits.js';
import type { TsPayload, TrafficSelector as WireSelector } from '../wire/payloads/ts.js';

/** A TS payload of selectors; those beyond what a payload can hold are left out, the last first. */
export function writeSelectors(list: readonly TrafficSelector[]): TsPayload {
  return { selectors: list.slice(0, trafficSelectorsMax).map(writeSelector) };
}

function writeSelector({ range, protocol, ports }: TrafficSelector): WireSelector {
  const base = { ipProtocol: protocol, startPort: ports.lo, endPort: ports.hi };
  return range.family === 4
    ? { kind: 'TS_IPV4_ADDR_RANGE', ...base, startAddress: Number(range.first), endAddress: Number(range.last) }
    : { kind: 'TS_IPV6_ADDR_RANGE', ...base, startAddress: BigInt(range.first), endAddress: BigInt(range.last) };
}

/**
 * The selectors of a payload that can be understood. Others (Fibre Channel, labels, OPAQUE ports, ranges that end before they
 * begin) select nothing here, and a responder narrows by leaving them out. `ports`: those of a protocol without ports and of
 * all protocols mean nothing (RFC 7296 §3.13.1), or are compared `as-written`, OPAQUE ones too, as strongSwan does.
 */
export function readSelectors(
  { selectors }: TsPayload,
  ports: 'meaningful' | 'as-written' = 'meaningful',
): readonly TrafficSelector[] {
  return selectors.flatMap((selector) => readSelector(selector, ports) ?? []);
}

function readSelector(selector: WireSelector, how: 'meaningful' | 'as-written'): TrafficSelector | undefined {
  if (selector.kind !== 'TS_IPV4_ADDR_RANGE' && selector.kind !== 'TS_IPV6_ADDR_RANGE') return undefined;
  const { ipProtocol: protocol, startPort, endPort, startAddress: first, endAddress: last } = selector;
  const written = { lo: startPort, hi: endPort };
  const isOpaque = startPort === 65_535 && endPort === 0;
  if (first > last || (startPort > endPort && !(isOpaque && how === 'as-written'))) return undefined;
  const isMeant = how === 'as-written' || hasPorts(protocol) || hasTypes(protocol);
  const ports = isMeant ? written : { lo: 0, hi: 65_535 };
  return { range: { family: selector.kind === 'TS_IPV4_ADDR_RANGE' ? 4 : 6, first, last }, protocol, ports };
}

/** What an initiator proposes: with `only`, the packet's own values and nothing else (RFC 4301 §4.4.1, PFP). */
export function proposedSelectors(
  region: Region,
  packet: Packet | undefined,
  options: { readonly packetFirst: boolean; readonly only: boolean; readonly pairsMax: number },
): SelectorLists {
  const own = packet && packetSelectors(packet);
  if (own && options.only) return { local: [own.local], remote: [own.remote] };
  const lists = selectorLists(region);
  if (options.pairsMax === 1) return firstPair(lists, own);
  if (!own || !options.packetFirst) return lists;
  return { local: withFirst(own.local, lists.local), remote: withFirst(own.remote, lists.remote) };
}

function withFirst(first: TrafficSelector, list: readonly TrafficSelector[]): readonly TrafficSelector[] {
  return [first, ...list.filter((selector) => !sameSelector(selector, first))];
}

/** The one pair that a peer of this kind takes: that of the packet where there is one. */
function firstPair(
  { local, remote }: SelectorLists,
  packet: { readonly local: TrafficSelector; readonly remote: TrafficSelector } | undefined,
): SelectorLists {
  const holds = (outer: TrafficSelector, inner: TrafficSelector | undefined) =>
    inner === undefined ||
    (outer.range.family === inner.range.family &&
      outer.range.first <= inner.range.first &&
      inner.range.last <= outer.range.last &&
      (outer.protocol === 0 || outer.protocol === inner.protocol));
  const pick = (list: readonly TrafficSelector[], inner: TrafficSelector | undefined) =>
    list.filter((outer) => holds(outer, inner)).slice(0, 1);
  return { local: pick(local, packet?.local), remote: pick(remote, packet?.remote) };
}

/** The flow that two selectors name, in local/remote terms and outbound; undefined when they are wider than one flow. */
export function flowOf({ local, remote }: SelectorLists): Packet | undefined {
  const [ours, theirs] = [local[0], remote[0]];
  if (!ours || !theirs || local.length > 1 || remote.length > 1) return undefined;
  const family = ours.range.family;
  const protocol = ours.protocol || theirs.protocol;
  if (theirs.range.family !== family || protocol === 0) return undefined;
  if (!isOne(ours.range) || !isOne(theirs.range)) return undefined;
  const base = {
    family,
    direction: 'outbound' as const,
    local: ours.range.first,
    remote: theirs.range.first,
    protocol,
  };
  const isPort = ({ ports }: TrafficSelector) => ports.lo === ports.hi;
  if (hasPorts(protocol)) {
    if (!isPort(ours) || !isPort(theirs)) return undefined;
    return { ...base, localPort: ours.ports.lo, remotePort: theirs.ports.lo };
  }
  if (!hasTypes(protocol)) return base;
  if (!isPort(ours)) return undefined;
  return { ...base, type: Math.floor(ours.ports.lo / 256), code: ours.ports.lo % 256 };
}

function isOne({ first, last }: { readonly first: AddressValue; readonly last: AddressValue }): boolean {
  return first === last;
}

/** The same selectors from the other end. */
export function mirrored({ local, remote }: SelectorLists): SelectorLists {
  return { local: remote, remote: local };
}

/** Selectors that a text shows of each list. */
const shownMax = 4;

/** `10.0.0.1 TCP port 23 to 10.0.0.2`: what we would send to the peer. */
export function listsText({ local, remote }: SelectorLists): string {
  const words = (list: readonly TrafficSelector[]) => {
    const shown = list.slice(0, shownMax).map(formatSelector).join(', ');
    return list.length > shownMax ? `${shown} and ${list.length - shownMax} more` : shown || 'nothing';
  };
  return `${words(local)} to ${words(remote)}`;
}
