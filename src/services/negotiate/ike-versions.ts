/** The versions of IKE that this program speaks, loaded when they are wanted. */
import type { IkeVersionFactory } from '../../engine/ike-version.js';

export async function ikeVersions(): Promise<readonly IkeVersionFactory[]> {
  const [{ ikev2 }, { ikev1 }] = await Promise.all([
    import('../../engine/ikev2/ikev2.js'),
    import('../../engine/ikev1/ikev1.js'),
  ]);
  return [ikev2, ikev1];
}
