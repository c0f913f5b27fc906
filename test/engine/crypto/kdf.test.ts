import { describe, expect, it } from 'vitest';
import * as kdf from '../../../src/engine/crypto/kdf.js';
import { toHex } from '../../../src/engine/crypto/octets.js';
import type { CryptoProvider, Prf } from '../../../src/engine/crypto/provider.js';
import type { Secret } from '../../../src/model/secret.js';
import { sharedMissing } from '../../support/shared.js';
import { hex, prfOf, providers, secret, sharedJson } from './support.js';

type Fields = Readonly<Record<string, string>>;

/** NIST's vectors have hashes that IKE does not negotiate; those entries are left out. */
function prfOfHash(provider: CryptoProvider, hash: string): Prf | undefined {
  const names: Fields = {
    'SHA-1': 'HMAC-SHA1',
    'SHA2-256': 'HMAC-SHA2-256',
    'SHA2-384': 'HMAC-SHA2-384',
    'SHA2-512': 'HMAC-SHA2-512',
  };
  const name = names[hash];
  return name === undefined ? undefined : prfOf(provider, name);
}

function reveal(value: Secret): string {
  return toHex(value.reveal());
}

describe.each(providers)('with $name', (provider) => {
  it('derives what the published IKEv2 vectors say (RFC 7296 §2.14, §2.17, §2.18)', (context) => {
    const vectors = sharedJson<readonly Fields[]>('ike-kdf', 'ikev2.json');
    if (!vectors) return context.skip(sharedMissing);
    let ran = 0;
    for (const vector of vectors) {
      const prf = prfOfHash(provider, vector.hashAlg!);
      if (!prf) continue;
      ran += 1;
      if (vector.kind === 'skeyseed') {
        const nonces = { ni: hex(vector.data!.slice(0, 16)), nr: hex(vector.data!.slice(16)) };
        expect(reveal(kdf.skeyseed(prf, nonces, secret(vector.key!))), vector.id).toBe(vector.out);
        continue;
      }
      if (vector.kind === 'prf+') {
        const length = vector.out!.length / 2;
        expect(toHex(kdf.prfPlus(prf, secret(vector.key!), [hex(vector.data!)], length)), vector.id).toBe(vector.out);
        continue;
      }
      const nonces = { ni: hex(vector.nInit!), nr: hex(vector.nResp!) };
      const spis = { spiI: hex(vector.spiInit!), spiR: hex(vector.spiResp!) };
      const seed = kdf.skeyseed(prf, nonces, secret(vector.gir!));
      expect(reveal(seed), vector.id).toBe(vector.sKeySeed);
      if (vector.SK_d !== undefined) {
        const keys = kdf.ikeKeys(prf, seed, nonces, spis, { integrity: 20, encryption: 16 });
        const { SK_d, SK_ai, SK_ar, SK_ei, SK_er, SK_pi, SK_pr } = vector;
        expect(Object.values(keys).map(reveal), vector.id).toEqual([SK_d, SK_ai, SK_ar, SK_ei, SK_er, SK_pi, SK_pr]);
        continue;
      }
      // NIST asks for a length that the keys need not have; SK_d comes first whatever follows.
      const keymat = vector.derivedKeyingMaterial!;
      const keys = kdf.ikeKeys(prf, seed, nonces, spis, { integrity: 20, encryption: 16 });
      expect(keymat.startsWith(Object.values(keys).map(reveal).join('').slice(0, keymat.length)), vector.id).toBe(true);
      const skD = keys.skD;
      const child = vector.derivedKeyingMaterialChild!;
      expect(reveal(kdf.childKeymat(prf, skD, nonces, child.length / 2)), vector.id).toBe(child);
      const girNew = secret(vector.girNew!);
      const pfs = vector.derivedKeyingMaterialChildDh!;
      expect(reveal(kdf.childKeymat(prf, skD, nonces, pfs.length / 2, [girNew])), vector.id).toBe(pfs);
      expect(reveal(kdf.skeyseedAgain(prf, skD, nonces, girNew)), vector.id).toBe(vector.sKeySeedReKey);
    }
    expect(ran).toBeGreaterThanOrEqual(9);
  });

  it('derives what the published IKEv1 vectors say (RFC 2409 §5, appendix B)', (context) => {
    const vectors = sharedJson<readonly (Fields & { readonly quickMode?: Fields })[]>('ike-kdf', 'ikev1.json');
    if (!vectors) return context.skip(sharedMissing);
    for (const { quickMode, ...vector } of vectors as readonly (Fields & { quickMode?: Fields })[]) {
      const prf = prfOfHash(provider, vector.hashAlg!)!;
      const values = {
        ni: hex(vector.nInit!),
        nr: hex(vector.nResp!),
        ckyI: hex(vector.ckyInit!),
        ckyR: hex(vector.ckyResp!),
        sharedSecret: secret(vector.gxy!),
      };
      const keys = kdf.skeyidKeys(prf, methodOf(vector), values);
      if (vector.sKeyId !== undefined) {
        const expected = [vector.sKeyId, vector.sKeyIdD, vector.sKeyIdA, vector.sKeyIdE];
        expect(Object.values(keys).map(reveal), vector.id).toEqual(expected);
      }
      if (vector.encKey !== undefined) {
        const length = vector.encKey.length / 2;
        expect(reveal(kdf.phase1EncryptionKey(prf, keys.skeyidE, length)), vector.id).toBe(vector.encKey);
        const iv = kdf.phase1Iv(prf.hash!, hex(vector.gxi!), hex(vector.gxr!), 16);
        expect(toHex(iv), vector.id).toBe(vector.phase1Iv);
      }
      if (vector.hashR !== undefined) {
        const hash = kdf.authenticationHash(prf, keys.skeyid, {
          ownPublic: hex(vector.gxr!),
          peerPublic: hex(vector.gxi!),
          ownCookie: values.ckyR,
          peerCookie: values.ckyI,
          saBody: hex(vector.saOfferBody!),
          idBody: hex(vector.peerIdBody!),
        });
        expect(toHex(hash), vector.id).toBe(vector.hashR);
      }
      if (quickMode) {
        const nonces = { ni: hex(quickMode.nInit!), nr: hex(quickMode.nResp!) };
        for (const [spi, keymat] of [
          [quickMode.inboundSpi, quickMode.inboundKeyMaterial],
          [quickMode.outboundSpi, quickMode.outboundKeyMaterial],
        ]) {
          const derived = kdf.quickModeKeymat(
            prf,
            keys.skeyidD,
            { protocol: 3, spi: hex(spi!), ...nonces },
            keymat!.length / 2,
          );
          expect(reveal(derived), vector.id).toBe(keymat);
        }
      }
    }
    expect(vectors.length).toBeGreaterThanOrEqual(10);
  });

  it('gives prf+ as NIST has it (SP 800-108, feedback)', (context) => {
    interface KdfFile {
      readonly testGroups: readonly { readonly macMode: string; readonly tests: readonly Fields[] }[];
    }
    const file = sharedJson<KdfFile>('acvp', 'KDF-1.0.json');
    if (!file) return context.skip(sharedMissing);
    const names: Fields = {
      'CMAC-AES128': 'AES128-CMAC',
      'HMAC-SHA-1': 'HMAC-SHA1',
      'HMAC-SHA2-256': 'HMAC-SHA2-256',
      'HMAC-SHA2-384': 'HMAC-SHA2-384',
      'HMAC-SHA2-512': 'HMAC-SHA2-512',
    };
    let ran = 0;
    for (const group of file.testGroups) {
      const name = names[group.macMode];
      if (name === undefined) continue;
      for (const test of group.tests) {
        const out = kdf.prfPlus(
          prfOf(provider, name),
          secret(test.keyIn!),
          [hex(test.fixedData!)],
          test.keyOut!.length / 2,
        );
        expect(toHex(out)).toBe(test.keyOut!.toLowerCase());
        ran += 1;
      }
    }
    expect(ran).toBeGreaterThanOrEqual(5);
  });

  it('takes eight octets of each nonce as the key of an AES PRF (RFC 7296 §2.14)', () => {
    const prf = prfOf(provider, 'AES128-CMAC');
    const [ni, nr] = [hex('00112233445566778899aabb'), hex('ccddeeff0011223344556677')];
    const expected = prf.key(secret('0011223344556677', 'ccddeeff00112233')).prf(hex('0102'));
    expect(reveal(kdf.skeyseed(prf, { ni, nr }, secret('0102')))).toBe(toHex(expected));
  });

  it('draws SKEYID_e out where it is shorter than the key (RFC 2409 appendix B)', () => {
    const prf = prfOf(provider, 'HMAC-SHA1');
    const skeyidE = secret('0123456789abcdef0123456789abcdef01234567');
    const [k1, k2] = [prf.key(skeyidE).prf(hex('00')), prf.key(skeyidE)];
    const key = kdf.phase1EncryptionKey(prf, skeyidE, 24);
    expect(reveal(key)).toBe(toHex(k1) + toHex(k2.prf(k1)).slice(0, 8));
    expect(reveal(kdf.phase1EncryptionKey(prf, skeyidE, 20))).toBe(reveal(skeyidE));
  });

  it('mixes a postquantum key into SK_d, SK_pi and SK_pr only (RFC 8784 §3)', () => {
    const prf = prfOf(provider, 'HMAC-SHA2-256');
    const nonces = { ni: hex('01'.repeat(16)), nr: hex('02'.repeat(16)) };
    const spis = { spiI: hex('03'.repeat(8)), spiR: hex('04'.repeat(8)) };
    const keys = kdf.ikeKeys(prf, secret('05'.repeat(32)), nonces, spis, { integrity: 0, encryption: 36 });
    const ppk = secret('06'.repeat(32));
    const mixed = kdf.mixPpk(prf, keys, ppk);
    const expected = prf.key(ppk).prf(keys.skPi.reveal(), Uint8Array.of(1));
    expect(reveal(mixed.skPi)).toBe(toHex(expected));
    expect(mixed.skD.equals(keys.skD)).toBe(false);
    expect(mixed.skEi).toBe(keys.skEi);
    expect(keys.skAi.length).toBe(0);
  });

  it('appends the secrets of additional key exchanges (RFC 9370 §2.2.4)', () => {
    const prf = prfOf(provider, 'HMAC-SHA2-256');
    const nonces = { ni: hex('0a'), nr: hex('0b') };
    const keymat = kdf.childKeymat(prf, secret('01'), nonces, 16, [secret('0c'), secret('0d'), secret('0e')]);
    expect(reveal(keymat)).toBe(toHex(kdf.prfPlus(prf, secret('01'), [hex('0c0a0b0d0e')], 16)));
    const seed = kdf.skeyseedAgain(prf, secret('01'), nonces, secret('0c'), [secret('0d')]);
    expect(reveal(seed)).toBe(toHex(prf.key(secret('01')).prf(hex('0c0a0b0d'))));
  });

  it('refuses to go beyond 255 blocks', () => {
    const prf = prfOf(provider, 'HMAC-SHA1');
    expect(kdf.prfPlus(prf, secret('00'), [], 255 * 20)).toHaveLength(5100);
    expect(() => kdf.prfPlus(prf, secret('00'), [], 255 * 20 + 1)).toThrow('prf+');
  });
});

function methodOf(vector: Fields): kdf.SkeyidMethod {
  switch (vector.authenticationMethod) {
    case 'psk':
      return { kind: 'preshared-key', key: secret(vector.preSharedKey!) };
    case 'dsa':
      return { kind: 'signature' };
    default:
      return { kind: 'public-key-encryption' };
  }
}
