import { type GuidanceProfile, withKeyBits } from './profile.js';

/** The first suite of the NSA for IPsec. The key sizes are CNSSP 15's; RFC 9206 says how IPsec carries them. */
export const cnsa1: GuidanceProfile = {
  name: 'cnsa1',
  title: 'CNSA 1.0 (RFC 9206)',
  edition: 'February 2022',
  citation: 'RFC 9206, Commercial National Security Algorithm (CNSA) Suite Cryptography for IPsec, February 2022',
  summary: 'IKEv2, AES-256, SHA-384, ECP-384 or MODP of at least 3072 bits.',
  severities: [],
  demands: [
    { kind: 'ike-version', approved: [2], severity: 'error', section: 'IKEv2', confirmed: true },
    {
      kind: 'algorithms',
      slot: 'ike-encryption',
      approved: [...withKeyBits('AES-CBC', 256), ...withKeyBits('AES-GCM-16', 256)],
      severity: 'error',
      section: 'AES-256',
      confirmed: true,
    },
    {
      kind: 'algorithms',
      slot: 'child-encryption',
      approved: [...withKeyBits('AES-CBC', 256), ...withKeyBits('AES-GCM-16', 256)],
      severity: 'error',
      section: 'AES-256',
      confirmed: true,
    },
    {
      kind: 'algorithms',
      slot: 'ike-integrity',
      approved: ['HMAC-SHA2-384-192', 'HMAC-SHA2-512-256'],
      severity: 'error',
      section: 'SHA-384 or longer',
      confirmed: false,
    },
    {
      kind: 'algorithms',
      slot: 'child-integrity',
      approved: ['HMAC-SHA2-384-192', 'HMAC-SHA2-512-256'],
      severity: 'error',
      section: 'SHA-384 or longer',
      confirmed: false,
    },
    {
      kind: 'algorithms',
      slot: 'ike-prf',
      approved: ['HMAC-SHA2-384', 'HMAC-SHA2-512'],
      severity: 'error',
      section: 'SHA-384 or longer',
      confirmed: false,
    },
    {
      kind: 'algorithms',
      slot: 'key-exchange',
      approved: ['ECP-384', 'MODP-3072', 'MODP-4096', 'MODP-6144', 'MODP-8192'],
      severity: 'error',
      section: 'P-384 or MODP of at least 3072 bits',
      confirmed: true,
    },
    {
      kind: 'authentication',
      approved: ['RSASIG', 'ECDSASIG', 'DIGSIG'],
      severity: 'warning',
      section: 'signatures by P-384 or RSA of at least 3072 bits',
      confirmed: false,
    },
  ],
};
