import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decode, encode, formatDecodeError, fromHex, toHex } from '../../../src/engine/wire/codec.js';
import { ah, ah1826, ahPayloadLength, esp, generationOf } from '../../../src/engine/wire/ipsec-headers.js';

describe('AH (RFC 4302 §2)', () => {
  const octets = fromHex(`3204000081797dc500000001${'27cfc0a5e43d69b3728ec5b0'}${'48dacb24'}`)!;

  it('has an ICV as long as Payload Len says', () => {
    const decoding = decode(ah, octets);
    expect(decoding).toMatchObject({
      ok: true,
      value: {
        nextHeader: 50,
        payloadLength: 4,
        spi: 0x81797dc5,
        sequenceNumber: 1,
        icv: fromHex('27cfc0a5e43d69b3728ec5b0')!,
        data: fromHex('48dacb24')!,
      },
    });
    expect(ahPayloadLength(12)).toBe(4);
    expect(ahPayloadLength(16)).toBe(5);
  });

  it.each([
    ['0', '3200000081797dc500000001', 'icv at octet 1: expected a Payload Len of at least 1, found 0 (RFC 4302 §2)'],
    [
      'of more than there is',
      '3205000081797dc50000000100000000',
      'icv at octet 12: expected 16 octets, found 4 octets left (RFC 4302 §2)',
    ],
  ])('with a Payload Len %s is an error', (_, hex, error) => {
    const decoding = decode(ah, fromHex(hex)!);
    expect(decoding.ok ? 'decoded' : formatDecodeError(decoding.error)).toBe(error);
  });

  it('is not written with an ICV that does not fit', () => {
    const value = {
      nextHeader: 6,
      payloadLength: 4,
      spi: 1,
      sequenceNumber: 1,
      icv: new Uint8Array(16),
      data: new Uint8Array(),
    };
    expect(() => encode(ah, value)).toThrow('an ICV of 16 octets does not fit Payload Len 4');
  });
});

describe('the generation of an SA (RFC 1826, RFC 1827)', () => {
  const packets = Array.from({ length: 6 }, (_, index) => index);
  const payload = (index: number): Uint8Array => new Uint8Array(40).fill(index);

  /** RFC 4302 with HMAC-SHA-1-96. */
  const current = packets.map((index) =>
    encode(ah, {
      nextHeader: 6,
      payloadLength: 4,
      spi: 0x1000,
      sequenceNumber: index + 1,
      icv: createHmac('sha1', 'key').update(payload(index)).digest().subarray(0, 12),
      data: payload(index),
    }),
  );
  /** RFC 1826 with the keyed MD5 of RFC 1828: a header of the same length. */
  const old = packets.map((index) =>
    encode(ah1826, {
      nextHeader: 6,
      length: 4,
      spi: 0x1000,
      authenticationData: createHash('md5').update('key').update(payload(index)).update('key').digest(),
      data: payload(index),
    }),
  );
  /** RFC 1827 with the DES-CBC of RFC 1829: an IV is where the sequence number would be. */
  const oldEsp = packets.map((index) =>
    Uint8Array.of(0, 0, 16, 0, ...createHash('md5').update(payload(index)).digest().subarray(0, 8), ...payload(index)),
  );

  it('cannot be told from one packet', () => {
    expect(current[0]!.length).toBe(old[0]!.length);
    expect(generationOf('AH', current.slice(0, 1))).toEqual({ kind: 'undecided' });
    expect(generationOf('AH', old.slice(0, 1))).toEqual({ kind: 'undecided' });
    expect(generationOf('AH', [])).toEqual({ kind: 'undecided' });
  });

  it('shows in what the word behind the SPI does', () => {
    expect(generationOf('AH', current)).toEqual({ kind: 'current' });
    expect(generationOf('AH', old)).toMatchObject({
      kind: 'obsolete',
      rfc: 'RFC 1826',
      refused: expect.stringContaining('no protection against replay'),
    });
    expect(generationOf('ESP', oldEsp)).toMatchObject({ kind: 'obsolete', rfc: 'RFC 1827' });
    const esps = packets.map((index) => encode(esp, { spi: 0x1000, sequenceNumber: 40 - index, data: payload(index) }));
    expect(generationOf('ESP', esps)).toEqual({ kind: 'current' });
  });

  it('shows in one packet that has no room for a sequence number', () => {
    const bare = encode(ah1826, {
      nextHeader: 6,
      length: 0,
      spi: 1,
      authenticationData: new Uint8Array(),
      data: payload(1),
    });
    expect(generationOf('AH', [bare])).toMatchObject({ kind: 'obsolete', rfc: 'RFC 1826' });
    expect(generationOf('ESP', [fromHex('00001000')!])).toMatchObject({ kind: 'obsolete', rfc: 'RFC 1827' });
  });

  it('is left open when the numbers fit neither', () => {
    const mixed = [...current.slice(0, 4), old[0]!, ...current.slice(4)];
    expect(generationOf('AH', mixed)).toEqual({ kind: 'undecided' });
  });

  it('of a packet read the old way keeps all octets', () => {
    const decoding = decode(ah1826, old[0]!);
    expect(decoding.ok && toHex(encode(ah1826, decoding.value))).toBe(toHex(old[0]!));
  });
});
