/**
 * Proposals as strongSwan reads them (proposal.c): keywords between hyphens, several of a kind side by side, and what it
 * adds or takes away on its own: the PRF that goes with an integrity algorithm, no integrity beside combined-mode ciphers,
 * no ESN unless asked for.
 */
import { closest } from '../../model/did-you-mean.js';
import type { Span } from '../../model/span.js';
import type { IkeProposal } from '../../model/system-config.js';
import type {
  AuthenticationTransform,
  EncryptionTransform,
  KeyExchangeTransform,
  PrfTransform,
} from '../../model/transform.js';
import { gmacIntegrity, noKeyExchange, prfOfIntegrity, proposalKeywords } from './keywords.js';

/** What a proposal of ESP or AH says; `ChildProposal` adds lifetimes and origin. */
export interface SwanChildProposal {
  readonly protocol: 'ESP' | 'AH';
  readonly name: string;
  /** Where it is written; absent for defaults. */
  readonly at?: Span;
  readonly encryption: readonly EncryptionTransform[];
  readonly authentication: readonly AuthenticationTransform[];
  /** With NONE among them where that was written. */
  readonly keyExchange: readonly KeyExchangeTransform[];
  readonly esn: readonly ('no-esn' | 'esn')[];
}

export interface SwanIkeProposal extends IkeProposal {
  /** Key exchanges beyond the first (RFC 9370), by their place from 1. */
  readonly additional: ReadonlyMap<number, readonly KeyExchangeTransform[]>;
}

export type ProposalReading<P> =
  | { readonly kind: 'proposal'; readonly proposal: P; readonly additionalKeyExchanges: boolean }
  /** One sentence without a full stop; `word` stands at [start, end) of the text. */
  | {
      readonly kind: 'fault';
      readonly message: string;
      readonly start: number;
      readonly end: number;
      readonly help?: string;
    };

interface Parts {
  readonly encryption: EncryptionTransform[];
  readonly integrity: AuthenticationTransform[];
  readonly prf: PrfTransform[];
  readonly keyExchange: KeyExchangeTransform[];
  readonly additional: Map<number, KeyExchangeTransform[]>;
  readonly esn: ('no-esn' | 'esn')[];
}

type Fault = Extract<ProposalReading<never>, { kind: 'fault' }>;

/** Words of one proposal. */
const wordsMax = 128;

/** Reads one proposal for an IKE SA. */
export function readIkeProposal(text: string, version: '5.9' | '6.0'): ProposalReading<SwanIkeProposal> {
  const parts = readParts(text, version);
  if ('kind' in parts) return parts;
  const fault = (message: string, help?: string): Fault => wholeFault(text, message, help);
  const functions =
    parts.prf.length > 0 ? parts.prf : parts.integrity.flatMap((transform) => prfOfIntegrity.get(transform.name) ?? []);
  if (functions.length === 0)
    return fault('an IKE proposal needs a PRF', 'add one, as prfsha256, or an integrity algorithm that implies it');
  const groups = parts.keyExchange.filter((transform) => transform !== noKeyExchange);
  if (groups.length === 0) return fault('an IKE proposal needs a key exchange group', 'add one, as x25519 or ecp256');
  const ciphers = checkCiphers(parts, fault, 'IKE');
  if ('kind' in ciphers) return ciphers;
  if (!ciphers.allCombined && parts.integrity.length === 0)
    return fault('an IKE proposal with a cipher that is not combined-mode needs an integrity algorithm');
  return {
    kind: 'proposal',
    additionalKeyExchanges: parts.additional.size > 0,
    proposal: {
      name: text,
      encryption: parts.encryption,
      authentication: ciphers.allCombined ? [] : parts.integrity,
      prf: functions,
      keyExchange: groups,
      additional: parts.additional,
    },
  };
}

/** Reads one proposal for ESP or AH SAs. */
export function readChildProposal(
  text: string,
  protocol: 'ESP' | 'AH',
  version: '5.9' | '6.0',
): ProposalReading<SwanChildProposal> {
  const parts = readParts(text, version);
  if ('kind' in parts) return parts;
  const fault = (message: string, help?: string): Fault => wholeFault(text, message, help);
  const esn = parts.esn.length > 0 ? parts.esn : (['no-esn'] as const);
  const base = { protocol, name: text, keyExchange: parts.keyExchange, esn };
  const additionalKeyExchanges = parts.additional.size > 0;
  if (protocol === 'AH') {
    const authentication = [...parts.integrity, ...parts.encryption.flatMap((cipher) => gmacIntegrity(cipher) ?? [])];
    if (authentication.length === 0) return fault('an AH proposal needs an integrity algorithm', 'add one, as sha256');
    return { kind: 'proposal', additionalKeyExchanges, proposal: { ...base, encryption: [], authentication } };
  }
  const ciphers = checkCiphers(parts, fault, 'ESP');
  if ('kind' in ciphers) return ciphers;
  const authentication = ciphers.allCombined ? [] : parts.integrity;
  return {
    kind: 'proposal',
    additionalKeyExchanges,
    proposal: { ...base, encryption: parts.encryption, authentication },
  };
}

function readParts(text: string, version: '5.9' | '6.0'): Parts | Fault {
  const parts: Parts = { encryption: [], integrity: [], prf: [], keyExchange: [], additional: new Map(), esn: [] };
  const keywords = proposalKeywords(version);
  let count = 0;
  for (const { word, start } of proposalWords(text)) {
    count += 1;
    const keyword = keywords.get(word);
    if (count > wordsMax)
      return { kind: 'fault', message: `a proposal has at most ${wordsMax} words`, start, end: text.length };
    if (!keyword) {
      const guess = closest(word, keywords.keys());
      return {
        kind: 'fault',
        message: `strongSwan ${version} knows no algorithm '${word}'`,
        start,
        end: start + word.length,
        ...(guess === undefined ? {} : { help: `did you mean ${guess}?` }),
      };
    }
    switch (keyword.type) {
      case 'encryption':
        parts.encryption.push(keyword.transform);
        break;
      case 'integrity':
        parts.integrity.push(keyword.transform);
        break;
      case 'prf':
        parts.prf.push(keyword.transform);
        break;
      case 'key-exchange':
        parts.keyExchange.push(keyword.transform);
        break;
      case 'additional-key-exchange': {
        const list = parts.additional.get(keyword.place) ?? [];
        list.push(keyword.transform);
        parts.additional.set(keyword.place, list);
        break;
      }
      case 'esn':
        parts.esn.push(keyword.value);
    }
  }
  return count === 0 ? wholeFault(text, 'a proposal without algorithms') : parts;
}

/** Words between hyphens; blanks around them do not count. */
function proposalWords(text: string): { word: string; start: number }[] {
  const words: { word: string; start: number }[] = [];
  for (const match of text.matchAll(/[^-]+/g)) {
    const word = match[0].trim();
    if (word !== '') words.push({ word, start: match.index + match[0].indexOf(word) });
  }
  return words;
}

function checkCiphers(
  { encryption }: Parts,
  fault: (message: string, help?: string) => Fault,
  protocol: string,
): { readonly allCombined: boolean } | Fault {
  if (encryption.length === 0) return fault(`an ${protocol} proposal needs a cipher`, 'add one, as aes256gcm16');
  const combined = encryption.filter(({ icvOctets }) => icvOctets !== undefined).length;
  if (combined > 0 && combined < encryption.length)
    return fault(
      `an ${protocol} proposal cannot hold combined-mode ciphers together with others`,
      'write two proposals, parted by a comma',
    );
  return { allCombined: combined > 0 };
}

function wholeFault(text: string, message: string, help?: string): Fault {
  return { kind: 'fault', message, start: 0, end: text.length, ...(help === undefined ? {} : { help }) };
}
