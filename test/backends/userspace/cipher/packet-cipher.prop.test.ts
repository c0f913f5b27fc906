/** The cipher engines against the reference ESP: equal octets, equal verdicts, for every suite, with and without ESN. */
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { agrees, chooseEngine } from '../../../../src/backends/userspace/cipher/engine.js';
import { evpEngine } from '../../../../src/backends/userspace/cipher/evp-cipher.js';
import { nodeEngine } from '../../../../src/backends/userspace/cipher/node-cipher.js';
import {
  type CipherEngine,
  type CipherOptions,
  paddedLength,
  shortestPacket,
} from '../../../../src/backends/userspace/cipher/packet-cipher.js';
import { allocate } from '../../../../src/backends/userspace/system/memory.js';
import { loadNative } from '../../../../src/backends/userspace/system/native.js';
import { type EspKey, espKey, openEsp, sealEsp } from '../../../../src/engine/ipsec/esp.js';
import { node } from '../../../engine/crypto/support.js';
import { pattern, type Suite, saParameters, suiteName, suites } from '../../../engine/ipsec/support.js';

const native = await loadNative();
const evp = evpEngine(native)!;
const engines: readonly CipherEngine[] = [nodeEngine, evp];
const lengthMax = 2000;
const [from, to] = [allocate(native, lengthMax + 300), allocate(native, lengthMax + 600)];

function optionsOf(suite: Suite, direction: 'inbound' | 'outbound', esn: boolean): CipherOptions {
  const { encryption, authentication, keys } = saParameters(suite);
  return { direction, encryption: encryption!, ...(authentication ? { authentication } : {}), keys, esn };
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function referenceKey(suite: Suite): EspKey {
  const { encryption, authentication, keys } = saParameters(suite);
  const key = espKey(node, encryption!, authentication, keys);
  if ('why' in key) throw new Error(key.why);
  return key;
}

const withoutIntegrity: readonly Suite[] = [
  { protocol: 'ESP', encryption: 'AES-CBC-128' },
  { protocol: 'ESP', encryption: 'AES-CTR-256' },
];
const esp = [...suites, ...withoutIntegrity].filter(({ protocol }) => protocol === 'ESP');
const fast = esp.filter((suite) => nodeEngine.cipher(optionsOf(suite, 'outbound', false)));

describe('the cipher engines', () => {
  it('have the same suites, the common ones among them', () => {
    const names = (engine: CipherEngine) =>
      esp.filter((suite) => engine.cipher(optionsOf(suite, 'outbound', false))).map(suiteName);
    expect(names(evp)).toEqual(names(nodeEngine));
    expect(names(evp)).toEqual(
      expect.arrayContaining([
        'ESP AES-GCM-16-128',
        'ESP AES-GCM-8-256',
        'ESP CHACHA20-POLY1305',
        'ESP AES-CBC-128 HMAC-SHA2-512-256',
        'ESP 3DES-CBC HMAC-SHA1-96',
        'ESP NULL HMAC-SHA2-256-128',
      ]),
    );
    expect(names(evp)).not.toContain('ESP AES-CBC-128 AES-XCBC-96');
  });

  it('is the EVP engine here', () => expect(chooseEngine(native).name).toBe('evp'));

  it('are not trusted when they are wrong', () => {
    const lying = (change: 'seals' | 'opens'): CipherEngine => ({
      name: 'evp',
      cipher(options) {
        const cipher = nodeEngine.cipher(options);
        if (!cipher) return undefined;
        return {
          ...cipher,
          seal(...args) {
            const length = cipher.seal(...args);
            if (change === 'seals') args[3].octets[args[4] + 20]! ^= 1;
            return length;
          },
          open: (...args) => (change === 'opens' ? args[2] - 40 : cipher.open(...args)),
        };
      },
    });
    expect(agrees(native, nodeEngine)).toBe(true);
    expect(agrees(native, lying('seals'))).toBe(false);
    expect(agrees(native, lying('opens'))).toBe(false);
    expect(agrees(native, { name: 'evp', cipher: () => undefined })).toBe(false);
  });
});

const packets = fc.record({
  length: fc.integer({ min: 0, max: lengthMax }),
  start: fc.nat({ max: 255 }),
  high: fc.constantFrom(0, 1, 0xffff_ffff),
  low: fc.constantFrom(1, 2, 0x7fff_ffff, 0xffff_ffff),
  esn: fc.boolean(),
  at: fc.nat({ max: 9 }),
  flip: fc.nat(),
});

describe.each(fast.map((suite) => [suiteName(suite), suite] as const))('%s', (_, suite) => {
  const key = referenceKey(suite);
  describe.each(engines.map((engine) => [engine.name, engine] as const))('by %s', (_name, engine) => {
    test.prop([packets], { numRuns: 40 })('seals and opens what the reference does', (drawn) => {
      const { length, start, esn, low, at, flip } = drawn;
      const high = esn ? drawn.high : 0;
      const numbers = { high, low };
      const sequence = (BigInt(high) << 32n) | BigInt(low);
      const [seals, opens] = [
        engine.cipher(optionsOf(suite, 'outbound', esn))!,
        engine.cipher(optionsOf(suite, 'inbound', esn))!,
      ];
      // Plaintext with its padding and trailer.
      const payload = pattern(length, start);
      const padded = paddedLength(seals.alignment, length);
      from.octets.fill(0);
      from.octets.set(payload, at);
      for (let index = 1; index <= padded - length - 2; index += 1) from.octets[at + length + index - 1] = index;
      from.octets[at + padded - 2] = padded - length - 2;
      from.octets[at + padded - 1] = 4;
      to.view.setUint32(at, 0x1234);
      to.view.setUint32(at + 4, low);
      const made = seals.seal(from, at, padded, to, at, numbers);
      const packet = to.octets.slice(at, at + made);
      const iv = packet.slice(8, 8 + seals.ivLength);
      const header = { spi: 0x1234, sequence, esn };
      expect(same(packet, sealEsp(key, header, { nextHeader: 4, payload }, iv))).toBe(true);
      expect(made).toBeGreaterThanOrEqual(shortestPacket(seals));
      // Back again, by both.
      const opened = openEsp(key, packet, { sequence, esn });
      expect(opened.kind === 'opened' && opened.nextHeader === 4 && same(opened.payload, payload)).toBe(true);
      expect(opens.open(to, at, made, from, 3, numbers)).toBe(padded);
      expect(same(from.octets.subarray(3, 3 + length), payload)).toBe(true);
      // One bit wrong.
      if (seals.icvLength > 0) {
        const bit = flip % (8 * made);
        to.octets[at + (bit >> 3)]! ^= 1 << (bit & 7);
        const damaged = to.octets.slice(at, at + made);
        const announced = (BigInt(high) << 32n) | BigInt(to.view.getUint32(at + 4));
        expect(openEsp(key, damaged, { sequence: announced, esn })).toMatchObject({ kind: 'refused', reason: 'icv' });
        expect(opens.open(to, at, made, from, 3, numbers)).toBe(-1);
      }
      seals.close();
      opens.close();
    });
  });
});
