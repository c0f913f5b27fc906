/**
 * Capture files in the pcapng format (draft-ietf-opsawg-pcapng): one interface for each system, IP packets as they were put on
 * the wire, with nanoseconds and comments. Wireshark, tshark and our own `decode` read them.
 */

export interface CapturedPacket {
  readonly timestampNanos: bigint;
  /** Number of its interface, from 0. */
  readonly interface: number;
  /** From the IP header on. */
  readonly octets: Uint8Array;
  readonly comment?: string;
}

export interface Capture {
  /** What wrote it: `ipsec 0.1.0`. */
  readonly application: string;
  readonly comment?: string;
  /** Names of the interfaces: one for each system. */
  readonly interfaces: readonly string[];
  readonly packets: readonly CapturedPacket[];
}

const blockTypes = { SECTION_HEADER: 0x0a0d0d0a, INTERFACE: 1, ENHANCED_PACKET: 6 } as const;
const options = { END: 0, COMMENT: 1, IF_NAME: 2, IF_TSRESOL: 9, SHB_USERAPPL: 4 } as const;
const byteOrderMagic = 0x1a2b3c4d;
/** LINKTYPE_RAW: the packet begins with its IP header. */
const linkTypeRaw = 101;
/** 10^-9 seconds. */
const nanoseconds = 9;
/** Octets of a text in an option. */
const textMax = 4_096;

/** The octets of a capture file, block by block. */
export function* writePcapng({ application, comment, interfaces, packets }: Capture): Generator<Uint8Array> {
  const section = new Uint8Array(16);
  const view = new DataView(section.buffer);
  view.setUint32(0, byteOrderMagic);
  view.setUint16(4, 1);
  // The length of the section is not told: readers go on to the end.
  view.setBigInt64(8, -1n);
  yield block(blockTypes.SECTION_HEADER, section, [
    text(options.SHB_USERAPPL, application),
    ...(comment ? [text(options.COMMENT, comment)] : []),
  ]);
  for (const name of interfaces) {
    const body = new Uint8Array(8);
    new DataView(body.buffer).setUint16(0, linkTypeRaw);
    yield block(blockTypes.INTERFACE, body, [
      text(options.IF_NAME, name),
      { code: options.IF_TSRESOL, value: Uint8Array.of(nanoseconds) },
    ]);
  }
  for (const packet of packets) {
    const body = new Uint8Array(20 + padded(packet.octets.length));
    const fields = new DataView(body.buffer);
    fields.setUint32(0, packet.interface);
    fields.setUint32(4, Number((packet.timestampNanos >> 32n) & 0xffff_ffffn));
    fields.setUint32(8, Number(packet.timestampNanos & 0xffff_ffffn));
    fields.setUint32(12, packet.octets.length);
    fields.setUint32(16, packet.octets.length);
    body.set(packet.octets, 20);
    yield block(blockTypes.ENHANCED_PACKET, body, packet.comment ? [text(options.COMMENT, packet.comment)] : []);
  }
}

interface Option {
  readonly code: number;
  readonly value: Uint8Array;
}

function text(code: number, value: string): Option {
  return { code, value: new TextEncoder().encode(value).slice(0, textMax) };
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4;
}

function block(type: number, body: Uint8Array, list: readonly Option[]): Uint8Array {
  const optionsLength = list.length === 0 ? 0 : list.reduce((sum, { value }) => sum + 4 + padded(value.length), 4);
  const length = 12 + body.length + optionsLength;
  const octets = new Uint8Array(length);
  const view = new DataView(octets.buffer);
  view.setUint32(0, type);
  view.setUint32(4, length);
  octets.set(body, 8);
  let at = 8 + body.length;
  for (const { code, value } of list) {
    view.setUint16(at, code);
    view.setUint16(at + 2, value.length);
    octets.set(value, at + 4);
    at += 4 + padded(value.length);
  }
  view.setUint32(length - 4, length);
  return octets;
}
