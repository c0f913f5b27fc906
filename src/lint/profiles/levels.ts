/**
 * Requirement levels of the IETF: RFC 8221 §5 and §6 for ESP and AH, RFC 8247 §2.1 to §2.4 for IKEv2, and RFC 9395 §3 to §5
 * for what it deprecates. Names are those of the tables of transforms, without key length.
 */
import type { AlgorithmSlot } from './profile.js';

export type Level = 'MUST' | 'MUST-' | 'SHOULD+' | 'SHOULD' | 'MAY' | 'SHOULD NOT' | 'MUST NOT';

export interface RequirementLevel {
  readonly level: Level;
  readonly source: string;
}

type Table = Readonly<Record<string, Level>>;

const tables: Readonly<Record<AlgorithmSlot, { readonly source: string; readonly levels: Table }>> = {
  'child-encryption': {
    source: 'RFC 8221 §5',
    levels: {
      'DES-CBC': 'MUST NOT',
      '3DES-CBC': 'SHOULD NOT',
      'RC5-CBC': 'MUST NOT',
      'IDEA-CBC': 'MUST NOT',
      'CAST-CBC': 'MUST NOT',
      'BLOWFISH-CBC': 'MUST NOT',
      NULL: 'MUST',
      'AES-CBC': 'MUST',
      'AES-CCM-8': 'SHOULD',
      'AES-GCM-16': 'MUST',
      'CHACHA20-POLY1305': 'SHOULD',
    },
  },
  'child-integrity': {
    source: 'RFC 8221 §6',
    levels: {
      'HMAC-MD5-96': 'MUST NOT',
      'HMAC-SHA1-96': 'MUST-',
      'DES-MAC': 'MUST NOT',
      'KPDK-MD5': 'MUST NOT',
      'AES-XCBC-96': 'SHOULD',
      'HMAC-SHA2-256-128': 'MUST',
      'HMAC-SHA2-512-256': 'SHOULD',
    },
  },
  'ike-encryption': {
    source: 'RFC 8247 §2.1',
    levels: {
      'DES-CBC': 'MUST NOT',
      '3DES-CBC': 'MAY',
      'AES-CBC': 'MUST',
      'AES-CCM-8': 'SHOULD',
      'AES-GCM-16': 'SHOULD',
      'CHACHA20-POLY1305': 'SHOULD',
    },
  },
  'ike-prf': {
    source: 'RFC 8247 §2.2',
    levels: {
      'HMAC-MD5': 'MUST NOT',
      'HMAC-SHA1': 'MUST-',
      'AES128-XCBC': 'SHOULD',
      'HMAC-SHA2-256': 'MUST',
      'HMAC-SHA2-512': 'SHOULD+',
    },
  },
  'ike-integrity': {
    source: 'RFC 8247 §2.3',
    levels: {
      'HMAC-MD5-96': 'MUST NOT',
      'HMAC-SHA1-96': 'MUST-',
      'DES-MAC': 'MUST NOT',
      'KPDK-MD5': 'MUST NOT',
      'AES-XCBC-96': 'SHOULD',
      'HMAC-SHA2-256-128': 'MUST',
      'HMAC-SHA2-512-256': 'SHOULD',
    },
  },
  'key-exchange': {
    source: 'RFC 8247 §2.4',
    levels: {
      'MODP-768': 'MUST NOT',
      'MODP-1024': 'SHOULD NOT',
      'MODP-1536': 'SHOULD NOT',
      'MODP-2048': 'MUST',
      'ECP-256': 'SHOULD',
      'MODP-1024-S160': 'MUST NOT',
      'MODP-2048-S224': 'SHOULD NOT',
      'MODP-2048-S256': 'SHOULD NOT',
    },
  },
};

/** The level of an algorithm by the name of the tables of transforms; undefined where the RFCs do not list it. */
export function requirementLevel(slot: AlgorithmSlot, name: string): RequirementLevel | undefined {
  const { source, levels } = tables[slot];
  const level = levels[name] ?? levels[name.replace(/-(?:128|192|256)$/, '')];
  return level && { level, source };
}
