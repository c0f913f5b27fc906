/** From a link's frame to the IP packet in it: Ethernet with VLAN tags and PPPoE, Linux cooked, loopback, raw, NFLOG. */

/** The LINKTYPE_ numbers that are understood. */
export const linkTypes = {
  NULL: 0,
  ETHERNET: 1,
  RAW_BSD: 12,
  RAW_OPENBSD: 14,
  RAW: 101,
  LOOP: 108,
  LINUX_SLL: 113,
  IPV4: 228,
  IPV6: 229,
  NFLOG: 239,
  LINUX_SLL2: 276,
} as const;

/** Tags in a row before the packet; two are usual where there are any (802.1ad). */
const vlanTagsMax = 8;
/** Attributes before the packet of an NFLOG frame. */
const nflogAttributesMax = 64;

const ethertypes = { IPV4: 0x0800, IPV6: 0x86dd, PPPOE_SESSION: 0x8864 } as const;
const vlanTypes: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);

/** The IP packet of a frame; a reason where there is none to be had; undefined for a frame of another protocol. */
export type LinkPayload = { readonly packet: Uint8Array } | { readonly why: string } | undefined;

/** Finds the IP packet of a frame of a link type. */
export function ipPacketOf(linkType: number, octets: Uint8Array): LinkPayload {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  switch (linkType) {
    case linkTypes.ETHERNET:
      return octets.length < 14 ? cut : ofEthertype(view, octets, 12);
    case linkTypes.LINUX_SLL:
      return octets.length < 16 ? cut : ofEthertype(view, octets, 14);
    case linkTypes.LINUX_SLL2:
      if (octets.length < 20) return cut;
      return ofType(view.getUint16(0), octets, 20, view);
    case linkTypes.NULL:
    case linkTypes.LOOP:
      return octets.length < 4 ? cut : ofLoopback(view, octets);
    case linkTypes.RAW:
    case linkTypes.RAW_BSD:
    case linkTypes.RAW_OPENBSD:
    case linkTypes.IPV4:
    case linkTypes.IPV6:
      return { packet: octets };
    case linkTypes.NFLOG:
      return ofNflog(view, octets);
    default:
      return { why: `link type ${linkType} is not understood` };
  }
}

const cut = { why: 'the frame ends within its link header' } as const;

function ofEthertype(view: DataView, octets: Uint8Array, typeAt: number): LinkPayload {
  let at = typeAt;
  for (let tags = 0; tags <= vlanTagsMax; tags += 1) {
    if (octets.length < at + 2) return cut;
    const type = view.getUint16(at);
    if (!vlanTypes.has(type)) return ofType(type, octets, at + 2, view);
    at += 4;
  }
  return { why: `more than ${vlanTagsMax} VLAN tags` };
}

function ofType(type: number, octets: Uint8Array, at: number, view: DataView): LinkPayload {
  if (vlanTypes.has(type)) return ofEthertype(view, octets, at + 2);
  if (type === ethertypes.IPV4 || type === ethertypes.IPV6) return { packet: octets.subarray(at) };
  if (type !== ethertypes.PPPOE_SESSION) return undefined;
  if (octets.length < at + 8) return cut;
  const protocol = view.getUint16(at + 6);
  return protocol === 0x0021 || protocol === 0x0057 ? { packet: octets.subarray(at + 8) } : undefined;
}

/** Address families as systems number them: IPv4 is 2 everywhere, IPv6 is 10, 24, 28 or 30; in either byte order. */
function ofLoopback(view: DataView, octets: Uint8Array): LinkPayload {
  const families = [view.getUint32(0, true), view.getUint32(0, false)];
  return families.some((family) => [2, 10, 24, 28, 30].includes(family)) ? { packet: octets.subarray(4) } : undefined;
}

/** Family, version, resource; then attributes of length and type in the order of the host, type 9 being the packet. */
function ofNflog(view: DataView, octets: Uint8Array): LinkPayload {
  let at = 4;
  for (let count = 0; count < nflogAttributesMax; count += 1) {
    if (octets.length < at + 4) return cut;
    const length = view.getUint16(at, true);
    const type = view.getUint16(at + 2, true) & 0x3fff;
    if (length < 4) return { why: 'an NFLOG attribute without a length' };
    if (type === 9) return { packet: octets.subarray(at + 4, at + length) };
    at += Math.ceil(length / 4) * 4;
  }
  return { why: 'an NFLOG frame without a packet' };
}
