/** One SA applied to an outbound packet — RFC 4301 §5.1, RFC 4302 §3.3, RFC 4303 §3.3. */
import { ahLength, sealAh } from './ah.js';
import { type Drop, drop } from './drop.js';
import { espIv, espLength, sealEsp } from './esp.js';
import { buildIp, replaceFrom, transportInsertion, withUpperChecksum } from './ip-build.js';
import { type IpPacket, ipProtocols, ipv4HeaderMin, ipv6HeaderLength, isIpFault, parseIp } from './packet.js';
import { admit, charge, type Millis, nextSequence, type Sa, type SaEvent, tunnelDefaults } from './sa.js';
import { innerProtocol, outerHeader } from './tunnel.js';
import { encapsulateInUdp } from './udp-encap.js';

export interface OutboundEnvironment {
  readonly random: (length: number) => Uint8Array;
  /** A fresh identification for an IPv4 header. */
  readonly identification: () => number;
  readonly now: Millis;
}

export interface Applied {
  readonly result: IpPacket | Drop;
  readonly events: readonly SaEvent[];
}

const udpHeaderLength = 8;

/** Takes a packet through an SA. Its sequence number is used up even where the result turns out too long. */
export function applySa(sa: Sa, ip: IpPacket, env: OutboundEnvironment): Applied {
  const { mode } = sa.parameters;
  if (mode === 'transport' && ip.fragment) {
    return refused('fragment', 'transport mode is for whole packets (RFC 4303 §3.3.4)');
  }
  const { admitted, events } = admit(sa, ip.octets.length, env.now);
  if (!admitted) return { result: drop('expired', 'the SA has come to its limit'), events };
  const sequence = nextSequence(sa);
  if (sequence === undefined) return { result: drop('sequence-overflow', 'no sequence number is left'), events };
  const octets = mode === 'tunnel' ? throughTunnel(sa, ip, sequence, env) : throughTransport(sa, ip, sequence, env);
  const made = octets && parseIp(octets);
  if (!made || isIpFault(made)) {
    return { result: drop('too-big', 'with its protection the packet would be too long for IP'), events };
  }
  return { result: withDatagramChecksum(sa, made), events: [...events, ...charge(sa, ip.octets.length, env.now)] };
}

/** ESP in UDP over IPv6 has a checksum: most systems throw datagrams without one away (RFC 8200 §8.1). */
function withDatagramChecksum({ parameters }: Sa, made: IpPacket): IpPacket {
  if (!parameters.udpEncapsulation || made.family === 4) return made;
  return parseIp(withUpperChecksum(made)) as IpPacket;
}

function refused(reason: Drop['reason'], why: string): Applied {
  return { result: drop(reason, why), events: [] };
}

function throughTransport(sa: Sa, ip: IpPacket, sequence: bigint, env: OutboundEnvironment): Uint8Array | undefined {
  const { parameters, key } = sa;
  const header = { spi: parameters.spi, sequence, esn: parameters.esn };
  const place = transportInsertion(ip);
  if (key.kind === 'AH') return sealAh(key, header, ip, place);
  const payload = ip.octets.subarray(place.at);
  const esp = sealEsp(key, header, { nextHeader: place.nextHeader, payload }, espIv(key, sequence, env.random));
  const carried = carriedEsp(sa, esp);
  return carried && replaceFrom(ip, place, carried.protocol, carried.octets);
}

function throughTunnel(sa: Sa, ip: IpPacket, sequence: bigint, env: OutboundEnvironment): Uint8Array | undefined {
  const { parameters, key } = sa;
  const { local, remote, tunnel = tunnelDefaults, tfcLength = 0 } = parameters;
  const header = { spi: parameters.spi, sequence, esn: parameters.esn };
  const outer = outerHeader(ip, local, remote, tunnel, env.identification());
  const nextHeader = innerProtocol(ip);
  if (key.kind === 'AH') {
    const octets = buildIp({ ...outer, protocol: nextHeader }, ip.octets);
    const whole = octets && parseIp(octets);
    if (!whole || isIpFault(whole)) return undefined;
    return sealAh(key, header, whole, transportInsertion(whole));
  }
  const tfcPadding = Math.max(0, tfcLength - ip.octets.length);
  const contents = { nextHeader, payload: ip.octets, tfcPadding };
  const carried = carriedEsp(sa, sealEsp(key, header, contents, espIv(key, sequence, env.random)));
  return carried && buildIp({ ...outer, protocol: carried.protocol }, carried.octets);
}

/** ESP as it is, or in UDP. */
function carriedEsp({ parameters }: Sa, esp: Uint8Array): { protocol: number; octets: Uint8Array } | undefined {
  const { udpEncapsulation: ports } = parameters;
  if (!ports) return { protocol: ipProtocols.ESP, octets: esp };
  const octets = encapsulateInUdp({ source: ports.localPort, destination: ports.remotePort }, esp);
  return octets && { protocol: ipProtocols.UDP, octets };
}

/**
 * A dummy packet (RFC 4303 §2.6): as long as one with `length` octets inside, thrown away by the receiver. Undefined for AH,
 * which has none.
 */
export function dummyPacket(sa: Sa, length: number, env: OutboundEnvironment): Applied | undefined {
  const { parameters, key } = sa;
  const { local, remote, tunnel = tunnelDefaults } = parameters;
  if (key.kind === 'AH') return undefined;
  const { admitted, events } = admit(sa, length, env.now);
  const sequence = admitted ? nextSequence(sa) : undefined;
  if (sequence === undefined) return { result: drop('expired', 'the SA has come to its limit'), events };
  const header = { spi: parameters.spi, sequence, esn: parameters.esn };
  const contents = { nextHeader: ipProtocols.NO_NEXT_HEADER, payload: env.random(Math.max(0, length)) };
  const carried = carriedEsp(sa, sealEsp(key, header, contents, espIv(key, sequence, env.random)));
  const dontFragment = tunnel.dontFragment !== 'clear';
  const octets =
    carried &&
    buildIp(
      { source: local, destination: remote, protocol: carried.protocol, hopLimit: tunnel.hopLimit, dontFragment },
      carried.octets,
    );
  const made = octets && parseIp(octets);
  if (!made || isIpFault(made)) return { result: drop('too-big', 'the dummy packet is too long for IP'), events };
  return { result: withDatagramChecksum(sa, made), events: [...events, ...charge(sa, length, env.now)] };
}

/** Octets of a packet of `length` octets once it went through SAs, innermost first; `headers` of them stay clear in transport mode. */
export function protectedLength(sas: readonly Sa[], length: number, headers: number): number {
  let total = length;
  let clear = headers;
  for (const { key, parameters } of sas) {
    const isTunnel = parameters.mode === 'tunnel';
    const { family } = parameters.local;
    if (isTunnel) clear = family === 4 ? ipv4HeaderMin : ipv6HeaderLength;
    const inside = isTunnel ? total : total - clear;
    if (key.kind === 'AH') total = clear + ahLength(key, family) + inside;
    else {
      const padded = isTunnel ? Math.max(inside, parameters.tfcLength ?? 0) : inside;
      total = clear + (parameters.udpEncapsulation ? udpHeaderLength : 0) + espLength(key, padded);
    }
  }
  return total;
}

/**
 * The longest packet that fits into `mtu` octets once it went through the SAs (RFC 4301 §8.2); 0 where none does. `headers` as
 * above.
 */
export function innerMtu(sas: readonly Sa[], mtu: number, headers: number): number {
  let low = 0;
  let high = mtu;
  // The length grows with the packet's, in steps: the greatest that fits is found by halving.
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (protectedLength(sas, middle, headers) <= mtu) low = middle;
    else high = middle - 1;
  }
  return low;
}
