/** Constraints of `auth`, as add_pubkey_constraints of strongSwan 5.9.8 reads them. */
import { describe, expect, it } from 'vitest';
import { hasDemands, readAuthDemands } from '../../../src/dialects/strongswan/auth-demands.js';
import { demandText } from '../../../src/model/signature-demands.js';

const texts = (text: string) => {
  const { demands, ignored } = readAuthDemands(text);
  return {
    keys: demands.keys.map(({ kind, bits }) => `${kind} ${bits}`),
    certificates: demands.certificates.map(demandText),
    exchange: demands.exchange.map(demandText),
    ignored,
  };
};
const none = { keys: [], certificates: [], exchange: [], ignored: [] };
const pkcs1 = (hash: string) => `RSASSA-PKCS1-v1_5 with ${hash}`;

describe('the text of auth', () => {
  it.each(['pubkey', 'rsa', 'ecdsa', 'ike:pubkey'])('%s demands nothing', (text) => {
    expect(texts(text)).toEqual(none);
    expect(hasDemands(readAuthDemands(text))).toBe(false);
  });

  it.each([
    ['rsa-3072', { keys: ['RSA 3072'] }],
    ['rsa-2048-ecdsa-256', { keys: ['RSA 2048', 'EC 256'] }],
    ['rsa-2048-sha256', { keys: ['RSA 2048'], certificates: [pkcs1('SHA2-256')], exchange: [pkcs1('SHA2-256')] }],
    ['ecdsa-sha384', { certificates: ['ECDSA with SHA2-384'], exchange: ['ECDSA with SHA2-384'] }],
    [
      'pubkey-sha512',
      {
        certificates: [pkcs1('SHA2-512'), 'ECDSA with SHA2-512'],
        exchange: [pkcs1('SHA2-512'), 'ECDSA with SHA2-512'],
      },
    ],
    ['pubkey-identity', { certificates: ['EdDSA'], exchange: ['EdDSA'] }],
    ['ike:rsa-sha256', { exchange: [pkcs1('SHA2-256')] }],
    ['rsa-sha256-ike:rsa-sha512', { certificates: [pkcs1('SHA2-256')], exchange: [pkcs1('SHA2-512')] }],
    [
      'rsa/pss-2048-sha256',
      { keys: ['RSA 2048'], certificates: ['RSASSA-PSS with SHA2-256'], exchange: ['RSASSA-PSS with SHA2-256'] },
    ],
    ['pubkey-foo', { ignored: ['foo'] }],
    // The second number is no strength any more.
    ['rsa-2048-4096', { keys: ['RSA 2048'], ignored: ['4096'] }],
    ['rsa-md5', { certificates: [pkcs1('MD5')], exchange: [pkcs1('MD5')] }],
    ['ecdsa-md5', {}],
  ])('%s', (text, expected) => {
    expect(texts(text)).toEqual({ ...none, ...expected });
  });
});
