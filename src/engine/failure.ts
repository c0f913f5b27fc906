/** Why an attempt came to nothing, as a value that can be explained, compared and mended. */
import type { ProposalMismatch } from '../model/proposal.js';
import type { EntrySource } from '../model/system-config.js';

/** Stable: JSON output and tests name them. */
export const failureCodes = [
  /** No record lets this system start with the peer. */
  'no-pad-entry',
  'may-not-initiate',
  'no-ike-policy',
  /** The peer, or we, refuse the IKE version or exchange. */
  'version-refused',
  'exchange-refused',
  'no-ike-proposal',
  /** The public value is of a group that the other side does not take, and no other is left to try. */
  'invalid-ke',
  'identity-refused',
  'no-credential',
  'authentication-failed',
  'certificate-refused',
  'no-child-proposal',
  'selectors-unacceptable',
  'mode-mismatch',
  'no-spd-entry',
  /** An address was asked for, and none is given (INTERNAL_ADDRESS_FAILURE). */
  'no-virtual-address',
  /** An address was to be asked for, and was not (FAILED_CP_REQUIRED). */
  'virtual-address-required',
  /** The SA is agreed on, but what carries the packets of a system cannot have it. */
  'data-path',
  /** Nothing came back. */
  'timeout',
  /** The peer named an error that is none of the above. */
  'peer-error',
  'invalid-message',
  'busy',
  'deleted',
  'resource-limit',
] as const;
export type FailureCode = (typeof failureCodes)[number];

export interface Failure {
  readonly code: FailureCode;
  /** What did not come about. */
  readonly attempt: 'IKE SA' | 'Child SA' | 'rekeying of the IKE SA' | 'rekeying of the Child SA';
  /** Who found it out: this system by its own records, or the peer, which said so (or said nothing). */
  readonly foundBy: 'us' | 'peer' | 'nobody';
  readonly role: 'initiator' | 'responder';
  /** One sentence without a full stop, in words of this system's records; never a secret. */
  readonly text: string;
  readonly rfc?: string;
  /** The error that was sent or received: `NO_PROPOSAL_CHOSEN`. */
  readonly notify?: string;
  /** Records of this system that decided. */
  readonly records: readonly EntrySource[];
  readonly mismatch?: ProposalMismatch;
}
