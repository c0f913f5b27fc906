/** Informational exchanges: notifications and deletes, one message each — RFC 2409 §5.7, RFC 2408 §4.8. */

import { concat } from '../crypto/octets.js';
import { type IsakmpPayload, isakmpPayload } from '../wire/isakmp/table.js';
import { spiOctets } from '../wire/payloads/spis.js';
import {
  domainsOfInterpretation,
  isakmpExchangeTypes,
  isakmpNotifyTypes,
  isakmpProtocolIds,
} from '../wire/registry/isakmp.js';
import { type Cookies, exchangeIv } from './keys.js';
import { clearMessage, encryptedMessage, hashed, hashStart, type Outgoing } from './messages.js';
import type { ProtectingSa } from './phase1-state.js';
import { protocolIds } from './phase2-proposals.js';

const exchangeType = isakmpExchangeTypes.number.INFORMATIONAL;
const { number: notify } = isakmpNotifyTypes;

export const doi = domainsOfInterpretation.number.IPSEC;

/** A notification about an ISAKMP SA, or about a protocol's SPI. */
export function notification(
  type: number,
  about: { readonly protocolId: number; readonly spi: Uint8Array },
  data: Uint8Array = new Uint8Array(0),
): IsakmpPayload {
  return isakmpPayload('N', { doi, protocolId: about.protocolId, type, spi: about.spi, data });
}

/** What a notification about an ISAKMP SA names: both cookies. */
export function aboutIsakmp({ initiator, responder }: Cookies) {
  return { protocolId: isakmpProtocolIds.number.PROTO_ISAKMP, spi: concat([initiator, responder]) };
}

/** The SA of a protocol that its receiver knows by this SPI. */
export function aboutChild(protocol: 'ESP' | 'AH', spi: number) {
  return { protocolId: protocolIds[protocol], spi: spiOctets(spi) };
}

/** A delete of SAs that we receive by these SPIs. */
export function deleteChildren(protocol: 'ESP' | 'AH', spis: readonly number[]): IsakmpPayload {
  return isakmpPayload('D', { doi, protocolId: protocolIds[protocol], spis: { size: 4, list: spis.map(spiOctets) } });
}

/** A delete of an ISAKMP SA. */
export function deleteIsakmp(cookies: Cookies): IsakmpPayload {
  const { protocolId, spi } = aboutIsakmp(cookies);
  return isakmpPayload('D', { doi, protocolId, spis: { size: 16, list: [spi] } });
}

/** R-U-THERE, or its answer (RFC 3706 §5.3). */
export function deadPeerPayload(
  type: 'R-U-THERE' | 'R-U-THERE-ACK',
  sequence: number,
  cookies: Cookies,
): IsakmpPayload {
  return notification(notify[type], aboutIsakmp(cookies), spiOctets(sequence));
}

/** An Informational under an ISAKMP SA. */
export function protectedInformational(
  sa: ProtectingSa,
  messageId: number,
  payloads: readonly IsakmpPayload[],
  purpose: string,
): Outgoing {
  return encryptedMessage(
    { cookies: sa.cookies, exchangeType, messageId, ikeSa: sa.name, purpose },
    hashed(sa.suite.prf, sa.keys.skeyid.skeyidA, hashStart(messageId), payloads),
    sa.keys.protection,
    exchangeIv(sa.suite, sa.lastBlock, messageId),
  );
}

/** An error in the clear, before there are keys. Nobody has to believe it. */
export function clearNotification(cookies: Cookies, messageId: number, type: number): Outgoing {
  const payload = notification(type, { protocolId: isakmpProtocolIds.number.PROTO_ISAKMP, spi: new Uint8Array(0) });
  return clearMessage({ cookies, exchangeType, messageId, purpose: isakmpNotifyTypes.brief(type) }, [payload]);
}
