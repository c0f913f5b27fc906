/** Addresses by configuration payload between two engines (RFC 7296 §2.19, §3.15): asked for, given, kept, and given up. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wishesIn } from '../../../src/engine/ikev2/configuration.js';
import { Payloads } from '../../../src/engine/ikev2/payloads.js';
import { ikev2Payload } from '../../../src/engine/wire/payloads/table.js';
import { formatAddress, parseRange, singleAddress } from '../../../src/model/address.js';
import {
  address,
  disagreement,
  eventsOf,
  failuresOf,
  makeWorld,
  pairsOf,
  type Side,
  type SideOptions,
  sourced,
  tcpPacket,
  type World,
} from './support.js';

const asking = (...addresses: string[]): SideOptions => ({
  pad: { virtualAddresses: addresses.map((text) => sourced(singleAddress(address(text)))) },
});
const giving = (range = '10.3.0.1-10.3.0.2'): SideOptions => ({
  pad: { pools: [sourced('p')] },
  config: (config) => ({
    ...config,
    pools: [{ name: 'p', range: parseRange(range)!, nameServers: [address('10.1.0.53')] }],
  }),
});

function connected(a: SideOptions, b: SideOptions): World {
  const world = makeWorld({ both: { profile: 'strongswan' }, a, b });
  world.request(world.a, tcpPacket(world.a.own, world.b.own));
  world.run(2_000);
  return world;
}

const given = (side: Side) =>
  eventsOf(side, 'configuration').map(
    ({ of, addresses }) => `${of} ${addresses.map(({ family, value }) => formatAddress(family, value)).join(' ')}`,
  );

describe('an address', () => {
  it('is asked for in IKE_AUTH and given out of a pool, and both know it', () => {
    const world = connected(asking('0.0.0.0'), giving());
    expect(failuresOf(world.a)).toEqual([]);
    expect(disagreement(world)).toEqual([]);
    expect([given(world.a), given(world.b)]).toEqual([['local 10.3.0.1'], ['peer 10.3.0.1']]);
    const replies = eventsOf(world.a, 'received').flatMap(({ content }) => content.inner ?? []);
    const [reply] = replies.flatMap((payload) =>
      payload.kind === 'CP' && 'attributes' in payload.body ? [payload] : [],
    );
    expect(reply?.body).toMatchObject({
      cfgType: 2,
      attributes: [{ type: 1 }, { type: 3, value: Uint8Array.of(10, 1, 0, 53) }],
    });
  });

  it('is not given where there is none: the IKE SA stands alone, and both say why', () => {
    const world = connected(asking('::'), giving());
    expect([world.a, world.b].map((side) => failuresOf(side).map(({ code, notify }) => [code, notify]))).toEqual([
      [['no-virtual-address', 'INTERNAL_ADDRESS_FAILURE']],
      [['no-virtual-address', 'INTERNAL_ADDRESS_FAILURE']],
    ]);
    expect(failuresOf(world.b)[0]!.text).toMatch(
      /asks for an IPv6 address, and the pools of .* \(p\) have no IPv6 address left$/,
    );
    expect([world.a.engine.ikeSas().length, pairsOf(world.a).inbound.length]).toEqual([1, 0]);
  });

  it.each([
    ['names no pool', {}, /has no pool$/],
    ['names one that is not there', { pad: { pools: [sourced('q')] } }, /no pool is called 'q', which .* names$/],
  ])('is not given by a record that %s', (_, b: SideOptions, why) => {
    expect(failuresOf(connected(asking('0.0.0.0'), b).b)[0]!.text).toMatch(why);
  });

  it('that is to be asked for is demanded', () => {
    const world = connected({}, giving());
    expect(failuresOf(world.a).map(({ code, notify }) => [code, notify])).toEqual([
      ['virtual-address-required', 'FAILED_CP_REQUIRED'],
    ]);
    expect(pairsOf(world.b).inbound).toEqual([]);
  });

  it('stays with the peer when the IKE SA is rekeyed, and when it is there again', () => {
    const world = connected(asking('0.0.0.0'), giving('10.3.0.1-10.3.0.1'));
    const name = () => world.a.engine.ikeSas()[0]!.name;
    world.give(world.a, { kind: 'rekey-ike', ikeSa: name() });
    world.run(5_000);
    world.give(world.a, { kind: 'delete-ike', ikeSa: name() });
    world.run(8_000);
    expect(world.b.engine.ikeSas()).toEqual([]);
    world.request(world.a, tcpPacket(world.a.own, world.b.own));
    world.run(10_000);
    expect(given(world.a)).toEqual(['local 10.3.0.1', 'local 10.3.0.1']);
    expect(failuresOf(world.b)).toEqual([]);
  });

  it('is asked for again when the peers authenticate anew', () => {
    const world = connected({ ...asking('0.0.0.0'), reauthenticationSeconds: 60 }, giving());
    world.run(75_000);
    expect(given(world.a)).toEqual(['local 10.3.0.1', 'local 10.3.0.1']);
    expect(disagreement(world)).toEqual([]);
  });

  it('is not spoken of by products without it', () => {
    const world = makeWorld({ both: { profile: 'hpux' }, a: asking('0.0.0.0'), b: giving() });
    world.request(world.a, tcpPacket(world.a.own, world.b.own));
    world.run(2_000);
    expect([given(world.a), failuresOf(world.a)]).toEqual([[], []]);
    expect(pairsOf(world.a).inbound).toHaveLength(1);
  });
});

describe('a configuration payload', () => {
  const attribute = fc.record({
    type: fc.oneof(fc.constantFrom(1, 8, 3, 13, 0x8001), fc.integer({ min: 0, max: 0xffff })),
    value: fc.uint8Array({ maxLength: 20 }),
  });

  it('of any attributes asks for what is an address in it, and for nothing else', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), fc.array(attribute, { maxLength: 30 }), (cfgType, attributes) => {
        const wishes = wishesIn(new Payloads([ikev2Payload('CP', { cfgType, attributes })]), 'CFG_REQUEST');
        const fitting = attributes.filter(
          ({ type, value }) =>
            (type === 1 && [0, 4].includes(value.length)) || (type === 8 && [0, 17].includes(value.length)),
        );
        expect(wishes).toHaveLength(cfgType === 1 ? fitting.length : 0);
      }),
    );
  });

  it('with more wishes than anybody has gets so many addresses and no more', () => {
    const many = Array.from({ length: 40 }, () => '0.0.0.0');
    const world = connected(asking(...many), giving('10.3.0.0-10.3.0.255'));
    expect(eventsOf(world.a, 'configuration')[0]!.addresses).toHaveLength(16);
  });
});
