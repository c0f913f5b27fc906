/** `ikesa`, `childsa` and `main`, `quick`: lists of algorithms, and what the products take where nothing is written. */
import {
  type AuthenticationTransform,
  authentication,
  type EncryptionTransform,
  encryption,
  type KeyExchangeTransform,
  keyExchange,
  type PrfTransform,
  prf,
} from '../../model/transform.js';
import type { RuleWords } from './macros.js';
import {
  foreignCiphers,
  foreignGroups,
  foreignHashes,
  readCipher,
  readGroup,
  readIntegrity,
  readPrf,
} from './words.js';

/** One `ikesa` or `childsa`: empty lists say nothing. */
export interface TransformLists {
  readonly integrity: readonly AuthenticationTransform[];
  readonly encryption: readonly EncryptionTransform[];
  readonly prfs: readonly PrfTransform[];
  readonly groups: readonly (KeyExchangeTransform | 'none')[];
  readonly esn: readonly ('esn' | 'no-esn')[];
}

const none: TransformLists = { integrity: [], encryption: [], prfs: [], groups: [], esn: [] };

/** Reads `auth X enc Y prf Z group W esn` in any order; a word may come again, and adds to its list. */
export function readTransforms(words: RuleWords): TransformLists {
  let lists = none;
  for (
    let keyword = words.takeIf('auth', 'enc', 'prf', 'group', 'esn', 'noesn');
    keyword;
    keyword = words.takeIf('auth', 'enc', 'prf', 'group', 'esn', 'noesn')
  ) {
    switch (keyword.text) {
      case 'auth':
        lists = {
          ...lists,
          integrity: add(lists.integrity, read(words, readIntegrity, 'integrity algorithm', foreignHashes)),
        };
        break;
      case 'enc':
        lists = { ...lists, encryption: add(lists.encryption, read(words, readCipher, 'cipher', foreignCiphers)) };
        break;
      case 'prf':
        lists = { ...lists, prfs: add(lists.prfs, read(words, readPrf, 'PRF')) };
        break;
      case 'group':
        lists = { ...lists, groups: add(lists.groups, read(words, readGroup, 'group', foreignGroups)) };
        break;
      default:
        lists = { ...lists, esn: [...lists.esn, keyword.text === 'esn' ? 'esn' : 'no-esn'] };
    }
  }
  return lists;
}

function add<T>(list: readonly T[], value: T | undefined): readonly T[] {
  return value === undefined || list.includes(value) ? list : [...list, value];
}

function read<T>(
  words: RuleWords,
  find: (word: string) => T | undefined,
  what: string,
  foreign: ReadonlySet<string> = new Set(),
): T | undefined {
  const word = words.take();
  const found = word && find(word.text);
  if (found !== undefined) return found;
  if (word && foreign.has(word.text)) {
    words.context.partly(words.span(word), `${word.text} is not in the table of transforms, and is left out`);
    return undefined;
  }
  return words.fault(word, `'${word?.text ?? ''}' is no ${what} that is known here`);
}

/** Defaults of iked since OpenBSD 6.6 (iked/parse.y, `ikev2_default_ike_transforms` and its relatives). */
export const ikedDefaults = {
  source: 'OpenIKED 6.9 to 7.4: iked/parse.y',
  ikeGcm: ['AES-GCM-16-128', 'AES-GCM-16-256'].map(encryption),
  ikeCbc: ['AES-CBC-256', 'AES-CBC-192', 'AES-CBC-128', '3DES-CBC'].map(encryption),
  prfs: ['HMAC-SHA2-256', 'HMAC-SHA2-384', 'HMAC-SHA2-512', 'HMAC-SHA1'].map(prf),
  integrity: ['HMAC-SHA2-256-128', 'HMAC-SHA2-384-192', 'HMAC-SHA2-512-256', 'HMAC-SHA1-96'].map(authentication),
  groups: [31, 21, 20, 19, 16, 15, 14, 5, 2].flatMap((id) => keyExchange(id) ?? []),
  childGcm: ['AES-GCM-16-128', 'AES-GCM-16-256'].map(encryption),
  childCbc: ['AES-CBC-256', 'AES-CBC-192', 'AES-CBC-128'].map(encryption),
  esn: ['esn', 'no-esn'] as const,
  lifetimeSeconds: 10_800,
  lifetimeKilobytes: 4_194_304,
  dpdSeconds: 60,
} as const;

/** A complete set of lists, with or without a combined-mode cipher. */
export interface Suite {
  readonly encryption: readonly EncryptionTransform[];
  readonly integrity: readonly AuthenticationTransform[];
  readonly prfs: readonly PrfTransform[];
  readonly groups: readonly (KeyExchangeTransform | 'none')[];
  readonly esn: readonly ('esn' | 'no-esn')[];
}

const or = <T>(written: readonly T[], otherwise: readonly T[]): readonly T[] =>
  written.length > 0 ? written : otherwise;

/**
 * The proposals of one or more lists: those with combined-mode ciphers and those without are proposals of their own, and
 * what a list leaves out is filled from the defaults of its kind.
 */
export function suitesOf(lists: readonly TransformLists[], kind: 'IKE' | 'ESP' | 'AH'): readonly Suite[] {
  const all = lists.length > 0 ? lists : [none];
  return all.flatMap((list): Suite[] => {
    const base = {
      prfs: kind === 'IKE' ? or(list.prfs, ikedDefaults.prfs) : [],
      groups: kind === 'IKE' ? or(list.groups, ikedDefaults.groups) : list.groups,
      esn: kind === 'IKE' ? [] : or(list.esn, ikedDefaults.esn),
    };
    const integrity = or(list.integrity, ikedDefaults.integrity);
    if (kind === 'AH') return [{ ...base, encryption: [], integrity }];
    const aead = list.encryption.filter(({ icvOctets }) => icvOctets !== undefined);
    const plain = list.encryption.filter(({ icvOctets }) => icvOctets === undefined);
    const gcm = kind === 'IKE' ? ikedDefaults.ikeGcm : ikedDefaults.childGcm;
    const cbc = kind === 'IKE' ? ikedDefaults.ikeCbc : ikedDefaults.childCbc;
    const found: Suite[] = [];
    // An integrity algorithm alone asks for ciphers that need one.
    if (aead.length > 0 || (list.encryption.length === 0 && list.integrity.length === 0))
      found.push({ ...base, encryption: or(aead, gcm), integrity: [] });
    if (plain.length > 0 || list.encryption.length === 0)
      found.push({ ...base, encryption: or(plain, cbc), integrity });
    return found;
  });
}
