import { describe, expect, it } from 'vitest';
import { isGuardWhole } from '../../../../src/backends/userspace/host/guard.js';

const script = `table inet t
delete table inet t
table inet t {
  chain out {
    meta nfproto ipv4 drop
    accept
  }
  chain output {
    type filter hook output priority filter - 5; policy accept
    oifname { "lo", "tun0" } accept
    goto out
  }
}
`;

const listed = `table inet t {
\tchain out {
\t\tmeta nfproto ipv4 drop
\t\taccept
\t}

\tchain output {
\t\ttype filter hook output priority filter - 5; policy accept;
\t\toifname { "lo", "tun0" } accept
\t\tgoto out
\t}
}
`;

describe('isGuardWhole', () => {
  it('takes a listing with every rule, and further ones', () => {
    expect(isGuardWhole(listed, script)).toBe(true);
    expect(isGuardWhole(listed.replace('\t\taccept\n', '\t\taccept\n\t\taccept\n'), script)).toBe(true);
  });

  it.each([
    ['no table', undefined],
    ['an empty table', 'table inet t {\n}\n'],
    ['emptied chains', listed.replaceAll(/^\t\t(?!type).*\n/gm, '')],
    ['a rule less', listed.replace('\t\taccept\n', '')],
    ['a chain less', listed.replace('chain out {', 'chain other {')],
  ])('does not take %s', (_, text) => {
    expect(isGuardWhole(text, script)).toBe(false);
  });
});
