/**
 * What a guidance profile is: a publication that says how IPsec should be used, as data. Rules never name a publication;
 * they ask the active profiles what is demanded and cite who demands it.
 *
 * Every demand says whether its numbers were compared with the publication (`confirmed`). What was not is still checked,
 * and each text that quotes it says so.
 */
import type { Severity } from '../../model/finding.js';
import type { Dialect } from '../../model/language/dialect.js';
import type { AuthenticationMethod } from '../../model/system-config.js';

/** Days on which something holds, as YYYY-MM-DD, both included; an absent end is open. */
export interface Period {
  readonly since?: string;
  readonly until?: string;
}

interface Ruling extends Period {
  /** Where in the profile's document it stands. */
  readonly section: string;
  /** Were the numbers compared with the publication, or with a text that quotes it? */
  readonly confirmed: boolean;
}

/** A rule's severity under the profile. */
export interface SeverityRuling extends Ruling {
  readonly code: string;
  readonly severity: Severity | 'off';
}

/** Places where an algorithm is used; names are those of the tables of transforms. */
export type AlgorithmSlot =
  | 'ike-encryption'
  | 'ike-integrity'
  | 'ike-prf'
  | 'key-exchange'
  | 'child-encryption'
  | 'child-integrity';

interface DemandBase extends Ruling {
  /** Of what breaks the demand: `error` for shall, `warning` for should. */
  readonly severity: Severity;
}

export type Demand =
  | (DemandBase & {
      readonly kind: 'algorithms';
      readonly slot: AlgorithmSlot;
      /** Only these, or all but these. */
      readonly approved?: readonly string[];
      readonly refused?: readonly string[];
    })
  | (DemandBase & { readonly kind: 'ike-version'; readonly approved: readonly (1 | 2)[] })
  | (DemandBase & { readonly kind: 'lifetime'; readonly of: 'ike' | 'child'; readonly secondsMax: number })
  | (DemandBase & { readonly kind: 'forward-secrecy' })
  | (DemandBase & { readonly kind: 'anti-replay' })
  /** Bits of estimated strength of a preshared key. */
  | (DemandBase & { readonly kind: 'preshared-key'; readonly bitsMin: number })
  /** Keys of certificates: bits of an RSA or DSA modulus, and the curves that may be used (any where absent). */
  | (DemandBase & {
      readonly kind: 'certificate-key';
      readonly modulusBitsMin: number;
      readonly curves?: readonly string[];
    })
  | (DemandBase & { readonly kind: 'authentication'; readonly approved: readonly AuthenticationMethod[] })
  | (DemandBase & {
      readonly kind: 'post-quantum';
      /** Key exchange methods that count. */
      readonly methods: readonly string[];
      /** Does a postquantum preshared key (RFC 8784) count as well? */
      readonly ppk: boolean;
    })
  /** Where the policies are meant to run. */
  | (DemandBase & {
      readonly kind: 'target';
      readonly target: 'hpux' | 'linux-xfrm' | 'userspace';
      /** The records that it can read. */
      readonly dialect?: Dialect;
    });

export type DemandKind = Demand['kind'];

export interface GuidanceProfile {
  readonly name: string;
  /** As messages call it: `NIST SP 800-77r1`. */
  readonly title: string;
  /** `June 2020`. */
  readonly edition: string;
  /** The publication, for a person who looks for it. */
  readonly citation: string;
  readonly summary: string;
  readonly severities: readonly SeverityRuling[];
  readonly demands: readonly Demand[];
}

/** Canonical cipher names of one mode, as `AES-GCM-16-128`, for the given key lengths. */
export function withKeyBits(mode: string, ...bits: readonly number[]): string[] {
  return bits.map((length) => `${mode}-${length}`);
}
