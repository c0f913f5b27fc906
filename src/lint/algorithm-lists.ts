/**
 * Every list of algorithms of a system, in the form in which the rules about strength read it: transforms of policies, and
 * groups, ciphers, hashes and PRFs of IKE policies. An element is one alternative that a peer may choose.
 */
import type { TransformRow } from '../model/language/values.js';
import type { Origin } from '../model/origin.js';
import type { IkeRecord } from '../model/record/ike.js';
import type { HostRecord, TransformSpec, TunnelRecord } from '../model/record/policy.js';
import type { PolicySet } from '../model/resolve.js';
import type { Span } from '../model/span.js';
import { encryption, keyExchange } from '../model/transform.js';
import { elementPlace, listPieces } from './places.js';
import type { AlgorithmSlot } from './profiles/profile.js';

/** An algorithm by its name in the tables of transforms. */
export interface AlgorithmUse {
  readonly slot: AlgorithmSlot;
  readonly name: string;
}

export interface ListElement {
  /** As the language writes it. */
  readonly word: string;
  /** From 0. */
  readonly index: number;
  readonly uses: readonly AlgorithmUse[];
  /** Transforms only. */
  readonly spec?: TransformSpec;
  /** The transforms that make it: a nested pair has two, words of IKE policies none. */
  readonly rows: readonly TransformRow[];
  /** Where it stands. Computed when asked, because most elements give no finding. */
  place(): Span;
  /** Where the name of one of `rows` stands. */
  rowPlace(row: TransformRow): Span;
}

export interface AlgorithmList {
  readonly record: HostRecord | TunnelRecord | IkeRecord;
  /** Without the hyphen. */
  readonly argument: 'action' | 'group' | 'pfs_group' | 'hash' | 'encryption' | 'prf';
  readonly origin: Origin;
  readonly elements: readonly ListElement[];
}

/** Policies that have transforms. */
export function* protectingRecords(policies: PolicySet): Iterable<HostRecord | TunnelRecord> {
  for (const records of [policies.hosts, policies.tunnels]) {
    for (const record of records) if (record.action.value.kind === 'TRANSFORMS') yield record;
  }
}

/** IKE policies that somebody wrote: not the preloaded ones, unless changed. */
export function* writtenIkeRecords(policies: PolicySet): Iterable<IkeRecord> {
  yield* policies.ike;
  yield* policies.ikev1;
  yield* policies.ikev2;
  for (const record of [policies.defaultIkev1, policies.defaultIkev2]) if (record && !isAsShipped(record)) yield record;
}

/** Is it a preloaded IKE policy that no statement has changed? It has no place in any file. */
export function isAsShipped(record: IkeRecord): boolean {
  return record.groups.origin.kind === 'builtin';
}

const childListsOf = new WeakMap<PolicySet, readonly AlgorithmList[]>();
const ikeListsOf = new WeakMap<PolicySet, readonly AlgorithmList[]>();

/** Lists of transforms, and behind each the list of groups that stands beside it. Made once: many rules read them. */
export function childLists(policies: PolicySet): readonly AlgorithmList[] {
  let lists = childListsOf.get(policies);
  if (!lists) {
    lists = [...protectingRecords(policies)].flatMap((record) => {
      const action = transformList(record);
      return record.pfsGroups ? [action, groupList(record, 'pfs_group', record.pfsGroups)] : [action];
    });
    childListsOf.set(policies, lists);
  }
  return lists;
}

/** Lists of an IKE policy. */
export function* ikeLists(record: IkeRecord): Iterable<AlgorithmList> {
  yield groupList(record, 'group', record.groups);
  yield wordList(record, 'encryption', record.encryption, 'ike-encryption');
  if (record.kind !== 'ikev2') yield wordList(record, 'hash', record.hash, 'ike-prf');
  else if (!isAllCombined(record)) yield wordList(record, 'hash', record.hash, 'ike-integrity');
  if (record.prf) yield wordList(record, 'prf', record.prf, 'ike-prf');
}

/** Does every cipher of an IKE policy bring its own integrity, so that -hash is not used (RFC 5282 §8)? */
export function isAllCombined(record: IkeRecord): boolean {
  return record.encryption.value.every((row) => encryption(row.algorithm).icvOctets !== undefined);
}

/** Every list of a system. */
export function* algorithmLists(policies: PolicySet): Iterable<AlgorithmList> {
  yield* childLists(policies);
  let lists = ikeListsOf.get(policies);
  if (!lists) {
    lists = [...writtenIkeRecords(policies)].flatMap((record) => [...ikeLists(record)]);
    ikeListsOf.set(policies, lists);
  }
  yield* lists;
}

/** The list of transforms of a policy whose action is one. */
export function transformList(record: HostRecord | TunnelRecord): AlgorithmList {
  const { value, origin } = record.action;
  const specs = value.kind === 'TRANSFORMS' ? value.transforms : [];
  return {
    record,
    argument: 'action',
    origin,
    elements: specs.map((spec, index) => new TransformElement(record, origin, spec, index)),
  };
}

/** A class, because there are hundreds of thousands of them and hardly any is asked for its place. */
class TransformElement implements ListElement {
  readonly spec: TransformSpec;
  readonly index: number;
  readonly uses: readonly AlgorithmUse[];
  readonly rows: readonly TransformRow[];
  readonly #record: HostRecord | TunnelRecord;
  readonly #origin: Origin;

  constructor(record: HostRecord | TunnelRecord, origin: Origin, spec: TransformSpec, index: number) {
    const outer = factsOf(spec.transform);
    const inner = spec.nested && factsOf(spec.nested);
    this.spec = spec;
    this.index = index;
    this.rows = inner ? [...outer.rows, ...inner.rows] : outer.rows;
    this.uses = inner ? [...outer.uses, ...inner.uses] : outer.uses;
    this.#record = record;
    this.#origin = origin;
  }

  get word(): string {
    const { transform, nested } = this.spec;
    return nested ? `${transform.word}+${nested.word}` : transform.word;
  }

  place(): Span {
    const origin = this.#origin;
    if (origin.kind !== 'explicit') return this.#record.nameAt;
    const { at } = this.spec;
    const isWhole = at.start === origin.at.start && at.end === origin.at.end;
    if (!isWhole || !/[,"'\\]/.test(at.source.text.slice(at.start, at.end))) return at;
    // The reader could not tell the element from its list, because quotes or a continuation line cut through it.
    const piece = listPieces(at).find(({ word }) => word.split('/')[0] === this.word);
    return piece ? { source: at.source, start: piece.start, end: piece.end } : at;
  }

  rowPlace(row: TransformRow): Span {
    return this.#origin.kind === 'explicit' ? wordWithin(this.place(), row.word) : this.#record.nameAt;
  }
}

interface RowFacts {
  readonly rows: readonly TransformRow[];
  readonly uses: readonly AlgorithmUse[];
}

const factsByRow = new WeakMap<TransformRow, RowFacts>();

/** What every element made of one transform has in common. */
function factsOf(row: TransformRow): RowFacts {
  let facts = factsByRow.get(row);
  if (!facts) {
    const uses: AlgorithmUse[] = [];
    if (row.encryption) uses.push({ slot: 'child-encryption', name: row.encryption.name });
    if (row.authentication) uses.push({ slot: 'child-integrity', name: row.authentication.name });
    facts = { rows: [row], uses };
    factsByRow.set(row, facts);
  }
  return facts;
}

/** The characters of a whole word within a span, or the span where a continuation line cuts through it. */
function wordWithin(at: Span, word: string): Span {
  const text = at.source.text.slice(at.start, at.end).toUpperCase();
  for (let found = text.indexOf(word); found !== -1; found = text.indexOf(word, found + 1)) {
    const isWhole = !/\w/.test(text[found - 1] ?? '') && !/\w/.test(text[found + word.length] ?? '');
    if (isWhole) return { source: at.source, start: at.start + found, end: at.start + found + word.length };
  }
  return at;
}

function groupList(
  record: AlgorithmList['record'],
  argument: 'group' | 'pfs_group',
  { value, origin }: { readonly value: readonly number[]; readonly origin: Origin },
): AlgorithmList {
  const elements = value.map((id, index): ListElement => {
    const name = keyExchange(id)?.name;
    return {
      word: String(id),
      index,
      uses: name ? [{ slot: 'key-exchange', name }] : [],
      ...wordPlaces(record, origin, String(id)),
    };
  });
  return { record, argument, origin, elements };
}

function wordList(
  record: IkeRecord,
  argument: 'hash' | 'encryption' | 'prf',
  { value, origin }: IkeRecord['hash'],
  slot: AlgorithmSlot,
): AlgorithmList {
  const elements = value.map(
    (row, index): ListElement => ({
      word: row.word,
      index,
      uses: [{ slot, name: row.algorithm }],
      ...wordPlaces(record, origin, row.word),
    }),
  );
  return { record, argument, origin, elements };
}

function wordPlaces(record: AlgorithmList['record'], origin: Origin, word: string) {
  const place = () => elementPlace(record, origin, word);
  return { rows: [], place, rowPlace: place };
}
