/** How an attempt ends that fails: who ends it, and what the initiator learns of it. */

/** Error notifications of IKEv2 (RFC 7296 §3.10.1) and IKEv1 (RFC 2408 §3.14.1) that end attempts. */
export type RefusalNotify =
  | 'NO_PROPOSAL_CHOSEN'
  | 'INVALID_KE_PAYLOAD'
  | 'AUTHENTICATION_FAILED'
  | 'TS_UNACCEPTABLE'
  | 'INTERNAL_ADDRESS_FAILURE'
  | 'FAILED_CP_REQUIRED'
  | 'INVALID_SYNTAX'
  | 'INVALID_KEY_INFORMATION'
  | 'INVALID_ID_INFORMATION'
  | 'INVALID_PAYLOAD_TYPE';

export type Refusal =
  /** The responder answers so; to some answers the initiator pays no heed, and asks until it gives up. */
  | {
      readonly kind: 'answered';
      readonly notify: RefusalNotify;
      readonly isIgnored?: boolean;
      readonly beside?: RefusalNotify;
    }
  /** The initiator gives up by itself; it may say so to the responder, and the IKE SA may go as well. */
  | { readonly kind: 'given-up'; readonly notify?: RefusalNotify; readonly endsIkeSa?: boolean }
  /** Nothing comes back that the initiator can read. */
  | { readonly kind: 'silence' };
