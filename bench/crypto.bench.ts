/**
 * Cryptography: what the reference provider (noble) costs against OpenSSL (node:crypto), operation by operation; and that
 * the first exchange of a large MODP group does not pay for a check of its prime.
 */
import { generateKeyPairSync } from 'node:crypto';
import { prfPlus } from '../src/engine/crypto/kdf.js';
import { loadNobleProvider } from '../src/engine/crypto/noble/load.js';
import { loadNodeProvider } from '../src/engine/crypto/node/load.js';
import {
  algorithmFor,
  type CryptoProvider,
  type KeyExchangeMethod,
  type PrivateKey,
  type SignatureScheme,
} from '../src/engine/crypto/provider.js';
import { seededRandom } from '../src/engine/crypto/random.js';
import { Secret } from '../src/model/secret.js';
import { authentication, encryption, keyExchange, prf } from '../src/model/transform.js';
import { interleaved, median } from './measure.js';
import type { Benchmark, Row } from './row.js';

const packet = new Uint8Array(1400).map((_, index) => index);
const random = seededRandom('benchmark');

interface Operation {
  readonly name: string;
  /** Repetitions in one measurement, so that it takes milliseconds. */
  readonly times: number;
  /** Makes what is measured, keys and all. */
  prepare(provider: CryptoProvider): () => unknown;
}

function needed<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the provider lacks an algorithm');
  return value;
}

function seal(name: string, times: number): Operation {
  return {
    name: `${name} seal 1400`,
    times,
    prepare(provider) {
      const algorithm = needed(algorithmFor(provider.aeads, encryption(name)));
      const key = algorithm.key(new Secret(random(algorithm.keymatLength)));
      const [iv, aad] = [random(8), random(8)];
      return () => key.seal(iv, packet, aad);
    },
  };
}

function encrypt(name: string, times: number): Operation {
  return {
    name: `${name} encrypt 1400`,
    times,
    prepare(provider) {
      const algorithm = needed(algorithmFor(provider.ciphers, encryption(name)));
      const key = algorithm.key(new Secret(random(algorithm.keymatLength)));
      const iv = random(algorithm.transform.ivOctets);
      return () => key.encrypt(iv, packet.subarray(0, 1392));
    },
  };
}

function sign(name: string, times: number): Operation {
  return {
    name: `${name} sign 1400`,
    times,
    prepare(provider) {
      const algorithm = needed(algorithmFor(provider.integrities, authentication(name)));
      const key = algorithm.key(new Secret(random(algorithm.keyLength)));
      return () => key.sign(packet);
    },
  };
}

function method(provider: CryptoProvider, id: number): KeyExchangeMethod {
  return needed(algorithmFor(provider.keyExchanges, needed(keyExchange(id))));
}

function agree(id: number, times: number): Operation {
  return {
    name: `${needed(keyExchange(id)).name} start and agree`,
    times,
    prepare(provider) {
      const group = method(provider, id);
      const peer = group.start(random).publicValue;
      return () => group.start(random).agree(peer);
    },
  };
}

function signature(name: string, pkcs8: Uint8Array, scheme: SignatureScheme, times: number): Operation[] {
  const privateKey = (provider: CryptoProvider): PrivateKey => needed(provider.importPrivateKey(new Secret(pkcs8)));
  // Not reproducible, so that the node provider signs by OpenSSL.
  const fresh = Object.assign((length: number) => random(length), { reproducible: false });
  return [
    {
      name: `${name} sign`,
      times,
      prepare(provider) {
        const key = privateKey(provider);
        return () => key.sign(scheme, packet, fresh);
      },
    },
    {
      name: `${name} verify`,
      times,
      prepare(provider) {
        const key = privateKey(provider);
        const made = needed(key.sign(scheme, packet, fresh));
        return () => key.publicKey.verify(scheme, packet, made);
      },
    },
  ];
}

function pkcs8(key: { export(options: { format: 'der'; type: 'pkcs8' }): Buffer }): Uint8Array {
  return key.export({ format: 'der', type: 'pkcs8' });
}

function operations(): Operation[] {
  const ec = pkcs8(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey);
  const rsa = pkcs8(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
  return [
    seal('AES-GCM-16-128', 100),
    seal('CHACHA20-POLY1305', 100),
    seal('AES-CCM-16-128', 50),
    encrypt('AES-CBC-128', 100),
    encrypt('CAMELLIA-CBC-128', 50),
    encrypt('3DES-CBC', 20),
    sign('HMAC-SHA1-96', 100),
    sign('HMAC-SHA2-256-128', 100),
    sign('AES-XCBC-96', 50),
    {
      name: 'prf+ HMAC-SHA2-256, 224 octets',
      times: 50,
      prepare(provider) {
        const algorithm = needed(algorithmFor(provider.prfs, prf('HMAC-SHA2-256')));
        const [key, data] = [new Secret(random(32)), random(80)];
        return () => prfPlus(algorithm, key, [data], 224);
      },
    },
    agree(31, 5),
    agree(19, 3),
    agree(20, 2),
    agree(14, 2),
    agree(16, 1),
    agree(3, 1),
    ...signature('ECDSA P-256', ec, { kind: 'ECDSA', hash: 'SHA2-256', encoding: 'DER' }, 3),
    ...signature('RSA-2048', rsa, { kind: 'RSASSA-PKCS1-v1_5', hash: 'SHA2-256' }, 3),
  ];
}

const rounds = 7;

/** Time by noble over time by node:crypto, and the latter itself. */
async function providersRows(): Promise<Row[]> {
  const [noble, node] = await Promise.all([loadNobleProvider(random), loadNodeProvider(random)]);
  const rows: Row[] = [];
  for (const { name, times, prepare } of operations()) {
    const repeated = (operation: () => unknown) => () => {
      for (let count = 0; count < times; count += 1) operation();
    };
    const taken = await interleaved({ noble: repeated(prepare(noble)), node: repeated(prepare(node)) }, rounds);
    const [ours, theirs] = [median(taken.noble), median(taken.node)];
    rows.push({ name: `${name}, noble / node`, value: ours / theirs, unit: 'x' });
    rows.push({ name: `${name}, node`, value: (1000 * theirs) / times, unit: 'µs' });
  }
  return rows;
}

/** Without care, Node 24 tests primes for 2 s (group 15) to 47 s (group 18) before the first exchange of a process. */
const firstExchangeLimit = 100;

async function firstExchangeRows(): Promise<Row[]> {
  const node = await loadNodeProvider(random);
  method(node, 14).start(random); // so that no group pays for what all of them share
  return [15, 16, 17, 18].map((id): Row => {
    const group = method(node, id);
    const once = (): number => {
      const begin = performance.now();
      group.start(random);
      return performance.now() - begin;
    };
    const first = once();
    const later = median(Array.from({ length: 5 }, once));
    return {
      name: `group ${id}, first start / later starts`,
      value: first / later,
      unit: 'x',
      limit: firstExchangeLimit,
    };
  });
}

export const benchmarks: readonly Benchmark[] = [
  { name: 'crypto-first-exchange', run: firstExchangeRows },
  { name: 'crypto-providers', run: providersRows },
];
