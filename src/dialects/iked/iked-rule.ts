/** The rules of iked.conf: `ikev2 …`, `set …`, `user …` (iked.conf(5), OpenIKED's parse.y). */
import type { Piece } from '../common/piece.js';
import { type Ends, type HostPair, readEnds, readPair, readProtocols } from './hosts.js';
import type { RuleWords } from './macros.js';
import { readTransforms, type TransformLists } from './transforms.js';
import { readKilobytes, readSeconds } from './words.js';

export interface IkedRule {
  readonly words: RuleWords;
  readonly name: string;
  readonly match: 'last' | 'quick' | 'skip' | 'default';
  readonly isActive: boolean;
  readonly ipComp: boolean;
  readonly mode: 'tunnel' | 'transport';
  readonly forcesNatTraversal: boolean;
  readonly protocol: 'ESP' | 'AH';
  readonly family?: 4 | 6;
  readonly protocols: readonly number[];
  readonly pairs: readonly HostPair[];
  readonly ends: Ends;
  readonly ikeSas: readonly TransformLists[];
  readonly childSas: readonly TransformLists[];
  readonly sourceId?: Piece;
  readonly destinationId?: Piece;
  readonly ikeLifetimeSeconds?: { readonly value: number; readonly at: Piece };
  readonly lifetimeSeconds?: { readonly value: number; readonly at: Piece };
  readonly lifetimeKilobytes?: { readonly value: number; readonly at: Piece };
  readonly auth: RuleAuth;
  /** Addresses and networks of `config address` and `request address`. */
  readonly pools: readonly Piece[];
}

export type RuleAuth =
  | { readonly kind: 'psk'; readonly key?: Piece; readonly file?: Piece; readonly at: Piece }
  | { readonly kind: 'method'; readonly method: 'RSASIG' | 'ECDSASIG' | 'DIGSIG' | 'EAP'; readonly at?: Piece };

/** Reads an `ikev2` rule; its first word is taken already. */
export function readIkedRule(words: RuleWords, number: number): IkedRule | undefined {
  const name = words.peek()?.quoted ? words.take() : undefined;
  const match = words.takeIf('quick', 'skip', 'default');
  const mode = words.takeIf('passive', 'active');
  const ipComp = words.takeIf('ipcomp');
  const tunnel = words.takeIf('tunnel', 'transport');
  const natt = words.takeIf('natt');
  const protocol = words.takeIf('esp', 'ah');
  const family = words.takeIf('inet', 'inet6');
  const protocols = readProtocols(words);
  const domain = words.takeIf('rdomain');
  if (domain) {
    words.take();
    words.context.partly(words.span(domain), 'routing domains are not modelled');
  }
  const pairs = [...readPair(words)];
  for (let comma = words.takeIf(','); comma || isNext(words, 'from', 'to'); comma = words.takeIf(',')) {
    const before = pairs.length;
    pairs.push(...readPair(words));
    if (pairs.length === before) break;
  }
  if (pairs.length === 0)
    return words.syntax(words.peek(), 'a rule says from where to where', 'write: from 10.0.0.0/8 to 10.1.0.0/16');
  const ends = readEnds(words);
  const ikeSas: TransformLists[] = [];
  while (words.takeIf('ikesa')) ikeSas.push(readTransforms(words));
  const childSas: TransformLists[] = [];
  while (words.takeIf('childsa')) childSas.push(readTransforms(words));
  const rest = readRest(words);
  return {
    words,
    name: name?.text ?? `policy${number}`,
    match: match ? (match.text as 'quick' | 'skip' | 'default') : 'last',
    isActive: mode?.text === 'active',
    ipComp: ipComp !== undefined,
    mode: tunnel?.text === 'transport' ? 'transport' : 'tunnel',
    forcesNatTraversal: natt !== undefined,
    protocol: protocol?.text === 'ah' ? 'AH' : 'ESP',
    ...(family ? { family: family.text === 'inet' ? 4 : 6 } : {}),
    protocols,
    pairs,
    ends,
    ikeSas,
    childSas,
    ...rest,
  };
}

function isNext(words: RuleWords, ...texts: readonly string[]): boolean {
  const word = words.peek();
  return word !== undefined && !word.quoted && texts.includes(word.text);
}

type Rest = Pick<
  IkedRule,
  'sourceId' | 'destinationId' | 'ikeLifetimeSeconds' | 'lifetimeSeconds' | 'lifetimeKilobytes' | 'auth' | 'pools'
>;

const methods = {
  rsa: 'RSASIG',
  ecdsa256: 'ECDSASIG',
  ecdsa384: 'ECDSASIG',
  ecdsa521: 'ECDSASIG',
  rfc7427: 'DIGSIG',
  signature: 'DIGSIG',
} as const;

/** What follows the transforms; the product wants it in order, here any order is taken. */
function readRest(words: RuleWords): Rest {
  let rest: Rest = { auth: { kind: 'method', method: 'DIGSIG' }, pools: [] };
  for (let word = words.take(); word; word = words.take()) {
    const next = words.peek();
    switch (word.quoted ? '' : word.text) {
      case 'srcid':
        rest = { ...rest, ...(next ? { sourceId: next } : {}) };
        words.take();
        break;
      case 'dstid':
        rest = { ...rest, ...(next ? { destinationId: next } : {}) };
        words.take();
        break;
      case 'ikelifetime':
      case 'lifetime': {
        const seconds = readSeconds(words.take()?.text ?? '');
        if (seconds === undefined || !next) words.fault(next ?? word, 'a lifetime is a number with s, m or h', 'as 3h');
        else if (word.text === 'ikelifetime') rest = { ...rest, ikeLifetimeSeconds: { value: seconds, at: next } };
        else rest = { ...rest, lifetimeSeconds: { value: seconds, at: next } };
        break;
      }
      case 'bytes': {
        const amount = readKilobytes(words.take()?.text ?? '');
        if (amount === undefined || !next) words.fault(next ?? word, 'an amount is a number with K, M or G', 'as 512M');
        else rest = { ...rest, lifetimeKilobytes: { value: amount, at: next } };
        break;
      }
      case 'psk': {
        const isFile = words.takeIf('file') !== undefined;
        const key = words.take();
        if (!key) words.syntax(word, 'a preshared key is missing');
        else rest = { ...rest, auth: { kind: 'psk', at: word, ...(isFile ? { file: key } : { key }) } };
        break;
      }
      case 'eap':
        words.take();
        rest = { ...rest, auth: { kind: 'method', method: 'EAP', at: word } };
        break;
      case 'config':
      case 'request': {
        const kind = words.take();
        const value = words.take();
        if (kind?.text === 'address' && value) rest = { ...rest, pools: [...rest.pools, value] };
        break;
      }
      case 'tag':
      case 'tap':
      case 'iface':
        words.take();
        words.context.report.noted(word.text, words.span(word), 'marks and interfaces for other programs');
        break;
      default: {
        const method = methods[word.text as keyof typeof methods];
        if (method) rest = { ...rest, auth: { kind: 'method', method, at: word } };
        else {
          words.syntax(word, word.quoted ? 'a text that nothing asks for' : `'${word.text}' is no part of a rule here`);
          return rest;
        }
      }
    }
  }
  return rest;
}

/** Settings of the daemon: which of them matter. */
export interface IkedSettings {
  isPassive: boolean;
  fragmentation: boolean;
  mobike: boolean;
  dpdSeconds: number;
}

/** Reads a `set` rule; its first word is taken already. */
export function readSetting(words: RuleWords, settings: IkedSettings): void {
  const word = words.take();
  const { report } = words.context;
  const at = words.span(word ?? words.first);
  switch (word?.text) {
    case 'active':
    case 'passive':
      settings.isPassive = word.text === 'passive';
      break;
    case 'fragmentation':
    case 'nofragmentation':
      settings.fragmentation = word.text === 'fragmentation';
      break;
    case 'mobike':
    case 'nomobike':
      settings.mobike = word.text === 'mobike';
      break;
    case 'dpd_check_interval': {
      const value = words.take();
      const seconds = readSeconds(value?.text ?? '');
      if (seconds === undefined) words.fault(value ?? word, 'an interval is a number of seconds');
      else settings.dpdSeconds = seconds;
      break;
    }
    case 'decouple':
      report.partial('set decouple', at, 'SAs that are not put into the kernel are not told from those that are');
      return;
    case 'couple':
    case 'enforcesingleikesa':
    case 'noenforcesingleikesa':
    case 'stickyaddress':
    case 'nostickyaddress':
    case 'ocsp':
    case 'cert_partial_chain':
    case 'vendorid':
    case 'novendorid':
      report.noted(`set ${word.text}`, at, 'it decides nothing about packets and proposals');
      return;
    default:
      report.unknown(`set ${word?.text ?? ''}`, at, ['active', 'passive', 'couple', 'fragmentation', 'mobike', 'ocsp']);
      return;
  }
  report.supported(`set ${word.text}`, at);
}
