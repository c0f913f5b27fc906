/** Loads the node:crypto provider when it is wanted. */
import type { CryptoProvider } from '../provider.js';
import type { SecureRandom } from '../random.js';

/** The node provider, drawing from `random`, or else from the operating system. Everything after this is synchronous. */
export async function loadNodeProvider(random?: SecureRandom): Promise<CryptoProvider> {
  const { nodeProvider } = await import('./provider.js');
  return nodeProvider(random);
}
