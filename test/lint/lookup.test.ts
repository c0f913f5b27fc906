import { describe, expect, it } from 'vitest';
import { authLookup, findAuth, findIkePolicy, matchesOf } from '../../src/lint/lookup.js';
import { formatRange, parseAddress } from '../../src/model/address.js';
import { SourceText } from '../../src/model/span.js';
import { loadSystem } from '../../src/services/load-system.js';

const policiesOf = (text: string) => loadSystem({ name: 'a', sources: [new SourceText('a.conf', text)] }).policies;
const address = (text: string) => parseAddress(text)!;

const text = `
add auth site -remote 10.0.0.0/8 -priority 20 -preshared not-A-real-one
add auth db -remote 10.7.7.7/32 -priority 10 -preshared not-A-real-one
add auth six -remote 2001:db8::/32 -priority 30 -preshared not-A-real-one
add ikev1 old -remote 10.7.0.0/16
add ikev2 site -remote 10.0.0.0/8
`;

describe('look-ups by address', () => {
  it('takes the first authentication record in priority order', () => {
    const policies = policiesOf(text);
    expect(findAuth(policies, address('10.7.7.7'))?.name).toBe('db');
    expect(findAuth(policies, address('10.7.7.8'))?.name).toBe('site');
    expect(findAuth(policies, address('2001:db8::9'))?.name).toBe('six');
    expect(findAuth(policies, address('192.0.2.1'))).toBeUndefined();
    const parts = [...matchesOf(authLookup(policies), { family: 4, first: 0x0a070707, last: 0x0b000000 })];
    expect(parts.map((part) => [formatRange(part.range), part.record?.name])).toEqual([
      ['10.7.7.7', 'db'],
      ['10.7.7.8-10.255.255.255', 'site'],
      ['11.0.0.0', undefined],
    ]);
  });

  it('takes the longest prefix in A.02, whatever the order', () => {
    const policies = policiesOf(`# ipsec-dialect: A.02
add auth site -remote 10.0.0.0/8 -preshared not-A-real-one
add auth lab -remote 10.7.0.0/16 -preshared not-A-real-one
`);
    expect(findAuth(policies, address('10.7.7.8'))?.name).toBe('lab');
    expect(findAuth(policies, address('10.8.7.8'))?.name).toBe('site');
    expect(findIkePolicy(policies, 1, address('10.7.7.8'))).toBeUndefined();
  });

  it('falls back to the preloaded IKE policy of the version, for both families', () => {
    const policies = policiesOf(text);
    expect(findIkePolicy(policies, 1, address('10.7.1.1'))?.name).toBe('old');
    expect(findIkePolicy(policies, 1, address('10.8.1.1'))).toMatchObject({ kind: 'ikev1', name: 'default' });
    expect(findIkePolicy(policies, 2, address('10.8.1.1'))?.name).toBe('site');
    expect(findIkePolicy(policies, 2, address('2001:db8::1'))).toMatchObject({ kind: 'ikev2', name: 'default' });
  });
});
