/**
 * IKEv1 fragment payload (132), which two vendors sent before it was written down ([MS-IKEE] §2.2.6): one piece of a
 * whole ISAKMP message, header included.
 *
 *   |          Fragment ID          | Fragment Num  |     Flags     |
 *   ~                         Fragment Data                         ~
 */
import { type Decoded, definePayload, octetCount, rest, shown, struct, u8, u16 } from '../codec.js';

const body = struct({
  fragmentId: u16, // the same for all pieces of one message
  fragmentNumber: u8, // from 1
  flags: shown(u8, (value) => (value & 1 ? `last (${value})` : `more (${value})`)),
  data: shown(rest({ min: 1 }), octetCount),
});

export const isakmpFragment = definePayload({ kind: 'FRAGMENT', number: 132, rfc: '[MS-IKEE] §2.2.6', body });
export type IsakmpFragmentPayload = Decoded<typeof body>;

/** The bit of `flags` that the last piece of a message has. */
export const lastFragmentFlag = 1;
