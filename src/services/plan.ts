/** The use case behind `ipsec plan`, and the first half of `ipsec apply`: what would be done to this host, and what speaks against it. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { Unsupported } from '../backends/backend.js';
import { makePlan, nothingOwned, type Plan } from '../backends/plan.js';
import { compileXfrm, type Numbers } from '../backends/xfrm/compile.js';
import type { Refusal } from '../backends/xfrm/refusal.js';
import type { HostState } from '../model/host-state.js';
import { isError, type Problem } from '../model/problem.js';
import { EnvironmentError } from '../model/tool-error.js';
import { hostFacts, unknownHost } from './host-facts.js';
import type { HostSession } from './host-session.js';
import { findLacks, lackText, refuseLacks } from './kernel-fit.js';
import type { LoadedSystem } from './load-system.js';
import { type Cut, findCuts, findLifelines, type Lifeline } from './lockout.js';
import { managementLifelines } from './management.js';
import { chooseSystem } from './query.js';
import { type LoadOptions, loadRepository, type Repository } from './repository/load-repository.js';
import { ownershipOf } from './state/registry.js';

export interface PlanOptions extends LoadOptions {
  /** Name of the system, where the paths hold several. */
  readonly host?: string;
  /** The host is not this one: nothing of it is known. */
  readonly assumeEmpty?: boolean;
}

/** A file that the plan was made from. */
export interface PlanInput {
  /** Absolute. */
  readonly path: string;
  readonly sha256: string;
}

export interface PlannedHost {
  readonly kind: 'planned';
  readonly system: string;
  readonly inputs: readonly PlanInput[];
  readonly plan: Plan;
  readonly current: HostState;
  readonly numbers: Numbers;
  /** What the plan would cut off. */
  readonly cuts: readonly Cut[];
  readonly notes: readonly string[];
}

export type PlanOutcome =
  | PlannedHost
  /** The records themselves are wrong; what they mean is not certain enough to put on a host. */
  | { readonly kind: 'faulty'; readonly problems: readonly Problem[] };

/** Plans for the host of a session. Throws EnvironmentError for what the kernel cannot hold and for what others have in the way. */
export async function planHost(session: HostSession, options: PlanOptions): Promise<PlanOutcome> {
  const repository = await loadRepository(options);
  const system = chooseSystem(repository, options.host);
  const problems = system.problems.filter(isError);
  if (problems.length > 0) return { kind: 'faulty', problems };
  const { backend, registry } = session;
  const current = await backend.read();
  const facts = options.assumeEmpty ? unknownHost(current) : await hostFacts(current, system.config);
  const { desired, numbers, refusals, notes } = compileXfrm(system.config, facts, registry.numbers);
  if (refusals.length > 0) throw refusedError(refusals);
  const plan = makePlan(current, desired, options.assumeEmpty ? nothingOwned : ownershipOf(registry));
  if (plan.conflicts.length > 0) throw conflictError(plan);
  const unsupported = options.assumeEmpty ? [] : await backend.unsupported(plan.after);
  const lacks = options.assumeEmpty ? [] : await findLacks(backend, system.config);
  refuseLacks(lacks);
  if (unsupported.some(({ fatal }) => fatal)) throw unsupportedError(unsupported);
  const after = [...plan.foreign.policies, ...plan.after.policies];
  return {
    kind: 'planned',
    system: system.name,
    inputs: inputsOf(repository, system),
    plan,
    current,
    numbers,
    cuts: options.assumeEmpty ? [] : findCuts(lifelinesOf(repository, system), current.policies, after),
    notes: [...notes, ...unsupported.map(({ message }) => message), ...lacks.map(lackText), ...precedenceNotes(plan)],
  };
}

/** The sessions that are open, and those for whom the inventory demands that they can open one. */
function lifelinesOf({ hosts }: Repository, { name, config }: LoadedSystem): readonly Lifeline[] {
  const management = hosts.find((host) => host.name === name)?.management ?? [];
  return [...findLifelines(), ...managementLifelines(config, management)];
}

/** Faults that are shown of many. */
const shownMax = 20;

function listed(texts: readonly string[]): readonly string[] {
  const more = texts.length - shownMax;
  return more > 0 ? [...texts.slice(0, shownMax), `and ${more} more`] : texts;
}

function refusedError(refusals: readonly Refusal[]): EnvironmentError {
  const texts = refusals.map(
    ({ source: { at }, message, help }) => `${at ? `${placeOf(at)}: ` : ''}${message}; ${help}`,
  );
  const [first] = refusals;
  return new EnvironmentError(
    refusals.length === 1
      ? `the kernel cannot do what is asked: ${first!.message}`
      : `the kernel cannot do ${refusals.length} things that are asked`,
    { code: 'INEXPRESSIBLE', hints: refusals.length === 1 ? [first!.help] : listed(texts) },
  );
}

function placeOf({
  source,
  start,
}: {
  readonly source: { readonly path: string; position(at: number): { line: number; column: number } };
  readonly start: number;
}): string {
  const { line, column } = source.position(start);
  return `${source.path}:${line}:${column}`;
}

function conflictError({ conflicts }: Plan): EnvironmentError {
  const texts = conflicts.map((conflict) => {
    const { kind, name } = conflict.wanted.record ?? { kind: 'policy', name: '' };
    const what =
      conflict.object === 'policy' ? 'a policy for the same packets' : `an SA with SPI ${conflict.wanted.spi}`;
    return `${kind} '${name}': somebody else has ${what}`;
  });
  return new EnvironmentError('what others made on this host is in the way', {
    code: 'FOREIGN',
    hints: [...listed(texts), 'Remove it, or take it over with "ipsec state adopt".'],
  });
}

function unsupportedError(unsupported: readonly Unsupported[]): EnvironmentError {
  const fatal = unsupported.filter((each) => each.fatal);
  return new EnvironmentError(fatal.length === 1 ? fatal[0]!.message : 'this kernel lacks what the records ask for', {
    code: 'UNSUPPORTED',
    hints: fatal.length === 1 ? [fatal[0]!.help] : listed(fatal.map(({ message, help }) => `${message}; ${help}`)),
  });
}

function precedenceNotes({ precedence }: Plan): readonly string[] {
  if (precedence.length === 0) return [];
  const { kind, name } = precedence[0]!.ours.record ?? { kind: 'policy', name: '' };
  const count = precedence.length === 1 ? 'a policy of others comes' : `${precedence.length} policies of others come`;
  return [`${count} before ours for packets that both select, first before ${kind} '${name}': see the plan`];
}

/** Everything that was read, with its hash: the system's files, profiles, configuration and inventory. */
function inputsOf(repository: Repository, system: LoadedSystem): readonly PlanInput[] {
  const own = new Set(system.sources.map((source) => source.path));
  const isProfile = (shown: string) =>
    !repository.systems.some(({ sources }) => sources.some((source) => source.path === shown));
  const files = [...repository.files].filter(([shown]) => own.has(shown) || isProfile(shown)).map(([, file]) => file);
  if (repository.config.file !== undefined) files.push(repository.config.file);
  return [...new Set(files)].flatMap((file) => (existsSync(file) ? [{ path: file, sha256: hashOf(file) }] : []));
}

export function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
