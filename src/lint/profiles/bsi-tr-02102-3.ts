import { type GuidanceProfile, withKeyBits } from './profile.js';

const aesBits = [128, 192, 256] as const;
const ciphers = ['AES-CBC', 'AES-CTR', 'AES-CCM-12', 'AES-CCM-16', 'AES-GCM-12', 'AES-GCM-16'].flatMap((mode) =>
  withKeyBits(mode, ...aesBits),
);
const integrity = ['HMAC-SHA2-256-128', 'HMAC-SHA2-384-192', 'HMAC-SHA2-512-256', 'AES-XCBC-96', 'AES-CMAC-96'];
const lists = 'lists of algorithms';

/** The German technical guideline; it appears yearly, and its lists carry years of use. */
export const bsiTr021023: GuidanceProfile = {
  name: 'bsi-tr-02102-3',
  title: 'BSI TR-02102-3',
  edition: 'version 2026-01',
  citation: 'BSI Technical Guideline TR-02102-3, Use of IPsec and IKEv2, version 2026-01',
  summary:
    'IKEv2, AES with SHA-2, groups 15, 16, 19 to 21 and 28 to 30, PFS, IKE SAs of a day, child SAs of four hours; quantum-safe key exchange from 2032.',
  severities: [],
  demands: [
    { kind: 'ike-version', approved: [2], severity: 'error', section: lists, confirmed: true },
    {
      kind: 'algorithms',
      slot: 'ike-encryption',
      approved: ciphers,
      severity: 'warning',
      section: lists,
      confirmed: false,
    },
    {
      kind: 'algorithms',
      slot: 'child-encryption',
      approved: [...ciphers, 'NULL', ...withKeyBits('AES-GMAC', ...aesBits)],
      severity: 'warning',
      section: lists,
      confirmed: false,
    },
    {
      kind: 'algorithms',
      slot: 'ike-integrity',
      approved: integrity,
      severity: 'warning',
      section: lists,
      confirmed: true,
    },
    {
      kind: 'algorithms',
      slot: 'child-integrity',
      approved: integrity,
      severity: 'warning',
      section: lists,
      confirmed: true,
    },
    {
      kind: 'algorithms',
      slot: 'ike-prf',
      approved: ['HMAC-SHA2-256', 'HMAC-SHA2-384', 'HMAC-SHA2-512', 'AES128-XCBC', 'AES128-CMAC'],
      severity: 'warning',
      section: lists,
      confirmed: false,
    },
    {
      kind: 'algorithms',
      slot: 'key-exchange',
      approved: [
        ...['MODP-3072', 'MODP-4096', 'ECP-256', 'ECP-384', 'ECP-521'],
        ...['BRAINPOOL-256', 'BRAINPOOL-384', 'BRAINPOOL-512', 'ML-KEM-768', 'ML-KEM-1024'],
      ],
      severity: 'warning',
      section: lists,
      confirmed: false,
    },
    { kind: 'lifetime', of: 'ike', secondsMax: 86400, severity: 'warning', section: '§2.1.2', confirmed: false },
    { kind: 'lifetime', of: 'child', secondsMax: 14400, severity: 'warning', section: '§2.1.2', confirmed: false },
    { kind: 'forward-secrecy', severity: 'warning', section: '§2.1.5', confirmed: false },
    {
      kind: 'post-quantum',
      methods: ['ML-KEM-768', 'ML-KEM-1024'],
      ppk: false,
      severity: 'warning',
      section: 'end of 2031 for classical key exchange alone',
      since: '2032-01-01',
      confirmed: false,
    },
  ],
};
