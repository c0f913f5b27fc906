import { type GuidanceProfile, withKeyBits } from './profile.js';

/** VPN equipment is to prefer the suite from 2026 and to use nothing else from 2030; the days are our reading of the years. */
const preferredSince = '2026-01-01';
const exclusiveSince = '2030-01-01';
const draft = 'draft-guthrie-cnsa2-ipsec-profile-04';

/** The quantum-resistant suite of the NSA. Its profile for IPsec is a draft: versions of it may differ. */
export const cnsa2: GuidanceProfile = {
  name: 'cnsa2',
  title: 'CNSA 2.0',
  edition: `advisory of September 2022, IPsec by ${draft} (July 2026)`,
  citation: `NSA PP-22-1338, Announcing the CNSA Suite 2.0, September 2022; ${draft}`,
  summary:
    'IKEv2, AES-256-GCM, SHA-384 or SHA-512, ML-KEM-1024: preferred from 2026, exclusive from 2030 (VPN equipment).',
  severities: [],
  demands: [
    { kind: 'ike-version', approved: [2], severity: 'error', section: draft, confirmed: false },
    {
      kind: 'algorithms',
      slot: 'ike-encryption',
      approved: withKeyBits('AES-GCM-16', 256),
      severity: 'error',
      section: draft,
      confirmed: true,
    },
    {
      kind: 'algorithms',
      slot: 'child-encryption',
      approved: withKeyBits('AES-GCM-16', 256),
      severity: 'error',
      section: draft,
      confirmed: true,
    },
    {
      kind: 'algorithms',
      slot: 'ike-prf',
      approved: ['HMAC-SHA2-384', 'HMAC-SHA2-512'],
      severity: 'error',
      section: 'table II',
      confirmed: true,
    },
    {
      kind: 'algorithms',
      slot: 'ike-integrity',
      approved: ['HMAC-SHA2-384-192', 'HMAC-SHA2-512-256'],
      severity: 'error',
      section: 'table II',
      confirmed: true,
    },
    {
      kind: 'algorithms',
      slot: 'child-integrity',
      approved: ['HMAC-SHA2-384-192', 'HMAC-SHA2-512-256'],
      severity: 'error',
      section: 'table II',
      confirmed: true,
    },
    {
      kind: 'algorithms',
      slot: 'key-exchange',
      // ECP-384 opens the exchange, ML-KEM-1024 is added to it.
      approved: ['ECP-384', 'ML-KEM-1024'],
      severity: 'error',
      section: draft,
      confirmed: true,
    },
    {
      kind: 'post-quantum',
      methods: ['ML-KEM-1024'],
      ppk: false,
      severity: 'warning',
      section: 'timeline, networking equipment: prefer by 2026',
      since: preferredSince,
      until: '2029-12-31',
      confirmed: true,
    },
    {
      kind: 'post-quantum',
      methods: ['ML-KEM-1024'],
      ppk: false,
      severity: 'error',
      section: 'timeline, networking equipment: exclusively by 2030',
      since: exclusiveSince,
      confirmed: true,
    },
    {
      kind: 'authentication',
      // ML-DSA is announced by the digital signature method (RFC 7427).
      approved: ['DIGSIG'],
      severity: 'error',
      section: 'timeline, networking equipment: exclusively by 2030, ML-DSA-87',
      since: exclusiveSince,
      confirmed: false,
    },
  ],
};
