/**
 * IANA "Internet Key Exchange Version 2 (IKEv2) Parameters": everything but transforms and notify messages, which have
 * files of their own.
 */
import { registry } from './registry.js';

/** RFC 7296 §3.1, RFC 5723, RFC 9838, RFC 9242, RFC 9370. */
export const exchangeTypes = registry(
  'IKEv2 exchange type',
  {
    IKE_SA_INIT: 34,
    IKE_AUTH: 35,
    CREATE_CHILD_SA: 36,
    INFORMATIONAL: 37,
    IKE_SESSION_RESUME: 38,
    GSA_AUTH: 39,
    GSA_REGISTRATION: 40,
    GSA_REKEY: 41,
    GSA_INBAND_REKEY: 42,
    IKE_INTERMEDIATE: 43,
    IKE_FOLLOWUP_KE: 44,
  },
  { privateFirst: 240, privateLast: 255 },
);

/** RFC 7296 §3.2 by their notation; RFC 6467, RFC 9838, RFC 7383, RFC 8019. */
export const payloadTypes = registry(
  'IKEv2 payload type',
  {
    NONE: 0,
    SA: 33,
    KE: 34,
    IDi: 35,
    IDr: 36,
    CERT: 37,
    CERTREQ: 38,
    AUTH: 39,
    Nonce: 40,
    N: 41,
    D: 42,
    V: 43,
    TSi: 44,
    TSr: 45,
    SK: 46,
    CP: 47,
    EAP: 48,
    GSPM: 49,
    IDg: 50,
    GSA: 51,
    KD: 52,
    SKF: 53,
    PS: 54,
  },
  { privateFirst: 128, privateLast: 255 },
);

/** RFC 7296 §3.3.1, RFC 4595, RFC 9838. */
export const protocolIds = registry(
  'security protocol identifier',
  { NONE: 0, IKE: 1, AH: 2, ESP: 3, FC_ESP_HEADER: 4, FC_CT_AUTHENTICATION: 5, GIKE_UPDATE: 6 },
  { privateFirst: 201, privateLast: 255 },
);

/** RFC 7296 §3.5, RFC 4595, RFC 7619. */
export const idTypes = registry(
  'identification type',
  {
    ID_IPV4_ADDR: 1,
    ID_FQDN: 2,
    ID_RFC822_ADDR: 3,
    ID_IPV6_ADDR: 5,
    ID_DER_ASN1_DN: 9,
    ID_DER_ASN1_GN: 10,
    ID_KEY_ID: 11,
    ID_FC_NAME: 12,
    ID_NULL: 13,
  },
  { privateFirst: 201, privateLast: 255 },
);

/** RFC 7296 §3.6, RFC 4806, RFC 7670. */
export const certificateEncodings = registry(
  'certificate encoding',
  {
    PKCS7_WRAPPED_X509: 1,
    PGP_CERTIFICATE: 2,
    DNS_SIGNED_KEY: 3,
    X509_CERTIFICATE_SIGNATURE: 4,
    KERBEROS_TOKEN: 6,
    CERTIFICATE_REVOCATION_LIST: 7,
    AUTHORITY_REVOCATION_LIST: 8,
    SPKI_CERTIFICATE: 9,
    X509_CERTIFICATE_ATTRIBUTE: 10,
    RAW_RSA_KEY: 11,
    HASH_AND_URL_OF_X509_CERTIFICATE: 12,
    HASH_AND_URL_OF_X509_BUNDLE: 13,
    OCSP_CONTENT: 14,
    RAW_PUBLIC_KEY: 15,
  },
  {
    privateFirst: 201,
    privateLast: 255,
    spelled: {
      1: 'PKCS #7 wrapped X.509 certificate',
      2: 'PGP certificate',
      3: 'DNS signed key',
      4: 'X.509 certificate - signature',
      6: 'Kerberos token',
      7: 'certificate revocation list',
      8: 'authority revocation list',
      9: 'SPKI certificate',
      10: 'X.509 certificate - attribute',
      11: 'raw RSA key',
      12: 'hash and URL of X.509 certificate',
      13: 'hash and URL of X.509 bundle',
      14: 'OCSP content',
      15: 'raw public key',
    },
  },
);

/** RFC 7296 §3.8, RFC 4754, RFC 6467, RFC 7619, RFC 7427. */
export const authenticationMethods = registry(
  'authentication method',
  {
    RSA_DIGITAL_SIGNATURE: 1,
    SHARED_KEY_MIC: 2,
    DSS_DIGITAL_SIGNATURE: 3,
    ECDSA_SHA256_P256: 9,
    ECDSA_SHA384_P384: 10,
    ECDSA_SHA512_P521: 11,
    GENERIC_SECURE_PASSWORD: 12,
    NULL_AUTHENTICATION: 13,
    DIGITAL_SIGNATURE: 14,
  },
  {
    privateFirst: 201,
    privateLast: 255,
    spelled: {
      1: 'RSA digital signature',
      2: 'shared key message integrity code',
      3: 'DSS digital signature',
      9: 'ECDSA with SHA-256 on P-256',
      10: 'ECDSA with SHA-384 on P-384',
      11: 'ECDSA with SHA-512 on P-521',
      12: 'generic secure password',
      13: 'NULL authentication',
      14: 'digital signature',
    },
  },
);

/** RFC 7427 §7, RFC 8420, RFC 9385. */
export const hashAlgorithms = registry(
  'IKEv2 hash algorithm',
  { SHA1: 1, 'SHA2-256': 2, 'SHA2-384': 3, 'SHA2-512': 4, Identity: 5, STREEBOG_256: 6, STREEBOG_512: 7 },
  { privateFirst: 1024, privateLast: 65_535 },
);

/** RFC 7296 §3.13.1, RFC 4595, RFC 9478. */
export const trafficSelectorTypes = registry(
  'traffic selector type',
  { TS_IPV4_ADDR_RANGE: 7, TS_IPV6_ADDR_RANGE: 8, TS_FC_ADDR_RANGE: 9, TS_SECLABEL: 10 },
  { privateFirst: 241, privateLast: 255 },
);

/** RFC 7296 §3.15. */
export const configurationTypes = registry(
  'configuration payload type',
  { CFG_REQUEST: 1, CFG_REPLY: 2, CFG_SET: 3, CFG_ACK: 4 },
  { privateFirst: 128, privateLast: 255 },
);

/** RFC 7296 §3.15.1 and the RFCs that add to it: 5026, 5739, 7651, 8598, 9464; 3GPP TS 24.302. */
export const configurationAttributes = registry(
  'configuration attribute',
  {
    INTERNAL_IP4_ADDRESS: 1,
    INTERNAL_IP4_NETMASK: 2,
    INTERNAL_IP4_DNS: 3,
    INTERNAL_IP4_NBNS: 4,
    INTERNAL_IP4_DHCP: 6,
    APPLICATION_VERSION: 7,
    INTERNAL_IP6_ADDRESS: 8,
    INTERNAL_IP6_DNS: 10,
    INTERNAL_IP6_DHCP: 12,
    INTERNAL_IP4_SUBNET: 13,
    SUPPORTED_ATTRIBUTES: 14,
    INTERNAL_IP6_SUBNET: 15,
    MIP6_HOME_PREFIX: 16,
    INTERNAL_IP6_LINK: 17,
    INTERNAL_IP6_PREFIX: 18,
    HOME_AGENT_ADDRESS: 19,
    P_CSCF_IP4_ADDRESS: 20,
    P_CSCF_IP6_ADDRESS: 21,
    FTT_KAT: 22,
    EXTERNAL_SOURCE_IP4_NAT_INFO: 23,
    TIMEOUT_PERIOD_FOR_LIVENESS_CHECK: 24,
    INTERNAL_DNS_DOMAIN: 25,
    INTERNAL_DNSSEC_TA: 26,
    ENCDNS_IP4: 27,
    ENCDNS_IP6: 28,
    ENCDNS_DIGEST_INFO: 29,
  },
  { privateFirst: 16_384, privateLast: 32_767 },
);

/** RFC 5685 §5.2. */
export const gatewayIdentityTypes = registry('redirect gateway identity type', { IPV4: 1, IPV6: 2, FQDN: 3 });

/** RFC 8784 §5.1. */
export const ppkIdTypes = registry(
  'PPK_ID type',
  { PPK_ID_OPAQUE: 1, PPK_ID_FIXED: 2 },
  { privateFirst: 128, privateLast: 255 },
);

/** RFC 6467 §4. */
export const securePasswordMethods = registry(
  'secure password method',
  { PACE: 1, AugPAKE: 2, SECURE_PSK: 3 },
  { privateFirst: 1024, privateLast: 65_535 },
);

/** RFC 3748 §4. */
export const eapCodes = registry('EAP code', {
  Request: 1,
  Response: 2,
  Success: 3,
  Failure: 4,
  Initiate: 5,
  Finish: 6,
});

/** RFC 3748 §5 and the methods that IKE peers use. */
export const eapTypes = registry('EAP method type', {
  Identity: 1,
  Notification: 2,
  Nak: 3,
  'MD5-Challenge': 4,
  OTP: 5,
  GTC: 6,
  TLS: 13,
  SIM: 18,
  TTLS: 21,
  AKA: 23,
  PEAP: 25,
  'MSCHAP-V2': 26,
  TNC: 38,
  FAST: 43,
  PSK: 47,
  SAKE: 48,
  IKEv2: 49,
  "AKA'": 50,
  GPSK: 51,
  PWD: 52,
  EKE: 53,
  TEAP: 55,
  Expanded: 254,
  Experimental: 255,
});
