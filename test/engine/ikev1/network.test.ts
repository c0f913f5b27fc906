/** Every exchange survives the loss of each single message, duplication and reordering; and what is forged ends nothing. */
import { describe, expect, it } from 'vitest';
import type { SystemConfig } from '../../../src/model/system-config.js';
import {
  agree,
  type Datagram,
  eventsOf,
  failures,
  idKey,
  type Network,
  packetAB,
  pair,
  type SystemOptions,
  straight,
  texts,
  type World,
} from './support.js';

const commit: Partial<SystemOptions> = {};
const ike = '-group 2 -hash SHA1 -encryption AES128-CBC -life 28800 -pfs ON';
const psk = (exchange: string) => `-kmp IKEV1 -exchange ${exchange} -preshared secret-of-both`;

function start(exchange: 'MM' | 'AM', network: Network): World {
  const world = pair({ text: texts.a(psk(exchange), ike), ...commit }, { text: texts.b(psk(exchange), ike) }, network);
  world.request('alpha', packetAB);
  return world;
}

function expectUp(world: World): void {
  const [alpha, beta] = [world.system('alpha'), world.system('beta')];
  expect(failures(alpha).concat(failures(beta))).toEqual([]);
  expect(alpha.sas.size).toBe(2);
  expect(agree(alpha, beta)).toBe(true);
  expect(alpha.engine.ikeSas()).toHaveLength(1);
  expect(beta.engine.ikeSas()).toHaveLength(1);
}

const exchanges = [
  ['MM', 9],
  ['AM', 6],
] as const;

describe.each(exchanges)('%s and Quick Mode', (exchange, messages) => {
  it('take so many messages', () => {
    const world = start(exchange, straight);
    world.settle();
    expect(world.sent).toHaveLength(messages);
    expectUp(world);
  });

  const numbers = Array.from({ length: messages }, (_, number) => number);

  it.each(numbers)('survive the loss of message %i', (number) => {
    const world = start(exchange, (datagram) => (datagram.number === number ? [] : straight(datagram)));
    world.run(120_000);
    expectUp(world);
  });

  it.each(numbers)('survive the loss of message %i and of its first repetition', (number) => {
    let lost = 0;
    const world = start(exchange, (datagram) => {
      const isSame = lost > 0 && datagram.repetition > 0;
      if (datagram.number === number || (isSame && lost < 2)) {
        lost += 1;
        return [];
      }
      return straight(datagram);
    });
    world.run(120_000);
    expectUp(world);
  });

  it('survive duplication of every message', () => {
    const world = start(exchange, (datagram) => [
      ...straight(datagram),
      { delay: 15, datagram },
      { delay: 400, datagram },
    ]);
    world.run(120_000);
    expectUp(world);
    // Repetitions are answered, but not without end.
    expect(world.sent.length).toBeLessThan(8 * messages);
  });

  it.each(numbers)('survive that message %i comes late', (number) => {
    const world = start(exchange, (datagram) => [{ delay: datagram.number === number ? 2_500 : 10, datagram }]);
    world.run(120_000);
    expectUp(world);
  });

  it('come to nothing on either side when nothing gets through', () => {
    for (let from = 0; from < messages; from += 1) {
      const world = start(exchange, (datagram) => (datagram.number >= from ? [] : straight(datagram)));
      world.run(3_600_000);
      const [alpha, beta] = [world.system('alpha'), world.system('beta')];
      const [ours, theirs] = [alpha.sas.size, beta.sas.size];
      // Who has sent the last message cannot know that it was lost.
      expect([ours, theirs]).toEqual(from === messages - 1 ? [2, 0] : [0, 0]);
    }
  });
});

describe('an initiator of Quick Mode', () => {
  const settled = (world: World) =>
    world.installs.map(({ by, direction, settleMillis }) => `${by} ${direction} ${settleMillis}`);

  it('gives its peer as long to install its SAs after message 3 as message 2 took, within reason', () => {
    for (const [delay, millis] of [
      [10, 20],
      [400, 50],
    ] as const) {
      const world = start('MM', (datagram) => [{ delay, datagram }]);
      world.settle();
      expectUp(world);
      expect(settled(world).filter((install) => !install.endsWith(' 0'))).toEqual([`alpha outbound ${millis}`]);
    }
  });

  it('does not know how long that is when it had to ask twice', () => {
    const lost = new Set([6]);
    const world = start('MM', (datagram) => (lost.delete(datagram.number) ? [] : [{ delay: 10, datagram }]));
    world.run(60_000);
    expectUp(world);
    expect(settled(world).filter((install) => !install.endsWith(' 0'))).toEqual([]);
  });

  it('lets no packet wait where there are SAs already', () => {
    const world = start('MM', straight);
    world.settle();
    const before = world.installs.length;
    const [pair] = eventsOf(world.system('alpha'), 'child-sa');
    if (!pair || !('sa' in pair)) throw new Error('no pair');
    world.input('alpha', { kind: 'rekey-child', sa: pair.sa.inbound });
    world.settle();
    const later = settled(world).slice(before);
    expect(later).toContain('alpha outbound 0');
    expect(later.every((install) => install.endsWith(' 0'))).toBe(true);
  });
});

describe('the responder of Quick Mode', () => {
  it('takes packets that overtake message 3, where the product installs its SA early', () => {
    const world = start('MM', (datagram) => [{ delay: datagram.number === 8 ? 900 : 10, datagram }]);
    world.run(200);
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    const outbound = [...alpha.sas.values()].find(({ direction }) => direction === 'outbound')!;
    const { protocol, spi, remote: destination } = outbound;
    expect(beta.sas.has(idKey({ direction: 'inbound', protocol, spi, destination }))).toBe(true);
    expect(beta.sas.size).toBe(1);
  });

  it('has none before message 3 where it completes its entries then (HP-UX)', () => {
    const side = { profile: 'hpux' } as const;
    const world = pair(side, side, (datagram) => [{ delay: datagram.number === 8 ? 900 : 10, datagram }]);
    world.request('alpha', packetAB);
    world.run(200);
    expect(world.system('alpha').sas.size).toBe(2);
    expect(world.system('beta').sas.size).toBe(0);
    world.run(2_000);
    expect(agree(world.system('alpha'), world.system('beta'))).toBe(true);
  });

  it('says that it has given up, and the initiator lets go', () => {
    // Message 3 never arrives; everything else does.
    const world = start('MM', (datagram) =>
      datagram.exchange === 'Quick Mode' && datagram.sender === 'alpha' && datagram.octets.length < 80
        ? []
        : straight(datagram),
    );
    world.run(600_000);
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    expect(failures(beta).map(({ code, text }) => [code, text])).toEqual([
      ['timeout', expect.stringContaining('message 3 of Quick Mode never came from 10.1.1.1')],
    ]);
    expect(alpha.sas.size).toBe(0);
    expect(beta.sas.size).toBe(0);
  });
});

describe('a forger on the path', () => {
  /** Sends a changed copy of every datagram ahead of it. */
  const ahead =
    (change: (datagram: Datagram) => Uint8Array | undefined): Network =>
    (datagram) => {
      const octets = change(datagram);
      return [...(octets ? [{ delay: 5, datagram: { ...datagram, octets } }] : []), { delay: 10, datagram }];
    };

  const flipped = (octets: Uint8Array, at: number): Uint8Array => {
    const copy = octets.slice();
    copy[at] = copy[at]! ^ 0x55;
    return copy;
  };

  // What the hashes do not cover (padding, notifications of phase 1) can be changed by who is quick enough, and then the IVs
  // of both sides differ: that is IKEv1, and no more than whoever can hold messages back can do anyway.
  it.each([28, 36, 44])('who changes octet %i of encrypted messages cannot end the exchange', (at) => {
    const world = start(
      'MM',
      ahead(({ octets, number }) => (number >= 4 ? flipped(octets, at) : undefined)),
    );
    world.run(120_000);
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    expect(agree(alpha, beta)).toBe(true);
    expect(alpha.sas.size).toBe(2);
    expect(failures(alpha).concat(failures(beta))).toEqual([]);
    expect(eventsOf(beta, 'ignored').length).toBeGreaterThan(0);
  });

  it('who sends errors in the clear cannot end it either', () => {
    const world = start(
      'MM',
      ahead(({ octets, number }) => {
        if (number === 0 || number > 4) return undefined;
        // An Informational with NO-PROPOSAL-CHOSEN and the right cookies.
        const forged = new Uint8Array(28 + 12);
        forged.set(octets.subarray(0, 16));
        forged.set([11, 0x10, 5, 0, 0, 0, 0, 9, 0, 0, 0, 40], 16);
        forged.set([0, 0, 0, 12, 0, 0, 0, 1, 1, 0, 0, 14], 28);
        return forged;
      }),
    );
    world.run(120_000);
    expectUp(world);
    expect(eventsOf(world.system('alpha'), 'ignored').map(({ why }) => why)).toContain(
      'NO-PROPOSAL-CHOSEN in the clear is taken as a hint, not as proof',
    );
  });

  it.each(Array.from({ length: 25 }, (_, seed) => seed))(
    'who sends anything at all leaves no half (seed %i)',
    (seed) => {
      let state = seed + 1;
      const random = () => {
        state = (state * 1_103_515_245 + 12_345) >>> 0;
        return state >>> 16;
      };
      const world = start(seed % 2 === 0 ? 'MM' : 'AM', (datagram) => {
        const { octets } = datagram;
        const copy = octets.slice(0, random() % 4 === 0 ? random() % octets.length : octets.length);
        for (let change = 0; change < 1 + (random() % 6); change += 1) {
          if (copy.length > 0) copy[random() % copy.length] = random() & 255;
        }
        return [
          { delay: 5 + (random() % 10), datagram: { ...datagram, octets: copy } },
          { delay: 10, datagram },
        ];
      });
      world.run(40_000_000);
      expect(agree(world.system('alpha'), world.system('beta'))).toBe(true);
    },
  );

  it('who repeats Quick Mode later gets no SA out of it', () => {
    const world = start('MM', straight);
    world.settle();
    const quick = world.sent.filter(({ exchange, sender }) => exchange === 'Quick Mode' && sender === 'alpha');
    world.run(400_000);
    const beta = world.system('beta');
    const before = [...beta.sas.keys()];
    const sent = world.sent.length;
    for (const datagram of quick) world.deliver(datagram);
    expect([...beta.sas.keys()]).toEqual(before);
    expect(world.sent.length).toBe(sent);
    expect(eventsOf(beta, 'ignored').at(-1)?.why).toContain('came again');
  });

  it('who has never seen our answer gets no state and no public value out of us', () => {
    const world = start('MM', (datagram) => (datagram.number === 2 ? [] : straight(datagram)));
    world.settle();
    const beta = world.system('beta');
    const message3 = world.sent[2]!;
    const elsewhere = { ...message3.from, address: { family: 4 as const, value: 0x0a090909 } };
    world.deliver({ ...message3, from: elsewhere });
    expect(world.sent.filter(({ sender }) => sender === 'beta')).toHaveLength(1);
    expect(beta.engine.nextTimeout()).toBeUndefined();
    expect(eventsOf(beta, 'ignored').at(-1)?.why).toContain('not one that this system has given to this address');
    world.deliver(message3);
    expect(world.sent.filter(({ sender }) => sender === 'beta')).toHaveLength(2);
  });
});

describe('a flood of first messages', () => {
  const records = (config: SystemConfig): SystemConfig => config;

  it('keeps memory bounded, and a peer gets in', () => {
    const limits = { halfOpenMax: 50, ikeSasMax: 200 };
    const world = pair({ adjust: records }, { limits });
    world.request('alpha', packetAB);
    const first = world.sent[0]!;
    for (let index = 0; index < 2_000; index += 1) {
      const octets = first.octets.slice();
      new DataView(octets.buffer).setBigUint64(0, BigInt(index + 1));
      world.deliver({ ...first, octets });
    }
    // Nothing was computed for them: what went out are answers of the size of what came in.
    expect(world.system('beta').engine.nextTimeout()).toBeUndefined();
    world.run(120_000);
    expectUp(world);
  });

  it('of Aggressive Mode, which costs a Diffie-Hellman each, ends with the oldest exchanges', () => {
    const limits = { halfOpenMax: 8, ikeSasMax: 200 };
    const world = pair({ text: texts.a(psk('AM')) }, { text: texts.b(psk('AM')), limits }, () => []);
    world.request('alpha', packetAB);
    const first = world.sent[0]!;
    for (let index = 0; index < 40; index += 1) {
      const octets = first.octets.slice();
      new DataView(octets.buffer).setBigUint64(0, BigInt(index + 1));
      world.deliver({ ...first, octets });
    }
    world.network = straight;
    world.run(120_000);
    expect(agree(world.system('alpha'), world.system('beta'))).toBe(true);
    expect(world.system('alpha').sas.size).toBe(2);
  });
});
