import { describe, expect, it } from 'vitest';
import { lintTexts } from '../../support/lint.js';
import { lintWithDefaults, pointedAt, strengthRules, summary } from '../../support/strength.js';

const lint = (text: string, profiles: readonly string[] = []) =>
  lintTexts([text], { rules: strengthRules.filter((rule) => rule.code.startsWith('CRY')), settings: { profiles } });

const host = 'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action';

describe('findings about algorithms point at', () => {
  it('exactly one transform, once for each algorithm, without its lifetimes', () => {
    expect(summary(lint(`${host} ESP_AES128_HMAC_SHA2_256/3600,esp_3des_hmac_md5/28800/0`))).toEqual([
      'CRY002 esp_3des_hmac_md5',
      'CRY004 esp_3des_hmac_md5',
      // The whole element: it is to be left out with its lifetimes.
      'CRY019 esp_3des_hmac_md5/28800/0',
    ]);
  });

  it('the half of a nested pair that is meant', () => {
    const findings = lint(`# ipsec-dialect: A.02\n${host} AH_MD5+ESP_3DES/28800/0`);
    expect(summary(findings)).toEqual(['CRY002 ESP_3DES', 'CRY004 AH_MD5', 'CRY010 AH_MD5+ESP_3DES']);
  });

  it('exactly one word of a list of an IKE policy', () => {
    const findings = lint(
      'add ikev2 b -remote 10.2.2.2 -priority 10 -group 14,22,2 -hash HMAC-SHA2-256,HMAC-MD5 -encryption AES128-CBC -prf HMAC-SHA2-256 -pfs ON',
    );
    expect(summary(findings)).toEqual(['CRY004 HMAC-MD5', 'CRY011 2', 'CRY011 22', 'CRY019 22', 'CRY019 HMAC-MD5']);
    expect(findings.filter((finding) => pointedAt(finding) === '2')[0]?.at.start).toBe(
      findings[0]!.at.source.text.indexOf(',2 ') + 1,
    );
  });

  it('the word where a continuation line cuts through the list', () => {
    const findings = lint(
      'add ikev1 b -remote 10.2.2.2 -priority 10 -group 14 -hash SHA2-256 -pfs ON -encryption AES128-CBC,\\\n3DES',
    );
    expect(summary(findings)).toEqual(['CRY002 3DES', 'CRY019 3DES']);
  });

  it('the whole transform where a continuation line cuts through its name, and offer no fix there', () => {
    const findings = lint(`${host} ESP_3DES_\\\nHMAC_SHA2_256`).filter((finding) => finding.code === 'CRY002');
    expect(findings.map(pointedAt)).toEqual(['ESP_3DES_\\\nHMAC_SHA2_256']);
    expect(findings[0]?.fixes).toEqual([]);
  });

  it('a list in quotes of a shell', () => {
    const findings = lint(
      `ipsec_config ${host.replace('-action', '')} -action "ESP_AES128_HMAC_SHA2_256,ESP_3DES_HMAC_SHA2_256"`,
    );
    expect(summary(findings)).toEqual(['CRY002 ESP_3DES_HMAC_SHA2_256', 'CRY019 ESP_3DES_HMAC_SHA2_256']);
  });

  it('the record’s name where the shipped profile gives the value, and say so', () => {
    const findings = lint('add ikev1 gw -remote 10.2.2.2 -priority 10 -group 14 -pfs ON');
    expect(summary(findings)).toEqual(['CRY002 gw', 'CRY004 gw']);
    expect(findings[0]?.notes).toContainEqual(
      expect.stringMatching(
        /^-(?:hash|encryption) is not written; its value is from shipped profile, IKEV1Policy-Defaults /,
      ),
    );
    expect(findings[0]?.fixes[0]?.edits[0]).toMatchObject({
      newText: expect.stringMatching(/^ -(?:hash|encryption) \S+$/),
    });
  });

  it('the record’s name where a profile file gives the value, and name the file', () => {
    const findings = lintWithDefaults(
      'add tunnel hq -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.0/16',
      'BEGIN TunnelPolicy-Defaults\naction ESP_AES128_HMAC_SHA2_256/3600,ESP_3DES_HMAC_SHA2_256/3600\nEND TunnelPolicy-Defaults\n',
    );
    const found = findings.find((finding) => finding.code === 'CRY002');
    expect(found && pointedAt(found)).toBe('hq');
    expect(found?.notes).toContain(
      '-action is not written; its value is from site.profile, TunnelPolicy-Defaults action',
    );
    expect(findings.find((finding) => finding.code === 'CRY019')?.fixes).toEqual([]);
  });

  it('nothing of the policies that nobody changed, but the record that gets them', () => {
    const findings = lint('add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key');
    expect(summary(findings)).toEqual(['CRY022 b']);
    expect(findings[0]?.message).toContain('3DES, HMAC-SHA1, group 2, no PFS');
  });

  it('a preloaded policy that somebody changed', () => {
    const findings = lint(
      'add ikev2 default -group 2 -hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256 -pfs ON',
    );
    expect(summary(findings)).toEqual(['CRY011 2']);
    expect(findings[0]?.record).toEqual({ kind: 'ikev2', name: 'default' });
  });
});

describe('fixes of lists that nobody wrote', () => {
  it('write the list out and keep its lifetimes', () => {
    const findings = lintWithDefaults(
      'add tunnel hq -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.0/16',
      'BEGIN TunnelPolicy-Defaults\naction ESP_3DES_HMAC_SHA2_256/3600/10240,ESP_AES128_HMAC_SHA2_256/3600\nEND TunnelPolicy-Defaults\n',
    );
    const fix = findings.find((finding) => finding.code === 'CRY002')?.fixes[0];
    expect(fix?.edits[0]?.newText).toBe(' -action ESP_AES256_HMAC_SHA2_256/3600/10240,ESP_AES128_HMAC_SHA2_256/3600');
  });
});

describe('alternatives', () => {
  it('are told as such, with the one before them', () => {
    const [finding] = lint(`${host} ESP_AES128_HMAC_SHA2_256,ESP_3DES_HMAC_SHA2_256`);
    expect(finding?.message).toBe("host 'a' offers 3DES-CBC as an alternative (ESP_3DES_HMAC_SHA2_256)");
    expect(finding?.notes).toContain('alternative 2 of 2, behind ESP_AES128_HMAC_SHA2_256: the peer may choose it');
  });

  it('behind a sound one are struck out by one fix, not replaced by several', () => {
    const findings = lint(
      `${host} ESP_AES128_HMAC_SHA2_256,ESP_3DES_HMAC_SHA2_256,ESP_AES128_HMAC_MD5,ESP_AES256_HMAC_SHA2_256`,
    );
    expect(findings.flatMap((finding) => finding.fixes.map((fix) => `${finding.code} ${fix.title}`))).toEqual([
      'CRY019 leave ESP_3DES_HMAC_SHA2_256, ESP_AES128_HMAC_MD5 out',
    ]);
    expect(findings.find((finding) => finding.code === 'CRY019')?.fixes[0]?.edits[0]?.newText).toBe(
      'ESP_AES128_HMAC_SHA2_256,ESP_AES256_HMAC_SHA2_256',
    );
  });

  it('without encryption behind one with it are no intention', () => {
    const findings = lint(`${host} ESP_AES128_HMAC_SHA2_256,ESP_NULL_HMAC_SHA2_256`);
    expect(summary(findings)).toEqual(['CRY019 ESP_NULL_HMAC_SHA2_256']);
    expect(findings[0]?.notes).toContain('an alternative without encryption lets the peer turn it off');
  });
});

describe('profiles', () => {
  it('make a weakness an error where they forbid it, and are cited', () => {
    const text = `${host} ESP_AES256_HMAC_SHA1`;
    expect(lint(text).map(({ severity }) => severity)).toEqual(['warning']);
    const [finding] = lint(text, ['cnsa1']);
    expect(finding?.severity).toBe('error');
    expect(finding?.notes).toContainEqual(
      expect.stringMatching(/^not approved by CNSA 1\.0 \(RFC 9206\), February 2022/),
    );
  });

  it('decide what a fix proposes', () => {
    const text =
      'add ikev2 b -remote 10.2.2.2 -priority 10 -group 2 -hash HMAC-SHA1 -encryption AES256-CBC -prf HMAC-SHA2-384 -pfs ON';
    const titles = (profiles: readonly string[]) =>
      lint(text, profiles)
        .flatMap(({ fixes }) => fixes.map(({ title }) => title))
        .sort();
    expect(titles([])).toEqual(['write HMAC-SHA2-256', 'write group 19']);
    expect(titles(['cnsa1'])).toEqual(['write HMAC-SHA2-384', 'write group 20']);
  });

  it('get from a fix what the dialect has', () => {
    const text = (dialect: string) => `# ipsec-dialect: ${dialect}\n${host} ESP_3DES_HMAC_SHA1`;
    const title = (dialect: string) => lint(text(dialect)).find(({ code }) => code === 'CRY002')?.fixes[0]?.title;
    expect(title('A.03.00')).toBe('write ESP_AES128_HMAC_SHA1');
    expect(title('A.03.02')).toBe('write ESP_AES256_HMAC_SHA1');
    const sha1 = lint(text('A.03.00')).find(({ code }) => code === 'CRY005');
    expect(sha1?.fixes).toEqual([]);
    expect(sha1?.help).toMatch(/^the dialect has no stronger hash/);
  });
});
