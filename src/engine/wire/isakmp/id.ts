/**
 * Identification payload (ID) — RFC 2407 §4.6.2.
 *
 *   |   ID Type     |  Protocol ID  |             Port              |
 *   ~                     Identification Data                       ~
 *
 * HASH_I and HASH_R cover this body as it was sent (RFC 2409 §5), and with RSA encryption all of it is ciphertext
 * (RFC 2409 §5.2), so that nothing about the data is checked here.
 */
import { formatProtocol } from '../../../model/packet.js';
import { type Decoded, definePayload, named, reserved, rest, shown, struct, u8, u16 } from '../codec.js';
import { addressText, isakmpIdentityText } from '../payloads/identity-text.js';
import { isakmpIdTypes } from '../registry/isakmp.js';

const identification = struct({
  idType: named(u8, isakmpIdTypes),
  protocolId: named(u8, { describe: (value) => (value === 0 ? 'any (0)' : formatProtocol(value)) }),
  port: u16,
  data: shown(rest(), (data, scope) => isakmpIdentityText(scope.idType as number, data)),
});

export const isakmpId = definePayload({ kind: 'ID', number: 5, rfc: 'RFC 2407 §4.6.2', body: identification });
export type IsakmpIdPayload = Decoded<typeof identification>;

/**
 * NAT Original Address payload — RFC 3947 §5.2.
 *
 *   |   ID Type     |                  RESERVED                     |
 *   ~                   IPv4 or IPv6 address                        ~
 */
const originalAddress = struct({
  idType: named(u8, isakmpIdTypes),
  reserved: reserved(3),
  address: shown(rest(), addressText),
});

export const natOa = definePayload({ kind: 'NAT-OA', number: 21, rfc: 'RFC 3947 §5.2', body: originalAddress });
export const natOaDraft = definePayload({
  kind: 'NAT-OA-draft',
  number: 131,
  rfc: 'draft-ietf-ipsec-nat-t-ike-03',
  body: originalAddress,
});
export type NatOaPayload = Decoded<typeof originalAddress>;
