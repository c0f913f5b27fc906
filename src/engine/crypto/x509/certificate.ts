/** X.509 certificates — RFC 5280 §4.1: reads what IKE needs of them, strictly, and judges nothing. */
import { context, type DerResult, readDer, tags } from '../asn1/der.js';
import { equalConstantTime, toHex } from '../octets.js';
import { readSignatureAlgorithm } from '../signature-algorithm.js';
import type { SignatureScheme } from '../signature-scheme.js';
import { type CertificateExtensions, certificateExtensions, readRawExtensions } from './extensions.js';
import { type DistinguishedName, readName } from './name.js';

export interface Certificate {
  readonly der: Uint8Array;
  /** TBSCertificate: what is signed. */
  readonly tbs: Uint8Array;
  readonly version: 1 | 2 | 3;
  /** In hexadecimal, as it is usually shown. */
  readonly serialNumber: string;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  /** Milliseconds since 1970; both ends are inclusive. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo, for a provider's `importPublicKey`. */
  readonly spki: Uint8Array;
  /** Undefined where the algorithm is not one of ours. */
  readonly signatureScheme?: SignatureScheme;
  readonly signature: Uint8Array;
  readonly extensions: CertificateExtensions;
}

/** Reads one certificate in DER; the reason of a fault says what is malformed. */
export function readCertificate(der: Uint8Array): DerResult<Certificate> {
  return readDer(der, (reader) => {
    const outer = reader.sequence();
    const { raw: tbsOctets, inner: tbs } = outer.enterRaw(tags.sequence);
    const algorithm = outer.element().raw;
    const signature = outer.bitString();
    outer.end();

    const version = tbs.optional(context(0, 'constructed'))?.smallInteger() ?? 0;
    if (version > 2) tbs.fail('a version after 3');
    const serialNumber = toHex(tbs.content(tags.integer));
    if (!equalConstantTime(tbs.element().raw, algorithm)) tbs.fail('two different signature algorithms');
    const issuer = readName(tbs);
    const validity = tbs.sequence();
    const [notBefore, notAfter] = [validity.time(), validity.time()];
    validity.end();
    const subject = readName(tbs);
    const spki = tbs.element().raw;
    // Unique identifiers of version 2, which nobody uses.
    if (tbs.nextTag === context(1, 'primitive')) tbs.element();
    if (tbs.nextTag === context(2, 'primitive')) tbs.element();
    const list = tbs.optional(context(3, 'constructed'));
    if (list && version !== 2) tbs.fail('extensions before version 3');
    const extensions = certificateExtensions(list ? readRawExtensions(list) : new Map(), tbs);
    list?.end();
    tbs.end();

    return {
      der,
      tbs: tbsOctets,
      version: (version + 1) as 1 | 2 | 3,
      serialNumber,
      issuer,
      subject,
      notBefore,
      notAfter,
      spki,
      signatureScheme: readSignatureAlgorithm(algorithm),
      signature,
      extensions,
    };
  });
}
