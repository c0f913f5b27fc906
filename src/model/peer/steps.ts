/**
 * What a negotiation between two systems goes through, step by step, as their records decide it: the analytic twin of a
 * simulated exchange. Each step says what it found and names the records of both sides.
 */
import type { Address } from '../address.js';
import type { Packet } from '../packet.js';
import type { ProposalSelection, SelectedProposal } from '../proposal.js';
import type { Region } from '../selector/box.js';
import type { EntrySource, Identity, IkePolicy, PadEntry, SaTemplate } from '../system-config.js';
import type { SelectorPair } from '../traffic-selector.js';
import type { Flow } from './flows.js';
import type { SystemView } from './system-view.js';

/** `unknown`: the configurations do not tell (a key in a file, a certificate). Only `fail` ends a negotiation. */
export type Verdict = 'pass' | 'warn' | 'unknown' | 'fail';

interface StepBase {
  readonly verdict: Verdict;
  /** One sentence without a full stop; never a secret. */
  readonly text: string;
  /** The records that decided. */
  readonly initiator?: EntrySource;
  readonly responder?: EntrySource;
}

/** A step that has nothing to add to its text. */
type Plain<K extends string> = K extends string ? { readonly kind: K } : never;

export type IkeStep = StepBase &
  (
    | Plain<'pad' | 'initiate' | 'peer-pad' | 'exchange' | 'ike-policy' | 'method' | 'preshared-key'>
    | { readonly kind: 'version'; readonly version: 1 | 2 }
    | { readonly kind: 'ike-proposal'; readonly selection: ProposalSelection }
    | { readonly kind: 'identity'; readonly sender: 'initiator' | 'responder'; readonly sent: Identity }
  );

export type ChildStep = StepBase &
  (
    | { readonly kind: 'policy'; readonly packet: Packet }
    | Plain<'peer-policy' | 'mode' | 'manual-keys' | 'configuration'>
    | { readonly kind: 'child-proposal'; readonly selection: ProposalSelection }
    | { readonly kind: 'selectors'; readonly selectors: SelectorComparison }
    /** IKEv2: the key exchange of the first rekey, which IKE_AUTH does not negotiate. */
    | { readonly kind: 'pfs'; readonly selection: ProposalSelection }
    | { readonly kind: 'lifetime'; readonly initiatorSeconds: number; readonly responderSeconds: number }
  );

export type Step = IkeStep | ChildStep;

/** How the selectors of both sides compare, in the initiator's terms. */
export type SelectorComparison =
  | { readonly kind: 'equal' }
  /** IKEv1: the client identities that each side means; they must be the same. */
  | { readonly kind: 'proxy-ids'; readonly initiator: SelectorPair; readonly responder: SelectorPair }
  /** IKEv2: what is only in the selectors of one side; undefined where it costs too much to tell. */
  | {
      readonly kind: 'narrowed';
      readonly onlyInitiator: Region | undefined;
      readonly onlyResponder: Region | undefined;
    }
  | { readonly kind: 'disjoint' };

/** What the records say about the IKE SA between two addresses. */
export interface IkeOutcome {
  readonly steps: readonly IkeStep[];
  readonly failure?: IkeStep;
  readonly version?: 1 | 2;
  readonly exchange?: 'main' | 'aggressive';
  readonly initiatorPad?: PadEntry;
  readonly responderPad?: PadEntry;
  readonly initiatorPolicy?: IkePolicy;
  readonly responderPolicy?: IkePolicy;
  readonly proposal?: SelectedProposal;
}

/** One negotiation: an SA of a flow, with one of the two systems as the initiator. */
export interface Walk {
  readonly flow: Flow;
  readonly initiator: 'a' | 'b';
  /** The packet that starts it, in the initiator's terms. */
  readonly packet: Packet;
  /** Number of the SA in the flow's bundle, innermost first. */
  readonly sa: number;
  readonly initiatorAddress: Address;
  readonly responderAddress: Address;
  readonly initiatorTemplate: SaTemplate;
  readonly responderTemplate?: SaTemplate;
  /** Absent for manual keys. */
  readonly ike?: IkeOutcome;
  readonly steps: readonly Step[];
  /** The step that it fails at. */
  readonly failure?: Step;
  readonly outcome: 'works' | 'unknown' | 'fails';
  readonly proposal?: SelectedProposal;
}

/** `auth 'b_auth' of alpha`. */
export function nameRecord(view: SystemView, { record }: EntrySource): string {
  return `${record.kind} '${record.name}' of ${view.config.name}`;
}
