/**
 * The anomalies of ordered policies (after Hamed, Al-Shaer and Marrero 2005), worked out once for a system and shared by
 * the rules that report them: what can never match, what is needless, what crosses, what is mostly hidden.
 */
import { buildSpdIndex } from '../model/selector/spd-index.js';
import { type Crossing, crossingsOf } from './anomalies/crossings.js';
import { type Fate, fatesOf } from './anomalies/fates.js';
import { type Followers, followersOf } from './anomalies/followers.js';
import { type Share, sharesOf } from './anomalies/shares.js';
import { type Spd, spdOf } from './anomalies/spd.js';
import type { SystemContext } from './context.js';

export type { Crossing } from './anomalies/crossings.js';
export type { Fate } from './anomalies/fates.js';
export type { Share } from './anomalies/shares.js';
export type { Spd } from './anomalies/spd.js';

export interface Anomalies {
  readonly spd: Spd;
  /** Can an entry match? By number, for policies. */
  readonly fates: readonly (Fate | undefined)[];
  readonly followers: Followers;
  readonly crossings: ReadonlyMap<number, Crossing | 'undecided'>;
  readonly shares: ReadonlyMap<number, Share>;
}

const known = new WeakMap<SystemContext, { host?: Anomalies; forward?: Anomalies }>();

/** The anomalies of what the system itself sends and receives. */
export function hostAnomalies(context: SystemContext): Anomalies {
  const memo = memoOf(context);
  memo.host ??= anomaliesOf(spdOf(context.config.spd, context.spdIndex, context.settings.budget));
  return memo.host;
}

/** The anomalies of what it forwards. */
export function forwardAnomalies(context: SystemContext): Anomalies {
  const memo = memoOf(context);
  const { forwardSpd } = context.config;
  memo.forward ??= anomaliesOf(
    spdOf(forwardSpd, buildSpdIndex(forwardSpd.map((entry) => entry.selectors)), context.settings.budget),
  );
  return memo.forward;
}

/** Both lists, that of forwarded packets only where there are policies for them. */
export function allAnomalies(context: SystemContext): readonly Anomalies[] {
  const forward = forwardAnomalies(context);
  return forward.spd.policies.length > 0 ? [hostAnomalies(context), forward] : [hostAnomalies(context)];
}

function memoOf(context: SystemContext): { host?: Anomalies; forward?: Anomalies } {
  let memo = known.get(context);
  if (!memo) {
    memo = {};
    known.set(context, memo);
  }
  return memo;
}

/** Each part is worked out when it is first asked for. */
function anomaliesOf(spd: Spd): Anomalies {
  let fates: Anomalies['fates'] | undefined;
  let followers: Followers | undefined;
  let crossings: Anomalies['crossings'] | undefined;
  let shares: Anomalies['shares'] | undefined;
  const anomalies: Anomalies = {
    spd,
    get fates() {
      fates ??= fatesOf(spd);
      return fates;
    },
    get followers() {
      followers ??= followersOf(spd, anomalies.fates);
      return followers;
    },
    get crossings() {
      crossings ??= crossingsOf(spd, anomalies.fates);
      return crossings;
    },
    get shares() {
      shares ??= sharesOf(spd, anomalies.fates);
      return shares;
    },
  };
  return anomalies;
}
