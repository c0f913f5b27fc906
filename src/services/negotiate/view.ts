/** What one system saw and decided, as sentences in the order of its events; and what was chosen in the end. */
import type { ChildSaDescription, EngineEvent, IkeSaDescription } from '../../engine/event.js';
import type { TraceEntry } from '../../engine/sim/trace.js';
import { attributeWord } from '../../lint/pair-finding.js';
import { formatAddress } from '../../model/address.js';
import { formatIdentity } from '../../model/peer/identity.js';
import type { ChosenTransforms, ProposalSelection } from '../../model/proposal.js';
import type { EntrySource } from '../../model/system-config.js';
import { formatSelector, type SelectorLists, withoutContained } from '../../model/traffic-selector.js';
import type { ChosenDocument, RecordPlace } from '../../report/negotiation/document.js';

/** Sentences of one system. */
const sentencesMax = 60;

/** The record behind an entry, and where it stands. */
export function recordPlace(system: string, { record, at }: EntrySource): RecordPlace {
  const where = at && at.source.path !== '' ? { path: at.source.path, line: at.source.position(at.start).line } : {};
  return { system, kind: record.kind, name: record.name, ...where };
}

/** `auth 'b_auth'`. */
export function recordName({ record }: EntrySource): string {
  return record.name === '' ? record.kind : `${record.kind} '${record.name}'`;
}

/** What the engine of a system told of its decisions. Repetitions are left out. */
export function viewOf(entries: readonly TraceEntry[], host: string): string[] {
  const sentences: string[] = [];
  const seen = new Set<string>();
  for (const entry of entries) {
    if (entry.host !== host || sentences.length >= sentencesMax) continue;
    const sentence =
      entry.kind === 'event' ? sentenceOf(entry.event) : entry.kind === 'fault' ? `fault: ${entry.why}` : undefined;
    if (sentence === undefined || seen.has(sentence)) continue;
    seen.add(sentence);
    sentences.push(sentence);
  }
  return sentences;
}

/** What an event says of its system, without the subject; undefined where it decides nothing. */
export function sentenceOf(event: EngineEvent): string | undefined {
  switch (event.kind) {
    case 'search': {
      const found = event.found ? `finds ${recordName(event.found)}` : 'finds nothing';
      const passed = event.passedOver.slice(0, 4).map(({ source, why }) => `${recordName(source)}: ${why}`);
      return `searches its ${listWords[event.list]} for ${event.key} and ${found}${passed.length > 0 ? `; passed over ${passed.join('; ')}` : ''}`;
    }
    case 'proposals':
      return `compares ${event.of === 'IKE' ? 'IKE' : 'ESP and AH'} proposals as ${event.role}: ${selectionText(event.selection, versionOf(event.own))} (${recordName(event.own)})`;
    case 'selectors': {
      // What an initiator proposes has no result yet.
      if (!event.result && event.why === undefined)
        return `proposes ${listsText(event.proposed)} (${recordName(event.own)})`;
      const result = event.result ? `takes ${listsText(event.result)}` : `refuses: ${event.why}`;
      return `is asked for ${listsText(event.proposed)} and ${result} (${recordName(event.own)})`;
    }
    case 'identity': {
      if (event.of === 'local')
        return `sends the identity ${formatIdentity(event.identity)} (${recordName(event.entry)})`;
      const verdict = event.accepted ? 'accepts' : 'refuses';
      const expected = event.expected && !event.accepted ? `, and expects ${event.expected}` : '';
      return `${verdict} the identity ${formatIdentity(event.identity)}${expected} (${recordName(event.entry)})`;
    }
    case 'authentication': {
      const why = event.why ? `: ${event.why}` : '';
      if (event.of === 'local') return event.good ? undefined : `cannot prove itself by ${event.method}${why}`;
      return event.good
        ? `is convinced by ${event.method}${event.note ? ` (${event.note})` : ''}`
        : `is not convinced by ${event.method}${why}`;
    }
    case 'begin':
      return `starts ${recordName(event.template)} by itself: ${beginReasons[event.why]}`;
    case 'nat':
      if (!event.localBehindNat && !event.peerBehindNat) return undefined;
      return `finds ${[event.localBehindNat ? 'itself' : '', event.peerBehindNat ? 'its peer' : ''].filter(Boolean).join(' and ')} behind a NAT`;
    case 'configuration': {
      const addresses = event.addresses.map(({ family, value }) => formatAddress(family, value)).join(' and ');
      return event.of === 'local'
        ? `is given the address ${addresses} (${recordName(event.entry)})`
        : `gives its peer the address ${addresses} (${recordName(event.entry)})`;
    }
    case 'ignored':
      return `ignores a message: ${event.why}${event.rfc ? ` (${event.rfc})` : ''}`;
    case 'failed':
      return `gives up the ${event.failure.attempt} as ${event.failure.role}: ${event.failure.text}${event.failure.notify ? ` [${event.failure.notify}]` : ''}`;
    case 'received':
    case 'ike-sa':
    case 'child-sa':
    case 'ike-keys':
      return undefined;
  }
}

const beginReasons = {
  configured: 'its configuration says so',
  'kept up': 'it is to be there, and is not',
  'peer dead': 'the peer is dead',
  'closed by the peer': 'the peer has closed it',
} as const;

const listWords = { PAD: 'authentication records', 'IKE policies': 'IKE policies', SPD: 'policies' } as const;

function selectionText(selection: ProposalSelection, version: 1 | 2 | undefined): string {
  if (selection.kind === 'selected') return `chooses ${transformsText(selection.transforms)}`;
  const differing = selection.closest?.differing ?? [];
  const words = differing.map((attribute) => attributeWord(attribute, version));
  return words.length > 0 ? `none fits, the closest differs in ${words.join(', ')}` : 'none fits';
}

/** What a policy's record says of the version, where it is one of a version alone. */
function versionOf({ record }: EntrySource): 1 | 2 | undefined {
  return record.kind === 'ikev1' ? 1 : record.kind === 'ikev2' ? 2 : undefined;
}

function listsText({ local, remote }: SelectorLists): string {
  const words = (list: SelectorLists['local']) => list.slice(0, 4).map(formatSelector).join(', ');
  return `${words(local)} to ${words(remote)}`;
}

/** `AES-CBC-128, HMAC-SHA1-96, MODP-1024`. */
export function transformsText({ encryption, integrity, prf, keyExchange, esn, protocol }: ChosenTransforms): string {
  const names = [encryption?.name, integrity?.name, protocol === 'IKE' ? prf?.name : undefined, keyExchange?.name];
  if (esn === 'esn') names.push('ESN');
  return names.filter((name) => name !== undefined).join(', ');
}

/** The Child SAs of a system that came about until a time. */
export function childSasOf(entries: readonly TraceEntry[], host: string, settledAt: number): ChildSaDescription[] {
  return entries.flatMap((entry) =>
    entry.host === host &&
    entry.at <= settledAt &&
    entry.kind === 'event' &&
    entry.event.kind === 'child-sa' &&
    entry.event.change === 'established'
      ? [entry.event.sa]
      : [],
  );
}

/** What came about first: the IKE SA, and the Child SAs until a time. */
export function chosenOf(
  entries: readonly TraceEntry[],
  initiator: string,
  responder: string,
  settledAt: number,
): ChosenDocument {
  const ike = (host: string): IkeSaDescription | undefined => {
    for (const entry of entries)
      if (
        entry.host === host &&
        entry.kind === 'event' &&
        entry.event.kind === 'ike-sa' &&
        entry.event.change === 'established'
      )
        return entry.event.sa;
    return undefined;
  };
  const children = (host: string) => childSasOf(entries, host, settledAt);
  const [mine, theirs] = [ike(initiator), ike(responder)];
  const theirChildren = children(responder);
  return {
    ...(mine
      ? {
          ike: {
            version: mine.name.version,
            ...(mine.exchange ? { exchange: mine.exchange } : {}),
            transforms: transformsText(mine.transforms),
            ...(mine.localId ? { initiatorId: formatIdentity(mine.localId) } : {}),
            ...(mine.peerId ? { responderId: formatIdentity(mine.peerId) } : {}),
            records: [
              recordPlace(initiator, mine.pad),
              recordPlace(initiator, mine.policy),
              ...(theirs ? [recordPlace(responder, theirs.pad), recordPlace(responder, theirs.policy)] : []),
            ],
          },
        }
      : {}),
    children: withoutRepetition(children(initiator)).map((child) => {
      const other = theirChildren.find(({ inbound }) => inbound.spi === child.outbound.spi);
      return {
        protocol: child.protocol,
        mode: child.mode,
        transforms: transformsText(child.transforms),
        selectors: selectorsText(child.selectors),
        lifetime: lifetimeText(child.lifetimeSeconds, child.lifetimeKilobytes),
        udpEncapsulation: child.udpEncapsulation,
        records: [recordPlace(initiator, child.template), ...(other ? [recordPlace(responder, other.template)] : [])],
      };
    }),
  };
}

/** A peer that narrows may be asked for the same again and again. */
function withoutRepetition(children: readonly ChildSaDescription[]): ChildSaDescription[] {
  const key = ({ protocol, mode, transforms, selectors, template }: ChildSaDescription): string =>
    [protocol, mode, transformsText(transforms), ...selectorsText(selectors), template.record.name].join(' ');
  const seen = new Set<string>();
  return children.filter((child) => {
    const known = seen.has(key(child));
    seen.add(key(child));
    return !known;
  });
}

/** The packet that asked for an SA stands first among its selectors (RFC 7296 §2.9), and is part of another one. */
function selectorsText({ local, remote }: SelectorLists): string[] {
  const words = (list: SelectorLists['local']) => withoutContained(list).slice(0, 8).map(formatSelector).join(', ');
  return [`${words(local)} to ${words(remote)}`];
}

function lifetimeText(seconds: number, kilobytes: number): string {
  const parts = [...(seconds > 0 ? [`${seconds} s`] : []), ...(kilobytes > 0 ? [`${kilobytes} kB`] : [])];
  return parts.length > 0 ? parts.join(' or ') : 'without end';
}
