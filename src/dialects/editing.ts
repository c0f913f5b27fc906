/**
 * Small changes of a configuration in its own language: an option with another value, an alternative more. Who asks reads the
 * changed text again and tries it, so that an editor may leave out what it is not sure of.
 */
import type { TextEdit } from '../model/finding.js';
import type { ProposalLike } from '../model/proposal.js';
import type { Identity, IkePolicy, PadEntry, SaTemplate } from '../model/system-config.js';
import type { TrafficSelector } from '../model/traffic-selector.js';
import type { KeyExchangeTransform } from '../model/transform.js';
import type { DialectReading } from './dialect.js';

/** What is to be otherwise. */
export type EditWish =
  /** One alternative more for IKE SAs; each list of the proposal has one algorithm at most. */
  | { readonly kind: 'ike-proposal'; readonly policy: IkePolicy; readonly proposal: ProposalLike }
  | { readonly kind: 'child-proposal'; readonly template: SaTemplate; readonly proposal: ProposalLike }
  /** A key exchange of its own for Child SAs, with this group; or none. */
  | {
      readonly kind: 'pfs';
      readonly template: SaTemplate;
      readonly policy?: IkePolicy;
      readonly group: KeyExchangeTransform | undefined;
    }
  | { readonly kind: 'ike-versions'; readonly pad: PadEntry; readonly versions: readonly (1 | 2)[] }
  | { readonly kind: 'exchange'; readonly pad: PadEntry; readonly exchange: 'main' | 'aggressive' }
  | {
      readonly kind: 'methods';
      readonly pad: PadEntry;
      readonly local: PadEntry['localMethod']['value'];
      readonly remote: PadEntry['remoteMethod']['value'];
    }
  | { readonly kind: 'local-id' | 'remote-id'; readonly pad: PadEntry; readonly identity: Identity }
  /** The text of a key; the edit is shown without it. */
  | { readonly kind: 'preshared-key'; readonly pad: PadEntry; readonly key: string }
  | { readonly kind: 'mode'; readonly template: SaTemplate; readonly mode: 'transport' | 'tunnel' }
  | {
      readonly kind: 'selectors';
      readonly template: SaTemplate;
      readonly local: readonly TrafficSelector[];
      readonly remote: readonly TrafficSelector[];
    };

export interface DialectEdit {
  /** What is done, in the words of the file: `add -ecp256 to proposals`; never a secret. */
  readonly what: string;
  readonly edits: readonly TextEdit[];
}

/** Undefined for what the language cannot say, or the editor cannot. */
export type DialectEditor = (wish: EditWish, reading: DialectReading) => DialectEdit | undefined;

/** A key as products write it between quotation marks: printable, and without what would end it. */
export function quotedKey(key: string): string | undefined {
  return /^[\x20-\x7e]+$/.test(key) && !/["\\]/.test(key) ? `"${key}"` : undefined;
}

/** The value of an identity as products take it bare; undefined where it has characters that need care. */
export function bareIdentity({ type, value }: Identity): string | undefined {
  if (value === undefined) return undefined;
  if (type === 'X500-DN') return /["\\]/.test(value) ? undefined : `"${value}"`;
  return /^[A-Za-z0-9@.:_-]+$/.test(value) ? value : undefined;
}
