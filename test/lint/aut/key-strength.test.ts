import { describe, expect, it } from 'vitest';
import { commonFollowers, commonKeyWords, sequences } from '../../../src/lint/common-key-words.js';
import { estimateKeyBits, formatKeyBits, textBits } from '../../../src/lint/key-strength.js';
import type { PresharedKey } from '../../../src/model/record/auth.js';
import { Secret } from '../../../src/model/secret.js';

const text = (key: string): PresharedKey => ({
  form: 'text',
  reference: { kind: 'literal', secret: Secret.ofText(key) },
});
const hexadecimal = (digits: string): PresharedKey => ({
  form: 'hexadecimal',
  reference: { kind: 'literal', secret: new Secret(Uint8Array.from(Buffer.from(digits, 'hex'))) },
});

describe('the estimate of a text', () => {
  it.each([
    // key, least, most
    ['75', 0, 8],
    ['secret', 0, 12],
    ['hunter2', 0, 16],
    ['P@ssw0rd!', 0, 24],
    ['Winter2024!', 0, 32],
    ['aaaaaaaaaaaaaaaaaaaaaaaa', 0, 16],
    ['abcabcabcabcabcabcabcabc', 0, 40],
    ['qwertyuiop123456', 0, 24],
    ['0123456789abcdef0123456789abcdef', 0, 32],
    ['correcthorsebatterystaple', 20, 64],
    ['pay-Basil-33', 32, 64],
    ['Sand7-Plover_99x', 48, 96],
    ['kX9vQ2mTzR7bLwY4sHfJ8cPe', 120, 160],
    ['8f3a11c04be2975d66a0179bd24ce35f', 120, 130],
  ])('%s is within reason', (key, least, most) => {
    const bits = estimateKeyBits(text(key))!;
    expect(bits).toBeGreaterThanOrEqual(least);
    expect(bits).toBeLessThanOrEqual(most);
  });

  it('knows the names and addresses of its own record', () => {
    expect(textBits('branch7-10.2.2.2', ['branch7', '10.2.2.2'])).toBeLessThan(20);
    expect(textBits('branch7-10.2.2.2', [])).toBeGreaterThan(40);
  });

  it('counts a repeated part once', () => {
    const once = textBits('kX9vQ2mTzR7b', []);
    expect(textBits('kX9vQ2mTzR7bkX9vQ2mTzR7b', [])).toBeLessThan(once + 16);
  });

  it('counts capitals at the front little', () => {
    expect(textBits('Summer', []) - textBits('summer', [])).toBeLessThan(3);
  });

  it('is nothing for an empty key', () => {
    expect(estimateKeyBits({ form: 'text', reference: { kind: 'literal', secret: Secret.ofText('') } })).toBe(0);
  });

  it('takes no notice of what comes after 256 characters, and no time either', () => {
    const started = performance.now();
    expect(textBits('Zp4nV8xGqT2hJ6rLwK0sBmDy'.repeat(1000), [])).toBeLessThan(4000);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('the estimate of hexadecimal digits', () => {
  it('is four bits each', () => {
    expect(estimateKeyBits(hexadecimal('8f3a11c04be2975d66a0179bd24ce35f'))).toBe(128);
  });

  it.each([
    ['00', 8],
    ['00000000000000000000000000000000', 24],
    ['000102030405060708090a0b0c0d0e0f', 32],
    ['ffeeddccbbaa99887766554433221100', 40],
    ['deadbeefdeadbeefdeadbeefdeadbeef', 64],
    // The letters of "password".
    ['70617373776f7264', 16],
  ])('%s follows a pattern', (digits, most) => {
    expect(estimateKeyBits(hexadecimal(digits))).toBeLessThanOrEqual(most);
  });
});

describe('the estimate of a reference', () => {
  it('is unknown', () => {
    expect(estimateKeyBits({ form: 'reference', reference: { kind: 'file', path: '/etc/key' } })).toBeUndefined();
    expect(estimateKeyBits({ form: 'reference', reference: { kind: 'env', variable: 'KEY' } })).toBeUndefined();
  });
});

describe('the words for it', () => {
  it('are rounded down to octets', () => {
    expect([0, 7.9, 8, 15.9, 71, 111.9].map(formatKeyBits)).toEqual([
      'fewer than 8 bits',
      'fewer than 8 bits',
      'about 8 bits',
      'about 8 bits',
      'about 64 bits',
      'about 104 bits',
    ]);
  });
});

describe('the data', () => {
  it('is lower case and not empty', () => {
    expect(commonKeyWords.size).toBeGreaterThan(100);
    for (const word of [...commonKeyWords, ...sequences]) expect(word).toBe(word.toLowerCase());
    expect(Object.keys(commonFollowers)).toHaveLength(26);
  });
});
