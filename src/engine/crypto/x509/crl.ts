/** Certificate revocation lists — RFC 5280 §5, complete ones of the issuer itself: no indirect and no delta CRLs. */
import { context, type DerReader, type DerResult, readDer, tags } from '../asn1/der.js';
import { equalConstantTime, toHex } from '../octets.js';
import { readSignatureAlgorithm } from '../signature-algorithm.js';
import type { SignatureScheme } from '../signature-scheme.js';
import { readAuthorityKeyId, readRawExtensions } from './extensions.js';
import { type DistinguishedName, readName } from './name.js';

export interface Crl {
  readonly der: Uint8Array;
  /** TBSCertList: what is signed. */
  readonly tbs: Uint8Array;
  readonly issuer: DistinguishedName;
  /** Milliseconds since 1970. */
  readonly thisUpdate: number;
  readonly nextUpdate?: number;
  /** By serial number, in hexadecimal as in `Certificate`. */
  readonly revoked: ReadonlyMap<string, Revocation>;
  readonly authorityKeyId?: Uint8Array;
  /** Critical extensions that we do not process: the CRL cannot be used then (§5.2). */
  readonly unknownCritical: readonly string[];
  readonly signatureScheme?: SignatureScheme;
  readonly signature: Uint8Array;
}

export interface Revocation {
  /** Milliseconds since 1970. */
  readonly date: number;
  readonly reason: string;
}

/** CRLReason (§5.3.1). */
const reasons: readonly string[] = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'unspecified',
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
];

const crlOctetsMax = 32 << 20;
const entriesMax = 500_000;
const crlNumberOid = '2.5.29.20';
const reasonOid = '2.5.29.21';
const invalidityDateOid = '2.5.29.24';
const authorityKeyIdOid = '2.5.29.35';
const processedByList: ReadonlySet<string> = new Set([crlNumberOid, authorityKeyIdOid]);
const processedByEntry: ReadonlySet<string> = new Set([reasonOid, invalidityDateOid]);

/** Reads one CRL in DER; the reason of a fault says what is malformed. */
export function readCrl(der: Uint8Array): DerResult<Crl> {
  return readDer(der, describeCrl(der), crlOctetsMax);
}

function describeCrl(der: Uint8Array): (reader: DerReader) => Crl {
  return (reader) => {
    const outer = reader.sequence();
    const { raw: tbsOctets, inner: tbs } = outer.enterRaw(tags.sequence);
    const algorithm = outer.element().raw;
    const signature = outer.bitString();
    outer.end();

    if (tbs.nextTag === tags.integer && tbs.smallInteger() !== 1) tbs.fail('a version after 2');
    if (!equalConstantTime(tbs.element().raw, algorithm)) tbs.fail('two different signature algorithms');
    const issuer = readName(tbs);
    const thisUpdate = tbs.time();
    const isTime = tbs.nextTag === tags.utcTime || tbs.nextTag === tags.generalizedTime;
    const nextUpdate = isTime ? tbs.time() : undefined;
    const unknownCritical = new Set<string>();
    const entries = tbs.optional(tags.sequence);
    const revoked = entries ? readEntries(entries, unknownCritical) : new Map<string, Revocation>();
    const list = tbs.optional(context(0, 'constructed'));
    const raw = list ? readRawExtensions(list) : new Map<string, never>();
    list?.end();
    tbs.end();
    for (const { oid, critical } of raw.values()) if (critical && !processedByList.has(oid)) unknownCritical.add(oid);
    const keyId = raw.get(authorityKeyIdOid);
    const authority = keyId && readDer(keyId.value, readAuthorityKeyId);
    if (authority?.kind === 'fault') reader.fail(authority.reason);

    return {
      der,
      tbs: tbsOctets,
      issuer,
      thisUpdate,
      nextUpdate,
      revoked,
      authorityKeyId: authority?.kind === 'value' ? authority.value : undefined,
      unknownCritical: [...unknownCritical],
      signatureScheme: readSignatureAlgorithm(algorithm),
      signature,
    };
  };
}

function readEntries(entries: DerReader, unknownCritical: Set<string>): Map<string, Revocation> {
  const revoked = new Map<string, Revocation>();
  while (!entries.atEnd) {
    if (revoked.size === entriesMax) entries.fail('too many entries');
    const entry = entries.sequence();
    const serialNumber = toHex(entry.content(tags.integer));
    const date = entry.time();
    let reason = reasons[0]!;
    if (!entry.atEnd) {
      const raw = readRawExtensions(entry);
      const value = raw.get(reasonOid)?.value;
      // ENUMERATED of one octet.
      if (value?.length === 3 && value[0] === tags.enumerated) reason = reasons[value[2]!] ?? reason;
      for (const { oid, critical } of raw.values())
        if (critical && !processedByEntry.has(oid)) unknownCritical.add(oid);
    }
    entry.end();
    revoked.set(serialNumber, { date, reason });
  }
  return revoked;
}
