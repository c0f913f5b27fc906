/** The use case behind `policy test`: assertion files against the systems they speak of. */
import { type Dirent, existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { type AddressRange, singleAddress } from '../model/address.js';
import { type AssertionResult, judge, type StatedRequirement } from '../model/assertion.js';
import { closest } from '../model/did-you-mean.js';
import type { Problem } from '../model/problem.js';
import { UsageError } from '../model/tool-error.js';
import { type Assertion, assertionCode, holdsAddress, parseAssertions } from '../parser/assertions/parse-assertions.js';
import type { LoadedSystem } from './load-system.js';
import { type LoadOptions, loadRepository, type Repository } from './repository/load-repository.js';
import { readSource } from './repository/read-source.js';

export interface JudgedAssertion {
  readonly assertion: Assertion;
  readonly system: string;
  readonly direction: 'inbound' | 'outbound';
  readonly result: AssertionResult;
}

export interface AssertionRun {
  readonly judged: readonly JudgedAssertion[];
  /** Sentences that cannot be read or belong to no system. */
  readonly problems: readonly Problem[];
  readonly files: number;
  readonly failed: boolean;
}

export interface AssertionOptions extends LoadOptions {
  /** Only assertions whose text holds this, in any case. */
  readonly filter?: string;
}

const assertionSuffix = '.ipsectest';

/**
 * Judges every assertion. Of the paths those that end in .ipsectest are assertion files, the others are policies; folders
 * are both. Assertion files alone are judged against the policies of the folder that the first one lies in, or above it.
 */
export async function runAssertions(options: AssertionOptions): Promise<AssertionRun> {
  const files = options.paths.flatMap((given) => assertionFiles(given));
  if (options.paths.length === 0) files.push(...assertionFiles('.'));
  if (files.length === 0)
    throw new UsageError('there are no assertion files (*.ipsectest) here', { code: 'NO_RECORDS' });
  const policies = options.paths.filter((given) => !given.endsWith(assertionSuffix));
  const repository = await loadRepository({
    ...options,
    paths: policies.length > 0 ? policies : [policyFolder(files[0]!)],
  });
  const { placed, problems } = placeAssertions(repository, files, options.filter);
  const judged = placed.map(
    ({ assertion, system, direction }): JudgedAssertion => ({
      assertion,
      system: system.name,
      direction,
      result: judge(system.config.spd, assertion.packets(direction), assertion.requirement),
    }),
  );
  if (judged.length === 0 && problems.length === 0)
    throw new UsageError(
      options.filter === undefined ? 'the assertion files hold no assertion' : `no assertion holds '${options.filter}'`,
      { code: 'NO_RECORDS' },
    );
  return {
    judged,
    problems,
    files: files.length,
    failed: problems.length > 0 || judged.some(({ result }) => result.kind !== 'holds'),
  };
}

/** An assertion with one of the systems that it speaks of. */
export interface PlacedAssertion {
  readonly assertion: Assertion;
  readonly system: LoadedSystem;
  readonly direction: 'inbound' | 'outbound';
}

/** Reads assertion files and finds out which systems each sentence is about. */
export function placeAssertions(
  { hosts, systems }: Pick<Repository, 'hosts' | 'systems'>,
  files: readonly string[],
  filter?: string,
): { readonly placed: readonly PlacedAssertion[]; readonly problems: readonly Problem[] } {
  const names = new Map<string, readonly AddressRange[]>(
    hosts.map((host) => [host.name.toLowerCase(), host.addresses.map(singleAddress)]),
  );
  for (const { name, config } of systems) {
    if (!names.has(name.toLowerCase())) names.set(name.toLowerCase(), config.addresses.map(singleAddress));
  }
  const placed: PlacedAssertion[] = [];
  const problems: Problem[] = [];
  for (const file of files) {
    const { source, problems: reading } = readSource(file, path.relative(process.cwd(), file) || file);
    const parsed = parseAssertions(source, names);
    problems.push(...reading, ...parsed.problems);
    for (const assertion of parsed.assertions) {
      if (filter !== undefined && !assertion.text.toLowerCase().includes(filter.toLowerCase())) continue;
      const place = whereTo(assertion, systems);
      if ('message' in place)
        problems.push({
          code: assertionCode,
          message: place.message,
          at: assertion.at,
          ...(place.help ? { help: place.help } : {}),
        });
      else for (const system of place.systems) placed.push({ assertion, system, direction: place.direction });
    }
  }
  return { placed, problems };
}

/** What the assertion files below a folder demand, as far as they can be read: `policy test` tells what cannot. */
export function statedRequirements(
  repository: Pick<Repository, 'hosts' | 'systems'>,
  folder: string,
): readonly StatedRequirement[] {
  return placeAssertions(repository, assertionFiles(folder)).placed.map(({ assertion, system, direction }) => ({
    at: assertion.at,
    text: assertion.text,
    system: system.name,
    packets: assertion.packets(direction),
    requirement: assertion.requirement,
  }));
}

/** The systems and the direction that an assertion speaks of. */
function whereTo(
  assertion: Assertion,
  systems: readonly LoadedSystem[],
): { systems: readonly LoadedSystem[]; direction: 'inbound' | 'outbound' } | { message: string; help?: string } {
  const named =
    assertion.system === undefined
      ? systems
      : systems.filter((system) => system.name.toLowerCase() === assertion.system?.toLowerCase());
  if (named.length === 0) {
    const guess = closest(
      assertion.system ?? '',
      systems.map((system) => system.name),
    );
    return {
      message: `no system is called '${assertion.system}'`,
      help: guess
        ? `did you mean ${guess}?`
        : `systems: ${systems
            .slice(0, 20)
            .map((system) => system.name)
            .join(', ')}`,
    };
  }
  const sends = named.filter((system) => owns(system, assertion.from));
  const receives = named.filter((system) => owns(system, assertion.to));
  const { direction } = assertion;
  if (direction) {
    const fitting = direction === 'outbound' ? sends : receives;
    const chosen = assertion.system !== undefined || named.length === 1 ? named : fitting;
    return chosen.length > 0
      ? { systems: chosen, direction }
      : { message: 'no system has these addresses', help: 'begin the sentence with `on SYSTEM:`' };
  }
  if (sends.length > 0 && receives.length === 0) return { systems: sends, direction: 'outbound' };
  if (receives.length > 0 && sends.length === 0) return { systems: receives, direction: 'inbound' };
  if (sends.length > 0 && assertion.system === undefined) return { systems: sends, direction: 'outbound' };
  return {
    message: 'it is not clear whether these packets go out or come in',
    help: 'write inbound or outbound before `must`',
  };
}

/** Is every one of these addresses the system's own? A wildcard is nobody's. */
function owns({ config }: LoadedSystem, ranges: readonly AddressRange[]): boolean {
  return ranges.every((range) => {
    const own = config.addresses.filter((address) => holdsAddress([range], address)).length;
    return BigInt(own) === BigInt(range.last) - BigInt(range.first) + 1n;
  });
}

function assertionFiles(given: string): string[] {
  if (given === '-') return [];
  const full = path.resolve(given);
  const status = existsSync(full) ? statSync(full) : undefined;
  if (!status) throw new UsageError(`there is no file or folder ${given}`, { code: 'NO_SUCH_FILE' });
  if (!status.isDirectory()) return given.endsWith(assertionSuffix) ? [full] : [];
  return [...filesBelow(full)].filter((file) => file.endsWith(assertionSuffix)).sort();
}

/** Folders whose contents are nobody's assertions, and may be very many. */
const passedBy: readonly string[] = ['node_modules', '.git'];

/** Files below a folder. One that may not be listed, or that goes while it is looked at, holds none. */
function* filesBelow(folder: string): Generator<string> {
  for (const entry of listed(folder)) {
    const full = path.join(folder, entry.name);
    if (!entry.isDirectory()) yield full;
    else if (!passedBy.includes(entry.name)) yield* filesBelow(full);
  }
}

function listed(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** The nearest folder from the assertion file upward that has policies: a hosts folder, or record files. */
function policyFolder(file: string): string {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'hosts')) || readdirSync(folder).some((name) => /\.(?:conf|ipsec)$/.test(name)))
      return folder;
    if (path.dirname(folder) === folder || existsSync(path.join(folder, '.git'))) return path.dirname(file);
  }
}
