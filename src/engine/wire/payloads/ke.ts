/**
 * Key Exchange payload (KE) — RFC 7296 §3.4.
 *
 *   +-------------------------------+-------------------------------+
 *   |   Diffie-Hellman Group Num    |           RESERVED            |
 *   +-------------------------------+-------------------------------+
 *   ~                       Key Exchange Data                       ~
 *   +---------------------------------------------------------------+
 */
import { type Decoded, definePayload, named, reserved, rest, struct, u16 } from '../codec.js';
import { keyExchangeMethods } from '../registry/transforms.js';

export const ke = definePayload({
  kind: 'KE',
  number: 34,
  rfc: 'RFC 7296 §3.4',
  body: struct({
    dhGroup: named(u16, keyExchangeMethods), // any number: the exchange answers an unknown one with INVALID_KE_PAYLOAD
    reserved: reserved(2), // sent as zero, ignored on receipt
    keyExchangeData: rest({ min: 1 }), // post-quantum methods go far beyond the 1024 octets of MODP-8192 (RFC 9370)
  }),
});
export type KePayload = Decoded<typeof ke.body>;
