/** Every kind of record. */
import type { Address } from '../address.js';
import type { Sourced } from '../origin.js';
import type { AuthRecord } from './auth.js';
import type { IkeRecord } from './ike.js';
import type { GatewayRecord, HostRecord, PolicyAction, RecordBase, TunnelRecord } from './policy.js';

/** `add host default -action …` and `add gateway default -action …`: what happens to packets that no policy selects. */
export interface DefaultPolicyRecord extends RecordBase {
  readonly kind: 'default-host' | 'default-gateway';
  readonly action: Sourced<PolicyAction>;
}

export interface BypassRecord extends RecordBase {
  readonly kind: 'bypass';
  readonly address: Address;
}

export interface StartupRecord extends RecordBase {
  readonly kind: 'startup';
  readonly autoboot?: Sourced<boolean>;
  readonly auditLevel?: Sourced<string>;
  readonly auditFolder?: Sourced<string>;
  readonly auditKilobytes?: Sourced<number>;
  readonly spiMin?: Sourced<number>;
  readonly spiMax?: Sourced<number>;
  readonly cacheSoft?: Sourced<number>;
  readonly cacheHard?: Sourced<number>;
}

/** cacert, mycert, csr, crl: read and checked, but they name files and belong to a command line. */
export interface CertificateRecord extends RecordBase {
  readonly kind: 'cacert' | 'mycert' | 'csr' | 'crl';
  readonly file?: Sourced<string>;
  readonly subject?: Sourced<string>;
  /** Bits of the RSA key that a request is for. */
  readonly keyLength?: Sourced<number>;
}

export type PolicyRecord =
  | HostRecord
  | GatewayRecord
  | TunnelRecord
  | DefaultPolicyRecord
  | IkeRecord
  | AuthRecord
  | BypassRecord
  | StartupRecord
  | CertificateRecord;

/** One operation of a batch, understood. */
export type Operation =
  | { readonly verb: 'add'; readonly record: PolicyRecord }
  | {
      readonly verb: 'delete';
      readonly object: string;
      readonly name: string;
      readonly at: RecordBase['at'];
      readonly address?: Address;
    };

export type { AuthRecord } from './auth.js';
export type { IkeRecord } from './ike.js';
export type * from './policy.js';
