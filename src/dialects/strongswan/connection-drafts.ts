/** The connections of a configuration that is written, with the children that go into each: one for each peer, and one for what has no peer. */
import { type Address, type AddressRange, rangesIntersect, singleAddress } from '../../model/address.js';
import { poolsNamed } from '../../model/address-pool.js';
import type { Sourced } from '../../model/origin.js';
import type {
  EntrySource,
  IkePolicy,
  PadEntry,
  SaTemplate,
  SpdEntry,
  SystemConfig,
} from '../../model/system-config.js';
import type { Loss } from '../dialect.js';
import type { SwanVersion } from './defaults.js';
import { everyAddress } from './ends.js';
import type { KernelSelector } from './kernel-selector.js';
import type { EndRanges } from './pairs.js';
import type { PolicyClass } from './priority.js';
import { type SettingsNode, sectionName, setting } from './settings-text.js';
import { type Ends, type Unwritable, writeConnection } from './write-connection.js';
import { sameSuites } from './write-proposals.js';

export interface ChildDraft {
  readonly name: string;
  readonly nodes: readonly SettingsNode[];
  readonly kind: PolicyClass;
  readonly kernel: readonly KernelSelector[];
  readonly entry: SpdEntry;
  /** The place of its entry; what is left of an entry comes half a step behind it. */
  readonly place: number;
  /** The priority that strongSwan's own configuration has. */
  readonly priority?: Sourced<number>;
  /** What it was made of, with the selectors that are written. */
  readonly template?: SaTemplate;
}

export interface ConnectionDraft {
  readonly name: string;
  readonly nodes: readonly SettingsNode[];
  readonly pads: readonly PadEntry[];
  readonly policies: readonly IkePolicy[];
  readonly versions: readonly (1 | 2)[];
  readonly ends: Ends;
  readonly children: ChildDraft[];
  readonly childNames: Set<string>;
}

/** What a connection is written for. */
export interface Subject {
  readonly pads: readonly [PadEntry, ...PadEntry[]];
  readonly policies: readonly IkePolicy[];
  readonly ends: Ends;
}

/** Finds or makes the connection of a peer; costs are linear in the records, however many connections they make. */
export class ConnectionDrafts {
  readonly list: ConnectionDraft[] = [];
  /** Address pools by name, as far as the selectors tell them. */
  readonly pools = new Map<string, AddressRange>();
  readonly #names = new Set<string>();
  readonly #byKey = new Map<string, readonly (ConnectionDraft | Unwritable)[]>();
  readonly #usedPads = new Set<PadEntry>();
  readonly #padsOf: ReadonlyMap<string | undefined, readonly PadEntry[]>;
  readonly #policiesOf: ReadonlyMap<string | undefined, readonly IkePolicy[]>;

  /** `lose` is told what of a peer does not survive. */
  constructor(
    readonly config: SystemConfig,
    readonly version: SwanVersion,
    readonly lose: (effect: Loss['effect'], source: EntrySource, message: string) => void,
  ) {
    this.#padsOf = byConnection(config.pad);
    this.#policiesOf = byConnection(config.ikePolicies);
  }

  /** What the connection of a PAD entry is written for: all entries that are one connection. */
  subject(pad: PadEntry, policies: readonly IkePolicy[], ends: Ends): Subject {
    const { connection } = pad;
    if (connection === undefined) return { pads: [pad], policies, ends };
    const [first = pad, ...more] = this.#padsOf.get(connection) ?? [];
    return { pads: [first, ...more], policies: this.#policiesOf.get(connection) ?? [], ends };
  }

  /** The connection of a peer; one for each version of IKE where they do not share their proposals. */
  of(subject: Subject): readonly (ConnectionDraft | Unwritable)[] {
    for (const pad of subject.pads) this.#usedPads.add(pad);
    const key = keyOf(subject);
    const known = this.#byKey.get(key);
    if (known) return known;
    const [pad] = subject.pads;
    const base = pad.connection ?? pad.source.record.name;
    const made = versionsOf(subject).map((versions, at): ConnectionDraft | Unwritable => {
      const written = writeConnection({
        ...subject,
        versions,
        version: this.version,
        isNative: this.config.peerProfile?.value === 'strongswan',
      });
      if ('fault' in written) return written;
      for (const { effect, message } of written.notes) this.lose(effect, pad.source, message);
      const name = sectionName(at === 0 ? base : `${base}-ikev${versions[0]}`, this.#names, 'connection');
      const draft: ConnectionDraft = {
        ...subject,
        name,
        versions,
        nodes: written.nodes,
        children: [],
        childNames: new Set(),
      };
      this.list.push(draft);
      return draft;
    });
    this.#byKey.set(key, made);
    return made;
  }

  /** The peer of a connection that is none is nobody, so that nobody is answered by it. */
  shunts(): ConnectionDraft {
    const known = this.#byKey.get('shunts')?.[0];
    if (known && !('fault' in known)) return known;
    const draft: ConnectionDraft = {
      name: sectionName('shunts', this.#names, 'shunts'),
      nodes: [setting('local_addrs', '127.0.0.1'), setting('remote_addrs', '127.0.0.1')],
      pads: [],
      policies: [],
      versions: [2, 1],
      ends: {},
      children: [],
      childNames: new Set(),
    };
    this.#byKey.set('shunts', [draft]);
    this.list.push(draft);
    return draft;
  }

  /** Connections of peers that no entry is for. */
  idlePeers(): void {
    for (const pad of this.config.pad) {
      if (this.#usedPads.has(pad)) continue;
      const { connection, remote } = pad;
      const policies = (this.#policiesOf.get(connection) ?? []).filter((policy) =>
        rangesIntersect(policy.remote, remote),
      );
      const ends = remote.first === remote.last ? { remote: { family: remote.family, value: remote.first } } : {};
      const found = this.of(this.subject(pad, policies, connection === undefined ? ends : {}));
      for (const one of found)
        if ('fault' in one) this.lose('negotiation', pad.source, `cannot be written: strongSwan has no ${one.fault}`);
    }
  }

  /** The addresses of both ends, as strongSwan will have them. */
  ranges({ pads, ends }: ConnectionDraft, template: SaTemplate): EndRanges {
    const [pad] = pads;
    const hosts = (end: Address | undefined, ranges: readonly AddressRange[] | undefined) =>
      end ? [singleAddress(end)] : ranges && ranges.length > 0 ? ranges : everyAddress;
    const remote = hosts(
      ends.remote,
      pads.map((one) => one.remote),
    );
    return {
      local: pad?.virtualAddresses?.length ? everyAddress : hosts(ends.local, pad?.local),
      remote: this.#pooled(pad, template, remote) ?? remote,
    };
  }

  /** Pools are known by name only: what dynamic selectors of the peer have become tells their addresses. */
  #pooled(
    pad: PadEntry | undefined,
    template: SaTemplate,
    hosts: readonly AddressRange[],
  ): readonly AddressRange[] | undefined {
    const names = pad?.pools ?? [];
    const known = poolsNamed(
      this.config.pools,
      names.map(({ value }) => value),
    );
    for (const { name, range, written = range } of known) this.pools.set(name, written);
    if (known.length > 0) return known.map(({ range, written = range }) => written);
    if (names.length === 0 || !template.lists?.remote.some(({ kind }) => kind === 'dynamic')) return undefined;
    const found = new Map<string, AddressRange>();
    for (const { family, remote } of template.selectors) {
      const isHost = hosts.some(
        (host) => host.family === family && host.first === remote.lo && host.last === remote.hi,
      );
      if (!isHost) found.set(`${remote.lo}-${remote.hi}`, { family, first: remote.lo, last: remote.hi });
    }
    const ranges = [...found.values()];
    if (ranges.length === 0) return undefined;
    for (const [at, { value }] of names.entries()) {
      const range = ranges[at];
      if (range) this.pools.set(value, range);
    }
    return ranges.slice(0, names.length);
  }
}

function byConnection<T extends { readonly connection?: string }>(
  entries: readonly T[],
): ReadonlyMap<string | undefined, readonly T[]> {
  const lists = new Map<string | undefined, T[]>();
  for (const entry of entries) {
    const known = lists.get(entry.connection);
    if (known) known.push(entry);
    else lists.set(entry.connection, [entry]);
  }
  return lists;
}

/** Peers of one key have one connection. */
export function keyOf({ pads, ends }: Subject): string {
  const [pad] = pads;
  if (pad.connection !== undefined && !ends.local && !ends.remote) return `connection ${pad.connection}`;
  const word = (address: Address | undefined) => (address ? `${address.family} ${address.value}` : 'any');
  const { remote, source } = pad;
  return [
    pad.connection,
    source.record.kind,
    source.record.name,
    remote.first,
    remote.last,
    word(ends.local),
    word(ends.remote),
  ].join('|');
}

/** The versions that connections are written for. */
function versionsOf({ pads: [pad], policies }: Subject): readonly (readonly (1 | 2)[])[] {
  const versions = pad.ikeVersions.value;
  if (versions.length < 2) return [versions];
  const [second, first] = [2, 1].map((version) => policies.find((policy) => policy.version === version));
  if (!second || !first || sameSuites(second, first)) return [[2, 1]];
  return versions.map((version) => [version]);
}
