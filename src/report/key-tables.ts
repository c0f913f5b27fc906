/**
 * The tables of keys that Wireshark and tshark read from a configuration folder: `ikev1_decryption_table`,
 * `ikev2_decryption_table` and `esp_sa`. They hold keys: whoever writes them makes them readable for their owner alone.
 *
 * Wireshark names algorithms in its own way (packet-isakmp.c, packet-ipsec.c of 3.0 to 4.4); one that it has no name for is
 * left out, and told.
 */
import { type Address, formatAddress } from '../model/address.js';
import type { Secret } from '../model/secret.js';

export interface Ikev1Key {
  readonly initiatorCookie: bigint;
  readonly encryptionKey: Secret;
}

export interface Ikev2Keys {
  readonly initiatorSpi: bigint;
  readonly responderSpi: bigint;
  /** Names of the transform table. */
  readonly encryption: string;
  /** Absent for a combined-mode cipher. */
  readonly integrity?: string;
  readonly skEi: Secret;
  readonly skEr: Secret;
  readonly skAi: Secret;
  readonly skAr: Secret;
}

export interface EspKeys {
  readonly source: Address;
  readonly destination: Address;
  readonly spi: number;
  readonly encryption: string;
  readonly integrity?: string;
  /** Key and salt. */
  readonly encryptionKey: Secret;
  readonly integrityKey?: Secret;
}

export interface KeyTables {
  readonly ikev1: readonly Ikev1Key[];
  readonly ikev2: readonly Ikev2Keys[];
  readonly esp: readonly EspKeys[];
}

export interface WrittenTables {
  /** By file name. */
  readonly files: ReadonlyMap<string, string>;
  /** SAs whose algorithms Wireshark has no name for. */
  readonly leftOut: readonly string[];
}

export const tableNames = {
  ikev1: 'ikev1_decryption_table',
  ikev2: 'ikev2_decryption_table',
  esp: 'esp_sa',
} as const;

/** The texts of the three files; one without entries is left out. */
export function writeKeyTables({ ikev1, ikev2, esp }: KeyTables): WrittenTables {
  const leftOut: string[] = [];
  const files = new Map<string, string>();
  const add = (name: string, lines: readonly string[]) => {
    if (lines.length > 0) files.set(name, `${[...new Set(lines)].join('\n')}\n`);
  };
  add(
    tableNames.ikev1,
    ikev1.map(({ initiatorCookie, encryptionKey }) => [spiHex(initiatorCookie), hex(encryptionKey)].join(',')),
  );
  add(
    tableNames.ikev2,
    ikev2.flatMap((keys) => {
      const encryption = ikev2EncryptionName(keys.encryption);
      const integrity = keys.integrity === undefined ? 'NONE [RFC4306]' : ikev2IntegrityNames.get(keys.integrity);
      if (!encryption || !integrity) {
        leftOut.push(
          `IKE SA ${spiHex(keys.initiatorSpi)} (${[keys.encryption, keys.integrity].filter(Boolean).join(', ')})`,
        );
        return [];
      }
      return [
        [
          spiHex(keys.initiatorSpi),
          spiHex(keys.responderSpi),
          hex(keys.skEi),
          hex(keys.skEr),
          quoted(encryption),
          hex(keys.skAi),
          hex(keys.skAr),
          quoted(integrity),
        ].join(','),
      ];
    }),
  );
  add(
    tableNames.esp,
    esp.flatMap((keys) => {
      const line = espLine(keys);
      if (line) return [line];
      const spi = `0x${keys.spi.toString(16).padStart(8, '0')}`;
      leftOut.push(`ESP SA ${spi} (${[keys.encryption, keys.integrity].filter(Boolean).join(', ')})`);
      return [];
    }),
  );
  return { files, leftOut };
}

function espLine(keys: EspKeys): string | undefined {
  const { source, destination, spi } = keys;
  const encryption = espEncryptionName(keys.encryption);
  const integrity = keys.integrity === undefined ? 'NULL' : espIntegrityNames.get(keys.integrity);
  if (!encryption || !integrity) return undefined;
  return [
    quoted(`IPv${source.family}`),
    quoted(formatAddress(source.family, source.value)),
    quoted(formatAddress(destination.family, destination.value)),
    quoted(`0x${spi.toString(16).padStart(8, '0')}`),
    quoted(encryption),
    quoted(prefixed(keys.encryptionKey)),
    quoted(integrity),
    quoted(keys.integrityKey ? prefixed(keys.integrityKey) : ''),
  ].join(',');
}

function quoted(value: string): string {
  return `"${value}"`;
}

function hex(secret: Secret): string {
  return Array.from(secret.reveal(), (octet) => octet.toString(16).padStart(2, '0')).join('');
}

function prefixed(secret: Secret): string {
  return secret.length === 0 ? '' : `0x${hex(secret)}`;
}

function spiHex(spi: bigint): string {
  return spi.toString(16).padStart(16, '0');
}

/** packet-isakmp.c, vs_ikev2_encr_algos. */
export function ikev2EncryptionName(name: string): string | undefined {
  if (name === '3DES-CBC') return '3DES [RFC2451]';
  if (name === 'NULL') return 'NULL [RFC2410]';
  const [, kind, icv, bits] = /^AES-(CBC|CTR|CCM|GCM)(?:-(8|12|16))?-(128|192|256)$/.exec(name) ?? [];
  switch (kind) {
    case 'CBC':
      return `AES-CBC-${bits} [RFC3602]`;
    case 'CTR':
      return `AES-CTR-${bits} [RFC5930]`;
    case 'CCM':
    case 'GCM':
      return `AES-${kind}-${bits} with ${icv} octet ICV [RFC5282]`;
    default:
      return undefined;
  }
}

/** packet-isakmp.c, vs_ikev2_auth_algos. */
export const ikev2IntegrityNames: ReadonlyMap<string, string> = new Map([
  ['HMAC-MD5-96', 'HMAC_MD5_96 [RFC2403]'],
  ['HMAC-SHA1-96', 'HMAC_SHA1_96 [RFC2404]'],
  ['HMAC-SHA2-256-128', 'HMAC_SHA2_256_128 [RFC4868]'],
  ['HMAC-SHA2-384-192', 'HMAC_SHA2_384_192 [RFC4868]'],
  ['HMAC-SHA2-512-256', 'HMAC_SHA2_512_256 [RFC4868]'],
]);

/** packet-ipsec.c, esp_encryption_type_vals. */
export function espEncryptionName(name: string): string | undefined {
  switch (name) {
    case 'NULL':
      return 'NULL';
    case '3DES-CBC':
      return 'TripleDES-CBC [RFC2451]';
    case 'DES-CBC':
      return 'DES-CBC [RFC2405]';
    case 'BLOWFISH-CBC':
      return 'BLOWFISH-CBC [RFC2451]';
    default:
      break;
  }
  const [, kind, icv] = /^AES-(CBC|CTR|GCM)(?:-(8|12|16))?-(?:128|192|256)$/.exec(name) ?? [];
  switch (kind) {
    case 'CBC':
      return 'AES-CBC [RFC3602]';
    case 'CTR':
      return 'AES-CTR [RFC3686]';
    case 'GCM':
      return `AES-GCM with ${icv} octet ICV [RFC4106]`;
    default:
      return undefined;
  }
}

/** packet-ipsec.c, esp_authentication_type_vals. */
export const espIntegrityNames: ReadonlyMap<string, string> = new Map([
  ['HMAC-MD5-96', 'HMAC-MD5-96 [RFC2403]'],
  ['HMAC-SHA1-96', 'HMAC-SHA-1-96 [RFC2404]'],
  ['HMAC-SHA2-256-128', 'HMAC-SHA-256-128 [RFC4868]'],
  ['HMAC-SHA2-384-192', 'HMAC-SHA-384-192 [RFC4868]'],
  ['HMAC-SHA2-512-256', 'HMAC-SHA-512-256 [RFC4868]'],
]);
