/**
 * Certificates for dry runs. The keys of real systems are not at hand, and need not be: what a dry run tells is what happens
 * when everybody has a certificate for the identity that its records name. One authority vouches for all of them.
 */
import { addressToOctets, parseAddress } from '../../model/address.js';
import { Secret } from '../../model/secret.js';
import type { AuthenticationMethod, DnAttribute, Identity } from '../../model/system-config.js';
import type { OwnCredential } from '../credentials.js';
import {
  derBitString,
  derElement,
  derInteger,
  derObjectIdentifier,
  derOctetString,
  derSequence,
} from '../crypto/asn1/der-writer.js';
import { oids } from '../crypto/asn1/oids.js';
import { ecpGroups } from '../crypto/groups/ecp.js';
import { fromBigInt } from '../crypto/octets.js';
import type { CryptoProvider, KeyKind, PrivateKey } from '../crypto/provider.js';
import { randomScalar, type SecureRandom, seededRandom } from '../crypto/random.js';
import { writeSignatureAlgorithm } from '../crypto/signature-algorithm.js';
import type { SignatureScheme } from '../crypto/signature-scheme.js';
import { madeUpDsaKeys, madeUpRsaKeys } from './made-up-keys.js';

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

const attributeOids: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  SN: '2.5.4.4',
  SERIALNUMBER: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  STREET: '2.5.4.9',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  T: '2.5.4.12',
  G: '2.5.4.42',
  DC: '0.9.2342.19200300.100.1.25',
  UID: '0.9.2342.19200300.100.1.1',
  E: '1.2.840.113549.1.9.1',
  EMAIL: '1.2.840.113549.1.9.1',
  EMAILADDRESS: '1.2.840.113549.1.9.1',
};

const authorityName: readonly DnAttribute[] = [{ name: 'CN', value: 'Authority of the dry run' }];
const authorityScheme: SignatureScheme = { kind: 'ECDSA', hash: 'SHA2-256', encoding: 'DER' };
const year = 365 * 24 * 3600 * 1000;
const utf8String = 0x0c;
const generalizedTime = 0x18;
const set = 0x31;

/** A PKI that follows from a seed. Certificates are valid for a year before and ten years after `at`. */
export function createMadeUpPki(provider: CryptoProvider, seed: string | number, at: Date): MadeUpPki {
  const random = seededRandom(seed, 'made-up PKI');
  const authority = imported(provider, curveKey(random));
  let serial = 1n;
  const issue = (subject: Uint8Array, key: PrivateKey, extensions: readonly Uint8Array[]): Uint8Array => {
    serial += 1n;
    const algorithm = writeSignatureAlgorithm(authorityScheme, authority.kind)!;
    const tbs = derSequence(
      derElement(0xa0, derInteger(2n)),
      derInteger(serial),
      algorithm,
      nameDer(authorityName),
      derSequence(time(at.getTime() - year), time(at.getTime() + 10 * year)),
      subject,
      key.publicKey.spki,
      derElement(0xa3, derSequence(...extensions)),
    );
    return derSequence(tbs, algorithm, derBitString(authority.sign(authorityScheme, tbs, random)!));
  };
  const anchor = issue(nameDer(authorityName), authority, [
    extension('2.5.29.19', true, derSequence(derElement(0x01, Uint8Array.of(255)))),
    // keyCertSign and cRLSign.
    extension('2.5.29.15', true, derElement(0x03, Uint8Array.of(1, 0x06))),
  ]);
  return {
    anchor,
    credential({ method, side, subject, identities }) {
      const key = imported(provider, privateKey(method, side, random));
      const names = identities.flatMap((identity) => alternativeName(identity) ?? []);
      const certificate = issue(nameDer(subject), key, [
        // digitalSignature and keyEncipherment.
        extension('2.5.29.15', true, derElement(0x03, Uint8Array.of(5, 0xa0))),
        ...(names.length > 0 ? [extension('2.5.29.17', false, derSequence(...names))] : []),
      ]);
      return { key, chain: [certificate, anchor], note: 'the certificate was made up for the dry run' };
    },
  };
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

function privateKey(method: AuthenticationMethod, side: 0 | 1, random: SecureRandom): Secret {
  switch (kindOf(method)) {
    case 'RSA':
      return fromBase64(madeUpRsaKeys[side]);
    case 'DSA':
      return fromBase64(madeUpDsaKeys[side]);
    case 'EC':
      return curveKey(random);
    case 'Ed25519':
    case 'Ed448':
      return new Secret(
        derSequence(
          derInteger(0n),
          derSequence(derObjectIdentifier(oids.ed25519)),
          derOctetString(derOctetString(random(32))),
        ),
      );
  }
}

/** A key of P-256. */
function curveKey(random: SecureRandom): Secret {
  const group = ecpGroups.find(({ curve }) => curve === 'prime256v1')!;
  const d = randomScalar(random, group.n);
  const algorithm = derSequence(derObjectIdentifier(oids.ecPublicKey), derObjectIdentifier(group.oid));
  const key = derSequence(derInteger(1n), derOctetString(fromBigInt(d, group.orderOctets)));
  return new Secret(derSequence(derInteger(0n), algorithm, derOctetString(key)));
}

function fromBase64(text: string): Secret {
  return new Secret(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** RFC 5280 §4.1.2.4; the most significant attribute, which text has last, comes first. */
function nameDer(attributes: readonly DnAttribute[]): Uint8Array {
  const known = [...attributes].reverse().flatMap(({ name, value }) => {
    const oid = attributeOids[name.toUpperCase()];
    return oid ? [derElement(set, derSequence(derObjectIdentifier(oid), derElement(utf8String, utf8(value))))] : [];
  });
  return derSequence(...known);
}

function alternativeName({ type, value }: Identity): Uint8Array | undefined {
  if (value === undefined) return undefined;
  switch (type) {
    case 'FQDN':
      return derElement(0x82, utf8(value));
    case 'USER-FQDN':
      return derElement(0x81, utf8(value));
    case 'IPV4':
    case 'IPV6': {
      const address = parseAddress(value);
      return address && derElement(0x87, addressToOctets(address));
    }
    case 'X500-DN':
    case 'KEY-ID':
      return undefined;
  }
}

function extension(oid: string, critical: boolean, value: Uint8Array): Uint8Array {
  return derSequence(
    derObjectIdentifier(oid),
    ...(critical ? [derElement(0x01, Uint8Array.of(255))] : []),
    derOctetString(value),
  );
}

function time(millis: number): Uint8Array {
  const iso = new Date(millis).toISOString();
  return derElement(generalizedTime, utf8(`${iso.slice(0, 19).replace(/[-:T]/g, '')}Z`));
}
