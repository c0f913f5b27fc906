import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatDecodeError, fromHex, toHex } from '../../../src/engine/wire/codec.js';
import { describe as describeMessage } from '../../../src/engine/wire/describe.js';
import { fromInitiator } from '../../../src/engine/wire/header.js';
import { openIsakmp, sealIsakmp } from '../../../src/engine/wire/isakmp/protect.js';
import {
  decodeMessage,
  type EncryptedIsakmpMessage,
  encodePayloads,
  type Ikev2Message,
  inspectPayloads,
} from '../../../src/engine/wire/message.js';
import {
  encryptedPayload,
  openFragment,
  openMessage,
  type Protection,
  sealMessage,
} from '../../../src/engine/wire/protect.js';
import { sharedMissing, sharedPath } from '../../support/shared.js';
import { cbc, protectionOf } from './node-ciphers.js';
import { expectedHex, expectedPayloads, ikev2Seen, isakmpSeen, seenHex } from './tshark.js';
import { bareMessageFile, type VectorFrame, vectorCaptures } from './vectors.js';

const captures = vectorCaptures();

/** The first key set that fits is the right one: some captures list those of several runs. */
function protectionsOf(keys: (typeof captures)[number]['ikev2Keys'], initiator: boolean): readonly Protection[] {
  return keys.flatMap(({ encr, integ = '', sk_ei, sk_er, sk_ai = '', sk_ar = '' }) => {
    const [key, authKey] = initiator ? [sk_ei, sk_ai] : [sk_er, sk_ar];
    return protectionOf(encr, integ, fromHex(key)!, fromHex(authKey)!) ?? [];
  });
}

function messageOf(frame: VectorFrame): { octets: Uint8Array; message: Ikev2Message } {
  const hex = frame.udpPayloadHex!;
  const octets = fromHex(frame.udp!.includes(4500) ? hex.slice(8) : hex)!;
  const decoding = decodeMessage(octets);
  if (!decoding.ok || decoding.message.kind !== 'IKEv2') throw new Error('not an IKEv2 message');
  return { octets, message: decoding.message };
}

const encrypted = captures.flatMap(({ name, frames, ikev2Keys }) =>
  ikev2Keys.length === 0
    ? []
    : frames
        .filter(({ payloads }) => payloads?.some(({ type }) => type === 46))
        .map((frame) => ({ name: `${name}:${frame.frame}`, frame, keys: ikev2Keys })),
);

/** tshark took the last of two key sets, which is of another run, and shows nothing. */
const notShown = 'libpluto_lp17-childselfpolicy__parentI2.pcap:1';
/** tshark opens it although the ICV is wrong. */
const forged = 'tcpdump/ikev2pI2.pcap:2';

describe.skipIf(captures.length === 0)(`SK payloads with known keys (skipped where ${sharedMissing})`, () => {
  it('are there', () => expect(encrypted.length).toBeGreaterThanOrEqual(13));

  it.each(encrypted.filter(({ name }) => name !== notShown && name !== forged))(
    '$name opens to what tshark shows',
    ({ frame, keys }) => {
      const { octets, message } = messageOf(frame);
      const opened = protectionsOf(keys, fromInitiator(message.header)).map((protection) => ({
        protection,
        fragment: openFragment(octets, message, protection),
      }));
      const found = opened.find(({ fragment }) => fragment.ok);
      if (!found?.fragment.ok) throw new Error('no key opens it');
      const { protection, fragment } = found;
      const { decoding, tree } = inspectPayloads('IKEv2', fragment.firstPayload, fragment.content);
      if (!decoding.ok) throw new Error(formatDecodeError(decoding.error));

      const shown = frame.payloads!.find(({ type }) => type === 46)!;
      const inner = shown.payloads ?? [];
      expect(
        ikev2Seen(
          decoding.payloads,
          tree.map(({ length }) => length),
        ),
      ).toEqual(expectedPayloads(inner));
      expect(seenHex(tree, fragment.content)).toEqual(expectedHex(inner));
      expect(toHex(encodePayloads('IKEv2', decoding.payloads))).toBe(toHex(fragment.content));

      const { encrypted: body } = encryptedPayload(message)!.body;
      const iv = body.subarray(0, protection.ivLength);
      const field = (wanted: string) => shown.fields.find(([name]) => name === wanted)?.[1];
      expect(toHex(iv)).toBe(field('enc.iv.hex'));
      expect(toHex(body.subarray(-protection.icvLength))).toBe(field('enc.icd')?.replaceAll(':', ''));
      const padLength = body.length - protection.ivLength - protection.icvLength - fragment.content.length - 1;
      expect(String(padLength)).toBe(field('enc.pad_length'));

      // What we seal from the same payloads opens again, and differs from the peer's only by its padding.
      const again = sealMessage({ header: message.header, inner: decoding.payloads }, protection, iv);
      const resealed = decodeMessage(again);
      if (!resealed.ok || resealed.message.kind !== 'IKEv2') throw new Error('what was sealed does not decode');
      const reopened = openMessage(again, resealed.message, protection);
      expect(reopened.ok && reopened.payloads).toEqual(decoding.payloads);
    },
  );

  it('with the keys of another run do not open, and with their own do', () => {
    const { frame, keys } = encrypted.find(({ name }) => name === notShown)!;
    const { octets, message } = messageOf(frame);
    const opened = protectionsOf(keys, true).map((protection) => openMessage(octets, message, protection));
    expect(opened.map((each) => each.ok || each.reason)).toEqual([true, 'length']);
    const inner = opened[0]?.ok ? opened[0].payloads : [];
    expect(describeMessage(message, { inner })).toBe('HDR, SK {IDi, AUTH, SAi2, TSi, TSr}');
  });

  it('with a wrong ICV are not decrypted', () => {
    const { frame, keys } = encrypted.find(({ name }) => name === forged)!;
    const { octets, message } = messageOf(frame);
    const [protection] = protectionsOf(keys, true);
    if (protection?.kind !== 'cipher') throw new Error('not a cipher with an ICV of its own');
    const decrypt = () => expect.fail('decrypted before the ICV was checked');
    const never = { ...protection, cipher: { ...protection.cipher, decrypt } };
    expect(openMessage(octets, message, never)).toEqual({ ok: false, reason: 'integrity' });
  });

  it('any changed octet of an authenticated message is noticed', () => {
    const { frame, keys } = encrypted.find(({ name }) => name.includes('aes_gcm.pcap:13'))!;
    const { octets, message } = messageOf(frame);
    const [protection] = protectionsOf(keys, fromInitiator(message.header));
    expect(openMessage(octets, message, protection!).ok).toBe(true);
    for (let at = 0; at < octets.length; at += 1) {
      const changed = octets.slice();
      changed[at]! ^= 0x40;
      expect(openMessage(changed, message, protection!), `octet ${at}`).toMatchObject({
        ok: false,
        reason: 'integrity',
      });
    }
  });
});

const certs = captures.find(({ name }) => name === 'wireshark-test/ikev1-certs.pcap');

describe.skipIf(!certs)(`IKEv1 bodies with known keys (skipped where ${sharedMissing})`, () => {
  it('of Main and Quick Mode open with the IVs carried along', () => {
    const cipher = cbc('des-ede3-cbc', fromHex(certs!.ikev1Key!)!);
    // A retransmission (frame 8) is opened with the IV of the message that it repeats (RFC 2409 appendix B).
    let iv = fromHex(certs!.ikev1Crypto!.phase1Iv)!;
    let previousIv = iv;
    const kinds: string[] = [];
    for (const frame of certs!.frames.filter(({ encryptedBody }) => encryptedBody)) {
      const octets = fromHex(frame.udpPayloadHex!)!;
      const decoding = decodeMessage(octets);
      if (!decoding.ok || decoding.message.kind !== 'encrypted ISAKMP') throw new Error('not an encrypted message');
      const message: EncryptedIsakmpMessage = decoding.message;
      if (frame.frame === 7) iv = fromHex(certs!.ikev1Crypto!.quickModeIv)!;
      if (frame.frame === 8) iv = previousIv;
      const opened = openIsakmp(message, cipher, iv);
      if (!opened.ok) throw new Error(`frame ${frame.frame}: ${opened.reason}`);
      expect(toHex(opened.plaintext)).toBe(frame.plaintextHex);
      const { tree } = inspectPayloads('ISAKMP', message.firstPayload, opened.plaintext);
      if (frame.frame !== 8) {
        const lengths = tree.map(({ length }) => length);
        expect(isakmpSeen(opened.payloads, lengths)).toEqual(expectedPayloads(frame.decryptedPayloads!));
        expect(seenHex(tree, opened.plaintext)).toEqual(expectedHex(frame.decryptedPayloads!));
      }
      // Its padding is zeros, so that sealing the same payloads gives the very same message.
      expect(toHex(sealIsakmp(message.header, opened.payloads, cipher, iv).octets)).toBe(toHex(octets));
      const sender = frame.src === '192.168.12.118' ? 'initiator' : 'responder';
      kinds.push(describeMessage(message, { inner: opened.payloads, sender }));
      previousIv = iv;
      iv = opened.nextIv;
    }
    expect(kinds).toEqual([
      'HDR*, IDii, CERT, CR, SIG_I',
      'HDR*, IDir, CERT, SIG_R',
      'HDR*, HASH(1), SA, Ni, KE, IDci, IDcr',
      'HDR*, HASH(1), SA, Ni, KE, IDci, IDcr',
      'HDR*, HASH(2), SA, Nr, KE, IDci, IDcr',
      'HDR*, HASH(3)',
    ]);
  });

  it('show the text that Wireshark tests for', () => {
    const cases = JSON.parse(readFileSync(sharedPath('vectors', 'wireshark-keys', 'cases.json')!, 'utf8')) as {
      cases: { capture: string; expect: string; keys: { encKey: string } }[];
    };
    const known = cases.cases.find(({ capture }) => capture === 'ikev1-certs.pcap')!;
    const frame = certs!.frames.find((each) => each.frame === 5)!;
    const decoding = decodeMessage(fromHex(frame.udpPayloadHex!)!);
    if (!decoding.ok || decoding.message.kind !== 'encrypted ISAKMP') throw new Error('not an encrypted message');
    const opened = openIsakmp(
      decoding.message,
      cbc('des-ede3-cbc', fromHex(known.keys.encKey)!),
      fromHex(certs!.ikev1Crypto!.phase1Iv)!,
    );
    const cert = opened.ok ? opened.payloads.find((payload) => payload.kind === 'CERT') : undefined;
    expect(cert && Buffer.from(cert.body.data).toString('latin1')).toContain(known.expect);
  });

  it('with another key do not make sense', () => {
    const frame = certs!.frames.find((each) => each.frame === 7)!;
    const decoding = decodeMessage(fromHex(frame.udpPayloadHex!)!);
    if (!decoding.ok || decoding.message.kind !== 'encrypted ISAKMP') throw new Error('not an encrypted message');
    const cipher = cbc('des-ede3-cbc', new Uint8Array(24).fill(7));
    expect(openIsakmp(decoding.message, cipher, new Uint8Array(8))).toMatchObject({ ok: false, reason: 'payloads' });
    const cut = { ...decoding.message, ciphertext: decoding.message.ciphertext.subarray(1) };
    expect(openIsakmp(cut, cipher, new Uint8Array(8))).toMatchObject({ ok: false, reason: 'length' });
  });

  it('of a bare message open to the plaintext that is given with it', () => {
    const bare = bareMessageFile().find(({ keys }) => keys !== undefined)!;
    const octets = fromHex(bare.hex)!;
    const decoding = decodeMessage(octets);
    if (!decoding.ok || decoding.message.kind !== 'encrypted ISAKMP') throw new Error('not an encrypted message');
    const cipher = cbc('aes-128-cbc', fromHex(bare.keys!.key)!);
    const opened = openIsakmp(decoding.message, cipher, fromHex(bare.keys!.iv)!);
    if (!opened.ok) throw new Error(opened.reason);
    expect(toHex(opened.plaintext)).toMatch(new RegExp(`^${bare.keys!.plaintext}`));
    expect(describeMessage(decoding.message, { inner: opened.payloads })).toBe('HDR*, HASH, N(PAYLOAD-MALFORMED)');
  });
});
