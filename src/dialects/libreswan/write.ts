/**
 * Writes ipsec.conf and ipsec.secrets of Libreswan. The kernel looks at policies by numbers that pluto works out of selectors;
 * where those would give another order than the SPD's, the file says its own with `priority=`. What was written is read
 * back, and what is not as it was is a loss.
 */
import { type Address, addressScope, anyAddress } from '../../model/address.js';
import { isRegionCovered } from '../../model/selector/algebra.js';
import { anyPort, type Region } from '../../model/selector/box.js';
import { SourceText } from '../../model/span.js';
import type { EntrySource, SaTemplate, SpdEntry, SystemConfig } from '../../model/system-config.js';
import { selectorBox, type TrafficSelector } from '../../model/traffic-selector.js';
import { ikeSockets, neighborDiscovery } from '../common/lists.js';
import { type Negotiated, negotiationLosses } from '../common/negotiation-losses.js';
import { packetLosses } from '../common/packet-losses.js';
import { onlyAddress, type Peer, peersOf } from '../common/peers.js';
import { prefixesOf, type SelectorPart, selectorParts, withSinglePorts } from '../common/selector-parts.js';
import { keepsOrder, writtenEntries } from '../common/written-entries.js';
import { type DialectWriting, type Loss, noFiles, type WriteOptions } from '../dialect.js';
import { connName, type Settings, section } from './conf-text.js';
import { naturalPriority } from './priority.js';
import { type Product, productOf } from './product.js';
import { readIpsecConf } from './read.js';
import {
  type Ends,
  noIkeSuites,
  type Unwritable,
  type WrittenConn,
  writeProtect,
  writeShunt,
  writtenVersion,
} from './write-conn.js';
import { type SecretQuestion, writeSecrets } from './write-secrets.js';

/** Connections that are written; pluto gets slow long before. */
const connsMax = 20_000;
/** Up to so many it is worked out whether the product's own order will do; more get their numbers. */
const orderedMax = 1_000;

/** Steps for finding out whether an entry for several peers leaves one to earlier entries. */
const coverageBudget = 100_000;

/** A range of ports is written as so many connections, which need no SA, or have one each. */
const portsMax = 64;
const saPortsMax = 16;
/** Own addresses that get a connection each in transport mode. */
const ownAddressesMax = 64;

/** A connection, and what it stands for. */
interface Draft {
  readonly name: string;
  readonly settings: Settings;
  readonly entry: SpdEntry;
  readonly part: SelectorPart;
  /** What it was before, for comparing. */
  readonly before?: Negotiated;
  readonly version?: 1 | 2;
}

/** Writes a configuration. */
export function writeLibreswan(config: SystemConfig, options: WriteOptions): DialectWriting {
  const product = productOf('libreswan', options.version);
  const writer = new Writer(config, product);
  const entries = writtenEntries(config.spd, passedAnyway);
  for (const entry of entries) writer.entry(entry);
  const conf = confText(writer.drafts, entries, config, product);
  const secrets = writeSecrets(config, writer.secrets);
  return {
    files: [
      { path: 'ipsec.conf', text: conf, isSecret: false },
      ...(secrets.text === '' ? [] : [{ path: 'ipsec.secrets', text: secrets.text, isSecret: true }]),
    ],
    losses: [...writer.losses, ...secrets.losses, ...lossesOf(config, writer, conf, secrets.text, options)],
  };
}

/** What pluto does without being told. */
const passedAnyway = [...ikeSockets.selectors, ...neighborDiscovery.selectors];

class Writer {
  readonly drafts: Draft[] = [];
  readonly losses: Loss[] = [];
  readonly secrets: SecretQuestion[] = [];
  /** Entries that have a loss of their own. */
  readonly explained = new Set<SpdEntry>();
  readonly #names = new Set<string>();

  constructor(
    readonly config: SystemConfig,
    readonly product: Product,
  ) {}

  entry(entry: SpdEntry): void {
    const { action } = entry;
    if (action.kind !== 'PROTECT') {
      this.#shunt(action.kind, entry);
      return;
    }
    const template = outermost(action.bundle);
    if (!template) return;
    if (action.bundle.length > 1)
      this.#lose('packets', entry, 'only the outer one of its SAs is written: pluto does not nest them');
    if (action.populateFromPacket)
      this.#lose('packets', entry, 'all its packets share SAs, which are not negotiated for each flow');
    if (template.manual) {
      this.#instead(entry, 'has manual keys, which pluto does not take');
      return;
    }
    const peers = peersOf(this.config, template, entry.selectors);
    if (peers.length === 0) this.#instead(entry, 'has no PAD entry that tells how its peer authenticates');
    let unwritten = 0;
    for (const peer of peers)
      unwritten += this.#protect(entry, template, peer, action.fallbackToClear, peers.length > 1);
    if (unwritten > 0 && unwritten === peers.length) this.#instead(entry, 'cannot be protected as it says');
  }

  /** Packets that must not go in the clear are dropped instead. */
  #instead(entry: SpdEntry, why: string): void {
    this.#lose('packets', entry, `${why}: its packets are dropped`);
    this.#shunt('DISCARD', entry);
  }

  #lose(effect: Loss['effect'], entry: SpdEntry, message: string): void {
    const made = loss(effect, entry.source, message);
    if (!this.losses.some((known) => known.source === made.source && known.message === made.message))
      this.losses.push(made);
    if (effect === 'packets') this.explained.add(entry);
  }

  #shunt(kind: 'BYPASS' | 'DISCARD', entry: SpdEntry): void {
    const only = onlyAddress(entry.selectors, 'local');
    const remote = onlyAddress(entry.selectors, 'remote');
    const parts = selectorParts(entry.selectors, undefined, {});
    for (const part of parts.flatMap((one) => withSinglePorts(one, portsMax) ?? [one])) {
      const family = part.local.ranges[0]!.family;
      // A connection none of whose ends is an own address is not taken at all.
      const local = only && isOwn(this.config, only) ? only : this.#own(family);
      const ends: Ends = {
        ...(local ? { local } : {}),
        ...(local && remote && remote.family === local.family ? { remote } : {}),
      };
      this.#add(entry, part, writeShunt(kind, part, ends, this.product));
    }
  }

  /** 1 where nothing was written. */
  #protect(entry: SpdEntry, template: SaTemplate, peer: Peer, fallbackToClear: boolean, isOneOfMany: boolean): number {
    const { pad, address } = peer;
    const written =
      template.localEndpoint ??
      (template.mode === 'transport' ? onlyAddress(entry.selectors, 'local') : undefined) ??
      single(pad.local);
    const family = address?.family ?? written?.family ?? pad.remote.family;
    const local = written?.family === family && BigInt(written.value) !== 0n ? written : this.#own(family);
    const bothEnds: Ends = { ...(local ? { local } : {}), ...(address ? { remote: address } : {}) };
    const region = peerRegion(template.selectors, template, address);
    const found = selectorParts(region, template.mode === 'tunnel' ? template.lists : undefined, bothEnds);
    const parts = found.flatMap((one) => withSinglePorts(one, saPortsMax) ?? [one]);
    let count = 0;
    let taken = 0;
    for (const { part, ends } of parts.flatMap((part) => this.#withEnds(template, part, bothEnds))) {
      if (isOneOfMany && this.#isTaken(entry, part)) {
        taken += 1;
        continue;
      }
      const conn = writeProtect(template, peer, part, ends, fallbackToClear, this.product);
      const version = writtenVersion(pad);
      const policy = peer.policies.find((one) => one.version === version);
      const before: Negotiated = {
        template: { ...template, selectors: partRegion(part) },
        pad: address ? { ...pad, remote: { family: address.family, first: address.value, last: address.value } } : pad,
        ...(policy ? { policy } : {}),
      };
      if (this.#add(entry, part, conn, before, version)) count += 1;
    }
    if (parts.length > 1 && count > 1) this.#lose('negotiation', entry, `${count} SAs are negotiated for what was one`);
    if (count === 0) return taken > 0 ? 0 : 1;
    this.secrets.push({ pad, ...bothEnds });
    return 0;
  }

  /** In transport mode an own address is the end, and several of them are several connections. */
  #withEnds({ mode }: SaTemplate, part: SelectorPart, ends: Ends): readonly { part: SelectorPart; ends: Ends }[] {
    const count = part.local.ranges.reduce((sum, { first, last }) => sum + Number(last) - Number(first) + 1, 0);
    if (mode === 'tunnel' || count > ownAddressesMax) return [{ part, ends }];
    return part.local.ranges.flatMap(({ family, first, last }) =>
      Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => {
        const value = family === 4 ? Number(first) + index : BigInt(first) + BigInt(index);
        const ranges = [{ family, first: value, last: value }];
        return { part: { ...part, local: { ...part.local, ranges } }, ends: { ...ends, local: { family, value } } };
      }),
    );
  }

  #add(
    entry: SpdEntry,
    part: SelectorPart,
    conn: WrittenConn | Unwritable,
    before?: Negotiated,
    version?: 1 | 2,
  ): boolean {
    if ('fault' in conn) {
      this.#lose('packets', entry, `cannot be written: ipsec.conf has no word for ${conn.fault}`);
      return false;
    }
    if (this.drafts.length >= connsMax) {
      this.#lose('packets', entry, `is left out: more than ${connsMax} connections`);
      return false;
    }
    // Peers that differ in what cannot be written are one.
    const text = JSON.stringify(conn.settings);
    if (this.drafts.some((draft) => draft.entry === entry && JSON.stringify(draft.settings) === text)) return true;
    const name = connName(entry.source.record.name, this.#names);
    this.#names.add(name);
    if (conn.isSplit && before) this.#lose('negotiation', entry, 'each pair of its networks is an SA of its own');
    for (const note of conn.notes) this.#lose(note === noIkeSuites ? 'negotiation' : 'local', entry, note);
    const isIkeKnown = !conn.notes.includes(noIkeSuites);
    this.drafts.push({
      name,
      settings: conn.settings,
      entry,
      part,
      ...(before && !conn.isSplit ? { before: isIkeKnown ? before : withoutIkeProposals(before) } : {}),
      ...(version ? { version } : {}),
    });
    return true;
  }

  /** Do earlier entries take all packets of a peer? */
  #isTaken(entry: SpdEntry, part: SelectorPart): boolean {
    const before = this.drafts.flatMap((draft) => (draft.entry === entry ? [] : partRegion(draft.part)));
    return isRegionCovered(partRegion(part), before, coverageBudget).kind === 'covered';
  }

  /** An address of this system. */
  #own(family: 4 | 6): Address | undefined {
    const all = this.config.addresses.filter((address) => addressScope(address) === 'unicast');
    return all.find((address) => address.family === family) ?? all[0];
  }
}

/** What was told already is not compared. */
function withoutIkeProposals({ policy, ...rest }: Negotiated): Negotiated {
  return policy ? { ...rest, policy: { ...policy, proposals: [] } } : rest;
}

function isOwn({ addresses }: SystemConfig, { family, value }: Address): boolean {
  return addresses.length === 0 || addresses.some((own) => own.family === family && own.value === value);
}

function single(
  ranges:
    | readonly { readonly family: 4 | 6; readonly first: number | bigint; readonly last: number | bigint }[]
    | undefined,
): Address | undefined {
  const [range, ...more] = ranges ?? [];
  return range && more.length === 0 && range.first === range.last
    ? { family: range.family, value: range.first }
    : undefined;
}

function outermost(bundle: readonly SaTemplate[]): SaTemplate | undefined {
  return bundle.findLast(({ mode }) => mode === 'tunnel') ?? bundle.at(-1);
}

/** In transport mode a connection is for one peer: of all remote addresses, its own. */
function peerRegion(region: Region, { mode }: SaTemplate, address: Address | undefined): Region {
  if (mode === 'tunnel') return region;
  return region.flatMap((box) => {
    if (!address) return [{ ...box, remote: rangeOf(box.family) }];
    if (box.family !== address.family || address.value < box.remote.lo || address.value > box.remote.hi) return [];
    return [{ ...box, remote: { lo: address.value, hi: address.value } }];
  });
}

function rangeOf(family: 4 | 6): Region[number]['remote'] {
  const { first, last } = anyAddress(family);
  return { lo: first, hi: last };
}

function partRegion({ local, remote }: SelectorPart): Region {
  const selectors = ({ ranges, protocol, ports }: SelectorPart['local']) =>
    ranges.map((range): TrafficSelector => ({ range, protocol, ports: protocol === 0 ? anyPort : ports }));
  return selectors(local).flatMap((ours) => selectors(remote).flatMap((theirs) => selectorBox(ours, theirs) ?? []));
}

function loss(effect: Loss['effect'], source: EntrySource, message: string): Loss {
  return { effect, message: `${source.record.name}: ${message}`, source };
}

function confText(
  drafts: readonly Draft[],
  entries: readonly SpdEntry[],
  config: SystemConfig,
  product: Product,
): string {
  const hasIkev1 = drafts.some(({ version }) => version === 1);
  const setup: [string, string][] = [];
  if (hasIkev1 && product.defaults.ikev1Dropped) setup.push(['ikev1-policy', 'accept']);
  if (config.pad.length > 0 && config.pad.every(({ uniqueness }) => uniqueness?.value === 'never'))
    setup.push(['uniqueids', 'no']);
  const places = new Map(entries.map((entry, index) => [entry, index]));
  const isOrdered = isOrderKept(drafts, places);
  const conns = drafts.map(({ name, settings, entry }) =>
    section(`conn ${name}`, [
      ...settings,
      ...(isOrdered ? [] : [['priority', String(priorityFirst + places.get(entry)! * priorityStep)] as const]),
    ]),
  );
  return ['# Libreswan '.concat(product.versionText, '\n'), section('config setup', setup), ...conns].join('\n');
}

const priorityFirst = 1_000;
const priorityStep = 10;

/** Do the numbers that the product works out give the order of the SPD? */
function isOrderKept(drafts: readonly Draft[], places: ReadonlyMap<SpdEntry, number>): boolean {
  if (drafts.length > orderedMax) return false;
  return keepsOrder(
    drafts.map(({ part, entry }) => {
      const region = partRegion(part);
      const protocol = part.local.protocol || part.remote.protocol;
      const numbers = prefixesOf(part.local.ranges).flatMap((local) =>
        prefixesOf(part.remote.ranges).map((remote) =>
          naturalPriority({ ...part.local, protocol, range: local }, { ...part.remote, protocol, range: remote }),
        ),
      );
      return { region, entry, place: places.get(entry)!, least: Math.min(...numbers), most: Math.max(...numbers) };
    }),
  );
}

/** Reads the files as the product would, and compares. */
function lossesOf(
  config: SystemConfig,
  { drafts, explained }: Writer,
  conf: string,
  secrets: string,
  { version, baseName }: WriteOptions,
): readonly Loss[] {
  const reading = readIpsecConf(
    {
      name: baseName,
      sources: [
        new SourceText('ipsec.conf', conf),
        ...(secrets === '' ? [] : [new SourceText('ipsec.secrets', secrets)]),
      ],
      files: noFiles,
      addresses: config.addresses,
      ...(version === undefined ? {} : { version }),
    },
    'libreswan',
  );
  const { config: written } = reading;
  const templates = byConnection(written.spd.flatMap(({ action }) => (action.kind === 'PROTECT' ? action.bundle : [])));
  const pads = byConnection(written.pad);
  const policies = byConnection(written.ikePolicies);
  const told = new Set<string>();
  const losses = drafts.flatMap(({ name, entry, before, version: ike }): readonly Loss[] => {
    if (!before) return [];
    const after: Negotiated = {
      ...found('template', templates.get(name)?.[0]),
      ...found('pad', pads.get(name)?.[0]),
      ...found(
        'policy',
        policies.get(name)?.find(({ version: of }) => of === ike),
      ),
    };
    return negotiationLosses(entry.source.record.name, entry.source, before, after);
  });
  return [
    ...packetLosses(config, reading.config, { explained }),
    ...losses.filter(({ message }) => !told.has(message) && told.add(message)),
    // Nothing that this writer makes is refused; should it be, it must be known.
    ...reading.problems
      .filter(({ code }) => code !== 'IMP003' && code !== 'IMP006')
      .map(({ message }): Loss => ({ effect: 'negotiation', message: `the text as written is refused: ${message}` })),
  ];
}

function byConnection<T extends { readonly connection?: string }>(
  all: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(one.connection ?? '');
    if (group) group.push(one);
    else groups.set(one.connection ?? '', [one]);
  }
  return groups;
}

function found<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
