/** Nonce payload (Ni, Nr) — RFC 7296 §3.9: 16 to 256 octets of it, and nothing else. */
import { type Decoded, definePayload, rest, struct } from '../codec.js';

export const nonce = definePayload({
  kind: 'Nonce',
  number: 40,
  rfc: 'RFC 7296 §3.9',
  body: struct({ data: rest({ min: 16, max: 256 }) }),
});
export type NoncePayload = Decoded<typeof nonce.body>;
