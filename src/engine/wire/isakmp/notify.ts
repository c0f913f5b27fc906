/**
 * Notification payload (N) — RFC 2408 §3.14 — and Delete payload (D) — RFC 2408 §3.15.
 *
 *   |              Domain of Interpretation  (DOI)                  |
 *   |  Protocol-ID  |   SPI Size    |      Notify Message Type      |
 *   ~                Security Parameter Index (SPI)                 ~
 *   ~                       Notification Data                       ~
 */
import {
  type Codec,
  type Decoded,
  definePayload,
  list,
  named,
  rest,
  sized,
  sizeOf,
  struct,
  u8,
  u16,
  u32,
  viewed,
} from '../codec.js';
import { attributesMax } from '../limits.js';
import { attribute } from '../payloads/attribute.js';
import { spis } from '../payloads/spis.js';
import { domainsOfInterpretation, isakmpNotifyTypes, isakmpProtocolIds } from '../registry/isakmp.js';
import { isakmpTransformNames } from '../registry/isakmp-attributes.js';

/** SA attributes in notification data: RESPONDER-LIFETIME has those of its protocol (RFC 2407 §4.6.3.1). */
export function lifetimeAttributes(protocolId: number) {
  const names = isakmpTransformNames(protocolId);
  const one = attribute({
    type: (type) => names.attributes.describe(type),
    value: (type, value) => (typeof value === 'number' ? names.values(type)?.describe(value) : undefined),
  });
  return list(one, { each: 'attribute', max: attributesMax });
}

/** Data of R-U-THERE and R-U-THERE-ACK — RFC 3706 §5.3. */
export const deadPeerDetection = struct({ sequenceNumber: u32 });
/** Data of REPLAY-STATUS — RFC 2407 §4.6.3.2. */
export const replayStatus = struct({ enabled: u32 });

const notification = struct({
  doi: named(u32, domainsOfInterpretation),
  protocolId: named(u8, isakmpProtocolIds),
  spiSize: sizeOf('spi', u8),
  type: named(u16, isakmpNotifyTypes),
  spi: sized('spiSize'),
  data: viewed(rest(), ({ type, protocolId }) => notificationData(type as number, protocolId as number)),
});

const deletion = struct({
  doi: named(u32, domainsOfInterpretation),
  protocolId: named(u8, isakmpProtocolIds),
  spis,
});

export const isakmpNotify = definePayload({ kind: 'N', number: 11, rfc: 'RFC 2408 §3.14', body: notification });
export const isakmpDelete = definePayload({ kind: 'D', number: 12, rfc: 'RFC 2408 §3.15', body: deletion });
export type IsakmpNotifyPayload = Decoded<typeof notification>;
export type IsakmpDeletePayload = Decoded<typeof deletion>;

function notificationData(type: number, protocolId: number): Codec<unknown> | undefined {
  switch (type) {
    case isakmpNotifyTypes.number['RESPONDER-LIFETIME']:
      return lifetimeAttributes(protocolId);
    case isakmpNotifyTypes.number['REPLAY-STATUS']:
      return replayStatus;
    case isakmpNotifyTypes.number['R-U-THERE']:
    case isakmpNotifyTypes.number['R-U-THERE-ACK']:
      return deadPeerDetection;
    default:
      return undefined;
  }
}
