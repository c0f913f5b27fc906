/** Algorithms by the kernel's names (`ip xfrm`), by setkey's, and back. */
import {
  type AuthenticationTransform,
  authenticationTransforms,
  type EncryptionTransform,
  encryptionTransforms,
} from '../../model/transform.js';

/** `cbc(aes)` with the bits of its key; for combined modes the salt counts as part of it. */
export function cipherByXfrm(name: string, keyBits: number, icvBits?: number): EncryptionTransform | undefined {
  const wanted = name.replace(/^seqiv\((.*)\)$/, '$1');
  return encryptionTransforms.find((row) => {
    if (row.xfrm === undefined || row.xfrm !== (oldNames.get(wanted) ?? wanted)) return false;
    if (row.icvOctets !== undefined && icvBits !== undefined && row.icvOctets * 8 !== icvBits) return false;
    return row.keyBits + 8 * (row.saltOctets ?? 0) === keyBits;
  });
}

/** Names of AF_KEY and of older kernels. */
const oldNames: ReadonlyMap<string, string> = new Map([
  ['cipher_null', 'ecb(cipher_null)'],
  ['des', 'cbc(des)'],
  ['des3_ede', 'cbc(des3_ede)'],
  ['cast5', 'cbc(cast5)'],
  ['blowfish', 'cbc(blowfish)'],
  ['aes', 'cbc(aes)'],
  ['camellia', 'cbc(camellia)'],
  ['md5', 'hmac(md5)'],
  ['sha1', 'hmac(sha1)'],
  ['sha256', 'hmac(sha256)'],
  ['sha384', 'hmac(sha384)'],
  ['sha512', 'hmac(sha512)'],
]);

/** `hmac(sha256)`; the bits of its check value tell truncated ones apart, which only the usual ones are known of. */
export function integrityByXfrm(name: string, icvBits?: number): AuthenticationTransform | undefined {
  const found = authenticationTransforms.find(
    (row) => row.xfrm !== undefined && row.xfrm === (oldNames.get(name) ?? name),
  );
  return found && (icvBits === undefined || icvBits === found.icvBits) ? found : undefined;
}

/** Words of setkey's `-E`, without combined modes; `bits` is the key's length. */
const setkeyCiphers: readonly (readonly [words: string, table: string])[] = [
  ['des-cbc des-deriv des-32iv', 'DES-CBC'],
  ['3des-cbc', '3DES-CBC'],
  ['null simple', 'NULL'],
  ['blowfish-cbc', 'BLOWFISH-CBC'],
  ['cast128-cbc', 'CAST-CBC'],
  ['rijndael-cbc aes-cbc', 'AES-CBC'],
  ['aes-ctr', 'AES-CTR'],
  ['camellia-cbc', 'CAMELLIA-CBC'],
  ['aes-gcm-16', 'AES-GCM-16'],
  ['chacha20-poly1305', 'CHACHA20-POLY1305'],
];

/** All words of `-E` that setkey knows, also those that our table has no row for. */
export const setkeyCipherWords: ReadonlySet<string> = new Set([
  ...setkeyCiphers.flatMap(([words]) => words.split(' ')),
  'twofish-cbc',
  'rc5-cbc',
  'serpent-cbc',
  'skipjack-cbc',
]);

export function cipherBySetkey(word: string, keyBits: number): EncryptionTransform | undefined {
  const row = setkeyCiphers.find(([words]) => words.split(' ').includes(word));
  if (!row) return undefined;
  const [, table] = row;
  return encryptionTransforms.find(({ name, keyBits: bits, saltOctets = 0 }) => {
    if (name === table) return bits === 0 || bits + 8 * saltOctets === keyBits;
    return name === `${table}-${bits}` && bits + 8 * saltOctets === keyBits;
  });
}

const setkeyHashes: ReadonlyMap<string, string> = new Map([
  ['hmac-md5', 'HMAC-MD5-96'],
  ['hmac-sha1', 'HMAC-SHA1-96'],
  ['hmac-sha256', 'HMAC-SHA2-256-128'],
  ['hmac-sha2-256', 'HMAC-SHA2-256-128'],
  ['hmac-sha384', 'HMAC-SHA2-384-192'],
  ['hmac-sha2-384', 'HMAC-SHA2-384-192'],
  ['hmac-sha512', 'HMAC-SHA2-512-256'],
  ['hmac-sha2-512', 'HMAC-SHA2-512-256'],
  ['aes-xcbc-mac', 'AES-XCBC-96'],
]);

/** All words of `-A` that setkey knows. */
export const setkeyHashWords: ReadonlySet<string> = new Set([
  ...setkeyHashes.keys(),
  'keyed-md5',
  'keyed-sha1',
  'null',
  'hmac-ripemd160',
  'tcp-md5',
]);

export function hashBySetkey(word: string): AuthenticationTransform | undefined {
  const name = setkeyHashes.get(word);
  return authenticationTransforms.find((row) => row.name === name);
}

/** The word for `-E` of a cipher by the kernel's name, where setkey has one. */
export function setkeyCipherOf(xfrm: string): string | undefined {
  const row = encryptionTransforms.find((candidate) => candidate.xfrm === xfrm);
  const found = row && setkeyCiphers.find(([, table]) => row.name === table || row.name.startsWith(`${table}-`));
  return found?.[0].split(' ').find((word) => word !== 'rijndael-cbc');
}

/** The word for `-A` of an algorithm by the kernel's name, where setkey has one. */
export function setkeyHashOf(xfrm: string, icvBits: number): string | undefined {
  const row = integrityByXfrm(xfrm, icvBits);
  for (const [word, table] of setkeyHashes) if (table === row?.name) return word;
  return undefined;
}
