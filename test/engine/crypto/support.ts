/** Both providers and the vector files, for the tests of this folder. */
import { readFileSync } from 'node:fs';
import { nobleProvider } from '../../../src/engine/crypto/noble/provider.js';
import { nodeProvider } from '../../../src/engine/crypto/node/provider.js';
import { fromHex } from '../../../src/engine/crypto/octets.js';
import {
  type AeadAlgorithm,
  algorithmFor,
  type CipherAlgorithm,
  type CryptoProvider,
  type IntegrityAlgorithm,
  type KeyExchangeMethod,
  type Prf,
} from '../../../src/engine/crypto/provider.js';
import { seededRandom } from '../../../src/engine/crypto/random.js';
import { Secret } from '../../../src/model/secret.js';
import { authentication, encryption, keyExchange, prf } from '../../../src/model/transform.js';
import { sharedPath } from '../../support/shared.js';

export const noble: CryptoProvider = nobleProvider(seededRandom('crypto tests'));
export const node: CryptoProvider = nodeProvider(seededRandom('crypto tests'));
export const providers: readonly CryptoProvider[] = [noble, node];

/** The octets of hexadecimal text. */
export const hex = fromHex;

/** A secret of hexadecimal text, or of several parts. */
export function secret(...parts: readonly string[]): Secret {
  return new Secret(fromHex(parts.join('')));
}

function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the provider lacks ${what}`);
  return value;
}

export function aead(provider: CryptoProvider, name: string): AeadAlgorithm {
  return present(algorithmFor(provider.aeads, encryption(name)), name);
}

export function cipher(provider: CryptoProvider, name: string): CipherAlgorithm {
  return present(algorithmFor(provider.ciphers, encryption(name)), name);
}

export function integrity(provider: CryptoProvider, name: string): IntegrityAlgorithm {
  return present(algorithmFor(provider.integrities, authentication(name)), name);
}

export function prfOf(provider: CryptoProvider, name: string): Prf {
  return present(algorithmFor(provider.prfs, prf(name)), name);
}

export function method(provider: CryptoProvider, id: number): KeyExchangeMethod {
  return present(algorithmFor(provider.keyExchanges, present(keyExchange(id), `group ${id}`)), `group ${id}`);
}

/** A vector file of the reference material as JSON, or undefined where the material is absent. */
export function sharedJson<T>(...parts: string[]): T | undefined {
  const file = sharedPath('vectors', ...parts);
  return file === undefined ? undefined : (JSON.parse(readFileSync(file, 'utf8')) as T);
}
