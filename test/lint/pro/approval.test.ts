import { describe, expect, it } from 'vitest';
import { lintTexts } from '../../support/lint.js';
import { strengthRules, summary } from '../../support/strength.js';

const lint = (text: string, profiles: readonly string[], codes = /^(?:PRO|CRY|LIF|IK1)/, asOf = '2026-11-01') =>
  lintTexts([text], { rules: strengthRules.filter(({ code }) => codes.test(code)), settings: { profiles, asOf } });

describe('approval', () => {
  const sound =
    'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES256_GCM16/14400\nadd ikev2 b -remote 10.2.2.2 -priority 10 -group 20 -encryption AES256-GCM16 -prf HMAC-SHA2-384 -life 28800 -pfs ON\nadd auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method ECDSASIG -remote_method ECDSASIG -rtype FQDN -rid b.example.com';

  it('of one sound configuration is given by every profile that is about algorithms', () => {
    for (const profile of ['rfc', 'nist-800-77r1', 'cnsa1', 'cnsa2', 'bsi-tr-02102-3', 'stig'])
      expect(lint(sound, [profile]), profile).toEqual([]);
  });

  it('is refused once for each element, at it, with everybody who refuses', () => {
    const findings = lint(sound.replace('-group 20', '-group 20,31'), ['cnsa1', 'stig']);
    expect(summary(findings)).toEqual(['PRO001 31']);
    expect(findings[0]?.notes).toEqual([
      expect.stringMatching(/^not approved by CNSA 1\.0/),
      expect.stringMatching(/^not approved by DISA VPN SRG/),
      'alternative 2 of 2, behind 20: the peer may choose it',
    ]);
  });

  it('is not told of what is weak in itself: its own rule cites the profile', () => {
    const findings = lint(sound.replace('ESP_AES256_GCM16', 'ESP_3DES_HMAC_SHA2_384'), ['stig'], /^(?:PRO|CRY002)/);
    expect(findings.map(({ code, severity }) => `${code} ${severity}`)).toEqual(['CRY002 error']);
  });

  it('of signatures without a quantum-safe form ends for CNSA 2.0', () => {
    const on = (day: string) => lint(sound, ['cnsa2'], /^PRO002/, day).map(({ code }) => code);
    expect(on('2029-12-31')).toEqual([]);
    expect(on('2030-01-01')).toEqual(['PRO002']);
  });

  it('asks nothing of ciphers that replace their hash', () => {
    const text = sound.replace('-prf HMAC-SHA2-384', '-prf HMAC-SHA2-384 -hash HMAC-SHA1');
    expect(summary(lint(text, ['cnsa1']))).toEqual(['CRY018 HMAC-SHA1']);
  });
});
