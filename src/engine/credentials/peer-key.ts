/**
 * Whose key a peer's is: the certificate that stands for its identity (RFC 4945 §3.1), validated up to something that is
 * trusted (RFC 5280 §6), or a bare key that is known.
 */
import { canonicalValue, formatIdentity } from '../../model/peer/identity.js';
import type { AuthenticationMethod, Identity } from '../../model/system-config.js';
import type { PeerKey, PeerKeyRequest } from '../credentials.js';
import type { CryptoProvider, KeyKind } from '../crypto/provider.js';
import { type Certificate, readCertificate } from '../crypto/x509/certificate.js';
import { type Crl, readCrl } from '../crypto/x509/crl.js';
import { certifies } from '../crypto/x509/identity.js';
import { type PathFault, validatePath } from '../crypto/x509/path.js';
import { formatDistinguishedName } from '../wire/payloads/distinguished-name.js';

/** A public key of a peer without a certificate. */
export interface BareKey {
  readonly identity: Identity;
  /** SubjectPublicKeyInfo in DER. */
  readonly spki: Uint8Array;
}

export interface KnownCertificates {
  readonly provider: CryptoProvider;
  readonly anchors: readonly Certificate[];
  readonly certificates: readonly Certificate[];
  readonly crls: readonly Crl[];
  readonly revocation: 'required' | 'if-available';
  readonly bareKeys: readonly BareKey[];
}

/** Certificates and CRLs of one message that are looked at: a peer that nobody has authenticated chose their number. */
const receivedMax = 16;
/** Certificates for one identity that are validated. */
const candidatesMax = 4;

/** The key of a peer, or why there is none to believe. */
export function peerKey(request: PeerKeyRequest, known: KnownCertificates): PeerKey {
  const { identity, pad } = request;
  const name = formatIdentity(identity);
  const received = request.chain.slice(0, receivedMax).flatMap(parsed);
  const candidates = [...received, ...known.certificates, ...known.anchors]
    .filter((certificate) => standsFor(certificate, request))
    .slice(0, candidatesMax);
  if (candidates.length === 0) return bareKey(request, known) ?? refuse(withoutCandidate(request, received, name));
  const kinds = keyKinds(pad.remoteMethod.value);
  let why: string | undefined;
  for (const certificate of candidates) {
    const key = known.provider.importPublicKey(certificate.spki);
    if (!key || !kinds.includes(key.kind)) {
      why ??= `the certificate of ${name} has ${key ? `a key of kind ${key.kind}` : 'a key that is malformed or not supported'}, and ${pad.remoteMethod.value} is expected`;
      continue;
    }
    const result = validatePath({
      provider: known.provider,
      certificate,
      intermediates: [...received, ...known.certificates],
      anchors: known.anchors,
      crls: [...known.crls, ...request.crls.slice(0, receivedMax).flatMap(parsedCrl)],
      at: request.at.getTime(),
      use: request.use ?? 'signature',
      revocation: known.revocation,
    });
    if (result.kind === 'valid') return { kind: 'key', key };
    why ??= faultText(result.faults, name);
  }
  return refuse(why ?? `no certificate of ${name} can be used`);
}

/** The kinds of keys that a method of authentication uses. */
export function keyKinds(method: AuthenticationMethod): readonly KeyKind[] {
  switch (method) {
    case 'PSK':
    case 'EAP':
    case 'XAUTH':
      return [];
    case 'RSASIG':
    case 'RSAENC':
    case 'RSAREVENC':
      return ['RSA'];
    case 'DSSSIG':
      return ['DSA'];
    case 'ECDSASIG':
      return ['EC'];
    case 'EDDSASIG':
      return ['Ed25519', 'Ed448'];
    case 'DIGSIG':
    case 'ANY':
      return ['RSA', 'EC', 'Ed25519', 'Ed448', 'DSA'];
  }
}

function refuse(why: string): PeerKey {
  return { kind: 'refused', why };
}

function parsed(der: Uint8Array): Certificate[] {
  const read = readCertificate(der);
  return read.kind === 'value' ? [read.value] : [];
}

function parsedCrl(der: Uint8Array): Crl[] {
  const read = readCrl(der);
  return read.kind === 'value' ? [read.value] : [];
}

function standsFor(certificate: Certificate, { identity, identityOctets }: PeerKeyRequest): boolean {
  return certifies(certificate, identity.type === 'X500-DN' ? { nameDer: identityOctets } : identity);
}

function bareKey({ identity, pad }: PeerKeyRequest, { bareKeys, provider }: KnownCertificates): PeerKey | undefined {
  const key = (of: Identity) => `${of.type} ${canonicalValue(of.type, of.value ?? '')}`;
  const known = bareKeys.find((candidate) => key(candidate.identity) === key(identity));
  if (!known) return undefined;
  const imported = provider.importPublicKey(known.spki);
  if (!imported || !keyKinds(pad.remoteMethod.value).includes(imported.kind)) return undefined;
  return { kind: 'key', key: imported };
}

function withoutCandidate({ chain }: PeerKeyRequest, received: readonly Certificate[], name: string): string {
  if (received.length > 0) {
    const subjects = received.map(({ subject }) => formatDistinguishedName(subject.der) ?? 'without a name').join('; ');
    return `none of the certificates that came (${subjects}) is for ${name}`;
  }
  return chain.length > 0
    ? `the certificate that came with ${name} is malformed`
    : `${name} sent no certificate, and none of it is known here`;
}

function faultText(faults: readonly PathFault[], name: string): string {
  const [first] = faults;
  if (!first) return `the certificate of ${name} is not trusted`;
  const { subject, serialNumber } = first.certificate;
  const which = formatDistinguishedName(subject.der) || `serial number ${serialNumber}`;
  // A peer whose identity is its subject was named just before.
  const place = name === `X500-DN ${which}` ? first.rfc : `${which}; ${first.rfc}`;
  return `the certificate of ${name} is not valid: ${first.text} (${place})`;
}
