/** Selectors, limits, marks and usage: what messages about policies and about SAs have in common. */
import { type HostLimits, type HostSelector, type HostUsage, type Mark, noMark } from '../../../model/host-state.js';
import { type Attribute, attributeOf, readAttribute } from './attributes.js';
import { attributeTypes, unlimited } from './constants.js';
import { addressOctets, addressValue, type FieldValue, familyNumbers, familyOf } from './fields.js';
import type { xfrmLimits, xfrmUsage } from './structures.js';
import { xfrmMark, type xfrmSelector } from './structures.js';

type RawSelector = FieldValue<typeof xfrmSelector>;
type RawLimits = FieldValue<typeof xfrmLimits>;

export function rawSelector(selector: HostSelector): RawSelector {
  const { family } = selector;
  return {
    destination: addressOctets(family, selector.destination),
    source: addressOctets(family, selector.source),
    destinationPort: selector.destinationPort,
    destinationPortMask: selector.destinationPortMask,
    sourcePort: selector.sourcePort,
    sourcePortMask: selector.sourcePortMask,
    family: familyNumbers[family],
    destinationPrefix: selector.destinationPrefix,
    sourcePrefix: selector.sourcePrefix,
    protocol: selector.protocol,
    interfaceIndex: selector.interfaceIndex,
    user: selector.user,
  };
}

/** A selector for everything of any family, which SAs may have. */
export const rawAnything: RawSelector = {
  destination: new Uint8Array(16),
  source: new Uint8Array(16),
  destinationPort: 0,
  destinationPortMask: 0,
  sourcePort: 0,
  sourcePortMask: 0,
  family: 0,
  destinationPrefix: 0,
  sourcePrefix: 0,
  protocol: 0,
  interfaceIndex: 0,
  user: 0,
};

/** Undefined for a family that is neither IPv4 nor IPv6. */
export function hostSelector(raw: RawSelector): HostSelector | undefined {
  const family = familyOf(raw.family);
  if (family === undefined) return undefined;
  return {
    family,
    source: addressValue(family, raw.source),
    sourcePrefix: raw.sourcePrefix,
    destination: addressValue(family, raw.destination),
    destinationPrefix: raw.destinationPrefix,
    protocol: raw.protocol,
    sourcePort: raw.sourcePort,
    sourcePortMask: raw.sourcePortMask,
    destinationPort: raw.destinationPort,
    destinationPortMask: raw.destinationPortMask,
    interfaceIndex: raw.interfaceIndex,
    user: raw.user,
  };
}

const countNames = ['softBytes', 'hardBytes', 'softPackets', 'hardPackets'] as const;
const secondNames = ['softAddSeconds', 'hardAddSeconds', 'softUseSeconds', 'hardUseSeconds'] as const;

export function rawLimits(limits: HostLimits): RawLimits {
  return {
    softBytes: limits.softBytes ?? unlimited,
    hardBytes: limits.hardBytes ?? unlimited,
    softPackets: limits.softPackets ?? unlimited,
    hardPackets: limits.hardPackets ?? unlimited,
    softAddSeconds: limits.softAddSeconds ?? 0n,
    hardAddSeconds: limits.hardAddSeconds ?? 0n,
    softUseSeconds: limits.softUseSeconds ?? 0n,
    hardUseSeconds: limits.hardUseSeconds ?? 0n,
  };
}

const noLimits: HostLimits = {};

export function isUnlimited(limits: HostLimits): boolean {
  return limits === noLimits || Object.keys(limits).length === 0;
}

export function hostLimits(raw: RawLimits): HostLimits {
  const hasNone = countNames.every((name) => raw[name] === unlimited) && secondNames.every((name) => raw[name] === 0n);
  if (hasNone) return noLimits;
  const limits: Record<string, bigint> = {};
  for (const name of countNames) if (raw[name] !== unlimited) limits[name] = raw[name];
  for (const name of secondNames) if (raw[name] !== 0n && raw[name] !== unlimited) limits[name] = raw[name];
  return Object.keys(limits).length === 0 ? noLimits : limits;
}

export const rawNoUsage: FieldValue<typeof xfrmUsage> = { bytes: 0n, packets: 0n, addedAt: 0n, usedAt: 0n };

export function hostUsage({ bytes, packets, addedAt, usedAt }: FieldValue<typeof xfrmUsage>): HostUsage {
  return { bytes, packets, addedAt, usedAt };
}

/** No attribute for no mark, as `ip` has it. */
export function markAttributes({ value, mask }: Mark): readonly Attribute[] {
  return mask === 0 && value === 0 ? [] : [attributeOf(attributeTypes.mark, xfrmMark, { value, mask })];
}

export function readMark(attributes: ReadonlyMap<number, Uint8Array>): Mark {
  const mark = readAttribute(attributes, attributeTypes.mark, xfrmMark);
  return mark ? { value: mark.value, mask: mark.mask } : noMark;
}
