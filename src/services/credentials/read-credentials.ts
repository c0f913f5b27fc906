/**
 * Reads the files that records name as certificates, authorities and revocation lists, and only those. What is wrong with
 * one is a fact about it, never an exception.
 */
import path from 'node:path';
import type { CryptoProvider } from '../../engine/crypto/provider.js';
import type { Certificate } from '../../engine/crypto/x509/certificate.js';
import type { Crl } from '../../engine/crypto/x509/crl.js';
import type { CertificateFacts, CredentialFile, SystemCredentials } from '../../model/credentials.js';
import { credentialKey } from '../../model/credentials.js';
import type { Sourced } from '../../model/origin.js';
import { decodeCredentials } from './decode.js';
import { certificateFacts, crlFacts } from './facts.js';
import { credentialJudge } from './judge.js';
import type { FileReader } from './read-octets.js';

/** The paths that one system's records name, and where they are looked for. */
export interface CredentialPlaces {
  readonly system: string;
  readonly named: readonly Sourced<string>[];
  /** Folder that stands for the root of the system's own file system; absent where there is none. */
  readonly fileRoot?: string;
}

export interface CredentialRequest {
  readonly systems: readonly CredentialPlaces[];
  /** Absolute path of each record file by the path that findings show. */
  readonly recordFiles: ReadonlyMap<string, string>;
  /** Folder of the whole repository; absent where the records are where they are used, so that absolute paths mean this machine. */
  readonly root?: string;
  /** Milliseconds since 1970: the moment for which validity is judged. */
  readonly at: number;
  readonly read: FileReader;
  /** How findings name a path. */
  shown(file: string): string;
}

/** What the paths of a system's records are counted from; see `CredentialRequest` and `CredentialPlaces`. */
export interface PathBases {
  readonly recordFiles: ReadonlyMap<string, string>;
  readonly root: string | undefined;
  readonly fileRoot: string | undefined;
}

/** Where a path that a record names is looked for; nowhere where it is one of a system's own file system. */
export function credentialPaths(
  { value, origin }: Sourced<string>,
  { recordFiles, root, fileRoot }: PathBases,
): string[] {
  if (path.isAbsolute(value)) {
    if (fileRoot !== undefined) return [path.join(fileRoot, value)];
    // Elsewhere the same path on this machine would be another file.
    return root === undefined ? [value] : [];
  }
  const record = origin.kind === 'explicit' ? recordFiles.get(origin.at.source.path) : undefined;
  const beside = path.resolve(record === undefined || record === '-' ? '.' : path.dirname(record), value);
  return root === undefined ? [beside] : [beside, path.resolve(root, value)];
}

/** The credentials of each system, by its name. */
export function readCredentials(
  provider: CryptoProvider,
  request: CredentialRequest,
): ReadonlyMap<string, SystemCredentials> {
  const store = new Store(provider, request);
  const filesOf = request.systems.map(({ system, named, fileRoot }) => {
    const files = new Map<string, CredentialFile>();
    for (const one of named) {
      const key = credentialKey(one);
      if (!files.has(key)) files.set(key, store.file(one, fileRoot));
    }
    return { system, files };
  });
  const judge = credentialJudge(provider, store, request.at);
  return new Map(filesOf.map(({ system, files }) => [system, { files, judge }]));
}

/** What was read so far; a file that several records or systems name is read once. */
class Store {
  readonly certificates = new Map<string, { certificate: Certificate; facts: CertificateFacts }>();
  readonly crls = new Map<string, Crl>();
  readonly #byPath = new Map<string, CredentialFile>();
  readonly #provider: CryptoProvider;
  readonly #request: CredentialRequest;

  constructor(provider: CryptoProvider, request: CredentialRequest) {
    this.#provider = provider;
    this.#request = request;
  }

  file(named: Sourced<string>, fileRoot: string | undefined): CredentialFile {
    const { recordFiles, root } = this.#request;
    const paths = credentialPaths(named, { recordFiles, root, fileRoot });
    const found = paths.map((file) => this.#at(file));
    const isOnHost = path.isAbsolute(named.value) && fileRoot === undefined;
    return (
      found.find(({ kind }) => kind !== 'absent') ??
      (isOnHost ? undefined : found[0]) ?? { kind: 'unknown', reason: `${named.value} is on the host itself` }
    );
  }

  #at(file: string): CredentialFile {
    let found = this.#byPath.get(file);
    if (!found) {
      found = this.#read(file);
      this.#byPath.set(file, found);
    }
    return found;
  }

  #read(file: string): CredentialFile {
    const shown = this.#request.shown(file);
    const octets = this.#request.read(file);
    if (octets.kind === 'absent') return { kind: 'absent', path: shown };
    if (octets.kind === 'fault') return { kind: 'unreadable', path: shown, reason: octets.reason };
    const decoded = decodeCredentials(octets.octets);
    switch (decoded.kind) {
      case 'fault':
        return { kind: 'unreadable', path: shown, reason: decoded.reason };
      case 'closed':
        return { kind: 'unknown', reason: decoded.reason };
      case 'decoded':
        return {
          kind: 'read',
          path: shown,
          certificates: decoded.certificates.map((certificate) => this.#keep(certificate)),
          crls: decoded.crls.map((crl) => {
            const facts = crlFacts(this.#provider, crl);
            this.crls.set(facts.fingerprint, crl);
            return facts;
          }),
          privateKey: decoded.privateKey,
        };
    }
  }

  #keep(certificate: Certificate): CertificateFacts {
    const facts = certificateFacts(this.#provider, certificate);
    const known = this.certificates.get(facts.fingerprint);
    if (known) return known.facts;
    this.certificates.set(facts.fingerprint, { certificate, facts });
    return facts;
  }
}
