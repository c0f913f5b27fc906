import { describe, expect, it } from 'vitest';
import type { Family } from '../../src/model/address.js';
import { innerMtu, protectedLength } from '../../src/model/sa-overhead.js';
import { SourceText } from '../../src/model/span.js';
import type { SaTemplate } from '../../src/model/system-config.js';
import { loadSystem } from '../../src/services/load-system.js';

function bundle(action: string, tunnel?: string, family: Family = 4): readonly SaTemplate[] {
  const [own, peer] = family === 4 ? ['10.1.1.1', '10.2.2.2'] : ['2001:db8::1', '2001:db8::2'];
  const text = `${tunnel ? `add tunnel t -tsource ${own} -tdestination ${peer} -source ${own} -destination ${peer} -action ${tunnel}\n` : ''}add host h -source ${own} -destination ${peer} -priority 10 ${tunnel ? '-tunnel t ' : ''}-action ${action}`;
  const { config } = loadSystem({ name: 'a', sources: [new SourceText('a.conf', text)] });
  const entry = config.spd.find(({ action: { kind } }) => kind === 'PROTECT');
  return entry?.action.kind === 'PROTECT' ? entry.action.bundle : [];
}

describe('innerMtu', () => {
  it('is what is known of common transforms on a link of 1500', () => {
    const cases: [string, readonly SaTemplate[], number][] = [
      ['ESP with AES-CBC and SHA-1 in tunnel mode', bundle('PASS', 'ESP_AES128_HMAC_SHA1'), 1438],
      ['ESP with AES-GCM in tunnel mode', bundle('PASS', 'ESP_AES128_GCM16'), 1446],
      ['ESP with AES-CBC and SHA-1 in transport mode', bundle('ESP_AES128_HMAC_SHA1'), 1458],
      ['AH with SHA-1 in transport mode', bundle('AH_SHA1'), 1476],
      ['AH with SHA-1 inside ESP with AES-CBC and SHA-1', bundle('AH_SHA1', 'ESP_AES128_HMAC_SHA1'), 1414],
      ['the longest of a list', bundle('PASS', 'ESP_AES128_GCM16,ESP_AES128_HMAC_SHA1'), 1438],
      ['nothing', [], 1500],
    ];
    expect(cases.map(([name, sas]) => [name, innerMtu(1500, sas, { family: 4 })])).toEqual(
      cases.map(([name, , expected]) => [name, expected]),
    );
  });

  it('counts UDP encapsulation, IPv6 headers and the alignment of AH', () => {
    expect(innerMtu(1500, bundle('PASS', 'ESP_AES128_HMAC_SHA1'), { family: 4, udp: true })).toBe(1422);
    expect(innerMtu(1500, bundle('PASS', 'ESP_AES128_HMAC_SHA1', 6), { family: 6 })).toBe(1422);
    // 12 octets and an ICV of 16 make 28, and 32 in IPv6.
    expect(protectedLength(1000, bundle('AH_SHA2_256'), { family: 4 })).toBe(1028);
    expect(protectedLength(1000, bundle('AH_SHA2_256', undefined, 6), { family: 6 })).toBe(1032);
  });

  it('is the longest length that fits', () => {
    const sas = bundle('AH_SHA1', 'ESP_AES256_HMAC_SHA2_256');
    for (let mtu = 576; mtu < 1600; mtu += 7) {
      const inner = innerMtu(mtu, sas, { family: 4 });
      expect(protectedLength(inner, sas, { family: 4 })).toBeLessThanOrEqual(mtu);
      expect(protectedLength(inner + 1, sas, { family: 4 })).toBeGreaterThan(mtu);
    }
  });
});
