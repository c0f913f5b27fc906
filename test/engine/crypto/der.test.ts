import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { type DerReader, readDer } from '../../../src/engine/crypto/asn1/der.js';
import {
  derBitString,
  derElement,
  derInteger,
  derObjectIdentifier,
  derOctetString,
  derSequence,
} from '../../../src/engine/crypto/asn1/der-writer.js';
import { hex } from './support.js';

/** The value read, or the reason of the fault. */
function read<T>(text: string, describe_: (reader: DerReader) => T): T | string {
  const result = readDer(hex(text), describe_);
  return result.kind === 'value' ? result.value : result.reason;
}

const integer = (text: string) => read(text, (reader) => reader.integer());
const boolean = (text: string) => read(text, (reader) => reader.boolean());
const time = (tag: number, text: string) =>
  readDer(derElement(tag, new TextEncoder().encode(text)), (reader) => new Date(reader.time()).toISOString());

describe('the reader of DER (X.690 §10)', () => {
  it('takes lengths in their shortest form only', () => {
    expect(read('0400', (reader) => reader.octetString().length)).toBe(0);
    expect(read(`0481${'80'}${'00'.repeat(128)}`, (reader) => reader.octetString().length)).toBe(128);
    expect(read(`04820100${'00'.repeat(256)}`, (reader) => reader.octetString().length)).toBe(256);
    const shortest = 'a length that is not in its shortest form';
    expect(read('048101ff', (reader) => reader.octetString())).toBe(shortest);
    expect(read(`04820080${'00'.repeat(128)}`, (reader) => reader.octetString())).toBe(shortest);
    expect(read('048000', (reader) => reader.octetString())).toBe(shortest);
    expect(read('0485000000000100', (reader) => reader.octetString())).toBe(shortest);
    expect(read('04', (reader) => reader.octetString())).toBe(shortest);
    expect(read('0402ff', (reader) => reader.octetString())).toBe('an element reaches beyond its container');
    expect(read('1f8101', (reader) => reader.element().tag)).toBe('a tag of several octets');
  });

  it('takes integers in their shortest form only', () => {
    expect([integer('020100'), integer('02017f'), integer('02020080'), integer('0201ff'), integer('0202ff7f')]).toEqual(
      [0n, 127n, 128n, -1n, -129n],
    );
    for (const text of ['0200', '02020001', '0202ff80']) expect(integer(text)).toContain('INTEGER');
    expect(read('0201ff', (reader) => reader.smallInteger())).toContain('out of range');
    expect(read('02050080000000', (reader) => reader.smallInteger())).toContain('out of range');
  });

  it('takes booleans as DER has them', () => {
    expect([boolean('0101ff'), boolean('010100')]).toEqual([true, false]);
    expect(boolean('010101')).toBe('a malformed BOOLEAN');
    expect(boolean('0100')).toBe('a malformed BOOLEAN');
  });

  it('reads object identifiers', () => {
    const oid = (text: string) => read(text, (reader) => reader.objectIdentifier());
    expect(oid('06092a864886f70d010101')).toBe('1.2.840.113549.1.1.1');
    expect(oid('0603550403')).toBe('2.5.4.3');
    expect(oid('0602883703'.slice(0, 8))).toBe('2.999');
    for (const text of ['0600', '060180', '06022a80', '0603558003'])
      expect(oid(text)).toBe('a malformed OBJECT IDENTIFIER');
  });

  it('reads bit strings', () => {
    expect(read('0303000102', (reader) => reader.bitString())).toEqual(Uint8Array.of(1, 2));
    expect(read('03020780', (reader) => [0, 1, 9].map(reader.namedBits()))).toEqual([true, false, false]);
    expect(read('030100', (reader) => [0].map(reader.namedBits()))).toEqual([false]);
    expect(read('03020780', (reader) => reader.bitString())).toContain('whole octets');
    for (const text of ['0300', '030101', '03020880', '03020781'])
      expect(read(text, (reader) => [0].map(reader.namedBits()))).toBe('a malformed BIT STRING');
  });

  it('reads times as RFC 5280 §4.1.2.5 restricts them', () => {
    expect(time(0x17, '491231235959Z')).toEqual({ kind: 'value', value: '2049-12-31T23:59:59.000Z' });
    expect(time(0x17, '500101000000Z')).toEqual({ kind: 'value', value: '1950-01-01T00:00:00.000Z' });
    expect(time(0x18, '20500229000000Z')).toMatchObject({ kind: 'fault' });
    expect(time(0x18, '20480229000000Z')).toEqual({ kind: 'value', value: '2048-02-29T00:00:00.000Z' });
    expect(time(0x18, '99991231235959Z')).toEqual({ kind: 'value', value: '9999-12-31T23:59:59.000Z' });
    for (const text of [
      '4912312359Z',
      '491231235959',
      '491331235959Z',
      '491231245959Z',
      '491231236059Z',
      '4912312359590',
      '491231235959+',
    ]) {
      expect(time(0x17, text), text).toMatchObject({ kind: 'fault' });
    }
    expect(time(0x04, '491231235959Z')).toMatchObject({ kind: 'fault' });
  });

  it('keeps the first fault and gives empty values after it', () => {
    const result = readDer(hex('3003020101'), (reader) => {
      const inner = reader.sequence();
      inner.octetString();
      let count = 0;
      while (!inner.atEnd) count += 1;
      return [count, inner.integer(), inner.objectIdentifier(), inner.time(), inner.boolean(), inner.nextTag];
    });
    expect(result).toEqual({ kind: 'fault', reason: 'tag 0x02 where 0x04 belongs' });
  });

  test.prop([fc.bigInt({ min: 0n, max: 1n << 300n })])('reads the integers that the writer writes', (value) => {
    expect(readDer(derInteger(value), (reader) => reader.integer())).toEqual({ kind: 'value', value });
  });

  test.prop([fc.nat(2), fc.nat(39), fc.array(fc.bigInt({ min: 0n, max: 1n << 40n }), { maxLength: 6 })])(
    'reads the identifiers that the writer writes',
    (root, second, rest) => {
      const dotted = [root, second, ...rest].join('.');
      expect(readDer(derObjectIdentifier(dotted), (reader) => reader.objectIdentifier())).toEqual({
        kind: 'value',
        value: dotted,
      });
    },
  );

  test.prop([fc.uint8Array({ maxLength: 70_000 }), fc.uint8Array({ maxLength: 300 })], { numRuns: 50 })(
    'reads the structures that the writer writes',
    (a, b) => {
      const octets = derSequence(derOctetString(a), derSequence(derBitString(b)));
      const result = readDer(octets, (reader) => {
        const { raw, inner } = reader.enterRaw(0x30);
        const values = [inner.octetString(), inner.sequence().bitString()];
        inner.end();
        return [raw, ...values];
      });
      expect(result).toEqual({ kind: 'value', value: [octets, a, b] });
    },
  );
});
