/**
 * Capture files, octets in and frames out: pcap (draft-ietf-opsawg-pcap) in both byte orders, micro- and nanoseconds, and
 * pcapng (draft-ietf-opsawg-pcapng) with enhanced, simple and the obsolete packet blocks. What is damaged becomes a fault
 * with its offset, and reading goes on where that is possible.
 */

/** One frame as it was captured. */
export interface CapturedFrame {
  readonly kind: 'frame';
  /** From 1, as Wireshark counts. */
  readonly frame: number;
  /** Since 1970-01-01; undefined in simple packet blocks, which have no time. */
  readonly timestampNanos?: bigint;
  /** LINKTYPE_ number. */
  readonly linkType: number;
  readonly octets: Uint8Array;
  /** Longer than `octets` when the capture cut the frame. */
  readonly originalLength: number;
}

export interface CaptureFault {
  readonly kind: 'fault';
  /** The frame it is about, where it is about one. */
  readonly frame?: number;
  /** In the file. */
  readonly offset?: number;
  readonly why: string;
}

/** A frame that is longer is taken for damage: no link carries it. */
const frameOctetsMax = 1 << 20;
/** Interfaces of one pcapng section. */
const interfacesMax = 1024;
/** Options read in one block. */
const optionsMax = 256;

const pcapHeaderOctets = 24;
const recordHeaderOctets = 16;

/** The frames of a capture file of either format. Never throws; takes time linear in the octets. */
export function* captureFrames(octets: Uint8Array): Generator<CapturedFrame | CaptureFault> {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  if (octets.length < 4) {
    yield { kind: 'fault', offset: 0, why: `${octets.length} octets are no capture` };
    return;
  }
  switch (view.getUint32(0)) {
    case 0xa1b2c3d4:
      yield* pcapFrames(octets, view, false, 1000n);
      return;
    case 0xd4c3b2a1:
      yield* pcapFrames(octets, view, true, 1000n);
      return;
    case 0xa1b23c4d:
      yield* pcapFrames(octets, view, false, 1n);
      return;
    case 0x4d3cb2a1:
      yield* pcapFrames(octets, view, true, 1n);
      return;
    case sectionHeaderBlock:
      yield* pcapngFrames(octets, view);
      return;
    default:
      yield { kind: 'fault', offset: 0, why: 'neither pcap nor pcapng' };
  }
}

function* pcapFrames(
  octets: Uint8Array,
  view: DataView,
  little: boolean,
  fractionNanos: bigint,
): Generator<CapturedFrame | CaptureFault> {
  if (octets.length < pcapHeaderOctets) {
    yield { kind: 'fault', offset: octets.length, why: 'the file ends within its header' };
    return;
  }
  // The upper bits say whether frames end with a check sequence.
  const linkType = view.getUint32(20, little) & 0x03ff_ffff;
  let at = pcapHeaderOctets;
  for (let frame = 1; at < octets.length; frame += 1) {
    if (octets.length - at < recordHeaderOctets) {
      yield { kind: 'fault', frame, offset: at, why: 'the file ends within a record header' };
      return;
    }
    const seconds = BigInt(view.getUint32(at, little));
    const fraction = BigInt(view.getUint32(at + 4, little));
    const length = view.getUint32(at + 8, little);
    const originalLength = view.getUint32(at + 12, little);
    const start = at + recordHeaderOctets;
    if (length > frameOctetsMax || length > octets.length - start) {
      yield {
        kind: 'fault',
        frame,
        offset: at + 8,
        why: `a record of ${length} octets, ${octets.length - start} are left`,
      };
      return;
    }
    const timestampNanos = seconds * 1_000_000_000n + fraction * fractionNanos;
    yield {
      kind: 'frame',
      frame,
      timestampNanos,
      linkType,
      octets: octets.subarray(start, start + length),
      originalLength,
    };
    at = start + length;
  }
}

const sectionHeaderBlock = 0x0a0d0d0a;
const interfaceDescriptionBlock = 1;
const packetBlock = 2;
const simplePacketBlock = 3;
const enhancedPacketBlock = 6;

interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  readonly timestampUnit: TimestampUnit;
}

/** What one unit of a timestamp is, and what is added to it in seconds. */
interface TimestampUnit {
  readonly perSecond: bigint;
  readonly offsetSeconds: bigint;
}

function* pcapngFrames(octets: Uint8Array, view: DataView): Generator<CapturedFrame | CaptureFault> {
  let interfaces: Interface[] = [];
  let little = false;
  let frame = 0;
  let at = 0;
  while (at < octets.length) {
    if (octets.length - at < 12) {
      yield { kind: 'fault', offset: at, why: 'the file ends within a block header' };
      return;
    }
    const isSection = view.getUint32(at) === sectionHeaderBlock;
    if (isSection) {
      const order = view.getUint32(at + 8);
      if (order !== 0x1a2b3c4d && order !== 0x4d3c2b1a) {
        yield { kind: 'fault', offset: at + 8, why: 'a section without a byte order' };
        return;
      }
      little = order === 0x4d3c2b1a;
      interfaces = [];
    }
    const type = view.getUint32(at, little);
    const length = view.getUint32(at + 4, little);
    if (length < 12 || length % 4 !== 0 || length > octets.length - at) {
      yield { kind: 'fault', offset: at + 4, why: `a block of ${length} octets, ${octets.length - at} are left` };
      return;
    }
    const block: Block = { octets, view, little, start: at + 8, end: at + length - 4 };
    if (type === interfaceDescriptionBlock) {
      const described = interfaces.length < interfacesMax ? interfaceOf(block) : undefined;
      if (!described) {
        yield { kind: 'fault', offset: at, why: 'an interface description that cannot be read' };
        return;
      }
      interfaces.push(described);
    } else if (type === enhancedPacketBlock || type === packetBlock || type === simplePacketBlock) {
      frame += 1;
      yield packetOf(block, type, frame, interfaces);
    }
    at += length;
  }
}

interface Block {
  readonly octets: Uint8Array;
  readonly view: DataView;
  readonly little: boolean;
  readonly start: number;
  readonly end: number;
}

function packetOf(
  block: Block,
  type: number,
  frame: number,
  interfaces: readonly Interface[],
): CapturedFrame | CaptureFault {
  const { octets, view, little, start, end } = block;
  const fixed = type === simplePacketBlock ? 4 : 20;
  const fault = (why: string): CaptureFault => ({ kind: 'fault', frame, offset: start, why });
  if (end - start < fixed) return fault('a packet block that ends within its header');
  const index =
    type === simplePacketBlock
      ? 0
      : type === packetBlock
        ? view.getUint16(start, little)
        : view.getUint32(start, little);
  const on = interfaces[index];
  if (!on) return fault(`interface ${index} is not described`);
  const originalLength = view.getUint32(start + fixed - 4, little);
  const length =
    type === simplePacketBlock
      ? Math.min(originalLength, on.snapLength === 0 ? originalLength : on.snapLength)
      : view.getUint32(start + 12, little);
  if (length > frameOctetsMax || length > end - start - fixed)
    return fault(`a packet of ${length} octets in a shorter block`);
  const captured = octets.subarray(start + fixed, start + fixed + length);
  const packet = { kind: 'frame' as const, frame, linkType: on.linkType, octets: captured, originalLength };
  if (type === simplePacketBlock) return packet;
  const units = (BigInt(view.getUint32(start + 4, little)) << 32n) | BigInt(view.getUint32(start + 8, little));
  const { perSecond, offsetSeconds } = on.timestampUnit;
  return { ...packet, timestampNanos: (units * 1_000_000_000n) / perSecond + offsetSeconds * 1_000_000_000n };
}

function interfaceOf({ octets, view, little, start, end }: Block): Interface | undefined {
  if (end - start < 8) return undefined;
  let perSecond = 1_000_000n;
  let offsetSeconds = 0n;
  let at = start + 8;
  for (let count = 0; count < optionsMax && end - at >= 4; count += 1) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === 0 || length > end - at - 4) break;
    if (code === 9 && length === 1) {
      const resolution = octets[at + 4]!;
      const exponent = BigInt(resolution & 0x7f);
      // No clock is finer than 10^-19 s; a greater exponent would only make numbers long.
      perSecond = exponent > 64n ? 1_000_000n : (resolution & 0x80 ? 2n : 10n) ** exponent;
    } else if (code === 14 && length === 8) offsetSeconds = view.getBigInt64(at + 4, little);
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return {
    linkType: view.getUint16(start, little),
    snapLength: view.getUint32(start + 4, little),
    timestampUnit: { perSecond, offsetSeconds },
  };
}
