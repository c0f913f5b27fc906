import { describe, expect, it } from 'vitest';
import { lintTexts } from '../../support/lint.js';
import { pointedAt, strengthRules } from '../../support/strength.js';

const rules = strengthRules.filter((rule) => rule.code.startsWith('AUT'));
const key = 'kX9vQ2mTzR7bLwY4sHfJ8cPe';
const lint = (texts: readonly string[], settings = {}) => lintTexts(texts, { rules, settings });
const codes = (texts: readonly string[], settings = {}) =>
  lint(texts, settings)
    .map(({ code }) => code)
    .sort();

describe('keys in files', () => {
  const text = `add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared ${key}`;

  it('are errors in a repository, and nobody’s business outside of one', () => {
    expect(codes([text])).toEqual(['AUT001']);
    expect(codes([text], { repository: false })).toEqual([]);
  });

  it('cannot be references in the product’s own dialects', () => {
    expect(lint([text])[0]?.help).toContain('file:PATH');
    expect(lint([`# ipsec-dialect: A.03.02\n${text}`])[0]?.help).toContain('A.03.02 has no references');
  });

  it('include the postquantum one', () => {
    expect(
      codes([
        `add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key -ppk 0x${'8f3a11c04be2975d'.repeat(4)} -ppk_id b`,
      ]),
    ).toContain('AUT001');
  });
});

describe('weak keys', () => {
  const weak = (value: string, profiles: readonly string[] = []) =>
    lint([`add auth b -remote 10.2.2.2 -priority 10 -preshared ${value}`], { repository: false, profiles });

  it('are errors where a search is affordable, warnings below 112 bits', () => {
    expect(weak('Winter2024!').map(({ severity }) => severity)).toEqual(['error']);
    expect(weak('Sand7-Plover_99x').map(({ severity }) => severity)).toEqual(['warning']);
    expect(weak(key)).toEqual([]);
  });

  it('are errors below what a profile demands, with its citation', () => {
    const [finding] = weak('Sand7-Plover_99x', ['nist-800-77r1']);
    expect(finding?.severity).toBe('error');
    expect(finding?.notes).toContainEqual(
      expect.stringMatching(/^112 bits are demanded by NIST SP 800-77r1, June 2020, §3\.3\.4 \[not compared/),
    );
  });

  it('that are the peer’s address are worth almost nothing', () => {
    expect(weak('10.2.2.2')[0]?.message).toBe("the preshared key of auth 'b' is worth fewer than 8 bits");
  });

  it('are pointed at, and hidden there', () => {
    const [finding] = weak('Winter2024!');
    expect(pointedAt(finding!)).toBe('Winter2024!');
    const { source, start, end } = finding!.at;
    expect(source.masked(start, end)).toBe('[secret]');
  });
});

describe('keys that serve several pairs', () => {
  const system = (own: string, peers: Readonly<Record<string, string>>) =>
    Object.entries(peers)
      .flatMap(([peer, secret], index) => [
        `add host h${index} -source ${own} -destination ${peer} -priority ${index + 1} -action ESP_AES128_GCM16`,
        `add auth a${index} -remote ${peer} -priority ${index + 1} -kmp IKEV2 -preshared ${secret}`,
      ])
      .join('\n');
  const other = 'Zp4nV8xGqT2hJ6rLwK0sBmDy';

  it('are not the two ends of one pair', () => {
    expect(
      codes([system('10.1.1.1', { '10.2.2.2': key }), system('10.2.2.2', { '10.1.1.1': key })], { repository: false }),
    ).toEqual([]);
  });

  it('are the ends of a triangle, told once', () => {
    const findings = lint(
      [
        system('10.1.1.1', { '10.2.2.2': key, '10.3.3.3': other }),
        system('10.2.2.2', { '10.1.1.1': key, '10.3.3.3': key }),
        system('10.3.3.3', { '10.1.1.1': other, '10.2.2.2': key }),
      ],
      { repository: false },
    );
    expect(findings.map(({ code, message }) => `${code} ${message}`)).toEqual([
      "AUT003 the preshared key of auth 'a0' is also that of 3 other records, in 3 systems",
    ]);
    expect(findings[0]?.related).toHaveLength(3);
  });

  it('are told in one finding however many there are', () => {
    const peers = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`10.2.2.${index + 1}`, key]));
    const [finding, ...more] = lint([system('10.1.1.1', peers)], { repository: false });
    expect(more).toEqual([]);
    expect(finding?.message).toBe("the preshared key of auth 'a0' is also that of 49 other records");
    expect(finding?.related).toHaveLength(8);
    expect(finding?.notes).toEqual(['and 41 more places']);
  });

  it('may be written as text here and as digits there', () => {
    const digits = `0x${Buffer.from(key).toString('hex')}`;
    expect(codes([system('10.1.1.1', { '10.2.2.2': key, '10.3.3.3': digits })], { repository: false })).toContain(
      'AUT003',
    );
  });
});
