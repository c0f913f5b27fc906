/**
 * Extensible Authentication Protocol payload (EAP) — RFC 7296 §3.16: one EAP message (RFC 3748 §4).
 *
 *   |     Code      | Identifier    |           Length              |
 *   |     Type      | Type_Data...                                  |
 */
import {
  type Decoded,
  definePayload,
  named,
  octetCount,
  rest,
  shown,
  struct,
  tagged,
  textPreview,
  totalLength,
  u8,
  u16,
} from '../codec.js';
import { eapCodes, eapTypes } from '../registry/ikev2.js';

const length = totalLength(u16, { before: 1 });

/** Requests and responses; responses of some methods hold a password, so that a report shows only what cannot. */
const typed = struct({
  identifier: u8,
  length,
  type: named(u8, eapTypes),
  data: shown(rest(), (data, { type }) => (type === 1 || type === 2 ? textPreview(data) : octetCount(data))),
});
const bare = struct({ identifier: u8, length });

export const eapMessage = tagged(
  { name: 'code', codec: u8, names: eapCodes },
  {
    Request: { number: 1, body: typed },
    Response: { number: 2, body: typed },
    Success: { number: 3, body: bare },
    Failure: { number: 4, body: bare },
  },
  struct({ identifier: u8, length, data: shown(rest(), octetCount) }),
);
export type EapMessage = Decoded<typeof eapMessage>;

export const eap = definePayload({
  kind: 'EAP',
  number: 48,
  rfc: 'RFC 7296 §3.16',
  body: struct({ message: eapMessage }),
});
export type EapPayload = Decoded<typeof eap.body>;
