/** What SAs carry, which is not always what was agreed on for them. */
import { isRegionCovered } from './selector/algebra.js';
import type { Region } from './selector/box.js';
import type { SaTemplate } from './system-config.js';

/**
 * What SAs of a template carry that were agreed on for a region. Where a peer has narrowed what was asked for, the
 * product's policies are taken to be exact.
 */
export function carriedRegion({ carries, selectors }: SaTemplate, agreed: Region): Region {
  return carries && isRegionCovered(selectors, agreed).kind === 'covered' ? carries : agreed;
}
