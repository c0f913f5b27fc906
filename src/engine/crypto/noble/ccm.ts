/** AES in Counter with CBC-MAC mode — RFC 3610, NIST SP 800-38C; for ESP RFC 4309. Noble lacks it. */
import { cbc, ctr } from '@noble/ciphers/aes.js';
import type { AeadPrimitive } from '../assemble.js';
import { concat, equalConstantTime } from '../octets.js';

const blockLength = 16;
const zeroBlock = new Uint8Array(blockLength);

/** CCM under `key`; the nonce has 7 to 13 octets, which leaves 8 to 2 for the length of the message. */
export function aesCcm(key: Uint8Array, icvLength: number): AeadPrimitive {
  /** CBC-MAC over B_0, the additional data and the message (RFC 3610 §2.2). */
  function tag(nonce: Uint8Array, message: Uint8Array, aad: Uint8Array): Uint8Array {
    const first = new Uint8Array(blockLength);
    const lengthOctets = blockLength - 1 - nonce.length;
    first[0] = (aad.length > 0 ? 0x40 : 0) | (((icvLength - 2) / 2) << 3) | (lengthOctets - 1);
    // The nonce goes over the upper octets of the length, which are zero for a message that may have this nonce.
    new DataView(first.buffer).setUint32(blockLength - 4, message.length);
    first.set(nonce, 1);
    const data = concat([first, padded([aadLength(aad.length), aad]), padded([message])]);
    return cbc(key, zeroBlock, { disablePadding: true }).encrypt(data).subarray(-blockLength);
  }

  /** Counter mode from A_0 on (§2.3): the first block of the stream masks the tag, the others the message. */
  function crypt(nonce: Uint8Array, mac: Uint8Array, message: Uint8Array): { mac: Uint8Array; message: Uint8Array } {
    const counter = new Uint8Array(blockLength);
    counter[0] = blockLength - 2 - nonce.length;
    counter.set(nonce, 1);
    const both = ctr(key, counter).encrypt(concat([mac, message]));
    return { mac: both.subarray(0, blockLength), message: both.slice(blockLength) };
  }

  return {
    seal(nonce, plaintext, aad) {
      const sealed = crypt(nonce, tag(nonce, plaintext, aad), plaintext);
      return concat([sealed.message, sealed.mac.subarray(0, icvLength)]);
    },
    open(nonce, sealed, aad) {
      const ciphertext = sealed.subarray(0, sealed.length - icvLength);
      const { message, mac } = crypt(nonce, zeroBlock, ciphertext);
      const expected = tag(nonce, message, aad).subarray(0, icvLength);
      const masked = expected.map((octet, index) => octet ^ mac[index]!);
      return equalConstantTime(masked, sealed.subarray(ciphertext.length)) ? message : undefined;
    },
  };
}

const shortAadMax = 0xfeff;

/** How the length of the additional data precedes it. */
function aadLength(length: number): Uint8Array {
  if (length === 0) return new Uint8Array(0);
  if (length <= shortAadMax) return Uint8Array.of(length >> 8, length & 255);
  const octets = new Uint8Array(6);
  octets.set([0xff, 0xfe]);
  new DataView(octets.buffer).setUint32(2, length);
  return octets;
}

/** The parts, with zeros up to a whole block. */
function padded(parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return concat([...parts, new Uint8Array(-length & (blockLength - 1))]);
}
