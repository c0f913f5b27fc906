/** Small changes of ipsec.conf: options of a conn with another value, and alternatives of `ike=` and `esp=`. */
import { formatAddress, formatRange } from '../../model/address.js';
import type { TextEdit } from '../../model/finding.js';
import { none, type ProposalLike } from '../../model/proposal.js';
import type { Span } from '../../model/span.js';
import type { EntrySource, PadEntry } from '../../model/system-config.js';
import type { DialectReading, ReportedOption } from '../dialect.js';
import { bareIdentity, type DialectEdit, type EditWish, quotedKey } from '../editing.js';
import { suiteText as swanSuite } from '../strongswan/edit.js';
import { cipherWord, groupWord, hashWord } from './algorithms.js';

/** Makes a wish come true; see editing.ts. */
export function editConn(wish: EditWish, reading: DialectReading): DialectEdit | undefined {
  return edited(wish, reading, suiteText);
}

/** The same for conns of strongSwan's starter, whose proposals are charon's. */
export function editStarterConn(wish: EditWish, reading: DialectReading): DialectEdit | undefined {
  return edited(wish, reading, (proposal, isIke) => swanSuite(proposal, isIke ? 'IKE' : 'CHILD'));
}

type SuiteWriter = (proposal: ProposalLike, isIke: boolean) => string | undefined;

function edited(wish: EditWish, reading: DialectReading, suiteOf: SuiteWriter): DialectEdit | undefined {
  switch (wish.kind) {
    case 'ike-proposal': {
      const suite = suiteOf(wish.proposal, true);
      return suite === undefined
        ? undefined
        : addSuite(wish.policy.source, 'ike', suite, wish.policy.proposals.at(-1)?.at);
    }
    case 'child-proposal': {
      const suite = suiteOf(wish.proposal, false);
      const option = wish.proposal.protocol === 'AH' ? 'ah' : 'esp';
      return suite === undefined
        ? undefined
        : addSuite(wish.template.source, option, suite, wish.template.proposals.at(-1)?.at);
    }
    case 'pfs':
      return setPfs(wish, reading, suiteOf);
    case 'ike-versions': {
      // One conn has one version: that of the other side.
      const wanted = wish.versions.at(-1) === 1 ? 'ikev1' : 'ikev2';
      return wish.versions.length > 1 ? undefined : setOption(reading, wish.pad.source, 'keyexchange', wanted);
    }
    case 'exchange':
      return setOption(reading, wish.pad.source, 'aggressive', wish.exchange === 'aggressive' ? 'yes' : 'no');
    case 'methods': {
      const word =
        wish.local !== wish.remote
          ? undefined
          : wish.local === 'PSK'
            ? 'secret'
            : wish.local === 'RSASIG'
              ? 'rsasig'
              : undefined;
      return word === undefined ? undefined : setOption(reading, wish.pad.source, 'authby', word);
    }
    case 'local-id':
    case 'remote-id': {
      const side = sideOf(reading, wish.pad, wish.kind === 'local-id');
      const id = idWord(wish.identity);
      return side === undefined || id === undefined ? undefined : setOption(reading, wish.pad.source, `${side}id`, id);
    }
    case 'preshared-key': {
      const key = quotedKey(wish.key);
      const origin = wish.pad.presharedKey?.origin;
      return key && origin?.kind === 'explicit'
        ? { what: 'PSK [secret]', edits: [{ at: origin.at, newText: key }] }
        : undefined;
    }
    case 'mode':
      return setOption(reading, wish.template.source, 'type', wish.mode);
    case 'selectors':
      return setSelectors(wish, reading);
  }
}

/** Fully qualified names begin with an at sign; without, they would be looked up. */
function idWord(identity: Parameters<typeof bareIdentity>[0]): string | undefined {
  const id = bareIdentity(identity);
  return id === undefined ? undefined : identity.type === 'FQDN' ? `@${id}` : id;
}

/** `aes128-sha2_256;modp2048`. */
function suiteText({ encryption, authentication, prf, keyExchange }: ProposalLike, isIke: boolean): string | undefined {
  const integrity = authentication.filter(({ name }) => name !== none);
  // The integrity algorithm of an IKE SA and its PRF are one word; a combined-mode cipher has the PRF only.
  const hashes = isIke && integrity.length === 0 ? (prf ?? []) : integrity;
  const groups = (keyExchange ?? []).filter(({ name }) => name !== none);
  const words = [encryption.map(cipherWord), hashes.map(hashWord), groups.map(groupWord)];
  if (words.flat().includes(undefined)) return undefined;
  const [ciphers, hash, group] = words.map((list) => list.join('+')) as [string, string, string];
  if (ciphers === '' && hash === '') return undefined;
  return `${[ciphers, hash].filter((part) => part !== '').join('-')}${group === '' ? '' : `;${group}`}`;
}

function addSuite(source: EntrySource, option: string, suite: string, last: Span | undefined): DialectEdit | undefined {
  if (last && !isName(last, source))
    return { what: `add ${suite} to ${option}=`, edits: [{ at: { ...last, start: last.end }, newText: `,${suite}` }] };
  const edit = insertOption(source, option, suite);
  return edit && { what: `set ${option}=${suite}`, edits: [edit] };
}

/** Proposals of the product's own stand where their conn does. */
function isName(span: Span, { at }: EntrySource): boolean {
  return at !== undefined && span.start === at.start && span.end === at.end;
}

function setPfs(
  wish: Extract<EditWish, { readonly kind: 'pfs' }>,
  reading: DialectReading,
  suiteOf: SuiteWriter,
): DialectEdit | undefined {
  const { template, policy, group } = wish;
  if (!group) return setOption(reading, template.source, 'pfs', 'no');
  const isOfIke = policy?.proposals.some(({ keyExchange }) => keyExchange.some(({ name }) => name === group.name));
  if (policy && !policy.pfs.value && isOfIke) return setOption(reading, template.source, 'pfs', 'yes');
  const [first] = template.proposals;
  if (!first) return undefined;
  const suite = suiteOf(
    {
      ...first,
      encryption: first.encryption.slice(0, 1),
      authentication: first.authentication.slice(0, 1),
      keyExchange: [group],
    },
    false,
  );
  if (suite === undefined) return undefined;
  const option = first.protocol === 'AH' ? 'ah' : 'esp';
  if (!first.at || isName(first.at, template.source)) return addSuite(template.source, option, suite, undefined);
  // The first proposal tells which group is sent: the alternative with one goes before those without.
  return {
    what: `put ${suite} first in ${option}=`,
    edits: [{ at: { ...first.at, end: first.at.start }, newText: `${suite},` }],
  };
}

/** The ends are called left and right: which of them is meant is told by their addresses. */
function sideOf(reading: DialectReading, pad: PadEntry, isOwn: boolean): 'left' | 'right' | undefined {
  const remote = formatAddress(pad.remote.family, pad.remote.first);
  for (const side of ['left', 'right'] as const) {
    const option = optionOf(reading, pad.source, side);
    const at = option && valueSpan(option.at);
    if (at?.source.text.slice(at.start, at.end) !== remote) continue;
    return isOwn ? (side === 'left' ? 'right' : 'left') : side;
  }
  return undefined;
}

function setSelectors(
  { template, local, remote }: Extract<EditWish, { readonly kind: 'selectors' }>,
  reading: DialectReading,
): DialectEdit | undefined {
  // One network for each end, without protocols: all that these options say in every version.
  const isPlain = [local, remote].every((list) => list.length === 1 && list[0]!.protocol === 0);
  const pad = reading.config.pad.find(({ source }) => source.record.name === template.source.record.name);
  const [own, peer] = pad ? [sideOf(reading, pad, true), sideOf(reading, pad, false)] : [];
  if (!isPlain || !own || !peer) return undefined;
  const subnet = (list: typeof local): string => {
    const text = formatRange(list[0]!.range);
    return text.includes('/') ? text : `${text}/${list[0]!.range.family === 4 ? 32 : 128}`;
  };
  const edits = [
    setOption(reading, template.source, `${own}subnet`, subnet(local)),
    setOption(reading, template.source, `${peer}subnet`, subnet(remote)),
  ].flatMap((edit) => edit ?? []);
  if (edits.length < 2) return undefined;
  // Two options that are new go into one place.
  const insertions = edits.flatMap((edit) => edit.edits).filter(({ at }) => at.start === at.end);
  const others = edits.flatMap((edit) => edit.edits).filter(({ at }) => at.start !== at.end);
  const [first] = insertions;
  const one = first ? [{ at: first.at, newText: insertions.map(({ newText }) => newText).join('') }] : [];
  return { what: edits.map(({ what }) => what).join(' and '), edits: [...others, ...one] };
}

/** The last one of a name counts. */
function optionOf(reading: DialectReading, { record }: EntrySource, option: string): ReportedOption | undefined {
  const aliases = [
    option,
    ...(option === 'aggressive' ? ['aggrmode'] : []),
    ...(option === 'esp' ? ['phase2alg'] : []),
  ];
  return reading.options.findLast(({ name }) => aliases.some((alias) => name === `conn ${record.name}: ${alias}`));
}

function setOption(
  reading: DialectReading,
  source: EntrySource,
  option: string,
  value: string,
): DialectEdit | undefined {
  const written = optionOf(reading, source, option);
  const at = written && valueSpan(written.at);
  const edit = at ? { at, newText: value } : insertOption(source, option, value);
  return edit && { what: `set ${option}=${value}`, edits: [edit] };
}

/** The value behind a key, to the end of the line or a comment. */
function valueSpan({ source, end }: Span): Span | undefined {
  const found = /^([ \t]*=[ \t]*)("[^"\n]*"|\S[^\n#]*?)[ \t]*(?=$|[\n\r#])/.exec(source.text.slice(end, end + 4096));
  if (!found) return undefined;
  const start = end + found[1]!.length;
  return { source, start, end: start + found[2]!.length };
}

/** A line more below the head of a conn, indented as the one below it. */
function insertOption({ at }: EntrySource, option: string, value: string): TextEdit | undefined {
  if (!at) return undefined;
  const { end } = at.source.lineRange(at.source.position(at.start).line);
  const indent = /^\r?\n([ \t]+)\S/.exec(at.source.text.slice(end))?.[1] ?? '\t';
  return { at: { source: at.source, start: end, end }, newText: `\n${indent}${option}=${value}` };
}
