/** OBJECT IDENTIFIERs of keys and signatures — RFC 3279, RFC 4055, RFC 5758, RFC 8410. */
import type { HashName } from '../provider.js';

export const oids = {
  rsaEncryption: '1.2.840.113549.1.1.1',
  mgf1: '1.2.840.113549.1.1.8',
  rsassaPss: '1.2.840.113549.1.1.10',
  dsa: '1.2.840.10040.4.1',
  ecPublicKey: '1.2.840.10045.2.1',
  ed25519: '1.3.101.112',
  ed448: '1.3.101.113',
} as const;

export const hashOids: Readonly<Record<HashName, string>> = {
  MD5: '1.2.840.113549.2.5',
  SHA1: '1.3.14.3.2.26',
  'SHA2-256': '2.16.840.1.101.3.4.2.1',
  'SHA2-384': '2.16.840.1.101.3.4.2.2',
  'SHA2-512': '2.16.840.1.101.3.4.2.3',
};

export const rsaSignatureOids: Readonly<Record<HashName, string>> = {
  MD5: '1.2.840.113549.1.1.4',
  SHA1: '1.2.840.113549.1.1.5',
  'SHA2-256': '1.2.840.113549.1.1.11',
  'SHA2-384': '1.2.840.113549.1.1.12',
  'SHA2-512': '1.2.840.113549.1.1.13',
};

export const ecdsaSignatureOids: Readonly<Record<Exclude<HashName, 'MD5'>, string>> = {
  SHA1: '1.2.840.10045.4.1',
  'SHA2-256': '1.2.840.10045.4.3.2',
  'SHA2-384': '1.2.840.10045.4.3.3',
  'SHA2-512': '1.2.840.10045.4.3.4',
};

export const dsaSignatureOids: Readonly<Record<Exclude<HashName, 'MD5'>, string>> = {
  SHA1: '1.2.840.10040.4.3',
  'SHA2-256': '2.16.840.1.101.3.4.3.2',
  'SHA2-384': '2.16.840.1.101.3.4.3.3',
  'SHA2-512': '2.16.840.1.101.3.4.3.4',
};

/** The hash of an OBJECT IDENTIFIER in one of the tables above. */
export function hashOfOid<H extends HashName>(table: Readonly<Record<H, string>>, oid: string): H | undefined {
  return (Object.keys(table) as H[]).find((hash) => table[hash] === oid);
}
