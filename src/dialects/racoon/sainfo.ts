/** `sainfo`: what racoon proposes and takes for SAs between two ends, and which sainfo is for which policy. */
import { type AddressRange, formatRange } from '../../model/address.js';
import type { Sourced } from '../../model/origin.js';
import type { AuthenticationTransform, EncryptionTransform, KeyExchangeTransform } from '../../model/transform.js';
import type { ReadContext } from '../common/context.js';
import { type Piece, spanOf } from '../common/piece.js';
import { parsePort, parseProtocol, parseRange } from '../common/selectors.js';
import type { KernelSelector } from '../xfrm/kernel.js';
import { nameOf, type Placed, placeOf, reportStatement } from './conf.js';
import { originOf, readLifetime } from './remote.js';
import { readCipher, readGroup, readIntegrity, readKilobytes } from './words.js';

/** One end that a sainfo is for. */
type SainfoEnd =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'clientaddr' }
  | { readonly kind: 'address'; readonly range: AddressRange; readonly port?: number; readonly protocol: number }
  /** By name, which no policy has. */
  | { readonly kind: 'name' };

export interface Sainfo {
  readonly placed: Placed;
  readonly name: string;
  readonly local: SainfoEnd;
  readonly remote: SainfoEnd;
  readonly encryption: readonly EncryptionTransform[];
  /** `none`: without integrity. */
  readonly integrity: readonly (AuthenticationTransform | 'none')[];
  readonly pfsGroups: Sourced<readonly KeyExchangeTransform[]>;
  readonly lifetimeSeconds: Sourced<number>;
  readonly lifetimeKilobytes: Sourced<number>;
}

/** Reads all sainfos, the more particular ones first, as the product looks at them. */
export function readSainfos(all: readonly Placed[], context: ReadContext): readonly Sainfo[] {
  const read = all.flatMap((placed) => readSainfo(placed, context) ?? []);
  const weight = ({ local, remote }: Sainfo) => [local, remote].filter(({ kind }) => kind !== 'anonymous').length;
  return read
    .map((sainfo, index) => ({ sainfo, index }))
    .sort((a, b) => weight(b.sainfo) - weight(a.sainfo) || a.index - b.index)
    .map(({ sainfo }) => sainfo);
}

function readSainfo(placed: Placed, context: ReadContext): Sainfo | undefined {
  const { words, block } = placed.statement;
  if (!block) {
    context.syntax(placed.source, words[0]!, 'a sainfo has a block', 'write: sainfo anonymous { … }');
    return undefined;
  }
  const inner = block.map((statement): Placed => ({ source: placed.source, statement }));
  for (const one of inner) reportStatement(one, 'sainfo', context);
  const ends = readEnds(placed, words.slice(1), context);
  if (!ends) return undefined;
  const last = (name: string) => inner.filter((one) => nameOf(one) === name).at(-1);
  const pfs = last('pfs_group');
  const group = pfs && readGroup(pfs.statement.words[1]?.text ?? '');
  if (pfs && !group) context.badValue(placeOf(pfs), 'this is no group that is known here');
  const builtin = (what: string) => ({ kind: 'builtin' as const, what: `default of racoon: ${what}` });
  const bytes = inner.find((one) => nameOf(one) === 'lifetime' && one.statement.words[1]?.text === 'byte');
  return {
    placed,
    name:
      words
        .slice(1)
        .map(({ text }) => text)
        .join(' ') || 'anonymous',
    ...ends,
    encryption: readList(last('encryption_algorithm'), readCiphers, context),
    integrity: readList(last('authentication_algorithm'), readIntegrities, context),
    pfsGroups:
      pfs && group ? { value: [group], origin: originOf(pfs) } : { value: [], origin: builtin('no pfs_group') },
    lifetimeSeconds: readLifetime(
      inner.find((one) => nameOf(one) === 'lifetime' && one.statement.words[1]?.text === 'time'),
      context,
    ) ?? { value: 28_800, origin: builtin('lifetime of phase 2') },
    lifetimeKilobytes: bytes
      ? {
          value: readKilobytes(bytes.statement.words[2]?.text ?? '', bytes.statement.words[3]?.text ?? '') ?? 0,
          origin: originOf(bytes),
        }
      : { value: 0, origin: builtin('no lifetime in octets') },
  };
}

/** `anonymous`, `LOCAL REMOTE`, `LOCAL anonymous`, `… from ID`, `… group NAME`. */
function readEnds(
  placed: Placed,
  words: readonly Piece[],
  context: ReadContext,
): Pick<Sainfo, 'local' | 'remote'> | undefined {
  const at = words.findIndex(({ text }) => text === 'from' || text === 'group');
  if (at >= 0)
    context.partly(spanOf(placed.source, words[at]!), 'a sainfo for certain peers only is taken for all of them');
  const rest = [...(at < 0 ? words : words.slice(0, at))];
  const local = takeEnd(placed, rest, context);
  if (!local) return undefined;
  const remote = rest.length === 0 ? ({ kind: 'anonymous' } as const) : takeEnd(placed, rest, context);
  if (!remote) return undefined;
  if (rest.length > 0) context.syntax(placed.source, rest[0]!, `'${rest[0]!.text}' is no part of a sainfo`);
  return { local, remote };
}

function takeEnd(placed: Placed, words: Piece[], context: ReadContext): SainfoEnd | undefined {
  const kind = words.shift();
  const fault = (word: Piece | undefined, message: string): undefined => {
    context.badValue(
      word ? spanOf(placed.source, word) : placeOf(placed),
      message,
      'as: sainfo address 10.0.0.0/8 any address 10.1.0.0/16 any',
    );
    return undefined;
  };
  switch (kind?.text) {
    case 'anonymous':
      return { kind: 'anonymous' };
    case 'clientaddr':
      return { kind: 'clientaddr' };
    case 'address':
    case 'subnet': {
      const word = words.shift();
      const range = word && parseRange(word.text);
      if (!word || !range) return fault(word, `'${word?.text ?? ''}' is no address or network`);
      let port: number | undefined;
      if (words[0]?.text.startsWith('[')) {
        const text = words.shift()!.text.slice(1, -1);
        port = text === 'any' ? undefined : parsePort(text);
      }
      const protocol = words[0] ? parseProtocol(words[0].text) : undefined;
      if (protocol === undefined) return fault(words[0], 'an upper protocol is missing');
      words.shift();
      return { kind: 'address', range, protocol, ...(port === undefined ? {} : { port }) };
    }
    case 'fqdn':
    case 'user_fqdn':
    case 'asn1dn':
    case 'keyid':
      words.shift();
      return { kind: 'name' };
    default:
      return fault(kind, `'${kind?.text ?? ''}' is no end of a sainfo`);
  }
}

function readList<T>(
  placed: Placed | undefined,
  read: (words: readonly Piece[], placed: Placed, context: ReadContext) => readonly T[],
  context: ReadContext,
): readonly T[] {
  if (!placed) return [];
  const items: Piece[][] = [[]];
  for (const word of placed.statement.words.slice(1)) {
    if (word.text === ',' && !word.quoted) items.push([]);
    else items.at(-1)!.push(word);
  }
  return items.flatMap((words) => read(words, placed, context));
}

function readCiphers(words: readonly Piece[], placed: Placed, context: ReadContext): readonly EncryptionTransform[] {
  const [name, length] = words;
  const cipher = readCipher(name?.text ?? '', length ? Number(length.text) : undefined);
  if (cipher.kind === 'known') return [cipher.value];
  const at = name ? spanOf(placed.source, name) : placeOf(placed);
  if (cipher.kind === 'foreign')
    context.partly(at, `the cipher ${name?.text} is not in the table of transforms, and is left out`);
  else context.badValue(at, 'this is no cipher that is known here', 'as aes 256');
  return [];
}

function readIntegrities(
  words: readonly Piece[],
  placed: Placed,
  context: ReadContext,
): readonly (AuthenticationTransform | 'none')[] {
  const [name] = words;
  const found = readIntegrity(name?.text ?? '');
  if (found) return [found];
  context.badValue(
    name ? spanOf(placed.source, name) : placeOf(placed),
    'this is no integrity algorithm that is known here',
    'as hmac_sha256',
  );
  return [];
}

/** The first sainfo for the ends of an outbound policy: networks, ports and protocol must be the same. */
export function sainfoFor(
  sainfos: readonly Sainfo[],
  { source, destination, protocol, sourcePorts, destinationPorts }: KernelSelector,
): Sainfo | undefined {
  return sainfos.find(
    ({ local, remote }) =>
      fits(local, source, protocol, sourcePorts?.lo) && fits(remote, destination, protocol, destinationPorts?.lo),
  );
}

function fits(end: SainfoEnd, range: AddressRange, protocol: number, port: number | undefined): boolean {
  switch (end.kind) {
    case 'anonymous':
      return true;
    case 'address':
      return (
        formatRange(end.range) === formatRange(range) && end.protocol === protocol && (end.port ?? 0) === (port ?? 0)
      );
    default:
      return false;
  }
}
