/** Which decision belongs to which message: what was decided before it was sent, and when it was received. */
import type { EngineEvent } from '../../engine/event.js';
import type { TraceEntry } from '../../engine/sim/trace.js';
import type { EntrySource } from '../../model/system-config.js';
import type { DecisionDocument } from '../../report/negotiation/document.js';
import { recordPlace, sentenceOf, transformsText } from './view.js';

/** Decisions about one message that are told. */
const decisionsMax = 40;

/**
 * The decisions by the numbers of packets. What a system decides at the moment when a packet arrives is about that packet; the
 * rest is what it decides on the way to the next that it sends.
 */
export function decisionsOf(entries: readonly TraceEntry[]): ReadonlyMap<number, readonly DecisionDocument[]> {
  const found = new Map<number, DecisionDocument[]>();
  const waiting = new Map<string, DecisionDocument[]>();
  const arrived = new Map<string, { readonly packet: number; readonly at: number }>();
  const add = (packet: number, decisions: readonly DecisionDocument[]): void => {
    const list = found.get(packet) ?? [];
    list.push(...decisions.slice(0, decisionsMax - list.length));
    found.set(packet, list);
  };
  for (const entry of entries) {
    const { host, at } = entry;
    switch (entry.kind) {
      case 'arrived':
        arrived.set(host, { packet: entry.packet, at });
        break;
      case 'event': {
        const decision = decisionOf(host, entry.event);
        if (!decision) break;
        const last = arrived.get(host);
        if (last?.at === at) add(last.packet, [decision]);
        else waiting.set(host, [...(waiting.get(host) ?? []), decision]);
        break;
      }
      case 'sent':
        if (entry.ike) add(entry.packet, waiting.get(host) ?? []);
        if (entry.ike) waiting.delete(host);
        break;
      default:
        break;
    }
  }
  return found;
}

function decisionOf(system: string, event: EngineEvent): DecisionDocument | undefined {
  const text = sentenceOf(event) ?? establishedText(event);
  if (text === undefined) return undefined;
  return { system, text, records: sourcesOf(event).map((source) => recordPlace(system, source)) };
}

function establishedText(event: EngineEvent): string | undefined {
  if ((event.kind !== 'ike-sa' && event.kind !== 'child-sa') || event.change === 'closed') return undefined;
  const what = event.kind === 'ike-sa' ? 'an IKE SA' : `a pair of ${event.sa.protocol} SAs`;
  const verb = event.change === 'rekeyed' ? 'replaces' : 'has';
  return `${verb} ${what}: ${transformsText(event.sa.transforms)}`;
}

/** The records that an event rests on. */
function sourcesOf(event: EngineEvent): readonly EntrySource[] {
  switch (event.kind) {
    case 'search':
      return event.found ? [event.found] : [];
    case 'proposals':
    case 'selectors':
      return [event.own];
    case 'identity':
      return [event.entry];
    case 'begin':
      return [event.template];
    case 'ike-sa':
      return event.change === 'closed' ? [] : [event.sa.pad, event.sa.policy];
    case 'child-sa':
      return event.change === 'closed' ? [] : [event.sa.entry, event.sa.template];
    default:
      return [];
  }
}
