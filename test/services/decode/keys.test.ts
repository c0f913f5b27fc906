/** Tables of keys as Wireshark keeps them, and as JSON: what they mean, and what is wrong with them, never a key. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAddress } from '../../../src/model/address.js';
import { Secret } from '../../../src/model/secret.js';
import { UsageError } from '../../../src/model/tool-error.js';
import { writeKeyTables } from '../../../src/report/key-tables.js';
import { isFor, parseAddressPattern, parseSpiPattern } from '../../../src/services/decode/keys/key-set.js';
import { readKeys } from '../../../src/services/decode/keys/read-keys.js';
import { splitLine } from '../../../src/services/decode/keys/wireshark-tables.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function fileOf(text: string, name = `table-${++files}`): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

const hex = (length: number) => 'ab'.repeat(length);

it('what we write we read', () => {
  const [source, destination] = [parseAddress('192.0.2.1')!, parseAddress('198.51.100.2')!];
  const { files: written } = writeKeyTables({
    ikev1: [{ initiatorCookie: 0x0123456789abcdefn, encryptionKey: new Secret(new Uint8Array(24).fill(1)) }],
    ikev2: [
      {
        initiatorSpi: 1n,
        responderSpi: 2n,
        encryption: 'AES-CBC-256',
        integrity: 'HMAC-SHA2-256-128',
        skEi: new Secret(new Uint8Array(32)),
        skEr: new Secret(new Uint8Array(32)),
        skAi: new Secret(new Uint8Array(32)),
        skAr: new Secret(new Uint8Array(32)),
      },
    ],
    esp: ['AES-GCM-16-128', '3DES-CBC', 'NULL', 'AES-CTR-192'].map((encryption, index) => ({
      source,
      destination,
      spi: 0x1000 + index,
      encryption,
      ...(encryption.includes('GCM')
        ? {}
        : { integrity: 'HMAC-SHA1-96', integrityKey: new Secret(new Uint8Array(20)) }),
      encryptionKey: new Secret(new Uint8Array([20, 24, 0, 28][index]!)),
    })),
  });
  const place = mkdtempSync(path.join(folder, 'tables-'));
  for (const [name, text] of written) writeFileSync(path.join(place, name), text);
  const keys = readKeys([place]);
  expect(keys.ikev1[0]).toMatchObject({ initiatorCookie: 0x0123456789abcdefn });
  expect(keys.ikev2[0]).toMatchObject({
    initiatorSpi: 1n,
    responderSpi: 2n,
    encryption: { name: 'AES-CBC-256' },
    integrity: { name: 'HMAC-SHA2-256-128' },
  });
  expect(keys.esp.map(({ encryption, integrity }) => [encryption.transform?.name, integrity?.name])).toEqual([
    ['AES-GCM-16-128', undefined],
    ['3DES-CBC', 'HMAC-SHA1-96'],
    ['NULL', 'HMAC-SHA1-96'],
    ['AES-CTR-192', 'HMAC-SHA1-96'],
  ]);
});

describe('names of algorithms', () => {
  const esp = (cipher: string, octets: number, integrity: string) =>
    readKeys([fileOf(`"IPv4","*","*","*","${cipher}","0x${hex(octets)}","${integrity}",""\n`)]).esp[0]!;

  it.each([
    ['AES-CBC [RFC3602]', 16, 'AES-CBC-128'],
    ['AES-CBC [RFC3602]', 32, 'AES-CBC-256'],
    ['AES-CTR [RFC3686]', 20, 'AES-CTR-128'],
    ['AES-GCM [RFC4106]', 36, 'AES-GCM-16-256'],
    ['AES-GCM with 8 octet ICV [RFC4106]', 20, 'AES-GCM-8-128'],
    ['TripleDES-CBC [RFC2451]', 24, '3DES-CBC'],
    ['DES-CBC [RFC2405]', 8, 'DES-CBC'],
    ['ChaCha20 with Poly1305 [RFC7634]', 36, 'CHACHA20-POLY1305'],
    ['AES-CCM-16-128', 19, 'AES-CCM-16-128'],
  ])('%s with %i octets', (name, octets, own) => {
    expect(esp(name, octets, 'NULL').encryption.transform?.name).toBe(own);
  });

  it.each([
    ['BLOWFISH-CBC [RFC2451]', 16],
    ['TWOFISH-CBC', 16],
    ['AES-CBC [RFC3602]', 17],
  ])('%s with %i octets is none of ours', (name, octets) => {
    expect(esp(name, octets, 'NULL').encryption.transform).toBeUndefined();
  });

  it.each([
    ['HMAC-SHA-1-96 [RFC2404]', { name: 'HMAC-SHA1-96' }],
    ['HMAC-SHA-256-128 [RFC4868]', { name: 'HMAC-SHA2-256-128' }],
    ['HMAC-SHA-512-256 [RFC4868]', { name: 'HMAC-SHA2-512-256' }],
    ['HMAC-MD5-96 [RFC2403]', { name: 'HMAC-MD5-96' }],
    ['ANY 96 bit authentication [no checking]', { icvOctets: 12 }],
    ['ANY 256 bit authentication [no checking]', { icvOctets: 32 }],
  ])('%s', (name, expected) => {
    expect(esp('NULL', 0, name).integrity).toMatchObject(expected);
  });
});

it('a key is hexadecimal behind 0x, else text', () => {
  const { esp } = readKeys([fileOf('"IPv4","*","*","0x10","AES-CBC","aescbcencryption","HMAC-SHA-1-96","0x00"\n')]);
  expect(Buffer.from(esp[0]!.encryptionKey.reveal()).toString()).toBe('aescbcencryption');
  expect(esp[0]!.encryption.name).toBe('AES-CBC-128');
});

it('64-bit sequence numbers are told in two more columns', () => {
  const { esp } = readKeys([fileOf(`"IPv4","*","*","*","NULL","","NULL","","64-bit","0x00000002"\n`)]);
  expect(esp[0]!.esn).toEqual({ high: 2 });
});

it('which SA a key is for', () => {
  const entry = (source: string, destination: string, spi: string) =>
    readKeys([fileOf(`"IPv4","${source}","${destination}","${spi}","NULL","","NULL",""\n`)]).esp[0]!;
  const packet = { family: 4, source: 0xc0000201, destination: 0xc0000202, spi: 0x1234abcd } as const;
  expect(isFor(entry('*', '*', '*'), packet)).toBe(true);
  expect(isFor(entry('192.0.2.1', '192.0.2.2', '0x1234abcd'), packet)).toBe(true);
  expect(isFor(entry('192.0.2.*', '192.0.2.0/24', '0x1234****'), packet)).toBe(true);
  expect(isFor(entry('192.0.2.2', '*', '*'), packet)).toBe(false);
  expect(isFor(entry('*', '*', '0x1235****'), packet)).toBe(false);
  expect(isFor(entry('*', '*', '305441741'), packet)).toBe(true);
});

it('patterns that are none', () => {
  expect(parseAddressPattern(4, '2001:db8::1')).toBeUndefined();
  expect(parseAddressPattern(6, '192.0.2.1')).toBeUndefined();
  expect(parseAddressPattern(4, '192.0.*.1')).toBeUndefined();
  expect(parseSpiPattern('0x123456789')).toBeUndefined();
  expect(parseSpiPattern('4294967296')).toBeUndefined();
  expect(parseSpiPattern('spi')).toBeUndefined();
});

it('values of a line', () => {
  expect(splitLine('a, "b,c" ,,"d\\"e"')).toEqual(['a', 'b,c', '', 'd"e']);
  expect(splitLine('"open')).toBeUndefined();
  expect(splitLine('')).toEqual(['']);
});

describe('what is wrong', () => {
  const secret = 'deadbeefdeadbeefdeadbeefdeadbeef';

  it.each([
    ['no table', `just some text ${secret}`, /is no table of keys$/],
    ['a cookie', `0123,${secret}\n`, /:1: the initiator’s cookie has 16 hexadecimal digits$/],
    ['a key', `0123456789abcdef,${secret}xx\n`, /:1: the encryption key is not hexadecimal$/],
    [
      'the number of values',
      `0123456789abcdef,${secret}\n0123456789abcdef\n`,
      /:2: 1 values between commas, and 2 are needed$/,
    ],
    ['a quotation mark', `0123456789abcdef,${secret}\n"${secret}\n`, /:2: a quotation mark is not closed$/],
    [
      'an address',
      `"IPv4","fe80::1","*","*","NULL","0x${secret}","NULL",""\n`,
      /:1: the source is no IPv4 address: 'fe80::1'$/,
    ],
    [
      'a protocol',
      `"IPv4","*","*","*","NULL","","NULL",""\n"IPv5","*","*","*","NULL","0x${secret}","NULL",""\n`,
      /:2: the protocol is IPv4 or IPv6, not 'IPv5'$/,
    ],
    ['an SPI', `"IPv4","*","*","x","NULL","0x${secret}","NULL",""\n`, /:1: 'x' is no SPI$/],
    ['JSON', `{ "keys": ${secret}`, /is not JSON$/],
    ['JSON without keys', `{ "${secret}": 1 }`, /holds no keys$/],
    ['JSON of another shape', `{ "ikev1Sas": [{ "initiatorCookie": "${secret}" }] }`, /ikev1Sas\.0\.encKeyHex: /],
  ])('%s', (_, text, message) => {
    const file = fileOf(text);
    const thrown = (() => {
      try {
        return readKeys([file]);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(UsageError);
    const { message: told, hints } = thrown as UsageError;
    expect(told).toMatch(message);
    expect(told + hints.join('')).not.toContain(secret);
  });

  it('paths that cannot be read, and folders without tables', () => {
    expect(() => readKeys([path.join(folder, 'missing')])).toThrow(/cannot read the keys of .*missing \(ENOENT\)$/);
    expect(() => readKeys([mkdtempSync(path.join(folder, 'empty-'))])).toThrow(/has no table of keys$/);
  });
});

it('JSON holds the same', () => {
  const keys = readKeys([
    fileOf(
      JSON.stringify({
        keys: {
          ikev1Sas: [{ initiatorCookie: '0123456789abcdef', encKeyHex: hex(8) }],
          ikev2Sas: [
            {
              spiI: '0'.repeat(16),
              spiR: '1'.repeat(16),
              sk_ei: hex(20),
              sk_er: hex(20),
              encr: 'AES-GCM-128 with 16 octet ICV [RFC5282]',
              integ: 'NONE [RFC4306]',
            },
          ],
          espSas: [{ spi: '110', encr: 'NULL', integ: 'HMAC-MD5-96 [RFC2403]', integKeyHex: hex(16) }],
        },
      }),
    ),
  ]);
  expect(keys.ikev1).toHaveLength(1);
  expect(keys.ikev2[0]!.encryption.name).toBe('AES-GCM-16-128');
  expect(keys.ikev2[0]!.integrity).toBeUndefined();
  expect(keys.esp[0]).toMatchObject({ spi: '0000006e', source: 'any' });
});
