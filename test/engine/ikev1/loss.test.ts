/**
 * Every message of a whole life may be lost, doubled, late, or out of order. Deletes and liveness have no answer in IKEv1 that
 * would make them sure: what a lost one leaves behind at one end is gone, or has its other end again, when its time is over.
 */
import { describe, expect, it } from 'vitest';
import {
  agree,
  type Datagram,
  failures,
  type Network,
  packetAB,
  packetBA,
  pair,
  type System,
  straight,
  texts,
  type World,
} from './support.js';

const childSeconds = 2_400;
const action = `ESP_AES128_HMAC_SHA1/${childSeconds}/0`;
const ike = '-group 31 -hash SHA1 -encryption AES128-CBC -life 3000 -pfs ON';
const psk = (exchange: string) => `-kmp IKEV1 -exchange ${exchange} -preshared secret-of-both`;
/** Between two acts: longer than a request is repeated. */
const actMillis = 140_000;

function worldOf(exchange: string, network: Network): World {
  return pair(
    { text: texts.a(psk(exchange), ike, action), dialect: 'extended' },
    { text: texts.b(psk(exchange), ike, action), dialect: 'extended' },
    network,
  );
}

/** Phase 1, Quick Mode, new keys for the pair and for the ISAKMP SA by either side, liveness, deletes, and all of it again. */
function life(world: World): void {
  const [alpha, beta] = [world.system('alpha'), world.system('beta')];
  const rest = () => world.run(world.now + actMillis);
  const onPair = (of: System, kind: 'rekey-child' | 'delete-child') => {
    const [age] = [...of.ages.values()];
    if (age) world.input(of.name, { kind, sa: age.id });
    rest();
  };
  const onIke = (of: System, kind: 'rekey-ike' | 'check-liveness' | 'delete-ike') => {
    const sa = of.engine.ikeSas().at(-1);
    if (sa) world.input(of.name, { kind, ikeSa: sa.name });
    rest();
  };
  world.request('alpha', packetAB);
  rest();
  onPair(alpha, 'rekey-child');
  onPair(beta, 'rekey-child');
  onIke(alpha, 'rekey-ike');
  onIke(beta, 'rekey-ike');
  onIke(alpha, 'check-liveness');
  onIke(beta, 'check-liveness');
  onPair(beta, 'delete-child');
  world.request('beta', packetBA);
  rest();
  onIke(alpha, 'delete-ike');
  world.request('alpha', packetAB);
  rest();
}

/** What is not the same at both ends. */
function disagreement(world: World): string[] {
  const [alpha, beta] = [world.system('alpha'), world.system('beta')];
  const cookies = ({ engine }: System) =>
    engine
      .ikeSas()
      .map(({ initiatorSpi, responderSpi }) => `${initiatorSpi} ${responderSpi}`)
      .sort()
      .join();
  return [
    ...(agree(alpha, beta) ? [] : [`pairs: ${[...alpha.sas.keys()]} and ${[...beta.sas.keys()]}`]),
    ...(cookies(alpha) === cookies(beta) ? [] : [`ISAKMP SAs: ${cookies(alpha)} and ${cookies(beta)}`]),
  ];
}

/** What is left when the time of everything that there was is over; a pair may be on its way at any given moment. */
function leftOver(world: World): string[] {
  world.run(world.now + 3_100_000);
  let found = disagreement(world);
  for (let tries = 0; tries < 5 && found.length > 0; tries += 1) {
    world.run(world.now + 37_000);
    found = disagreement(world);
  }
  return found;
}

const late =
  (chosen: number, ...delays: readonly number[]): Network =>
  (datagram: Datagram) =>
    datagram.number === chosen ? delays.map((delay) => ({ delay, datagram })) : straight(datagram);

const fates: readonly [string, (chosen: number) => Network][] = [
  ['lost', (chosen) => late(chosen)],
  ['doubled', (chosen) => late(chosen, 10, 12)],
  ['doubled much later', (chosen) => late(chosen, 10, 5_000)],
  ['doubled after everything', (chosen) => late(chosen, 10, 3_000_000)],
  ['late', (chosen) => late(chosen, 2_500)],
  ['very late', (chosen) => late(chosen, 40_000)],
];

describe.each(['MM', 'AM'])('a whole life with %s', (exchange) => {
  const whole = worldOf(exchange, straight);
  life(whole);
  const count = whole.sent.length;

  it('is without a fault when nothing happens to any message', () => {
    expect([...failures(whole.system('alpha')), ...failures(whole.system('beta'))]).toEqual([]);
    expect(disagreement(whole)).toEqual([]);
    // The pair that was there when the ISAKMP SA went, and the one that was asked for then.
    expect(whole.system('alpha').sas.size).toBe(4);
    const exchanges = new Set(whole.sent.map(({ exchange: name }) => name));
    expect(exchanges).toEqual(
      new Set([exchange === 'MM' ? 'Main Mode' : 'Aggressive Mode', 'Quick Mode', 'Informational']),
    );
    expect(count).toBeGreaterThan(25);
  });

  it.each(fates)('each of its messages may be %s', (_, fate) => {
    for (let chosen = 0; chosen < count; chosen += 1) {
      const world = worldOf(exchange, fate(chosen));
      life(world);
      const what = `message ${chosen}, ${world.sent[chosen]?.exchange} of ${world.sent[chosen]?.sender}`;
      expect(
        [...failures(world.system('alpha')), ...failures(world.system('beta'))].map(({ text }) => text),
        what,
      ).toEqual([]);
      // All that was asked for last is there at once, and nothing is half open in the end.
      expect(world.system('alpha').sas.size, what).toBeGreaterThanOrEqual(2);
      expect(leftOver(world), what).toEqual([]);
    }
  });

  it('goes through when all messages are doubled and every third one is lost', () => {
    const world = worldOf(exchange, (datagram) =>
      datagram.number % 3 === 0
        ? []
        : [
            { delay: 10 + (datagram.number % 7) * 40, datagram },
            { delay: 300, datagram },
          ],
    );
    life(world);
    expect(failures(world.system('alpha')).map(({ text }) => text)).toEqual([]);
    expect(leftOver(world)).toEqual([]);
  });
});

it.each(['MM', 'AM'])(
  'an SA that the peer has made meanwhile is not taken from it by a late INITIAL-CONTACT: %s',
  (exchange) => {
    let sent = 0;
    // The first message is lost, and while alpha waits to say it again beta begins and comes to an end.
    const world = worldOf(exchange, (datagram) => {
      sent += 1;
      return sent === 1 ? [] : [{ delay: 10, datagram }];
    });
    world.request('alpha', packetAB);
    world.run(world.now + 200);
    world.request('beta', packetBA);
    world.run(world.now + actMillis);
    expect(failures(world.system('alpha'))).toEqual([]);
    expect(world.system('alpha').sas.size).toBe(4);
    expect(disagreement(world)).toEqual([]);
  },
);

describe('what is refused', () => {
  /** The responder has a shorter lifetime for the ISAKMP SA, and no proposal for the second pair. */
  const refused = (network: Network): World => {
    const two = (text: string, suite: string, own: string, peer: string) =>
      `${text}add host udp -source ${own} -destination ${peer} -protocol UDP -priority 5 -action ${suite}/${childSeconds}/0\n`;
    const world = pair(
      { text: two(texts.a(psk('MM'), ike, action), 'ESP_AES256_HMAC_SHA1', '10.1.1.1', '10.2.2.2') },
      {
        text: two(texts.b(psk('MM'), ike.replace('3000', '1800'), action), 'ESP_3DES_HMAC_MD5', '10.2.2.2', '10.1.1.1'),
      },
      network,
    );
    world.request('alpha', packetAB);
    world.run(actMillis);
    world.request('alpha', packetAB.replace('tcp', 'udp'));
    world.run(world.now + actMillis);
    return world;
  };
  const whole = refused(straight);

  it('is told in Informational exchanges', () => {
    expect(failures(whole.system('alpha')).map(({ code }) => code)).toEqual(['no-child-proposal']);
    expect(whole.trace.filter((line) => line.includes('NO-PROPOSAL-CHOSEN'))).toHaveLength(1);
    expect(whole.trace.filter((line) => line.includes('RESPONDER-LIFETIME'))).toHaveLength(1);
  });

  it.each(fates)('leaves nothing half open where a message is %s', (_, fate) => {
    for (let chosen = 0; chosen < whole.sent.length; chosen += 1) {
      const world = refused(fate(chosen));
      const what = `message ${chosen}, ${world.trace[chosen]}`;
      const [alpha, beta] = [world.system('alpha'), world.system('beta')];
      // Where it is not told so, the initiator has waited in vain.
      expect(['no-child-proposal', 'timeout'], what).toContain(failures(alpha)[0]?.code);
      expect([alpha.sas.size, beta.sas.size], what).toEqual([2, 2]);
      expect(leftOver(world), what).toEqual([]);
    }
  });
});
