/**
 * Key derivation of both IKE versions, as pure functions: prf+ and the keys of RFC 7296 §2.13 to §2.18, RFC 8784 and
 * RFC 9370; SKEYID, IVs and KEYMAT of RFC 2409 §5 and appendix B.
 *
 * Nonces are the data of the Nonce payloads without headers; SPIs, cookies and Message IDs are octets as on the wire.
 */
import { Secret } from '../../model/secret.js';
import { concat } from './octets.js';
import type { HashAlgorithm, Prf, PrfKey } from './provider.js';

/** A counter of one octet bounds prf+ (RFC 7296 §2.13). */
const prfPlusBlocksMax = 255;

/** prf+ (RFC 7296 §2.13): `length` octets from the key and the parts of the seed. */
export function prfPlus(prf: Prf, key: Secret, seed: readonly Uint8Array[], length: number): Uint8Array {
  if (length > prfPlusBlocksMax * prf.outputLength) throw new Error(`prf+ cannot give ${length} octets`);
  const keyed = prf.key(key);
  const blocks: Uint8Array[] = [];
  // The previous block and the counter around the seed; the first has none before it.
  const parts: Uint8Array[] = [...seed, new Uint8Array(1)];
  for (let count = 1; blocks.length * prf.outputLength < length; count += 1) {
    parts[parts.length - 1] = Uint8Array.of(count);
    const block = keyed.prf(...parts);
    if (count === 1) parts.unshift(block);
    else parts[0] = block;
    blocks.push(block);
  }
  return concat(blocks).subarray(0, length);
}

// IKEv2

/** What both sides know after IKE_SA_INIT or the rekeying of an IKE SA. */
export interface NoncePair {
  readonly ni: Uint8Array;
  readonly nr: Uint8Array;
}

/** Two PRFs take the first 64 bits of each nonce as their key, for compatibility with their first definition. */
const fixedKeyNonceOctets = 8;
const fixedKeyPrfs: ReadonlySet<string> = new Set(['AES128-XCBC', 'AES128-CMAC']);

/** SKEYSEED = prf(Ni | Nr, g^ir) — RFC 7296 §2.14. */
export function skeyseed(prf: Prf, { ni, nr }: NoncePair, sharedSecret: Secret): Secret {
  const used = fixedKeyPrfs.has(prf.transform.name) ? fixedKeyNonceOctets : Number.POSITIVE_INFINITY;
  const key = new Secret(concat([ni.subarray(0, used), nr.subarray(0, used)]));
  return new Secret(prf.key(key).prf(sharedSecret.reveal()));
}

/**
 * SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr) with the PRF of the old IKE SA — RFC 7296 §2.18. The same formula
 * takes in an additional key exchange, with SK_d, nonces and PRF of the IKE SA itself (RFC 9370 §2.2.2); a rekeying with
 * additional exchanges appends their secrets (RFC 9370 §2.2.4).
 */
export function skeyseedAgain(
  prf: Prf,
  skD: Secret,
  { ni, nr }: NoncePair,
  sharedSecret: Secret,
  additional: readonly Secret[] = [],
): Secret {
  return new Secret(prf.key(skD).prf(sharedSecret.reveal(), ni, nr, ...additional.map((secret) => secret.reveal())));
}

/** Octets of the keys of an IKE SA; `integrity` is 0 for combined-mode ciphers, `encryption` includes the salt. */
export interface IkeKeyLengths {
  readonly integrity: number;
  readonly encryption: number;
}

export interface IkeKeys {
  readonly skD: Secret;
  readonly skAi: Secret;
  readonly skAr: Secret;
  readonly skEi: Secret;
  readonly skEr: Secret;
  readonly skPi: Secret;
  readonly skPr: Secret;
}

/** {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr) — RFC 7296 §2.14. */
export function ikeKeys(
  prf: Prf,
  seed: Secret,
  { ni, nr }: NoncePair,
  spis: { readonly spiI: Uint8Array; readonly spiR: Uint8Array },
  lengths: IkeKeyLengths,
): IkeKeys {
  const { integrity, encryption } = lengths;
  const total = 3 * prf.keyLength + 2 * (integrity + encryption);
  const next = slices(prfPlus(prf, seed, [ni, nr, spis.spiI, spis.spiR], total));
  // In the order in which they are cut off.
  return {
    skD: next(prf.keyLength),
    skAi: next(integrity),
    skAr: next(integrity),
    skEi: next(encryption),
    skEr: next(encryption),
    skPi: next(prf.keyLength),
    skPr: next(prf.keyLength),
  };
}

/** Cuts secrets off the front of octets, one after the other. */
function slices(octets: Uint8Array): (length: number) => Secret {
  let offset = 0;
  return (length) => {
    offset += length;
    return new Secret(octets.slice(offset - length, offset));
  };
}

/** SK_d, SK_pi and SK_pr with a postquantum preshared key mixed in — RFC 8784 §3. */
export function mixPpk(prf: Prf, keys: IkeKeys, ppk: Secret): IkeKeys {
  const mixed = (key: Secret): Secret => new Secret(prfPlus(prf, ppk, [key.reveal()], key.length));
  return { ...keys, skD: mixed(keys.skD), skPi: mixed(keys.skPi), skPr: mixed(keys.skPr) };
}

/**
 * KEYMAT = prf+(SK_d, [g^ir (new) |] Ni | Nr) — RFC 7296 §2.17; with additional key exchanges their secrets follow
 * (RFC 9370 §2.2.4). The first half protects what the initiator of the exchange sends.
 */
export function childKeymat(
  prf: Prf,
  skD: Secret,
  { ni, nr }: NoncePair,
  length: number,
  sharedSecrets: readonly Secret[] = [],
): Secret {
  const [first, ...additional] = sharedSecrets.map((secret) => secret.reveal());
  const seed = first ? [first, ni, nr, ...additional] : [ni, nr];
  return new Secret(prfPlus(prf, skD, seed, length));
}

// IKEv1

/** What enters all derivations of an ISAKMP SA. */
export interface Phase1Values extends NoncePair {
  readonly ckyI: Uint8Array;
  readonly ckyR: Uint8Array;
  /** g^xy. */
  readonly sharedSecret: Secret;
}

export interface SkeyidKeys {
  readonly skeyid: Secret;
  readonly skeyidD: Secret;
  readonly skeyidA: Secret;
  readonly skeyidE: Secret;
}

/** How the peers authenticate, as far as SKEYID depends on it — RFC 2409 §5. */
export type SkeyidMethod =
  | { readonly kind: 'preshared-key'; readonly key: Secret }
  | { readonly kind: 'signature' }
  /** Both methods with encrypted nonces. */
  | { readonly kind: 'public-key-encryption' };

/** SKEYID and the three keys after it — RFC 2409 §5. The PRF is the HMAC of the negotiated hash. */
export function skeyidKeys(prf: Prf, method: SkeyidMethod, values: Phase1Values): SkeyidKeys {
  const { ckyI, ckyR } = values;
  const skeyid = skeyidOf(prf, method, values);
  const keyed = prf.key(skeyid);
  const gxy = values.sharedSecret.reveal();
  const derive = (number: number, ...before: readonly Uint8Array[]): Secret =>
    new Secret(keyed.prf(...before, gxy, ckyI, ckyR, Uint8Array.of(number)));
  const skeyidD = derive(0);
  const skeyidA = derive(1, skeyidD.reveal());
  const skeyidE = derive(2, skeyidA.reveal());
  return { skeyid, skeyidD, skeyidA, skeyidE };
}

function skeyidOf(prf: Prf, method: SkeyidMethod, { ni, nr, ckyI, ckyR, sharedSecret }: Phase1Values): Secret {
  switch (method.kind) {
    case 'preshared-key':
      return new Secret(prf.key(method.key).prf(ni, nr));
    case 'signature':
      return new Secret(prf.key(new Secret(concat([ni, nr]))).prf(sharedSecret.reveal()));
    case 'public-key-encryption':
      return new Secret(prf.key(new Secret(hashOf(prf).digest(ni, nr))).prf(ckyI, ckyR));
  }
}

function hashOf(prf: Prf): HashAlgorithm {
  if (!prf.hash) throw new Error(`${prf.transform.name} is no PRF of IKEv1`);
  return prf.hash;
}

/** The key of the ISAKMP SA's cipher: SKEYID_e, drawn out where it is too short — RFC 2409 appendix B. */
export function phase1EncryptionKey(prf: Prf, skeyidE: Secret, length: number): Secret {
  return drawnOut(prf, skeyidE, length);
}

/** K1 = prf(K, 0), K2 = prf(K, K1), …, unless K is long enough itself. */
function drawnOut(prf: Prf, key: Secret, length: number): Secret {
  if (key.length >= length) return new Secret(key.reveal().slice(0, length));
  const keyed = prf.key(key);
  return new Secret(chain(length, Uint8Array.of(0), (previous) => keyed.prf(previous)));
}

/** No keying material of IKEv1 is longer; the attribute for key lengths could ask for more. */
const keymatOctetsMax = 1024;

/** Blocks, each from the one before, until there are `length` octets. */
function chain(length: number, first: Uint8Array, next: (previous: Uint8Array) => Uint8Array): Uint8Array {
  if (length > keymatOctetsMax) throw new Error(`IKEv1 has no keying material of ${length} octets`);
  const blocks: Uint8Array[] = [];
  let previous = first;
  for (let have = 0; have < length; have += previous.length) {
    previous = next(previous);
    blocks.push(previous);
  }
  return concat(blocks).subarray(0, length);
}

/**
 * The key for the payloads that the revised encryption method encrypts symmetrically: Ne_i = prf(Ni_b, CKY-I), drawn out
 * (RFC 2409 §5.3). For the responder, its own nonce and cookie.
 */
export function revisedModeKey(prf: Prf, nonce: Uint8Array, cookie: Uint8Array, length: number): Secret {
  return drawnOut(prf, new Secret(prf.key(new Secret(nonce)).prf(cookie)), length);
}

/** The IV of the first encrypted message of phase 1: hash(g^xi | g^xr) — RFC 2409 appendix B. */
export function phase1Iv(hash: HashAlgorithm, gxi: Uint8Array, gxr: Uint8Array, blockLength: number): Uint8Array {
  return hash.digest(gxi, gxr).slice(0, blockLength);
}

/** The IV of the first message of a later exchange: hash(last block of phase 1 | M-ID) — RFC 2409 appendix B. */
export function phase2Iv(
  hash: HashAlgorithm,
  lastPhase1Block: Uint8Array,
  messageId: Uint8Array,
  blockLength: number,
): Uint8Array {
  return hash.digest(lastPhase1Block, messageId).slice(0, blockLength);
}

/** Who is who in HASH_I and HASH_R. */
export interface AuthenticationHashValues {
  /** Public value of the side that the hash authenticates, then the other's; cookies alike. */
  readonly ownPublic: Uint8Array;
  readonly peerPublic: Uint8Array;
  readonly ownCookie: Uint8Array;
  readonly peerCookie: Uint8Array;
  /** The body of the initiator's SA payload, in both hashes. */
  readonly saBody: Uint8Array;
  /** The body of the own Identification payload. */
  readonly idBody: Uint8Array;
}

/** HASH_I or HASH_R = prf(SKEYID, g^x own | g^x peer | CKY own | CKY peer | SAi_b | ID_b) — RFC 2409 §5. */
export function authenticationHash(prf: Prf, skeyid: Secret, values: AuthenticationHashValues): Uint8Array {
  const { ownPublic, peerPublic, ownCookie, peerCookie, saBody, idBody } = values;
  return prf.key(skeyid).prf(ownPublic, peerPublic, ownCookie, peerCookie, saBody, idBody);
}

/** One SA of a Quick Mode: KEYMAT differs by protocol and SPI, hence by direction. */
export interface QuickModeValues extends NoncePair {
  readonly protocol: number;
  readonly spi: Uint8Array;
  /** g(qm)^xy where the exchange had KE payloads. */
  readonly sharedSecret?: Secret;
}

/** KEYMAT = prf(SKEYID_d, [g(qm)^xy |] protocol | SPI | Ni_b | Nr_b), drawn out by chaining — RFC 2409 §5.5. */
export function quickModeKeymat(prf: Prf, skeyidD: Secret, values: QuickModeValues, length: number): Secret {
  const { protocol, spi, ni, nr, sharedSecret } = values;
  const keyed: PrfKey = prf.key(skeyidD);
  const seed = [...(sharedSecret ? [sharedSecret.reveal()] : []), Uint8Array.of(protocol), spi, ni, nr];
  return new Secret(chain(length, new Uint8Array(0), (previous) => keyed.prf(previous, ...seed)));
}
