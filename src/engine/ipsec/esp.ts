/**
 * ESP — RFC 4303: what goes out (padding, encryption, ICV) and what comes in (ICV before decryption), for one packet under one
 * key. Sequence numbers, windows and IP headers are the business of the SA and of whoever calls.
 *
 *   | SPI | sequence number | IV | payload, TFC padding, padding, pad length, next header | ICV |
 *                                |<----------------- encrypted ----------------------->|
 */
import { Secret } from '../../model/secret.js';
import type { AuthenticationTransform, EncryptionTransform } from '../../model/transform.js';
import { concat } from '../crypto/octets.js';
import {
  type AeadKey,
  algorithmFor,
  type CipherKey,
  type CryptoProvider,
  type IntegrityKey,
} from '../crypto/provider.js';
import { viewOf } from './packet.js';

export const espHeaderLength = 8;
/** Pad length and next header. */
const trailerLength = 2;
/** Where ciphertext may end, whatever the cipher (RFC 4303 §2.4). */
const alignmentMin = 4;

/** The algorithms of an ESP SA, keyed. */
export type EspKey = {
  readonly transform: EncryptionTransform;
  readonly icvLength: number;
} & (
  | { readonly kind: 'combined'; readonly aead: AeadKey }
  /** Without `integrity` the SA gives confidentiality only: any change of a packet goes unseen. */
  | { readonly kind: 'separate'; readonly cipher: CipherKey; readonly integrity?: IntegrityKey }
);

/** Why keys and transforms make no SA. */
export interface KeyFault {
  readonly why: string;
}

/** Keying material of one SA in one direction. */
export interface SaKeys {
  /** Key and salt; empty or absent for NULL. */
  readonly encryption?: Secret;
  readonly authentication?: Secret;
}

/**
 * Keys the algorithms of an ESP SA. NULL without integrity is refused (RFC 4303 §3.2), as are a combined-mode cipher with
 * separate integrity, algorithms that the provider lacks and keys of a wrong length.
 */
export function espKey(
  provider: CryptoProvider,
  transform: EncryptionTransform,
  authentication: AuthenticationTransform | undefined,
  keys: SaKeys,
): EspKey | KeyFault {
  const keymat = keys.encryption;
  if (transform.icvOctets !== undefined) {
    if (authentication) return { why: `${transform.name} has its own ICV and takes no ${authentication.name}` };
    const aead = algorithmFor(provider.aeads, transform);
    if (!aead) return { why: `${transform.name} is not implemented` };
    if (keymat?.length !== aead.keymatLength) return wrongLength(transform.name, aead.keymatLength, keymat);
    return { kind: 'combined', transform, icvLength: aead.icvLength, aead: aead.key(keymat) };
  }
  const cipher = algorithmFor(provider.ciphers, transform);
  if (!cipher) return { why: `${transform.name} is not implemented` };
  if ((keymat?.length ?? 0) !== cipher.keymatLength) return wrongLength(transform.name, cipher.keymatLength, keymat);
  const cipherKey = cipher.key(keymat ?? new Secret(new Uint8Array(0)));
  if (!authentication) {
    if (transform.name === 'NULL') return { why: 'NULL encryption without integrity protects nothing' };
    return { kind: 'separate', transform, icvLength: 0, cipher: cipherKey };
  }
  const integrity = integrityKey(provider, authentication, keys.authentication);
  if ('why' in integrity) return integrity;
  return {
    kind: 'separate',
    transform,
    icvLength: authentication.icvBits / 8,
    cipher: cipherKey,
    integrity: integrity.key,
  };
}

/** Keys an integrity algorithm, for ESP and AH. */
export function integrityKey(
  provider: CryptoProvider,
  transform: AuthenticationTransform,
  keymat: Secret | undefined,
): { readonly key: IntegrityKey } | KeyFault {
  const algorithm = algorithmFor(provider.integrities, transform);
  if (!algorithm) return { why: `${transform.name} is not implemented` };
  if (keymat?.length !== algorithm.keyLength) return wrongLength(transform.name, algorithm.keyLength, keymat);
  return { key: algorithm.key(keymat) };
}

function wrongLength(name: string, needed: number, keymat: Secret | undefined): KeyFault {
  return { why: `${name} needs ${needed} octets of keying material, not ${keymat?.length ?? 0}` };
}

export interface EspHeader {
  readonly spi: number;
  /** The whole number; with ESN the upper half goes into the ICV only. */
  readonly sequence: bigint;
  readonly esn: boolean;
}

export interface EspContents {
  /** IP protocol number of the payload; 59 for a dummy packet. */
  readonly nextHeader: number;
  readonly payload: Uint8Array;
  /** Octets of zeros behind the payload, whose own length must tell where it ends (RFC 4303 §2.7). */
  readonly tfcPadding?: number;
}

/**
 * The IV of a packet: for combined-mode and counter-mode ciphers the sequence number, which is never the same twice under one
 * key (RFC 4106 §3.1, RFC 3686 §3.1); for CBC octets that nobody can foresee, from `random`.
 */
export function espIv(key: EspKey, sequence: bigint, random: (length: number) => Uint8Array): Uint8Array {
  const { ivOctets, saltOctets } = key.transform;
  if (saltOctets === undefined) return ivOctets === 0 ? new Uint8Array(0) : random(ivOctets);
  const iv = new Uint8Array(ivOctets);
  viewOf(iv).setBigUint64(ivOctets - 8, sequence);
  return iv;
}

/** The octets of an ESP packet that holds so many octets of payload and TFC padding. */
export function espLength(key: EspKey, payloadLength: number): number {
  const { ivOctets } = key.transform;
  return espHeaderLength + ivOctets + paddedLength(key, payloadLength) + key.icvLength;
}

function paddedLength({ transform }: EspKey, payloadLength: number): number {
  const block = Math.max(transform.blockOctets, alignmentMin);
  return Math.ceil((payloadLength + trailerLength) / block) * block;
}

/** The ESP packet from SPI to ICV. `iv` has the cipher's length. */
export function sealEsp(key: EspKey, header: EspHeader, contents: EspContents, iv: Uint8Array): Uint8Array {
  const { payload, nextHeader, tfcPadding = 0 } = contents;
  const plaintext = new Uint8Array(paddedLength(key, payload.length + tfcPadding));
  plaintext.set(payload);
  const padLength = plaintext.length - trailerLength - payload.length - tfcPadding;
  // 1, 2, 3 …: the receiver can check it (RFC 4303 §2.4).
  for (let index = 1; index <= padLength; index += 1) plaintext[payload.length + tfcPadding + index - 1] = index;
  plaintext[plaintext.length - 2] = padLength;
  plaintext[plaintext.length - 1] = nextHeader;
  const head = new Uint8Array(espHeaderLength);
  viewOf(head).setUint32(0, header.spi);
  viewOf(head).setUint32(4, Number(header.sequence & 0xffff_ffffn));
  switch (key.kind) {
    case 'combined':
      return concat([head, iv, key.aead.seal(iv, plaintext, associatedData(header))]);
    case 'separate': {
      const protectedPart = concat([head, iv, key.cipher.encrypt(iv, plaintext)]);
      if (!key.integrity) return protectedPart;
      return concat([protectedPart, key.integrity.sign(protectedPart, ...sequenceHigh(header))]);
    }
  }
}

/** SPI and sequence number, all 64 bits of it with ESN (RFC 4106 §5, RFC 7634 §2.1). */
function associatedData({ spi, sequence, esn }: EspHeader): Uint8Array {
  const octets = new Uint8Array(esn ? 12 : 8);
  const view = viewOf(octets);
  view.setUint32(0, spi);
  if (esn) view.setBigUint64(4, sequence);
  else view.setUint32(4, Number(sequence & 0xffff_ffffn));
  return octets;
}

/** What a separate integrity algorithm takes in behind the packet: with ESN the upper half of the number (RFC 4303 §2.2.1). */
export function sequenceHigh({ sequence, esn }: Pick<EspHeader, 'sequence' | 'esn'>): readonly Uint8Array[] {
  if (!esn) return [];
  const octets = new Uint8Array(4);
  viewOf(octets).setUint32(0, Number((sequence >> 32n) & 0xffff_ffffn));
  return [octets];
}

/** SPI and the 32 bits of the sequence number that a packet carries. */
export interface EspNumbers {
  readonly spi: number;
  readonly sequenceLow: number;
}

/** The clear part of an ESP packet, or undefined where it is too short to have one. */
export function espNumbers(esp: Uint8Array): EspNumbers | undefined {
  if (esp.length < espHeaderLength) return undefined;
  const view = viewOf(esp);
  return { spi: view.getUint32(0), sequenceLow: view.getUint32(4) };
}

export type EspOpened =
  /** `payload` still holds TFC padding, if there is any. */
  | { readonly kind: 'opened'; readonly nextHeader: number; readonly payload: Uint8Array; readonly padLength: number }
  | { readonly kind: 'refused'; readonly reason: 'malformed' | 'icv' | 'padding'; readonly why: string };

/**
 * Opens an ESP packet: the ICV first, and only what it proves genuine is decrypted (RFC 4303 §3.4.4). `sequence` is the whole
 * number that was inferred. Padding other than 1, 2, 3 … is refused where `checkPadding` says so (RFC 4303 §2.4). Never
 * throws on any octets.
 */
export function openEsp(
  key: EspKey,
  esp: Uint8Array,
  { sequence, esn, checkPadding = true }: { sequence: bigint; esn: boolean; checkPadding?: boolean },
): EspOpened {
  const { transform, icvLength } = key;
  const bodyAt = espHeaderLength + transform.ivOctets;
  const ciphertextLength = esp.length - bodyAt - icvLength;
  if (ciphertextLength < Math.max(transform.blockOctets, alignmentMin))
    return malformed('too short for its algorithms');
  if (ciphertextLength % Math.max(transform.blockOctets, alignmentMin) !== 0) {
    return malformed(`${ciphertextLength} octets of ciphertext do not end on a boundary`);
  }
  const numbers = { spi: viewOf(esp).getUint32(0), sequence, esn };
  const iv = esp.subarray(espHeaderLength, bodyAt);
  const plaintext = decrypt(key, numbers, iv, esp, bodyAt);
  if (!plaintext) return { kind: 'refused', reason: 'icv', why: 'the ICV is wrong' };
  const padLength = plaintext[plaintext.length - 2]!;
  const end = plaintext.length - trailerLength - padLength;
  if (end < 0)
    return { kind: 'refused', reason: 'padding', why: `${padLength} octets of padding are more than there is` };
  if (checkPadding) {
    for (let index = 1; index <= padLength; index += 1) {
      if (plaintext[end + index - 1] === index) continue;
      return { kind: 'refused', reason: 'padding', why: `octet ${index} of the padding is not ${index}` };
    }
  }
  return { kind: 'opened', nextHeader: plaintext.at(-1)!, payload: plaintext.subarray(0, end), padLength };
}

function decrypt(
  key: EspKey,
  numbers: EspHeader,
  iv: Uint8Array,
  esp: Uint8Array,
  bodyAt: number,
): Uint8Array | undefined {
  switch (key.kind) {
    case 'combined':
      return key.aead.open(iv, esp.subarray(bodyAt), associatedData(numbers));
    case 'separate': {
      const end = esp.length - key.icvLength;
      const isGenuine =
        key.integrity?.verify(esp.subarray(end), esp.subarray(0, end), ...sequenceHigh(numbers)) ?? true;
      return isGenuine ? key.cipher.decrypt(iv, esp.subarray(bodyAt, end)) : undefined;
    }
  }
}

function malformed(why: string): EspOpened {
  return { kind: 'refused', reason: 'malformed', why };
}
