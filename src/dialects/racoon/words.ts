/** Words of racoon.conf: algorithms, groups, methods, lengths of time. */

import type { AuthenticationMethod } from '../../model/system-config.js';
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

/** Ciphers with key lengths, and the length that is taken when none is written. */
const variable: ReadonlyMap<string, { readonly table: string; readonly usual: number }> = new Map([
  ['aes', { table: 'AES-CBC', usual: 128 }],
  ['rijndael', { table: 'AES-CBC', usual: 128 }],
  ['camellia', { table: 'CAMELLIA-CBC', usual: 128 }],
]);

const fixed: ReadonlyMap<string, string> = new Map([
  ['des', 'DES-CBC'],
  ['des_iv64', 'DES-CBC'],
  ['des_iv32', 'DES-CBC'],
  ['3des', '3DES-CBC'],
  ['idea', 'IDEA-CBC'],
  ['cast128', 'CAST-CBC'],
  ['null_enc', 'NULL'],
  ['null', 'NULL'],
]);

/** Names that the product knows and our table has no row for. */
const foreign = new Set(['rc4', 'rc5', '3idea', 'twofish', 'blowfish']);

export type Read<T> =
  | { readonly kind: 'known'; readonly value: T }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'fault' };

export function readCipher(name: string, length: number | undefined): Read<EncryptionTransform> {
  const flexible = variable.get(name);
  if (flexible) {
    const bits = length ?? flexible.usual;
    if (![128, 192, 256].includes(bits)) return { kind: 'fault' };
    return { kind: 'known', value: encryption(`${flexible.table}-${bits}`) };
  }
  const table = fixed.get(name);
  if (table) return { kind: 'known', value: encryption(table) };
  // Blowfish has one length in our table.
  if (name === 'blowfish' && length === 128) return { kind: 'known', value: encryption('BLOWFISH-CBC') };
  return foreign.has(name) ? { kind: 'foreign' } : { kind: 'fault' };
}

const hashes: ReadonlyMap<string, string> = new Map([
  ['md5', 'HMAC-MD5'],
  ['sha1', 'HMAC-SHA1'],
  ['tiger', 'HMAC-TIGER'],
  ['sha256', 'HMAC-SHA2-256'],
  ['sha2_256', 'HMAC-SHA2-256'],
  ['sha384', 'HMAC-SHA2-384'],
  ['sha2_384', 'HMAC-SHA2-384'],
  ['sha512', 'HMAC-SHA2-512'],
  ['sha2_512', 'HMAC-SHA2-512'],
]);

export function readHash(name: string): PrfTransform | undefined {
  const found = hashes.get(name);
  return found === undefined ? undefined : prf(found);
}

const integrities: ReadonlyMap<string, string> = new Map([
  ['hmac_md5', 'HMAC-MD5-96'],
  ['hmac_sha1', 'HMAC-SHA1-96'],
  ['hmac_sha256', 'HMAC-SHA2-256-128'],
  ['hmac_sha2_256', 'HMAC-SHA2-256-128'],
  ['hmac_sha384', 'HMAC-SHA2-384-192'],
  ['hmac_sha2_384', 'HMAC-SHA2-384-192'],
  ['hmac_sha512', 'HMAC-SHA2-512-256'],
  ['hmac_sha2_512', 'HMAC-SHA2-512-256'],
  ['des_mac', 'DES-MAC'],
  ['kpdk', 'KPDK-MD5'],
]);

/** `non_auth` is none at all. */
export function readIntegrity(name: string): AuthenticationTransform | 'none' | undefined {
  if (name === 'non_auth') return 'none';
  const found = integrities.get(name);
  return found === undefined ? undefined : authentication(found);
}

const groupNames: ReadonlyMap<string, number> = new Map([
  ['modp768', 1],
  ['modp1024', 2],
  ['ec2n155', 3],
  ['ec2n185', 4],
  ['modp1536', 5],
  ['modp2048', 14],
  ['modp3072', 15],
  ['modp4096', 16],
  ['modp6144', 17],
  ['modp8192', 18],
]);

export function readGroup(name: string): KeyExchangeTransform | undefined {
  const id = groupNames.get(name) ?? parseNumber(name);
  return id === undefined ? undefined : keyExchange(id);
}

/** A method, and whether XAUTH comes after it: as its server (the peer proves itself again), or as its client. */
export interface RacoonMethod {
  readonly local: AuthenticationMethod;
  readonly remote: AuthenticationMethod;
  readonly xauth?: 'server' | 'client';
}

const methods: ReadonlyMap<string, RacoonMethod> = new Map<string, RacoonMethod>([
  ['pre_shared_key', { local: 'PSK', remote: 'PSK' }],
  ['rsasig', { local: 'RSASIG', remote: 'RSASIG' }],
  ['dsssig', { local: 'DSSSIG', remote: 'DSSSIG' }],
  ['rsaenc', { local: 'RSAENC', remote: 'RSAENC' }],
  ['rsarev', { local: 'RSAREVENC', remote: 'RSAREVENC' }],
  ['xauth_psk_server', { local: 'PSK', remote: 'PSK', xauth: 'server' }],
  ['xauth_psk_client', { local: 'PSK', remote: 'PSK', xauth: 'client' }],
  ['xauth_rsa_server', { local: 'RSASIG', remote: 'RSASIG', xauth: 'server' }],
  ['xauth_rsa_client', { local: 'RSASIG', remote: 'RSASIG', xauth: 'client' }],
  ['hybrid_rsa_server', { local: 'RSASIG', remote: 'XAUTH' }],
  ['hybrid_rsa_client', { local: 'XAUTH', remote: 'RSASIG' }],
]);

export function readMethod(name: string): RacoonMethod | undefined {
  return methods.get(name);
}

/** Methods that the product knows and the model has no words for. */
export const foreignMethods = new Set(['gssapi_krb', 'hybrid_dss_server', 'hybrid_dss_client']);

const units: readonly (readonly [pattern: RegExp, seconds: number])[] = [
  [/^s(?:ec|ecs|econd|econds)?$/, 1],
  [/^m(?:in|ins|inute|inutes)?$/, 60],
  [/^h(?:our|ours|r|rs)?$/, 3600],
];

/** Seconds of `12 hour`. */
export function readTime(number: string, unit: string): number | undefined {
  const count = parseNumber(number);
  const factor = units.find(([pattern]) => pattern.test(unit.toLowerCase()))?.[1];
  return count === undefined || factor === undefined ? undefined : count * factor;
}

const byteUnits: ReadonlyMap<string, number> = new Map([
  ['b', 1 / 1024],
  ['byte', 1 / 1024],
  ['bytes', 1 / 1024],
  ['kb', 1],
  ['mb', 1024],
  ['gb', 1024 ** 2],
  ['tb', 1024 ** 3],
]);

/** Kilobytes of `100 MB`. */
export function readKilobytes(number: string, unit: string): number | undefined {
  const count = parseNumber(number);
  const factor = byteUnits.get(unit.toLowerCase());
  return count === undefined || factor === undefined ? undefined : Math.ceil(count * factor);
}
