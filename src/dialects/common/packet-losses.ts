/**
 * What a conversion changes for packets: the configuration as it was written is read back, and both are compared exactly.
 * So a writer cannot lose anything without its being told.
 */
import { formatAddress } from '../../model/address.js';
import { formatPacket } from '../../model/packet.js';
import { intersectRegions, isRegionCovered } from '../../model/selector/algebra.js';
import type { Region } from '../../model/selector/box.js';
import { differences, type KeyedList } from '../../model/selector/partition.js';
import { simplify } from '../../model/selector/simplify.js';
import { witnessPacket } from '../../model/selector/witness.js';
import type { SaTemplate, SpdAction, SpdEntry, SystemConfig } from '../../model/system-config.js';
import { describeAction } from '../../model/treatment.js';
import type { Loss } from '../dialect.js';
import { ikeSockets } from './lists.js';

export interface PacketLossOptions {
  /** Entries that have a loss already. */
  readonly explained?: ReadonlySet<SpdEntry>;
}

/** Differences that are told; what comes after them is counted. */
const lossesMax = 100;

/**
 * Packets that are treated otherwise than before: passed, discarded, protected by another protocol, mode or peer. Which
 * algorithms protect them is up to a negotiation, and compared elsewhere.
 */
export function packetLosses(
  original: SystemConfig,
  written: SystemConfig,
  options: PacketLossOptions = {},
): readonly Loss[] {
  const host = compareLists(original.spd, written.spd, options, '');
  if (original.forwardsBySpd && written.forwardsBySpd) return host;
  const forwards = (config: SystemConfig) => (config.forwardsBySpd ? config.spd : config.forwardSpd);
  const isTrivial = forwards(original).every(({ action }) => action.kind === 'BYPASS');
  if (!isTrivial) return [...host, ...compareLists(forwards(original), forwards(written), options, 'forwarded: ')];
  if (forwards(written).every(({ action }) => action.kind === 'BYPASS')) return host;
  // A host that says nothing about forwarding is no gateway, as a rule: one sentence will do.
  return [
    ...host,
    {
      effect: 'packets',
      message: 'packets that the system forwards meet the same policies as its own, and before met none',
    },
  ];
}

function compareLists(
  before: readonly SpdEntry[],
  after: readonly SpdEntry[],
  { explained = new Set() }: PacketLossOptions,
  prefix: string,
): readonly Loss[] {
  // Every product lets the packets of its IKE daemon pass, whether its configuration says so or not.
  const lists = [
    [ikeSockets, ...before.flatMap(withRest)],
    [ikeSockets, ...after.flatMap(withRest)],
  ] as const;
  const told = new Set([...explained].map(({ source }) => source));
  const numbers = new Map<string, number>();
  const result = differences(keyed(lists[0], numbers), keyed(lists[1], numbers));
  const groups = new Map<
    string,
    { readonly was?: SpdEntry; readonly is?: SpdEntry; readonly packets: Region[number][] }
  >();
  for (const { box, beforeEntry, afterEntry } of result.differences) {
    const [was, is] = [lists[0][beforeEntry], lists[1][afterEntry]];
    if (was && told.has(was.source)) continue;
    const key = `${beforeEntry} ${afterEntry}`;
    const group = groups.get(key);
    if (group) group.packets.push(box);
    else groups.set(key, { ...(was ? { was } : {}), ...(is ? { is } : {}), packets: [box] });
  }
  const losses = [...groups.values()].slice(0, lossesMax).map(({ was, is, packets }): Loss => {
    const [box] = simplify(packets);
    const packet = formatPacket(witnessPacket(box!));
    return {
      effect: 'packets',
      message: `${prefix}${packet}: ${words(was)} becomes ${words(is)}`,
      ...(was ? { source: was.source } : {}),
    };
  });
  if (groups.size > lossesMax)
    losses.push({ effect: 'packets', message: `${prefix}${groups.size - lossesMax} more pairs of entries differ` });
  if (result.truncated)
    losses.push({
      effect: 'packets',
      message: `${prefix}comparing packets was cut off: there may be more differences`,
    });
  return losses;
}

/** What a policy sends to a tunnel that is not for it is dropped. */
function withRest(entry: SpdEntry): readonly SpdEntry[] {
  const { action, selectors } = entry;
  if (action.kind !== 'PROTECT') return [entry];
  let carried = selectors;
  for (const template of action.bundle) {
    const carries = template.carries ?? template.selectors;
    if (carries === selectors || carries.length === 0) continue;
    if (isRegionCovered(carried, carries).kind !== 'covered') carried = intersectRegions(carried, carries);
  }
  if (carried === selectors) return [entry];
  return [
    { ...entry, selectors: carried },
    { ...entry, action: { kind: 'DISCARD' } },
  ];
}

function keyed(entries: readonly SpdEntry[], numbers: Map<string, number>): KeyedList {
  return {
    regions: entries.map(({ selectors }) => selectors),
    keys: Uint32Array.from(entries, ({ action }) => {
      const text = treatment(action);
      const known = numbers.get(text);
      if (known !== undefined) return known;
      numbers.set(text, numbers.size);
      return numbers.size - 1;
    }),
  };
}

function treatment(action: SpdAction): string {
  if (action.kind !== 'PROTECT') return action.kind;
  const { bundle, populateFromPacket, fallbackToClear } = action;
  const flags = `${populateFromPacket ? ' one SA for each flow' : ''}${fallbackToClear ? ' or clear' : ''}`;
  return `PROTECT${flags} ${bundle.map(outside).join(' | ')}`;
}

/** What of an SA can be seen on the wire without knowing its keys. */
function outside({ mode, localEndpoint, remoteEndpoint, proposals, protocol, manual, mark, ifId }: SaTemplate): string {
  const protocols = manual
    ? [manual.outbound.protocol]
    : proposals.length > 0
      ? proposals.map((proposal) => proposal.protocol)
      : [protocol ?? ''];
  const ends = [localEndpoint, remoteEndpoint].map((end) => (end ? formatAddress(end.family, end.value) : 'any'));
  return [
    [...new Set(protocols)].sort().join('+'),
    mode,
    // Transport mode keeps the packet's own addresses.
    ...(mode === 'tunnel' ? ends : []),
    manual ? `manual ${manual.outbound.spi} ${manual.inbound.spi}` : '',
    `${mark?.value ?? 0} ${ifId?.value ?? 0}`,
  ].join(' ');
}

function words(entry: SpdEntry | undefined): string {
  if (!entry) return 'nothing';
  const { action, source } = entry;
  const name = source.record.kind === 'builtin' ? '' : ` (${source.record.name})`;
  if (action.kind !== 'PROTECT') return `${describeAction(action)}${name}`;
  const more = [
    action.populateFromPacket ? 'one SA for each flow' : '',
    action.fallbackToClear ? 'clear when IKE fails' : '',
  ];
  const marks = action.bundle.flatMap(({ mark, ifId }) => [
    mark?.value ? `mark ${mark.value}` : '',
    ifId?.value ? `interface ${ifId.value}` : '',
  ]);
  const all = [describeAction(action), ...more, ...marks].filter(Boolean);
  return `${all.join(', ')}${name}`;
}
