import { describe, expect, it } from 'vitest';
import { formatSeconds } from '../../../src/lint/lifetimes.js';
import { lintTexts } from '../../support/lint.js';
import { pointedAt, strengthRules, summary } from '../../support/strength.js';

const rules = strengthRules.filter((rule) => rule.code.startsWith('LIF'));
const host = 'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action';
const facts = { name: 'a', addresses: [], roles: ['host' as const], behindNat: false, target: undefined };

describe('findings about lifetimes', () => {
  it('point at the digits', () => {
    expect(summary(lintTexts([`${host} ESP_AES128_GCM16/604800/0,ESP_AES256_GCM16/0/5120`], { rules }))).toEqual([
      'LIF001 0',
      'LIF003 604800',
    ]);
  });

  it('point at the transform where nothing is written, and say what counts', () => {
    const [finding] = lintTexts([`${host} ESP_AES128_GCM16`], { rules, settings: { profiles: ['bsi-tr-02102-3'] } });
    expect(finding && pointedAt(finding)).toBe('ESP_AES128_GCM16');
    expect(finding?.notes).toContain('no lifetime is written: 28800 seconds are the default');
    expect(finding?.fixes[0]?.edits[0]?.newText).toBe('ESP_AES128_GCM16/14400');
  });

  it('keep the volume when they change the time', () => {
    const [finding] = lintTexts([`${host} ESP_AES128_GCM16/604800/10240`], { rules });
    expect(finding?.fixes[0]?.edits[0]?.newText).toBe('ESP_AES128_GCM16/86400/10240');
  });

  it('are none for manual keys, which have no lifetime', () => {
    const text = `${host} AH_SHA1/0/0 -in AH/2500101/0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b -out AH/2500201/0x91a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5`;
    expect(lintTexts([text], { rules })).toEqual([]);
  });

  it('cite who sets the ceiling', () => {
    const [finding] = lintTexts(
      ['add ikev2 a -remote 10.2.2.2 -priority 10 -group 20 -encryption AES256-GCM16 -prf HMAC-SHA2-384 -life 86400'],
      { rules, settings: { profiles: ['nist-800-77r1', 'stig'] } },
    );
    expect(finding).toMatchObject({ code: 'LIF003', severity: 'error' });
    expect(finding?.notes).toContain('demanded by DISA VPN SRG, version 3 release 4, V-207238');
    expect(finding && pointedAt(finding)).toBe('86400');
  });

  it('ask for extended sequence numbers where the dialect has them, else for a shorter life', () => {
    const titles = (dialect: string) =>
      lintTexts([`# ipsec-dialect: ${dialect}\n${host} ESP_AES128_HMAC_SHA2_256/28800`], {
        rules,
        hosts: [{ ...facts, linkMbps: 10_000 }],
      }).flatMap(({ fixes }) => fixes.map(({ title }) => title));
    expect(titles('extended')).toEqual(['write -esn ON']);
    expect(titles('A.03.02')).toEqual(['write 687 seconds']);
  });

  it('say nothing where nobody has said how fast the link is', () => {
    expect(lintTexts([`${host} ESP_AES128_GCM16/28800/5120`], { rules })).toEqual([]);
    expect(
      lintTexts([`${host} ESP_AES128_GCM16/28800`], { rules, hosts: [{ ...facts, linkMbps: Number.NaN }] }),
    ).toEqual([]);
  });
});

describe('seconds', () => {
  it.each([
    [59, '59 s'],
    [600, '600 s (10 min)'],
    [5400, '5400 s (1.5 h)'],
    [86400, '86400 s (1 d)'],
    [604800, '604800 s (7 d)'],
  ])('%i are %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });
});
