/**
 * Authentication payload (AUTH) — RFC 7296 §3.8; for method 14 its data begins with an AlgorithmIdentifier (RFC 7427 §3).
 *
 *   | Auth Method   |                RESERVED                       |
 *   ~                      Authentication Data                      ~
 */
import { type Decoded, definePayload, named, reserved, rest, sized, sizeOf, struct, u8, viewed } from '../codec.js';
import { authenticationMethods } from '../registry/ikev2.js';

/** Authentication data of method 14: the length of the ASN.1 in one octet, the ASN.1, the signature. */
export const digitalSignature = struct(
  {
    algorithmLength: sizeOf('algorithmIdentifier', u8),
    algorithmIdentifier: sized('algorithmLength'), // DER of an X.509 AlgorithmIdentifier
    signature: rest({ min: 1 }),
  },
  { rfc: 'RFC 7427 §3' },
);
export type DigitalSignature = Decoded<typeof digitalSignature>;

export const auth = definePayload({
  kind: 'AUTH',
  number: 39,
  rfc: 'RFC 7296 §3.8',
  body: struct({
    method: named(u8, authenticationMethods),
    reserved: reserved(3),
    data: viewed(rest(), ({ method }) => (method === 14 ? digitalSignature : undefined)),
  }),
});
export type AuthPayload = Decoded<typeof auth.body>;
