/**
 * What surrounds the RSA function — RFC 8017: EMSA-PKCS1-v1_5 with and without DigestInfo, EMSA-PSS, and RSAES-PKCS1-v1_5
 * with implicit rejection. Pure; lengths are in octets, `length` that of the modulus.
 */
import { derNull, derObjectIdentifier, derOctetString, derSequence } from './asn1/der-writer.js';
import { hashOids } from './asn1/oids.js';
import { concat, equalConstantTime, xor } from './octets.js';
import type { HashAlgorithm } from './provider.js';
import type { SecureRandom } from './random.js';

/** Fixed octets and the eight of padding that must be there at least. */
const paddingOctetsMin = 11;

/** EMSA-PKCS1-v1_5 (§9.2), or undefined where the modulus is too short for it. */
export function pkcs1SignatureBlock(hash: HashAlgorithm, message: Uint8Array, length: number): Uint8Array | undefined {
  const algorithm = derSequence(derObjectIdentifier(hashOids[hash.name]), derNull());
  return pkcs1RawBlock(derSequence(algorithm, derOctetString(hash.digest(message))), length);
}

/** Block type 1 around any octets: IKEv1 puts HASH_I and HASH_R there bare (RFC 2409 §5.1). */
export function pkcs1RawBlock(content: Uint8Array, length: number): Uint8Array | undefined {
  if (content.length > length - paddingOctetsMin) return undefined;
  const block = new Uint8Array(length).fill(0xff);
  block[0] = 0;
  block[1] = 1;
  block[length - content.length - 1] = 0;
  block.set(content, length - content.length);
  return block;
}

/** MGF1 (appendix B.2.1). */
function mask(hash: HashAlgorithm, seed: Uint8Array, length: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  const counter = new Uint8Array(4);
  for (let block = 0; block * hash.outputLength < length; block += 1) {
    new DataView(counter.buffer).setUint32(0, block);
    blocks.push(hash.digest(seed, counter));
  }
  return concat(blocks).subarray(0, length);
}

/** EMSA-PSS encoding (§9.1.1) for a modulus of `modulusBits`, or undefined where hash and salt do not fit. */
export function pssEncode(
  hash: HashAlgorithm,
  message: Uint8Array,
  salt: Uint8Array,
  modulusBits: number,
): Uint8Array | undefined {
  const bits = modulusBits - 1;
  const length = Math.ceil(bits / 8);
  if (length < hash.outputLength + salt.length + 2) return undefined;
  const h = hash.digest(new Uint8Array(8), hash.digest(message), salt);
  const db = new Uint8Array(length - hash.outputLength - 1);
  db[db.length - salt.length - 1] = 1;
  db.set(salt, db.length - salt.length);
  const masked = xor(db, mask(hash, h, db.length));
  masked[0]! &= 0xff >> (8 * length - bits);
  return concat([masked, h, Uint8Array.of(0xbc)]);
}

/** EMSA-PSS verification (§9.1.2) of a block as `pssEncode` makes it. */
export function pssVerify(
  hash: HashAlgorithm,
  message: Uint8Array,
  block: Uint8Array,
  saltLength: number,
  modulusBits: number,
): boolean {
  const bits = modulusBits - 1;
  const length = Math.ceil(bits / 8);
  const dbLength = length - hash.outputLength - 1;
  if (block.length !== length || dbLength < saltLength + 1 || block[length - 1] !== 0xbc) return false;
  const masked = block.subarray(0, dbLength);
  const h = block.subarray(dbLength, length - 1);
  const topMask = 0xff >> (8 * length - bits);
  if (masked[0]! & ~topMask & 0xff) return false;
  const db = xor(masked, mask(hash, h, dbLength));
  db[0]! &= topMask;
  const separator = dbLength - saltLength - 1;
  if (db.subarray(0, separator).some((octet) => octet !== 0) || db[separator] !== 1) return false;
  const salt = db.subarray(separator + 1);
  return equalConstantTime(hash.digest(new Uint8Array(8), hash.digest(message), salt), h);
}

/** A padding octet is drawn again while it is zero; more draws than this, and the source is broken. */
const drawsMax = 64;

/** RSAES-PKCS1-v1_5 encoding (§7.2.1 step 2), or undefined where the plaintext is too long. */
export function pkcs1EncryptionBlock(
  plaintext: Uint8Array,
  length: number,
  random: SecureRandom,
): Uint8Array | undefined {
  const paddingLength = length - plaintext.length - 3;
  if (paddingLength < paddingOctetsMin - 3) return undefined;
  const padding = new Uint8Array(paddingLength);
  let filled = 0;
  for (let draw = 0; filled < paddingLength; draw += 1) {
    if (draw === drawsMax) throw new Error('the random source gives zeros only');
    for (const octet of random(paddingLength - filled)) {
      if (octet !== 0) {
        padding[filled] = octet;
        filled += 1;
      }
    }
  }
  return concat([Uint8Array.of(0, 2), padding, Uint8Array.of(0), plaintext]);
}

const lengthCandidates = 128;

/** What implicit rejection needs besides the block: HMAC-SHA2-256, and the private exponent at the modulus' length. */
export interface RejectionKey {
  readonly sha256: HashAlgorithm;
  hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array;
  readonly privateExponent: Uint8Array;
}

/**
 * The plaintext of a decrypted block, or, where the padding is wrong, octets that only the holder of the private key
 * can foretell, of a length that they determine too (draft-irtf-cfrg-rsa-guidance §7.2, as OpenSSL from 3.2 on does it).
 * The caller cannot tell one from the other, and so does not tell the peer.
 */
export function pkcs1Decrypted(block: Uint8Array, ciphertext: Uint8Array, key: RejectionKey): Uint8Array {
  const length = block.length;
  const derivation = key.hmacSha256(key.sha256.digest(key.privateExponent), ciphertext);
  const derive = (label: string, octets: number): Uint8Array => derived(key, derivation, label, octets);
  const synthetic = derive('message', length);
  const contentMax = length - 10; // 0, 2, at least eight octets; the separator still follows
  const syntheticLength = chosenLength(derive('length', 2 * lengthCandidates), contentMax);

  // No branch depends on the block until its end, so that time says as little as an interpreter allows.
  let separator = 0;
  for (let index = 2; index < length; index += 1) {
    const isZero = (block[index]! - 1) >>> 31;
    const isFirst = (separator - 1) >>> 31;
    separator |= -(isZero & isFirst) & index;
  }
  const wrong = block[0]! | (block[1]! ^ 2) | ((separator - 10) >>> 31);
  const isWrong = -((-wrong >>> 31) & 1);
  const start = (isWrong & (length - syntheticLength)) | (~isWrong & (separator + 1));
  const source = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) {
    source[index] = (isWrong & synthetic[index]!) | (~isWrong & block[index]!);
  }
  return source.slice(start);
}

/** The last of the candidates that is a possible length. */
function chosenLength(candidates: Uint8Array, below: number): number {
  const bits = (1 << (32 - Math.clz32(below))) - 1;
  let chosen = 0;
  for (let index = 0; index < candidates.length; index += 2) {
    const candidate = ((candidates[index]! << 8) | candidates[index + 1]!) & bits;
    const fits = -((candidate - below) >>> 31);
    chosen = (fits & candidate) | (~fits & chosen);
  }
  return chosen;
}

/** The pseudo-random function of the draft, in counter mode. */
function derived(key: RejectionKey, secret: Uint8Array, label: string, octets: number): Uint8Array {
  const text = new TextEncoder().encode(label);
  const bits = Uint8Array.of((8 * octets) >> 8, 8 * octets);
  const blocks: Uint8Array[] = [];
  for (let block = 0; block * key.sha256.outputLength < octets; block += 1) {
    blocks.push(key.hmacSha256(secret, Uint8Array.of(block >> 8, block), text, bits));
  }
  return concat(blocks).subarray(0, octets);
}
