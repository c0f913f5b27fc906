import { describe, expect, it } from 'vitest';
import type { ChildRequest } from '../../../src/engine/input.js';
import { formatSelector } from '../../../src/model/traffic-selector.js';
import {
  agree,
  eventsOf,
  failures,
  packetAB,
  pair,
  requestFor,
  type System,
  type SystemOptions,
  straight,
  system,
  texts,
  World,
} from './support.js';

type Side = Partial<Omit<SystemOptions, 'addresses'>>;

function run(a: Side, b: Side, packet = packetAB): World {
  const world = pair(a, b);
  world.request('alpha', packet);
  world.settle();
  return world;
}

function expectUp(world: World, sas = 2): void {
  const [alpha, beta] = [world.system('alpha'), world.system('beta')];
  expect(
    failures(alpha)
      .concat(failures(beta))
      .map(({ text }) => text),
  ).toEqual([]);
  expect(alpha.sas.size).toBe(sas);
  expect(agree(alpha, beta)).toBe(true);
}

function ids(of: System): string[] {
  return eventsOf(of, 'child-sa').flatMap((event) =>
    'sa' in event
      ? [`${event.sa.selectors.local.map(formatSelector)} > ${event.sa.selectors.remote.map(formatSelector)}`]
      : [],
  );
}

const psk = '-kmp IKEV1 -exchange MM -preshared secret-of-both';
const auth = (remote: string) => `add auth x -remote ${remote} -priority 10 ${psk}\n`;

describe('transforms', () => {
  it.each([
    'ESP_DES_HMAC_SHA1',
    'ESP_3DES_HMAC_MD5',
    'ESP_AES128_HMAC_SHA1',
    'ESP_AES192_HMAC_SHA1',
    'ESP_AES256_HMAC_SHA2_256',
    'ESP_AES256_HMAC_SHA2_512',
    'ESP_NULL_HMAC_SHA1',
    'ESP_AES128_GCM16',
    'ESP_AES256_CCM16',
    'ESP_CHACHA20_POLY1305',
    'AH_SHA1',
    'AH_MD5',
    'AH_SHA2_256',
  ])('%s', (word) => {
    const dialect = 'extended';
    const world = run({ text: texts.a(psk, '', word), dialect }, { text: texts.b(psk, '', word), dialect });
    expectUp(world);
  });

  it('are chosen by the order of the initiator, or of the responder where the product does that', () => {
    const lists = ['ESP_3DES_HMAC_SHA1,ESP_AES128_HMAC_SHA1', 'ESP_AES128_HMAC_SHA1,ESP_3DES_HMAC_SHA1'] as const;
    const chosen = (traits: Side['traits'] = {}) => {
      const world = run({ text: texts.a(psk, '', lists[0]) }, { text: texts.b(psk, '', lists[1]), traits });
      expectUp(world);
      return [...world.system('beta').sas.values()][0]!.encryption!.name;
    };
    expect(chosen()).toBe('3DES-CBC');
    expect(chosen({ proposalPreference: { value: 'responder', note: '' } })).toBe('AES-CBC-128');
  });

  it('with extended sequence numbers (RFC 4304)', () => {
    const withEsn = (text: string) => text.replace('-action ESP', '-esn ON -action ESP');
    const dialect = 'extended';
    const world = run({ text: withEsn(texts.a()), dialect }, { text: withEsn(texts.b()), dialect });
    expectUp(world);
    expect([...world.system('alpha').sas.values()].every(({ esn }) => esn)).toBe(true);
  });
});

describe('perfect forward secrecy', () => {
  it.each([2, 5, 14, 3])('takes a key exchange of group %i in each Quick Mode', (group) => {
    const ike = `-group ${group} -hash SHA1 -encryption AES128-CBC -pfs ON`;
    const world = run({ text: texts.a(psk, ike) }, { text: texts.b(psk, ike) });
    expectUp(world);
    expect(world.trace.filter((line) => line.includes('SA, NONCE, KE'))).toHaveLength(2);
  });

  it('of identities too: an ISAKMP SA for one Quick Mode (A.02 -maxqm 1)', () => {
    const dialect = 'A.02';
    const ike = '-auth PSK -group 2 -hash MD5 -encryption 3DES -life 28800 -maxqm 1';
    const text = (own: string, peer: string) =>
      `add host h -source ${own} -destination ${peer} -priority 10 -action ESP_AES128_HMAC_SHA1 -flags EXCLUSIVE\n` +
      `add ike i -remote ${peer} -priority 10 ${ike}\nadd auth x -remote ${peer} -exchange MM -preshared k\n`;
    const world = pair(
      { text: text('10.1.1.1', '10.2.2.2'), dialect },
      { text: text('10.2.2.2', '10.1.1.1'), dialect },
    );
    world.request('alpha', packetAB);
    world.request('alpha', 'tcp 10.1.1.1:4001 > 10.2.2.2:23');
    world.run(60_000);
    expectUp(world, 4);
    expect(eventsOf(world.system('alpha'), 'ike-sa').map(({ change }) => change)).toEqual([
      'established',
      'established',
      'closed',
      'closed',
    ]);
    expect(world.systems.map(({ engine }) => engine.ikeSas().length)).toEqual([0, 0]);
  });
});

describe('client identities', () => {
  it('are those of the host policy, wildcards included', () => {
    const world = run({}, {});
    expect(ids(world.system('alpha'))).toEqual(['10.1.1.1 > 10.2.2.2']);
    expect(ids(world.system('beta'))).toEqual(['10.2.2.2 > 10.1.1.1']);
  });

  it('are exact values of the packet for EXCLUSIVE, one pair for each flow', () => {
    const exclusive = (text: string) => text.replace('-action', '-flags EXCLUSIVE -action');
    const world = pair({ text: exclusive(texts.a()) }, { text: exclusive(texts.b()) });
    world.request('alpha', packetAB);
    world.request('alpha', 'tcp 10.1.1.1:4001 > 10.2.2.2:23');
    world.settle();
    expectUp(world, 4);
    expect(ids(world.system('beta'))).toEqual([
      '10.2.2.2 TCP port 23 > 10.1.1.1 TCP port 4000',
      '10.2.2.2 TCP port 23 > 10.1.1.1 TCP port 4001',
    ]);
    expect([...world.system('alpha').sas.values()].every(({ populatedFrom }) => populatedFrom)).toBe(true);
  });

  it('take the packet’s port for a range', () => {
    const ranged = (text: string, from: string, to: string) => text.replace(from, to);
    const world = run(
      { text: ranged(texts.a(), '-destination 10.2.2.2', '-destination 10.2.2.2/32/20-30 -protocol TCP') },
      { text: ranged(texts.b(), '-source 10.2.2.2', '-source 10.2.2.2/32/20-30 -protocol TCP') },
    );
    expectUp(world);
    expect(ids(world.system('alpha'))).toEqual(['10.1.1.1 TCP > 10.2.2.2 TCP port 23']);
  });

  const tunnel = (own: string, peer: string, net: string, remoteNet: string) =>
    `add tunnel t -tsource ${own} -tdestination ${peer} -source ${net} -destination ${remoteNet} -action ESP_AES128_HMAC_SHA1\n` +
    `add host h -source ${net} -destination ${remoteNet} -priority 10 -tunnel t -action PASS\n${auth(peer)}`;

  it.each([
    ['networks', '172.16.1.0/24', '172.16.2.0/24', '172.16.1.0/24 > 172.16.2.0/24'],
    ['ranges', '172.16.1.1-172.16.1.9', '172.16.2.3-172.16.2.8', '172.16.1.1-172.16.1.9 > 172.16.2.3-172.16.2.8'],
    ['hosts', '172.16.1.1', '172.16.2.3', '172.16.1.1 > 172.16.2.3'],
  ])('of a tunnel are its %s', (_, mine, theirs, expected) => {
    const world = run(
      { text: tunnel('10.1.1.1', '10.2.2.2', mine, theirs) },
      { text: tunnel('10.2.2.2', '10.1.1.1', theirs, mine) },
      'tcp 172.16.1.1:4000 > 172.16.2.3:23',
    );
    expectUp(world);
    expect(ids(world.system('alpha'))).toEqual([expected]);
    expect([...world.system('beta').sas.values()].every(({ mode }) => mode === 'tunnel')).toBe(true);
  });

  it('within the responder’s policy are enough, or are narrowed, where the product does that', () => {
    const wide = tunnel('10.2.2.2', '10.1.1.1', '172.16.0.0/16', '172.16.0.0/16');
    const narrow = tunnel('10.1.1.1', '10.2.2.2', '172.16.1.0/24', '172.16.2.0/24');
    const packet = 'tcp 172.16.1.1:4000 > 172.16.2.3:23';
    const compare = (value: 'equal' | 'within' | 'narrow') => ({ quickModeIdentities: { value, note: '' } });
    const equal = run({ text: narrow }, { text: wide }, packet);
    expect(failures(equal.system('beta')).map(({ code }) => code)).toEqual(['selectors-unacceptable']);
    expectUp(run({ text: narrow }, { text: wide, traits: compare('within') }, packet));
    const mirrored = tunnel('10.2.2.2', '10.1.1.1', '172.16.2.0/24', '172.16.1.0/24');
    const narrowed = run(
      {
        text: wide.replaceAll('10.2.2.2', 'X').replaceAll('10.1.1.1', '10.2.2.2').replaceAll('X', '10.1.1.1'),
        traits: compare('narrow'),
      },
      { text: mirrored, traits: compare('narrow') },
      packet,
    );
    expectUp(narrowed);
    expect(ids(narrowed.system('alpha'))).toEqual(['172.16.1.0/24 > 172.16.2.0/24']);
  });

  it('are narrowed by no entry where a later one takes them whole', () => {
    const two = (own: string, peer: string) =>
      `add host tcp -source ${own} -destination ${peer} -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA1\n` +
      `add host all -source ${own} -destination ${peer} -priority 20 -action ESP_AES128_HMAC_SHA1\n${auth(peer)}`;
    const a = { text: two('10.1.1.1', '10.2.2.2') };
    const b = { text: two('10.2.2.2', '10.1.1.1'), profile: 'strongswan' } as const;
    const world = run(a, b, 'udp 10.1.1.1:4000 > 10.2.2.2:23');
    expectUp(world);
    expect(ids(world.system('beta'))).toEqual(['10.2.2.2 > 10.1.1.1']);
    expect(eventsOf(world.system('beta'), 'search').at(-1)?.found?.record.name).toBe('all');
  });

  it('that are answered otherwise than the initiator takes end the exchange on both sides, without an echo', () => {
    // The responder narrows to TCP, and the initiator wants all or nothing.
    const a = { text: texts.a(psk) };
    const tcp = texts.b(psk).replace('-priority 10 -action', '-protocol TCP -priority 10 -action');
    const world = run(a, { text: tcp, profile: 'strongswan' });
    world.run(600_000);
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    expect(failures(alpha).map(({ code, foundBy }) => [code, foundBy])).toEqual([['selectors-unacceptable', 'us']]);
    expect(failures(beta).map(({ code, foundBy, notify }) => [code, foundBy, notify])).toEqual([
      ['selectors-unacceptable', 'peer', 'INVALID-ID-INFORMATION'],
    ]);
    expect(world.systems.map(({ sas }) => sas.size)).toEqual([0, 0]);
    // Six messages of Main Mode, two of Quick Mode, and the refusal.
    expect(world.sent).toHaveLength(9);
  });

  it('of IPv6', () => {
    const text = (own: string, peer: string) =>
      `add host h -source ${own} -destination ${peer} -priority 10 -action ESP_AES128_HMAC_SHA1\n${auth(peer)}`;
    const [a, b] = ['2001:db8::1', '2001:db8::2'] as const;
    const world = new World([
      system('alpha', { text: text(a, b), addresses: [a] }),
      system('beta', { text: text(b, a), addresses: [b] }),
    ]);
    world.request('alpha', 'tcp [2001:db8::1]:4000 > [2001:db8::2]:23');
    world.settle();
    expectUp(world);
    expect(ids(world.system('alpha'))).toEqual(['2001:db8::1 > 2001:db8::2']);
  });
});

describe('several Quick Modes', () => {
  const hosts = (own: string, peer: string) =>
    ['23', '25', '80', '21']
      .map((service, index) => {
        const [source, destination] =
          own === '10.1.1.1'
            ? [own, `${peer}/32/${service} -protocol TCP`]
            : [`${own}/32/${service} -protocol TCP`, peer];
        return `add host h${index} -source ${source} -destination ${destination} -priority ${index + 1}0 -action ESP_AES128_HMAC_SHA1\n`;
      })
      .join('') + auth(peer);

  it('go on at the same time under one ISAKMP SA, told apart by Message ID', () => {
    const world = pair({ text: hosts('10.1.1.1', '10.2.2.2') }, { text: hosts('10.2.2.2', '10.1.1.1') });
    // Later messages overtake earlier ones.
    world.network = (datagram) => [{ delay: 10 + ((datagram.number * 37) % 50), datagram }];
    for (const port of [23, 25, 80, 21]) world.request('alpha', `tcp 10.1.1.1:4000 > 10.2.2.2:${port}`);
    world.run(60_000);
    expectUp(world, 8);
    expect(eventsOf(world.system('alpha'), 'ike-sa')).toHaveLength(1);
    const messageIds = new Set(
      world.sent
        .filter(({ exchange }) => exchange === 'Quick Mode')
        .map(({ octets }) => Buffer.from(octets.subarray(20, 24)).toString('hex')),
    );
    expect(messageIds.size).toBe(4);
  });

  it('of both sides cross each other', () => {
    const world = pair();
    world.request('alpha', packetAB);
    world.request('beta', 'tcp 10.2.2.2:4000 > 10.1.1.1:23');
    world.run(60_000);
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    expect(failures(alpha).concat(failures(beta))).toEqual([]);
    expect(agree(alpha, beta)).toBe(true);
  });

  it('are asked for once, however often a packet asks', () => {
    const world = pair();
    for (let time = 0; time < 5; time += 1) world.request('alpha', packetAB);
    world.settle();
    expectUp(world);
  });
});

describe('several pairs in one Quick Mode', () => {
  const nested = (own: string, peer: string) =>
    `add host h -source ${own} -destination ${peer} -priority 10 -action AH_MD5+ESP_3DES\n` +
    `add ike i -remote ${peer} -priority 10 -auth PSK -group 2 -hash MD5 -encryption 3DES -life 28800 -maxqm 100\n` +
    `add auth x -remote ${peer} -exchange MM -preshared k\n`;
  const sides = [
    { text: nested('10.1.1.1', '10.2.2.2'), dialect: 'A.02' },
    { text: nested('10.2.2.2', '10.1.1.1'), dialect: 'A.02' },
  ] as const;

  it('are AH over ESP, wanted together (RFC 2408 §4.2)', () => {
    const world = run(...sides);
    expectUp(world, 4);
    expect([...world.system('beta').sas.values()].map(({ protocol }) => protocol).sort()).toEqual([
      'AH',
      'AH',
      'ESP',
      'ESP',
    ]);
    expect(world.sent.filter(({ exchange }) => exchange === 'Quick Mode')).toHaveLength(3);
    expect(eventsOf(world.system('alpha'), 'child-sa')).toHaveLength(2);
  });

  it('come to nothing where the peer is for one of them only', () => {
    const single = sides[1].text.replace('AH_MD5+ESP_3DES', 'ESP_3DES');
    const world = run(sides[0], { text: single, dialect: 'A.02' });
    expect(failures(world.system('beta')).map(({ code }) => code)).toEqual(['no-child-proposal']);
    expect(world.system('beta').sas.size).toBe(0);
  });
});

describe('lifetimes', () => {
  const life = (seconds: number, kilobytes = 0) => `ESP_AES128_HMAC_SHA1/${seconds}/${kilobytes}`;
  const seconds = (of: System) => [...of.sas.values()].map(({ limits }) => limits.hardSeconds);

  it('that are shorter than the responder’s are taken', () => {
    const world = run({ text: texts.a(psk, '', life(600)) }, { text: texts.b(psk, '', life(28800)) });
    expectUp(world);
    expect(world.systems.map(seconds)).toEqual([
      [600, 600],
      [600, 600],
    ]);
  });

  it('that are longer are answered by RESPONDER-LIFETIME (RFC 2407 §4.6.3.1)', () => {
    const world = run({ text: texts.a(psk, '', life(28800, 50_000)) }, { text: texts.b(psk, '', life(600, 10_000)) });
    expectUp(world);
    expect(world.systems.map(seconds)).toEqual([
      [600, 600],
      [600, 600],
    ]);
    expect([...world.system('alpha').sas.values()][0]!.limits.hardKilobytes).toBe(10_000);
    expect(world.trace.filter((line) => line.includes('N(RESPONDER-LIFETIME)'))).toHaveLength(1);
  });

  it('that are longer are taken where the product does so', () => {
    const traits = { longerLifetime: { value: 'accept', note: '' } } as const;
    const world = run({ text: texts.a(psk, '', life(28800)) }, { text: texts.b(psk, '', life(600)), traits });
    expect(seconds(world.system('beta'))).toEqual([28800, 28800]);
  });

  it('without end', () => {
    const endless = (config: Parameters<NonNullable<Side['adjust']>>[0]) => ({
      ...config,
      spd: config.spd.map((entry) =>
        entry.action.kind === 'PROTECT'
          ? {
              ...entry,
              action: {
                ...entry.action,
                bundle: entry.action.bundle.map((template) => ({
                  ...template,
                  proposals: template.proposals.map((one) => ({
                    ...one,
                    lifetimeSeconds: { ...one.lifetimeSeconds, value: 0 },
                  })),
                })),
              },
            }
          : entry,
      ),
    });
    const world = run({ adjust: endless }, { adjust: endless });
    expectUp(world);
    expect(seconds(world.system('beta'))).toEqual([undefined, undefined]);
  });
});

describe('a request without a packet', () => {
  it('is for what the policy is for', () => {
    const world = pair();
    const alpha = world.system('alpha');
    const { packet: _, ...request }: ChildRequest = requestFor(alpha, packetAB);
    world.input('alpha', { kind: 'request', request });
    world.settle();
    expectUp(world);
  });
});

describe('the Commit bit', () => {
  /** Sets it in messages of Quick Mode; it is in the header, which no hash covers. */
  const committed = (sender: string, number: number): World => {
    const world = pair();
    world.network = (datagram) => {
      const octets = datagram.octets.slice();
      if (datagram.sender === sender && datagram.number === number) octets[19] = octets[19]! | 2;
      return straight({ ...datagram, octets });
    };
    world.request('alpha', packetAB);
    world.run(30_000);
    return world;
  };

  it('of a responder that never says CONNECTED only delays the use of the SAs', () => {
    const world = committed('beta', 7);
    expectUp(world);
  });

  it('of an initiator is answered by CONNECTED', () => {
    const world = committed('alpha', 6);
    expectUp(world);
    expect(world.trace.filter((line) => line.includes('N(CONNECTED)'))).toHaveLength(1);
  });
});
