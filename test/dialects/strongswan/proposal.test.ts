import { describe, expect, it } from 'vitest';
import { readChildProposal, readIkeProposal } from '../../../src/dialects/strongswan/proposal.js';

const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name).join('+');

function ike(text: string): string {
  const reading = readIkeProposal(text, '5.9');
  if (reading.kind === 'fault') return `${reading.start}-${reading.end} ${reading.message}`;
  const { encryption, authentication, prf, keyExchange } = reading.proposal;
  return [encryption, authentication, prf, keyExchange].map(names).join(' ');
}

function child(text: string, protocol: 'ESP' | 'AH' = 'ESP'): string {
  const reading = readChildProposal(text, protocol, '5.9');
  if (reading.kind === 'fault') return `${reading.start}-${reading.end} ${reading.message}`;
  const { encryption, authentication, keyExchange, esn } = reading.proposal;
  return [...[encryption, authentication, keyExchange].map(names), esn.join('+')].join(' ');
}

describe('a proposal for IKE', () => {
  it.each([
    ['aes128-sha256-modp2048', 'AES-CBC-128 HMAC-SHA2-256-128 HMAC-SHA2-256 MODP-2048'],
    ['aes256gcm16-prfsha384-ecp384', 'AES-GCM-16-256  HMAC-SHA2-384 ECP-384'],
    // Integrity beside a combined-mode cipher only names the PRF.
    ['aes128gcm16-sha256-x25519', 'AES-GCM-16-128  HMAC-SHA2-256 X25519'],
    [
      'aes128-aes256-sha1-sha256-modp1024-modp2048',
      'AES-CBC-128+AES-CBC-256 HMAC-SHA1-96+HMAC-SHA2-256-128 HMAC-SHA1+HMAC-SHA2-256 MODP-1024+MODP-2048',
    ],
    ['3des-md5-prfsha1-modp1024', '3DES-CBC HMAC-MD5-96 HMAC-SHA1 MODP-1024'],
    ['aes128-sha256-modpnone-modp2048', 'AES-CBC-128 HMAC-SHA2-256-128 HMAC-SHA2-256 MODP-2048'],
    ['aes128gcm16-x25519', '0-18 an IKE proposal needs a PRF'],
    ['aes128-sha256', '0-13 an IKE proposal needs a key exchange group'],
    [
      'aes128-prfsha256-x25519',
      '0-23 an IKE proposal with a cipher that is not combined-mode needs an integrity algorithm',
    ],
    ['aes128-aes128gcm16-sha256-x25519', '0-32 an IKE proposal cannot hold combined-mode ciphers together with others'],
    ['aes128-sha257-modp2048', "7-13 strongSwan 5.9 knows no algorithm 'sha257'"],
    ['AES128-sha256-modp2048', "0-6 strongSwan 5.9 knows no algorithm 'AES128'"],
    ['sha256-modp2048', '0-15 an IKE proposal needs a cipher'],
  ])('%s', (text, wanted) => {
    expect(ike(text)).toBe(wanted);
  });

  it('of 6.0 may have further key exchanges', () => {
    const reading = readIkeProposal('aes256-sha256-x25519-ke1_mlkem768-ke1_none', '6.0');
    expect(reading.kind === 'proposal' && reading.proposal.additional.get(1)?.map(({ name }) => name)).toEqual([
      'ML-KEM-768',
      'NONE',
    ]);
    expect(ike('aes256-sha256-x25519-ke1_mlkem768')).toMatch(/knows no algorithm 'ke1_mlkem768'/);
  });
});

describe('a proposal for Child SAs', () => {
  it.each([
    ['aes128gcm16', 'AES-GCM-16-128   no-esn'],
    ['aes128-sha256-esn', 'AES-CBC-128 HMAC-SHA2-256-128  esn'],
    ['aes128-sha256-noesn-esn', 'AES-CBC-128 HMAC-SHA2-256-128  no-esn+esn'],
    ['aes128-sha1-modpnone-modp2048', 'AES-CBC-128 HMAC-SHA1-96 NONE+MODP-2048 no-esn'],
    ['null-sha256', 'NULL HMAC-SHA2-256-128  no-esn'],
    ['chacha20poly1305-sha256', 'CHACHA20-POLY1305   no-esn'],
    ['aes128', 'AES-CBC-128   no-esn'],
    ['sha256', '0-6 an ESP proposal needs a cipher'],
  ])('%s', (text, wanted) => {
    expect(child(text)).toBe(wanted);
  });

  it.each([
    ['sha256-sha1', ' HMAC-SHA2-256-128+HMAC-SHA1-96  no-esn'],
    ['aes128-sha256', ' HMAC-SHA2-256-128  no-esn'],
    ['aes128gmac', ' AES-128-GMAC  no-esn'],
    ['aes128', '0-6 an AH proposal needs an integrity algorithm'],
  ])('of AH: %s', (text, wanted) => {
    expect(child(text, 'AH')).toBe(wanted);
  });
});
