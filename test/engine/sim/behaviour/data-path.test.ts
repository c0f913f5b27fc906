/** What systems do with packets: hpux-ipsec reference 2.1.1 and 8, played by two or three systems. */
import { describe, expect, it } from 'vitest';
import { entriesOf } from '../../../../src/engine/sim/trace.js';
import { toHex } from '../../../../src/engine/wire/codec.js';
import { icmpError } from '../../ipsec/icmp-support.js';
import { type RealSide, type RealWorld, realWorld, records } from '../real-world.js';
import { probe } from '../support.js';

const [a, b] = ['192.0.2.1', '192.0.2.2'];
const there = `tcp ${a}:4000 > ${b}:23`;
const back = `tcp ${b}:23 > ${a}:4000`;
const minutes = 60_000;
const psk = '-preshared Sand7-Plover_99x-Reed';

const drops = (real: RealWorld, name: string) =>
  entriesOf(real.trace.entries, 'dropped').flatMap(({ host, direction, reason }) =>
    host === name ? [`${direction} ${reason}`] : [],
  );
/** Packets of a system that are neither IKE nor protected. */
const inClear = (real: RealWorld, name: string) =>
  entriesOf(real.trace.entries, 'sent').filter(
    ({ host, ike, through }) => host === name && !ike && through.length === 0,
  );
const hpux = (text: string, more: Partial<RealSide> = {}): RealSide => ({ text, profile: 'hpux', ...more });

describe('a tunnel and an end-to-end SA', () => {
  const [gateway, inside] = ['198.51.100.1', '10.20.3.3'];
  const ike = (peer: string) =>
    `add ikev2 ike${peer.replaceAll('.', '_')} -remote ${peer} -priority ${peer === gateway || peer === a ? 10 : 20} -group 14 -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1`;
  const auth = (peer: string, priority: number) =>
    `add auth auth${priority} -remote ${peer} -priority ${priority} -kmp IKEV2 ${psk}`;
  const near = [
    `add host all -source ${a} -destination ${inside} -priority 10 -tunnel net -action ESP_AES128_HMAC_SHA1/600/0`,
    `add tunnel net -tsource ${a} -tdestination ${gateway} -source ${a} -destination 10.20.0.0/16 -action ESP_AES256_HMAC_SHA1/600/0`,
    ike(gateway),
    ike(inside),
    auth(gateway, 10),
    auth(inside, 20),
  ].join('\n');
  const far = [
    `add host all -source ${inside} -destination ${a} -priority 10 -action ESP_AES128_HMAC_SHA1/600/0`,
    ike(a),
    auth(a, 10),
  ].join('\n');
  it('come about in this order, and a packet goes through both', () => {
    const real = realWorld(
      {
        a: hpux(near),
        // A gateway of another product: HP-UX is none (reference 8.7).
        gate: {
          text: [
            '# ipsec-dialect: extended',
            `add host back -source 10.20.0.0/16 -destination ${a} -priority 10 -tunnel net -action PASS`,
            `add tunnel net -tsource ${gateway} -tdestination ${a} -source 10.20.0.0/16 -destination ${a} -action ESP_AES256_HMAC_SHA1/600/0`,
            ike(a),
            auth(a, 10),
          ].join('\n'),
          host: { forwards: true },
        },
        far: hpux(far),
      },
      { network: { routes: [{ host: 'far', via: 'gate' }] } },
    );
    real.send('a', `tcp ${a}:4000 > ${inside}:23`, 1, 5_000);
    const installs = entriesOf(real.trace.entries, 'install').filter(({ host }) => host === 'a');
    expect(installs.map(({ sa }) => sa.mode)).toEqual(['tunnel', 'tunnel', 'transport', 'transport']);
    const peers = real.messages().filter((text) => text.startsWith('a IKE_SA_INIT'));
    expect(peers).toHaveLength(2);
    expect(real.accepted('far')).toEqual([[1, 1]]);
    const [sent] = entriesOf(real.trace.entries, 'sent').filter(
      ({ host, through }) => host === 'a' && through.length > 0,
    );
    expect(sent?.through).toHaveLength(2);
  });
});

describe('packets in the clear', () => {
  it('are refused where the policy protects them, and no SA is asked for because of them', () => {
    const real = realWorld({
      a: hpux(`add host clear -source ${a} -destination ${b} -priority 10 -action PASS`),
      b: hpux(records(1, b, a)),
    });
    real.send('a', there, 1);
    expect([real.accepted('b'), drops(real, 'b'), real.messages()]).toEqual([[], ['inbound unprotected'], []]);
  });

  it.each([
    ['PASS', [[1, 0]]],
    ['DISCARD', []],
  ] as const)('go by the first policy that fits, and by the default one (%s) where none does', (action, expected) => {
    const real = realWorld({
      a: hpux(`add host all -source ${a} -destination 0.0.0.0/0 -priority 10 -action PASS`),
      b: hpux(
        [
          `add host telnet -source ${b}/32/23 -destination 192.0.2.0/24 -protocol TCP -priority 20 -action PASS`,
          `add host never -source ${b}/32/23 -destination ${a} -protocol TCP -priority 10 -action DISCARD`,
          `add host default -action ${action}`,
        ].join('\n'),
      ),
    });
    real.send('a', `udp ${a}:4000 > ${b}:53`, 1);
    real.send('a', there, 2);
    expect(real.accepted('b')).toEqual(expected);
    expect(drops(real, 'b')).toContain('inbound policy');
  });
});

describe('FALLBACK_TO_CLEAR', () => {
  const falls = (version: 1 | 2) => records(version, a, b, { host: '-flags FALLBACK_TO_CLEAR' });
  const plain = (own: string) => hpux(`add host all -source ${own} -destination 0.0.0.0/0 -priority 10 -action PASS`);
  const world = (version: 1 | 2, profile: 'hpux' | 'ours') =>
    realWorld(
      { a: { text: falls(version), profile }, b: plain(b) },
      { network: { lose: ({ octets }) => octets[9] === 17 } },
    );

  it.each([1, 2] as const)('IKEv%i: packets wait for the negotiation, and pass when it fails', (version) => {
    const real = world(version, 'hpux');
    // Six tries in 63 seconds; this one comes when most of them are over.
    real.send('a', there, 1, 40_000);
    real.send('a', there, 2, 20_000);
    expect(real.accepted('b')).toEqual([]);
    real.pass(10_000);
    expect(real.accepted('b')).toEqual([
      [1, 0],
      [2, 0],
    ]);
  });

  it('of HP-UX lets that flow pass both ways from then on, and no other', () => {
    const real = world(2, 'hpux');
    real.send('a', there, 1, 64_000);
    real.send('a', there, 2);
    real.send('b', back, 3);
    real.pass(30 * minutes);
    real.send('a', there, 4);
    expect([real.accepted('b'), real.accepted('a')]).toEqual([
      [
        [1, 0],
        [2, 0],
        [4, 0],
      ],
      [[3, 0]],
    ]);
    const before = real.messages().length;
    real.send('a', `tcp ${a}:4001 > ${b}:23`, 5);
    expect(real.accepted('b')).toHaveLength(3);
    expect(real.messages().length).toBeGreaterThan(before);
  });

  it('of ours tries again', () => {
    const real = world(2, 'ours');
    real.send('a', there, 1, 128_000);
    real.send('a', there, 2);
    expect(real.accepted('b')).toEqual([[2, 0]]);
    const before = real.messages().length;
    real.pass(10 * minutes);
    real.send('a', there, 3);
    expect(real.messages().length).toBeGreaterThan(before);
    expect(real.accepted('b')).toHaveLength(1);
  });

  it.each([
    ['hpux', [[2, 0]]],
    ['ours', []],
  ] as const)('takes what comes in the clear; %s answers it so at once: %j', (profile, answers) => {
    const real = realWorld({
      a: plain(a),
      b: { text: records(2, b, a, { host: '-flags FALLBACK_TO_CLEAR' }), profile },
    });
    real.send('a', there, 1);
    expect(real.accepted('b')).toEqual([[1, 0]]);
    real.send('b', back, 2);
    expect(real.accepted('a')).toEqual(answers);
    expect(inClear(real, 'b')).toHaveLength(answers.length);
  });

  it('is none where the SAs are there: clear text is refused then', () => {
    const both = (own: string, peer: string) => hpux(records(2, own, peer, { host: '-flags FALLBACK_TO_CLEAR' }));
    const real = realWorld({ a: both(a, b), b: both(b, a) });
    real.send('a', there, 1);
    expect(real.accepted('b')).toEqual([[1, 1]]);
    real.host('b').receive(probe(there, 9));
    expect(real.accepted('b')).toEqual([[1, 1]]);
    expect(drops(real, 'b')).toEqual(['inbound unprotected']);
  });

  it('is not allowed without the flag', () => {
    const real = realWorld(
      { a: hpux(records(2, a, b)), b: plain(b) },
      { network: { lose: ({ octets }) => octets[9] === 17 } },
    );
    real.send('a', there, 1, 10 * minutes);
    expect([real.accepted('b'), inClear(real, 'a')]).toEqual([[], []]);
  });
});

describe('the bypass list', () => {
  it('takes the whole product away from a local address, both ways, and from no other', () => {
    const text = (own: string, peer: string) =>
      `${records(2, own, peer)}\nadd host never -source 192.0.2.3 -destination 192.0.2.0/24 -priority 20 -action DISCARD`;
    const side = (own: string, peer: string, other: string) => hpux(`${text(own, peer)}\nadd bypass ${other}`);
    const real = realWorld({
      a: side(a, b, '192.0.2.3'),
      b: hpux(`${records(2, b, a)}\nadd host rest -source 0.0.0.0/0 -destination 192.0.2.3 -priority 20 -action PASS`),
    });
    real.send('a', `tcp 192.0.2.3:4000 > ${b}:23`, 1);
    real.send('b', `tcp ${b}:23 > 192.0.2.3:4000`, 2);
    real.send('a', there, 3);
    expect([real.accepted('b'), real.accepted('a')]).toEqual([
      [
        [1, 0],
        [3, 1],
      ],
      [[2, 0]],
    ]);
  });
});

describe('ICMP', () => {
  const six = ['2001:db8::1', '2001:db8::2'] as const;
  const world = (version: 4 | 6, host: string) => {
    const [near, far] = version === 4 ? [a, b] : six;
    const text = (own: string, peer: string) =>
      records(2, own, peer).replace(
        /add host .*/,
        `add host h -source ${own} -destination ${peer} -priority 10 ${host}`,
      );
    return realWorld({ a: hpux(text(near, far)), b: hpux(text(far, near)) });
  };
  const protect = '-action ESP_AES128_HMAC_SHA1/600/0';

  it.each([
    [4, 'icmp', 8, 1],
    [4, 'icmp', 5, 1],
    [6, 'icmpv6', 128, 1],
    [6, 'icmpv6', 129, 1],
    [6, 'icmpv6', 135, 0],
    [6, 'icmpv6', 136, 0],
    [6, 'icmpv6', 137, 0],
    [6, 'icmpv6', 133, 0],
  ] as const)(
    'ICMPv%i %s of type %i goes through %i SAs by a policy for all protocols',
    (family, name, type, through) => {
      const real = world(family, protect);
      const [near, far] = family === 4 ? [a, b] : six;
      real.send('a', `${name} ${near} > ${far} type ${type}`, 1, 2_000);
      expect(real.accepted('b')).toEqual([[1, through]]);
    },
  );

  it('ICMPv6 types are taken in where a policy names them, errors too', () => {
    const real = world(6, `-protocol ICMPV6 -src_icmpv6_type 135 -dst_icmpv6_type 135 ${protect}`);
    real.send('a', `icmpv6 ${six[0]} > ${six[1]} type 135`, 1, 2_000);
    real.send('a', `icmpv6 ${six[0]} > ${six[1]} type 136`, 2, 2_000);
    expect(real.accepted('b')).toEqual([
      [1, 1],
      [2, 0],
    ]);
  });

  it('a default policy of DISCARD leaves the types alone that always pass', () => {
    const discards = 'add host default -action DISCARD';
    const real = realWorld({
      a: hpux(`${records(2, six[0], six[1])}\n${discards}`),
      b: hpux(`${records(2, six[1], six[0])}\n${discards}`),
    });
    real.send('a', `icmpv6 ${six[0]} > ff02::1 type 135`, 1, 2_000);
    expect(inClear(real, 'a')).toHaveLength(1);
    real.send('a', `icmpv6 ${six[0]} > 2001:db8::9 type 128`, 2, 2_000);
    expect(inClear(real, 'a')).toHaveLength(1);
  });

  it.each([
    ['hpux', 1],
    ['ours', 0],
  ] as const)('errors about protected packets pass in the clear as %s has it: %i', (profile, passed) => {
    const text = (own: string, peer: string) =>
      `${records(2, own, peer).replace('-priority 10 -action', '-protocol TCP -priority 10 -action')}\nadd host rest -source 0.0.0.0/0 -destination 0.0.0.0/0 -priority 20 -action PASS`;
    const real = realWorld({ a: { text: text(a, b), profile }, b: { text: text(b, a), profile } });
    real.send('a', there, 1);
    real.host('b').send(icmpError(b, a, probe(there, 1)));
    real.pass(1_000);
    expect(inClear(real, 'b')).toHaveLength(passed);
  });
});

describe('an SPI that nobody knows', () => {
  const crashed = (version: 1 | 2, profile: 'hpux' | 'strict-rfc'): RealWorld => {
    const real = realWorld({
      a: { text: records(version, a, b), profile },
      b: { text: records(version, b, a), profile },
    });
    real.send('a', there, 1);
    real.world.crash('b', real.world.now() + 100, 1_000);
    // Sooner, the peer would count as heard of just now.
    real.pass(15_000);
    real.send('a', there, 2, 20_000);
    return real;
  };

  it('of a peer with an auth record makes HP-UX start IKEv1 with INITIAL-CONTACT, and packets pass again', () => {
    const real = crashed(1, 'hpux');
    expect(entriesOf(real.trace.entries, 'sa-event').map(({ event }) => event.kind)).toContain('unknown-spi');
    expect(real.payloads('b').join('\n')).toContain('INITIAL-CONTACT');
    expect(real.events('a', 'ike-sa').filter(({ change }) => change === 'closed')).toHaveLength(1);
    real.send('a', there, 3, 10_000);
    expect(real.accepted('b').map(([number]) => number)).toEqual([1, 3]);
  });

  it('of a stranger does nothing but that', () => {
    const real = crashed(1, 'hpux');
    const before = real.messages().length;
    const stranger = entriesOf(real.trace.entries, 'sent').find(
      ({ host, through }) => host === 'a' && through.length > 0,
    )!;
    const forged = stranger.octets.slice();
    forged.set([203, 0, 113, 9], 12);
    real.host('b').receive(forged);
    real.pass(10_000);
    expect(real.messages()).toHaveLength(before);
    expect(toHex(forged)).not.toBe(toHex(stranger.octets));
  });

  it('in IKEv2 is told in the clear; the other end asks whether its peer is there, and deletes what is not', () => {
    const real = crashed(2, 'hpux');
    expect(real.payloads('b').join('\n')).toContain('INVALID_SPI');
    real.pass(3 * minutes);
    const closed = real.events('a', 'ike-sa').filter(({ change }) => change === 'closed');
    expect(closed.length).toBeGreaterThan(0);
    real.send('a', there, 3, 10_000);
    expect(real.accepted('b').map(([number]) => number)).toContain(3);
  });
});
