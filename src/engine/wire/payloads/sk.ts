/**
 * Encrypted payload (SK) — RFC 7296 §3.14 — and Encrypted Fragment payload (SKF) — RFC 7383 §2.5. Only the keys tell where
 * IV, ciphertext and ICV begin, so that the body stays opaque here; `../protect.ts` opens it. The Next Payload field of
 * these two names the first payload inside.
 */
import { type Codec, type Decoded, definePayload, octetCount, rest, shown, struct, u16 } from '../codec.js';

const encrypted: Codec<Uint8Array> = shown(rest(), octetCount);

export const sk = definePayload({ kind: 'SK', number: 46, rfc: 'RFC 7296 §3.14', body: struct({ encrypted }) });
export type SkPayload = Decoded<typeof sk.body>;

/**
 *   |        Fragment Number        |        Total Fragments        |
 *   ~                   IV, encrypted content, ICV                  ~
 */
export const skf = definePayload({
  kind: 'SKF',
  number: 53,
  rfc: 'RFC 7383 §2.5',
  body: struct({ fragmentNumber: u16, totalFragments: u16, encrypted }),
});
export type SkfPayload = Decoded<typeof skf.body>;
