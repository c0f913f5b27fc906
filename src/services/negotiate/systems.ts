/** Which two systems a dry run is between: files, folders, or hosts of a repository by name. */

import { existsSync } from 'node:fs';
import type { HostFacts } from '../../lint/context.js';
import { productOf } from '../../lint/peer-products.js';
import type { Address } from '../../model/address.js';
import { count } from '../../model/count.js';
import { findPeerProfile, peerProfile, peerProfiles } from '../../model/peer-profile/catalogue.js';
import type { PeerProfile } from '../../model/peer-profile/peer-profile.js';
import type { SystemConfig } from '../../model/system-config.js';
import { UsageError } from '../../model/tool-error.js';
import type { PathBases } from '../credentials/read-credentials.js';
import type { LoadedSystem } from '../load-system.js';
import { type LoadOptions, loadRepository, type Repository } from '../repository/load-repository.js';

export interface NegotiatingSystem {
  /** Unique among those of the run. */
  readonly name: string;
  readonly loaded: LoadedSystem;
  /** The loaded one, under the name above and with the address that peers see among its own. */
  readonly config: SystemConfig;
  readonly profile: PeerProfile;
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

/** Names of profiles by system; the entry '' is for all that have none of their own. */
export type ProfileWishes = ReadonlyMap<string, PeerProfile>;

/** `hpux` for all, or `alpha=hpux`. */
export function parseProfileWishes(wishes: readonly string[]): ProfileWishes {
  const parsed = new Map<string, PeerProfile>();
  for (const wish of wishes) {
    const at = wish.lastIndexOf('=');
    const name = wish.slice(at + 1);
    const found = findPeerProfile(name);
    if (!('profile' in found)) {
      const guess = found.guess ? [`Did you mean ${found.guess}?`] : [];
      throw new UsageError(`no peer profile is called '${name}'`, {
        hints: [...guess, `Profiles: ${peerProfiles.map((profile) => profile.name).join(', ')}.`],
      });
    }
    parsed.set(at < 0 ? '' : wish.slice(0, at), found.profile);
  }
  return parsed;
}

/** The two systems that two words mean; or that one word means, where it is a folder of two. */
export async function choosePair(
  words: readonly string[],
  load: Omit<LoadOptions, 'paths'>,
  wishes: ProfileWishes,
  further: readonly string[] = [],
): Promise<SystemChoice> {
  const [first, second] = words;
  if (first === undefined)
    throw new UsageError('two systems are needed', { hints: ['Name two files, folders or hosts of a repository.'] });
  if (second === undefined) {
    const repository = await loadRepository({ ...load, paths: [first] });
    const names = repository.systems.map(({ name }) => name);
    if (names.length !== 2) {
      throw new UsageError(`${first} holds ${count(names.length, 'system')}, and a negotiation is between two`, {
        hints: [
          names.length > 2
            ? `Name two of them (${names.slice(0, 10).join(', ')}), or compare every pair with --matrix.`
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
  let whole: Repository | undefined;
  const chosen: { loaded: LoadedSystem; repository: Repository }[] = [];
  for (const word of [first, second]) {
    if (word === '-' || existsSync(word)) {
      const repository = await loadRepository({ ...load, paths: [word] });
      chosen.push({ loaded: onlySystem(word, repository), repository });
      continue;
    }
    whole ??= await loadRepository({ ...load, paths: [] });
    const loaded = whole.systems.find(({ name }) => name === word);
    if (!loaded) {
      const names = whole.systems.map(({ name }) => name);
      throw new UsageError(`'${word}' is neither a file or folder nor a system here`, {
        hints: [`Systems here: ${names.slice(0, 20).join(', ')}.`],
      });
    }
    chosen.push({ loaded, repository: whole });
  }
  if (chosen[0]?.loaded === chosen[1]?.loaded) throw new UsageError(`'${first}' and '${second}' are the same system`);
  return chosenOf(chosen, await furtherSystems(further, load, whole), wishes);
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

function chosenOf(chosen: readonly Found[], further: readonly Found[], wishes: ProfileWishes): SystemChoice {
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
  wishes: ProfileWishes,
): Promise<{ readonly system: NegotiatingSystem; readonly repository: Repository }> {
  const chosen = (loaded: LoadedSystem, repository: Repository) => ({
    system: named([{ loaded, repository }], wishes)[0]!,
    repository,
  });
  if (word !== undefined && (word === '-' || existsSync(word))) {
    const repository = await loadRepository({ ...load, paths: [word] });
    return chosen(onlySystem(word, repository), repository);
  }
  const repository = await loadRepository({ ...load, paths: [] });
  const names = repository.systems.map(({ name }) => name);
  const loaded =
    word === undefined
      ? onlySystem('the current folder', repository)
      : repository.systems.find(({ name }) => name === word);
  if (loaded) return chosen(loaded, repository);
  throw new UsageError(`'${word}' is neither a file or folder nor a system here`, {
    hints: [`Systems here: ${names.slice(0, 20).join(', ')}.`],
  });
}

/** All systems of a repository. */
export async function chooseAll(
  paths: readonly string[],
  load: Omit<LoadOptions, 'paths'>,
  wishes: ProfileWishes,
): Promise<SystemChoice> {
  const repository = await loadRepository({ ...load, paths });
  return { systems: systemsOf(repository, wishes), others: [], repositories: [repository] };
}

/** All systems of a repository that is loaded. */
export function systemsOf(repository: Repository, wishes: ProfileWishes): NegotiatingSystem[] {
  return named(
    repository.systems.map((loaded) => ({ loaded, repository })),
    wishes,
  );
}

function onlySystem(word: string, { systems }: Repository): LoadedSystem {
  const [only, ...others] = systems;
  if (only && others.length === 0) return only;
  throw new UsageError(`${word} holds ${systems.length} systems`, {
    hints: [
      `Name one of them: ${systems
        .map(({ name }) => name)
        .slice(0, 10)
        .join(', ')}.`,
    ],
  });
}

function named(
  chosen: readonly { readonly loaded: LoadedSystem; readonly repository: Repository }[],
  wishes: ProfileWishes,
): NegotiatingSystem[] {
  const taken = new Set<string>();
  return chosen.map(({ loaded, repository }) => {
    const base = loaded.name.split('/').at(-1) ?? loaded.name;
    const short =
      chosen.filter(({ loaded: other }) => (other.name.split('/').at(-1) ?? other.name) === base).length === 1;
    let name = short ? base : loaded.name;
    for (let count = 2; taken.has(name); count += 1) name = `${loaded.name}#${count}`;
    taken.add(name);
    const host = repository.hosts.find((facts) => facts.name === loaded.name);
    return {
      name,
      loaded,
      config: { ...loaded.config, name, addresses: withPublic(loaded.config.addresses, host) },
      profile: profileOf(loaded, name, host, wishes),
      ...(host ? { host } : {}),
      files: { recordFiles: repository.files, root: repository.root, fileRoot: repository.fileRoots.get(loaded.name) },
    };
  });
}

/** Policies of peers name the address that they see. */
function withPublic(addresses: readonly Address[], host: HostFacts | undefined): readonly Address[] {
  return host?.publicAddress ? [...addresses, host.publicAddress] : addresses;
}

/** What was asked for by name; what configuration or inventory say; what the dialect is of; and else what was asked for all. */
export function profileOf(
  loaded: LoadedSystem,
  name: string,
  host: HostFacts | undefined,
  wishes: ProfileWishes,
): PeerProfile {
  const own = wishes.get(name) ?? wishes.get(loaded.name);
  if (own) return own;
  const known = loaded.config.peerProfile?.value ?? host?.product ?? (host?.target && productOf[host.target]);
  if (known) return peerProfile(known);
  if (loaded.dialect?.startsWith('A.0')) return peerProfile('hpux');
  return wishes.get('') ?? peerProfile('ours');
}
