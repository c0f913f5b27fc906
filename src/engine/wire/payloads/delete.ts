/**
 * Delete payload (D) — RFC 7296 §3.11. For the IKE SA there is no SPI: the header names it.
 *
 *   | Protocol ID   |   SPI Size    |          Num of SPIs          |
 *   ~               Security Parameter Index(es) (SPI)              ~
 */
import { type Decoded, definePayload, named, struct, u8 } from '../codec.js';
import { protocolIds } from '../registry/ikev2.js';
import { spis } from './spis.js';

const deleted = struct({ protocolId: named(u8, protocolIds), spis });

export const del = definePayload({ kind: 'D', number: 42, rfc: 'RFC 7296 §3.11', body: deleted });
export type DeletePayload = Decoded<typeof deleted>;
