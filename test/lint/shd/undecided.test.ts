/** Questions that cost more than they may are said to be undecided, and lists that hurt come to an end. */
import { describe, expect, it } from 'vitest';
import { rules } from '../../../src/lint/registry.js';
import { lintTexts } from '../../support/lint.js';
import { adversarialRecords, randomRecords } from '../../support/random-records.js';

const own = rules.filter((rule) => /^(?:PRI|SHD|ACT|SEL)/.test(rule.code) && rule.scope === 'system');
const only = (code: string) => own.filter((rule) => rule.code === code);

/** A net whose ports are covered slice by slice on both sides, all but one corner or none. */
function sliced(closed: boolean): string {
  const slices = 100;
  const port = (slice: number) => Math.floor((65_000 * slice) / slices);
  const lines = Array.from({ length: slices }, (_, slice) => `${port(slice) + 1}-${port(slice + 1)}`).flatMap(
    (ports, at) => [
      `add host local-${at} -source 10.1.1.1/32/${ports} -destination 10.2.0.0/16 -protocol TCP -priority ${10 * at + 1} -action PASS`,
      `add host remote-${at} -source 10.1.1.1/32 -destination 10.2.0.0/16/${ports} -protocol TCP -priority ${10 * at + 2} -action PASS`,
    ],
  );
  const corner =
    'add host corner -source 10.1.1.1/32/65001-65535 -destination 10.2.0.0/16/65001-65535 -protocol TCP -priority 9001 -action PASS\nadd host zero -source 10.1.1.1 -destination 10.2.0.0/16 -protocol UDP -priority 9002 -action PASS';
  const whole =
    'add host whole -source 10.1.1.1/32/1-65535 -destination 10.2.0.0/16/1-65535 -protocol TCP -priority 9009 -action DISCARD';
  return [...lines, ...(closed ? [corner] : []), whole].join('\n');
}

describe('SHD002', () => {
  const wholeOf = (text: string, budget: number, code: string) =>
    lintTexts([text], { rules: only(code), settings: { budget } }).filter(({ record }) => record?.name === 'whole');

  it('is exact while its budget lasts', () => {
    expect(wholeOf(sliced(true), 200_000, 'SHD002')).toHaveLength(1);
    expect(wholeOf(sliced(false), 200_000, 'SHD002')).toEqual([]);
    expect(wholeOf(sliced(false), 200_000, 'SHD001')).toEqual([]);
  });

  it('does not guess when the budget is spent', () => {
    const [finding, ...others] = wholeOf(sliced(true), 1, 'SHD001');
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ severity: 'info', message: expect.stringContaining('not decided') });
    for (const closed of [true, false]) expect(wholeOf(sliced(closed), 1, 'SHD002')).toEqual([]);
  });
});

describe('generated repositories', () => {
  it('are linted without a question left open where they are realistic', () => {
    const findings = lintTexts([randomRecords({ hosts: 1_500 })], { rules: own });
    expect(findings.filter(({ message }) => message.includes('not decided'))).toEqual([]);
    for (const code of ['SHD001', 'SHD003', 'SHD004', 'SHD005', 'SHD008', 'ACT002', 'PRI002', 'SEL001'])
      expect(
        findings.some((finding) => finding.code === code),
        code,
      ).toBe(true);
  });

  it('come to an end where all policies overlap', () => {
    const findings = lintTexts([adversarialRecords({ hosts: 300 })], { rules: own, settings: { budget: 1_000 } });
    expect(findings.some(({ message }) => message.includes('not decided'))).toBe(true);
  });
});
