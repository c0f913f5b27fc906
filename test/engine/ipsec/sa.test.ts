/** Limits, events, faults and what only an SA's own history decides. */
import { describe, expect, it } from 'vitest';
import { esnResyncThreshold, receive } from '../../../src/engine/ipsec/inbound.js';
import { applySa, dummyPacket } from '../../../src/engine/ipsec/outbound.js';
import { age, createSa, nextAging, type Sa, type SaEvent, type SaParameters } from '../../../src/engine/ipsec/sa.js';
import { createSad } from '../../../src/engine/ipsec/sad.js';
import { createIpsecStack } from '../../../src/engine/ipsec/stack.js';
import { authentication, encryption } from '../../../src/model/transform.js';
import { node } from '../crypto/support.js';
import { address, config, ipOf, mirror, pattern, type Suite, sa, saParameters, udpPacket } from './support.js';

const suite: Suite = { protocol: 'ESP', encryption: 'AES-GCM-16-128' };
const packet = ipOf(udpPacket('192.0.2.1', '192.0.2.2', { data: pattern(996) })); // 1024 octets
const ports = { ike: 500, natTraversal: 4500 };

function send(out: Sa, now = 0) {
  const { result, events } = applySa(out, packet, { random: node.random, identification: () => 1, now });
  return {
    dropped: 'kind' in result ? result.reason : undefined,
    octets: 'octets' in result ? result.octets : undefined,
    events,
  };
}

const short = (events: readonly SaEvent[]) =>
  events.map((event) => ('limit' in event ? `${event.kind} ${event.limit}` : event.kind));

describe('limits', () => {
  it.each([
    ['packets', { softPackets: 2, hardPackets: 3 }],
    ['kilobytes', { softKilobytes: 2, hardKilobytes: 3 }],
  ] as const)('%s: soft when full, hard when one more would not fit', (limit, limits) => {
    const out = sa(saParameters(suite, { limits }));
    expect(short(send(out).events)).toEqual([]);
    expect(short(send(out).events)).toEqual([`soft-expire ${limit}`]);
    expect(short(send(out).events)).toEqual([]);
    expect(send(out)).toMatchObject({ dropped: 'expired', events: [{ kind: 'hard-expire', limit }] });
    // Told once.
    expect(send(out)).toMatchObject({ dropped: 'expired', events: [] });
    expect(out.usage).toMatchObject({ packets: 3, octets: 3072, sequence: 3n });
  });

  it('inbound packets count as well', () => {
    const parameters = saParameters(suite);
    const out = sa(parameters);
    const sad = createSad();
    sad.add(sa(mirror({ ...parameters, limits: { softPackets: 1, hardPackets: 2 } })));
    const take = () => receive(sad, ipOf(send(out).octets!), ports, 0);
    expect(short(take().events)).toEqual(['soft-expire packets']);
    expect(take().result.kind).toBe('opened');
    expect(take()).toMatchObject({ result: { reason: 'expired' }, events: [{ kind: 'hard-expire' }] });
  });

  it('seconds go by without packets, in virtual time', () => {
    const { stack } = createIpsecStack({ config: config('a', [], []), provider: node }, 0);
    stack.addSa(saParameters(suite, { limits: { softSeconds: 100, hardSeconds: 120 } }), 5_000);
    expect(stack.nextTimeout()).toBe(105_000);
    expect(stack.tick(104_999)).toEqual([]);
    expect(stack.tick(105_000)).toMatchObject([{ event: { kind: 'soft-expire', limit: 'seconds' } }]);
    expect(stack.nextTimeout()).toBe(125_000);
    expect(stack.tick(130_000)).toMatchObject([{ event: { kind: 'hard-expire', limit: 'seconds' } }]);
    expect(stack.nextTimeout()).toBeUndefined();
  });

  it('a limit of 0 is none', () => {
    const out = sa(
      saParameters(suite, { limits: { softSeconds: 0, hardSeconds: 0, hardKilobytes: 0, hardPackets: 0 } }),
    );
    expect(send(out, 1e15)).toMatchObject({ dropped: undefined, events: [] });
    expect([age(out, 1e15), nextAging(out)]).toEqual([[], undefined]);
  });
});

describe('sequence numbers', () => {
  it('never come round: a successor is asked for in time, and then the SA ends', () => {
    const out = sa(saParameters(suite));
    out.usage.sequence = 0xefff_ffffn;
    expect(short(send(out).events)).toEqual(['soft-expire sequence']);
    out.usage.sequence = 0xffff_fffen;
    expect(send(out).dropped).toBeUndefined();
    expect(send(out)).toMatchObject({ dropped: 'expired', events: [{ kind: 'hard-expire', limit: 'sequence' }] });
    expect(out.usage.sequence).toBe(0xffff_ffffn);
  });

  it('ESN goes on beyond 2^32, and the receiver follows', () => {
    const parameters = saParameters(suite, { esn: true });
    const [out, into] = [sa(parameters), sa(mirror(parameters))];
    const sad = createSad();
    sad.add(into);
    out.usage.sequence = 0xffff_fff0n;
    into.window.top = 0xffff_fff0n;
    for (let count = 0; count < 40; count += 1) {
      expect(receive(sad, ipOf(send(out).octets!), ports, 0).result.kind).toBe('opened');
    }
    expect(into.window.top).toBe(0x1_0000_0018n);
  });

  it('a receiver that has lost a whole cycle finds its way back', () => {
    const parameters = saParameters(suite, { esn: true });
    const [out, into] = [sa(parameters), sa(mirror(parameters))];
    const sad = createSad();
    sad.add(into);
    into.window.top = 5n;
    out.usage.sequence = (1n << 32n) + 100n;
    const kinds = Array.from(
      { length: esnResyncThreshold + 3 },
      () => receive(sad, ipOf(send(out).octets!), ports, 0).result.kind,
    );
    expect(kinds.indexOf('opened')).toBe(esnResyncThreshold - 1);
    expect(kinds.slice(esnResyncThreshold - 1)).toEqual(Array(4).fill('opened'));
    expect(into.usage).toMatchObject({ icvFailures: esnResyncThreshold - 1, icvFailuresInARow: 0 });
  });
});

describe('padding and dummies', () => {
  it('wrong padding is found behind a right ICV, unless it is not looked at', () => {
    const parameters = saParameters({ protocol: 'ESP', encryption: 'NULL', authentication: 'HMAC-SHA1-96' });
    const out = sa(parameters);
    const octets = send(out).octets!;
    const key = out.key;
    if (key.kind !== 'separate') throw new Error('not separate');
    // 1004 octets of UDP take two of padding; spoil the first and sign again.
    octets[octets.length - 12 - 4] = 9;
    octets.set(key.integrity!.sign(octets.subarray(20, -12)), octets.length - 12);
    for (const [checkPadding, kind] of [
      [true, 'drop'],
      [false, 'opened'],
    ] as const) {
      const sad = createSad();
      const into = sa(mirror({ ...parameters, checkPadding }));
      sad.add(into);
      const { result } = receive(sad, ipOf(octets), ports, 0);
      expect(result).toMatchObject(kind === 'drop' ? { kind, reason: 'padding' } : { kind });
      expect(into.window.top).toBe(1n);
    }
  });

  it.each(['transport', 'tunnel'] as const)('a dummy packet in %s mode is discarded, and counts', (mode) => {
    const parameters = saParameters(suite, { mode });
    const [out, into] = [sa(parameters), sa(mirror(parameters))];
    const sad = createSad();
    sad.add(into);
    const made = dummyPacket(out, 500, { random: node.random, identification: () => 1, now: 0 })!.result;
    if ('kind' in made) throw new Error(made.why);
    expect(receive(sad, made, ports, 0).result).toMatchObject({ kind: 'drop', reason: 'dummy' });
    expect(into.usage.packets).toBe(1);
    expect(receive(sad, made, ports, 0).result).toMatchObject({ reason: 'replay' });
  });
});

describe('what makes no SA', () => {
  const cases: [string, Partial<SaParameters>, string][] = [
    ['NULL alone', { encryption: encryption('NULL'), keys: {} }, 'protects nothing'],
    ['a key that is too short', { keys: {} }, 'needs 20 octets of keying material, not 0'],
    ['two ICVs', { authentication: authentication('HMAC-SHA1-96') }, 'takes no HMAC-SHA1-96'],
    ['an algorithm of the past', { encryption: encryption('IDEA-CBC') }, 'IDEA-CBC is not implemented'],
    ['ESP without a cipher', { encryption: undefined }, 'NULL is one'],
    ['AH with a cipher', { protocol: 'AH' }, 'does not encrypt'],
    ['AH without integrity', { protocol: 'AH', encryption: undefined }, 'without an integrity'],
    ['SPI 0', { spi: 0 }, 'SPI 0'],
    ['two families', { remote: address('2001:db8::1') }, 'one IP version'],
    ['TFC padding in transport mode', { tfcLength: 100 }, 'tunnel mode'],
    ['manual ESN', { manual: true, esn: true }, 'key management'],
    ['AH in UDP', { protocol: 'AH', udpEncapsulation: { localPort: 1, remotePort: 1 } }, 'RFC 3948'],
  ];
  it.each(cases)('%s', (_, more, why) => {
    const made = createSa(saParameters(suite, more), node, 0);
    expect('why' in made ? made.why : 'an SA').toContain(why);
  });

  it('confidentiality alone is possible, without anti-replay', () => {
    const parameters = saParameters({ protocol: 'ESP', encryption: 'AES-CBC-128' });
    expect(sa(mirror(parameters)).window.size).toBe(0);
    expect(createSa({ ...parameters, esn: true }, node, 0)).toHaveProperty('why');
  });
});
