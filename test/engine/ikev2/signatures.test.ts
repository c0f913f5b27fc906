/** Authentication by signatures — RFC 7296 §2.15 and §3.8, RFC 4754, RFC 7427, RFC 8420. */
import { describe, expect, it } from 'vitest';
import type { Credentials } from '../../../src/engine/credentials.js';
import { nodeProvider } from '../../../src/engine/crypto/node/provider.js';
import { seededRandom } from '../../../src/engine/crypto/random.js';
import { readCertificate } from '../../../src/engine/crypto/x509/certificate.js';
import { certifies } from '../../../src/engine/crypto/x509/identity.js';
import { peerProfile } from '../../../src/model/peer-profile/catalogue.js';
import type { PeerProfile } from '../../../src/model/peer-profile/peer-profile.js';
import type { Secret } from '../../../src/model/secret.js';
import type { AuthenticationMethod } from '../../../src/model/system-config.js';
import { dsaKey, ecKey, ed448Key, ed25519Key, rsaKey, shortRsaKey } from '../crypto/key-files.js';
import { altName, type Entity, extensions, issue } from '../crypto/x509/pki.js';
import {
  disagreement,
  eventsOf,
  failureCodes,
  failuresOf,
  makeWorld,
  pairsOf,
  type SideOptions,
  tcpPacket,
  type World,
} from './support.js';

const provider = nodeProvider(seededRandom('signatures'));
const authority: Entity = { name: 'CN=authority', key: provider.importPrivateKey(ecKey('prime256v1'))! };

/** The keys and certificate of a side, and whatever certificate the peer has, if it stands for the peer's identity. */
function side(name: string, key: Secret, method: AuthenticationMethod, more: SideOptions = {}): SideOptions {
  const subject: Entity = { name: `CN=${name}`, key: provider.importPrivateKey(key)! };
  const certificate = issue({ subject, issuer: authority, extensions: [extensions.altNames(altName.dns(name))] });
  const credentials: Partial<Credentials> = {
    own: () => ({ key: subject.key, chain: [certificate.der] }),
    peerKey({ chain, identity, identityOctets }) {
      const read = chain[0] && readCertificate(chain[0]);
      if (read?.kind !== 'value') return { kind: 'refused', why: 'no certificate came along' };
      const claimed = identity.type === 'X500-DN' ? { nameDer: identityOctets } : identity;
      if (!certifies(read.value, claimed)) return { kind: 'refused', why: 'the certificate is for somebody else' };
      return { kind: 'key', key: provider.importPublicKey(read.value.spki)! };
    },
    trustAnchors: () => [{ spki: authority.key.publicKey.spki, name: new Uint8Array(0) }],
  };
  return { method, localId: { type: 'FQDN', value: name }, credentials, ...more };
}

function connect(a: SideOptions, b: SideOptions): World {
  const peerOf = (other: SideOptions): SideOptions => ({
    peerMethod: other.method!,
    remoteId: { kind: 'any', type: other.localId!.type },
  });
  const world = makeWorld({ a: { ...peerOf(b), ...a }, b: { ...peerOf(a), ...b } });
  world.request(world.a, tcpPacket(world.a.own, world.b.own));
  world.run(30_000);
  return world;
}

function methods(world: World): string[] {
  return eventsOf(world.b, 'authentication').map(({ of, method, good }) => `${of} ${method} ${good}`);
}

const old: PeerProfile = { ...peerProfile('strict-rfc'), signatureHashes: { value: [], note: 'before RFC 7427' } };
const ec = (curve: string) => () => ecKey(curve);

describe('a signature of every kind', () => {
  const cases: readonly [string, AuthenticationMethod, () => Secret, PeerProfile | undefined][] = [
    ['RSASSA-PSS with SHA2-256 (RFC 7427)', 'RSASIG', rsaKey, undefined],
    ['RSASSA-PSS with SHA2-256 (RFC 7427)', 'DIGSIG', rsaKey, undefined],
    ['RSA digital signature', 'RSASIG', rsaKey, old],
    ['RSASSA-PSS with SHA2-256 (RFC 7427)', 'RSASIG', shortRsaKey, undefined],
    ['ECDSA with SHA2-256 (RFC 7427)', 'ECDSASIG', ec('prime256v1'), undefined],
    ['ECDSA with SHA2-384 (RFC 7427)', 'ECDSASIG', ec('secp384r1'), undefined],
    ['ECDSA with SHA2-512 (RFC 7427)', 'ECDSASIG', ec('secp521r1'), undefined],
    ['ECDSA with SHA-256 on P-256', 'ECDSASIG', ec('prime256v1'), old],
    ['ECDSA with SHA-384 on P-384', 'ECDSASIG', ec('secp384r1'), old],
    ['ECDSA with SHA-512 on P-521', 'ECDSASIG', ec('secp521r1'), old],
    ['EdDSA (RFC 7427)', 'EDDSASIG', ed25519Key, undefined],
    ['EdDSA (RFC 7427)', 'EDDSASIG', ed448Key, undefined],
    ['EdDSA (RFC 7427)', 'DIGSIG', ed25519Key, undefined],
    ['DSS digital signature', 'DSSSIG', () => dsaKey(), old],
  ];
  it.each(cases)('%s for %s', (text, method, key, profile) => {
    const more = profile ? { profile } : {};
    const world = connect(side('a.example', key(), method, more), side('b.example', key(), method, more));
    expect([...failuresOf(world.a), ...failuresOf(world.b)]).toEqual([]);
    expect(disagreement(world)).toEqual([]);
    expect(pairsOf(world.a).inbound).toHaveLength(1);
    expect(methods(world)[0]).toMatch(new RegExp(`^peer ${text.replace(/[()]/g, '.')}.*true$`));
  });

  it('one side by a key, the other by a signature', () => {
    const a = side('a.example', rsaKey(), 'PSK');
    const world = connect(a, side('b.example', rsaKey(), 'RSASIG'));
    expect([...failuresOf(world.a), ...failuresOf(world.b)]).toEqual([]);
    expect(methods(world).map((one) => one.split(' ')[1])).toEqual(['shared', 'RSASSA-PSS']);
  });

  it('the identity is the certificate’s subject where the record says so', () => {
    const as = (name: string) => side(name, rsaKey(), 'RSASIG', { localId: { type: 'X500-DN' } });
    const world = connect(as('a.example'), as('b.example'));
    expect([...failuresOf(world.a), ...failuresOf(world.b)]).toEqual([]);
    expect(world.a.engine.ikeSas()[0]).toMatchObject({
      localId: { type: 'X500-DN', value: 'CN=a.example' },
      peerId: { type: 'X500-DN', value: 'CN=b.example' },
    });
  });
});

describe('a signature that proves nothing', () => {
  it('a key of another kind than the record expects', () => {
    const world = connect(
      side('a.example', ed25519Key(), 'EDDSASIG'),
      side('b.example', rsaKey(), 'RSASIG', { peerMethod: 'RSASIG' }),
    );
    expect(failureCodes(world.b)).toEqual(['authentication-failed']);
    expect(failureCodes(world.a)).toEqual(['authentication-failed']);
  });

  it('a certificate for somebody else', () => {
    const a = side('a.example', rsaKey(), 'RSASIG', { localId: { type: 'FQDN', value: 'c.example' } });
    const world = connect(a, side('b.example', rsaKey(), 'RSASIG'));
    expect(failureCodes(world.b)).toEqual(['certificate-refused']);
    expect(failuresOf(world.b)[0]!.text).toContain('somebody else');
    expect(failureCodes(world.a)).toEqual(['authentication-failed']);
    expect(failuresOf(world.a)[0]!.text).toBe(
      'the peer refuses us as FQDN c.example: it does not expect that, or does not take our certificate or signature',
    );
  });

  it('a key that is not that of the certificate', () => {
    const a = side('a.example', rsaKey(), 'RSASIG');
    const other = provider.importPrivateKey(shortRsaKey())!;
    const own = a.credentials!.own!;
    const forged: SideOptions = {
      ...a,
      credentials: { ...a.credentials, own: (pad, id) => ({ key: other, chain: own(pad, id)!.chain }) },
    };
    const world = connect(forged, side('b.example', rsaKey(), 'RSASIG'));
    expect(failureCodes(world.b)).toEqual(['authentication-failed']);
    expect(failuresOf(world.b)[0]!.text).toContain('not one of this key');
  });

  it('the responder’s, so that the initiator says so (§2.21.2)', () => {
    const b = side('b.example', rsaKey(), 'RSASIG', { localId: { type: 'FQDN', value: 'c.example' } });
    const world = connect(side('a.example', rsaKey(), 'RSASIG'), b);
    expect(failureCodes(world.a)).toEqual(['certificate-refused']);
    expect(failureCodes(world.b)).toEqual(['authentication-failed']);
    expect(failuresOf(world.b)[0]!.text).toBe(
      'the peer does not expect that we are FQDN c.example, or does not take our certificate or signature',
    );
    expect(world.b.sas.size).toBe(0);
    expect(disagreement(world)).toEqual([]);
  });

  it('none at all, for want of a key', () => {
    const a = side('a.example', rsaKey(), 'RSASIG');
    const world = connect(
      { ...a, credentials: { ...a.credentials, own: () => undefined } },
      side('b.example', rsaKey(), 'RSASIG'),
    );
    expect(failureCodes(world.a)).toEqual(['no-credential']);
    expect(failureCodes(world.b)).toEqual([]);
  });

  it('EdDSA for a peer that does not know RFC 8420', () => {
    const world = connect(
      side('a.example', ed25519Key(), 'EDDSASIG'),
      side('b.example', rsaKey(), 'RSASIG', { profile: old }),
    );
    expect(failureCodes(world.a)).toEqual(['no-credential']);
    expect(failuresOf(world.a)[0]!.text).toContain('Ed25519');
  });

  it('a hash that nobody announced', () => {
    const few: PeerProfile = { ...peerProfile('strict-rfc'), signatureHashes: { value: ['SHA2-512'], note: '' } };
    const world = connect(
      side('a.example', rsaKey(), 'RSASIG'),
      side('b.example', rsaKey(), 'RSASIG', { profile: few }),
    );
    expect([...failuresOf(world.a), ...failuresOf(world.b)]).toEqual([]);
    expect(methods(world)[0]).toBe('peer RSASSA-PSS with SHA2-512 (RFC 7427) true');
  });
});
