/** The words that values are made of, each with its meaning, dialect and source. */

import type { AuthenticationTransform, EncryptionTransform } from '../transform.js';
import { authentication, encryption, encryptionTransforms } from '../transform.js';
import type { Lifespan } from './dialect.js';

export interface ValueRow extends Lifespan {
  readonly word: string;
  readonly summary: string;
  /** The spelling is remembered or inferred, no page confirms it. */
  readonly provisional?: boolean;
  readonly source: string;
}

export type ValueTable = readonly ValueRow[];

/** A name of an AH or ESP transform and what it stands for. */
export interface TransformRow extends ValueRow {
  readonly protocol: 'ESP' | 'AH';
  readonly encryption?: EncryptionTransform;
  readonly authentication?: AuthenticationTransform;
}

interface HashRow extends Lifespan {
  readonly word: string;
  readonly name: string;
}

const hashes: readonly HashRow[] = [
  { word: 'MD5', name: 'HMAC-MD5-96' },
  { word: 'SHA1', name: 'HMAC-SHA1-96' },
  { word: 'SHA2_256', name: 'HMAC-SHA2-256-128', since: 'A.03.02' },
  { word: 'SHA2_384', name: 'HMAC-SHA2-384-192', since: 'A.03.02' },
  { word: 'SHA2_512', name: 'HMAC-SHA2-512-256', since: 'A.03.02' },
];

interface CipherRow extends Lifespan {
  readonly word: string;
  readonly name: string;
  readonly provisional?: boolean;
}

const cbcCiphers: readonly CipherRow[] = [
  { word: 'AES128', name: 'AES-CBC-128' },
  { word: 'AES192', name: 'AES-CBC-192', since: 'A.03.02', provisional: true },
  { word: 'AES256', name: 'AES-CBC-256', since: 'A.03.02' },
  { word: '3DES', name: '3DES-CBC' },
  { word: 'NULL', name: 'NULL' },
];

const extendedCiphers: readonly CipherRow[] = [
  ...['128', '192', '256'].map((bits) => ({
    word: `AES${bits}_CTR`,
    name: `AES-CTR-${bits}`,
    since: 'extended' as const,
  })),
  ...['128', '192', '256'].map((bits) => ({
    word: `CAMELLIA${bits}`,
    name: `CAMELLIA-CBC-${bits}`,
    since: 'extended' as const,
  })),
];

function later(a: Lifespan, b: Lifespan): Lifespan['since'] {
  if (a.since === 'extended' || b.since === 'extended') return 'extended';
  return a.since ?? b.since;
}

function describe(encryptionName: string | undefined, authenticationName: string | undefined): string {
  if (!encryptionName) return `integrity by ${authenticationName}`;
  return authenticationName ? `${encryptionName} with ${authenticationName}` : encryptionName;
}

function espRow(
  word: string,
  cipherName: string,
  authName: string | undefined,
  rest: Lifespan & Pick<ValueRow, 'provisional' | 'source'>,
): TransformRow {
  return {
    word,
    summary: describe(cipherName, authName),
    protocol: 'ESP',
    encryption: encryption(cipherName),
    ...(authName ? { authentication: authentication(authName) } : {}),
    ...rest,
  };
}

function ahRow(word: string, authName: string, rest: Lifespan & Pick<ValueRow, 'source'>): TransformRow {
  return {
    word,
    summary: describe(undefined, authName),
    protocol: 'AH',
    authentication: authentication(authName),
    ...rest,
  };
}

/** AEAD ciphers, named after the pattern of the others: `ESP_AES256_GCM16`. */
const aeadRows: readonly TransformRow[] = encryptionTransforms
  .filter((transform) => transform.icvOctets !== undefined)
  .map((transform) => {
    const parts = /^AES-(GCM|CCM)-(8|12|16)-(\d+)$/.exec(transform.name);
    const gmac = /^AES-GMAC-(\d+)$/.exec(transform.name);
    const word = parts
      ? `ESP_AES${parts[3]}_${parts[1]}${parts[2]}`
      : gmac
        ? `ESP_NULL_AES${gmac[1]}_GMAC`
        : 'ESP_CHACHA20_POLY1305';
    return espRow(word, transform.name, undefined, { since: 'extended', source: 'own; RFC 4106, 4309, 4543, 7634' });
  });

/** Every AH and ESP transform name (G0300 p.77; G0302 p.70, p.76, p.146; G0200 p.79, p.90). */
export const transformRows: readonly TransformRow[] = [
  ahRow('AH_MD5', 'HMAC-MD5-96', { source: 'G0300 p.77' }),
  ahRow('AH_SHA1', 'HMAC-SHA1-96', { source: 'G0300 p.77' }),
  ahRow('AH_SHA2_256', 'HMAC-SHA2-256-128', { since: 'extended', source: 'own; RFC 4868' }),
  ahRow('AH_SHA2_384', 'HMAC-SHA2-384-192', { since: 'extended', source: 'own; RFC 4868' }),
  ahRow('AH_SHA2_512', 'HMAC-SHA2-512-256', { since: 'extended', source: 'own; RFC 4868' }),
  ahRow('AH_AES_XCBC', 'AES-XCBC-96', { since: 'extended', source: 'own; RFC 3566' }),
  ahRow('AH_AES_CMAC', 'AES-CMAC-96', { since: 'extended', source: 'own; RFC 4494' }),
  ...[...cbcCiphers, ...extendedCiphers].flatMap((cipher) =>
    hashes.map((hash) => {
      const since = later(cipher, hash);
      // The guide prints the 3DES and NULL forms with SHA-2; 25 = 5 ciphers × 5 hashes gives the rest.
      const provisional =
        cipher.provisional === true || (since === 'A.03.02' && cipher.word === 'AES256' && hash.word.length < 5);
      return espRow(`ESP_${cipher.word}_HMAC_${hash.word}`, cipher.name, hash.name, {
        since,
        ...(provisional ? { provisional } : {}),
        source: since === 'extended' ? 'own' : since === 'A.03.02' ? 'G0302 p.70, p.76, p.146' : 'G0300 p.77',
      });
    }),
  ),
  ...cbcCiphers.flatMap((cipher) => [
    espRow(`ESP_${cipher.word}_AES_XCBC`, cipher.name, 'AES-XCBC-96', { since: 'extended', source: 'own; RFC 3566' }),
    espRow(`ESP_${cipher.word}_AES_CMAC`, cipher.name, 'AES-CMAC-96', { since: 'extended', source: 'own; RFC 4494' }),
  ]),
  ...aeadRows,
  espRow('ESP_DES', 'DES-CBC', undefined, { until: 'A.02', source: 'G0201 p.48; RN0302 p.22' }),
  espRow('ESP_DES_HMAC_MD5', 'DES-CBC', 'HMAC-MD5-96', { until: 'A.02', source: 'G0200 p.79; RN0302 p.22' }),
  espRow('ESP_DES_HMAC_SHA1', 'DES-CBC', 'HMAC-SHA1-96', { until: 'A.02', source: 'G0200 p.79; RN0302 p.22' }),
  espRow('ESP_3DES', '3DES-CBC', undefined, { until: 'A.02', source: 'G0201 p.48; RN0302 p.22' }),
  espRow('ESP_AES128', 'AES-CBC-128', undefined, { until: 'A.02', source: 'G0201 p.48; RN0302 p.22' }),
];

const transformByWord = new Map(transformRows.map((row) => [row.word, row]));

/** A transform by its canonical (upper-case) name. */
export function transformRow(word: string): TransformRow | undefined {
  return transformByWord.get(word);
}

/** What a protocol word means, and the address family it is limited to (G0302 p.75; numbers are IANA's). */
export interface ProtocolRow extends ValueRow {
  readonly number: number;
  readonly family?: 4 | 6;
}

export const protocolRows: readonly ProtocolRow[] = [
  { word: 'ALL', number: 0, summary: 'every protocol', source: 'G0302 p.75' },
  { word: 'TCP', number: 6, summary: 'TCP', source: 'G0302 p.75' },
  { word: 'UDP', number: 17, summary: 'UDP', source: 'G0302 p.75' },
  { word: 'ICMP', number: 1, family: 4, summary: 'ICMP, IPv4 only', source: 'G0302 p.75' },
  { word: 'ICMPV6', number: 58, family: 6, summary: 'ICMPv6, IPv6 only', source: 'G0302 p.75' },
  { word: 'IGMP', number: 2, family: 4, summary: 'IGMP, IPv4 only', source: 'G0302 p.75' },
  {
    word: 'MH',
    number: 135,
    family: 6,
    summary: 'Mobility Header, IPv6 only',
    source: 'G0302 p.75; absent from A.03.00',
  },
  { word: 'SCTP', number: 132, since: 'extended', summary: 'SCTP', source: 'own; IANA' },
  { word: 'DCCP', number: 33, since: 'extended', summary: 'DCCP', source: 'own; IANA' },
  { word: 'UDPLITE', number: 136, since: 'extended', summary: 'UDP-Lite', source: 'own; IANA' },
  { word: 'GRE', number: 47, since: 'extended', summary: 'GRE', source: 'own; IANA' },
  { word: 'OSPF', number: 89, since: 'extended', summary: 'OSPF', source: 'own; IANA' },
  { word: 'VRRP', number: 112, since: 'extended', summary: 'VRRP', source: 'own; IANA' },
  { word: 'L2TP', number: 115, since: 'extended', summary: 'L2TPv3 over IP', source: 'own; IANA' },
];

/** A service name of the product's own table: it gives port and protocol. */
export interface ServiceRow extends ValueRow {
  readonly port: number;
  readonly protocol: number;
}

function service(word: string, port: number, protocol: number, confirmed = false): ServiceRow {
  const summary = `${protocol === 6 ? 'TCP' : 'UDP'} port ${port}`;
  return {
    word,
    port,
    protocol,
    summary,
    ...(confirmed ? { source: 'G0200 p.76' } : { source: 'memory', provisional: true }),
  };
}

export const serviceRows: readonly ServiceRow[] = [
  service('DNS-TCP', 53, 6, true),
  service('DNS-UDP', 53, 17, true),
  service('FTP-DATA', 20, 6, true),
  service('FTP-CONTROL', 21, 6, true),
  service('HTTP-TCP', 80, 6, true),
  service('HTTP-UDP', 80, 17, true),
  service('NTP', 123, 17),
  service('REXEC', 512, 6),
  service('RLOGIN', 513, 6),
  service('RWHO', 513, 17),
  service('REMSH', 514, 6),
  service('REMPRINT', 515, 6),
  service('SMTP', 25, 6),
  service('TELNET', 23, 6, true),
  service('TFTP', 69, 17),
];

/** An IKE algorithm word and its entry in the table of transforms. */
export interface AlgorithmRow extends ValueRow {
  readonly algorithm: string;
}

const ikeCipherRows: readonly AlgorithmRow[] = [
  { word: '3DES', algorithm: '3DES-CBC', summary: 'Triple DES', source: 'G0300 p.95' },
  { word: 'AES128-CBC', algorithm: 'AES-CBC-128', summary: 'AES-CBC, 128 bits', source: 'memory', provisional: true },
  {
    word: 'AES192-CBC',
    algorithm: 'AES-CBC-192',
    since: 'A.03.02',
    summary: 'AES-CBC, 192 bits',
    source: 'memory',
    provisional: true,
  },
  {
    word: 'AES256-CBC',
    algorithm: 'AES-CBC-256',
    since: 'A.03.02',
    summary: 'AES-CBC, 256 bits',
    source: 'memory',
    provisional: true,
  },
];

const camelliaRows: readonly AlgorithmRow[] = ['128', '192', '256'].map((bits) => ({
  word: `CAMELLIA${bits}-CBC`,
  algorithm: `CAMELLIA-CBC-${bits}`,
  since: 'extended',
  summary: `Camellia-CBC, ${bits} bits`,
  source: 'own; RFC 5529',
}));

export const ikev1Encryption: readonly AlgorithmRow[] = [
  { word: 'DES', algorithm: 'DES-CBC', until: 'A.02', summary: 'DES', source: 'RN0302 p.22' },
  ...ikeCipherRows,
  ...camelliaRows,
];

export const ikev2Encryption: readonly AlgorithmRow[] = [
  ...ikeCipherRows,
  ...camelliaRows,
  ...['128', '192', '256'].flatMap((bits) =>
    ['8', '12', '16'].map((icv) => ({
      word: `AES${bits}-GCM${icv}`,
      algorithm: `AES-GCM-${icv}-${bits}`,
      since: 'extended' as const,
      summary: `AES-GCM, ${bits} bits, ICV of ${icv} octets`,
      source: 'own; RFC 5282',
    })),
  ),
  {
    word: 'CHACHA20-POLY1305',
    algorithm: 'CHACHA20-POLY1305',
    since: 'extended',
    summary: 'ChaCha20-Poly1305',
    source: 'own; RFC 7634',
  },
];

/** Hash of IKEv1: names an entry of the PRF table. */
export const ikev1Hash: readonly AlgorithmRow[] = [
  { word: 'MD5', algorithm: 'HMAC-MD5', summary: 'MD5', source: 'G0300 p.95' },
  { word: 'SHA1', algorithm: 'HMAC-SHA1', summary: 'SHA-1', source: 'G0300 p.154' },
  ...['256', '384', '512'].map((bits) => ({
    word: `SHA2-${bits}`,
    algorithm: `HMAC-SHA2-${bits}`,
    since: 'A.03.02' as const,
    summary: `SHA-2, ${bits} bits`,
    source: 'memory',
    provisional: true,
  })),
];

/** Integrity of IKEv2: names an entry of the authentication table. */
export const ikev2Hash: readonly AlgorithmRow[] = [
  { word: 'HMAC-MD5', algorithm: 'HMAC-MD5-96', summary: 'HMAC-MD5', source: 'memory', provisional: true },
  { word: 'HMAC-SHA1', algorithm: 'HMAC-SHA1-96', summary: 'HMAC-SHA-1', source: 'G0300 p.95' },
  { word: 'AES128-XCBC', algorithm: 'AES-XCBC-96', summary: 'AES-XCBC', source: 'memory', provisional: true },
  { word: 'AES128-CMAC', algorithm: 'AES-CMAC-96', since: 'extended', summary: 'AES-CMAC', source: 'own; RFC 4494' },
  {
    word: 'HMAC-SHA2-256',
    algorithm: 'HMAC-SHA2-256-128',
    since: 'A.03.02',
    summary: 'HMAC-SHA-256',
    source: 'memory',
    provisional: true,
  },
  {
    word: 'HMAC-SHA2-384',
    algorithm: 'HMAC-SHA2-384-192',
    since: 'A.03.02',
    summary: 'HMAC-SHA-384',
    source: 'memory',
    provisional: true,
  },
  {
    word: 'HMAC-SHA2-512',
    algorithm: 'HMAC-SHA2-512-256',
    since: 'A.03.02',
    summary: 'HMAC-SHA-512',
    source: 'memory',
    provisional: true,
  },
];

export const ikev2Prf: readonly AlgorithmRow[] = [
  { word: 'HMAC-MD5', algorithm: 'HMAC-MD5', summary: 'HMAC-MD5', source: 'memory', provisional: true },
  { word: 'HMAC-SHA1', algorithm: 'HMAC-SHA1', summary: 'HMAC-SHA-1', source: 'G0300 p.95' },
  { word: 'AES128-XCBC', algorithm: 'AES128-XCBC', summary: 'AES-XCBC', source: 'memory', provisional: true },
  { word: 'AES128-CMAC', algorithm: 'AES128-CMAC', since: 'extended', summary: 'AES-CMAC', source: 'own; RFC 4615' },
  ...['256', '384', '512'].map((bits) => ({
    word: `HMAC-SHA2-${bits}`,
    algorithm: `HMAC-SHA2-${bits}`,
    since: 'A.03.02' as const,
    summary: `HMAC-SHA-${bits}`,
    source: 'memory',
    provisional: true,
  })),
];

/** Diffie-Hellman groups by number: which dialect admits which (the numbers themselves are in the table of transforms). */
export interface GroupRow extends ValueRow {
  readonly group: number;
}

function groupRow(
  group: number,
  summary: string,
  rest: Lifespan & { source: string; provisional?: boolean },
): GroupRow {
  return { word: String(group), group, summary, ...rest };
}

export const groupRows: readonly GroupRow[] = [
  groupRow(1, 'MODP-768', { source: 'memory', provisional: true }),
  groupRow(2, 'MODP-1024', { source: 'G0300 p.95' }),
  groupRow(5, 'MODP-1536', { source: 'memory', provisional: true, since: 'A.03.00' }),
  groupRow(14, 'MODP-2048', { source: 'memory', provisional: true, since: 'A.03.02' }),
  groupRow(3, 'EC2N-155', { source: 'own; RFC 2409 §6.3', since: 'extended' }),
  groupRow(4, 'EC2N-185', { source: 'own; RFC 2409 §6.4', since: 'extended' }),
  ...[
    [15, 'MODP-3072'],
    [16, 'MODP-4096'],
    [17, 'MODP-6144'],
    [18, 'MODP-8192'],
    [19, 'ECP-256'],
    [20, 'ECP-384'],
    [21, 'ECP-521'],
    [22, 'MODP-1024-S160'],
    [23, 'MODP-2048-S224'],
    [24, 'MODP-2048-S256'],
    [25, 'ECP-192'],
    [26, 'ECP-224'],
    [27, 'BRAINPOOL-224'],
    [28, 'BRAINPOOL-256'],
    [29, 'BRAINPOOL-384'],
    [30, 'BRAINPOOL-512'],
    [31, 'X25519'],
    [32, 'X448'],
    [35, 'ML-KEM-512'],
    [36, 'ML-KEM-768'],
    [37, 'ML-KEM-1024'],
  ].map(([group, name]) =>
    groupRow(group as number, name as string, { source: 'own; IANA', since: 'extended' as const }),
  ),
];

export const kmpRows: ValueTable = [
  { word: 'IKEV1', summary: 'IKE version 1', source: 'G0300 p.91' },
  { word: 'IKEV2', summary: 'IKE version 2', source: 'G0300 p.91' },
];

export const exchangeRows: ValueTable = [
  { word: 'MM', summary: 'Main Mode', source: 'G0201 p.139' },
  { word: 'AM', summary: 'Aggressive Mode', source: 'G0201 p.139' },
];

export const methodRows: ValueTable = [
  { word: 'PSK', summary: 'preshared key', source: 'RN0302 p.22' },
  { word: 'RSASIG', summary: 'RSA signature', source: 'RN0302 p.22' },
  { word: 'DSSSIG', since: 'extended', summary: 'DSS signature', source: 'own; RFC 2409 §5.1' },
  { word: 'ECDSASIG', since: 'extended', summary: 'ECDSA signature', source: 'own; RFC 4754' },
  { word: 'EDDSASIG', since: 'extended', summary: 'EdDSA signature', source: 'own; RFC 8420' },
  { word: 'DIGSIG', since: 'extended', summary: 'digital signature, algorithm announced', source: 'own; RFC 7427' },
  { word: 'RSAENC', since: 'extended', summary: 'RSA encryption (IKEv1)', source: 'own; RFC 2409 §5.2' },
  { word: 'RSAREVENC', since: 'extended', summary: 'revised RSA encryption (IKEv1)', source: 'own; RFC 2409 §5.3' },
];

export const idTypeRows: ValueTable = [
  { word: 'IPV4', summary: 'an IPv4 address', source: 'G0300 p.89' },
  { word: 'IPV6', summary: 'an IPv6 address', source: 'G0300 p.89' },
  { word: 'FQDN', summary: 'a host name', source: 'G0300 p.89' },
  { word: 'USER-FQDN', summary: 'user@host', source: 'G0300 p.89' },
  { word: 'X500-DN', summary: 'a distinguished name', source: 'G0300 p.89' },
  { word: 'KEY-ID', summary: 'an opaque name, with preshared keys only', source: 'memory', provisional: true },
];

export const hostFlagRows: ValueTable = [
  { word: 'EXCLUSIVE', summary: 'one SA pair for each five-tuple', source: 'G0200 p.82' },
  { word: 'FALLBACK_TO_CLEAR', since: 'A.03.00', summary: 'clear text when IKE fails', source: 'G0300 p.78' },
  { word: 'MIPV6', summary: 'consult the Mobile IPv6 binding cache', source: 'G0200 p.82' },
  {
    word: 'AUTOCONF',
    until: 'A.02',
    summary: 'peers with configured addresses',
    source: 'M0201 p.53',
    provisional: true,
  },
  { word: 'NONE', summary: 'no flag', source: 'G0300 p.78' },
];

export const authFlagRows: ValueTable = [
  { word: 'AUTOCONF', summary: 'peers with configured addresses: respond only', source: 'G0300 p.91' },
  { word: 'NONE', summary: 'no flag', source: 'G0300 p.91' },
];

export const onOffRows: ValueTable = [
  { word: 'ON', summary: 'on', source: 'G0300 p.95' },
  { word: 'OFF', summary: 'off', source: 'G0300 p.95' },
];

export const hostActionRows: ValueTable = [
  { word: 'PASS', summary: 'let through in the clear', source: 'G0200 p.79' },
  { word: 'DISCARD', summary: 'drop', source: 'G0200 p.79' },
];

export const gatewayActionRows: ValueTable = [
  { word: 'FORWARD', summary: 'forward', source: 'memory', provisional: true },
  { word: 'DISCARD', summary: 'drop', source: 'memory', provisional: true },
  { word: 'PASS', summary: 'same as FORWARD', source: 'decision', provisional: true },
];

export const auditLevelRows: ValueTable = ['ALERT', 'ERROR', 'WARNING', 'INFORMATIVE', 'DEBUG'].map((word) => ({
  word,
  summary: `audit level ${word.toLowerCase()}; each includes the ones before`,
  source: 'G0300 p.148',
}));

export const esnRows: ValueTable = [
  { word: 'ON', since: 'extended', summary: 'extended sequence numbers only', source: 'own; RFC 4304' },
  { word: 'OFF', since: 'extended', summary: '32-bit sequence numbers only', source: 'own; RFC 4304' },
  { word: 'BOTH', since: 'extended', summary: 'either', source: 'own; RFC 4304' },
];

export const startRows: ValueTable = [
  { word: 'TRAP', since: 'extended', summary: 'negotiate when a packet needs it', source: 'own' },
  { word: 'START', since: 'extended', summary: 'negotiate at start, and again whenever it is lost', source: 'own' },
  { word: 'NONE', since: 'extended', summary: 'wait for the peer', source: 'own' },
];

export const natTraversalRows: ValueTable = [
  {
    word: 'ON',
    since: 'extended',
    summary: 'detect NAT and encapsulate when there is one',
    source: 'own; RFC 7296 §2.23',
  },
  { word: 'OFF', since: 'extended', summary: 'never encapsulate', source: 'own; RFC 7296 §2.23' },
  { word: 'FORCE', since: 'extended', summary: 'always encapsulate in UDP', source: 'own; RFC 7296 §2.23' },
];
