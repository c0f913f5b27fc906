/** Certificates beside the records: where they are looked for, what their files may be, and what lint says of them. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeCredentials } from '../../src/services/credentials/decode.js';
import { credentialLengthMax, readOctets } from '../../src/services/credentials/read-octets.js';
import { type LintOptions, lint } from '../../src/services/lint.js';
import { exampleFiles } from '../support/example-files.js';
import { folderWith } from '../support/folder.js';

const files = exampleFiles({
  'ca.pem': [{ subject: 'CN=ca', ca: true }],
  'a.pem': [{ subject: 'CN=a', issuer: 'ca.pem', notAfter: '2026-11-20' }],
  'ca.crl': [{ crlOf: 'ca.pem' }],
});
const octetsOf = (name: string): Uint8Array => files.get(name)!;
const derOf = (name: string): Uint8Array =>
  Buffer.from(new TextDecoder().decode(octetsOf(name)).replace(/-----.*-----|\s/g, ''), 'base64');
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const record = (certificate: string) =>
  `add auth b -remote 10.2.2.2/32 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method PSK -preshared file:b.psk -ltype X500-DN -certificate ${certificate}\n`;

async function findings(content: Readonly<Record<string, string | Uint8Array>>, options: Partial<LintOptions> = {}) {
  const folder = folderWith(content);
  const { report } = await lint({
    paths: [folder],
    select: ['AUT009', 'REF006'],
    asOf: '2026-11-01',
    ...options,
  });
  return report.findings.map(({ code, message }) => `${code} ${message.replaceAll(`${folder}/`, '')}`);
}

const expires = 'AUT009 the certificate CN=a (a.pem) expires on 2026-11-20, in 19 days';

describe('a path', () => {
  it('counts from the folder of the record file', async () => {
    expect(await findings({ 'hosts/x/p.conf': record('a.pem'), 'hosts/x/a.pem': octetsOf('a.pem') })).toEqual([
      expires,
    ]);
  });

  it('counts from the repository where nothing is beside the record file', async () => {
    expect(await findings({ 'hosts/x/p.conf': record('a.pem'), 'a.pem': octetsOf('a.pem') })).toEqual([expires]);
  });

  it('is reported where there is no such file', async () => {
    expect(await findings({ 'hosts/x/p.conf': record('b.pem') })).toEqual([
      "REF006 auth 'b' names b.pem, which does not exist (looked for hosts/x/b.pem)",
    ]);
  });

  it('that is absolute is looked for below fileRoot, of the host or of all', async () => {
    const content = { 'hosts/x/p.conf': record('/etc/a.pem'), 'x-root/etc/a.pem': octetsOf('a.pem') };
    const message = expires.replace('(a.pem)', '(/etc/a.pem)');
    expect(await findings({ ...content, 'ipsec.config.yaml': 'fileRoot: x-root\n' })).toEqual([message]);
    expect(await findings({ ...content, 'inventory.yaml': 'hosts: {x: {fileRoot: x-root}}\n' })).toEqual([message]);
  });

  it('that is absolute is of another machine in a repository, and says nothing', async () => {
    const folder = folderWith({ 'a.pem': octetsOf('a.pem') });
    const there = path.join(folder, 'a.pem');
    expect(await findings({ 'hosts/x/p.conf': record(there) })).toEqual([]);
    expect(await findings({ 'p.conf': record(there) })).toEqual([expect.stringContaining('AUT009')]);
    expect(await findings({ 'p.conf': record(`${there}.old`) })).toEqual([]);
  });
});

it('the days of warning are configured', async () => {
  const content = { 'p.conf': record('a.pem'), 'a.pem': octetsOf('a.pem') };
  expect(await findings({ ...content, 'ipsec.config.yaml': 'lint: {expiryDays: 18}\n' })).toEqual([]);
  expect(await findings({ ...content, 'ipsec.config.yaml': 'lint: {expiryDays: 19}\n' })).toEqual([expires]);
});

describe('the day', () => {
  it.each([
    ['2026-10-20', []],
    ['2026-10-22', [expires.replace('19', '29')]],
    ['2026-11-19', [expires.replace('19 days', 'one day')]],
    ['2026-11-20', ['AUT009 the certificate CN=a (a.pem) expires on 2026-11-20, this very day']],
    ['2026-11-21', ['AUT009 the certificate CN=a (a.pem) expired on 2026-11-20']],
  ])('%s', async (asOf, expected) => {
    expect(await findings({ 'p.conf': record('a.pem'), 'a.pem': octetsOf('a.pem') }, { asOf })).toEqual(expected);
  });
});

describe('what cannot be used is reported with its reason', () => {
  it.each([
    ['nothing', new Uint8Array(0), 'it is empty'],
    ['text', text('hello'), 'it holds no certificate and no CRL, neither in PEM nor in DER'],
    ['noise', Uint8Array.from({ length: 4096 }, (_, at) => (at * 7919) & 255), 'it holds no certificate'],
    ['a broken certificate', derOf('a.pem').slice(0, -3), 'it is DER, but no certificate'],
    [
      'a broken block',
      text('-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'),
      'block 1 is no certificate',
    ],
    [
      'a private key alone',
      text('-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n'),
      'it holds a private key',
    ],
  ])('%s', async (_, octets, reason) => {
    const [finding, ...more] = await findings({ 'p.conf': record('a.pem'), 'a.pem': octets });
    expect(finding).toContain(`REF006 auth 'b' names a.pem, which cannot be used: ${reason}`);
    expect(more).toEqual([]);
  });

  it('a folder, a named pipe, a file that may not be read, one that is too long', () => {
    const folder = folderWith({ 'long.pem': '' });
    mkdirSync(path.join(folder, 'folder'));
    execFileSync('mkfifo', [path.join(folder, 'pipe')]);
    execFileSync('truncate', ['-s', String(credentialLengthMax + 1), path.join(folder, 'long.pem')]);
    expect(readOctets(path.join(folder, 'folder'))).toEqual({ kind: 'fault', reason: 'it is not a regular file' });
    expect(readOctets(path.join(folder, 'pipe'))).toEqual({ kind: 'fault', reason: 'it is not a regular file' });
    expect(readOctets(path.join(folder, 'long.pem'))).toMatchObject({ kind: 'fault' });
    expect(readOctets(path.join(folder, 'long.pem', 'below'))).toEqual({ kind: 'absent' });
  });

  it('a file that may not be read', (context) => {
    const folder = folderWith({ 'a.pem': octetsOf('a.pem') });
    chmodSync(path.join(folder, 'a.pem'), 0);
    if (process.getuid?.() === 0) context.skip('root may read everything');
    expect(readOctets(path.join(folder, 'a.pem'))).toEqual({ kind: 'fault', reason: 'permission denied' });
  });
});

describe('a file', () => {
  const held = (octets: Uint8Array) => {
    const decoded = decodeCredentials(octets);
    return decoded.kind === 'decoded'
      ? [decoded.certificates.length, decoded.crls.length, decoded.privateKey]
      : decoded;
  };

  it('is PEM with any blocks, or DER with one', () => {
    expect(held(derOf('a.pem'))).toEqual([1, 0, false]);
    expect(held(derOf('ca.crl'))).toEqual([0, 1, false]);
    expect(held(octetsOf('ca.crl'))).toEqual([0, 1, false]);
    const key = text('\n-----BEGIN RSA PRIVATE KEY-----\nMAA=\n-----END RSA PRIVATE KEY-----\n');
    expect(
      held(Buffer.concat([text('Bag Attributes\n'), octetsOf('a.pem'), text('\n'), octetsOf('ca.pem'), key])),
    ).toEqual([2, 0, true]);
  });

  it('that is a PKCS #12 container stays closed, and nothing is said', async () => {
    const pkcs12 = Uint8Array.of(0x30, 0x05, 0x02, 0x01, 0x03, 0x30, 0x00);
    expect(decodeCredentials(pkcs12)).toMatchObject({ kind: 'closed' });
    expect(await findings({ 'p.conf': 'ipsec_config add mycert -file me.p12\n', 'me.p12': pkcs12 })).toEqual([]);
  });

  it('never throws, whatever it holds', () => {
    const der = derOf('a.pem');
    for (let at = 0; at < der.length; at += 1) {
      const changed = Uint8Array.from(der);
      changed[at] = changed[at]! ^ 0x41;
      expect(['decoded', 'fault', 'closed']).toContain(decodeCredentials(changed).kind);
      expect(decodeCredentials(der.subarray(0, at)).kind).toBe('fault');
    }
  });
});

it('a private key beside the certificate is never shown', async () => {
  const body = 'c2VjcmV0IG9mIHRoZSBnYXRld2F5';
  const key = text(`\n-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`);
  const folder = folderWith({
    'ipsec.config.yaml': 'version: 1\n',
    'p.conf': record('a.pem'),
    'a.pem': Buffer.concat([octetsOf('a.pem'), key]),
  });
  const { report } = await lint({ paths: [folder], asOf: '2026-11-01' });
  expect(report.findings.map(({ message }) => message)).toContain("a.pem, which auth 'b' names, holds a private key");
  expect(JSON.stringify(report)).not.toContain(body);
});
