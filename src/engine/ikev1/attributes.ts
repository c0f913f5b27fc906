/** Attributes of IKEv1 transforms as numbers (RFC 2409 appendix A, RFC 2407 §4.5). */
import { type Attribute, attributeNumber } from '../wire/payloads/attribute.js';

/** A number in the short form where it fits, otherwise in four octets (RFC 2407 §4.5: lifetimes come in both). */
export function numberAttribute(type: number, value: number): Attribute {
  if (value <= 0xffff) return { kind: 'TV', type, value };
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, value);
  return { kind: 'TLV', type, value: octets };
}

/** The number of the first attribute of a type; undefined where there is none or it is no number. */
export function numberOf(attributes: readonly Attribute[], type: number): number | undefined {
  const found = attributes.find((attribute) => attribute.type === type);
  return found && attributeNumber(found);
}

export interface Lifetimes {
  /** 0 is without end, undefined is not said. */
  readonly seconds?: number;
  readonly kilobytes?: number;
}

/** The longest that four octets hold stands for "without end", which has no form of its own. */
export const endless = 0xffff_ffff;

/** Lifetimes: each Life Duration belongs to the Life Type before it. */
export function lifetimesOf(attributes: readonly Attribute[], type: { life: number; duration: number }): Lifetimes {
  let unit: number | undefined;
  const lifetimes: { seconds?: number; kilobytes?: number } = {};
  for (const attribute of attributes) {
    const value = attributeNumber(attribute);
    if (attribute.type === type.life) unit = value;
    if (attribute.type !== type.duration || value === undefined) continue;
    const limit = value >= endless ? 0 : value;
    if (unit === 1) lifetimes.seconds = limit;
    if (unit === 2) lifetimes.kilobytes = limit;
  }
  return lifetimes;
}

/** Attributes of lifetimes; kilobytes without end are not said at all. */
export function lifetimeAttributes(
  { seconds, kilobytes }: Lifetimes,
  type: { life: number; duration: number },
): Attribute[] {
  const list: Attribute[] = [];
  if (seconds !== undefined) {
    list.push(numberAttribute(type.life, 1), numberAttribute(type.duration, seconds === 0 ? endless : seconds));
  }
  if (kilobytes) list.push(numberAttribute(type.life, 2), numberAttribute(type.duration, kilobytes));
  return list;
}
