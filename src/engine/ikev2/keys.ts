/** Keys of IKE SAs and Child SAs in the form in which they are used — RFC 7296 §2.14, §2.17 and §2.18. */
import type { ChosenTransforms } from '../../model/proposal.js';
import { Secret } from '../../model/secret.js';
import { childKeymat, type IkeKeys, ikeKeys, type NoncePair, skeyseed, skeyseedAgain } from '../crypto/kdf.js';
import {
  algorithmFor,
  type CryptoProvider,
  encryptionKeymatLength,
  type KeyExchangeMethod,
  type Prf,
} from '../crypto/provider.js';
import type { IkeSaKeys } from '../event.js';
import type { SaKeys } from '../ipsec/sa.js';
import { ikeSpiOctets } from '../wire/payloads/spis.js';
import type { Protection } from '../wire/protect.js';

/** The algorithms of an IKE SA as the provider has them. */
export interface IkeSuite {
  readonly transforms: ChosenTransforms;
  readonly prf: Prf;
  readonly method: KeyExchangeMethod;
  readonly encryptionLength: number;
  /** 0 for combined-mode ciphers. */
  readonly integrityLength: number;
}

/** What an IKE SA protects its messages with, and makes keys from. */
export interface IkeCrypto {
  readonly suite: IkeSuite;
  readonly skD: Secret;
  readonly inbound: Protection;
  readonly outbound: Protection;
  /** An IV for the outbound direction, never the same twice. */
  nextIv(): Uint8Array;
}

/** The suite of chosen transforms; undefined where the provider lacks one, which a selection among usable ones excludes. */
export function ikeSuite(provider: CryptoProvider, transforms: ChosenTransforms): IkeSuite | undefined {
  const { encryption, integrity, prf: prfTransform, keyExchange } = transforms;
  const prf = prfTransform && algorithmFor(provider.prfs, prfTransform);
  const method = keyExchange && algorithmFor(provider.keyExchanges, keyExchange);
  if (!encryption || !prf || !method) return undefined;
  return {
    transforms,
    prf,
    method,
    encryptionLength: encryptionKeymatLength(encryption),
    integrityLength: (integrity?.keyBits ?? 0) / 8,
  };
}

export interface IkeSpis {
  readonly initiator: bigint;
  readonly responder: bigint;
}

/** The keys of a first IKE SA — RFC 7296 §2.14. */
export function firstKeys(suite: IkeSuite, nonces: NoncePair, spis: IkeSpis, sharedSecret: Secret): IkeKeys {
  return keysOf(suite, skeyseed(suite.prf, nonces, sharedSecret), nonces, spis);
}

/** The keys of the IKE SA that replaces `old` — RFC 7296 §2.18. */
export function rekeyedKeys(
  suite: IkeSuite,
  old: IkeCrypto,
  nonces: NoncePair,
  spis: IkeSpis,
  sharedSecret: Secret,
): IkeKeys {
  return keysOf(suite, skeyseedAgain(old.suite.prf, old.skD, nonces, sharedSecret), nonces, spis);
}

function keysOf(suite: IkeSuite, seed: Secret, nonces: NoncePair, { initiator, responder }: IkeSpis): IkeKeys {
  const spis = { spiI: ikeSpiOctets(initiator), spiR: ikeSpiOctets(responder) };
  return ikeKeys(suite.prf, seed, nonces, spis, {
    integrity: suite.integrityLength,
    encryption: suite.encryptionLength,
  });
}

/** Keys both directions for the one that has the role of the original initiator or responder. */
export function ikeCrypto(
  provider: CryptoProvider,
  suite: IkeSuite,
  keys: IkeKeys,
  role: 'initiator' | 'responder',
): IkeCrypto {
  const { skEi, skEr, skAi, skAr, skD } = keys;
  const ofInitiator = protection(provider, suite, skEi, skAi);
  const ofResponder = protection(provider, suite, skEr, skAr);
  const outbound = role === 'initiator' ? ofInitiator : ofResponder;
  return {
    suite,
    skD,
    outbound,
    inbound: role === 'initiator' ? ofResponder : ofInitiator,
    nextIv: ivSource(provider, suite, outbound),
  };
}

function protection(provider: CryptoProvider, { transforms }: IkeSuite, skE: Secret, skA: Secret): Protection {
  const { encryption, integrity } = transforms;
  const aead = encryption && algorithmFor(provider.aeads, encryption);
  if (aead) {
    return { kind: 'aead', ivLength: aead.transform.ivOctets, icvLength: aead.icvLength, aead: aead.key(skE) };
  }
  const cipher = encryption && algorithmFor(provider.ciphers, encryption);
  const mac = integrity && algorithmFor(provider.integrities, integrity);
  if (!cipher || !mac) throw new Error('an IKE suite of algorithms that the provider lacks');
  return {
    kind: 'cipher',
    ivLength: cipher.transform.ivOctets,
    blockLength: cipher.transform.blockOctets,
    icvLength: mac.icvLength,
    cipher: cipher.key(skE),
    integrity: mac.key(skA),
  };
}

/** A counter where a repeated IV would be fatal (RFC 5282 §3), otherwise octets that nobody can foresee (RFC 7296 §3.14). */
function ivSource(provider: CryptoProvider, { transforms }: IkeSuite, { ivLength }: Protection): () => Uint8Array {
  if (transforms.encryption?.saltOctets === undefined) return () => provider.random(ivLength);
  let count = 0n;
  return () => {
    const iv = new Uint8Array(ivLength);
    new DataView(iv.buffer).setBigUint64(ivLength - 8, count);
    count += 1n;
    return iv;
  };
}

/** The keys as tables for decrypting captures have them. */
export function keysForTables(suite: IkeSuite, keys: IkeKeys, spis: IkeSpis): IkeSaKeys {
  const { skEi, skEr, skAi, skAr } = keys;
  return {
    version: 2,
    skEi,
    skEr,
    skAi,
    skAr,
    initiatorSpi: spis.initiator,
    responderSpi: spis.responder,
    transforms: suite.transforms,
  };
}

/** The keys of a pair of Child SAs by who sends with them: the initiator or the responder of the exchange. */
export interface ChildKeys {
  readonly initiator: SaKeys;
  readonly responder: SaKeys;
}

/**
 * KEYMAT cut up — RFC 7296 §2.17: all keys of the SA that carries from the initiator to the responder first, and of each the
 * encryption key before the integrity key.
 */
export function childKeys(
  { suite, skD }: IkeCrypto,
  { encryption, integrity }: ChosenTransforms,
  nonces: NoncePair,
  sharedSecret?: Secret,
): ChildKeys {
  const cipherLength = encryption ? encryptionKeymatLength(encryption) : 0;
  const macLength = (integrity?.keyBits ?? 0) / 8;
  const secrets = sharedSecret ? [sharedSecret] : [];
  const keymat = childKeymat(suite.prf, skD, nonces, 2 * (cipherLength + macLength), secrets).reveal();
  let at = 0;
  const take = (length: number): Secret => {
    at += length;
    return new Secret(keymat.slice(at - length, at));
  };
  const oneWay = (): SaKeys => ({
    ...(encryption ? { encryption: take(cipherLength) } : {}),
    ...(integrity ? { authentication: take(macLength) } : {}),
  });
  return { initiator: oneWay(), responder: oneWay() };
}
