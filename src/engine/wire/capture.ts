/**
 * The IKE, ESP and AH packets of a capture file: link and IP headers taken off, IP fragments put together, tunnels of AH
 * and IP-in-IP looked into. Octets in, packets out; damage becomes a fault and reading goes on.
 */
import { type AddressValue, addressFromOctets, type Family } from '../../model/address.js';
import { type CaptureFault, captureFrames } from './capture/files.js';
import { ipPacketOf } from './capture/link.js';
import { type Reassembly, reassembly } from './capture/reassembly.js';
import {
  type DatagramContent,
  groupPort,
  ikePort,
  looksLikeIke,
  natTraversalPort,
  unframeIke,
  unframeNatTraversal,
} from './framing.js';

export type { CapturedFrame, CaptureFault } from './capture/files.js';
export { captureFrames } from './capture/files.js';

/** Where a packet was in the capture, and between whom. */
export interface PacketContext {
  /** From 1; of a reassembled packet the frame that completed it. */
  readonly frame: number;
  readonly timestampNanos?: bigint;
  readonly family: Family;
  readonly source: AddressValue;
  readonly destination: AddressValue;
  /** The capture or the IP length cut the packet, so that it cannot be decoded whole. */
  readonly truncated: boolean;
}

interface UdpPorts {
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export type CapturedPacket = PacketContext &
  (
    | ({ readonly kind: 'IKE'; readonly octets: Uint8Array; readonly marker: boolean } & UdpPorts)
    /** An ESP packet from its SPI on; with ports when it was in UDP. */
    | ({ readonly kind: 'ESP'; readonly octets: Uint8Array } & Partial<UdpPorts>)
    /** From the AH header to the end of the packet. */
    | { readonly kind: 'AH'; readonly octets: Uint8Array }
    | ({ readonly kind: 'keepalive' } & UdpPorts)
  );

const protocols = { IPV4: 4, UDP: 17, IPV6: 41, FRAGMENT: 44, ESP: 50, AH: 51 } as const;
/** IPv6 extension headers whose second octet counts 8-octet units (RFC 8200 §4). */
const extensionHeaders: ReadonlySet<number> = new Set([0, 43, 60, 135, 139, 140]);
/** Headers within headers of one packet. */
const nestingMax = 16;

interface Walk {
  readonly frame: number;
  readonly timestampNanos: bigint | undefined;
  readonly fragments: Reassembly<FragmentContext>;
}

interface FragmentContext {
  readonly protocol: number;
  readonly context: PacketContext;
  readonly depth: number;
}

type Item = CapturedPacket | CaptureFault;

/**
 * The packets of a capture in their order; frames of other protocols are left out. Never throws. What there is of IP
 * datagrams that never became whole comes at the end, as truncated packets.
 */
export function* readCapture(octets: Uint8Array): Generator<Item> {
  const fragments = reassembly<FragmentContext>();
  for (const item of captureFrames(octets)) {
    if (item.kind === 'fault') {
      yield item;
      continue;
    }
    const payload = ipPacketOf(item.linkType, item.octets);
    if (!payload) continue;
    const { frame, timestampNanos } = item;
    if ('why' in payload) yield { kind: 'fault', frame, why: payload.why };
    else yield* ipPackets(payload.packet, { frame, timestampNanos, fragments }, 0);
  }
  for (const { frame, beginning } of fragments.unfinished()) {
    yield { kind: 'fault', frame, why: 'fragments of an IP datagram are missing' };
    if (!beginning) continue;
    const { protocol, context, depth } = beginning.about;
    const walk = {
      frame: context.frame,
      timestampNanos: context.timestampNanos,
      fragments: reassembly<FragmentContext>(),
    };
    yield* transportPackets(protocol, beginning.octets, { ...context, truncated: true }, walk, depth + 1);
  }
}

function* ipPackets(packet: Uint8Array, walk: Walk, depth: number): Generator<Item> {
  const version = packet.length > 0 ? packet[0]! >> 4 : 0;
  if (depth > nestingMax) yield fault(walk, `more than ${nestingMax} headers within each other`);
  else if (version === 4) yield* ipv4Packets(packet, walk, depth);
  else if (version === 6) yield* ipv6Packets(packet, walk, depth);
  else yield fault(walk, 'neither IPv4 nor IPv6');
}

function* ipv4Packets(packet: Uint8Array, walk: Walk, depth: number): Generator<Item> {
  const view = viewOf(packet);
  const headerOctets = (packet[0]! & 15) * 4;
  if (headerOctets < 20 || packet.length < headerOctets) {
    yield fault(walk, 'the packet ends within its IPv4 header');
    return;
  }
  // Offloading network cards leave the length 0; link padding makes the frame longer than it.
  const announced = view.getUint16(2) || packet.length;
  const truncated = announced > packet.length;
  const payload = packet.subarray(headerOctets, Math.max(headerOctets, Math.min(announced, packet.length)));
  const context = contextOf(walk, 4, packet.subarray(12, 16), packet.subarray(16, 20), truncated);
  const protocol = packet[9]!;
  const flags = view.getUint16(6);
  const offset = (flags & 0x1fff) * 8;
  const more = (flags & 0x2000) !== 0;
  if (offset === 0 && !more) yield* transportPackets(protocol, payload, context, walk, depth);
  else {
    const key = `4 ${context.source} ${context.destination} ${view.getUint16(4)} ${protocol}`;
    yield* fragmentPackets({ key, offset, more, octets: payload }, protocol, context, walk, depth);
  }
}

function* ipv6Packets(packet: Uint8Array, walk: Walk, depth: number): Generator<Item> {
  if (packet.length < 40) {
    yield fault(walk, 'the packet ends within its IPv6 header');
    return;
  }
  const announced = viewOf(packet).getUint16(4) || packet.length - 40;
  const truncated = announced > packet.length - 40;
  const payload = packet.subarray(40, 40 + Math.min(announced, packet.length - 40));
  const context = contextOf(walk, 6, packet.subarray(8, 24), packet.subarray(24, 40), truncated);
  yield* transportPackets(packet[6]!, payload, context, walk, depth);
}

function* fragmentPackets(
  fragment: { key: string; offset: number; more: boolean; octets: Uint8Array },
  protocol: number,
  context: PacketContext,
  walk: Walk,
  depth: number,
): Generator<Item> {
  if (context.truncated) {
    yield fault(walk, 'a fragment that the capture cut');
    // Its headers are worth seeing, but what is missing can never be put together.
    if (fragment.offset === 0) yield* transportPackets(protocol, fragment.octets, context, walk, depth + 1);
    return;
  }
  const whole = walk.fragments.add(walk.frame, fragment, { protocol, context, depth });
  if (whole === 'waiting') return;
  if ('why' in whole) yield fault(walk, whole.why);
  else yield* transportPackets(protocol, whole.payload, context, walk, depth + 1);
}

function* transportPackets(
  protocol: number,
  octets: Uint8Array,
  context: PacketContext,
  walk: Walk,
  depth: number,
): Generator<Item> {
  if (depth > nestingMax) {
    yield fault(walk, `more than ${nestingMax} headers within each other`);
    return;
  }
  if (protocol === protocols.UDP) yield* udpPackets(octets, context, walk);
  else if (protocol === protocols.ESP) yield { ...context, kind: 'ESP', octets };
  else if (protocol === protocols.AH) yield* ahPackets(octets, context, walk, depth);
  else if (protocol === protocols.IPV4 || protocol === protocols.IPV6) yield* ipPackets(octets, walk, depth + 1);
  else if (context.family === 6 && protocol === protocols.FRAGMENT) yield* ipv6Fragment(octets, context, walk, depth);
  else if (context.family === 6 && extensionHeaders.has(protocol)) {
    const length = octets.length < 8 ? 8 : 8 + octets[1]! * 8;
    if (octets.length < length) yield fault(walk, 'the packet ends within an IPv6 extension header');
    else yield* transportPackets(octets[0]!, octets.subarray(length), context, walk, depth + 1);
  }
}

function* ipv6Fragment(octets: Uint8Array, context: PacketContext, walk: Walk, depth: number): Generator<Item> {
  if (octets.length < 8) {
    yield fault(walk, 'the packet ends within an IPv6 fragment header');
    return;
  }
  const view = viewOf(octets);
  const offset = view.getUint16(2) & 0xfff8;
  const more = (octets[3]! & 1) !== 0;
  const payload = octets.subarray(8);
  if (offset === 0 && !more) yield* transportPackets(octets[0]!, payload, context, walk, depth + 1);
  else {
    const key = `6 ${context.source} ${context.destination} ${view.getUint32(4)}`;
    yield* fragmentPackets({ key, offset, more, octets: payload }, octets[0]!, context, walk, depth);
  }
}

/** The AH packet and, behind its header, what it protects: AH hides nothing. */
function* ahPackets(octets: Uint8Array, context: PacketContext, walk: Walk, depth: number): Generator<Item> {
  yield { ...context, kind: 'AH', octets };
  if (octets.length < 12) return;
  const length = (octets[1]! + 2) * 4;
  if (length <= octets.length) yield* transportPackets(octets[0]!, octets.subarray(length), context, walk, depth + 1);
}

function* udpPackets(octets: Uint8Array, context: PacketContext, walk: Walk): Generator<Item> {
  if (octets.length < 8) {
    yield fault(walk, 'the packet ends within its UDP header');
    return;
  }
  const view = viewOf(octets);
  const sourcePort = view.getUint16(0);
  const destinationPort = view.getUint16(2);
  const length = view.getUint16(4) || octets.length;
  const payload = octets.subarray(8, Math.max(8, Math.min(length, octets.length)));
  const content = datagramContent(sourcePort, destinationPort, payload);
  if (!content) return;
  const packet = { ...context, truncated: context.truncated || length > octets.length, sourcePort, destinationPort };
  switch (content.kind) {
    case 'IKE':
      yield { ...packet, kind: 'IKE', octets: content.octets, marker: content.marker };
      break;
    case 'ESP':
      yield { ...packet, kind: 'ESP', octets: content.octets };
      break;
    case 'keepalive':
      yield { ...packet, kind: 'keepalive' };
      break;
    case 'other':
      yield fault(walk, content.why);
      break;
  }
}

/** By port where the port says it; on any other port only what looks like IKE in every respect. */
function datagramContent(sourcePort: number, destinationPort: number, octets: Uint8Array): DatagramContent | undefined {
  const on = (port: number): boolean => sourcePort === port || destinationPort === port;
  if (on(natTraversalPort)) return unframeNatTraversal(octets);
  if (on(ikePort) || on(groupPort)) return unframeIke(octets);
  if (looksLikeIke(octets)) return { kind: 'IKE', octets, marker: false };
  const unframed = octets.length > 1 ? unframeNatTraversal(octets) : undefined;
  return unframed?.kind === 'IKE' && looksLikeIke(unframed.octets) ? unframed : undefined;
}

function contextOf(
  { frame, timestampNanos }: Walk,
  family: Family,
  source: Uint8Array,
  destination: Uint8Array,
  truncated: boolean,
): PacketContext {
  return {
    frame,
    ...(timestampNanos !== undefined && { timestampNanos }),
    family,
    source: addressFromOctets(source)!.value,
    destination: addressFromOctets(destination)!.value,
    truncated,
  };
}

function fault({ frame }: Walk, why: string): CaptureFault {
  return { kind: 'fault', frame, why };
}

function viewOf(octets: Uint8Array): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
}
