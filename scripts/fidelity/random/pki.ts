/**
 * A small PKI for random pairs, made once for a run: authorities, certificates of both ends with all that can be right or wrong with
 * them, and their keys. Keys stay in memory and in the folders of the daemons; nothing prints them.
 */
import { generateKeyPairSync } from 'node:crypto';
import { derSequence } from '../../../src/engine/crypto/asn1/der-writer.js';
import type { CryptoProvider, PrivateKey } from '../../../src/engine/crypto/provider.js';
import { writeName } from '../../../src/engine/crypto/x509/write-name.js';
import { type CertificateContent, writeCertificate, writeCrl } from '../../../src/engine/pki/certificate-writer.js';
import { Secret } from '../../../src/model/secret.js';
import type { Identity } from '../../../src/model/system-config.js';
import { pairHosts } from './conf.js';

/** The kinds of keys that ends have, one of each. */
export const endKeys = ['rsa2048', 'rsa3072', 'p256', 'p384', 'p521', 'ed25519'] as const;
export type EndKey = (typeof endKeys)[number];

/** What certificates of an end are like: by their names, issuers, times and uses. */
export const endVariants = [
  'fqdn',
  'email',
  'address',
  'plain',
  'wrong',
  'wild',
  'many',
  'expired',
  'future',
  'unsaid',
  'encipher',
  'inter',
  'late',
  'second',
  'third',
  'sha384',
  'sha512',
  'revoked',
  'listed',
  'self',
] as const;
export type EndVariant = (typeof endVariants)[number];

/** `root`, `root2` and `root3` sign themselves, with RSA, ECDSA and Ed25519; `inter` and the outdated `late` are of `root`. */
export const authorityNames = ['root', 'root2', 'root3', 'inter', 'late'] as const;
export type AuthorityName = (typeof authorityNames)[number];

/** Files by their path in swanctl's folder: certificates and lists in DER, public and private keys as they are imported. */
export interface Pki {
  readonly certificates: ReadonlyMap<string, Uint8Array>;
  readonly crls: ReadonlyMap<string, Uint8Array>;
  readonly publicKeys: ReadonlyMap<string, Uint8Array>;
  readonly privateKeys: ReadonlyMap<string, { readonly pkcs8: Secret; readonly key: PrivateKey }>;
}

export type SideName = 'left' | 'right';
export const certificateName = (side: SideName, key: EndKey, variant: EndVariant) => `${side}-${key}-${variant}.der`;
export const authorityFile = (name: AuthorityName) => `${name}.der`;
export const keyName = (side: SideName, key: EndKey) => `${side}-${key}.key`;
export const publicKeyName = (side: SideName, key: EndKey) => `${side}-${key}.pub`;
export const crlName = (name: 'root' | 'stale' | 'inter') => `${name}.crl`;

const valid = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2047-01-01T00:00:00Z') };
const over = { notBefore: new Date('2010-01-01T00:00:00Z'), notAfter: new Date('2020-06-01T00:00:00Z') };
const ahead = { notBefore: new Date('2046-01-01T00:00:00Z'), notAfter: new Date('2048-01-01T00:00:00Z') };

/** The subject of an end, most specific part last, as swanctl.conf writes it. */
export const subjectOf = (side: SideName, key: EndKey) => `C=CH, O=Lab, CN=${side}-${key}`;

function generated(kind: EndKey): Uint8Array {
  const options = { format: 'der', type: 'pkcs8' } as const;
  switch (kind) {
    case 'rsa2048':
    case 'rsa3072':
      return generateKeyPairSync('rsa', { modulusLength: kind === 'rsa2048' ? 2048 : 3072 }).privateKey.export(options);
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey.export(options);
    default:
      return generateKeyPairSync('ec', { namedCurve: `P-${kind.slice(1)}` }).privateKey.export(options);
  }
}

/** Names are written most specific part first, and swanctl.conf has it last. */
function nameDer(text: string): Uint8Array {
  const parts = text.split(',').map((part) => part.trim());
  return writeName(parts.reverse().join(',')) ?? derSequence();
}

interface Authority {
  readonly subject: Uint8Array;
  readonly key: PrivateKey;
}

/** Makes everything; takes about a second, most of it for RSA keys. */
export function createPki(provider: CryptoProvider): Pki {
  const keyOf = (kind: EndKey): { pkcs8: Secret; key: PrivateKey } => {
    const pkcs8 = new Secret(Uint8Array.from(generated(kind)));
    const key = provider.importPrivateKey(pkcs8);
    if (!key) throw new Error(`a key of kind ${kind} that cannot be used`);
    return { pkcs8, key };
  };
  const certificates = new Map<string, Uint8Array>();
  const privateKeys = new Map<string, { readonly pkcs8: Secret; readonly key: PrivateKey }>();
  const publicKeys = new Map<string, Uint8Array>();
  let serial = 1000n;
  const issue = (
    by: Authority,
    of: { readonly subject: Uint8Array; readonly key: PrivateKey },
    more: Pick<CertificateContent, 'isCa' | 'identities'> & Partial<CertificateContent>,
  ): Uint8Array => {
    serial += 1n;
    const content: CertificateContent = {
      issuer: by.subject,
      subject: of.subject,
      serialNumber: serial,
      ...valid,
      spki: of.key.publicKey.spki,
      issuerSpki: by.key.publicKey.spki,
      ...more,
    };
    return writeCertificate(content, by.key, provider);
  };
  const authority = (name: AuthorityName, kind: EndKey): Authority => ({
    subject: nameDer(`C=CH, O=Lab, CN=${name}`),
    key: keyOf(kind).key,
  });
  const root = authority('root', 'rsa2048');
  const root2 = authority('root2', 'p256');
  const root3 = authority('root3', 'ed25519');
  const inter = authority('inter', 'rsa2048');
  const late = authority('late', 'p256');
  const ca = { isCa: true, identities: [] } as const;
  for (const [name, by, of, times] of [
    ['root', root, root, valid],
    ['root2', root2, root2, valid],
    ['root3', root3, root3, valid],
    ['inter', root, inter, valid],
    ['late', root, late, over],
  ] as const)
    certificates.set(authorityFile(name), issue(by, of, { ...ca, ...times }));
  const revoked: { serialNumber: bigint; date: Date }[] = [];
  for (const side of ['left', 'right'] as const) {
    const name: Identity = { type: 'FQDN', value: `${side}.example.org` };
    const email: Identity = { type: 'USER-FQDN', value: `${side}@example.org` };
    const address: Identity = { type: 'IPV4', value: pairHosts[side][0] };
    for (const kind of endKeys) {
      const made = keyOf(kind);
      privateKeys.set(keyName(side, kind), made);
      publicKeys.set(publicKeyName(side, kind), made.key.publicKey.spki);
      const of = { subject: nameDer(subjectOf(side, kind)), key: made.key };
      const put = (variant: EndVariant, by: Authority, more: Partial<CertificateContent> = {}) =>
        certificates.set(
          certificateName(side, kind, variant),
          issue(by, of, { isCa: false, identities: [name], ...more }),
        );
      put('fqdn', root);
      put('email', root, { identities: [email] });
      put('address', root, { identities: [address] });
      put('plain', root, { identities: [] });
      put('wrong', root, { identities: [{ type: 'FQDN', value: 'other.example.org' }] });
      put('wild', root, { identities: [{ type: 'FQDN', value: '*.example.org' }] });
      put('many', root, { identities: [name, email, address] });
      put('expired', root, over);
      put('future', root, ahead);
      put('unsaid', root, { keyUsage: 'unsaid' });
      put('encipher', root, { keyUsage: 'encipherment' });
      put('inter', inter);
      put('late', late);
      put('second', root2);
      put('third', root3);
      put('sha384', root, { hash: 'SHA2-384' });
      put('sha512', root, { hash: 'SHA2-512' });
      put('revoked', root);
      revoked.push({ serialNumber: serial, date: valid.notBefore });
      put('listed', root, { crlUri: 'http://127.0.0.1:9/none.crl' });
      put('self', of);
    }
  }
  const list = (by: Authority, thisUpdate: Date, nextUpdate: Date, entries: typeof revoked) =>
    writeCrl(
      { issuer: by.subject, thisUpdate, nextUpdate, revoked: entries, issuerSpki: by.key.publicKey.spki },
      by.key,
      provider,
    );
  const crls = new Map([
    [crlName('root'), list(root, valid.notBefore, valid.notAfter, revoked)],
    [crlName('stale'), list(root, over.notBefore, over.notAfter, [])],
    [crlName('inter'), list(inter, valid.notBefore, valid.notAfter, [])],
  ]);
  return { certificates, crls, publicKeys, privateKeys };
}
