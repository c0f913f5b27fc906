import { describe, expect, it } from 'vitest';
import { lintTexts } from '../../support/lint.js';
import { pointedAt, strengthRules, summary } from '../../support/strength.js';

const rules = strengthRules.filter((rule) => rule.code.startsWith('IK1'));
const lint = (text: string, profiles: readonly string[] = []) => lintTexts([text], { rules, settings: { profiles } });

describe('IKE version 1', () => {
  it('is pointed at within the list, and left out by the fix', () => {
    const findings = lint('add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2,IKEV1 -preshared file:b.key');
    expect(summary(findings)).toEqual(['IK1001 IKEV1', 'IK1007 IKEV2,IKEV1']);
    expect(findings.find(({ code }) => code === 'IK1001')?.fixes[0]?.edits[0]?.newText).toBe('IKEV2');
  });

  it('is the default, told at the name with its origin', () => {
    const [finding] = lint('add auth b -remote 10.2.2.2 -priority 10 -preshared file:b.key');
    expect(finding && pointedAt(finding)).toBe('b');
    expect(finding?.notes).toEqual(['-kmp is not written; its value is from shipped profile, AuthPolicy-Defaults kmp']);
    expect(finding?.fixes[0]?.edits[0]?.newText).toBe(' -kmp IKEV2');
  });

  it('is an error where a profile refuses it, and a warning where it advises against it', () => {
    const text = 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV1 -preshared file:b.key';
    const of = (...profiles: string[]) => lint(text, profiles).map(({ severity }) => severity);
    expect([of(), of('nist-800-77r1'), of('stig'), of('nist-800-77r1', 'bsi-tr-02102-3')]).toEqual([
      ['warning'],
      ['warning'],
      ['error'],
      ['error'],
    ]);
  });

  it('is told once for a system that has nothing else', () => {
    const text =
      '# ipsec-dialect: A.02\nadd auth a -remote 10.2.2.2 -preshared x\nadd auth b -remote 10.2.2.3 -preshared y';
    expect(summary(lint(text))).toEqual(['IK1001 a']);
  });
});

describe('AUTOCONF', () => {
  it('with Main Mode from the profile is told at the name, and mended there', () => {
    const findings = lint(
      'add auth pool -remote 10.8.0.0/16 -priority 10 -kmp IKEV1 -rtype FQDN -rid .c.example.com -flags AUTOCONF',
    );
    const found = findings.find(({ code }) => code === 'IK1003');
    expect(found && pointedAt(found)).toBe('pool');
    expect(found?.fixes[0]?.edits[0]?.newText).toBe(' -exchange AM');
  });

  it('without -rtype is only a warning, because no manual says what the product does', () => {
    const findings = lint('add auth pool -remote 10.8.0.0/16 -priority 10 -kmp IKEV2 -flags AUTOCONF');
    expect(findings.map(({ code, severity }) => `${code} ${severity}`)).toEqual(['IK1004 warning']);
  });

  it('peers may be protected by a policy that leaves the first word to them', () => {
    const text = (destination: string, more = '') =>
      `add host p -source 10.1.1.1${more} -destination ${destination} -protocol TCP -priority 10 -action ESP_AES128_GCM16\nadd auth pool -remote 10.8.0.0/16 -priority 10 -kmp IKEV2 -rtype FQDN -rid .c.example.com -flags AUTOCONF`;
    expect(summary(lint(text('10.8.0.0/16')))).toEqual([]);
    expect(summary(lint(text('10.8.0.0/16', '/32/443')))).toEqual([]);
    expect(summary(lint(text('10.8.0.0/16/22')))).toEqual(['IK1005 10.8.0.0/16/22']);
    // Another peer.
    expect(summary(lint(text('10.9.0.0/16/22')))).toEqual([]);
  });
});
