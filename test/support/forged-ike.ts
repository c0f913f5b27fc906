/** IKE messages that nobody has authenticated, with the numbers of a real IKE SA and its ESP SAs: what is said in them must not count. */
import { type IsakmpPayload, isakmpPayload } from '../../src/engine/wire/isakmp/table.js';
import { encodeMessage } from '../../src/engine/wire/message.js';
import { type Ikev2Payload, ikev2Payload } from '../../src/engine/wire/payloads/table.js';

export interface IkeSpis {
  readonly initiatorSpi: bigint;
  readonly responderSpi: bigint;
}

/** A number in network order. */
export const octetsOf = (value: bigint | number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => Number((BigInt(value) >> BigInt(8 * (length - 1 - at))) & 0xffn));

/** What anybody on the way could write: notifies and deletes that name the real IKE SA and the real SPIs. */
export function forgedV2({ initiatorSpi, responderSpi }: IkeSpis, spis: readonly number[]): readonly Uint8Array[] {
  const notify = (type: number): Ikev2Payload =>
    ikev2Payload('N', { protocolId: 0, type, spi: new Uint8Array(0), data: new Uint8Array(0) });
  const said: readonly (readonly Ikev2Payload[])[] = [
    [notify(16384)],
    [ikev2Payload('D', { protocolId: 1, spis: { size: 0, list: [] } })],
    ...spis.map((spi) => [ikev2Payload('D', { protocolId: 3, spis: { size: 4, list: [octetsOf(spi, 4)] } })]),
    ...[4, 5, 7, 9, 11, 14, 24, 38, 39, 43, 44].map((type) => [notify(type)]),
  ];
  return said.flatMap((payloads) =>
    // IKE_SA_INIT, IKE_AUTH, CREATE_CHILD_SA, INFORMATIONAL; as request and as answer, of either side.
    [34, 35, 36, 37].flatMap((exchangeType) =>
      [0x00, 0x08, 0x20, 0x28].flatMap((flags) =>
        [0, 1, 2, 3].map((messageId) => {
          const header = {
            initiatorSpi,
            responderSpi,
            version: { major: 2, minor: 0 },
            exchangeType,
            flags,
            messageId,
          };
          return encodeMessage({ kind: 'IKEv2', header, payloads });
        }),
      ),
    ),
  );
}

/** The same in IKEv1. */
export function forgedV1({ initiatorSpi, responderSpi }: IkeSpis, spis: readonly number[]): readonly Uint8Array[] {
  const cookies = Uint8Array.of(...octetsOf(initiatorSpi, 8), ...octetsOf(responderSpi, 8));
  const notify = (type: number, protocolId: number, spi: Uint8Array): IsakmpPayload =>
    isakmpPayload('N', { doi: 1, protocolId, type, spi, data: new Uint8Array(0) });
  const remove = (protocolId: number, size: number, list: readonly Uint8Array[]): IsakmpPayload =>
    isakmpPayload('D', { doi: 1, protocolId, spis: { size, list: [...list] } });
  const said: readonly (readonly IsakmpPayload[])[] = [
    [notify(24578, 1, cookies)],
    [remove(1, 16, [cookies])],
    ...spis.map((spi) => [remove(3, 4, [octetsOf(spi, 4)])]),
    ...[1, 4, 7, 11, 14, 16, 18, 23, 24, 28, 30].map((type) => [notify(type, 1, cookies)]),
  ];
  return said.flatMap((payloads) =>
    // Main Mode, Aggressive Mode, Informational, Quick Mode; in the clear, and with the bit that says that it is not.
    [2, 4, 5, 32].flatMap((exchangeType) =>
      [0x00, 0x01].flatMap((flags) =>
        [0, 7].map((messageId) => {
          const header = {
            initiatorSpi,
            responderSpi,
            version: { major: 1, minor: 0 },
            exchangeType,
            flags,
            messageId,
          };
          return encodeMessage({ kind: 'ISAKMP', header, payloads });
        }),
      ),
    ),
  );
}
