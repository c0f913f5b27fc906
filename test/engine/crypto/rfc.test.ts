/** Vectors that RFCs and NIST print: those of this checkout, and more where the reference material is. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as kdf from '../../../src/engine/crypto/kdf.js';
import { toHex } from '../../../src/engine/crypto/octets.js';
import type { CryptoProvider, HashName } from '../../../src/engine/crypto/provider.js';
import { sharedMissing } from '../../support/shared.js';
import { aead, cipher, hex, integrity, method, prfOf, providers, secret, sharedJson } from './support.js';

type Vector = Readonly<Record<string, string>>;
type Lists = Readonly<Record<string, readonly Vector[]>>;

const file = new URL('../../vectors/crypto/rfc.json', import.meta.url);
const committed = JSON.parse(readFileSync(file, 'utf8')) as Lists;

function of(list: string): readonly Vector[] {
  const vectors = committed[list]!;
  expect(vectors.length).toBeGreaterThan(0);
  return vectors;
}

function aeadVector(provider: CryptoProvider, vector: Vector): void {
  const key = aead(provider, vector.transform!).key(secret(vector.keymat!));
  const [iv, aad, plaintext, sealed] = ['iv', 'aad', 'plaintext', 'sealed'].map((field) => hex(vector[field]!));
  expect(toHex(key.seal(iv!, plaintext!, aad!)), vector.source).toBe(vector.sealed);
  expect(key.open(iv!, sealed!, aad!), vector.source).toEqual(plaintext);
  const forged = sealed!.map((octet, index) => (index === 0 ? octet ^ 0x80 : octet));
  expect(key.open(iv!, forged, aad!), vector.source).toBeUndefined();
}

function cipherVector(provider: CryptoProvider, vector: Vector): void {
  const key = cipher(provider, vector.transform!).key(secret(vector.keymat!));
  const [iv, plaintext, ciphertext] = ['iv', 'plaintext', 'ciphertext'].map((field) => hex(vector[field]!));
  expect(toHex(key.encrypt(iv!, plaintext!)), vector.source).toBe(vector.ciphertext);
  expect(key.decrypt(iv!, ciphertext!), vector.source).toEqual(plaintext);
}

function integrityVector(provider: CryptoProvider, vector: Vector): void {
  const key = integrity(provider, vector.transform!).key(secret(vector.key!));
  const [message, icv] = [hex(vector.message!), hex(vector.icv!)];
  expect(toHex(key.sign(message)), vector.source).toBe(vector.icv);
  expect(key.verify(icv, message.subarray(0, 3), message.subarray(3)), vector.source).toBe(true);
  expect(key.verify(icv.subarray(1), message), vector.source).toBe(false);
  expect(
    key.verify(
      icv.map((octet) => octet ^ 1),
      message,
    ),
    vector.source,
  ).toBe(false);
}

function prfVector(provider: CryptoProvider, vector: Vector): void {
  const key = prfOf(provider, vector.transform!).key(secret(vector.key!));
  expect(toHex(key.prf(hex(vector.message!))), vector.source).toBe(vector.output);
}

function keyExchangeVector(provider: CryptoProvider, vector: Vector): void {
  const group = method(provider, Number(vector.group));
  const initiator = group.resume(secret(vector.privateI!))!;
  const responder = group.resume(secret(vector.privateR!))!;
  expect(toHex(initiator.publicValue), vector.source).toBe(vector.publicI);
  expect(toHex(responder.publicValue), vector.source).toBe(vector.publicR);
  expect(toHex(initiator.agree(responder.publicValue)!.reveal()), vector.source).toBe(vector.shared);
  expect(toHex(responder.agree(initiator.publicValue)!.reveal()), vector.source).toBe(vector.shared);
}

describe.each(providers)('$name agrees with the published', (provider) => {
  it('hashes', () => {
    for (const { name, message, digest } of of('hashes')) {
      const hash = provider.hashes[name as HashName];
      expect(toHex(hash.digest(hex(message!).subarray(0, 1), hex(message!).subarray(1)))).toBe(digest);
      expect(hash.outputLength).toBe(digest!.length / 2);
    }
  });

  it('ciphers', () => {
    for (const vector of of('ciphers')) cipherVector(provider, vector);
  });

  it('combined-mode ciphers', () => {
    for (const vector of of('aeads')) aeadVector(provider, vector);
  });

  it('integrity algorithms', () => {
    for (const vector of of('integrities')) integrityVector(provider, vector);
  });

  it('pseudorandom functions', () => {
    for (const vector of of('prfs')) prfVector(provider, vector);
  });

  it('key exchanges', () => {
    for (const vector of of('keyExchanges')) keyExchangeVector(provider, vector);
  });

  it('key derivations', () => {
    for (const vector of of('skeyids')) {
      const values = {
        ni: hex(vector.nInit!),
        nr: hex(vector.nResp!),
        ckyI: hex(vector.ckyInit!),
        ckyR: hex(vector.ckyResp!),
        sharedSecret: secret(vector.gxy!),
      };
      const methods: Readonly<Record<string, kdf.SkeyidMethod>> = {
        psk: { kind: 'preshared-key', key: secret(vector.preSharedKey ?? '') },
        dsa: { kind: 'signature' },
        pke: { kind: 'public-key-encryption' },
      };
      const keys = kdf.skeyidKeys(prfOf(provider, 'HMAC-SHA1'), methods[vector.method!]!, values);
      const expected = [vector.sKeyId, vector.sKeyIdD, vector.sKeyIdA, vector.sKeyIdE];
      expect(Object.values(keys).map((key) => toHex(key.reveal()))).toEqual(expected);
    }
    for (const vector of of('prfPlus')) {
      const prf = prfOf(provider, vector.transform!);
      const [key, data] = [secret(vector.key!), hex(vector.data!)];
      const nonces = { ni: data.subarray(0, 8), nr: data.subarray(8) };
      const output =
        vector.kind === 'skeyseed'
          ? kdf.skeyseed(prf, nonces, key).reveal()
          : kdf.prfPlus(prf, key, [data], vector.output!.length / 2);
      expect(toHex(output)).toBe(vector.output);
    }
  });

  it('vectors of the reference material', (context) => {
    const [ciphers, aeads, macs, groups] = ['ciphers', 'aeads', 'macs-prfs', 'key-agreement'].map((name) =>
      sharedJson<readonly Vector[]>('rfc', `${name}.json`),
    );
    if (!ciphers || !aeads || !macs || !groups) return context.skip(sharedMissing);
    for (const vector of ciphers) {
      const transform = cipherNames[vector.alg!]?.replace('#', String(4 * vector.key!.length));
      if (!transform) continue;
      const [keymat, iv, plaintext] = [vector.key! + (vector.salt ?? ''), vector.iv ?? '', vector.plaintext ?? ''];
      cipherVector(provider, { ...vector, transform, keymat, iv, plaintext, source: vector.name! });
    }
    for (const vector of aeads) {
      const icv = /AES_(GCM|CCM)_ICV(\d+)/.exec(vector.alg!);
      const transform = icv ? `AES-${icv[1]}-${icv[2]}-${4 * vector.key!.length}` : 'CHACHA20-POLY1305';
      const { aad = '', plaintext = '' } = vector;
      aeadVector(provider, {
        ...vector,
        transform,
        keymat: vector.key! + vector.salt!,
        aad,
        plaintext,
        sealed: vector.ciphertext!,
        source: vector.name!,
      });
    }
    for (const vector of macs) {
      // The truncated forms of the same numbers are among those of this checkout.
      if (!vector.alg!.startsWith('PRF_')) continue;
      const transform = vector.alg!.slice('PRF_'.length).replaceAll('_', '-');
      prfVector(provider, { message: '', output: vector.mac!, ...vector, transform, source: vector.name! });
    }
    for (const vector of groups) {
      keyExchangeVector(provider, {
        ...vector,
        group: String(groupNumbers[vector.group!]),
        shared: vector.sharedSecret!,
        source: vector.name!,
      });
    }
  });

  it('ESP packets', (context) => {
    const packets = sharedJson<readonly Vector[]>('rfc', 'esp-packets.json');
    if (!packets) return context.skip(sharedMissing);
    let opened = 0;
    for (const packet of packets) {
      const plaintext = espPlaintext(provider, packet);
      if (plaintext === undefined) continue;
      opened += 1;
      const trailer = packet.padding! + Number(packet.padLength).toString(16).padStart(2, '0');
      expect(plaintext, packet.id).toBe(
        packet.payload! + trailer + Number(packet.nextHeader).toString(16).padStart(2, '0'),
      );
    }
    expect(opened).toBeGreaterThanOrEqual(8);
  });
});

const cipherNames: Vector = {
  ENCR_AES_CBC: 'AES-CBC-#',
  ENCR_AES_CTR: 'AES-CTR-#',
  ENCR_CAMELLIA_CBC: 'CAMELLIA-CBC-#',
  ENCR_3DES: '3DES-CBC',
  ENCR_DES: 'DES-CBC',
  ENCR_NULL: 'NULL',
};

const groupNumbers: Readonly<Record<string, number>> = {
  ECP_192_BIT: 25,
  ECP_256_BIT: 19,
  ECP_521_BIT: 21,
  ECP_224_BP: 27,
  ECP_384_BP: 29,
  CURVE_25519: 31,
  CURVE_448: 32,
  MODP_768_BIT: 1,
  MODP_1536_BIT: 5,
  MODP_3072_BIT: 15,
  MODP_6144_BIT: 17,
  MODP_1024_160: 22,
  MODP_2048_256: 24,
};

/** The plaintext of a whole ESP packet, after its ICV was found right; undefined for ciphers that we lack. */
function espPlaintext(provider: CryptoProvider, packet: Vector): string | undefined {
  const esp = hex(packet.esp!);
  const keyBits = 4 * packet.encrKey!.length;
  const header = esp.subarray(0, 8);
  const high = packet.esn
    ? hex(
        Number(packet.seqHigh ?? 0)
          .toString(16)
          .padStart(8, '0'),
      )
    : new Uint8Array(0);
  const combined = {
    'AES-GCM': `AES-GCM-16-${keyBits}`,
    'AES-GMAC': `AES-GMAC-${keyBits}`,
    CHACHA20_POLY1305: 'CHACHA20-POLY1305',
  }[packet.encr!];
  if (combined !== undefined) {
    const key = aead(provider, combined).key(secret(packet.encrKey!, packet.salt!));
    // With ESN the upper half of the sequence number stands between SPI and lower half (RFC 4106 §5).
    const aad = hex(toHex(esp.subarray(0, 4)) + toHex(high) + toHex(esp.subarray(4, 8)));
    const plaintext = key.open(esp.subarray(8, 16), esp.subarray(16), aad);
    expect(plaintext, packet.id).toBeDefined();
    return toHex(plaintext!);
  }
  const name = { 'AES-CBC': `AES-CBC-${keyBits}`, 'DES-CBC': 'DES-CBC' }[packet.encr!];
  if (name === undefined) return undefined;
  const mac = packet.integ === 'NONE' ? undefined : integrity(provider, packet.integ!);
  const end = esp.length - (mac?.icvLength ?? 0);
  if (mac) {
    const key = mac.key(secret(packet.integKey!));
    expect(key.verify(esp.subarray(end), header, esp.subarray(8, end), high), packet.id).toBe(true);
  }
  const algorithm = cipher(provider, name);
  const dataAt = 8 + algorithm.transform.ivOctets;
  return toHex(algorithm.key(secret(packet.encrKey!)).decrypt(esp.subarray(8, dataAt), esp.subarray(dataAt, end))!);
}
