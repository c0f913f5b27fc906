/**
 * The cipher engine on OpenSSL's EVP functions: one context for each SA, keyed once, and four or five calls for a packet of AES-GCM. What
 * they read and write is pinned memory, so nothing is allocated or copied.
 *
 * EVP_Cipher is the provider's own function without the checks around EVP_CipherUpdate, which cost a tenth of a short packet; with no
 * output it takes associated data. Lengths and order are ours to get right, and the property test holds every octet against the
 * reference. How a packet ends differs between providers there, so that is EVP_CipherFinal_ex.
 */
import { randomFillSync } from 'node:crypto';
import { allocate, type Memory } from '../system/memory.js';
import type { Native } from '../system/native.js';
import { type EvpLibrary, evpControl, evpLibrary, evpParameter } from './evp-library.js';
import {
  type CipherEngine,
  type CipherOptions,
  type CipherShape,
  cipherShape,
  equalOctets,
  espHeaderLength,
  hmacHash,
  type IvSource,
  ivSource,
  type PacketCipher,
  type SequenceNumbers,
} from './packet-cipher.js';

/** Undefined where the executable does not export what it needs. */
export function evpEngine(native: Native): CipherEngine | undefined {
  const evp = evpLibrary(native);
  if (!evp) return undefined;
  const ivs = ivSource((target) => void randomFillSync(target));
  return {
    name: 'evp',
    cipher(options) {
      const shape = cipherShape(options.encryption);
      if (!shape) return undefined;
      const context = shape.kind === 'NULL' ? 0 : keyedContext(native, evp, shape, options);
      if (context === undefined) return undefined;
      if (shape.kind === 'GCM' || shape.kind === 'CHACHA20-POLY1305') {
        return new EvpAead(native, evp, context, options);
      }
      const hmac = keyedHmac(native, evp, options);
      if (hmac === undefined) {
        if (context !== 0) evp.EVP_CIPHER_CTX_free(context);
        return undefined;
      }
      return new EvpSeparate(native, evp, context, hmac, shape, options, ivs);
    },
  };
}

/** A context with the key in it; the key's own copy is wiped. */
function keyedContext(
  native: Native,
  evp: EvpLibrary,
  { algorithm, keyLength, kind }: CipherShape,
  { keys, direction }: CipherOptions,
): number | undefined {
  const cipher = evp.EVP_CIPHER_fetch(0, algorithm, 0);
  if (cipher === 0) return undefined;
  const context = evp.EVP_CIPHER_CTX_new();
  const key = allocate(native, keyLength);
  key.octets.set(keys.encryption?.reveal().subarray(0, keyLength) ?? []);
  const encrypts = direction === 'outbound' ? 1 : 0;
  const isAead = kind === 'GCM' || kind === 'CHACHA20-POLY1305';
  const isReady =
    context !== 0 &&
    evp.EVP_CipherInit_ex(context, cipher, 0, 0, 0, encrypts) === 1 &&
    (!isAead || evp.EVP_CIPHER_CTX_ctrl(context, evpControl.AEAD_SET_IVLEN, aeadNonceLength, 0) === 1) &&
    evp.EVP_CipherInit_ex(context, 0, 0, key.address, 0, encrypts) === 1 &&
    evp.EVP_CIPHER_CTX_set_padding(context, 0) === 1;
  key.octets.fill(0);
  evp.EVP_CIPHER_free(cipher); // the context holds it
  if (isReady) return context;
  if (context !== 0) evp.EVP_CIPHER_CTX_free(context);
  return undefined;
}

/** 0 for an SA without integrity; undefined for an algorithm that is no HMAC. */
function keyedHmac(native: Native, evp: EvpLibrary, { authentication, keys }: CipherOptions): number | undefined {
  if (!authentication) return 0;
  const hash = hmacHash(authentication);
  const digest = hash === undefined ? 0 : evp.EVP_get_digestbyname(hash);
  if (digest === 0) return undefined;
  const secret = keys.authentication?.reveal() ?? new Uint8Array(0);
  const key = allocate(native, Math.max(8, secret.length));
  key.octets.set(secret);
  const context = evp.HMAC_CTX_new();
  const isReady = context !== 0 && evp.HMAC_Init_ex(context, key.address, secret.length, digest, 0) === 1;
  key.octets.fill(0);
  if (isReady) return context;
  if (context !== 0) evp.HMAC_CTX_free(context);
  return undefined;
}

const aeadNonceLength = 12;
const aeadIvLength = 8;
const aeadSaltLength = 4;
const alignmentMin = 4;
/** Places in an AEAD's own memory. */
const nonceAt = 0;
const associatedAt = 16;
const writtenAt = 32;
const tagAt = 48;
const tagNameAt = 64;
const parametersAt = 72;
const aeadOwnLength = parametersAt + 2 * evpParameter.length;

/** AES-GCM (RFC 4106) and ChaCha20-Poly1305 (RFC 7634): nonce = salt, IV; the IV is the sequence number. */
class EvpAead implements PacketCipher {
  readonly ivLength = aeadIvLength;
  readonly icvLength: number;
  readonly alignment = alignmentMin;
  // Functions in fields of their own: to look one up in the library's object costs as much as half a call of it.
  readonly #startSealing: EvpLibrary['EVP_EncryptInit_ex'];
  readonly #startOpening: EvpLibrary['EVP_DecryptInit_ex2'];
  readonly #crypt: EvpLibrary['EVP_Cipher'];
  readonly #finish: EvpLibrary['EVP_CipherFinal_ex'];
  readonly #get: EvpLibrary['EVP_CIPHER_CTX_get_params'];
  readonly #free: EvpLibrary['EVP_CIPHER_CTX_free'];
  readonly #context: number;
  readonly #own: Memory;
  readonly #view: DataView;
  readonly #nonce: number;
  readonly #associated: number;
  readonly #written: number;
  /** The ICV as a parameter: set on the way in with the nonce, got on the way out. */
  readonly #parameters: number;
  readonly #esn: boolean;

  constructor(native: Native, evp: EvpLibrary, context: number, { encryption, keys, esn }: CipherOptions) {
    this.#startSealing = evp.EVP_EncryptInit_ex;
    this.#startOpening = evp.EVP_DecryptInit_ex2;
    this.#crypt = evp.EVP_Cipher;
    this.#finish = evp.EVP_CipherFinal_ex;
    this.#get = evp.EVP_CIPHER_CTX_get_params;
    this.#free = evp.EVP_CIPHER_CTX_free;
    this.#context = context;
    this.#esn = esn;
    this.icvLength = encryption.icvOctets ?? 16;
    const own = allocate(native, aeadOwnLength);
    this.#own = own;
    this.#view = own.view;
    this.#nonce = own.address + nonceAt;
    this.#associated = own.address + associatedAt;
    this.#written = own.address + writtenAt;
    this.#parameters = own.address + parametersAt;
    own.octets.set(new TextEncoder().encode(evpParameter.TAG), tagNameAt);
    own.view.setBigUint64(parametersAt + evpParameter.nameAt, BigInt(own.address + tagNameAt), true);
    own.view.setUint32(parametersAt + evpParameter.typeAt, evpParameter.octets, true);
    own.view.setBigUint64(parametersAt + evpParameter.dataAt, BigInt(own.address + tagAt), true);
    own.view.setBigUint64(parametersAt + evpParameter.sizeAt, BigInt(this.icvLength), true);
    const keymat = keys.encryption?.reveal() ?? new Uint8Array(0);
    own.octets.set(keymat.subarray(keymat.length - aeadSaltLength), nonceAt);
  }

  seal(from: Memory, at: number, length: number, to: Memory, place: number, numbers: SequenceNumbers): number {
    const context = this.#context;
    const view = this.#view;
    const target = to.view;
    const { high, low } = numbers;
    const ivAt = place + espHeaderLength;
    target.setUint32(ivAt, high);
    target.setUint32(ivAt + 4, low);
    view.setUint32(nonceAt + 4, high);
    view.setUint32(nonceAt + 8, low);
    const bodyAt = ivAt + aeadIvLength;
    const icvAt = bodyAt + length;
    const { icvLength } = this;
    const isSealed =
      this.#startSealing(context, 0, 0, 0, this.#nonce) === 1 &&
      this.#associate(to, place, high) &&
      this.#crypt(context, to.address + bodyAt, from.address + at, length) > 0 &&
      this.#finish(context, this.#written, this.#written) === 1 &&
      this.#get(context, this.#parameters) === 1;
    if (!isSealed) return -1;
    for (let index = 0; index < icvLength; index += 4) target.setInt32(icvAt + index, view.getInt32(tagAt + index));
    return icvAt + icvLength - place;
  }

  open(from: Memory, at: number, length: number, to: Memory, place: number, numbers: SequenceNumbers): number {
    const context = this.#context;
    const view = this.#view;
    const source = from.view;
    const { icvLength } = this;
    const ivAt = at + espHeaderLength;
    view.setUint32(nonceAt + 4, source.getUint32(ivAt));
    view.setUint32(nonceAt + 8, source.getUint32(ivAt + 4));
    const bodyAt = ivAt + aeadIvLength;
    const plain = length - espHeaderLength - aeadIvLength - icvLength;
    const icvAt = bodyAt + plain;
    for (let index = 0; index < icvLength; index += 4) view.setInt32(tagAt + index, source.getInt32(icvAt + index));
    const isGenuine =
      this.#startOpening(context, 0, 0, this.#nonce, this.#parameters) === 1 &&
      this.#associate(from, at, numbers.high) &&
      this.#crypt(context, to.address + place, from.address + bodyAt, plain) > 0 &&
      this.#finish(context, this.#written, this.#written) === 1;
    return isGenuine ? plain : -1;
  }

  /** SPI and sequence number, all 64 bits of it with ESN (RFC 4106 §5). */
  #associate(packet: Memory, place: number, high: number): boolean {
    if (!this.#esn) return this.#crypt(this.#context, 0, packet.address + place, espHeaderLength) > 0;
    const view = this.#view;
    view.setUint32(associatedAt, packet.view.getUint32(place));
    view.setUint32(associatedAt + 4, high);
    view.setUint32(associatedAt + 8, packet.view.getUint32(place + 4));
    return this.#crypt(this.#context, 0, this.#associated, espHeaderLength + 4) > 0;
  }

  close(): void {
    this.#free(this.#context);
    this.#own.octets.fill(0);
  }
}

/** Places in the memory of a cipher with separate integrity. */
const macAt = 0;
const highAt = 64;
const counterAt = 72;
const macMax = 64;

/** CBC (RFC 3602, RFC 2451), counter mode (RFC 3686) and NULL (RFC 2410), with HMAC or without integrity. */
class EvpSeparate implements PacketCipher {
  readonly ivLength: number;
  readonly icvLength: number;
  readonly alignment: number;
  readonly #evp: EvpLibrary;
  // As above.
  readonly #start: EvpLibrary['EVP_CipherInit_ex'];
  readonly #cipher: EvpLibrary['EVP_Cipher'];
  readonly #startMac: EvpLibrary['HMAC_Init_ex'];
  readonly #addToMac: EvpLibrary['HMAC_Update'];
  readonly #finishMac: EvpLibrary['HMAC_Final'];
  readonly #context: number;
  readonly #hmac: number;
  readonly #kind: CipherShape['kind'];
  readonly #own: Memory;
  readonly #esn: boolean;
  readonly #encrypts: number;
  readonly #ivs: IvSource;

  constructor(
    native: Native,
    evp: EvpLibrary,
    context: number,
    hmac: number,
    { kind }: CipherShape,
    { encryption, authentication, keys, esn, direction }: CipherOptions,
    ivs: IvSource,
  ) {
    this.#evp = evp;
    this.#start = evp.EVP_CipherInit_ex;
    this.#cipher = evp.EVP_Cipher;
    this.#startMac = evp.HMAC_Init_ex;
    this.#addToMac = evp.HMAC_Update;
    this.#finishMac = evp.HMAC_Final;
    this.#context = context;
    this.#hmac = hmac;
    this.#kind = kind;
    this.#esn = esn;
    this.#encrypts = direction === 'outbound' ? 1 : 0;
    this.#ivs = ivs;
    this.ivLength = encryption.ivOctets;
    this.icvLength = authentication ? authentication.icvBits / 8 : 0;
    this.alignment = Math.max(encryption.blockOctets, alignmentMin);
    this.#own = allocate(native, counterAt + 16);
    if (kind === 'CTR') {
      const keymat = keys.encryption?.reveal() ?? new Uint8Array(0);
      const { octets } = this.#own;
      octets.set(keymat.subarray(keymat.length - aeadSaltLength), counterAt);
      octets[counterAt + 15] = 1; // the counter of the first block (RFC 3686 §4)
    }
  }

  seal(from: Memory, at: number, length: number, to: Memory, place: number, numbers: SequenceNumbers): number {
    const ivAt = place + espHeaderLength;
    const bodyAt = ivAt + this.ivLength;
    switch (this.#kind) {
      case 'CBC':
        this.#ivs.fill(to.octets, ivAt, this.ivLength);
        if (!this.#crypt(to.address + ivAt, from.address + at, to.address + bodyAt, length)) return -1;
        break;
      case 'CTR':
        to.view.setUint32(ivAt, numbers.high);
        to.view.setUint32(ivAt + 4, numbers.low);
        if (!this.#crypt(this.#counterBlock(to, ivAt), from.address + at, to.address + bodyAt, length)) return -1;
        break;
      default:
        to.octets.set(from.octets.subarray(at, at + length), bodyAt);
    }
    const end = bodyAt + length;
    if (this.#hmac === 0) return end - place;
    if (!this.#mac(to.address + place, end - place, numbers.high)) return -1;
    const { icvLength } = this;
    for (let index = 0; index < icvLength; index += 1) to.octets[end + index] = this.#own.octets[macAt + index]!;
    return end - place + icvLength;
  }

  open(from: Memory, at: number, length: number, to: Memory, place: number, numbers: SequenceNumbers): number {
    const { icvLength, ivLength } = this;
    const ivAt = at + espHeaderLength;
    const bodyAt = ivAt + ivLength;
    const end = at + length - icvLength;
    const plain = end - bodyAt;
    if (this.#hmac !== 0) {
      if (!this.#mac(from.address + at, end - at, numbers.high)) return -1;
      if (!equalOctets(from.octets, end, this.#own.octets, macAt, icvLength)) return -1;
    }
    switch (this.#kind) {
      case 'CBC':
        if (!this.#crypt(from.address + ivAt, from.address + bodyAt, to.address + place, plain)) return -1;
        break;
      case 'CTR':
        if (!this.#crypt(this.#counterBlock(from, ivAt), from.address + bodyAt, to.address + place, plain)) return -1;
        break;
      default:
        to.octets.set(from.octets.subarray(bodyAt, end), place);
    }
    return plain;
  }

  #crypt(iv: number, from: number, to: number, length: number): boolean {
    if (this.#start(this.#context, 0, 0, 0, iv, this.#encrypts) !== 1) return false;
    return this.#cipher(this.#context, to, from, length) > 0;
  }

  /** Salt, the packet's IV, and the number of the block. */
  #counterBlock(packet: Memory, ivAt: number): number {
    const own = this.#own;
    own.view.setUint32(counterAt + 4, packet.view.getUint32(ivAt));
    own.view.setUint32(counterAt + 8, packet.view.getUint32(ivAt + 4));
    return own.address + counterAt;
  }

  /** Over the packet, and with ESN the upper half of its number (RFC 4303 §2.2.1). */
  #mac(address: number, length: number, high: number): boolean {
    const own = this.#own;
    if (this.#startMac(this.#hmac, 0, 0, 0, 0) !== 1) return false;
    if (this.#addToMac(this.#hmac, address, length) !== 1) return false;
    if (this.#esn) {
      own.view.setUint32(highAt, high);
      if (this.#addToMac(this.#hmac, own.address + highAt, 4) !== 1) return false;
    }
    return this.#finishMac(this.#hmac, own.address + macAt, 0) === 1;
  }

  close(): void {
    if (this.#context !== 0) this.#evp.EVP_CIPHER_CTX_free(this.#context);
    if (this.#hmac !== 0) this.#evp.HMAC_CTX_free(this.#hmac);
    this.#own.octets.fill(0, macAt, macAt + macMax);
    this.#own.octets.fill(0, counterAt);
  }
}
