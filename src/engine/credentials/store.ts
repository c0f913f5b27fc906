/**
 * `Credentials` out of plain data: preshared keys of PAD entries, own keys with their certificates, what is trusted and what
 * is revoked. Nothing is read from anywhere here: whoever makes the engine brings the octets.
 */
import { parseName } from '../../model/peer/identity.js';
import type { Secret } from '../../model/secret.js';
import { findSharedSecret, fittingSharedSecrets } from '../../model/shared-secret.js';
import type { Identity, PadEntry, SecretReference, SharedSecret } from '../../model/system-config.js';
import type { Credentials, OwnCredential } from '../credentials.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { type Certificate, readCertificate } from '../crypto/x509/certificate.js';
import { type Crl, readCrl } from '../crypto/x509/crl.js';
import { certifies } from '../crypto/x509/identity.js';
import { hasAttributes, isEmptyName } from '../crypto/x509/name.js';
import { type BareKey, type KnownCertificates, keyKinds, peerKey } from './peer-key.js';

export interface CredentialData {
  /** The secret that a reference to a file or a variable stands for; undefined where there is none. */
  readonly secretOf?: (reference: SecretReference) => Secret | undefined;
  /** Secrets that are found by the identities of both ends; then those of PAD entries do not count. */
  readonly sharedSecrets?: readonly SharedSecret[];
  /** Own keys, the preferred ones first. */
  readonly keys?: readonly OwnCredential[];
  /** Certificates in DER that are trusted themselves: CAs, or peers that are pinned. */
  readonly anchors?: readonly Uint8Array[];
  /** Certificates in DER that are known: of CAs in between, and of peers that do not send theirs. */
  readonly certificates?: readonly Uint8Array[];
  readonly crls?: readonly Uint8Array[];
  /** Must every certificate have a current CRL? Otherwise only a revocation that is known counts. */
  readonly revocation?: 'required' | 'if-available';
  /** Public keys of peers that have no certificate. */
  readonly peerKeys?: readonly BareKey[];
}

export interface CredentialStore {
  readonly credentials: Credentials;
  /** What of the data could not be read, one sentence each; the rest is used. */
  readonly faults: readonly string[];
}

/** Keys that the proof of one peer is tried with. */
const acceptedKeysMax = 256;
/** Certificates and CRLs that are taken; what is beyond is a fault. */
const itemsMax = 10_000;

/** Makes credentials of data. */
export function createCredentials(data: CredentialData, provider: CryptoProvider): CredentialStore {
  const faults: string[] = [];
  const known: KnownCertificates = {
    provider,
    anchors: readAll('trusted certificate', data.anchors, readCertificate, faults),
    certificates: readAll('certificate', data.certificates, readCertificate, faults),
    crls: readAll('CRL', data.crls, readCrl, faults),
    revocation: data.revocation ?? 'if-available',
    bareKeys: data.peerKeys ?? [],
  };
  const keys = (data.keys ?? []).flatMap((credential, index): Holder[] => {
    const [der] = credential.chain;
    if (!der) return [{ credential }];
    const read = readCertificate(der);
    if (read.kind === 'value') return [{ credential, certificate: read.value }];
    faults.push(`the certificate of key ${index + 1} is malformed: ${read.reason}`);
    return [];
  });
  const credentials: Credentials = {
    presharedKey: (pad, { local, remote }) => presharedKey(pad, data, local, remote),
    acceptedKeys: (pad, { local, remote }) => acceptedKeys(pad, data, local, remote),
    own: (pad, local) => keys.find((holder) => isFor(holder, pad, local))?.credential,
    peerKey: (request) => peerKey(request, known),
    trustAnchors: () =>
      known.anchors
        .filter(({ extensions, version }) => extensions.basicConstraints?.isCa || version < 3)
        .map(({ spki, subject }) => ({ spki, name: subject.der })),
  };
  return { credentials, faults };
}

/** The key that a PAD entry names, or that belongs to the two identities. */
function presharedKey(
  pad: PadEntry,
  data: CredentialData,
  local: Identity | undefined,
  remote: Identity | undefined,
): Secret | undefined {
  const { sharedSecrets } = data;
  const reference = sharedSecrets
    ? findSharedSecret(sharedSecrets, 'IKE', local, remote, pad)?.secret.value
    : pad.presharedKey?.value;
  return reference && resolved(reference, data);
}

/** That key first, then every other one that belongs to either identity (strongSwan's psk_authenticator.c). */
function acceptedKeys(
  pad: PadEntry,
  data: CredentialData,
  local: Identity | undefined,
  remote: Identity,
): readonly Secret[] {
  const first = presharedKey(pad, data, local, remote);
  const others = fittingSharedSecrets(data.sharedSecrets ?? [], 'IKE', local, remote).flatMap(
    ({ secret }) => resolved(secret.value, data) ?? [],
  );
  return [...(first ? [first] : []), ...others.filter((key) => key !== first)].slice(0, acceptedKeysMax);
}

function resolved(reference: SecretReference, { secretOf }: CredentialData): Secret | undefined {
  return reference.kind === 'literal' ? reference.secret : secretOf?.(reference);
}

interface Holder {
  readonly credential: OwnCredential;
  readonly certificate?: Certificate;
}

/** A key of the kind that the method needs, whose certificate stands for the identity (RFC 4945 §3.1). */
function isFor({ credential, certificate }: Holder, pad: PadEntry, local: Identity): boolean {
  if (!keyKinds(pad.localMethod.value).includes(credential.key.kind)) return false;
  if (!certificate) return local.type !== 'X500-DN' || local.value !== undefined;
  if (local.type !== 'X500-DN') return certifies(certificate, local);
  if (isEmptyName(certificate.subject)) return false;
  return local.value === undefined || standsForName(certificate, local);
}

function standsForName(certificate: Certificate, { value }: Identity): boolean {
  const wanted = value === undefined ? [] : parseName(value);
  return hasAttributes(certificate.subject, wanted) && certificate.subject.attributes.length === wanted.length;
}

function readAll<T extends Certificate | Crl>(
  what: string,
  list: readonly Uint8Array[] | undefined,
  read: (der: Uint8Array) => { kind: 'value'; value: T } | { kind: 'fault'; reason: string },
  faults: string[],
): T[] {
  if (list && list.length > itemsMax) faults.push(`of ${list.length} items of kind '${what}' ${itemsMax} are used`);
  return (list ?? []).slice(0, itemsMax).flatMap((der, index) => {
    const result = read(der);
    if (result.kind === 'value') return [result.value];
    faults.push(`${what} ${index + 1} is malformed: ${result.reason}`);
    return [];
  });
}
