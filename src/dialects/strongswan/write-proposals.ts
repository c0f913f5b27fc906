/** `proposals`, `esp_proposals` and `ah_proposals` for proposals of the model; what strongSwan has no word for is left out. */
import type { ChildProposal, IkePolicy, IkeProposal } from '../../model/system-config.js';
import type { AuthenticationTransform, EncryptionTransform, KeyExchangeTransform } from '../../model/transform.js';
import { defaultAhProposal, defaultEspProposals, defaultIkeProposals, type SwanVersion, seriesOf } from './defaults.js';
import { gmacIntegrity, type Keyword, noKeyExchange, prfOfIntegrity, proposalKeywords } from './keywords.js';
import { asSuite } from './peer.js';
import { readChildProposal, readIkeProposal, type SwanChildProposal } from './proposal.js';

/** Words that are written where several stand for the same. */
const canonical: ReadonlySet<string> = new Set([
  'aes128',
  'camellia128',
  'blowfish128',
  'sha1',
  'sha256',
  'sha384',
  'sha512',
  'x25519',
  'x448',
  'sha256_96',
  'serpent128',
  'twofish128',
  'none',
]);

type Series = '5.9' | '6.0';
type Words = ReadonlyMap<string, string>;

const tables = new Map<Series, Words>();

/** Words by kind and name of transform: of several the canonical one, of `aes128gcm16` and `aes128gcm128` the shorter one. */
function wordsOf(series: Series): Words {
  const known = tables.get(series);
  if (known) return known;
  const words = new Map<string, string>();
  for (const [word, keyword] of proposalKeywords(series)) {
    const key = keyOf(keyword);
    const before = words.get(key);
    const isBetter =
      before === undefined || (!canonical.has(before) && (canonical.has(word) || isNearer(word, before)));
    if (isBetter) words.set(key, word);
  }
  tables.set(series, words);
  return words;
}

/** `aes128gcm16` says how long the ICV is in octets, `aes128gcm128` in bits, and `aes128gcm` leaves it out. */
function isNearer(word: string, before: string): boolean {
  return /[gc]cm(?:8|12|16)$/.test(word) && !/[gc]cm(?:8|12|16)$/.test(before);
}

function keyOf(keyword: Keyword): string {
  switch (keyword.type) {
    case 'esn':
      return `esn ${keyword.value}`;
    case 'additional-key-exchange':
      return `ke${keyword.place} ${keyword.transform.name}`;
    default:
      return `${keyword.type} ${keyword.transform.name}`;
  }
}

interface Named {
  readonly name: string;
}

/** Words of a list; those without are left out. */
function listWords(kind: string, list: readonly Named[], words: Words): string[] {
  return list.flatMap(({ name }) => words.get(`${kind} ${name}`) ?? []);
}

/** The value of `proposals`; undefined where nothing can be written, and `default` where it says the same. */
export function ikeProposalsWord(
  proposals: readonly IkeProposal[],
  ikeVersion: 1 | 2,
  version: SwanVersion,
): string | undefined {
  const defaults = ikeVersion === 2 ? defaultIkeProposals() : defaultIkeProposals().flatMap(asSuite);
  return joined(
    proposals,
    defaults,
    (proposal) => splitCiphers(proposal).flatMap((part) => ikeWord(part, ikeVersion, seriesOf(version)) ?? []),
    ikeKey,
  );
}

function ikeWord(proposal: IkeProposal, ikeVersion: 1 | 2, series: Series): string | undefined {
  const words = wordsOf(series);
  const isCombined = proposal.encryption.some(({ icvOctets }) => icvOctets !== undefined);
  const integrity = ikeVersion === 1 ? proposal.prf.flatMap(integrityOf) : proposal.authentication;
  const implied = isCombined ? [] : integrity.flatMap(({ name }) => prfOfIntegrity.get(name) ?? []);
  const functions = ikeVersion === 1 || sameNames(implied, proposal.prf) ? [] : proposal.prf;
  const places = (proposal.additionalKeyExchanges ?? []).flatMap((groups, at) =>
    listWords(`ke${at + 1}`, groups, words),
  );
  const text = [
    ...listWords('encryption', proposal.encryption, words),
    ...(isCombined ? [] : listWords('integrity', integrity, words)),
    ...listWords('prf', functions, words),
    ...listWords('key-exchange', proposal.keyExchange, words),
    ...places,
  ].join('-');
  return text !== '' && readIkeProposal(text, series).kind === 'proposal' ? text : undefined;
}

/** The integrity algorithm that stands for a hash of IKEv1. */
function integrityOf({ name }: Named): readonly Named[] {
  for (const [integrity, hash] of prfOfIntegrity) if (hash.name === name) return [{ name: integrity }];
  return [];
}

/**
 * The values of `ah_proposals` and `esp_proposals`, in the order in which they come first: none for what strongSwan takes anyway,
 * undefined where nothing can be written.
 */
export function childProposalWords(
  proposals: readonly SwanChildProposal[],
  version: SwanVersion,
): readonly (readonly [key: 'ah_proposals' | 'esp_proposals', value: string])[] | undefined {
  if (sameProposals(proposals, defaultEspProposals('nothing written', version), childKey)) return [];
  const protocols = [...new Set(proposals.map(({ protocol }) => protocol))];
  const found = protocols.flatMap((protocol) => {
    const defaults = protocol === 'AH' ? [defaultAhProposal(version)] : defaultEspProposals('default', version);
    const text = joined(
      proposals.filter((proposal) => proposal.protocol === protocol),
      defaults,
      (proposal) => splitCiphers(proposal).flatMap((part) => childWord(part, seriesOf(version)) ?? []),
      childKey,
    );
    return text === undefined ? [] : [[protocol === 'AH' ? 'ah_proposals' : 'esp_proposals', text] as const];
  });
  return found.length > 0 ? found : undefined;
}

function childWord(proposal: SwanChildProposal, series: Series): string | undefined {
  const words = wordsOf(series);
  const isCombined = proposal.encryption.some(({ icvOctets }) => icvOctets !== undefined);
  const integrity = isCombined ? [] : proposal.authentication.flatMap((one) => integrityWord(one, words) ?? []);
  const isUsual = proposal.esn.length === 1 && proposal.esn[0] === 'no-esn';
  const text = [
    ...(proposal.protocol === 'AH' ? [] : listWords('encryption', proposal.encryption, words)),
    ...integrity,
    ...listWords('key-exchange', proposal.keyExchange.map(asNone), words),
    ...(isUsual ? [] : proposal.esn.map((one) => (one === 'esn' ? 'esn' : 'noesn'))),
  ].join('-');
  const reading = text === '' ? undefined : readChildProposal(text, proposal.protocol, series);
  if (reading?.kind !== 'proposal') return undefined;
  // An integrity algorithm that is left out must not become none.
  const isWhole = isCombined || proposal.authentication.length === 0 || integrity.length > 0;
  return isWhole ? text : undefined;
}

/** AES-GMAC of AH is written as the cipher of that name. */
function integrityWord({ name }: AuthenticationTransform, words: Words): string | undefined {
  const own = words.get(`integrity ${name}`);
  if (own !== undefined) return own;
  for (const bits of [128, 192, 256])
    if (gmacIntegrity({ name: `AES-GMAC-${bits}`, keyBits: bits } as EncryptionTransform)?.name === name)
      return words.get(`encryption AES-GMAC-${bits}`);
  return undefined;
}

function asNone(group: KeyExchangeTransform): KeyExchangeTransform {
  return group.id === noKeyExchange.id ? noKeyExchange : group;
}

/** Combined-mode ciphers and others do not go into one proposal. */
function splitCiphers<P extends { readonly encryption: readonly EncryptionTransform[] }>(proposal: P): readonly P[] {
  const combined = proposal.encryption.filter(({ icvOctets }) => icvOctets !== undefined);
  if (combined.length === 0 || combined.length === proposal.encryption.length) return [proposal];
  const others = proposal.encryption.filter(({ icvOctets }) => icvOctets === undefined);
  return [
    { ...proposal, encryption: combined },
    { ...proposal, encryption: others },
  ];
}

/** Words parted by commas, with `default` for what it stands for; undefined where there is none. */
function joined<P>(
  proposals: readonly P[],
  defaults: readonly P[],
  word: (proposal: P) => readonly string[],
  key: (proposal: P) => string,
): string | undefined {
  const keys = proposals.map(key);
  const ofDefault = defaults.map(key);
  const texts: string[] = [];
  for (let at = 0; at < proposals.length; ) {
    const isDefault = ofDefault.every((one, offset) => one === keys[at + offset]);
    if (isDefault) {
      texts.push('default');
      at += ofDefault.length;
      continue;
    }
    texts.push(...word(proposals[at]!));
    at += 1;
  }
  return texts.length > 0 ? texts.join(', ') : undefined;
}

function sameProposals<P>(a: readonly P[], b: readonly P[], key: (proposal: P) => string): boolean {
  return a.length === b.length && a.every((one, at) => key(one) === key(b[at]!));
}

function sameNames(a: readonly Named[], b: readonly Named[]): boolean {
  return a.length === b.length && a.every(({ name }, at) => name === b[at]!.name);
}

function namesOf(list: readonly Named[]): string {
  return list.map(({ name }) => name).join('+');
}

function ikeKey({ encryption, authentication, prf, keyExchange, additionalKeyExchanges = [] }: IkeProposal): string {
  return [encryption, authentication, prf, keyExchange, ...additionalKeyExchanges].map(namesOf).join('/');
}

function childKey({ protocol, encryption, authentication, keyExchange, esn }: SwanChildProposal): string {
  return [protocol, namesOf(encryption), namesOf(authentication), namesOf(keyExchange.map(asNone)), esn.join('+')].join(
    '/',
  );
}

/** What of a proposal is written, with the groups that it is negotiated with. */
export function asSwanProposal(proposal: ChildProposal, groups: readonly KeyExchangeTransform[]): SwanChildProposal {
  const { protocol, name, encryption, authentication, esn } = proposal;
  return { protocol, name, encryption, authentication, keyExchange: groups, esn };
}

/** Do policies of both versions say the same, as those of one connection do? */
export function sameSuites(second: IkePolicy, first: IkePolicy): boolean {
  const suites = (policy: IkePolicy) =>
    policy.proposals.flatMap((one) => (policy.version === 2 ? asSuite(one) : [one]));
  const isSame = sameProposals(suites(second), suites(first), ikeKey);
  return isSame && second.lifetimeSeconds.value === first.lifetimeSeconds.value;
}
