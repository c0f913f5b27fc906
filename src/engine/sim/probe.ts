/**
 * Test packets: real IP packets of any flow, each with a number of its own in it by which it is known again wherever it comes out,
 * through however many SAs.
 */
import { hasPorts, type Packet, protocolNumbers } from '../../model/packet.js';
import { buildIp, internetChecksum, withUpperChecksum } from '../ipsec/ip-build.js';
import { isIpFault, parseIp, viewOf } from '../ipsec/packet.js';

export interface Probe {
  readonly number: number;
  readonly octets: Uint8Array;
}

/** `ipsec probe`, behind which its number stands. */
const mark = new TextEncoder().encode('ipsec probe ');
const contentsLength = mark.length + 4;
const tcpHeaderLength = 20;
const udpHeaderLength = 8;
const tcpSyn = 0x02;
const ephemeralPort = 49_152;

/** A packet with the selectors of `packet`, which is outbound; ports that it does not tell are chosen. */
export function makeProbe(packet: Packet, number: number, padding = 0): Probe | undefined {
  const contents = new Uint8Array(contentsLength + padding);
  contents.set(mark);
  viewOf(contents).setUint32(mark.length, number);
  const { family } = packet;
  const header = {
    source: { family, value: packet.local },
    destination: { family, value: packet.remote },
    protocol: packet.protocol,
    identification: number & 0xffff,
  };
  const octets = buildIp(header, upperLayer(packet, contents));
  const ip = octets && parseIp(octets);
  if (!ip || isIpFault(ip)) return undefined;
  return {
    number,
    octets: packet.protocol === protocolNumbers.ICMPV6 ? withIcmpv6Checksum(ip.octets) : withUpperChecksum(ip),
  };
}

/** The number of the probe in a packet that is in the clear; undefined where there is none. */
export function probeNumber(octets: Uint8Array): number | undefined {
  for (let at = 20; at + contentsLength <= octets.length; at += 1) {
    let same = 0;
    while (same < mark.length && octets[at + same] === mark[same]) same += 1;
    if (same === mark.length) return viewOf(octets).getUint32(at + same);
  }
  return undefined;
}

function upperLayer(packet: Packet, contents: Uint8Array): Uint8Array {
  const { protocol } = packet;
  if (hasPorts(protocol)) {
    const headerLength = protocol === protocolNumbers.UDP ? udpHeaderLength : tcpHeaderLength;
    const octets = new Uint8Array(headerLength + contents.length);
    const view = viewOf(octets);
    view.setUint16(0, packet.localPort || ephemeralPort);
    view.setUint16(2, packet.remotePort || ephemeralPort);
    if (protocol === protocolNumbers.UDP) {
      view.setUint16(4, octets.length);
      view.setUint16(6, 1);
    } else if (protocol === protocolNumbers.TCP) {
      octets[12] = (tcpHeaderLength / 4) << 4;
      octets[13] = tcpSyn;
      view.setUint16(14, 65_535);
    }
    octets.set(contents, headerLength);
    return octets;
  }
  const octets = new Uint8Array(8 + contents.length);
  octets.set(contents, 8);
  if (protocol === protocolNumbers.MH) octets[2] = packet.type ?? 0;
  else {
    octets[0] = packet.type ?? 0;
    octets[1] = packet.code ?? 0;
    if (protocol === protocolNumbers.ICMP) viewOf(octets).setUint16(2, internetChecksum(octets));
  }
  return octets;
}

/** RFC 4443 §2.3: with a pseudo-header of the IPv6 addresses. */
function withIcmpv6Checksum(octets: Uint8Array): Uint8Array {
  const payload = octets.subarray(40);
  const pseudo = new Uint8Array(8);
  viewOf(pseudo).setUint32(0, payload.length);
  pseudo[7] = protocolNumbers.ICMPV6;
  viewOf(payload).setUint16(2, internetChecksum(octets.subarray(8, 40), pseudo, payload));
  return octets;
}
