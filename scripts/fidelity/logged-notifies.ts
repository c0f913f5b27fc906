/** Which notifications the initiator's log names, by the messages that it sent and those that came in. */
import type { MessageContent } from '../../src/engine/event.js';
import type { TraceEntry } from '../../src/engine/sim/trace.js';
import { notifyWords } from './charon-names.js';

/** INVALID_KE_PAYLOAD of IKEv2, which asks for another group; the log then names the groups. */
const otherGroup = 17;

/** The names in a host's log: short ones of everything that was sent or read, long ones of errors that came in. */
export function loggedNotifies(entries: readonly TraceEntry[], host: string): string[] {
  const names = new Set<string>();
  const own = entries.filter((entry) => entry.host === host);
  for (const [at, entry] of own.entries()) {
    const isSent = entry.kind === 'sent';
    const content = isSent
      ? entry.ike?.content
      : entry.kind === 'event' && entry.event.kind === 'received' && entry.event.content;
    if (!content) continue;
    for (const type of notifiesOf(content)) {
      const words = notifyWords(type);
      if (!words) continue;
      names.add(words.short);
      const asksAgain = content.message.kind === 'IKEv2' && type === otherGroup;
      if (!isSent && !asksAgain && words.long !== '' && !isRejected(own, at)) names.add(words.long);
    }
  }
  return [...names];
}

/** A message that did not prove its sender is read, so that its contents stand in the log, and not acted upon. */
function isRejected(own: readonly TraceEntry[], at: number): boolean {
  for (const entry of own.slice(at + 1)) {
    if (entry.kind !== 'event' || entry.event.kind === 'received') return false;
    const { event } = entry;
    if (event.kind === 'failed') return event.failure.attempt === 'IKE SA' && event.failure.foundBy === 'us';
  }
  return false;
}

function notifiesOf({ message, inner }: MessageContent): number[] {
  return [...('payloads' in message ? message.payloads : []), ...(inner ?? [])].flatMap((payload) =>
    payload.kind === 'N' ? [payload.body.type] : [],
  );
}
