import {
  constants,
  createPrivateKey,
  createPublicKey,
  privateDecrypt,
  privateEncrypt,
  publicEncrypt,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { writePublicKey } from '../../../src/engine/crypto/keys.js';
import { concat, fromBigInt, plain, toHex } from '../../../src/engine/crypto/octets.js';
import type { CryptoProvider, PrivateKey, SignatureScheme } from '../../../src/engine/crypto/provider.js';
import { seededRandom, systemRandom } from '../../../src/engine/crypto/random.js';
import { Secret } from '../../../src/model/secret.js';
import {
  dsaKey,
  dsaNumbers,
  ecKey,
  ed448Key,
  ed25519Key,
  oddRsaKey,
  p256Key,
  rsaKey,
  shortRsaKey,
} from './key-files.js';
import { hex, noble, node, providers } from './support.js';

const message = new TextEncoder().encode('what both peers have seen');
const seeded = seededRandom('signatures');
const system = systemRandom((length) => seeded(length));

const imported = new Map<CryptoProvider, WeakMap<Secret, PrivateKey>>(
  providers.map((provider) => [provider, new WeakMap()]),
);

function privateKey(provider: CryptoProvider, pkcs8: Secret): PrivateKey {
  const known = imported.get(provider)!;
  const key = known.get(pkcs8) ?? provider.importPrivateKey(pkcs8);
  if (!key) throw new Error(`${provider.name} refuses the key`);
  known.set(pkcs8, key);
  return key;
}

const rsaSchemes: readonly SignatureScheme[] = [
  ...(['SHA1', 'SHA2-256', 'SHA2-384', 'SHA2-512'] as const).map(
    (hash) => ({ kind: 'RSASSA-PKCS1-v1_5', hash }) as const,
  ),
  { kind: 'RSA-raw-hash' },
  { kind: 'RSASSA-PSS', hash: 'SHA2-256', saltLength: 32 },
  { kind: 'RSASSA-PSS', hash: 'SHA1', saltLength: 0 },
];

function pairSchemes(kind: 'DSA' | 'ECDSA'): SignatureScheme[] {
  return (['SHA1', 'SHA2-256', 'SHA2-512', 'prehashed'] as const).flatMap((hash) =>
    (['raw', 'DER'] as const).map((encoding) => ({ kind, hash, encoding })),
  );
}

const cases: readonly (readonly [name: string, key: () => Secret, schemes: readonly SignatureScheme[]])[] = [
  ['RSA-1024', shortRsaKey, rsaSchemes],
  ['RSA-1025', oddRsaKey, rsaSchemes],
  ['DSA-1024', dsaKey, pairSchemes('DSA')],
  ['ECDSA P-256', () => ecKey('prime256v1'), pairSchemes('ECDSA')],
  ['ECDSA P-521', () => ecKey('secp521r1'), pairSchemes('ECDSA').slice(0, 4)],
  ['ECDSA brainpoolP256r1', () => ecKey('brainpoolP256r1'), pairSchemes('ECDSA').slice(2, 4)],
  ['Ed25519', ed25519Key, [{ kind: 'EdDSA' }]],
  ['Ed448', ed448Key, [{ kind: 'EdDSA' }]],
];

describe.each(cases)('%s', (_, makeKey, schemes) => {
  const pkcs8 = makeKey();

  it('has one public key in both providers', () => {
    const [a, b] = [privateKey(noble, pkcs8).publicKey, privateKey(node, pkcs8).publicKey];
    expect(toHex(a.spki)).toBe(toHex(b.spki));
    expect([a.kind, a.bits]).toEqual([b.kind, b.bits]);
  });

  it.each(schemes)('signs and verifies across providers: $kind $hash $encoding', (scheme) => {
    // What is prehashed is as long as a hash.
    const signed = 'hash' in scheme && scheme.hash === 'prehashed' ? message.slice(0, 20) : message;
    for (const [signer, verifier] of [
      [noble, node],
      [node, noble],
    ] as const) {
      // The node provider signs by OpenSSL only where nothing has to be reproducible.
      for (const random of signer === node ? [seeded, system] : [seeded]) {
        const signature = privateKey(signer, pkcs8).sign(scheme, signed, random)!;
        const key = verifier.importPublicKey(privateKey(verifier, pkcs8).publicKey.spki)!;
        expect(key.verify(scheme, signed, signature)).toBe(true);
        expect(key.verify(scheme, signed.subarray(1), signature)).toBe(false);
        const forged = signature.slice();
        forged[signature.length >> 1]! ^= 4;
        expect(key.verify(scheme, signed, forged)).toBe(false);
        expect(key.verify(scheme, signed, signature.subarray(1))).toBe(false);
        expect(key.verify(scheme, signed, new Uint8Array(0))).toBe(false);
        expect(key.verify(scheme, signed, new Uint8Array(signature.length))).toBe(false);
      }
    }
  });

  it.each(schemes)('repeats itself when seeded alike: $kind $hash $encoding', (scheme) => {
    const signed = message.slice(0, 20);
    const sign = (provider: CryptoProvider) =>
      toHex(privateKey(provider, pkcs8).sign(scheme, signed, seededRandom(7))!);
    expect(sign(node)).toBe(sign(node));
    expect(sign(noble)).toBe(sign(node));
  });

  it('does not sign or verify by the scheme of another kind of key', () => {
    const own = new Set(schemes.map(({ kind }) => kind));
    const others = cases.flatMap(([, , list]) => list).filter(({ kind }) => !own.has(kind));
    for (const provider of providers) {
      const key = privateKey(provider, pkcs8);
      for (const scheme of others) {
        expect(key.sign(scheme, message, seeded)).toBeUndefined();
        expect(key.publicKey.verify(scheme, message, new Uint8Array(256))).toBe(false);
      }
    }
  });
});

describe.each(providers)('$name', (provider) => {
  it('signs with DSA as RFC 6979 appendix A.2.1 says', () => {
    const key = privateKey(provider, dsaKey());
    expect(toHex(key.publicKey.spki)).toBe(toHex(writePublicKey({ kind: 'DSA', ...dsaNumbers })));
    const sample = new TextEncoder().encode('sample');
    for (const [hash, signature] of [
      ['SHA1', '2e1a0c2562b2912caaf89186fb0f42001585da5529efb6b0aff2d7a68eb70ca313022253b9a88df5'],
      ['SHA2-256', '81f2f5850be5bc123c43f71a3033e9384611c5454cdd914b65eb6c66a8aaad27299bee6b035f5e89'],
    ] as const) {
      expect(toHex(key.sign({ kind: 'DSA', hash, encoding: 'raw' }, sample, seeded)!)).toBe(signature);
      const digest = provider.hashes[hash].digest(sample);
      expect(toHex(key.sign({ kind: 'DSA', hash: 'prehashed', encoding: 'raw' }, digest, seeded)!)).toBe(signature);
    }
  });

  it('signs with ECDSA as RFC 6979 appendix A.2.5 says', () => {
    const key = privateKey(provider, p256Key());
    const signature = key.sign(
      { kind: 'ECDSA', hash: 'SHA2-256', encoding: 'raw' },
      new TextEncoder().encode('sample'),
      seeded,
    );
    expect(toHex(signature!)).toBe(
      'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716' +
        'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
    );
  });

  it('puts the hash bare into the PKCS #1 block for IKEv1 (RFC 2409 §5.1)', () => {
    const key = privateKey(provider, rsaKey());
    const hash = hex('00112233445566778899aabbccddeeff00112233');
    const signature = key.sign({ kind: 'RSA-raw-hash' }, hash, seeded)!;
    const openssl = createPrivateKey({ key: Buffer.from(rsaKey().reveal()), format: 'der', type: 'pkcs8' });
    expect(signature).toEqual(plain(privateEncrypt({ key: openssl, padding: constants.RSA_PKCS1_PADDING }, hash)));
    // Not what includes the hash's OID, and so not a signature of X.509 either.
    expect(key.publicKey.verify({ kind: 'RSASSA-PKCS1-v1_5', hash: 'SHA1' }, hash, signature)).toBe(false);
  });

  it('says when a key is too short for a scheme', () => {
    const key = privateKey(provider, shortRsaKey());
    expect(key.sign({ kind: 'RSASSA-PSS', hash: 'SHA2-512', saltLength: 64 }, message, seeded)).toBeUndefined();
    expect(key.sign({ kind: 'RSA-raw-hash' }, new Uint8Array(118), seeded)).toBeUndefined();
    expect(key.sign({ kind: 'RSA-raw-hash' }, new Uint8Array(117), seeded)).toBeDefined();
    expect(
      key.publicKey.verify({ kind: 'RSASSA-PSS', hash: 'SHA2-512', saltLength: 64 }, message, new Uint8Array(128)),
    ).toBe(false);
  });

  it('encrypts nonces for IKEv1 and decrypts them (RFC 2409 §5.2)', () => {
    const key = privateKey(provider, rsaKey());
    for (const length of [0, 1, 16, 245]) {
      const nonce = seeded(length);
      const ciphertext = key.publicKey.encrypt(nonce, seeded)!;
      expect(ciphertext).toHaveLength(256);
      for (const other of providers) expect(privateKey(other, rsaKey()).decrypt(ciphertext)!.reveal()).toEqual(nonce);
    }
    expect(key.publicKey.encrypt(new Uint8Array(246), seeded)).toBeUndefined();
    expect(privateKey(provider, ed25519Key()).publicKey.encrypt(new Uint8Array(1), seeded)).toBeUndefined();
    expect(privateKey(provider, ed25519Key()).decrypt(new Uint8Array(32))).toBeUndefined();
  });

  it('answers wrong padding with octets that repeat, not with an error', () => {
    const key = privateKey(provider, rsaKey());
    const openssl = createPublicKey({ key: Buffer.from(key.publicKey.spki), format: 'der', type: 'spki' });
    const encrypt = (block: Uint8Array) =>
      plain(publicEncrypt({ key: openssl, padding: constants.RSA_NO_PADDING }, block));
    const block = (...first: number[]) => Uint8Array.from({ length: 256 }, (_, index) => first[index] ?? 7);
    const wrong = {
      'no separator': block(0, 2),
      'block type 1': block(0, 1),
      'padding too short': block(0, 2, 7, 7, 7, 7, 7, 7, 7, 0),
      'leading octet': block(1, 2, 7, 7, 7, 7, 7, 7, 7, 7, 7, 0),
    };
    const plaintexts = Object.entries(wrong).map(([what, wrongBlock]) => {
      const ciphertext = encrypt(wrongBlock);
      const plaintext = key.decrypt(ciphertext);
      expect(plaintext, what).toBeDefined();
      expect(plaintext!.length, what).toBeLessThanOrEqual(245);
      expect(key.decrypt(ciphertext)!.equals(plaintext!), what).toBe(true);
      return toHex(plaintext!.reveal());
    });
    for (const other of providers) {
      const again = Object.values(wrong).map((wrongBlock) =>
        toHex(privateKey(other, rsaKey()).decrypt(encrypt(wrongBlock))!.reveal()),
      );
      expect(again).toEqual(plaintexts);
    }
    expect(new Set(plaintexts).size).toBe(plaintexts.length);
    // The shortest padding that is right leaves the octets after its separator.
    expect(key.decrypt(encrypt(block(0, 2, 7, 7, 7, 7, 7, 7, 7, 7, 0)))!.length).toBe(245);
  });

  it('refuses what cannot be a ciphertext of the key', () => {
    const key = privateKey(provider, rsaKey());
    expect(key.decrypt(new Uint8Array(255))).toBeUndefined();
    expect(key.decrypt(new Uint8Array(257))).toBeUndefined();
    expect(key.decrypt(new Uint8Array(256).fill(255))).toBeUndefined();
    expect(key.decrypt(new Uint8Array(0))).toBeUndefined();
  });

  it('refuses Edwards keys of small order and coordinates that are not reduced (RFC 8032 §5.1.3, §5.2.3)', () => {
    const key = (kind: 'Ed25519' | 'Ed448', point: string) =>
      provider.importPublicKey(writePublicKey({ kind, point: hex(point) }));
    const littleEndian = (value: bigint, octets: number) => toHex(fromBigInt(value, octets).reverse());
    const p = 2n ** 255n - 19n;
    for (const point of [
      '01'.padEnd(64, '0'),
      `01${'00'.repeat(30)}80`,
      '00'.repeat(32),
      littleEndian(p - 1n, 32),
      littleEndian(p, 32),
      littleEndian(p + 1n, 32),
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    ]) {
      expect(key('Ed25519', point), point).toBeUndefined();
    }
    for (const point of ['00'.repeat(57), '01'.padEnd(114, '0'), littleEndian(2n ** 448n - 2n ** 224n - 2n, 57)]) {
      expect(key('Ed448', point), point).toBeUndefined();
    }
    expect(key('Ed25519', 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')).toBeDefined();
  });

  it('refuses keys out of bounds and malformed ones', () => {
    const rsa = (n: bigint, e: bigint) => provider.importPublicKey(writePublicKey({ kind: 'RSA', n, e }));
    const n = (1n << 2047n) + 1n;
    expect(rsa(n, 65537n)).toBeDefined();
    expect(rsa(n, 1n)).toBeUndefined();
    expect(rsa(n, 65536n)).toBeUndefined();
    expect(rsa(n - 1n, 65537n)).toBeUndefined();
    expect(rsa((1n << 510n) + 1n, 3n)).toBeUndefined();
    expect(rsa((1n << 16384n) + 1n, 3n)).toBeUndefined();
    expect(rsa(n, (1n << 256n) + 1n)).toBeUndefined();
    expect(rsa((1n << 4095n) + 1n, (1n << 63n) + 1n)).toBeDefined();
    expect(rsa((1n << 4095n) + 1n, (1n << 64n) + 1n)).toBeUndefined();
    const dsa = (y: bigint) => provider.importPublicKey(writePublicKey({ kind: 'DSA', ...dsaNumbers, y }));
    expect(dsa(dsaNumbers.y)).toBeDefined();
    for (const y of [0n, 1n, dsaNumbers.p - 1n, dsaNumbers.p, dsaNumbers.y + 1n]) expect(dsa(y)).toBeUndefined();
    const spki = privateKey(provider, ed25519Key()).publicKey.spki;
    expect(provider.importPublicKey(spki.subarray(1))).toBeUndefined();
    expect(provider.importPublicKey(Uint8Array.from([...spki, 0]))).toBeUndefined();
    expect(provider.importPublicKey(new Uint8Array(0))).toBeUndefined();
    expect(provider.importPrivateKey(new Secret(spki))).toBeUndefined();
    const wrongX = dsaKey({ ...dsaNumbers, x: dsaNumbers.q });
    expect(provider.importPrivateKey(wrongX)).toBeUndefined();
  });
});

it('no octet of a private key can be changed without its being refused', () => {
  const pkcs8 = shortRsaKey().reveal();
  for (let index = 0; index < pkcs8.length; index += 1) {
    const damaged = pkcs8.slice();
    damaged[index]! ^= 1 << (index & 7);
    const keys = providers.map((provider) => provider.importPrivateKey(new Secret(damaged)));
    expect(keys, `octet ${index}`).toEqual([undefined, undefined]);
  }
});

it('rejects implicitly just as OpenSSL does from 3.2 on', (context) => {
  const key = createPrivateKey({ key: Buffer.from(rsaKey().reveal()), format: 'der', type: 'pkcs8' });
  const random = seededRandom('implicit rejection');
  for (let count = 0; count < 20; count += 1) {
    const block = concat([Uint8Array.of(0, 2), random(254)]);
    block.fill(1, 2, count % 2 ? 256 : 10);
    const ciphertext = plain(publicEncrypt({ key: createPublicKey(key), padding: constants.RSA_NO_PADDING }, block));
    let theirs: Uint8Array;
    try {
      theirs = plain(privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, ciphertext));
    } catch {
      return context.skip("this Node's OpenSSL has no implicit rejection");
    }
    for (const provider of providers)
      expect(privateKey(provider, rsaKey()).decrypt(ciphertext)!.reveal()).toEqual(theirs);
  }
});
