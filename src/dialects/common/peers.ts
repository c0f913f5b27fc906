/** Whom an SA template is negotiated with: the PAD entries and IKE policies that go with it. */
import { type Address, type AddressRange, rangeContains, rangesIntersect, singleAddress } from '../../model/address.js';
import { systemView } from '../../model/peer/system-view.js';
import type { Region } from '../../model/selector/box.js';
import type { IkePolicy, PadEntry, SaTemplate, SystemConfig } from '../../model/system-config.js';

export interface Peer {
  readonly pad: PadEntry;
  /** Its address where it is one. */
  readonly address?: Address;
  /** By version, where the PAD entry speaks it. */
  readonly policies: readonly IkePolicy[];
}

/** Peers of one template. */
export const peersMax = 256;

/**
 * The peers of a template: of its connection, or those that a search by address finds. A template without an endpoint has
 * all whose addresses it selects.
 */
export function peersOf(config: SystemConfig, template: SaTemplate, region: Region): readonly Peer[] {
  const view = systemView(config);
  const address = template.remoteEndpoint ?? onlyAddress(region, 'remote');
  const peer = (pad: PadEntry, at: Address | undefined): Peer => ({
    pad,
    ...(at ? { address: at } : {}),
    policies: pad.ikeVersions.value.flatMap((version) => policyOf(config, pad, version, at) ?? []),
  });
  const { connection } = template;
  if (connection !== undefined) {
    const found = config.pad.filter((pad) => pad.connection === connection);
    const fitting = address ? found.filter(({ remote }) => rangeContains(remote, singleAddress(address))) : found;
    return (fitting.length > 0 ? fitting : found)
      .slice(0, peersMax)
      .map((pad) => peer(pad, template.remoteEndpoint ?? single(pad.remote)));
  }
  if (address) {
    const pad = view.padByAddress(address);
    return pad ? [peer(pad, address)] : [];
  }
  // A tunnel to whoever asks is for every peer; in transport mode the peer is one of the remote addresses.
  const remotes = template.mode === 'tunnel' ? undefined : region;
  return view.padEntries
    .filter(({ remote }) => !remotes || remotes.some((box) => rangesIntersect(remote, remoteRange(box))))
    .slice(0, peersMax)
    .map((pad) => peer(pad, single(pad.remote)));
}

function policyOf(
  config: SystemConfig,
  pad: PadEntry,
  version: 1 | 2,
  address: Address | undefined,
): IkePolicy | undefined {
  const at = address ?? { family: pad.remote.family, value: pad.remote.first };
  return systemView(config).ikePolicy(at, version, pad.connection);
}

function remoteRange({ family, remote }: Region[number]): AddressRange {
  return { family, first: remote.lo, last: remote.hi };
}

function single({ family, first, last }: AddressRange): Address | undefined {
  return first === last ? { family, value: first } : undefined;
}

/** The one address of a side of all boxes, if it is one. */
export function onlyAddress(region: Region, side: 'local' | 'remote'): Address | undefined {
  const [first] = region;
  if (!first) return undefined;
  const { lo: value } = first[side];
  const { family } = first;
  const isOnly = region.every((box) => box.family === family && box[side].lo === value && box[side].hi === value);
  return isOnly ? { family, value } : undefined;
}

/** What of a region goes to some addresses: in transport mode the peer is one of the remote ones. */
export function towards(region: Region, remotes: readonly AddressRange[]): Region {
  return region.flatMap((box) =>
    remotes.flatMap(({ family, first, last }) => {
      if (family !== box.family || last < box.remote.lo || first > box.remote.hi) return [];
      const [lo, hi] = [first < box.remote.lo ? box.remote.lo : first, last > box.remote.hi ? box.remote.hi : last];
      return [{ ...box, remote: { lo, hi } }];
    }),
  );
}
