import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { pruneBaseline, showBaseline, writeBaseline } from '../../src/services/baseline.js';
import { fixFindings } from '../../src/services/fix.js';
import { type LintOptions, lint } from '../../src/services/lint.js';
import { folderWith } from '../support/folder.js';

const weak = 'add host old -source 10.1.1.1/32 -destination 10.2.2.2/32 -priority 10 -action ESP_3DES_HMAC_MD5\n';

async function codesOf(files: Readonly<Record<string, string>>, options: Partial<LintOptions> = {}): Promise<string[]> {
  const folder = folderWith(files);
  const { report } = await lint({
    paths: [folder],
    select: ['CRY002', 'CRY004', 'SYN', 'HYG'],
    asOf: '2026-11-01',
    ...options,
  });
  return report.findings.map((finding) => finding.code);
}

describe('selection', () => {
  it.each([
    [{ select: ['CRY'] }, ['CRY002', 'CRY004']],
    [{ select: ['3des'] }, ['CRY002']],
    [{ select: ['CRY'], ignore: ['CRY002'] }, ['CRY004']],
    [{ select: ['SYN'] }, []],
    [{ select: ['SYN'], extendSelect: ['md5'] }, ['CRY004']],
  ])('%j', async (options, expected) => {
    const codes = await codesOf({ 'a.conf': weak }, options);
    expect(codes.filter((code) => ['CRY002', 'CRY004'].includes(code))).toEqual(expected);
  });

  it('names the nearest rule for one that does not exist', async () => {
    await expect(codesOf({ 'a.conf': weak }, { select: ['shadwed'] })).rejects.toMatchObject({
      hints: expect.arrayContaining([expect.stringContaining('shadowed')]),
    });
  });

  it('takes selection, severities and ignored files from the configuration', async () => {
    const config =
      'lint:\n  select: [CRY002, CRY004]\n  severity: {CRY004: info}\n  perFile:\n    "legacy/**": [ALL]\n';
    const folder = folderWith({ 'ipsec.config.yaml': config, 'a.conf': weak, 'legacy/b.conf': weak });
    const { report } = await lint({ paths: [folder] });
    expect(report.findings.map((finding) => [finding.code, finding.severity])).toEqual([
      ['CRY002', 'warning'],
      ['CRY004', 'info'],
    ]);
  });

  it('fails by level, and by number of warnings', async () => {
    const folder = folderWith({ 'a.conf': weak });
    const failed = async (options: Partial<LintOptions>) =>
      (await lint({ paths: [folder], select: ['CRY002'], ...options })).report.failed;
    expect(await failed({})).toBe(false);
    expect(await failed({ failLevel: 'warning' })).toBe(true);
    expect(await failed({ maxWarnings: 0 })).toBe(true);
    expect(await failed({ maxWarnings: 1 })).toBe(false);
  });
});

describe('suppression comments', () => {
  it('hide findings of the next statement, by code or slug', async () => {
    expect(await codesOf({ 'a.conf': `# ipsec-disable-next-line CRY002, md5 -- replaced in spring\n${weak}` })).toEqual(
      [],
    );
  });

  it('hide findings of the whole file', async () => {
    expect(await codesOf({ 'a.conf': `${weak}# ipsec-disable CRY -- old host\n` })).toEqual([]);
  });

  it('do not hide other findings, nor those of later statements', async () => {
    const later = weak.replace('old', 'older').replace('10.2.2.2', '10.2.2.3').replace('-priority 10', '-priority 20');
    expect(await codesOf({ 'a.conf': `# ipsec-disable-next-line CRY002, CRY004 -- why\n${weak}${later}` })).toEqual([
      'CRY002',
      'CRY004',
    ]);
  });

  it('count no longer after their last day, and are reported then', async () => {
    const text = `# ipsec-disable-next-line CRY -- until=2020-01-01 is words\n${weak}`;
    expect(await codesOf({ 'a.conf': text })).toEqual([]);
    const expired = await codesOf({
      'a.conf': `# ipsec-disable-next-line CRY until=2026-10-31 -- was agreed\n${weak}`,
    });
    expect(expired).toContain('CRY002');
  });
});

describe('baseline', () => {
  it('takes off what is known, and follows the record rather than the line', async () => {
    const folder = folderWith({ 'a.conf': weak });
    const options = { paths: [folder], select: ['CRY002', 'CRY004'] };
    const named = path.join(folder, 'known.json');
    await writeBaseline(options, named, false);
    await expect(writeBaseline(options, named, false)).rejects.toThrow(/exists/);
    const count = async () => (await lint({ ...options, baseline: named })).report.findings.length;
    expect(await count()).toBe(0);
    writeFileSync(path.join(folder, 'a.conf'), `# a new line\n\n${weak.replace(' -priority', '   -priority')}`);
    expect(await count()).toBe(0);
    writeFileSync(path.join(folder, 'a.conf'), weak.replace('10.2.2.2', '10.2.2.9'));
    expect(await count()).toBe(2);
    expect((await pruneBaseline(options, named)).removed).toBe(2);
    expect((await showBaseline(options, named)).baseline.entries).toEqual([]);
  });

  it('holds no key', async () => {
    const folder = folderWith({ 'a.conf': 'add auth a -remote 10.0.0.0/8 -preshared Sesame-Open-99 -bogus\n' });
    const named = path.join(folder, 'known.json');
    await writeBaseline({ paths: [folder], select: ['ALL'] }, named, false);
    expect(readFileSync(named, 'utf8')).not.toContain('Sesame');
  });

  it.each(['{', '{"version":9,"entries":[]}', '{"version":1,"entries":[{"rule":3}]}', 'null'])(
    'refuses a file that holds %s',
    async (text) => {
      const folder = folderWith({ 'a.conf': weak, 'b.json': text });
      await expect(lint({ paths: [folder], baseline: path.join(folder, 'b.json') })).rejects.toThrow(/baseline/);
    },
  );
});

describe('fixes', () => {
  it('writes safe ones, and leaves every treatment as it was', async () => {
    const folder = folderWith({ 'a.conf': 'add host old -src 10.1.1.1/32 -dst 10.2.2.2/32 -prot tcp -act PASS\n' });
    const options = { paths: [folder], select: ['SYN014'] };
    const { files, outcome, fixed, refused } = await fixFindings(await lint(options), options, false);
    expect(fixed).toBe(1);
    expect(refused).toEqual([]);
    expect(outcome.report.findings).toEqual([]);
    expect(files[0]?.after.text).toBe(
      'add host old -source 10.1.1.1/32 -destination 10.2.2.2/32 -protocol tcp -action PASS\n',
    );
  });

  it('keeps unsafe ones back unless they are asked for', async () => {
    const folder = folderWith({ 'a.conf': 'add host old -sorce 10.1.1.1/32 -action PASS\n' });
    const options = { paths: [folder], select: ['SYN001'] };
    expect((await fixFindings(await lint(options), options, false)).fixed).toBe(0);
    const { files, fixed } = await fixFindings(await lint(options), options, true);
    expect(fixed).toBe(1);
    expect(files[0]?.after.text).toContain('-source 10.1.1.1/32');
  });
});
