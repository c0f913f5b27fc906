/** Puzzle Solution payload (PS) — RFC 8019 §8.2: the solution's octets, and nothing else. */
import { type Decoded, definePayload, rest, struct } from '../codec.js';

export const ps = definePayload({
  kind: 'PS',
  number: 54,
  rfc: 'RFC 8019 §8.2',
  body: struct({ solution: rest({ min: 1 }) }),
});
export type PsPayload = Decoded<typeof ps.body>;
