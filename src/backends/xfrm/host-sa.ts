/** SAs that IKE negotiated as the kernel holds them. */
import type { PeerMove } from '../../engine/ipsec/peer-move.js';
import type { SaLimits, SaParameters } from '../../engine/ipsec/sa.js';
import { type HostLimits, type HostSa, noMark } from '../../model/host-state.js';
import { protocolNumbers } from '../../model/packet.js';
import { replayWindowMax } from './manual.js';

/** UDP_ENCAP_ESPINUDP of linux/udp.h: RFC 3948. */
export const espInUdp = 2;
const octetsPerKilobyte = 1024n;
const outboundEsnWindow = 32;

/** The kernel's form of an SA, or why it has none. */
export function hostSaOf(sa: SaParameters, reqid: number, ifId = 0): HostSa | { readonly fault: string } {
  const { direction, protocol, spi, mode, local, remote, encryption, authentication, keys } = sa;
  const lacks = [encryption, authentication].find((transform) => transform && transform.xfrm === undefined);
  if (lacks) return { fault: `the kernel has no ${lacks.name}` };
  if (sa.replayWindow > replayWindowMax) {
    return { fault: `the kernel keeps an anti-replay window of at most ${replayWindowMax} packets` };
  }
  if (direction === 'inbound' && sa.esn && sa.replayWindow === 0) {
    return { fault: 'the kernel has extended sequence numbers with an anti-replay window only' };
  }
  const [source, destination] = direction === 'outbound' ? [local, remote] : [remote, local];
  const udp = sa.udpEncapsulation;
  const [sourcePort, destinationPort] =
    direction === 'outbound' ? [udp?.localPort, udp?.remotePort] : [udp?.remotePort, udp?.localPort];
  const isAead = encryption?.icvOctets !== undefined;
  return {
    source,
    destination,
    spi,
    protocol: protocol === 'ESP' ? protocolNumbers.ESP : protocolNumbers.AH,
    reqid,
    mode,
    mark: noMark,
    ifId,
    // A window is of no use to who sends, but without one the kernel has no ESN.
    replayWindow: direction === 'inbound' ? sa.replayWindow : sa.esn ? outboundEsnWindow : 0,
    esn: sa.esn,
    flags: 0,
    extraFlags: 0,
    ...(isAead && encryption?.xfrm !== undefined && keys.encryption
      ? { aead: { name: encryption.xfrm, key: keys.encryption, icvBits: (encryption.icvOctets ?? 0) * 8 } }
      : {}),
    ...(!isAead && encryption?.xfrm !== undefined && keys.encryption
      ? { encryption: { name: encryption.xfrm, key: keys.encryption } }
      : {}),
    ...(authentication?.xfrm !== undefined && keys.authentication
      ? {
          authentication: {
            name: authentication.xfrm,
            key: keys.authentication,
            truncatedBits: authentication.icvBits,
          },
        }
      : {}),
    ...(sourcePort !== undefined && destinationPort !== undefined
      ? { encapsulation: { type: espInUdp, sourcePort, destinationPort, original: 0 } }
      : {}),
    limits: hostLimitsOf(sa.limits),
  };
}

/** The same SA with its peer elsewhere. */
export function movedSa(sa: HostSa, direction: SaParameters['direction'], { remote, remotePort }: PeerMove): HostSa {
  const { encapsulation } = sa;
  if (direction === 'outbound') {
    const moved = encapsulation && { ...encapsulation, destinationPort: remotePort };
    return { ...sa, destination: remote, ...(moved ? { encapsulation: moved } : {}) };
  }
  const moved = encapsulation && { ...encapsulation, sourcePort: remotePort };
  return { ...sa, source: remote, ...(moved ? { encapsulation: moved } : {}) };
}

function hostLimitsOf(limits: SaLimits): HostLimits {
  const { softSeconds, hardSeconds, softKilobytes, hardKilobytes, softPackets, hardPackets } = limits;
  return {
    ...(softSeconds ? { softAddSeconds: BigInt(Math.ceil(softSeconds)) } : {}),
    ...(hardSeconds ? { hardAddSeconds: BigInt(Math.ceil(hardSeconds)) } : {}),
    ...(softKilobytes ? { softBytes: BigInt(Math.ceil(softKilobytes)) * octetsPerKilobyte } : {}),
    ...(hardKilobytes ? { hardBytes: BigInt(Math.ceil(hardKilobytes)) * octetsPerKilobyte } : {}),
    ...(softPackets ? { softPackets: BigInt(Math.ceil(softPackets)) } : {}),
    ...(hardPackets ? { hardPackets: BigInt(Math.ceil(hardPackets)) } : {}),
  };
}
