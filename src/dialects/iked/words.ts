/** Words of iked.conf and OpenBSD's ipsec.conf for algorithms, lengths of time and identities. */
import { formatAddress, parseAddress } from '../../model/address.js';
import type { Identity } from '../../model/system-config.js';
import {
  type AuthenticationTransform,
  authentication,
  type EncryptionTransform,
  encryption,
  type KeyExchangeTransform,
  keyExchange,
  type PrfTransform,
  prf,
} from '../../model/transform.js';
import { parseNumber } from '../common/selectors.js';

function byWord<T>(
  rows: readonly (readonly [words: string, name: string])[],
  find: (name: string) => T,
): ReadonlyMap<string, T> {
  return new Map(rows.flatMap(([words, name]) => words.split(' ').map((word) => [word, find(name)] as const)));
}

const ciphers: ReadonlyMap<string, EncryptionTransform> = byWord(
  [
    ['des des-cbc', 'DES-CBC'],
    ['3des 3des-cbc', '3DES-CBC'],
    ['aes aes-128', 'AES-CBC-128'],
    ['aes-192', 'AES-CBC-192'],
    ['aes-256', 'AES-CBC-256'],
    ['aesctr aes-128-ctr', 'AES-CTR-128'],
    ['aes-192-ctr', 'AES-CTR-192'],
    ['aes-256-ctr', 'AES-CTR-256'],
    ['aes-128-gcm', 'AES-GCM-16-128'],
    ['aes-192-gcm', 'AES-GCM-16-192'],
    ['aes-256-gcm', 'AES-GCM-16-256'],
    ['aes-128-gcm-12', 'AES-GCM-12-128'],
    ['aes-256-gcm-12', 'AES-GCM-12-256'],
    ['aes-128-gmac', 'AES-GMAC-128'],
    ['aes-192-gmac', 'AES-GMAC-192'],
    ['aes-256-gmac', 'AES-GMAC-256'],
    ['cast cast128', 'CAST-CBC'],
    ['chacha20-poly1305', 'CHACHA20-POLY1305'],
    ['null', 'NULL'],
  ],
  encryption,
);

/** Known to the product, and in no row of our table: Blowfish with 160 bits. */
export const foreignCiphers: ReadonlySet<string> = new Set(['blowfish']);

export function readCipher(word: string): EncryptionTransform | undefined {
  return ciphers.get(word);
}

/** The same of ipsecctl: RIPEMD-160, which IANA numbers for IKEv1 only. */
export const foreignHashes: ReadonlySet<string> = new Set(['hmac-ripemd160']);

const hashes: ReadonlyMap<string, string> = new Map([
  ['hmac-md5', 'HMAC-MD5'],
  ['hmac-sha1', 'HMAC-SHA1'],
  ['hmac-sha2-256', 'HMAC-SHA2-256'],
  ['hmac-sha2-384', 'HMAC-SHA2-384'],
  ['hmac-sha2-512', 'HMAC-SHA2-512'],
]);

export function readPrf(word: string): PrfTransform | undefined {
  const name = hashes.get(word);
  return name === undefined ? undefined : prf(name);
}

const truncation: ReadonlyMap<string, string> = new Map([
  ['HMAC-MD5', '96'],
  ['HMAC-SHA1', '96'],
  ['HMAC-SHA2-256', '128'],
  ['HMAC-SHA2-384', '192'],
  ['HMAC-SHA2-512', '256'],
]);

export function readIntegrity(word: string): AuthenticationTransform | undefined {
  const name = hashes.get(word);
  return name === undefined ? undefined : authentication(`${name}-${truncation.get(name)}`);
}

const groups: ReadonlyMap<string, number> = new Map(
  (
    [
      ['modp768 grp1', 1],
      ['modp1024 grp2', 2],
      ['modp1536 grp5', 5],
      ['modp2048 grp14', 14],
      ['modp3072 grp15', 15],
      ['modp4096 grp16', 16],
      ['modp6144 grp17', 17],
      ['modp8192 grp18', 18],
      ['ecp256 grp19', 19],
      ['ecp384 grp20', 20],
      ['ecp521 grp21', 21],
      ['ecp192 grp25', 25],
      ['ecp224 grp26', 26],
      ['brainpool224 grp27', 27],
      ['brainpool256 grp28', 28],
      ['brainpool384 grp29', 29],
      ['brainpool512 grp30', 30],
      ['curve25519 grp31', 31],
    ] as const
  ).flatMap(([words, id]) => words.split(' ').map((word) => [word, id] as const)),
);

/** A hybrid of its own that the product has a private number for. */
export const foreignGroups: ReadonlySet<string> = new Set(['sntrup761x25519']);

export function readGroup(word: string): KeyExchangeTransform | 'none' | undefined {
  if (word === 'none') return 'none';
  const id = groups.get(word);
  return id === undefined ? undefined : keyExchange(id);
}

/** `3h`, `20m`, `1200`: seconds. */
export function readSeconds(text: string): number | undefined {
  const match = /^(\d{1,10})([smhSMH]?)$/.exec(text);
  if (!match) return undefined;
  const factor = { '': 1, s: 1, m: 60, h: 3600 }[match[2]!.toLowerCase()];
  return factor === undefined ? undefined : Number(match[1]) * factor;
}

/** `512M`, `4G`, `1000`: kilobytes. */
export function readKilobytes(text: string): number | undefined {
  const match = /^(\d{1,15})([kmgKMG]?)$/.exec(text);
  if (!match) return undefined;
  const factor = { '': 1 / 1024, k: 1, m: 1024, g: 1024 ** 2 }[match[2]!.toLowerCase()];
  return factor === undefined ? undefined : Math.ceil(Number(match[1]) * factor);
}

/** An identity by its looks (iked's get_id_type): address, DN with a slash, mail address, name. */
export function readId(text: string): Identity {
  const plain = text.replace(/^(?:fqdn|ufqdn|ipv4|ipv6|asn1_dn)\//i, '');
  const address = parseAddress(plain);
  if (address) {
    return { type: address.family === 4 ? 'IPV4' : 'IPV6', value: formatAddress(address.family, address.value) };
  }
  if (plain.startsWith('/')) return { type: 'X500-DN', value: plain.slice(1).replaceAll('/', ',') };
  return { type: plain.includes('@') ? 'USER-FQDN' : 'FQDN', value: plain };
}

/** Numbers without units. */
export function readCount(text: string): number | undefined {
  return parseNumber(text);
}
