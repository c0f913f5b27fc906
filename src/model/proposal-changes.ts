/**
 * Which small edit of either side would give two systems a common proposal: the counterfactual behind every "help" about
 * proposals, and the raw material of repairs.
 */
import {
  type ChosenTransforms,
  chooseTransforms,
  closestMax,
  differingAttributes,
  none,
  type ProposalAttribute,
  type ProposalLike,
  type SelectOptions,
} from './proposal.js';
import { weakestBits } from './proposal-strength.js';

/** One transform to be added to what a side has. */
export interface AttributeEdit {
  readonly attribute: ProposalAttribute;
  /** Name in the table of transforms, `NONE`, or for `protocol` and `esn` their own words. */
  readonly add: string;
}

/** A change of one side after which `selectProposal` finds something. */
export interface ProposalChange {
  readonly side: 'offered' | 'own';
  /** The proposal of that side that is closest to what is needed, by its number. */
  readonly near: number;
  /** Where the new proposal differs from that one. */
  readonly edits: readonly AttributeEdit[];
  /** The one proposal that has to be added to the side's list; the other side has it already. */
  readonly proposal: ProposalLike;
  readonly transforms: ChosenTransforms;
}

/** Changes that are told. */
export const changesMax = 8;

/**
 * The smallest changes of either side that would make a common proposal: fewest edits first, among equals the one that
 * leads to the strongest suite. Empty where one side has no proposals, or they fit already.
 */
export function smallestChanges(
  offered: readonly ProposalLike[],
  own: readonly ProposalLike[],
  options: SelectOptions = {},
): ProposalChange[] {
  const candidates = new Map<string, ProposalChange>();
  let fewest = Number.POSITIVE_INFINITY;
  let pairs = 0;
  for (const [at, theirs] of offered.entries()) {
    for (const [ownAt, ours] of own.entries()) {
      pairs += 1;
      if (pairs > closestMax) break;
      const differing = differingAttributes(theirs, ours, options);
      if (differing.length === 0) return [];
      if (differing.length > fewest) continue;
      if (differing.length < fewest) candidates.clear();
      fewest = differing.length;
      for (const change of [
        changeOf('own', ownAt, ours, theirs, differing),
        changeOf('offered', at, theirs, ours, differing),
      ]) {
        if (!change) continue;
        const key = `${change.side} ${change.edits.map(({ attribute, add }) => `${attribute}=${add}`).join(' ')}`;
        if (!candidates.has(key)) candidates.set(key, change);
      }
    }
  }
  return [...candidates.values()]
    .map((change, order) => ({ change, order, bits: weakestBits(change.transforms) }))
    .sort((a, b) => a.change.edits.length - b.change.edits.length || b.bits - a.bits || a.order - b.order)
    .slice(0, changesMax)
    .map(({ change }) => change);
}

/** The side's proposals after a change: the new one last, so that nothing that works today is chosen differently. */
export function applyChange<P extends ProposalLike>(
  proposals: readonly P[],
  change: ProposalChange,
): (P | ProposalLike)[] {
  return [...proposals, change.proposal];
}

/** `mine` gets the transforms of `theirs` where the two differ, the strongest of each. */
function changeOf(
  side: ProposalChange['side'],
  near: number,
  mine: ProposalLike,
  theirs: ProposalLike,
  differing: readonly ProposalAttribute[],
): ProposalChange | undefined {
  const wanted = narrowed(theirs, mine, differing);
  const transforms = chooseTransforms(wanted, wanted);
  if (!transforms) return undefined;
  return {
    side,
    near,
    edits: differing.map((attribute) => ({ attribute, add: chosenName(transforms, attribute) })),
    proposal: exactly(transforms, theirs),
    transforms,
  };
}

/** `theirs` with what both have where they agree, and everything, strongest first, where they differ. */
function narrowed(theirs: ProposalLike, mine: ProposalLike, differing: readonly ProposalAttribute[]): ProposalLike {
  const pick = <T extends { readonly name: string; readonly strengthBits: number }>(
    attribute: ProposalAttribute,
    list: readonly T[] | undefined,
    other: readonly T[] | undefined,
  ): readonly T[] => {
    const all = [...(list ?? [])].sort((a, b) => b.strengthBits - a.strengthBits);
    if (differing.includes(attribute)) return all;
    const both = all.filter(({ name }) => other?.some((candidate) => candidate.name === name));
    if (both.length > 0) return both;
    // They agree without a common name: one of them takes whatever the other has.
    return other && other.length > 0 ? [] : all;
  };
  const esn = differing.includes('esn')
    ? theirs.esn
    : theirs.esn?.filter((word) => (mine.esn ?? ['no-esn']).includes(word));
  return {
    ...theirs,
    encryption: pick('encryption', theirs.encryption, mine.encryption),
    authentication: pick('integrity', theirs.authentication, mine.authentication),
    ...(theirs.prf ? { prf: pick('prf', theirs.prf, mine.prf) } : {}),
    ...(theirs.keyExchange ? { keyExchange: pick('key-exchange', theirs.keyExchange, mine.keyExchange) } : {}),
    ...(esn && esn.length > 0 ? { esn } : {}),
  };
}

/** A proposal of one suite, otherwise like another one. */
function exactly(suite: ChosenTransforms, like: ProposalLike): ProposalLike {
  return {
    ...like,
    encryption: suite.encryption ? [suite.encryption] : [],
    authentication: suite.integrity ? [suite.integrity] : [],
    ...(like.prf ? { prf: suite.prf ? [suite.prf] : [] } : {}),
    ...(like.keyExchange ? { keyExchange: suite.keyExchange ? [suite.keyExchange] : [] } : {}),
    ...(suite.esn ? { esn: [suite.esn] } : {}),
  };
}

/** The name of what a suite has for an attribute. */
export function chosenName(suite: ChosenTransforms, attribute: ProposalAttribute): string {
  switch (attribute) {
    case 'protocol':
      return suite.protocol;
    case 'encryption':
      return suite.encryption?.name ?? none;
    case 'integrity':
      return suite.integrity?.name ?? none;
    case 'prf':
      return suite.prf?.name ?? none;
    case 'key-exchange':
      return suite.keyExchange?.name ?? none;
    case 'esn':
      return suite.esn ?? 'no-esn';
  }
}
