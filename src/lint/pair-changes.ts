/** Smallest changes that give two systems a common proposal, in the words of their records, and the edits that make them. */
import type { Fix, TextEdit } from '../model/finding.js';
import { type Dialect, isIn } from '../model/language/dialect.js';
import {
  type AlgorithmRow,
  groupRows,
  ikev1Encryption,
  ikev1Hash,
  ikev2Encryption,
  ikev2Hash,
  ikev2Prf,
} from '../model/language/values.js';
import type { Origin } from '../model/origin.js';
import type { ProposalAttribute } from '../model/proposal.js';
import type { AttributeEdit, ProposalChange } from '../model/proposal-changes.js';
import type { IkeRecord } from '../model/record/ike.js';
import type { HostRecord, TunnelRecord } from '../model/record/policy.js';
import { keyExchangeTransforms } from '../model/transform.js';
import type { PairContext, SystemContext } from './context.js';
import type { Fault, Side } from './pair-analysis.js';
import { sourceOf } from './pair-analysis.js';
import { attributeWord, ofSystem, recordOf, transformWord } from './pair-finding.js';
import { type AnyRecord, recordText, setArgument } from './places.js';
import { transformOf } from './replacements.js';

export interface Advice {
  readonly help?: string;
  readonly fixes: readonly Fix[];
}

/** Changes that are told; the first one that the records can express becomes a fix. */
const toldMax = 2;

/** What to do about a mismatch of IKE or child proposals. */
export function adviseChanges(pair: PairContext, fault: Fault, changes: readonly ProposalChange[]): Advice {
  const told: string[] = [];
  const fixes: Fix[] = [];
  for (const change of oneOfEachSide(changes)) {
    const side = sideOf(fault, change);
    const source = sourceOf(fault, side);
    if (!source) continue;
    const context = pair[side];
    const record = recordOf(context, source);
    const edit = record && editOf(context, record, change);
    const owner = record ? `${recordText(record)} of ${context.name}` : ofSystem(context, source);
    told.push(edit ? `${edit.title} ${owner}` : `let ${owner} take ${editWords(change.edits)}`);
    if (edit && fixes.length === 0)
      fixes.push({ safety: 'unsafe', title: `${edit.title} ${owner}`, edits: [edit.edit] });
  }
  return { ...(told.length > 0 ? { help: told.slice(0, toldMax).join(', or ') } : {}), fixes };
}

/** The best change of either side, the better of the two first. */
function oneOfEachSide(changes: readonly ProposalChange[]): ProposalChange[] {
  return changes.filter((change, index) => changes.findIndex(({ side }) => side === change.side) === index);
}

function sideOf({ walk }: Fault, { side }: ProposalChange): Side {
  const isInitiator = side === 'offered';
  return (walk.initiator === 'a') === isInitiator ? 'a' : 'b';
}

function editWords(edits: readonly AttributeEdit[]): string {
  return edits
    .map(({ attribute, add }) => `${attributeWord(attribute, undefined)} ${transformWord(add)}`)
    .join(' and ');
}

export interface RecordEdit {
  /** `add 14 to -group of`. */
  readonly title: string;
  readonly edit: TextEdit;
}

/** The edit of a record that makes a change; undefined where one argument of it cannot say that. */
export function editOf(context: SystemContext, record: AnyRecord, change: ProposalChange): RecordEdit | undefined {
  const { dialect } = context.policies;
  if (isIke(record)) return ikeEdit(record, change, dialect);
  if (record.kind === 'host' || record.kind === 'tunnel')
    return actionEdit(record as HostRecord | TunnelRecord, change, dialect);
  return undefined;
}

function isIke(record: AnyRecord): record is IkeRecord {
  return record.kind === 'ike' || record.kind === 'ikev1' || record.kind === 'ikev2';
}

/** Where a policy's list of transforms comes from. */
export function actionOrigin(record: AnyRecord): Origin | undefined {
  return record.kind === 'host' || record.kind === 'tunnel'
    ? (record as HostRecord | TunnelRecord).action.origin
    : undefined;
}

/** Where an attribute of an IKE policy comes from. */
export function ikeOrigin(record: AnyRecord, attribute: ProposalAttribute | undefined): Origin | undefined {
  return attribute && isIke(record) ? ikeArgument(record, attribute, 'extended')?.origin : undefined;
}

export interface ListArgument {
  readonly name: string;
  readonly origin: Origin | undefined;
  /** The words of the list as they are. */
  readonly words: readonly string[];
  /** The word for a transform's name. */
  readonly wordOf: (name: string) => string | undefined;
}

/** The argument of an IKE record that holds an attribute. */
export function ikeArgument(
  record: IkeRecord,
  attribute: ProposalAttribute,
  dialect: Dialect,
): ListArgument | undefined {
  const isV2 = record.kind === 'ikev2';
  const row = (table: readonly AlgorithmRow[]) => (name: string) =>
    table.find((candidate) => candidate.algorithm === name && isIn(dialect, candidate))?.word;
  const words = (rows: readonly AlgorithmRow[] | undefined) => (rows ?? []).map(({ word }) => word);
  switch (attribute) {
    case 'encryption':
      return {
        name: 'encryption',
        origin: record.encryption.origin,
        words: words(record.encryption.value),
        wordOf: row(isV2 ? ikev2Encryption : ikev1Encryption),
      };
    case 'integrity':
    case 'prf': {
      if (attribute === 'prf' && isV2)
        return { name: 'prf', origin: record.prf?.origin, words: words(record.prf?.value), wordOf: row(ikev2Prf) };
      const table = isV2 ? ikev2Hash : ikev1Hash;
      return { name: 'hash', origin: record.hash.origin, words: words(record.hash.value), wordOf: row(table) };
    }
    case 'key-exchange':
      return {
        name: 'group',
        origin: record.groups.origin,
        words: record.groups.value.map(String),
        wordOf: (name) => {
          const id = keyExchangeTransforms.find((transform) => transform.name === name)?.id;
          return groupRows.find(({ group, ...rest }) => group === id && isIn(dialect, rest))?.word;
        },
      };
    default:
      return undefined;
  }
}

/** One word more in one list; a change of several lists is left to the reader. */
function ikeEdit(record: IkeRecord, { edits }: ProposalChange, dialect: Dialect): RecordEdit | undefined {
  // A combined-mode cipher needs no integrity of its own: `NONE` is not written.
  const written = edits.filter(({ add }) => add !== 'NONE');
  const [edit] = written;
  if (written.length !== 1 || !edit) return undefined;
  const argument = ikeArgument(record, edit.attribute, dialect);
  const word = argument?.wordOf(edit.add);
  if (!argument || !word) return undefined;
  return { title: `add ${word} to -${argument.name} of`, edit: appendWord(record, argument, word) };
}

/** One word more at the end of a list. */
export function appendWord(record: AnyRecord, { name, origin, words }: ListArgument, word: string): TextEdit {
  if (origin?.kind === 'explicit') {
    const { source, end } = origin.at;
    const quoted = source.text[end - 1] === '"';
    return { at: { source, start: quoted ? end - 1 : end, end: quoted ? end - 1 : end }, newText: `,${word}` };
  }
  return setArgument(record, name, origin, [...words, word].join(','));
}

/** One transform more in a list of a policy; AH and ESP never share a list. */
function actionEdit(
  record: HostRecord | TunnelRecord,
  { edits, transforms }: ProposalChange,
  dialect: Dialect,
): RecordEdit | undefined {
  if (edits.some(({ attribute }) => attribute === 'key-exchange' || attribute === 'esn' || attribute === 'prf'))
    return undefined;
  if (transforms.protocol === 'IKE' || record.action.value.kind !== 'TRANSFORMS') return undefined;
  const row = transformOf(dialect, transforms.protocol, transforms.encryption?.name, transforms.integrity?.name);
  if (!row) return undefined;
  const { origin } = record.action;
  if (edits.some(({ attribute }) => attribute === 'protocol')) {
    return { title: `use ${row.word} as -action of`, edit: setArgument(record, 'action', origin, row.word) };
  }
  const words = record.action.value.transforms.map(({ transform }) => transform.word);
  return {
    title: `add ${row.word} to -action of`,
    edit: appendWord(record, { name: 'action', origin, words, wordOf: () => undefined }, row.word),
  };
}
