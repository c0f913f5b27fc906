/** Messages that no engine of ours sends, said by a peer that is led by the hand. */
import { describe, expect, it } from 'vitest';
import { clientId } from '../../../src/engine/ikev1/client-ids.js';
import { clientsOfEnds } from '../../../src/engine/ikev1/clients.js';
import { payloadsOf } from '../../../src/engine/ikev1/messages.js';
import { type ChildOfferOptions, childSa, childTransforms } from '../../../src/engine/ikev1/phase2-proposals.js';
import { type IsakmpPayload, isakmpPayload } from '../../../src/engine/wire/isakmp/table.js';
import type { SaTemplate } from '../../../src/model/system-config.js';
import { keyExchange } from '../../../src/model/transform.js';
import { scriptedPeer } from './scripted-peer.js';
import { address, eventsOf, failures, pair, type System, texts } from './support.js';

const quickMode = 32;
const informational = 5;

function start(text = texts.b(), ofPeer = texts.a()) {
  const world = pair({ text: ofPeer }, { text });
  const peer = scriptedPeer(world, world.system('alpha'));
  return { world, beta: world.system('beta'), peer };
}

function template({ config }: System): SaTemplate {
  const { action } = config.spd[0]!;
  if (action.kind !== 'PROTECT') throw new Error('not protected');
  return action.bundle[0]!;
}

function saPayload(of: System, spi: number, options: Partial<ChildOfferOptions> = {}): IsakmpPayload {
  const { provider } = of.environment;
  const transforms = childTransforms(template(of).proposals[0]!, { mode: 'transport', provider, ...options });
  return isakmpPayload('SA', childSa([{ number: 1, sas: [{ protocol: 'ESP', spi, transforms }] }]));
}

const nonce = isakmpPayload('NONCE', { data: new Uint8Array(20).fill(7) });
const ends = clientsOfEnds({ local: address('10.1.1.1'), remote: address('10.2.2.2') });
const clients = [isakmpPayload('ID', clientId(ends.local)), isakmpPayload('ID', clientId(ends.remote))];
const ignoredBy = (of: System) => eventsOf(of, 'ignored').at(-1)?.why;

describe('Quick Mode', () => {
  it('without identities is about the peers themselves (RFC 2409 §5.5)', () => {
    const { beta, peer } = start();
    const [answer] = peer.say(quickMode, 1, [saPayload(beta, 0x9001), nonce]);
    expect(payloadsOf(answer!.payloads, 'ID')).toEqual([]);
    expect(payloadsOf(answer!.payloads, 'SA')).toHaveLength(1);
  });

  it('with several SA payloads has each of them answered', () => {
    const two = texts
      .b()
      .replace(
        'add auth',
        'add host h2 -source 10.2.2.2 -destination 10.1.1.1 -priority 20 -action ESP_AES128_HMAC_SHA1\nadd auth',
      );
    const { beta, peer } = start(two);
    const [answer] = peer.say(quickMode, 1, [saPayload(beta, 0x9001), saPayload(beta, 0x9002), nonce, ...clients]);
    expect(payloadsOf(answer!.payloads, 'SA')).toHaveLength(2);
    expect(beta.sas.size).toBe(2);
  });

  it('with more SA payloads than there are policies for them is refused', () => {
    const { beta, peer } = start();
    peer.say(quickMode, 1, [saPayload(beta, 0x9001), saPayload(beta, 0x9002), nonce, ...clients]);
    expect(failures(beta).map(({ code }) => code)).toEqual(['no-child-proposal']);
    expect(beta.sas.size).toBe(0);
  });

  it.each([
    ['one identity only', [clients[0]!], 'selectors-unacceptable'],
    [
      'an identity that is a name',
      [isakmpPayload('ID', { idType: 2, protocolId: 0, port: 0, data: new TextEncoder().encode('a.b') }), clients[1]!],
      'selectors-unacceptable',
    ],
  ])('with %s is refused', (_, ids, code) => {
    const { beta, peer } = start();
    peer.say(quickMode, 1, [saPayload(beta, 0x9001), nonce, ...ids]);
    expect(failures(beta).map((failure) => failure.code)).toEqual([code]);
    expect(beta.sas.size).toBe(0);
  });

  it('with a public value and no group, or a group and no public value, is refused', () => {
    const { beta, peer } = start();
    const ke = isakmpPayload('KE', { keyExchangeData: new Uint8Array(128).fill(2) });
    peer.say(quickMode, 1, [saPayload(beta, 0x9001), nonce, ke, ...clients]);
    expect(failures(beta).at(-1)).toMatchObject({ code: 'invalid-ke' });
    expect(beta.sas.size).toBe(0);
  });

  it('with a public value that no honest peer has is refused (RFC 6989 §2)', () => {
    for (const value of [0, 1]) {
      const ike = '-group 2 -hash SHA1 -encryption AES128-CBC -pfs ON';
      const { beta, peer } = start(texts.b(undefined, ike), texts.a(undefined, ike));
      const keyExchangeData = new Uint8Array(128);
      keyExchangeData[127] = value;
      const ke = isakmpPayload('KE', { keyExchangeData });
      peer.say(quickMode, 1, [saPayload(beta, 0x9001, { group: keyExchange(2)! }), nonce, ke, ...clients]);
      expect(failures(beta).at(-1)).toMatchObject({ code: 'invalid-ke', text: expect.stringContaining('not valid') });
      expect(beta.sas.size).toBe(0);
    }
  });

  it('with another encapsulation than the path needs is refused', () => {
    const { beta, peer } = start();
    peer.say(quickMode, 1, [saPayload(beta, 0x9001, { encapsulation: 'RFC 3947' }), nonce, ...clients]);
    expect(failures(beta).at(-1)).toMatchObject({
      code: 'mode-mismatch',
      text: expect.stringContaining('ESP in UDP, and no NAT'),
    });
  });

  it.each([
    ['no nonce', (beta: System) => [saPayload(beta, 0x9001), ...clients], 'lacks NONCE'],
    ['two nonces', (beta: System) => [saPayload(beta, 0x9001), nonce, nonce, ...clients], 'has 2 payloads NONCE'],
    [
      'a signature',
      (beta: System) => [saPayload(beta, 0x9001), nonce, isakmpPayload('SIG', { signature: new Uint8Array(8) })],
      'has a payload SIG',
    ],
  ])('with %s is ignored', (_, payloads, why) => {
    const { beta, peer } = start();
    peer.say(quickMode, 1, payloads(beta));
    expect(ignoredBy(beta)).toContain(why);
    expect(beta.sas.size).toBe(0);
  });

  it('with a wrong hash is ignored', () => {
    const { beta, peer } = start();
    expect(peer.say(quickMode, 1, [saPayload(beta, 0x9001), nonce, ...clients], [Uint8Array.of(1)])).toEqual([]);
    expect(ignoredBy(beta)).toBe('HASH(1) of Quick Mode is wrong');
  });

  it('with a Message ID that was used before is ignored', () => {
    const { beta, peer } = start();
    peer.say(informational, 77, [
      isakmpPayload('N', { doi: 1, protocolId: 1, type: 24578, spi: new Uint8Array(16), data: new Uint8Array(0) }),
    ]);
    peer.say(quickMode, 77, [saPayload(beta, 0x9001), nonce, ...clients]);
    expect(ignoredBy(beta)).toContain('came again');
  });
});

describe('exchanges that are not supported', () => {
  it.each([
    [
      'XAUTH and mode config',
      6,
      isakmpPayload('CP', { cfgType: 1, identifier: 7, attributes: [] }),
      'XAUTH, mode config',
    ],
    ['New Group Mode', 33, nonce, 'New Group Mode'],
  ])('%s are refused clearly, and the peer is told', (_, exchange, payload, text) => {
    const { beta, peer } = start();
    const [answer] = peer.say(exchange, 5, [payload]);
    expect(failures(beta).at(-1)).toMatchObject({ code: 'exchange-refused', text: expect.stringContaining(text) });
    expect(payloadsOf(answer!.payloads, 'N')[0]?.body.type).toBe(29);
    expect(beta.engine.ikeSas()).toHaveLength(1);
  });
});

describe('Informational', () => {
  const notify = (type: number, spi: Uint8Array, data = new Uint8Array(0)) =>
    isakmpPayload('N', { doi: 1, protocolId: 1, type, spi, data });

  it('R-U-THERE about another ISAKMP SA is not answered', () => {
    const { beta, peer } = start();
    expect(peer.say(informational, 5, [notify(36136, new Uint8Array(16), new Uint8Array(4))])).toEqual([]);
    expect(ignoredBy(beta)).toContain('R-U-THERE about another ISAKMP SA');
  });

  it('deletes of SAs that are not there, or of somebody else’s, do nothing', () => {
    const { beta, peer } = start();
    const list = [new Uint8Array(16).fill(9)];
    peer.say(informational, 5, [isakmpPayload('D', { doi: 1, protocolId: 1, spis: { size: 16, list } })]);
    peer.say(informational, 6, [
      isakmpPayload('D', { doi: 1, protocolId: 3, spis: { size: 4, list: [new Uint8Array(4)] } }),
    ]);
    expect(beta.engine.ikeSas()).toHaveLength(1);
  });

  it('a delete of the ISAKMP SA ends it', () => {
    const { beta, peer } = start();
    const { cookies } = peer.sa;
    const list = [Uint8Array.of(...cookies.initiator, ...cookies.responder)];
    peer.say(informational, 5, [isakmpPayload('D', { doi: 1, protocolId: 1, spis: { size: 16, list } })]);
    expect(beta.engine.ikeSas()).toEqual([]);
  });

  it('that is repeated is not acted upon again', () => {
    const { beta, peer } = start();
    const spi = Uint8Array.of(...peer.sa.cookies.initiator, ...peer.sa.cookies.responder);
    const question = notify(36136, spi, Uint8Array.of(0, 0, 0, 1));
    expect(peer.say(informational, 5, [question])).toHaveLength(1);
    expect(peer.say(informational, 5, [question])).toEqual([]);
    expect(ignoredBy(beta)).toContain('came again');
  });

  it('in the clear ends nothing', () => {
    const { beta, peer } = start();
    const octets = new Uint8Array(40);
    octets.set(peer.sa.cookies.initiator);
    octets.set(peer.sa.cookies.responder, 8);
    octets.set([11, 0x10, 5, 0, 0, 0, 0, 9, 0, 0, 0, 40, 0, 0, 0, 12, 0, 0, 0, 1, 1, 0, 0, 14], 16);
    peer.send(octets);
    expect(ignoredBy(beta)).toContain('which anybody could have sent');
    expect(beta.engine.ikeSas()).toHaveLength(1);
  });
});
