/** What the `openssl` command makes, we read, verify and make alike; skipped where the command is absent. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pemBlocks, privateKeyOfPem } from '../../../../src/engine/crypto/pem.js';
import type { PrivateKey } from '../../../../src/engine/crypto/provider.js';
import { seededRandom } from '../../../../src/engine/crypto/random.js';
import { type Certificate, readCertificate } from '../../../../src/engine/crypto/x509/certificate.js';
import { type Crl, readCrl } from '../../../../src/engine/crypto/x509/crl.js';
import { certifies } from '../../../../src/engine/crypto/x509/identity.js';
import { validatePath } from '../../../../src/engine/crypto/x509/path.js';
import { providers } from '../support.js';

const present = spawnSync('openssl', ['version']).status === 0;
const random = seededRandom('openssl');
let folder = '';

const file = (name: string): string => path.join(folder, name);
const read = (name: string): string => readFileSync(file(name), 'utf8');
const openssl = (...args: string[]): void =>
  void execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });

function certificate(name: string): Certificate {
  const result = readCertificate(pemBlocks(read(name))[0]!.der);
  if (result.kind === 'fault') throw new Error(result.reason);
  return result.value;
}

function crl(name: string): Crl {
  const result = readCrl(pemBlocks(read(name))[0]!.der);
  if (result.kind === 'fault') throw new Error(result.reason);
  return result.value;
}

const configuration = `
[ca]
default_ca = here
[here]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
default_md = sha256
default_crl_days = 30
policy = any
certificate = root.pem
private_key = root.key
[any]
commonName = supplied
organizationName = optional
[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[host]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = 1.3.6.1.5.5.7.3.17
subjectAltName = DNS:gw.example.org, IP:192.0.2.1, IP:2001:db8::1, email:gw@example.org
authorityKeyIdentifier = keyid
crlDistributionPoints = URI:http://example.org/root.crl
`;

describe.skipIf(!present)('the openssl command', () => {
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ipsec-openssl-'));
    writeFileSync(file('ca.cnf'), configuration);
    for (const [name, content] of [
      ['index.txt', ''],
      ['serial', '1000\n'],
      ['crlnumber', '01\n'],
    ] as const) {
      writeFileSync(file(name), content);
    }
    const root = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'root.key', '-out', 'root.pem', '-days', '3650'];
    openssl('req', '-config', 'ca.cnf', '-extensions', 'root', '-subj', '/O=Example/CN=Root', ...root);
    for (const name of ['good', 'bad']) {
      openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
      openssl(
        'req',
        '-config',
        'ca.cnf',
        '-new',
        '-key',
        `${name}.key`,
        '-subj',
        `/O=Example/CN=${name}`,
        '-out',
        `${name}.csr`,
      );
      openssl(
        'ca',
        '-config',
        'ca.cnf',
        '-batch',
        '-extensions',
        'host',
        '-days',
        '365',
        '-in',
        `${name}.csr`,
        '-out',
        `${name}.pem`,
      );
    }
    openssl('ca', '-config', 'ca.cnf', '-revoke', 'bad.pem', '-crl_reason', 'keyCompromise');
    openssl('ca', '-config', 'ca.cnf', '-gencrl', '-out', 'root.crl');
  });

  afterAll(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  it.each(providers)('makes paths and CRLs that $name judges as it should', (provider) => {
    const request = {
      provider,
      intermediates: [],
      anchors: [certificate('root.pem')],
      crls: [crl('root.crl')],
      use: 'signature',
      revocation: 'required',
    } as const;
    const [good, bad] = [certificate('good.pem'), certificate('bad.pem')];
    const at = good.notBefore + 60_000;
    expect(validatePath({ ...request, certificate: good, at })).toMatchObject({ kind: 'valid' });
    expect(validatePath({ ...request, certificate: bad, at })).toMatchObject({ faults: [{ code: 'revoked' }] });
    const later = at + 60 * 24 * 3600 * 1000;
    expect(validatePath({ ...request, certificate: good, at: later })).toMatchObject({
      faults: [{ code: 'no-current-crl' }],
    });
    expect(validatePath({ ...request, certificate: good, at: good.notAfter + 1 })).toMatchObject({
      faults: [{ code: 'expired' }],
    });
  });

  it('makes certificates whose identities and distribution points are found', () => {
    const good = certificate('good.pem');
    expect(certifies(good, { type: 'FQDN', value: 'gw.example.org' })).toBe(true);
    expect(certifies(good, { type: 'IPV6', value: '2001:db8::1' })).toBe(true);
    expect(certifies(good, { nameDer: good.subject.der })).toBe(true);
    expect(certifies(good, { type: 'FQDN', value: 'good' })).toBe(false);
    expect(good.extensions.crlDistributionPoints).toEqual(['http://example.org/root.crl']);
    expect(good.extensions.extendedKeyUsage).toEqual(['1.3.6.1.5.5.7.3.17']);
  });

  describe('writes private keys in all forms', () => {
    const digest = new Uint8Array(20).map((_, index) => index * 11);

    function imported(name: string): PrivateKey[] {
      const result = privateKeyOfPem(read(name));
      if (result.kind === 'fault') throw new Error(result.reason);
      return providers.map((provider) => provider.importPrivateKey(result.pkcs8)!);
    }

    it('RSA, and signs a bare hash as IKEv1 does (RFC 2409 §5.1)', () => {
      openssl('rsa', '-in', 'root.key', '-traditional', '-out', 'traditional.key');
      expect(read('traditional.key')).toContain('BEGIN RSA PRIVATE KEY');
      writeFileSync(file('digest'), digest);
      openssl('pkeyutl', '-sign', '-inkey', 'root.key', '-in', 'digest', '-out', 'raw.sig');
      const signature = Uint8Array.from(readFileSync(file('raw.sig')));
      for (const key of [...imported('traditional.key'), ...imported('root.key')]) {
        expect(key.sign({ kind: 'RSA-raw-hash' }, digest, random)).toEqual(signature);
        expect(key.publicKey.verify({ kind: 'RSA-raw-hash' }, digest, signature)).toBe(true);
      }
    });

    it('EC, and signs a digest as IKEv1 does (RFC 4754)', () => {
      expect(read('good.key')).toContain('BEGIN EC PRIVATE KEY');
      writeFileSync(file('digest'), digest);
      openssl('pkeyutl', '-sign', '-inkey', 'good.key', '-in', 'digest', '-out', 'ec.sig');
      const scheme = { kind: 'ECDSA', hash: 'prehashed', encoding: 'DER' } as const;
      for (const key of imported('good.key')) {
        expect(key.publicKey.verify(scheme, digest, Uint8Array.from(readFileSync(file('ec.sig'))))).toBe(true);
        writeFileSync(file('our.sig'), key.sign(scheme, digest, random)!);
        openssl('pkeyutl', '-verify', '-inkey', 'good.key', '-in', 'digest', '-sigfile', 'our.sig');
      }
    });

    it('DSA, and signs a digest as IKEv1 does (RFC 2409 §5.1)', () => {
      openssl('dsaparam', '-out', 'dsa.params', '1024');
      openssl('gendsa', '-out', 'dsa.key', 'dsa.params');
      openssl('dsa', '-in', 'dsa.key', '-out', 'dsa-traditional.key');
      writeFileSync(file('digest'), digest);
      openssl('pkeyutl', '-sign', '-inkey', 'dsa.key', '-in', 'digest', '-out', 'dsa.sig');
      const scheme = { kind: 'DSA', hash: 'prehashed', encoding: 'DER' } as const;
      for (const key of [...imported('dsa.key'), ...imported('dsa-traditional.key')]) {
        expect(key.publicKey.verify(scheme, digest, Uint8Array.from(readFileSync(file('dsa.sig'))))).toBe(true);
        writeFileSync(file('our.sig'), key.sign(scheme, digest, random)!);
        openssl('pkeyutl', '-verify', '-inkey', 'dsa.key', '-in', 'digest', '-sigfile', 'our.sig');
      }
    });

    it('encrypted, which we say that we do not read', () => {
      openssl('rsa', '-in', 'root.key', '-aes128', '-passout', 'pass:x', '-out', 'locked.key');
      openssl(
        'rsa',
        '-in',
        'root.key',
        '-aes128',
        '-passout',
        'pass:x',
        '-traditional',
        '-out',
        'locked-traditional.key',
      );
      for (const name of ['locked.key', 'locked-traditional.key']) {
        expect(privateKeyOfPem(read(name))).toMatchObject({
          kind: 'fault',
          reason: expect.stringContaining('encrypted'),
        });
      }
    });
  });
});
