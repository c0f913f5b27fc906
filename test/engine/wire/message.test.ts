import { describe, expect, it } from 'vitest';
import { formatDecodeError, fromHex, toHex } from '../../../src/engine/wire/codec.js';
import type { Header } from '../../../src/engine/wire/header.js';
import { isakmpPayload } from '../../../src/engine/wire/isakmp/table.js';
import { innerOctetsMax, messageOctetsMax, payloadsMax } from '../../../src/engine/wire/limits.js';
import {
  decodeMessage,
  decodePayloads,
  encodeMessage,
  encodePayloads,
  type Ikev2Message,
  inspectMessage,
} from '../../../src/engine/wire/message.js';
import { attributeNumber } from '../../../src/engine/wire/payloads/attribute.js';
import { ikeSpiNumber, ikeSpiOctets, spiNumber, spiOctets } from '../../../src/engine/wire/payloads/spis.js';
import { ikev2Payload } from '../../../src/engine/wire/payloads/table.js';
import { stepsMax } from './steps.js';

const header: Header = {
  initiatorSpi: 0x0102030405060708n,
  responderSpi: 0n,
  version: { major: 2, minor: 0 },
  exchangeType: 34,
  flags: 0x08,
  messageId: 0,
};
const isakmpHeader: Header = { ...header, version: { major: 1, minor: 0 }, exchangeType: 2, flags: 0 };
const nonce = ikev2Payload('Nonce', { data: new Uint8Array(16) });

function errorOf(octets: Uint8Array): string {
  const decoding = decodeMessage(octets);
  return decoding.ok ? 'decoded' : formatDecodeError(decoding.error);
}

/** A message with some header octets set to something. */
function changed(message: Ikev2Message, at: number, ...values: readonly number[]): Uint8Array {
  const octets = encodeMessage(message);
  octets.set(values, at);
  return octets;
}

describe('an IKE message', () => {
  it('has the octets of RFC 7296 §3.1, §3.2 and §3.4', () => {
    const octets = encodeMessage({
      kind: 'IKEv2',
      header,
      payloads: [ikev2Payload('KE', { dhGroup: 31, keyExchangeData: new Uint8Array(4).fill(0xaa) }), nonce],
    });
    expect(toHex(octets)).toBe(
      `${'0102030405060708'}${'0000000000000000'}${'22'}20${'22'}08${'00000000'}${'0000003c'}` +
        `2800000c${'001f0000'}${'aaaaaaaa'}00000014${'00'.repeat(16)}`,
    );
  });

  it('shorter than its header is an error without a header', () => {
    const decoding = decodeMessage(new Uint8Array(27));
    expect(decoding).toMatchObject({
      ok: false,
      error: { path: ['header', 'length'], offset: 24, rfc: 'RFC 7296 §3.1' },
    });
    expect('header' in decoding).toBe(false);
  });

  it('with a wrong length is an error with a header', () => {
    const message: Ikev2Message = { kind: 'IKEv2', header, payloads: [nonce] };
    expect(errorOf(changed(message, 24, 0, 0, 0, 27))).toBe(
      'header.length at octet 24: expected a length of at least 28, found 27 (RFC 7296 §3.1)',
    );
    expect(errorOf(changed(message, 24, 0, 0, 0, 49))).toBe(
      'header.length at octet 24: expected 49 octets, found 48 octets (RFC 7296 §3.1)',
    );
    const decoding = decodeMessage(changed(message, 24, 0, 1, 0, 0));
    expect(decoding).toMatchObject({ ok: false, header: { initiatorSpi: header.initiatorSpi, messageId: 0 } });
    expect(errorOf(changed(message, 24, 0, 1, 0, 0))).toContain(`at most ${messageOctetsMax}`);
  });

  it('keeps what is behind it and behind its last payload, and notes both', () => {
    const message: Ikev2Message = {
      kind: 'IKEv2',
      header,
      payloads: [nonce],
      padding: Uint8Array.of(1),
      trailing: Uint8Array.of(2, 3),
    };
    const decoding = decodeMessage(encodeMessage(message));
    expect(decoding).toMatchObject({ ok: true, message });
    expect(decoding.ok && decoding.notes.map(({ text, offset }) => `${text} @${offset}`)).toEqual([
      '2 octets behind the message @49',
      '1 octet behind the last payload @48',
    ]);
  });

  it('keeps unknown payloads with their critical bit, which is for the exchange to judge', () => {
    const payloads = [{ kind: 'unknown', number: 200, critical: true, body: Uint8Array.of(1, 2) } as const, nonce];
    const decoding = decodeMessage(encodeMessage({ kind: 'IKEv2', header, payloads }));
    expect(decoding).toMatchObject({ ok: true, message: { payloads } });
  });

  it('of another major version is a header and octets', () => {
    const octets = encodeMessage({ kind: 'IKEv2', header, payloads: [nonce] });
    octets[17] = 0x30;
    const decoding = decodeMessage(octets);
    expect(decoding).toMatchObject({
      ok: true,
      message: { kind: 'other version', firstPayload: 40, header: { version: { major: 3, minor: 0 } } },
    });
    expect(decoding.ok && toHex(encodeMessage(decoding.message))).toBe(toHex(octets));
  });

  it('may have nothing behind an encrypted payload', () => {
    const sk = { kind: 'SK', critical: false, firstPayload: 35, body: { encrypted: new Uint8Array(40) } } as const;
    const octets = encodeMessage({ kind: 'IKEv2', header, payloads: [nonce, sk] });
    expect(decodeMessage(octets)).toMatchObject({ ok: true, message: { payloads: [nonce, sk] } });
    const longer = Uint8Array.of(...octets, 0, 0, 0, 4);
    new DataView(longer.buffer).setUint32(24, longer.length);
    expect(errorOf(longer)).toBe(
      'SK at octet 92: expected nothing behind an encrypted payload, found 4 octets (RFC 7296 §3.2)',
    );
    expect(() => encodeMessage({ kind: 'IKEv2', header, payloads: [sk, nonce] })).toThrow(RangeError);
  });

  it('without payloads is a header', () => {
    const octets = encodeMessage({ kind: 'IKEv2', header, payloads: [] });
    expect(octets.length).toBe(28);
    expect(decodeMessage(octets)).toMatchObject({ ok: true, message: { payloads: [] } });
  });

  it('that cannot be sent is a bug of the caller', () => {
    const large = ikev2Payload('V', { vendorId: new Uint8Array(65_532) });
    expect(() => encodeMessage({ kind: 'IKEv2', header, payloads: [large] })).toThrow('a payload of 65536 octets');
    const half = ikev2Payload('V', { vendorId: new Uint8Array(40_000) });
    expect(() => encodeMessage({ kind: 'IKEv2', header, payloads: [half, half] })).toThrow('a message of 80036 octets');
    expect(() => encodeMessage({ kind: 'IKEv2', header: { ...header, messageId: -1 }, payloads: [] })).toThrow(
      RangeError,
    );
    expect(() =>
      encodeMessage({ kind: 'IKEv2', header: { ...header, version: { major: 16, minor: 0 } }, payloads: [] }),
    ).toThrow(RangeError);
    expect(() =>
      encodeMessage({
        kind: 'IKEv2',
        header,
        payloads: [{ kind: 'unknown', number: 0, critical: false, body: new Uint8Array() }],
      }),
    ).toThrow(RangeError);
  });

  it('encrypted is not looked into, but a fragment is, whatever its flags', () => {
    const encrypted = encodeMessage({
      kind: 'encrypted ISAKMP',
      header: { ...isakmpHeader, flags: 1 },
      firstPayload: 5,
      ciphertext: new Uint8Array(16),
    });
    expect(decodeMessage(encrypted)).toMatchObject({ message: { kind: 'encrypted ISAKMP', firstPayload: 5 } });
    const fragment = isakmpPayload('FRAGMENT', { fragmentId: 1, fragmentNumber: 1, flags: 1, data: Uint8Array.of(1) });
    const octets = encodeMessage({ kind: 'ISAKMP', header: { ...isakmpHeader, flags: 1 }, payloads: [fragment] });
    expect(decodeMessage(octets)).toMatchObject({ message: { kind: 'ISAKMP', payloads: [fragment] } });
  });
});

describe('limits', () => {
  it('hold for the number of payloads', () => {
    const empty = ikev2Payload('V', { vendorId: new Uint8Array() });
    const most = encodeMessage({ kind: 'IKEv2', header, payloads: Array.from({ length: payloadsMax }, () => empty) });
    expect(decodeMessage(most).ok).toBe(true);
    const more = encodeMessage({
      kind: 'IKEv2',
      header,
      payloads: Array.from({ length: payloadsMax + 1 }, () => empty),
    });
    expect(errorOf(more)).toContain(`expected at most ${payloadsMax} payloads, found more`);
  });

  it('hold for decrypted contents', () => {
    const decoding = decodePayloads('IKEv2', 43, new Uint8Array(innerOctetsMax + 1));
    expect(decoding).toMatchObject({ ok: false, error: { expected: `at most ${innerOctetsMax} octets` } });
  });

  it('an empty body is no payload, and anything but it is one', () => {
    expect(decodePayloads('IKEv2', 0, new Uint8Array())).toMatchObject({ ok: true, payloads: [] });
    expect(decodePayloads('IKEv2', 0, new Uint8Array(1))).toMatchObject({ ok: false });
    expect(decodePayloads('ISAKMP', 0, new Uint8Array(1))).toMatchObject({ ok: true, padding: new Uint8Array(1) });
    expect(encodePayloads('IKEv2', [])).toEqual(new Uint8Array());
  });
});

describe('decoding takes time linear in the octets', () => {
  const attribute = { kind: 'TLV', type: 1, value: new Uint8Array() } as const;
  const transform = { type: 1, id: 12, attributes: [] } as const;
  const payload = (count: number) => ({
    number: 1,
    protocolId: 1,
    spi: new Uint8Array(),
    transforms: Array.from({ length: count }, () => transform),
  });

  /** Messages that make the decoder work the most for their length, at a size. */
  const worst: Readonly<Record<string, (size: number) => Uint8Array>> = {
    'of many payloads': (size) =>
      encodeMessage({
        kind: 'IKEv2',
        header,
        payloads: Array.from({ length: size / 2 }, () => ikev2Payload('V', { vendorId: new Uint8Array() })),
      }),
    'of many transforms': (size) =>
      encodeMessage({
        kind: 'IKEv2',
        header,
        payloads: [ikev2Payload('SA', { proposals: Array.from({ length: size / 5 }, () => payload(50)) })],
      }),
    'of many attributes': (size) =>
      encodeMessage({
        kind: 'IKEv2',
        header,
        payloads: [
          ikev2Payload('SA', {
            proposals: [
              {
                ...payload(0),
                transforms: [{ ...transform, attributes: Array.from({ length: size * 2 }, () => attribute) }],
              },
            ],
          }),
        ],
      }),
    'of many SPIs': (size) =>
      encodeMessage({
        kind: 'IKEv2',
        header,
        payloads: [
          ikev2Payload('D', {
            protocolId: 3,
            spis: { size: 1, list: Array.from({ length: size * 20 }, () => Uint8Array.of(1)) },
          }),
        ],
      }),
    'of many proposals': (size) =>
      encodeMessage({
        kind: 'IKEv2',
        header,
        payloads: [ikev2Payload('SA', { proposals: Array.from({ length: size / 2 }, () => payload(0)) })],
      }),
  };

  it.each(Object.entries(worst))('%s', (_, build) => {
    const [small, large] = [build(200), build(400)];
    const [fewer, more] = [inspectMessage(small), inspectMessage(large)];
    expect(fewer.decoding.ok && more.decoding.ok).toBe(true);
    expect(more.steps / fewer.steps).toBeLessThanOrEqual((large.length / small.length) * 1.05);
    expect(more.steps).toBeLessThanOrEqual(stepsMax(large.length));
    expect(more.steps).toBeGreaterThan(large.length / 8);
  });
});

describe('numbers in octets', () => {
  it('of SPIs go both ways', () => {
    expect(spiNumber(spiOctets(0xdeadbeef))).toBe(0xdeadbeef);
    expect(spiNumber(Uint8Array.of(1, 2))).toBe(0x0102);
    expect(spiNumber(new Uint8Array(8))).toBeUndefined();
    expect(ikeSpiNumber(ikeSpiOctets(0xfedcba9876543210n))).toBe(0xfedcba9876543210n);
    expect(ikeSpiNumber(new Uint8Array(4))).toBeUndefined();
  });

  it('of attributes are the same in both forms', () => {
    expect(attributeNumber({ kind: 'TV', type: 12, value: 3600 })).toBe(3600);
    expect(attributeNumber({ kind: 'TLV', type: 12, value: fromHex('00000e10')! })).toBe(3600);
    expect(attributeNumber({ kind: 'TLV', type: 12, value: fromHex('0000000000000e10')! })).toBe(3600);
    expect(attributeNumber({ kind: 'TLV', type: 12, value: new Uint8Array(8).fill(255) })).toBeUndefined();
    expect(attributeNumber({ kind: 'TLV', type: 12, value: new Uint8Array(9) })).toBeUndefined();
  });
});
