/**
 * Numbers of ISAKMP and IKEv1: IANA "Magic Numbers for ISAKMP Protocol" (RFC 2407, RFC 2408) and "IPsec registry" for
 * Oakley attributes (RFC 2409 appendix A), with the vendor ranges that peers use.
 */
import { keyExchangeTransforms } from '../../../model/transform.js';
import { type Registry, registry } from './registry.js';

/** RFC 2408 §3.1, RFC 2409 appendix A; 6 is the Transaction exchange of mode config. */
export const isakmpExchangeTypes = registry(
  'ISAKMP exchange type',
  {
    NONE: 0,
    BASE: 1,
    IDENTITY_PROTECTION: 2,
    AUTHENTICATION_ONLY: 3,
    AGGRESSIVE: 4,
    INFORMATIONAL: 5,
    TRANSACTION: 6,
    QUICK_MODE: 32,
    NEW_GROUP_MODE: 33,
  },
  {
    privateFirst: 240,
    privateLast: 255,
    spelled: {
      1: 'Base',
      2: 'Main Mode',
      3: 'Authentication Only',
      4: 'Aggressive Mode',
      5: 'Informational',
      6: 'Transaction',
      32: 'Quick Mode',
      33: 'New Group Mode',
    },
  },
);

/** RFC 2408 §3.1, RFC 3547, RFC 3947 §3.2 and §5.2; 130 and 131 in the drafts before it, 132 in vendors' fragmentation. */
export const isakmpPayloadTypes = registry(
  'ISAKMP payload type',
  {
    NONE: 0,
    SA: 1,
    P: 2,
    T: 3,
    KE: 4,
    ID: 5,
    CERT: 6,
    CR: 7,
    HASH: 8,
    SIG: 9,
    NONCE: 10,
    N: 11,
    D: 12,
    VID: 13,
    CP: 14,
    SAK: 15,
    SAT: 16,
    KD: 17,
    SEQ: 18,
    POP: 19,
    'NAT-D': 20,
    'NAT-OA': 21,
    GAP: 22,
    'NAT-D-draft': 130,
    'NAT-OA-draft': 131,
    FRAGMENT: 132,
  },
  { privateFirst: 128, privateLast: 255 },
);

/** RFC 2407 §4.2, RFC 3547. */
export const domainsOfInterpretation = registry('domain of interpretation', { ISAKMP: 0, IPSEC: 1, GDOI: 2 });

/** RFC 2407 §4.4.1. */
export const isakmpProtocolIds = registry(
  'protocol identifier',
  { NONE: 0, PROTO_ISAKMP: 1, PROTO_IPSEC_AH: 2, PROTO_IPSEC_ESP: 3, PROTO_IPCOMP: 4, PROTO_GIGABEAM_RADIO: 5 },
  { privateFirst: 249, privateLast: 255 },
);

/** RFC 2407 §4.4.2. */
export const isakmpTransforms = registry('ISAKMP transform', { KEY_IKE: 1 }, { privateFirst: 249, privateLast: 255 });

/** RFC 2407 §4.4.3, RFC 4868, RFC 4543. */
export const ahTransforms = registry(
  'AH transform',
  {
    AH_MD5: 2,
    AH_SHA: 3,
    AH_DES: 4,
    'AH_SHA2-256': 5,
    'AH_SHA2-384': 6,
    'AH_SHA2-512': 7,
    AH_RIPEMD: 8,
    'AH_AES-XCBC-MAC': 9,
    AH_RSA: 10,
    'AH_AES-128-GMAC': 11,
    'AH_AES-192-GMAC': 12,
    'AH_AES-256-GMAC': 13,
  },
  { privateFirst: 249, privateLast: 255 },
);

/** RFC 2407 §4.4.4, RFC 3602, RFC 3686, RFC 4309, RFC 4106, RFC 4312, RFC 4543. */
export const espTransforms = registry(
  'ESP transform',
  {
    ESP_DES_IV64: 1,
    ESP_DES: 2,
    ESP_3DES: 3,
    ESP_RC5: 4,
    ESP_IDEA: 5,
    ESP_CAST: 6,
    ESP_BLOWFISH: 7,
    ESP_3IDEA: 8,
    ESP_DES_IV32: 9,
    ESP_RC4: 10,
    ESP_NULL: 11,
    'ESP_AES-CBC': 12,
    'ESP_AES-CTR': 13,
    'ESP_AES-CCM_8': 14,
    'ESP_AES-CCM_12': 15,
    'ESP_AES-CCM_16': 16,
    'ESP_AES-GCM_8': 18,
    'ESP_AES-GCM_12': 19,
    'ESP_AES-GCM_16': 20,
    ESP_SEED_CBC: 21,
    ESP_CAMELLIA: 22,
    'ESP_NULL_AUTH_AES-GMAC': 23,
  },
  { privateFirst: 249, privateLast: 255 },
);

/** RFC 2407 §4.6.2.1, RFC 3554. */
export const isakmpIdTypes = registry(
  'identification type',
  {
    ID_IPV4_ADDR: 1,
    ID_FQDN: 2,
    ID_USER_FQDN: 3,
    ID_IPV4_ADDR_SUBNET: 4,
    ID_IPV6_ADDR: 5,
    ID_IPV6_ADDR_SUBNET: 6,
    ID_IPV4_ADDR_RANGE: 7,
    ID_IPV6_ADDR_RANGE: 8,
    ID_DER_ASN1_DN: 9,
    ID_DER_ASN1_GN: 10,
    ID_KEY_ID: 11,
    ID_LIST: 12,
  },
  { privateFirst: 249, privateLast: 255 },
);

/** RFC 2408 §3.14.1, RFC 2407 §4.6.3, RFC 3706 §5.3. */
export const isakmpNotifyTypes = registry(
  'notify message type',
  {
    'INVALID-PAYLOAD-TYPE': 1,
    'DOI-NOT-SUPPORTED': 2,
    'SITUATION-NOT-SUPPORTED': 3,
    'INVALID-COOKIE': 4,
    'INVALID-MAJOR-VERSION': 5,
    'INVALID-MINOR-VERSION': 6,
    'INVALID-EXCHANGE-TYPE': 7,
    'INVALID-FLAGS': 8,
    'INVALID-MESSAGE-ID': 9,
    'INVALID-PROTOCOL-ID': 10,
    'INVALID-SPI': 11,
    'INVALID-TRANSFORM-ID': 12,
    'ATTRIBUTES-NOT-SUPPORTED': 13,
    'NO-PROPOSAL-CHOSEN': 14,
    'BAD-PROPOSAL-SYNTAX': 15,
    'PAYLOAD-MALFORMED': 16,
    'INVALID-KEY-INFORMATION': 17,
    'INVALID-ID-INFORMATION': 18,
    'INVALID-CERT-ENCODING': 19,
    'INVALID-CERTIFICATE': 20,
    'CERT-TYPE-UNSUPPORTED': 21,
    'INVALID-CERT-AUTHORITY': 22,
    'INVALID-HASH-INFORMATION': 23,
    'AUTHENTICATION-FAILED': 24,
    'INVALID-SIGNATURE': 25,
    'ADDRESS-NOTIFICATION': 26,
    'NOTIFY-SA-LIFETIME': 27,
    'CERTIFICATE-UNAVAILABLE': 28,
    'UNSUPPORTED-EXCHANGE-TYPE': 29,
    'UNEQUAL-PAYLOAD-LENGTHS': 30,
    CONNECTED: 16384,
    'RESPONDER-LIFETIME': 24576,
    'REPLAY-STATUS': 24577,
    'INITIAL-CONTACT': 24578,
    'R-U-THERE': 36136,
    'R-U-THERE-ACK': 36137,
  },
  { privateFirst: 32_768, privateLast: 40_959 },
);

/** RFC 2408 §3.9. */
export const isakmpCertificateEncodings = registry(
  'certificate encoding',
  {
    NONE: 0,
    PKCS7_WRAPPED_X509: 1,
    PGP_CERTIFICATE: 2,
    DNS_SIGNED_KEY: 3,
    X509_CERTIFICATE_SIGNATURE: 4,
    X509_CERTIFICATE_KEY_EXCHANGE: 5,
    KERBEROS_TOKENS: 6,
    CERTIFICATE_REVOCATION_LIST: 7,
    AUTHORITY_REVOCATION_LIST: 8,
    SPKI_CERTIFICATE: 9,
    X509_CERTIFICATE_ATTRIBUTE: 10,
  },
  {
    spelled: {
      1: 'PKCS #7 wrapped X.509 certificate',
      2: 'PGP certificate',
      3: 'DNS signed key',
      4: 'X.509 certificate - signature',
      5: 'X.509 certificate - key exchange',
      6: 'Kerberos tokens',
      7: 'certificate revocation list',
      8: 'authority revocation list',
      9: 'SPKI certificate',
      10: 'X.509 certificate - attribute',
    },
  },
);

/** Oakley's group descriptions are IKEv2's key exchange methods up to 30 (RFC 2409 appendix A, RFC 3526, RFC 5903). */
export const oakleyGroups: Registry = registry<string>(
  'group description',
  Object.fromEntries(keyExchangeTransforms.filter(({ id }) => id <= 32).map(({ name, id }) => [name, id])),
  { privateFirst: 32_768, privateLast: 65_535 },
);
