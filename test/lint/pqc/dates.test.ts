import { describe, expect, it } from 'vitest';
import { lintTexts } from '../../support/lint.js';
import { strengthRules } from '../../support/strength.js';

const rules = strengthRules.filter((rule) => rule.code === 'PQC001');
const text = (group: string) =>
  `add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG\nadd ikev2 b -remote 10.2.2.2 -priority 10 -group ${group} -encryption AES256-GCM16 -prf HMAC-SHA2-384`;
const severities = (body: string, profiles: readonly string[], asOf: string) =>
  lintTexts([body], { rules, settings: { profiles, asOf } }).map(({ severity }) => severity);

describe('quantum safety', () => {
  it('is information until a profile asks for it', () => {
    expect(severities(text('20'), [], '2040-01-01')).toEqual(['info']);
  });

  it('becomes a warning and then an error by date', () => {
    expect(severities(text('20'), ['cnsa2'], '2025-12-31')).toEqual(['info']);
    expect(severities(text('20'), ['cnsa2'], '2026-01-01')).toEqual(['warning']);
    expect(severities(text('20'), ['cnsa2'], '2030-01-01')).toEqual(['error']);
  });

  it('is what the profile says it is', () => {
    expect(severities(text('20,36'), ['cnsa2'], '2030-01-01')).toEqual(['error']);
    expect(severities(text('20,37'), ['cnsa2'], '2030-01-01')).toEqual([]);
    expect(severities(text('20,36'), ['bsi-tr-02102-3'], '2032-01-01')).toEqual([]);
  });

  it('needs the method in every IKE policy that the peers can get', () => {
    const wide = text('20,37').replace('-remote 10.2.2.2 -priority 10 -kmp', '-remote 10.2.0.0/16 -priority 10 -kmp');
    expect(severities(wide, ['cnsa2'], '2030-01-01')).toEqual(['error']);
  });

  it('is told once for a system, but for each record where it is demanded', () => {
    const two = `${text('20')}\nadd auth c -remote 10.2.2.3 -priority 20 -kmp IKEV1 -preshared file:c.key`;
    expect(severities(two, [], '2026-11-01')).toEqual(['info']);
    expect(severities(two, ['cnsa2'], '2026-11-01')).toEqual(['warning', 'warning']);
  });
});
