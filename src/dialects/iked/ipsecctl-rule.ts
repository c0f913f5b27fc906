/** The rules of OpenBSD's ipsec.conf: `ike …`, `flow …`, SAs with keys (ipsec.conf(5), sbin/ipsecctl/parse.y). */
import { Secret } from '../../model/secret.js';
import type { AuthenticationTransform, EncryptionTransform } from '../../model/transform.js';
import type { Piece } from '../common/piece.js';
import { parseNumber } from '../common/selectors.js';
import { type Ends, type HostPair, readEnds, readPair, readProtocols } from './hosts.js';
import type { RuleWords } from './macros.js';
import { readTransforms, type TransformLists } from './transforms.js';
import { readCipher, readIntegrity, readSeconds } from './words.js';

export type Service = 'ESP' | 'AH' | 'IPCOMP' | 'IPIP';
const services: ReadonlyMap<string, Service> = new Map([
  ['esp', 'ESP'],
  ['ah', 'AH'],
  ['ipcomp', 'IPCOMP'],
  ['ipip', 'IPIP'],
]);

/** `main` or `aggressive`, `quick`: algorithms of one phase. */
export interface Phase {
  readonly lists: TransformLists;
  readonly lifetimeSeconds?: { readonly value: number; readonly at: Piece };
  readonly at: Piece;
  readonly isAggressive: boolean;
}

export interface IkeRule {
  readonly words: RuleWords;
  readonly mode: 'active' | 'passive' | 'dynamic';
  readonly protocol: 'ESP' | 'AH';
  readonly encapsulation: 'tunnel' | 'transport';
  readonly protocols: readonly number[];
  readonly pairs: readonly HostPair[];
  readonly ends: Ends;
  readonly phase1?: Phase;
  readonly phase2?: Phase;
  readonly sourceId?: Piece;
  readonly destinationId?: Piece;
  readonly psk?: Piece;
  readonly method?: Piece;
}

/** Reads an `ike` rule; its first word is taken already. */
export function readIkeRule(words: RuleWords): IkeRule | undefined {
  const mode = words.takeIf('active', 'passive', 'dynamic');
  const protocol = words.takeIf('esp', 'ah');
  const encapsulation = words.takeIf('tunnel', 'transport');
  const protocols = readProtocols(words);
  skipDomain(words);
  const pairs = readPair(words);
  if (pairs.length === 0)
    return words.syntax(words.peek(), 'a rule says from where to where', 'write: from 10.0.0.0/8 to 10.1.0.0/16');
  const ends = readEnds(words);
  let rule: IkeRule = {
    words,
    mode: (mode?.text ?? 'active') as IkeRule['mode'],
    protocol: protocol?.text === 'ah' ? 'AH' : 'ESP',
    encapsulation: encapsulation?.text === 'transport' ? 'transport' : 'tunnel',
    protocols,
    pairs,
    ends,
  };
  for (let word = words.take(); word; word = words.take()) {
    const next = words.peek();
    switch (word.quoted ? '' : word.text) {
      case 'main':
      case 'aggressive':
        rule = { ...rule, phase1: readPhase(words, word) };
        break;
      case 'quick':
        rule = { ...rule, phase2: readPhase(words, word) };
        break;
      case 'srcid':
        rule = { ...rule, ...(next ? { sourceId: next } : {}) };
        words.take();
        break;
      case 'dstid':
        rule = { ...rule, ...(next ? { destinationId: next } : {}) };
        words.take();
        break;
      case 'psk':
        rule = { ...rule, ...(next ? { psk: next } : {}) };
        words.take();
        break;
      case 'rsa':
      case 'ecdsa':
        rule = { ...rule, method: word };
        break;
      case 'tag':
      case 'interface':
        words.take();
        words.context.report.noted(word.text, words.span(word), 'marks and interfaces for other programs');
        break;
      default:
        words.syntax(word, word.quoted ? 'a text that nothing asks for' : `'${word.text}' is no part of an ike rule`);
        return rule;
    }
  }
  return rule;
}

function skipDomain(words: RuleWords): void {
  const domain = words.takeIf('rdomain');
  if (!domain) return;
  words.take();
  words.context.partly(words.span(domain), 'routing domains are not modelled');
}

function readPhase(words: RuleWords, at: Piece): Phase {
  const lists = readTransforms(words);
  const lifetime = words.takeIf('lifetime');
  const value = lifetime && words.take();
  const seconds = value && readSeconds(value.text);
  if (lifetime && seconds === undefined)
    words.fault(value ?? lifetime, 'a lifetime is a number with m or h', 'as 3600 or 1h');
  return {
    lists,
    at,
    isAggressive: at.text === 'aggressive',
    ...(value && seconds !== undefined ? { lifetimeSeconds: { value: seconds, at: value } } : {}),
  };
}

export interface FlowRule {
  readonly words: RuleWords;
  readonly service: Service;
  readonly direction?: 'in' | 'out';
  readonly protocols: readonly number[];
  readonly pairs: readonly HostPair[];
  readonly ends: Ends;
  readonly type: string;
}

const flowTypes = ['use', 'acquire', 'require', 'deny', 'bypass', 'dontacq'];

/** Reads a `flow` rule; its first word is taken already. */
export function readFlowRule(words: RuleWords): FlowRule | undefined {
  const service = words.takeIf(...services.keys());
  const direction = words.takeIf('in', 'out');
  const protocols = readProtocols(words);
  skipDomain(words);
  const pairs = readPair(words);
  if (pairs.length === 0) return words.syntax(words.peek(), 'a flow says from where to where');
  const ends = readEnds(words);
  let type = 'default';
  for (let word = words.take(); word; word = words.take()) {
    const next = words.peek();
    if (word.text === 'type' && !word.quoted) {
      words.take();
      if (next && flowTypes.includes(next.text)) type = next.text;
      else
        words.fault(next ?? word, `'${next?.text ?? ''}' is no type of flow`, `write one of ${flowTypes.join(', ')}`);
    } else if ((word.text === 'srcid' || word.text === 'dstid') && !word.quoted) {
      words.take();
      words.context.partly(words.span(word), 'identities of flows are not modelled');
    } else {
      words.syntax(word, `'${word.quoted ? 'a text' : word.text}' is no part of a flow`);
      break;
    }
  }
  return {
    words,
    service: services.get(service?.text ?? 'esp') ?? 'ESP',
    ...(direction ? { direction: direction.text as 'in' | 'out' } : {}),
    protocols,
    pairs,
    ends,
    type,
  };
}

/** A pair of SAs with keys: the second of each value is for the way back. */
export interface SaRule {
  readonly words: RuleWords;
  readonly service: Service;
  readonly mode: 'tunnel' | 'transport';
  readonly pairs: readonly HostPair[];
  readonly spis: readonly number[];
  readonly encryption?: EncryptionTransform;
  readonly authentication?: AuthenticationTransform;
  readonly encryptionKeys: readonly Secret[];
  readonly authenticationKeys: readonly Secret[];
  readonly bundle?: string;
}

/** Reads a rule for SAs; its first word, the service, is taken already. */
export function readSaRule(words: RuleWords, service: Service): SaRule | undefined {
  const mode = words.takeIf('tunnel', 'transport');
  const pairs = readPair(words);
  if (pairs.length === 0) return words.syntax(words.peek(), 'an SA says from where to where');
  let rule: SaRule = {
    words,
    service,
    mode: mode?.text === 'transport' ? 'transport' : 'tunnel',
    pairs,
    spis: [],
    encryptionKeys: [],
    authenticationKeys: [],
  };
  for (let word = words.take(); word; word = words.take()) {
    const next = words.take();
    switch (word.quoted ? '' : word.text) {
      case 'spi':
        rule = { ...rule, spis: readSpis(next, words) };
        break;
      case 'auth': {
        const authentication = readIntegrity(next?.text ?? '');
        if (authentication) rule = { ...rule, authentication };
        else words.fault(next ?? word, 'this is no integrity algorithm that is known here');
        break;
      }
      case 'enc': {
        const encryption = readCipher(next?.text ?? '');
        if (encryption) rule = { ...rule, encryption };
        else words.fault(next ?? word, 'this is no cipher that is known here');
        break;
      }
      case 'authkey':
        rule = { ...rule, authenticationKeys: readKeys(next, words) };
        break;
      case 'enckey':
        rule = { ...rule, encryptionKeys: readKeys(next, words) };
        break;
      case 'bundle':
        rule = { ...rule, ...(next ? { bundle: next.text } : {}) };
        break;
      case 'comp':
        break;
      default:
        words.syntax(word, 'this is no part of an SA', 'as spi, auth, enc, authkey, enckey');
        return undefined;
    }
  }
  if (rule.spis.length === 0) return words.syntax(undefined, 'an SA needs an SPI', 'write: spi 0x1000:0x1001');
  return rule;
}

function readSpis(word: Piece | undefined, words: RuleWords): readonly number[] {
  const parts = (word?.text ?? '').split(':');
  const spis = parts.map((part) => (/^0x[0-9a-f]{1,8}$/i.test(part) ? Number(part) : parseNumber(part)));
  if (parts.length <= 2 && spis.every((spi) => spi !== undefined && spi <= 0xffff_ffff)) return spis as number[];
  words.fault(word, 'an SPI is a number, or two with a colon between them', 'as 0x1000:0x1001');
  return [];
}

function readKeys(word: Piece | undefined, words: RuleWords): readonly Secret[] {
  if (word?.text === 'file' && !word.quoted) {
    const file = words.take();
    words.context.partly(words.span(file ?? word), 'a key that stands in a file is not read');
    return [];
  }
  const parts = (word?.text ?? '').split(':');
  const keys = parts.map((part) => /^0x((?:[0-9a-f]{2})+)$/i.exec(part)?.[1]);
  if (parts.length > 2 || keys.some((key) => key === undefined)) {
    words.fault(word, 'a key is 0x and an even number of hexadecimal digits, or two with a colon between them');
    return [];
  }
  return keys.map((key) => new Secret(Uint8Array.from(key?.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))));
}

export function serviceOf(word: string): Service | undefined {
  return services.get(word);
}
