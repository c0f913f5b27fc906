/**
 * What two configurations say about their peers, compared without regard to the product they are written for: PAD entries
 * and IKE policies by what they mean for a range of addresses.
 */
import { type AddressRange, formatRange, rangesIntersect } from './address.js';
import type { PeerChange } from './compare.js';
import { formatIdentity, formatPattern } from './peer/identity.js';
import type { IkePolicy, IkeProposal, PadEntry, SecretReference, SystemConfig } from './system-config.js';

/** One side of a comparison: everything that is for peers of one range. */
interface Side {
  readonly pad: PadEntry | undefined;
  readonly policy: IkePolicy | undefined;
}

/** Ranges of peers that are looked at. */
export const peerRangesMax = 10_000;

/** The differences, by range of peers; connections are told apart by their place among those for the same range. */
export function comparePeers(before: SystemConfig, after: SystemConfig): PeerChange[] {
  const changes: PeerChange[] = [];
  const seen = new Set<string>();
  for (const { remote } of [...before.pad, ...after.pad]) {
    const key = formatRange(remote);
    if (seen.has(key) || seen.size >= peerRangesMax) continue;
    seen.add(key);
    const [mine, theirs] = [entriesFor(before, remote), entriesFor(after, remote)];
    for (let place = 0; place < Math.max(mine.length, theirs.length); place += 1)
      changes.push(...compareSides(remote, before, after, mine[place], theirs[place]));
  }
  return changes;
}

/** The entries that a peer of the range may meet, in order; without connections the first one alone. */
function entriesFor({ pad }: SystemConfig, range: AddressRange): readonly PadEntry[] {
  const meeting = pad.filter(({ remote }) => rangesIntersect(remote, range));
  return meeting.some(({ connection }) => connection !== undefined) ? meeting : meeting.slice(0, 1);
}

function compareSides(
  range: AddressRange,
  before: SystemConfig,
  after: SystemConfig,
  mine: PadEntry | undefined,
  theirs: PadEntry | undefined,
): PeerChange[] {
  const changes: PeerChange[] = [];
  const put = (what: PeerChange['what'], a: Side, b: Side, fields: PeerChange['fields']) => {
    if (fields.length === 0) return;
    const name = (side: Side) => (side.policy ?? side.pad)?.source.record.name;
    const [nameA, nameB] = [name(a), name(b)];
    changes.push({
      what,
      peers: [range],
      ...(nameA === undefined ? {} : { before: nameA }),
      ...(nameB === undefined ? {} : { after: nameB }),
      fields,
    });
  };
  const pads = [
    { pad: mine, policy: undefined },
    { pad: theirs, policy: undefined },
  ] as const;
  put('auth', ...pads, differences(padFields(mine), padFields(theirs), secretsDiffer(mine, theirs)));
  for (const version of [1, 2] as const) {
    const [a, b] = [policyFor(before, mine, version), policyFor(after, theirs, version)];
    put(
      version === 1 ? 'ikev1' : 'ikev2',
      { pad: mine, policy: a },
      { pad: theirs, policy: b },
      differences(policyFields(a), policyFields(b)),
    );
  }
  return changes;
}

/** The policy that goes with an entry, where it speaks that version at all. */
function policyFor(config: SystemConfig, pad: PadEntry | undefined, version: 1 | 2): IkePolicy | undefined {
  if (!pad?.ikeVersions.value.includes(version)) return undefined;
  return config.ikePolicies.find(
    (policy) =>
      policy.version === version && policy.connection === pad.connection && rangesIntersect(policy.remote, pad.remote),
  );
}

function padFields(pad: PadEntry | undefined): ReadonlyMap<string, string> {
  if (!pad) return new Map();
  const fields: [string, string | undefined][] = [
    ['kmp', pad.ikeVersions.value.map((version) => `IKEV${version}`).join(',')],
    ['exchange', pad.ikeVersions.value.includes(1) ? pad.exchange.value : undefined],
    ['local_method', pad.localMethod.value],
    ['remote_method', pad.remoteMethod.value],
    ['lid', pad.localId && formatIdentity(pad.localId.value)],
    ['rid', pad.remoteId && formatPattern(pad.remoteId.value)],
    ['preshared', pad.presharedKey && '[secret]'],
    ['dpd', pad.dpdSeconds?.value ? String(pad.dpdSeconds.value) : undefined],
    ['natt', pad.natTraversal?.value],
  ];
  return new Map(fields.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}

function policyFields(policy: IkePolicy | undefined): ReadonlyMap<string, string> {
  if (!policy) return new Map();
  return new Map([
    ['proposals', policy.proposals.map(describe).join(', ')],
    ['life', String(policy.lifetimeSeconds.value)],
  ]);
}

function describe({ encryption, authentication, prf, keyExchange }: IkeProposal): string {
  return [encryption, authentication, prf, keyExchange]
    .map((list) => list.map(({ name }) => name).join('+'))
    .filter((names) => names !== '')
    .join('/');
}

function differences(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  otherSecret = false,
): PeerChange['fields'] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [a, b] = [before.get(name), after.get(name)];
    if (a === b && !(name === 'preshared' && otherSecret)) return [];
    return [{ name, ...(a === undefined ? {} : { before: a }), ...(b === undefined ? {} : { after: b }) }];
  });
}

function secretsDiffer(a: PadEntry | undefined, b: PadEntry | undefined): boolean {
  const literal = (reference: SecretReference | undefined) =>
    reference?.kind === 'literal' ? reference.secret : undefined;
  const [mine, theirs] = [literal(a?.presharedKey?.value), literal(b?.presharedKey?.value)];
  return mine !== undefined && theirs !== undefined && !mine.equals(theirs);
}
