/** Which of the two cryptographic providers a command works with. */
import type { CryptoProvider } from '../engine/crypto/provider.js';
import type { SecureRandom } from '../engine/crypto/random.js';

/** `node`: OpenSSL, which is quicker; `noble`: the implementation in JavaScript, which shares no code with it. */
export const providerNames = ['node', 'noble'] as const;
export type ProviderName = (typeof providerNames)[number];

/** What can be asked for: one of them, or both, whose results are compared. */
export type CryptoChoice = ProviderName | 'both';

/** Loads a provider, and no code of the other one. */
export async function loadProvider(name: ProviderName, random: SecureRandom): Promise<CryptoProvider> {
  if (name === 'noble') {
    const { loadNobleProvider } = await import('../engine/crypto/noble/load.js');
    return loadNobleProvider(random);
  }
  const { loadNodeProvider } = await import('../engine/crypto/node/load.js');
  return loadNodeProvider(random);
}

/** A provider for a simulation, which has something for every algorithm that is known by name (`withStandIns`). */
export async function loadSimulationProvider(name: ProviderName, random: SecureRandom): Promise<CryptoProvider> {
  const [{ withStandIns }, provider] = await Promise.all([
    import('../engine/crypto/stand-ins.js'),
    loadProvider(name, random),
  ]);
  return withStandIns(provider);
}
