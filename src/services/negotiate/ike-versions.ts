/** The versions of IKE that this program speaks, loaded when they are wanted. */
import type { IkeVersionFactory } from '../../engine/ike-version.js';

export async function ikeVersions(): Promise<readonly IkeVersionFactory[]> {
  const { ikev2 } = await import('../../engine/ikev2/ikev2.js');
  return [ikev2];
}
