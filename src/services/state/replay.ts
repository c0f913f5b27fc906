/**
 * The lines of a state file as what they mean: a whole state first, then for each change its journal, and behind that the word that it is
 * done. Whatever reads it goes through the changes in their order.
 */
import * as z from 'zod';
import type { Change } from '../../backends/backend.js';
import type { Entries } from '../../backends/plan.js';
import { emptyHostState, type HostPolicy, type HostSa, policyKey, saKey } from '../../model/host-state.js';
import { EnvironmentError } from '../../model/tool-error.js';
import { damaged } from './durable.js';
import { type Journal, type JsonJournal, journalFromJson, journalToJson } from './journal.js';
import type { Line } from './lines.js';
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

const schemaVersion = 2;

/** What was registered by a line that is whole is what was written: only that it is one of this version must be seen. */
const list = z.custom<readonly never[]>(Array.isArray);
const table = z.custom<Readonly<Record<string, number>>>((value) => typeof value === 'object' && value !== null);
const snapshotSchema = z.object({
  schemaVersion: z.literal(schemaVersion),
  serial: z.int().min(0),
  bootId: z.string(),
  namespace: z.string(),
  applied: z
    .object({
      at: z.string(),
      system: z.string(),
      inputs: z.array(z.object({ path: z.string(), sha256: z.string() })),
      version: z.string(),
    })
    .optional(),
  numbers: z.object({ priorities: table, reqids: table }),
  policies: list,
  sas: list,
});
const beginSchema = z.object({ begin: z.custom<JsonJournal>((value) => typeof value === 'object' && value !== null) });
const doneSchema = z.object({ done: z.string(), found: list });

export function snapshotLine(registry: Registry, keys: KeyStore): unknown {
  const { serial, bootId, namespace, applied, numbers, state } = registry;
  const tables = {
    priorities: Object.fromEntries(numbers.priorities),
    reqids: Object.fromEntries(numbers.reqids),
  };
  const policies = state.policies.map(policyToJson);
  const sas = state.sas.map((sa) => saToJson(sa, keys));
  return { schemaVersion, serial, bootId, namespace, applied, numbers: tables, policies, sas };
}

export function beginLine(journal: Journal, before: Registry, keys: KeyStore): unknown {
  return { begin: journalToJson(journal, before.numbers, keys) };
}

/** `found`: policies that the stack holds otherwise than they were given, which is their index at most. */
export function doneLine({ id }: Journal, found: readonly HostPolicy[]): unknown {
  return { done: id, found: found.map(policyToJson) };
}

export interface Replayed {
  readonly registry: Registry;
  /** Octets up to the end of what counts. */
  readonly end: number;
  /** The change that was begun behind it. */
  readonly journal?: Journal;
}

/** The states that the lines tell of, the oldest first. Throws EnvironmentError when they cannot be what this tool wrote. */
export function* replay(lines: readonly Line[], file: string, keys: KeyStore): Generator<Replayed> {
  try {
    yield* replayed(lines, keys);
  } catch (cause) {
    if (cause instanceof EnvironmentError) throw cause;
    throw damaged(file, 'it is not what this tool writes');
  }
}

function* replayed(lines: readonly Line[], keys: KeyStore): Generator<Replayed> {
  const [first, ...others] = lines;
  let registry = registryOf(first?.value, keys);
  let entries: MutableEntries | undefined;
  let journal: Journal | undefined;
  let end = first!.end;
  for (const { value, end: lineEnd } of others) {
    if (journal === undefined) {
      yield { registry, end };
      journal = journalFromJson(beginSchema.parse(value).begin, registry.numbers, keys);
      if (journal.serial !== registry.serial) throw new TypeError('a change of another state');
      continue;
    }
    const { done, found } = doneSchema.parse(value);
    if (done !== journal.id) throw new TypeError('the end of another change');
    const { bootId, namespace, applied, numbers, serial } = journal;
    // Of what was there before the machine was started anew nothing is left.
    if (bootId !== registry.bootId) entries = new MutableEntries();
    entries ??= new MutableEntries(registry.state);
    entries.change(journal, (found as readonly JsonPolicy[]).map(policyFromJson));
    registry = { serial: serial + 1, bootId, namespace, applied, numbers, state: entries.state() };
    journal = undefined;
    end = lineEnd;
  }
  yield { registry, end, ...(journal ? { journal } : {}) };
}

function registryOf(value: unknown, keys: KeyStore): Registry {
  const json = snapshotSchema.parse(value);
  return {
    serial: json.serial,
    bootId: json.bootId,
    namespace: json.namespace,
    ...(json.applied ? { applied: json.applied as Applied } : {}),
    numbers: {
      priorities: new Map(Object.entries(json.numbers.priorities)),
      reqids: new Map(Object.entries(json.numbers.reqids)),
    },
    state: {
      ...emptyHostState,
      policies: (json.policies as readonly JsonPolicy[]).map(policyFromJson),
      sas: (json.sas as readonly JsonSa[]).map((sa) => saFromJson(sa, keys)),
    },
  };
}

/** What is registered, while changes are gone through. */
class MutableEntries {
  readonly #policies: Map<string, HostPolicy>;
  readonly #sas: Map<string, HostSa>;

  constructor({ policies, sas }: Entries = { policies: [], sas: [] }) {
    this.#policies = new Map(policies.map((policy) => [policyKey(policy), policy]));
    this.#sas = new Map(sas.map((sa) => [saKey(sa), sa]));
  }

  change({ corrections: { changed, gone }, changes }: Journal, found: readonly HostPolicy[]): void {
    for (const policy of gone.policies) this.#policies.delete(policyKey(policy));
    for (const sa of gone.sas) this.#sas.delete(saKey(sa));
    for (const policy of changed.policies) this.#policies.set(policyKey(policy), withoutUsage(policy));
    for (const sa of changed.sas) this.#sas.set(saKey(sa), withoutUsage(sa));
    for (const change of changes) this.#make(change);
    for (const policy of found) this.#policies.set(policyKey(policy), policy);
  }

  #make(change: Change): void {
    if (change.object === 'policy') {
      if (change.kind !== 'create') this.#policies.delete(policyKey(change.before));
      if (change.kind !== 'delete') this.#policies.set(policyKey(change.after), change.after);
    } else if (change.kind === 'create') this.#sas.set(saKey(change.after), change.after);
    else this.#sas.delete(saKey(change.before));
  }

  state(): Registry['state'] {
    return { ...emptyHostState, policies: [...this.#policies.values()], sas: [...this.#sas.values()] };
  }
}

function withoutUsage<T extends { readonly usage?: unknown }>({ usage: _usage, ...rest }: T): Omit<T, 'usage'> {
  return rest;
}
