/** How the end of a change is told. */
import { plainStyle, type Style } from './style.js';
import { visible } from './visible.js';

export interface OutcomeDocument {
  readonly outcome: 'done' | 'undone' | 'stuck';
  /** Of the host's state now, where it is known. */
  readonly serial?: number;
  readonly steps?: number;
  readonly why?: string;
  /** Why going back failed. */
  readonly obstacle?: string;
}

type Outcome =
  | { readonly kind: 'done'; readonly serial: number; readonly steps: number }
  | { readonly kind: 'undone'; readonly why: string }
  | { readonly kind: 'stuck'; readonly why: string; readonly obstacle: string };

export function outcomeDocument(outcome: Outcome): OutcomeDocument {
  switch (outcome.kind) {
    case 'done':
      return { outcome: 'done', serial: outcome.serial, steps: outcome.steps };
    case 'undone':
      return { outcome: 'undone', why: outcome.why };
    case 'stuck':
      return { outcome: 'stuck', why: outcome.why, obstacle: outcome.obstacle };
  }
}

export function* renderOutcome(
  { outcome, serial, steps, why, obstacle }: OutcomeDocument,
  style: Style = plainStyle,
): Generator<string> {
  switch (outcome) {
    case 'done':
      yield style.green(`done: ${steps} steps; this is state ${serial}`);
      return;
    case 'undone':
      yield style.red(`failed, and the host is as before: ${visible(why ?? '')}`);
      return;
    case 'stuck':
      yield style.red(`failed: ${visible(why ?? '')}`);
      yield style.red(`going back failed as well: ${visible(obstacle ?? '')}`);
      yield 'Protected packets are held back where their policies are not whole. The journal is kept: see "ipsec status",';
      yield 'then "ipsec rollback" to try going back again, or "ipsec apply --resume" to go forward.';
  }
}
