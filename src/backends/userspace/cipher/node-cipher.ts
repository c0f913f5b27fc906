/** The cipher engine on node:crypto: needs nothing but Node, and is what the EVP engine is compared with. */
import {
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomFillSync,
} from 'node:crypto';
import type { Memory } from '../system/memory.js';
import {
  type CipherEngine,
  type CipherOptions,
  type CipherShape,
  cipherShape,
  equalOctets,
  espHeaderLength,
  hmacHash,
  type PacketCipher,
  type SequenceNumbers,
} from './packet-cipher.js';

export const nodeEngine: CipherEngine = {
  name: 'node',
  cipher(options) {
    const shape = cipherShape(options.encryption);
    if (!shape) return undefined;
    if (shape.kind === 'GCM' || shape.kind === 'CHACHA20-POLY1305') return aead(shape, options);
    const hash = options.authentication && hmacHash(options.authentication);
    return options.authentication && hash === undefined ? undefined : separate(shape, options, hash);
  },
};

const ivLengthAead = 8;
const saltLength = 4;
const alignmentMin = 4;

function encryptionKey({ keyLength }: CipherShape, { keys }: CipherOptions): KeyObject {
  return createSecretKey(keys.encryption?.reveal().subarray(0, keyLength) ?? new Uint8Array(0));
}

function saltOf({ keys }: CipherOptions): Uint8Array {
  const keymat = keys.encryption?.reveal() ?? new Uint8Array(0);
  return keymat.subarray(keymat.length - saltLength);
}

function aead(shape: CipherShape, options: CipherOptions): PacketCipher {
  const key = encryptionKey(shape, options);
  const icvLength = options.encryption.icvOctets ?? 16;
  // ChaCha20-Poly1305 takes the same calls; its type is kept apart for want of AAD without a length, which it does not need.
  const algorithm = shape.algorithm as CipherGCMTypes;
  const tag = { authTagLength: icvLength };
  const nonce = new Uint8Array(saltLength + ivLengthAead);
  nonce.set(saltOf(options));
  const associated = new Uint8Array(options.esn ? 12 : 8);
  const associate = (packet: Uint8Array, place: number, { high }: SequenceNumbers): Uint8Array => {
    associated.set(packet.subarray(place, place + 4));
    associated.set(packet.subarray(place + 4, place + 8), options.esn ? 8 : 4);
    if (options.esn) new DataView(associated.buffer).setUint32(4, high);
    return associated;
  };
  return {
    ivLength: ivLengthAead,
    icvLength,
    alignment: alignmentMin,
    seal(from, at, length, to, place, numbers) {
      const ivAt = place + espHeaderLength;
      const bodyAt = ivAt + ivLengthAead;
      to.view.setUint32(ivAt, numbers.high);
      to.view.setUint32(ivAt + 4, numbers.low);
      nonce.set(to.octets.subarray(ivAt, bodyAt), saltLength);
      const state = createCipheriv(algorithm, key, nonce, tag).setAAD(associate(to.octets, place, numbers));
      to.octets.set(state.update(from.octets.subarray(at, at + length)), bodyAt);
      state.final();
      to.octets.set(state.getAuthTag(), bodyAt + length);
      return bodyAt + length + icvLength - place;
    },
    open(from, at, length, to, place, numbers) {
      const bodyAt = at + espHeaderLength + ivLengthAead;
      const end = at + length - icvLength;
      nonce.set(from.octets.subarray(at + espHeaderLength, bodyAt), saltLength);
      const state = createDecipheriv(algorithm, key, nonce, tag).setAAD(associate(from.octets, at, numbers));
      state.setAuthTag(from.octets.subarray(end, at + length));
      const plain = state.update(from.octets.subarray(bodyAt, end));
      try {
        state.final();
      } catch {
        return -1; // a wrong ICV, and nothing else
      }
      to.octets.set(plain, place);
      return plain.length;
    },
    close: () => void nonce.fill(0),
  };
}

function separate(shape: CipherShape, options: CipherOptions, hash: string | undefined): PacketCipher {
  const { encryption, authentication, keys, esn } = options;
  const ivLength = encryption.ivOctets;
  const icvLength = authentication ? authentication.icvBits / 8 : 0;
  const key = shape.kind === 'NULL' ? undefined : encryptionKey(shape, options);
  const hmacKey = hash === undefined ? undefined : createSecretKey(keys.authentication?.reveal() ?? new Uint8Array(0));
  const counterBlock = new Uint8Array(16);
  if (shape.kind === 'CTR') {
    counterBlock.set(saltOf(options));
    counterBlock[15] = 1;
  }
  const high = new Uint8Array(4);
  const ivOf = (packet: Memory, ivAt: number): Uint8Array => {
    const iv = packet.octets.subarray(ivAt, ivAt + ivLength);
    if (shape.kind !== 'CTR') return iv;
    counterBlock.set(iv, saltLength);
    return counterBlock;
  };
  const mac = (packet: Uint8Array, numbers: SequenceNumbers): Uint8Array => {
    const state = createHmac(hash!, hmacKey!).update(packet);
    if (esn) {
      new DataView(high.buffer).setUint32(0, numbers.high);
      state.update(high);
    }
    return state.digest();
  };
  return {
    ivLength,
    icvLength,
    alignment: Math.max(encryption.blockOctets, alignmentMin),
    seal(from, at, length, to, place, numbers) {
      const ivAt = place + espHeaderLength;
      const bodyAt = ivAt + ivLength;
      const end = bodyAt + length;
      const plain = from.octets.subarray(at, at + length);
      if (shape.kind === 'CBC') randomFillSync(to.octets, ivAt, ivLength);
      else if (shape.kind === 'CTR') {
        to.view.setUint32(ivAt, numbers.high);
        to.view.setUint32(ivAt + 4, numbers.low);
      }
      to.octets.set(
        key ? createCipheriv(shape.algorithm, key, ivOf(to, ivAt)).setAutoPadding(false).update(plain) : plain,
        bodyAt,
      );
      if (hmacKey) to.octets.set(mac(to.octets.subarray(place, end), numbers).subarray(0, icvLength), end);
      return end + icvLength - place;
    },
    open(from, at, length, to, place, numbers) {
      const ivAt = at + espHeaderLength;
      const bodyAt = ivAt + ivLength;
      const end = at + length - icvLength;
      if (hmacKey) {
        const right = mac(from.octets.subarray(at, end), numbers);
        if (!equalOctets(from.octets, end, right, 0, icvLength)) return -1;
      }
      const body = from.octets.subarray(bodyAt, end);
      to.octets.set(
        key ? createDecipheriv(shape.algorithm, key, ivOf(from, ivAt)).setAutoPadding(false).update(body) : body,
        place,
      );
      return body.length;
    },
    close: () => void counterBlock.fill(0),
  };
}
