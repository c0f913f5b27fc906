/**
 * Security Association payload (SA) — RFC 7296 §3.3, with Proposal (§3.3.1) and Transform (§3.3.2) substructures.
 *
 *   | Last Substruc |   RESERVED    |        Proposal Length        |
 *   | Proposal Num  |  Protocol ID  |    SPI Size   |Num  Transforms|
 *   ~                        SPI (variable)                         ~
 *   ~                        <Transforms>                           ~
 *
 *   | Last Substruc |   RESERVED    |        Transform Length       |
 *   |Transform Type |   RESERVED    |          Transform ID         |
 *   ~                      Transform Attributes                     ~
 */
import {
  chain,
  countOf,
  type Decoded,
  definePayload,
  list,
  named,
  reserved,
  shown,
  sized,
  sizeOf,
  struct,
  totalLength,
  u8,
  u16,
} from '../codec.js';
import { attributesMax, proposalsMax, transformsMax } from '../limits.js';
import { protocolIds } from '../registry/ikev2.js';
import { transformAttributes, transformIds, transformTypes } from '../registry/transforms.js';
import { attribute } from './attribute.js';

const transformAttribute = attribute({ type: (type) => transformAttributes.describe(type), value: () => undefined });

/** One algorithm of a proposal, with its attributes: `type` and `id` may be any number. */
export const transform = shown(
  struct(
    {
      reserved: reserved(1),
      length: totalLength(u16, { before: 1 }),
      type: named(u8, transformTypes),
      reserved2: reserved(1),
      id: shown(u16, (id, { type }) => transformIds(type as number).describe(id)),
      attributes: list(transformAttribute, { each: 'attribute', max: attributesMax }),
    },
    { rfc: 'RFC 7296 §3.3.2' },
  ),
  ({ type, id, attributes }) => {
    const keyLength = attributes.find((each) => each.type === 14);
    const name = transformIds(type).name(id) ?? `${transformTypes.brief(type)}(${id})`;
    return keyLength?.kind === 'TV' ? `${name} ${keyLength.value}` : name;
  },
);
export type Transform = Decoded<typeof transform>;

/** One proposal; `spi` has 0, 2, 4 or 8 octets by the protocol, and any other size is kept for the exchange to judge. */
export const proposal = shown(
  struct(
    {
      reserved: reserved(1),
      length: totalLength(u16, { before: 1 }),
      number: u8,
      protocolId: named(u8, protocolIds),
      spiSize: sizeOf('spi', u8),
      transformCount: countOf('transforms', u8),
      spi: sized('spiSize'),
      transforms: chain(transform, { each: 'transform', max: transformsMax, more: 3, count: 'transformCount' }),
    },
    { rfc: 'RFC 7296 §3.3.1' },
  ),
  ({ number, protocolId }) => `${number}: ${protocolIds.brief(protocolId)}`,
);
export type Proposal = Decoded<typeof proposal>;

export const sa = definePayload({
  kind: 'SA',
  number: 33,
  rfc: 'RFC 7296 §3.3',
  body: struct({ proposals: chain(proposal, { each: 'proposal', max: proposalsMax, more: 2 }) }),
});
export type SaPayload = Decoded<typeof sa.body>;
