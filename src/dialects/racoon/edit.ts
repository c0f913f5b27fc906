/** Small changes of racoon.conf: alternatives of proposals and algorithms, exchange modes, identities, PFS groups. */
import type { TextEdit } from '../../model/finding.js';
import { none, type ProposalLike } from '../../model/proposal.js';
import type { Span } from '../../model/span.js';
import type { Identity, PadEntry, SaTemplate } from '../../model/system-config.js';
import type { EncryptionTransform, KeyExchangeTransform } from '../../model/transform.js';
import type { DialectReading } from '../dialect.js';
import type { DialectEdit, EditWish } from '../editing.js';
import { readGroup, readHash, readIntegrity } from './words.js';

/** Makes a wish come true; see editing.ts. */
export function editRacoon(wish: EditWish, reading: DialectReading): DialectEdit | undefined {
  switch (wish.kind) {
    case 'ike-proposal':
      return addIkeProposal(reading, wish.policy.source.at, wish.proposal);
    case 'child-proposal':
      return addAlgorithms(reading, wish.template, wish.proposal);
    case 'pfs':
      return setPfsGroup(reading, wish.template, wish.group);
    case 'exchange': {
      const { origin } = wish.pad.exchange;
      if (origin.kind !== 'explicit') return undefined;
      // The first one is used to start, all of them are accepted.
      return {
        what: `set exchange_mode ${wish.exchange}`,
        edits: [{ at: origin.at, newText: `exchange_mode ${wish.exchange}` }],
      };
    }
    case 'methods': {
      const word = wish.local !== wish.remote ? undefined : methodWords[wish.local];
      const { origin } = wish.pad.localMethod;
      return word && origin.kind === 'explicit'
        ? {
            what: `set authentication_method ${word}`,
            edits: [{ at: origin.at, newText: `authentication_method ${word}` }],
          }
        : undefined;
    }
    case 'local-id':
      return setIdentity(wish.pad, 'my_identifier', wish.pad.localId?.origin, wish.identity);
    case 'remote-id':
      return setIdentity(wish.pad, 'peers_identifier', wish.pad.remoteId?.origin, wish.identity);
    case 'preshared-key': {
      const origin = wish.pad.presharedKey?.origin;
      const isPlain = /^[\x21-\x7e][\x20-\x7e]*$/.test(wish.key) && !wish.key.startsWith('0x');
      return isPlain && origin?.kind === 'explicit'
        ? { what: 'key [secret]', edits: [{ at: origin.at, newText: wish.key }] }
        : undefined;
    }
    // Modes and selectors are the policies' of setkey; racoon speaks IKEv1 alone.
    case 'ike-versions':
    case 'mode':
    case 'selectors':
      return undefined;
  }
}

const methodWords: Readonly<Record<string, string>> = {
  PSK: 'pre_shared_key',
  RSASIG: 'rsasig',
  DSSSIG: 'dsssig',
  RSAENC: 'rsaenc',
  RSAREVENC: 'rsarev',
};

function cipherWord({ name, keyBits }: EncryptionTransform): string | undefined {
  if (/^AES-CBC-/.test(name)) return `aes ${keyBits}`;
  if (/^CAMELLIA-CBC-/.test(name)) return `camellia ${keyBits}`;
  return { 'DES-CBC': 'des', '3DES-CBC': '3des', 'IDEA-CBC': 'idea', 'CAST-CBC': 'cast128', NULL: 'null_enc' }[name];
}

const hashWords = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'] as const;

function hashWord(name: string): string | undefined {
  return hashWords.find((word) => readHash(word)?.name === name);
}

function integrityWord(name: string): string | undefined {
  return hashWords
    .map((word) => `hmac_${word}`)
    .find((word) => {
      const read = readIntegrity(word);
      return read !== 'none' && read?.name === name;
    });
}

function groupWord({ id }: KeyExchangeTransform): string | undefined {
  const word = [768, 1024, 1536, 2048, 3072, 4096, 6144, 8192]
    .map((bits) => `modp${bits}`)
    .find((each) => readGroup(each)?.id === id);
  return word ?? (readGroup(String(id)) ? String(id) : undefined);
}

/** A further `proposal { … }` at the end of the remote section, with the method of the first one. */
function addIkeProposal(
  reading: DialectReading,
  at: Span | undefined,
  { encryption, prf, keyExchange }: ProposalLike,
): DialectEdit | undefined {
  if (!at) return undefined;
  const end = blockEnd(at);
  const [cipher] = encryption.map(cipherWord);
  const [hash] = (prf ?? []).map(({ name }) => hashWord(name));
  const [group] = (keyExchange ?? []).map(groupWord);
  const method = reading.options.find(
    (option) =>
      option.name === 'proposal authentication_method' &&
      end !== undefined &&
      option.at.source === at.source &&
      option.at.start > at.start &&
      option.at.start < end,
  );
  if (!end || !cipher || !hash || !group || !method) return undefined;
  const { source } = at;
  const methodText = /^authentication_method\s+\S+?(?=\s*;)/.exec(
    source.text.slice(method.at.start, method.at.start + 256),
  )?.[0];
  if (!methodText) return undefined;
  const indent = indentAt(source.text, method.at.start);
  const outer = indent.slice(0, Math.max(0, indent.length - unitOf(indent)));
  const lines = [`encryption_algorithm ${cipher};`, `hash_algorithm ${hash};`, `${methodText};`, `dh_group ${group};`];
  const text = `${outer}proposal {\n${lines.map((line) => `${indent}${line}\n`).join('')}${outer}}\n`;
  const lineStart = source.text.lastIndexOf('\n', end) + 1;
  // The closing brace on a line of its own, or behind something.
  const isOwnLine = /^\s*$/.test(source.text.slice(lineStart, end));
  const where = isOwnLine ? lineStart : end;
  const newText = isOwnLine ? text : `\n${text}`;
  return {
    what: `add proposal { encryption_algorithm ${cipher}; hash_algorithm ${hash}; dh_group ${group}; }`,
    edits: [{ at: { source, start: where, end: where }, newText }],
  };
}

/** The algorithms that a sainfo lacks, behind those that it has. */
function addAlgorithms(
  reading: DialectReading,
  template: SaTemplate,
  { encryption, authentication }: ProposalLike,
): DialectEdit | undefined {
  const place = sainfoOf(template);
  if (!place) return undefined;
  const has = (list: 'encryption' | 'authentication', name: string): boolean =>
    template.proposals.some((proposal) => proposal[list].some((each) => each.name === name));
  const wanted: [string, string | undefined][] = [
    ...encryption
      .filter(({ name }) => !has('encryption', name))
      .map((cipher): [string, string | undefined] => ['encryption_algorithm', cipherWord(cipher)]),
    ...authentication
      .filter(({ name }) => name !== none && !has('authentication', name))
      .map(({ name }): [string, string | undefined] => ['authentication_algorithm', integrityWord(name)]),
  ];
  const edits: TextEdit[] = [];
  for (const [option, word] of wanted) {
    const at = optionIn(reading, place, `sainfo ${option}`);
    const end = at?.source.text.indexOf(';', at.end);
    if (!word || !at || end === undefined || end < 0) return undefined;
    edits.push({ at: { source: at.source, start: end, end }, newText: `, ${word}` });
  }
  if (edits.length === 0) return undefined;
  return { what: wanted.map(([option, word]) => `add ${word} to ${option}`).join(' and '), edits };
}

function setPfsGroup(
  reading: DialectReading,
  template: SaTemplate,
  group: KeyExchangeTransform | undefined,
): DialectEdit | undefined {
  const place = sainfoOf(template);
  if (!place) return undefined;
  const { source } = place;
  const written = optionIn(reading, place, 'sainfo pfs_group');
  const word = group && groupWord(group);
  if (group && !word) return undefined;
  if (written) {
    const end = source.text.indexOf(';', written.end);
    if (end < 0) return undefined;
    if (word)
      return { what: `set pfs_group ${word}`, edits: [{ at: { ...written, end }, newText: `pfs_group ${word}` }] };
    const line = source.lineRange(source.position(written.start).line);
    const isOwnLine = /^\s*pfs_group[^;]*;\s*$/.test(source.text.slice(line.start, line.end));
    const at = isOwnLine
      ? { source, start: line.start, end: line.end + 1 }
      : { source, start: written.start, end: end + 1 };
    return { what: 'take pfs_group out', edits: [{ at, newText: '' }] };
  }
  const brace = source.text.indexOf('{', place.start);
  if (!word || brace < 0) return undefined;
  const indent = /^[^\S\n]*\n([ \t]+)\S/.exec(source.text.slice(brace + 1))?.[1] ?? '\t';
  return {
    what: `set pfs_group ${word}`,
    edits: [{ at: { source, start: brace + 1, end: brace + 1 }, newText: `\n${indent}pfs_group ${word};` }],
  };
}

/** The sainfo that a policy's proposals come from. */
function sainfoOf({ proposals }: SaTemplate): Span | undefined {
  const at = proposals[0]?.source.at;
  return at && /^sainfo\b/.test(at.source.text.slice(at.start, at.end)) ? at : undefined;
}

function setIdentity(
  pad: PadEntry,
  option: 'my_identifier' | 'peers_identifier',
  origin: PadEntry['localMethod']['origin'] | undefined,
  identity: Identity,
): DialectEdit | undefined {
  const text = identityText(identity);
  const { at } = pad.source;
  if (text === undefined || !at) return undefined;
  const what = `set ${option} ${text}`;
  if (origin?.kind === 'explicit') return { what, edits: [{ at: origin.at, newText: `${option} ${text}` }] };
  const brace = at.source.text.indexOf('{', at.start);
  if (brace < 0) return undefined;
  const indent = /^[^\S\n]*\n([ \t]+)\S/.exec(at.source.text.slice(brace + 1))?.[1] ?? '\t';
  return {
    what,
    edits: [{ at: { source: at.source, start: brace + 1, end: brace + 1 }, newText: `\n${indent}${option} ${text};` }],
  };
}

function identityText({ type, value }: Identity): string | undefined {
  if (value === undefined || /["\\]/.test(value)) return undefined;
  switch (type) {
    case 'IPV4':
    case 'IPV6':
      return `address ${value}`;
    case 'FQDN':
      return `fqdn "${value}"`;
    case 'USER-FQDN':
      return `user_fqdn "${value}"`;
    case 'X500-DN':
      return `asn1dn "${value}"`;
    case 'KEY-ID':
      return undefined;
  }
}

/** An option within the block that begins at a place. */
function optionIn(reading: DialectReading, place: Span, name: string): Span | undefined {
  const end = blockEnd(place);
  return reading.options.findLast(
    (option) =>
      option.name === name &&
      option.at.source === place.source &&
      option.at.start > place.start &&
      end !== undefined &&
      option.at.start < end,
  )?.at;
}

/** Where the brace is that closes the block whose head begins at a place. */
function blockEnd({ source, start }: Span): number | undefined {
  let depth = 0;
  const token = /"[^"\n]*"|#[^\n]*|[{}]/g;
  token.lastIndex = start;
  for (let found = token.exec(source.text); found; found = token.exec(source.text)) {
    if (found[0] === '{') depth += 1;
    if (found[0] !== '}') continue;
    depth -= 1;
    if (depth <= 0) return found.index;
  }
  return undefined;
}

function indentAt(text: string, at: number): string {
  return /[ \t]*$/.exec(text.slice(text.lastIndexOf('\n', at - 1) + 1, at))?.[0] ?? '';
}

/** Characters of one step of indentation. */
function unitOf(indent: string): number {
  return indent.startsWith('\t') ? 1 : indent.length % 4 === 0 ? 4 : 2;
}
