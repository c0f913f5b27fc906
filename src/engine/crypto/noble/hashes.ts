/** Hashes and HMAC on @noble/hashes; apart from the ciphers, because the node provider needs these and not those. */
import { hmac } from '@noble/hashes/hmac.js';
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import type { Mac } from '../assemble.js';
import type { HashAlgorithm, HashName } from '../provider.js';

/** The hash functions as noble has them. */
export const nobleHash = { MD5: md5, SHA1: sha1, 'SHA2-256': sha256, 'SHA2-384': sha384, 'SHA2-512': sha512 } as const;

function hashAlgorithm(name: HashName): HashAlgorithm {
  const hash = nobleHash[name];
  return {
    name,
    outputLength: hash.outputLen,
    digest(...parts) {
      const state = hash.create();
      for (const part of parts) state.update(part);
      return state.digest();
    },
  };
}

export const nobleHashes: Readonly<Record<HashName, HashAlgorithm>> = {
  MD5: hashAlgorithm('MD5'),
  SHA1: hashAlgorithm('SHA1'),
  'SHA2-256': hashAlgorithm('SHA2-256'),
  'SHA2-384': hashAlgorithm('SHA2-384'),
  'SHA2-512': hashAlgorithm('SHA2-512'),
};

/** HMAC under one key: the key is absorbed once, and its state copied for each message. */
export function nobleHmac(hash: HashName, key: Uint8Array): Mac {
  const keyed = hmac.create(nobleHash[hash], key);
  return (parts) => {
    const state = keyed.clone();
    for (const part of parts) state.update(part);
    return state.digest();
  };
}
