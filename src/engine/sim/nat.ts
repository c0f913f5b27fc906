/**
 * A NAT that translates addresses and ports — RFC 3022, behaving as RFC 4787 describes: a mapping for each inner port
 * that does not depend on the destination, filtered by whom the inner system has sent to, and forgotten when it is idle.
 */
import type { Address } from '../../model/address.js';
import { createDefragmenter } from '../ipsec/fragments.js';
import { setIpv4Checksum, withUpperChecksum } from '../ipsec/ip-build.js';
import { type IpPacket, ipProtocols, isIpFault, parseIp, viewOf } from '../ipsec/packet.js';
import type { Millis } from '../ipsec/sa.js';

export interface NatOptions {
  /** The system behind it. */
  readonly host: string;
  readonly publicAddress: Address;
  /** Milliseconds after which an idle mapping is forgotten. */
  readonly timeoutMillis?: number;
  /** When all mappings change, as when the NAT restarts. */
  readonly rebindAt?: readonly Millis[];
  /** What becomes of ESP without UDP: dropped (as by most), or passed through with its address translated. */
  readonly esp?: 'pass' | 'drop';
}

export interface Nat {
  readonly options: NatOptions;
  /** The packet as it leaves; undefined where it cannot be translated. */
  outward(octets: Uint8Array, now: Millis): Uint8Array | undefined;
  /** The packet as it enters; undefined where nothing inside waits for it. */
  inward(octets: Uint8Array, now: Millis): Uint8Array | undefined;
  /** Forgets all mappings; new ones get other ports. */
  rebind(): void;
}

interface Mapping {
  readonly protocol: number;
  readonly inner: Address;
  readonly innerPort: number;
  readonly outerPort: number;
  /** Whom the inner system has sent to. */
  readonly contacted: Set<string>;
  usedAt: Millis;
}

/** RFC 4787 REQ-5 asks for two minutes or more; many devices forget sooner. */
export const natTimeoutMillis = 60_000;
const firstPort = 20_000;
const mappingsMax = 4_096;

export function createNat(options: NatOptions): Nat {
  const { publicAddress, timeoutMillis = natTimeoutMillis, esp = 'drop' } = options;
  const byInner = new Map<string, Mapping>();
  const byOuter = new Map<string, Mapping>();
  const fragments = { out: createDefragmenter(), in: createDefragmenter() };
  let nextPort = firstPort;
  let passedThrough: Address | undefined;

  function forget(mapping: Mapping): void {
    byInner.delete(innerKey(mapping.protocol, mapping.inner, mapping.innerPort));
    byOuter.delete(`${mapping.protocol} ${mapping.outerPort}`);
  }

  function mappingFor(protocol: number, inner: Address, innerPort: number, now: Millis): Mapping | undefined {
    const key = innerKey(protocol, inner, innerPort);
    const known = byInner.get(key);
    if (known && now - known.usedAt <= timeoutMillis) return known;
    if (known) forget(known);
    if (byInner.size >= mappingsMax) return undefined;
    const mapping = { protocol, inner, innerPort, outerPort: nextPort, contacted: new Set<string>(), usedAt: now };
    nextPort = nextPort >= 65_535 ? firstPort : nextPort + 1;
    byInner.set(key, mapping);
    byOuter.set(`${protocol} ${mapping.outerPort}`, mapping);
    return mapping;
  }

  return {
    options,
    outward(octets, now) {
      const ip = wholeOf(octets, fragments.out, now);
      if (!ip || ip.family !== publicAddress.family) return undefined;
      const inner: Address = { family: ip.family, value: ip.source };
      if (ip.protocol === ipProtocols.ESP && esp === 'pass') {
        passedThrough = inner;
        return translated(ip, 'source', publicAddress);
      }
      const at = portAt(ip, 'source');
      if (at === undefined) return undefined;
      const mapping = mappingFor(ip.protocol, inner, viewOf(ip.payload).getUint16(at), now);
      if (!mapping) return undefined;
      mapping.usedAt = now;
      mapping.contacted.add(remoteKey(ip, 'destination'));
      return translated(ip, 'source', publicAddress, { at, port: mapping.outerPort });
    },
    inward(octets, now) {
      const ip = wholeOf(octets, fragments.in, now);
      if (!ip) return undefined;
      if (ip.protocol === ipProtocols.ESP) {
        return passedThrough && translated(ip, 'destination', passedThrough);
      }
      const at = portAt(ip, 'destination');
      const mapping = at === undefined ? undefined : byOuter.get(`${ip.protocol} ${viewOf(ip.payload).getUint16(at)}`);
      if (!mapping || at === undefined) return undefined;
      if (now - mapping.usedAt > timeoutMillis) {
        forget(mapping);
        return undefined;
      }
      if (!mapping.contacted.has(remoteKey(ip, 'source'))) return undefined;
      mapping.usedAt = now;
      return translated(ip, 'destination', mapping.inner, { at, port: mapping.innerPort });
    },
    rebind() {
      byInner.clear();
      byOuter.clear();
    },
  };
}

function innerKey(protocol: number, { family, value }: Address, port: number): string {
  return `${protocol} ${family} ${value} ${port}`;
}

/** The other end as it is filtered by: address and port. */
function remoteKey(ip: IpPacket, side: 'source' | 'destination'): string {
  const at = ip.protocol === ipProtocols.UDP || ip.protocol === ipProtocols.TCP ? portAt(ip, side) : undefined;
  return `${ip[side]} ${at === undefined ? '' : viewOf(ip.payload).getUint16(at)}`;
}

const echoTypes: ReadonlySet<number> = new Set([0, 8]);
const icmp = 1;

/** Where in the payload the number stands that is translated: a port, or the identifier of an echo message. */
function portAt({ protocol, payload }: IpPacket, side: 'source' | 'destination'): number | undefined {
  if ((protocol === ipProtocols.UDP || protocol === ipProtocols.TCP) && payload.length >= 4)
    return side === 'source' ? 0 : 2;
  return protocol === icmp && payload.length >= 6 && echoTypes.has(payload[0]!) ? 4 : undefined;
}

function wholeOf(octets: Uint8Array, fragments: ReturnType<typeof createDefragmenter>, now: Millis) {
  const ip = parseIp(octets);
  if (isIpFault(ip)) return undefined;
  const whole = fragments.add(ip, now);
  return whole === 'waiting' || 'why' in whole ? undefined : whole.ip;
}

/** The packet with another address, another port where told, and the checksums that go with them. */
function translated(
  ip: IpPacket,
  side: 'source' | 'destination',
  address: Address,
  port?: { readonly at: number; readonly port: number },
): Uint8Array | undefined {
  const octets = ip.octets.slice();
  const view = viewOf(octets);
  if (ip.family === 4) {
    view.setUint32(side === 'source' ? 12 : 16, Number(address.value));
    setIpv4Checksum(octets);
  } else {
    const at = side === 'source' ? 8 : 24;
    view.setBigUint64(at, BigInt(address.value) >> 64n);
    view.setBigUint64(at + 8, BigInt(address.value) & 0xffff_ffff_ffff_ffffn);
  }
  if (port) {
    const payload = octets.subarray(ip.payloadOffset);
    if (ip.protocol === icmp) adjustIcmp(payload, port.at, port.port);
    else viewOf(payload).setUint16(port.at, port.port);
  }
  const changed = parseIp(octets);
  return isIpFault(changed) ? undefined : withUpperChecksum(changed);
}

/** RFC 1624: the checksum of the message with one word changed. */
function adjustIcmp(payload: Uint8Array, at: number, value: number): void {
  const view = viewOf(payload);
  let sum = (~view.getUint16(2) & 0xffff) + (~view.getUint16(at) & 0xffff) + value;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(2, ~sum & 0xffff);
  view.setUint16(at, value);
}
