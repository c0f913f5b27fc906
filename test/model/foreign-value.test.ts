/** Public values that charon takes for those of another group: what the two real daemons do was seen for each row, where it is certain. */
import { describe, expect, it } from 'vitest';
import { settingOf } from '../../scripts/fidelity/setting.js';
import type { Pair } from '../../scripts/fidelity/verdict.js';
import { judgeNamed, judgeNames } from '../../scripts/fidelity.js';
import { foreignValue } from '../../src/model/foreign-value.js';
import { keyExchange } from '../../src/model/transform.js';

const rows: readonly (readonly [string, number, number, string])[] = [
  ['longer', 2, 14, 'malformed'],
  ['no point of the curve, and equally long', 19, 28, 'malformed'],
  ['a number for a curve', 2, 30, 'malformed'],
  ['a number outside of the subgroup', 2, 22, 'unusable'],
  ['the numbers of a point outside of the subgroup', 30, 22, 'unusable'],
  ['a number in a group whose order OpenSSL does not know', 22, 2, 'usable'],
  ['any octets for X448', 26, 32, 'usable'],
  ['something else than X25519 is longer', 19, 31, 'malformed'],
  ['ML-KEM', 2, 35, 'malformed'],
];

describe('a public value of another group', () => {
  it.each(rows)('%s: of group %i for %i is %s', (_, sent, wanted, is) => {
    expect(foreignValue(keyExchange(sent)!, keyExchange(wanted)!)).toBe(is);
  });
});

const side = (own: string, peer: string, proposals: string, more = ''): string => `connections { c {
    version = 1
    aggressive = yes
    local_addrs = ${own}
    remote_addrs = ${peer}
    proposals = ${proposals}
    local { auth = psk }
    remote { auth = psk${more ? `\n${more}` : ''} }
    children { net { } } } }
  secrets { ike { secret = Plover-Sand-77 } }`;
/** The initiator's first group is not what the responder prefers. */
const pair = (first: string, preferred: string, more?: string): Pair => ({
  id: 'x',
  left: side('10.99.0.1', '10.99.0.2', `aes128-sha256-${first},aes256-sha256-${preferred}`),
  right: side('10.99.0.2', '10.99.0.1', `aes256-sha256-${preferred},aes128-sha256-${first}`, more),
});
const setting = settingOf(
  ['10.99.0.1'],
  ['10.99.0.2'],
  'libipsec',
  'charon { i_dont_care_about_security_and_use_aggressive_mode_psk = yes }',
);

describe.each(judgeNames)(
  'Aggressive Mode of two strongSwan in the %s, with the responder’s first group after the initiator’s',
  (name) => {
    it.each([
      ['modp1024', 'modp2048', ['CRIT', 'UNSUPPORTED_CRITICAL_PAYLOAD'], false],
      ['modp1024', 'modp1024s160', [], true],
      ['ecp512bp', 'modp1024s160', [], true],
      ['modp1024s160', 'modp1024', ['INVAL_KE'], false],
      ['ecp512bp', 'modp1024', ['CRIT'], false],
      ['ecp224', 'x448', ['CRIT'], false],
      ['x448', 'ecp224', ['CRIT', 'UNSUPPORTED_CRITICAL_PAYLOAD'], false],
    ])('%s, then %s: %j, given up: %s', async (first, preferred, notifies, isGivenUp) => {
      const verdict = await (await judgeNamed(name, setting))(pair(first, preferred));
      expect([verdict.ike, [...verdict.notifies].sort(), verdict.initiatorTimedOut]).toEqual([
        false,
        notifies,
        isGivenUp,
      ]);
    });

    it('comes to the identities before it computes', async () => {
      const judge = await judgeNamed(name, setting);
      const verdict = await judge(pair('modp1024', 'modp1024s160', 'id = someone.example.org'));
      expect([...verdict.notifies].sort()).toEqual(['AUTH_FAILED', 'AUTHENTICATION_FAILED'].sort());
    });
  },
);
