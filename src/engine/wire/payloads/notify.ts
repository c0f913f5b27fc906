/**
 * Notify payload (N) — RFC 7296 §3.10.
 *
 *   |  Protocol ID  |   SPI Size    |      Notify Message Type      |
 *   ~                Security Parameter Index (SPI)                 ~
 *   ~                       Notification Data                       ~
 *
 * The data's meaning depends on the type; `notify-data.ts` has codecs for those that have a structure.
 */

import { hexPreview } from '../codec/hex.js';
import { type Decoded, definePayload, named, rest, shown, sized, sizeOf, struct, u8, u16, viewed } from '../codec.js';
import { protocolIds } from '../registry/ikev2.js';
import { notifyTypes } from '../registry/notify.js';
import { notifyDataCodec, notifyDataIsSecret } from './notify-data.js';

export const notify = definePayload({
  kind: 'N',
  number: 41,
  rfc: 'RFC 7296 §3.10',
  body: struct({
    protocolId: named(u8, protocolIds), // 0 unless the notification is about an existing Child SA
    spiSize: sizeOf('spi', u8),
    type: named(u16, notifyTypes),
    spi: sized('spiSize'),
    data: viewed(
      shown(rest(), (data, scope) => (notifyDataIsSecret(scope.type as number) ? '[secret]' : hexPreview(data))),
      ({ type }) => notifyDataCodec(type as number),
    ),
  }),
});
export type NotifyPayload = Decoded<typeof notify.body>;
