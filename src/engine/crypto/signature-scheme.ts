/** How a signature is made, as a value; the providers implement them, certificates and RFC 7427 name them by OID. */
import type { HashName } from './provider.js';

/** What sort of key it is: `EC` covers every curve of ECDSA. */
export type KeyKind = 'RSA' | 'DSA' | 'EC' | 'Ed25519' | 'Ed448';

/**
 * `prehashed` takes the message as the digest itself, which is how IKEv1 signs HASH_I and HASH_R with DSS and ECDSA.
 * Integer pairs are r | s at full length (`raw`: RFC 2409 §5.1, RFC 4754) or an ASN.1 SEQUENCE (`DER`: RFC 7427, X.509).
 */
export type SignatureScheme =
  | { readonly kind: 'RSASSA-PKCS1-v1_5'; readonly hash: HashName }
  /** IKEv1: HASH_I in PKCS #1 padding without the OID of a hash — RFC 2409 §5.1. */
  | { readonly kind: 'RSA-raw-hash' }
  | { readonly kind: 'RSASSA-PSS'; readonly hash: HashName; readonly saltLength: number }
  | { readonly kind: 'DSA'; readonly hash: HashName | 'prehashed'; readonly encoding: 'raw' | 'DER' }
  | { readonly kind: 'ECDSA'; readonly hash: HashName | 'prehashed'; readonly encoding: 'raw' | 'DER' }
  /** Pure Ed25519 or Ed448, as the key says — RFC 8032, RFC 8420. */
  | { readonly kind: 'EdDSA' };

/** Is the scheme one for this kind of key? */
export function schemeFits(scheme: SignatureScheme, key: KeyKind): boolean {
  switch (scheme.kind) {
    case 'RSASSA-PKCS1-v1_5':
    case 'RSA-raw-hash':
    case 'RSASSA-PSS':
      return key === 'RSA';
    case 'DSA':
      return key === 'DSA';
    case 'ECDSA':
      return key === 'EC';
    case 'EdDSA':
      return key === 'Ed25519' || key === 'Ed448';
  }
}
