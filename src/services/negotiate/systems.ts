/** Which two systems a dry run is between: files, folders, or hosts of a repository by name. */
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { HostFacts } from '../../lint/context.js';
import { productOf } from '../../lint/peer-products.js';
import type { Address } from '../../model/address.js';
import { count } from '../../model/count.js';
import { closest } from '../../model/did-you-mean.js';
import { peerProfile } from '../../model/peer-profile/catalogue.js';
import type { DataPathName } from '../../model/peer-profile/data-path.js';
import type { PeerProfile } from '../../model/peer-profile/peer-profile.js';
import type { PadEntry, SecretReference, SystemConfig } from '../../model/system-config.js';
import { UsageError } from '../../model/tool-error.js';
import type { PathBases } from '../credentials/read-credentials.js';
import type { LoadedSystem } from '../load-system.js';
import { type LoadOptions, loadRepository, type Repository } from '../repository/load-repository.js';
import type { SystemWishes } from './wishes.js';

export interface NegotiatingSystem {
  /** Unique among those of the run. */
  readonly name: string;
  readonly loaded: LoadedSystem;
  /** The loaded one, under the name above and with the address that peers see among its own. */
  readonly config: SystemConfig;
  readonly profile: PeerProfile;
  /** What carries its packets; a kernel that takes every SA unless told. */
  readonly dataPath?: DataPathName;
  readonly host?: HostFacts;
  /** Where the files are that its records name. */
  readonly files: PathBases;
  /** The address of the NAT in front of it, as the scenario says. */
  readonly seenAs?: Address;
}

export interface SystemChoice {
  readonly systems: readonly NegotiatingSystem[];
  /** Further systems, that outer SAs may end at. */
  readonly others: readonly NegotiatingSystem[];
  readonly repositories: readonly Repository[];
}

/** The two systems that two words mean; or that one word means, where it is a folder of two. */
export async function choosePair(
  words: readonly string[],
  load: Omit<LoadOptions, 'paths'>,
  wishes: SystemWishes,
  further: readonly string[] = [],
): Promise<SystemChoice> {
  const [first, second] = words;
  if (first === undefined)
    throw new UsageError('two systems are needed', {
      code: 'NO_SUCH_SYSTEM',
      hints: ['Name two files, folders or hosts of a repository.'],
    });
  if (second === undefined) {
    const repository = await loadWord(first, load);
    const names = repository.systems.map(({ name }) => name);
    if (names.length !== 2) {
      throw new UsageError(`${first} holds ${count(names.length, 'system')}, and a negotiation is between two`, {
        code: 'NO_SUCH_SYSTEM',
        hints: [
          names.length > 2
            ? `Name two of them (${listOf(names)}), or compare every pair with --matrix.`
            : 'Name a second file, folder or host.',
        ],
      });
    }
    return chosenOf(
      repository.systems.map((loaded) => ({ loaded, repository })),
      await furtherSystems(further, load, undefined),
      wishes,
    );
  }
  if (first === '-' && second === '-')
    throw new UsageError('the standard input is one system, and a negotiation is between two', {
      code: 'NO_SUCH_SYSTEM',
    });
  let whole: Repository | undefined;
  const chosen: Found[] = [];
  for (const word of [first, second]) {
    if (word === '-' || existsSync(word)) {
      const repository = await loadRepository({ ...load, paths: [word] });
      chosen.push({ loaded: onlySystem(word, repository), repository });
      continue;
    }
    whole ??= await loadWhole(word, load);
    chosen.push({ loaded: systemNamed(word, whole), repository: whole });
  }
  if (isSameSystem(chosen as [Found, Found]))
    throw new UsageError(`${first} and ${second} are the same system`, { code: 'NO_SUCH_SYSTEM' });
  return chosenOf(chosen, await furtherSystems(further, load, whole), wishes);
}

/** The same files under two names would be two systems with the same addresses, which have nothing to say to each other. */
function isSameSystem([a, b]: readonly [Found, Found]): boolean {
  if (a.loaded === b.loaded) return true;
  const filesOf = ({ loaded, repository }: Found): string =>
    loaded.sources
      .map(({ path: shown }) => {
        const file = repository.files.get(shown) ?? shown;
        return existsSync(file) ? realpathSync(file) : file;
      })
      .sort()
      .join('\n');
  return filesOf(a) === filesOf(b);
}

/** What a single word means: a file or folder, which must be there. */
async function loadWord(word: string, load: Omit<LoadOptions, 'paths'>): Promise<Repository> {
  if (word !== '-' && !existsSync(word)) throw noSuchPath(word);
  return loadRepository({ ...load, paths: [word] });
}

/** All systems of the current folder, of which one is meant by its name. */
async function loadWhole(word: string, load: Omit<LoadOptions, 'paths'>): Promise<Repository> {
  // No system is called so, and reading a whole folder to find that out takes its time.
  if (/\.(?:conf|ipsec|cf)$/i.test(word)) throw noSuchPath(word);
  return loadRepository({ ...load, paths: [] });
}

function noSuchPath(word: string): UsageError {
  const folder = path.dirname(word);
  const guess = existsSync(folder) ? closest(path.basename(word), entriesOf(folder)) : undefined;
  return new UsageError(`there is no file or folder ${word}`, {
    code: 'NO_SUCH_SYSTEM',
    hints: guess ? [`Did you mean ${path.join(folder, guess)}?`] : [],
  });
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // not a folder, or one that may not be listed
  }
}

function systemNamed(word: string, { systems }: Repository): LoadedSystem {
  const loaded = systems.find(({ name }) => name === word);
  if (loaded) return loaded;
  const names = systems.map(({ name }) => name);
  const guess = closest(word, names);
  throw new UsageError(`'${word}' is neither a file or folder nor a system here`, {
    code: 'NO_SUCH_FILE',
    hints: [...(guess ? [`Did you mean ${guess}?`] : []), `Systems here: ${listOf(names)}.`],
  });
}

const namesMax = 12;

function listOf(names: readonly string[]): string {
  const more = names.length - namesMax;
  return `${names.slice(0, namesMax).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

interface Found {
  readonly loaded: LoadedSystem;
  readonly repository: Repository;
}

/** The systems of further paths, and where both were named by their names, all of their repository. */
async function furtherSystems(
  paths: readonly string[],
  load: Omit<LoadOptions, 'paths'>,
  whole: Repository | undefined,
): Promise<Found[]> {
  const found: Found[] = whole ? whole.systems.map((loaded) => ({ loaded, repository: whole })) : [];
  for (const word of paths) {
    const repository = await loadRepository({ ...load, paths: [word] });
    found.push(...repository.systems.map((loaded) => ({ loaded, repository })));
  }
  return found;
}

function chosenOf(chosen: readonly Found[], further: readonly Found[], wishes: SystemWishes): SystemChoice {
  const isChosen = ({ loaded }: Found): boolean => chosen.some((each) => each.loaded === loaded);
  const all = named([...chosen, ...further.filter((each) => !isChosen(each))], wishes);
  return {
    systems: all.slice(0, chosen.length),
    others: all.slice(chosen.length),
    repositories: [...new Set([...chosen, ...further].map(({ repository }) => repository))],
  };
}

/** The one system that a word means: a file, a folder, or a host of the repository here; without a word, the only one here. */
export async function chooseOne(
  word: string | undefined,
  load: Omit<LoadOptions, 'paths'>,
  wishes: SystemWishes,
): Promise<{ readonly system: NegotiatingSystem; readonly repository: Repository }> {
  const chosen = (loaded: LoadedSystem, repository: Repository) => ({
    system: named([{ loaded, repository }], wishes)[0]!,
    repository,
  });
  if (word !== undefined && (word === '-' || existsSync(word))) {
    const repository = await loadRepository({ ...load, paths: [word] });
    return chosen(onlySystem(word, repository), repository);
  }
  if (word === undefined) {
    const repository = await loadRepository({ ...load, paths: [] });
    return chosen(onlySystem('the current folder', repository), repository);
  }
  const repository = await loadWhole(word, load);
  return chosen(systemNamed(word, repository), repository);
}

/** All systems of a repository. */
export async function chooseAll(
  paths: readonly string[],
  load: Omit<LoadOptions, 'paths'>,
  wishes: SystemWishes,
): Promise<SystemChoice> {
  const repository = await loadRepository({ ...load, paths });
  return { systems: systemsOf(repository, wishes), others: [], repositories: [repository] };
}

/** All systems of a repository that is loaded. */
export function systemsOf(repository: Repository, wishes: SystemWishes): NegotiatingSystem[] {
  return named(
    repository.systems.map((loaded) => ({ loaded, repository })),
    wishes,
  );
}

function onlySystem(word: string, { systems }: Repository): LoadedSystem {
  const [only, ...others] = systems;
  if (only && others.length === 0) return only;
  const names = systems.map(({ name }) => name);
  throw new UsageError(`${word} holds ${count(names.length, 'system')}`, {
    code: 'NO_SUCH_SYSTEM',
    hints: [`Name one of them: ${listOf(names)}.`],
  });
}

function named(
  chosen: readonly { readonly loaded: LoadedSystem; readonly repository: Repository }[],
  wishes: SystemWishes,
): NegotiatingSystem[] {
  const taken = new Set<string>();
  return chosen.map(({ loaded, repository }, index) => {
    const base = loaded.name.split('/').at(-1) ?? loaded.name;
    const short =
      chosen.filter(({ loaded: other }) => (other.name.split('/').at(-1) ?? other.name) === base).length === 1;
    let name = short ? base : loaded.name;
    for (let count = 2; taken.has(name); count += 1) name = `${loaded.name}#${count}`;
    taken.add(name);
    const host = repository.hosts.find((facts) => facts.name === loaded.name);
    const words = [name, loaded.name, ...(sides[index] === undefined ? [] : [sides[index]])];
    const dataPath = dataPathOf(loaded, words, host, wishes);
    return {
      name,
      loaded,
      config: { ...withheldKey(loaded), name, addresses: withPublic(loaded.config.addresses, host) },
      profile: profileOf(loaded, words, host, wishes),
      ...(dataPath ? { dataPath } : {}),
      ...(host ? { host } : {}),
      files: { recordFiles: repository.files, root: repository.root, fileRoot: repository.fileRoots.get(loaded.name) },
    };
  });
}

/**
 * Whoever sends somebody else the configuration of a product leaves the secrets out: swanctl.conf without a section of them,
 * ipsec.conf without ipsec.secrets. The key counts as one that is elsewhere then, and not as one that is missing.
 */
function withheldKey({ imported, config }: LoadedSystem): SystemConfig {
  const { sharedSecrets, pad } = config;
  const isByKey = ({ localMethod, remoteMethod }: PadEntry) => [localMethod.value, remoteMethod.value].includes('PSK');
  const first = pad.find(isByKey);
  if (!imported || !sharedSecrets || !first || sharedSecrets.length > 0) return config;
  const value: SecretReference = { kind: 'file', path: withheldKeyPath };
  const presharedKey = { value, origin: { kind: 'builtin', what: 'no secrets are in the files' } as const };
  return {
    ...config,
    pad: pad.map((entry) => (isByKey(entry) ? { ...entry, presharedKey } : entry)),
    sharedSecrets: [{ source: first.source, use: 'IKE', owners: [], secret: presharedKey }],
  };
}

/** Policies of peers name the address that they see. */
function withPublic(addresses: readonly Address[], host: HostFacts | undefined): readonly Address[] {
  return host?.publicAddress ? [...addresses, host.publicAddress] : addresses;
}

/** Nobody has a file of this name: it cannot be read by accident. */
export const withheldKeyPath = '/dev/null/withheld';

/** What `A=` and `B=` mean, unless systems are called so. */
const sides = ['A', 'B'] as const;

/**
 * What was asked for by one of the system's names; what configuration or inventory say; what the dialect is of; and else
 * what was asked for all.
 */
export function profileOf(
  loaded: LoadedSystem,
  names: readonly string[],
  host: HostFacts | undefined,
  { profiles }: Pick<SystemWishes, 'profiles'>,
): PeerProfile {
  const own = wishFor(names, profiles);
  if (own) return own;
  const known = loaded.config.peerProfile?.value ?? host?.product ?? (host?.target && productOf[host.target]);
  if (known) return peerProfile(known);
  if (loaded.dialect?.startsWith('A.0')) return peerProfile('hpux');
  return profiles.get('') ?? peerProfile('ours');
}

/** The same for what carries its packets; undefined where nothing is known of it. */
function dataPathOf(
  { config }: LoadedSystem,
  names: readonly string[],
  host: HostFacts | undefined,
  { dataPaths }: SystemWishes,
): DataPathName | undefined {
  return wishFor(names, dataPaths) ?? config.dataPath?.value ?? host?.dataPath ?? dataPaths.get('');
}

function wishFor<T>(names: readonly string[], wishes: ReadonlyMap<string, T>): T | undefined {
  for (const name of names) {
    const wish = wishes.get(name);
    if (wish !== undefined) return wish;
  }
  return undefined;
}

/** Refuses wishes for systems that are not among those that were read. */
export function checkWishes(
  { profiles, dataPaths }: SystemWishes,
  systems: readonly Pick<NegotiatingSystem, 'name' | 'loaded'>[],
  /** How many of them `A` and `B` stand for. */
  count = 2,
): void {
  const known = new Set([...systems.flatMap(({ name, loaded }) => [name, loaded.name]), ...sides.slice(0, count)]);
  for (const [flag, wishes] of [
    ['--peer-profile', profiles],
    ['--data-path', dataPaths],
  ] as const) {
    for (const name of wishes.keys()) {
      if (name === '' || known.has(name)) continue;
      const names = systems.map((system) => system.name);
      const guess = closest(name, names);
      throw new UsageError(`${flag}: '${name}' is no system of this run`, {
        code: 'NO_SUCH_SYSTEM',
        hints: [...(guess ? [`Did you mean ${guess}?`] : []), `Systems: ${listOf(names)}.`],
      });
    }
  }
}
