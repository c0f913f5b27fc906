/** Questions about the certificates that records name, which several rules ask. */
import type { CertificateFacts, CredentialFile, CrlFacts } from '../model/credentials.js';
import { credentialKey } from '../model/credentials.js';
import type { Sourced } from '../model/origin.js';
import type { AuthRecord } from '../model/record/auth.js';
import type { CertificateRecord } from '../model/record/record.js';
import type { AuthenticationMethod } from '../model/system-config.js';
import type { SystemContext } from './context.js';
import { type AnyRecord, placeOf } from './places.js';
import type { RuleFinding } from './rule.js';

/** What a record names a file for. */
export type CredentialUse = 'own' | 'authorities' | 'crls';

/** A file where a record names it. */
export interface NamedFile {
  readonly record: AnyRecord;
  readonly use: CredentialUse;
  readonly named: Sourced<string>;
  readonly file: CredentialFile;
}

/** Such a file that could be read. */
export type ReadFile = NamedFile & { readonly file: Extract<CredentialFile, { kind: 'read' }> };

const uses = { certificate: 'own', ca: 'authorities', crl: 'crls' } as const;
const recordUses = { mycert: 'own', cacert: 'authorities', crl: 'crls' } as const;

/** Every file that the system's records name for certificates, in no order that matters; the same file may come again. */
export function namedFiles({ policies, credentials }: SystemContext): NamedFile[] {
  if (!credentials) return [];
  const found: NamedFile[] = [];
  const add = (record: AnyRecord, use: CredentialUse, named: Sourced<string> | undefined) => {
    const file = named && credentials.files.get(credentialKey(named));
    if (named && file) found.push({ record, use, named, file });
  };
  for (const auth of policies.auths) {
    for (const argument of ['certificate', 'ca', 'crl'] as const) add(auth, uses[argument], auth[argument]);
  }
  for (const record of policies.certificates) {
    if (record.kind !== 'csr') add(record, recordUses[record.kind], record.file);
  }
  return found;
}

/** Those that could be read. */
export function readFiles(context: SystemContext): ReadFile[] {
  return namedFiles(context).filter(isRead);
}

function isRead(named: NamedFile): named is ReadFile {
  return named.file.kind === 'read';
}

/** A certificate of a file, counted from 0. */
export interface FiledCertificate {
  readonly of: ReadFile;
  readonly certificate: CertificateFacts;
  readonly position: number;
}

/** Certificates that several records name are judged once, where they are named first. */
export function* distinctCertificates(files: Iterable<ReadFile>): Generator<FiledCertificate> {
  const seen = new Set<string>();
  for (const of of files) {
    if (of.use === 'crls') continue;
    for (const [position, certificate] of of.file.certificates.entries()) {
      if (seen.has(certificate.fingerprint)) continue;
      seen.add(certificate.fingerprint);
      yield { of, certificate, position };
    }
  }
}

/** Methods that prove an identity by the key of a certificate. */
export type CertificateMethod = Exclude<AuthenticationMethod, 'PSK' | 'EAP' | 'XAUTH' | 'ANY'>;

/** Does a method prove an identity by a certificate? */
export function needsCertificate(method: AuthenticationMethod): method is CertificateMethod {
  return method !== 'PSK' && method !== 'EAP' && method !== 'XAUTH' && method !== 'ANY';
}

/** The certificate that this system sends to the peers of a record, and those that it sends with it. */
export interface OwnCertificate {
  readonly of: ReadFile;
  readonly leaf: CertificateFacts;
  readonly chain: readonly CertificateFacts[];
}

/** The system's own certificate for a record: the record's, or the one of `mycert`. Undefined where nothing is known of it. */
export function ownCertificate(context: SystemContext, auth: AuthRecord): OwnCertificate | undefined {
  const of = fileOf(context, auth, auth.certificate, 'mycert');
  const [leaf, ...chain] = of?.file.certificates ?? [];
  return of && leaf && { of, leaf, chain };
}

function fileOf(
  { policies, credentials }: SystemContext,
  auth: AuthRecord,
  named: Sourced<string> | undefined,
  kind: 'mycert',
): ReadFile | undefined {
  const record: AnyRecord | undefined = named ? auth : policies.certificates.find((one) => one.kind === kind);
  const path = named ?? (record as CertificateRecord | undefined)?.file;
  const file = path && credentials?.files.get(credentialKey(path));
  return record && path && file?.kind === 'read' ? { record, use: 'own', named: path, file } : undefined;
}

/** What a record's peers are checked against: known only where every file that takes part could be read. */
export interface Trust {
  readonly authorities: readonly CertificateFacts[];
  readonly crls: readonly CrlFacts[];
  /** Where the authorities are named, first one first. */
  readonly files: readonly ReadFile[];
}

/** The authorities and revocation lists for a record's peers; undefined where there is something that nobody knows here. */
export function trustFor(context: SystemContext, auth: AuthRecord): Trust | undefined {
  const all = namedFiles(context);
  const chosen = (use: CredentialUse, own: Sourced<string> | undefined) =>
    all.filter((one) => one.use === use && (own ? one.record === auth : one.record.kind !== 'auth'));
  const authorityFiles = chosen('authorities', auth.ca);
  const crlFiles = chosen('crls', auth.crl);
  if (authorityFiles.length === 0 || ![...authorityFiles, ...crlFiles].every(isRead)) return undefined;
  const files = authorityFiles.filter(isRead);
  return {
    files,
    authorities: files.flatMap(({ file }) => file.certificates),
    // A file of authorities may hold their lists as well.
    crls: [...files, ...crlFiles.filter(isRead)].flatMap(({ file }) => file.crls),
  };
}

/** `certificate CN=a (me.pem)`, `certificate 2 of chain.pem`: a certificate of a file for a message. */
export function certificateText({ named }: NamedFile, { subject, serialNumber }: CertificateFacts): string {
  return `the certificate ${subject === '' ? `with serial number ${serialNumber}` : subject} (${named.value})`;
}

/** Where a finding about a named file points. */
export function filePlace({ record, named }: NamedFile): RuleFinding['at'] {
  return placeOf(record, named.origin);
}

/** A moment as a day, `2026-11-01`. */
export function day(millis: number): string {
  const date = new Date(millis);
  return Number.isNaN(date.getTime()) ? 'an unknown day' : date.toISOString().slice(0, 10);
}
