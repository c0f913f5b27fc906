/** The profiles that are on, on a certain day, and what they demand together. */
import type { LintSettings } from '../context.js';
import { defaultProfile, findProfile } from './catalogue.js';
import type { AlgorithmSlot, Demand, DemandKind, GuidanceProfile, Period, SeverityRuling } from './profile.js';

/** A demand in force, with who makes it. */
export type ActiveDemand<K extends DemandKind = DemandKind> = Extract<Demand, { kind: K }> & {
  readonly by: GuidanceProfile;
};

export interface ActiveProfiles {
  readonly profiles: readonly GuidanceProfile[];
  /** Rulings in force, by code of the rule. */
  readonly severities: ReadonlyMap<string, readonly (SeverityRuling & { readonly by: GuidanceProfile })[]>;
  /** Demands of a kind that are in force, in the order of the profiles. */
  demands<K extends DemandKind>(kind: K): readonly ActiveDemand<K>[];
}

/** Does a period hold on a day (YYYY-MM-DD)? Dates of this form compare as text. */
export function inForce({ since, until }: Period, asOf: string): boolean {
  return (since === undefined || since <= asOf) && (until === undefined || asOf <= until);
}

/**
 * The profiles of these names as they are on a day; without names the default one. Unknown names count for nothing: the
 * caller has refused them (`unknownProfile`).
 */
export function activeProfiles(names: readonly string[], asOf: string): ActiveProfiles {
  const chosen = names.length > 0 ? names : [defaultProfile];
  const profiles = [...new Set(chosen.flatMap((name) => findProfile(name) ?? []))];
  const severities = new Map<string, (SeverityRuling & { by: GuidanceProfile })[]>();
  const demands: ActiveDemand[] = [];
  for (const profile of profiles) {
    for (const ruling of profile.severities) {
      if (!inForce(ruling, asOf)) continue;
      const list = severities.get(ruling.code);
      if (list) list.push({ ...ruling, by: profile });
      else severities.set(ruling.code, [{ ...ruling, by: profile }]);
    }
    for (const demand of profile.demands) {
      if (inForce(demand, asOf)) demands.push({ ...demand, by: profile });
    }
  }
  return {
    profiles,
    severities,
    demands: (kind) => demands.filter((demand) => isOfKind(demand, kind)),
  };
}

function isOfKind<K extends DemandKind>(demand: ActiveDemand, kind: K): demand is ActiveDemand<K> {
  return demand.kind === kind;
}

const bySettings = new WeakMap<LintSettings, ActiveProfiles>();

/** The profiles of a run's settings; worked out once. */
export function guidanceOf(settings: LintSettings): ActiveProfiles {
  let active = bySettings.get(settings);
  if (!active) {
    active = activeProfiles(settings.profiles, settings.asOf);
    bySettings.set(settings, active);
  }
  return active;
}

/** `NIST SP 800-77r1, June 2020, table 1`, with a word of caution where the numbers were not compared. */
export function cite({ by, section, confirmed }: Pick<ActiveDemand, 'by' | 'section' | 'confirmed'>): string {
  return `${by.title}, ${by.edition}, ${section}${confirmed ? '' : ' [not compared with the published text]'}`;
}

const objectionsByName = new WeakMap<ActiveProfiles, Map<string, readonly ActiveDemand<'algorithms'>[]>>();

/** The demands that an algorithm breaks in a slot, by its name in the tables of transforms. Worked out once for each. */
export function objections(
  active: ActiveProfiles,
  slot: AlgorithmSlot,
  name: string,
): readonly ActiveDemand<'algorithms'>[] {
  const known = objectionsByName.get(active) ?? new Map<string, readonly ActiveDemand<'algorithms'>[]>();
  if (known.size === 0) objectionsByName.set(active, known);
  const key = `${slot} ${name}`;
  let found = known.get(key);
  if (!found) {
    found = active
      .demands('algorithms')
      .filter(
        ({ slot: place, approved, refused }) =>
          place === slot && ((approved && !approved.includes(name)) || refused?.includes(name) === true),
      );
    known.set(key, found);
  }
  return found;
}

/** The strictest ceiling for lifetimes, if any profile has one. */
export function lifetimeCeiling(active: ActiveProfiles, of: 'ike' | 'child'): ActiveDemand<'lifetime'> | undefined {
  let lowest: ActiveDemand<'lifetime'> | undefined;
  for (const demand of active.demands('lifetime')) {
    if (demand.of === of && (!lowest || demand.secondsMax < lowest.secondsMax)) lowest = demand;
  }
  return lowest;
}
