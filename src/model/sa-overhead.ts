/**
 * How much longer packets become by the SAs of a bundle, and how long they may be for a link (RFC 4303 §2, RFC 4302 §2.2,
 * RFC 3948 §2.1). All lengths are octets of whole IP packets.
 */
import type { Family } from './address.js';
import type { ChildProposal, SaTemplate } from './system-config.js';

/** Security parameters index and sequence number. */
const espHeader = 8;
/** Pad length and next header. */
const espTrailer = 2;
/** Next header, payload length, reserved, SPI, sequence number. */
const ahHeader = 12;
const udpHeader = 8;

function ipHeader(family: Family): number {
  return family === 4 ? 20 : 40;
}

export interface OverheadOptions {
  /** Of the packet itself. */
  readonly family: Family;
  /** UDP encapsulation around ESP that leaves the system, behind a NAT. */
  readonly udp?: boolean;
}

/** The longest that a packet of `length` octets can become, by the longest proposal of each SA of a bundle. */
export function protectedLength(length: number, bundle: readonly SaTemplate[], options: OverheadOptions): number {
  let { family } = options;
  let current = length;
  for (const [index, { mode, proposals, remoteEndpoint }] of bundle.entries()) {
    const outerFamily = mode === 'tunnel' ? (remoteEndpoint?.family ?? family) : family;
    const inside = mode === 'tunnel' ? current : current - ipHeader(family);
    const lengths = proposals.map((proposal) => saLength(inside, proposal, outerFamily));
    const isLast = index === bundle.length - 1;
    const udp = options.udp && isLast && proposals.some(({ protocol }) => protocol === 'ESP') ? udpHeader : 0;
    family = outerFamily;
    current = ipHeader(family) + udp + Math.max(inside, ...lengths);
  }
  return current;
}

/** The length of an ESP or AH packet without its IP header. */
function saLength(inside: number, { protocol, encryption, authentication }: ChildProposal, family: Family): number {
  const icvOctets = Math.max(0, ...authentication.map(({ icvBits }) => icvBits / 8));
  if (protocol === 'AH') return roundUp(ahHeader + icvOctets, family === 4 ? 4 : 8) + inside;
  const lengths = encryption.map((cipher) => {
    const block = Math.max(cipher.blockOctets, 4);
    return espHeader + cipher.ivOctets + roundUp(inside + espTrailer, block) + (cipher.icvOctets ?? icvOctets);
  });
  return Math.max(inside, ...lengths);
}

function roundUp(length: number, multiple: number): number {
  return Math.ceil(length / multiple) * multiple;
}

/** The longest packet that fits a link after protection; 0 where none does. */
export function innerMtu(linkMtu: number, bundle: readonly SaTemplate[], options: OverheadOptions): number {
  let [low, high] = [0, linkMtu];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (protectedLength(middle, bundle, options) <= linkMtu) low = middle;
    else high = middle - 1;
  }
  return low;
}
