/** What the engine asks its world to do, and what it tells of its decisions. */
import type { SaTemplate } from '../model/system-config.js';
import type { EngineEvent, MessageContent } from './event.js';
import type { ChildRequest, ChildSaName, Endpoint } from './input.js';
import type { PeerMove } from './ipsec/peer-move.js';
import type { Millis, SaId, SaParameters } from './ipsec/sa.js';

export type EngineOutput =
  /** Send an IKE message; the world puts the non-ESP marker before it where the port asks for one. */
  | {
      readonly kind: 'transmit';
      readonly local: Endpoint;
      readonly remote: Endpoint;
      readonly octets: Uint8Array;
      readonly content: MessageContent;
    }
  /** A NAT keepalive (RFC 3948 §2.3): one octet 0xff, no IKE message. */
  | { readonly kind: 'keepalive'; readonly local: Endpoint; readonly remote: Endpoint }
  /**
   * Give an SA to the data path. Both directions of a pair come one by one: an initiator may install the inbound one first.
   * `template` is the one that it was negotiated for; a kernel ties the SA to the policies that ask for that one. `settleMillis`: the peer
   * may install its end only so much later, and a world that has packets waiting for the SA loses fewer of them when it lets them wait as long.
   */
  | {
      readonly kind: 'install';
      readonly child: ChildSaName;
      readonly sa: SaParameters;
      readonly template?: SaTemplate;
      readonly settleMillis?: Millis;
    }
  /** Take an SA from the data path. */
  | { readonly kind: 'remove'; readonly sa: SaId; readonly why: string }
  /** The peer of SAs is elsewhere now, and they go on there. */
  | { readonly kind: 'move'; readonly move: PeerMove }
  /** A request came to nothing. `retryAt`: no sooner does another one make sense. */
  | { readonly kind: 'request-failed'; readonly request: ChildRequest; readonly retryAt: Millis }
  | { readonly kind: 'event'; readonly event: EngineEvent };
