/**
 * Identification payloads (IDi, IDr, and IDg of RFC 9838) — RFC 7296 §3.5.
 *
 *   |   ID Type     |                 RESERVED                      |
 *   ~                   Identification Data                         ~
 *
 * The AUTH payload signs this body as it was sent (RFC 7296 §2.15), so it is kept octet for octet: encoding what was
 * decoded gives RestOfInitIDPayload, RESERVED included.
 */
import { type Decoded, definePayload, named, reserved, rest, shown, struct, u8 } from '../codec.js';
import { idTypes } from '../registry/ikev2.js';
import { identityText } from './identity-text.js';

const identification = struct({
  idType: named(u8, idTypes),
  reserved: reserved(3),
  data: shown(rest(), (data, scope) => identityText(scope.idType as number, data)),
});
export type IdPayload = Decoded<typeof identification>;

export const idi = definePayload({ kind: 'IDi', number: 35, rfc: 'RFC 7296 §3.5', body: identification });
export const idr = definePayload({ kind: 'IDr', number: 36, rfc: 'RFC 7296 §3.5', body: identification });
export const idg = definePayload({ kind: 'IDg', number: 50, rfc: 'RFC 9838', body: identification });
