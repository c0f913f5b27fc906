/** What the command line says of single systems: `hpux` for all of which nothing is known, or `alpha=hpux`. */
import { closest } from '../../model/did-you-mean.js';
import { findPeerProfile, peerProfiles } from '../../model/peer-profile/catalogue.js';
import { type DataPathName, dataPathNames } from '../../model/peer-profile/data-path.js';
import type { PeerProfile } from '../../model/peer-profile/peer-profile.js';
import { UsageError } from '../../model/tool-error.js';

/** By the name of a system; the entry '' is for all of which nothing else is known. */
export interface SystemWishes {
  readonly profiles: ReadonlyMap<string, PeerProfile>;
  readonly dataPaths: ReadonlyMap<string, DataPathName>;
}

export const noWishes: SystemWishes = { profiles: new Map(), dataPaths: new Map() };

/** Reads `[SYSTEM=]NAME` of `--peer-profile` and `--data-path`. Throws UsageError for names that there are not. */
export function parseWishes(profiles: readonly string[], dataPaths: readonly string[] = []): SystemWishes {
  return { profiles: parsed(profiles, profileNamed), dataPaths: parsed(dataPaths, dataPathNamed) };
}

function parsed<T>(wishes: readonly string[], named: (name: string) => T): Map<string, T> {
  return new Map(
    wishes.map((wish) => {
      const at = wish.lastIndexOf('=');
      return [at < 0 ? '' : wish.slice(0, at), named(wish.slice(at + 1))];
    }),
  );
}

function profileNamed(name: string): PeerProfile {
  const found = findPeerProfile(name);
  if ('profile' in found) return found.profile;
  throw new UsageError(`no peer profile is called '${name}'`, {
    code: 'UNKNOWN_NAME',
    hints: [
      ...(found.guess ? [`Did you mean ${found.guess}?`] : []),
      `Profiles: ${peerProfiles.map((profile) => profile.name).join(', ')}.`,
    ],
  });
}

function dataPathNamed(name: string): DataPathName {
  const found = dataPathNames.find((known) => known === name);
  if (found) return found;
  const guess = closest(name, dataPathNames);
  throw new UsageError(`no data path is called '${name}'`, {
    code: 'UNKNOWN_NAME',
    hints: [...(guess ? [`Did you mean ${guess}?`] : []), `Data paths: ${dataPathNames.join(', ')}.`],
  });
}
