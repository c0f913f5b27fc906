import { type GuidanceProfile, withKeyBits } from './profile.js';

const aes256 = ['AES-CBC', 'AES-CTR', 'AES-CCM-16', 'AES-GCM-16'].flatMap((mode) => withKeyBits(mode, 256));

/** DISA's requirements for VPN gateways. CAT I and II became error. */
export const stig: GuidanceProfile = {
  name: 'stig',
  title: 'DISA VPN SRG',
  edition: 'version 3 release 4',
  citation: 'DISA, Virtual Private Network (VPN) Security Requirements Guide, V3R4',
  summary: 'IKEv2, AES-256, SHA-384, groups from 16 on, PFS, anti-replay, IKE and child SAs of eight hours.',
  severities: [],
  demands: [
    { kind: 'ike-version', approved: [2], severity: 'error', section: 'V-207205', confirmed: true },
    {
      kind: 'algorithms',
      slot: 'ike-encryption',
      approved: aes256,
      severity: 'error',
      section: 'V-207230',
      confirmed: true,
    },
    {
      kind: 'algorithms',
      slot: 'child-encryption',
      approved: aes256,
      severity: 'error',
      section: 'V-207257',
      confirmed: true,
    },
    {
      kind: 'algorithms',
      slot: 'ike-integrity',
      approved: ['HMAC-SHA2-384-192', 'HMAC-SHA2-512-256'],
      severity: 'error',
      section: 'V-207223',
      confirmed: true,
    },
    {
      kind: 'algorithms',
      slot: 'ike-prf',
      approved: ['HMAC-SHA2-384', 'HMAC-SHA2-512'],
      severity: 'error',
      section: 'V-207223',
      confirmed: true,
    },
    {
      kind: 'algorithms',
      slot: 'child-integrity',
      approved: ['HMAC-SHA2-384-192', 'HMAC-SHA2-512-256'],
      severity: 'error',
      section: 'the items on IPsec integrity',
      confirmed: false,
    },
    {
      kind: 'algorithms',
      slot: 'key-exchange',
      // The item counts group numbers; of those from 16 on these are validated ones.
      approved: ['MODP-4096', 'MODP-6144', 'MODP-8192', 'ECP-256', 'ECP-384', 'ECP-521'],
      severity: 'error',
      section: 'V-207193',
      confirmed: true,
    },
    { kind: 'lifetime', of: 'child', secondsMax: 28800, severity: 'error', section: 'V-207237', confirmed: true },
    // Earlier editions (2020) allowed 24 hours.
    { kind: 'lifetime', of: 'ike', secondsMax: 28800, severity: 'error', section: 'V-207238', confirmed: true },
    { kind: 'forward-secrecy', severity: 'error', section: 'V-207244', confirmed: true },
    { kind: 'anti-replay', severity: 'error', section: 'V-207212', confirmed: true },
  ],
};
