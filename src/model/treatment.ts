/**
 * What an SPD entry does with a packet, as a number that can be compared: equal numbers, equal treatment. Two entries treat
 * packets alike when they do the same thing (bypass, discard, protect) and, to protect, apply the same SAs: mode, end points,
 * proposals in the same order with the same lifetimes, options, manual keys, and what a tunnel may carry. The names of
 * records and where things were written do not matter.
 */
import { formatAddress } from './address.js';
import type { Secret } from './secret.js';
import type { Box, Region } from './selector/box.js';
import type { KeyedList } from './selector/partition.js';
import type {
  ChildProposal,
  ManualSa,
  ManualSaPair,
  SaTemplate,
  SpdAction,
  SpdEntry,
  SystemConfig,
} from './system-config.js';

/** Numbers treatments. Numbers of one table compare with one another only. */
export interface TreatmentTable {
  /** The number of an action; `bypassKey` and `discardKey` for those two. */
  keyOf(action: SpdAction): number;
}

export const bypassKey = 0;
export const discardKey = 1;

/** Makes an empty table. */
export function treatmentTable(): TreatmentTable {
  const numbers = new Map<string, number>();
  const templates = new WeakMap<SaTemplate, string>();
  const manualNumber = manualNumbers();
  const textOf = (template: SaTemplate): string => {
    // Only tunnels are shared by many entries, and only they have long texts.
    if (template.mode === 'transport') return describeTemplate(template, manualNumber);
    let text = templates.get(template);
    if (text === undefined) {
      text = describeTemplate(template, manualNumber);
      templates.set(template, text);
    }
    return text;
  };
  return {
    keyOf(action) {
      switch (action.kind) {
        case 'BYPASS':
          return bypassKey;
        case 'DISCARD':
          return discardKey;
        case 'PROTECT': {
          const flags = `${action.populateFromPacket ? 'P' : ''}${action.fallbackToClear ? 'F' : ''}`;
          const text = [flags, ...action.bundle.map(textOf)].join('|');
          let number = numbers.get(text);
          if (number === undefined) {
            number = discardKey + 1 + numbers.size;
            numbers.set(text, number);
          }
          return number;
        }
      }
    },
  };
}

/**
 * A system's SPD with a treatment number for each entry, for `differences` and `firstMatchEqual`. To compare two systems, or two
 * states of one, give both the same table.
 */
export function treatmentKeys(config: Pick<SystemConfig, 'spd'>, table: TreatmentTable = treatmentTable()): KeyedList {
  return keyedEntries(config.spd, table);
}

/** The same for any ordered list of entries, as `forwardSpd`. */
export function keyedEntries(entries: readonly SpdEntry[], table: TreatmentTable = treatmentTable()): KeyedList {
  return {
    regions: entries.map((entry) => entry.selectors),
    keys: Uint32Array.from(entries, (entry) => table.keyOf(entry.action)),
  };
}

/**
 * A treatment in words: `PASS`, `DISCARD`, `ESP_AES128_HMAC_SHA1`, `AH_SHA1 in a tunnel to 192.0.2.1 (ESP_3DES_HMAC_MD5)`. Of a list
 * of proposals the first is named.
 */
export function describeAction(action: SpdAction): string {
  switch (action.kind) {
    case 'BYPASS':
      return 'PASS';
    case 'DISCARD':
      return 'DISCARD';
    case 'PROTECT': {
      const transport = action.bundle.filter(({ mode }) => mode === 'transport').map(describeProposals);
      const tunnels = action.bundle
        .filter(({ mode }) => mode === 'tunnel')
        .map((template) => {
          const { remoteEndpoint: to } = template;
          const end = to ? ` to ${formatAddress(to.family, to.value)}` : '';
          return `a tunnel${end} (${describeProposals(template)})`;
        });
      const inner = transport.reverse().join(' over ');
      return [inner, tunnels.join(' in ')].filter(Boolean).join(' in ') || 'no SA';
    }
  }
}

function describeProposals({ proposals, protocol }: SaTemplate): string {
  const name = proposals[0]?.name ?? protocol ?? 'no transform';
  return proposals.length > 1 ? `${name} or ${proposals.length - 1} more` : name;
}

function describeTemplate(template: SaTemplate, manualNumber: (pair: ManualSaPair) => number): string {
  const { mode, localEndpoint, remoteEndpoint, proposals, pfsGroups, manual } = template;
  const parts = [
    mode,
    localEndpoint ? formatAddress(localEndpoint.family, localEndpoint.value) : '',
    remoteEndpoint ? formatAddress(remoteEndpoint.family, remoteEndpoint.value) : '',
    // A transport SA carries what its entry selects, which is not part of how it treats a packet.
    mode === 'tunnel' ? describeRegion(template.selectors) : '',
    proposals.length > 0 ? proposals.map(describeProposal).join(',') : (template.protocol ?? ''),
    pfsGroups ? pfsGroups.value.map(({ id }) => id).join('+') : '',
    template.antiReplayWindow?.value ?? '',
    template.start?.value ?? '',
    template.mark?.value ?? '',
    template.ifId?.value ?? '',
    manual ? manualNumber(manual) : '',
  ];
  return parts.join(';');
}

function describeProposal(proposal: ChildProposal): string {
  const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name).join('+');
  return [
    proposal.protocol,
    names(proposal.encryption),
    names(proposal.authentication),
    proposal.esn.join('+'),
    proposal.keyExchange ? names(proposal.keyExchange) : '',
    proposal.lifetimeSeconds.value,
    proposal.lifetimeKilobytes.value,
  ].join('/');
}

/** Sorted and without repetitions, so that the order in which selectors were written does not count. */
function describeRegion(region: Region): string {
  return [...new Set(region.map(describeBox))].sort().join(',');
}

function describeBox({ family, direction, local, remote, protocol, x, y }: Box): string {
  return `${family}:${[direction, local, remote, protocol, x, y].map(({ lo, hi }) => `${lo}-${hi}`).join(':')}`;
}

/** Numbers pairs of manual SAs; keys are compared, and never become part of a text. */
function manualNumbers(): (pair: ManualSaPair) => number {
  const buckets = new Map<string, { readonly pair: ManualSaPair; readonly number: number }[]>();
  let count = 0;
  return (pair) => {
    const sas = [pair.inbound, pair.outbound];
    const text = sas.map((sa) => `${sa.protocol}/${sa.spi}/${sa.iv?.join('.') ?? ''}/${scatter(sa)}`).join('+');
    const bucket = buckets.get(text) ?? [];
    if (bucket.length === 0) buckets.set(text, bucket);
    const known = bucket.find(
      (other) => sameKeys(other.pair.inbound, pair.inbound) && sameKeys(other.pair.outbound, pair.outbound),
    );
    if (known) return known.number;
    count += 1;
    bucket.push({ pair, number: count });
    return count;
  };
}

/** Spreads SAs of one SPI over buckets (FNV-1a of 16 bits, which tells nothing of use about a key). */
function scatter({ authenticationKey, encryptionKey }: ManualSa): number {
  let hash = 0x811c9dc5;
  for (const key of [authenticationKey, encryptionKey]) {
    for (const octet of key?.reveal() ?? []) hash = Math.imul(hash ^ octet, 0x01000193);
  }
  return (hash >>> 16) & 0xffff;
}

function sameKeys(a: ManualSa, b: ManualSa): boolean {
  return a.authenticationKey.equals(b.authenticationKey) && sameSecret(a.encryptionKey, b.encryptionKey);
}

function sameSecret(a: Secret | undefined, b: Secret | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b);
}
