/**
 * One system with the indexes that comparing it with others needs: which addresses are its own, which of its SPD entries
 * protect traffic towards an address, and the first PAD entry and IKE policy for an address. Each index is built when it
 * is first asked for; a question then costs about log n.
 */
import {
  type Address,
  type AddressRange,
  type AddressValue,
  formatAddress,
  rangeContains,
  rangePrefixLength,
  singleAddress,
} from '../address.js';
import { type Box, fullBox } from '../selector/box.js';
import { buildSpdIndex, type SpdIndex } from '../selector/spd-index.js';
import type { IkePolicy, PadEntry, SpdEntry, SystemConfig } from '../system-config.js';
import { type IdentityIndex, identityIndex } from './identity-index.js';
import { once } from './once.js';

/** One of a system's two ordered lists of SPD entries. */
export interface SpdList {
  readonly kind: 'host' | 'forward';
  readonly entries: readonly SpdEntry[];
  readonly index: SpdIndex;
  /** The numbers of the entries with an SA whose remote endpoint is written and is this address, in order. */
  entriesByEndpoint(address: Address): readonly number[];
  /** Does an entry have an SA that takes the packet's own remote address as its peer? */
  followsPacket(entry: number): boolean;
  readonly protects: boolean;
}

export interface SystemView {
  readonly config: SystemConfig;
  readonly host: SpdList;
  readonly forward: SpdList;
  isOwn(address: Address): boolean;
  /** The first PAD entry for a peer's address (HP-UX A.02: the one with the longest prefix). */
  padByAddress(address: Address): PadEntry | undefined;
  /** The first PAD entry for a pair of addresses; of a connection where one is named. */
  padFor(peers: {
    readonly local: Address;
    readonly remote: Address;
    readonly connection?: string;
  }): PadEntry | undefined;
  /** All PAD entries in the order in which they are searched. */
  readonly padEntries: readonly PadEntry[];
  /**
   * The first IKE policy of a version for a peer's address; the preloaded default is for every address. With a connection
   * only its own policies count.
   */
  ikePolicy(address: Address, version: 1 | 2, connection?: string): IkePolicy | undefined;
  readonly identities: IdentityIndex;
}

/** An address as a key of maps. */
export function addressKey({ family, value }: Address): string {
  return formatAddress(family, value);
}

const views = new WeakMap<SystemConfig, SystemView>();

/** The view of a system; the same one each time. `spdIndex` gives an index over `config.spd` that exists already. */
export function systemView(config: SystemConfig, spdIndex?: () => SpdIndex): SystemView {
  const known = views.get(config);
  if (known) return known;
  const own = new Set(config.addresses.map(addressKey));
  const pad = once(() => addressIndex(padInOrder(config)));
  const policies = { 1: once(() => policyIndex(config, 1)), 2: once(() => policyIndex(config, 2)) };
  const identities = once(() => identityIndex(padInOrder(config)));
  const entries = once(() => padInOrder(config));
  const view: SystemView = {
    config,
    host: spdList('host', config.spd, spdIndex),
    forward: spdList('forward', config.forwardSpd),
    isOwn: (address) => own.has(addressKey(address)),
    padByAddress: (address) => pad()(address),
    padFor({ local, remote, connection }) {
      if (connection === undefined && !config.pad.some((entry) => entry.local)) return pad()(remote);
      return entries().find(
        (entry) =>
          entry.connection === connection &&
          rangeHolds(entry.remote, remote) &&
          (entry.local?.some((range) => rangeHolds(range, local)) ?? true),
      );
    },
    get padEntries() {
      return entries();
    },
    ikePolicy(address, version, connection) {
      if (connection === undefined) return policies[version]()(address);
      return config.ikePolicies.find(
        (policy) =>
          policy.connection === connection && policy.version === version && rangeHolds(policy.remote, address),
      );
    },
    get identities() {
      return identities();
    },
  };
  views.set(config, view);
  return view;
}

/** PAD entries in the order in which they are searched. */
function padInOrder(config: SystemConfig): readonly PadEntry[] {
  if (config.padSearch === 'first-match') return config.pad;
  const length = (entry: PadEntry) => rangePrefixLength(entry.remote) ?? 0;
  return [...config.pad].sort((a, b) => length(b) - length(a));
}

function rangeHolds(range: AddressRange, address: Address): boolean {
  return rangeContains(range, singleAddress(address));
}

function policyIndex(config: SystemConfig, version: 1 | 2): (address: Address) => IkePolicy | undefined {
  const ofVersion = config.ikePolicies.filter((policy) => policy.version === version);
  // The preloaded default is for both families, whatever range it is written with, and comes last.
  const preloaded = ofVersion.find((policy) => policy.source.record.name === 'default');
  const find = addressIndex(ofVersion.filter((policy) => policy !== preloaded));
  return (address) => find(address) ?? preloaded;
}

/** Up to this many entries are searched one by one: quicker than any index. */
const linearMax = 16;

function addressIndex<E extends { readonly remote: AddressRange }>(
  entries: readonly E[],
): (address: Address) => E | undefined {
  if (entries.length <= linearMax) {
    return ({ family, value }) =>
      entries.find(
        ({ remote }) => remote.family === family && (remote.first as AddressValue) <= value && value <= remote.last,
      );
  }
  const index = buildSpdIndex(entries.map(({ remote }) => [remoteBox(remote)]));
  return (address) => {
    const { family, value } = address;
    const { lo } = fullBox(family).local;
    const found = index.classify({ family, direction: 'outbound', local: lo, remote: value, protocol: 0 });
    return found < 0 ? undefined : entries[found];
  };
}

/** Every packet to or from a range of remote addresses. */
export function remoteBox(range: AddressRange): Box {
  return { ...fullBox(range.family), remote: { lo: range.first, hi: range.last } };
}

function spdList(kind: SpdList['kind'], entries: readonly SpdEntry[], given?: () => SpdIndex): SpdList {
  const index = given ?? once(() => buildSpdIndex(entries.map((entry) => entry.selectors)));
  const endpoints = once(() => {
    const byEndpoint = new Map<string, number[]>();
    for (const [number, { action }] of entries.entries()) {
      if (action.kind !== 'PROTECT') continue;
      for (const { remoteEndpoint } of action.bundle) {
        if (!remoteEndpoint) continue;
        const key = addressKey(remoteEndpoint);
        const list = byEndpoint.get(key);
        if (!list) byEndpoint.set(key, [number]);
        else if (list.at(-1) !== number) list.push(number);
      }
    }
    return byEndpoint;
  });
  const follows = once(() =>
    Uint8Array.from(entries, ({ action }) =>
      action.kind === 'PROTECT' && action.bundle.some((template) => !template.remoteEndpoint) ? 1 : 0,
    ),
  );
  return {
    kind,
    entries,
    get index() {
      return index();
    },
    entriesByEndpoint: (address) => endpoints().get(addressKey(address)) ?? [],
    followsPacket: (entry) => follows()[entry] === 1,
    protects: entries.some((entry) => entry.action.kind === 'PROTECT'),
  };
}
