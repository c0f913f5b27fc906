/**
 * What happened in a simulated world, in order: the one account that ladder diagrams, JSON, captures and key tables are made
 * of. Times are those of the world; each system has a clock of its own.
 */
import type { EngineEvent, MessageContent } from '../event.js';
import type { ChildRequest, ChildSaName, Endpoint } from '../input.js';
import type { DropReason } from '../ipsec/drop.js';
import type { PeerMove } from '../ipsec/peer-move.js';
import type { Millis, SaEvent, SaId, SaParameters } from '../ipsec/sa.js';

/** Why a packet did not come to where it was sent. */
export type LossReason =
  /** The network's luck, or a test's choice. */
  | 'loss'
  | 'partition'
  /** No system has its destination's address. */
  | 'no-route'
  /** Longer than the path takes, and not to be fragmented. */
  | 'too-big'
  /** Fragments are thrown away on this path. */
  | 'fragment'
  /** A NAT has no mapping for it, or cannot translate it. */
  | 'nat'
  /** Its receiver is down. */
  | 'down';

export type TraceEntry = { readonly at: Millis; readonly host: string } & TraceFact;

export type TraceFact =
  /** An IP packet went into the network, as its sender made it. Numbers count up from 1. */
  | {
      readonly kind: 'sent';
      readonly packet: number;
      readonly octets: Uint8Array;
      /** For IKE messages: what is in it. */
      readonly ike?: { readonly local: Endpoint; readonly remote: Endpoint; readonly content: MessageContent };
      /** The SAs that protect it, innermost first; empty in the clear. */
      readonly through: readonly SaId[];
    }
  /** It arrived at `host`; `duplicate` for the copies that the network made, `damaged` where it changed a bit. */
  | {
      readonly kind: 'arrived';
      readonly packet: number;
      readonly duplicate: boolean;
      readonly damaged: boolean;
    }
  /** It, or its copy, was lost; `host` is the sender. */
  | { readonly kind: 'lost'; readonly packet: number; readonly why: LossReason }
  /** A packet was received and permitted. */
  | {
      readonly kind: 'accepted';
      readonly octets: Uint8Array;
      readonly through: readonly SaId[];
      readonly forward: boolean;
    }
  /** A packet was discarded by the system's data path. */
  | {
      readonly kind: 'dropped';
      readonly octets: Uint8Array;
      readonly direction: 'outbound' | 'inbound';
      readonly reason: DropReason;
      readonly why: string;
    }
  /** A packet waits for an SA. */
  | { readonly kind: 'held'; readonly octets: Uint8Array }
  | { readonly kind: 'request'; readonly request: ChildRequest }
  | { readonly kind: 'request-failed'; readonly request: ChildRequest; readonly retryAt: Millis }
  | { readonly kind: 'install'; readonly child: ChildSaName; readonly sa: SaParameters }
  | { readonly kind: 'remove'; readonly sa: SaId; readonly why: string }
  | { readonly kind: 'move'; readonly move: PeerMove }
  | { readonly kind: 'event'; readonly event: EngineEvent }
  | { readonly kind: 'sa-event'; readonly event: SaEvent }
  /** The system stopped, without a word to anybody, or began anew with nothing but its configuration. */
  | { readonly kind: 'crash' }
  | { readonly kind: 'start' }
  /** Something that should not be: a world's account of an engine's mistake. */
  | { readonly kind: 'fault'; readonly why: string };

export type EntryOf<K extends TraceFact['kind']> = Extract<TraceEntry, { readonly kind: K }>;

/** Entries that a trace keeps; a run that goes on for longer is told from its beginning and its end. */
export const traceMax = 200_000;

export interface Trace {
  readonly entries: readonly TraceEntry[];
  /** Entries that were left out for want of room. */
  readonly leftOut: number;
  add(entry: TraceEntry): void;
}

/** A trace that keeps so many entries. */
export function createTrace(max = traceMax): Trace {
  const entries: TraceEntry[] = [];
  let leftOut = 0;
  return {
    entries,
    get leftOut() {
      return leftOut;
    },
    add(entry) {
      if (entries.length < max) entries.push(entry);
      else leftOut += 1;
    },
  };
}

/** The entries of a kind. */
export function entriesOf<K extends TraceFact['kind']>(entries: readonly TraceEntry[], kind: K): EntryOf<K>[] {
  return entries.filter((entry): entry is EntryOf<K> => entry.kind === kind);
}
