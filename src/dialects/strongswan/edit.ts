/** Small changes of swanctl.conf: options of a connection or child with another value, and alternatives of proposals. */
import { formatRange } from '../../model/address.js';
import type { TextEdit } from '../../model/finding.js';
import { formatProtocol } from '../../model/packet.js';
import { none, type ProposalLike } from '../../model/proposal.js';
import type { Span } from '../../model/span.js';
import type { EntrySource, PadEntry } from '../../model/system-config.js';
import type { TrafficSelector } from '../../model/traffic-selector.js';
import type { DialectReading } from '../dialect.js';
import { bareIdentity, type DialectEdit, type EditWish, quotedKey } from '../editing.js';
import { prfOfIntegrity, proposalKeywords } from './keywords.js';

/** Makes a wish come true; see editing.ts. */
export function editSwan(wish: EditWish, reading: DialectReading): DialectEdit | undefined {
  switch (wish.kind) {
    case 'ike-proposal': {
      const suite = suiteText(wish.proposal, 'IKE');
      const last = wish.policy.proposals.at(-1)?.at;
      return suite === undefined ? undefined : addAlternative(wish.policy.source, 'proposals', suite, last);
    }
    case 'child-proposal': {
      const suite = suiteText(wish.proposal, 'CHILD');
      const option = wish.proposal.protocol === 'AH' ? 'ah_proposals' : 'esp_proposals';
      return suite === undefined
        ? undefined
        : addAlternative(wish.template.source, option, suite, wish.template.proposals.at(-1)?.at);
    }
    case 'pfs': {
      const [first] = wish.template.proposals;
      if (!first) return undefined;
      const proposal = {
        ...first,
        encryption: first.encryption.slice(0, 1),
        authentication: first.authentication.slice(0, 1),
        keyExchange: wish.group ? [wish.group] : [],
      };
      if (!wish.group) return editSwan({ kind: 'child-proposal', template: wish.template, proposal }, reading);
      // The first proposal tells which group is sent: the alternative with one goes before those without.
      const suite = suiteText(proposal, 'CHILD');
      return suite === undefined || !first.at
        ? undefined
        : {
            what: `put ${suite} first in ${first.protocol === 'AH' ? 'ah_proposals' : 'esp_proposals'}`,
            edits: [{ at: { ...first.at, end: first.at.start }, newText: `${suite}, ` }],
          };
    }
    case 'ike-versions': {
      const [only, ...others] = wish.versions;
      return setOption(reading, wish.pad.source, 'version', others.length > 0 ? '0' : String(only));
    }
    case 'exchange':
      return setOption(reading, wish.pad.source, 'aggressive', wish.exchange === 'aggressive' ? 'yes' : 'no');
    case 'methods':
      return setMethods(wish.pad, methodWord(wish.local), methodWord(wish.remote));
    case 'local-id':
    case 'remote-id': {
      const side = wish.kind === 'local-id' ? 'local' : 'remote';
      const id = bareIdentity(wish.identity);
      return id === undefined ? undefined : setIdentity(reading, wish.pad, side, id);
    }
    case 'preshared-key': {
      const key = quotedKey(wish.key);
      const at = explicitSpan(wish.pad.presharedKey?.origin);
      return key !== undefined && at ? { what: 'secret = [secret]', edits: [{ at, newText: key }] } : undefined;
    }
    case 'mode':
      return setOption(reading, wish.template.source, 'mode', wish.mode);
    case 'selectors': {
      const sides = [
        setOption(reading, wish.template.source, 'local_ts', selectorsText(wish.local)),
        setOption(reading, wish.template.source, 'remote_ts', selectorsText(wish.remote)),
      ];
      return together(sides);
    }
  }
}

/** `aes128-sha256-modp2048`; undefined where strongSwan has no word for something. */
export function suiteText(proposal: ProposalLike, of: 'IKE' | 'CHILD'): string | undefined {
  const { encryption, authentication, prf, keyExchange, esn } = proposal;
  const words: (string | undefined)[] = [
    ...encryption.map(({ name }) => wordFor('encryption', name)),
    ...authentication.filter(({ name }) => name !== none).map(({ name }) => wordFor('integrity', name)),
    ...(of === 'IKE' ? (prf ?? []).flatMap(({ name }) => prfWord(name, proposal)) : []),
    ...(keyExchange ?? []).filter(({ name }) => name !== none).map(({ name }) => wordFor('key-exchange', name)),
    ...(of === 'CHILD' && esn?.includes('esn') ? (esn.includes('no-esn') ? ['esn', 'noesn'] : ['esn']) : []),
  ];
  return words.every((word) => word !== undefined) && words.length > 0 ? words.join('-') : undefined;
}

/** A PRF is told where no integrity algorithm says it; the hash of IKEv1 is written as the integrity algorithm whose PRF it is. */
function prfWord(name: string, { encryption, authentication }: ProposalLike): (string | undefined)[] {
  const [integrity] = authentication;
  if (integrity && prfOfIntegrity.get(integrity.name)?.name === name) return [];
  const isCombined = encryption.some(({ icvOctets }) => icvOctets !== undefined);
  if (integrity || isCombined) return [wordFor('prf', name)];
  const hash = [...prfOfIntegrity].find(([, prf]) => prf.name === name)?.[0];
  return [hash === undefined ? undefined : wordFor('integrity', hash)];
}

type WordType = 'encryption' | 'integrity' | 'prf' | 'key-exchange';

/** Of several words the one that tells a length: `aes128`, not `aes`, and `sha1`, not `sha`. */
function wordFor(type: WordType, name: string): string | undefined {
  const found: string[] = [];
  for (const [word, keyword] of proposalKeywords('5.9'))
    if (keyword.type === type && keyword.transform.name === name) found.push(word);
  return found.find((word) => /\d$/.test(word)) ?? found[0];
}

/** An alternative behind the last one that is written; where none is, beside the product's own. */
function addAlternative(
  source: EntrySource,
  option: string,
  suite: string,
  last: Span | undefined,
): DialectEdit | undefined {
  if (last)
    return { what: `add ${suite} to ${option}`, edits: [{ at: { ...last, start: last.end }, newText: `, ${suite}` }] };
  const edit = insertOption(source, option, `${suite}, default`);
  return edit && { what: `set ${option} = ${suite}, default`, edits: [edit] };
}

/** The name of an option of a section: `connections.gw.children.net.mode`. */
function optionName({ record }: EntrySource, option: string): string {
  if (record.kind !== 'child') return `connections.${record.name}.${option}`;
  const at = record.name.lastIndexOf('.');
  return `connections.${record.name.slice(0, at)}.children.${record.name.slice(at + 1)}.${option}`;
}

function setOption(
  reading: DialectReading,
  source: EntrySource,
  option: string,
  value: string,
): DialectEdit | undefined {
  const written = reading.options.findLast(({ name }) => name === optionName(source, option));
  const at = written && valueSpan(written.at);
  const edit = at ? { at, newText: value } : insertOption(source, option, value);
  return edit && { what: `set ${option} = ${value}`, edits: [edit] };
}

/** The value behind a key: to the end of the line, a comment or the section. */
function valueSpan({ source, end }: Span): Span | undefined {
  const found = /^([ \t]*=[ \t]*)("(?:[^"\\]|\\.)*"|[^\n#{}]*?)[ \t]*(?=$|[\n#}])/.exec(
    source.text.slice(end, end + 4096),
  );
  if (!found) return undefined;
  const start = end + found[1]!.length;
  return { source, start, end: start + found[2]!.length };
}

/** A line more at the beginning of a section, indented as the one below it. */
function insertOption({ at }: EntrySource, option: string, value: string): TextEdit | undefined {
  if (!at) return undefined;
  const brace = at.source.text.indexOf('{', at.end);
  if (brace < 0 || /[^\s:\w.,-]/.test(at.source.text.slice(at.end, brace))) return undefined;
  const rest = at.source.text.slice(brace + 1);
  const indent = /^[^\S\n]*\n([ \t]+)\S/.exec(rest)?.[1];
  const where = { source: at.source, start: brace + 1, end: brace + 1 };
  return indent === undefined
    ? { at: where, newText: `\n${option} = ${value}\n` }
    : { at: where, newText: `\n${indent}${option} = ${value}` };
}

function methodWord(method: PadEntry['localMethod']['value']): string | undefined {
  return method === 'PSK'
    ? 'psk'
    : ['RSASIG', 'ECDSASIG', 'EDDSASIG', 'DIGSIG'].includes(method)
      ? 'pubkey'
      : undefined;
}

function setMethods(pad: PadEntry, local: string | undefined, remote: string | undefined): DialectEdit | undefined {
  const [own, peer] = [explicitSpan(pad.localMethod.origin), explicitSpan(pad.remoteMethod.origin)];
  if (!local || !remote || !own || !peer) return undefined;
  const edits = [
    ...(own.source.text.slice(own.start, own.end) === local ? [] : [{ at: own, newText: local }]),
    ...(peer.source.text.slice(peer.start, peer.end) === remote ? [] : [{ at: peer, newText: remote }]),
  ];
  return { what: `set local.auth = ${local} and remote.auth = ${remote}`, edits };
}

function setIdentity(
  reading: DialectReading,
  pad: PadEntry,
  side: 'local' | 'remote',
  id: string,
): DialectEdit | undefined {
  const what = `set ${side}.id = ${id}`;
  const written = explicitSpan((side === 'local' ? pad.localId : pad.remoteId)?.origin);
  if (written) return { what, edits: [{ at: written, newText: id }] };
  // Beside the method, which every such section has.
  const name = new RegExp(`^connections\\.${escaped(pad.source.record.name)}\\.${side}[^.]*\\.auth$`);
  const auth = reading.options.find((option) => name.test(option.name))?.at;
  return auth && { what, edits: [{ at: { ...auth, end: auth.start }, newText: `id = ${id}\n${indentOf(auth)}` }] };
}

function indentOf({ source, start }: Span): string {
  return /[ \t]*$/.exec(source.text.slice(source.lineRange(source.position(start).line).start, start))?.[0] ?? '';
}

/** `10.0.0.0/16[tcp/443]`. */
function selectorsText(selectors: readonly TrafficSelector[]): string {
  return selectors.map(selectorText).join(', ');
}

function selectorText({ range, protocol, ports }: TrafficSelector): string {
  const isAnyPort = ports.lo === 0 && ports.hi === 65_535;
  if (protocol === 0 && isAnyPort) return formatRange(range);
  const name = formatProtocol(protocol);
  const word = protocol === 0 ? '' : /^\w+$/.test(name) ? name.toLowerCase() : String(protocol);
  const port = isAnyPort ? '' : `/${ports.lo === ports.hi ? ports.lo : `${ports.lo}-${ports.hi}`}`;
  return `${formatRange(range)}[${word}${port}]`;
}

function together(edits: readonly (DialectEdit | undefined)[]): DialectEdit | undefined {
  const known = edits.flatMap((edit) => edit ?? []);
  if (known.length < edits.length) return undefined;
  return { what: known.map(({ what }) => what).join(' and '), edits: known.flatMap((edit) => edit.edits) };
}

function explicitSpan(origin: PadEntry['localMethod']['origin'] | undefined): Span | undefined {
  return origin?.kind === 'explicit' && origin.at.end > origin.at.start ? origin.at : undefined;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
