/** Who the ends of a Child SA are, and what is asked for where no packet asks. */
import type { Address } from '../model/address.js';
import type { Packet } from '../model/packet.js';
import type { SaTemplate, SpdEntry, SystemConfig } from '../model/system-config.js';
import type { ChildRequest } from './input.js';
import type { Ends } from './ipsec/bundle.js';

/** The ends of the SA of a template for a packet of that flow; undefined where the system has no address for it. */
export function endsFor(
  { addresses }: Pick<SystemConfig, 'addresses'>,
  { localEndpoint, remoteEndpoint }: SaTemplate,
  { family, local: own, remote: peer }: Pick<Packet, 'family' | 'local' | 'remote'>,
): Ends | undefined {
  const address = (value: Packet['local']): Address => ({ family, value }) as Address;
  const remote = remoteEndpoint ?? address(peer);
  const isOwn = (candidate: Address) =>
    addresses.some(({ family, value }) => family === candidate.family && value === candidate.value);
  const written = localEndpoint ?? address(own);
  const local = isOwn(written) ? written : addresses.find((each) => each.family === remote.family);
  return local && local.family === remote.family ? { local, remote } : undefined;
}

/** The request for all that a template is for; undefined where the configuration names no single address of a peer. */
export function requestWithoutPacket(
  config: Pick<SystemConfig, 'addresses'>,
  entry: SpdEntry,
  template: SaTemplate,
): ChildRequest | undefined {
  for (const { direction, family, local, remote } of entry.selectors) {
    const isOne = template.remoteEndpoint !== undefined || remote.lo === remote.hi;
    if (direction.lo !== 0 || !isOne) continue;
    const own = config.addresses.find(
      (each) => each.family === family && local.lo <= each.value && each.value <= local.hi,
    );
    const ends = endsFor(config, template, { family, local: own?.value ?? local.lo, remote: remote.lo });
    if (ends) return { entry, template, ends, populateFromPacket: false };
  }
  return undefined;
}
