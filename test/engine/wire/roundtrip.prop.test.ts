import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Codec, decode, encode, formatDecodeError, inspect, toHex } from '../../../src/engine/wire/codec.js';
import { ah, ah1826, ahPayloadLength, esp, esp1827 } from '../../../src/engine/wire/ipsec-headers.js';
import { isakmpPayloadDefinitions } from '../../../src/engine/wire/isakmp/table.js';
import { decodeMessage, decodePayloads, encodeMessage, encodePayloads } from '../../../src/engine/wire/message.js';
import { ikev2PayloadDefinitions } from '../../../src/engine/wire/payloads/table.js';
import { ikev2Bodies, ikev2Payload, isakmpBodies, isakmpPayload, message, record } from './arbitraries.js';

/** decode(encode(x)) = x, and encode(decode(o)) = o for the octets that it gives; a report does not change what is read. */
function holds<T>(codec: Codec<T>, value: T): void {
  const octets = encode(codec, value);
  const decoding = decode(codec, octets);
  if (!decoding.ok) throw new Error(formatDecodeError(decoding.error));
  expect(decoding.value).toStrictEqual(value);
  expect(toHex(encode(codec, decoding.value))).toBe(toHex(octets));
  expect(inspect(codec, octets).decoding).toStrictEqual(decoding);
}

describe('IKEv2 payload bodies', () => {
  it.each(ikev2PayloadDefinitions.map(({ kind, body }) => ({ kind, body })))(
    '$kind: decode(encode(x)) = x',
    ({ kind, body }) => {
      fc.assert(fc.property(ikev2Bodies[kind] as fc.Arbitrary<object>, (value) => holds(body as Codec<object>, value)));
    },
  );
});

describe('ISAKMP payload bodies', () => {
  it.each(isakmpPayloadDefinitions.map(({ kind, body }) => ({ kind, body })))(
    '$kind: decode(encode(x)) = x',
    ({ kind, body }) => {
      fc.assert(
        fc.property(isakmpBodies[kind] as fc.Arbitrary<object>, (value) => holds(body as Codec<object>, value)),
      );
    },
  );
});

describe('messages and chains', () => {
  it('decode(encode(message)) = message', () => {
    fc.assert(
      fc.property(message, (value) => {
        const octets = encodeMessage(value);
        const decoding = decodeMessage(octets);
        if (!decoding.ok) throw new Error(formatDecodeError(decoding.error));
        expect(decoding.message).toStrictEqual(value);
        expect(toHex(encodeMessage(decoding.message))).toBe(toHex(octets));
      }),
      { numRuns: 500 },
    );
  });

  it('decrypted IKEv2 payloads decode to what was encoded', () => {
    fc.assert(
      fc.property(fc.array(ikev2Payload, { minLength: 1, maxLength: 5 }), (payloads) => {
        const octets = encodePayloads('IKEv2', payloads);
        const first = encodeMessage({ kind: 'IKEv2', header: anyHeader, payloads })[16]!;
        const decoding = decodePayloads('IKEv2', first, octets);
        expect(decoding.ok && decoding.payloads).toStrictEqual(payloads);
        // IKEv2 has no padding behind the last payload but the cipher's own.
        expect(decodePayloads('IKEv2', first, Uint8Array.of(...octets, 0)).ok).toBe(false);
      }),
    );
  });

  it('decrypted ISAKMP payloads decode to what was encoded, padding apart', () => {
    fc.assert(
      fc.property(fc.array(isakmpPayload, { minLength: 1, maxLength: 5 }), fc.nat(15), (payloads, count) => {
        const octets = encodePayloads('ISAKMP', payloads);
        const first = encodeMessage({
          kind: 'ISAKMP',
          header: { ...anyHeader, version: { major: 1, minor: 0 } },
          payloads,
        })[16]!;
        const decoding = decodePayloads('ISAKMP', first, Uint8Array.of(...octets, ...new Uint8Array(count)));
        expect(decoding.ok && decoding.payloads).toStrictEqual(payloads);
        expect(decoding.ok && (decoding.padding?.length ?? 0)).toBe(count);
      }),
    );
  });
});

const anyHeader = {
  initiatorSpi: 1n,
  responderSpi: 0n,
  version: { major: 2, minor: 0 },
  exchangeType: 34,
  flags: 8,
  messageId: 0,
} as const;

describe('ESP and AH packets', () => {
  const data = fc.uint8Array({ maxLength: 60 });
  const spi = fc.nat(0xffff_ffff);

  it('decode(encode(x)) = x for ESP', () => {
    fc.assert(fc.property(record({ spi, sequenceNumber: spi, data }), (value) => holds(esp, value)));
    fc.assert(fc.property(record({ spi, data }), (value) => holds(esp1827, value)));
  });

  it('decode(encode(x)) = x for AH with an ICV of any length', () => {
    const icv = fc
      .integer({ min: 0, max: 16 })
      .chain((words) => fc.uint8Array({ minLength: words * 4, maxLength: words * 4 }));
    const packet = record({ nextHeader: fc.nat(255), spi, sequenceNumber: spi, icv, data });
    fc.assert(
      fc.property(packet, ({ icv: value, ...rest }) =>
        holds(ah, { ...rest, payloadLength: ahPayloadLength(value.length), icv: value }),
      ),
    );
    const old = record({ nextHeader: fc.nat(255), spi, authenticationData: icv, data });
    fc.assert(fc.property(old, (value) => holds(ah1826, { ...value, length: value.authenticationData.length / 4 })));
  });
});
