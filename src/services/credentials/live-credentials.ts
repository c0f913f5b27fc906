/**
 * The credentials of a system that really speaks IKE: preshared keys behind their references, and a folder with what it
 * proves itself by and trusts — certificates, private keys and revocation lists as PEM or DER, in files of any name.
 */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { type CredentialData, createCredentials } from '../../engine/credentials/store.js';
import type { Credentials, OwnCredential } from '../../engine/credentials.js';
import { pemBlocks, privateKeyOfPem } from '../../engine/crypto/pem.js';
import type { CryptoProvider, PrivateKey } from '../../engine/crypto/provider.js';
import type { Certificate } from '../../engine/crypto/x509/certificate.js';
import type { Crl } from '../../engine/crypto/x509/crl.js';
import { Secret } from '../../model/secret.js';
import type { SecretReference, SystemConfig } from '../../model/system-config.js';
import { EnvironmentError, UsageError } from '../../model/tool-error.js';
import { decodeCredentials } from './decode.js';
import { readOctets } from './read-octets.js';

export interface LiveCredentials {
  readonly credentials: Credentials;
  /** What could not be used, one sentence each, without secrets. */
  readonly faults: readonly string[];
}

/** Files of a credential folder that are read. */
const filesMax = 10_000;

/** Reads what the references of the configuration and `folder` hold. Throws UsageError where the folder is none. */
export function loadLiveCredentials(
  config: SystemConfig,
  provider: CryptoProvider,
  folder: string | undefined,
): LiveCredentials {
  const faults: string[] = [];
  const secrets = readSecrets(config, faults);
  const found = folder === undefined ? undefined : readFolder(folder, provider, faults);
  const data: CredentialData = {
    secretOf: (reference) => secrets.get(referenceKey(reference)),
    ...(config.sharedSecrets ? { sharedSecrets: config.sharedSecrets } : {}),
    ...(found ? materialOf(found) : {}),
  };
  const store = createCredentials(data, provider);
  return { credentials: store.credentials, faults: [...faults, ...store.faults] };
}

function referenceKey(reference: SecretReference): string {
  switch (reference.kind) {
    case 'literal':
      return '';
    case 'file':
      return `file ${reference.path}`;
    case 'env':
      return `env ${reference.variable}`;
  }
}

/** Once, at the start: a key that is exchanged under way would make one half of the SAs with it. */
function readSecrets(config: SystemConfig, faults: string[]): ReadonlyMap<string, Secret> {
  const secrets = new Map<string, Secret>();
  const named = [
    ...config.pad.map(({ presharedKey, source }) => ({ reference: presharedKey?.value, source })),
    ...(config.sharedSecrets ?? []).map(({ secret, source }) => ({ reference: secret.value, source })),
  ];
  for (const { reference, source } of named) {
    if (!reference || reference.kind === 'literal' || secrets.has(referenceKey(reference))) continue;
    const secret = resolveSecret(reference);
    if (typeof secret === 'string') faults.push(`${source.record.kind} '${source.record.name}': ${secret}`);
    else secrets.set(referenceKey(reference), secret);
  }
  return secrets;
}

/** The secret behind a reference, or why there is none. One line break at the end of a file is not part of it. */
export function resolveSecret(reference: Exclude<SecretReference, { kind: 'literal' }>): Secret | string {
  if (reference.kind === 'env') {
    const value = process.env[reference.variable];
    return value ? Secret.ofText(value) : `the environment has no ${reference.variable}`;
  }
  const read = readOctets(reference.path);
  if (read.kind === 'absent') return `there is no file ${reference.path}`;
  if (read.kind === 'fault') return `${reference.path}: ${read.reason}`;
  let end = read.octets.length;
  if (end > 0 && read.octets[end - 1] === 0x0a) end -= 1;
  if (end > 0 && read.octets[end - 1] === 0x0d) end -= 1;
  return end === 0 ? `${reference.path} is empty` : new Secret(read.octets.slice(0, end));
}

interface FolderContents {
  readonly certificates: Certificate[];
  readonly crls: Crl[];
  readonly keys: PrivateKey[];
}

function readFolder(folder: string, provider: CryptoProvider, faults: string[]): FolderContents {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  } catch (cause) {
    throw new UsageError(`the credential folder ${folder} cannot be read (${(cause as NodeJS.ErrnoException).code})`, {
      code: 'UNREADABLE',
      cause,
    });
  }
  if (names.length > filesMax) faults.push(`of ${names.length} files in ${folder} the first ${filesMax} are read`);
  const contents: FolderContents = { certificates: [], crls: [], keys: [] };
  for (const name of names.slice(0, filesMax)) {
    const file = path.join(folder, name);
    const facts = statSync(file, { throwIfNoEntry: false });
    if (!facts?.isFile()) continue;
    const read = readOctets(file);
    if (read.kind !== 'octets') {
      faults.push(`${file}: ${read.kind === 'fault' ? read.reason : 'it is gone'}`);
      continue;
    }
    takeFile(file, facts.mode, read.octets, contents, provider, faults);
  }
  return contents;
}

function takeFile(
  file: string,
  mode: number,
  octets: Uint8Array,
  contents: FolderContents,
  provider: CryptoProvider,
  faults: string[],
): void {
  const text = new TextDecoder('latin1').decode(octets);
  const hasKey = pemBlocks(text).some(({ label }) => label.endsWith('PRIVATE KEY'));
  if (hasKey) {
    if ((mode & 0o077) !== 0) {
      throw new EnvironmentError(`${file} holds a private key and can be read by others`, {
        code: 'UNSAFE_KEY',
        hints: [`Make it private: chmod 600 ${file}`],
      });
    }
    const pkcs8 = privateKeyOfPem(text);
    const key = pkcs8.kind === 'key' ? provider.importPrivateKey(pkcs8.pkcs8) : undefined;
    if (key) contents.keys.push(key);
    else
      faults.push(`${file}: ${pkcs8.kind === 'fault' ? pkcs8.reason : 'its key is malformed or too weak to be used'}`);
  }
  const decoded = decodeCredentials(octets);
  if (decoded.kind === 'decoded') {
    contents.certificates.push(...decoded.certificates);
    contents.crls.push(...decoded.crls);
  } else if (!hasKey) faults.push(`${file}: ${decoded.reason}`);
}

/** A key goes with the certificates that certify it; certificates that sign themselves are trusted, as their place says. */
function materialOf({ certificates, crls, keys }: FolderContents): Omit<CredentialData, 'secretOf'> {
  const isAnchor = ({ subject, issuer, extensions }: Certificate): boolean =>
    Buffer.from(subject.der).equals(issuer.der) && extensions.basicConstraints?.isCa !== false;
  const own = keys.flatMap((key): OwnCredential[] => {
    const mine = certificates.filter(({ spki }) => Buffer.from(spki).equals(key.publicKey.spki));
    if (mine.length === 0) return [{ key, chain: [] }];
    return mine.map((certificate) => ({ key, chain: [certificate.der] }));
  });
  return {
    keys: own,
    anchors: certificates.filter(isAnchor).map(({ der }) => der),
    certificates: certificates.filter((certificate) => !isAnchor(certificate)).map(({ der }) => der),
    crls: crls.map(({ der }) => der),
  };
}
