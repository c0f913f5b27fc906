/**
 * A public key infrastructure that does not exist: for dry runs of records that say RSASIG or the like, where no certificate
 * files are at hand. One CA, a key and a certificate for each identity, all following from the seed, so that the messages of a
 * dry run have the sizes and the steps of real ones. Whatever comes of it says that certificates were assumed.
 *
 * Never for live use: whoever knows the seed knows every key.
 */

import { keyKinds } from '../../src/engine/credentials/peer-key.js';
import { type CredentialData, createCredentials } from '../../src/engine/credentials/store.js';
import type { Credentials, OwnCredential, PeerKey, PeerKeyRequest } from '../../src/engine/credentials.js';
import type { CryptoProvider, KeyKind, PrivateKey } from '../../src/engine/crypto/provider.js';
import { seededRandom } from '../../src/engine/crypto/random.js';
import { writeName } from '../../src/engine/crypto/x509/write-name.js';
import { serialNumberOf, writeCertificate } from '../../src/engine/pki/certificate-writer.js';
import { madeUpKey } from '../../src/engine/pki/keys.js';
import { canonicalValue, formatIdentity } from '../../src/model/peer/identity.js';
import type { Identity, PadEntry } from '../../src/model/system-config.js';

export interface MadeUpPki {
  /** The certificate of the CA, in DER. */
  readonly authority: Uint8Array;
  /** The key and the certificate of an identity; undefined for identities that no certificate can stand for. */
  issue(identity: Identity, kind: KeyKind): OwnCredential | undefined;
}

export interface MadeUpOptions {
  readonly seed: string | number | bigint;
  readonly provider: CryptoProvider;
}

/** The virtual clocks of dry runs stay within this. */
const validity = { from: new Date(Date.UTC(1990, 0, 1)), until: new Date(Date.UTC(2190, 0, 1)) } as const;
/** Keys and certificates that are kept; the oldest gives way. */
const keptMax = 4_096;

/** Keys of one seed are the same wherever they are needed, and are made once. */
const madeKeys = new Map<string, PrivateKey>();

/** What is told of everything that rests on it. */
export const assumedNote = 'a certificate was assumed for this dry run, as no files are given';

/** A PKI of a seed. */
export function madeUpPki({ seed, provider }: MadeUpOptions): MadeUpPki {
  const issued = new Map<string, OwnCredential>();
  const authorityName = writeName('CN=CA assumed for a dry run')!;
  let ca: { readonly key: PrivateKey; readonly certificate: Uint8Array } | undefined;

  function key(kind: KeyKind, label: string): PrivateKey {
    const name = JSON.stringify([provider.name, String(seed), kind, label]);
    const known = madeKeys.get(name);
    if (known) return known;
    const pkcs8 = madeUpKey(kind, seededRandom(seed, `pki ${kind} ${label}`), provider);
    const made = provider.importPrivateKey(pkcs8);
    if (!made) throw new Error(`a made-up ${kind} key that the provider refuses`);
    madeKeys.set(name, made);
    if (madeKeys.size > keptMax) madeKeys.delete(madeKeys.keys().next().value!);
    return made;
  }

  function authority() {
    if (ca) return ca;
    const caKey = key('RSA', 'CA');
    const { spki } = caKey.publicKey;
    const certificate = writeCertificate(
      {
        issuer: authorityName,
        subject: authorityName,
        serialNumber: serialNumberOf(`${seed} CA`, provider),
        notBefore: validity.from,
        notAfter: validity.until,
        spki,
        issuerSpki: spki,
        isCa: true,
        identities: [],
      },
      caKey,
      provider,
    );
    ca = { key: caKey, certificate };
    return ca;
  }

  return {
    get authority() {
      return authority().certificate;
    },
    issue(identity, kind) {
      const label = labelOf(identity);
      const subject = label === undefined ? undefined : subjectOf(identity);
      if (label === undefined || !subject) return undefined;
      const known = issued.get(`${kind} ${label}`);
      if (known) return known;
      const { key: caKey } = authority();
      const own = key(kind, label);
      const certificate = writeCertificate(
        {
          issuer: authorityName,
          subject,
          serialNumber: serialNumberOf(`${seed} ${kind} ${label}`, provider),
          notBefore: validity.from,
          notAfter: validity.until,
          spki: own.publicKey.spki,
          issuerSpki: caKey.publicKey.spki,
          isCa: false,
          identities: [identity],
        },
        caKey,
        provider,
      );
      const credential: OwnCredential = {
        key: own,
        chain: [certificate],
        note: assumedNote,
      };
      issued.set(`${kind} ${label}`, credential);
      if (issued.size > keptMax) issued.delete(issued.keys().next().value!);
      return credential;
    },
  };
}

/** What tells one identity from another; undefined where no certificate can have it. */
function labelOf({ type, value }: Identity): string | undefined {
  return value === undefined || type === 'KEY-ID' ? undefined : `${type} ${canonicalValue(type, value)}`;
}

function subjectOf(identity: Identity): Uint8Array | undefined {
  if (identity.type === 'X500-DN') return writeName(identity.value ?? '');
  const escaped = formatIdentity(identity).replaceAll(/[\\,+"<>;=#]/g, (character) => `\\${character}`);
  return writeName(`CN=${escaped},O=Assumed for a dry run`);
}

export interface MadeUpCredentialOptions extends MadeUpOptions {
  /** What there is all the same; it goes before what is made up. */
  readonly data?: CredentialData;
  /** The distinguished name of this system's certificate, for records that take their identity from there. */
  readonly subject: string;
  readonly pki: MadeUpPki;
}

/** Credentials of a system in a dry run: what there is, and where it ends, what is made up. */
export function madeUpCredentials({ provider, data = {}, subject, pki }: MadeUpCredentialOptions): Credentials {
  const { credentials } = createCredentials(data, provider);
  let withAuthority: Credentials | undefined;
  const trusting = (): Credentials => {
    withAuthority ??= createCredentials(
      { ...data, anchors: [...(data.anchors ?? []), pki.authority] },
      provider,
    ).credentials;
    return withAuthority;
  };
  const named = (identity: Identity): Identity =>
    identity.type === 'X500-DN' && identity.value === undefined ? { type: 'X500-DN', value: subject } : identity;
  const made = (method: PadEntry['localMethod']['value'], identity: Identity): OwnCredential | undefined => {
    const [kind] = keyKinds(method);
    return kind && pki.issue(named(identity), kind);
  };
  return {
    presharedKey: (pad, identities) => credentials.presharedKey(pad, identities),
    own: (pad, local) => credentials.own(pad, local) ?? made(pad.localMethod.value, local),
    peerKey: (request) => madeUpPeerKey(request, credentials, trusting, made),
    trustAnchors: (pad) => trusting().trustAnchors(pad),
  };
}

function madeUpPeerKey(
  request: PeerKeyRequest,
  real: Credentials,
  trusting: () => Credentials,
  made: (method: PadEntry['localMethod']['value'], identity: Identity) => OwnCredential | undefined,
): PeerKey {
  const found = real.peerKey(request);
  if (found.kind === 'key') return found;
  // Who is encrypted to, or sends no certificate, has one that is known here: otherwise the records could never work.
  const chain =
    request.chain.length > 0 ? request.chain : (made(request.pad.remoteMethod.value, request.identity)?.chain ?? []);
  const assumed = trusting().peerKey({ ...request, chain });
  return assumed.kind === 'key' ? { ...assumed, note: assumedNote } : found.why === assumed.why ? found : assumed;
}
