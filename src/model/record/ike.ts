/** IKE policies: how an IKE SA with a peer is protected. */
import type { AlgorithmRow } from '../language/values.js';
import type { Sourced } from '../origin.js';
import type { AuthenticationMethod } from '../system-config.js';
import type { AddressSpec, RecordBase } from './policy.js';

export interface IkeRecord extends RecordBase {
  /** `ike` is A.02's record, before the versions were told apart. */
  readonly kind: 'ike' | 'ikev1' | 'ikev2';
  readonly remote: Sourced<AddressSpec>;
  readonly priority?: Sourced<number>;
  /** Group numbers in order of preference. */
  readonly groups: Sourced<readonly number[]>;
  /** IKEv1: hash (names of the PRF table); IKEv2: integrity (names of the authentication table). */
  readonly hash: Sourced<readonly AlgorithmRow[]>;
  readonly encryption: Sourced<readonly AlgorithmRow[]>;
  /** ikev2 only. */
  readonly prf?: Sourced<readonly AlgorithmRow[]>;
  readonly lifeSeconds: Sourced<number>;
  readonly pfs: Sourced<boolean>;
  /** A.02: Quick Modes per ISAKMP SA; 1 is PFS of keys and identities. */
  readonly quickModesMax?: Sourced<number>;
  /** `ike` only. */
  readonly method?: Sourced<AuthenticationMethod>;
}
