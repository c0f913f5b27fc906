/** Which addresses this system negotiates with, as far as its own SPD tells. */
import { type AddressRange, singleAddress } from '../model/address.js';
import type { Box } from '../model/selector/box.js';
import type { SystemContext } from './context.js';
import { buildRangeIndex, type RangeIndex } from './range-index.js';

const known = new WeakMap<SystemContext, RangeIndex>();

/** Does any protecting entry, of either SPD, negotiate with an address of the box's remote side? */
export function hasIkePeer(context: SystemContext, { family, remote }: Box): boolean {
  let index = known.get(context);
  if (!index) {
    index = buildRangeIndex(peersOf(context));
    known.set(context, index);
  }
  for (const { winner } of index.segments({ family, first: remote.lo, last: remote.hi })) if (winner >= 0) return true;
  return false;
}

function peersOf({ config }: SystemContext): AddressRange[] {
  const found: AddressRange[] = [];
  for (const { action } of [...config.spd, ...config.forwardSpd]) {
    if (action.kind !== 'PROTECT') continue;
    for (const { manual, remoteEndpoint, selectors } of action.bundle) {
      if (manual) continue;
      if (remoteEndpoint) found.push(singleAddress(remoteEndpoint));
      else for (const { family, remote } of selectors) found.push({ family, first: remote.lo, last: remote.hi });
    }
  }
  return found;
}
