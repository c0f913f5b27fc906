/**
 * Choosing one proposal among those that two systems have: the one implementation for lint, simulator and live engine
 * (RFC 7296 §2.7 and §3.3.6, RFC 2408 §4.2, RFC 2409 §5; hpux-ipsec reference 7.5).
 *
 * A proposal offers lists of transforms, one list for each attribute; what is chosen has exactly one of each. A list
 * that is empty or absent means NONE, and a transform is itself by its name in the table of transforms, so key lengths
 * count. Where nothing can be chosen the result says why: the first attribute that differs for each pair of proposals,
 * the closest pair, and for every attribute what was offered and what would have been accepted.
 */
import type { AuthenticationTransform, EncryptionTransform, KeyExchangeTransform, PrfTransform } from './transform.js';

/** The attributes of a proposal, in the order in which they are compared and explained. */
export const proposalAttributes = ['protocol', 'encryption', 'integrity', 'prf', 'key-exchange', 'esn'] as const;
export type ProposalAttribute = (typeof proposalAttributes)[number];

/** What `selectProposal` needs of a proposal: `IkeProposal`, `ChildProposal`, or what the engine read from an SA payload. */
export interface ProposalLike {
  readonly name: string;
  /** Absent for IKE SAs. */
  readonly protocol?: 'ESP' | 'AH';
  readonly encryption: readonly EncryptionTransform[];
  readonly authentication: readonly AuthenticationTransform[];
  readonly prf?: readonly PrfTransform[];
  /** For Child SAs: the groups of a key exchange of their own (PFS); see `withGroups`. */
  readonly keyExchange?: readonly KeyExchangeTransform[];
  readonly esn?: readonly ('no-esn' | 'esn')[];
}

export interface SelectOptions {
  /**
   * Whose order decides: the initiator's (RFC 7296 §2.7 leaves it to the responder; HP-UX and most others do this, and it
   * is what is taken when nothing is said), or the responder's own (strongSwan's default).
   */
  readonly preference?: 'initiator' | 'responder';
  /** IKEv1: a responder that asks for no PFS of its own takes any group that is offered. */
  readonly acceptAnyGroup?: boolean;
  /** The group of the key exchange data that came along; absent: the first group of the first proposal. */
  readonly guessedGroup?: KeyExchangeTransform;
}

/** One transform of each kind; what is absent is NONE or has no meaning for the protocol. */
export interface ChosenTransforms {
  readonly protocol: 'IKE' | 'ESP' | 'AH';
  readonly encryption?: EncryptionTransform;
  readonly integrity?: AuthenticationTransform;
  readonly prf?: PrfTransform;
  readonly keyExchange?: KeyExchangeTransform;
  readonly esn?: 'no-esn' | 'esn';
}

export interface SelectedProposal {
  readonly kind: 'selected';
  /** Numbers of the proposals, from 0, in the list that was offered and in the responder's own. */
  readonly offered: number;
  readonly own: number;
  readonly transforms: ChosenTransforms;
  /**
   * The initiator's key exchange data is of another group than the one chosen: an IKEv2 responder answers
   * INVALID_KE_PAYLOAD (RFC 7296 §1.2, §1.3) and the initiator tries again.
   */
  readonly wrongGuess?: { readonly guessed: KeyExchangeTransform; readonly wanted: KeyExchangeTransform };
}

/** Why a proposal of the initiator does not fit one of the responder. */
export interface ProposalDifference {
  readonly offered: number;
  readonly own: number;
  /** Never empty; in the order of `proposalAttributes`. The first is what a comparison stumbles over. */
  readonly differing: readonly ProposalAttribute[];
}

/** One row of a table of what was offered and what would have been accepted. */
export interface AttributeComparison {
  readonly attribute: ProposalAttribute;
  /** Names in order of preference, without repetition, over all proposals. */
  readonly offered: readonly string[];
  readonly accepted: readonly string[];
  readonly common: readonly string[];
}

export interface ProposalMismatch {
  readonly kind: 'mismatch';
  /** The first pairs in the order in which they are tried, at most `differencesMax`. */
  readonly differences: readonly ProposalDifference[];
  /** The pair with the fewest differing attributes, the first of equals; absent where one side has no proposal at all. */
  readonly closest?: ProposalDifference;
  /** What that pair alone has, of the attributes in which it differs. */
  readonly closestComparison: readonly AttributeComparison[];
  /** Attributes that at least one side has something for. */
  readonly comparison: readonly AttributeComparison[];
}

export type ProposalSelection = SelectedProposal | ProposalMismatch;

/** Pairs of proposals whose difference is told. */
export const differencesMax = 256;
/** Pairs of proposals that are searched for the closest one; a selection itself looks at all of them. */
export const closestMax = 100_000;

/** The name that stands for "no algorithm" of an attribute. */
export const none = 'NONE';

/**
 * Chooses the proposal that a responder with the proposals `own` accepts of those that an initiator `offered`. The choice
 * is always in both lists. Takes |offered|·|own| steps at worst.
 */
export function selectProposal(
  offered: readonly ProposalLike[],
  own: readonly ProposalLike[],
  options: SelectOptions = {},
): ProposalSelection {
  const byInitiator = options.preference !== 'responder';
  const [outer, inner] = byInitiator ? [offered, own] : [own, offered];
  for (let first = 0; first < outer.length; first += 1) {
    for (let second = 0; second < inner.length; second += 1) {
      const [at, ownAt] = byInitiator ? [first, second] : [second, first];
      const transforms = chooseTransforms(offered[at]!, own[ownAt]!, options);
      if (transforms) {
        const guessed = options.guessedGroup ?? offered[0]!.keyExchange?.find((group) => group.name !== none);
        const wanted = transforms.keyExchange;
        return {
          kind: 'selected',
          offered: at,
          own: ownAt,
          transforms,
          ...(guessed && wanted && guessed.name !== wanted.name ? { wrongGuess: { guessed, wanted } } : {}),
        };
      }
    }
  }
  return explainMismatch(offered, own, options);
}

/** The transforms that two proposals have in common, the preferred one of each kind; undefined when they do not fit. */
export function chooseTransforms(
  offered: ProposalLike,
  own: ProposalLike,
  options: SelectOptions = {},
): ChosenTransforms | undefined {
  if (offered.protocol !== own.protocol) return undefined;
  const [preferred, other] = options.preference === 'responder' ? [own, offered] : [offered, own];
  const cipherAndIntegrity = choosePair(preferred, other);
  if (!cipherAndIntegrity) return undefined;
  const prf = choose(preferred.prf, other.prf);
  const keyExchange = takesAnyGroup(own, options)
    ? (offered.keyExchange?.[0] ?? none)
    : choose(preferred.keyExchange, other.keyExchange);
  const esn = chooseEsn(preferred.esn, other.esn);
  if (!prf || !keyExchange || !esn) return undefined;
  const [encryption, integrity] = cipherAndIntegrity;
  return {
    protocol: offered.protocol ?? 'IKE',
    ...(isNone(encryption) ? {} : { encryption }),
    ...(isNone(integrity) ? {} : { integrity }),
    ...(isNone(prf) ? {} : { prf }),
    ...(isNone(keyExchange) ? {} : { keyExchange }),
    ...(offered.protocol ? { esn } : {}),
  };
}

/** Child proposals with the groups of a key exchange of their own; IKE_AUTH's are without (RFC 7296 §1.2). */
export function withGroups<P extends ProposalLike>(
  proposals: readonly P[],
  groups: readonly KeyExchangeTransform[],
): (P & Pick<ProposalLike, 'keyExchange'>)[] {
  return proposals.map((proposal) => ({ ...proposal, keyExchange: groups }));
}

type Choice<T> = T | typeof none;

function isNone<T extends { readonly name: string }>(choice: Choice<T>): choice is typeof none {
  return choice === none || choice.name === none;
}

function nameOf(choice: Choice<{ readonly name: string }>): string {
  return choice === none ? none : choice.name;
}

const onlyNone: readonly (typeof none)[] = [none];

function choicesOf<T>(list: readonly T[] | undefined): readonly Choice<T>[] {
  return list && list.length > 0 ? list : onlyNone;
}

/** The first choice of `preferred` that `other` has too. */
function choose<T extends { readonly name: string }>(
  preferred: readonly T[] | undefined,
  other: readonly T[] | undefined,
): Choice<T> | undefined {
  const others = choicesOf(other);
  return choicesOf(preferred).find((choice) => others.some((candidate) => nameOf(candidate) === nameOf(choice)));
}

const onlyShort = ['no-esn'] as const;

function chooseEsn(preferred: ProposalLike['esn'], other: ProposalLike['esn']): 'no-esn' | 'esn' | undefined {
  const others = esnOf(other);
  return esnOf(preferred).find((choice) => others.includes(choice));
}

/** IKEv1 and old offers say nothing of ESN, which means without (RFC 4304 §2). */
function esnOf(list: ProposalLike['esn']): readonly ('no-esn' | 'esn')[] {
  return list && list.length > 0 ? list : onlyShort;
}

/**
 * Cipher and integrity belong together: a combined-mode cipher goes with no integrity algorithm (RFC 5282 §8,
 * RFC 7296 §3.3.2), any other one for an IKE SA with one, and NULL never with NONE (RFC 4303 §3.2).
 */
function choosePair(
  preferred: ProposalLike,
  other: ProposalLike,
): readonly [Choice<EncryptionTransform>, Choice<AuthenticationTransform>] | undefined {
  const otherCiphers = choicesOf(other.encryption);
  const otherIntegrity = choicesOf(other.authentication);
  for (const cipher of choicesOf(preferred.encryption)) {
    if (!otherCiphers.some((candidate) => nameOf(candidate) === nameOf(cipher))) continue;
    for (const integrity of choicesOf(preferred.authentication)) {
      if (!mayCombine(cipher, integrity, preferred)) continue;
      if (otherIntegrity.some((candidate) => nameOf(candidate) === nameOf(integrity))) return [cipher, integrity];
    }
  }
  return undefined;
}

function mayCombine(
  cipher: Choice<EncryptionTransform>,
  integrity: Choice<AuthenticationTransform>,
  proposal: ProposalLike,
): boolean {
  if (cipher !== none && cipher.icvOctets !== undefined) return isNone(integrity);
  if (!isNone(integrity)) return true;
  // In IKEv1 the hash of the protection suite, here its PRF, is all there is; ESP without integrity is A.02's ESP_DES.
  if (proposal.protocol === undefined) return true;
  return proposal.protocol === 'ESP' && nameOf(cipher) !== 'NULL' && !isNone(cipher);
}

function takesAnyGroup(own: ProposalLike, options: SelectOptions): boolean {
  return options.acceptAnyGroup === true && choicesOf(own.keyExchange).every((group) => isNone(group));
}

/** The attributes in which two proposals have nothing in common; empty when they fit. */
export function differingAttributes(
  offered: ProposalLike,
  own: ProposalLike,
  options: SelectOptions = {},
): ProposalAttribute[] {
  const differing: ProposalAttribute[] = [];
  if (offered.protocol !== own.protocol) differing.push('protocol');
  const cipher = choose(offered.encryption, own.encryption);
  const integrity = choose(offered.authentication, own.authentication);
  if (!cipher) differing.push('encryption');
  // Each has something in common, but not so that they go together.
  if (!integrity || (cipher && offered.protocol === own.protocol && !choosePair(offered, own)))
    differing.push('integrity');
  if (!choose(offered.prf, own.prf)) differing.push('prf');
  if (!takesAnyGroup(own, options) && !choose(offered.keyExchange, own.keyExchange)) differing.push('key-exchange');
  if (!chooseEsn(offered.esn, own.esn)) differing.push('esn');
  return differing;
}

function explainMismatch(
  offered: readonly ProposalLike[],
  own: readonly ProposalLike[],
  options: SelectOptions,
): ProposalMismatch {
  const differences: ProposalDifference[] = [];
  let closest: ProposalDifference | undefined;
  let pairs = 0;
  for (let at = 0; at < offered.length && pairs < closestMax; at += 1) {
    for (let ownAt = 0; ownAt < own.length && pairs < closestMax; ownAt += 1, pairs += 1) {
      const differing = differingAttributes(offered[at]!, own[ownAt]!, options);
      const difference = { offered: at, own: ownAt, differing };
      if (differences.length < differencesMax) differences.push(difference);
      if (!closest || isCloser(differing, closest.differing)) closest = difference;
    }
  }
  return {
    kind: 'mismatch',
    differences,
    ...(closest ? { closest } : {}),
    closestComparison: closest
      ? compareProposals([offered[closest.offered]!], [own[closest.own]!]).filter(({ attribute }) =>
          closest.differing.includes(attribute),
        )
      : [],
    comparison: compareProposals(offered, own),
  };
}

/** AH is never close to ESP, however many algorithms they share. */
function isCloser(a: readonly ProposalAttribute[], b: readonly ProposalAttribute[]): boolean {
  const weight = (list: readonly ProposalAttribute[]) => list.length + (list[0] === 'protocol' ? 8 : 0);
  return weight(a) < weight(b);
}

/** For every attribute what two lists of proposals hold, in order of preference and without repetition. */
export function compareProposals(
  offered: readonly ProposalLike[],
  own: readonly ProposalLike[],
): AttributeComparison[] {
  const rows: AttributeComparison[] = [];
  for (const attribute of proposalAttributes) {
    const left = namesOf(offered, attribute);
    const right = namesOf(own, attribute);
    const says = (names: readonly string[]) => names.some((name) => name !== none);
    if (!says(left) && !says(right)) continue;
    rows.push({ attribute, offered: left, accepted: right, common: left.filter((name) => right.includes(name)) });
  }
  return rows;
}

/** The names of one attribute in a list of proposals. */
export function namesOf(proposals: readonly ProposalLike[], attribute: ProposalAttribute): string[] {
  const names = new Set<string>();
  for (const proposal of proposals) for (const name of attributeNames(proposal, attribute)) names.add(name);
  return [...names];
}

/** The names of one attribute of a proposal; NONE where it has none. */
export function attributeNames(proposal: ProposalLike, attribute: ProposalAttribute): readonly string[] {
  switch (attribute) {
    case 'protocol':
      return [proposal.protocol ?? none];
    case 'encryption':
      return choicesOf(proposal.encryption).map(nameOf);
    case 'integrity':
      return choicesOf(proposal.authentication).map(nameOf);
    case 'prf':
      return choicesOf(proposal.prf).map(nameOf);
    case 'key-exchange':
      return choicesOf(proposal.keyExchange).map(nameOf);
    case 'esn':
      return proposal.protocol ? esnOf(proposal.esn) : onlyNone;
  }
}
