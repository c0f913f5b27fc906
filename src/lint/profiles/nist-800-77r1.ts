import { type GuidanceProfile, withKeyBits } from './profile.js';

const aesBits = [128, 192, 256] as const;
const aesModes = [
  'AES-CBC',
  'AES-CTR',
  'AES-CCM-8',
  'AES-CCM-12',
  'AES-CCM-16',
  'AES-GCM-8',
  'AES-GCM-12',
  'AES-GCM-16',
];
const aes = aesModes.flatMap((mode) => withKeyBits(mode, ...aesBits));
const sha2 = ['HMAC-SHA2-256-128', 'HMAC-SHA2-384-192', 'HMAC-SHA2-512-256'];

/** NIST SP 800-77 revision 1. "shall" became error and "should" warning. */
export const nist80077r1: GuidanceProfile = {
  name: 'nist-800-77r1',
  title: 'NIST SP 800-77r1',
  edition: 'June 2020',
  citation: 'NIST Special Publication 800-77 Revision 1, Guide to IPsec VPNs, June 2020',
  summary: 'IKEv2, AES, SHA-2, groups 14 to 21 (31 and 32 expected), PFS, IKE SAs of a day, child SAs of eight hours.',
  severities: [
    { code: 'CRY002', severity: 'error', since: '2024-01-01', section: '§4.1.4', confirmed: true },
    { code: 'CRY009', severity: 'warning', section: '§4.5', confirmed: true },
    { code: 'CRY015', severity: 'error', section: '§3.10', confirmed: true },
  ],
  demands: [
    { kind: 'ike-version', approved: [2], severity: 'warning', section: 'table 1, §3.11', confirmed: true },
    {
      kind: 'algorithms',
      slot: 'ike-encryption',
      approved: aes,
      severity: 'warning',
      section: 'table 1',
      confirmed: true,
    },
    {
      kind: 'algorithms',
      slot: 'child-encryption',
      // ESP with null encryption and AES-GMAC stand in for AH (§4.5).
      approved: [...aes, 'NULL', ...withKeyBits('AES-GMAC', ...aesBits)],
      severity: 'warning',
      section: 'table 1',
      confirmed: true,
    },
    {
      kind: 'algorithms',
      slot: 'ike-integrity',
      approved: sha2,
      severity: 'warning',
      section: 'table 1',
      confirmed: true,
    },
    {
      kind: 'algorithms',
      slot: 'child-integrity',
      approved: sha2,
      severity: 'warning',
      section: 'table 1',
      confirmed: true,
    },
    {
      kind: 'algorithms',
      slot: 'ike-prf',
      approved: ['HMAC-SHA2-256', 'HMAC-SHA2-384', 'HMAC-SHA2-512'],
      severity: 'warning',
      section: 'table 1',
      confirmed: true,
    },
    {
      kind: 'algorithms',
      slot: 'key-exchange',
      refused: ['MODP-768', 'MODP-1024', 'MODP-1536', 'MODP-1024-S160'],
      severity: 'error',
      section: '§7.2.4.2',
      confirmed: true,
    },
    {
      kind: 'algorithms',
      slot: 'key-exchange',
      approved: [
        ...['MODP-2048', 'MODP-3072', 'MODP-4096', 'MODP-6144', 'MODP-8192', 'ECP-256', 'ECP-384', 'ECP-521'],
        // The column of what is expected to be approved.
        ...['X25519', 'X448'],
        // Published later as FIPS 203, so the table cannot list them.
        ...['ML-KEM-512', 'ML-KEM-768', 'ML-KEM-1024'],
      ],
      severity: 'warning',
      section: 'table 1',
      confirmed: true,
    },
    { kind: 'lifetime', of: 'ike', secondsMax: 86400, severity: 'warning', section: 'table 1', confirmed: true },
    { kind: 'lifetime', of: 'child', secondsMax: 28800, severity: 'warning', section: 'table 1', confirmed: true },
    { kind: 'forward-secrecy', severity: 'warning', section: '§2.2, §7.2.6', confirmed: true },
    { kind: 'preshared-key', bitsMin: 112, severity: 'error', section: '§3.3.4', confirmed: false },
  ],
};
