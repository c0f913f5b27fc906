/**
 * Writes swanctl.conf, with the secrets in a file of their own, and strongswan.conf where settings of the daemon matter. The
 * kernel looks at policies by numbers that charon works out of their selectors; where those would give another order than the
 * SPD's, children say their own with `priority`. What was written is read back, and what is not as it was is a loss.
 */

import { proposalsWithGroups } from '../../model/peer/child-proposals.js';
import { addressIdentity } from '../../model/peer/identity.js';
import { libipsecPlugin } from '../../model/peer-profile/data-path.js';
import { isRegionCovered } from '../../model/selector/algebra.js';
import type { Region } from '../../model/selector/box.js';
import { findSharedSecret } from '../../model/shared-secret.js';
import { SourceText } from '../../model/span.js';
import type { IdentityPattern, PadEntry, SaTemplate, SystemConfig } from '../../model/system-config.js';
import { ikeSockets } from '../common/lists.js';
import { type Negotiated, negotiationLosses } from '../common/negotiation-losses.js';
import { packetLosses } from '../common/packet-losses.js';
import { keepsOrder, type RankedPolicy, writtenEntries } from '../common/written-entries.js';
import type { DialectReading, DialectWriting, FileAccess, Loss, WriteOptions, WrittenFile } from '../dialect.js';
import { importCodes } from '../option-report.js';
import type { ChildDraft, ConnectionDraft } from './connection-drafts.js';
import { defaultSwanVersion, type SwanVersion, swanVersions } from './defaults.js';
import { policyPriority } from './priority.js';
import { readSwan } from './read.js';
import { type SettingsNode, section, setting, settingsText } from './settings-text.js';
import { Drafts } from './write-drafts.js';
import { writePools } from './write-pools.js';
import { writeSecrets } from './write-secrets.js';
import { patternKey, rangeWord } from './write-words.js';

const secretsFile = 'secrets.conf';
/** Up to so many children it is worked out whether charon's own order will do; more get their numbers. */
const orderedMax = 1_000;
const priorityFirst = 1_000;
const priorityStep = 10;
/** Steps to find out whether two regions are the same. */
const budget = 100_000;

/** Writes a configuration. */
export function writeSwan(config: SystemConfig, options: WriteOptions): DialectWriting {
  const version = swanVersions.find((known) => known === options.version) ?? defaultSwanVersion;
  const drafts = new Drafts(config, version);
  for (const [place, entry] of writtenEntries(config.spd, ikeSockets.selectors).entries()) drafts.entry(entry, place);
  drafts.idlePeers();
  const connections = inOrder(drafts, config);
  const secrets = writeSecrets(
    config,
    connections.flatMap(({ pads, ends }) => pads.map((pad) => ({ pad, ends }))),
  );
  const priorities = prioritiesOf(connections, drafts.isNative);
  const files = [
    main(connections, priorities, drafts, version, secrets.nodes.length > 0),
    ...(secrets.nodes.length > 0 ? [{ path: secretsFile, text: settingsText(secrets.nodes), isSecret: true }] : []),
    ...daemonFile(config, drafts.isNative),
  ];
  const reading = readBack(files, config, options.baseName, version);
  return {
    files,
    losses: unique([
      ...drafts.losses,
      ...secrets.losses,
      ...packetLosses(withoutDropped(config, drafts), reading.config, { explained: drafts.explained }),
      ...connections.flatMap((connection) => negotiated(connection, reading.config)),
      ...refused(reading),
    ]),
  };
}

/** As the packets fare that no peer is for. */
function withoutDropped(config: SystemConfig, { dropped }: Drafts): SystemConfig {
  if (dropped.size === 0) return config;
  const spd = config.spd.flatMap((entry) => {
    const rest = dropped.get(entry);
    return rest ? [{ ...entry, selectors: rest, action: { kind: 'DISCARD' as const } }, entry] : [entry];
  });
  return { ...config, spd };
}

function unique(losses: readonly Loss[]): readonly Loss[] {
  const told = new Set<string>();
  return losses.filter(({ message }) => !told.has(message) && told.add(message));
}

/** strongSwan's own connections and children as they stood in their file, which decides between equals; others as they came. */
function inOrder({ connections, isNative }: Drafts, { pad }: SystemConfig): readonly ConnectionDraft[] {
  if (!isNative) return connections;
  const places = new Map<string, number>();
  for (const { connection } of pad)
    if (connection !== undefined && !places.has(connection)) places.set(connection, places.size);
  const placeOf = ({ pads: [first] }: ConnectionDraft) => places.get(first?.connection ?? '') ?? places.size;
  return connections
    .map((draft) => ({ ...draft, children: [...draft.children].sort(byPlace) }))
    .sort((a, b) => placeOf(a) - placeOf(b));
}

function byPlace(a: ChildDraft, b: ChildDraft): number {
  const [first, second] = [a.entry.source.at, b.entry.source.at];
  return first && second && first.source === second.source ? first.start - second.start : 0;
}

/** Numbers for children, where charon's own would give another order; undefined where they will do. */
function prioritiesOf(
  connections: readonly ConnectionDraft[],
  isNative: boolean,
): ((child: ChildDraft) => number | undefined) | undefined {
  if (isNative) return ({ priority }) => priority?.value;
  const children = connections.flatMap((connection) => connection.children);
  if (children.length <= orderedMax && keepsOrder(children.map(ranked))) return undefined;
  const places = [...new Set(children.map(({ place }) => place))].sort((a, b) => a - b);
  const numbers = new Map(places.map((place, at) => [place, priorityFirst + at * priorityStep]));
  return ({ place }) => numbers.get(place);
}

function ranked({ kernel, kind, entry, place }: ChildDraft): RankedPolicy {
  const numbers = kernel.map((selector) => policyPriority(kind, selector));
  return {
    // A part that is dropped instead is no protection.
    entry: kind === 'protect' ? entry : { ...entry, action: { kind: kind === 'pass' ? 'BYPASS' : 'DISCARD' } },
    place,
    region: kernel.flatMap(({ region }) => region),
    least: Math.min(...numbers),
    most: Math.max(...numbers),
  };
}

function main(
  connections: readonly ConnectionDraft[],
  priorities: ((child: ChildDraft) => number | undefined) | undefined,
  { pools, config }: Drafts,
  version: SwanVersion,
  hasSecrets: boolean,
): WrittenFile {
  const nodes: SettingsNode[] = [];
  if (connections.length > 0)
    nodes.push(
      section(
        'connections',
        connections.map(({ name, nodes: own, children }) =>
          section(name, [...own, ...childSections(children, priorities)]),
        ),
      ),
    );
  nodes.push(...writePools(config.pools ?? [], pools));
  const include = hasSecrets ? `include ${secretsFile}\n` : '';
  return { path: 'swanctl.conf', text: `# strongSwan ${version}\n${settingsText(nodes)}${include}`, isSecret: false };
}

function childSections(
  children: readonly ChildDraft[],
  priorities: ((child: ChildDraft) => number | undefined) | undefined,
): readonly SettingsNode[] {
  if (children.length === 0) return [];
  return [
    section(
      'children',
      children.map((child) => {
        const priority = priorities?.(child);
        return section(child.name, [
          ...child.nodes,
          ...(priority === undefined ? [] : [setting('priority', String(priority))]),
        ]);
      }),
    ),
  ];
}

/** Settings of the daemon that answers depend on. */
function daemonFile(
  { productSettings = new Map(), dataPath }: SystemConfig,
  isNative: boolean,
): readonly WrittenFile[] {
  if (!isNative) return [];
  const pluginPrefix = `charon.plugins.${libipsecPlugin}.`;
  const all = [...productSettings];
  const plugin = all.filter(([name]) => name.startsWith(pluginPrefix));
  const nodes = all
    .filter((each) => !plugin.includes(each))
    .map(([name, { value }]) => setting(name.slice(name.indexOf('.') + 1), value));
  const pluginNodes = [
    ...(dataPath ? [setting('load', dataPath.value === 'libipsec' ? 'yes' : 'no')] : []),
    ...plugin.map(([name, { value }]) => setting(name.slice(pluginPrefix.length), value)),
  ];
  if (pluginNodes.length > 0) nodes.push(section('plugins', [section(libipsecPlugin, pluginNodes)]));
  if (nodes.length === 0) return [];
  return [{ path: 'strongswan.conf', text: settingsText([section('charon', nodes)]), isSecret: false }];
}

/** Reads the files as the product would. */
function readBack(
  files: readonly WrittenFile[],
  config: SystemConfig,
  name: string,
  version: SwanVersion,
): DialectReading {
  const sources = files.map(({ path, text }) => new SourceText(path, text));
  const access: FileAccess = {
    find: (pattern) => sources.filter(({ path }) => path === pattern).map((source) => ({ source, problems: [] })),
  };
  return readSwan({ name, sources: sources.slice(0, 1), files: access, version, addresses: config.addresses });
}

/** What strongSwan would not take of what was written: nothing; should there be something, it must be known. */
function refused({ problems }: DialectReading): readonly Loss[] {
  const harmless: readonly string[] = [importCodes.partialOption, importCodes.notedOption, importCodes.otherwise];
  return problems
    .filter(({ code }) => !harmless.includes(code))
    .map(({ message }): Loss => ({ effect: 'negotiation', message: `the text as written is refused: ${message}` }));
}

/** Everything in which what a connection negotiates differs from the original. */
function negotiated(draft: ConnectionDraft, written: SystemConfig): readonly Loss[] {
  const { name, pads, policies, versions, ends, children } = draft;
  const [pad] = pads;
  if (!pad) return [];
  const templates = new Map<string, SaTemplate>();
  for (const { action } of written.spd)
    if (action.kind === 'PROTECT')
      for (const template of action.bundle) templates.set(template.source.record.name, template);
  const is = written.pad.find(({ connection }) => connection === name);
  const peer = ends.remote
    ? { ...pad, remote: { family: ends.remote.family, first: ends.remote.value, last: ends.remote.value } }
    : pad;
  const label = pad.source.record.name;
  const ofPeer = negotiationLosses(
    label,
    pad.source,
    { pad: comparable(peer, is, versions) },
    is ? { pad: withKey(is, written) } : {},
  );
  const ofPolicies = versions.flatMap((version) => {
    const [was, now] = [policies, written.ikePolicies.filter(({ connection }) => connection === name)].map((list) =>
      list.find((policy) => policy.version === version),
    );
    return was ? negotiationLosses(label, was.source, { policy: was }, now ? { policy: now } : {}) : [];
  });
  const ofChildren = children.flatMap(({ name: child, template, entry }) => {
    if (!template) return [];
    const policy = policies.find(({ version }) => version === versions[0]);
    const now = templates.get(`${name}.${child}`);
    const before: Negotiated = {
      template: comparableTemplate({ ...template, proposals: proposalsWithGroups(template, policy) }, now),
    };
    return negotiationLosses(entry.source.record.name, entry.source, before, now ? { template: now } : {});
  });
  return [...ofPeer, ...ofPolicies, ...ofChildren];
}

/** Groups go with proposals, and whatever a peer proposes is narrowed. */
function comparableTemplate(
  { pfsGroups: _, narrowing: __, ...template }: SaTemplate,
  now: SaTemplate | undefined,
): SaTemplate {
  if (!now || !isSameRegion(template.selectors, now.selectors)) return template;
  const { lists: ___, ...rest } = template;
  return { ...rest, selectors: now.selectors, ...(now.lists ? { lists: now.lists } : {}) };
}

function isSameRegion(a: Region, b: Region): boolean {
  return isRegionCovered(a, b, budget).kind === 'covered' && isRegionCovered(b, a, budget).kind === 'covered';
}

/** Without what was told already, or means the same in other words. */
function comparable(pad: PadEntry, is: PadEntry | undefined, versions: readonly (1 | 2)[]): PadEntry {
  const { presharedKey, remoteId, remoteNames, ...rest } = pad;
  const isSame = remoteId && is?.remoteId && patternKey(remoteId.value) === patternKey(is.remoteId.value);
  return {
    ...rest,
    ikeVersions: { ...rest.ikeVersions, value: versions },
    ...(presharedKey?.value.kind === 'literal' ? { presharedKey } : {}),
    ...(remoteId ? { remoteId: isSame ? is.remoteId! : remoteId } : {}),
    ...(remoteNames ? { remoteNames } : {}),
  };
}

/** The key that will be found for a peer by its identity. */
function withKey(pad: PadEntry, { sharedSecrets = [] }: SystemConfig): PadEntry {
  if (pad.presharedKey) return pad;
  const [own] = pad.local?.filter(({ first, last }) => first === last) ?? [];
  const local = pad.localId?.value ?? (own && addressIdentity({ family: own.family, value: own.first }));
  const remote = pad.remoteId && identityOf(pad.remoteId.value);
  const found = findSharedSecret(sharedSecrets, 'IKE', local, remote);
  return found ? { ...pad, presharedKey: found.secret } : pad;
}

/** An identity that a pattern takes. */
function identityOf(pattern: IdentityPattern) {
  if (pattern.kind === 'exact') return { type: pattern.type, value: pattern.value };
  if (pattern.kind === 'suffix') return { type: pattern.type, value: `x${pattern.suffix}` };
  if (pattern.kind === 'addresses')
    return { type: pattern.type, value: rangeWord({ ...pattern.range, last: pattern.range.first }) };
  return undefined;
}
