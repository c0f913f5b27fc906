/**
 * Transform types and transform IDs of IKEv2 (RFC 7296 §3.3.2 and IANA's registries of Transform Types 1 to 5). Key
 * exchange methods have the names of the model's one table, which IANA gives only in sentences.
 */
import { keyExchangeTransforms } from '../../../model/transform.js';
import { type Registry, registry } from './registry.js';

/** RFC 7296 §3.3.2, RFC 9370 §2.2.2, RFC 9827, RFC 9838. */
export const transformTypes = registry(
  'transform type',
  {
    ENCR: 1,
    PRF: 2,
    INTEG: 3,
    KE: 4,
    SN: 5,
    ADDKE1: 6,
    ADDKE2: 7,
    ADDKE3: 8,
    ADDKE4: 9,
    ADDKE5: 10,
    ADDKE6: 11,
    ADDKE7: 12,
    KWA: 13,
    GCAUTH: 14,
  },
  { privateFirst: 241, privateLast: 255 },
);

const private16 = { privateFirst: 1024, privateLast: 65_535 } as const;

/** Transform Type 1. */
export const encryptionAlgorithms = registry(
  'encryption algorithm',
  {
    ENCR_DES_IV64: 1,
    ENCR_DES: 2,
    ENCR_3DES: 3,
    ENCR_RC5: 4,
    ENCR_IDEA: 5,
    ENCR_CAST: 6,
    ENCR_BLOWFISH: 7,
    ENCR_3IDEA: 8,
    ENCR_DES_IV32: 9,
    ENCR_NULL: 11,
    ENCR_AES_CBC: 12,
    ENCR_AES_CTR: 13,
    ENCR_AES_CCM_8: 14,
    ENCR_AES_CCM_12: 15,
    ENCR_AES_CCM_16: 16,
    ENCR_AES_GCM_8: 18,
    ENCR_AES_GCM_12: 19,
    ENCR_AES_GCM_16: 20,
    ENCR_NULL_AUTH_AES_GMAC: 21,
    ENCR_XTS_AES: 22,
    ENCR_CAMELLIA_CBC: 23,
    ENCR_CAMELLIA_CTR: 24,
    ENCR_CAMELLIA_CCM_8: 25,
    ENCR_CAMELLIA_CCM_12: 26,
    ENCR_CAMELLIA_CCM_16: 27,
    ENCR_CHACHA20_POLY1305: 28,
    ENCR_AES_CCM_8_IIV: 29,
    ENCR_AES_GCM_16_IIV: 30,
    ENCR_CHACHA20_POLY1305_IIV: 31,
    ENCR_KUZNYECHIK_MGM_KTREE: 32,
    ENCR_MAGMA_MGM_KTREE: 33,
    ENCR_KUZNYECHIK_MGM_MAC_KTREE: 34,
    ENCR_MAGMA_MGM_MAC_KTREE: 35,
  },
  private16,
);

/** Transform Type 2. */
export const pseudorandomFunctions = registry(
  'pseudorandom function',
  {
    PRF_HMAC_MD5: 1,
    PRF_HMAC_SHA1: 2,
    PRF_HMAC_TIGER: 3,
    PRF_AES128_XCBC: 4,
    PRF_HMAC_SHA2_256: 5,
    PRF_HMAC_SHA2_384: 6,
    PRF_HMAC_SHA2_512: 7,
    PRF_AES128_CMAC: 8,
    PRF_HMAC_STREEBOG_512: 9,
  },
  private16,
);

/** Transform Type 3. */
export const integrityAlgorithms = registry(
  'integrity algorithm',
  {
    NONE: 0,
    AUTH_HMAC_MD5_96: 1,
    AUTH_HMAC_SHA1_96: 2,
    AUTH_DES_MAC: 3,
    AUTH_KPDK_MD5: 4,
    AUTH_AES_XCBC_96: 5,
    AUTH_HMAC_MD5_128: 6,
    AUTH_HMAC_SHA1_160: 7,
    AUTH_AES_CMAC_96: 8,
    AUTH_AES_128_GMAC: 9,
    AUTH_AES_192_GMAC: 10,
    AUTH_AES_256_GMAC: 11,
    AUTH_HMAC_SHA2_256_128: 12,
    AUTH_HMAC_SHA2_384_192: 13,
    AUTH_HMAC_SHA2_512_256: 14,
  },
  private16,
);

/** Transform Type 4 (and 6 to 12, RFC 9370): the key exchange methods, formerly Diffie-Hellman groups. */
export const keyExchangeMethods: Registry = registry<string>(
  'key exchange method',
  {
    NONE: 0,
    ...Object.fromEntries(keyExchangeTransforms.map(({ name, id }) => [name, id])),
    GOST3410_2012_256: 33,
    GOST3410_2012_512: 34,
    'FRODOKEM-640-AES': 38,
    'FRODOKEM-976-AES': 39,
    'FRODOKEM-1344-AES': 40,
  },
  private16,
);

/** Transform Type 5: Sequence Numbers, formerly Extended Sequence Numbers (RFC 9827). */
export const sequenceNumbers = registry('sequence numbers', { NO_ESN: 0, ESN: 1, UNSPECIFIED_32_BIT: 2 }, private16);

/** Transform Type 13: Key Wrap Algorithm (RFC 9838). */
export const keyWrapAlgorithms = registry(
  'key wrap algorithm',
  { KW_5649_128: 1, KW_5649_192: 2, KW_5649_256: 3, KW_ARX: 4 },
  private16,
);

/** Transform Type 14: Group Controller Authentication Method (RFC 9838). */
export const groupControllerAuthentication = registry(
  'group controller authentication method',
  { IMPLICIT: 1, DIGITAL_SIGNATURE: 2 },
  private16,
);

/** RFC 7296 §3.3.5, RFC 9838. */
export const transformAttributes = registry(
  'transform attribute',
  { KEY_LENGTH: 14, SIGNATURE_ALGORITHM_IDENTIFIER: 18 },
  { privateFirst: 16_384, privateLast: 32_767, spelled: { 14: 'Key Length', 18: 'Signature Algorithm Identifier' } },
);

/** RFC 7296 §3.10.1 (IPCOMP_SUPPORTED), RFC 2407 §4.4.5. */
export const ipcompTransforms = registry(
  'IPComp transform',
  { IPCOMP_OUI: 1, IPCOMP_DEFLATE: 2, IPCOMP_LZS: 3, IPCOMP_LZJH: 4 },
  { privateFirst: 48, privateLast: 63 },
);

const noIds = registry('transform ID', {});

/** The registry of the IDs of a transform type; an empty one for a type that has none. */
export function transformIds(type: number): Registry {
  switch (type) {
    case 1:
      return encryptionAlgorithms;
    case 2:
      return pseudorandomFunctions;
    case 3:
      return integrityAlgorithms;
    case 4:
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
    case 11:
    case 12:
      return keyExchangeMethods;
    case 5:
      return sequenceNumbers;
    case 13:
      return keyWrapAlgorithms;
    case 14:
      return groupControllerAuthentication;
    default:
      return noIds;
  }
}
