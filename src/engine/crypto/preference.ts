/** What providers offer, most preferred first, by the names of the transform table (RFC 8221 §5 and §6, RFC 8247 §2). */

export const aeadNames: readonly string[] = [
  'AES-GCM-16-256',
  'CHACHA20-POLY1305',
  'AES-GCM-16-128',
  'AES-GCM-16-192',
  'AES-CCM-16-256',
  'AES-CCM-16-128',
  'AES-CCM-16-192',
  'AES-GCM-12-256',
  'AES-GCM-12-128',
  'AES-GCM-12-192',
  'AES-CCM-12-256',
  'AES-CCM-12-128',
  'AES-CCM-12-192',
  'AES-GCM-8-256',
  'AES-GCM-8-128',
  'AES-GCM-8-192',
  'AES-CCM-8-256',
  'AES-CCM-8-128',
  'AES-CCM-8-192',
  'AES-GMAC-256',
  'AES-GMAC-128',
  'AES-GMAC-192',
];

export const cipherNames: readonly string[] = [
  'AES-CBC-256',
  'AES-CBC-128',
  'AES-CBC-192',
  'AES-CTR-256',
  'AES-CTR-128',
  'AES-CTR-192',
  'CAMELLIA-CBC-256',
  'CAMELLIA-CBC-128',
  'CAMELLIA-CBC-192',
  '3DES-CBC',
  'DES-CBC',
  'NULL',
];

export const integrityNames: readonly string[] = [
  'HMAC-SHA2-512-256',
  'HMAC-SHA2-256-128',
  'HMAC-SHA2-384-192',
  'AES-CMAC-96',
  'AES-XCBC-96',
  'HMAC-SHA1-96',
  'HMAC-MD5-96',
];

export const prfNames: readonly string[] = [
  'HMAC-SHA2-512',
  'HMAC-SHA2-256',
  'HMAC-SHA2-384',
  'AES128-CMAC',
  'AES128-XCBC',
  'HMAC-SHA1',
  'HMAC-MD5',
];

/** Groups by number; those with known weaknesses last. */
export const keyExchangeIds: readonly number[] = [
  31, 19, 20, 21, 32, 14, 15, 16, 17, 18, 36, 37, 35, 30, 29, 28, 27, 26, 5, 24, 23, 25, 2, 22, 1, 4, 3,
];
