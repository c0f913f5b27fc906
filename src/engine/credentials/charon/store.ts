/**
 * `Credentials` as charon has them: everything in its folders counts for every connection, and what a connection names says only
 * what it proves itself by and what it demands of its peer. Nothing is read from anywhere here.
 */
import type { Identity, PadEntry, SystemConfig } from '../../../model/system-config.js';
import type { AskedAuthorities, Credentials, PeerKey, PeerKeyRequest } from '../../credentials.js';
import { equalConstantTime } from '../../crypto/octets.js';
import type { CryptoProvider, KeyKind, PrivateKey } from '../../crypto/provider.js';
import { type Certificate, readCertificate } from '../../crypto/x509/certificate.js';
import { type Crl, readCrl } from '../../crypto/x509/crl.js';
import { createCredentials } from '../store.js';
import { type Certified, certifiedBy, describeCertificate, isSame, subjectText } from './certified.js';
import { believedKeys, type Evidence, type Search, type Trust } from './chain.js';
import { demandFault } from './demands.js';
import { ownKey } from './own-key.js';

/** What lies in swanctl's folders, and in the files that connections name by paths of their own. */
export interface CharonMaterial {
  /** Certificates in DER by the names that connections have for them (`x509`, `x509ca`); a CA among the first counts as one of the second. */
  readonly certificates: ReadonlyMap<string, Uint8Array>;
  readonly authorities: ReadonlyMap<string, Uint8Array>;
  /** SubjectPublicKeyInfo in DER (`pubkey`). */
  readonly publicKeys: ReadonlyMap<string, Uint8Array>;
  readonly privateKeys: readonly PrivateKey[];
  readonly crls: readonly Uint8Array[];
}

export interface CharonCredentials {
  readonly credentials: Credentials;
  /** The configuration with the identities that certificates give to those who have none written (peer_sn of vici_config.c). */
  readonly config: SystemConfig;
  /** Files that connections name and that are not there or hold something else: charon refuses such a connection as a whole. */
  readonly missing: readonly string[];
}

const signatureKinds: readonly KeyKind[] = ['RSA', 'EC', 'Ed25519', 'Ed448', 'DSA'];
/** Certificates and CRLs of one message that are looked at. */
const receivedMax = 16;

/** Makes credentials of a configuration and of what is loaded beside it. */
export function createCharonCredentials(
  config: SystemConfig,
  material: CharonMaterial,
  provider: CryptoProvider,
): CharonCredentials {
  const certificates = read(material.certificates, provider);
  const authorities = read(material.authorities, provider);
  const missing = new Set<string>();
  const named = new Map<PadEntry, PadMaterial>();
  const pads = config.pad.map((pad) => {
    const found = materialOf(pad, { certificates, authorities, publicKeys: material.publicKeys }, provider, missing);
    const bound = withIdentities(pad, found);
    named.set(bound, found);
    return bound;
  });
  const ofPads = [...named.values()];
  const isCa = (one: Certified) =>
    one.kind === 'certificate' && one.certificate.extensions.basicConstraints?.isCa === true;
  // The newest comes first, but for authorities.
  const loaded = [...certificates.values(), ...ofPads.flatMap(({ own, peers }) => [...own, ...peers])].filter(
    (one, at, all) => all.findIndex((other) => isSame(one, other)) === at,
  );
  const trust: Trust = {
    provider,
    trusted: [
      ...loaded.filter((one) => !isCa(one)).reverse(),
      ...loaded.filter(isCa),
      ...[...authorities.values(), ...ofPads.flatMap((found) => found.authorities)].filter(isCa),
    ],
    crls: material.crls.flatMap((der) => parsed(readCrl(der))),
  };
  const bySecrets = createCredentials(config.sharedSecrets ? { sharedSecrets: config.sharedSecrets } : {}, provider);
  const known = (pad: PadEntry): PadMaterial => named.get(pad) ?? nothing;
  const search = (at: number, received: readonly Certificate[] = [], receivedCrls: readonly Crl[] = []): Search => ({
    ...trust,
    at,
    received,
    receivedCrls,
    checks: 0,
  });
  const trustedAuthorities = trust.trusted.filter(isCa).flatMap(asCertificate);
  const peerKeys = (request: PeerKeyRequest): PeerKey[] => {
    const { identity, chain, crls, at, kinds = signatureKinds } = request;
    const received = chain.slice(0, receivedMax).flatMap((der) => parsed(readCertificate(der)));
    const receivedCrls = crls.slice(0, receivedMax).flatMap((der) => parsed(readCrl(der)));
    const found: PeerKey[] = [];
    for (const result of believedKeys(search(at.getTime(), received, receivedCrls), identity, kinds))
      found.push(result.kind === 'refused' ? result : asKey(result.evidence));
    return found.length > 0 ? found : [{ kind: 'refused', why: whyNobody(request, received, kinds) }];
  };
  const credentials: Credentials = {
    ...bySecrets.credentials,
    own: (pad, local, asked) =>
      ownKey(search(0), material.privateKeys, {
        configured: asked?.byIdentity ? [] : known(pad).own,
        identity: local,
        kinds: asked?.kinds ?? signatureKinds,
        asked: asked ? trustedAuthorities.filter((one) => isAskedFor(one, asked, provider)) : [],
      }),
    peerKey: (request) => {
      const all = peerKeys(request);
      return all.find(({ kind }) => kind === 'key') ?? all[0]!;
    },
    peerKeys,
    demandFault: (pad, key, used) => {
      const found = known(pad);
      return demandFault(pad, found, key?.evidence, used);
    },
    trustAnchors(pad) {
      const own = pad ? known(pad).authorities.flatMap(asCertificate) : [];
      const all = own.length > 0 ? own : trustedAuthorities;
      return all.map(({ spki, subject }) => ({ spki, name: subject.der }));
    },
  };
  return { credentials, config: { ...config, pad: pads }, missing: [...missing] };
}

interface PadMaterial {
  readonly own: readonly Certified[];
  readonly peers: readonly Certified[];
  readonly authorities: readonly Certified[];
}
const nothing: PadMaterial = { own: [], peers: [], authorities: [] };

interface Loaded {
  readonly certificates: ReadonlyMap<string, Certified>;
  readonly authorities: ReadonlyMap<string, Certified>;
  readonly publicKeys: ReadonlyMap<string, Uint8Array>;
}

function materialOf(
  pad: PadEntry,
  { certificates, authorities, publicKeys }: Loaded,
  provider: CryptoProvider,
  missing: Set<string>,
): PadMaterial {
  const filesOf = (named: PadEntry['certificates'], from: ReadonlyMap<string, Certified>) =>
    (named ?? []).flatMap(({ value }): Certified[] => {
      const found = from.get(value);
      if (!found) missing.add(value);
      return found ? [found] : [];
    });
  const keysOf = (named: PadEntry['publicKeys'], owner: Identity | undefined) =>
    (named ?? []).flatMap(({ value }): Certified[] => {
      const spki = publicKeys.get(value);
      const key = spki && provider.importPublicKey(spki);
      if (!key) missing.add(value);
      return key ? [{ kind: 'key', owner: owner ?? keyIdentity(key.spki, provider), key }] : [];
    });
  return {
    own: [...filesOf(pad.certificates, certificates), ...keysOf(pad.publicKeys, pad.localId?.value)],
    peers: [
      ...filesOf(pad.remoteCertificates, certificates),
      ...keysOf(pad.remotePublicKeys, exactIdentity(pad.remoteId?.value)),
    ],
    authorities: filesOf(pad.authorities, authorities),
  };
}

/** A key that nobody's identity is written for is called by its fingerprint. */
function keyIdentity(spki: Uint8Array, { hashes }: CryptoProvider): Identity {
  const octets = hashes.SHA1.digest(spki);
  return { type: 'KEY-ID', value: `0x${Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('')}` };
}

function exactIdentity(pattern: NonNullable<PadEntry['remoteId']>['value'] | undefined): Identity | undefined {
  if (pattern?.kind === 'exact') return { type: pattern.type, value: pattern.value };
  if (pattern?.kind === 'dn-template')
    return { type: pattern.type, value: pattern.attributes.map(({ name, value }) => `${name}=${value}`).join(',') };
  return undefined;
}

/** Where no identity is written, the subject of the first certificate is it. */
function withIdentities(pad: PadEntry, { own, peers }: PadMaterial): PadEntry {
  const [first, peer] = [own[0], peers[0]];
  const { localId: written } = pad;
  // A bare key is called by its fingerprint.
  const isOpen = written ? written.value.value === undefined : first?.kind === 'key';
  const origin = written?.origin ?? pad.publicKeys?.[0]?.origin;
  const localId = first && isOpen && origin ? { localId: { value: identityFrom(first), origin } } : {};
  const remote = pad.remoteId;
  const isUnwritten = remote?.origin.kind === 'builtin';
  const identity = peer && identityFrom(peer);
  const remoteId =
    remote && isUnwritten && identity?.value !== undefined
      ? {
          remoteId: {
            value: { kind: 'exact' as const, type: identity.type, value: identity.value },
            origin: remote.origin,
          },
        }
      : {};
  return { ...pad, ...localId, ...remoteId };
}

function identityFrom(certified: Certified): Identity {
  if (certified.kind === 'certificate') return { type: 'X500-DN', value: subjectText(certified.certificate) };
  return certified.owner ?? { type: 'KEY-ID' };
}

function read(files: ReadonlyMap<string, Uint8Array>, provider: CryptoProvider): ReadonlyMap<string, Certified> {
  return new Map(
    [...files].flatMap(([name, der]): [string, Certified][] => {
      const [certificate] = parsed(readCertificate(der));
      return certificate ? [[name, certifiedBy(provider, certificate)]] : [];
    }),
  );
}

function parsed<T>(result: { kind: 'value'; value: T } | { kind: 'fault'; reason: string }): T[] {
  return result.kind === 'value' ? [result.value] : [];
}

function asCertificate(one: Certified): Certificate[] {
  return one.kind === 'certificate' ? [one.certificate] : [];
}

function isAskedFor({ spki, subject }: Certificate, asked: AskedAuthorities, { hashes }: CryptoProvider): boolean {
  const id = hashes.SHA1.digest(spki);
  return (
    asked.keyIds.some((wanted) => equalConstantTime(wanted, id)) ||
    asked.names.some((wanted) => equalConstantTime(wanted, subject.der))
  );
}

function asKey(evidence: Evidence): PeerKey {
  const { subject } = evidence;
  const usage = subject.kind === 'certificate' ? subject.certificate.extensions.keyUsage : undefined;
  const isFit = !usage || usage.has('digitalSignature') || usage.has('nonRepudiation');
  return {
    kind: 'key',
    key: subject.key!,
    evidence,
    ...(isFit
      ? {}
      : { unfit: 'the key usage of its certificate lacks digitalSignature and nonRepudiation (RFC 4945 §5.1.3.2)' }),
  };
}

function whyNobody({ identity }: PeerKeyRequest, received: readonly Certificate[], kinds: readonly KeyKind[]): string {
  const name = `${identity.type} ${identity.value ?? ''}`.trim();
  if (received.length === 0) return `no certificate of ${name} came, and none is known here`;
  const [own] = received;
  return `the certificate that came (${describeCertificate(own!)}) is not for ${name}, or its key is not of a kind that signs so (${kinds.join(', ')})`;
}
