/** A message of a capture with all that can be read of it, as those who explain exchanges see it. */
import type { Header } from '../../../engine/wire/header.js';
import type { IsakmpPayload } from '../../../engine/wire/isakmp/table.js';
import type { Ikev2Payload } from '../../../engine/wire/payloads/table.js';
import type { Address } from '../../../model/address.js';

export interface End {
  readonly address: Address;
  readonly port: number;
  /** The address as text. */
  readonly text: string;
}

interface Seen {
  readonly frame: number;
  readonly header: Header;
  readonly from: End;
  readonly to: End;
  readonly octets: number;
  /** Of a message in fragments, or that cannot be opened, not all of it is known. */
  readonly isComplete: boolean;
}

export interface SeenIkev2 extends Seen {
  readonly payloads: readonly Ikev2Payload[];
}

export interface SeenIsakmp extends Seen {
  readonly payloads: readonly IsakmpPayload[];
}

export interface Explanation {
  readonly remarks: readonly string[];
  /** The frame of the request that is answered. */
  readonly answers?: number;
}

/** A request that nobody answered: what it was, and what may be behind that. */
export interface Unanswered {
  readonly frame: number;
  readonly text: string;
}
