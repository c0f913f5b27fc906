/** Authentication records: how a peer is found, identified and authenticated. */
import type { Sourced } from '../origin.js';
import type {
  AuthenticationMethod,
  Identity,
  IdentityPattern,
  IdentityType,
  SecretReference,
} from '../system-config.js';
import type { AddressSpec, RecordBase } from './policy.js';

export interface PresharedKey {
  readonly reference: SecretReference;
  /** How a literal key was written. */
  readonly form: 'text' | 'hexadecimal' | 'reference';
}

export interface AuthRecord extends RecordBase {
  readonly kind: 'auth';
  readonly remote: Sourced<AddressSpec>;
  readonly priority?: Sourced<number>;
  readonly kmp: Sourced<readonly (1 | 2)[]>;
  readonly exchange: Sourced<'MM' | 'AM'>;
  readonly localMethod: Sourced<AuthenticationMethod>;
  readonly remoteMethod: Sourced<AuthenticationMethod>;
  readonly preshared?: Sourced<PresharedKey>;
  readonly localIdType?: Sourced<IdentityType>;
  readonly localId?: Sourced<Identity>;
  readonly remoteIdType?: Sourced<IdentityType>;
  readonly remoteId?: Sourced<IdentityPattern>;
  readonly flags: Sourced<readonly ('AUTOCONF' | 'NONE')[]>;
  readonly natTraversal?: Sourced<'ON' | 'OFF' | 'FORCE'>;
  readonly dpdSeconds?: Sourced<number>;
  readonly fragmentation?: Sourced<boolean>;
  /** Paths of files: this system's certificate, the authorities accepted for the peer, and their revocation lists. */
  readonly certificate?: Sourced<string>;
  readonly ca?: Sourced<string>;
  readonly crl?: Sourced<string>;
  readonly ppk?: Sourced<PresharedKey>;
  readonly ppkId?: Sourced<string>;
  readonly ppkRequired?: Sourced<boolean>;
}
