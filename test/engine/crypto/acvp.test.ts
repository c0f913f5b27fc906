/** NIST's ACVP vectors, in both providers. */
import { describe, expect, it } from 'vitest';
import type { AeadPrimitive, CipherPrimitive, Primitives } from '../../../src/engine/crypto/assemble.js';
import { modPow } from '../../../src/engine/crypto/big-math.js';
import { ecpGroups } from '../../../src/engine/crypto/groups/ecp.js';
import { writePublicKey } from '../../../src/engine/crypto/keys.js';
import { noblePrimitives } from '../../../src/engine/crypto/noble/symmetric.js';
import { nodePrimitives } from '../../../src/engine/crypto/node/symmetric.js';
import { bitLength, concat, toBigInt, toHex } from '../../../src/engine/crypto/octets.js';
import type { CryptoProvider } from '../../../src/engine/crypto/provider.js';
import { sharedMissing } from '../../support/shared.js';
import { hex, method, prfOf, providers, secret, sharedJson } from './support.js';

interface Test {
  readonly tcId: number;
  readonly testPassed?: boolean;
  readonly [field: string]: unknown;
}

interface Group {
  readonly tests: readonly Test[];
  readonly [field: string]: unknown;
}

type Check = (
  tools: { provider: CryptoProvider; primitives: Primitives },
  group: Group,
  test: Test,
) => boolean | undefined;

/** Runs `check` on every test of a file; it answers undefined for what the algorithms of IKE cannot express. */
function suite(file: string, ranMin: number, check: Check): void {
  describe(file, () => {
    for (const provider of providers) {
      it(`agrees with ${provider.name}`, (context) => {
        const groups = sharedJson<{ testGroups: readonly Group[] }>('acvp', `${file}.json`)?.testGroups;
        if (!groups) return context.skip(sharedMissing);
        const primitives = provider.name === 'noble' ? noblePrimitives : nodePrimitives;
        const results = groups.flatMap((group) =>
          group.tests.map((test) => ({ id: test.tcId, right: check({ provider, primitives }, group, test) })),
        );
        const ran = results.filter(({ right }) => right !== undefined);
        expect(ran.filter(({ right }) => !right).map(({ id }) => id)).toEqual([]);
        expect(ran.length).toBeGreaterThanOrEqual(ranMin);
      });
    }
  });
}

/** The octets of a field, and its text in lower case. */
function octets(test: Readonly<Record<string, unknown>>, field: string): Uint8Array {
  return hex(text(test, field));
}

function text(test: Readonly<Record<string, unknown>>, field: string): string {
  const value = String(test[field] ?? '').toLowerCase();
  return value.length % 2 ? `0${value}` : value;
}

function cbcTest(cipher: CipherPrimitive, group: Group, test: Test): boolean {
  if (group.direction === 'encrypt')
    return toHex(cipher.encrypt(octets(test, 'iv'), octets(test, 'pt'))) === text(test, 'ct');
  return toHex(cipher.decrypt(octets(test, 'iv'), octets(test, 'ct'))) === text(test, 'pt');
}

suite('ACVP-AES-CBC-1.0', 1000, ({ primitives }, group, test) =>
  cbcTest(primitives.aesCbc(octets(test, 'key')), group, test),
);

suite('ACVP-TDES-CBC-1.0', 100, ({ primitives }, group, test) => {
  const key = hex(['key1', 'key2', 'key3'].map((name) => text(test, name)).join(''));
  return cbcTest(primitives.desCbc(key), group, test);
});

suite('ACVP-AES-CTR-1.0', 70, ({ primitives }, _, test) => {
  // Lengths are in bits: of an incomplete octet only the upper bits count.
  const bits = Number(test.payloadLen);
  const stream = primitives.aesCtr(octets(test, 'key')).encrypt(octets(test, 'iv'), octets(test, 'pt'));
  const unused = BigInt(-bits & 7);
  return toBigInt(stream) >> unused === toBigInt(octets(test, 'ct')) >> unused;
});

function aeadTest(key: AeadPrimitive, group: Group, test: Test, nonce: Uint8Array): boolean {
  const sealed = concat([octets(test, 'ct'), octets(test, 'tag')]);
  const aad = octets(test, 'aad');
  if (group.direction === 'encrypt') return toHex(key.seal(nonce, octets(test, 'pt'), aad)) === toHex(sealed);
  const opened = key.open(nonce, sealed, aad);
  return test.testPassed === false ? opened === undefined : opened !== undefined && toHex(opened) === text(test, 'pt');
}

for (const [file, ranMin] of [
  ['ACVP-AES-GCM-1.0', 15],
  ['ACVP-AES-GMAC-1.0', 8],
] as const) {
  suite(file, ranMin, ({ primitives }, group, test) => {
    const icv = Number(group.tagLen) / 8;
    // IKE and ESP have nonces of 96 bits and ICVs from 8 octets on.
    if (group.ivLen !== 96 || icv < 8) return undefined;
    return aeadTest(primitives.aesGcm(octets(test, 'key'), icv), group, test, octets(test, 'iv'));
  });
}

suite('ACVP-AES-CCM-1.0', 200, ({ primitives }, group, test) =>
  aeadTest(primitives.aesCcm(octets(test, 'key'), Number(group.tagLen) / 8), group, test, octets(test, 'iv')),
);

suite('CMAC-AES-1.0', 60, ({ provider }, group, test) => {
  if (group.keyLen !== 128) return undefined;
  const mac = toHex(
    prfOf(provider, 'AES128-CMAC')
      .key(secret(text(test, 'key')))
      .prf(octets(test, 'message')),
  );
  return mac.startsWith(text(test, 'mac')) === (test.testPassed ?? true);
});

for (const [file, name] of [
  ['HMAC-SHA-1-2.0', 'HMAC-SHA1'],
  ['HMAC-SHA2-256-2.0', 'HMAC-SHA2-256'],
  ['HMAC-SHA2-384-2.0', 'HMAC-SHA2-384'],
  ['HMAC-SHA2-512-2.0', 'HMAC-SHA2-512'],
] as const) {
  suite(file, 60, ({ provider }, _, test) => {
    if (Number(test.msgLen) % 8 !== 0 || Number(test.keyLen) % 8 !== 0) return undefined;
    const mac = toHex(
      prfOf(provider, name)
        .key(secret(text(test, 'key')))
        .prf(octets(test, 'msg')),
    );
    const bits = Number(test.macLen);
    return bits % 8 === 0 ? mac.startsWith(text(test, 'mac')) : undefined;
  });
}

suite('safePrimes-keyVer-1.0', 2, ({ provider }, group, test) => {
  if (group.safePrimeGroup !== 'MODP-2048') return undefined;
  const exchange = method(provider, 14).resume(secret(text(test, 'x')));
  return (exchange !== undefined && toHex(exchange.publicValue) === text(test, 'y')) === test.testPassed;
});

suite('KAS-FFC-SSC-Sp800-56Ar3', 2, (_, group, test) => {
  if (group.scheme !== 'dhEphem') return undefined;
  // These groups are not of IKE; what is tested is the arithmetic under the MODP groups.
  const shared = modPow(
    toBigInt(octets(test, 'ephemeralPublicServer')),
    toBigInt(octets(test, 'ephemeralPrivateIut')),
    toBigInt(octets(group, 'p')),
  );
  return (shared === toBigInt(octets(test, 'z'))) === test.testPassed;
});

const hashes = { 'SHA2-256': 'SHA2-256', 'SHA2-384': 'SHA2-384', 'SHA2-512': 'SHA2-512' } as const;

suite('ECDSA-SigVer-FIPS186-5', 12, ({ provider }, group, test) => {
  const curve = ecpGroups.find(({ p }) => bitLength(p) === Number(String(group.curve).slice(2)))!;
  const half = (field: string): Uint8Array => hex(text(test, field).padStart(2 * curve.octets, '0'));
  const spki = writePublicKey({ kind: 'EC', group: curve, point: concat([half('qx'), half('qy')]) });
  const scheme = { kind: 'ECDSA', hash: hashes[group.hashAlg as keyof typeof hashes], encoding: 'raw' } as const;
  const signature = concat([half('r'), half('s')]);
  return (
    (provider.importPublicKey(spki)?.verify(scheme, octets(test, 'message'), signature) ?? false) === test.testPassed
  );
});

suite('EDDSA-SigVer-1.0', 7, ({ provider }, group, test) => {
  if (group.preHash === true) return undefined;
  const spki = writePublicKey({ kind: group.curve === 'ED-25519' ? 'Ed25519' : 'Ed448', point: octets(test, 'q') });
  const key = provider.importPublicKey(spki);
  const verified = key?.verify({ kind: 'EdDSA' }, octets(test, 'message'), octets(test, 'signature')) ?? false;
  return verified === test.testPassed;
});

suite('RSA-SigVer-FIPS186-5', 68, ({ provider }, group, test) => {
  const spki = writePublicKey({ kind: 'RSA', n: toBigInt(octets(group, 'n')), e: toBigInt(octets(group, 'e')) });
  const scheme = { kind: 'RSASSA-PKCS1-v1_5', hash: hashes[group.hashAlg as keyof typeof hashes] } as const;
  const key = provider.importPublicKey(spki);
  return (key?.verify(scheme, octets(test, 'message'), octets(test, 'signature')) ?? false) === test.testPassed;
});
