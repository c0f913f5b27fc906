/**
 * A crypto provider that does what another one does and remembers every operation, so that the same operations with the same
 * inputs can be measured bare.
 */
import type { AeadKey, CryptoProvider, HashAlgorithm, KeyExchange } from '../../src/engine/crypto/provider.js';

export interface RecordedCrypto {
  readonly provider: CryptoProvider;
  /** Does everything again that was done since the last `forget`. */
  replay(): void;
  forget(): void;
  readonly count: number;
}

export function recordedCrypto(base: CryptoProvider): RecordedCrypto {
  const operations: (() => unknown)[] = [];
  const done = <T>(operation: () => T): T => {
    operations.push(operation);
    return operation();
  };
  const aeadKey = (key: AeadKey): AeadKey => ({
    seal: (iv, plaintext, aad) => done(() => key.seal(iv, plaintext, aad)),
    open: (iv, sealed, aad) => done(() => key.open(iv, sealed, aad)),
  });
  const exchange = (of: KeyExchange): KeyExchange => ({
    publicValue: of.publicValue,
    agree: (peer) => done(() => of.agree(peer)),
  });
  const hash = (of: HashAlgorithm): HashAlgorithm => ({ ...of, digest: (...parts) => done(() => of.digest(...parts)) });
  const random = Object.assign((length: number) => done(() => base.random(length)), {
    reproducible: base.random.reproducible,
  });
  const provider: CryptoProvider = {
    ...base,
    random,
    hashes: {
      MD5: hash(base.hashes.MD5),
      SHA1: hash(base.hashes.SHA1),
      'SHA2-256': hash(base.hashes['SHA2-256']),
      'SHA2-384': hash(base.hashes['SHA2-384']),
      'SHA2-512': hash(base.hashes['SHA2-512']),
    },
    aeads: base.aeads.map((aead) => ({ ...aead, key: (keymat) => aeadKey(done(() => aead.key(keymat))) })),
    prfs: base.prfs.map((prf) => ({
      ...prf,
      key(secret) {
        const key = done(() => prf.key(secret));
        return { prf: (...parts) => done(() => key.prf(...parts)) };
      },
    })),
    keyExchanges: base.keyExchanges.map((method) => ({
      transform: method.transform,
      get publicLength() {
        return method.publicLength;
      },
      get answerLength() {
        return method.answerLength;
      },
      // What is drawn within is part of the operation.
      start: () => exchange(done(() => method.start(base.random))),
      respond: (peer) => done(() => method.respond(peer, base.random)),
      resume: (value) => method.resume(value),
    })),
  };
  return {
    provider,
    replay() {
      for (const operation of operations) operation();
    },
    forget() {
      operations.length = 0;
    },
    get count() {
      return operations.length;
    },
  };
}
