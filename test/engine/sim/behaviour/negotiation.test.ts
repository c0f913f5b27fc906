/** Proposals, identities, lifetimes, failures and patience: hpux-ipsec reference 7.2 to 7.7, played by two systems. */
import { describe, expect, it } from 'vitest';
import { unmatchedSas } from '../../../../src/engine/sim/convergence.js';
import { entriesOf } from '../../../../src/engine/sim/trace.js';
import type { PeerProfileName } from '../../../../src/model/peer-profile/peer-profile.js';
import { formatSelector } from '../../../../src/model/traffic-selector.js';
import { type RealSide, type RealWorld, realWorld, records } from '../real-world.js';

const [a, b] = ['192.0.2.1', '192.0.2.2'];
const there = `tcp ${a}:4000 > ${b}:23`;
const minutes = 60_000;

function worldOf(ofA: Partial<RealSide> & { text: string }, ofB: Partial<RealSide> & { text: string }): RealWorld {
  return realWorld({ a: { profile: 'hpux', ...ofA }, b: { profile: 'hpux', ...ofB } });
}

function meeting(
  version: 1 | 2,
  ofA: Parameters<typeof records>[3],
  ofB: Parameters<typeof records>[3],
  sides: { readonly a?: Partial<RealSide>; readonly b?: Partial<RealSide> } = {},
): RealWorld {
  return worldOf({ text: records(version, a, b, ofA), ...sides.a }, { text: records(version, b, a, ofB), ...sides.b });
}

const sentBy = (real: RealWorld, name: string) => real.messages().filter((text) => text.startsWith(name));
/** Client identities, or traffic selectors, of the pairs that a system has made. */
const carried = (real: RealWorld, name: string) =>
  real
    .events(name, 'child-sa')
    .flatMap((event) =>
      event.change === 'closed'
        ? []
        : [
            `${event.sa.selectors.local.map(formatSelector).join(' + ')} > ${event.sa.selectors.remote.map(formatSelector).join(' + ')}`,
          ],
    );

describe('a bad proposal', () => {
  const twice = (text: string, number: number) => text.replace('-group 14', `-group ${number}`);

  it.each([
    ['hpux', false],
    ['strongswan', true],
    ['racoon', true],
    ['strict-rfc', true],
  ] as const)('for the ISAKMP SA: %s tells the peer: %s', (profile, tells) => {
    const real = worldOf({ text: twice(records(1, a, b), 2) }, { text: records(1, b, a), profile });
    real.send('a', there, 1, 3 * minutes);
    expect(sentBy(real, 'b')).toEqual(tells ? expect.arrayContaining(['b Informational']) : []);
    expect(real.failures('a')).toEqual([tells ? 'no-ike-proposal' : 'timeout']);
    expect(real.failures('b')[0]).toBe('no-ike-proposal');
  });

  it.each([
    ['hpux', 'timeout'],
    ['strongswan', 'no-child-proposal'],
  ] as const)('for a pair of IKEv1: %s leaves the initiator with %s', (profile, told) => {
    const real = meeting(1, {}, { action: 'ESP_3DES_HMAC_MD5/600/0' }, { b: { profile } });
    real.send('a', there, 1, 3 * minutes);
    expect([real.failures('a')[0], real.failures('b')[0]]).toEqual([told, 'no-child-proposal']);
  });

  it('of IKEv2 is always answered by NO_PROPOSAL_CHOSEN', () => {
    const real = worldOf({ text: twice(records(2, a, b), 2) }, { text: records(2, b, a) });
    real.send('a', there, 1, 3 * minutes);
    expect(real.payloads('b')[0]).toContain('N(NO_PROPOSAL_CHOSEN)');
    expect(real.failures('a')).toEqual(['no-ike-proposal']);
  });
});

describe('the order of proposals', () => {
  const [ours, theirs] = [
    'ESP_AES256_HMAC_SHA1/600/0,ESP_3DES_HMAC_SHA1/600/0',
    'ESP_3DES_HMAC_SHA1/600/0,ESP_AES256_HMAC_SHA1/600/0',
  ];

  it.each([
    [1, 'hpux', 'AES-CBC-256'],
    [2, 'hpux', 'AES-CBC-256'],
    [1, 'strongswan', '3DES-CBC'],
    [2, 'strongswan', '3DES-CBC'],
  ] as const)('IKEv%i: of two lists a responder as %s takes %s', (version, profile, cipher) => {
    const real = meeting(version, { action: ours }, { action: theirs }, { b: { profile } });
    real.send('a', there, 1);
    expect(entriesOf(real.trace.entries, 'install').map(({ sa }) => sa.encryption?.name)).toEqual(
      Array(4).fill(cipher),
    );
  });

  it.each([
    [1, 'SHA1', ''],
    [2, 'HMAC-SHA1', '-prf HMAC-SHA1'],
  ] as const)('IKEv%i: and so it is with values of the IKE policy', (version, hash, prf) => {
    const policy = (peer: string, encryption: string) =>
      `add ikev${version} ike -remote ${peer} -priority 10 -group 14 -hash ${hash} -encryption ${encryption} ${prf}`;
    const text = (own: string, peer: string, encryption: string) =>
      records(version, own, peer).replace(/add ikev.*/, policy(peer, encryption));
    const real = worldOf({ text: text(a, b, 'AES256-CBC,3DES') }, { text: text(b, a, '3DES,AES256-CBC') });
    real.send('a', there, 1);
    const [established] = real.events('b', 'ike-sa');
    expect(established?.change === 'established' && established.sa.transforms.encryption?.name).toBe('AES-CBC-256');
  });
});

describe('what a pair is for', () => {
  const policy =
    (own: string, peer: string, selectors: string, more = '') =>
    (version: 1 | 2) =>
      records(version, own, peer).replace(
        /add host .*/,
        `add host h ${selectors} -priority 10 -action ESP_AES128_HMAC_SHA1/600/0 ${more}`,
      );
  const ranges = (version: 1 | 2): RealWorld =>
    worldOf(
      { text: policy(a, b, `-source ${a} -destination ${b}/32/20-30 -protocol TCP`)(version) },
      { text: policy(b, a, `-source ${b}/32/20-30 -destination ${a} -protocol TCP`)(version) },
    );

  it('a range becomes the packet’s exact value in IKEv1, and each value has a pair', () => {
    const real = ranges(1);
    real.send('a', there, 1);
    expect(carried(real, 'a')).toEqual([`${a} TCP > ${b} TCP port 23`]);
    real.send('a', `tcp ${a}:4000 > ${b}:24`, 2);
    expect(carried(real, 'a')).toHaveLength(2);
    expect(real.accepted('b').map(([number]) => number)).toEqual([1, 2]);
  });

  it('and stays a range in IKEv2, one pair for all of it', () => {
    const real = ranges(2);
    real.send('a', there, 1);
    real.send('a', `tcp ${a}:4000 > ${b}:24`, 2);
    expect(carried(real, 'a')).toHaveLength(1);
    expect(carried(real, 'a')[0]).toContain('ports 20-30');
    expect(real.accepted('b').map(([number]) => number)).toEqual([1, 2]);
  });

  const [networks, hosts] = [
    '-source 192.0.2.1/32/80 -source 192.0.2.1/32/443 -destination 192.0.2.2/32 -destination 192.0.2.3/32',
    '-source 192.0.2.2/32 -source 192.0.2.3/32 -destination 192.0.2.1/32/80 -destination 192.0.2.1/32/443',
  ];

  it('of several values the first source and the first destination that the packet fits, in IKEv1', () => {
    const real = worldOf(
      { text: policy(a, b, `${networks} -protocol TCP`)(1) },
      { text: policy(b, a, `${hosts} -protocol TCP`)(1) },
    );
    real.send('a', `tcp ${a}:443 > ${b}:5000`, 1);
    expect(carried(real, 'a')).toEqual([`${a} TCP port 443 > ${b} TCP`]);
    expect(real.accepted('b')).toEqual([[1, 1]]);
  });

  it('and all of them in IKEv2, the packet’s values first', () => {
    const real = worldOf(
      { text: policy(a, b, `${networks} -protocol TCP`)(2) },
      { text: policy(b, a, `${hosts} -protocol TCP`)(2) },
    );
    real.send('a', `tcp ${a}:443 > ${b}:5000`, 1);
    const [proposed] = real.events('a', 'selectors');
    expect(proposed?.proposed.local.map(formatSelector)).toEqual([`${a} TCP port 443`, `${a} TCP port 80`]);
    expect(real.accepted('b')).toEqual([[1, 1]]);
  });

  it.each([1, 2] as const)('IKEv%i: with EXCLUSIVE each flow has a pair with its exact values', (version) => {
    const side = (own: string, peer: string) => ({
      text: policy(own, peer, `-source ${own} -destination ${peer}`, '-flags EXCLUSIVE')(version),
    });
    const real = worldOf(side(a, b), side(b, a));
    real.send('a', there, 1);
    real.send('a', `tcp ${a}:4001 > ${b}:23`, 2);
    real.send('a', there, 3);
    real.send('b', `tcp ${b}:23 > ${a}:4000`, 4);
    expect(carried(real, 'a')).toEqual([
      `${a} TCP port 4000 > ${b} TCP port 23`,
      `${a} TCP port 4001 > ${b} TCP port 23`,
    ]);
    expect([real.accepted('b').map(([number]) => number), real.accepted('a')]).toEqual([[1, 2, 3], [[4, 1]]]);
    // A pair carries its own flow only: the other one has its own SPIs.
    const through = entriesOf(real.trace.entries, 'accepted').map(({ through: sas }) => sas[0]?.spi);
    expect(through[0]).not.toBe(through[1]);
    expect(through[0]).toBe(through[2]);
  });
});

describe('the entries of the SA database in IKEv1', () => {
  it.each([
    ['hpux', 0],
    ['libreswan', 1],
  ] as const)('are completed by message 3 (%s): %i there before', (profile, before) => {
    const sides = { a: { text: records(1, a, b), profile }, b: { text: records(1, b, a), profile } };
    const whole = realWorld(sides);
    whole.send('a', there, 1, 300);
    const ofQuickMode = entriesOf(whole.trace.entries, 'sent').filter(
      ({ host, ike }) => host === 'a' && ike?.content.exchange === 'Quick Mode',
    );
    const real = realWorld(sides, { network: { lose: ({ number }) => number === ofQuickMode[1]?.packet } });
    real.send('a', there, 1, 300);
    expect(real.host('a').stack.sad.size).toBe(2);
    expect(real.host('b').stack.sad.size).toBe(before);
    // The packet has come before message 3; its SPI is one that b has given away, and no sign that a has lost anything.
    expect(real.events('b', 'ike-sa')).toHaveLength(1);
    real.pass(20_000);
    expect(unmatchedSas(real.host('a'), real.host('b'))).toEqual([]);
    expect(real.host('b').stack.sad.size).toBe(2);
  });
});

describe('lifetimes', () => {
  const seconds = (real: RealWorld, name: string) =>
    entriesOf(real.trace.entries, 'install').flatMap(({ host, sa }) => (host === name ? [sa.limits.hardSeconds] : []));

  it('of pairs in IKEv1: the shorter one counts, and a longer one is answered by a notification', () => {
    const shorter = meeting(1, { action: 'ESP_AES128_HMAC_SHA1/600/0' }, { action: 'ESP_AES128_HMAC_SHA1/1200/0' });
    shorter.send('a', there, 1);
    expect([seconds(shorter, 'a'), seconds(shorter, 'b')]).toEqual([
      [600, 600],
      [600, 600],
    ]);
    expect(shorter.payloads('b').join()).not.toContain('RESPONDER-LIFETIME');
    const longer = meeting(1, { action: 'ESP_AES128_HMAC_SHA1/1200/0' }, { action: 'ESP_AES128_HMAC_SHA1/600/0' });
    longer.send('a', there, 1);
    expect(longer.payloads('b').join()).toContain('RESPONDER-LIFETIME');
    expect([seconds(longer, 'a'), seconds(longer, 'b')]).toEqual([
      [600, 600],
      [600, 600],
    ]);
  });

  it('of pairs in IKEv1 where the product takes what is longer: each has its own', () => {
    const real = meeting(
      1,
      { action: 'ESP_AES128_HMAC_SHA1/1200/0' },
      { action: 'ESP_AES128_HMAC_SHA1/600/0' },
      { b: { profile: 'strongswan' } },
    );
    real.send('a', there, 1);
    expect(real.payloads('b').join()).not.toContain('RESPONDER-LIFETIME');
  });

  it('of IKEv2 are not negotiated: each side has its own, and the shorter one replaces', () => {
    const real = meeting(2, { action: 'ESP_AES128_HMAC_SHA1/1200/0' }, { action: 'ESP_AES128_HMAC_SHA1/600/0' });
    real.send('a', there, 1);
    expect([seconds(real, 'a'), seconds(real, 'b')]).toEqual([
      [1200, 1200],
      [600, 600],
    ]);
    real.pass(590_000);
    const rekeyed = real.events('b', 'child-sa').find(({ change }) => change === 'rekeyed');
    expect(rekeyed?.change === 'rekeyed' && rekeyed.sa.role).toBe('initiator');
    real.send('a', there, 2);
    expect(real.accepted('b').map(([number]) => number)).toEqual([1, 2]);
  });

  it('of an ISAKMP SA: the responder’s, where that is shorter', () => {
    const real = meeting(1, { ike: '-life 1200' }, { ike: '-life 700' });
    real.send('a', there, 1);
    expect(real.payloads('b').join()).toContain('RESPONDER-LIFETIME');
    real.pass(720_000);
    const closed = (name: string) =>
      entriesOf(real.trace.entries, 'event').filter(
        ({ host, event }) => host === name && event.kind === 'ike-sa' && event.change === 'closed',
      );
    expect(closed('a').map(({ at }) => Math.round(at / 100_000))).toEqual([7]);
    expect(closed('b').map(({ at }) => Math.round(at / 100_000))).toEqual([7]);
  });
});

describe('a first pair that fails', () => {
  it.each([
    [1, 'hpux', 1],
    [2, 'hpux', 0],
    [2, 'strict-rfc', 1],
    [2, 'strongswan', 1],
  ] as const)('IKEv%i, %s: %i IKE SAs are left', (version, profile: PeerProfileName, left) => {
    const real = meeting(version, {}, { action: 'ESP_3DES_HMAC_MD5/600/0' }, { a: { profile }, b: { profile } });
    real.send('a', there, 1, 2 * minutes);
    expect([real.host('a').engine.ikeSas().length, real.host('b').engine.ikeSas().length]).toEqual([left, left]);
    expect(real.host('a').stack.sad.size).toBe(0);
  });
});

describe('a peer that is not there', () => {
  it.each([
    ['hpux', [0, 1, 3, 7, 15, 31]],
    ['strongswan', [0, 4, 11.2, 24.16, 47.488, 89.478]],
    ['libreswan', [0, 0.5, 1, 2, 4, 8, 16, 32]],
  ] as const)('%s asks it after %j seconds, in both versions', (profile, seconds) => {
    for (const version of [1, 2] as const) {
      const real = realWorld({ a: { text: records(version, a, b), profile } });
      // One try: what packets ask for later is another matter.
      real.send('a', there, 1, 250_000);
      const tries = real
        .sentAt('a')
        .slice(0, seconds.length)
        .map((at) => Math.round(at) / 1000);
      expect(tries, `IKEv${version}`).toEqual(seconds);
      expect(real.failures('a')[0]).toBe('timeout');
      expect(real.host('a').engine.ikeSas()).toEqual([]);
    }
  });

  it('is given up by HP-UX when the next repetition would be due, and the packet with it', () => {
    const real = realWorld({ a: { text: records(2, a, b), profile: 'hpux' } });
    real.send('a', there, 1, 62_000);
    expect(real.failures('a')).toEqual([]);
    real.pass(2_000);
    expect(real.failures('a')).toEqual(['timeout']);
    expect(entriesOf(real.trace.entries, 'dropped').map(({ reason }) => reason)).toEqual(['no-sa']);
  });
});
