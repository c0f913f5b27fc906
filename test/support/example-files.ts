/** Makes the files that examples of rules describe: certificates and revocation lists, with keys that every run has alike. */
import path from 'node:path';
import type { SignatureScheme } from '../../src/engine/crypto/provider.js';
import type { Certificate } from '../../src/engine/crypto/x509/certificate.js';
import type { ExampleCertificate, ExampleCrl, ExampleFileContent } from '../../src/lint/rule.js';
import type { Secret } from '../../src/model/secret.js';
import type { FileReader } from '../../src/services/credentials/read-octets.js';
import { ecKey, ed25519Key, rsaKey, shortRsaKey } from '../engine/crypto/key-files.js';
import { altName, type Entity, type Extension, entity, extensions, issue, revoke } from '../engine/crypto/x509/pki.js';

interface Made {
  readonly certificate: Certificate;
  readonly owner: Entity;
}

const usageBits = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
];
const firstDay = '2020-01-01';
const lastDay = '2099-12-31';

/** The octets of each file by its path. */
export function exampleFiles(
  files: Readonly<Record<string, readonly ExampleFileContent[]>>,
): ReadonlyMap<string, Uint8Array> {
  const made = new Map<string, Made>();
  const texts = new Map<string, Uint8Array>();
  for (const [file, contents] of Object.entries(files)) {
    const blocks = contents.map((content) => {
      if ('text' in content) return content.text;
      if ('privateKey' in content) return pem('PRIVATE KEY', Uint8Array.of(0x30, 0));
      if ('crlOf' in content) return pem('X509 CRL', crl(content, made).der);
      const { certificate, owner } = certify(content, made);
      if (!made.has(file)) made.set(file, { certificate, owner });
      return pem('CERTIFICATE', certificate.der);
    });
    texts.set(file, new TextEncoder().encode(blocks.join('\n')));
  }
  return texts;
}

/** Reads such files as if they lay in the current folder. */
export function exampleReader(files: ReadonlyMap<string, Uint8Array>): FileReader {
  return (file) => {
    const octets = files.get(path.relative(process.cwd(), file));
    return octets ? { kind: 'octets', octets } : { kind: 'absent' };
  };
}

function certify(content: ExampleCertificate, made: ReadonlyMap<string, Made>): Made {
  const owner: Entity = content.keyOf
    ? { name: content.subject, key: known(made, content.keyOf).owner.key }
    : entity(content.subject, keyNamed(content.key ?? 'ECP-256'));
  const issuer = content.issuer === undefined ? owner : known(made, content.issuer).owner;
  const certificate = issue({
    subject: owner,
    issuer,
    scheme: schemeOf(issuer, content.hash ?? 'SHA2-256'),
    notBefore: Date.parse(content.notBefore ?? firstDay),
    notAfter: Date.parse(`${content.notAfter ?? lastDay}T23:59:59Z`),
    extensions: extensionsOf(content),
  });
  return { certificate, owner };
}

/** A key of a kind: of RSA always the same one, because making them takes long; of the others a fresh one. */
function keyNamed(name: NonNullable<ExampleCertificate['key']>): Secret {
  switch (name) {
    case 'RSA 1024':
      return shortRsaKey();
    case 'RSA 2048':
      return rsaKey();
    case 'ECP-256':
      return ecKey('prime256v1');
    case 'ECP-384':
      return ecKey('secp384r1');
    case 'Ed25519':
      return ed25519Key();
  }
}

function schemeOf({ key }: Entity, hash: 'SHA1' | 'SHA2-256'): SignatureScheme {
  if (key.kind === 'RSA') return { kind: 'RSASSA-PKCS1-v1_5', hash };
  return key.kind === 'EC' ? { kind: 'ECDSA', hash, encoding: 'DER' } : { kind: 'EdDSA' };
}

function extensionsOf({ ca, keyUsage, extendedKeyUsage, names }: ExampleCertificate): Extension[] {
  return [
    ...(ca ? [extensions.ca()] : []),
    ...(keyUsage ? [extensions.keyUsage(...keyUsage.map((usage) => usageBits.indexOf(usage)))] : []),
    ...(extendedKeyUsage ? [extensions.extendedKeyUsage(...extendedKeyUsage)] : []),
    ...(names ? [extensions.altNames(...names.map(alternative))] : []),
  ];
}

function alternative(name: string): Uint8Array {
  const [type, value] = name.split(' ') as [string, string];
  if (type === 'IPV4') return altName.ip(...value.split('.').map(Number));
  return type === 'USER-FQDN' ? altName.email(value) : altName.dns(value);
}

function crl({ crlOf, nextUpdate, revoked }: ExampleCrl, made: ReadonlyMap<string, Made>) {
  return revoke({
    issuer: known(made, crlOf).owner,
    revoked: (revoked ?? []).map((file) => ({ certificate: known(made, file).certificate })),
    thisUpdate: Date.parse(firstDay),
    nextUpdate: Date.parse(`${nextUpdate ?? lastDay}T23:59:59Z`),
  });
}

function known(made: ReadonlyMap<string, Made>, file: string): Made {
  const found = made.get(file);
  if (!found) throw new Error(`an example refers to ${file}, which comes later or not at all`);
  return found;
}

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`].join('\n');
}
