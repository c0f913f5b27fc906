/**
 * Fragments — RFC 791 §3.2, RFC 8200 §4.5: put together before ESP and AH look at a packet (RFC 4303 §3.4.1), made of a packet
 * that is too long once it is protected (RFC 4303 §3.3.4).
 */
import { type Reassembly, reassembly } from '../wire/capture/reassembly.js';
import { ipOctetsMax, payloadInsertion, replaceFrom, setIpv4Checksum, transportInsertion } from './ip-build.js';
import { type IpPacket, ipProtocols, isIpFault, parseIp, viewOf } from './packet.js';

/** Milliseconds that the fragments of a datagram may be apart (RFC 8200 §4.5 allows a minute). */
const reassemblyMillis = 30_000;
/** Datagrams that are known to have begun; beyond that the oldest is forgotten. */
const begunMax = 1024;

export interface WholePacket {
  readonly ip: IpPacket;
  /** Octets of the longest fragment that it was made of. */
  readonly longest: number;
}

export interface Defragmenter {
  /** The whole packet once its last missing fragment is in, `waiting` before, or why it is given up. */
  add(ip: IpPacket, now: number): WholePacket | 'waiting' | { readonly why: string };
}

/** Holds fragments until their datagram is whole, at most 256 datagrams. */
export function createDefragmenter(): Defragmenter {
  const pieces: Reassembly<IpPacket> = reassembly();
  const begun = new Map<string, { readonly first: number; longest: number }>();
  return {
    add(ip, now) {
      const { fragment } = ip;
      if (!fragment) return { ip, longest: ip.octets.length };
      if (fragment.more && ip.payload.length % 8 !== 0)
        return { why: 'a fragment of a length that is no multiple of 8' };
      const name = `${ip.family} ${ip.source} ${ip.destination} ${fragment.identification} ${ip.protocol}`;
      let datagram = begun.get(name);
      if (datagram === undefined || now - datagram.first > reassemblyMillis) {
        datagram = { first: now, longest: 0 };
        begun.delete(name);
        begun.set(name, datagram);
        if (begun.size > begunMax) begun.delete(begun.keys().next().value!);
      }
      datagram.longest = Math.max(datagram.longest, ip.octets.length);
      // Late fragments of a datagram are not mixed with those of a newer one that has its number.
      const { offset, more } = fragment;
      const payload = pieces.add(0, { key: `${name} ${datagram.first}`, offset, more, octets: ip.payload }, ip);
      if (payload === 'waiting') return payload;
      begun.delete(name);
      if ('why' in payload) return payload;
      const whole = wholePacket(ip, payload.payload);
      return 'why' in whole ? whole : { ip: whole, longest: datagram.longest };
    },
  };
}

/** The datagram with the header of one of its fragments. */
function wholePacket(ip: IpPacket, payload: Uint8Array): IpPacket | { readonly why: string } {
  const header = withoutFragmentHeader(ip);
  const octets = header && replaceFrom(header, payloadInsertion(header), header.protocol, payload);
  if (!octets) return { why: 'the whole datagram would be too long' };
  const whole = parseIp(octets);
  return isIpFault(whole) ? whole : whole.fragment ? { why: 'fragments of fragments' } : whole;
}

function withoutFragmentHeader(ip: IpPacket): IpPacket | undefined {
  const octets = ip.octets.slice();
  if (ip.family === 4) {
    const view = viewOf(octets);
    view.setUint16(6, view.getUint16(6) & 0x4000);
    setIpv4Checksum(octets);
    return { ...ip, octets, fragment: undefined };
  }
  const at = ip.extensions.findIndex(({ protocol }) => protocol === ipProtocols.FRAGMENT);
  const header = ip.extensions[at];
  if (!header) return undefined;
  // The headers in front of it, and then what it says comes next.
  const nextHeaderAt = ip.extensions[at - 1]?.offset ?? 6;
  const protocol = octets[header.offset]!;
  octets[nextHeaderAt] = protocol;
  const extensions = ip.extensions.slice(0, at);
  return { ...ip, octets, extensions, protocol, payloadOffset: header.offset, fragment: undefined };
}

/**
 * The fragments of a packet for a link of `mtu` octets (68 or more for IPv4, 1280 for IPv6); the packet alone where it fits.
 * The caller has made sure that it may be fragmented. Undefined where its headers leave no room.
 */
export function fragmentIp(ip: IpPacket, mtu: number, identification: number): readonly Uint8Array[] | undefined {
  if (ip.octets.length <= mtu) return [ip.octets];
  const place = ip.family === 4 ? payloadInsertion(ip) : transportInsertion(ip);
  const headerLength = place.at + (ip.family === 4 ? 0 : 8);
  const room = Math.floor((mtu - headerLength) / 8) * 8;
  if (room < 8 || ip.octets.length > ipOctetsMax + 40) return undefined;
  const data = ip.octets.subarray(place.at);
  const base = ip.fragment && ip.family === 4 ? ip.fragment.offset : 0;
  const moreBehind = ip.fragment?.more ?? false;
  const fragments: Uint8Array[] = [];
  for (let from = 0; from < data.length; from += room) {
    const part = data.subarray(from, from + room);
    const more = moreBehind || from + room < data.length;
    fragments.push(
      ip.family === 4 ? ipv4Part(ip, part, base + from, more) : ipv6Part(ip, place, part, from, more, identification),
    );
  }
  return fragments;
}

function ipv4Part(ip: IpPacket, part: Uint8Array, offset: number, more: boolean): Uint8Array {
  // Options stay in every fragment, those that need not be copied too: simpler, and allowed in what we receive ourselves.
  const octets = replaceFrom(ip, payloadInsertion(ip), ip.protocol, part)!;
  viewOf(octets).setUint16(6, (more ? 0x2000 : 0) | (offset >> 3));
  setIpv4Checksum(octets);
  return octets;
}

function ipv6Part(
  ip: IpPacket,
  place: ReturnType<typeof transportInsertion>,
  part: Uint8Array,
  offset: number,
  more: boolean,
  identification: number,
): Uint8Array {
  const contents = new Uint8Array(8 + part.length);
  contents[0] = place.nextHeader;
  viewOf(contents).setUint16(2, offset | (more ? 1 : 0));
  viewOf(contents).setUint32(4, identification);
  contents.set(part, 8);
  return replaceFrom(ip, place, ipProtocols.FRAGMENT, contents)!;
}
