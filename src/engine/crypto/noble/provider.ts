/** The provider on @noble/hashes, @noble/curves and @noble/ciphers: portable, auditable, and the oracle of the other. */
import { aeadAlgorithms, cipherAlgorithms, integrityAlgorithms, prfAlgorithms } from '../assemble.js';
import { inOrder } from '../key-exchange.js';
import { keyExchangeIds } from '../preference.js';
import type { CryptoProvider } from '../provider.js';
import type { SecureRandom } from '../random.js';
import { ec2nMethods, ecpMethods, modpMethods } from './key-exchange.js';
import { importPrivateKey, importPublicKey } from './keys.js';
import { mlKemMethods } from './ml-kem.js';
import { montgomeryMethods } from './montgomery.js';
import { noblePrimitives } from './symmetric.js';

/** The provider, drawing from `random`. */
export function nobleProvider(random: SecureRandom): CryptoProvider {
  return {
    name: 'noble',
    random,
    hashes: noblePrimitives.hashes,
    ciphers: cipherAlgorithms(noblePrimitives),
    aeads: aeadAlgorithms(noblePrimitives),
    integrities: integrityAlgorithms(noblePrimitives),
    prfs: prfAlgorithms(noblePrimitives),
    keyExchanges: inOrder(
      [...modpMethods, ...ecpMethods, ...ec2nMethods, ...montgomeryMethods, ...mlKemMethods],
      keyExchangeIds,
    ),
    importPublicKey,
    importPrivateKey,
  };
}
