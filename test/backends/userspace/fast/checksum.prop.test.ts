/** Sums of octets, added up one by one in JavaScript and many at once in WebAssembly, are that of RFC 1071's plain words. */
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { fold, sumOctets, swap } from '../../../../src/backends/userspace/fast/checksum.js';
import { sumCode } from '../../../../src/backends/userspace/fast/sum-code.js';
import { allocate, allocateSummed } from '../../../../src/backends/userspace/system/memory.js';
import { internetChecksum } from '../../../../src/engine/ipsec/ip-build.js';
import { native } from '../support.js';

const size = 70_000;
const memories = { JavaScript: allocate(native, size), WebAssembly: allocateSummed(native, size, sumCode) };

const places = fc.record({
  at: fc.nat({ max: 300 }),
  length: fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 65_535 })),
  start: fc.nat({ max: 255 }),
  step: fc.constantFrom(0, 1, 7, 101),
});

describe.each(Object.entries(memories))('a sum in %s', (_, memory) => {
  test.prop([places])('is that of the words', ({ at, length, start, step }) => {
    for (let index = 0; index < length; index += 1) memory.octets[at + index] = start + index * step;
    // What is around does not count.
    memory.octets[at + length] = 0xff;
    if (at > 0) memory.octets[at - 1] = 0xff;
    const expected = ~internetChecksum(memory.octets.subarray(at, at + length)) & 0xffff;
    expect(swap(fold(sumOctets(memory, at, length)))).toBe(expected);
  });

  it('holds as many of the greatest words as a packet has', () => {
    memory.octets.fill(0xff);
    expect(fold(sumOctets(memory, 0, 65_534))).toBe(0xffff);
    expect(fold(sumOctets(memory, 1, 65_535))).toBe(fold(0xffff + 0xff));
  });
});

it('is WebAssembly’s where that has instructions for many words at once', () => {
  expect(memories.WebAssembly.sum !== undefined).toBe(
    (globalThis as unknown as { WebAssembly: { validate(code: Uint8Array): boolean } }).WebAssembly.validate(sumCode),
  );
  expect(memories.JavaScript.sum).toBeUndefined();
});

it('is JavaScript’s where code cannot be run', () => {
  expect(allocateSummed(native, 100, sumCode.subarray(0, 20)).sum).toBeUndefined();
});
