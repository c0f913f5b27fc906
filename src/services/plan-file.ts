/**
 * Saved plans. A plan file is a promise and not a script: what is to be done is worked out again from the records it names, and is done only
 * when records, host and steps are still the same. So no key need be in it.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import type { Plan } from '../backends/plan.js';
import { changeText } from '../backends/xfrm/text.js';
import { type HostState, policyKey, saKey } from '../model/host-state.js';
import { dialects } from '../model/language/dialect.js';
import { EnvironmentError, UsageError } from '../model/tool-error.js';
import type { HostSession } from './host-session.js';
import { hashOf, type PlanInput, type PlannedHost, type PlanOptions } from './plan.js';
import { writeDurably } from './state/durable.js';
import { whereWeAre } from './state/registry.js';
import { type KeyStore, policyToJson, saToJson } from './state/serialize.js';

const schemaVersion = 1;
const fileMax = 256 * 1024 * 1024;

const planFileSchema = z.object({
  kind: z.literal('ipsec-plan'),
  schemaVersion: z.literal(schemaVersion),
  version: z.string(),
  createdAt: z.string(),
  system: z.string(),
  /** Absolute paths and options with which the records were read. */
  load: z.object({
    paths: z.array(z.string()),
    configFile: z.string().optional(),
    dialect: z.enum(dialects).optional(),
    defaults: z.string().optional(),
    strict: z.boolean().optional(),
    host: z.string().optional(),
  }),
  inputs: z.array(z.object({ path: z.string(), sha256: z.string() })),
  bootId: z.string(),
  namespace: z.string(),
  serial: z.int().min(0),
  /** Hash of what was ours on the host. */
  before: z.string(),
  /** Hash of the steps. */
  steps: z.string(),
  /** The steps, for readers. */
  commands: z.array(z.string()),
});

export type PlanFile = z.infer<typeof planFileSchema>;

/** Writes a plan. */
export function writePlanFile(
  file: string,
  session: HostSession,
  planned: PlannedHost,
  options: PlanOptions,
  version: string,
): void {
  if (options.paths.includes('-')) throw new UsageError('a plan of records from the standard input cannot be saved');
  const { plan, system, inputs } = planned;
  const absolute = (each: string) => path.resolve(each);
  const content: PlanFile = {
    kind: 'ipsec-plan',
    schemaVersion,
    version,
    createdAt: new Date().toISOString(),
    system,
    load: {
      paths: (options.paths.length > 0 ? options.paths : ['.']).map(absolute),
      ...(options.configFile === undefined ? {} : { configFile: absolute(options.configFile) }),
      ...(options.dialect === undefined ? {} : { dialect: options.dialect }),
      ...(options.defaults === undefined ? {} : { defaults: absolute(options.defaults) }),
      ...(options.strict === undefined ? {} : { strict: options.strict }),
      ...(options.host === undefined ? {} : { host: options.host }),
    },
    inputs: [...inputs],
    ...whereWeAre(),
    serial: session.registry.serial,
    before: stateHash(plan.before),
    steps: stepsHash(plan),
    commands: plan.changes.map((change) => `ip ${changeText(change).text}`),
  };
  writeDurably(path.resolve(file), `${JSON.stringify(content, undefined, 2)}\n`);
}

/** The plan in a file, or undefined when it is something else (records, for one). Throws UsageError for a broken plan. */
export function readPlanFile(file: string): PlanFile | undefined {
  if (file === '-' || !existsSync(file) || !statSync(file).isFile() || statSync(file).size > fileMax) return undefined;
  const text = readFileSync(file, 'utf8');
  if (!text.trimStart().startsWith('{') || !text.includes('"ipsec-plan"')) return undefined;
  const parsed = planFileSchema.safeParse(parseJson(file, text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(
    `${file} is not a plan that this version can read: ${issue?.path.join('.')}: ${issue?.message}`,
    { code: 'UNREADABLE' },
  );
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${file} begins like a plan but is no JSON`, { code: 'UNREADABLE' });
  }
}

/** How the records of a plan were read. */
export function planOptionsOf({ load }: PlanFile): PlanOptions {
  return load;
}

/** Throws when records, host or steps are not what they were when the plan was made. */
export function refuseStale(file: PlanFile, session: HostSession, planned: PlannedHost): void {
  const here = whereWeAre();
  const changed = changedInput(file.inputs, planned.inputs);
  const why = changed
    ? `${changed} has changed`
    : file.bootId !== here.bootId
      ? 'the machine was started anew'
      : file.namespace !== here.namespace
        ? 'it was made in another network namespace'
        : file.serial !== session.registry.serial
          ? `another change was applied: the host is at state ${session.registry.serial}, not ${file.serial}`
          : file.before !== stateHash(planned.plan.before)
            ? 'somebody changed what is ours on the host'
            : file.steps !== stepsHash(planned.plan)
              ? 'the same records would now lead to other steps'
              : undefined;
  if (why === undefined) return;
  throw new EnvironmentError(`the plan of ${file.createdAt} does not hold any more: ${why}`, {
    code: 'PLAN_STALE',
    hints: ['Make a new one with "ipsec plan".'],
  });
}

function changedInput(then: readonly PlanInput[], now: readonly PlanInput[]): string | undefined {
  const hashes = new Map(then.map(({ path: file, sha256 }) => [file, sha256]));
  const changed = now.find(({ path: file, sha256 }) => hashes.get(file) !== sha256);
  if (changed) return changed.path;
  const present = new Set(now.map(({ path: file }) => file));
  return then.find(({ path: file, sha256 }) => !present.has(file) && (!existsSync(file) || hashOf(file) !== sha256))
    ?.path;
}

/** Keys count, but only their hashes go into the hash that is written. */
const hashedKeys: KeyStore = {
  put: (key) => createHash('sha256').update(key.reveal()).digest('hex'),
  get: () => {
    throw new Error('hashes are not turned back');
  },
};

function stateHash({ policies, sas }: HostState): string {
  const entries = [
    ...policies.map(
      (policy) => `${policyKey(policy)} ${JSON.stringify({ ...policyToJson(policy), record: undefined })}`,
    ),
    ...sas.map((sa) => `${saKey(sa)} ${JSON.stringify({ ...saToJson(sa, hashedKeys), record: undefined })}`),
  ];
  return hashOfTexts(entries.sort());
}

/** Without the ends of SAs that IKE renews whenever it has to. */
function stepsHash({ changes, before }: Plan): string {
  const held = new Set(before.sas.map(saKey));
  return hashOfTexts(
    changes.flatMap((change) => {
      if (change.object === 'sa' && change.kind === 'delete' && !held.has(saKey(change.before))) return [];
      const subject = change.kind === 'delete' ? change.before : change.after;
      const json = 'direction' in subject ? policyToJson(subject) : saToJson(subject, hashedKeys);
      return [`${change.object} ${change.kind} ${JSON.stringify(json)}`];
    }),
  );
}

function hashOfTexts(texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\n');
  return hash.digest('hex');
}
