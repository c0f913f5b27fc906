/** Small changes of iked.conf: words of a rule more, or others (iked.conf(5)). */
import { formatRange } from '../../model/address.js';
import type { TextEdit } from '../../model/finding.js';
import { none, type ProposalLike } from '../../model/proposal.js';
import type { Span } from '../../model/span.js';
import type { TrafficSelector } from '../../model/traffic-selector.js';
import type { DialectReading } from '../dialect.js';
import { bareIdentity, type DialectEdit, type EditWish, quotedKey } from '../editing.js';
import { readCipher, readGroup, readIntegrity, readPrf } from './words.js';

/** Makes a wish come true; see editing.ts. */
export function editIked(wish: EditWish, _reading: DialectReading): DialectEdit | undefined {
  switch (wish.kind) {
    case 'ike-proposal':
      return addTransforms(wish.policy.source.at, 'ikesa', wish.proposal);
    case 'child-proposal':
      return addTransforms(wish.template.source.at, 'childsa', wish.proposal);
    case 'pfs': {
      const [first] = wish.template.proposals;
      if (!first) return undefined;
      if (!wish.group) return withoutGroups(wish.template.source.at);
      const proposal = {
        ...first,
        encryption: first.encryption.slice(0, 1),
        authentication: first.authentication.slice(0, 1),
        keyExchange: [wish.group],
      };
      return addTransforms(wish.template.source.at, 'childsa', proposal);
    }
    case 'local-id':
    case 'remote-id': {
      const option = wish.kind === 'local-id' ? 'srcid' : 'dstid';
      const id = bareIdentity(wish.identity);
      return id === undefined ? undefined : setWord(wish.pad.source.at, option, id);
    }
    case 'preshared-key': {
      const key = quotedKey(wish.key);
      const origin = wish.pad.presharedKey?.origin;
      return key !== undefined && origin?.kind === 'explicit'
        ? { what: 'psk [secret]', edits: [{ at: origin.at, newText: key }] }
        : undefined;
    }
    case 'mode':
      return setMode(wish.template.source.at, wish.mode);
    case 'selectors':
      return setPair(wish.template.source.at, wish.local, wish.remote);
    // iked speaks IKEv2 alone, and a method needs keys that are elsewhere.
    case 'ike-versions':
    case 'exchange':
    case 'methods':
      return undefined;
  }
}

/** The words of a rule with their places, quoted ones whole; `\` at the end of a line is none. */
function* wordsOf({ source, start, end }: Span): Generator<{ readonly text: string; readonly at: Span }> {
  const word = /"[^"\n]*"|#[^\n]*|\\\r?\n|[^\s"#\\]+/g;
  const text = source.text.slice(start, end);
  for (let found = word.exec(text); found; found = word.exec(text)) {
    if (found[0].startsWith('#') || found[0].startsWith('\\')) continue;
    const from = start + found.index;
    yield { text: found[0], at: { source, start: from, end: from + found[0].length } };
  }
}

/** A further group of transforms; several may follow each other. */
function addTransforms(
  rule: Span | undefined,
  keyword: 'ikesa' | 'childsa',
  proposal: ProposalLike,
): DialectEdit | undefined {
  const text = transformsText(proposal, keyword === 'ikesa');
  if (!rule || text === undefined) return undefined;
  const words = [...wordsOf(rule)];
  const group = `${keyword} ${text}`;
  const last = words.findLastIndex((word) => word.text === keyword);
  if (last >= 0) {
    let end = last;
    while (isTransform(words[end + 1]?.text)) end += 2;
    const at = words[Math.min(end, words.length - 1)]!.at;
    return { what: `add ${group}`, edits: [insertion(at, ` ${group}`)] };
  }
  // Before what follows the ends in the grammar.
  const next = words.find((word) => followers.has(word.text) || (keyword === 'ikesa' && word.text === 'childsa'));
  const at = next ? { ...next.at, end: next.at.start } : words.at(-1)?.at;
  return at && { what: `add ${group}`, edits: [next ? { at, newText: `${group} ` } : insertion(at, ` ${group}`)] };
}

/** `group none` in place of the groups of `childsa`. */
function withoutGroups(rule: Span | undefined): DialectEdit | undefined {
  const words = rule ? [...wordsOf(rule)] : [];
  const start = words.findIndex(({ text }) => text === 'childsa');
  if (start < 0) return undefined;
  const groups: Span[] = [];
  for (let at = start + 1; isTransform(words[at]?.text) || words[at]?.text === 'childsa'; at += 2) {
    // A further group of transforms begins.
    if (words[at]?.text === 'childsa') at -= 1;
    else if (words[at]?.text === 'group' && words[at + 1]) groups.push(words[at + 1]!.at);
  }
  return groups.length === 0
    ? undefined
    : { what: 'set group none in childsa', edits: groups.map((at) => ({ at, newText: 'none' })) };
}

const followers: ReadonlySet<string> = new Set([
  'srcid',
  'dstid',
  'ikelifetime',
  'lifetime',
  'bytes',
  'psk',
  'rsa',
  'ecdsa256',
  'ecdsa384',
  'ecdsa521',
  'rfc7427',
  'eap',
  'config',
  'request',
  'tag',
  'tap',
  'iface',
]);

function isTransform(word: string | undefined): boolean {
  return word === 'enc' || word === 'auth' || word === 'prf' || word === 'group' || word === 'esn' || word === 'noesn';
}

function insertion({ source, end }: Span, newText: string): TextEdit {
  return { at: { source, start: end, end }, newText };
}

const cipherWords = [
  '3des',
  ...['128', '192', '256'].flatMap((bits) => [
    `aes-${bits}`,
    `aes-${bits}-ctr`,
    `aes-${bits}-gcm`,
    `aes-${bits}-gcm-12`,
  ]),
  'chacha20-poly1305',
  'null',
];
const hashWords = ['hmac-md5', 'hmac-sha1', 'hmac-sha2-256', 'hmac-sha2-384', 'hmac-sha2-512'];
const groupWords = [
  ...['768', '1024', '1536', '2048', '3072', '4096', '6144', '8192'].map((bits) => `modp${bits}`),
  ...['192', '224', '256', '384', '521'].map((bits) => `ecp${bits}`),
  ...['224', '256', '384', '512'].map((bits) => `brainpool${bits}`),
  'curve25519',
];

function transformsText(
  { encryption, authentication, prf, keyExchange }: ProposalLike,
  isIke: boolean,
): string | undefined {
  const find = (words: readonly string[], name: string, read: (word: string) => unknown): string | undefined =>
    words.find((word) => (read(word) as { readonly name?: string } | undefined)?.name === name);
  const parts: (readonly [string, string | undefined])[] = [
    ...encryption.map(({ name }) => ['enc', find(cipherWords, name, readCipher)] as const),
    ...authentication
      .filter(({ name }) => name !== none)
      .map(({ name }) => ['auth', find(hashWords, name, readIntegrity)] as const),
    ...(isIke ? (prf ?? []).map(({ name }) => ['prf', find(hashWords, name, readPrf)] as const) : []),
    ...(keyExchange ?? [])
      .filter(({ name }) => name !== none)
      .map(({ name }) => ['group', find(groupWords, name, readGroup)] as const),
  ];
  if (parts.length === 0 || parts.some(([, word]) => word === undefined)) return undefined;
  return parts.map(([key, word]) => `${key} ${word}`).join(' ');
}

function setWord(rule: Span | undefined, option: string, value: string): DialectEdit | undefined {
  if (!rule) return undefined;
  const words = [...wordsOf(rule)];
  const what = `set ${option} ${value}`;
  const at = words.findIndex((word) => word.text === option);
  const written = at < 0 ? undefined : words[at + 1];
  if (written) return { what, edits: [{ at: written.at, newText: value }] };
  const next = words.find((word) => followers.has(word.text));
  const last = words.at(-1);
  if (next) return { what, edits: [{ at: { ...next.at, end: next.at.start }, newText: `${option} ${value} ` }] };
  return last && { what, edits: [insertion(last.at, ` ${option} ${value}`)] };
}

function setMode(rule: Span | undefined, mode: 'transport' | 'tunnel'): DialectEdit | undefined {
  if (!rule) return undefined;
  const words = [...wordsOf(rule)];
  const what = `set ${mode}`;
  const written = words.find(({ text }) => text === 'transport' || text === 'tunnel');
  if (written) return { what, edits: [{ at: written.at, newText: mode }] };
  const before = words.find(({ text }) => ['natt', 'esp', 'ah', 'inet', 'inet6', 'proto', 'from'].includes(text));
  return before && { what, edits: [{ at: { ...before.at, end: before.at.start }, newText: `${mode} ` }] };
}

/** Rules with one pair of networks, and no ports. */
function setPair(
  rule: Span | undefined,
  local: readonly TrafficSelector[],
  remote: readonly TrafficSelector[],
): DialectEdit | undefined {
  const isPlain = [local, remote].every(
    (list) => list.length === 1 && list[0]!.protocol === 0 && !formatRange(list[0]!.range).includes('-'),
  );
  if (!rule || !isPlain) return undefined;
  const words = [...wordsOf(rule)];
  if (words.filter(({ text }) => text === 'from').length !== 1) return undefined;
  const valueAfter = (key: string) => words[words.findIndex(({ text }) => text === key) + 1];
  const [from, to] = [valueAfter('from'), valueAfter('to')];
  const [own, peer] = [formatRange(local[0]!.range), formatRange(remote[0]!.range)];
  if (!from || !to) return undefined;
  return {
    what: `set from ${own} to ${peer}`,
    edits: [
      { at: from.at, newText: own },
      { at: to.at, newText: peer },
    ],
  };
}
