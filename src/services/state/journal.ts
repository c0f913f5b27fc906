/**
 * The journal of a change in progress. All steps are on the disk, with what was before and what is to be, before the first of them is made;
 * so after a crash at any point the host can be brought to the old state or to the new one. How far it came is read from the host itself.
 * It stands at the end of the state's own file (store.ts), and becomes a part of the state when the change is over.
 */
import type { Change } from '../../backends/backend.js';
import type { Corrections, Entries } from '../../backends/plan.js';
import type { Numbers } from '../../backends/xfrm/compile.js';
import type { Applied, Registry } from './registry.js';
import {
  type JsonPolicy,
  type JsonSa,
  type KeyStore,
  policyFromJson,
  policyToJson,
  saFromJson,
  saToJson,
} from './serialize.js';

export interface Journal extends Pick<Registry, 'bootId' | 'namespace'> {
  readonly id: string;
  readonly startedAt: string;
  /** Of the state that it starts from. */
  readonly serial: number;
  /** Of the state that it leads to. */
  readonly applied: Applied;
  readonly numbers: Numbers;
  /** What has become of the registered entries before it began. */
  readonly corrections: Corrections;
  readonly changes: readonly Change[];
}

type JsonTable = { readonly set: Readonly<Record<string, number>>; readonly drop: readonly string[] };
interface JsonEntries {
  readonly policies: readonly JsonPolicy[];
  readonly sas: readonly JsonSa[];
}
type JsonChange = Readonly<Record<'object' | 'kind' | 'before' | 'after', unknown>>;

/** The line of a change that is about to begin; of the numbers only those that differ from the state before. */
export type JsonJournal = Omit<Journal, 'numbers' | 'corrections' | 'changes'> & {
  readonly numbers: { readonly priorities: JsonTable; readonly reqids: JsonTable };
  readonly changed: JsonEntries;
  readonly gone: JsonEntries;
  readonly changes: readonly Partial<JsonChange>[];
};

export function journalToJson(journal: Journal, before: Numbers, keys: KeyStore): JsonJournal {
  const { numbers, corrections, changes, ...head } = journal;
  return {
    ...head,
    numbers: {
      priorities: tableChange(before.priorities, numbers.priorities),
      reqids: tableChange(before.reqids, numbers.reqids),
    },
    changed: entriesToJson(corrections.changed, keys),
    gone: entriesToJson(corrections.gone, keys),
    changes: changes.map((change) => changeToJson(change, keys)),
  };
}

export function journalFromJson(json: JsonJournal, before: Numbers, keys: KeyStore): Journal {
  const { numbers, changed, gone, changes, ...head } = json;
  return {
    ...head,
    numbers: {
      priorities: changedTable(before.priorities, numbers.priorities),
      reqids: changedTable(before.reqids, numbers.reqids),
    },
    corrections: { changed: entriesFromJson(changed, keys), gone: entriesFromJson(gone, keys) },
    changes: changes.map((change) => changeFromJson(change as JsonChange, keys)),
  };
}

function tableChange(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): JsonTable {
  return {
    set: Object.fromEntries([...after].filter(([name, number]) => before.get(name) !== number)),
    drop: [...before.keys()].filter((name) => !after.has(name)),
  };
}

function changedTable(before: ReadonlyMap<string, number>, { set, drop }: JsonTable): ReadonlyMap<string, number> {
  const after = new Map(before);
  for (const name of drop) after.delete(name);
  for (const [name, number] of Object.entries(set)) after.set(name, number);
  return after;
}

function entriesToJson({ policies, sas }: Entries, keys: KeyStore): JsonEntries {
  return { policies: policies.map(policyToJson), sas: sas.map((sa) => saToJson(sa, keys)) };
}

function entriesFromJson({ policies, sas }: JsonEntries, keys: KeyStore): Entries {
  return { policies: policies.map(policyFromJson), sas: sas.map((sa) => saFromJson(sa, keys)) };
}

function changeToJson(change: Change, keys: KeyStore): Partial<JsonChange> {
  const { object, kind } = change;
  if (change.object === 'policy') {
    return {
      object,
      kind,
      ...(change.kind === 'create' ? {} : { before: policyToJson(change.before) }),
      ...(change.kind === 'delete' ? {} : { after: policyToJson(change.after) }),
    };
  }
  return change.kind === 'create'
    ? { object, kind, after: saToJson(change.after, keys) }
    : { object, kind, before: saToJson(change.before, keys) };
}

function changeFromJson({ object, kind, before, after }: JsonChange, keys: KeyStore): Change {
  if (object === 'policy') {
    const policy = (json: unknown) => policyFromJson(json as JsonPolicy);
    if (kind === 'create') return { object, kind, after: policy(after) };
    if (kind === 'delete') return { object, kind, before: policy(before) };
    return { object, kind: 'replace', before: policy(before), after: policy(after) };
  }
  const sa = (json: unknown) => saFromJson(json as JsonSa, keys);
  return kind === 'create'
    ? { object: 'sa', kind, after: sa(after) }
    : { object: 'sa', kind: 'delete', before: sa(before) };
}
