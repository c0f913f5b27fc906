/** hpux-ipsec reference 6: defaults and the profile file. */
import { describe, expect, it } from 'vitest';
import { formatRange } from '../../src/model/address.js';
import { dialects } from '../../src/model/language/dialect.js';
import { shippedProfile } from '../../src/model/language/shipped-profile.js';
import { SourceText } from '../../src/model/span.js';
import { parseProfile, shippedDefaults } from '../../src/parser/profile.js';
import { read, sayProblem } from '../support/read.js';

const parse = (text: string) => {
  const { defaults, problems } = parseProfile(new SourceText('profile', text), 'A.03.02');
  return { defaults, said: problems.map(sayProblem), problems };
};
const section = (...lines: readonly string[]) =>
  ['BEGIN HostPolicy-Defaults', ...lines, 'END HostPolicy-Defaults', ''].join('\n');

describe('§6 profile files', () => {
  it('§6 sections stand between BEGIN and END, one parameter a line', () => {
    const { defaults, said } = parse(
      section('    source 10.0.0.1/32', '    action PASS', '', '# a comment', '    priority 25'),
    );
    expect(said).toEqual([]);
    expect(defaults.get('HostPolicy-Defaults', 'action')?.value).toEqual({ kind: 'PASS' });
    expect(defaults.priorityStep('HostPolicy-Defaults').value).toBe(25);
  });

  it.each(['protocol TCP', 'protocol: TCP', 'protocol=TCP', 'protocol = TCP', 'PROTOCOL\ttcp'])(
    '§6 %j is a parameter line',
    (line) => {
      const { defaults, said } = parse(section(line));
      expect([said, defaults.get('HostPolicy-Defaults', 'protocol')?.value]).toEqual([[], 6]);
    },
  );

  it('§6 parameters are named like the arguments, without the hyphen', () => {
    const { defaults } = parse('BEGIN AuthPolicy-Defaults\nkmp IKEV2,IKEV1\nexchange AM\nEND AuthPolicy-Defaults');
    expect(defaults.get('AuthPolicy-Defaults', 'exchange')?.value).toBe('AM');
  });

  it('§6 what a profile leaves out is as shipped', () => {
    const { defaults } = parse(section('action PASS'));
    expect(defaults.get('TunnelPolicy-Defaults', 'action')?.value).toMatchObject({ kind: 'TRANSFORMS' });
    expect(defaults.priorityStep('AuthPolicy-Defaults').value).toBe(10);
  });

  it('§6 the shipped values are readable in every dialect that has the section', () => {
    for (const dialect of dialects) {
      const defaults = shippedDefaults(dialect);
      for (const { section: name, parameter } of shippedProfile) {
        const value = parameter === 'priority' ? defaults.priorityStep(name) : defaults.get(name, parameter);
        expect(value?.origin, `${dialect} ${name} ${parameter}`).toMatchObject({ kind: 'profile', parameter });
      }
    }
  });

  it('§6 the shipped values that the guides print', () => {
    const { policies } = read('add host h\nadd tunnel t\nadd ikev1 i\nadd auth a -remote 10.0.0.1', {
      dialect: 'A.03.02',
    });
    const [host] = policies.hosts;
    expect([formatRange(host!.sources[0]!.value.range), host!.protocol.value, host!.action.value.kind]).toEqual([
      '0.0.0.0/0',
      0,
      'DISCARD',
    ]);
    expect(policies.tunnels[0]?.action.value).toMatchObject({
      transforms: [{ transform: { word: 'ESP_AES128_HMAC_SHA1' } }],
    });
    expect(policies.ikev1[0]).toMatchObject({
      groups: { value: [2] },
      lifeSeconds: { value: 28800 },
      pfs: { value: false },
    });
    expect(policies.auths[0]).toMatchObject({ exchange: { value: 'MM' }, kmp: { value: [1] } });
  });

  it('§6 another wildcard makes IPv6 records short', () => {
    const { policies } = read('add host h -destination 2001:db8::1 -action PASS', {
      profile: section('source 0::0/0', 'destination 0::0/0'),
    });
    expect(policies.hosts[0]?.sources[0]?.value.range.family).toBe(6);
    expect(policies.hosts[0]?.sources[0]?.origin).toEqual({
      kind: 'profile',
      path: 'profile',
      section: 'HostPolicy-Defaults',
      parameter: 'source',
    });
  });

  it('§6 unknown sections and parameters are warnings with the nearest name', () => {
    const { problems, said } = parse(
      'BEGIN HostPolicy-Default\nEND HostPolicy-Default\nBEGIN HostPolicy-Defaults\nacton PASS\nEND HostPolicy-Defaults',
    );
    expect(said).toEqual([
      "1:1 SYN029 no profile section is called 'HostPolicy-Default'",
      "4:1 SYN029 HostPolicy-Defaults has no parameter 'acton'",
    ]);
    expect(problems.map(({ severity, help }) => [severity, help])).toEqual([
      ['warning', 'did you mean HostPolicy-Defaults?'],
      ['warning', 'did you mean action?'],
    ]);
  });

  it('§6 what stands outside, is not closed, given twice or wrongly named is reported', () => {
    expect(
      parse(
        'action PASS\nEND\nBEGIN HostPolicy-Defaults\naction PASS\nact DISCARD\nBEGIN TunnelPolicy-Defaults\nEND HostPolicy-Defaults\nBEGIN AuthPolicy-Defaults\nnonsense',
      ).said,
    ).toEqual([
      '1:1 SYN029 a parameter stands outside of BEGIN and END',
      '2:1 SYN029 END without BEGIN',
      "5:1 SYN029 HostPolicy-Defaults gives 'act' twice",
      '3:1 SYN029 section HostPolicy-Defaults has no END before the next BEGIN',
      '7:1 SYN029 END HostPolicy-Defaults after BEGIN TunnelPolicy-Defaults',
      '9:1 SYN029 not a parameter line',
      '8:1 SYN029 section AuthPolicy-Defaults has no END',
    ]);
  });

  it('§6 values are checked like those of arguments, at their place', () => {
    expect(parse(section('action PAS', '  priority 0')).said).toEqual([
      "2:8 SYN019 action of HostPolicy-Defaults: no transform is called 'PAS'",
      '3:12 SYN002 priority of HostPolicy-Defaults: 0 is out of range for priority',
    ]);
  });

  it('§6 a key in a profile has no place there, and is never shown', () => {
    const source = new SourceText(
      'profile',
      'BEGIN AuthPolicy-Defaults\npreshared Plover-Sand\nEND AuthPolicy-Defaults',
    );
    const { problems } = parseProfile(source, 'A.03.02');
    expect(problems.map(({ code }) => code)).toEqual(['SYN029']);
    expect(source.masked(0, source.text.length)).not.toContain('Plover');
  });

  it('§6 carriage returns and a byte order mark do no harm', () => {
    const { defaults, said } = parse(`\ufeff${section('action PASS').replaceAll('\n', '\r\n')}`);
    expect([said, defaults.get('HostPolicy-Defaults', 'action')?.value]).toEqual([[], { kind: 'PASS' }]);
  });
});
