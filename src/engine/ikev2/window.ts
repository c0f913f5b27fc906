/**
 * Message IDs of one IKE SA — RFC 7296 §2.1 to §2.3: a window of one request in each direction. What was sent is kept until
 * it is answered, and the last answer until the next request, so that nothing is processed twice and nothing gets lost.
 */
import type { MessageContent } from '../event.js';
import type { Reassembly } from './fragments.js';

/** A message as it was sent: one packet, or the fragments of RFC 7383. */
export interface SentMessage {
  readonly messageId: number;
  readonly packets: readonly { readonly octets: Uint8Array; readonly content: MessageContent }[];
}

export interface Window {
  /** Of our next request. */
  nextRequestId: number;
  outstanding: { readonly sent: SentMessage; repetitions: number } | undefined;
  /** Of the peer's next request. */
  expectedRequestId: number;
  /** Our answer to the peer's last one. */
  response: SentMessage | undefined;
  readonly requests: { waiting: Reassembly | undefined };
  readonly responses: { waiting: Reassembly | undefined };
}

export function createWindow(start: { readonly nextRequestId: number; readonly expectedRequestId: number }): Window {
  const { nextRequestId, expectedRequestId } = start;
  return {
    nextRequestId,
    outstanding: undefined,
    expectedRequestId,
    response: undefined,
    requests: { waiting: undefined },
    responses: { waiting: undefined },
  };
}

/** What a Message ID says of a message that claims to be the next one. */
export type Place = 'next' | 'repeated' | 'old' | 'ahead';

/** Where a request stands: to be processed, answered again from what is kept, or neither. */
export function requestPlace({ expectedRequestId, response }: Window, messageId: number): Place {
  if (messageId === expectedRequestId) return 'next';
  if (messageId === expectedRequestId - 1 && response?.messageId === messageId) return 'repeated';
  return messageId < expectedRequestId ? 'old' : 'ahead';
}
