/** hpux-ipsec reference 12: what was decided where the sources are silent. Those that concern reading and resolving. */
import { describe, expect, it } from 'vitest';
import { icmpv6AlwaysPassed } from '../../src/model/compile/selectors.js';
import { lintTexts } from '../support/lint.js';
import { read, readRecord, statementsOf } from '../support/read.js';

const a0302 = { dialect: 'A.03.02' } as const;

describe('decisions', () => {
  it('decision 1: a beginning of three characters stands for an argument, with a note; strict mode wants full names', () => {
    const { policies, problems } = read('add auth a -rem 10.0.0.1 -loc PSK -remote_m PSK -pre Key', a0302);
    expect(policies.auths[0]?.localMethod.value).toBe('PSK');
    expect(problems.map(({ code, message }) => [code, message])).toEqual([
      ['SYN014', 'abbreviated or unusual spelling: -rem, -loc, -remote_m, -pre'],
    ]);
    expect(lintTexts(['add host h -act PASS']).find(({ code }) => code === 'SYN014')?.severity).toBe('info');
    expect(read('add host h -act PASS -prio 5', { strict: true }).codes).toEqual(['SYN014', 'SYN001']);
    expect(read('add host h -ac PASS').codes).toEqual(['SYN001']);
    expect(read('add host h -src_ 1 -action PASS').said[0]).toBe('1:12 SYN001 -src_ is ambiguous');
  });

  it('decision 2: words in any case, names as they are', () => {
    expect(read('Add HOST a -Action Pass').policies.hosts[0]).toMatchObject({
      name: 'a',
      action: { value: { kind: 'PASS' } },
    });
    expect(read('add host A -action PASS\nadd host a -action PASS').codes).toEqual([]);
  });

  it('decision 3: a line break that is not escaped ends the operation', () => {
    expect(statementsOf('add host a\nadd host b')).toHaveLength(2);
    expect(read('add host a\n-action PASS').said).toEqual([
      '1:11 SYN018 the next line begins with an argument, but this one does not end with a backslash',
    ]);
  });

  it('decision 4: backslash and line break are removed, and white space behind them separates', () => {
    expect(readRecord('host', 'add host a\\\nb -action\\\n PASS').name).toBe('ab');
  });

  it('decision 5: # begins a comment at the start of a line, also behind blanks, and nowhere else', () => {
    expect(statementsOf('  # comment\n#comment')).toEqual([]);
    const auth = readRecord('auth', 'add auth a -remote 10.0.0.1 -preshared #Key');
    expect(auth.preshared?.value.reference.kind).toBe('literal');
  });

  it('decision 6: quotes group after -rid, -lid and -subject, and are kept and reported after -preshared', () => {
    expect(read('add auth a -remote 10.0.0.1 -rtype KEY-ID -rid "a b"').codes).toEqual([]);
    expect(lintTexts(['add auth a -remote 10.0.0.1 -preshared "Key"']).map(({ code }) => code)).toContain('SYN009');
  });

  it('decision 7: startup in a batch is accepted with a note', () => {
    const { problems, policies } = read('add startup -autoboot ON');
    expect(problems.map(({ code, severity }) => [code, severity])).toEqual([['SYN023', 'info']]);
    expect(policies.startup?.autoboot?.value).toBe(true);
  });

  it.each(['cacert -file x', 'crl -file x', 'csr -subject CN=a', 'mycert -file x'])(
    'decision 8: add %s is refused in a batch',
    (what) => {
      expect(read(`add ${what}`).problems).toMatchObject([{ code: 'SYN023' }]);
    },
  );

  it('decision 9: an empty prefix length is the default one, with a warning', () => {
    const { problems, policies } = read('add host h -source 10.1.1.1//23 -protocol TCP -action PASS');
    expect(policies.hosts[0]?.sources[0]?.value).toMatchObject({ prefixLength: 32, port: { lo: 23, hi: 23 } });
    expect(problems).toMatchObject([{ code: 'SYN028', fixes: [{ safety: 'safe', edits: [{ newText: '/32/' }] }] }]);
  });

  it('decision 10: a range takes no prefix length, and a port behind an empty one', () => {
    expect(read('add host h -source 10.1.1.1-10.1.1.3/32 -action PASS').codes).toEqual(['SYN019']);
    const { codes, policies } = read('add host h -source 10.1.1.1-10.1.1.3//80 -protocol TCP -action PASS');
    expect(codes).toEqual(['SYN028']);
    expect(policies.hosts[0]?.sources[0]?.value).toMatchObject({ port: { lo: 80, hi: 80 } });
  });

  it('decision 11: a port range is low-high', () => {
    expect(readRecord('host', 'add host h -source 10.1.1.1/32/80-90 -protocol TCP').sources[0]?.value.port).toEqual({
      lo: 80,
      hi: 90,
    });
    expect(read('add host h -source 10.1.1.1/32/90-80 -protocol TCP').codes).toEqual(['SYN007']);
    expect(read('add host h -source 10.1.1.1/32/80-90 -protocol TCP', { dialect: 'A.02' }).codes).toEqual(['SYN022']);
  });

  it('decision 12: a tunnel may have ports', () => {
    expect(read('add tunnel t -source 10.1.1.1/32/80 -protocol TCP', a0302).codes).toEqual([]);
  });

  it('decision 13: up to 20 sources and 20 destinations', () => {
    const sources = (count: number) =>
      Array.from({ length: count }, (_, index) => `-source 10.0.0.${index + 1}`).join(' ');
    expect(read(`add host h ${sources(20)}`, a0302).codes).toEqual([]);
    expect(read(`add host h ${sources(21)}`, a0302).said).toEqual([
      expect.stringContaining('SYN021 -source is given more than 20 times'),
    ]);
    expect(read('add host h -source 10.0.0.1 -source 10.0.0.2', { dialect: 'A.02' }).codes).toEqual(['SYN021']);
  });

  it('decision 14: values of IKE by dialect', () => {
    expect(read('add ikev1 i -group 14 -encryption AES256-CBC -hash SHA2-256', a0302).codes).toEqual([]);
    expect(read('add ikev1 i -group 14 -encryption AES256-CBC -hash SHA2-256', { dialect: 'A.03.00' }).codes).toEqual([
      'SYN022',
      'SYN022',
      'SYN022',
    ]);
    expect(read('add ikev2 i -group 31', a0302).codes).toEqual(['SYN022']);
    expect(read('add ikev2 i -group 31').codes).toEqual([]);
  });

  it('decision 15: IKE lifetimes are 600 to 4294967294, and not 0', () => {
    for (const [life, codes] of [
      ['600', []],
      ['4294967294', []],
      ['599', ['SYN002']],
      ['0', ['SYN002']],
      ['4294967295', ['SYN002']],
    ] as const)
      expect([life, read(`add ikev2 i -life ${life}`).codes]).toEqual([life, codes]);
  });

  it('decision 16: proposals of IKE in the order encryption, hash, PRF, group, the first slowest', () => {
    const { config } = read(
      'add ikev2 i -encryption 3DES,AES128-CBC -hash HMAC-MD5,HMAC-SHA1 -prf HMAC-SHA1 -group 2,14',
    );
    const names = config.ikePolicies
      .find(({ source }) => source.record.name === 'i')
      ?.proposals.map(({ name }) => name);
    expect(names?.slice(0, 3)).toEqual([
      '3DES/HMAC-MD5-96/HMAC-SHA1/MODP-1024',
      '3DES/HMAC-MD5-96/HMAC-SHA1/MODP-2048',
      '3DES/HMAC-SHA1-96/HMAC-SHA1/MODP-1024',
    ]);
    expect(names).toHaveLength(8);
  });

  it('decision 17: a list of groups in ikev1 is accepted, and Aggressive Mode uses the first, with a warning', () => {
    const text =
      'add ikev1 i -remote 10.0.0.1 -group 14,2\nadd auth a -remote 10.0.0.1 -kmp IKEV1 -exchange AM -ltype FQDN -lid a.example.com';
    expect(read(text).codes).toEqual([]);
    expect(lintTexts([text]).find(({ code }) => code === 'SYN030')).toMatchObject({ severity: 'warning' });
  });

  it('decision 18: keys of 1 to 128 characters, hexadecimal in pairs of digits', () => {
    const codes = (key: string) => read(`add auth a -remote 10.0.0.1 -preshared ${key}`).codes;
    expect(codes('k'.repeat(128))).toEqual([]);
    expect(codes('k'.repeat(129))).toEqual(['SYN002']);
    expect(codes('0x123')).toEqual(['SYN019']);
    expect(codes('0x12g4')).toEqual(['SYN019']);
    expect(codes('0x')).toEqual(['SYN019']);
    expect(codes('0xABCDEF')).toEqual([]);
  });

  it('decision 19: equal -remote is an error in A.02, and allowed with distinct priorities in A.03', () => {
    const text = 'add auth a -remote 10.0.0.1 -preshared Key-1\nadd auth b -remote 10.0.0.1/32 -preshared Key-2';
    const found = (dialect: 'A.02' | 'A.03.02') => lintTexts([text], { dialect }).map(({ code }) => code);
    expect(found('A.02')).toContain('SYN031');
    expect(found('A.03.02')).not.toContain('SYN031');
    expect(read(text, a0302).codes).toEqual([]);
  });

  it('decision 20: an identity without its type is an error', () => {
    expect(read('add auth a -remote 10.0.0.1 -rid peer.example.com').codes).toEqual(['SYN025']);
    expect(read('add auth a -remote 10.0.0.1 -lid me.example.com').codes).toEqual(['SYN025']);
    expect(read('add auth a -remote 10.0.0.1 -rtype FQDN').policies.auths[0]?.remoteId?.value).toEqual({
      kind: 'any',
      type: 'FQDN',
    });
  });

  it('decision 21: types of the source side are compared with packets that it sends', () => {
    const { config } = read('add host h -protocol ICMP -src_icmp_type 8 -action PASS');
    expect(config.spd[0]?.selectors.map(({ direction, x }) => [direction.lo, x])).toEqual([
      [0, { lo: 2048, hi: 2303 }],
      [1, { lo: 0, hi: 65535 }],
    ]);
  });

  it('decision 22: gateways take FORWARD, DISCARD and PASS', () => {
    for (const action of ['FORWARD', 'DISCARD', 'PASS'])
      expect(read(`add gateway g -action ${action}`, a0302).codes).toEqual([]);
    expect(read('add gateway g -action PASS').config.forwardSpd[0]?.action.kind).toBe('BYPASS');
  });

  it('decision 23: profiles are read as section 6 says', () => {
    const profile = 'BEGIN IKEV2Policy-Defaults\ngroup = 14\nEND IKEV2Policy-Defaults';
    expect(read('add ikev2 i', { profile }).policies.ikev2[0]?.groups.value).toEqual([14]);
  });

  it('decision 24: startup arguments as section 2.9 spells them', () => {
    expect(read('ipsec_config add startup -autoboot OFF -spi_min 1 -spi_max 5 -spd_soft 1 -spd_hard 2').codes).toEqual(
      [],
    );
  });

  it('decision 25: operations are applied in file order to a copy', () => {
    const { policies } = read('delete host a\nadd host a -action PASS\nadd host b -action PASS\ndelete host a');
    expect(policies.hosts.map(({ name, priority }) => [name, priority.value])).toEqual([['b', 20]]);
  });

  it('decision 26: the default policy takes no transform', () => {
    expect(read('add host default -action ESP_AES128_HMAC_SHA1').codes).toEqual(['SYN025']);
  });

  it('decision 27: adding a name again is an error and changes nothing; the preloaded defaults are the exception', () => {
    const { codes, policies } = read('add host a -action PASS\nadd host a -action DISCARD');
    expect([codes, policies.hosts.map(({ action }) => action.value.kind)]).toEqual([['SYN013'], ['PASS']]);
    expect(
      read('add host default -action PASS\nadd host default -action DISCARD').policies.defaultHost.action.value.kind,
    ).toBe('DISCARD');
  });

  it('decision 28: deleting a tunnel that is still named is an error', () => {
    const text = 'add tunnel t -tsource 10.0.0.1 -tdestination 10.0.0.2\nadd host h -tunnel t -action PASS\n';
    expect(lintTexts([`${text}delete tunnel t`]).map(({ code }) => code)).toContain('REF001');
    expect(lintTexts([`${text}delete tunnel t\ndelete host h`]).map(({ code }) => code)).not.toContain('REF001');
  });

  it('decision 30: NAT traversal is a word of the extended dialect only', () => {
    expect(read('add auth a -remote 10.0.0.1 -nat_traversal ON', a0302).codes).toEqual(['SYN022']);
    expect(read('add auth a -remote 10.0.0.1 -nat_traversal ON').codes).toEqual([]);
  });

  it('decision 31: AES192 and the middle SHA-2 transforms are in A.03.02', () => {
    for (const word of ['ESP_AES192_HMAC_SHA2_384', 'ESP_AES192_HMAC_SHA1', 'ESP_AES256_HMAC_SHA2_384'])
      expect(read(`add host h -action ${word}`, a0302).codes).toEqual([]);
  });

  it('decision 33: the source of a tunnel is its local side', () => {
    const { config } = read(
      'add tunnel t -source 10.1.0.0/16 -destination 10.2.0.0/16\nadd host h -tunnel t -action PASS',
    );
    const action = config.spd[0]?.action;
    expect(action?.kind === 'PROTECT' && action.bundle[0]?.selectors[0]).toMatchObject({
      local: { lo: 0x0a010000 },
      remote: { lo: 0x0a020000 },
    });
  });

  it('decision 36: a nested transform has one lifetime for both', () => {
    const { config } = read('add host h -destination 10.0.0.1 -action AH_MD5+ESP_3DES/3600/5120', { dialect: 'A.02' });
    const action = config.spd[0]?.action;
    expect(
      action?.kind === 'PROTECT' &&
        action.bundle.map(({ proposals }) => [proposals[0]?.protocol, proposals[0]?.lifetimeSeconds.value]),
    ).toEqual([
      ['ESP', 3600],
      ['AH', 3600],
    ]);
  });

  it('icmp: what always passes is its own entry', () => {
    expect(icmpv6AlwaysPassed.length).toBeGreaterThan(0);
  });
});
