/** Loads the noble provider when it is wanted: curves and hashes take some 100 ms to load. */
import type { CryptoProvider } from '../provider.js';
import type { SecureRandom } from '../random.js';

/** The noble provider, drawing from `random`. Everything after this is synchronous. */
export async function loadNobleProvider(random: SecureRandom): Promise<CryptoProvider> {
  const { nobleProvider } = await import('./provider.js');
  return nobleProvider(random);
}
