/** Host, tunnel and gateway policies: the records that select packets. */
import type { Address, AddressRange } from '../address.js';
import type { TransformRow } from '../language/values.js';
import type { Sourced } from '../origin.js';
import type { Span } from '../span.js';
import type { ManualSa } from '../system-config.js';

/** What all records have. */
export interface RecordBase {
  readonly name: string;
  /** The name where it is written; the statement for records without one. */
  readonly nameAt: Span;
  /** The whole statement. */
  readonly at: Span;
  /**
   * Arguments that were written and could not be read, at least in part, and `?` for words that belong to none: the record
   * stands for something else than was meant. Absent where everything was understood.
   */
  readonly unread?: readonly string[];
}

/** One value of -source, -destination or -remote. */
export interface AddressSpec {
  readonly range: AddressRange;
  /** The address as written (the lower one of a range). */
  readonly address: Address;
  /** Absent for a range. */
  readonly prefixLength?: number;
  readonly prefixWritten: boolean;
  /** Bits below the prefix are set: the reader sees another network than the product. */
  readonly hostBits: boolean;
  /** Absent: any port (also where 0 is written). */
  readonly port?: { readonly lo: number; readonly hi: number };
  /** The service name that gave the port. */
  readonly service?: { readonly word: string; readonly protocol: number };
}

/** A transform of a list, with what was written behind it. */
export interface TransformSpec {
  readonly at: Span;
  /** The outer transform; for a nested pair the AH one. */
  readonly transform: TransformRow;
  /** The ESP transform inside an AH one (A.02 `AH_x+ESP_y`). */
  readonly nested?: TransformRow;
  /** As written; 0 is infinite; absent takes the language's default. */
  readonly lifetimeSeconds?: number;
  readonly lifetimeKilobytes?: number;
}

export type PolicyAction =
  | { readonly kind: 'PASS' | 'DISCARD' | 'FORWARD' }
  | { readonly kind: 'TRANSFORMS'; readonly transforms: readonly TransformSpec[] };

/** Message types that one side sends, for ICMP, ICMPv6 and the Mobility Header. */
export interface MessageTypes {
  readonly protocol: 1 | 58 | 135;
  readonly side: 'source' | 'destination';
  /** Sorted, without repetition; `ALL` stands for every type. */
  readonly types: Sourced<readonly number[] | 'ALL'>;
}

interface SelectingRecord extends RecordBase {
  readonly sources: readonly Sourced<AddressSpec>[];
  readonly destinations: readonly Sourced<AddressSpec>[];
  /** 0 is every protocol. */
  readonly protocol: Sourced<number>;
  readonly messageTypes: readonly MessageTypes[];
  readonly action: Sourced<PolicyAction>;
}

/** Options of the extended dialect. */
export interface ChildOptions {
  readonly pfsGroups?: Sourced<readonly number[]>;
  readonly esn?: Sourced<'ON' | 'OFF' | 'BOTH'>;
  readonly replayWindow?: Sourced<number>;
  readonly start?: Sourced<'TRAP' | 'START' | 'NONE'>;
  readonly mark?: Sourced<number>;
  readonly ifId?: Sourced<number>;
}

export interface ManualKeys {
  readonly manualIn?: Sourced<ManualSa>;
  readonly manualOut?: Sourced<ManualSa>;
}

export type HostFlag = 'EXCLUSIVE' | 'FALLBACK_TO_CLEAR' | 'MIPV6' | 'AUTOCONF' | 'NONE';

export interface HostRecord extends SelectingRecord, ChildOptions, ManualKeys {
  readonly kind: 'host';
  /** Assigned by `resolve` where it is not written. */
  readonly priority?: Sourced<number>;
  readonly tunnel?: Sourced<string>;
  readonly flags: Sourced<readonly HostFlag[]>;
}

export interface GatewayRecord extends SelectingRecord {
  readonly kind: 'gateway';
  readonly priority?: Sourced<number>;
  readonly tunnel?: Sourced<string>;
  readonly flags: Sourced<readonly HostFlag[]>;
}

export interface TunnelRecord extends SelectingRecord, ChildOptions, ManualKeys {
  readonly kind: 'tunnel';
  readonly tunnelSource?: Sourced<Address>;
  readonly tunnelDestination?: Sourced<Address>;
}
