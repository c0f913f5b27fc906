/** Every guidance profile, in the order in which they are listed. */
import { closest } from '../../model/did-you-mean.js';
import { bsiTr021023 } from './bsi-tr-02102-3.js';
import { cnsa1 } from './cnsa1.js';
import { cnsa2 } from './cnsa2.js';
import { hpux } from './hpux.js';
import { linuxXfrm } from './linux-xfrm.js';
import { nist80077r1 } from './nist-800-77r1.js';
import type { GuidanceProfile } from './profile.js';
import { rfc } from './rfc.js';
import { stig } from './stig.js';

export const profiles: readonly GuidanceProfile[] = [
  rfc,
  nist80077r1,
  cnsa1,
  cnsa2,
  bsiTr021023,
  stig,
  hpux,
  linuxXfrm,
];

/** What counts where nobody names a profile. */
export const defaultProfile = rfc.name;

const byName = new Map(profiles.map((profile) => [profile.name, profile]));

/** A profile by its name, in any case. */
export function findProfile(name: string): GuidanceProfile | undefined {
  return byName.get(name.toLowerCase());
}

/** The first name that is no profile, with the nearest one that is. */
export function unknownProfile(
  names: readonly string[],
): { readonly name: string; readonly guess?: string } | undefined {
  const name = names.find((candidate) => !findProfile(candidate));
  if (name === undefined) return undefined;
  const guess = closest(name, byName.keys());
  return guess ? { name, guess } : { name };
}
