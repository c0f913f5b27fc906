/** How strong a suite is, and whether a better one was to be had. Bits as in the table of transforms. */
import {
  type ChosenTransforms,
  chooseTransforms,
  type ProposalAttribute,
  type ProposalLike,
  type SelectOptions,
} from './proposal.js';

/** Bits of strength by attribute; attributes that the suite does not have are left out. ESP without cipher has 0. */
export function strengths(suite: ChosenTransforms): ReadonlyMap<ProposalAttribute, number> {
  const found = new Map<ProposalAttribute, number>();
  if (suite.protocol !== 'AH') found.set('encryption', suite.encryption?.strengthBits ?? 0);
  // A combined-mode cipher protects integrity as well as it encrypts (GMAC: by its key).
  const combined = suite.encryption?.icvOctets === undefined ? undefined : suite.encryption.keyBits;
  const integrity = combined ?? suite.integrity?.strengthBits;
  if (integrity !== undefined) found.set('integrity', integrity);
  else if (suite.protocol !== 'IKE') found.set('integrity', 0);
  if (suite.prf) found.set('prf', suite.prf.strengthBits);
  if (suite.keyExchange) found.set('key-exchange', suite.keyExchange.strengthBits);
  return found;
}

/** The weakest link of a suite; a cipher of NULL counts only as what it is meant for, integrity. */
export function weakestBits(suite: ChosenTransforms): number {
  let weakest = Number.POSITIVE_INFINITY;
  for (const [attribute, bits] of strengths(suite)) {
    if (attribute === 'encryption' && bits === 0 && suite.protocol === 'ESP') continue;
    weakest = Math.min(weakest, bits);
  }
  return weakest === Number.POSITIVE_INFINITY ? 0 : weakest;
}

/** Beyond this nothing is gained for today's purposes, so a preference for the quicker one is no fault. */
export const enoughBits = 128;

/** A suite that both sides have and that is better than the one their order of preference leads to. */
export interface BetterSuite {
  readonly offered: number;
  readonly own: number;
  readonly transforms: ChosenTransforms;
  /** Where it is better. */
  readonly better: readonly ProposalAttribute[];
}

/** Pairs of proposals that are looked at for a better suite. */
const pairsMax = 10_000;

/**
 * The strongest suite that two systems have in common and that is nowhere weaker than `chosen`, and stronger in some
 * attribute in which `chosen` has less than `enoughBits`. Looks at the first proposals only where there are very many.
 */
export function strongerSuite(
  offered: readonly ProposalLike[],
  own: readonly ProposalLike[],
  chosen: ChosenTransforms,
  options: SelectOptions = {},
): BetterSuite | undefined {
  const current = strengths(chosen);
  let best: (BetterSuite & { readonly bits: number }) | undefined;
  let pairs = 0;
  for (const [at, theirs] of offered.entries()) {
    for (const [ownAt, ours] of own.entries()) {
      pairs += 1;
      if (pairs > pairsMax) return best;
      for (const transforms of bestChoices(theirs, ours, options)) {
        const candidate = strengths(transforms);
        if (transforms.protocol !== chosen.protocol || candidate.size !== current.size) continue;
        const better: ProposalAttribute[] = [];
        let weaker = false;
        for (const [attribute, bits] of candidate) {
          const now = current.get(attribute) ?? 0;
          if (bits < now) weaker = true;
          if (bits > now && now < enoughBits) better.push(attribute);
        }
        if (weaker || better.length === 0) continue;
        const bits = [...candidate.values()].reduce((sum, value) => sum + Math.min(value, 256), 0);
        if (!best || bits > best.bits) best = { offered: at, own: ownAt, transforms, better, bits };
      }
    }
  }
  return best;
}

/** What two proposals give when each list of transforms is put in order of strength. */
function bestChoices(offered: ProposalLike, own: ProposalLike, options: SelectOptions): ChosenTransforms[] {
  const byStrength = <T extends { readonly strengthBits: number }>(list: readonly T[]) =>
    [...list].sort((a, b) => b.strengthBits - a.strengthBits);
  const sorted: ProposalLike = {
    ...offered,
    encryption: byStrength(offered.encryption),
    authentication: byStrength(offered.authentication),
    ...(offered.prf ? { prf: byStrength(offered.prf) } : {}),
    ...(offered.keyExchange ? { keyExchange: byStrength(offered.keyExchange) } : {}),
  };
  const chosen = chooseTransforms(sorted, own, { ...options, preference: 'initiator' });
  return chosen ? [chosen] : [];
}
