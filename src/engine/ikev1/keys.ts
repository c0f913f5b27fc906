/** The protection suite of phase 1 with its algorithms, and the keys that it gives — RFC 2409 §5 and appendix B. */
import type { ChosenTransforms } from '../../model/proposal.js';
import type { Secret } from '../../model/secret.js';
import type { AuthenticationMethod } from '../../model/system-config.js';
import {
  phase1EncryptionKey,
  phase1Iv,
  phase2Iv,
  type SkeyidKeys,
  type SkeyidMethod,
  skeyidKeys,
} from '../crypto/kdf.js';
import {
  algorithmFor,
  type CipherAlgorithm,
  type CryptoProvider,
  type HashAlgorithm,
  type KeyExchangeMethod,
  type Prf,
} from '../crypto/provider.js';
import type { CbcProtection } from '../wire/isakmp/protect.js';

/** How the five methods differ in what their messages hold. */
export type MethodKind = 'preshared-key' | 'signature' | 'encryption' | 'revised';

/** What phase 1 has agreed on. */
export interface Suite {
  readonly transforms: ChosenTransforms;
  readonly method: AuthenticationMethod;
  readonly kind: MethodKind;
  readonly prf: Prf;
  readonly hash: HashAlgorithm;
  readonly cipher: CipherAlgorithm;
  readonly group: KeyExchangeMethod;
  /** 0 is without end. */
  readonly lifetimeSeconds: number;
}

/** The kind of a method; undefined for those that IKEv1 has not. */
export function methodKind(method: AuthenticationMethod): MethodKind | undefined {
  switch (method) {
    case 'PSK':
      return 'preshared-key';
    case 'RSASIG':
    case 'DSSSIG':
      return 'signature';
    case 'RSAENC':
      return 'encryption';
    case 'RSAREVENC':
      return 'revised';
    default:
      return undefined;
  }
}

/** The algorithms of chosen transforms; undefined where the provider lacks one, which offers and own proposals rule out. */
export function suiteOf(
  transforms: ChosenTransforms,
  method: AuthenticationMethod,
  lifetimeSeconds: number,
  provider: CryptoProvider,
): Suite | undefined {
  const { encryption, prf: prfTransform, keyExchange } = transforms;
  const kind = methodKind(method);
  const prf = prfTransform && algorithmFor(provider.prfs, prfTransform);
  const cipher = encryption && algorithmFor(provider.ciphers, encryption);
  const group = keyExchange && algorithmFor(provider.keyExchanges, keyExchange);
  if (!kind || !prf?.hash || !cipher || !group) return undefined;
  return { transforms, method, kind, prf, hash: prf.hash, cipher, group, lifetimeSeconds };
}

export interface Cookies {
  readonly initiator: Uint8Array;
  readonly responder: Uint8Array;
}

export interface Phase1Secrets {
  readonly method: SkeyidMethod;
  readonly ni: Uint8Array;
  readonly nr: Uint8Array;
  readonly sharedSecret: Secret;
}

/** The keys of an ISAKMP SA. */
export interface Phase1Keys {
  readonly skeyid: SkeyidKeys;
  readonly encryptionKey: Secret;
  readonly protection: CbcProtection;
}

/** Derives the keys of an ISAKMP SA. */
export function phase1Keys(suite: Suite, cookies: Cookies, secrets: Phase1Secrets): Phase1Keys {
  const skeyid = skeyidKeys(suite.prf, secrets.method, {
    ni: secrets.ni,
    nr: secrets.nr,
    ckyI: cookies.initiator,
    ckyR: cookies.responder,
    sharedSecret: secrets.sharedSecret,
  });
  const encryptionKey = phase1EncryptionKey(suite.prf, skeyid.skeyidE, suite.cipher.keymatLength);
  return {
    skeyid,
    encryptionKey,
    protection: { blockLength: suite.cipher.transform.blockOctets, cipher: suite.cipher.key(encryptionKey) },
  };
}

/** The IV of the first encrypted message of phase 1. */
export function firstIv({ hash, cipher }: Suite, gxi: Uint8Array, gxr: Uint8Array): Uint8Array {
  return phase1Iv(hash, gxi, gxr, cipher.transform.blockOctets);
}

/** The IV of the first message of an exchange under an ISAKMP SA. */
export function exchangeIv({ hash, cipher }: Suite, lastPhase1Block: Uint8Array, messageId: number): Uint8Array {
  return phase2Iv(hash, lastPhase1Block, messageIdOctets(messageId), cipher.transform.blockOctets);
}

/** M-ID as it is hashed. */
export function messageIdOctets(messageId: number): Uint8Array {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, messageId);
  return octets;
}
