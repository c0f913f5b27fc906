/**
 * Certificates for dry runs. The keys of real systems are not at hand, and need not be: what a dry run tells is what happens
 * when everybody has a certificate for the identity that its records name. One authority vouches for all of them.
 */
import { Secret } from '../../model/secret.js';
import type { AuthenticationMethod, DnAttribute, Identity } from '../../model/system-config.js';
import type { OwnCredential } from '../credentials.js';
import { derSequence } from '../crypto/asn1/der-writer.js';
import type { CryptoProvider, KeyKind, PrivateKey } from '../crypto/provider.js';
import { type SecureRandom, seededRandom } from '../crypto/random.js';
import { writeName } from '../crypto/x509/write-name.js';
import { writeCertificate } from '../pki/certificate-writer.js';
import { madeUpKey } from '../pki/keys.js';
import { madeUpRsaKeys } from './made-up-keys.js';

export interface MadeUpPki {
  /** The authority's certificate, which both sides trust. */
  readonly anchor: Uint8Array;
  /** A key for a method and a certificate for it, with these identities. `side` chooses the key. */
  credential(request: MadeUpRequest): OwnCredential;
}

export interface MadeUpRequest {
  readonly method: AuthenticationMethod;
  readonly side: 0 | 1;
  readonly subject: readonly DnAttribute[];
  /** Alternative names; those that a certificate cannot have are left out. */
  readonly identities: readonly Identity[];
}

const authorityName = 'CN=Authority of the dry run';
const year = 365 * 24 * 3600 * 1000;

/** A PKI that follows from a seed. Certificates are valid for a year before and ten years after `at`. */
export function createMadeUpPki(provider: CryptoProvider, seed: string | number, at: Date): MadeUpPki {
  const random = seededRandom(seed, 'made-up PKI');
  const signer = { ...provider, random };
  const authority = imported(provider, madeUpKey('EC', random, provider));
  const issuer = writeName(authorityName)!;
  let serial = 1n;
  const issue = (subject: Uint8Array, key: PrivateKey, isCa: boolean, identities: readonly Identity[]): Uint8Array => {
    serial += 1n;
    const content = {
      issuer,
      subject,
      serialNumber: serial,
      notBefore: new Date(at.getTime() - year),
      notAfter: new Date(at.getTime() + 10 * year),
      spki: key.publicKey.spki,
      issuerSpki: authority.publicKey.spki,
      isCa,
      identities,
    };
    return writeCertificate(content, authority, signer);
  };
  const anchor = issue(issuer, authority, true, []);
  return {
    anchor,
    credential({ method, side, subject, identities }) {
      const key = imported(provider, keyOfKind(kindOf(method), side, random, provider));
      const certificate = issue(nameDer(subject), key, false, identities);
      return { key, chain: [certificate, anchor], note: 'the certificate was made up for the dry run' };
    },
  };
}

/** A key of a kind, which signs in a dry run in the place of one that is not at hand. `side` chooses among those that are ready. */
export function standInKey(kind: KeyKind, side: 0 | 1, random: SecureRandom, provider: CryptoProvider): PrivateKey {
  return imported(provider, keyOfKind(kind, side, random, provider));
}

function imported(provider: CryptoProvider, pkcs8: Secret): PrivateKey {
  const key = provider.importPrivateKey(pkcs8);
  if (!key) throw new Error('a made-up key cannot be used');
  return key;
}

/** The kind of key that a method needs. */
function kindOf(method: AuthenticationMethod): KeyKind {
  switch (method) {
    case 'DSSSIG':
      return 'DSA';
    case 'ECDSASIG':
      return 'EC';
    case 'EDDSASIG':
      return 'Ed25519';
    default:
      return 'RSA';
  }
}

/** RSA keys are ready: to find their primes takes longer than a dry run. */
function keyOfKind(kind: KeyKind, side: 0 | 1, random: SecureRandom, provider: CryptoProvider): Secret {
  switch (kind) {
    case 'RSA':
      return fromBase64(madeUpRsaKeys[side]);
    case 'DSA':
    case 'EC':
    case 'Ed25519':
    case 'Ed448':
      return madeUpKey(kind, random, provider);
  }
}

function fromBase64(text: string): Secret {
  return new Secret(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
}

/** A name of its attributes; those of a type that has no short name are left out. */
function nameDer(attributes: readonly DnAttribute[]): Uint8Array {
  const parts = attributes.flatMap(({ name, value }) => {
    const part = `${name}=${value.replaceAll(/[\\,+"<>;=#]/g, (character) => `\\${character}`)}`;
    return writeName(part) ? [part] : [];
  });
  return writeName(parts.join(',')) ?? derSequence();
}
