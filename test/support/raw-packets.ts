/** Sockets and packets that Node has not: flows from any address, and frames of any kind, for tests of the kernel's policies. */
import koffi from 'koffi';
import { addressToOctets } from '../../src/model/address.js';
import { hasPorts, hasTypes, type Packet, protocolNumbers } from '../../src/model/packet.js';

const library = koffi.load(null);
const c = {
  socket: library.func('int socket(int, int, int)'),
  setsockopt: library.func('int setsockopt(int, int, int, void *, uint32_t)'),
  bind: library.func('int bind(int, void *, uint32_t)'),
  connect: library.func('int connect(int, void *, uint32_t)'),
  sendto: library.func('intptr_t sendto(int, void *, size_t, int, void *, uint32_t)'),
  close: library.func('int close(int)'),
};

const families = { 4: 2, 6: 10 } as const;
const sockStream = 1;
const sockDatagram = 2;
const sockRaw = 3;
const sockNonblock = 0o4000;
/** [level, option] that let a socket have any address. */
const transparent = { 4: [0, 19], 6: [41, 75] } as const;

function socketAddress(family: 4 | 6, value: number | bigint, port: number): Uint8Array {
  const octets = addressToOctets({ family, value });
  const made = new Uint8Array(family === 4 ? 16 : 28);
  const view = new DataView(made.buffer);
  view.setUint16(0, families[family], true);
  view.setUint16(2, port);
  made.set(octets, family === 4 ? 4 : 8);
  return made;
}

/** `errno` of trying to send an outbound packet of the model: 0 where nothing speaks against it. */
export function trySending(packet: Packet): number {
  const { family, protocol, local, remote } = packet;
  const kind =
    protocol === protocolNumbers.TCP ? sockStream : protocol === protocolNumbers.UDP ? sockDatagram : sockRaw;
  const descriptor = c.socket(families[family], kind | sockNonblock, kind === sockRaw ? protocol : 0);
  if (descriptor < 0) throw new Error(`socket: ${koffi.errno()}`);
  try {
    const one = Uint8Array.from([1, 0, 0, 0]);
    const [level, option] = transparent[family];
    if (c.setsockopt(descriptor, level, option, one, 4) < 0) throw new Error(`transparent: ${koffi.errno()}`);
    const from = socketAddress(family, local, hasPorts(protocol) ? (packet.localPort ?? 0) : 0);
    if (c.bind(descriptor, from, from.length) < 0) throw new Error(`bind: ${koffi.errno()}`);
    const to = socketAddress(family, remote, hasPorts(protocol) ? (packet.remotePort ?? 0) : 0);
    if (kind !== sockRaw) {
      if (c.connect(descriptor, to, to.length) >= 0) return 0;
      const errno = koffi.errno();
      return errno === koffi.os.errno.EINPROGRESS ? 0 : errno;
    }
    const message = Uint8Array.from([packet.type ?? 0, packet.code ?? 0, 0, 0, 0, 0, 0, 0]);
    return c.sendto(descriptor, message, message.length, 0, to, to.length) < 0 ? koffi.errno() : 0;
  } finally {
    c.close(descriptor);
  }
}

export interface FrameSender {
  /** Puts an inbound packet of the model on the wire, as its sender would. */
  send(packet: Packet): void;
  close(): void;
}

const rawProtocol = 255;

export interface RawSender {
  /** Sends an IPv4 packet with the header that it has; false where the kernel does not take it. */
  send(packet: Uint8Array): boolean;
  close(): void;
}

/** Sends packets from any address; the kernel only writes length and checksum of the header, and finds the way. */
export function rawSender(): RawSender {
  const descriptor = c.socket(families[4], sockRaw, rawProtocol);
  if (descriptor < 0) throw new Error(`raw socket: ${koffi.errno()}`);
  const address = new Uint8Array(16);
  new DataView(address.buffer).setUint16(0, families[4], true);
  return {
    send(packet) {
      address.set(packet.subarray(16, 20), 4);
      return c.sendto(descriptor, packet, packet.length, 0, address, address.length) >= 0;
    },
    close: () => void c.close(descriptor),
  };
}

const afPacket = 17;

/** Sends frames through an interface; must be made in its namespace. */
export function frameSender(interfaceIndex: number, destinationMac: string, sourceMac: string): FrameSender {
  const descriptor = c.socket(afPacket, sockRaw, 0);
  if (descriptor < 0) throw new Error(`packet socket: ${koffi.errno()}`);
  const mac = (text: string) => text.split(':').map((octet) => Number.parseInt(octet, 16));
  const address = new Uint8Array(20);
  const view = new DataView(address.buffer);
  view.setUint16(0, afPacket, true);
  view.setInt32(4, interfaceIndex, true);
  return {
    send(packet) {
      const ip = ipPacket(packet);
      const type = packet.family === 4 ? [0x08, 0x00] : [0x86, 0xdd];
      const frame = Uint8Array.from([...mac(destinationMac), ...mac(sourceMac), ...type, ...ip]);
      if (c.sendto(descriptor, frame, frame.length, 0, address, address.length) < 0)
        throw new Error(`sendto: ${koffi.errno()}`);
    },
    close: () => void c.close(descriptor),
  };
}

/** An inbound packet from `remote` to `local`, with valid checksums. */
export function ipPacket(packet: Packet): Uint8Array {
  const { family, protocol } = packet;
  const source = addressToOctets({ family, value: packet.remote });
  const destination = addressToOctets({ family, value: packet.local });
  const payload = payloadOf(packet, source, destination);
  const header = new Uint8Array(family === 4 ? 20 : 40);
  const view = new DataView(header.buffer);
  if (family === 4) {
    header.set([0x45, 0]);
    view.setUint16(2, 20 + payload.length);
    header.set([64, protocol], 8);
    header.set(source, 12);
    header.set(destination, 16);
    view.setUint16(10, checksum(header));
  } else {
    header[0] = 0x60;
    view.setUint16(4, payload.length);
    header.set([protocol, 64], 6);
    header.set(source, 8);
    header.set(destination, 24);
  }
  return Uint8Array.from([...header, ...payload]);
}

function payloadOf(packet: Packet, source: Uint8Array, destination: Uint8Array): Uint8Array {
  const { protocol, localPort = 0, remotePort = 0, type = 0, code = 0 } = packet;
  const isTcp = protocol === protocolNumbers.TCP;
  const made = new Uint8Array(isTcp ? 20 : 8);
  const view = new DataView(made.buffer);
  if (hasTypes(protocol)) {
    made.set([type, code]);
    const pseudo = packet.family === 6 ? pseudoHeader(source, destination, protocol, made.length) : new Uint8Array(0);
    view.setUint16(2, checksum(Uint8Array.from([...pseudo, ...made])));
    return made;
  }
  view.setUint16(0, remotePort);
  view.setUint16(2, localPort);
  if (isTcp) {
    view.setUint32(4, 1);
    made.set([0x50, 0x02], 12);
    view.setUint16(14, 1024);
  } else view.setUint16(4, made.length);
  const sum = checksum(Uint8Array.from([...pseudoHeader(source, destination, protocol, made.length), ...made]));
  view.setUint16(isTcp ? 16 : 6, sum === 0 && !isTcp ? 0xffff : sum);
  return made;
}

function pseudoHeader(source: Uint8Array, destination: Uint8Array, protocol: number, length: number): Uint8Array {
  if (source.length === 4) return Uint8Array.from([...source, ...destination, 0, protocol, length >> 8, length & 255]);
  return Uint8Array.from([...source, ...destination, 0, 0, length >> 8, length & 255, 0, 0, 0, protocol]);
}

/** RFC 1071. */
function checksum(octets: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < octets.length; at += 2) sum += (octets[at]! << 8) | (octets[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
