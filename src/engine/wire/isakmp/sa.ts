/**
 * Security Association payload (SA) of ISAKMP — RFC 2408 §3.4 to §3.6, RFC 2407 §4.6.1.
 *
 *   |              Domain of Interpretation  (DOI)                  |
 *   ~                           Situation                           ~
 *   ~                  Proposal payloads, each with                 ~
 *   | Next Payload  |   RESERVED    |         Payload Length        |
 *   |  Proposal #   |  Protocol-Id  |    SPI Size   |# of Transforms|
 *   ~                        SPI (variable)                         ~
 *   ~                  Transform payloads, each with                ~
 *   | Next Payload  |   RESERVED    |         Payload Length        |
 *   |  Transform #  |  Transform-Id |           RESERVED2           |
 *   ~                        SA Attributes                          ~
 *
 * Proposals with the same number are all wanted together (AND); the transforms of one are alternatives (RFC 2408 §4.2).
 */
import {
  type Codec,
  chain,
  countOf,
  type Decoded,
  definePayload,
  dependent,
  list,
  named,
  reserved,
  rest,
  shown,
  sized,
  sizeOf,
  struct,
  tagged,
  totalLength,
  u8,
  u16,
  u32,
} from '../codec.js';
import { attributesMax, proposalsMax, transformsMax } from '../limits.js';
import { attribute } from '../payloads/attribute.js';
import { domainsOfInterpretation, isakmpProtocolIds } from '../registry/isakmp.js';
import { isakmpTransformNames } from '../registry/isakmp-attributes.js';
import { labelFields, situationBits } from './labels.js';

function transformOf(protocolId: number) {
  const names = isakmpTransformNames(protocolId);
  const saAttribute = attribute({
    type: (type) => names.attributes.describe(type),
    value: (type, value) => (typeof value === 'number' ? names.values(type)?.describe(value) : undefined),
  });
  return shown(
    struct(
      {
        reserved: reserved(1),
        length: totalLength(u16, { before: 1 }),
        number: u8,
        transformId: named(u8, names.ids),
        reserved2: reserved(2),
        attributes: list(saAttribute, { each: 'attribute', max: attributesMax }),
      },
      { rfc: 'RFC 2408 §3.6' },
    ),
    ({ number, transformId }) => `${number}: ${names.ids.brief(transformId)}`,
  );
}

export type IsakmpTransform = Decoded<ReturnType<typeof transformOf>>;

const transformsByProtocol: ReadonlyMap<number, Codec<readonly IsakmpTransform[]>> = new Map(
  [0, 1, 2, 3, 4].map((protocolId) => [
    protocolId,
    chain(transformOf(protocolId), { each: 'transform', max: transformsMax, more: 3, count: 'transformCount' }),
  ]),
);

/** One proposal; `spi` may have any size: in phase 1 its octets mean nothing (RFC 2408 §3.5). */
export const isakmpProposal = shown(
  struct(
    {
      reserved: reserved(1),
      length: totalLength(u16, { before: 1 }),
      number: u8,
      protocolId: named(u8, isakmpProtocolIds),
      spiSize: sizeOf('spi', u8),
      transformCount: countOf('transforms', u8),
      spi: sized('spiSize'),
      transforms: dependent(
        (scope) => transformsByProtocol.get(scope.protocolId as number) ?? transformsByProtocol.get(0)!,
      ),
    },
    { rfc: 'RFC 2408 §3.5' },
  ),
  ({ number, protocolId }) => `${number}: ${isakmpProtocolIds.brief(protocolId)}`,
);
export type IsakmpProposal = Decoded<typeof isakmpProposal>;

const situation: Codec<number> = shown(u32, (value) => {
  const set = Object.entries(situationBits).filter(([, bit]) => value & bit);
  return `${set.map(([name]) => name).join(', ') || 'none'} (${value})`;
});

const body = tagged(
  { name: 'DOI', codec: u32, names: domainsOfInterpretation },
  {
    IPSEC: {
      number: 1,
      body: struct({
        situation,
        ...labelFields,
        proposals: chain(isakmpProposal, { each: 'proposal', max: proposalsMax, more: 2 }),
      }),
    },
  },
  // Another DOI has another situation, whose length only that DOI tells (RFC 2408 §3.4).
  struct({ data: rest() }),
);

export const isakmpSa = definePayload({ kind: 'SA', number: 1, rfc: 'RFC 2408 §3.4', body });
export type IsakmpSaPayload = Decoded<typeof body>;
