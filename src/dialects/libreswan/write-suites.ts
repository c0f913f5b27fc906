/** `ike=`, `esp=` and `ah=` for proposals of the model; what pluto would refuse is left out. */
import type { ChildProposal, IkeProposal } from '../../model/system-config.js';
import type {
  AuthenticationTransform,
  EncryptionTransform,
  KeyExchangeTransform,
  PrfTransform,
} from '../../model/transform.js';
import { cipherWord, groupWord, hashWord, integrityOf } from './algorithms.js';
import type { Product } from './product.js';
import { readSuites } from './proposals.js';
import type { Protocol } from './support.js';

/** Proposals that are written; pluto has no such limit, but a line does. */
const suitesMax = 128;

interface Lists {
  readonly encryption: readonly EncryptionTransform[];
  readonly integrity: readonly AuthenticationTransform[];
  readonly prfs: readonly PrfTransform[];
  readonly groups: readonly KeyExchangeTransform[];
  readonly additional: readonly (readonly KeyExchangeTransform[])[];
}

/** The value of `ike=`; undefined where no proposal can be written. */
export function writeIkeSuites(
  proposals: readonly IkeProposal[],
  version: 1 | 2,
  product: Product,
): string | undefined {
  const suites = proposals.flatMap((proposal) =>
    parts({
      encryption: proposal.encryption,
      integrity: proposal.authentication,
      prfs: proposal.prf,
      groups: proposal.keyExchange,
      additional: proposal.additionalKeyExchanges ?? [],
    }),
  );
  return joined(suites, 'IKE', version, product);
}

/** The value of `esp=` or `ah=`; `groups` are those of a key exchange of its own. */
export function writeChildSuites(
  proposals: readonly ChildProposal[],
  version: 1 | 2,
  product: Product,
  groups: readonly KeyExchangeTransform[],
): string | undefined {
  const protocol = proposals[0]?.protocol ?? 'ESP';
  const suites = proposals
    .filter((proposal) => proposal.protocol === protocol)
    .flatMap((proposal) =>
      parts({
        encryption: protocol === 'AH' ? [] : proposal.encryption,
        integrity: proposal.authentication,
        prfs: [],
        groups,
        additional: [],
      }),
    );
  return joined(suites, protocol, version, product);
}

/** Combined-mode ciphers and others do not go into one proposal. */
function parts(lists: Lists): readonly Lists[] {
  const combined = lists.encryption.filter(({ icvOctets }) => icvOctets !== undefined);
  if (combined.length === 0) return [lists];
  const others = lists.encryption.filter(({ icvOctets }) => icvOctets === undefined);
  const aead = { ...lists, encryption: combined, integrity: [] };
  return others.length === 0 ? [aead] : [aead, { ...lists, encryption: others }];
}

function joined(suites: readonly Lists[], protocol: Protocol, version: 1 | 2, product: Product): string | undefined {
  const texts: string[] = [];
  for (const suite of suites) {
    for (const one of version === 1 ? choices(suite) : [suite]) {
      const taken = supported(one, protocol, version, product);
      if (taken !== undefined && !texts.includes(taken) && texts.length < suitesMax) texts.push(taken);
    }
  }
  return texts.length > 0 ? texts.join(',') : undefined;
}

/** IKEv1 has one transform of a kind in a proposal. */
function choices({ encryption, integrity, prfs, groups }: Lists): readonly Lists[] {
  const each = <T>(list: readonly T[]): readonly (readonly T[])[] =>
    list.length > 0 ? list.map((one) => [one]) : [[]];
  return each(encryption).flatMap((cipher) =>
    each(integrity).flatMap((hash) =>
      each(prfs).flatMap((prf) =>
        each(groups).map((group) => ({
          encryption: cipher,
          integrity: hash,
          prfs: prf,
          groups: group,
          additional: [],
        })),
      ),
    ),
  );
}

/** The text of a proposal, without the transforms that the product does not take. */
function supported(lists: Lists, protocol: Protocol, version: 1 | 2, product: Product): string | undefined {
  const isRead = (text: string | undefined): text is string =>
    text !== undefined &&
    readSuites(text, {
      protocol,
      version,
      defaults: product.defaults.proposals[`${protocol.toLowerCase() as 'ike' | 'esp' | 'ah'}${version}`],
      rules: { flavour: 'libreswan', version: product.version },
      pfs: lists.groups.length > 0,
    }).kind === 'read';
  const whole = suiteText(lists, protocol);
  if (isRead(whole)) return whole;
  // One of each kind at a time finds out which are known; the others are kept as they are meanwhile.
  const keep = <K extends keyof Lists>(key: K): Lists[K] => {
    const list = lists[key] as readonly unknown[];
    const kept = list.filter((one) =>
      ([firstKnown, lists] as const).some((base) => isRead(suiteText({ ...base, [key]: [one] } as Lists, protocol))),
    );
    return kept as unknown as Lists[K];
  };
  const firstKnown = firstSuite(lists, protocol, isRead);
  const reduced: Lists = {
    encryption: keep('encryption'),
    integrity: keep('integrity'),
    prfs: keep('prfs'),
    groups: keep('groups'),
    additional: keep('additional'),
  };
  const isWhole = (['encryption', 'integrity', 'prfs', 'groups'] as const).every(
    (key) => lists[key].length === 0 || reduced[key].length > 0,
  );
  const text = isWhole ? suiteText(reduced, protocol) : undefined;
  return isRead(text) ? text : undefined;
}

/** Combinations that are tried to find one that is read. */
const triesMax = 512;

function firstSuite(lists: Lists, protocol: Protocol, isRead: (text: string | undefined) => boolean): Lists {
  let tries = 0;
  for (const one of choices(lists)) {
    tries += 1;
    if (tries > triesMax) break;
    if (isRead(suiteText(one, protocol))) return one;
  }
  return lists;
}

function words<T>(list: readonly T[], word: (one: T) => string | undefined): string | undefined {
  const found = list.map(word);
  return found.every((one) => one !== undefined) ? found.join('+') : undefined;
}

/** A proposal as pluto writes it; undefined where it has no name for one of its parts. */
function suiteText(lists: Lists, protocol: Protocol): string | undefined {
  const { encryption, integrity, prfs, groups, additional } = lists;
  const groupWords = words(groups, wordOfGroup);
  const further = additional.map((list) => words(list, wordOfGroup));
  const parts: (string | undefined)[] = [];
  if (protocol === 'AH') parts.push(words(integrity, hashWord));
  else {
    const isCombined = encryption.some(({ icvOctets }) => icvOctets !== undefined);
    parts.push(words(encryption, cipherWord));
    if (protocol === 'ESP') parts.push(isCombined || integrity.length === 0 ? 'none' : words(integrity, hashWord));
    else {
      // A list of PRFs stands for their integrity algorithms too; another list stands before it.
      const implied = isCombined || sameList(integrity, prfs.map(integrityOf)) || integrity.length === 0;
      if (!implied) parts.push(words(integrity, hashWord));
      if (prfs.length > 0) parts.push(words(prfs, hashWord));
    }
  }
  if (groups.length > 0) parts.push(groupWords);
  if ([...parts, ...further].some((part) => part === undefined)) return undefined;
  return [parts.join('-'), ...further.map((list, index) => `addke${index + 1}=${list}`)].join(';');
}

function wordOfGroup(group: KeyExchangeTransform): string | undefined {
  return group.id === 0 ? 'none' : groupWord(group);
}

function sameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}
