/**
 * Writes a batch of the record language (`ipsec_config batch`). Order becomes priorities; a peer is found by its address, so
 * that of several connections with one peer the first counts. What was written is read back, and differences are losses.
 */
import { type Dialect as Language, parseDialect } from '../../model/language/dialect.js';
import { isRegionCovered } from '../../model/selector/algebra.js';
import type { Region } from '../../model/selector/box.js';
import type { SpdEntry, SystemConfig } from '../../model/system-config.js';
import { ikeSockets, neighborDiscovery, ownPackets } from '../common/lists.js';
import { type Negotiated, negotiationLosses } from '../common/negotiation-losses.js';
import { packetLosses } from '../common/packet-losses.js';
import { peersOf } from '../common/peers.js';
import type { DialectWriting, Loss, WriteOptions } from '../dialect.js';
import { writePeers } from './peers.js';
import { type WrittenPolicies, writePolicies } from './policies.js';
import { readRecords } from './read-back.js';
import { statement } from './words.js';

/** The language of the batch where none is asked for. */
export const languageDefault: Language = 'A.03.02';

/** Writes a configuration. */
export function writeRecords(config: SystemConfig, { version, baseName }: WriteOptions): DialectWriting {
  const language = (version === undefined ? undefined : parseDialect(version)) ?? languageDefault;
  const { entries, isClosed } = written(config.spd);
  const policies = writePolicies(entries, language);
  const peers = writePeers(config, language);
  const statements = [
    ...policies.statements,
    ...(isClosed ? [statement('add host default', [['action', 'DISCARD']])] : []),
    ...peers.statements,
  ];
  const text = [`# ipsec-dialect: ${language}`, ...statements].map((line) => `${line}\n`).join('');
  const losses: Loss[] = [
    ...policies.losses.map(
      ({ entry, message }): Loss => ({
        effect: 'packets',
        message: `${entry.source.record.name}: ${message}`,
        source: entry.source,
      }),
    ),
    ...peers.losses.map(
      ({ source, message }): Loss => ({
        effect: 'negotiation',
        message: `${source.record.name}: ${message}`,
        source,
      }),
    ),
    ...forwardLosses(config),
  ];
  const read = readRecords(text, baseName, language, config.addresses);
  const hasKeys = policies.hasKeys || peers.hasKeys;
  return {
    files: [{ path: `${baseName}.batch`, text, isSecret: hasKeys }],
    losses: [...losses, ...comparedLosses(config, read.config, policies), ...refusals(read.problems)],
  };
}

/** The entries that need records: not what the product passes by itself, and not its default. */
function written(spd: readonly SpdEntry[]): { readonly entries: readonly SpdEntry[]; readonly isClosed: boolean } {
  const last = spd.at(-1);
  const passed = [...ikeSockets.selectors, ...neighborDiscovery.selectors];
  const entries = spd.slice(0, -1).filter(({ source, action, selectors }) => {
    if (source.record.kind !== 'builtin' || action.kind !== 'BYPASS') return true;
    return source.record.name !== 'icmpv6-always-passed' && isRegionCovered(selectors, passed).kind !== 'covered';
  });
  return { entries, isClosed: last?.action.kind === 'DISCARD' };
}

/** What a host forwards has no policies of this product but those of a home agent. */
function forwardLosses(config: SystemConfig): readonly Loss[] {
  const isTrivial = config.forwardsBySpd
    ? config.spd.every(({ action, selectors }) => action.kind === 'BYPASS' || isOwnOnly(selectors, config))
    : config.forwardSpd.every(({ action }) => action.kind === 'BYPASS');
  if (isTrivial) return [];
  return [
    {
      effect: 'packets',
      message: config.forwardsBySpd
        ? 'packets that the system forwards met the same policies as its own, and meet none, as the product has them for home agents only'
        : 'policies for forwarded packets are left out: the product has them for home agents only',
      remedy: 'let a gateway that protects what it forwards stay with a product that does so',
    },
  ];
}

function isOwnOnly(selectors: Region, config: SystemConfig): boolean {
  return isRegionCovered(selectors, ownPackets(config).selectors).kind === 'covered';
}

function comparedLosses(
  config: SystemConfig,
  read: SystemConfig,
  { names, losses: policyLosses }: WrittenPolicies,
): readonly Loss[] {
  const hosts = new Map(read.spd.map((entry) => [entry.source.record.name, entry]));
  const told = new Set<string>();
  const losses: Loss[] = [];
  for (const [entry, records] of names) {
    const after = hosts.get(records[0] ?? '');
    if (entry.action.kind !== 'PROTECT' || after?.action.kind !== 'PROTECT') continue;
    for (const [index, template] of entry.action.bundle.entries()) {
      const other = after.action.bundle[index];
      const [was] = peersOf(config, template, entry.selectors);
      const [is] = other ? peersOf(read, other, after.selectors) : [];
      const version = was?.pad.ikeVersions.value[0];
      const side = (of: typeof was): Negotiated => {
        const policy = of?.policies.find((one) => one.version === version);
        return { ...(of ? { pad: of.pad } : {}), ...(policy ? { policy } : {}) };
      };
      losses.push(
        ...negotiationLosses(
          entry.source.record.name,
          entry.source,
          { template: { ...template, selectors: [] }, ...side(was) },
          { ...(other ? { template: { ...other, selectors: [] } } : {}), ...side(is) },
        ),
      );
    }
  }
  return [
    ...packetLosses(
      { ...config, forwardSpd: [], forwardsBySpd: false },
      { ...read, forwardSpd: [] },
      { explained: new Set(policyLosses.map(({ entry }) => entry)) },
    ),
    ...losses.filter(({ message }) => !told.has(message) && told.add(message)),
  ];
}

/** Nothing that this writer makes is refused; should it be, it must be known. */
function refusals(problems: readonly { readonly message: string }[]): readonly Loss[] {
  return problems.map(
    ({ message }): Loss => ({ effect: 'packets', message: `the text as written is refused: ${message}` }),
  );
}
