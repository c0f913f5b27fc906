/**
 * Public value, nonce and, where the method encrypts it, identity of one side — RFC 2409 §5.1 to §5.4: messages 3 and 4 of
 * Main Mode, parts of 1 and 2 of Aggressive Mode.
 *
 *   preshared key, signatures   KE, Ni
 *   encryption with RSA         KE, [HASH(1),] <IDii_b>PubKey_r, <Ni_b>PubKey_r
 *   revised encryption          [HASH(1),] <Ni_b>PubKey_r, <KE_b>Ke_i, <IDii_b>Ke_i, [<<Cert-I_b>Ke_i]
 */
import { revisedModeKey } from '../crypto/kdf.js';
import { equalConstantTime } from '../crypto/octets.js';
import type { CipherKey, PrivateKey, PublicKey, SecureRandom } from '../crypto/provider.js';
import { type IsakmpPayload, isakmpPayload } from '../wire/isakmp/table.js';
import { isakmpPayloadTypes } from '../wire/registry/isakmp.js';
import { idPayloadOf } from './identification.js';
import type { Suite } from './keys.js';
import { type Arrival, payloadOf } from './messages.js';
import { rawBody } from './raw.js';

const { number: types } = isakmpPayloadTypes;

export interface OwnKeyValues {
  readonly suite: Suite;
  readonly publicValue: Uint8Array;
  readonly nonce: Uint8Array;
  readonly idBody: Uint8Array;
  /** The own cookie. */
  readonly cookie: Uint8Array;
  /** What the methods of encryption encrypt to. */
  readonly peerKey?: PublicKey;
  readonly random: SecureRandom;
}

/** The payloads of one side; undefined where its identity does not fit into the peer's key. */
export function keyPayloads(values: OwnKeyValues): IsakmpPayload[] | undefined {
  const { suite, publicValue, nonce, idBody, cookie, peerKey, random } = values;
  if (suite.kind === 'preshared-key' || suite.kind === 'signature') {
    return [isakmpPayload('KE', { keyExchangeData: publicValue }), isakmpPayload('NONCE', { data: nonce })];
  }
  const encryptedNonce = peerKey?.encrypt(nonce, random);
  if (!encryptedNonce) return undefined;
  const noncePayload = isakmpPayload('NONCE', { data: encryptedNonce });
  if (suite.kind === 'encryption') {
    const encryptedId = peerKey?.encrypt(idBody, random);
    if (!encryptedId) return undefined;
    return [
      isakmpPayload('KE', { keyExchangeData: publicValue }),
      isakmpPayload('ID', idPayloadOf(encryptedId)),
      noncePayload,
    ];
  }
  const chained = ephemeral(suite, nonce, cookie);
  return [
    noncePayload,
    isakmpPayload('KE', { keyExchangeData: chained.encrypt(publicValue) }),
    isakmpPayload('ID', idPayloadOf(chained.encrypt(idBody))),
  ];
}

/**
 * Ke_i or Ke_r over payload after payload: the first IV is zero, each further one the last block before it. There is always
 * padding, of zeros and, in its last octet, the number of those (RFC 2409 §5.3).
 */
function ephemeral(
  { prf, cipher }: Suite,
  nonce: Uint8Array,
  cookie: Uint8Array,
): { encrypt(body: Uint8Array): Uint8Array; decrypt(body: Uint8Array): Uint8Array | undefined } {
  const key: CipherKey = cipher.key(revisedModeKey(prf, nonce, cookie, cipher.keymatLength));
  const block = cipher.transform.blockOctets;
  let iv: Uint8Array = new Uint8Array(block);
  return {
    encrypt(body) {
      const plaintext = new Uint8Array((Math.floor(body.length / block) + 1) * block);
      plaintext.set(body);
      plaintext[plaintext.length - 1] = plaintext.length - body.length - 1;
      const ciphertext = key.encrypt(iv, plaintext);
      iv = ciphertext.slice(-block);
      return ciphertext;
    },
    decrypt(ciphertext) {
      const plaintext = key.decrypt(iv, ciphertext);
      if (!plaintext || plaintext.length === 0) return undefined;
      iv = ciphertext.slice(-block);
      const padding = plaintext[plaintext.length - 1]! + 1;
      return padding <= plaintext.length ? plaintext.subarray(0, plaintext.length - padding) : undefined;
    },
  };
}

export interface PeerKeyValues {
  readonly publicValue: Uint8Array;
  readonly nonce: Uint8Array;
  /** IDii_b or IDir_b, where it came with the key and could be decrypted. */
  readonly idBody?: Uint8Array;
}

export interface PeerValuesInput {
  readonly suite: Suite;
  /** The peer's cookie. */
  readonly cookie: Uint8Array;
  readonly own?: { readonly key: PrivateKey; readonly chain: readonly Uint8Array[] };
  /** Only initiators name the certificate; the HASH in a responder's message 2 of Aggressive Mode is HASH_R. */
  readonly fromInitiator: boolean;
}

const nonceOctets = { min: 8, max: 256 };

/**
 * What the peer sent. With the methods of encryption, wrong padding gives octets that look like any others (see
 * `PrivateKey.decrypt`): everything goes on as if they were right, and fails at the hash, so that nobody learns from us
 * how a ciphertext of theirs decrypts.
 */
export function readKeyPayloads(arrival: Arrival, input: PeerValuesInput): PeerKeyValues | string {
  const { suite, own, cookie } = input;
  const ke = rawBody(arrival.raw, types.KE)!;
  const nonce = rawBody(arrival.raw, types.NONCE)!;
  if (suite.kind === 'preshared-key' || suite.kind === 'signature') {
    if (nonce.length < nonceOctets.min || nonce.length > nonceOctets.max) return `a nonce of ${nonce.length} octets`;
    return { publicValue: ke, nonce };
  }
  if (!own) return 'this system has no key of its own to decrypt it with';
  const id = rawBody(arrival.raw, types.ID)!;
  const wrongKey = input.fromInitiator ? keyHashMismatch(arrival, suite, own.chain) : undefined;
  if (wrongKey) return wrongKey;
  const decryptedNonce = own.key.decrypt(nonce)?.reveal();
  if (!decryptedNonce) return 'its nonce is not encrypted to a key of this system';
  if (suite.kind === 'encryption') {
    const idBody = own.key.decrypt(id)?.reveal();
    return { publicValue: ke, nonce: decryptedNonce, ...(idBody ? { idBody } : {}) };
  }
  const chained = ephemeral(suite, decryptedNonce, cookie);
  const publicValue = chained.decrypt(ke);
  const idBody = publicValue && chained.decrypt(id);
  // A length that is no public value's is found out by whoever uses it; it must not look different from a wrong value.
  return { publicValue: publicValue ?? new Uint8Array(0), nonce: decryptedNonce, ...(idBody ? { idBody } : {}) };
}

/** HASH(1) names the certificate whose key was used, for peers that have several. */
function keyHashMismatch({ payloads }: Arrival, { hash }: Suite, chain: readonly Uint8Array[]): string | undefined {
  const named = payloadOf(payloads, 'HASH')?.body.hash;
  const [own] = chain;
  if (!named || !own || equalConstantTime(hash.digest(own), named)) return undefined;
  return 'it is encrypted to another certificate than the one that this system has';
}
