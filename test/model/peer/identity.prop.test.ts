import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Address, prefixRange, singleAddress } from '../../../src/model/address.js';
import { expectsIdentity, matchesIdentity, sentIdentity } from '../../../src/model/peer/identity.js';
import { identityIndex } from '../../../src/model/peer/identity-index.js';
import type { Identity, IdentityPattern, PadEntry } from '../../../src/model/system-config.js';

const origin = { kind: 'builtin', what: 'test' } as const;
const sourced = <T>(value: T) => ({ value, origin });

function entry(number: number, remote: PadEntry['remote'], remoteId?: IdentityPattern, localId?: Identity): PadEntry {
  return {
    source: { record: { kind: 'auth', name: String(number) } },
    remote,
    ikeVersions: sourced([2] as const),
    exchange: sourced('main' as const),
    localMethod: sourced('PSK' as const),
    remoteMethod: sourced('PSK' as const),
    ...(remoteId ? { remoteId: sourced(remoteId) } : {}),
    ...(localId ? { localId: sourced(localId) } : {}),
    respondOnly: false,
  };
}

const address = fc.integer({ min: 0, max: 7 }).map((value): Address => ({ family: 4, value: 0x0a000000 + value }));
const range = fc.tuple(address, fc.constantFrom(29, 30, 31, 32)).map(([base, length]) => prefixRange(base, length));
const label = fc.constantFrom('a', 'b', 'example');
const host = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => [...labels, 'com'].join('.'));
const attribute = fc
  .tuple(fc.constantFrom('CN', 'O', 'C'), fc.constantFrom('x', 'y', 'Z'))
  .map(([name, value]) => ({ name, value }));

const pattern: fc.Arbitrary<IdentityPattern> = fc.oneof(
  host.map((value) => ({ kind: 'exact' as const, type: 'FQDN' as const, value })),
  host.map((suffix) => ({ kind: 'subtree' as const, type: 'FQDN' as const, suffix })),
  host.map((suffix) => ({ kind: 'subtree' as const, type: 'USER-FQDN' as const, suffix })),
  host.map((domain) => ({ kind: 'exact' as const, type: 'USER-FQDN' as const, value: `me@${domain}` })),
  range.map((value) => ({ kind: 'addresses' as const, type: 'IPV4' as const, range: value })),
  fc
    .array(attribute, { minLength: 1, maxLength: 2 })
    .map((attributes) => ({ kind: 'dn' as const, type: 'X500-DN' as const, attributes })),
  fc.constantFrom('FQDN' as const, 'KEY-ID' as const).map((type) => ({ kind: 'any' as const, type })),
  fc.constantFrom('k1', 'k2').map((value) => ({ kind: 'exact' as const, type: 'KEY-ID' as const, value })),
);
const identity: fc.Arbitrary<Identity> = fc.oneof(
  host.map((value) => ({ type: 'FQDN' as const, value: value.toUpperCase() })),
  host.map((domain) => ({ type: 'USER-FQDN' as const, value: `me@${domain}` })),
  address.map(({ value }) => ({ type: 'IPV4' as const, value: `10.0.0.${Number(value) % 256}` })),
  fc.array(attribute, { minLength: 1, maxLength: 3 }).map((attributes) => ({
    type: 'X500-DN' as const,
    value: attributes.map(({ name, value }) => `${name} = ${value}`).join(', '),
  })),
  fc.constantFrom('k1', 'k3').map((value) => ({ type: 'KEY-ID' as const, value })),
);

describe('the identity index', () => {
  it('finds the first entry that expects the identity, however many there are', () => {
    const entries = fc
      .array(fc.tuple(range, fc.option(pattern, { nil: undefined })), { maxLength: 60 })
      .map((list) => list.map(([remote, remoteId], number) => entry(number, remote, remoteId)));
    fc.assert(
      fc.property(entries, identity, address, (list, sent, source) => {
        const found = identityIndex(list).find(sent, source);
        expect(found).toBe(list.find((each) => expectsIdentity(each, sent, source) === 'match'));
      }),
      { numRuns: 500 },
    );
  });
});

describe('identities', () => {
  const any = prefixRange({ family: 4, value: 0 }, 0);
  const peer: Address = { family: 4, value: 0x0a010101 };

  it('are the own address where none is written, and what is written otherwise', () => {
    expect(sentIdentity(entry(1, any), peer)).toEqual({ type: 'IPV4', value: '10.1.1.1' });
    expect(sentIdentity(entry(1, any, undefined, { type: 'IPV4' }), peer)).toEqual({ type: 'IPV4', value: '10.1.1.1' });
    expect(sentIdentity(entry(1, any, undefined, { type: 'FQDN', value: 'a.com' }), peer).value).toBe('a.com');
  });

  it('must be the source address of one of the peers where nothing is expected', () => {
    const sent: Identity = { type: 'IPV4', value: '10.1.1.1' };
    expect(expectsIdentity(entry(1, any), sent, peer)).toBe('match');
    expect(expectsIdentity(entry(1, any), sent, { family: 4, value: 0x0a010102 })).toBe('mismatch');
    expect(expectsIdentity(entry(1, singleAddress({ family: 4, value: 1 })), sent, peer)).toBe('mismatch');
    expect(expectsIdentity(entry(1, any), { type: 'FQDN', value: 'a.com' }, peer)).toBe('mismatch');
  });

  it('match by type, spelling and subtree', () => {
    const fqdn = (value: string): Identity => ({ type: 'FQDN', value });
    const subtree: IdentityPattern = { kind: 'subtree', type: 'FQDN', suffix: 'example.com' };
    expect(matchesIdentity(fqdn('A.b.Example.com'), subtree)).toBe('match');
    expect(matchesIdentity(fqdn('example.com'), subtree)).toBe('mismatch');
    expect(matchesIdentity(fqdn('badexample.com'), subtree)).toBe('mismatch');
    const mail: IdentityPattern = { kind: 'subtree', type: 'USER-FQDN', suffix: 'example.com' };
    expect(matchesIdentity({ type: 'USER-FQDN', value: 'me@example.com' }, mail)).toBe('match');
    expect(matchesIdentity({ type: 'USER-FQDN', value: 'me@sub.example.com' }, mail)).toBe('match');
    expect(matchesIdentity(fqdn('me.example.com'), mail)).toBe('mismatch');
    const v6: IdentityPattern = { kind: 'exact', type: 'IPV6', value: '2001:DB8:0::1' };
    expect(matchesIdentity({ type: 'IPV6', value: '2001:db8::1' }, v6)).toBe('match');
  });

  it('of certificates are not known, but their type is', () => {
    const dn: IdentityPattern = { kind: 'dn', type: 'X500-DN', attributes: [{ name: 'CN', value: 'a' }] };
    expect(matchesIdentity({ type: 'X500-DN' }, dn)).toBe('unknown');
    expect(matchesIdentity({ type: 'FQDN' }, dn)).toBe('mismatch');
    expect(matchesIdentity({ type: 'X500-DN', value: 'O=Example, cn=A' }, dn)).toBe('match');
  });
});
