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
      if (!isSent && !isHeeded(own, at, content, type)) continue;
      const asksAgain = content.message.kind === 'IKEv2' && type === otherGroup;
      if (!isSent && !asksAgain && words.long !== '' && !isRejected(own, at)) names.add(words.long);
    }
  }
  return [...names];
}

/** Errors about a Child SA: of several in a message the first one is acted upon, and none where no Child SA was asked for. */
function isHeeded(own: readonly TraceEntry[], at: number, content: MessageContent, type: number): boolean {
  const errors = notifiesOf(content).filter((one) => addressErrors.has(one) || one === unacceptable);
  if (!errors.includes(type)) return true;
  const request = own.slice(0, at).findLast((entry) => entry.kind === 'sent' && entry.ike !== undefined);
  const asked = request?.kind === 'sent' ? (request.ike?.content.inner ?? []) : [];
  return errors[0] === type && asked.some(({ kind }) => kind === 'SA');
}

const addressErrors: ReadonlySet<number> = new Set([36, 37]);
const unacceptable = 38;

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
