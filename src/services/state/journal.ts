/**
 * The journal of a change in progress. All steps are on the disk, with what was before and what is to be, before the first of them is made;
 * so after a crash at any point the host can be brought to the old state or to the new one. How far it came is read from the host itself.
 */
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import type { Change } from '../../backends/backend.js';
import type { Numbers } from '../../backends/xfrm/compile.js';
import { EnvironmentError } from '../../model/tool-error.js';
import { appendDurably, damaged, readIfThere, removeDurably, syncFolder } from './durable.js';
import type { Applied, Registry } from './registry.js';
import { type JsonPolicy, type JsonSa, policyFromJson, policyToJson, saFromJson, saToJson } from './serialize.js';
import type { Vault } from './vault.js';

export interface JournalHead extends Pick<Registry, 'bootId' | 'namespace'> {
  readonly id: string;
  readonly startedAt: string;
  /** Of the state that it starts from. */
  readonly serial: number;
  /** Of the state that it leads to. */
  readonly applied: Applied;
  readonly numbers: Numbers;
}

export interface Journal extends JournalHead {
  readonly changes: readonly Change[];
}

export interface OpenJournal {
  /** Notes that so many steps, from the first on, are about to be done or taken back; it is on the disk when this returns. */
  note(what: 'doing' | 'undoing', steps: number): void;
  /** The change is over, one way or the other. */
  remove(): void;
}

const schemaVersion = 1;

function fileOf(folder: string): string {
  return path.join(folder, 'journal.jsonl');
}

/** Writes the journal. Throws EnvironmentError when it cannot be written; then nothing may be done. */
export function beginJournal(folder: string, journal: Journal, vault: Vault): OpenJournal {
  const file = fileOf(folder);
  const { changes, numbers, ...head } = journal;
  const tables = {
    priorities: Object.fromEntries(numbers.priorities),
    reqids: Object.fromEntries(numbers.reqids),
  };
  const lines = [
    JSON.stringify({ schemaVersion, ...head, numbers: tables, steps: changes.length }),
    ...changes.map((change) => JSON.stringify(changeToJson(change, vault))),
    JSON.stringify({ ready: changes.length }),
  ];
  vault.save();
  const descriptor = openJournal(file);
  try {
    appendDurably(descriptor, `${lines.join('\n')}\n`, file);
    syncFolder(folder);
  } catch (error) {
    closeSync(descriptor);
    // It is incomplete, and would be taken for none; but it need not lie around on a full disk.
    removeDurably(file);
    throw error;
  }
  let isOpen = true;
  return {
    note: (what, steps) => appendDurably(descriptor, `${JSON.stringify({ [what]: steps })}\n`, file),
    remove() {
      if (!isOpen) return;
      isOpen = false;
      closeSync(descriptor);
      removeDurably(file);
    },
  };
}

function openJournal(file: string): number {
  try {
    return openSync(file, 'wx', 0o600);
  } catch (cause) {
    throw new EnvironmentError(`cannot make ${file} (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
}

/** The journal of a change that did not come to its end; undefined when there is none. */
export function readJournal(folder: string, vault: Vault): Journal | undefined {
  const file = fileOf(folder);
  const text = readIfThere(file);
  if (text === undefined) return undefined;
  // Each line is whole when its end is there; the last one may be half.
  const lines = text.split('\n').slice(0, -1);
  try {
    const { steps, numbers, ...head } = JSON.parse(lines[0] ?? '{}') as JournalHead & {
      readonly schemaVersion: number;
      readonly steps: number;
      readonly numbers: { readonly priorities: object; readonly reqids: object };
    };
    const ready = lines[steps + 1];
    if (ready === undefined || JSON.parse(ready).ready !== steps) return undefined;
    if (head.schemaVersion !== schemaVersion) throw damaged(file, `it is of version ${head.schemaVersion}`);
    return {
      ...head,
      numbers: {
        priorities: new Map(Object.entries(numbers.priorities)),
        reqids: new Map(Object.entries(numbers.reqids)),
      },
      changes: lines.slice(1, steps + 1).map((line) => changeFromJson(JSON.parse(line), vault)),
    };
  } catch (cause) {
    if (cause instanceof EnvironmentError) throw cause;
    // A beginning that is no JSON was never followed by a step: they are made only when all of it is on the disk.
    if (lines.length < 2) return undefined;
    throw damaged(file, 'it is not what this tool writes');
  }
}

/** Removes a journal, whole or not. */
export function removeJournal(folder: string): void {
  removeDurably(fileOf(folder));
}

type JsonChange = Readonly<Record<'object' | 'kind' | 'before' | 'after', unknown>>;

function changeToJson(change: Change, vault: Vault): Partial<JsonChange> {
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
    ? { object, kind, after: saToJson(change.after, vault) }
    : { object, kind, before: saToJson(change.before, vault) };
}

function changeFromJson({ object, kind, before, after }: JsonChange, vault: Vault): Change {
  if (object === 'policy') {
    const policy = (json: unknown) => policyFromJson(json as JsonPolicy);
    if (kind === 'create') return { object, kind, after: policy(after) };
    if (kind === 'delete') return { object, kind, before: policy(before) };
    return { object, kind: 'replace', before: policy(before), after: policy(after) };
  }
  const sa = (json: unknown) => saFromJson(json as JsonSa, vault);
  return kind === 'create'
    ? { object: 'sa', kind, after: sa(after) }
    : { object: 'sa', kind: 'delete', before: sa(before) };
}
