/** A certification authority for tests: makes certificates and CRLs with whatever is asked for, right or wrong. */
import {
  derBitString,
  derElement,
  derInteger,
  derObjectIdentifier,
  derOctetString,
  derSequence,
} from '../../../../src/engine/crypto/asn1/der-writer.js';
import { concat } from '../../../../src/engine/crypto/octets.js';
import type { PrivateKey, SignatureScheme } from '../../../../src/engine/crypto/provider.js';
import { seededRandom } from '../../../../src/engine/crypto/random.js';
import { writeSignatureAlgorithm } from '../../../../src/engine/crypto/signature-algorithm.js';
import { type Certificate, readCertificate } from '../../../../src/engine/crypto/x509/certificate.js';
import { type Crl, readCrl } from '../../../../src/engine/crypto/x509/crl.js';
import { ecKey } from '../key-files.js';
import { node } from '../support.js';

const random = seededRandom('pki');
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

export interface Extension {
  readonly oid: string;
  readonly critical?: boolean;
  readonly value: Uint8Array;
}

export interface Entity {
  readonly name: string;
  readonly key: PrivateKey;
}

export function entity(name: string, key = ecKey('prime256v1')): Entity {
  return { name, key: node.importPrivateKey(key)! };
}

/** `CN=gateway,O=Example`: attributes separated by commas, most specific first, as RFC 4514 writes them. */
export function name(dn: string, tag = 0x0c): Uint8Array {
  const types: Readonly<Record<string, string>> = { CN: '2.5.4.3', O: '2.5.4.10', OU: '2.5.4.11', C: '2.5.4.6' };
  const parts = dn === '' ? [] : dn.split(',').reverse();
  return derSequence(
    ...parts.map((part) => {
      const [type, value] = part.split('=') as [string, string];
      return derElement(0x31, derSequence(derObjectIdentifier(types[type]!), derElement(tag, text(value))));
    }),
  );
}

export function time(millis: number): Uint8Array {
  const iso = new Date(millis).toISOString();
  return derElement(0x18, text(`${iso.slice(0, 19).replace(/[-:T]/g, '')}Z`));
}

const bool = (value: boolean): Uint8Array => derElement(0x01, Uint8Array.of(value ? 255 : 0));

export const extensions = {
  ca: (pathLength?: number): Extension => ({
    oid: '2.5.29.19',
    critical: true,
    value: derSequence(bool(true), ...(pathLength === undefined ? [] : [derInteger(BigInt(pathLength))])),
  }),
  /** Bits by their numbers: 0 is digitalSignature, 2 keyEncipherment, 5 keyCertSign, 6 cRLSign. */
  keyUsage: (...bits: number[]): Extension => {
    const octet = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0);
    const unused = octet === 0 ? 0 : 31 - Math.clz32(octet & -octet);
    return {
      oid: '2.5.29.15',
      critical: true,
      value: derElement(0x03, Uint8Array.of(unused, ...(octet ? [octet] : []))),
    };
  },
  extendedKeyUsage: (...purposes: string[]): Extension => ({
    oid: '2.5.29.37',
    value: derSequence(...purposes.map(derObjectIdentifier)),
  }),
  altNames: (...names: Uint8Array[]): Extension => ({ oid: '2.5.29.17', value: derSequence(...names) }),
  subjectKeyId: (octets: Uint8Array): Extension => ({ oid: '2.5.29.14', value: derOctetString(octets) }),
  authorityKeyId: (octets: Uint8Array): Extension => ({
    oid: '2.5.29.35',
    value: derSequence(derElement(0x80, octets)),
  }),
  unknown: (critical: boolean): Extension => ({ oid: '1.2.3.4', critical, value: derOctetString(text('?')) }),
};

export const altName = {
  email: (value: string) => derElement(0x81, text(value)),
  dns: (value: string) => derElement(0x82, text(value)),
  ip: (...octets: number[]) => derElement(0x87, Uint8Array.from(octets)),
  directory: (dn: string) => derElement(0xa4, name(dn)),
  uri: (value: string) => derElement(0x86, text(value)),
};

function extensionList(tag: number, list: readonly Extension[]): Uint8Array[] {
  if (list.length === 0) return [];
  const encoded = list.map(({ oid, critical, value }) =>
    derSequence(derObjectIdentifier(oid), ...(critical ? [bool(true)] : []), derOctetString(value)),
  );
  return [derElement(tag, derSequence(...encoded))];
}

export const now = Date.UTC(2030, 5, 15);
const year = 365 * 24 * 3600 * 1000;
let serial = 1n;

export interface CertificateRequest {
  readonly subject: Entity;
  readonly issuer: Entity;
  readonly extensions?: readonly Extension[];
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly scheme?: SignatureScheme;
  readonly version?: 1 | 3;
  /** Changes the signature. */
  readonly forge?: boolean;
  readonly subjectDer?: Uint8Array;
}

const ecdsa: SignatureScheme = { kind: 'ECDSA', hash: 'SHA2-256', encoding: 'DER' };

export function issue(request: CertificateRequest): Certificate {
  const { subject, issuer, scheme = ecdsa, version = 3 } = request;
  serial += 1n;
  const algorithm = writeSignatureAlgorithm(scheme, issuer.key.kind)!;
  const tbs = derSequence(
    ...(version === 3 ? [derElement(0xa0, derInteger(2n))] : []),
    derInteger(serial),
    algorithm,
    name(issuer.name),
    derSequence(time(request.notBefore ?? now - year), time(request.notAfter ?? now + year)),
    request.subjectDer ?? name(subject.name),
    subject.key.publicKey.spki,
    ...extensionList(0xa3, request.extensions ?? []),
  );
  return parsed(readCertificate(signed(tbs, algorithm, issuer, scheme, request.forge)));
}

function signed(
  tbs: Uint8Array,
  algorithm: Uint8Array,
  issuer: Entity,
  scheme: SignatureScheme,
  forge = false,
): Uint8Array {
  const signature = issuer.key.sign(scheme, forge ? concat([tbs, tbs]) : tbs, random)!;
  return derSequence(tbs, algorithm, derBitString(signature));
}

function parsed<T>(result: { kind: 'value'; value: T } | { kind: 'fault'; reason: string }): T {
  if (result.kind === 'fault') throw new Error(result.reason);
  return result.value;
}

export interface CrlRequest {
  readonly issuer: Entity;
  readonly revoked: readonly { readonly certificate: Certificate; readonly reason?: number }[];
  readonly thisUpdate?: number;
  readonly nextUpdate?: number;
  readonly extensions?: readonly Extension[];
  readonly forge?: boolean;
}

export function revoke(request: CrlRequest): Crl {
  const { issuer, revoked } = request;
  const algorithm = writeSignatureAlgorithm(ecdsa, 'EC')!;
  const entries = revoked.map(({ certificate, reason }) => {
    const serialNumber = derInteger(BigInt(`0x${certificate.serialNumber}`));
    const reasonValue =
      reason === undefined ? [] : [{ oid: '2.5.29.21', value: derElement(0x0a, Uint8Array.of(reason)) }];
    const list = extensionList(0x30, reasonValue).map((wrapped) => wrapped.subarray(2));
    return derSequence(serialNumber, time(now - 1000), ...list);
  });
  const tbs = derSequence(
    derInteger(1n),
    algorithm,
    name(issuer.name),
    time(request.thisUpdate ?? now - 1000),
    time(request.nextUpdate ?? now + year),
    ...(entries.length > 0 ? [derSequence(...entries)] : []),
    ...extensionList(0xa0, request.extensions ?? []),
  );
  return parsed(readCrl(signed(tbs, algorithm, issuer, ecdsa, request.forge)));
}
