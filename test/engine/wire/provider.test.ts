/** The algorithms of the crypto provider, as they are, protect messages of both versions. */
import { describe, expect, it } from 'vitest';
import { nodeProvider } from '../../../src/engine/crypto/node/provider.js';
import type { Header } from '../../../src/engine/wire/header.js';
import { openIsakmp, sealIsakmp } from '../../../src/engine/wire/isakmp/protect.js';
import { isakmpPayload } from '../../../src/engine/wire/isakmp/table.js';
import { decodeMessage } from '../../../src/engine/wire/message.js';
import { ikev2Payload } from '../../../src/engine/wire/payloads/table.js';
import { openMessage, type Protection, sealMessage } from '../../../src/engine/wire/protect.js';
import { Secret } from '../../../src/model/secret.js';

const { aeads, ciphers, integrities } = nodeProvider();
// Keys of unlike octets: some ciphers refuse weak ones.
const keyOf = (length: number): Secret => new Secret(Uint8Array.from({ length }, (_, at) => (at * 37 + 11) & 255));
const ivOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => at + 1);

const header: Header = {
  initiatorSpi: 1n,
  responderSpi: 2n,
  version: { major: 2, minor: 0 },
  exchangeType: 37,
  flags: 0x08,
  messageId: 5,
};
const inner = [ikev2Payload('D', { protocolId: 1, spis: { size: 0, list: [] } })];

const combined: readonly (readonly [string, Protection])[] = aeads
  .filter(({ transform }) => transform.strengthBits > 0) // GMAC hides nothing
  .map(({ transform, icvLength, keymatLength, key }) => [
    transform.name,
    { kind: 'aead', ivLength: transform.ivOctets, icvLength, aead: key(keyOf(keymatLength)) },
  ]);

const separate: readonly (readonly [string, Protection])[] = ciphers.flatMap(({ transform, keymatLength, key }) =>
  integrities.map((integrity): readonly [string, Protection] => [
    `${transform.name} with ${integrity.transform.name}`,
    {
      kind: 'cipher',
      ivLength: transform.ivOctets,
      blockLength: transform.blockOctets,
      icvLength: integrity.icvLength,
      cipher: key(keyOf(keymatLength)),
      integrity: integrity.key(keyOf(integrity.keyLength)),
    },
  ]),
);

describe('every algorithm of the provider', () => {
  it('is there', () => {
    expect(combined.length).toBeGreaterThanOrEqual(10);
    expect(separate.length).toBeGreaterThanOrEqual(20);
  });

  it.each([...combined, ...separate])('%s seals and opens an SK payload', (_, protection) => {
    const octets = sealMessage({ header, inner }, protection, ivOf(protection.ivLength));
    const decoding = decodeMessage(octets);
    if (!decoding.ok || decoding.message.kind !== 'IKEv2') throw new Error('not an IKEv2 message');
    expect(openMessage(octets, decoding.message, protection)).toEqual({ ok: true, payloads: inner });
    const forged = octets.slice();
    forged[20]! ^= 1;
    expect(openMessage(forged, decoding.message, protection)).toEqual({ ok: false, reason: 'integrity' });
  });

  it.each(
    ciphers
      .filter(({ transform }) => transform.ikev1Id !== undefined)
      .map((cipher) => [cipher.transform.name, cipher] as const),
  )('%s seals and opens an ISAKMP body', (_, { transform, keymatLength, key }) => {
    const protection = { blockLength: transform.blockOctets, cipher: key(keyOf(keymatLength)) };
    const payloads = [isakmpPayload('HASH', { hash: new Uint8Array(20).fill(3) })];
    const v1 = { ...header, version: { major: 1, minor: 0 }, flags: 0 };
    const { octets, nextIv } = sealIsakmp(v1, payloads, protection, ivOf(transform.ivOctets));
    const decoding = decodeMessage(octets);
    if (!decoding.ok || decoding.message.kind !== 'encrypted ISAKMP') throw new Error('not an encrypted message');
    const opened = openIsakmp(decoding.message, protection, ivOf(transform.ivOctets));
    expect(opened).toMatchObject({ ok: true, payloads, nextIv });
  });
});
