import { describe, expect, it } from 'vitest';
import type { HostFacts } from '../../../src/lint/context.js';
import { targetsOf } from '../../../src/lint/targets.js';
import { lintTexts, testSettings } from '../../support/lint.js';
import { strengthRules, summary } from '../../support/strength.js';

const facts: HostFacts = { name: 'a', addresses: [], roles: ['host'], behindNat: false, target: 'hpux' };
const rules = strengthRules.filter((rule) => rule.code === 'OPS004' || rule.code === 'RPL005');
const lint = (text: string, host?: Partial<HostFacts>, profiles: readonly string[] = []) =>
  lintTexts([text], { rules, settings: { profiles }, ...(host ? { hosts: [{ ...facts, ...host }] } : {}) });

describe('targets', () => {
  it('are named by the inventory and by profiles, each once', () => {
    const settings = { ...testSettings, profiles: ['hpux', 'linux-xfrm'] };
    expect(targetsOf({ host: facts, settings }).map(({ target, why }) => [target, why])).toEqual([
      ['hpux', 'the inventory says that a is a target of kind hpux'],
      ['linux-xfrm', expect.stringContaining('profile linux-xfrm')],
    ]);
    expect(targetsOf({ settings: testSettings })).toEqual([]);
  });
});

describe('what a target lacks', () => {
  const text =
    'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -pfs_group 19 -action ESP_AES128_HMAC_SHA1,ESP_AES256_GCM16\nadd ikev2 b -remote 10.2.2.2 -priority 10 -group 14,31 -hash HMAC-SHA1,AES128-CMAC -encryption AES128-CBC,CHACHA20-POLY1305 -prf HMAC-SHA1,AES128-CMAC';

  it('is each word that HP-UX never had', () => {
    expect(summary(lint(text, {}))).toEqual([
      'OPS004 19',
      'OPS004 31',
      'OPS004 AES128-CMAC',
      'OPS004 AES128-CMAC',
      'OPS004 CHACHA20-POLY1305',
      'OPS004 ESP_AES256_GCM16',
    ]);
  });

  it('is not asked twice of a file in the target’s own dialect', () => {
    expect(summary(lint(`# ipsec-dialect: A.03.02\n${text}`, {}))).toEqual([]);
  });

  it('is what the kernel was found not to have, and nothing where nobody looked', () => {
    expect(lint(text, { target: 'linux-xfrm' })).toEqual([]);
    const found = lint(text, { target: 'linux-xfrm', kernelAlgorithms: ['cbc(aes)', 'hmac(sha1)'] });
    expect(found.map(({ message }) => message)).toEqual([
      "host 'b' names ESP_AES256_GCM16, and the kernel has no rfc4106(gcm(aes))",
    ]);
  });

  it('never is null encryption, which needs no module that could be missing', () => {
    expect(
      lint('add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_NULL_HMAC_SHA1', {
        target: 'linux-xfrm',
        kernelAlgorithms: ['hmac(sha1)'],
      }),
    ).toEqual([]);
  });
});
