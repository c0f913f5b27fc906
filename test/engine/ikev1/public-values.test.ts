/** Public values that no honest peer has are refused in phase 1 — RFC 6989 §2, which holds for IKEv1 all the same, and RFC 8031 §3. */
import { describe, expect, it } from 'vitest';
import { isakmpPayload } from '../../../src/engine/wire/isakmp/table.js';
import { decodeMessage, encodeMessage } from '../../../src/engine/wire/message.js';
import { eventsOf, failures, packetAB, pair, straight, texts, type World } from './support.js';

const bad: readonly [string, number, Uint8Array][] = [
  ['MODP: 1', 14, withLast(256, 1)],
  ['RFC 5114: outside of the subgroup', 24, withLast(256, 2)],
  ['ECP: not on the curve', 19, withLast(64, 1)],
  ['Curve25519: of small order', 31, new Uint8Array(32)],
  ['MODP: of another length', 14, withLast(255, 9)],
];

function withLast(length: number, value: number): Uint8Array {
  const octets = new Uint8Array(length);
  octets[length - 1] = value;
  return octets;
}

/** Phase 1 in which the public value of one side is another one on its way, each time that it comes. */
function exchanged(exchange: string, group: number, whose: string, value: Uint8Array): World {
  const [auth, ike] = [
    `-kmp IKEV1 -exchange ${exchange} -preshared secret-of-both`,
    `-group ${group} -hash SHA1 -encryption AES128-CBC`,
  ];
  const world = pair(
    { text: texts.a(auth, ike), dialect: 'extended' },
    { text: texts.b(auth, ike), dialect: 'extended' },
    (datagram) => {
      const decoded = decodeMessage(datagram.octets);
      if (datagram.sender !== whose || !decoded.ok || decoded.message.kind !== 'ISAKMP') return straight(datagram);
      const payloads = decoded.message.payloads.map((payload) =>
        payload.kind === 'KE' ? isakmpPayload('KE', { keyExchangeData: value }) : payload,
      );
      return straight({ ...datagram, octets: encodeMessage({ ...decoded.message, payloads }) });
    },
  );
  world.request('alpha', packetAB);
  world.run(400_000);
  return world;
}

describe.each(bad)('%s, group %i', (_, group, value) => {
  it.each([
    ['MM', 'alpha'],
    ['MM', 'beta'],
    ['AM', 'alpha'],
    ['AM', 'beta'],
  ])('in %s of %s: the other side makes no keys of it', (exchange, whose) => {
    const world = exchanged(exchange, group, whose, value);
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    const other = whose === 'alpha' ? beta : alpha;
    expect(eventsOf(other, 'ignored').map(({ why }) => why)).toContain('its public value is not valid for the group');
    expect(eventsOf(other, 'ike-keys')).toEqual([]);
    expect([alpha.engine.ikeSas(), beta.engine.ikeSas(), alpha.sas.size, beta.sas.size]).toEqual([[], [], 0, 0]);
    expect(failures(alpha)[0]?.code).toBe('timeout');
    expect([alpha.engine.nextTimeout(), beta.engine.nextTimeout()]).toEqual([undefined, undefined]);
  });
});
