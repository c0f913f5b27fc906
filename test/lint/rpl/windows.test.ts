import { describe, expect, it } from 'vitest';
import { lintTexts } from '../../support/lint.js';
import { strengthRules, summary } from '../../support/strength.js';

const rules = strengthRules.filter((rule) => rule.code.startsWith('RPL'));
const facts = { name: 'a', addresses: [], roles: ['host' as const], behindNat: false };
const keys =
  '-in AH/2500101/0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b -out AH/2500201/0x91a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5';
const codes = (window: number, more = '', target?: 'hpux' | 'linux-xfrm' | 'userspace', linkMbps?: number) =>
  lintTexts(
    [`add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window ${window} -action AH_SHA1 ${more}`],
    {
      rules,
      hosts: [{ ...facts, target, ...(linkMbps ? { linkMbps } : {}) }],
    },
  ).map(({ code, severity }) => `${code} ${severity}`);

describe('a window', () => {
  it('is judged by one rule for each fault', () => {
    expect(codes(0)).toEqual(['RPL001 error']);
    expect(codes(1)).toEqual(['RPL002 error']);
    expect(codes(31)).toEqual(['RPL002 error']);
    expect(codes(32)).toEqual([]);
    expect(codes(33)).toEqual(['RPL003 info']);
    expect(codes(64)).toEqual([]);
    expect(codes(64, '', 'linux-xfrm', 10_000)).toEqual(['RPL004 warning']);
    expect(codes(4096, '', 'linux-xfrm')).toEqual([]);
    expect(codes(64, '', 'hpux')).toEqual(['RPL005 warning']);
  });

  it('has other faults with manual keys', () => {
    expect(codes(0, keys)).toEqual(['RPL001 warning']);
    expect(codes(64, keys)).toEqual(['RPL006 warning']);
    expect(codes(64, keys, 'linux-xfrm', 10_000)).toEqual(['RPL006 warning']);
  });

  it('beyond the kernel’s is told beside the range of the language', () => {
    expect(codes(8192, '', 'linux-xfrm')).toEqual(['RPL005 warning']);
    expect(codes(8192, '', 'userspace')).toEqual([]);
  });

  it('is pointed at', () => {
    const text = 'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 16 -action AH_SHA1';
    expect(summary(lintTexts([text], { rules }))).toEqual(['RPL002 16']);
  });
});
