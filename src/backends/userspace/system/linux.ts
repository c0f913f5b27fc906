/**
 * Numbers of Linux's interfaces, by their names in its headers. They are the same on every architecture that the native part
 * supports (64 bits, little endian, the generic numbering: x86-64, arm64, riscv64, loongarch64).
 */

/** asm-generic/fcntl.h */
export const open = { RDWR: 2, NONBLOCK: 0x800, CLOEXEC: 0x80000 } as const;

/** asm-generic/poll.h */
export const pollEvents = { IN: 1, ERR: 8, HUP: 16, NVAL: 32 } as const;

/** bits/eventfd.h */
export const eventfdFlags = { NONBLOCK: 0x800, CLOEXEC: 0x80000 } as const;

/** linux/if_tun.h */
export const tun = {
  TUNSETIFF: 0x400454ca,
  TUNSETOFFLOAD: 0x400454d0,
  TUNSETVNETHDRSZ: 0x400454d8,
  IFF_TUN: 0x1,
  IFF_NO_PI: 0x1000,
  IFF_VNET_HDR: 0x4000,
  /** TUN_F_…: what whoever reads can do itself. */
  F_CSUM: 0x01,
  F_TSO4: 0x02,
  F_TSO6: 0x04,
  /** From Linux 6.2 on. */
  F_USO4: 0x20,
  F_USO6: 0x40,
} as const;

/** linux/virtio_net.h: struct virtio_net_hdr, ten octets in the host's order. */
export const vnet = {
  length: 10,
  flagsAt: 0,
  gsoTypeAt: 1,
  headerLengthAt: 2,
  gsoSizeAt: 4,
  checksumStartAt: 6,
  checksumOffsetAt: 8,
  NEEDS_CSUM: 1,
  GSO_NONE: 0,
  GSO_TCPV4: 1,
  GSO_TCPV6: 4,
  GSO_UDP_L4: 5,
  /** Set beside the type: the segments have congestion marks. */
  GSO_ECN: 0x80,
} as const;

/** bits/socket.h, linux/in.h, linux/in6.h, linux/udp.h */
export const net = {
  AF_INET: 2,
  AF_INET6: 10,
  SOCK_DGRAM: 2,
  SOCK_RAW: 3,
  SOCK_NONBLOCK: 0x800,
  SOCK_CLOEXEC: 0x80000,
  IPPROTO_IP: 0,
  IPPROTO_UDP: 17,
  IPPROTO_IPV6: 41,
  IPPROTO_RAW: 255,
  SOL_SOCKET: 1,
  SO_REUSEADDR: 2,
  SO_SNDBUF: 7,
  SO_RCVBUF: 8,
  SO_SNDBUFFORCE: 32,
  SO_RCVBUFFORCE: 33,
  SO_MARK: 36,
  IP_TOS: 1,
  IP_TTL: 2,
  IP_HDRINCL: 3,
  IP_PKTINFO: 8,
  IP_MTU_DISCOVER: 10,
  IP_RECVTTL: 12,
  IP_RECVTOS: 13,
  IP_MTU: 14,
  IPV6_MTU_DISCOVER: 23,
  IPV6_MTU: 24,
  IPV6_V6ONLY: 26,
  IPV6_HDRINCL: 36,
  IPV6_RECVPKTINFO: 49,
  IPV6_PKTINFO: 50,
  IPV6_RECVHOPLIMIT: 51,
  IPV6_HOPLIMIT: 52,
  IPV6_DONTFRAG: 62,
  IPV6_RECVTCLASS: 66,
  IPV6_TCLASS: 67,
  UDP_NO_CHECK6_RX: 102,
  UDP_SEGMENT: 103,
  UDP_GRO: 104,
  PMTUDISC_DONT: 0,
  PMTUDISC_DO: 2,
  MSG_DONTWAIT: 0x40,
  MSG_TRUNC: 0x20,
  /** Segments of one `sendmsg` with UDP_SEGMENT (UDP_MAX_SEGMENTS; 128 since Linux 6.9). */
  segmentsMax: 64,
  /** Octets of one `sendmsg` with UDP_SEGMENT, headers of IPv4 and UDP taken off. */
  datagramMax: 65_507,
} as const;
