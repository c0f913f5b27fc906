import { describe, expect, it } from 'vitest';
import { SourceText } from '../../src/model/span.js';
import {
  bypassKey,
  describeAction,
  discardKey,
  keyedEntries,
  treatmentKeys,
  treatmentTable,
} from '../../src/model/treatment.js';
import { loadSystem } from '../../src/services/load-system.js';

const configOf = (text: string) => loadSystem({ name: 'a', sources: [new SourceText('a.conf', text)] }).config;

/** Keys of the host entries, by name. */
function keysOf(text: string, table = treatmentTable()): Record<string, number> {
  const { spd } = configOf(text);
  const { keys } = keyedEntries(spd, table);
  return Object.fromEntries(spd.map((entry, at) => [entry.source.record.name, keys[at]!]));
}

const host = (name: string, rest: string) =>
  `add host ${name} -source 10.1.1.1 -destination 10.2.2.${name.length} ${rest}\n`;
const tunnel = (name: string, rest: string) =>
  `add tunnel ${name} -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.2.0.0/16 ${rest}\n`;
const keys = ['0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b', '0x6c1fe2d3a4b5968778695a4b3c2d1e0f'];
const manual = (authentication: string) =>
  `-action ESP_AES128_HMAC_SHA1 -in ESP/2500101/${authentication}/${keys[1]} -out ESP/2500202/${keys[0]}/${keys[1]}`;

describe('treatmentKeys', () => {
  it('gives equal numbers to entries that do the same', () => {
    const found = keysOf(
      host('a', '-action ESP_AES128_HMAC_SHA1') +
        host('aa', '-action ESP_AES128_HMAC_SHA1/28800/0') +
        host('aaa', '-action PASS') +
        host('aaaa', '-action DISCARD'),
    );
    expect(found.a).toBe(found.aa);
    expect(found).toMatchObject({ aaa: bypassKey, aaaa: discardKey, default: bypassKey });
  });

  it.each([
    [
      'the order of proposals',
      '-action ESP_AES128_HMAC_SHA1,ESP_3DES_HMAC_SHA1',
      '-action ESP_3DES_HMAC_SHA1,ESP_AES128_HMAC_SHA1',
    ],
    ['a lifetime', '-action ESP_AES128_HMAC_SHA1/3600', '-action ESP_AES128_HMAC_SHA1'],
    ['a flag', '-action ESP_AES128_HMAC_SHA1 -flags EXCLUSIVE', '-action ESP_AES128_HMAC_SHA1'],
    ['an option', '-action ESP_AES128_HMAC_SHA1 -esn ON', '-action ESP_AES128_HMAC_SHA1'],
    ['a manual key', manual(keys[0]!), manual('0x91a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5')],
    ['keys by hand or by IKE', manual(keys[0]!), '-action ESP_AES128_HMAC_SHA1'],
  ])('tells apart what differs in %s', (_, a, b) => {
    const found = keysOf(host('a', a) + host('aa', b) + host('aaa', a));
    expect(found.a).not.toBe(found.aa);
    expect(found.a).toBe(found.aaa);
  });

  it('compares tunnels by what they are, not by name or the order of their selectors', () => {
    const list = ['-destination 10.3.0.0/16', '-destination 10.4.0.0/16'];
    const found = keysOf(
      tunnel('one', `${list[0]} ${list[1]}`) +
        tunnel('two', `${list[1]} ${list[0]}`) +
        tunnel('three', list[0]!) +
        host('a', '-tunnel one -action PASS') +
        host('aa', '-tunnel two -action PASS') +
        host('aaa', '-tunnel three -action PASS'),
    );
    expect(found.a).toBe(found.aa);
    expect(found.a).not.toBe(found.aaa);
  });

  it('compares systems through one table', () => {
    const table = treatmentTable();
    const before = keysOf(host('x', '-action AH_SHA1') + host('a', '-action ESP_AES128_HMAC_SHA1'), table);
    const after = keysOf(host('a', '-action ESP_AES128_HMAC_SHA1'), table);
    expect(after.a).toBe(before.a);
    const { regions, keys: numbers } = treatmentKeys(configOf(host('a', '-action PASS')), table);
    expect(regions.length).toBe(numbers.length);
  });
});

describe('describeAction', () => {
  it('names what is applied', () => {
    const { spd } = configOf(
      tunnel('one', '-action ESP_3DES_HMAC_SHA1') +
        host('a', '-action AH_SHA1,AH_MD5 -tunnel one') +
        host('aa', '-tunnel one -action PASS') +
        host('aaa', '-action DISCARD'),
    );
    expect(spd.map(({ action }) => describeAction(action))).toEqual([
      'AH_SHA1 or 1 more in a tunnel to 10.9.9.9 (ESP_3DES_HMAC_SHA1)',
      'a tunnel to 10.9.9.9 (ESP_3DES_HMAC_SHA1)',
      'DISCARD',
      'PASS',
      'PASS',
    ]);
  });
});
