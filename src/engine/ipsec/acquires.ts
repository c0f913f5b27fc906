/** Which SAs were asked for, and which negotiations failed: what a stack remembers between packets that lack an SA. */
import { formatAddress } from '../../model/address.js';
import { type Acquire, mayFallBack } from './bundle.js';
import type { Millis } from './sa.js';
import { flowKey } from './sad.js';

/** One acquire for each SA that is missing, again after so long. */
const repeatMillis = 30_000;
/** Acquires and failures that are remembered. */
const rememberedMax = 65_536;

export interface Acquires {
  /** Is it time to ask for this SA? Notes that it was asked for. */
  ask(acquire: Acquire, now: Millis): boolean;
  /** SAs have come: the next packet that lacks one asks at once. */
  forgetAsked(): void;
  /** A negotiation failed: until then, packets of an entry that allows it go in the clear. */
  failed(acquire: Acquire, until: Millis): void;
  /** May a packet that lacks this SA go in the clear now? */
  isClear(acquire: Acquire, now: Millis): boolean;
}

export function createAcquires(): Acquires {
  const asked = new Map<string, Millis>();
  const clearUntil = new Map<string, Millis>();
  return {
    ask(acquire, now) {
      const key = acquireKey(acquire);
      const last = asked.get(key);
      if (last !== undefined && now - last < repeatMillis) return false;
      remember(asked, key, now);
      return true;
    },
    forgetAsked: () => asked.clear(),
    failed(acquire, until) {
      if (mayFallBack(acquire.entry.action)) remember(clearUntil, acquireKey(acquire), until);
    },
    isClear(acquire, now) {
      const until = clearUntil.size > 0 ? clearUntil.get(acquireKey(acquire)) : undefined;
      return until !== undefined && now < until;
    },
  };
}

function acquireKey({ template, ends, packet, populateFromPacket }: Acquire): string {
  const { record } = template.source;
  const names = `${record.kind} ${record.name} ${template.mode} ${template.proposals[0]?.protocol}`;
  const between = `${formatAddress(ends.local.family, ends.local.value)} ${formatAddress(ends.remote.family, ends.remote.value)}`;
  return `${names} ${between} ${populateFromPacket ? flowKey(packet) : ''}`;
}

/** Notes a time, forgetting the oldest notes when there are too many. */
function remember(notes: Map<string, Millis>, key: string, at: Millis): void {
  notes.delete(key);
  notes.set(key, at);
  if (notes.size > rememberedMax) notes.delete(notes.keys().next().value!);
}
