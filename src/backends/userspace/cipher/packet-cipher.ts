/**
 * Encryption and integrity of ESP packets in place in pinned memory, under the keys of one SA — RFC 4303 §3.3.2 and §3.4.4, in the
 * octets that src/engine/ipsec/esp.ts makes and takes. Two implementations test each other: OpenSSL's EVP functions called through
 * koffi (evp-cipher.ts), and node:crypto (node-cipher.ts), which also stands in where the first cannot be had.
 *
 * Only what is common is here; packets of SAs with other algorithms go through the reference.
 */
import type { SaKeys } from '../../../engine/ipsec/esp.js';
import type { AuthenticationTransform, EncryptionTransform } from '../../../model/transform.js';
import type { Memory } from '../system/memory.js';

/** What an ESP packet is made with; lengths in octets. */
export interface PacketCipher {
  readonly ivLength: number;
  readonly icvLength: number;
  /** Ciphertext is a multiple of so many octets (RFC 4303 §2.4). */
  readonly alignment: number;
  /**
   * Encrypts `length` octets of `from` (padding and trailer with them) into the ESP packet at `place` of `to`, whose SPI and sequence
   * number are there already; writes IV, ciphertext and ICV. `from` and `to` may be one memory if the places do not overlap.
   * Gives the length of the packet, or -1 where OpenSSL failed: then nothing of it may be sent.
   */
  seal(from: Memory, at: number, length: number, to: Memory, place: number, numbers: SequenceNumbers): number;
  /**
   * Checks the ICV of the ESP packet of `length` octets at `at` of `from`, and decrypts it to `place` of `to`. Gives the octets
   * of plaintext, or -1 where the ICV is wrong (what was written then means nothing). The caller has checked that the length is possible.
   */
  open(from: Memory, at: number, length: number, to: Memory, place: number, numbers: SequenceNumbers): number;
  /** Forgets the keys. It must not be used any more. */
  close(): void;
}

/** The two halves of a sequence number, in numbers that are quick to write. */
export interface SequenceNumbers {
  high: number;
  low: number;
}

export interface CipherOptions {
  readonly direction: 'inbound' | 'outbound';
  readonly encryption: EncryptionTransform;
  readonly authentication?: AuthenticationTransform;
  readonly keys: SaKeys;
  readonly esn: boolean;
}

export interface CipherEngine {
  readonly name: 'evp' | 'node';
  /** Undefined for algorithms that only the reference has. The keys have the lengths of their algorithms. */
  cipher(options: CipherOptions): PacketCipher | undefined;
}

export const espHeaderLength = 8;

/** How an encryption algorithm is called by OpenSSL, and what it needs. */
export interface CipherShape {
  readonly kind: 'GCM' | 'CHACHA20-POLY1305' | 'CBC' | 'CTR' | 'NULL';
  /** `aes-128-gcm`; node:crypto and EVP_CIPHER_fetch both take it. Empty for NULL. */
  readonly algorithm: string;
  /** Of the keying material: the key, then the salt. */
  readonly keyLength: number;
}

/** Undefined for what stays with the reference: CCM, GMAC, Camellia, and what OpenSSL does not have. */
export function cipherShape({ name, keyBits }: EncryptionTransform): CipherShape | undefined {
  const keyLength = keyBits / 8;
  if (name.startsWith('AES-GCM-')) return { kind: 'GCM', algorithm: `aes-${keyBits}-gcm`, keyLength };
  if (name.startsWith('AES-CBC-')) return { kind: 'CBC', algorithm: `aes-${keyBits}-cbc`, keyLength };
  if (name.startsWith('AES-CTR-')) return { kind: 'CTR', algorithm: `aes-${keyBits}-ctr`, keyLength };
  switch (name) {
    case 'CHACHA20-POLY1305':
      return { kind: 'CHACHA20-POLY1305', algorithm: 'chacha20-poly1305', keyLength };
    case '3DES-CBC':
      return { kind: 'CBC', algorithm: 'des-ede3-cbc', keyLength };
    case 'NULL':
      return { kind: 'NULL', algorithm: '', keyLength: 0 };
    default:
      return undefined;
  }
}

/** OpenSSL's name of the hash of an HMAC; undefined for other integrity algorithms. */
export function hmacHash({ name }: AuthenticationTransform): string | undefined {
  switch (name) {
    case 'HMAC-MD5-96':
      return 'md5';
    case 'HMAC-SHA1-96':
      return 'sha1';
    case 'HMAC-SHA2-256-128':
      return 'sha256';
    case 'HMAC-SHA2-384-192':
      return 'sha384';
    case 'HMAC-SHA2-512-256':
      return 'sha512';
    default:
      return undefined;
  }
}

/** The least length of an ESP packet: header, IV, one unit of ciphertext, ICV. */
export function shortestPacket({ ivLength, icvLength, alignment }: PacketCipher): number {
  return espHeaderLength + ivLength + alignment + icvLength;
}

/** Pad length and next header. */
const trailerLength = 2;
/** The alignments are powers of two. */
export function paddedLength(alignment: number, length: number): number {
  return (length + trailerLength + alignment - 1) & -alignment;
}

/** Random octets for the IVs of CBC, drawn in large pieces. */
export interface IvSource {
  /** Copies `length` fresh octets. */
  fill(octets: Uint8Array, at: number, length: number): void;
}

const pieceLength = 16_384;

export function ivSource(random: (target: Uint8Array) => void): IvSource {
  const piece = new Uint8Array(pieceLength);
  let used = pieceLength;
  return {
    fill(octets, at, length) {
      if (used + length > pieceLength) {
        random(piece);
        used = 0;
      }
      for (let index = 0; index < length; index += 1) octets[at + index] = piece[used + index]!;
      used += length;
    },
  };
}

/** Equal octets? Takes the same time wherever they differ. */
export function equalOctets(a: Uint8Array, at: number, b: Uint8Array, bAt: number, length: number): boolean {
  let difference = 0;
  for (let index = 0; index < length; index += 1) difference |= a[at + index]! ^ b[bAt + index]!;
  return difference === 0;
}
