/**
 * Opening and sealing the bodies of ISAKMP messages — RFC 2408 §3.1 (Encryption bit), RFC 2409 appendix B. Everything behind
 * the header is one CBC ciphertext; the IV is not sent but carried from message to message by both peers.
 */

import { writerOf, written } from '../codec/core.js';
import { put } from '../codec/octets.js';
import type { DecodeError, Note } from '../codec.js';
import { type Header, isakmpFlags } from '../header.js';
import { decodePayloads, type EncryptedIsakmpMessage, encodePayloads, patchLength, writeHeader } from '../message.js';
import { firstPayloadNumber, isakmpChain } from '../payload-chain.js';
import type { KeyedCipher } from '../protect.js';
import type { IsakmpPayload } from './table.js';

/** The key of an ISAKMP SA: a CBC cipher, and the octets of its block, which are also those of an IV. */
export interface CbcProtection {
  readonly blockLength: number;
  readonly cipher: KeyedCipher;
}

export type OpenedIsakmp =
  | {
      readonly ok: true;
      readonly payloads: readonly IsakmpPayload[];
      /** The decrypted octets: hashes are computed over payloads as they were sent. */
      readonly plaintext: Uint8Array;
      readonly padding?: Uint8Array;
      readonly notes: readonly Note[];
      /** The last block, which is the IV of the next message of the exchange (RFC 2409 appendix B). */
      readonly nextIv: Uint8Array;
    }
  /** No whole number of blocks, or none. */
  | { readonly ok: false; readonly reason: 'length' }
  /** Other keys or another IV: CBC has no ICV, so that octets without sense are the first sign of it. */
  | { readonly ok: false; readonly reason: 'payloads'; readonly error: DecodeError };

/** Opens an encrypted message. What follows the last payload is padding of any value (RFC 2409 appendix B). */
export function openIsakmp(
  { firstPayload, ciphertext }: EncryptedIsakmpMessage,
  { blockLength, cipher }: CbcProtection,
  iv: Uint8Array,
): OpenedIsakmp {
  if (ciphertext.length === 0 || ciphertext.length % blockLength !== 0) return { ok: false, reason: 'length' };
  const plaintext = cipher.decrypt(iv, ciphertext);
  if (!plaintext) return { ok: false, reason: 'length' };
  const decoded = decodePayloads('ISAKMP', firstPayload, plaintext);
  if (!decoded.ok) return { ok: false, reason: 'payloads', error: decoded.error };
  const { payloads, notes, padding } = decoded;
  return { ok: true, payloads, plaintext, ...(padding && { padding }), notes, nextIv: ciphertext.slice(-blockLength) };
}

/** The octets of a message whose payloads are encrypted and padded with zeros, and the IV of the next one. */
export function sealIsakmp(
  header: Header,
  payloads: readonly IsakmpPayload[],
  { blockLength, cipher }: CbcProtection,
  iv: Uint8Array,
): { readonly octets: Uint8Array; readonly nextIv: Uint8Array } {
  const content = encodePayloads('ISAKMP', payloads);
  const plaintext = new Uint8Array(Math.ceil(content.length / blockLength) * blockLength);
  plaintext.set(content);
  const ciphertext = cipher.encrypt(iv, plaintext);
  const to = writerOf();
  writeHeader(
    to,
    { ...header, flags: header.flags | isakmpFlags.ENCRYPTION },
    firstPayloadNumber(payloads, isakmpChain),
  );
  put(to, ciphertext);
  patchLength(to);
  const octets = written(to);
  return { octets, nextIv: octets.slice(-blockLength) };
}
