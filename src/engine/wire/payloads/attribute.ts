/**
 * Data attributes — RFC 2408 §3.3, RFC 7296 §3.3.5: of IKEv1 and IKEv2 transforms and of IKEv1 mode config.
 *
 *   +-+-----------------------------+-------------------------------+
 *   |1|       Attribute Type        |        Attribute Value        |   TV
 *   +-+-----------------------------+-------------------------------+
 *
 *   +-+-----------------------------+-------------------------------+
 *   |0|       Attribute Type        |    Attribute Length in octets |   TLV
 *   +-+-----------------------------+-------------------------------+
 *   ~                        Attribute Value                        ~
 *   +---------------------------------------------------------------+
 */

import { type Fault, fault, type Reader, readField, type Writer } from '../codec/core.js';
import { requireWhole, u16 } from '../codec/numbers.js';
import { put } from '../codec/octets.js';
import { type Codec, hexPreview, shown, sized } from '../codec.js';

export type Attribute =
  /** The short form; `value` is 0..65535. */
  | { readonly kind: 'TV'; readonly type: number; readonly value: number }
  | { readonly kind: 'TLV'; readonly type: number; readonly value: Uint8Array };

/** How a report names an attribute of some transform or configuration. */
export interface AttributeNames {
  /** `Key Length (14)` */
  type(type: number): string;
  /** The value in words; never a secret. */
  value(type: number, value: number | Uint8Array): string | undefined;
}

const tvBit = 0x8000;

/** An attribute in either form. `type` is 0..32767. */
export function attribute(names: AttributeNames): Codec<Attribute> {
  const shownValue = (type: number, value: number | Uint8Array): string =>
    names.value(type, value) ?? (typeof value === 'number' ? String(value) : hexPreview(value));
  const head = shown(u16, (value) => `${names.type(value & 0x7fff)}, ${value & tvBit ? 'TV' : 'TLV'}`);
  const tvValue = shown(u16, (value, { type }) => shownValue(type as number, value));
  const tlvValue = shown(sized('length'), (value, { type }) => shownValue(type as number, value));
  return {
    read(from: Reader): Attribute | Fault {
      const first = readField(from, 'type', 'type', head, {});
      if (first === fault) return fault;
      const type = first & 0x7fff;
      if (first & tvBit) {
        const number = readField(from, 'value', 'value', tvValue, { type });
        return number === fault ? fault : { kind: 'TV', type, value: number };
      }
      const length = readField(from, 'length', 'length', u16, {});
      if (length === fault) return fault;
      const octets = readField(from, 'value', 'value', tlvValue, { type, length });
      return octets === fault ? fault : { kind: 'TLV', type, value: octets };
    },
    write(to: Writer, attribute: Attribute) {
      requireWhole(attribute.type, 0x7fff);
      if (attribute.kind === 'TV') {
        u16.write(to, attribute.type | tvBit, {});
        u16.write(to, attribute.value, {});
      } else {
        u16.write(to, attribute.type, {});
        u16.write(to, attribute.value.length, {});
        put(to, attribute.value);
      }
    },
    show: ({ type, value }) => `${names.type(type)}: ${shownValue(type, value)}`,
  };
}

/**
 * The number in an attribute, whichever form it has; undefined when a TLV value is longer than 8 octets or does not fit
 * a safe integer. Peers send lifetimes in both forms (RFC 2407 §4.5).
 */
export function attributeNumber(attribute: Attribute): number | undefined {
  if (attribute.kind === 'TV') return attribute.value;
  if (attribute.value.length > 8) return undefined;
  let value = 0;
  for (const octet of attribute.value) value = value * 256 + octet;
  return Number.isSafeInteger(value) ? value : undefined;
}
