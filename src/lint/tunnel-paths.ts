/** Where packets go from system to system through tunnels, as far as the systems of a repository tell. */
import type { Address, AddressValue, Family } from '../model/address.js';
import type { Packet } from '../model/packet.js';
import { once } from '../model/peer/once.js';
import { addressKey, type SpdList, type SystemView, systemView } from '../model/peer/system-view.js';
import { intersectRegions } from '../model/selector/algebra.js';
import type { Box } from '../model/selector/box.js';
import { buildSpdIndex } from '../model/selector/spd-index.js';
import type { EntrySource, SaTemplate, SpdEntry } from '../model/system-config.js';
import type { RepositoryContext, SystemContext } from './context.js';
import { recordOf } from './pair-finding.js';
import type { RuleFinding } from './rule.js';

/** A tunnel with a written far end, and the policy that uses it. */
export interface TunnelUse {
  readonly context: SystemContext;
  readonly view: SystemView;
  readonly list: SpdList;
  readonly number: number;
  readonly entry: SpdEntry;
  /** The innermost tunnel of the entry's bundle: where the packet itself comes out. */
  readonly template: SaTemplate & { readonly remoteEndpoint: Address };
}

export interface TunnelMap {
  readonly views: readonly { readonly context: SystemContext; readonly view: SystemView }[];
  ownerOf(address: Address): SystemContext | undefined;
  /** Every use of a tunnel, in the order of the systems. */
  readonly uses: readonly TunnelUse[];
  /** The uses of any system that share a packet with a box, by their numbers in `uses`. */
  usesMeeting(box: Box): readonly TunnelUse[];
  /** The use of an entry. */
  useOf(list: SpdList, number: number): TunnelUse | undefined;
}

const maps = new WeakMap<RepositoryContext, TunnelMap>();

/** The tunnels of a repository. */
export function tunnelMap(repository: RepositoryContext): TunnelMap {
  let map = maps.get(repository);
  if (!map) {
    map = buildMap(repository);
    maps.set(repository, map);
  }
  return map;
}

function buildMap({ systems }: RepositoryContext): TunnelMap {
  const owners = new Map<string, SystemContext>();
  for (const context of systems) {
    for (const address of context.config.addresses) {
      const key = addressKey(address);
      if (!owners.has(key)) owners.set(key, context);
    }
  }
  const views = systems.map((context) => ({ context, view: systemView(context.config, () => context.spdIndex) }));
  const uses = views.flatMap(({ context, view }) =>
    [view.host, view.forward].flatMap((list) =>
      list.entries.flatMap((entry, number): TunnelUse[] => {
        const template = tunnelOf(entry);
        return template ? [{ context, view, list, number, entry, template }] : [];
      }),
    ),
  );
  const byList = new Map<SpdList, Map<number, TunnelUse>>();
  for (const use of uses) {
    const list = byList.get(use.list) ?? new Map<number, TunnelUse>();
    byList.set(use.list, list.set(use.number, use));
  }
  const index = once(() => buildSpdIndex(uses.map(({ entry }) => entry.selectors)));
  return {
    views,
    uses,
    ownerOf: (address) => owners.get(addressKey(address)),
    usesMeeting: (box) =>
      index()
        .overlaps(box)
        .map((number) => uses[number]!),
    useOf: (list, number) => byList.get(list)?.get(number),
  };
}

/** The innermost tunnel of an entry whose far end is written. */
export function tunnelOf({ action }: SpdEntry): TunnelUse['template'] | undefined {
  if (action.kind !== 'PROTECT') return undefined;
  const template = action.bundle.find(({ mode }) => mode === 'tunnel');
  return template?.remoteEndpoint ? (template as TunnelUse['template']) : undefined;
}

/** The entry of a system that takes a packet which it sends on, or that begins there. */
export function entryFor(view: SystemView, packet: Packet): SpdEntry | undefined {
  const isOwn = view.isOwn({ family: packet.family, value: packet.local });
  const lists = isOwn || !view.forward.protects ? [view.host] : [view.forward, view.host];
  for (const list of lists) {
    const number = list.index.classify(packet);
    if (number < 0 || number === list.entries.length - 1) continue;
    return list.entries[number];
  }
  return undefined;
}

/** What a system's policies say of a tunnel's end: these addresses lie behind it. */
interface Claim {
  readonly by: SystemContext;
  readonly family: Family;
  readonly lo: AddressValue;
  readonly hi: AddressValue;
}

const claimsOfMap = new WeakMap<TunnelMap, ReadonlyMap<string, readonly Claim[]>>();

/** Does a system other than `besides` say that remote addresses of a box lie behind an end? */
export function isBehind(map: TunnelMap, end: Address, box: Box, besides: SystemContext): boolean {
  let claims = claimsOfMap.get(map);
  if (!claims) {
    claims = collectClaims(map);
    claimsOfMap.set(map, claims);
  }
  const { lo, hi } = box.remote;
  return (claims.get(addressKey(end)) ?? []).some(
    (claim) => claim.by !== besides && claim.family === box.family && claim.lo <= hi && lo <= claim.hi,
  );
}

/** Whoever tunnels to an end takes its destinations to be behind it, and an end itself what it tunnels for others. */
function collectClaims({ uses }: TunnelMap): Map<string, Claim[]> {
  const claims = new Map<string, Claim[]>();
  const note = (end: Address, claim: Claim) => {
    if (isEverything(claim)) return;
    const list = claims.get(addressKey(end));
    if (list) list.push(claim);
    else claims.set(addressKey(end), [claim]);
  };
  for (const { context: by, entry, template } of uses) {
    for (const { family, local, remote } of intersectRegions(entry.selectors, template.selectors)) {
      note(template.remoteEndpoint, { by, family, lo: remote.lo, hi: remote.hi });
      if (template.localEndpoint && local.lo !== local.hi)
        note(template.localEndpoint, { by, family, lo: local.lo, hi: local.hi });
    }
  }
  return claims;
}

function isEverything({ family, lo, hi }: Claim): boolean {
  return BigInt(hi) - BigInt(lo) + 1n === 1n << (family === 4 ? 32n : 128n);
}

/** Says that a question was too costly to answer completely, so that silence is not taken for an answer. */
export function undecided(context: SystemContext, source: EntrySource, message: string): RuleFinding[] {
  const at = recordOf(context, source)?.nameAt ?? source.at;
  return at ? [{ message, at, record: source.record, severity: 'info' }] : [];
}
