import { describe, expect, it } from 'vitest';
import { createCredentials } from '../../../src/engine/credentials/store.js';
import type { PeerKeyRequest } from '../../../src/engine/credentials.js';
import { nodeProvider } from '../../../src/engine/crypto/node/provider.js';
import { toHex } from '../../../src/engine/crypto/octets.js';
import { seededRandom } from '../../../src/engine/crypto/random.js';
import { readCertificate } from '../../../src/engine/crypto/x509/certificate.js';
import { readCrl } from '../../../src/engine/crypto/x509/crl.js';
import { certifies } from '../../../src/engine/crypto/x509/identity.js';
import { validatePath } from '../../../src/engine/crypto/x509/path.js';
import { writeName } from '../../../src/engine/crypto/x509/write-name.js';
import { serialNumberOf, writeCertificate, writeCrl } from '../../../src/engine/pki/certificate-writer.js';
import { madeUpKey, madeUpKeyKinds } from '../../../src/engine/pki/keys.js';
import { isProbablyPrime, randomPrime } from '../../../src/engine/pki/primes.js';
import { anyAddress } from '../../../src/model/address.js';
import type { AuthenticationMethod, Identity, PadEntry } from '../../../src/model/system-config.js';
import { assumedNote, madeUpCredentials, madeUpPki } from '../../support/made-up-pki.js';
import { noble, node } from '../crypto/support.js';

const origin = { kind: 'builtin', what: 'test' } as const;

function pad(method: AuthenticationMethod): PadEntry {
  return {
    source: { record: { kind: 'auth', name: 'x' } },
    remote: anyAddress(4),
    ikeVersions: { value: [1], origin },
    exchange: { value: 'main', origin },
    localMethod: { value: method, origin },
    remoteMethod: { value: method, origin },
    respondOnly: false,
  };
}

const identities: readonly Identity[] = [
  { type: 'IPV4', value: '192.0.2.1' },
  { type: 'IPV6', value: '2001:db8::1' },
  { type: 'FQDN', value: 'gw.example.com' },
  { type: 'USER-FQDN', value: 'ann@example.com' },
  { type: 'X500-DN', value: 'CN=gw,O=Example,C=DE' },
];

const at = new Date(Date.UTC(2026, 5, 1));

function certificateOf(der: Uint8Array) {
  const read = readCertificate(der);
  if (read.kind === 'fault') throw new Error(read.reason);
  return read.value;
}

function request(identity: Identity, chain: readonly Uint8Array[], method: AuthenticationMethod): PeerKeyRequest {
  const identityOctets =
    identity.type === 'X500-DN' ? writeName(identity.value!)! : new TextEncoder().encode(identity.value);
  return { pad: pad(method), identity, identityOctets, chain, crls: [], at };
}

describe('a made-up PKI', () => {
  const pki = madeUpPki({ seed: 1, provider: node });

  it.each(identities)('has a certificate for $type $value that its CA vouches for', (identity) => {
    for (const kind of madeUpKeyKinds) {
      const credential = pki.issue(identity, kind)!;
      const certificate = certificateOf(credential.chain[0]!);
      const claimed = identity.type === 'X500-DN' ? { nameDer: writeName(identity.value!)! } : identity;
      expect(certifies(certificate, claimed)).toBe(true);
      const result = validatePath({
        provider: node,
        certificate,
        intermediates: [],
        anchors: [certificateOf(pki.authority)],
        crls: [],
        at: at.getTime(),
        use: 'signature',
        revocation: 'if-available',
      });
      expect(result.kind).toBe('valid');
      const message = Uint8Array.of(1, 2, 3);
      const scheme =
        kind === 'RSA'
          ? ({ kind: 'RSASSA-PKCS1-v1_5', hash: 'SHA2-256' } as const)
          : kind === 'DSA'
            ? ({ kind: 'DSA', hash: 'SHA1', encoding: 'DER' } as const)
            : kind === 'EC'
              ? ({ kind: 'ECDSA', hash: 'SHA2-256', encoding: 'DER' } as const)
              : ({ kind: 'EdDSA' } as const);
      const signature = credential.key.sign(scheme, message, node.random)!;
      expect(node.importPublicKey(certificate.spki)!.verify(scheme, message, signature)).toBe(true);
    }
  });

  it('has none for what no certificate can stand for (RFC 4945 §3.1)', () => {
    expect(pki.issue({ type: 'KEY-ID', value: 'k' }, 'RSA')).toBeUndefined();
    expect(pki.issue({ type: 'X500-DN' }, 'RSA')).toBeUndefined();
  });

  it('follows from its seed alone', () => {
    const [gateway] = identities;
    const again = madeUpPki({ seed: 1, provider: nodeProvider(seededRandom('another')) });
    const other = madeUpPki({ seed: 2, provider: node });
    const der = (of: typeof pki) => toHex(of.issue(gateway!, 'RSA')!.chain[0]!);
    expect(der(again)).toBe(der(pki));
    expect(der(other)).not.toBe(der(pki));
  });

  it('is the same in both providers', () => {
    const mine = madeUpPki({ seed: 'both', provider: noble });
    const theirs = madeUpPki({ seed: 'both', provider: node });
    const identity: Identity = { type: 'FQDN', value: 'a.example.com' };
    expect(toHex(mine.issue(identity, 'Ed25519')!.chain[0]!)).toBe(toHex(theirs.issue(identity, 'Ed25519')!.chain[0]!));
  });
});

describe('credentials of a dry run', () => {
  const pki = madeUpPki({ seed: 1, provider: node });
  const make = (subject: string, data = {}) => madeUpCredentials({ seed: 1, provider: node, pki, subject, data });
  const identity: Identity = { type: 'FQDN', value: 'gw.example.com' };

  it('let two systems believe each other, and say what was assumed', () => {
    const [alpha, beta] = [make('CN=alpha'), make('CN=beta')];
    const own = alpha.own(pad('RSASIG'), identity)!;
    expect(own.note).toBe(assumedNote);
    const found = beta.peerKey(request(identity, own.chain, 'RSASIG'));
    expect(found).toMatchObject({ kind: 'key', note: assumedNote });
    expect(beta.trustAnchors(pad('RSASIG'))).toHaveLength(1);
  });

  it('do not take a certificate for somebody else', () => {
    const own = make('CN=alpha').own(pad('RSASIG'), identity)!;
    const other: Identity = { type: 'FQDN', value: 'other.example.com' };
    const found = make('CN=beta').peerKey(request(other, own.chain, 'RSASIG'));
    expect(found).toMatchObject({ kind: 'refused', why: expect.stringContaining('is for FQDN other.example.com') });
  });

  it('have a name for records that take theirs from a certificate', () => {
    const own = make('CN=alpha,O=Example').own(pad('RSASIG'), { type: 'X500-DN' })!;
    expect(certificateOf(own.chain[0]!).subject.attributes.map(({ value }) => value)).toEqual(['Example', 'alpha']);
  });

  it('let what there is go first', () => {
    const real = madeUpPki({ seed: 'real', provider: node });
    const own = real.issue(identity, 'RSA')!;
    const data = { keys: [{ key: own.key, chain: own.chain }], anchors: [real.authority] };
    const credentials = make('CN=alpha', data);
    expect(credentials.own(pad('RSASIG'), identity)?.note).toBeUndefined();
    expect(credentials.peerKey(request(identity, own.chain, 'RSASIG'))).not.toHaveProperty('note');
  });
});

describe('credentials with certificates', () => {
  const pki = madeUpPki({ seed: 3, provider: node });
  const identity: Identity = { type: 'FQDN', value: 'gw.example.com' };
  const chain = pki.issue(identity, 'RSA')!.chain;
  const ca = certificateOf(pki.authority);
  const caKey = node.importPrivateKey(madeUpKey('RSA', seededRandom(3, 'pki RSA CA'), node))!;
  const why = (found: ReturnType<ReturnType<typeof make>['peerKey']>) => (found.kind === 'refused' ? found.why : 'key');
  const make = (data: Parameters<typeof createCredentials>[0]) => createCredentials(data, node).credentials;

  it('refuse what is not signed by whom they trust', () => {
    expect(why(make({}).peerKey(request(identity, chain, 'RSASIG')))).toContain('no trusted or known certificate');
  });

  it('refuse a key of another kind than the method needs', () => {
    const found = make({ anchors: [pki.authority] }).peerKey(request(identity, chain, 'DSSSIG'));
    expect(why(found)).toContain('has a key of kind RSA, and DSSSIG is expected');
  });

  it('refuse what is no longer, or not yet, valid', () => {
    const late = { ...request(identity, chain, 'RSASIG'), at: new Date(Date.UTC(2300, 0, 1)) };
    expect(why(make({ anchors: [pki.authority] }).peerKey(late))).toContain('expired');
  });

  it('refuse what is revoked, and ask for a current list where that is demanded', () => {
    const serialNumber = serialNumberOf('3 RSA FQDN gw.example.com', node);
    const day = (offset: number) => new Date(at.getTime() + offset * 86_400_000);
    const list = (revoked: Parameters<typeof writeCrl>[0]['revoked'], until: number) =>
      writeCrl({ issuer: ca.subject.der, thisUpdate: day(-30), nextUpdate: day(until), revoked }, caKey, node);
    expect(readCrl(list([], 1)).kind).toBe('value');
    const anchors = [pki.authority];
    const ask = (crls: readonly Uint8Array[], revocation: 'required' | 'if-available') =>
      why(make({ anchors, crls, revocation }).peerKey(request(identity, chain, 'RSASIG')));
    expect(ask([list([], 1)], 'required')).toBe('key');
    expect(ask([], 'required')).toContain('no current CRL');
    expect(ask([list([], -1)], 'required')).toContain('out of date');
    expect(ask([list([{ serialNumber, date: day(-10) }], 1)], 'if-available')).toContain('was revoked');
  });

  it('choose the own key by the identity', () => {
    const credential = (value: string) => pki.issue({ type: 'FQDN', value }, 'RSA')!;
    const keys = [credential('a.example.com'), credential('b.example.com')];
    const own = make({ keys }).own(pad('RSASIG'), { type: 'FQDN', value: 'B.example.com' });
    expect(own).toBe(keys[1]);
    expect(make({ keys }).own(pad('RSASIG'), { type: 'FQDN', value: 'c.example.com' })).toBeUndefined();
    expect(make({ keys }).own(pad('DSSSIG'), { type: 'FQDN', value: 'a.example.com' })).toBeUndefined();
  });

  it('take a bare key that is known for an identity', () => {
    const spki = pki.issue(identity, 'RSA')!.key.publicKey.spki;
    const credentials = make({ peerKeys: [{ identity, spki }] });
    expect(credentials.peerKey(request(identity, [], 'RSASIG')).kind).toBe('key');
    expect(why(credentials.peerKey(request({ type: 'FQDN', value: 'x.example.com' }, [], 'RSASIG')))).toContain(
      'sent no certificate',
    );
  });
});

describe('a written certificate', () => {
  it('says a year after 2049 as RFC 5280 §4.1.2.5 wants it', () => {
    const key = node.importPrivateKey(madeUpKey('Ed25519', seededRandom('t'), node))!;
    const name = writeName('CN=x')!;
    const { spki } = key.publicKey;
    const base = { issuer: name, subject: name, spki, issuerSpki: spki, isCa: false, identities: [], serialNumber: 5n };
    const notBefore = new Date(Date.UTC(2049, 11, 31, 23, 59, 59));
    const notAfter = new Date(Date.UTC(2050, 0, 1));
    const certificate = certificateOf(writeCertificate({ ...base, notBefore, notAfter }, key, node));
    expect([certificate.notBefore, certificate.notAfter]).toEqual([notBefore.getTime(), notAfter.getTime()]);
  });
});

describe('primes', () => {
  it('are the same with and without help, and have the length that was asked for', () => {
    const draw = (isPrime?: (candidate: bigint) => boolean) =>
      randomPrime(256, 65_537n, seededRandom('primes'), isPrime ? { isPrime } : {});
    const [own, openssl] = [draw(), draw(node.isPrime)];
    expect(own).toBe(openssl);
    expect(own.toString(2)).toHaveLength(256);
  });

  it.each([
    [2n ** 127n - 1n, true],
    [2n ** 128n + 1n, false],
    [3_215_031_751n, false], // a strong pseudoprime to the bases 2, 3, 5 and 7 is taken for prime by them alone
  ])('tells %d', (number, prime) => {
    expect(node.isPrime!(number)).toBe(prime);
    if (number !== 3_215_031_751n) expect(isProbablyPrime(number)).toBe(prime);
  });
});
