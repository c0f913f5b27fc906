/**
 * Algorithms that products have and this tool does not carry out: they are told apart on the wire and compared, and a simulation lets
 * something else of the same lengths stand in for them (RFC 2451, RFC 5529, RFC 4595, RFC 4543 §5, RFC 7634).
 */
import { type AuthenticationTransform, type EncryptionTransform, encryption, type PrfTransform } from './transform.js';

const sizes = [128, 192, 256] as const;
const [camelliaCtrId, camelliaCcmId, gmacId] = [24, 25, 9] as const;

/** Ciphers beside those of the common table; Blowfish with 128 bits and CAST are there. */
export const rareCiphers: readonly EncryptionTransform[] = [
  ...([192, 256] as const).map((keyBits) => ({
    ...encryption('BLOWFISH-CBC'),
    name: `BLOWFISH-CBC-${keyBits}`,
    keyBits,
  })),
  ...sizes.map((keyBits) => ({
    name: `CAMELLIA-CTR-${keyBits}`,
    ikev2Id: camelliaCtrId,
    keyBits,
    keyLengthAttribute: true,
    blockOctets: 1,
    ivOctets: 8,
    saltOctets: 4,
    strengthBits: keyBits,
  })),
  ...([8, 12, 16] as const).flatMap((icvOctets, index) =>
    sizes.map((keyBits) => ({
      name: `CAMELLIA-CCM-${icvOctets}-${keyBits}`,
      ikev2Id: camelliaCcmId + index,
      keyBits,
      keyLengthAttribute: true,
      blockOctets: 1,
      ivOctets: 8,
      saltOctets: 3,
      icvOctets,
      strengthBits: keyBits,
    })),
  ),
  // With the length of its key told, as RFC 7634 §4 does not have it and strongSwan's chacha20poly1305compat does.
  { ...encryption('CHACHA20-POLY1305'), name: 'CHACHA20-POLY1305-256', keyLengthAttribute: true },
];

/** Integrity algorithms beside those of the common table. */
export const rareIntegrities: readonly AuthenticationTransform[] = [
  { name: 'HMAC-MD5-128', ikev2Id: 6, keyBits: 128, icvBits: 128, strengthBits: 64 },
  { name: 'HMAC-SHA1-160', ikev2Id: 7, keyBits: 160, icvBits: 160, strengthBits: 160 },
  ...sizes.map((keyBits, index) => ({
    name: `AES-${keyBits}-GMAC`,
    ikev2Id: gmacId + index,
    keyBits: keyBits + 32,
    icvBits: 128,
    strengthBits: keyBits,
  })),
];

/** Numbers of IKEv1 for private use (proposal_substructure.c). */
const privateNumbers = [
  { name: 'SERPENT-CBC', ikev2Id: 1026, ikev1Id: 65_004, espId: 252 },
  { name: 'TWOFISH-CBC', ikev2Id: 1027, ikev1Id: 65_005, espId: 253 },
] as const;

/**
 * Algorithms with numbers of private use, by which strongSwan means these. They are offered, and nobody takes them: a charon does so from
 * another one only, which has to say what it is (charon.send_vendor_id), or where it is told to (charon.accept_private_algs).
 */
export const privateCiphers: readonly EncryptionTransform[] = privateNumbers.flatMap(({ name, ...numbers }) =>
  sizes.map((keyBits) => ({
    ...numbers,
    name: `${name}-${keyBits}`,
    keyBits,
    keyLengthAttribute: true,
    blockOctets: 16,
    ivOctets: 16,
    strengthBits: keyBits,
  })),
);
export const privateIntegrities: readonly AuthenticationTransform[] = [
  { name: 'HMAC-SHA2-256-96', ikev2Id: 1026, keyBits: 256, icvBits: 96, strengthBits: 96 },
  { name: 'CAMELLIA-XCBC-96', ikev2Id: 1030, keyBits: 128, icvBits: 96, strengthBits: 96 },
];
export const privatePrfs: readonly PrfTransform[] = [
  { name: 'CAMELLIA128-XCBC', ikev2Id: 1028, outputBits: 128, strengthBits: 128 },
];

/** One of them by its name; undefined for any other. */
export function rareCipher(name: string): EncryptionTransform | undefined {
  return [...rareCiphers, ...privateCiphers].find((cipher) => cipher.name === name);
}

/** One of them by its name; undefined for any other. */
export function rareIntegrity(name: string): AuthenticationTransform | undefined {
  return [...rareIntegrities, ...privateIntegrities].find((integrity) => integrity.name === name);
}
