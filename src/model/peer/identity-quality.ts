/**
 * How well an identity fits a pattern, for products that take the best of several entries and not the first (strongSwan's
 * identification.c: `id_match_t`). Only the order of the numbers matters.
 */
import type { DnAttribute, Identity, IdentityPattern } from '../system-config.js';
import { matchesIdentity } from './identity.js';

export const identityQuality = {
  none: 0,
  /** By `%any`. */
  any: 1,
  /** By a pattern of nothing but wildcards. */
  widest: 2,
  oneWildcard: 19,
  perfect: 20,
} as const;

/** How well an identity fits; an identity that only a certificate tells fits as badly as anything can. */
export function qualityOf(identity: Identity, pattern: IdentityPattern, namesAreOrdered = false): number {
  if (pattern.kind === 'anything') return identityQuality.any;
  const verdict = matchesIdentity(identity, pattern, namesAreOrdered);
  if (verdict === 'mismatch') return identityQuality.none;
  if (verdict === 'unknown') return identityQuality.any;
  switch (pattern.kind) {
    case 'exact':
      return identityQuality.perfect;
    case 'any':
      return identityQuality.any;
    case 'addresses': {
      const { first, last, family } = pattern.range;
      if (first === last) return identityQuality.perfect;
      const isAll = BigInt(last) - BigInt(first) + 1n === 1n << (family === 4 ? 32n : 128n);
      return isAll ? identityQuality.widest : identityQuality.oneWildcard;
    }
    case 'dn-template': {
      const wildcards = pattern.attributes.filter(({ value }) => value === '*').length;
      return identityQuality.perfect - Math.min(wildcards, identityQuality.oneWildcard - identityQuality.widest);
    }
    case 'subtree':
    case 'suffix':
    case 'dn':
      return identityQuality.oneWildcard;
  }
}

/**
 * How well a pattern fits another, where a product looks for something by whom it expects before anybody has said who it is, as
 * charon for the key of Main Mode: then the pattern is an identity like any other, and fits best what is the same.
 */
export function patternQuality(asked: IdentityPattern, pattern: IdentityPattern): number {
  if (pattern.kind === 'anything') return identityQuality.any;
  switch (asked.kind) {
    case 'addresses':
      return pattern.kind === 'addresses' &&
        pattern.type === asked.type &&
        pattern.range.first === asked.range.first &&
        pattern.range.last === asked.range.last
        ? identityQuality.perfect
        : identityQuality.none;
    case 'suffix': {
      if (pattern.kind !== 'suffix' || pattern.type !== asked.type) return identityQuality.none;
      const [text, suffix] = [asked.suffix.toLowerCase(), pattern.suffix.toLowerCase()];
      if (text === suffix) return identityQuality.perfect;
      return text.endsWith(suffix) ? identityQuality.oneWildcard : identityQuality.none;
    }
    case 'dn-template':
      return pattern.kind === 'dn-template' && isSameName(asked.attributes, pattern.attributes)
        ? identityQuality.perfect
        : identityQuality.none;
    default:
      return identityQuality.none;
  }
}

function isSameName(one: readonly DnAttribute[], other: readonly DnAttribute[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ name, value }, at) => {
      const { name: otherName, value: otherValue } = other[at]!;
      return name === otherName && value.toLowerCase() === otherValue.toLowerCase();
    })
  );
}
