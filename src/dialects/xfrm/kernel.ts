/** Policies and SAs as kernels have them (RFC 2367, linux/xfrm.h): what `ip xfrm` prints, and what setkey puts in. */
import type { Address, AddressRange, Family } from '../../model/address.js';
import type { Secret } from '../../model/secret.js';
import type { Interval } from '../../model/selector/box.js';
import type { Span } from '../../model/span.js';
import type { AuthenticationTransform, EncryptionTransform } from '../../model/transform.js';

export interface KernelSelector {
  readonly source: AddressRange;
  readonly destination: AddressRange;
  /** 0 is every protocol. */
  readonly protocol: number;
  readonly sourcePorts?: Interval;
  readonly destinationPorts?: Interval;
  /** ICMP and the like: type·256+code. */
  readonly types?: Interval;
}

export interface KernelTemplate {
  readonly protocol: 'ESP' | 'AH' | 'IPCOMP';
  readonly mode: 'transport' | 'tunnel';
  /** Absent: the packet's own. */
  readonly source?: Address;
  readonly destination?: Address;
  /** 0 or absent: any SA that fits. */
  readonly reqid?: number;
  readonly spi?: number;
  /** Packets may pass without it. */
  readonly isOptional: boolean;
}

export interface KernelPolicy {
  readonly at: Span;
  readonly name: string;
  readonly direction: 'in' | 'out' | 'fwd';
  readonly selector: KernelSelector;
  readonly action: 'allow' | 'discard';
  /** The lower one is looked at first; of equals the earlier one. */
  readonly priority: number;
  readonly priorityAt?: Span;
  readonly templates: readonly KernelTemplate[];
  readonly mark?: number;
  readonly ifId?: number;
  /** One SA for each pair of addresses and ports (setkey `unique` without a number). */
  readonly isUnique?: boolean;
}

export interface KernelSa {
  readonly at: Span;
  readonly protocol: 'ESP' | 'AH' | 'IPCOMP';
  readonly source: Address;
  readonly destination: Address;
  readonly spi: number;
  readonly reqid: number;
  readonly mode: 'transport' | 'tunnel' | 'any';
  readonly encryption?: EncryptionTransform;
  readonly authentication?: AuthenticationTransform;
  readonly encryptionKey?: Secret;
  readonly authenticationKey?: Secret;
  readonly replayWindow?: number;
  readonly lifetimeSeconds?: number;
  readonly isEsn?: boolean;
  /** Its algorithms are in our table. */
  readonly isKnown: boolean;
}

/** The family of a selector. */
export function familyOf({ source }: KernelSelector): Family {
  return source.family;
}
