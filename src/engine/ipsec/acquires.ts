/** Which SAs were asked for, and which negotiations failed: what a stack remembers between packets that lack an SA. */
import { formatAddress } from '../../model/address.js';
import type { Packet } from '../../model/packet.js';
import type { SpdAction } from '../../model/system-config.js';
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
  /** A packet of an entry that allows it came in the clear, where nothing else was possible. */
  cameClear(action: SpdAction, packet: Packet): void;
  /** Does its flow pass in the clear, both ways, whatever SAs there may be meanwhile? */
  isClearFlow(action: SpdAction, packet: Packet): boolean;
}

/** `clearFlowsStay`: a flow that has once gone in the clear does so from then on (hpux-ipsec reference 2.1.1). */
export function createAcquires({ clearFlowsStay = false } = {}): Acquires {
  const asked = new Map<string, Millis>();
  const clearUntil = new Map<string, Millis>();
  const clearFlows = new Map<string, Millis>();
  const stays = (packet: Packet): void => {
    if (clearFlowsStay) remember(clearFlows, flowKey(packet), 0);
  };
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
      const isClear = until !== undefined && now < until;
      if (isClear) stays(acquire.packet);
      return isClear;
    },
    cameClear(action, packet) {
      if (mayFallBack(action)) stays(packet);
    },
    isClearFlow: (action, packet) => clearFlows.size > 0 && mayFallBack(action) && clearFlows.has(flowKey(packet)),
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
