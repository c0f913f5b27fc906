/** What a configuration demands of signatures beyond the method of authentication (`auth = rsa-3072-sha384` of strongSwan). */

/** A way to sign; without a hash the key alone decides (Ed25519, Ed448). */
export interface SignatureDemand {
  readonly scheme: 'RSASSA-PKCS1-v1_5' | 'RSASSA-PSS' | 'ECDSA' | 'EdDSA';
  /** As hashes are named everywhere; one that nothing here computes can stand as well, and is then met by nothing. */
  readonly hash?: string;
}

export interface SignatureDemands {
  /** As it is written. */
  readonly written: string;
  /** Bits that keys must have at least: the one that signs and those of the authorities above it. */
  readonly keys: readonly { readonly kind: 'RSA' | 'EC'; readonly bits: number }[];
  /** The signatures of certificates; empty: any. */
  readonly certificates: readonly SignatureDemand[];
  /** The signature in the exchange itself; empty: any. */
  readonly exchange: readonly SignatureDemand[];
}

/** Is a way to sign one of those that are demanded? Where none is, every one is. */
export function meetsDemand(used: SignatureDemand, demands: readonly SignatureDemand[]): boolean {
  return demands.length === 0 || demands.some((demand) => isSameScheme(used, demand));
}

function isSameScheme(a: SignatureDemand, b: SignatureDemand): boolean {
  return a.scheme === b.scheme && a.hash === b.hash;
}

/** `RSASSA-PSS with SHA2-256` */
export function demandText({ scheme, hash }: SignatureDemand): string {
  return hash === undefined ? scheme : `${scheme} with ${hash}`;
}
