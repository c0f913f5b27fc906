/**
 * What a host's IPsec stack holds: its policies (SPD), its security associations (SAD) and what it does with packets that no
 * policy takes. The words are those of Linux XFRM, because that is the stack whose state can be read; a back end without
 * one of these things leaves it at its neutral value.
 */
import { type Address, type AddressValue, type Family, formatAddress } from './address.js';
import type { RecordRef } from './finding.js';
import type { Secret } from './secret.js';

/** `fwd`: packets that the host forwards, when they arrive; on their way out they meet `out`, as its own do. */
export type PolicyDirection = 'in' | 'out' | 'fwd';

export const policyDirections: readonly PolicyDirection[] = ['in', 'out', 'fwd'];

/**
 * The packets that a policy or SA is for, by their addresses on the wire. A packet has a port when it agrees with it in the
 * bits of the mask; for ICMP and ICMPv6 the source port is the type and the destination port the code, for MH the source port
 * is the type.
 */
export interface HostSelector {
  readonly family: Family;
  /** Bits beyond the prefix are 0. */
  readonly source: AddressValue;
  readonly sourcePrefix: number;
  readonly destination: AddressValue;
  readonly destinationPrefix: number;
  /** 0 is any. */
  readonly protocol: number;
  readonly sourcePort: number;
  readonly sourcePortMask: number;
  readonly destinationPort: number;
  readonly destinationPortMask: number;
  /** 0 is any. */
  readonly interfaceIndex: number;
  readonly user: number;
}

/** A packet has the mark when its own, masked, is the value. */
export interface Mark {
  readonly value: number;
  readonly mask: number;
}

export const noMark: Mark = { value: 0, mask: 0 };

/** One SA that a policy demands. */
export interface HostTemplate {
  /** 50 ESP, 51 AH, 108 IPComp. */
  readonly protocol: number;
  readonly mode: SaMode;
  /** Addresses of the outer header in tunnel mode; 0 takes what the route gives. Not used in transport mode. */
  readonly family: Family;
  readonly source: AddressValue;
  readonly destination: AddressValue;
  /** 0 is any. */
  readonly spi: number;
  /** 0 is any. */
  readonly reqid: number;
  /** Packets may do without. */
  readonly optional: boolean;
  readonly share: number;
  /** Bits of the algorithms that are allowed; all of them unless a daemon of the old kind set it. */
  readonly authenticationMask: number;
  readonly encryptionMask: number;
  readonly compressionMask: number;
}

/** By their numbers in linux/xfrm.h; `iptfs` is 5. */
export const saModes = ['transport', 'tunnel', 'route-optimization', 'in-trigger', 'beet', 'iptfs'] as const;
export type SaMode = (typeof saModes)[number];

/** Everything but `seconds` counts from the first packet on or from the beginning as its name says; absent is without limit. */
export interface HostLimits {
  readonly softBytes?: bigint;
  readonly hardBytes?: bigint;
  readonly softPackets?: bigint;
  readonly hardPackets?: bigint;
  readonly softAddSeconds?: bigint;
  readonly hardAddSeconds?: bigint;
  readonly softUseSeconds?: bigint;
  readonly hardUseSeconds?: bigint;
}

export interface HostUsage {
  readonly bytes: bigint;
  readonly packets: bigint;
  /** Seconds since 1970. */
  readonly addedAt: bigint;
  /** 0: never. */
  readonly usedAt: bigint;
}

export interface HostPolicy {
  readonly direction: PolicyDirection;
  readonly selector: HostSelector;
  readonly mark: Mark;
  /** Of the XFRM interface that packets pass; 0 is none. */
  readonly ifId: number;
  readonly type: 'main' | 'sub';
  /** The lowest number that matches wins. */
  readonly priority: number;
  /** The stack's name for it; 0: it may choose. */
  readonly index: number;
  readonly action: 'allow' | 'block';
  readonly flags: number;
  readonly share: number;
  /** Innermost first. */
  readonly templates: readonly HostTemplate[];
  readonly limits: HostLimits;
  readonly usage?: HostUsage;
  /** A security label is on it, which this tool does not write. */
  readonly labelled?: boolean;
  /** Which record made it, where this tool did. */
  readonly record?: RecordRef;
}

export interface HostAlgorithm {
  /** As in the Linux crypto API: `cbc(aes)`. */
  readonly name: string;
  readonly key: Secret;
}

export interface HostSa {
  readonly destination: Address;
  readonly spi: number;
  /** 50 ESP, 51 AH, 108 IPComp. */
  readonly protocol: number;
  readonly source: Address;
  readonly reqid: number;
  readonly mode: SaMode;
  /** What it carries; absent is everything. */
  readonly selector?: HostSelector;
  readonly mark: Mark;
  readonly ifId: number;
  /** Packets; 0 is off. */
  readonly replayWindow: number;
  readonly esn: boolean;
  /** XFRM_STATE_… flags other than ESN. */
  readonly flags: number;
  readonly extraFlags: number;
  readonly aead?: HostAlgorithm & { readonly icvBits: number };
  readonly encryption?: HostAlgorithm;
  readonly authentication?: HostAlgorithm & { readonly truncatedBits: number };
  readonly compression?: { readonly name: string };
  /** ESP in UDP (RFC 3948). */
  readonly encapsulation?: {
    readonly type: number;
    readonly sourcePort: number;
    readonly destinationPort: number;
    /** The address that the peer has behind its NAT (NAT-OA); 0 is unknown. */
    readonly original: AddressValue;
  };
  readonly tfcPadding?: number;
  readonly limits: HostLimits;
  readonly usage?: HostUsage;
  readonly record?: RecordRef;
}

export type DefaultAction = 'accept' | 'block';

export interface HostState {
  readonly policies: readonly HostPolicy[];
  readonly sas: readonly HostSa[];
  /** What becomes of packets that no policy takes. */
  readonly defaults: Readonly<Record<PolicyDirection, DefaultAction>>;
}

export const emptyHostState: HostState = {
  policies: [],
  sas: [],
  defaults: { in: 'accept', out: 'accept', fwd: 'accept' },
};

export type PolicyName = Pick<HostPolicy, 'direction' | 'selector' | 'mark' | 'ifId' | 'type'>;

/**
 * What names a policy in the stack: no two have equal ones. It is for maps and not for people, packed into as few characters as
 * possible, because a host may have a hundred thousand.
 */
export function policyKey({ direction, selector, mark, ifId, type }: PolicyName): string {
  const { family, source, sourcePrefix, destination, destinationPrefix, protocol, interfaceIndex, user } = selector;
  const key = String.fromCharCode(
    (policyDirections.indexOf(direction) << 4) | family,
    (sourcePrefix << 8) | destinationPrefix,
    protocol,
    selector.sourcePort,
    selector.sourcePortMask,
    selector.destinationPort,
    selector.destinationPortMask,
    high(source),
    low(source),
    high(destination),
    low(destination),
  );
  const isPlain = interfaceIndex === 0 && user === 0 && mark.value === 0 && mark.mask === 0 && ifId === 0;
  // What is longer than 32 bits, or seldom there, is written out.
  const rest = family === 6 ? `${source} ${destination}` : '';
  if (isPlain && type === 'main') return `${key}${rest}`;
  return `${key}${rest} ${interfaceIndex} ${user} ${mark.value}/${mark.mask} ${ifId} ${type}`;
}

function high(value: AddressValue): number {
  return typeof value === 'number' ? value >>> 16 : 0;
}

function low(value: AddressValue): number {
  return typeof value === 'number' ? value & 0xffff : 0;
}

/** What names an SA in the stack: where its packets go, its SPI and its protocol. */
export function saKey({ destination, spi, protocol, mark }: HostSa): string {
  return `${formatAddress(destination.family, destination.value)} ${spi} ${protocol} ${mark.value}/${mark.mask}`;
}
