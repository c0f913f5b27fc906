import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/engine/wire/codec.js';
import type { Header } from '../../../src/engine/wire/header.js';
import { openIsakmp, sealIsakmp } from '../../../src/engine/wire/isakmp/protect.js';
import { isakmpPayload } from '../../../src/engine/wire/isakmp/table.js';
import { decodeMessage, encodeMessage, encodePayloads, type Ikev2Message } from '../../../src/engine/wire/message.js';
import { ikev2Payload } from '../../../src/engine/wire/payloads/table.js';
import {
  joinFragments,
  type OpenedFragment,
  openFragment,
  openMessage,
  type Protection,
  sealFragments,
  sealMessage,
} from '../../../src/engine/wire/protect.js';
import { type CipherProtection, cbc, cbcWithHmac, gcm } from './node-ciphers.js';

const header: Header = {
  initiatorSpi: 1n,
  responderSpi: 2n,
  version: { major: 2, minor: 0 },
  exchangeType: 35,
  flags: 0x08,
  messageId: 1,
};

const inner = [
  ikev2Payload('IDi', { idType: 2, data: new TextEncoder().encode('gw.example.org') }),
  ikev2Payload('CERT', { encoding: 4, data: new Uint8Array(1500).fill(0x5a) }),
  ikev2Payload('AUTH', { method: 2, data: new Uint8Array(32).fill(7) }),
];
const cookie = ikev2Payload('N', { protocolId: 0, type: 16390, spi: new Uint8Array(), data: new Uint8Array(20) });

const checksum = (octets: Uint8Array): Uint8Array =>
  Uint8Array.of(0, 0, octets.length >> 8, octets.reduce((sum, octet) => sum + octet, 0) & 255);

const protections: Readonly<Record<string, Protection>> = {
  'AES-CBC and HMAC-SHA-256': cbcWithHmac(
    'aes-128-cbc',
    new Uint8Array(16).fill(1),
    'sha256',
    new Uint8Array(32).fill(2),
    16,
  ),
  '3DES-CBC and HMAC-SHA-1': cbcWithHmac(
    'des-ede3-cbc',
    Uint8Array.from({ length: 24 }, (_, at) => at),
    'sha1',
    new Uint8Array(20),
    12,
  ),
  'AES-GCM': gcm(new Uint8Array(36).fill(3), 16),
  'AES-GCM with a short ICV': gcm(new Uint8Array(20).fill(3), 8),
  'ENCR_NULL and an ICV': {
    kind: 'cipher',
    ivLength: 0,
    blockLength: 1,
    icvLength: 4,
    cipher: { encrypt: (_, plaintext) => plaintext, decrypt: (_, ciphertext) => ciphertext },
    integrity: { sign: checksum, verify: (icv, octets) => toHex(icv) === toHex(checksum(octets)) },
  },
};

let ivs = 0;
const ivOf = ({ ivLength }: Protection): Uint8Array => {
  ivs += 1;
  return new Uint8Array(ivLength).fill(ivs);
};

function decoded(octets: Uint8Array): Ikev2Message {
  const decoding = decodeMessage(octets);
  if (!decoding.ok || decoding.message.kind !== 'IKEv2') throw new Error('not an IKEv2 message');
  return decoding.message;
}

describe.each(Object.entries(protections))('%s', (_, protection) => {
  it('opens what it sealed', () => {
    for (const payloads of [inner, inner.slice(0, 1), []]) {
      const octets = sealMessage({ header, inner: payloads }, protection, ivOf(protection));
      const message = decoded(octets);
      expect(message.header).toEqual(header);
      expect(message.payloads.at(-1)).toMatchObject({
        kind: 'SK',
        critical: false,
        firstPayload: payloads.length === 0 ? 0 : 35,
      });
      expect(openMessage(octets, message, protection)).toEqual({ ok: true, payloads });
      expect(toHex(encodeMessage(message))).toBe(toHex(octets));
    }
  });

  it('authenticates all octets before its own, the header and payloads in the clear as well', () => {
    const octets = sealMessage({ header, outer: [cookie], inner }, protection, ivOf(protection));
    const message = decoded(octets);
    expect(message.payloads[0]).toEqual(cookie);
    expect(openMessage(octets, message, protection)).toEqual({ ok: true, payloads: inner });
    for (const at of [0, 8, 16, 18, 19, 23, 30, 40, octets.length - 100]) {
      const changed = octets.slice();
      changed[at]! ^= 1;
      expect(openMessage(changed, message, protection), `octet ${at}`).toEqual({ ok: false, reason: 'integrity' });
    }
  });

  it('opens a message with octets behind it', () => {
    const octets = sealMessage({ header, inner }, protection, ivOf(protection));
    const longer = Uint8Array.of(...octets, 1, 2, 3);
    expect(openMessage(longer, decoded(longer), protection)).toEqual({ ok: true, payloads: inner });
  });

  it('refuses bodies that are too short to be anything', () => {
    const least = protection.ivLength + protection.icvLength;
    for (const length of [0, 1, least - 1, least]) {
      const sk = {
        kind: 'SK',
        critical: false,
        firstPayload: 0,
        body: { encrypted: new Uint8Array(Math.max(0, length)) },
      } as const;
      const octets = encodeMessage({ kind: 'IKEv2', header, payloads: [sk] });
      expect(openMessage(octets, decoded(octets), protection)).toEqual({ ok: false, reason: 'length' });
    }
  });

  it('cuts a message into fragments that fit, and puts them together', () => {
    for (const octetsMax of [576, 1280, 200]) {
      const fragments = sealFragments(
        { header, outer: [cookie], inner },
        protection,
        () => ivOf(protection),
        octetsMax,
      );
      expect(Math.max(...fragments.map(({ length }) => length))).toBeLessThanOrEqual(octetsMax);
      const opened = fragments.map((octets) => openFragment(octets, decoded(octets), protection));
      const pieces = opened.map((each): OpenedFragment => {
        if (!each.ok) throw new Error(each.reason);
        return each;
      });
      expect(pieces.map(({ fragmentNumber, totalFragments }) => [fragmentNumber, totalFragments])).toEqual(
        pieces.map((__, index) => [index + 1, fragments.length]),
      );
      // Only the first says what is inside, and only it has payloads in the clear (RFC 7383 §2.5).
      expect(pieces.map(({ firstPayload }) => firstPayload)).toEqual(pieces.map((__, index) => (index === 0 ? 35 : 0)));
      expect(fragments.map((octets) => decoded(octets).payloads.length)).toEqual(
        pieces.map((__, index) => (index === 0 ? 2 : 1)),
      );
      expect(joinFragments(pieces)).toEqual({ ok: true, payloads: inner });
      expect(openMessage(fragments[0]!, decoded(fragments[0]!), protection)).toEqual({
        ok: false,
        reason: 'not encrypted',
      });
    }
  });

  it('authenticates the numbers of a fragment', () => {
    const [first] = sealFragments({ header, inner }, protection, () => ivOf(protection), 576);
    for (const at of [32, 33, 34, 35]) {
      const changed = first!.slice();
      changed[at]! ^= 1;
      expect(openFragment(changed, decoded(changed), protection)).toEqual({ ok: false, reason: 'integrity' });
    }
  });

  it('makes no fragments without room for content', () => {
    expect(() => sealFragments({ header, inner }, protection, () => ivOf(protection), 40)).toThrow(RangeError);
  });
});

describe('what is authentic but wrong', () => {
  const [protection] = Object.values(protections) as [CipherProtection];

  /** A message whose plaintext, padding included, is as given. */
  function sealedRaw(plaintext: Uint8Array, firstPayload = 0): Uint8Array {
    const iv = new Uint8Array(16);
    const body = Uint8Array.of(...iv, ...protection.cipher.encrypt(iv, plaintext), ...new Uint8Array(16));
    const octets = encodeMessage({
      kind: 'IKEv2',
      header,
      payloads: [{ kind: 'SK', critical: false, firstPayload, body: { encrypted: body } }],
    });
    octets.set(protection.integrity.sign(octets.subarray(0, -16)), octets.length - 16);
    return octets;
  }

  it('is a Pad Length of more than there is', () => {
    const octets = sealedRaw(new Uint8Array(16).fill(16));
    expect(openMessage(octets, decoded(octets), protection)).toEqual({ ok: false, reason: 'padding' });
  });

  it('is not padding of any value or length', () => {
    for (const padLength of [15, 31, 47]) {
      const plaintext = new Uint8Array(padLength + 1).fill(0xee);
      plaintext[padLength] = padLength;
      const octets = sealedRaw(plaintext);
      expect(openMessage(octets, decoded(octets), protection)).toEqual({ ok: true, payloads: [] });
    }
  });

  it('is a chain of payloads that does not decode', () => {
    const octets = sealedRaw(new Uint8Array(16), 33);
    const opened = openMessage(octets, decoded(octets), protection);
    expect(opened).toMatchObject({ ok: false, reason: 'payloads', error: { path: ['SA', 'length'] } });
  });

  it('is a body of half a block', () => {
    const octets = encodeMessage({
      kind: 'IKEv2',
      header,
      payloads: [{ kind: 'SK', critical: false, firstPayload: 0, body: { encrypted: new Uint8Array(40) } }],
    });
    expect(openMessage(octets, decoded(octets), protection)).toEqual({ ok: false, reason: 'length' });
  });

  it('is no SK payload at all', () => {
    const octets = encodeMessage({ kind: 'IKEv2', header, payloads: [cookie] });
    expect(openMessage(octets, decoded(octets), protection)).toEqual({ ok: false, reason: 'not encrypted' });
  });
});

describe('sealing', () => {
  it('wants an IV of the right length', () => {
    expect(() => sealMessage({ header, inner }, protections['AES-GCM']!, new Uint8Array(12))).toThrow(
      'an IV of 12 octets, not 8',
    );
  });

  it('pads as little as the cipher needs', () => {
    const [protection] = Object.values(protections) as [CipherProtection];
    for (let length = 0; length < 40; length += 1) {
      const payloads = [ikev2Payload('V', { vendorId: new Uint8Array(length) })];
      const octets = sealMessage({ header, inner: payloads }, protection, new Uint8Array(16));
      const content = encodePayloads('IKEv2', payloads).length;
      expect(octets.length).toBe(28 + 4 + 16 + Math.ceil((content + 1) / 16) * 16 + 16);
    }
  });
});

describe('ISAKMP bodies', () => {
  const isakmpHeader: Header = {
    ...header,
    version: { major: 1, minor: 0 },
    exchangeType: 32,
    flags: 0,
    messageId: 77,
  };
  const cipher = cbc('aes-256-cbc', new Uint8Array(32).fill(9));
  const payloads = [
    isakmpPayload('HASH', { hash: new Uint8Array(20).fill(1) }),
    isakmpPayload('D', { doi: 1, protocolId: 3, spis: { size: 4, list: [Uint8Array.of(1, 2, 3, 4)] } }),
  ];

  it('open to what was sealed, with the IV of the next message', () => {
    const iv = new Uint8Array(16).fill(4);
    const { octets, nextIv } = sealIsakmp(isakmpHeader, payloads, cipher, iv);
    const decoding = decodeMessage(octets);
    if (!decoding.ok || decoding.message.kind !== 'encrypted ISAKMP') throw new Error('not an encrypted message');
    expect(decoding.message).toMatchObject({ firstPayload: 8, header: { flags: 1, messageId: 77 } });
    const opened = openIsakmp(decoding.message, cipher, iv);
    expect(opened).toMatchObject({ ok: true, payloads, nextIv });
    expect(toHex(nextIv)).toBe(toHex(octets.subarray(-16)));
    // Another IV spoils the first block, where the generic header is.
    expect(openIsakmp(decoding.message, cipher, new Uint8Array(16)).ok).toBe(false);
  });

  it('are padded with zeros to whole blocks, and by nothing that is whole already', () => {
    for (const length of [1, 12, 28, 29]) {
      const hash = [isakmpPayload('HASH', { hash: new Uint8Array(length) })];
      const { octets } = sealIsakmp(isakmpHeader, hash, cipher, new Uint8Array(16));
      expect(octets.length - 28).toBe(Math.ceil((length + 4) / 16) * 16);
      const decoding = decodeMessage(octets);
      if (!decoding.ok || decoding.message.kind !== 'encrypted ISAKMP') throw new Error('not an encrypted message');
      const opened = openIsakmp(decoding.message, cipher, new Uint8Array(16));
      expect(opened.ok && opened.padding?.some((octet) => octet !== 0)).toBeFalsy();
      expect(opened.ok && opened.payloads).toEqual(hash);
    }
  });
});
