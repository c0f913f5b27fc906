/** What a live peer let be seen: its answers as sentences. Its records are not known; this is all that there is of its side. */
import type { EngineEvent, MessageContent } from '../../../engine/event.js';
import { entriesOf, type TraceEntry } from '../../../engine/sim/trace.js';
import { describeExchange } from '../../../engine/wire/describe.js';
import {
  isakmpNotifyTypes,
  isErrorNotify,
  keyExchangeMethods,
  notifyTypes,
  vendorIdName,
} from '../../../engine/wire/registry.js';
import { formatIdentity } from '../../../model/peer/identity.js';
import { formatSelector } from '../../../model/traffic-selector.js';
import { transformsText } from '../view.js';

const sentencesMax = 60;
const invalidKePayload = notifyTypes.number.INVALID_KE_PAYLOAD;
const cookie = notifyTypes.number.COOKIE;
/** Of every exchange, and nothing that anybody asks about. */
const plain: ReadonlySet<number> = new Set([
  notifyTypes.number.NAT_DETECTION_SOURCE_IP,
  notifyTypes.number.NAT_DETECTION_DESTINATION_IP,
]);

/** The peer's side of an account that `host` kept. Repetitions are left out. */
export function peerViewOf(entries: readonly TraceEntry[], host: string): string[] {
  const sentences = new Set<string>();
  for (const entry of entriesOf(entries, 'event')) {
    if (entry.host !== host) continue;
    for (const sentence of sentencesOf(entry.event)) if (sentences.size < sentencesMax) sentences.add(sentence);
  }
  return [...sentences];
}

function sentencesOf(event: EngineEvent): readonly string[] {
  switch (event.kind) {
    case 'received':
      return messageSentences(event.content);
    case 'proposals':
      return event.role === 'initiator' && event.selection.kind === 'selected'
        ? [`chooses ${transformsText(event.selection.transforms)}`]
        : [];
    case 'selectors': {
      const { result } = event;
      if (!result) return [];
      const words = (list: typeof result.local): string => list.slice(0, 4).map(formatSelector).join(', ');
      return [`takes ${words(result.remote)} to ${words(result.local)} as selectors`];
    }
    case 'identity':
      return event.of === 'peer' ? [`says that it is ${formatIdentity(event.identity)}`] : [];
    default:
      return [];
  }
}

function messageSentences({ message, inner = [] }: MessageContent): readonly string[] {
  const exchange = describeExchange(message.header).replace(/ [\da-f]+( R)?$/, '');
  if (message.kind === 'other version') return [`answers with IKE version ${message.header.version.major}`];
  const outer = message.kind === 'encrypted ISAKMP' ? [] : message.payloads;
  const sentences: string[] = [];
  const announced: string[] = [];
  for (const payload of [...outer, ...inner]) {
    switch (payload.kind) {
      case 'N': {
        const { type, data } = payload.body;
        if (message.kind !== 'IKEv2') {
          sentences.push(`notifies ${isakmpNotifyTypes.brief(type)} in ${exchange}`);
        } else if (type === cookie) sentences.push('asks for a COOKIE before it does any work (RFC 7296 §2.6)');
        else if (type === invalidKePayload) {
          const group = data.length === 2 ? keyExchangeMethods.brief((data[0]! << 8) | data[1]!) : undefined;
          sentences.push(`wants another key exchange group${group ? `: ${group}` : ''} (RFC 7296 §1.2)`);
        } else if (isErrorNotify(type)) sentences.push(`answers ${exchange} with ${notifyTypes.brief(type)}`);
        else if (!plain.has(type)) announced.push(notifyTypes.brief(type));
        break;
      }
      case 'V':
      case 'VID': {
        const name = vendorIdName(payload.body.vendorId);
        if (name) announced.push(name);
        break;
      }
      case 'D':
        sentences.push(`deletes an SA in ${exchange}`);
        break;
      default:
        break;
    }
  }
  return announced.length > 0 ? [...sentences, `announces ${announced.join(', ')}`] : sentences;
}
