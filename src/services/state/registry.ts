/**
 * What belongs to this tool on this host: the policies and SAs as they were applied, the numbers that were given out, and what they were
 * made of. The newest is `state.json`; those before it are kept in `history`, for `ipsec rollback`.
 */
import {
  closeSync,
  existsSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { nothingOwned, type Ownership } from '../../backends/plan.js';
import { type Numbers, noNumbers } from '../../backends/xfrm/compile.js';
import { emptyHostState, type HostState, policyKey, saKey } from '../../model/host-state.js';
import { EnvironmentError } from '../../model/tool-error.js';
import { damaged, makeFolder, readIfThere, writeDurably } from './durable.js';
import { type JsonPolicy, type JsonSa, policyFromJson, policyToJson, saFromJson, saToJson } from './serialize.js';
import type { Vault } from './vault.js';

/** What a state was made of. */
export interface Applied {
  readonly at: string;
  readonly system: string;
  readonly inputs: readonly { readonly path: string; readonly sha256: string }[];
  readonly version: string;
}

export interface Registry {
  /** Counts the states; 0 before the first. */
  readonly serial: number;
  /** Of the kernel's run that it is about; after a restart nothing is installed. */
  readonly bootId: string;
  /** Of the network namespace. */
  readonly namespace: string;
  readonly applied?: Applied;
  readonly numbers: Numbers;
  readonly state: HostState;
}

/** States before the newest that are kept. */
export const historyMax = 20;
const schemaVersion = 1;

const numberTable = z.record(z.string(), z.int().min(0).max(0xffff_ffff));
const registrySchema = z.object({
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
  numbers: z.object({ priorities: numberTable, reqids: numberTable }),
  policies: z.array(z.record(z.string(), z.unknown())),
  sas: z.array(z.record(z.string(), z.unknown())),
});

/** The run of the kernel and the network namespace that this process is in. */
export function whereWeAre(): Pick<Registry, 'bootId' | 'namespace'> {
  return {
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    namespace: String(statSync('/proc/self/ns/net').ino),
  };
}

export function emptyRegistry(): Registry {
  return { serial: 0, ...whereWeAre(), numbers: noNumbers, state: emptyHostState };
}

/** The newest state; an empty one when there is none. */
export function readRegistry(folder: string, vault: Vault): Registry {
  const file = path.join(folder, 'state.json');
  const text = readIfThere(file);
  return text === undefined ? emptyRegistry() : parseRegistry(file, text, vault);
}

/** An earlier state; undefined when it is not kept. */
export function readHistory(folder: string, serial: number, vault: Vault): Registry | undefined {
  const file = historyFile(folder, serial);
  const text = readIfThere(file);
  return text === undefined ? undefined : parseRegistry(file, text, vault);
}

/** Serials of the earlier states that are kept, the youngest first. */
export function historySerials(folder: string): readonly number[] {
  try {
    return readdirSync(path.join(folder, 'history'))
      .flatMap((name) => (/^\d{6}\.json$/.test(name) ? [Number(name.slice(0, 6))] : []))
      .sort((a, b) => b - a);
  } catch {
    return [];
  }
}

function historyFile(folder: string, serial: number): string {
  return path.join(folder, 'history', `${String(serial).padStart(6, '0')}.json`);
}

function parseRegistry(file: string, text: string, vault: Vault): Registry {
  try {
    const json = registrySchema.parse(JSON.parse(text));
    return {
      serial: json.serial,
      bootId: json.bootId,
      namespace: json.namespace,
      ...(json.applied ? { applied: json.applied } : {}),
      numbers: {
        priorities: new Map(Object.entries(json.numbers.priorities)),
        reqids: new Map(Object.entries(json.numbers.reqids)),
      },
      state: {
        ...emptyHostState,
        policies: json.policies.map(policyFromJson),
        sas: json.sas.map((sa) => saFromJson(sa, vault)),
      },
    };
  } catch (cause) {
    if (cause instanceof EnvironmentError) throw cause;
    throw damaged(file, 'it is not what this tool writes');
  }
}

/** Writes a new state; the one that it follows goes to the history. */
export function writeRegistry(folder: string, registry: Registry, vault: Vault): void {
  const sas = registry.state.sas.map((sa) => saToJson(sa, vault));
  vault.save();
  const file = path.join(folder, 'state.json');
  keepPrevious(folder, file);
  writeDurably(file, registryText(registry, registry.state.policies.map(policyToJson), sas));
  prune(folder, vault);
}

function registryText(
  { serial, bootId, namespace, applied, numbers }: Registry,
  policies: readonly JsonPolicy[],
  sas: readonly JsonSa[],
): string {
  const tables = {
    priorities: Object.fromEntries(numbers.priorities),
    reqids: Object.fromEntries(numbers.reqids),
  };
  return `${JSON.stringify({ schemaVersion, serial, bootId, namespace, applied, numbers: tables, policies, sas })}\n`;
}

function keepPrevious(folder: string, file: string): void {
  const serial = serialOf(file);
  if (serial === undefined || serial === 0) return;
  makeFolder(path.join(folder, 'history'));
  const kept = historyFile(folder, serial);
  rmSync(kept, { force: true });
  linkSync(file, kept);
}

/** Without reading all of it: the serial stands in the beginning. */
function serialOf(file: string): number | undefined {
  if (!existsSync(file)) return undefined;
  const head = Buffer.alloc(64);
  const descriptor = openSync(file, 'r');
  const length = readSync(descriptor, head);
  closeSync(descriptor);
  const found = /^\{"schemaVersion":1,"serial":(\d+),/.exec(head.toString('latin1', 0, length));
  return found ? Number(found[1]) : undefined;
}

/** Removes states that are too old, and keys that no state needs any more. */
function prune(folder: string, vault: Vault): void {
  for (const serial of historySerials(folder).slice(historyMax)) rmSync(historyFile(folder, serial), { force: true });
  if (vault.isEmpty()) return;
  const references = new Set<string>();
  const files = [
    path.join(folder, 'state.json'),
    ...historySerials(folder).map((serial) => historyFile(folder, serial)),
  ];
  for (const file of files) {
    for (const [, reference] of (readIfThere(file) ?? '').matchAll(/"([0-9a-f]{32})"/g)) references.add(reference!);
  }
  vault.keepOnly(references);
}

/** What the registry says belongs to this tool now. After a restart of the kernel: nothing. */
export function ownershipOf({ bootId, state, numbers }: Registry): Ownership {
  if (bootId !== whereWeAre().bootId) return nothingOwned;
  return {
    policies: new Map(state.policies.map((policy) => [policyKey(policy), policy.index])),
    sas: new Set(state.sas.map(saKey)),
    records: new Map([
      ...state.policies.flatMap((policy) => (policy.record ? [[policyKey(policy), policy.record] as const] : [])),
      ...state.sas.flatMap((sa) => (sa.record ? [[saKey(sa), sa.record] as const] : [])),
    ]),
    reqids: new Set(numbers.reqids.values()),
  };
}

/** Throws when the registry is about another network namespace of this machine. */
export function checkNamespace(registry: Registry, folder: string): void {
  const here = whereWeAre();
  if (registry.serial === 0 || registry.bootId !== here.bootId || registry.namespace === here.namespace) return;
  throw new EnvironmentError(`${folder} is about another network namespace than this one`, {
    code: 'NAMESPACE',
    hints: [
      'Name a folder of its own for each namespace with --state-dir.',
      'If that namespace is gone: ipsec state forget --all',
    ],
  });
}
