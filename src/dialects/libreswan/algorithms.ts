/** Pluto's names of algorithms (Libreswan lib/libswan/ike_alg_*.c), and the rows of our table that they stand for. */
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

/** Key exchange NONE: a further exchange may be left out. */
export const noKeyExchange: KeyExchangeTransform = {
  name: 'NONE',
  id: 0,
  kind: 'MODP',
  strengthBits: 0,
  rfc: 'RFC 9370 §2.2.1',
};

export interface Cipher {
  /** Canonical name without the key length. */
  readonly name: string;
  /** Rows by key length, the longest first; one row for a cipher without lengths. */
  readonly rows: readonly EncryptionTransform[];
  readonly hasLengths: boolean;
  readonly isAead: boolean;
}

function cipher(name: string, table: string, bits: readonly number[] = [256, 192, 128]): Cipher {
  const hasLengths = bits.length > 1;
  const rows = bits.map((length) => encryption(hasLengths ? `${table}-${length}` : table));
  return { name, rows, hasLengths, isAead: rows[0]?.icvOctets !== undefined };
}

const fixed = [0] as const;
const ciphers: ReadonlyMap<string, Cipher> = new Map(
  (
    [
      ['3des 3des_cbc', cipher('3des', '3DES-CBC', fixed)],
      ['des des_cbc', cipher('des', 'DES-CBC', fixed)],
      ['aes aes_cbc', cipher('aes', 'AES-CBC')],
      ['aesctr aes_ctr', cipher('aes_ctr', 'AES-CTR')],
      ['aes_gcm_8 aes_gcm_a', cipher('aes_gcm_8', 'AES-GCM-8')],
      ['aes_gcm_12 aes_gcm_b', cipher('aes_gcm_12', 'AES-GCM-12')],
      ['aes_gcm aes_gcm_16 aes_gcm_c', cipher('aes_gcm', 'AES-GCM-16')],
      ['aes_ccm_8 aes_ccm_a', cipher('aes_ccm_8', 'AES-CCM-8')],
      ['aes_ccm_12 aes_ccm_b', cipher('aes_ccm_12', 'AES-CCM-12')],
      ['aes_ccm aes_ccm_16 aes_ccm_c', cipher('aes_ccm', 'AES-CCM-16')],
      ['null_auth_aes_gmac aes_gmac', cipher('null_auth_aes_gmac', 'AES-GMAC')],
      ['camellia camellia_cbc', cipher('camellia', 'CAMELLIA-CBC')],
      ['chacha20_poly1305 chacha20poly1305', cipher('chacha20_poly1305', 'CHACHA20-POLY1305', fixed)],
      ['blowfish', cipher('blowfish', 'BLOWFISH-CBC', fixed)],
      ['cast cast_cbc', cipher('cast', 'CAST-CBC', fixed)],
      ['null', cipher('null', 'NULL', fixed)],
    ] as const
  ).flatMap(([names, found]) => names.split(' ').map((name) => [name, found] as const)),
);

function table<T>(rows: readonly (readonly [string, T])[]): ReadonlyMap<string, T> {
  return new Map(rows.flatMap(([names, row]) => names.split(' ').map((name) => [name, row] as const)));
}

const prfs = table<PrfTransform>([
  ['md5 hmac_md5', prf('HMAC-MD5')],
  ['sha sha1 hmac_sha1', prf('HMAC-SHA1')],
  ['sha2 sha256 sha2_256 hmac_sha2_256', prf('HMAC-SHA2-256')],
  ['sha384 sha2_384 hmac_sha2_384', prf('HMAC-SHA2-384')],
  ['sha512 sha2_512 hmac_sha2_512', prf('HMAC-SHA2-512')],
  ['aes_xcbc aes128_xcbc', prf('AES128-XCBC')],
]);

const integrity = table<AuthenticationTransform | 'none'>([
  ['md5 hmac_md5 hmac_md5_96', authentication('HMAC-MD5-96')],
  ['sha sha1 sha1_96 hmac_sha1 hmac_sha1_96', authentication('HMAC-SHA1-96')],
  ['sha2 sha256 sha2_256 sha2_256_128 hmac_sha2_256 hmac_sha2_256_128', authentication('HMAC-SHA2-256-128')],
  ['sha384 sha2_384 sha2_384_192 hmac_sha2_384 hmac_sha2_384_192', authentication('HMAC-SHA2-384-192')],
  ['sha512 sha2_512 sha2_512_256 hmac_sha2_512 hmac_sha2_512_256', authentication('HMAC-SHA2-512-256')],
  ['aes_xcbc aes128_xcbc aes_xcbc_96 aes128_xcbc_96', authentication('AES-XCBC-96')],
  ['aes_cmac aes_cmac_96', authentication('AES-CMAC-96')],
  ['none null', 'none'],
]);

const groups = table<KeyExchangeTransform | 'none'>([
  ...(
    [
      ['modp768 dh1', 1],
      ['modp1024 dh2', 2],
      ['modp1536 dh5', 5],
      ['modp2048 dh14', 14],
      ['modp3072 dh15', 15],
      ['modp4096 dh16', 16],
      ['modp6144 dh17', 17],
      ['modp8192 dh18', 18],
      ['dh19 ecp_256 ecp256', 19],
      ['dh20 ecp_384 ecp384', 20],
      ['dh21 ecp_521 ecp521', 21],
      ['dh22', 22],
      ['dh23', 23],
      ['dh24', 24],
      ['dh31 curve25519', 31],
      ['ml_kem_512 mlkem512', 35],
      ['ml_kem_768 mlkem768', 36],
      ['ml_kem_1024 mlkem1024', 37],
    ] as const
  ).flatMap(([names, id]) => {
    const found = keyExchange(id);
    return found ? [[names, found] as const] : [];
  }),
  ['none null dh0', 'none'],
]);

export function findCipher(name: string): Cipher | undefined {
  return ciphers.get(name.toLowerCase());
}

export function findPrf(name: string): PrfTransform | undefined {
  return prfs.get(name.toLowerCase());
}

export function findIntegrity(name: string): AuthenticationTransform | 'none' | undefined {
  return integrity.get(name.toLowerCase());
}

export function findGroup(name: string): KeyExchangeTransform | 'none' | undefined {
  return groups.get(name.toLowerCase());
}

/** The integrity algorithm that is made of a PRF. */
export function integrityOf({ name }: PrfTransform): AuthenticationTransform | undefined {
  const made = new Map([
    ['HMAC-MD5', 'HMAC-MD5-96'],
    ['HMAC-SHA1', 'HMAC-SHA1-96'],
    ['HMAC-SHA2-256', 'HMAC-SHA2-256-128'],
    ['HMAC-SHA2-384', 'HMAC-SHA2-384-192'],
    ['HMAC-SHA2-512', 'HMAC-SHA2-512-256'],
    ['AES128-XCBC', 'AES-XCBC-96'],
  ]).get(name);
  return made === undefined ? undefined : authentication(made);
}

/** Names for writing, the ones that `ipsec algparse` prints in lower case. */
export function cipherWord(row: EncryptionTransform): string | undefined {
  for (const [word, { rows, hasLengths, name }] of ciphers) {
    if (word === name && rows.includes(row))
      return hasLengths ? `${name}${/\d$/.test(name) ? '_' : ''}${row.keyBits}` : name;
  }
  return undefined;
}

const preferredWords: ReadonlyMap<string, string> = new Map([
  ['HMAC-MD5', 'md5'],
  ['HMAC-MD5-96', 'md5'],
  ['HMAC-SHA1', 'sha1'],
  ['HMAC-SHA1-96', 'sha1'],
  ['HMAC-SHA2-256', 'sha2_256'],
  ['HMAC-SHA2-256-128', 'sha2_256'],
  ['HMAC-SHA2-384', 'sha2_384'],
  ['HMAC-SHA2-384-192', 'sha2_384'],
  ['HMAC-SHA2-512', 'sha2_512'],
  ['HMAC-SHA2-512-256', 'sha2_512'],
  ['AES128-XCBC', 'aes_xcbc'],
  ['AES-XCBC-96', 'aes_xcbc'],
  ['AES-CMAC-96', 'aes_cmac'],
]);

/** The word for a PRF or an integrity algorithm. */
export function hashWord({ name }: { readonly name: string }): string | undefined {
  return preferredWords.get(name);
}

/** The word for a group. */
export function groupWord(row: KeyExchangeTransform): string | undefined {
  for (const [word, group] of groups) if (group === row) return word;
  return undefined;
}
