/**
 * Opening and sealing the encrypted payloads of IKEv2 — RFC 7296 §3.14 for a cipher and an integrity algorithm, RFC 5282
 * for combined modes, RFC 7383 for fragments. The algorithms come from outside, already keyed: this file knows only where
 * IV, ciphertext, padding and ICV lie and what is authenticated.
 *
 *   ~                     Initialization Vector                     ~
 *   ~                    Encrypted IKE Payloads                     ~
 *   +               +-----------------------------------------------+
 *   |               |             Padding (0-255 octets)            |
 *   +-+-+-+-+-+-+-+-+                               +---------------+
 *   |                                               |  Pad Length   |
 *   ~                    Integrity Checksum Data                    ~
 */

import { grow, type Writer, writerOf, written } from './codec/core.js';
import { u16 } from './codec/numbers.js';
import { put } from './codec/octets.js';
import type { DecodeError } from './codec.js';
import type { Header } from './header.js';
import { decodePayloads, encodePayloads, type Ikev2Message, patchLength, writeHeader } from './message.js';
import { firstPayloadNumber, ikev2Chain, patchPayloadLength, writeChain, writePayloadHeader } from './payload-chain.js';
import type { EncryptedIkev2Payload, Ikev2Payload } from './payloads/table.js';

/** A keyed cipher. `iv` is the IV as it is sent; whatever else a nonce has is inside. */
export interface KeyedCipher {
  encrypt(iv: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** Undefined when the lengths cannot be. */
  decrypt(iv: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined;
}

/** A keyed integrity algorithm. */
export interface KeyedIntegrity {
  /** The ICV, already cut to its length. */
  sign(octets: Uint8Array): Uint8Array;
  /** Takes the same time wherever a wrong ICV is wrong. */
  verify(icv: Uint8Array, octets: Uint8Array): boolean;
}

/** A keyed combined-mode cipher. */
export interface KeyedAead {
  /** Ciphertext, then ICV. */
  seal(iv: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array;
  /** Undefined when the ICV is wrong. */
  open(iv: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array | undefined;
}

/** The keys of one direction of an IKE SA and the lengths, in octets, of what they add. */
export type Protection =
  | { readonly kind: 'aead'; readonly ivLength: number; readonly icvLength: number; readonly aead: KeyedAead }
  | {
      readonly kind: 'cipher';
      readonly ivLength: number;
      /** What the plaintext is padded to; 1 for counter modes and ENCR_NULL. */
      readonly blockLength: number;
      readonly icvLength: number;
      readonly cipher: KeyedCipher;
      readonly integrity: KeyedIntegrity;
    };

/** Why an encrypted payload could not be opened. Only after `padding` and `payloads` is it known that the peer sent it. */
export type OpenFailure =
  | { readonly ok: false; readonly reason: 'not encrypted' }
  /** Shorter than IV, one block and ICV, or no whole number of blocks. */
  | { readonly ok: false; readonly reason: 'length' }
  /** The ICV is wrong: forged, damaged, or other keys. */
  | { readonly ok: false; readonly reason: 'integrity' }
  /** Pad Length is more than there is. */
  | { readonly ok: false; readonly reason: 'padding' }
  | { readonly ok: false; readonly reason: 'payloads'; readonly error: DecodeError };

export interface OpenedFragment {
  readonly ok: true;
  /** 1 and 1 for an SK payload, which is not one of several. */
  readonly fragmentNumber: number;
  readonly totalFragments: number;
  /** The number of the first payload inside; 0 in fragments other than the first. */
  readonly firstPayload: number;
  readonly content: Uint8Array;
}

export type OpenedMessage = { readonly ok: true; readonly payloads: readonly Ikev2Payload[] } | OpenFailure;

/** The SK or SKF payload of a message, which is its last one. */
export function encryptedPayload(message: Ikev2Message): EncryptedIkev2Payload | undefined {
  const last = message.payloads.at(-1);
  return last?.kind === 'SK' || last?.kind === 'SKF' ? last : undefined;
}

/** Opens the SK payload of `message`, which was decoded from `octets`. An SKF payload is `not encrypted` here. */
export function openMessage(octets: Uint8Array, message: Ikev2Message, protection: Protection): OpenedMessage {
  if (encryptedPayload(message)?.kind !== 'SK') return { ok: false, reason: 'not encrypted' };
  const opened = openFragment(octets, message, protection);
  return opened.ok ? decodeContent(opened.firstPayload, opened.content) : opened;
}

/** Opens the SK or SKF payload of `message`, which was decoded from `octets`, and leaves its content undecoded. */
export function openFragment(
  octets: Uint8Array,
  message: Ikev2Message,
  protection: Protection,
): OpenedFragment | OpenFailure {
  const payload = encryptedPayload(message);
  if (!payload) return { ok: false, reason: 'not encrypted' };
  const end = octets.length - (message.trailing?.length ?? 0);
  const { encrypted } = payload.body;
  const start = end - encrypted.length;
  const opened = open(octets.subarray(0, end), start, protection);
  if (!(opened instanceof Uint8Array)) return opened;
  const padLength = opened.at(-1)!;
  if (padLength >= opened.length) return { ok: false, reason: 'padding' };
  return {
    ok: true,
    fragmentNumber: payload.kind === 'SKF' ? payload.body.fragmentNumber : 1,
    totalFragments: payload.kind === 'SKF' ? payload.body.totalFragments : 1,
    firstPayload: payload.firstPayload,
    content: opened.subarray(0, opened.length - 1 - padLength),
  };
}

/**
 * Decodes what all fragments of a message, in their order, held together (RFC 7383 §2.6). The caller has seen to it that
 * they are all there and belong together.
 */
export function joinFragments(fragments: readonly OpenedFragment[]): OpenedMessage {
  const content = joined(...fragments.map((fragment) => fragment.content));
  return decodeContent(fragments[0]?.firstPayload ?? 0, content);
}

function decodeContent(firstPayload: number, content: Uint8Array): OpenedMessage {
  const decoded = decodePayloads('IKEv2', firstPayload, content);
  if (!decoded.ok) return { ok: false, reason: 'payloads', error: decoded.error };
  return { ok: true, payloads: decoded.payloads };
}

/** The plaintext with its padding; `start` is where the IV begins, everything before it is authenticated as well. */
function open(octets: Uint8Array, start: number, protection: Protection): Uint8Array | OpenFailure {
  const bodyStart = start + protection.ivLength;
  const icvStart = octets.length - protection.icvLength;
  // Pad Length is always there, so the ciphertext has an octet at least.
  if (icvStart - bodyStart < 1) return { ok: false, reason: 'length' };
  const iv = octets.subarray(start, bodyStart);
  if (protection.kind === 'aead') {
    const plaintext = protection.aead.open(iv, octets.subarray(bodyStart), octets.subarray(0, start));
    return plaintext ?? { ok: false, reason: 'integrity' };
  }
  const ciphertext = octets.subarray(bodyStart, icvStart);
  if (ciphertext.length % protection.blockLength !== 0) return { ok: false, reason: 'length' };
  // The ICV is checked first: nothing is decrypted that the peer did not send (RFC 7296 §3.14).
  if (!protection.integrity.verify(octets.subarray(icvStart), octets.subarray(0, icvStart))) {
    return { ok: false, reason: 'integrity' };
  }
  return protection.cipher.decrypt(iv, ciphertext) ?? { ok: false, reason: 'length' };
}

/** What a sealed message is made of. */
export interface Sealing {
  readonly header: Header;
  /** Payloads in the clear before the encrypted one; ordinary messages have none. */
  readonly outer?: readonly Ikev2Payload[];
  readonly inner: readonly Ikev2Payload[];
}

/**
 * The octets of a message whose `inner` payloads are encrypted. `iv` has the protection's `ivLength` and is never used
 * again with the same key. The padding is the least that the cipher needs, of zeros.
 */
export function sealMessage(
  { header, outer = [], inner }: Sealing,
  protection: Protection,
  iv: Uint8Array,
): Uint8Array {
  const first = firstPayloadNumber(inner, ikev2Chain);
  return seal(header, outer, { number: 46, first }, encodePayloads('IKEv2', inner), protection, iv);
}

/**
 * The same as fragments of at most `octetsMax` octets each, from the IKE header on (RFC 7383 §2.5). Throws a RangeError
 * when there is no room for any content, or there would be more than 65535 fragments.
 */
export function sealFragments(
  { header, outer = [], inner }: Sealing,
  protection: Protection,
  nextIv: () => Uint8Array,
  octetsMax: number,
): readonly Uint8Array[] {
  const content = encodePayloads('IKEv2', inner);
  const first = firstPayloadNumber(inner, ikev2Chain);
  const outerOctets = encodePayloads('IKEv2', outer).length;
  const pieces: Uint8Array[] = [];
  let at = 0;
  do {
    // Unencrypted payloads go with the first fragment only (RFC 7383 §2.5.3).
    const room = contentRoom(octetsMax - (pieces.length === 0 ? outerOctets : 0), protection);
    if (room < 1) throw new RangeError(`no room for content in fragments of ${octetsMax} octets`);
    pieces.push(content.subarray(at, at + room));
    at += room;
  } while (at < content.length);
  if (pieces.length > 0xffff) throw new RangeError(`${pieces.length} fragments`);
  return pieces.map((piece, index) => {
    const fragment = { number: index + 1, total: pieces.length };
    return seal(
      header,
      index === 0 ? outer : [],
      { number: 53, first: index === 0 ? first : 0, fragment },
      piece,
      protection,
      nextIv(),
    );
  });
}

/** How much content fits into a fragment: what is left of headers, IV and ICV, in whole blocks, less Pad Length. */
function contentRoom(octets: number, protection: Protection): number {
  const body = octets - 28 - 8 - protection.ivLength - protection.icvLength;
  const block = protection.kind === 'aead' ? 1 : protection.blockLength;
  return Math.floor(body / block) * block - 1;
}

function seal(
  header: Header,
  outer: readonly Ikev2Payload[],
  payload: { number: number; first: number; fragment?: { number: number; total: number } },
  content: Uint8Array,
  protection: Protection,
  iv: Uint8Array,
): Uint8Array {
  if (iv.length !== protection.ivLength)
    throw new RangeError(`an IV of ${iv.length} octets, not ${protection.ivLength}`);
  const plaintext = padded(content, protection.kind === 'aead' ? 1 : protection.blockLength);
  const to = writerOf();
  writeHeader(to, header, outer.length > 0 ? firstPayloadNumber(outer, ikev2Chain) : payload.number);
  writeChain(to, outer, ikev2Chain);
  if (outer.length > 0) relinkLast(to, outer, payload.number);
  const start = writePayloadHeader(to, {}, payload.first);
  if (payload.fragment) {
    u16.write(to, payload.fragment.number, {});
    u16.write(to, payload.fragment.total, {});
  }
  const aadEnd = to.at;
  // Lengths are part of what is authenticated, so the room is taken and they are set before sealing.
  put(to, iv);
  const bodyStart = grow(to, plaintext.length + protection.icvLength);
  patchPayloadLength(to, start);
  patchLength(to);
  const octets = written(to);
  if (protection.kind === 'aead') {
    octets.set(protection.aead.seal(iv, plaintext, octets.subarray(0, aadEnd)), bodyStart);
  } else {
    octets.set(protection.cipher.encrypt(iv, plaintext), bodyStart);
    const icvStart = octets.length - protection.icvLength;
    octets.set(protection.integrity.sign(octets.subarray(0, icvStart)), icvStart);
  }
  return octets;
}

/** The last unencrypted payload names the encrypted one as the next. */
function relinkLast(to: Writer, outer: readonly Ikev2Payload[], number: number): void {
  const lastLength = encodePayloads('IKEv2', outer.slice(-1)).length;
  to.octets[to.at - lastLength] = number;
}

function padded(content: Uint8Array, blockLength: number): Uint8Array {
  const length = Math.ceil((content.length + 1) / blockLength) * blockLength;
  const plaintext = new Uint8Array(length);
  plaintext.set(content);
  plaintext[length - 1] = length - 1 - content.length;
  return plaintext;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
