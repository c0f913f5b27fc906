/**
 * Attributes of IKEv1: of phase 1 transforms (RFC 2409 appendix A), of phase 2 transforms (RFC 2407 §4.5), and of mode
 * config with XAUTH (draft-dukes-ike-mode-cfg, draft-beaulieu-ike-xauth) and the Unity extensions of one vendor's clients.
 */

import { ahTransforms, espTransforms, isakmpTransforms, oakleyGroups } from './isakmp.js';
import { type Registry, registry } from './registry.js';
import { ipcompTransforms } from './transforms.js';

const privateAttributes = { privateFirst: 16_384, privateLast: 32_767 } as const;
const privateValues = { privateFirst: 65_001, privateLast: 65_535 } as const;

/** RFC 2409 appendix A, "Attribute Classes". */
export const oakleyAttributes = registry(
  'Oakley attribute',
  {
    'Encryption Algorithm': 1,
    'Hash Algorithm': 2,
    'Authentication Method': 3,
    'Group Description': 4,
    'Group Type': 5,
    'Group Prime/Irreducible Polynomial': 6,
    'Group Generator One': 7,
    'Group Generator Two': 8,
    'Group Curve A': 9,
    'Group Curve B': 10,
    'Life Type': 11,
    'Life Duration': 12,
    PRF: 13,
    'Key Length': 14,
    'Field Size': 15,
    'Group Order': 16,
  },
  privateAttributes,
);

/** RFC 2409 appendix A, RFC 3602, RFC 4312. */
export const oakleyEncryption = registry(
  'Oakley encryption algorithm',
  {
    'DES-CBC': 1,
    'IDEA-CBC': 2,
    'Blowfish-CBC': 3,
    'RC5-R16-B64-CBC': 4,
    '3DES-CBC': 5,
    'CAST-CBC': 6,
    'AES-CBC': 7,
    'CAMELLIA-CBC': 8,
  },
  privateValues,
);

/** RFC 2409 appendix A, RFC 4868. */
export const oakleyHash = registry(
  'Oakley hash algorithm',
  { MD5: 1, SHA: 2, Tiger: 3, 'SHA2-256': 4, 'SHA2-384': 5, 'SHA2-512': 6 },
  privateValues,
);

/** RFC 2409 appendix A, RFC 4754; the XAUTH and hybrid methods are from the range for private use. */
export const oakleyAuthentication = registry(
  'Oakley authentication method',
  {
    'pre-shared key': 1,
    'DSS signatures': 2,
    'RSA signatures': 3,
    'encryption with RSA': 4,
    'revised encryption with RSA': 5,
    'ECDSA SHA-256 P-256': 9,
    'ECDSA SHA-384 P-384': 10,
    'ECDSA SHA-512 P-521': 11,
    HybridInitRSA: 64_221,
    HybridRespRSA: 64_222,
    HybridInitDSS: 64_223,
    HybridRespDSS: 64_224,
    XAUTHInitPreShared: 65_001,
    XAUTHRespPreShared: 65_002,
    XAUTHInitDSS: 65_003,
    XAUTHRespDSS: 65_004,
    XAUTHInitRSA: 65_005,
    XAUTHRespRSA: 65_006,
    XAUTHInitRSAEncryption: 65_007,
    XAUTHRespRSAEncryption: 65_008,
    XAUTHInitRSARevisedEncryption: 65_009,
    XAUTHRespRSARevisedEncryption: 65_010,
  },
  privateValues,
);

export const oakleyGroupTypes = registry('Oakley group type', { MODP: 1, ECP: 2, EC2N: 3 }, privateValues);

export const lifeTypes = registry('life type', { seconds: 1, kilobytes: 2 }, privateValues);

/** RFC 2407 §4.5, RFC 3947 §5.1, RFC 4304, RFC 6407. */
export const ipsecAttributes = registry(
  'IPsec attribute',
  {
    'SA Life Type': 1,
    'SA Life Duration': 2,
    'Group Description': 3,
    'Encapsulation Mode': 4,
    'Authentication Algorithm': 5,
    'Key Length': 6,
    'Key Rounds': 7,
    'Compress Dictionary Size': 8,
    'Compress Private Algorithm': 9,
    'ECN Tunnel': 10,
    'Extended (64-bit) Sequence Number': 11,
    'Authentication Key Length': 12,
    'Signature Encoding Algorithm': 13,
    'Address Preservation': 14,
    'SA Direction': 15,
  },
  privateAttributes,
);

/** RFC 2407 §4.5, RFC 3947 §5.1; 61443 and 61444 in the drafts before it. */
export const encapsulationModes = registry(
  'encapsulation mode',
  {
    Tunnel: 1,
    Transport: 2,
    'UDP-Encapsulated-Tunnel': 3,
    'UDP-Encapsulated-Transport': 4,
    'UDP-Encapsulated-Tunnel-draft': 61_443,
    'UDP-Encapsulated-Transport-draft': 61_444,
  },
  { privateFirst: 61_440, privateLast: 65_535 },
);

/** RFC 2407 §4.5, RFC 2857, RFC 3566, RFC 4868, RFC 4543. */
export const ipsecAuthentication = registry(
  'IPsec authentication algorithm',
  {
    'HMAC-MD5': 1,
    'HMAC-SHA': 2,
    'DES-MAC': 3,
    KPDK: 4,
    'HMAC-SHA2-256': 5,
    'HMAC-SHA2-384': 6,
    'HMAC-SHA2-512': 7,
    'HMAC-RIPEMD': 8,
    'AES-XCBC-MAC': 9,
    'SIG-RSA': 10,
    'AES-128-GMAC': 11,
    'AES-192-GMAC': 12,
    'AES-256-GMAC': 13,
  },
  { privateFirst: 61_440, privateLast: 65_535 },
);

/** Mode config, XAUTH and Unity. */
export const modeConfigAttributes = registry(
  'mode config attribute',
  {
    INTERNAL_IP4_ADDRESS: 1,
    INTERNAL_IP4_NETMASK: 2,
    INTERNAL_IP4_DNS: 3,
    INTERNAL_IP4_NBNS: 4,
    INTERNAL_ADDRESS_EXPIRY: 5,
    INTERNAL_IP4_DHCP: 6,
    APPLICATION_VERSION: 7,
    INTERNAL_IP6_ADDRESS: 8,
    INTERNAL_IP6_NETMASK: 9,
    INTERNAL_IP6_DNS: 10,
    INTERNAL_IP6_NBNS: 11,
    INTERNAL_IP6_DHCP: 12,
    INTERNAL_IP4_SUBNET: 13,
    SUPPORTED_ATTRIBUTES: 14,
    INTERNAL_IP6_SUBNET: 15,
    XAUTH_TYPE: 16_520,
    XAUTH_USER_NAME: 16_521,
    XAUTH_USER_PASSWORD: 16_522,
    XAUTH_PASSCODE: 16_523,
    XAUTH_MESSAGE: 16_524,
    XAUTH_CHALLENGE: 16_525,
    XAUTH_DOMAIN: 16_526,
    XAUTH_STATUS: 16_527,
    XAUTH_NEXT_PIN: 16_528,
    XAUTH_ANSWER: 16_529,
    UNITY_BANNER: 28_672,
    UNITY_SAVE_PASSWD: 28_673,
    UNITY_DEF_DOMAIN: 28_674,
    UNITY_SPLITDNS_NAME: 28_675,
    UNITY_SPLIT_INCLUDE: 28_676,
    UNITY_NATT_PORT: 28_677,
    UNITY_SPLIT_EXCLUDE: 28_678,
    UNITY_PFS: 28_679,
    UNITY_FW_TYPE: 28_680,
    UNITY_BACKUP_SERVERS: 28_681,
    UNITY_DDNS_HOSTNAME: 28_682,
  },
  privateAttributes,
);

export const modeConfigTypes = registry(
  'mode config type',
  { ISAKMP_CFG_REQUEST: 1, ISAKMP_CFG_REPLY: 2, ISAKMP_CFG_SET: 3, ISAKMP_CFG_ACK: 4 },
  { privateFirst: 128, privateLast: 255 },
);

/** What a transform of a protocol is numbered and described by. */
export interface TransformNames {
  readonly ids: Registry;
  readonly attributes: Registry;
  /** The registry of an attribute's values, where they are names rather than quantities. */
  values(attribute: number): Registry | undefined;
}

const oakleyValues: Readonly<Record<number, Registry>> = {
  1: oakleyEncryption,
  2: oakleyHash,
  3: oakleyAuthentication,
  4: oakleyGroups,
  5: oakleyGroupTypes,
  11: lifeTypes,
};
const ipsecValues: Readonly<Record<number, Registry>> = {
  1: lifeTypes,
  3: oakleyGroups,
  4: encapsulationModes,
  5: ipsecAuthentication,
};

/** The names of the transforms of an IKEv1 proposal's protocol (RFC 2407 §4.4.1). */
export function isakmpTransformNames(protocolId: number): TransformNames {
  if (protocolId === 1) {
    return { ids: isakmpTransforms, attributes: oakleyAttributes, values: (attribute) => oakleyValues[attribute] };
  }
  const ids = protocolId === 2 ? ahTransforms : protocolId === 4 ? ipcompTransforms : espTransforms;
  return { ids, attributes: ipsecAttributes, values: (attribute) => ipsecValues[attribute] };
}
