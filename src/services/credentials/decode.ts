/** From the octets of a file to certificates and revocation lists: PEM with any number of blocks, or DER with one. */
import { readDer, tags } from '../../engine/crypto/asn1/der.js';
import { pemBlocks, pemLengthMax } from '../../engine/crypto/pem.js';
import { type Certificate, readCertificate } from '../../engine/crypto/x509/certificate.js';
import { type Crl, readCrl } from '../../engine/crypto/x509/crl.js';

export type DecodedFile =
  | {
      readonly kind: 'decoded';
      readonly certificates: readonly Certificate[];
      readonly crls: readonly Crl[];
      readonly privateKey: boolean;
    }
  /** It may well hold what is meant, and nobody here can see it. */
  | { readonly kind: 'closed'; readonly reason: string }
  | { readonly kind: 'fault'; readonly reason: string };

const pemMark = '-----BEGIN ';

/** What a file of certificates or revocation lists holds; never throws, and never says anything about a key. */
export function decodeCredentials(octets: Uint8Array): DecodedFile {
  if (octets.length === 0) return { kind: 'fault', reason: 'it is empty' };
  return octets[0] !== tags.sequence || holds(octets, pemMark) ? decodePem(octets) : decodeDer(octets);
}

function holds(octets: Uint8Array, text: string): boolean {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).includes(text, 0, 'latin1');
}

function decodePem(octets: Uint8Array): DecodedFile {
  if (octets.length > pemLengthMax) {
    return { kind: 'fault', reason: `it is longer than ${pemLengthMax} octets, the most that PEM may have; use DER` };
  }
  const certificates: Certificate[] = [];
  const crls: Crl[] = [];
  let privateKey = false;
  for (const [index, { label, der, encrypted }] of pemBlocks(new TextDecoder('latin1').decode(octets)).entries()) {
    if (label === 'CERTIFICATE' || label === 'X509 CERTIFICATE') {
      const read = readCertificate(der);
      if (read.kind === 'fault')
        return { kind: 'fault', reason: `block ${index + 1} is no certificate: ${read.reason}` };
      certificates.push(read.value);
    } else if (label === 'X509 CRL') {
      const read = readCrl(der);
      if (read.kind === 'fault') return { kind: 'fault', reason: `block ${index + 1} is no CRL: ${read.reason}` };
      crls.push(read.value);
    } else if (label.endsWith('PRIVATE KEY') && !encrypted && label !== 'ENCRYPTED PRIVATE KEY') privateKey = true;
  }
  if (certificates.length + crls.length > 0) return { kind: 'decoded', certificates, crls, privateKey };
  if (privateKey) return { kind: 'fault', reason: 'it holds a private key and no certificate' };
  return { kind: 'fault', reason: 'it holds no certificate and no CRL, neither in PEM nor in DER' };
}

function decodeDer(octets: Uint8Array): DecodedFile {
  const certificate = readCertificate(octets);
  if (certificate.kind === 'value')
    return { kind: 'decoded', certificates: [certificate.value], crls: [], privateKey: false };
  const crl = readCrl(octets);
  if (crl.kind === 'value') return { kind: 'decoded', certificates: [], crls: [crl.value], privateKey: false };
  if (isPkcs12(octets)) return { kind: 'closed', reason: 'a PKCS #12 container is not opened' };
  return { kind: 'fault', reason: `it is DER, but no certificate (${certificate.reason}) and no CRL (${crl.reason})` };
}

/** PFX of RFC 7292 §4: a SEQUENCE that begins with version 3. */
function isPkcs12(octets: Uint8Array): boolean {
  const version = readDer(
    octets,
    (reader) => {
      const container = reader.sequence();
      const number = container.smallInteger();
      while (!container.atEnd) container.element();
      return number;
    },
    octets.length,
  );
  return version.kind === 'value' && version.value === 3;
}
