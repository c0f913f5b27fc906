/**
 * What a UDP datagram on an IKE port holds — RFC 3948 §2, RFC 7296 §2.23 and §3.1.
 *
 * On port 4500 an IKE message is preceded by four zero octets, the non-ESP marker; a single octet 0xff is a keepalive;
 * anything else begins with the SPI of an ESP packet, which is never zero. On port 500 there is only IKE, but for the
 * first drafts of NAT traversal, which put ESP behind eight zero octets there.
 */

export const ikePort = 500;
export const natTraversalPort = 4500;
/**
 * The port that an end of a new exchange has where a configuration names none: towards another port than 500 messages bear the
 * marker, which only port 4500 sends (charon's ike_natd.c, pluto's end_host_port).
 */
export function portTowards(port: number | undefined): number {
  return port === undefined || port === ikePort ? ikePort : natTraversalPort;
}
/** Group key management (RFC 6407, RFC 9838). */
export const groupPort = 848;

export type DatagramContent =
  | { readonly kind: 'IKE'; readonly octets: Uint8Array; readonly marker: boolean }
  /** An ESP packet from its SPI on. */
  | { readonly kind: 'ESP'; readonly octets: Uint8Array }
  | { readonly kind: 'keepalive' }
  /** Nothing that belongs there, and why. */
  | { readonly kind: 'other'; readonly octets: Uint8Array; readonly why: string };

const markerLength = 4;
/** draft-ietf-ipsec-udp-encaps-00 and -01: where an initiator's cookie would be. */
const nonIkeMarkerLength = 8;

/** Splits a datagram of the NAT traversal port. */
export function unframeNatTraversal(octets: Uint8Array): DatagramContent {
  if (octets.length === 1 && octets[0] === 0xff) return { kind: 'keepalive' };
  if (octets.length < markerLength)
    return { kind: 'other', octets, why: `${octets.length} octets are no SPI and no marker` };
  if (startsWithZeros(octets, markerLength))
    return { kind: 'IKE', octets: octets.subarray(markerLength), marker: true };
  return { kind: 'ESP', octets };
}

/** Splits a datagram of the IKE port. */
export function unframeIke(octets: Uint8Array): DatagramContent {
  if (octets.length === 1 && octets[0] === 0xff) return { kind: 'keepalive' };
  if (
    octets.length > nonIkeMarkerLength &&
    startsWithZeros(octets, nonIkeMarkerLength) &&
    !startsWithZeros(octets, 12)
  ) {
    const headerVersion = octets[17];
    // An initiator's SPI of zero is wrong, but a whole header behind it says that IKE is meant all the same.
    if (headerVersion === 0x10 || headerVersion === 0x20) return { kind: 'IKE', octets, marker: false };
    return { kind: 'ESP', octets: octets.subarray(nonIkeMarkerLength) };
  }
  return { kind: 'IKE', octets, marker: false };
}

/**
 * Has an IKE message between two ports a marker before it? With port 500 at either end there is none, also where the other is 4500
 * (charon's sender.c and receiver.c).
 */
export function bearsMarker(local: number, remote: number): boolean {
  return local === natTraversalPort && remote !== ikePort;
}

/** An IKE message as it goes out of the NAT traversal port. */
export function frameNatTraversal(message: Uint8Array): Uint8Array {
  const octets = new Uint8Array(markerLength + message.length);
  octets.set(message, markerLength);
  return octets;
}

/** The datagram that keeps a NAT mapping alive — RFC 3948 §2.3. */
export function keepalive(): Uint8Array {
  return Uint8Array.of(0xff);
}

/** Does this look like an IKE message, on whatever port it came? Its version, length and exchange type all have to fit. */
export function looksLikeIke(octets: Uint8Array): boolean {
  if (octets.length < 28 || startsWithZeros(octets, 8)) return false;
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const [nextPayload, version, exchange] = [octets[16]!, octets[17]!, octets[18]!];
  if (view.getUint32(24) !== octets.length) return false;
  if (version === 0x10) return (exchange <= 6 || exchange === 32 || exchange === 33) && nextPayload <= 132;
  return (
    version === 0x20 &&
    exchange >= 34 &&
    exchange <= 44 &&
    (nextPayload === 0 || (nextPayload >= 33 && nextPayload <= 54))
  );
}

function startsWithZeros(octets: Uint8Array, count: number): boolean {
  if (octets.length < count) return false;
  for (let index = 0; index < count; index += 1) if (octets[index] !== 0) return false;
  return true;
}
