/** Proposals out of every word that strongSwan knows, also those that nobody should use. */
import type { Draw } from './draw.js';

const sizes = ['128', '192', '256'];
const classicCiphers = [
  'aes',
  '3des',
  'des',
  'camellia',
  'blowfish',
  'blowfish128',
  'blowfish192',
  'blowfish256',
  'cast128',
  'serpent',
  'twofish',
  ...sizes.flatMap((bits) => [
    `aes${bits}`,
    `aes${bits}ctr`,
    `camellia${bits}`,
    `camellia${bits}ctr`,
    `serpent${bits}`,
    `twofish${bits}`,
  ]),
];
const combinedCiphers = [
  'chacha20poly1305',
  'chacha20poly1305compat',
  ...sizes.flatMap((bits) => [
    `aes${bits}ccm`,
    `aes${bits}gcm`,
    ...['8', '12', '16', '64', '96', '128'].flatMap((icv) => [
      `aes${bits}ccm${icv}`,
      `aes${bits}gcm${icv}`,
      `camellia${bits}ccm${icv}`,
    ]),
  ]),
];
const gmacs = sizes.map((bits) => `aes${bits}gmac`);
const integrities = [
  'sha',
  'sha1',
  'sha1_160',
  'sha256',
  'sha2_256',
  'sha256_96',
  'sha2_256_96',
  'sha384',
  'sha2_384',
  'sha512',
  'sha2_512',
  'md5',
  'md5_128',
  'aesxcbc',
  'aescmac',
  'camelliaxcbc',
];
const prfs = [
  'prfsha1',
  'prfsha256',
  'prfsha384',
  'prfsha512',
  'prfmd5',
  'prfaesxcbc',
  'prfaescmac',
  'prfcamelliaxcbc',
];
const groups = [
  ...['768', '1024', '1536', '2048', '3072', '4096', '1024s160', '2048s224', '2048s256'].map((size) => `modp${size}`),
  ...['192', '224', '256', '384', '521', '224bp', '256bp', '384bp', '512bp'].map((size) => `ecp${size}`),
  'x25519',
  'curve25519',
  'x448',
  'curve448',
];
const rareGroups = ['modpnone', 'none'];

const group = (draw: Draw) => (draw.chance(0.06) ? draw.one(rareGroups) : draw.one(groups));

/** Words for an IKE SA; now and then there is one too few. */
export function ikeWords(draw: Draw): string {
  const combined = draw.chance(0.3);
  const ciphers = draw.some(combined ? combinedCiphers : [...classicCiphers, 'aes128', 'aes256'], 1, 2);
  const integrity = combined && draw.chance(0.9) ? [] : draw.some(integrities, draw.chance(0.03) ? 0 : 1, 2);
  const functions = combined || draw.chance(0.25) ? draw.some(prfs, draw.chance(0.03) ? 0 : 1, 2) : [];
  const exchanges = Array.from({ length: draw.one([1, 1, 1, 2, 3]) }, () => group(draw));
  return [...ciphers, ...integrity, ...functions, ...exchanges].join('-');
}

/** Words for an ESP SA. */
export function espWords(draw: Draw): string {
  const combined = draw.chance(0.35);
  const pool = combined ? [...combinedCiphers, ...gmacs] : [...classicCiphers, 'null', 'aes128', 'aes256'];
  const ciphers = draw.some(pool, 1, 2);
  const integrity = combined && draw.chance(0.85) ? [] : draw.some(integrities, draw.chance(0.06) ? 0 : 1, 2);
  const exchanges = draw.chance(0.4) ? Array.from({ length: draw.one([1, 1, 2]) }, () => group(draw)) : [];
  const numbers = draw.chance(0.2) ? draw.some(['esn', 'noesn'], 1, 2) : [];
  return [...ciphers, ...integrity, ...exchanges, ...numbers].join('-');
}

/** Words for an AH SA. */
export function ahWords(draw: Draw): string {
  const algorithms = draw.some(integrities, 1, 2);
  const exchanges = draw.chance(0.4) ? [group(draw)] : [];
  return [...algorithms, ...exchanges, ...(draw.chance(0.2) ? ['esn'] : [])].join('-');
}
