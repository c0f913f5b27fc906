/** From paths on the command line to loaded systems: configuration, inventory, files, records. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type FormatChoice, formatNames, loadFormats, parseFormat, recordsFormat } from '../../dialects/registry.js';
import type { HostFacts } from '../../lint/context.js';
import { type PeerProduct, productOf } from '../../lint/peer-products.js';
import { type Address, parseAddress, parseRange, singleAddress } from '../../model/address.js';
import { closest } from '../../model/did-you-mean.js';
import type { Dialect } from '../../model/language/dialect.js';
import { type ExtendedTables, extendTables } from '../../model/language/extra-values.js';
import type { Management } from '../../model/management.js';
import type { Problem } from '../../model/problem.js';
import type { SourceText } from '../../model/span.js';
import { UsageError } from '../../model/tool-error.js';
import { type LoadedSystem, loadSteps, type SystemInput } from '../load-system.js';
import { type FoundConfig, findConfig, readInventory } from './config-file.js';
import { type Discovered, discover, recordGlobs } from './discover.js';
import { hostFiles } from './host-files.js';
import { decodeSource, readSource } from './read-source.js';
import type { Inventory } from './schema.js';

export interface LoadOptions {
  /** Files, folders or `-`; none means the current folder. */
  readonly paths: readonly string[];
  /** The configuration that was named with --config. */
  readonly configFile?: string;
  /** What standard input counts as. */
  readonly stdinFilename?: string;
  readonly dialect?: Dialect;
  /** Profile file with default values. */
  readonly defaults?: string;
  readonly strict?: boolean;
  /** Format of the files, as `swanctl` or `swanctl@6.0`; detected unless told. */
  readonly formatIn?: string;
  /** Texts to take instead of what is in the files, by absolute path (fixes, editors). */
  readonly overlay?: ReadonlyMap<string, string>;
  onSystem?(name: string, index: number, total: number): void;
  /** Waited for every few milliseconds, so that the thread can do other things. */
  pause?(): Promise<void>;
}

export interface Repository {
  readonly config: FoundConfig;
  /** Folder of the whole repository; absent where files were named that belong to none. */
  readonly root?: string;
  readonly systems: readonly LoadedSystem[];
  readonly hosts: readonly HostFacts[];
  /** Peers whose product is known, systems of the repository among them. */
  readonly peers: readonly PeerProduct[];
  readonly together: boolean;
  /** Paths (as findings show them) whose findings are wanted; absent: all. */
  readonly only?: ReadonlySet<string>;
  readonly unowned: readonly string[];
  /** Absolute path of each source by the path that findings show. */
  readonly files: ReadonlyMap<string, string>;
  /** Folder that stands for the root of a system's own file system, by its name. */
  readonly fileRoots: ReadonlyMap<string, string>;
  /** Lists of IKE values that the configuration has extended. */
  readonly tables?: ExtendedTables;
}

/** Loads everything that the paths name. Throws UsageError for paths and configurations that cannot be used. */
export async function loadRepository(options: LoadOptions): Promise<Repository> {
  const [first] = options.paths.filter((given) => given !== '-');
  const start = first !== undefined && existsSync(first) ? first : '.';
  const config = await findConfig(start, options.configFile);
  // Only a repository with hosts gives its root a meaning for paths; else files stand for themselves.
  const found = discover(
    options.paths,
    config.config,
    config.root ?? repositoryRoot(start, config.config.hosts ?? 'hosts'),
  );
  const root = config.root ?? repositoryRoot(start, config.config.hosts ?? 'hosts');
  if (found.systems.length === 0) {
    // A run that looked at nothing must not end as if all were well.
    throw new UsageError(`there are no record files in ${options.paths.join(', ') || 'this folder'}`, {
      code: 'NO_RECORDS',
      hints: [`Looked for ${(config.config.files ?? recordGlobs).join(' and ')}; ipsec.config can name others.`],
    });
  }
  const tables = extendedTables(config);
  const inventory = await loadInventory(config, root);
  const files = new Map<string, string>();
  const fileRoots = new Map<string, string>();
  const profiles = new Map<string, SourceText>();
  const fileAccess = hostFiles((file) => read(file, options));
  const systems: LoadedSystem[] = [];
  for (const [index, system] of found.systems.entries()) {
    options.onSystem?.(system.name, index, found.systems.length);
    const facts = inventory?.hosts[system.name];
    const problems: Problem[] = [];
    const unreadable: SourceText[] = [];
    const sources = system.files.map((file) => {
      const { source, problems: reading } = read(file, options);
      files.set(source.path, file);
      problems.push(...reading);
      if (reading.length > 0 && source.text === '') unreadable.push(source);
      return source;
    });
    const defaults =
      options.defaults ??
      (facts?.defaults
        ? path.resolve(root ?? '.', facts.defaults)
        : config.config.defaults && path.resolve(config.root ?? '.', config.config.defaults));
    const profile = defaults === undefined ? undefined : readProfile(defaults, profiles);
    if (profile) files.set(profile.path, path.resolve(profile.path));
    const fileRoot = facts?.fileRoot ?? config.config.fileRoot;
    if (fileRoot !== undefined) fileRoots.set(system.name, path.resolve(root ?? '.', fileRoot));
    const dialect =
      options.dialect ?? facts?.dialect ?? config.config.dialect ?? dialectOf(facts?.target ?? config.config.target);
    const strict = options.strict ?? config.config.strict;
    const format = options.formatIn ?? facts?.format ?? config.config.format;
    const input: SystemInput = {
      name: system.name,
      sources,
      ...(format === undefined ? { formats: await loadFormats(sources) } : { format: await formatOf(format) }),
      fileAccess,
      ...(dialect ? { dialect } : {}),
      ...(profile ? { profile } : {}),
      ...(strict ? { strict } : {}),
      ...(tables ? { tables } : {}),
      ...(unreadable.length > 0 ? { unreadable } : {}),
      ...(facts?.addresses ? { addresses: facts.addresses.flatMap((text) => parseAddress(text) ?? []) } : {}),
    };
    const loaded = await loadWithPauses(input, options.pause);
    for (const { path: shown } of loaded.sources) if (!files.has(shown)) files.set(shown, path.resolve(shown));
    systems.push(problems.length > 0 ? { ...loaded, problems: [...problems, ...loaded.problems] } : loaded);
  }
  const hosts = inventory ? hostFacts(inventory, config.config.target) : [];
  return {
    config,
    ...(root === undefined ? {} : { root }),
    systems: withoutParts(systems, options.paths),
    hosts,
    peers: peerProducts(inventory, hosts, systems),
    together: found.together,
    ...(found.only ? { only: shownPaths(found, files) } : {}),
    unowned: found.unowned.map(shownPath),
    files,
    fileRoots,
    ...(tables ? { tables } : {}),
  };
}

async function loadWithPauses(input: SystemInput, pause: LoadOptions['pause']): Promise<LoadedSystem> {
  const steps = loadSteps(input);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (pause) await pause();
  }
}

/** The format that somebody named. Throws UsageError for one that is not known. */
export async function formatOf(text: string): Promise<FormatChoice | typeof recordsFormat> {
  const choice = await parseFormat(text);
  if (choice === recordsFormat || choice?.dialect.read) return choice;
  const names = formatNames.filter(({ reads }) => reads).map(({ name }) => name);
  const guess = closest(text, [recordsFormat, ...formatNames.map(({ name }) => name)]);
  throw new UsageError(`no format that can be read is called '${text}'`, {
    code: 'UNKNOWN_NAME',
    hints: [...(guess ? [`Did you mean ${guess}?`] : []), `Formats: ${[recordsFormat, ...names].join(', ')}.`],
  });
}

/** A file of a folder that another one includes is no system of its own. */
function withoutParts(systems: readonly LoadedSystem[], named: readonly string[]): LoadedSystem[] {
  const parts = new Set(
    systems.flatMap(({ imported, sources }) => (imported ? sources.slice(1).map(({ path: at }) => at) : [])),
  );
  if (parts.size === 0) return [...systems];
  const asked = new Set(named.map((given) => shownPath(path.resolve(given))));
  return systems.filter(
    ({ sources: [first, ...more] }) => !first || more.length > 0 || asked.has(first.path) || !parts.has(first.path),
  );
}

/** The lists of values that the configuration extends, if it does. */
function extendedTables({ config, file }: FoundConfig): ExtendedTables | undefined {
  if (!config.values) return undefined;
  const { tables, faults } = extendTables(config.values);
  const [first] = faults;
  if (first) {
    throw new UsageError(`${file}: values.${first.at} ${first.message}`, {
      code: 'CONFIG',
      hints: first.hint ? [first.hint] : [],
    });
  }
  return tables;
}

/** The dialect that goes with a target: HP-UX itself reads its latest version, everything else the superset. */
function dialectOf(target: 'hpux' | 'linux-xfrm' | 'userspace' | undefined): Dialect | undefined {
  return target === 'hpux' ? 'A.03.02' : undefined;
}

/** The folder from `start` upward that has a hosts folder with folders in it. */
function repositoryRoot(start: string, hosts: string): string | undefined {
  for (let folder = path.resolve(start); ; folder = path.dirname(folder)) {
    if (path.basename(folder) === hosts && path.dirname(folder) !== folder) return path.dirname(folder);
    if (existsSync(path.join(folder, hosts))) return folder;
    if (existsSync(path.join(folder, '.git')) || path.dirname(folder) === folder) return undefined;
  }
}

async function loadInventory(config: FoundConfig, root: string | undefined): Promise<Inventory | undefined> {
  if (config.config.inventory) {
    const file = path.resolve(config.root ?? '.', config.config.inventory);
    if (!existsSync(file))
      throw new UsageError(`${config.file}: the inventory ${config.config.inventory} does not exist`, {
        code: 'CONFIG',
      });
    return readInventory(file);
  }
  const file = ['inventory.yaml', 'inventory.yml', 'inventory.json']
    .map((name) => path.join(root ?? '.', name))
    .find((candidate) => existsSync(candidate));
  return root && file ? readInventory(file) : undefined;
}

function read(file: string, options: LoadOptions): ReturnType<typeof readSource> {
  if (file === '-') return decodeSource(readFileSync(0), options.stdinFilename ?? '<stdin>');
  const overlay = options.overlay?.get(file);
  return overlay === undefined
    ? readSource(file, shownPath(file))
    : decodeSource(new TextEncoder().encode(overlay), shownPath(file));
}

function readProfile(file: string, cache: Map<string, SourceText>): SourceText {
  let source = cache.get(file);
  if (!source) {
    const { source: readText, problems } = readSource(file, shownPath(file));
    if (problems[0]) throw new UsageError(`profile ${file}: ${problems[0].message}`, { code: 'CONFIG' });
    source = readText;
    cache.set(file, source);
  }
  return source;
}

/** Paths are shown relative to the current folder where they lie below it. */
export function shownPath(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : relative;
}

function shownPaths(found: Discovered, files: ReadonlyMap<string, string>): ReadonlySet<string> {
  return new Set([...files].filter(([, file]) => found.only?.has(file)).map(([shown]) => shown));
}

function hostFacts(inventory: Inventory, target: HostFacts['target']): HostFacts[] {
  return Object.entries(inventory.hosts).map(([name, host]) => ({
    name,
    addresses: (host.addresses ?? []).flatMap((text): Address[] => {
      const address = parseAddress(text);
      return address ? [address] : [];
    }),
    roles: host.roles ?? ['host'],
    behindNat: host.behindNat ?? host.publicAddress !== undefined,
    target: host.target ?? target,
    ...(host.product ? { product: host.product } : {}),
    ...(host.dataPath ? { dataPath: host.dataPath } : {}),
    ...(host.linkMbps ? { linkMbps: host.linkMbps } : {}),
    ...(host.mtu ? { mtu: host.mtu } : {}),
    ...publicAddressOf(host.publicAddress),
    ...managementOf(host.management ?? inventory.management),
  }));
}

function managementOf(stated: Inventory['management']): { readonly management?: readonly Management[] } {
  if (!stated) return {};
  return {
    management: stated.map(({ name = 'whoever administers it', from, port = 22 }) => ({
      name,
      from: from.flatMap((text) => parseRange(text) ?? []),
      port,
    })),
  };
}

function publicAddressOf(text: string | undefined): { readonly publicAddress?: Address } {
  const address = text === undefined ? undefined : parseAddress(text);
  return address ? { publicAddress: address } : {};
}

/** Peers of the inventory, and the systems of the repository themselves: to others they are peers. */
function peerProducts(
  inventory: Inventory | undefined,
  hosts: readonly HostFacts[],
  systems: readonly LoadedSystem[],
): PeerProduct[] {
  const outside = Object.entries(inventory?.peers ?? {}).map(([name, { addresses, product }]) => ({
    name,
    product,
    ranges: addresses.flatMap((text) => parseRange(text) ?? []),
  }));
  const inside = hosts.flatMap(({ name, addresses, publicAddress, product, target }): PeerProduct[] => {
    const written = systems.find((system) => system.name === name)?.config.peerProfile?.value;
    const known = written ?? product ?? (target && productOf[target]);
    const own = [...addresses, ...(publicAddress ? [publicAddress] : [])].map(singleAddress);
    return known && own.length > 0 ? [{ name, product: known, ranges: own }] : [];
  });
  return [...outside, ...inside];
}
