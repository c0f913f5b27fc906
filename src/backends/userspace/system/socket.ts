/**
 * The sockets of the data path. All carry the runtime's mark, so that routing tells its packets from those that it is to protect,
 * and all send blocking but for a bounded time: the kernel's queue pushes back instead of losing packets.
 */
import type { Family } from '../../../model/address.js';
import { hostRefused } from './host-error.js';
import { net } from './linux.js';
import { allocate } from './memory.js';
import type { Native } from './native.js';

export type SocketPurpose =
  /** ESP in UDP, and IKE beside it. */
  | { readonly kind: 'UDP'; readonly port: number }
  /** ESP or AH right on IP. */
  | { readonly kind: 'raw'; readonly protocol: number }
  /** Sends whole packets, header and all; receives nothing. */
  | { readonly kind: 'whole' };

export interface SocketOptions {
  readonly family: Family;
  readonly purpose: SocketPurpose;
  /** SO_MARK; 0 is none. */
  readonly mark: number;
  /** Takes datagrams of one flow together (UDP_GRO). */
  readonly receiveOffload: boolean;
}

export interface Socket extends SocketOptions {
  readonly descriptor: number;
  /** Sets whether IPv4 packets that are too long for the path are refused (and carry DF) or sent in fragments. */
  setDontFragment(dontFragment: boolean): void;
  close(): void;
}

/** Octets of the receive and send queues: 8 MB hold 50 ms of 1 Gbit/s. */
const queueOctets = 8 << 20;
/** Longer than any queue takes to drain on a living link. */
const sendTimeoutMillis = 100;
/** SO_SNDTIMEO takes a struct timeval: two numbers of 64 bits. */
const sendTimeoutOption = 21;

/** A socket that another thread has opened. */
export function adoptSocket(native: Native, options: SocketOptions, descriptor: number): Socket {
  const { libc } = native;
  const argument = allocate(native, 4);
  const isV4 = options.family === 4;
  let dontFragment: boolean | undefined;
  return {
    ...options,
    descriptor,
    setDontFragment(wanted) {
      if (!isV4 || wanted === dontFragment) return;
      argument.view.setInt32(0, wanted ? net.PMTUDISC_DO : net.PMTUDISC_DONT, true);
      const set = libc.setsockopt(descriptor, net.IPPROTO_IP, net.IP_MTU_DISCOVER, argument.address, 4);
      if (set === 0) dontFragment = wanted;
    },
    close: () => void libc.close(descriptor),
  };
}

/** Sets SO_MARK on a socket that somebody else has opened. */
export function markSocket(native: Native, descriptor: number, mark: number): void {
  const argument = allocate(native, 4);
  argument.view.setInt32(0, mark, true);
  if (native.libc.setsockopt(descriptor, net.SOL_SOCKET, net.SO_MARK, argument.address, 4) === 0) return;
  throw hostRefused(native, 'set the mark of a socket');
}

/** Opens and binds one; throws an EnvironmentError with the remedy where the host refuses. */
export function openSocket(native: Native, options: SocketOptions): Socket {
  const { libc } = native;
  const { family, purpose, mark } = options;
  const isV4 = family === 4;
  const [type, protocol] =
    purpose.kind === 'UDP'
      ? [net.SOCK_DGRAM, net.IPPROTO_UDP]
      : [net.SOCK_RAW, purpose.kind === 'raw' ? purpose.protocol : net.IPPROTO_RAW];
  const name = socketName(options);
  const descriptor = libc.socket(isV4 ? net.AF_INET : net.AF_INET6, type | net.SOCK_CLOEXEC, protocol);
  if (descriptor < 0) {
    throw hostRefused(native, `open ${name}`, {
      EAFNOSUPPORT: ['The host has no IPv6: leave IPv6 out of the policy.'],
    });
  }
  const argument = allocate(native, 28);
  const set = (level: number, option: number, value: number): boolean => {
    argument.view.setInt32(0, value, true);
    return libc.setsockopt(descriptor, level, option, argument.address, 4) === 0;
  };
  const must = (level: number, option: number, value: number, what: string): void => {
    if (!set(level, option, value)) throw hostRefused(native, `${what} of ${name}`);
  };
  const level = isV4 ? net.IPPROTO_IP : net.IPPROTO_IPV6;
  try {
    if (mark !== 0) must(net.SOL_SOCKET, net.SO_MARK, mark, 'set the mark');
    // Without the privilege for more, net.core.rmem_max is what there is.
    if (!set(net.SOL_SOCKET, net.SO_RCVBUFFORCE, queueOctets)) set(net.SOL_SOCKET, net.SO_RCVBUF, queueOctets);
    if (!set(net.SOL_SOCKET, net.SO_SNDBUFFORCE, queueOctets)) set(net.SOL_SOCKET, net.SO_SNDBUF, queueOctets);
    argument.view.setBigInt64(0, 0n, true);
    argument.view.setBigInt64(8, BigInt(sendTimeoutMillis) * 1000n, true);
    libc.setsockopt(descriptor, net.SOL_SOCKET, sendTimeoutOption, argument.address, 16);
    if (!isV4 && purpose.kind === 'UDP') must(level, net.IPV6_V6ONLY, 1, 'keep IPv4 out');
    if (purpose.kind === 'whole') must(level, isV4 ? net.IP_HDRINCL : net.IPV6_HDRINCL, 1, 'bring the headers');
    else {
      // The SA is found by the address that a packet was sent to, and its outer header has a say in congestion marks.
      must(level, isV4 ? net.IP_PKTINFO : net.IPV6_RECVPKTINFO, 1, 'ask for addresses');
      must(level, isV4 ? net.IP_RECVTOS : net.IPV6_RECVTCLASS, 1, 'ask for traffic classes');
      must(level, isV4 ? net.IP_RECVTTL : net.IPV6_RECVHOPLIMIT, 1, 'ask for hop limits');
    }
    if (purpose.kind === 'UDP') {
      // Peers may leave the checksum out (RFC 3948 §2.1, RFC 6935 §5): the ICV protects.
      if (!isV4) set(net.IPPROTO_UDP, net.UDP_NO_CHECK6_RX, 1);
      if (options.receiveOffload) set(net.IPPROTO_UDP, net.UDP_GRO, 1);
      bindToPort(native, descriptor, options, purpose.port);
    }
  } catch (error) {
    libc.close(descriptor);
    throw error;
  }
  return adoptSocket(native, options, descriptor);
}

function bindToPort(native: Native, descriptor: number, options: SocketOptions, port: number): void {
  const { libc } = native;
  const isV4 = options.family === 4;
  const address = allocate(native, 28);
  address.view.setUint16(0, isV4 ? net.AF_INET : net.AF_INET6, true);
  address.view.setUint16(2, port);
  if (libc.bind(descriptor, address.address, isV4 ? 16 : 28) === 0) return;
  throw hostRefused(native, `bind ${socketName(options)}`, {
    EADDRINUSE: [
      'Another IKE daemon has the port: stop it (systemctl stop strongswan-starter, or ipsec.service, racoon, iked).',
      `See which one: ss -lunp 'sport = :${port}'.`,
    ],
  });
}

function socketName({ family, purpose }: SocketOptions): string {
  switch (purpose.kind) {
    case 'UDP':
      return `UDP port ${purpose.port} of IPv${family}`;
    case 'raw':
      return `a raw socket for protocol ${purpose.protocol} of IPv${family}`;
    case 'whole':
      return `a raw socket for IPv${family} packets`;
  }
}

/**
 * Octets that the path to an address takes, as far as the kernel knows: what it heard of routers, or else what the first link takes.
 * Undefined where there is no way to it. `mark` as the packets will have it.
 */
export function kernelPathMtu(
  native: Native,
  family: Family,
  destination: Uint8Array,
  mark: number,
): number | undefined {
  const { libc } = native;
  const isV4 = family === 4;
  const descriptor = libc.socket(isV4 ? net.AF_INET : net.AF_INET6, net.SOCK_DGRAM | net.SOCK_CLOEXEC, 0);
  if (descriptor < 0) return undefined;
  try {
    const memory = allocate(native, 48);
    memory.view.setInt32(0, mark, true);
    if (mark !== 0) libc.setsockopt(descriptor, net.SOL_SOCKET, net.SO_MARK, memory.address, 4);
    writeSocketAddress(memory.octets, 0, family, destination, 9);
    if (libc.connect(descriptor, memory.address, isV4 ? 16 : 28) < 0) return undefined;
    memory.view.setInt32(40, 4, true);
    const [level, option] = isV4 ? [net.IPPROTO_IP, net.IP_MTU] : [net.IPPROTO_IPV6, net.IPV6_MTU];
    const got = libc.getsockopt(descriptor, level, option, memory.address + 32, memory.address + 40);
    return got === 0 ? memory.view.getInt32(32, true) : undefined;
  } finally {
    libc.close(descriptor);
  }
}

/** A struct sockaddr_in or sockaddr_in6; the octets behind the address must be zero. Gives its length. */
export function writeSocketAddress(
  octets: Uint8Array,
  at: number,
  family: Family,
  address: Uint8Array,
  port: number,
): number {
  const isV4 = family === 4;
  octets[at] = isV4 ? net.AF_INET : net.AF_INET6;
  octets[at + 1] = 0;
  octets[at + 2] = port >> 8;
  octets[at + 3] = port & 255;
  octets.set(address, at + (isV4 ? 4 : 8));
  return isV4 ? 16 : 28;
}
