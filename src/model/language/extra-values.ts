/**
 * Further words for the lists of IKE values (decision 14 of the language): no page of the product's documents confirms all
 * of them, and patches have added some. A configuration may name what a site's systems take, and what they stand for.
 */
import { closest } from '../did-you-mean.js';
import { authenticationTransforms, encryptionTransforms, keyExchangeTransforms, prfTransforms } from '../transform.js';
import { argumentsOf } from './arguments.js';
import type { Dialect } from './dialect.js';
import type { AlgorithmRow, GroupRow, ValueRow, ValueTable } from './values.js';

/** The records and arguments whose lists may be extended. */
export const extensibleArguments = {
  ike: ['group', 'hash', 'encryption'],
  ikev1: ['group', 'hash', 'encryption'],
  ikev2: ['group', 'hash', 'encryption', 'prf'],
} as const;

export type ExtensibleRecord = keyof typeof extensibleArguments;
export type ExtensibleArgument = (typeof extensibleArguments)[ExtensibleRecord][number];

/** What a configuration says about a word. A word that the list has already gets another lifespan. */
export interface ExtraValue {
  /** Name in the tables of transforms; needed for a word that the list does not have. */
  readonly algorithm?: string;
  readonly since?: Dialect;
  readonly until?: Dialect;
  /** Where it is known from. */
  readonly note?: string;
}

/** By record, argument and word. */
export type ExtraValues = {
  readonly [R in ExtensibleRecord]?: {
    readonly [A in (typeof extensibleArguments)[R][number]]?: Readonly<Record<string, ExtraValue>>;
  };
};

/** The lists that are longer than the language's own, by `record argument`. */
export type ExtendedTables = ReadonlyMap<string, ValueTable>;

/** One thing that is wrong, and where: `ikev2.hash.SHA3`. */
export interface ExtraValueFault {
  readonly at: string;
  readonly message: string;
  readonly hint?: string;
}

const wordForm = /^[A-Z0-9][A-Z0-9_-]{0,39}$/;

/** The extended lists, and what could not be understood of them. */
export function extendTables(extra: ExtraValues): {
  readonly tables: ExtendedTables;
  readonly faults: readonly ExtraValueFault[];
} {
  const tables = new Map<string, ValueTable>();
  const faults: ExtraValueFault[] = [];
  for (const [record, byArgument] of Object.entries(extra) as [
    ExtensibleRecord,
    Readonly<Record<string, Readonly<Record<string, ExtraValue>>>>,
  ][]) {
    for (const [argument, words] of Object.entries(byArgument ?? {}) as [
      ExtensibleArgument,
      Readonly<Record<string, ExtraValue>>,
    ][]) {
      const table = argumentsOf(record).find(({ name }) => name === argument)?.values ?? [];
      const rows = new Map(table.map((row) => [row.word, row]));
      for (const [written, value] of Object.entries(words)) {
        const at = `${record}.${argument}.${written}`;
        const row = extraRow(written.toUpperCase(), rows.get(written.toUpperCase()), slotOf(record, argument), value);
        if ('message' in row) faults.push({ at, ...row });
        else rows.set(row.word, row);
      }
      tables.set(`${record} ${argument}`, [...rows.values()]);
    }
  }
  return { tables, faults };
}

type Slot = 'encryption' | 'integrity' | 'prf' | 'group';

function slotOf(record: ExtensibleRecord, argument: ExtensibleArgument): Slot {
  if (argument === 'encryption' || argument === 'group' || argument === 'prf') return argument;
  // The hash of IKEv1 is the one of its PRF.
  return record === 'ikev2' ? 'integrity' : 'prf';
}

const namesOf: Readonly<Record<Slot, readonly string[]>> = {
  encryption: encryptionTransforms.map(({ name }) => name),
  integrity: authenticationTransforms.map(({ name }) => name),
  prf: prfTransforms.map(({ name }) => name),
  group: keyExchangeTransforms.map(({ name }) => name),
};

function extraRow(
  word: string,
  known: ValueRow | undefined,
  slot: Slot,
  { algorithm, since, until, note }: ExtraValue,
): ValueRow | AlgorithmRow | GroupRow | Omit<ExtraValueFault, 'at'> {
  if (!wordForm.test(word))
    return { message: 'is no word of a list', hint: 'Use letters, digits, hyphens and underscores.' };
  const lifespan = { ...(since ? { since } : {}), ...(until ? { until } : {}) };
  const source = note ?? 'configuration';
  if (algorithm === undefined) {
    if (!known)
      return { message: 'is a new word and names no algorithm', hint: `Write one of ${namesOf[slot].join(', ')}.` };
    const { since: _since, until: _until, ...rest } = known;
    return { ...rest, ...lifespan, source };
  }
  const name = namesOf[slot].find((candidate) => candidate === algorithm.toUpperCase());
  if (!name) {
    const guess = closest(algorithm.toUpperCase(), namesOf[slot]);
    return {
      message: `names no algorithm of the tables: ${algorithm.slice(0, 60)}`,
      hint: guess ? `Did you mean ${guess}?` : `Known are ${namesOf[slot].join(', ')}.`,
    };
  }
  const base = { word, summary: name, source, ...lifespan };
  if (slot !== 'group') return { ...base, algorithm: name };
  const transform = keyExchangeTransforms.find((candidate) => candidate.name === name);
  return { ...base, group: transform?.id ?? 0 };
}
