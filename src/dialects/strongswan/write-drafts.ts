/** From the entries of an SPD to children of connections: what is negotiated with whom, and what passes or is dropped. */
import { type AddressRange, anyAddress } from '../../model/address.js';
import type { Sourced } from '../../model/origin.js';
import { intersectRegions, isRegionCovered, subtractRegion } from '../../model/selector/algebra.js';
import type { Region } from '../../model/selector/box.js';
import type { EntrySource, PadEntry, SaTemplate, SpdEntry, SystemConfig } from '../../model/system-config.js';
import { regionSelectors } from '../../model/traffic-selector.js';
import { type Peer, peersOf, towards } from '../common/peers.js';
import type { Loss } from '../dialect.js';
import { type ChildDraft, type ConnectionDraft, ConnectionDrafts, keyOf } from './connection-drafts.js';
import { childDefaults, type SwanVersion } from './defaults.js';
import { everyAddress } from './ends.js';
import { agreedRegion, selectorPolicies } from './pairs.js';
import { sectionName, setting } from './settings-text.js';
import { selectorSettings, writeChild } from './write-child.js';
import type { Ends } from './write-connection.js';
import { fromAddress, isCalled, ownEnds, transportMode } from './write-ends.js';
import { childLists, nativeShuntLists, shuntLists, singlePairs, type WrittenLists } from './write-selectors.js';

/** Children that are written; charon gets slow long before. */
const childrenMax = 20_000;
/** Steps for exact questions about one entry. */
const budget = 100_000;

export class Drafts {
  readonly losses: Loss[] = [];
  /** Entries that have a loss of their own. */
  readonly explained = new Set<SpdEntry>();
  /** Packets of an entry for which there is no peer: the original drops them as well, after having tried. */
  readonly dropped = new Map<SpdEntry, Region>();
  /** The configuration is strongSwan's own: what its kernel has is what is written. */
  readonly isNative: boolean;
  /** Templates that are written as a whole, with the packets of their children. */
  readonly #whole = new Map<SaTemplate, Region>();
  /** Regions of strongSwan's own shunts, which are several entries where their selectors have several widths. */
  readonly #shunts = new Map<string, Region>();
  readonly #connections: ConnectionDrafts;
  readonly #unions = new Map<SaTemplate, Region>();
  readonly #replayWindow: number;
  #count = 0;

  constructor(
    readonly config: SystemConfig,
    readonly version: SwanVersion,
  ) {
    this.#connections = new ConnectionDrafts(config, version, (...loss) => this.#loseOf(...loss));
    this.isNative = config.peerProfile?.value === 'strongswan';
    const window = Number(config.productSettings?.get('charon.replay_window')?.value);
    this.#replayWindow = this.isNative && Number.isInteger(window) ? window : childDefaults.replayWindow;
    for (const { action, selectors, source } of config.spd) {
      const template = action.kind === 'PROTECT' ? outermost(action.bundle) : undefined;
      if (template) this.#unions.set(template, [...(this.#unions.get(template) ?? []), ...selectors]);
      if (this.isNative && action.kind !== 'PROTECT' && source.record.kind === 'child')
        this.#shunts.set(source.record.name, [...(this.#shunts.get(source.record.name) ?? []), ...selectors]);
    }
  }

  get connections(): readonly ConnectionDraft[] {
    return this.#connections.list;
  }

  /** Address pools by name, as far as the selectors tell them. */
  get pools(): ReadonlyMap<string, AddressRange> {
    return this.#connections.pools;
  }

  entry(entry: SpdEntry, place: number): void {
    const { action } = entry;
    if (entry.selectors.length === 0 && !this.isNative) {
      this.#lose('local', entry, 'selects nothing, and is left out');
      return;
    }
    if (action.kind !== 'PROTECT') {
      this.#ownShunt(entry, action.kind, place);
      return;
    }
    const template = outermost(action.bundle);
    if (!template) return;
    if (action.bundle.length > 1)
      this.#lose('packets', entry, 'only the outer one of its SAs is written: strongSwan does not nest them');
    if (action.populateFromPacket)
      this.#lose('packets', entry, 'all its packets share SAs, which are not negotiated for each flow');
    if (action.fallbackToClear)
      this.#lose('packets', entry, 'its packets wait where IKE fails, and do not go in the clear');
    if (template.manual) {
      this.#lose('packets', entry, 'has manual keys, which strongSwan does not take: its packets are dropped');
      this.#shunt(entry, entry.selectors, 'DISCARD', place);
      return;
    }
    const taken = this.#protect(entry, template, place);
    if (entry.selectors.length === 0) return;
    // What no child takes must not go in the clear.
    const rest = subtractRegion(entry.selectors, taken, budget);
    if (rest === undefined) this.#lose('packets', entry, 'what of it no child takes could not be worked out');
    else if (rest.length > 0) {
      this.#shunt(entry, rest, 'DISCARD', place + 0.5);
      if (template.mode === 'tunnel' || this.explained.has(entry)) return;
      this.#lose(
        'local',
        entry,
        'where it has no PAD entry, IKE could never start: those packets are dropped outright',
      );
      this.dropped.set(entry, rest);
    }
  }

  /** Connections of peers that no entry is for. */
  idlePeers(): void {
    this.#connections.idlePeers();
  }

  /** All packets that children take. */
  #protect(entry: SpdEntry, template: SaTemplate, place: number): Region {
    const known = this.#whole.get(template);
    if (known) return known;
    const peers = peersOf(this.config, template, entry.selectors);
    if (peers.length === 0)
      this.#lose('packets', entry, 'has no PAD entry that tells how its peer authenticates: its packets are dropped');
    const isWhole = this.#isWhole(template, peers);
    const region = isWhole ? template.selectors : intersectRegions(entry.selectors, template.selectors);
    if (!isWhole)
      this.#lose(
        'negotiation',
        entry,
        'its SA is negotiated for its own packets only, not for all that the tunnel carries',
      );
    const taken: Region[number][] = [];
    const subjects = new Set<string>();
    for (const { pad, policies, address } of peers) {
      for (const local of this.#isOwn(pad) ? [undefined] : ownEnds(template, entry, pad)) {
        const ends: Ends = this.#isOwn(pad)
          ? {}
          : { ...(local ? { local } : {}), ...(address ? { remote: address } : {}) };
        const subject = this.#connections.subject(pad, policies, ends);
        // The PAD entries of one connection are one peer.
        const key = keyOf(subject);
        if (subjects.has(key)) continue;
        subjects.add(key);
        const part = local && template.mode === 'transport' && !this.isNative ? fromAddress(region, local) : region;
        for (const [at, one] of this.#connections.of(subject).entries()) {
          if ('fault' in one) {
            const message = `cannot be negotiated: strongSwan has no ${one.fault}; its packets are dropped`;
            this.#lose('packets', entry, message);
            continue;
          }
          // IKEv1 and IKEv2 with different proposals are two connections, of which the first one starts.
          taken.push(...this.#children(entry, template, part, isWhole, one, at === 0, place));
        }
      }
    }
    if (isWhole) this.#whole.set(template, taken);
    return taken;
  }

  /** strongSwan's own connections name their addresses themselves. */
  #isOwn(pad: PadEntry): boolean {
    return this.isNative && pad.connection !== undefined;
  }

  /**
   * Is a template written as it is? Where its entries select less than it carries, IKEv2 can agree on less, and the kernel then
   * takes no more than they do; IKEv1 must propose what the peer has.
   */
  #isWhole(template: SaTemplate, peers: readonly Peer[]): boolean {
    if (this.isNative || template.mode === 'transport') return true;
    if (peers.some(({ pad }) => pad.ikeVersions.value.includes(1))) return true;
    return isRegionCovered(template.selectors, this.#unions.get(template) ?? [], budget).kind === 'covered';
  }

  /** Children of a template in one connection; the packets that they take. */
  #children(
    entry: SpdEntry,
    template: SaTemplate,
    region: Region,
    isWhole: boolean,
    connection: ConnectionDraft,
    isFirst: boolean,
    place: number,
  ): Region {
    const [pad] = connection.pads;
    const hosts = this.#connections.ranges(connection, template);
    const isKnown = connection.ends.remote !== undefined || connection.pads.some(isCalled);
    const usual = isFirst && (isKnown || template.mode === 'transport') && pad?.respondOnly === false ? 'TRAP' : 'NONE';
    const start = isFirst ? (template.start?.value ?? usual) : 'NONE';
    // A trap for packets to any peer knows no ends: what is dynamic is any address to it.
    const isWildcard = template.mode === 'transport' && start === 'TRAP' && !isKnown;
    const ranges = isWildcard ? { local: [anyAddress(4)], remote: [anyAddress(4)] } : hosts;
    const wanted = template.mode === 'transport' && !this.isNative ? towards(region, hosts.remote) : region;
    const found =
      this.isNative && template.lists
        ? [{ lists: template.lists, isWider: false }]
        : childLists({
            region: wanted,
            ...(template.lists && isWhole ? { lists: template.lists } : {}),
            ends: isWildcard ? {} : connection.ends,
            ranges,
            isBetweenHosts: template.mode === 'transport' && !isWildcard,
          });
    // Whoever only answers takes any pair of its lists.
    const isPairwise = connection.versions[0] === 1 && !this.isNative && isKnown && pad?.respondOnly === false;
    const all = isPairwise ? found.flatMap(singlePairs) : found;
    const before = isPairwise ? regionSelectors(wanted).length : 1;
    if (all.length > before)
      this.#lose(
        'negotiation',
        entry,
        `${all.length} SAs are negotiated for what was ${before === 1 ? 'one' : before}: its selectors are ${isPairwise ? 'no prefixes' : 'no two lists'}`,
      );
    const policy = connection.policies.find(({ version }) => version === connection.versions[0]);
    const taken: Region[number][] = [];
    for (const { lists } of all) {
      const mode = template.mode === 'tunnel' ? 'tunnel' : transportMode(lists, hosts, template, this.isNative);
      const pairs = selectorPolicies(lists, ranges, mode === 'transport' && !isWildcard);
      const written = writeChild({
        template: isFirst ? template : { ...template, start: noStart },
        lists,
        policy,
        mode,
        start: usual,
        replayWindow: this.#replayWindow,
        version: this.version,
      });
      if ('fault' in written) {
        this.#lose(
          'packets',
          entry,
          `cannot be written: strongSwan has no word for ${written.fault}; its packets are dropped`,
        );
        continue;
      }
      const kernel = pairs.map((pair) => pair.kernel);
      this.#add(connection, entry, {
        nodes: written,
        kind: 'protect',
        kernel,
        place,
        template: { ...template, selectors: agreedRegion(pairs) },
      });
      if (template.installsPolicies?.value !== false) taken.push(...kernel.flatMap((one) => one.region));
    }
    return taken;
  }

  /** What passes or is dropped: in its connection where strongSwan's own configuration names one. */
  #ownShunt(entry: SpdEntry, kind: 'BYPASS' | 'DISCARD', place: number): void {
    const { name } = entry.source.record;
    const region = this.#shunts.get(name);
    if (region === undefined || !this.isNative) {
      this.#shunt(entry, entry.selectors, kind, place);
      return;
    }
    if (region.length === 0) return;
    this.#shunts.set(name, []);
    const owner = name.slice(0, Math.max(0, name.lastIndexOf('.')));
    const pad = this.config.pad.find(({ connection }) => connection === owner);
    const found = pad && this.#connections.of(this.#connections.subject(pad, [], {}))[0];
    this.#shunt(entry, region, kind, place, found && !('fault' in found) ? found : undefined);
  }

  #shunt(
    entry: SpdEntry,
    region: Region,
    kind: 'BYPASS' | 'DISCARD',
    place: number,
    connection = this.#connections.shunts(),
  ): void {
    const all: readonly WrittenLists[] = this.isNative
      ? nativeShuntLists(region).map((lists) => ({ lists, isWider: false }))
      : shuntLists(region);
    for (const { lists, isWider } of all) {
      const selectors = selectorSettings(lists);
      // What passes must not become more: without it packets meet what comes after it.
      if ('fault' in selectors || (isWider && kind === 'BYPASS')) {
        const why = 'fault' in selectors ? selectors.fault : 'a selector of the kernel that is no wider';
        this.#lose('packets', entry, `cannot be written: strongSwan has no word for ${why}`);
        continue;
      }
      const mode = kind === 'BYPASS' ? 'pass' : 'drop';
      this.#add(connection, entry, {
        nodes: [...selectors, setting('mode', mode), setting('start_action', 'trap')],
        kind: mode,
        kernel: selectorPolicies(lists, { local: everyAddress, remote: everyAddress }, false).map((one) => one.kernel),
        place,
      });
    }
  }

  #add(
    connection: ConnectionDraft,
    entry: SpdEntry,
    child: Pick<ChildDraft, 'nodes' | 'kind' | 'kernel' | 'place' | 'template'>,
  ): void {
    this.#count += 1;
    if (this.#count > childrenMax) {
      this.#lose('packets', entry, `is left out: more than ${childrenMax} children`);
      return;
    }
    const { record } = entry.source;
    const own = record.name.startsWith(`${connection.name}.`)
      ? record.name.slice(connection.name.length + 1)
      : record.name;
    connection.children.push({
      ...child,
      name: sectionName(own, connection.childNames, 'child'),
      entry,
      ...(this.isNative && entry.priority?.origin.kind === 'explicit' ? { priority: entry.priority } : {}),
    });
  }

  #lose(effect: Loss['effect'], entry: SpdEntry, message: string): void {
    this.#loseOf(effect, entry.source, message);
    if (effect === 'packets') this.explained.add(entry);
  }

  #loseOf(effect: Loss['effect'], source: EntrySource, message: string): void {
    const text = `${source.record.name}: ${message}`;
    if (!this.losses.some((known) => known.message === text)) this.losses.push({ effect, message: text, source });
  }
}

const noStart: Sourced<'NONE'> = { value: 'NONE', origin: { kind: 'builtin', what: 'another connection starts' } };

function outermost(bundle: readonly SaTemplate[]): SaTemplate | undefined {
  return bundle.findLast(({ mode }) => mode === 'tunnel') ?? bundle.at(-1);
}
