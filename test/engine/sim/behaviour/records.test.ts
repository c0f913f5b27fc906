/** Which records decide, and in which order: hpux-ipsec reference 5.3, 7.1 to 7.4, played by two systems. */
import { describe, expect, it } from 'vitest';
import type { PeerProfileName } from '../../../../src/model/peer-profile/peer-profile.js';
import { type RealWorld, realWorld, records } from '../real-world.js';

const [a, b] = ['192.0.2.1', '192.0.2.2'];
const packet = `tcp ${a}:4000 > ${b}:23`;
const psk = '-preshared Sand7-Plover_99x-Reed';
const minutes = 60_000;

/** a starts, with records that are right; b has these. */
function asked(
  version: 1 | 2,
  ofB: string,
  { profile = 'hpux', ofA = records(version, a, b) }: { profile?: PeerProfileName; ofA?: string } = {},
): RealWorld {
  const real = realWorld({ a: { text: ofA, profile }, b: { text: ofB, profile } });
  real.send('a', packet, 1, 3 * minutes);
  return real;
}

const arrived = (real: RealWorld) => real.accepted('b').length === 1;
/** Records that a system searched for, in order, with what it found. */
const searches = (real: RealWorld, name: string) =>
  real.events(name, 'search').map(({ list, found }) => `${list}: ${found?.record.name ?? 'none'}`);

describe('the responder searches', () => {
  const ike1 = `add ikev1 ike -remote ${a} -priority 10 -hash SHA1 -encryption AES128-CBC -group`;
  const host = `add host h -source ${b} -destination ${a} -priority 10 -action ESP_AES128_HMAC_SHA1/600/0`;

  it('in IKEv1 auth record by address, kmp, exchange, IKE policy, proposals: the first fault is the one that is told', () => {
    const steps: readonly [auth: string, ike: string, told: string | undefined][] = [
      ['-remote 192.0.2.9 -kmp IKEV2 -exchange AM', '', 'no-pad-entry'],
      [`-remote ${a} -kmp IKEV2`, '', 'version-refused'],
      [`-remote ${a} -kmp IKEV1 -exchange AM`, '', 'exchange-refused'],
      [`-remote ${a} -kmp IKEV1 -exchange MM`, 'add ikev1 ike -remote 192.0.2.9 -priority 10', 'no-ike-policy'],
      [`-remote ${a} -kmp IKEV1 -exchange MM`, `${ike1} 2`, 'no-ike-proposal'],
      [`-remote ${a} -kmp IKEV1 -exchange MM`, `${ike1} 14`, undefined],
    ];
    for (const [auth, ike, told] of steps) {
      // The default IKE policy of the product would stand in for one that is missing.
      const adjusted = ike.includes('192.0.2.9');
      const real = realWorld({
        a: { text: records(1, a, b), profile: 'hpux' },
        b: {
          text: `${host}\n${ike}\nadd auth auth -priority 10 ${auth} ${psk}`,
          profile: 'hpux',
          ...(adjusted
            ? {
                adjust: (config) => ({
                  ...config,
                  ikePolicies: config.ikePolicies.filter(({ source }) => source.record.name === 'ike'),
                }),
              }
            : {}),
        },
      });
      real.send('a', packet, 1, 3 * minutes);
      expect([real.failures('b')[0], arrived(real)], auth).toEqual([told, told === undefined]);
      // HP-UX says nothing of any of these: the initiator sees a time-out.
      if (told)
        expect([real.failures('a'), real.messages().filter((text) => text.startsWith('b'))]).toEqual([['timeout'], []]);
    }
  });

  it('in IKEv1 no further than the first auth record whose address fits', () => {
    const second = `add auth second -remote ${a} -priority 20 -kmp IKEV1 ${psk}`;
    const first = (kmp: string) => `add auth first -remote 192.0.2.0/24 -priority 10 -kmp ${kmp} ${psk}`;
    expect(asked(1, `${host}\n${ike1} 14\n${first('IKEV2')}\n${second}`).failures('b')).toContain('version-refused');
    const real = asked(1, `${host}\n${ike1} 14\n${first('IKEV1')}\n${second}`);
    expect(arrived(real)).toBe(true);
    expect(searches(real, 'b').slice(0, 2)).toEqual(['PAD: first', 'IKE policies: ike']);
  });

  it('in Aggressive Mode the auth record by the ID, and then the IKE policy by address', () => {
    const ofA = records(1, a, b, { auth: '-exchange AM -ltype FQDN -lid a.example.com' });
    const auth = (name: string, priority: number, rid: string, kmp = 'IKEV1') =>
      `add auth ${name} -remote 192.0.2.0/24 -priority ${priority} -kmp ${kmp} -exchange AM ${psk} -rtype FQDN -rid ${rid}`;
    const real = asked(
      1,
      `${host}\n${ike1} 14\n${auth('other', 10, 'z.example.com', 'IKEV2')}\n${auth('meant', 20, 'a.example.com')}`,
      { ofA },
    );
    expect(arrived(real)).toBe(true);
    expect(searches(real, 'b').slice(0, 2)).toEqual(['PAD: meant', 'IKE policies: ike']);
    const none = asked(1, `${host}\n${ike1} 14\n${auth('other', 10, 'z.example.com')}`, { ofA });
    expect([none.failures('b')[0], none.failures('a')[0]]).toEqual(['identity-refused', 'timeout']);
  });

  it('in IKEv2 the IKE policy by address first, then the auth record by IDi, its kmp, and its address', () => {
    const ike2 = `add ikev2 ike -remote ${a} -priority 10 -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1 -group`;
    const ofA = records(2, a, b, { auth: '-ltype FQDN -lid a.example.com' });
    const auth = (name: string, priority: number, more: string) =>
      `add auth ${name} -priority ${priority} ${psk} -rtype FQDN ${more}`;
    const other = auth('other', 10, `-remote ${a} -kmp IKEV2 -rid z.example.com`);
    const steps: readonly [string, string, string | undefined][] = [
      [`${ike2} 2`, auth('x', 20, `-remote ${a} -kmp IKEV2 -rid a.example.com`), 'no-ike-proposal'],
      [`${ike2} 14`, '', 'identity-refused'],
      [`${ike2} 14`, auth('x', 20, `-remote ${a} -kmp IKEV1 -rid a.example.com`), 'version-refused'],
      [`${ike2} 14`, auth('x', 20, '-remote 192.0.2.9 -kmp IKEV2 -rid a.example.com'), 'identity-refused'],
      [`${ike2} 14`, auth('x', 20, `-remote ${a} -kmp IKEV2 -rid a.example.com`), undefined],
    ];
    for (const [ike, more, told] of steps) {
      const real = asked(2, `${host}\n${ike}\n${other}\n${more}`, { ofA });
      expect([real.failures('b')[0], arrived(real)], `${ike} ${more}`).toEqual([told, told === undefined]);
    }
    const real = asked(
      2,
      `${host}\n${ike2} 14\n${other}\n${auth('x', 20, `-remote ${a} -kmp IKEV2 -rid a.example.com`)}`,
      { ofA },
    );
    expect(searches(real, 'b').slice(0, 2)).toEqual(['IKE policies: ike', 'PAD: x']);
  });
});

describe('the order of -kmp', () => {
  const both = (own: string, peer: string, kmp: string) =>
    [
      `add host h -source ${own} -destination ${peer} -priority 10 -action ESP_AES128_HMAC_SHA1/600/0`,
      `add ikev1 one -remote ${peer} -priority 10 -group 14 -hash SHA1 -encryption AES128-CBC`,
      `add ikev2 two -remote ${peer} -priority 10 -group 14 -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1`,
      `add auth auth -remote ${peer} -priority 10 -kmp ${kmp} ${psk}`,
    ].join('\n');
  const exchanges = (real: RealWorld, name: string) =>
    new Set(
      real
        .messages()
        .filter((text) => text.startsWith(name))
        .map((text) => text.slice(2)),
    );

  it.each([
    // HP-UX finds the record by IDi, and so only then that it does not list IKEv2.
    ['IKEV2,IKEV1', ['IKE_SA_INIT', 'IKE_AUTH']],
    ['IKEV1,IKEV2', ['Main Mode']],
  ] as const)('%s begins with the first, and never falls back to the other', (kmp, its) => {
    const other = kmp.split(',')[1]!;
    const real = realWorld({
      a: { text: both(a, b, kmp), profile: 'hpux' },
      b: { text: both(b, a, other), profile: 'hpux' },
    });
    for (let number = 1; number <= 4; number += 1) real.send('a', packet, number, 2 * minutes);
    expect(real.accepted('b')).toEqual([]);
    expect(exchanges(real, 'a')).toEqual(new Set(its));
  });

  it('is a convenience of the responder, which takes either', () => {
    for (const kmp of ['IKEV1', 'IKEV2']) {
      const real = realWorld({
        a: { text: both(a, b, kmp), profile: 'hpux' },
        b: { text: both(b, a, 'IKEV2,IKEV1'), profile: 'hpux' },
      });
      real.send('a', packet, 1, minutes);
      expect(real.accepted('b')).toEqual([[1, 1]]);
    }
  });

  it('does not count for an IKE SA that there is: it is used whatever its version', () => {
    const text = (own: string, peer: string, kmp: string) =>
      `${both(own, peer, kmp)}\nadd host udp -source ${own} -destination ${peer} -protocol UDP -priority 5 -action ESP_AES128_HMAC_SHA1/600/0`;
    const real = realWorld({
      a: { text: text(a, b, 'IKEV1'), profile: 'hpux' },
      b: { text: text(b, a, 'IKEV2,IKEV1'), profile: 'hpux' },
    });
    real.send('a', packet, 1, minutes);
    // b would begin with IKEv2, were there not the ISAKMP SA of a.
    real.send('b', `udp ${b}:53 > ${a}:4000`, 2, minutes);
    expect(real.accepted('a')).toEqual([[2, 1]]);
    expect(exchanges(real, 'b')).toEqual(new Set(['Main Mode', 'Quick Mode']));
  });
});

describe('AUTOCONF', () => {
  const server = (version: 1 | 2) =>
    [
      `add host h -source ${b} -destination 192.0.2.0/24 -priority 10 -action ESP_AES128_HMAC_SHA1/600/0 -flags EXCLUSIVE`,
      version === 1
        ? 'add ikev1 ike -remote 192.0.2.0/24 -priority 10 -group 14 -hash SHA1 -encryption AES128-CBC'
        : 'add ikev2 ike -remote 192.0.2.0/24 -priority 10 -group 14 -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1',
      `add auth auth -remote 192.0.2.0/24 -priority 10 -kmp IKEV${version} ${version === 1 ? '-exchange AM' : ''} ${psk} -rtype FQDN -rid .example.com -flags AUTOCONF`,
    ].join('\n');
  const client = (version: 1 | 2) =>
    records(version, a, b, { auth: `${version === 1 ? '-exchange AM' : ''} -ltype FQDN -lid a.example.com` }).replace(
      /add host .*/,
      `add host h -source ${a} -destination ${b} -priority 10 -action ESP_AES128_HMAC_SHA1/600/0 -flags EXCLUSIVE`,
    );

  it.each([1, 2] as const)('IKEv%i: never begins, and uses what the peer has begun', (version) => {
    const real = realWorld({
      a: { text: client(version), profile: 'hpux' },
      b: { text: server(version), profile: 'hpux' },
    });
    real.send('b', `tcp ${b}:23 > ${a}:4000`, 1, 2 * minutes);
    expect([real.failures('b'), real.messages(), real.accepted('a')]).toEqual([['may-not-initiate'], [], []]);
    real.send('a', packet, 2, minutes);
    expect(real.accepted('b')).toEqual([[2, 1]]);
    // Another flow needs a pair of its own: the IKE SA is there now, and b may ask for one in it.
    const before = real.messages().length;
    real.send('b', `tcp ${b}:23 > ${a}:4001`, 3, minutes);
    expect(real.messages().slice(before)[0]).toBe(version === 1 ? 'b Quick Mode' : 'b CREATE_CHILD_SA');
    expect(real.accepted('a')).toEqual([[3, 1]]);
  });
});
