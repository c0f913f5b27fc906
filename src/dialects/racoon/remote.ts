/** `remote`: how racoon negotiates phase 1 with a peer. */
import { type AddressRange, anyAddress, formatAddress, parseAddress, singleAddress } from '../../model/address.js';
import type { Origin, Sourced } from '../../model/origin.js';
import type { Identity, IdentityPattern, IkeProposal } from '../../model/system-config.js';
import type { ReadContext } from '../common/context.js';
import { type Piece, spanOf } from '../common/piece.js';
import { nameOf, type Placed, placeOf, reportStatement, wordSpan } from './conf.js';
import type { RacoonStatement } from './grammar.js';
import { foreignMethods, type RacoonMethod, readCipher, readGroup, readHash, readMethod, readTime } from './words.js';

export interface Remote {
  readonly placed: Placed;
  readonly name: string;
  /** Peers that it is for; both families for `anonymous`. */
  readonly ranges: readonly AddressRange[];
  readonly isAnonymous: boolean;
  readonly exchanges: Sourced<readonly ('main' | 'aggressive')[]>;
  readonly localId?: Sourced<Identity>;
  readonly remoteId?: Sourced<IdentityPattern>;
  readonly verifiesId: boolean;
  readonly proposals: readonly IkeProposal[];
  readonly method?: Sourced<RacoonMethod>;
  readonly lifetimeSeconds: Sourced<number>;
  readonly passive: Sourced<boolean>;
  readonly natTraversal: Sourced<'ON' | 'OFF' | 'FORCE'>;
  readonly dpdSeconds: Sourced<number>;
  readonly fragmentation: Sourced<boolean>;
  readonly generatesPolicies: boolean;
  readonly certificate?: Sourced<string>;
}

/** Blocks that inherit from each other. */
const inheritMax = 32;

function builtin(what: string): Origin {
  return { kind: 'builtin', what: `default of racoon: ${what}` };
}

/** Reads all remotes; later ones may inherit from earlier ones. */
export function readRemotes(all: readonly Placed[], context: ReadContext): readonly Remote[] {
  const byName = new Map<string, Placed[]>();
  return all.flatMap((placed) => {
    const head = readHead(placed, context);
    if (!head) return [];
    for (const inner of placed.statement.block ?? [])
      reportStatement({ ...placed, statement: inner }, 'remote', context);
    const parent = head.parent === undefined ? [] : byName.get(head.parent.text);
    if (head.parent && !parent)
      context.syntax(placed.source, head.parent, `there is no remote '${head.parent.text}' to inherit from`);
    const chain = [placed, ...(parent ?? [])].slice(0, inheritMax);
    byName.set(head.key, chain);
    const remote = readRemote(placed, chain, head, context);
    return remote ? [remote] : [];
  });
}

interface Head {
  /** How `inherit` names it: the address with its port, `anonymous`, or the name. */
  readonly key: string;
  readonly target: Piece;
  readonly parent?: Piece;
}

function readHead(placed: Placed, context: ReadContext): Head | undefined {
  const { words, block } = placed.statement;
  const [keyword, target, ...rest] = words;
  if (!keyword || !target || !block) {
    context.syntax(
      placed.source,
      keyword ?? target!,
      'a remote has a peer and a block',
      'write: remote 192.0.2.1 { … }',
    );
    return undefined;
  }
  const inherit = rest.findIndex(({ text }) => text === 'inherit');
  const parent = inherit < 0 ? undefined : rest[inherit + 1];
  const port = rest[0]?.text.startsWith('[') ? rest[0].text : '';
  const parentPort = inherit >= 0 && rest[inherit + 2]?.text.startsWith('[') ? rest[inherit + 2]!.text : '';
  return {
    key: target.text + port,
    target,
    ...(parent ? { parent: { ...parent, text: parent.text + parentPort } } : {}),
  };
}

/** The last statement of a name in the nearest block that has it; with `proposal`, all of that block. */
function statementsOf(chain: readonly Placed[], name: string): readonly Placed[] {
  for (const { source, statement } of chain) {
    const found = (statement.block ?? []).filter(({ words }) => words[0]?.text === name);
    if (found.length > 0) return found.map((inner) => ({ source, statement: inner }));
  }
  return [];
}

function readRemote(placed: Placed, chain: readonly Placed[], head: Head, context: ReadContext): Remote | undefined {
  const last = (name: string) => statementsOf(chain, name).at(-1);
  const ranges = readRanges(placed, head, last('remote_address'), context);
  if (!ranges) return undefined;
  const flag = <W extends string>(name: string, words: readonly W[], otherwise: W): Sourced<W> =>
    readWord(last(name), words, otherwise, name, context);
  const lifetime = last('lifetime');
  const proposals = statementsOf(chain, 'proposal').flatMap(
    (proposal) => readProposal(proposal, last('dh_group'), context) ?? [],
  );
  if (proposals.length === 0)
    context.syntax(placed.source, head.target, 'a remote has no proposal', 'write: proposal { … }');
  const methods = new Set(proposals.map(({ method }) => method?.value));
  if (methods.size > 1)
    context.partly(
      wordSpan(placed, head.target),
      'proposals with several authentication methods: the first one is taken for all',
    );
  const verify = flag('verify_identifier', ['on', 'off'], 'off');
  const peers = last('peers_identifier');
  const mine = last('my_identifier');
  const certificate = last('certificate_type');
  const dpd = last('dpd_delay');
  return {
    placed,
    name: head.key,
    ranges,
    isAnonymous: head.target.text === 'anonymous',
    exchanges: readExchanges(last('exchange_mode'), context),
    ...(mine ? { localId: { value: readIdentity(mine, context), origin: originOf(mine) } } : {}),
    ...(peers ? { remoteId: { value: patternOf(readIdentity(peers, context)), origin: originOf(peers) } } : {}),
    verifiesId: verify.value === 'on',
    proposals: proposals.map(({ proposal }) => proposal),
    ...(proposals[0]?.method ? { method: proposals[0].method } : {}),
    lifetimeSeconds: readLifetime(lifetime, context) ??
      proposals.find(({ lifetimeSeconds }) => lifetimeSeconds)?.lifetimeSeconds ?? {
        value: 28_800,
        origin: builtin('lifetime of phase 1'),
      },
    passive: toBoolean(flag('passive', ['on', 'off'], 'off')),
    natTraversal: toUpper(flag('nat_traversal', ['on', 'off', 'force'], 'off')),
    dpdSeconds: dpd
      ? { value: readNumber(dpd, context) ?? 0, origin: originOf(dpd) }
      : { value: 0, origin: builtin('dpd_delay') },
    fragmentation: toBoolean(flag('ike_frag', ['on', 'off', 'force'], 'off')),
    generatesPolicies: ['on', 'require', 'unique'].includes(
      flag('generate_policy', ['on', 'off', 'require', 'unique'], 'off').value,
    ),
    ...(certificate?.statement.words[2]
      ? { certificate: { value: certificate.statement.words[2].text, origin: originOf(certificate) } }
      : {}),
  };
}

function readRanges(
  placed: Placed,
  head: Head,
  written: Placed | undefined,
  context: ReadContext,
): AddressRange[] | undefined {
  if (head.target.text === 'anonymous') return [anyAddress(4), anyAddress(6)];
  const word = head.target.quoted ? written?.statement.words[1] : head.target;
  const address = word && parseAddress(word.text);
  if (address) return [singleAddress(address)];
  context.badValue(
    wordSpan(placed, word ?? head.target),
    `'${(word ?? head.target).text}' is no address of a peer`,
    head.target.quoted ? 'write remote_address ADDRESS;' : 'write an address, or anonymous',
  );
  return undefined;
}

export function originOf(placed: Placed): Origin {
  return { kind: 'explicit', at: placeOf(placed) };
}

function readWord<W extends string>(
  placed: Placed | undefined,
  words: readonly W[],
  otherwise: W,
  name: string,
  context: ReadContext,
): Sourced<W> {
  const word = placed?.statement.words[1];
  if (!placed || !word) return { value: otherwise, origin: builtin(name) };
  const found = words.find((each) => each === word.text);
  if (found !== undefined) return { value: found, origin: originOf(placed) };
  context.badValue(wordSpan(placed, word), `'${word.text}' is no value of ${name}`, `write one of ${words.join(', ')}`);
  return { value: otherwise, origin: builtin(name) };
}

function toBoolean({ value, origin }: Sourced<string>): Sourced<boolean> {
  return { value: value !== 'off', origin };
}

function toUpper({ value, origin }: Sourced<'on' | 'off' | 'force'>): Sourced<'ON' | 'OFF' | 'FORCE'> {
  return { value: value.toUpperCase() as 'ON' | 'OFF' | 'FORCE', origin };
}

function readNumber(placed: Placed, context: ReadContext): number | undefined {
  const word = placed.statement.words[1];
  if (word && /^\d{1,9}$/.test(word.text)) return Number(word.text);
  context.badValue(placeOf(placed), `'${nameOf(placed)}' needs a number`);
  return undefined;
}

/** The first mode is used to start; a peer may use any of them. */
function readExchanges(placed: Placed | undefined, context: ReadContext): Remote['exchanges'] {
  if (!placed) return { value: ['main'], origin: builtin('exchange_mode') };
  const modes: ('main' | 'aggressive')[] = [];
  for (const word of placed.statement.words.slice(1)) {
    if (word.text === 'main' || word.text === 'aggressive') modes.push(word.text);
    else if (word.text === 'base') context.partly(wordSpan(placed, word), 'base mode is not modelled');
    else if (word.text !== ',')
      context.badValue(wordSpan(placed, word), `'${word.text}' is no exchange mode`, 'write main or aggressive');
  }
  if (modes.length > 1 && modes[0] !== modes[1])
    context.partly(placeOf(placed), `a peer may start with either mode; only ${modes[0]} is modelled`);
  return { value: modes.length > 0 ? modes : ['main'], origin: originOf(placed) };
}

const idTypes = {
  address: 'IPV4',
  fqdn: 'FQDN',
  user_fqdn: 'USER-FQDN',
  keyid: 'KEY-ID',
  asn1dn: 'X500-DN',
} as const;

/** `my_identifier address`, `… fqdn "a.example"`, `… keyid tag "x"`, `… asn1dn`. */
function readIdentity(placed: Placed, context: ReadContext): Identity {
  const [, kind, ...rest] = placed.statement.words;
  const type = idTypes[kind?.text as keyof typeof idTypes];
  if (!kind || !type) {
    context.badValue(
      placeOf(placed),
      `'${kind?.text ?? ''}' is no kind of identity`,
      'write address, fqdn, user_fqdn, keyid or asn1dn',
    );
    return { type: 'IPV4' };
  }
  const qualifier =
    rest[0] && !rest[0].quoted && ['file', 'tag', 'exact', 'subnet'].includes(rest[0].text) ? rest[0] : undefined;
  const word = qualifier ? rest[1] : rest[0];
  if (qualifier?.text === 'file') context.partly(placeOf(placed), 'an identity that stands in a file is not read');
  if (!word) return { type };
  if (type !== 'IPV4') return { type, value: word.text };
  const address = parseAddress(word.text);
  if (!address) {
    context.badValue(wordSpan(placed, word), `'${word.text}' is no address`);
    return { type };
  }
  return { type: address.family === 4 ? 'IPV4' : 'IPV6', value: formatAddress(address.family, address.value) };
}

function patternOf({ type, value }: Identity): IdentityPattern {
  return value === undefined ? { kind: 'any', type } : { kind: 'exact', type, value };
}

/** `lifetime time 12 hour`; of data only phase 2 speaks. */
export function readLifetime(placed: Placed | undefined, context: ReadContext): Sourced<number> | undefined {
  if (!placed) return undefined;
  const [, kind, number, unit] = placed.statement.words;
  if (kind?.text !== 'time') return undefined;
  const seconds = readTime(number?.text ?? '', unit?.text ?? 's');
  if (seconds !== undefined) return { value: seconds, origin: originOf(placed) };
  context.badValue(placeOf(placed), 'a lifetime is a number and a unit', 'as: lifetime time 12 hour;');
  return undefined;
}

interface ReadProposal {
  readonly proposal: IkeProposal;
  readonly method?: Sourced<RacoonMethod>;
  readonly lifetimeSeconds?: Sourced<number>;
}

function readProposal(placed: Placed, group: Placed | undefined, context: ReadContext): ReadProposal | undefined {
  const inner = (placed.statement.block ?? []).map((statement): Placed => ({ source: placed.source, statement }));
  for (const one of inner) reportStatement(one, 'proposal', context);
  const last = (name: string) => inner.filter((one) => nameOf(one) === name).at(-1);
  const [cipherAt, hashAt, methodAt] = ['encryption_algorithm', 'hash_algorithm', 'authentication_method'].map(last);
  const groupAt = last('dh_group') ?? group;
  const fault = (at: Placed | undefined, what: string): undefined => {
    context.badValue(
      placeOf(at ?? placed),
      at ? `this is no ${what} that is known here` : `the proposal has no ${what}`,
    );
    return undefined;
  };
  const words = (at: Placed | undefined): readonly Piece[] => at?.statement.words.slice(1) ?? [];
  const [cipherWord, lengthWord] = words(cipherAt);
  const cipher = readCipher(cipherWord?.text ?? '', lengthWord ? Number(lengthWord.text) : undefined);
  const hash = readHash(words(hashAt)[0]?.text ?? '');
  const key = readGroup(words(groupAt)[0]?.text ?? '');
  const methodWord = words(methodAt)[0]?.text ?? '';
  const method = readMethod(methodWord);
  if (cipher.kind === 'foreign') {
    context.partly(
      placeOf(cipherAt!),
      `the cipher ${cipherWord?.text} is not in the table of transforms: the proposal is left out`,
    );
    return undefined;
  }
  if (cipher.kind === 'fault') return fault(cipherAt, 'cipher');
  if (!hash) return fault(hashAt, 'hash algorithm');
  if (!key) return fault(groupAt, 'group');
  if (!method) {
    if (!foreignMethods.has(methodWord)) return fault(methodAt, 'authentication method');
    context.partly(placeOf(methodAt!), `${methodWord} is not modelled: the proposal is left out`);
    return undefined;
  }
  const lifetimeSeconds = readLifetime(last('lifetime'), context);
  return {
    proposal: {
      name: [cipher.value.name, hash.name, key.name].join('/'),
      at: placeOf(cipherAt ?? placed),
      encryption: [cipher.value],
      authentication: [],
      prf: [hash],
      keyExchange: [key],
    },
    ...(methodAt ? { method: { value: method, origin: originOf(methodAt) } } : {}),
    ...(lifetimeSeconds ? { lifetimeSeconds } : {}),
  };
}

/** For messages about a whole block. */
export function blockName({ words }: RacoonStatement): string {
  return words.map(({ text }) => text).join(' ');
}

/** The span of a block's head. */
export function headSpan({ source, statement: { words } }: Placed) {
  return spanOf(source, words[0]!, words.at(-1)!);
}
