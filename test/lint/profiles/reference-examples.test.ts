/** The example configurations of the reference, by what these rules must and must not say of them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../../src/model/language/dialect.js';
import { lintTexts } from '../../support/lint.js';
import { sharedMissing, sharedPath } from '../../support/shared.js';
import { pointedAt, strengthRules } from '../../support/strength.js';

const folder = sharedPath('reference', 'hpux-examples');

/** `record CODE characters` of every finding, but for those that every example has for its key or its default policy. */
function found(name: string, dialect: Dialect, rules = strengthRules): string[] {
  const text = readFileSync(`${folder}/${name}.conf`, 'utf8');
  return lintTexts([text], { rules, dialect })
    .filter(({ code }) => !/^(?:AUT00[12]|PQC001|CRY022)$/.test(code))
    .map((finding) => `${finding.record?.name} ${finding.code} ${pointedAt(finding)}`);
}

describe.skipIf(!folder)(`reference examples (${folder ? 'present' : sharedMissing})`, () => {
  it('18 is weak in every way of its time', () => {
    expect(found('18-legacy-a02', 'A.02').sort()).toEqual([
      'des_old CRY001 ESP_DES_HMAC_SHA1',
      'des_old CRY002 ESP_3DES',
      'des_old CRY005 ESP_DES_HMAC_SHA1',
      'des_old CRY007 ESP_3DES',
      'des_old LIF006 ESP_3DES',
      'nested_old CRY002 ESP_3DES',
      'nested_old CRY004 AH_MD5',
      'nested_old CRY010 AH_MD5+ESP_3DES',
      'nested_old IK1001 nested_old',
      'nested_old LIF006 0',
      'peer_old CRY002 3DES',
      'peer_old CRY004 MD5',
      'peer_old CRY011 2',
      'peer_old CRY014 100',
    ]);
  });

  it('13 shares a key, and lists versions as if they were a fallback', () => {
    expect(found('13-gradual-rollout-fallback', 'A.03.00').filter((line) => !line.includes(' CRY'))).toEqual([
      'rollout AUT004 10.5.0.0/16',
      'payroll IK1001 payroll',
      'rollout IK1001 IKEV1',
      'rollout IK1007 IKEV2,IKEV1',
    ]);
  });

  it('11 does with AUTOCONF what the product asks for', () => {
    const lines = found('11-autoconf-clients', 'A.03.00');
    expect(lines.filter((line) => / (?:IK100[2-8]|AUT)/.test(line))).toEqual([]);
    expect(lines).toContain('pool_auth IK1001 IKEV1');
  });

  it('90 has the faults that its comments name', () => {
    const lines = found('90-lint-pitfalls', 'extended');
    expect(lines).toContain('auto_mm IK1003 MM');
    expect(lines).toContain('auto_mm IK1004 IPV4');
    expect(lines).toContain('wide AUT004 10.9.0.0/16');
    expect(lines).toContain('mk CRY015 ESP/500/0x11/0x22');
  });

  it('04 leaves a good first transform and two that are to be struck out', () => {
    expect(found('04-subnet-pass-and-discard', 'A.03.00').filter((line) => line.startsWith('rest_of_site'))).toEqual([
      'rest_of_site CRY002 ESP_3DES_HMAC_SHA1',
      'rest_of_site CRY004 ESP_AES128_HMAC_MD5',
      'rest_of_site CRY005 ESP_AES128_HMAC_SHA1',
      'rest_of_site CRY005 ESP_3DES_HMAC_SHA1',
      'rest_of_site CRY019 ESP_AES128_HMAC_MD5',
    ]);
  });

  it('15 protects packets better than the negotiation about them', () => {
    expect(found('15-linux-interop-ikev2-sha2', 'A.03.02')).toContain('linux2_ike CRY013 AES128-CBC');
  });

  it.each(['03-locked-down-server', '09a-ikev2-certificates', '20-cluster-heartbeat-pass', '17-maintenance-batch'])(
    '%s has nothing to do with lifetimes, replay, targets or approval',
    (name) => {
      expect(found(name, 'A.03.02').filter((line) => / (?:LIF|RPL|OPS|PRO)/.test(line))).toEqual([]);
    },
  );
});
