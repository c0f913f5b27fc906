/**
 * Peers that a configuration is made for: for each PAD entry a system that has everything the other way round. What a
 * conversion negotiates is compared by letting both forms meet the same peers.
 */

import { peersOf } from '../../dialects/common/peers.js';
import {
  type Address,
  type AddressRange,
  anyAddress,
  formatAddress,
  rangeContains,
  singleAddress,
} from '../../model/address.js';
import { mirrorBox } from '../../model/peer/mirror.js';
import { systemView } from '../../model/peer/system-view.js';
import type { Region } from '../../model/selector/box.js';
import type {
  Identity,
  IdentityPattern,
  IkePolicy,
  PadEntry,
  SaTemplate,
  SpdEntry,
  SystemConfig,
} from '../../model/system-config.js';

export interface MirroredPeer {
  readonly config: SystemConfig;
  readonly address: Address;
  readonly pad: PadEntry;
  /** What it cannot stand for. */
  readonly notes: readonly string[];
}

/** Own addresses that a peer knows. */
const ownMax = 16;

/** The peers that policies are for, in their order, each once. */
export function* mirrorPeers(config: SystemConfig): Generator<MirroredPeer> {
  const known = new Set<string>();
  for (const { action, selectors } of config.spd) {
    if (action.kind !== 'PROTECT') continue;
    for (const template of action.bundle) {
      if (template.manual) continue;
      for (const { pad, address } of peersOf(config, template, selectors)) {
        const chosen = address ?? addressIn(pad.remote, config);
        if (!chosen) continue;
        const key = `${config.pad.indexOf(pad)} ${formatAddress(chosen.family, chosen.value)}`;
        if (known.has(key)) continue;
        known.add(key);
        const peer = mirrorPeer(config, pad, chosen, `peer-${known.size}`);
        if (peer) yield peer;
      }
    }
  }
}

/** The peer of a PAD entry at an address; undefined where no own address is known. */
function mirrorPeer(config: SystemConfig, pad: PadEntry, address: Address, name: string): MirroredPeer | undefined {
  const notes: string[] = [];
  const spd = config.spd.flatMap((entry) => mirrorEntry(entry, pad, address) ?? []);
  const own = ownAddresses(config, pad, address, spd);
  const [first] = own;
  if (!first) return undefined;
  if (pad.virtualAddresses?.length || pad.pools?.length) notes.push('addresses that are handed out are not simulated');
  const view = systemView(config);
  const policies = pad.ikeVersions.value.flatMap((version) => view.ikePolicy(address, version, pad.connection) ?? []);
  return {
    address,
    pad,
    notes,
    config: {
      name,
      addresses: [address],
      spd: spd.map((entry) => withEnd(entry, first)),
      forwardSpd: config.forwardSpd.flatMap((entry) => mirrorEntry(entry, pad, address) ?? []),
      ...(config.forwardsBySpd ? { forwardsBySpd: true } : {}),
      pad: own.map((one) => mirrorPad(pad, one)),
      ikePolicies: own.flatMap((one) => policies.map((policy) => mirrorPolicy(policy, one))),
      padSearch: 'first-match',
      ...(config.sharedSecrets ? { sharedSecrets: config.sharedSecrets } : {}),
    },
  };
}

/** An address of a range that is none of the system's own: not the first of a network, which is its name. */
function addressIn(range: AddressRange, { addresses }: SystemConfig): Address | undefined {
  const { family, first, last } = range;
  const isOwn = (value: Address['value']) => addresses.some((own) => own.family === family && own.value === value);
  // Of all addresses of a family one of the documentation (RFC 5737, RFC 3849).
  const isWhole = rangeContains(range, anyAddress(family));
  const base = isWhole ? (family === 4 ? 0xcb00_714d : 0x2001_0db8_0000_0000_0000_0000_0000_0077n) : first;
  for (const step of [isWhole || first === last ? 0 : 1, 2, 3]) {
    const value = family === 4 ? Number(base) + step : BigInt(base) + BigInt(step);
    if (value <= last && !isOwn(value)) return { family, value };
  }
  return undefined;
}

/** The addresses under which a peer knows the system: ends of its SAs first. */
function ownAddresses(
  { addresses }: SystemConfig,
  pad: PadEntry,
  { family }: Address,
  mirrored: readonly SpdEntry[],
): readonly Address[] {
  const ends = mirrored.flatMap(({ action }) =>
    action.kind === 'PROTECT' ? action.bundle.flatMap(({ remoteEndpoint }) => remoteEndpoint ?? []) : [],
  );
  const written = (pad.local ?? []).flatMap(({ family: of, first, last }) =>
    first === last ? [{ family: of, value: first }] : [],
  );
  const found = new Map<string, Address>();
  for (const one of [...ends, ...written, ...addresses])
    if (one.family === family) found.set(formatAddress(one.family, one.value), one);
  return [...found.values()].slice(0, ownMax);
}

/** The entry as the peer has it; undefined where it is for other peers. */
function mirrorEntry(entry: SpdEntry, pad: PadEntry, address: Address): SpdEntry | undefined {
  const { action, source } = entry;
  const mirrored = entry.selectors.map(mirrorBox);
  if (action.kind !== 'PROTECT') return { source, selectors: mirrored, action };
  if (!action.bundle.every((template) => isFor(template, pad, address, entry))) return undefined;
  // Between hosts a peer of a network speaks for itself only.
  const isBetweenHosts = action.bundle.every(({ mode }) => mode === 'transport');
  const selectors = isBetweenHosts ? ownOnly(mirrored, address) : mirrored;
  return {
    source,
    selectors,
    action: {
      ...action,
      fallbackToClear: false,
      bundle: action.bundle.map((template) => mirrorTemplate(template, address)),
    },
  };
}

function isFor(
  { connection, remoteEndpoint, mode }: SaTemplate,
  pad: PadEntry,
  address: Address,
  entry: SpdEntry,
): boolean {
  if (connection !== undefined || pad.connection !== undefined) return connection === pad.connection;
  if (remoteEndpoint)
    return rangeContains(pad.remote, singleAddress(remoteEndpoint)) && sameAddress(remoteEndpoint, address);
  return (
    mode === 'tunnel' ||
    entry.selectors.some(
      ({ family, remote }) => family === address.family && remote.lo <= address.value && address.value <= remote.hi,
    )
  );
}

function sameAddress(a: Address, b: Address): boolean {
  return a.family === b.family && a.value === b.value;
}

function mirrorTemplate(template: SaTemplate, address: Address): SaTemplate {
  const { connection: _, lists, localEndpoint, remoteEndpoint: __, manual, carries, ...rest } = template;
  const isHost = template.mode === 'transport';
  return {
    ...rest,
    // Where its own addresses count, they are those of this peer.
    ...(template.mode === 'tunnel' ? { localEndpoint: address } : {}),
    ...(localEndpoint ? { remoteEndpoint: localEndpoint } : {}),
    selectors: isHost ? ownOnly(template.selectors.map(mirrorBox), address) : template.selectors.map(mirrorBox),
    ...(carries && !isHost ? { carries: carries.map(mirrorBox) } : {}),
    ...(lists && !isHost ? { lists: { local: lists.remote, remote: lists.local } } : {}),
    ...(manual ? { manual: { inbound: manual.outbound, outbound: manual.inbound } } : {}),
    start: { value: 'TRAP', origin: mirrored },
  };
}

/** What of a region is from an address. */
function ownOnly(region: Region, { family, value }: Address): Region {
  return region.flatMap((box) => {
    if (box.family !== family || value < box.local.lo || value > box.local.hi) return [];
    return [{ ...box, local: { lo: value, hi: value } }];
  });
}

/** Tunnels end at the system itself. */
function withEnd(entry: SpdEntry, own: Address): SpdEntry {
  const { action } = entry;
  if (action.kind !== 'PROTECT') return entry;
  const bundle = action.bundle.map((template) =>
    template.mode === 'tunnel' && !template.remoteEndpoint ? { ...template, remoteEndpoint: own } : template,
  );
  return { ...entry, action: { ...action, bundle } };
}

const mirrored = { kind: 'builtin', what: 'the peer has what this system has' } as const;

function mirrorPad(pad: PadEntry, own: Address): PadEntry {
  const { source, ikeVersions, exchange, localMethod, remoteMethod, presharedKey, natTraversal } = pad;
  const localId = identityOf(pad);
  const remoteId = patternOf(pad.localId?.value);
  return {
    source,
    remote: singleAddress(own),
    ikeVersions,
    exchange,
    localMethod: remoteMethod,
    remoteMethod: localMethod,
    ...(localId ? { localId: { value: localId, origin: mirrored } } : {}),
    ...(remoteId ? { remoteId: { value: remoteId, origin: mirrored } } : {}),
    ...(presharedKey ? { presharedKey } : {}),
    ...(natTraversal ? { natTraversal } : {}),
    ...(pad.remoteRounds ? { localRounds: pad.remoteRounds } : {}),
    ...(pad.localRounds ? { remoteRounds: pad.localRounds } : {}),
    respondOnly: false,
  };
}

/** An identity that this system takes; undefined for the peer's address. */
function identityOf({ remoteId }: PadEntry): Identity | undefined {
  const pattern: IdentityPattern | undefined = remoteId?.value;
  switch (pattern?.kind) {
    case 'exact':
      return { type: pattern.type, value: pattern.value };
    case 'suffix':
      return { type: pattern.type, value: `peer${pattern.suffix}` };
    case 'subtree':
      return {
        type: pattern.type,
        value: pattern.type === 'FQDN' ? `peer.${pattern.suffix}` : `peer@${pattern.suffix}`,
      };
    case 'dn':
    case 'dn-template':
      return {
        type: 'X500-DN',
        value: pattern.attributes.map(({ name, value }) => `${name}=${value === '*' ? 'peer' : value}`).join(','),
      };
    case 'any':
      return pattern.type === 'X500-DN' ? { type: 'X500-DN' } : undefined;
    case 'addresses': {
      const { family, first, last } = pattern.range;
      return first === last ? { type: pattern.type, value: formatAddress(family, first) } : undefined;
    }
    default:
      return undefined;
  }
}

function patternOf(identity: Identity | undefined): IdentityPattern | undefined {
  if (!identity) return undefined;
  const { type, value } = identity;
  return value === undefined ? { kind: 'any', type } : { kind: 'exact', type, value };
}

function mirrorPolicy({ connection: _, ...policy }: IkePolicy, own: Address): IkePolicy {
  return { ...policy, remote: singleAddress(own) };
}
