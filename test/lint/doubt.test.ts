/** One slip is one finding: what follows from a value that could not be read is held back, and said to be. */
import { describe, expect, it } from 'vitest';
import { systemContext } from '../../src/lint/context.js';
import { doubtOf } from '../../src/lint/doubt.js';
import { rules } from '../../src/lint/registry.js';
import type { Finding } from '../../src/model/finding.js';
import { SourceText } from '../../src/model/span.js';
import { loadSystem } from '../../src/services/load-system.js';
import { lintTexts, testSettings } from '../support/lint.js';

const codes = (findings: readonly Finding[]) => findings.map(({ code }) => code).sort();
const serious = (text: string, ...more: string[]) =>
  lintTexts([text, ...more]).filter(({ severity }) => severity !== 'info');
const auth = 'add auth b -remote 10.2.0.0/16 -priority 10 -kmp IKEV2 -preshared file:b.key';

describe('a source that cannot be read', () => {
  // As its default it is every address, so that nothing behind it is ever reached.
  const text = `add host a -source 10.1.1.300/32 -destination 10.2.2.2/32 -priority 10 -action PASS
add host b -source 10.1.1.1/32 -destination 10.2.2.2/32 -priority 20 -action ESP_AES128_GCM16
${auth}`;

  it('shadows nothing', () => {
    const found = serious(text);
    expect(found.filter(({ code }) => /^(?:SHD|ACT|SEL|TUN)/.test(code))).toEqual([]);
    const [carrier] = found.filter(({ code }) => code.startsWith('SYN'));
    expect(carrier?.notes.at(-1)).toMatch(
      /^(?:one finding that rests|\d+ findings that rest) on this statement (?:is|are) held back until it can be read$/,
    );
  });

  it('shadows where it can be read', () => {
    expect(codes(serious(text.replace('10.1.1.300', '10.1.1.1')))).toContain('SHD001');
  });

  it('holds nothing back that does not rest on it', () => {
    const other = 'add host c -source 10.1.1.1/32 -destination 10.9.9.9/32 -priority 30 -action ESP_3DES_HMAC_MD5';
    const all = codes(serious(`${text}\n${other}`));
    expect(all).toEqual(expect.arrayContaining(['CRY002', 'CRY004', 'REF003']));
    // The faulty record's own values that could be read are judged as well.
    const own = text.replace('-action PASS', '-action ESP_3DES_HMAC_MD5');
    expect(codes(serious(own))).toEqual(expect.arrayContaining(['CRY002', 'CRY004']));
  });

  it('is said where the finding about it is not among the rules that run', () => {
    const run = rules.filter(({ code }) => code === 'SHD001');
    const [finding, ...more] = lintTexts([text], { rules: run });
    expect(more).toEqual([]);
    expect(finding?.notes.at(-1)).toBe('-source of the statement at line 1 of a.conf could not be read');
  });
});

describe('a value that falls back to its default', () => {
  it.each([
    // The shipped default of -action would be discard, that of -encryption 3DES, that of -kmp IKEV1.
    [
      '-action',
      'add host a -source 10.1.1.1/32 -destination 10.2.2.2/32 -priority 10 -action ESP_AES1288_GCM16',
      'ACT',
    ],
    [
      '-encryption',
      'add ikev2 p -remote 10.2.2.2/32 -priority 10 -group 19 -encryption AES256_GCM16 -prf HMAC-SHA2-256',
      'CRY',
    ],
    ['-kmp', 'add auth p -remote 10.2.2.2/32 -priority 10 -kmp IKE2 -exchange AM -preshared file:k', 'IK1'],
    [
      '-rid',
      'add auth p -remote 10.2.0.0/16 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -rtype IPV4 -rid 10.2',
      'AUT006',
    ],
  ])('is not blamed: %s', (_argument, text, family) => {
    expect(serious(text).filter(({ code }) => code.startsWith(family))).toEqual([]);
  });
});

describe('a record that is lost', () => {
  const host = 'add host a -source 10.1.1.1/32 -destination 10.2.2.2/32 -priority 10';

  it.each([
    [
      'a tunnel with a bad name',
      `${host} -tunnel t -action PASS\nadd tunnel t! -tsource 10.1.1.1 -tdestination 10.2.2.2 -source 10.1.1.1/32 -destination 10.2.2.2/32 -action ESP_AES128_GCM16\n${auth}`,
      'REF001',
    ],
    [
      'an auth record without a peer',
      `${host} -action ESP_AES128_GCM16\nadd auth b -remote 10.2.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key`,
      'REF003',
    ],
    ['a statement of an unknown kind', `${host} -action ESP_AES128_GCM16\nadd quux b -remote 10.2.2.2/32`, 'REF003'],
    ['a statement that is none', `${host} -action ESP_AES128_GCM16\n???`, 'REF003'],
  ])('is not missed: %s', (_what, text, code) => {
    expect(codes(serious(text))).not.toContain(code);
    expect(codes(serious(text)).some((found) => found.startsWith('SYN'))).toBe(true);
  });

  it('is missed where a record of another kind is lost', () => {
    expect(
      codes(
        serious(`${host} -action ESP_AES128_GCM16\nadd startup -autoboot MAYBE\nadd tunnel t! -source 10.1.1.1/32`),
      ),
    ).toContain('REF003');
  });

  it('is not missed on the other side', () => {
    const a = `add host b -source 10.1.1.1/32 -destination 10.2.2.2/32 -priority 10 -action ESP_AES128_GCM16\nadd auth b -remote 10.2.2.2/32 -priority 10 -kmp IKEV2 -preshared file:k`;
    const b = `add host a! -source 10.2.2.2/32 -destination 10.1.1.1/32 -priority 10 -action ESP_AES128_GCM16\nadd host c -source 10.2.2.2/32 -destination 10.3.3.3/32 -priority 20 -action PASS\nadd auth a -remote 10.1.1.1/32 -priority 10 -kmp IKEV2 -preshared file:k`;
    expect(codes(serious(a, b))).not.toContain('PEER009');
    expect(codes(serious(a, b.replace('add host a! ', '# ')))).toContain('PEER009');
  });
});

it('words that belong to nothing make a record doubtful', () => {
  const text = `add host a -source 10.1.1.1/32 - 10.2.2.2/32 -priority 10 -action PASS
add host b -source 10.1.1.1/32 -destination 10.2.2.2/32 -priority 20 -action ESP_AES128_GCM16
${auth}`;
  expect(codes(serious(text)).filter((code) => /^(?:SHD|ACT|SEL)/.test(code))).toEqual([]);
});

it('a value that counts although it is out of range makes nothing doubtful', () => {
  const text = `add host a -source 10.1.1.1/32 -destination 10.2.2.2/32 -priority 10 -action ESP_AES128_GCM16/60
add host b -source 10.1.1.1/32 -destination 10.2.2.2/32 -priority 20 -action PASS
${auth}`;
  expect(codes(serious(text))).toEqual(expect.arrayContaining(['SYN002', 'SHD001']));
});

it('very many statements that cannot be read are not gone through again for each finding', () => {
  const count = 400;
  const text = Array.from({ length: count }, (_, at) => `add host p${at} -sorce 10.1.1.1 -priority ${at + 1}\n`).join(
    '',
  );
  const { policies, config } = loadSystem({ name: 'a', sources: [new SourceText('a.conf', text)] });
  const doubt = doubtOf([systemContext({ name: 'a', policies, config, settings: testSettings })], []);
  let looks = 0;
  const absenceOf = new Proxy(['tunnel'], {
    get(kinds, key) {
      if (key === 'includes' || key === Symbol.iterator) looks += 1;
      return Reflect.get(kinds, key);
    },
  });
  const rule = { ...rules.find(({ code }) => code === 'REF001')!, absenceOf };
  for (const { nameAt } of policies.hosts) {
    doubt?.judge(rule, { ...rule, message: '', at: nameAt, related: [], notes: [], fixes: [], system: 'a' });
  }
  expect(looks).toBeGreaterThan(0);
  expect(looks).toBeLessThan(4 * count);
});
