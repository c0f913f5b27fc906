/** What an IKE SA has still to do, one exchange after the other, and what the exchange that is under way is for. */
import type { KeyExchangeTransform } from '../../model/transform.js';
import type { KeyExchange } from '../crypto/provider.js';
import type { ResolvedRequest } from '../ike-version.js';
import type { Millis } from '../ipsec/sa.js';
import type { Child, ChildAttempt } from './child-sa.js';
import type { OwnProposal, WrittenOffer } from './offers.js';

/** How often a task met TEMPORARY_FAILURE, and when it may be tried again. */
export interface Patience {
  readonly refusals: number;
  readonly notBefore: Millis;
}

export type Task =
  | ({ readonly kind: 'create-child'; readonly request: ResolvedRequest } & Patience)
  | ({ readonly kind: 'rekey-child'; readonly child: Child } & Patience)
  | ({ readonly kind: 'rekey-ike' } & Patience)
  | { readonly kind: 'delete-children'; readonly children: readonly Child[]; readonly why: string }
  /** A pair that the peer has made and we do not want; only the peer has it. */
  | { readonly kind: 'delete-spi'; readonly protocol: 'ESP' | 'AH'; readonly inboundSpi: number; readonly why: string }
  | { readonly kind: 'delete-ike'; readonly why: string }
  | { readonly kind: 'liveness' };

/** At once, whatever the clock shows: it may begin below zero. */
export const patient: Patience = { refusals: 0, notBefore: Number.NEGATIVE_INFINITY };

/** Our request for a new IKE SA in place of this one. */
export interface IkeAttempt {
  readonly own: readonly OwnProposal[];
  readonly offer: WrittenOffer;
  readonly spi: bigint;
  readonly ni: Uint8Array;
  readonly exchange: KeyExchange;
  readonly group: KeyExchangeTransform;
  /** Groups that were tried, this one included. */
  readonly groups: readonly string[];
}

export type Current =
  | {
      readonly kind: 'create-child';
      readonly task: Extract<Task, { kind: 'create-child' }>;
      readonly attempt: ChildAttempt;
    }
  | {
      readonly kind: 'rekey-child';
      readonly task: Extract<Task, { kind: 'rekey-child' }>;
      readonly attempt: ChildAttempt;
    }
  | { readonly kind: 'rekey-ike'; readonly task: Extract<Task, { kind: 'rekey-ike' }>; readonly attempt: IkeAttempt }
  | { readonly kind: 'delete-children'; readonly children: readonly Child[]; readonly why: string }
  | { readonly kind: 'delete-ike'; readonly why: string }
  | { readonly kind: 'liveness' }
  | { readonly kind: 'inform' };
