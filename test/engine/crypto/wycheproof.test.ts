/** Wycheproof vectors, in both providers: what must be accepted and, more to the point, what must not be. */
import { describe, expect, it } from 'vitest';
import { ecpGroups } from '../../../src/engine/crypto/groups/ecp.js';
import { noblePrimitives } from '../../../src/engine/crypto/noble/symmetric.js';
import { nodePrimitives } from '../../../src/engine/crypto/node/symmetric.js';
import { toHex } from '../../../src/engine/crypto/octets.js';
import type { CryptoProvider, HashName, SignatureScheme } from '../../../src/engine/crypto/provider.js';
import { sharedMissing } from '../../support/shared.js';
import { aead, cipher, hex, integrity, method, prfOf, providers, secret, sharedJson } from './support.js';

interface Test {
  readonly tcId: number;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly [field: string]: unknown;
}

interface Group {
  readonly tests: readonly Test[];
  readonly [field: string]: unknown;
}

function groupsOf(file: string): readonly Group[] | undefined {
  return sharedJson<{ testGroups: readonly Group[] }>('wycheproof', 'testvectors_v1', `${file}_test.json`)?.testGroups;
}

/** Runs `check` for each test that it does not leave out; gives how many were run and which failed. */
function run(
  groups: readonly Group[],
  check: (group: Group, test: Test) => boolean | undefined,
): { ran: number; failed: string[] } {
  const failed: string[] = [];
  let ran = 0;
  for (const group of groups) {
    for (const test of group.tests) {
      const right = check(group, test);
      if (right === undefined) continue;
      ran += 1;
      if (!right) failed.push(`${test.tcId} ${test.result} ${test.comment} ${test.flags.join()}`);
    }
  }
  return { ran, failed };
}

function suite(
  file: string,
  ranMin: number,
  check: (provider: CryptoProvider, group: Group, test: Test) => boolean | undefined,
): void {
  describe(file, () => {
    for (const provider of providers) {
      it(`agrees with ${provider.name}`, (context) => {
        const groups = groupsOf(file);
        if (!groups) return context.skip(sharedMissing);
        const { ran, failed } = run(groups, (group, test) => check(provider, group, test));
        expect(failed).toEqual([]);
        expect(ran).toBeGreaterThanOrEqual(ranMin);
      });
    }
  });
}

const text = (value: unknown): string => String(value);

/** Checks one AEAD test through the algorithm whose nonce and ICV have these lengths; others cannot be expressed. */
function aeadTest(
  provider: CryptoProvider,
  name: string | undefined,
  nonceLength: number,
  test: Test,
): boolean | undefined {
  if (name === undefined || text(test.iv).length !== 2 * nonceLength) return undefined;
  const salt = text(test.iv).slice(0, -16);
  const key = aead(provider, name).key(secret(text(test.key), salt));
  const iv = hex(text(test.iv).slice(-16));
  const sealed = hex(text(test.ct) + text(test.tag));
  const opened = key.open(iv, sealed, hex(text(test.aad)));
  if (test.result !== 'valid') return opened === undefined;
  const resealed = key.seal(iv, hex(text(test.msg)), hex(text(test.aad)));
  return opened !== undefined && toHex(opened) === test.msg && toHex(resealed) === toHex(sealed);
}

const icvs = new Set([64, 96, 128]);

function icvOctets(group: Group): number | undefined {
  return icvs.has(Number(group.tagSize)) ? Number(group.tagSize) / 8 : undefined;
}

suite('aes_gcm', 60, (provider, group, test) => {
  const icv = icvOctets(group);
  return aeadTest(provider, icv === undefined ? undefined : `AES-GCM-${icv}-${group.keySize}`, 12, test);
});

suite('aes_ccm', 200, (provider, group, test) => {
  // Below the algorithms of IKE, which have nonces of 11 octets only, the mode is tested with all of its lengths.
  const primitives = provider.name === 'noble' ? noblePrimitives : nodePrimitives;
  const [nonce, icv] = [hex(text(test.iv)), Number(group.tagSize) / 8];
  if (nonce.length < 7 || nonce.length > 13 || icv < 4 || icv > 16 || icv % 2 === 1) return undefined;
  const key = primitives.aesCcm(hex(text(test.key)), icv);
  const [sealed, aad] = [hex(text(test.ct) + text(test.tag)), hex(text(test.aad))];
  const opened = key.open(nonce, sealed, aad);
  if (test.result === 'invalid') return opened === undefined;
  const resealed = key.seal(nonce, hex(text(test.msg)), aad);
  return opened !== undefined && toHex(opened) === test.msg && toHex(resealed) === toHex(sealed);
});

suite('chacha20_poly1305', 100, (provider, _, test) => aeadTest(provider, 'CHACHA20-POLY1305', 12, test));

suite('aes_gmac', 40, (provider, group, test) => {
  // GMAC of RFC 4543 authenticates aad | iv | plaintext; with the GCM form the message is the additional data alone.
  if (text(test.iv).length !== 24 || group.tagSize !== 128) return undefined;
  return aeadTest(provider, `AES-GCM-16-${group.keySize}`, 12, { ...test, aad: test.msg, msg: '', ct: '' });
});

suite('aes_cbc_pkcs5', 90, (provider, _, test) => {
  const bits = 4 * text(test.key).length;
  const plaintext = cipher(provider, `AES-CBC-${bits}`)
    .key(secret(text(test.key)))
    .decrypt(hex(text(test.iv)), hex(text(test.ct)));
  if (plaintext === undefined) return test.result === 'invalid';
  // Padding is the protocol's business; what it would find decides.
  const count = plaintext[plaintext.length - 1] ?? 0;
  const padding = plaintext.subarray(plaintext.length - count);
  const padded = count >= 1 && count <= 16 && padding.every((octet) => octet === count);
  const message = toHex(plaintext.subarray(0, plaintext.length - count));
  return (padded && message === test.msg) === (test.result === 'valid');
});

suite('aes_cmac', 40, (provider, _, test) => {
  if (text(test.key).length !== 32) return undefined;
  const key = secret(text(test.key));
  const mac = toHex(
    prfOf(provider, 'AES128-CMAC')
      .key(key)
      .prf(hex(text(test.msg))),
  );
  const icv = hex(text(test.tag)).subarray(0, 12);
  const verified = integrity(provider, 'AES-CMAC-96')
    .key(key)
    .verify(icv, hex(text(test.msg)));
  const valid = test.result === 'valid';
  return (mac.startsWith(text(test.tag)) && text(test.tag).length > 0) === valid && (!valid || verified);
});

const hashes: Readonly<Record<string, HashName>> = {
  'SHA-1': 'SHA1',
  'SHA-256': 'SHA2-256',
  'SHA-384': 'SHA2-384',
  'SHA-512': 'SHA2-512',
};

for (const [file, name] of [
  ['hmac_sha1', 'HMAC-SHA1'],
  ['hmac_sha256', 'HMAC-SHA2-256'],
  ['hmac_sha384', 'HMAC-SHA2-384'],
  ['hmac_sha512', 'HMAC-SHA2-512'],
] as const) {
  suite(file, 80, (provider, _, test) => {
    const mac = toHex(
      prfOf(provider, name)
        .key(secret(text(test.key)))
        .prf(hex(text(test.msg))),
    );
    return (mac.startsWith(text(test.tag)) && text(test.tag).length > 0) === (test.result === 'valid');
  });
}

/** The shared secret of a test, or undefined where the method refuses the public value or the private one. */
function agree(
  provider: CryptoProvider,
  id: number,
  privateValue: string,
  publicValue: Uint8Array,
): string | undefined {
  const shared = method(provider, id).resume(secret(privateValue))?.agree(publicValue);
  return shared && toHex(shared.reveal());
}

for (const [file, id] of [
  ['x25519', 31],
  ['x448', 32],
] as const) {
  suite(file, 25, (provider, _, test) => {
    if (!sampled(provider, test, 8)) return undefined;
    const shared = agree(provider, id, text(test.private), hex(text(test.public)));
    // IKE refuses the all-zero secret (RFC 8031 §3), which Wycheproof leaves open.
    const zero = /^0*$/.test(text(test.shared));
    if (test.result === 'invalid' || zero) return shared === undefined;
    return shared === test.shared;
  });
}

/**
 * Large curves take milliseconds for each test: of those files we run some, and all when `IPSEC_ALL_VECTORS` is set. The
 * two providers take different ones.
 */
function sampled(provider: CryptoProvider, test: Test, every: number): boolean {
  const chosen = provider.name === 'node' ? 0 : 1;
  return process.env.IPSEC_ALL_VECTORS !== undefined || test.tcId % every === chosen;
}

for (const [file, id] of [
  ['ecdh_secp256r1_ecpoint', 19],
  ['ecdh_secp384r1_ecpoint', 20],
  ['ecdh_secp521r1_ecpoint', 21],
] as const) {
  suite(file, 6, (provider, _, test) => {
    if (!sampled(provider, test, 16)) return undefined;
    const encoded = hex(text(test.public));
    // IKE has no compressed form: such a value has a wrong length for us.
    const shared = agree(provider, id, privateOf(test), encoded.subarray(1));
    return encoded[0] === 4 && test.result === 'valid' ? shared === test.shared : shared === undefined;
  });
}

function privateOf(test: Test): string {
  return text(test.private).length % 2 ? `0${test.private}` : text(test.private);
}

for (const [file, id] of [
  ['ecdh_brainpoolP256r1', 28],
  ['ecdh_brainpoolP384r1', 29],
  ['ecdh_brainpoolP512r1', 30],
] as const) {
  suite(file, 6, (provider, _, test) => {
    if (!sampled(provider, test, 16)) return undefined;
    const group = ecpGroups.find(({ transform }) => transform.id === id)!;
    const encoded = hex(text(test.public));
    const point = encoded.subarray(encoded.length - 2 * group.octets);
    const uncompressed = encoded[encoded.length - 2 * group.octets - 1] === 4;
    const named = encoded.length < 2 * group.octets + 40;
    const shared = agree(provider, id, privateOf(test), point);
    // What is wrong with the others is in the ASN.1 around the point, which IKE does not have.
    if (!uncompressed || !named || test.flags.some((flag) => /Asn|WrongCurve|Unnamed|Invalid(Asn|Encoding)/.test(flag)))
      return undefined;
    return test.result === 'valid' ? shared === test.shared : shared === undefined;
  });
}

/** Verifies one test with the key of its group. */
function verified(provider: CryptoProvider, group: Group, test: Test, scheme: SignatureScheme): boolean | undefined {
  const key = provider.importPublicKey(hex(text(group.publicKeyDer)));
  if (!key) return test.result !== 'valid';
  const valid = key.verify(scheme, hex(text(test.msg)), hex(text(test.sig)));
  return test.result === 'acceptable' ? undefined : valid === (test.result === 'valid');
}

for (const file of [
  'rsa_signature_2048_sha256',
  'rsa_signature_2048_sha384',
  'rsa_signature_2048_sha512',
  'rsa_signature_3072_sha256',
  'rsa_signature_3072_sha384',
  'rsa_signature_4096_sha256',
  'rsa_signature_4096_sha512',
]) {
  suite(file, 30, (provider, group, test) =>
    // BigInt takes its time, and what is odd about these is in the padding rather than in the numbers.
    provider.name === 'noble' && !sampled(provider, test, 4)
      ? undefined
      : verified(provider, group, test, { kind: 'RSASSA-PKCS1-v1_5', hash: hashes[text(group.sha)]! }),
  );
}

for (const file of [
  'rsa_pss_2048_sha256_mgf1_32',
  'rsa_pss_2048_sha384_mgf1_48',
  'rsa_pss_3072_sha256_mgf1_32',
  'rsa_pss_4096_sha256_mgf1_32',
  'rsa_pss_4096_sha384_mgf1_48',
  'rsa_pss_4096_sha512_mgf1_64',
  'rsa_pss_misc',
]) {
  suite(file, 15, (provider, group, test) => {
    const hash = hashes[text(group.sha)];
    if (hash === undefined || group.mgf !== 'MGF1' || group.mgfSha !== group.sha) return undefined;
    return verified(provider, group, test, { kind: 'RSASSA-PSS', hash, saltLength: Number(group.sLen) });
  });
}

for (const [file, hash, encoding] of [
  ['ecdsa_secp256r1_sha256', 'SHA2-256', 'DER'],
  ['ecdsa_secp384r1_sha384', 'SHA2-384', 'DER'],
  ['ecdsa_secp521r1_sha512', 'SHA2-512', 'DER'],
  ['ecdsa_secp256r1_sha256_p1363', 'SHA2-256', 'raw'],
  ['ecdsa_secp384r1_sha384_p1363', 'SHA2-384', 'raw'],
  ['ecdsa_secp521r1_sha512_p1363', 'SHA2-512', 'raw'],
] as const) {
  suite(file, 10, (provider, group, test) => {
    if (!sampled(provider, test, 8)) return undefined;
    return verified(provider, group, test, { kind: 'ECDSA', hash, encoding });
  });
}

for (const file of ['ed25519', 'ed448']) {
  suite(file, 40, (provider, group, test) => verified(provider, group, test, { kind: 'EdDSA' }));
}

for (const [file, id] of [
  ['mlkem_512', 35],
  ['mlkem_768', 36],
  ['mlkem_1024', 37],
] as const) {
  suite(file, 70, (provider, _, test) => {
    const exchange = method(provider, id).resume(secret(text(test.seed)));
    const isKey = test.ek === undefined || (exchange !== undefined && toHex(exchange.publicValue) === test.ek);
    const shared = exchange?.agree(hex(text(test.c)));
    const right = isKey && shared !== undefined && toHex(shared.reveal()) === test.K;
    return right === (test.result === 'valid');
  });
}
