/**
 * Fragments of a message on their way in — RFC 7383 §2.6. Only fragments whose ICV was right come here, so that nobody can
 * spoil a message by throwing others in; what waits is bounded all the same, because a peer may still be unknown.
 */
import { joinFragments, type OpenedFragment, type OpenedMessage } from '../wire/protect.js';
import { fragmentOctetsMax, fragmentsMax } from './limits.js';

export interface Reassembly {
  readonly messageId: number;
  readonly total: number;
  readonly octets: number;
  /** By number, from 1. */
  readonly parts: ReadonlyMap<number, OpenedFragment>;
}

export type FragmentOutcome =
  | { readonly kind: 'waiting'; readonly waiting: Reassembly }
  | { readonly kind: 'whole'; readonly message: OpenedMessage }
  | { readonly kind: 'refused'; readonly why: string; readonly waiting?: Reassembly };

/** Adds a fragment to what waits. `room` is how many more octets may be kept. */
export function addFragment(
  waiting: Reassembly | undefined,
  messageId: number,
  fragment: OpenedFragment,
  room: number,
): FragmentOutcome {
  const { fragmentNumber, totalFragments, content } = fragment;
  const current = waiting?.messageId === messageId ? waiting : undefined;
  const refused = (why: string): FragmentOutcome => ({
    kind: 'refused',
    why,
    ...(current ? { waiting: current } : {}),
  });
  if (fragmentNumber < 1 || fragmentNumber > totalFragments) {
    return refused(`fragment ${fragmentNumber} of ${totalFragments} cannot be`);
  }
  if (totalFragments > fragmentsMax)
    return refused(`a message of ${totalFragments} fragments, more than ${fragmentsMax}`);
  // The sender has cut it into smaller pieces: what came of the larger ones is void (RFC 7383 §2.6).
  const kept = current && current.total >= totalFragments ? current : undefined;
  if (kept && kept.total > totalFragments) return refused('a fragment of an earlier and coarser cut');
  if (kept?.parts.has(fragmentNumber)) return refused(`fragment ${fragmentNumber} is there already`);
  const octets = (kept?.octets ?? 0) + content.length;
  if (octets > fragmentOctetsMax || content.length > room) return refused(`no room for ${octets} octets of fragments`);
  const parts = new Map(kept?.parts).set(fragmentNumber, { ...fragment, content: content.slice() });
  if (parts.size < totalFragments)
    return { kind: 'waiting', waiting: { messageId, total: totalFragments, octets, parts } };
  const inOrder = Array.from({ length: totalFragments }, (_, index) => parts.get(index + 1)!);
  return { kind: 'whole', message: joinFragments(inOrder) };
}
