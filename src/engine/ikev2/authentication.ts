/**
 * AUTH — RFC 7296 §2.15 and §3.8, RFC 4754, RFC 7427, RFC 8420: what each side signs, how it is signed, and whether what the
 * peer sent proves the identity that its records expect.
 */
import { Secret } from '../../model/secret.js';
import { demandText, type SignatureDemand } from '../../model/signature-demands.js';
import type { AuthenticationMethod } from '../../model/system-config.js';
import { readPublicKey } from '../crypto/keys.js';
import { concat, equalConstantTime } from '../crypto/octets.js';
import type { CryptoProvider, HashName, KeyKind, Prf, PrivateKey, PublicKey } from '../crypto/provider.js';
import { demandOf, readSignatureAlgorithm, writeSignatureAlgorithm } from '../crypto/signature-algorithm.js';
import type { SignatureScheme } from '../crypto/signature-scheme.js';
import { decode, encode } from '../wire/codec.js';
import { type AuthPayload, digitalSignature } from '../wire/payloads/auth.js';
import { type IdPayload, idi } from '../wire/payloads/id.js';
import { authenticationMethods } from '../wire/registry.js';
import type { SignatureHash } from './signature-hashes.js';

const methods = authenticationMethods.number;

/** What one side signs. */
export interface SignedParts {
  /** Its own first message, as it was sent. */
  readonly message: Uint8Array;
  /** The other side's nonce. */
  readonly nonce: Uint8Array;
  readonly id: IdPayload;
  readonly skP: Secret;
}

/** RealMessage | NonceData of the peer | prf(SK_p, RestOfInitIDPayload) — RFC 7296 §2.15. */
export function signedOctets(prf: Prf, { message, nonce, id, skP }: SignedParts): Uint8Array {
  return concat([message, nonce, prf.key(skP).prf(encode(idi.body, id))]);
}

const keyPad = new TextEncoder().encode('Key Pad for IKEv2');

/** prf(prf(shared secret, "Key Pad for IKEv2"), signed octets) — RFC 7296 §2.15. */
export function sharedKeyMic(prf: Prf, sharedKey: Secret, octets: Uint8Array): Uint8Array {
  return prf.key(new Secret(prf.key(sharedKey).prf(keyPad))).prf(octets);
}

export type Proof =
  | { readonly ok: true; readonly auth: AuthPayload; readonly method: string }
  | { readonly ok: false; readonly why: string };

/** Our AUTH by a shared key. */
export function proveByKey(prf: Prf, sharedKey: Secret, octets: Uint8Array): Proof {
  const auth = { method: methods.SHARED_KEY_MIC, data: sharedKeyMic(prf, sharedKey, octets) };
  return { ok: true, auth, method: 'PSK' };
}

/** What decides how a key signs. */
export interface SigningWishes {
  /** What the peer announced for RFC 7427; absent where it announced nothing. */
  readonly peerHashes: readonly SignatureHash[] | undefined;
  /** RSASSA-PSS goes before PKCS #1 v1.5; without, it is used only where it is demanded. */
  readonly pss: boolean;
  /** ECDSA with a hash that is weaker than the curve is better than none. */
  readonly weakerHashes: boolean;
  /** The ways that the record allows; empty: all. */
  readonly demands: readonly SignatureDemand[];
}

/** Our AUTH by a signature: RFC 7427's where both sides speak of it, else one of the older methods. */
export function proveBySignature(
  provider: CryptoProvider,
  key: PrivateKey,
  octets: Uint8Array,
  wishes: SigningWishes,
): Proof {
  const { peerHashes, demands } = wishes;
  for (const { method, scheme } of waysFor(key.publicKey, wishes)) {
    const signature = key.sign(scheme, octets, provider.random);
    if (!signature) continue;
    if (method !== methods.DIGITAL_SIGNATURE) {
      return { ok: true, auth: { method, data: signature }, method: schemeText(scheme) };
    }
    const algorithmIdentifier = writeSignatureAlgorithm(scheme, key.kind);
    if (!algorithmIdentifier) continue;
    const data = encode(digitalSignature, { algorithmIdentifier, signature });
    return { ok: true, auth: { method, data }, method: `${schemeText(scheme)} (RFC 7427)` };
  }
  const allowed = demands.length > 0 ? ` by ${demands.map(demandText).join(' or ')}` : '';
  const what = peerHashes
    ? `${allowed === '' ? 'with' : `${allowed.trim()} with`} one of the hashes that the peer announced`
    : 'without RFC 7427, which the peer lacks';
  return { ok: false, why: `its ${key.kind} key of ${key.publicKey.bits} bits cannot sign ${what}` };
}

interface Way {
  readonly method: number;
  readonly scheme: SignatureScheme;
}

const byStrength: readonly HashName[] = ['SHA2-256', 'SHA2-384', 'SHA2-512'];
const hashLengths: Readonly<Record<HashName, number>> = {
  MD5: 16,
  SHA1: 20,
  'SHA2-256': 32,
  'SHA2-384': 48,
  'SHA2-512': 64,
};

/** The ways that the record allows; what it demands says nothing of those before RFC 7427 (sign_classic of charon). */
function waysFor(key: PublicKey, { peerHashes, pss, weakerHashes, demands }: SigningWishes): readonly Way[] {
  const all = schemesFor(key, peerHashes);
  if (!peerHashes) return all;
  if (demands.length === 0)
    return all.filter(
      ({ method, scheme }) =>
        method === methods.DIGITAL_SIGNATURE &&
        (pss || scheme.kind !== 'RSASSA-PSS') &&
        (weakerHashes || scheme.kind !== 'ECDSA' || isStrongEnough(scheme.hash, key.bits)),
    );
  return demands.flatMap((demand) => all.filter(({ scheme }) => isDemanded(scheme, demand)));
}

function isStrongEnough(hash: HashName | 'prehashed', curveBits: number): boolean {
  return hash !== 'prehashed' && hashLengths[hash] * 8 >= Math.min(curveBits, hashLengths['SHA2-512'] * 8);
}

function isDemanded(scheme: SignatureScheme, { scheme: kind, hash }: SignatureDemand): boolean {
  if (scheme.kind === 'EdDSA' || kind === 'EdDSA') return scheme.kind === kind;
  return scheme.kind === kind && 'hash' in scheme && scheme.hash === hash;
}

/** The ways in which a key can sign for this peer, the preferred one first. */
function schemesFor(key: PublicKey, peerHashes: readonly SignatureHash[] | undefined): readonly Way[] {
  const digital = (scheme: SignatureScheme): Way => ({ method: methods.DIGITAL_SIGNATURE, scheme });
  const hashes = peerHashes ? preferredHashes(key, peerHashes) : [];
  switch (key.kind) {
    case 'RSA':
      return [
        ...hashes.map((hash) => digital({ kind: 'RSASSA-PSS', hash, saltLength: hashLengths[hash] })),
        ...hashes.map((hash) => digital({ kind: 'RSASSA-PKCS1-v1_5', hash })),
        { method: methods.RSA_DIGITAL_SIGNATURE, scheme: { kind: 'RSASSA-PKCS1-v1_5', hash: 'SHA1' } },
      ];
    case 'EC': {
      const old = curveMethod(key);
      return [
        ...hashes.map((hash) => digital({ kind: 'ECDSA', hash, encoding: 'DER' })),
        ...(old
          ? [{ method: old.method, scheme: { kind: 'ECDSA', hash: old.hash, encoding: 'raw' } } satisfies Way]
          : []),
      ];
    }
    case 'DSA':
      return [
        ...hashes.map((hash) => digital({ kind: 'DSA', hash, encoding: 'DER' })),
        { method: methods.DSS_DIGITAL_SIGNATURE, scheme: { kind: 'DSA', hash: 'SHA1', encoding: 'raw' } },
      ];
    case 'Ed25519':
    case 'Ed448':
      return peerHashes?.includes('IDENTITY') ? [digital({ kind: 'EdDSA' })] : [];
  }
}

/** Hashes of the key's strength first, then stronger ones, then weaker; SHA-1 only when the peer has nothing else. */
function preferredHashes({ kind, bits }: PublicKey, peerHashes: readonly SignatureHash[]): readonly HashName[] {
  const wanted = kind === 'EC' ? (bits > 384 ? 2 : bits > 256 ? 1 : 0) : kind === 'RSA' && bits > 4096 ? 2 : 0;
  const order = [...byStrength.slice(wanted), ...byStrength.slice(0, wanted).reverse(), 'SHA1' as const];
  return order.filter((hash) => peerHashes.includes(hash));
}

/** RFC 4754: each of three curves has one hash. */
function curveMethod({ spki }: PublicKey): { readonly method: number; readonly hash: HashName } | undefined {
  const numbers = readPublicKey(spki);
  if (numbers?.kind !== 'EC') return undefined;
  switch (numbers.group.transform.name) {
    case 'ECP-256':
      return { method: methods.ECDSA_SHA256_P256, hash: 'SHA2-256' };
    case 'ECP-384':
      return { method: methods.ECDSA_SHA384_P384, hash: 'SHA2-384' };
    case 'ECP-521':
      return { method: methods.ECDSA_SHA512_P521, hash: 'SHA2-512' };
    default:
      return undefined;
  }
}

/** The methods of records that an AUTH payload may be of, as far as the payload itself tells. */
export function methodsOf({ method, data }: AuthPayload): readonly AuthenticationMethod[] {
  switch (method) {
    case methods.SHARED_KEY_MIC:
      return ['PSK'];
    case methods.RSA_DIGITAL_SIGNATURE:
      return ['RSASIG'];
    case methods.DSS_DIGITAL_SIGNATURE:
      return ['DSSSIG'];
    case methods.ECDSA_SHA256_P256:
    case methods.ECDSA_SHA384_P384:
    case methods.ECDSA_SHA512_P521:
      return ['ECDSASIG'];
    case methods.DIGITAL_SIGNATURE: {
      const decoded = decode(digitalSignature, data);
      const scheme = decoded.ok ? readSignatureAlgorithm(decoded.value.algorithmIdentifier) : undefined;
      switch (scheme?.kind) {
        case 'RSASSA-PKCS1-v1_5':
        case 'RSASSA-PSS':
          return ['RSASIG'];
        case 'DSA':
          return ['DSSSIG'];
        case 'ECDSA':
          return ['ECDSASIG'];
        case 'EdDSA':
          return ['EDDSASIG'];
        default:
          return ['DIGSIG'];
      }
    }
    default:
      return [];
  }
}

/** The kinds of keys that an AUTH payload can be a signature of; undefined where it does not tell. */
export function keyKindsOf({ method, data }: AuthPayload): readonly KeyKind[] | undefined {
  switch (methodsOf({ method, data })[0]) {
    case 'RSASIG':
      return ['RSA'];
    case 'DSSSIG':
      return ['DSA'];
    case 'ECDSASIG':
      return ['EC'];
    case 'EDDSASIG':
      return ['Ed25519', 'Ed448'];
    default:
      return undefined;
  }
}

/** How an AUTH payload was signed, as records demand it. */
export function signatureOf({ method, data }: AuthPayload): SignatureDemand | undefined {
  switch (method) {
    case methods.RSA_DIGITAL_SIGNATURE:
      return { scheme: 'RSASSA-PKCS1-v1_5', hash: 'SHA1' };
    case methods.ECDSA_SHA256_P256:
      return { scheme: 'ECDSA', hash: 'SHA2-256' };
    case methods.ECDSA_SHA384_P384:
      return { scheme: 'ECDSA', hash: 'SHA2-384' };
    case methods.ECDSA_SHA512_P521:
      return { scheme: 'ECDSA', hash: 'SHA2-512' };
    case methods.DIGITAL_SIGNATURE: {
      const decoded = decode(digitalSignature, data);
      const scheme = decoded.ok ? readSignatureAlgorithm(decoded.value.algorithmIdentifier) : undefined;
      return scheme && demandOf(scheme);
    }
    default:
      return undefined;
  }
}

/** The peer's method in words. */
export function methodText({ method, data }: AuthPayload): string {
  if (method !== methods.DIGITAL_SIGNATURE) return authenticationMethods.describe(method);
  const decoded = decode(digitalSignature, data);
  const scheme = decoded.ok ? readSignatureAlgorithm(decoded.value.algorithmIdentifier) : undefined;
  return scheme ? `${schemeText(scheme)} (RFC 7427)` : authenticationMethods.describe(method);
}

/** Is the peer's AUTH by a shared key right? */
export function verifyByKey(prf: Prf, sharedKey: Secret, octets: Uint8Array, { data }: AuthPayload): boolean {
  return equalConstantTime(sharedKeyMic(prf, sharedKey, octets), data);
}

/** Why the peer's signature proves nothing, or undefined where it does. `announced` is what we said that we can verify. */
export function signatureFault(
  key: PublicKey,
  octets: Uint8Array,
  { method, data }: AuthPayload,
  announced: readonly SignatureHash[],
): string | undefined {
  const wrong = 'the signature is not one of this key';
  switch (method) {
    case methods.RSA_DIGITAL_SIGNATURE: {
      // RFC 7296 §3.8: SHA-1 unless the signer knows better; the hash is told in the signature itself.
      const hashes: readonly HashName[] = ['SHA1', ...byStrength];
      const isGood = hashes.some((hash) => key.verify({ kind: 'RSASSA-PKCS1-v1_5', hash }, octets, data));
      return isGood ? undefined : wrong;
    }
    case methods.DSS_DIGITAL_SIGNATURE:
      return key.verify({ kind: 'DSA', hash: 'SHA1', encoding: 'raw' }, octets, data) ? undefined : wrong;
    case methods.ECDSA_SHA256_P256:
    case methods.ECDSA_SHA384_P384:
    case methods.ECDSA_SHA512_P521: {
      const curve = curveMethod(key);
      if (curve?.method !== method) return `its key is not for ${authenticationMethods.describe(method)}`;
      return key.verify({ kind: 'ECDSA', hash: curve.hash, encoding: 'raw' }, octets, data) ? undefined : wrong;
    }
    case methods.DIGITAL_SIGNATURE: {
      const decoded = decode(digitalSignature, data);
      if (!decoded.ok) return 'the authentication data have not the form of RFC 7427';
      const scheme = readSignatureAlgorithm(decoded.value.algorithmIdentifier);
      if (!scheme) return 'its signature algorithm is not known';
      const hash: SignatureHash = scheme.kind === 'EdDSA' ? 'IDENTITY' : hashOf(scheme);
      if (!announced.includes(hash)) return `it signs with ${hash}, which this system did not announce`;
      return key.verify(scheme, octets, decoded.value.signature) ? undefined : wrong;
    }
    default:
      return `${authenticationMethods.describe(method)} is not supported`;
  }
}

function hashOf(scheme: Exclude<SignatureScheme, { kind: 'EdDSA' }>): HashName {
  return scheme.kind === 'RSA-raw-hash' || scheme.hash === 'prehashed' ? 'MD5' : scheme.hash;
}

/** `RSASSA-PSS with SHA2-256` */
export function schemeText(scheme: SignatureScheme): string {
  return scheme.kind === 'EdDSA' ? 'EdDSA' : `${scheme.kind} with ${hashOf(scheme)}`;
}
