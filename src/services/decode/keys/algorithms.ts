/**
 * Algorithms by the names that tables of keys have for them: Wireshark's (packet-isakmp.c and packet-ipsec.c, whose spellings
 * differ between its versions), and those of our own table of transforms.
 */
import {
  type AuthenticationTransform,
  authenticationTransforms,
  type EncryptionTransform,
  encryptionTransforms,
} from '../../../model/transform.js';
import type { NamedCipher, NamedIntegrity } from './key-set.js';

/** Integrity algorithms by what is left of a name without brackets, blanks and strokes. */
const integrityNames: Readonly<Record<string, string>> = {
  HMACMD596: 'HMAC-MD5-96',
  HMACSHA196: 'HMAC-SHA1-96',
  HMACSHA256128: 'HMAC-SHA2-256-128',
  HMACSHA2256128: 'HMAC-SHA2-256-128',
  HMACSHA384192: 'HMAC-SHA2-384-192',
  HMACSHA2384192: 'HMAC-SHA2-384-192',
  HMACSHA512256: 'HMAC-SHA2-512-256',
  HMACSHA2512256: 'HMAC-SHA2-512-256',
  AESXCBC96: 'AES-XCBC-96',
  AESXCBCMAC96: 'AES-XCBC-96',
  AESCMAC96: 'AES-CMAC-96',
};

/** A name as it is compared: without what stands in brackets, and without blanks and strokes. */
function bare(name: string): string {
  return name
    .replace(/\[.*?\]/g, '')
    .replace(/[\s_-]/g, '')
    .toUpperCase();
}

/** The name as it is shown. */
function spelled(name: string): string {
  return name.replace(/\s*\[.*?\]\s*/g, '').trim();
}

/** An integrity algorithm; undefined for none. */
export function integrityNamed(name: string): NamedIntegrity | undefined {
  const key = bare(name);
  if (key === '' || key === 'NULL' || key === 'NONE') return undefined;
  // Wireshark's way to have an ICV of so many bits taken off without a look at it.
  const [, bits] = /^ANY(\d+)BITS?(?:OF)?AUTHENTICATION/.exec(key) ?? [];
  if (bits) return { name: `any ICV of ${bits} bits`, icvOctets: Number(bits) / 8 };
  const known = authenticationTransform(integrityNames[key]) ?? authenticationTransform(name);
  return known ? { name: known.name, transform: known, icvOctets: known.icvBits / 8 } : { name: spelled(name) };
}

function authenticationTransform(name: string | undefined): AuthenticationTransform | undefined {
  return authenticationTransforms.find((each) => each.name === name);
}

/**
 * A cipher. ESP tables tell key lengths by the keys themselves: `keymatOctets` counts key and salt. Names of our own table say
 * everything.
 */
export function cipherNamed(name: string, keymatOctets: number): NamedCipher {
  const own = encryptionTransforms.find((each) => each.name === name);
  const known = own ?? encryptionTransforms.find((each) => each.name === ownName(name, keymatOctets));
  return known && fits(known, keymatOctets) ? { name: known.name, transform: known } : { name: spelled(name) };
}

function fits({ keyBits, saltOctets = 0 }: EncryptionTransform, keymatOctets: number): boolean {
  return keyBits / 8 + saltOctets === keymatOctets;
}

function ownName(name: string, keymatOctets: number): string | undefined {
  const key = bare(name);
  switch (key) {
    case 'NULL':
      return 'NULL';
    case '3DES':
    case '3DESCBC':
    case 'TRIPLEDESCBC':
      return '3DES-CBC';
    case 'DES':
    case 'DESCBC':
      return 'DES-CBC';
    case 'CHACHA20WITHPOLY1305':
    case 'CHACHA20POLY1305':
      return 'CHACHA20-POLY1305';
    default:
      break;
  }
  const [, family = '', mode = '', , icv] =
    /^(AES|CAMELLIA)(CBC|CTR|GCM|CCM|GMAC)(\d{3})?(?:WITH(\d+)OCTETICV)?$/.exec(key) ?? [];
  const salts: Readonly<Record<string, number>> = { CBC: 0, CTR: 4, GCM: 4, CCM: 3, GMAC: 4 };
  const bits = (keymatOctets - (salts[mode] ?? 0)) * 8;
  switch (mode) {
    case 'CBC':
    case 'CTR':
    case 'GMAC':
      return `${family}-${mode}-${bits}`;
    case 'GCM':
    case 'CCM':
      return `${family}-${mode}-${icv ?? 16}-${bits}`;
    default:
      return undefined;
  }
}
